// SPDX-License-Identifier: GPL-2.0
/*
 * Draining a node on demand: all pages of all pools, at a limited rate, to be watched and
 * cancelled; the node then stays closed until it is opened again. It works with movable=0.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "drain.h"
#include "pool.h"

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
			drain->nr_failed, cxl_targets_tried());
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
