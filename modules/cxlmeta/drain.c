// SPDX-License-Identifier: GPL-2.0
/*
 * Draining: moving all data off a node, while its owners go on using it. For this the owners are
 * walked: it needs no help of the kernel's, and works with movable=0.
 *
 * Two ways in. Memory that is going offline is drained by the memory notifier: room for all of its
 * pages is set aside first, or else offlining is refused before anything has moved. (6.8 and 6.12,
 * offline_pages(): a page that does not move is tried again for ever.) And on demand: all of a
 * node, at a limited rate, to be watched and cancelled; the node then stays closed until it is
 * opened again.
 *
 * Why one walk is enough: the node is closed first, and synchronize_rcu() waits for those who took
 * a page before that and have not published it yet (preemption is off from cxl_pool_get() until
 * then). After that no entry of any owner gets a page of this node.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "cxl_node.h"
#include "cxl_param.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "pool.h"

/*
 * spill_to_dram=1: what fits on no far node may be moved to a node with CPUs when its node is
 * drained or goes offline. Default 0: then draining fails.
 */
static bool spill_to_dram;
module_param_cb(spill_to_dram, &cxl_param_bool_ops, &spill_to_dram, 0644);
MODULE_PARM_DESC(spill_to_dram, "move to DRAM what fits on no far node (default 0)");

/* ---- where pages can go --------------------------------------------------------------- */

/*
 * Targets of a pool's pages, in this order: other nodes of its group, other far nodes, the node
 * itself (the rest of it, when a part goes offline), nodes with CPUs. Each of them only where those
 * before it have no room.
 */
enum cxl_target {
	CXL_TARGET_GROUP,
	CXL_TARGET_FAR,
	CXL_TARGET_SAME,
	CXL_TARGET_DRAM,
	CXL_NR_TARGETS
};

static void cxl_target_nodes(struct cxl_pool *pool, enum cxl_target target, int from,
			     nodemask_t *nodes)
{
	struct cxl_schedule *schedule = rcu_dereference_protected(pool->schedule,
								  lockdep_is_held(&cxl_lock));

	switch (target) {
	case CXL_TARGET_GROUP:
		*nodes = schedule->nodes;
		break;
	case CXL_TARGET_FAR:
		nodes_andnot(*nodes, cxl_far_nodes, schedule->nodes);
		break;
	case CXL_TARGET_SAME:
		*nodes = nodemask_of_node(from);
		return;
	default:
		nodes_clear(*nodes);
		if (READ_ONCE(spill_to_dram))
			nodes_andnot(*nodes, node_states[N_MEMORY], cxl_far_nodes);
	}
	node_clear(from, *nodes);
}

/* Room for pages of @from; what is kept on a node can be had, too. */
static unsigned long cxl_target_room(struct cxl_pool *pool, enum cxl_target target, int from)
{
	unsigned long nr_pages = 0;
	nodemask_t nodes;
	int nid;

	cxl_target_nodes(pool, target, from, &nodes);
	for_each_node_mask(nid, nodes)
		nr_pages += cxl_node_room(nid) + READ_ONCE(pool->nodes[nid].nr_depot);
	return nr_pages;
}

/* Kept pages are room for others' data: give them to the page allocator. */
static void cxl_targets_release_kept(void)
{
	struct cxl_pool *pool;
	int nid;

	list_for_each_entry(pool, &cxl_pools, list)
		for_each_node_mask(nid, cxl_far_nodes)
			cxl_pool_release_kept(pool, nid);
}

static struct page *cxl_target_alloc(struct cxl_pool *pool, int from)
{
	enum cxl_target target;
	struct page *page;
	nodemask_t nodes;
	int nid;

	for (target = 0; target < CXL_NR_TARGETS; target++) {
		cxl_target_nodes(pool, target, from, &nodes);
		for_each_node_mask(nid, nodes) {
			page = cxl_page_alloc(pool, nid, LONG_MAX);
			if (page)
				return page;
		}
	}
	return NULL;
}

/* ---- moving --------------------------------------------------------------------------- */

/**
 * struct cxl_evacuation - moving a pool's pages out of a range
 * @walk: over the owner's pages
 * @pool: the pool
 * @nid: the range's node
 * @start_pfn: its first frame
 * @end_pfn: the one after its last
 * @reserve: pages set aside for it, chained; none: they are allocated as they are needed
 * @nr_found: pages met in the range
 * @nr_moved: pages that left it
 * @nr_failed: pages for which there was no room
 */
