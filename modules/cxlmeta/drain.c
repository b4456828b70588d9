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

#include "cxl_control.h"
#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "drain.h"
#include "netlink.h"
#include "pool.h"

static const char * const cxl_drain_states[] = {
	[CXLTIER_NODE_STATE_OPEN] = "open",
	[CXLTIER_NODE_STATE_DRAINING] = "draining",
	[CXLTIER_NODE_STATE_DRAINED] = "drained",
	[CXLTIER_NODE_STATE_FAILED] = "failed",
};

/* How often events tell how a drain goes on. */
#define CXL_DRAIN_EVENT_MS 250

/**
 * struct cxl_drain - a node's drain; under cxl_lock
 * @status: how it stands
 * @is_closing: the node's pages may still be in magazines
 * @next: jiffies at which it goes on
 * @next_event: jiffies at which to tell how it stands
 * @ev: where the walk is; its pool is NULL before the first
 */
struct cxl_drain {
	struct cxl_drain_status status;
	bool is_closing;
	unsigned long next;
	unsigned long next_event;
	struct cxl_evacuation ev;
};

/* By node number. */
static struct cxl_drain *cxl_drains;

static bool cxl_drain_is_running(const struct cxl_drain *drain)
{
	return drain->status.state == CXLTIER_NODE_STATE_DRAINING;
}

static void cxl_drains_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(cxl_drain_work, cxl_drains_work);

