// SPDX-License-Identifier: GPL-2.0
/*
 * What a pool may take and from where: its limit, its group, and how much of it is used.
 *
 * The limit counts the pages that the pool has from the allocator, used or kept; kept ones are used
 * up first, but for those in other CPUs' magazines, which are kept small beside the limit.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "cxl_group.h"
#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "netlink.h"
#include "pool.h"

static void cxl_pool_update_limit(struct cxl_pool *pool, const struct cxl_schedule *schedule)
{
	unsigned long nr_pages = cxl_nodes_nr_pages(&schedule->nodes);
	unsigned long nr_magazines = (unsigned long)num_possible_cpus() *
				     max(nodes_weight(schedule->nodes), 1);
	unsigned long limit = mult_frac(nr_pages, pool->percent, 100);

	WRITE_ONCE(pool->limit, limit);
	/* all magazines together: a 16th of the limit; the shrinker empties depots at need */
	pool->magazine_max = clamp_t(unsigned long, limit / 16 / nr_magazines, CXL_MAGAZINE_MIN,
				     CXL_MAGAZINE_MAX);
}

/* Gives kept pages back that the limit, the group or a closed node leave no use for. */
static void cxl_pool_trim(struct cxl_pool *pool, const struct cxl_schedule *schedule)
{
	long nr_over;
	int nid;

	for_each_node(nid) {
		nr_over = max(atomic_long_read(&pool->nr_held) - (long)pool->limit, 0L);
		if (!cxl_pool_keeps(pool, schedule, nid))
			nr_over = LONG_MAX;
		cxl_pool_trim_depot(pool, nid, nr_over);
	}
	if (atomic_long_read(&pool->nr_held) <= pool->limit)
		return;
	for_each_node_mask(nid, schedule->nodes)
		cxl_pool_flush_node(pool, nid);
}

/**
 * cxl_pool_update() - a pool's group, percentage, or nodes have changed
 * @pool: the pool
 *
 * Without memory the old schedule stays.
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_pool_update(struct cxl_pool *pool)
{
	struct cxl_schedule *old = rcu_dereference_protected(pool->schedule,
							     lockdep_is_held(&cxl_lock));
	struct cxl_schedule *new = cxl_group_schedule(pool->group);

	if (new) {
		rcu_assign_pointer(pool->schedule, new);
		if (old)
			kfree_rcu(old, rcu);
	} else {
		new = old;
	}
	if (!new)
		return;
	cxl_pool_update_limit(pool, new);
	cxl_pool_update_magazines(pool, new);
	cxl_pool_trim(pool, new);
}

/**
 * cxl_pools_update() - groups have changed, or nodes have come, gone, opened or closed
 *
 * Context: process context, under cxl_lock.
 */
void cxl_pools_update(void)
{
	struct cxl_pool *pool;

	lockdep_assert_held(&cxl_lock);
	list_for_each_entry(pool, &cxl_pools, list)
		cxl_pool_update(pool);
}

/**
 * cxl_pool_set_group() - take pages from another group, from now on
 * @pool: the pool
 * @name: the group's name
 *
 * Pages in use stay where they are.
 *
 * Context: process context; sleeps.
 * Return: 0; -ENOENT if there is no such group.
 */
int cxl_pool_set_group(struct cxl_pool *pool, const char *name)
{
	struct cxl_group *group;
	int err = -ENOENT;

	mutex_lock(&cxl_lock);
	group = cxl_group_get(name);
	if (group) {
		cxl_group_put(pool->group);
		pool->group = group;
		cxl_pool_update(pool);
		cxl_nl_notify_pool(pool, CXLTIER_CHANGE_CHANGED);
		err = 0;
	}
	mutex_unlock(&cxl_lock);
	return err;
}
EXPORT_SYMBOL_GPL(cxl_pool_set_group);

/**
 * cxl_pool_set_percent() - change how many pages a pool may have
 * @pool: the pool
 * @percent: of its group's memory, also when that changes. Pages in use beyond it stay in use.
 *
 * Context: process context; sleeps.
 */
void cxl_pool_set_percent(struct cxl_pool *pool, unsigned int percent)
{
	mutex_lock(&cxl_lock);
	pool->percent = percent;
	cxl_pool_update(pool);
	cxl_nl_notify_pool(pool, CXLTIER_CHANGE_CHANGED);
	mutex_unlock(&cxl_lock);
}
EXPORT_SYMBOL_GPL(cxl_pool_set_percent);