struct cxl_evacuation {
	struct cxl_pool_walk walk;
	struct cxl_pool *pool;
	int nid;
	unsigned long start_pfn;
	unsigned long end_pfn;
	struct page *reserve;
	unsigned long nr_found;
	unsigned long nr_moved;
	unsigned long nr_failed;
};

static void cxl_evacuation_init(struct cxl_evacuation *ev, struct cxl_pool *pool, int nid)
{
	*ev = (struct cxl_evacuation) { .pool = pool, .nid = nid, .end_pfn = ULONG_MAX };
}

static bool cxl_evacuation_covers(const struct cxl_evacuation *ev, const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return page_to_nid(page) == ev->nid && pfn >= ev->start_pfn && pfn < ev->end_pfn;
}

static struct page *cxl_evacuation_page(struct cxl_evacuation *ev)
{
	return cxl_pages_pop(&ev->reserve) ?: cxl_target_alloc(ev->pool, ev->nid);
}

static void cxl_evacuation_visit_count(struct cxl_pool_walk *walk, struct page *page,
				       unsigned long *entry)
{
	struct cxl_evacuation *ev = container_of(walk, struct cxl_evacuation, walk);

	ev->nr_found += cxl_evacuation_covers(ev, page);
}

static void cxl_evacuation_visit_move(struct cxl_pool_walk *walk, struct page *page,
				      unsigned long *entry)
{
	struct cxl_evacuation *ev = container_of(walk, struct cxl_evacuation, walk);
	struct page *new;
	int err;

	if (!cxl_evacuation_covers(ev, page))
		return;
	new = cxl_evacuation_page(ev);
	if (!new) {
		ev->nr_failed++;
		return;
	}
	rcu_read_lock();
	err = cxl_page_move(ev->pool, page, entry, new);
	rcu_read_unlock();
	if (err) {
		cxl_pages_push(&ev->reserve, new);
		return;
	}
	cxl_page_release(ev->pool, page);
	ev->nr_moved++;
}

static void cxl_evacuation_walk(struct cxl_evacuation *ev,
				void (*visit)(struct cxl_pool_walk *walk, struct page *page,
					      unsigned long *entry))
{
	ev->walk = (struct cxl_pool_walk) { .visit = visit };
	while (ev->pool->ops->walk(&ev->walk))
		cond_resched();
}

static unsigned long cxl_evacuation_count(struct cxl_evacuation *ev)
{
	ev->nr_found = 0;
	cxl_evacuation_walk(ev, cxl_evacuation_visit_count);
	return ev->nr_found;
}

/* Return: how many of @nr_pages could not be set aside. */
static unsigned long cxl_evacuation_reserve(struct cxl_evacuation *ev, unsigned long nr_pages)
{
	struct page *page;

	for (; nr_pages; nr_pages--) {
		page = cxl_target_alloc(ev->pool, ev->nid);
		if (!page)
			break;
		cxl_pages_push(&ev->reserve, page);
		cond_resched();
	}
	return nr_pages;
}

static void cxl_evacuation_end(struct cxl_evacuation *ev)
{
	struct page *page;

	while ((page = cxl_pages_pop(&ev->reserve)))
		cxl_page_release(ev->pool, page);
}

/* ---- memory going offline ------------------------------------------------------------- */

/*
 * The node that memory of is going offline. Its pages are not kept meanwhile; those that the
 * allocator hands out lie elsewhere on it. Changed under mem_hotplug_lock and cxl_lock.
 */
static int offlining_nid = NUMA_NO_NODE;

/**
 * cxl_offlining_node() - whose memory is going offline?
 *
 * Context: any.
 * Return: the node, or NUMA_NO_NODE.
 */
int cxl_offlining_node(void)
{
	return READ_ONCE(offlining_nid);
}

static int cxl_offline_pool(struct cxl_pool *pool, int nid, unsigned long start_pfn,
			    unsigned long nr_pages)
{
	struct cxl_evacuation ev;
	unsigned long nr_found, nr_missing;
	int err = 0;

	cxl_evacuation_init(&ev, pool, nid);
	ev.start_pfn = start_pfn;
	ev.end_pfn = start_pfn + nr_pages;
	nr_found = cxl_evacuation_count(&ev);
	nr_missing = cxl_evacuation_reserve(&ev, nr_found);
	if (nr_missing) {
		cxl_targets_release_kept();
		nr_missing = cxl_evacuation_reserve(&ev, nr_missing);
	}
	if (nr_missing) {
		pr_warn("node %d: memory at %#llx can't go offline: %s has %lu pages there, and %lu of them fit nowhere else (%s)\n",
			nid, (u64)start_pfn << PAGE_SHIFT, pool->owner, nr_found, nr_missing,
			spill_to_dram ? "not even in DRAM" : "spill_to_dram=0");
		err = -EBUSY;
	} else if (nr_found) {
		cxl_evacuation_walk(&ev, cxl_evacuation_visit_move);
		if (cxl_evacuation_count(&ev)) {
			pr_warn("node %d: memory at %#llx can't go offline: %s holds %lu pages that don't move\n",
				nid, (u64)start_pfn << PAGE_SHIFT, pool->owner, ev.nr_found);
			err = -EBUSY;
		}
	}
	cxl_evacuation_end(&ev);
	return err;
}

