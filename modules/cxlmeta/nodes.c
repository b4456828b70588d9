// SPDX-License-Identifier: GPL-2.0
/*
 * Which NUMA nodes are CXL memory: those with memory and no CPU, or those that nodes= names.
 * Fixed at load; following memory hot-plug comes with the device model.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/nodemask.h>

#include "cxl_node.h"
#include "cxlmeta.h"

/*
 * nodes=LIST: the NUMA nodes to use, such as "1" or "1,3-4". Default: every node that has memory
 * and no CPU. A node that is not there, has no memory or has CPUs is refused.
 */
static char *nodes;
module_param(nodes, charp, 0444);
MODULE_PARM_DESC(nodes, "NUMA nodes to use as CXL memory (list; default: all with memory and no CPU)");

/* Written once at load, before anybody can read it. */
static struct cxl_group default_group = { .name = "default" };

static int cxl_nodes_parse(nodemask_t *mask)
{
	int nid, err = nodelist_parse(nodes, *mask);

	if (err || nodes_empty(*mask)) {
		pr_err("nodes=%s: not a list of NUMA nodes such as 1,3-4\n", nodes);
		return -EINVAL;
	}
	for_each_node_mask(nid, *mask) {
		if (!node_state(nid, N_MEMORY)) {
			pr_err("nodes=%s: node %d does not exist or has no memory\n", nodes, nid);
			return -EINVAL;
		}
		if (node_state(nid, N_CPU)) {
			pr_err("nodes=%s: node %d has CPUs: its memory is no CXL memory\n",
			       nodes, nid);
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * cxl_nodes_init() - decide which nodes are far
 *
 * Context: process context, once, before anything else of cxlmeta.
 * Return: 0, or -EINVAL after a line in the log when nodes= is wrong. No far node is no error.
 */
int cxl_nodes_init(void)
{
	int nid;

	if (nodes)
		return cxl_nodes_parse(&default_group.nodes);

	for_each_node_state(nid, N_MEMORY)
		if (!node_state(nid, N_CPU))
			node_set(nid, default_group.nodes);
	return 0;
}

/**
 * cxl_group_default() - the group of all far nodes
 *
 * Context: any.
 * Return: the group; it lives as long as cxlmeta and may have no member.
 */
const struct cxl_group *cxl_group_default(void)
{
	return &default_group;
}
EXPORT_SYMBOL_GPL(cxl_group_default);

/**
 * cxl_group_nr_pages() - how much memory of a group pools can use
 * @group: the group
 *
 * Context: any.
 * Return: the pages that the kernel manages on its nodes, ZONE_MOVABLE not counted.
 */
unsigned long cxl_group_nr_pages(const struct cxl_group *group)
{
	unsigned long nr_pages = 0;
	int nid, i;

	for_each_node_mask(nid, group->nodes)
		for (i = 0; i <= ZONE_NORMAL; i++)
			nr_pages += zone_managed_pages(&NODE_DATA(nid)->node_zones[i]);
	return nr_pages;
}
EXPORT_SYMBOL_GPL(cxl_group_nr_pages);

/**
 * cxl_node_is_far() - is this node CXL memory?
 * @nid: the node
 *
 * Context: any.
 * Return: whether cxlmeta takes it for that.
 */
bool cxl_node_is_far(int nid)
{
	return node_isset(nid, default_group.nodes);
}
EXPORT_SYMBOL_GPL(cxl_node_is_far);
