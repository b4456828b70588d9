// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel functions that cxlmeta calls although they are not exported: taking memory blocks
 * offline and online, and counting frames that have failed. None is hooked.
 *
 * 6.8 to 6.12, drivers/base/core.c and drivers/base/memory.c: this is what a write to
 * /sys/devices/system/memory/memoryN/state does. Blocks are looked up, and change, under
 * device_hotplug_lock alone.
 */
#include <linux/device.h>
#include <linux/memory.h>
#include <linux/sched/signal.h>

#include "cxl_hook.h"
#include "devices.h"

DEFINE_STATIC_CALL_NULL(original_lock_hotplug, lock_device_hotplug_sysfs);
DEFINE_STATIC_CALL_NULL(original_unlock_hotplug, unlock_device_hotplug);
DEFINE_STATIC_CALL_NULL(original_walk_blocks, walk_memory_blocks);
DEFINE_STATIC_CALL_NULL(original_online, device_online);
DEFINE_STATIC_CALL_NULL(original_offline, device_offline);
DEFINE_STATIC_CALL_NULL(original_count_poisoned, num_poisoned_pages_inc);

static struct cxl_hook cxlmeta_hooks[] = {
	CXL_HOOK_CALL_FUNC("lock_device_hotplug_sysfs", original_lock_hotplug),
	CXL_HOOK_CALL_FUNC("unlock_device_hotplug", original_unlock_hotplug),
	CXL_HOOK_CALL_FUNC("walk_memory_blocks", original_walk_blocks),
	CXL_HOOK_CALL_FUNC("device_online", original_online),
	CXL_HOOK_CALL_FUNC("device_offline", original_offline),
	CXL_HOOK_CALL_FUNC("num_poisoned_pages_inc", original_count_poisoned),
};

static struct cxl_hook_set cxlmeta_hook_set = {
	.owner = KBUILD_MODNAME,
	.hooks = cxlmeta_hooks,
	.nr_hooks = ARRAY_SIZE(cxlmeta_hooks),
};

/**
 * cxlmeta_hooks_init() - look the functions up
 *
 * Context: process context; sleeps.
 * Return: 0, or a negative error after a line in the log.
 */
int cxlmeta_hooks_init(void)
{
	return cxl_hooks_install(&cxlmeta_hook_set);
}

/**
 * cxlmeta_hooks_exit() - forget them
 *
 * Context: process context; sleeps. Nobody calls the functions below any more.
 */
void cxlmeta_hooks_exit(void)
{
	cxl_hooks_remove(&cxlmeta_hook_set);
}

/**
 * cxl_hotplug_lock() - take device_hotplug_lock, in a write to a sysfs file
 *
 * Whoever has the lock may wait for that file to be removed; so nobody waits for the lock with a
 * file open. The kernel's own files do the same.
 *
 * Context: process context, on behalf of a system call; sleeps a little.
 * Return: 0, or an error for the system call to return at once: it is then begun anew.
 */
int cxl_hotplug_lock(void)
{
	return static_call(original_lock_hotplug)();
}

/**
 * cxl_hotplug_trylock() - take device_hotplug_lock if it is free
 *
 * Context: process context; sleeps a little.
 * Return: whether the lock was taken.
 */
bool cxl_hotplug_trylock(void)
{
	if (!static_call(original_lock_hotplug)())
		return true;
	/* it told the system call, which need not be one, to begin anew */
	recalc_sigpending();
	return false;
}

/**
 * cxl_hotplug_unlock() - give device_hotplug_lock back
 *
 * Context: as those that take it.
 */
void cxl_hotplug_unlock(void)
{
	static_call(original_unlock_hotplug)();
}

/**
 * cxl_blocks_walk() - call a function for each memory block of a range
 * @start: address
 * @size: bytes; blocks that the range only touches belong to it
 * @arg: for the function
 * @func: the function; anything but 0 ends the walk
 *
 * Context: process context, with device_hotplug_lock.
 * Return: what the function returned last.
 */
int cxl_blocks_walk(u64 start, u64 size, void *arg, walk_memory_blocks_func_t func)
{
	return static_call(original_walk_blocks)(start, size, arg, func);
}

/**
 * cxl_block_online() - bring a memory block online
 * @block: the block
 * @type: where to, such as MMOP_ONLINE_MOVABLE
 *
 * Context: process context, with device_hotplug_lock; sleeps, and memory notifiers run.
 * Return: 0, 1 if it was online, or a negative error.
 */
int cxl_block_online(struct memory_block *block, int type)
{
	block->online_type = type;
	return static_call(original_online)(&block->dev);
}

/**
 * cxl_block_offline() - take a memory block offline
 * @block: the block
 *
 * Context: as cxl_block_online(). The kernel moves what lies in the block, and tries so as long as
 * it may succeed or until the task gets a signal.
 * Return: 0, 1 if it was offline, or a negative error.
 */
int cxl_block_offline(struct memory_block *block)
{
	return static_call(original_offline)(&block->dev);
}

/**
 * cxl_block_count_poisoned() - tell the kernel of a frame that it is not to use again
 * @pfn: the frame, which nobody else has marked as poisoned
 *
 * 6.8 and 6.12, memory_block_online(): a block with such a frame does not come online again, where
 * it would be used.
 *
 * Context: process context.
 */
void cxl_block_count_poisoned(unsigned long pfn)
{
	static_call(original_count_poisoned)(pfn);
}
