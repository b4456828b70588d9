/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxlmeta's inside. What it offers to the other modules is in modules/include/.
 *
 * Lock order, outermost first. cxl_lock and what is above it sleep; a store comes in under kernel
 * locks such as a folio lock, a swap cluster's or swap_info_struct.lock, so nothing below may:
 *
 *	cxl_control_lock		rwsem: modules that take part in the netlink family
 *	mem_hotplug_lock		the kernel's: memory notifiers run under it
 *	  cxl_lock			mutex: groups, the list of pools, closed nodes, drains
 *	    the owner's walk		see cxl_pool_ops
 *	      lock of a kernel page	PG_locked of a pool's page; tried, or waited for only here
 *		slot lock of the pool's owner; or i_pages, which interrupt handlers take, too:
 *					what is below is taken with interrupts off
 *		  cxl_pool_cpu.lock	one CPU's magazines
 *		    cxl_pool_node.lock	a node's depot of kept pages
 *		    retired_lock	pages whose memory failed (poison.c)
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

#include <uapi/linux/cxltier.h>

struct cxl_pool;
struct netlink_ext_ack;
struct seq_file;

/* Groups, the list of pools, which nodes are closed, and drains; process context. */
extern struct mutex cxl_lock;

/* ---- nodes.c: which nodes are far, and which are closed ------------------------------- */

int cxl_nodes_init(void);
void cxl_nodes_exit(void);
bool cxl_node_is_allowed(int nid);
bool cxl_node_has_cpus(int nid);
int cxl_nearest_cpu_node(int nid);
int cxl_node_socket(int nid);
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

/**
 * struct cxl_drain_status - how a node's drain stands
 * @state: anything but open means that the node is closed
 * @rate_mb: at most so many MiB per second; 0: no limit
 * @nr_total: pages that were there when it began
 * @nr_moved: pages that were moved
 * @nr_failed: pages for which there was no room
 */
struct cxl_drain_status {
	enum cxltier_node_state state;
	unsigned int rate_mb;
	unsigned long nr_total;
	unsigned long nr_moved;
	unsigned long nr_failed;
};

/**
 * struct cxl_drain_plan - what a pool has on a node, and where it could go
 * @nr_used: pages
 * @room_group: free pages on other nodes of the pool's group
 * @room_far: free pages on other far nodes
 * @room_dram: free pages on nodes with CPUs, where they may be used
 */
struct cxl_drain_plan {
	unsigned long nr_used;
	unsigned long room_group;
	unsigned long room_far;
	unsigned long room_dram;
};

int cxl_drain_start(int nid, unsigned int rate_mb, struct netlink_ext_ack *extack);
int cxl_drain_open(int nid, struct netlink_ext_ack *extack);
bool cxl_drain_get(int nid, struct cxl_drain_status *status);
void cxl_drain_get_plan(struct cxl_pool *pool, int nid, struct cxl_drain_plan *plan);

/**
 * struct cxl_hook_status - a hook
 * @owner: the module
 * @symbol: the kernel's function
 * @state: what is known of it
 * @nr_calls: how often it was called
 */
struct cxl_hook_status {
	char owner[32];
	char symbol[64];
	enum cxltier_hook_state state;
	unsigned long nr_calls;
};

bool cxl_hook_get(unsigned long index, struct cxl_hook_status *status);
int cxl_hooks_show(struct seq_file *m, void *unused);

void cxlmeta_stats_init(void);
void cxlmeta_stats_exit(void);

#endif /* CXLMETA_H */
