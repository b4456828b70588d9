// SPDX-License-Identifier: GPL-2.0
/*
 * cxlcache's part of the netlink family (cxl_control.h). Requests ask for something, and mounts.c
 * does it from a work item here: to settle and to empty a mount takes seconds, for which nobody may
 * keep netlink's locks. Mounts tell by events, and by being busy, how far it has come.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "cxl_control.h"
#include "cxlcache.h"

static void cxlcache_control_do(struct work_struct *work)
{
	cxlcache_enable_added();
	while (cxlcache_mounts_work())
		cond_resched();
	cxlcache_shrink_to_limit();
}

static DECLARE_WORK(control_work, cxlcache_control_do);

/* Return: @err. */
static int cxlcache_control_soon(int err)
{
	if (!err)
		queue_work(system_unbound_wq, &control_work);
	return err;
}

static int cxlcache_control_set_pool(const struct cxl_pool_settings *settings,
				     struct netlink_ext_ack *extack)
{
	return cxlcache_control_soon(cxlcache_pool_set(settings, extack));
}

static int cxlcache_control_add(struct super_block *sb, u64 quota, struct netlink_ext_ack *extack)
{
	int err = cxlcache_mount_ask(sb, CXLCACHE_TODO_START, true, quota, extack);

	if (!err)
		cxlcache_ask_to_enable();
	return cxlcache_control_soon(err);
}

static int cxlcache_control_del(struct super_block *sb, struct netlink_ext_ack *extack)
{
	return cxlcache_control_soon(cxlcache_mount_ask(sb, CXLCACHE_TODO_OFF, true,
							CXL_QUOTA_SAME, extack));
}

static int cxlcache_control_set(struct super_block *sb, u64 quota, struct netlink_ext_ack *extack)
{
	return cxlcache_mount_ask(sb, 0, false, quota, extack);
}

static int cxlcache_control_flush(struct super_block *sb, struct netlink_ext_ack *extack)
{
	int err = 0;

	if (sb)
		err = cxlcache_mount_ask(sb, CXLCACHE_TODO_DROP, false, CXL_QUOTA_SAME, extack);
	else
		cxlcache_mounts_ask(CXLCACHE_TODO_DROP);
	return cxlcache_control_soon(err);
}

static struct cxl_control cxlcache_control = {
	.owner = KBUILD_MODNAME,
	.set_pool = cxlcache_control_set_pool,
	.fill_counters = cxlcache_counters_fill,
	.fill_mount = cxlcache_mount_fill,
	.add_mount = cxlcache_control_add,
	.del_mount = cxlcache_control_del,
	.set_mount = cxlcache_control_set,
	.flush_mounts = cxlcache_control_flush,
};

/**
 * cxlcache_control_init() - let netlink see and change it
 *
 * Context: process context, last in module_init.
 */
void cxlcache_control_init(void)
{
	cxl_control_register(&cxlcache_control);
}

/**
 * cxlcache_control_exit() - take part no more
 *
 * Context: process context, first in module_exit; sleeps until what was asked for is done.
 */
void cxlcache_control_exit(void)
{
	cxl_control_unregister(&cxlcache_control);
	cancel_work_sync(&control_work);
}
