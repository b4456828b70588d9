// SPDX-License-Identifier: GPL-2.0
/*
 * Uses cxlmeta's hook engine on functions that a test can call at will: those
 * behind small files of /proc. hook_rival.c is this module under another name.
 *
 *   table=good     /proc/cmdline: replaced, its text gets one more line;
 *                  /proc/version: observed
 *   table=missing  the same, and a function that no kernel has
 *   table=rival    /proc/loadavg and, again, /proc/cmdline: replaced
 *   sleep_ms=N     the replacement of /proc/cmdline sleeps so long
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include "cxl_hook.h"

static char *table = "good";
module_param(table, charp, 0444);
MODULE_PARM_DESC(table, "which hooks: good, missing, rival");

static unsigned int sleep_ms;
module_param(sleep_ms, uint, 0644);
MODULE_PARM_DESC(sleep_ms, "how long the replacement sleeps");

static int hooktest_cmdline(struct seq_file *m, void *v);
static int hooktest_loadavg(struct seq_file *m, void *v);
static void hooktest_version(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs);

CXL_HOOK_REDIRECTION(hooktest_cmdline);
CXL_HOOK_REDIRECTION(hooktest_loadavg);

DEFINE_STATIC_CALL_NULL(call_cmdline, hooktest_cmdline);
DEFINE_STATIC_CALL_NULL(call_loadavg, hooktest_loadavg);
static DEFINE_PER_CPU(struct cxl_hook_calls, cmdline_calls);
static DEFINE_PER_CPU(struct cxl_hook_calls, loadavg_calls);
static DEFINE_PER_CPU(struct cxl_hook_calls, version_calls);
static DEFINE_PER_CPU(struct cxl_hook_calls, missing_calls);

enum { GOOD_CMDLINE, GOOD_VERSION, GOOD_MISSING };
static struct cxl_hook good_hooks[] = {
	[GOOD_CMDLINE] = CXL_HOOK_REPLACE_FUNC("cmdline_proc_show", hooktest_cmdline,
					       call_cmdline, &cmdline_calls),
	[GOOD_VERSION] = CXL_HOOK_OBSERVE_FUNC("version_proc_show", hooktest_version,
					       &version_calls),
	/* counted only for table=missing */
	[GOOD_MISSING] = CXL_HOOK_OBSERVE_FUNC("cxltier_no_such_function", hooktest_version,
					       &missing_calls),
};

enum { RIVAL_LOADAVG, RIVAL_CMDLINE };
static struct cxl_hook rival_hooks[] = {
	[RIVAL_LOADAVG] = CXL_HOOK_REPLACE_FUNC("loadavg_proc_show", hooktest_loadavg,
						call_loadavg, &loadavg_calls),
	[RIVAL_CMDLINE] = CXL_HOOK_REPLACE_FUNC("cmdline_proc_show", hooktest_cmdline,
						call_cmdline, &cmdline_calls),
};

static struct cxl_hook_set hooktest_set = { .owner = KBUILD_MODNAME };

static struct cxl_hook *cmdline_hook(void)
{
	return hooktest_set.hooks == good_hooks ? &good_hooks[GOOD_CMDLINE] :
						  &rival_hooks[RIVAL_CMDLINE];
}

static CXL_HOOK_REPLACEMENT int hooktest_cmdline(struct seq_file *m, void *v)
{
	int err;

	cxl_hook_enter(cmdline_hook());
	msleep(sleep_ms);
	err = static_call(call_cmdline)(m, v);
	seq_puts(m, KBUILD_MODNAME " was here\n");
	cxl_hook_leave(cmdline_hook());
	return err;
}

static CXL_HOOK_REPLACEMENT int hooktest_loadavg(struct seq_file *m, void *v)
{
	int err;

	cxl_hook_enter(&rival_hooks[RIVAL_LOADAVG]);
	err = static_call(call_loadavg)(m, v);
	seq_puts(m, KBUILD_MODNAME " was here\n");
	cxl_hook_leave(&rival_hooks[RIVAL_LOADAVG]);
	return err;
}

static void notrace hooktest_version(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	cxl_hook_enter(&good_hooks[GOOD_VERSION]);
	cxl_hook_leave(&good_hooks[GOOD_VERSION]);
}

static int __init hooktest_init(void)
{
	if (!strcmp(table, "rival")) {
		hooktest_set.hooks = rival_hooks;
		hooktest_set.nr_hooks = ARRAY_SIZE(rival_hooks);
	} else {
		hooktest_set.hooks = good_hooks;
		hooktest_set.nr_hooks = ARRAY_SIZE(good_hooks) - !!strcmp(table, "missing");
	}
	return cxl_hooks_install(&hooktest_set);
}

static void __exit hooktest_exit(void)
{
	cxl_hooks_remove(&hooktest_set);
}

module_init(hooktest_init);
module_exit(hooktest_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test of cxlmeta's hook engine");
