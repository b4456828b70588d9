// SPDX-License-Identifier: GPL-2.0
/*
 * Which NUMA nodes are CXL memory: those with memory and no CPU, or those that nodes= names. Memory
 * that comes and goes is followed by the memory notifier.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/topology.h>

#include "cxl_node.h"
#include "cxlmeta.h"

/*
 * nodes=LIST: the NUMA nodes to use, such as "1" or "1,3-4". Default: every node that has memory
 * and no CPU. A node that is not there, has no memory or has CPUs is refused.
 */
static char *nodes;
module_param(nodes, charp, 0444);
MODULE_PARM_DESC(nodes, "NUMA nodes to use as CXL memory (list; default: all with memory and no CPU)");

/* What it protects: see cxlmeta.h. */
DEFINE_MUTEX(cxl_lock);

/* The far nodes that have memory now. Changed under cxl_lock, read without. */
nodemask_t cxl_far_nodes;
EXPORT_SYMBOL_GPL(cxl_far_nodes);

/* What nodes= allows; all without it. */
static nodemask_t allowed_nodes = NODE_MASK_ALL;

/*
 * For how many reasons no page may be taken from a node: a drain, memory going offline. Changed
 * under cxl_lock, read without.
 */
static unsigned int node_closed[MAX_NUMNODES];

/**
 * cxl_node_has_cpus() - is a node no CXL memory?
 * @nid: the node
 *
 * CPUs that are not there don't count: x86 deals those out to all nodes (6.8 and 6.12,
 * numa_init_array()).
 *
 * Context: any.
 * Return: whether it has CPUs, be they offline.
 */
bool cxl_node_has_cpus(int nid)
{
	int cpu;

	if (node_state(nid, N_CPU))
		return true;
	for_each_present_cpu(cpu)
		if (cpu_to_node(cpu) == nid)
			return true;
	return false;
}

/**
 * cxl_nearest_cpu_node() - the node with CPUs that is nearest to a node
 * @nid: the node
 *
 * Context: any.
 * Return: a node.
 */
int cxl_nearest_cpu_node(int nid)
{
	int near, best = first_node(node_states[N_CPU]);

	if (nid < 0)
		return best;
	for_each_node_state(near, N_CPU)
		if (node_distance(near, nid) < node_distance(best, nid))
			best = near;
	return best;
}

/**
 * cxl_node_socket() - the CPU package that a node belongs to
 * @nid: the node
 *
 * Context: any.
 * Return: the package of the nearest CPUs; 0 if they are all going offline.
 */
int cxl_node_socket(int nid)
{
	unsigned int cpu = cpumask_first(cpumask_of_node(cxl_nearest_cpu_node(nid)));

	return cpu < nr_cpu_ids ? topology_physical_package_id(cpu) : 0;
}

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
		if (cxl_node_has_cpus(nid)) {
			pr_err("nodes=%s: node %d has CPUs: its memory is no CXL memory\n",
			       nodes, nid);
			return -EINVAL;
		}
	}
	return 0;
}

/**
 * cxl_node_is_allowed() - may a node be taken for CXL memory, as far as nodes= goes?
 * @nid: the node
 *
 * Context: any.
 * Return: whether nodes= names it or was not given.
 */
bool cxl_node_is_allowed(int nid)
{
	return node_isset(nid, allowed_nodes);
}

static void cxl_nodes_find(void)
{
	int nid;

	for_each_node(nid) {
		if (node_state(nid, N_MEMORY) && cxl_node_is_allowed(nid) &&
		    !cxl_node_has_cpus(nid))
			node_set(nid, cxl_far_nodes);
		else
			node_clear(nid, cxl_far_nodes);
	}
}

/**
 * cxl_nodes_nr_pages() - how much memory nodes have
 * @nodes: the nodes
 *
 * Context: any.
 * Return: the pages that the kernel manages there.
 */
unsigned long cxl_nodes_nr_pages(const nodemask_t *nodes)
{
	unsigned long nr_pages = 0;
	int nid, i;

	for_each_node_mask(nid, *nodes)
		for (i = 0; i <= ZONE_MOVABLE; i++)
			nr_pages += zone_managed_pages(&NODE_DATA(nid)->node_zones[i]);
	return nr_pages;
}

static unsigned long cxl_zone_room(struct zone *zone)
{
	unsigned long nr_free = zone_page_state(zone, NR_FREE_PAGES);
	unsigned long nr_kept_free = high_wmark_pages(zone);

	return nr_free > nr_kept_free ? nr_free - nr_kept_free : 0;
}