/**
 * cxl_pool_size() - how much memory a pool's group has
 * @pool: the pool
 *
 * Context: process context.
 * Return: pages.
 */
unsigned long cxl_pool_size(const struct cxl_pool *pool)
{
	unsigned long nr_pages;

	rcu_read_lock();
	nr_pages = cxl_nodes_nr_pages(&rcu_dereference(pool->schedule)->nodes);
	rcu_read_unlock();
	return nr_pages;
}
EXPORT_SYMBOL_GPL(cxl_pool_size);

/**
 * cxl_pool_limit() - the most pages that a pool may have
 * @pool: the pool
 *
 * Context: any.
 * Return: the limit in pages.
 */
unsigned long cxl_pool_limit(const struct cxl_pool *pool)
{
	return READ_ONCE(pool->limit);
}
EXPORT_SYMBOL_GPL(cxl_pool_limit);

/**
 * cxl_pool_is_full() - is it the limit that keeps a pool from taking more?
 * @pool: the pool
 *
 * Context: any.
 * Return: whether the limit is reached; false if only the nodes are full.
 */
bool cxl_pool_is_full(struct cxl_pool *pool)
{
	return atomic_long_read(&pool->nr_held) >= READ_ONCE(pool->limit);
}
EXPORT_SYMBOL_GPL(cxl_pool_is_full);

/* What may last is told that often. */
#define CXL_POOL_REPORT_MS 10000

/* It takes no memory and no lock: a work item sends the event. */
static void cxl_pool_report(struct cxl_pool *pool, enum cxltier_change change)
{
	if (time_before(jiffies, READ_ONCE(pool->next_report[change])))
		return;
	WRITE_ONCE(pool->next_report[change], jiffies + msecs_to_jiffies(CXL_POOL_REPORT_MS));
	cxl_nl_report_pool(pool, change);
}

/**
 * cxl_pool_report_full() - tell listeners that a pool has reached its limit, if they weren't lately
 * @pool: the pool
 *
 * Context: any.
 */
void cxl_pool_report_full(struct cxl_pool *pool)
{
	cxl_pool_report(pool, CXLTIER_CHANGE_FULL);
}
EXPORT_SYMBOL_GPL(cxl_pool_report_full);

/**
 * cxl_pool_report_stalled() - tell listeners that a pool's pages are not written back, if they
 *	weren't lately
 * @pool: the pool
 *
 * Context: any.
 */
void cxl_pool_report_stalled(struct cxl_pool *pool)
{
	cxl_pool_report(pool, CXLTIER_CHANGE_STALLED);
}
EXPORT_SYMBOL_GPL(cxl_pool_report_stalled);

/**
 * cxl_pool_report_used() - tell listeners that a pool is nearly full, when it becomes so
 * @pool: the pool
 * @nr_used: as of now, cxl_pool_nr_used()
 *
 * Context: any.
 */
void cxl_pool_report_used(struct cxl_pool *pool, unsigned long nr_used)
{
	unsigned long limit = READ_ONCE(pool->limit);

	if (nr_used <= limit - limit / 5)
		WRITE_ONCE(pool->is_nearly_full, false);
	else if (nr_used > limit - limit / 10 && !READ_ONCE(pool->is_nearly_full) &&
		 !xchg(&pool->is_nearly_full, true))
		cxl_nl_report_pool(pool, CXLTIER_CHANGE_NEARLY_FULL);
}
EXPORT_SYMBOL_GPL(cxl_pool_report_used);

/**
 * cxl_pool_nr_used_on() - pages of a node that the owner has now
 * @pool: the pool
 * @nid: the node
 *
 * Context: as cxl_pool_nr_used().
 * Return: their number.
 */
unsigned long cxl_pool_nr_used_on(struct cxl_pool *pool, int nid)
{
	long nr_used = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr_used += READ_ONCE(per_cpu_ptr(pool->cpus, cpu)->nodes[nid].nr_used);
	return max(nr_used, 0L);
}

/**
 * cxl_pool_nr_used() - pages that the owner has now
 * @pool: the pool
 *
 * Context: any; reads a line of every CPU. Exact while no page is taken or given back.
 * Return: their number.
 */
unsigned long cxl_pool_nr_used(struct cxl_pool *pool)
{
	unsigned long nr_used = 0;
	int nid;

	for_each_node(nid)
		nr_used += cxl_pool_nr_used_on(pool, nid);
	return nr_used;
}
EXPORT_SYMBOL_GPL(cxl_pool_nr_used);