/* How long the pages that one step moved take at the drain's rate. */
static unsigned long cxl_drain_pause(const struct cxl_drain *drain, unsigned long nr_moved)
{
	u64 pages_per_second = (u64)drain->status.rate_mb << (20 - PAGE_SHIFT);

	return drain->status.rate_mb ? div64_u64((u64)nr_moved * HZ + pages_per_second - 1,
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
	drain->status.state = drain->status.nr_failed ? CXLTIER_NODE_STATE_FAILED :
							CXLTIER_NODE_STATE_DRAINED;
	cxl_nl_notify_node(nid, CXLTIER_CHANGE_CHANGED);
	if (drain->status.nr_failed)
		pr_warn("node %d: drained, but for %lu pages that fit nowhere else (%s)\n", nid,
			drain->status.nr_failed, cxl_targets_tried());
	else
		pr_info("node %d: drained, %lu pages moved\n", nid, drain->status.nr_moved);
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

static unsigned long cxl_node_nr_used(int nid)
{
	unsigned long nr_used = 0;
	struct cxl_pool *pool;

	list_for_each_entry(pool, &cxl_pools, list)
		nr_used += cxl_pool_nr_used_on(pool, nid);
	return nr_used;
}

/* Nothing of the node is taken any more, and what was, is where walks find it. */
static void cxl_drain_close(struct cxl_drain *drain, int nid)
{
	drain->is_closing = false;
	cxl_node_empty_depots(nid);
	drain->status.nr_total = cxl_node_nr_used(nid);
}

static void cxl_drain_tell(struct cxl_drain *drain, int nid)
{
	if (time_before(jiffies, drain->next_event))
		return;
	drain->next_event = jiffies + msecs_to_jiffies(CXL_DRAIN_EVENT_MS);
	cxl_nl_notify_node(nid, CXLTIER_CHANGE_PROGRESS);
}

/* A few hundred pages. */
static void cxl_drain_step(struct cxl_drain *drain, int nid)
{
	struct cxl_evacuation *ev = &drain->ev;
	bool more;

	if (drain->is_closing)
		cxl_drain_close(drain, nid);
	if (!ev->pool) {
		cxl_drain_next_pool(drain, nid);
		return;
	}
	ev->nr_moved = 0;
	ev->nr_failed = 0;
	more = ev->pool->ops->walk(&ev->walk);
	cxl_evacuation_end(ev);
	drain->status.nr_moved += ev->nr_moved;
	drain->status.nr_failed += ev->nr_failed;
	drain->next = jiffies + cxl_drain_pause(drain, ev->nr_moved);
	cxl_drain_tell(drain, nid);
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
		if (cxl_drain_is_running(drain) && time_after_eq(jiffies, drain->next))
			cxl_drain_step(drain, nid);
		if (cxl_drain_is_running(drain))
			pause = min_t(unsigned long, pause,
				      max_t(long, drain->next - jiffies, 0));
	}
	mutex_unlock(&cxl_lock);
	if (pause != ULONG_MAX)
		queue_delayed_work(system_unbound_wq, &cxl_drain_work, pause);
}

static bool cxl_drain_check(int nid, struct netlink_ext_ack *extack)
{
	if (nid < nr_node_ids && node_state(nid, N_MEMORY))
		return true;
	cxl_refuse(extack, "id: node %d does not exist or has no memory", nid);
	return false;
}

/**
 * cxl_drain_start() - begin to move everything off a node
 * @nid: the node; it gives no more pages until cxl_drain_open()
 * @rate_mb: at most so many MiB per second; 0: no limit
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps. The drain goes on in a work item.
 * Return: 0; -ENOENT, or -EBUSY while it is being drained, and why was said.
 */
int cxl_drain_start(int nid, unsigned int rate_mb, struct netlink_ext_ack *extack)
{
	struct cxl_drain *drain;
	int err = 0;

	mutex_lock(&cxl_lock);
	drain = &cxl_drains[nid];
	if (!cxl_drain_check(nid, extack)) {
		err = -ENOENT;
	} else if (cxl_drain_is_running(drain)) {
		cxl_refuse(extack, "id: node %d is being drained already", nid);
		err = -EBUSY;
	} else {
		if (drain->status.state == CXLTIER_NODE_STATE_OPEN)
			cxl_node_close(nid);
		*drain = (struct cxl_drain) {
			.status.state = CXLTIER_NODE_STATE_DRAINING,
			.status.rate_mb = rate_mb,
			.status.nr_total = cxl_node_nr_used(nid),
			.is_closing = true,
			.next = jiffies,
			.next_event = jiffies,
		};
		cxl_nl_notify_node(nid, CXLTIER_CHANGE_CHANGED);
		mod_delayed_work(system_unbound_wq, &cxl_drain_work, 0);
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_drain_open() - end a node's drain, also one that goes on, and let pages be taken from it
 * @nid: the node; what was moved stays where it is
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps.
 * Return: 0; -ENOENT, or -EALREADY if it is open, and why was said.
 */
int cxl_drain_open(int nid, struct netlink_ext_ack *extack)
{
	struct cxl_drain *drain;
	int err = 0;

	if (!cxl_drain_check(nid, extack))
		return -ENOENT;
	mutex_lock(&cxl_lock);
	drain = &cxl_drains[nid];
	if (drain->status.state == CXLTIER_NODE_STATE_OPEN) {
		cxl_refuse(extack, "id: node %d is open: there is nothing to end", nid);
		err = -EALREADY;
	} else {
		drain->status.state = CXLTIER_NODE_STATE_OPEN;
		cxl_node_open(nid);
		cxl_pools_update();
		cxl_nl_notify_node(nid, CXLTIER_CHANGE_CHANGED);
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
		if (cxl_drain_is_running(&cxl_drains[nid]) && cxl_drains[nid].ev.pool == pool)
			cxl_drain_next_pool(&cxl_drains[nid], nid);
}

/**
 * cxl_drains_update() - nodes have come or gone: one that lost all its memory is open again
 *
 * Context: process context, under cxl_lock; the caller tells the pools.
 */
void cxl_drains_update(void)
{
	enum cxltier_node_state *state;
	int nid;

	lockdep_assert_held(&cxl_lock);
	for_each_node(nid) {
		state = &cxl_drains[nid].status.state;
		if (*state == CXLTIER_NODE_STATE_OPEN || node_state(nid, N_MEMORY))
			continue;
		*state = CXLTIER_NODE_STATE_OPEN;
		cxl_node_open(nid);
		cxl_nl_notify_node(nid, CXLTIER_CHANGE_CHANGED);
	}
}

/**
 * cxl_drain_get() - how a node's drain stands
 * @nid: the node
 * @status: the answer
 *
 * Context: process context, under cxl_lock.
 * Return: whether the node is of interest: far, closed, or with pages of a pool.
 */
bool cxl_drain_get(int nid, struct cxl_drain_status *status)
{
	lockdep_assert_held(&cxl_lock);
	*status = cxl_drains[nid].status;
	return cxl_node_is_far(nid) || status->state != CXLTIER_NODE_STATE_OPEN ||
	       cxl_node_nr_used(nid);
}

/**
 * cxl_drain_get_plan() - what a drain has before it
 * @pool: a pool
 * @nid: the node
 * @plan: the answer
 *
 * Context: process context, under cxl_lock.
 */
void cxl_drain_get_plan(struct cxl_pool *pool, int nid, struct cxl_drain_plan *plan)
{
	*plan = (struct cxl_drain_plan) {
		.nr_used = cxl_pool_nr_used_on(pool, nid),
		.room_group = cxl_target_room(pool, CXL_TARGET_GROUP, nid),
		.room_far = cxl_target_room(pool, CXL_TARGET_FAR, nid),
		.room_dram = cxl_target_room(pool, CXL_TARGET_DRAM, nid),
	};
}

static void cxl_drain_show_plan(struct seq_file *m, int nid)
{
	struct cxl_drain_plan plan;
	struct cxl_pool *pool;
	bool fits;

	list_for_each_entry(pool, &cxl_pools, list) {
		cxl_drain_get_plan(pool, nid, &plan);
		fits = pool->ops->may_drop ||
		       plan.nr_used <= plan.room_group + plan.room_far + plan.room_dram;
		seq_printf(m, "node%d %s pages %lu room group %lu far %lu dram %lu %s\n", nid,
			   pool->owner, plan.nr_used, plan.room_group, plan.room_far,
			   plan.room_dram, fits ? "fits" : "too-much");
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
	struct cxl_drain_status status;
	int nid;

	mutex_lock(&cxl_lock);
	for_each_node(nid) {
		if (!cxl_drain_get(nid, &status))
			continue;
		seq_printf(m, "node%d %s", nid, cxl_drain_states[status.state]);
		if (status.state != CXLTIER_NODE_STATE_OPEN)
			seq_printf(m, " total %lu moved %lu failed %lu left %lu rate_mb %u",
				   status.nr_total, status.nr_moved, status.nr_failed,
				   cxl_node_nr_used(nid), status.rate_mb);
		seq_putc(m, '\n');
		cxl_drain_show_plan(m, nid);
	}
	mutex_unlock(&cxl_lock);
	return 0;
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