static void cxl_node_empty_depots(int nid)
{
	struct cxl_pool *pool;

	cxl_pools_update();
	/* who took a page of the node before it was closed has published it after this */
	synchronize_rcu();
	list_for_each_entry(pool, &cxl_pools, list)
		cxl_pool_release_node(pool, nid);
}

/**
 * cxl_offline_begin() - memory is about to go offline: move our data away
 * @start_pfn: its first frame
 * @nr_pages: its size
 *
 * Context: memory notifier, under mem_hotplug_lock; sleeps.
 * Return: 0; -EBUSY, after a line in the log, if the data does not fit elsewhere. Either way
 *	cxl_offline_end() follows.
 */
int cxl_offline_begin(unsigned long start_pfn, unsigned long nr_pages)
{
	int nid = pfn_to_nid(start_pfn);
	struct cxl_pool *pool;
	int err = 0;

	mutex_lock(&cxl_lock);
	WRITE_ONCE(offlining_nid, nid);
	cxl_node_empty_depots(nid);
	list_for_each_entry(pool, &cxl_pools, list) {
		err = cxl_offline_pool(pool, nid, start_pfn, nr_pages);
		if (err)
			break;
	}
	if (!err)
		cxl_pages_settle_range(start_pfn, nr_pages);
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_offline_end() - memory has gone offline, or it stays
 *
 * The caller tells the pools.
 *
 * Context: memory notifier, under mem_hotplug_lock; also without cxl_offline_begin().
 */
void cxl_offline_end(void)
{
	mutex_lock(&cxl_lock);
	WRITE_ONCE(offlining_nid, NUMA_NO_NODE);
	mutex_unlock(&cxl_lock);
}

/* ---- on demand ------------------------------------------------------------------------ */

enum cxl_drain_state {
	CXL_DRAIN_NONE,
	CXL_DRAIN_RUNNING,
	CXL_DRAIN_DONE,
	CXL_DRAIN_FAILED,
};

static const char * const cxl_drain_states[] = {
	[CXL_DRAIN_NONE] = "open",
	[CXL_DRAIN_RUNNING] = "draining",
	[CXL_DRAIN_DONE] = "drained",
	[CXL_DRAIN_FAILED] = "failed",
};

/**
 * struct cxl_drain - a node's drain; under cxl_lock
 * @state: anything but none means that the node is closed
 * @rate_mb: at most so many MiB per second; 0: no limit
 * @nr_total: pages that were there when it began
 * @nr_moved: pages that were moved
 * @nr_failed: pages for which there was no room
 * @next: jiffies at which it goes on
 * @ev: where the walk is; its pool is NULL before the first
 */
struct cxl_drain {
	enum cxl_drain_state state;
	unsigned int rate_mb;
	unsigned long nr_total;
	unsigned long nr_moved;
	unsigned long nr_failed;
	unsigned long next;
	struct cxl_evacuation ev;
};

/* By node number. */
static struct cxl_drain *cxl_drains;

static void cxl_drains_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(cxl_drain_work, cxl_drains_work);

/* How long the pages that one step moved take at the drain's rate. */
static unsigned long cxl_drain_pause(const struct cxl_drain *drain, unsigned long nr_moved)
{
	u64 pages_per_second = (u64)drain->rate_mb << (20 - PAGE_SHIFT);

	return drain->rate_mb ? div64_u64((u64)nr_moved * HZ + pages_per_second - 1,
					  pages_per_second) : 0;
}

static struct cxl_pool *cxl_pool_after(struct cxl_pool *pool)
{
	if (!pool)
		return list_first_entry_or_null(&cxl_pools, struct cxl_pool, list);
	return list_is_last(&pool->list, &cxl_pools) ? NULL : list_next_entry(pool, list);
}

static void cxl_drain_end(struct cxl_drain *drain, int nid)
{
	struct cxl_pool *pool;

	list_for_each_entry(pool, &cxl_pools, list)
		cxl_pool_release_kept(pool, nid);
	drain->state = drain->nr_failed ? CXL_DRAIN_FAILED : CXL_DRAIN_DONE;
	if (drain->nr_failed)
		pr_warn("node %d: drained, but for %lu pages that fit nowhere else (%s)\n", nid,
			drain->nr_failed, spill_to_dram ? "not even in DRAM" : "spill_to_dram=0");
	else
		pr_info("node %d: drained, %lu pages moved\n", nid, drain->nr_moved);
}

static void cxl_drain_next_pool(struct cxl_drain *drain, int nid)
{
	struct cxl_pool *next = cxl_pool_after(drain->ev.pool);

	if (!next) {
		cxl_drain_end(drain, nid);
		return;
	}
	cxl_evacuation_init(&drain->ev, next, nid);
	drain->ev.walk.visit = cxl_evacuation_visit_move;
}

/* A few hundred pages. */
static void cxl_drain_step(struct cxl_drain *drain, int nid)
{
	struct cxl_evacuation *ev = &drain->ev;
	bool more;

	if (!ev->pool) {
		cxl_drain_next_pool(drain, nid);
		return;
	}
	ev->nr_moved = 0;
	ev->nr_failed = 0;
	more = ev->pool->ops->walk(&ev->walk);
	cxl_evacuation_end(ev);
	drain->nr_moved += ev->nr_moved;
	drain->nr_failed += ev->nr_failed;
	drain->next = jiffies + cxl_drain_pause(drain, ev->nr_moved);
	if (!more)
		cxl_drain_next_pool(drain, nid);
}

/* Each drain has a rate of its own; the work comes again when the first of them is to go on. */
static void cxl_drains_work(struct work_struct *work)
{
	unsigned long pause = ULONG_MAX;
	struct cxl_drain *drain;
	int nid;

	mutex_lock(&cxl_lock);
	for_each_node(nid) {
		drain = &cxl_drains[nid];
		if (drain->state == CXL_DRAIN_RUNNING && time_after_eq(jiffies, drain->next))
			cxl_drain_step(drain, nid);
		if (drain->state == CXL_DRAIN_RUNNING)
			pause = min_t(unsigned long, pause,
				      max_t(long, drain->next - jiffies, 0));
	}
	mutex_unlock(&cxl_lock);
	if (pause != ULONG_MAX)
		queue_delayed_work(system_unbound_wq, &cxl_drain_work, pause);
}

static unsigned long cxl_node_nr_used(int nid)
{
	unsigned long nr_used = 0;
	struct cxl_pool *pool;

	list_for_each_entry(pool, &cxl_pools, list)
		nr_used += cxl_pool_nr_used_on(pool, nid);
	return nr_used;
}

static int cxl_drain_start(int nid, unsigned int rate_mb)
{
	struct cxl_drain *drain = &cxl_drains[nid];
	int err = 0;

	mutex_lock(&cxl_lock);
	if (drain->state == CXL_DRAIN_RUNNING) {
		err = -EBUSY;
		pr_err("drain: node %d is being drained already\n", nid);
	} else {
		if (drain->state == CXL_DRAIN_NONE)
			cxl_node_close(nid);
		*drain = (struct cxl_drain) {
			.state = CXL_DRAIN_RUNNING,
			.rate_mb = rate_mb,
			.next = jiffies,
		};
		cxl_node_empty_depots(nid);
		drain->nr_total = cxl_node_nr_used(nid);
		mod_delayed_work(system_unbound_wq, &cxl_drain_work, 0);
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/* Also cancels: what was moved stays where it is. */
static int cxl_drain_open(int nid)
{
	struct cxl_drain *drain = &cxl_drains[nid];
	int err = 0;

	mutex_lock(&cxl_lock);
	if (drain->state == CXL_DRAIN_NONE) {
		err = -EINVAL;
		pr_err("drain: node %d is open: there is nothing to cancel\n", nid);
	} else {
		drain->state = CXL_DRAIN_NONE;
		cxl_node_open(nid);
		cxl_pools_update();
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_drains_forget_pool() - a pool is being destroyed: drains must not go on with it
 * @pool: the pool, still in the list
 *
 * Context: process context, under cxl_lock. Its owner has given back all pages.
 */
void cxl_drains_forget_pool(struct cxl_pool *pool)
{
	int nid;

	lockdep_assert_held(&cxl_lock);
	for_each_node(nid)
		if (cxl_drains[nid].state == CXL_DRAIN_RUNNING &&
		    cxl_drains[nid].ev.pool == pool)
			cxl_drain_next_pool(&cxl_drains[nid], nid);
}

/**
 * cxl_drains_update() - nodes have come or gone: one that lost all its memory is open again
 *
 * Context: process context, under cxl_lock; the caller tells the pools.
 */
void cxl_drains_update(void)
{
	int nid;

	lockdep_assert_held(&cxl_lock);
	for_each_node(nid) {
		if (cxl_drains[nid].state == CXL_DRAIN_NONE || node_state(nid, N_MEMORY))
			continue;
		cxl_drains[nid].state = CXL_DRAIN_NONE;
		cxl_node_open(nid);
	}
}

/* What a drain of this node has before it: pages, and the room for them. */
static void cxl_drain_show_plan(struct seq_file *m, int nid)
{
	unsigned long nr_used, room[CXL_NR_TARGETS];
	enum cxl_target target;
	struct cxl_pool *pool;
	bool fits;

	list_for_each_entry(pool, &cxl_pools, list) {
		nr_used = cxl_pool_nr_used_on(pool, nid);
		for (target = 0; target < CXL_NR_TARGETS; target++)
			room[target] = cxl_target_room(pool, target, nid);
		fits = nr_used <= room[CXL_TARGET_GROUP] + room[CXL_TARGET_FAR] +
				  room[CXL_TARGET_DRAM];
		seq_printf(m, "node%d %s pages %lu room group %lu far %lu dram %lu %s\n", nid,
			   pool->owner, nr_used, room[CXL_TARGET_GROUP], room[CXL_TARGET_FAR],
			   room[CXL_TARGET_DRAM], fits ? "fits" : "too-much");
	}
}

/**
 * cxl_drains_show() - per node with pages of ours or a drain: how the drain stands, and per pool
 *	what is there and where it could go
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_drains_show(struct seq_file *m, void *unused)
{
	struct cxl_drain *drain;
	int nid;

	mutex_lock(&cxl_lock);
	for_each_node(nid) {
		drain = &cxl_drains[nid];
		if (!cxl_node_is_far(nid) && drain->state == CXL_DRAIN_NONE &&
		    !cxl_node_nr_used(nid))
			continue;
		seq_printf(m, "node%d %s", nid, cxl_drain_states[drain->state]);
		if (drain->state != CXL_DRAIN_NONE)
			seq_printf(m, " total %lu moved %lu failed %lu left %lu rate_mb %u",
				   drain->nr_total, drain->nr_moved, drain->nr_failed,
				   cxl_node_nr_used(nid), drain->rate_mb);
		seq_putc(m, '\n');
		cxl_drain_show_plan(m, nid);
	}
	mutex_unlock(&cxl_lock);
	return 0;
}

/**
 * cxl_drains_command() - "start NODE [MB/S]" or "open NODE"
 * @line: the words; changed
 *
 * "open" ends the drain, also one that runs, and lets the node be used again.
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error, after a line in the log.
 */
int cxl_drains_command(char *line)
{
	char *verb = strsep(&line, " ");
	char *node = strsep(&line, " ");
	unsigned int nid, rate_mb = 0;

	if (!node || kstrtouint(node, 10, &nid) || (line && kstrtouint(line, 10, &rate_mb))) {
		pr_err("drain: write 'start NODE', 'start NODE MB-PER-SECOND' or 'open NODE'\n");
		return -EINVAL;
	}
	if (nid >= nr_node_ids || !node_state(nid, N_MEMORY)) {
		pr_err("drain: node %u does not exist or has no memory\n", nid);
		return -EINVAL;
	}
	if (!strcmp(verb, "start"))
		return cxl_drain_start(nid, rate_mb);
	if (!strcmp(verb, "open") && !line)
		return cxl_drain_open(nid);
	pr_err("drain: '%s' is neither 'start' nor 'open'\n", verb);
	return -EINVAL;
}

/**
 * cxl_drains_init() - get ready
 *
 * Context: process context, at load.
 * Return: 0 or -ENOMEM.
 */
int cxl_drains_init(void)
{
	cxl_drains = kcalloc(nr_node_ids, sizeof(*cxl_drains), GFP_KERNEL);
	return cxl_drains ? 0 : -ENOMEM;
}

/**
 * cxl_drains_exit() - end all drains
 *
 * Context: process context; no pool is left, and nobody can start one. Sleeps.
 */
void cxl_drains_exit(void)
{
	cancel_delayed_work_sync(&cxl_drain_work);
	kfree(cxl_drains);
}
