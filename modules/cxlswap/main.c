// SPDX-License-Identifier: GPL-2.0
/*
 * cxlswap: swap to CXL memory; in front of other swap devices, and as /dev/cxlswapN.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "cxl_control.h"
#include "cxl_pool.h"
#include "cxlswap.h"

static struct cxl_control cxlswap_control = {
	.owner = KBUILD_MODNAME,
	.set_pool = cxlswap_pool_set,
	.fill_counters = cxlswap_counters_fill,
	.fill_area = cxlswap_area_fill,
	.fill_swap_device = cxlswap_device_fill,
	.fill_cgroup = cxlswap_cgroup_fill,
	.new_swap_device = cxlswap_device_new,
	.del_swap_device = cxlswap_device_del,
};

static int __init cxlswap_init(void)
{
	int err = cxlswap_cgroups_init();

	if (err)
		return err;
	err = cxlswap_pool_init();
	if (err)
		goto err_exit_cgroups;
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
	cxlswap_copy_init();
	cxlswap_stats_init();
	cxlswap_hooks_start();
	cxlswap_tiers_start();
	cxlswap_devices_add();
	cxl_control_register(&cxlswap_control);
	pr_info("loaded: limit %lu MiB\n", cxl_pool_limit(cxlswap_pool) >> (20 - PAGE_SHIFT));
	return 0;

err_exit_areas:
	cxlswap_areas_exit();
	cxlswap_devices_exit();
err_exit_writeback:
	cxlswap_writeback_exit();
err_exit_pool:
	cxlswap_pool_exit();
err_exit_cgroups:
	cxlswap_cgroups_exit();
	return err;
}

static void __exit cxlswap_exit(void)
{
	cxl_control_unregister(&cxlswap_control);
	cxlswap_stats_exit();
	cxlswap_tiers_stop();
	cxlswap_writeback_stop();
	cxlswap_hooks_exit();
	cxlswap_writeback_exit();
	cxlswap_areas_exit();
	cxlswap_devices_exit();
	cxlswap_pool_exit();
	cxlswap_cgroups_exit();
	pr_info("unloaded\n");
}

module_init(cxlswap_init);
module_exit(cxlswap_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Swap to CXL memory");
