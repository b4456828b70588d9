/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxlmeta's inside. What it offers to the other modules is in modules/include/.
 *
 * Lock order, outermost first. cxl_lock and what is above it sleep; a store comes in under kernel
 * locks such as a folio lock, a swap cluster's or swap_info_struct.lock, so nothing below may:
 *
 *	mem_hotplug_lock		the kernel's: memory notifiers run under it
 *	  cxl_lock			mutex: groups, the list of pools, closed nodes, drains
 *	    the owner's walk		see cxl_pool_ops
 *	      lock of a kernel page	PG_locked of a pool's page; tried, or waited for only here
 *		slot lock of the pool's owner; or i_pages, which interrupt handlers take, too:
 *					what is below is taken with interrupts off
 *		  cxl_pool_cpu.lock	one CPU's magazines
 *		    cxl_pool_node.lock	a node's depot of kept pages
 *		    retired_lock	pages whose memory failed (page.c)
 *		      zone->lock	the page allocator
 *
 * hook_lock is a mutex of process context, taken alone. For those of the devices see devices.h.
 */
#ifndef CXLMETA_H
#define CXLMETA_H

#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct cxl_pool;
struct seq_file;

/* Groups, the list of pools, which nodes are closed, and drains; process context. */
extern struct mutex cxl_lock;

/* ---- nodes.c: which nodes are far, and which are closed ------------------------------- */

int cxl_nodes_init(void);
void cxl_nodes_exit(void);
bool cxl_node_is_allowed(int nid);
unsigned long cxl_nodes_nr_pages(const nodemask_t *nodes);
bool cxl_node_has_room(int nid);
unsigned long cxl_node_room(int nid);
bool cxl_node_is_open(int nid);
bool cxl_node_is_kept(int nid);
void cxl_node_close(int nid);
void cxl_node_open(int nid);

/* ---- groups.c ------------------------------------------------------------------------- */

/**
 * struct cxl_schedule - whose turn it is in a group
 * @rcu: for freeing it
 * @nodes: the group's members that have memory
 * @nr: entries in @turns; 0 if no member has memory
 * @turns: node numbers, each as often as its weight says, spread evenly
 */
struct cxl_schedule {
	struct rcu_head rcu;
	nodemask_t nodes;
	unsigned int nr;
	u16 turns[];
};

struct cxl_group;

int cxl_groups_init(void);
void cxl_groups_exit(void);
void cxl_groups_update(void);
struct cxl_group *cxl_group_get(const char *name);
void cxl_group_put(struct cxl_group *group);
const char *cxl_group_name(const struct cxl_group *group);
struct cxl_schedule *cxl_group_schedule(const struct cxl_group *group);
int cxl_groups_show(struct seq_file *m, void *unused);
int cxl_groups_command(char *line);

/* ---- devices.c ------------------------------------------------------------------------ */

int cxl_devices_init(void);
void cxl_devices_exit(void);
int cxl_devices_show(struct seq_file *m, void *unused);

/* ---- limit.c, pool.c, offline.c, drain.c, hook.c, stats.c ----------------------------- */

void cxl_pools_update(void);
int cxl_pools_show(struct seq_file *m, void *unused);

int cxl_drains_init(void);
void cxl_drains_exit(void);
void cxl_drains_update(void);
void cxl_drains_forget_pool(struct cxl_pool *pool);
int cxl_offline_begin(unsigned long start_pfn, unsigned long nr_pages);
void cxl_offline_end(void);
int cxl_offlining_node(void);
int cxl_drains_show(struct seq_file *m, void *unused);
int cxl_drains_command(char *line);

int cxl_hooks_show(struct seq_file *m, void *unused);

void cxlmeta_stats_init(void);
void cxlmeta_stats_exit(void);

#endif /* CXLMETA_H */
