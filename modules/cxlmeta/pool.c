// SPDX-License-Identifier: GPL-2.0
/*
 * Page pools over a group's nodes: their making and end. How pages are kept, taken and given is in
 * magazine.c, how many and from where in limit.c, what becomes of each in page.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "cxl_group.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "netlink.h"
#include "pool.h"

LIST_HEAD(cxl_pools);

/*
 * Pools by their numbers, which their pages have in page->index. None has number 0. Read under RCU,
 * changed under cxl_lock.
 */
static struct cxl_pool __rcu *cxl_pool_table[64];
static_assert(ARRAY_SIZE(cxl_pool_table) <= CXL_PAGE_POOL_MASK + 1);

/**
 * cxl_pool_of() - which pool has this page?
 * @page: a page that a pool has or had, locked, so that it is not given to the page allocator
 *
 * Context: under RCU, for which the pool stays.
 * Return: the pool; NULL if the page was taken out of its pool, because its memory failed.
 */
struct cxl_pool *cxl_pool_of(const struct page *page)
{
	return rcu_dereference(cxl_pool_table[READ_ONCE(page->index) & CXL_PAGE_POOL_MASK]);
}

/* ---- shrinker ------------------------------------------------------------------------- */

static unsigned long cxl_pool_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cxl_pool *pool = shrinker->private_data;

	return READ_ONCE(pool->nodes[sc->nid].nr_depot) ?: SHRINK_EMPTY;
}

static unsigned long cxl_pool_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	return cxl_pool_shrink_depot(shrinker->private_data, sc->nid, sc->nr_to_scan);
}

static int cxl_pool_init_shrinker(struct cxl_pool *pool)
{
	pool->shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE, "cxlmeta-pool:%s", pool->owner);
	if (!pool->shrinker)
		return -ENOMEM;
	pool->shrinker->count_objects = cxl_pool_shrink_count;
	pool->shrinker->scan_objects = cxl_pool_shrink_scan;
	pool->shrinker->private_data = pool;
	shrinker_register(pool->shrinker);
	return 0;
}

/* ---- create and destroy --------------------------------------------------------------- */

static struct cxl_pool *cxl_pool_new(const char *owner, const struct cxl_pool_ops *ops)
{
	size_t cpu_size = struct_size_t(struct cxl_pool_cpu, nodes, nr_node_ids);
	struct cxl_pool *pool;
	int nid, cpu, change;

