// SPDX-License-Identifier: GPL-2.0
/*
 * cxlmeta: far nodes, groups of them, page pools, and the hook engine, for cxlswap and cxlcache.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/rcupdate_wait.h>

#include "cxl_node.h"
#include "cxlmeta.h"
#include "netlink.h"
#include "pool.h"

static int __init cxlmeta_init(void)
{
	int err = cxl_drains_init();

	if (err)
		return err;
	err = cxl_nodes_init();
	if (err)
		goto err_exit_drains;
	err = cxl_groups_init();
	if (err)
		goto err_exit_nodes;
	err = cxl_devices_init();
	if (err)
		goto err_exit_nodes;
	err = cxl_nl_init();
	if (err)
		goto err_exit_devices;
	cxlmeta_stats_init();
	pr_info("loaded: far nodes %*pbl, %lu MiB\n", nodemask_pr_args(&cxl_far_nodes),
		cxl_nodes_nr_pages(&cxl_far_nodes) >> (20 - PAGE_SHIFT));
	return 0;

err_exit_devices:
	cxl_devices_exit();
err_exit_nodes:
	/* memory that comes or goes makes groups until then */
	cxl_nodes_exit();
	cxl_groups_exit();
err_exit_drains:
	cxl_drains_exit();
	return err;
}

static void __exit cxlmeta_exit(void)
{
	cxl_nl_exit();
	cxlmeta_stats_exit();
	cxl_pages_settle_all();
	cxl_devices_exit();
	cxl_nodes_exit();
	cxl_groups_exit();
	cxl_drains_exit();
	/* the kernel may be on its way out of cxl_page_migrate() and the like */
	synchronize_rcu_tasks();
	pr_info("unloaded\n");
}

module_init(cxlmeta_init);
module_exit(cxlmeta_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("CXL memory: nodes, groups, page pools and kernel hooks");
