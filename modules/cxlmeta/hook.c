// SPDX-License-Identifier: GPL-2.0
/*
 * The hook engine: looks kernel functions up, puts handlers in front of them with ftrace, and
 * takes them away again. It knows nothing of what the handlers do.
 *
 * A replacement is an ftrace direct call, as BPF's trampolines are: the function's entry calls the
 * redirection, with nothing in between. A function has room for one direct call and for no live
 * patch beside it; all other tracers can share it.
 *
 * Calling the original. A replaced function is called behind its entry's five-byte call, as BPF
 * does (6.8 to 6.12: arch/x86/net/bpf_jit_comp.c, __arch_prepare_bpf_trampoline()): this can't be
 * redirected again, so nobody has to guess from a return address whether a call is "ours". It is a
 * static call, that is a direct call patched into the module's text: an indirect call would fault
 * on CPUs with indirect branch tracking, since the kernel removes the landing pads of functions
 * whose address it never takes (apply_seal_endbr()).
 *
 * Removal. When ftrace has let go of a function, a task may still be in a handler: between the
 * entry and cxl_hook_enter(), asleep inside, or between cxl_hook_leave() and its return.
 * synchronize_rcu_tasks() waits for tasks that run or were preempted, not for those that sleep of
 * their own will; the entered/left counters cover those.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <asm/text-patching.h>

#include "cxl_hook.h"
#include "cxlmeta.h"
#include "netlink.h"

#if !IS_ENABLED(CONFIG_X86_64) || !IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS) || \
	!IS_ENABLED(CONFIG_KPROBES)
#error "cxltier needs x86-64 with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and CONFIG_KPROBES"
#endif

/* Protects hook_sets; process context only. */
static DEFINE_MUTEX(hook_lock);
static LIST_HEAD(hook_sets);

/*
 * kallsyms_lookup_name() is not exported. A kprobe that is registered disabled patches nothing,
 * and its address is the one where ftrace calls, past a landing pad.
 */
