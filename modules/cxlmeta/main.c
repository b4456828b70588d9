// SPDX-License-Identifier: GPL-2.0
/*
 * cxlmeta: far nodes, page pools over them, and the hook engine, for cxlswap and cxlcache.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/nodemask.h>

#include "cxl_node.h"
#include "cxlmeta.h"

static int __init cxlmeta_init(void)
{
	int err = cxl_nodes_init();

	if (err)
		return err;
	cxlmeta_stats_init();
	pr_info("loaded: far nodes %*pbl, %lu MiB\n",
		nodemask_pr_args(&cxl_group_default()->nodes),
		cxl_group_nr_pages(cxl_group_default()) >> (20 - PAGE_SHIFT));
	return 0;
}

static void __exit cxlmeta_exit(void)
{
	cxlmeta_stats_exit();
	pr_info("unloaded\n");
}

module_init(cxlmeta_init);
module_exit(cxlmeta_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("CXL memory: nodes, page pools and kernel hooks");