	if (cpu_size > PCPU_MIN_UNIT_SIZE) {
		pr_err("%u NUMA nodes are possible on this machine: too many for a pool\n",
		       nr_node_ids);
		return NULL;
	}
	pool = kzalloc(struct_size(pool, nodes, nr_node_ids), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->owner = owner;
	pool->ops = ops;
	for (change = 0; change <= CXLTIER_CHANGE_MAX; change++)
		pool->next_report[change] = jiffies;
	pool->cpus = __alloc_percpu(cpu_size, __alignof__(struct cxl_pool_cpu));
	if (!pool->cpus) {
		kfree(pool);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(pool->cpus, cpu)->lock);
	for_each_node(nid)
		spin_lock_init(&pool->nodes[nid].lock);
	return pool;
}

static void cxl_pool_free(struct cxl_pool *pool)
{
	mutex_lock(&cxl_lock);
	if (pool->nr)
		RCU_INIT_POINTER(cxl_pool_table[pool->nr], NULL);
	mutex_unlock(&cxl_lock);
	kfree(rcu_dereference_protected(pool->schedule, true));
	free_percpu(pool->cpus);
	kfree(pool);
}

/* A number that no pool has, for this one. Return: false if there is none. */
static bool cxl_pool_set_nr(struct cxl_pool *pool)
{
	unsigned int nr;

	lockdep_assert_held(&cxl_lock);
	for (nr = 1; nr < ARRAY_SIZE(cxl_pool_table); nr++) {
		if (rcu_access_pointer(cxl_pool_table[nr]))
			continue;
		pool->nr = nr;
		rcu_assign_pointer(cxl_pool_table[nr], pool);
		return true;
	}
	return false;
}

/* The pool joins the default group. */
static int cxl_pool_start(struct cxl_pool *pool)
{
	int err = -ENOMEM;

	mutex_lock(&cxl_lock);
	pool->group = cxl_pool_set_nr(pool) ? cxl_group_get(CXL_GROUP_DEFAULT) : NULL;
	if (pool->group) {
		cxl_pool_update(pool);
		if (rcu_access_pointer(pool->schedule)) {
			list_add_tail(&pool->list, &cxl_pools);
			cxl_nl_notify_pool(pool, CXLTIER_CHANGE_ADDED);
			err = 0;
		} else {
			cxl_group_put(pool->group);
		}
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_pool_create() - make an empty pool over the default group, with limit 0
 * @owner: who uses it, for the lists; not copied
 * @ops: how to move its pages
 *
 * Context: process context; sleeps.
 * Return: the pool, to be freed with cxl_pool_destroy(); NULL without memory, or if there are too
 *	many pools.
 */
struct cxl_pool *cxl_pool_create(const char *owner, const struct cxl_pool_ops *ops)
{
	struct cxl_pool *pool = cxl_pool_new(owner, ops);

	if (!pool)
		return NULL;
	if (cxl_pool_init_shrinker(pool))
		goto err_free_pool;
	if (cxl_pool_start(pool))
		goto err_free_shrinker;
	return pool;

err_free_shrinker:
	shrinker_free(pool->shrinker);
err_free_pool:
	cxl_pool_free(pool);
	return NULL;
}
EXPORT_SYMBOL_GPL(cxl_pool_create);

/**
 * cxl_pool_destroy() - free a pool
 * @pool: the pool; all its pages have been given back. NULL is ignored
 *
 * Context: process context; sleeps until nobody is inside the owner's operations.
 */
void cxl_pool_destroy(struct cxl_pool *pool)
{
	int nid, i;

	if (!pool)
		return;
	mutex_lock(&cxl_lock);
	cxl_drains_forget_pool(pool);
	list_del(&pool->list);
	cxl_nl_notify_pool(pool, CXLTIER_CHANGE_REMOVED);
	cxl_group_put(pool->group);
	mutex_unlock(&cxl_lock);

	shrinker_free(pool->shrinker);
	/*
	 * cxl_page_migrate(), under RCU, may have a new page in hand and put it into a depot. After
	 * the first time, nobody can come by a new one; after the second, nobody has an old one.
	 */
	for (i = 0; i < 2; i++) {
		for_each_node(nid)
			cxl_pool_release_node(pool, nid);
		synchronize_rcu();
	}
	for_each_node(nid)
		cxl_pool_release_node(pool, nid);
	WARN_ON_ONCE(atomic_long_read(&pool->nr_held));
	cxl_pool_free(pool);
}
EXPORT_SYMBOL_GPL(cxl_pool_destroy);

/**
 * cxl_pools_show() - list all pools: owner, node, pages used, pages kept in the depot; then the
 *	pool's pages held, moved and poisoned, its limit and group
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_pools_show(struct seq_file *m, void *unused)
{
	struct cxl_schedule *schedule;
	struct cxl_pool *pool;
	unsigned long nr_used;
	int nid;

	mutex_lock(&cxl_lock);
	list_for_each_entry(pool, &cxl_pools, list) {
		schedule = rcu_dereference_protected(pool->schedule, lockdep_is_held(&cxl_lock));
		for_each_node(nid) {
			nr_used = cxl_pool_nr_used_on(pool, nid);
			if (!nr_used && !READ_ONCE(pool->nodes[nid].nr_depot) &&
			    !node_isset(nid, schedule->nodes))
				continue;
			seq_printf(m, "%s node%d used %lu kept %lu\n", pool->owner, nid, nr_used,
				   READ_ONCE(pool->nodes[nid].nr_depot));
		}
		seq_printf(m, "%s total used %lu held %ld limit %lu group %s moved %ld poisoned %ld\n",
			   pool->owner, cxl_pool_nr_used(pool), atomic_long_read(&pool->nr_held),
			   READ_ONCE(pool->limit), cxl_group_name(pool->group),
			   atomic_long_read(&pool->nr_moved),
			   atomic_long_read(&pool->nr_poisoned));
	}
	mutex_unlock(&cxl_lock);
	return 0;
}
