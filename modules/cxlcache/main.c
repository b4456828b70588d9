// SPDX-License-Identifier: GPL-2.0
/*
 * cxlcache: a second-level page cache in CXL memory, for files on ext4, xfs and btrfs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "cxl_pool.h"
#include "cxlcache.h"

static int __init cxlcache_init(void)
{
	int err = cxlcache_pool_init();

	if (err)
		return err;
	err = cxlcache_queues_init(cxl_pool_size(cxlcache_pool));
	if (err)
		goto err_exit_pool;
	err = cxlcache_index_init(cxl_pool_size(cxlcache_pool));
	if (err)
		goto err_exit_queues;
	err = cxlcache_hooks_init();
	if (err)
		goto err_exit_index;
	err = cxlcache_params_start();
	if (err)
		goto err_exit_hooks;
	cxlcache_stats_init();
	cxlcache_control_init();
	pr_info("loaded: limit %lu MiB, %s\n", cxl_pool_limit(cxlcache_pool) >> (20 - PAGE_SHIFT),
		cxlcache_enabled ? "enabled" : "not enabled");
	return 0;

err_exit_hooks:
	cxlcache_params_stop();
	cxlcache_fs_exit();
	cxlcache_hooks_exit();
	cxlcache_mounts_exit();
err_exit_index:
	cxlcache_index_exit();
err_exit_queues:
	cxlcache_queues_exit();
err_exit_pool:
	cxlcache_pool_exit();
	cxlcache_index_free();
	return err;
}

static void __exit cxlcache_exit(void)
{
	cxlcache_control_exit();
	/*
	 * First nothing is put, got or held any more: without the hooks below, what is held could
	 * become stale.
	 */
	cxlcache_params_stop();
	cxlcache_fs_exit();
	cxlcache_hooks_exit();
	cxlcache_mounts_exit();
	cxlcache_stats_exit();
	cxlcache_index_exit();
	cxlcache_queues_exit();
	cxlcache_pool_exit();
	cxlcache_index_free();
	pr_info("unloaded\n");
}

module_init(cxlcache_init);
module_exit(cxlcache_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A second-level page cache in CXL memory");
