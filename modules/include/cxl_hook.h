/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hook engine of cxlmeta: how a module of this project gets in front of a kernel function.
 *
 * A module has one table (struct cxl_hook_set) that names every kernel function it touches. All
 * entries go in together or none does. The engine looks functions up, redirects or observes them
 * with ftrace, and removes them so that no CPU or sleeping task is left in the module's text.
 */
#ifndef CXL_HOOK_H
#define CXL_HOOK_H

#include <linux/ftrace.h>
#include <linux/linkage.h>
#include <linux/list.h>
#include <linux/objtool.h>
#include <linux/percpu.h>
#include <linux/static_call.h>
#include <linux/stringify.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

/**
 * enum cxl_hook_kind - what a table entry asks for
 * @CXL_HOOK_REPLACE: calls of the function reach the handler, which may call the original
 * @CXL_HOOK_OBSERVE: the handler runs before the function
 * @CXL_HOOK_CALL: the function is only called, not hooked: an unexported helper
 * @CXL_HOOK_TRACE: the handler is called by a tracepoint
 */
enum cxl_hook_kind {
	CXL_HOOK_REPLACE,
	CXL_HOOK_OBSERVE,
	CXL_HOOK_CALL,
	CXL_HOOK_TRACE,
};

/**
 * struct cxl_hook_calls - how often a handler was entered and left, per CPU
 * @entered: handlers begun on this CPU
 * @left: handlers finished on this CPU; a handler that slept may finish on another one
 *
 * Summed over all CPUs, entered - left is the number of threads inside.
 */
struct cxl_hook_calls {
	unsigned long entered;
	unsigned long left;
};

/**
 * struct cxl_hook - one kernel function and what is done with it
 * @symbol: the function's or tracepoint's name
 * @address: the function, where the owner has it from a table of operations; else NULL
 * @kind: see enum cxl_hook_kind
 * @handler: an observer's ftrace_func_t, a probe, or the redirection to the replacement
 * @call_key: static call through which the original is called; NULL for observers and probes
 * @call_tramp: the static call's trampoline
 * @calls: the handler's counters; NULL for CXL_HOOK_CALL
 * @ops: the hook's place in ftrace
 * @tracepoint: the tracepoint, while its probe is registered
 * @entry: address of the function's ftrace call site (first instruction where it has none)
 * @bypassed: traffic showed that the kernel went around this hook; see cxl_hook_bypassed()
 */
struct cxl_hook {
	const char *symbol;
	void *address;
	enum cxl_hook_kind kind;
	void *handler;
	struct static_call_key *call_key;
	void *call_tramp;
	struct cxl_hook_calls __percpu *calls;
	struct ftrace_ops ops;
	struct tracepoint *tracepoint;
	unsigned long entry;
	bool bypassed;
};

/**
 * CXL_HOOK_REDIRECTION() - define how a function's callers get to its replacement
 * @_handler: the replacement, a function with the prototype of the replaced one, made with
 *	CXL_HOOK_REPLACEMENT
 *
 * ftrace makes the function's first instruction a call of this code. It returns not there but to
 * the replacement, which finds stack and registers as the function's caller left them, and returns
 * to that caller. (A jump would leave that call without a return, and let the CPU mispredict every
 * return further up.) r11 is free at a function's entry.
 */
#define CXL_HOOK_REDIRECTION(_handler)					\
	void _handler##_redirection(void);				\
	asm(".pushsection .text\n"					\
	    ".type " __stringify(_handler) "_redirection, @function\n"	\
	    __stringify(_handler) "_redirection:\n"			\
	    ANNOTATE_NOENDBR						\
	    "leaq " __stringify(_handler) "(%rip), %r11\n"		\
	    "movq %r11, (%rsp)\n"					\
	    ASM_RET							\
	    ".size " __stringify(_handler) "_redirection, . - "		\
	    __stringify(_handler) "_redirection\n"			\
	    ".popsection\n")

/* Goes before a replacement's definition: only its redirection refers to it. */
#define CXL_HOOK_REPLACEMENT __used noinline

/* Table entries. The original is called with static_call(_call)(...). */
#define CXL_HOOK_REPLACE_FUNC(_symbol, _handler, _call, _calls) {	\
	.symbol = _symbol,						\
	.kind = CXL_HOOK_REPLACE,					\
	.handler = _handler##_redirection,				\
	.call_key = &STATIC_CALL_KEY(_call),				\
	.call_tramp = STATIC_CALL_TRAMP_ADDR(_call),			\
	.calls = _calls,						\
}

#define CXL_HOOK_OBSERVE_FUNC(_symbol, _handler, _calls) {		\
	.symbol = _symbol,						\
	.kind = CXL_HOOK_OBSERVE,					\
	.handler = _handler,						\
	.calls = _calls,						\
}

/* The prototype is checked with check_trace_callback_type_<tracepoint>(). */
#define CXL_HOOK_TRACE_FUNC(_symbol, _handler, _calls) {		\
	.symbol = _symbol,						\
	.kind = CXL_HOOK_TRACE,						\
	.handler = _handler,						\
	.calls = _calls,						\
}

#define CXL_HOOK_CALL_FUNC(_symbol, _call) {				\
	.symbol = _symbol,						\
	.kind = CXL_HOOK_CALL,						\
	.call_key = &STATIC_CALL_KEY(_call),				\
	.call_tramp = STATIC_CALL_TRAMP_ADDR(_call),			\
}

/**
 * struct cxl_hook_set - a module's table
 * @owner: the module's name, for messages
 * @hooks: the entries
 * @nr_hooks: their number
 * @list: in the engine's list of installed sets
 */
struct cxl_hook_set {
	const char *owner;
	struct cxl_hook *hooks;
	unsigned int nr_hooks;
	struct list_head list;
};

/**
 * cxl_hook_enter() - to be a handler's first statement
 * @hook: the handler's table entry
 *
 * Context: any that the hooked function may run in; does not sleep.
 */
static __always_inline void cxl_hook_enter(struct cxl_hook *hook)
{
	this_cpu_inc(hook->calls->entered);
}

/**
 * cxl_hook_leave() - to be a handler's last statement before it returns
 * @hook: the handler's table entry
 *
 * Context: as cxl_hook_enter().
 */
static __always_inline void cxl_hook_leave(struct cxl_hook *hook)
{
	this_cpu_inc(hook->calls->left);
}

int cxl_hooks_install(struct cxl_hook_set *set);
void cxl_hooks_remove(struct cxl_hook_set *set);
void cxl_hook_bypassed(struct cxl_hook_set *set, struct cxl_hook *hook, const char *evidence);

#endif /* CXL_HOOK_H */
