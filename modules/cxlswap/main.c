// SPDX-License-Identifier: GPL-2.0
/*
 * cxlswap: swap to CXL memory; in front of other swap devices, and as /dev/cxlswapN.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "cxl_pool.h"
#include "cxlswap.h"

static int __init cxlswap_init(void)
{
	int err = cxlswap_pool_init();

	if (err)
		return err;
	err = cxlswap_writeback_init();
	if (err)
		goto err_exit_pool;
	err = cxlswap_devices_init();
	if (err)
		goto err_exit_writeback;
	err = cxlswap_hooks_init();
	if (err)
		goto err_exit_areas;
	/* nothing below can fail */
	cxlswap_stats_init();
	cxlswap_hooks_start();
	cxlswap_devices_add();
	pr_info("loaded: limit %lu MiB\n", cxl_pool_limit(cxlswap_pool) >> (20 - PAGE_SHIFT));
	return 0;

err_exit_areas:
	cxlswap_areas_exit();
	cxlswap_devices_exit();
err_exit_writeback:
	cxlswap_writeback_exit();
err_exit_pool:
	cxlswap_pool_exit();
	return err;
}

static void __exit cxlswap_exit(void)
{
	cxlswap_writeback_stop();
	cxlswap_hooks_exit();
	cxlswap_writeback_exit();
	cxlswap_areas_exit();
	cxlswap_stats_exit();
	cxlswap_devices_exit();
	cxlswap_pool_exit();
	pr_info("unloaded\n");
}

module_init(cxlswap_init);
module_exit(cxlswap_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Swap to CXL memory");