/**
 * cxl_node_has_room() - may a page be taken from a node?
 * @nid: the node, open or closed
 *
 * A pool takes no more from a zone whose free pages are down to the high watermark, so that our
 * allocations never eat into what the kernel keeps for itself.
 *
 * Context: any.
 * Return: whether a zone has free pages above that.
 */
bool cxl_node_has_room(int nid)
{
	struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_MOVABLE];

	for (; zone >= NODE_DATA(nid)->node_zones; zone--)
		if (cxl_zone_room(zone))
			return true;
	return false;
}

/**
 * cxl_node_room() - how many pages can be taken from a node
 * @nid: the node
 *
 * Context: any.
 * Return: their number, as of now; 0 if the node is closed.
 */
unsigned long cxl_node_room(int nid)
{
	unsigned long nr_pages = 0;
	int i;

	for (i = 0; i <= ZONE_MOVABLE && cxl_node_is_open(nid); i++)
		nr_pages += cxl_zone_room(&NODE_DATA(nid)->node_zones[i]);
	return nr_pages;
}

/**
 * cxl_node_is_open() - may pages be taken from a node?
 * @nid: the node
 *
 * Context: any. After cxl_node_close() and synchronize_rcu(), who has preemption off sees it.
 * Return: whether it is not closed.
 */
bool cxl_node_is_open(int nid)
{
	return !READ_ONCE(node_closed[nid]);
}

/**
 * cxl_node_is_kept() - may pages of a node be kept for reuse?
 * @nid: the node
 *
 * Context: any.
 * Return: false if the node is closed, or memory of it is going offline.
 */
bool cxl_node_is_kept(int nid)
{
	return cxl_node_is_open(nid) && nid != cxl_offlining_node();
}

/**
 * cxl_node_close() - let no page be taken from a node any more
 * @nid: the node; closed as often as it is to be opened again
 *
 * Context: process context, under cxl_lock; the pools are to be told (cxl_pools_update()).
 */
void cxl_node_close(int nid)
{
	lockdep_assert_held(&cxl_lock);
	WRITE_ONCE(node_closed[nid], node_closed[nid] + 1);
}

/**
 * cxl_node_open() - undo one cxl_node_close()
 * @nid: the node
 *
 * Context: as cxl_node_close().
 */
void cxl_node_open(int nid)
{
	lockdep_assert_held(&cxl_lock);
	WRITE_ONCE(node_closed[nid], node_closed[nid] - 1);
}

static void cxl_nodes_update(void)
{
	mutex_lock(&cxl_lock);
	cxl_nodes_find();
	cxl_groups_update();
	cxl_drains_update();
	cxl_pools_update();
	mutex_unlock(&cxl_lock);
}

/*
 * Under mem_hotplug_lock, so one at a time. 6.8 and 6.12, offline_pages(): a range's free pages are
 * isolated before MEM_GOING_OFFLINE, so nobody gets one of them; MEM_CANCEL_OFFLINE follows every
 * failure, also one of a notifier that came before us.
 */
static int cxl_memory_notify(struct notifier_block *block, unsigned long action, void *data)
{
	struct memory_notify *arg = data;
	int err = 0;

	switch (action) {
	case MEM_GOING_OFFLINE:
		err = cxl_offline_begin(arg->start_pfn, arg->nr_pages);
		break;
	case MEM_CANCEL_OFFLINE:
	case MEM_OFFLINE:
		cxl_offline_end();
		fallthrough;
	case MEM_ONLINE:
		cxl_nodes_update();
		break;
	}
	return notifier_from_errno(err);
}

static struct notifier_block cxl_memory_block = {
	.notifier_call = cxl_memory_notify,
};

/**
 * cxl_nodes_init() - decide which nodes are far, and follow changes
 *
 * Context: process context, once.
 * Return: 0, or a negative error, after a line in the log when nodes= is wrong. No far node is no
 *	error.
 */
int cxl_nodes_init(void)
{
	int err = nodes ? cxl_nodes_parse(&allowed_nodes) : 0;

	if (err)
		return err;
	err = register_memory_notifier(&cxl_memory_block);
	if (err)
		return err;
	cxl_nodes_update();
	return 0;
}

/**
 * cxl_nodes_exit() - follow changes no more
 *
 * Context: process context; waits for a notifier that runs.
 */
void cxl_nodes_exit(void)
{
	unregister_memory_notifier(&cxl_memory_block);
	/* should memory be on its way, then its end is not heard of */
	cxl_offline_end();
}