static int cxl_hook_lookup(struct cxl_hook *hook)
{
	struct kprobe probe = {
		.symbol_name = hook->address ? NULL : hook->symbol,
		.addr = hook->address,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err;

	if (hook->kind == CXL_HOOK_TRACE)
		return 0;
	err = register_kprobe(&probe);
	if (err)
		return err;
	hook->entry = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static void cxl_hook_bind_original(struct cxl_hook *hook, unsigned long address)
{
	__static_call_update(hook->call_key, hook->call_tramp, (void *)address);
}

static void notrace cxl_hook_trial(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

/*
 * Finds out whether a function can be redirected, with a tracer that claims it and does nothing.
 * When register_ftrace_direct() of 6.8 itself is refused by a live patch, it leaves a record behind
 * that keeps the function taken until the next boot.
 */
static int cxl_hook_try(struct cxl_hook *hook)
{
	struct ftrace_ops *trial = kzalloc(sizeof(*trial), GFP_KERNEL);
	int err;

	if (!trial)
		return -ENOMEM;
	trial->func = cxl_hook_trial;
	trial->flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	err = ftrace_set_filter_ip(trial, hook->entry, 0, 0);
	if (!err)
		err = register_ftrace_function(trial);
	if (!err)
		err = unregister_ftrace_function(trial);
	ftrace_free_filter(trial);
	kfree(trial);
	return err;
}

static int cxl_hook_redirect(struct cxl_hook *hook)
{
	int err = cxl_hook_try(hook);

	if (!err)
		err = ftrace_set_filter_ip(&hook->ops, hook->entry, 0, 0);
	if (err)
		return err;
	cxl_hook_bind_original(hook, hook->entry + MCOUNT_INSN_SIZE);
	err = register_ftrace_direct(&hook->ops, (unsigned long)hook->handler);
	if (err)
		return err;
	/*
	 * register_ftrace_direct() sets the flags itself. From here on kernel.ftrace_enabled can't
	 * be turned off; if it was off before, the entry is no call.
	 */
	hook->ops.flags |= FTRACE_OPS_FL_PERMANENT;
	return READ_ONCE(*(u8 *)hook->entry) == CALL_INSN_OPCODE ? 0 : -EBUSY;
}

static int cxl_hook_observe(struct cxl_hook *hook)
{
	int err = ftrace_set_filter_ip(&hook->ops, hook->entry, 0, 0);

	if (err)
		return err;
	hook->ops.func = hook->handler;
	hook->ops.flags |= FTRACE_OPS_FL_PERMANENT;
	return register_ftrace_function(&hook->ops);
}

static void cxl_hook_find_tracepoint(struct tracepoint *tracepoint, void *data)
{
	struct cxl_hook *hook = data;

	if (!strcmp(tracepoint->name, hook->symbol))
		hook->tracepoint = tracepoint;
}

/* Tracepoints of the kernel itself; its modules' are not looked through. */
static int cxl_hook_trace(struct cxl_hook *hook)
{
	int err;

	for_each_kernel_tracepoint(cxl_hook_find_tracepoint, hook);
	if (!hook->tracepoint)
		return -ENOENT;
	err = tracepoint_probe_register(hook->tracepoint, hook->handler, NULL);
	if (err)
		hook->tracepoint = NULL;
	return err;
}

static int cxl_hook_install(struct cxl_hook_set *set, struct cxl_hook *hook)
{
	int err = cxl_hook_lookup(hook);

	if (err) {
		pr_err("%s: this kernel has no function %s() (error %d); nothing was changed\n",
		       set->owner, hook->symbol, err);
		return err;
	}
	switch (hook->kind) {
	case CXL_HOOK_REPLACE:
		err = cxl_hook_redirect(hook);
		break;
	case CXL_HOOK_OBSERVE:
		err = cxl_hook_observe(hook);
		break;
	case CXL_HOOK_CALL:
		cxl_hook_bind_original(hook, hook->entry);
		break;
	case CXL_HOOK_TRACE:
		err = cxl_hook_trace(hook);
		break;
	}
	if (err == -EBUSY)
		pr_err("%s: %s() is taken by a live patch, a BPF trampoline or another module, or kernel.ftrace_enabled is 0; nothing was changed\n",
		       set->owner, hook->symbol);
	else if (err)
		pr_err("%s: %s() can't be hooked in this kernel (error %d); nothing was changed\n",
		       set->owner, hook->symbol, err);
	return err;
}

static void cxl_hook_uninstall(struct cxl_hook *hook)
{
	int err = 0;

	if (hook->tracepoint) {
		err = tracepoint_probe_unregister(hook->tracepoint, hook->handler, NULL);
		hook->tracepoint = NULL;
	} else if (hook->kind == CXL_HOOK_REPLACE && hook->ops.flags & FTRACE_OPS_FL_ENABLED) {
		/* frees the filter, too; a second time would be once too often (6.8 to 6.12) */
		err = unregister_ftrace_direct(&hook->ops, (unsigned long)hook->handler, true);
	} else {
		if (hook->ops.flags & FTRACE_OPS_FL_ENABLED)
			err = unregister_ftrace_function(&hook->ops);
		ftrace_free_filter(&hook->ops);
	}
	WARN_ON_ONCE(err);
}

static void cxl_hooks_uninstall(struct cxl_hook_set *set)
{
	unsigned int i;

	for (i = set->nr_hooks; i--; )
		cxl_hook_uninstall(&set->hooks[i]);
}

static void cxl_hook_sum(const struct cxl_hook *hook, struct cxl_hook_calls *sum)
{
	int cpu;

	*sum = (struct cxl_hook_calls) { };
	if (!hook->calls)
		return;
	for_each_possible_cpu(cpu) {
		const struct cxl_hook_calls *calls = per_cpu_ptr(hook->calls, cpu);

		/* left first: a handler that ends meanwhile must not look as if it never began */
		sum->left += READ_ONCE(calls->left);
		sum->entered += READ_ONCE(calls->entered);
	}
}

/*
 * Only called when ftrace has let go and synchronize_rcu_tasks() has returned: "entered" no longer
 * grows, so the sums are equal only when every handler has left.
 */
static bool cxl_hooks_are_idle(const struct cxl_hook_set *set)
{
	struct cxl_hook_calls sum;
	unsigned int i;

	for (i = 0; i < set->nr_hooks; i++) {
		cxl_hook_sum(&set->hooks[i], &sum);
		if (sum.entered != sum.left)
			return false;
	}
	return true;
}

static void cxl_hooks_wait_idle(const struct cxl_hook_set *set)
{
	tracepoint_synchronize_unregister();
	synchronize_rcu_tasks();	/* redirected tasks have reached cxl_hook_enter() */
	while (!cxl_hooks_are_idle(set))
		msleep(20);
	synchronize_rcu_tasks();	/* tasks past cxl_hook_leave() have returned */
}

/**
 * cxl_hooks_install() - put all hooks of a table in place, or none
 * @set: the table; filled in at compile time but for the ftrace state
 *
 * The hooks go live one after the other, in the table's order, and are removed in the other: until
 * this returns, a handler must not rely on any that comes later.
 *
 * Context: process context, from the owner's module_init; sleeps.
 * Return: 0, or a negative error after one line in the log that names the function.
 */
int cxl_hooks_install(struct cxl_hook_set *set)
{
	unsigned int i;
	int err = 0;

	mutex_lock(&hook_lock);
	for (i = 0; i < set->nr_hooks && !err; i++)
		err = cxl_hook_install(set, &set->hooks[i]);
	if (err) {
		cxl_hooks_uninstall(set);
		cxl_hooks_wait_idle(set);
	} else {
		list_add_tail(&set->list, &hook_sets);
		cxl_nl_changed();
	}
	mutex_unlock(&hook_lock);
	return err;
}
EXPORT_SYMBOL_GPL(cxl_hooks_install);

/**
 * cxl_hooks_remove() - take all hooks of a table away
 * @set: a table that cxl_hooks_install() accepted
 *
 * Context: process context, from the owner's module_exit, before anything that a handler uses
 * goes. Sleeps until no CPU and no task is inside a handler.
 */
void cxl_hooks_remove(struct cxl_hook_set *set)
{
	mutex_lock(&hook_lock);
	list_del(&set->list);
	cxl_nl_changed();
	cxl_hooks_uninstall(set);
	mutex_unlock(&hook_lock);
	cxl_hooks_wait_idle(set);
}
EXPORT_SYMBOL_GPL(cxl_hooks_remove);

/**
 * cxl_hook_bypassed() - report that the kernel went around a hook
 * @set: the hook's table
 * @hook: the hook
 * @evidence: what was seen, for the log
 *
 * The caller has handled what it saw rightly; this makes it known, once per hook.
 *
 * Context: any.
 */
void cxl_hook_bypassed(struct cxl_hook_set *set, struct cxl_hook *hook, const char *evidence)
{
	if (READ_ONCE(hook->bypassed) || xchg(&hook->bypassed, true))
		return;
	pr_notice("%s: the kernel bypasses the hook on %s(): %s; data stays right\n",
		  set->owner, hook->symbol, evidence);
}
EXPORT_SYMBOL_GPL(cxl_hook_bypassed);

static enum cxltier_hook_state cxl_hook_state(const struct cxl_hook *hook, unsigned long nr_calls)
{
	if (READ_ONCE(hook->bypassed))
		return CXLTIER_HOOK_STATE_BYPASSED;
	return nr_calls ? CXLTIER_HOOK_STATE_WORKING : CXLTIER_HOOK_STATE_ARMED;
}

static struct cxl_hook *cxl_hook_at(unsigned long index, const char **owner)
{
	struct cxl_hook_set *set;
	unsigned int i;

	lockdep_assert_held(&hook_lock);
	list_for_each_entry(set, &hook_sets, list) {
		*owner = set->owner;
		for (i = 0; i < set->nr_hooks; i++)
			if (set->hooks[i].kind != CXL_HOOK_CALL && !index--)
				return &set->hooks[i];
	}
	return NULL;
}

/**
 * cxl_hook_get() - how a hook stands
 * @index: which, from 0
 * @status: the answer
 *
 * Context: process context; sleeps.
 * Return: false if there are no more than @index hooks.
 */
bool cxl_hook_get(unsigned long index, struct cxl_hook_status *status)
{
	struct cxl_hook_calls sum;
	struct cxl_hook *hook;
	const char *owner;

	mutex_lock(&hook_lock);
	hook = cxl_hook_at(index, &owner);
	if (hook) {
		cxl_hook_sum(hook, &sum);
		strscpy(status->owner, owner, sizeof(status->owner));
		strscpy(status->symbol, hook->symbol, sizeof(status->symbol));
		status->state = cxl_hook_state(hook, sum.entered);
		status->nr_calls = sum.entered;
	}
	mutex_unlock(&hook_lock);
	return hook;
}

/**
 * cxl_hooks_show() - list all hooks: module, function, kind, state, calls
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_hooks_show(struct seq_file *m, void *unused)
{
	static const char * const kinds[] = {
		[CXL_HOOK_REPLACE] = "replacement",
		[CXL_HOOK_OBSERVE] = "observer",
		[CXL_HOOK_TRACE] = "tracepoint",
	};
	static const char * const states[] = {
		[CXLTIER_HOOK_STATE_ARMED] = "armed",
		[CXLTIER_HOOK_STATE_WORKING] = "working",
		[CXLTIER_HOOK_STATE_BYPASSED] = "bypassed",
	};
	struct cxl_hook_set *set;
	unsigned int i;

	mutex_lock(&hook_lock);
	list_for_each_entry(set, &hook_sets, list) {
		for (i = 0; i < set->nr_hooks; i++) {
			struct cxl_hook *hook = &set->hooks[i];
			struct cxl_hook_calls sum;

			if (hook->kind == CXL_HOOK_CALL)
				continue;
			cxl_hook_sum(hook, &sum);
			seq_printf(m, "%s %s %s %s %lu\n", set->owner, hook->symbol,
				   kinds[hook->kind], states[cxl_hook_state(hook, sum.entered)],
				   sum.entered);
		}
	}
	mutex_unlock(&hook_lock);
	return 0;
}
