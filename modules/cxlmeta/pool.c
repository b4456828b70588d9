// SPDX-License-Identifier: GPL-2.0
/*
 * Page pools over a group's nodes.
 *
 * A page goes from the page allocator (page.c) to its owner and, when it is freed, into the
 * magazine of the CPU that frees it: a small array of kept pages per CPU and node. A full magazine
 * gives half of its pages to its node's depot, an empty one takes as many from there. Kept pages
 * spare the next store the page allocator and (with init_on_alloc) the clearing of the page. A kept
 * page may hold old user data: nobody but the pool can reach it, and its next owner overwrites all
 * of it.
 *
 * The limit counts the pages that the pool has from the allocator, used or kept; kept ones are used
 * up first, but for those in other CPUs' magazines, which are kept small beside the limit.
 *
 * Pages of a node that is closed, or is not in the group, are not kept: its magazines have room for
 * none, which sends every page that is freed there the slow way.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "cxl_group.h"
#include "cxl_node.h"
#include "cxl_param.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "pool.h"

/*
 * wipe=1: clear a page as soon as its owner frees it, instead of leaving its data until the page is
 * used again. Default 0.
 */
static bool wipe;
module_param_cb(wipe, &cxl_param_bool_ops, &wipe, 0644);
MODULE_PARM_DESC(wipe, "clear pages when they are freed (default 0)");

LIST_HEAD(cxl_pools);

/*
 * Pools by their numbers, which their pages have in page->index. None has number 0. Read under RCU,
 * changed under cxl_lock.
 */
static struct cxl_pool __rcu *cxl_pool_table[64];
static_assert(ARRAY_SIZE(cxl_pool_table) <= CXL_PAGE_POOL_MASK + 1);

/* Pages that are given back in one go. */
#define CXL_DEPOT_BATCH 512

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

/* ---- depots and magazines ------------------------------------------------------------- */

static void cxl_depot_push(struct cxl_pool_node *node, struct page *page)
{
	lockdep_assert_held(&node->lock);
	if (node->depot)
		cxl_page_set_link(node->depot, page);
	WRITE_ONCE(page->private, (unsigned long)node->depot | CXL_PAGE_KEPT);
	node->depot = page;
	node->nr_depot++;
}

static struct page *cxl_depot_next(const struct page *page)
{
	return (struct page *)(page->private & ~CXL_PAGE_KEPT);
}

static struct page *cxl_depot_pop(struct cxl_pool_node *node)
{
	struct page *page;

	lockdep_assert_held(&node->lock);
	page = node->depot;
	if (page) {
		node->depot = cxl_depot_next(page);
		node->nr_depot--;
		WRITE_ONCE(page->private, 0);
	}
	return page;
}

/* Takes out a page from anywhere. The first one's link means nothing: see cxl_depot_pop(). */
static void cxl_depot_del(struct cxl_pool_node *node, struct page *page)
{
	struct page *next = cxl_depot_next(page);

	lockdep_assert_held(&node->lock);
	if (page == node->depot) {
		cxl_depot_pop(node);
		return;
	}
	WRITE_ONCE(cxl_page_link(page)->private, (unsigned long)next | CXL_PAGE_KEPT);
	if (next)
		cxl_page_set_link(next, cxl_page_link(page));
	WRITE_ONCE(page->private, 0);
	node->nr_depot--;
}

/**
 * cxl_pool_depot_push() - keep a page that could not be given to the page allocator
 * @pool: the pool
 * @page: the page
 *
 * Context: as cxl_pool_put().
 */
void cxl_pool_depot_push(struct cxl_pool *pool, struct page *page)
{
	struct cxl_pool_node *node = &pool->nodes[page_to_nid(page)];
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	cxl_depot_push(node, page);
	spin_unlock_irqrestore(&node->lock, flags);
}

static struct page *cxl_pool_depot_pop(struct cxl_pool *pool, int nid)
{
	struct cxl_pool_node *node = &pool->nodes[nid];
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&node->lock, flags);
	page = cxl_depot_pop(node);
	spin_unlock_irqrestore(&node->lock, flags);
	return page;
}

/**
 * cxl_pool_depot_take() - take a certain page out of its depot
 * @pool: the pool
 * @page: a page of the pool's
 *
 * Context: as cxl_pool_put().
 * Return: whether it was there; then it is the caller's.
 */
bool cxl_pool_depot_take(struct cxl_pool *pool, struct page *page)
{
	struct cxl_pool_node *node = &pool->nodes[page_to_nid(page)];
	unsigned long flags;
	bool is_kept;

	spin_lock_irqsave(&node->lock, flags);
	is_kept = page->private & CXL_PAGE_KEPT;
	if (is_kept)
		cxl_depot_del(node, page);
	spin_unlock_irqrestore(&node->lock, flags);
	return is_kept;
}

/* What works on a magazine has its CPU's lock, and so interrupts off. */

static void cxl_magazine_fill(struct cxl_magazine *magazine, struct cxl_pool_node *node)
{
	unsigned int nr_wanted = magazine->max / 2;
	struct page *page;

	if (!READ_ONCE(node->nr_depot))
		return;
	spin_lock(&node->lock);
	while (magazine->nr < nr_wanted && (page = cxl_depot_pop(node)))
		magazine->pages[magazine->nr++] = page;
	spin_unlock(&node->lock);
}

/* Makes room: pages go to the depot, or to the allocator if the limit was lowered. */
static void cxl_magazine_flush(struct cxl_pool *pool, struct cxl_magazine *magazine, int nid,
			       unsigned int nr_left)
{
	struct cxl_pool_node *node = &pool->nodes[nid];

	while (magazine->nr > nr_left &&
	       atomic_long_read(&pool->nr_held) > READ_ONCE(pool->limit))
		cxl_page_release(pool, magazine->pages[--magazine->nr]);
	if (magazine->nr <= nr_left)
		return;
	spin_lock(&node->lock);
	while (magazine->nr > nr_left)
		cxl_depot_push(node, magazine->pages[--magazine->nr]);
	spin_unlock(&node->lock);
}

/* A page that its magazine has no room for. */
static noinline void cxl_magazine_overflow(struct cxl_pool *pool,
					   struct cxl_magazine *magazine, struct page *page)
{
	if (!magazine->max) {
		cxl_page_release(pool, page);
		return;
	}
	cxl_magazine_flush(pool, magazine, page_to_nid(page),
			   min(magazine->nr, magazine->max) / 2);
	magazine->pages[magazine->nr++] = page;
}

/**
 * cxl_pool_flush_node() - empty all magazines of a node into its depot
 * @pool: the pool
 * @nid: the node
 *
 * Context: any but interrupt handlers.
 */
void cxl_pool_flush_node(struct cxl_pool *pool, int nid)
{
	struct cxl_pool_cpu *pool_cpu;
	unsigned long flags;
	int cpu;

	for_each_possible_cpu(cpu) {
		pool_cpu = per_cpu_ptr(pool->cpus, cpu);
		spin_lock_irqsave(&pool_cpu->lock, flags);
		cxl_magazine_flush(pool, &pool_cpu->nodes[nid].magazine, nid, 0);
		spin_unlock_irqrestore(&pool_cpu->lock, flags);
	}
}

/* Up to @nr_pages kept pages of a depot go to the allocator. Return: how many did. */
static unsigned long cxl_depot_shrink(struct cxl_pool *pool, int nid, unsigned long nr_pages)
{
	unsigned long nr_freed = 0;
	struct page *page;

	for (; nr_freed < nr_pages; nr_freed++) {
		page = cxl_pool_depot_pop(pool, nid);
		if (!page)
			break;
		if (!cxl_page_try_release(pool, page)) {
			cxl_pool_depot_push(pool, page);
			break;
		}
	}
	return nr_freed;
}

/* As cxl_depot_shrink(), for who may sleep. */
static void cxl_depot_trim(struct cxl_pool *pool, int nid, unsigned long nr_pages)
{
	unsigned long nr;

	for (; nr_pages; nr_pages -= nr) {
		nr = min_t(unsigned long, nr_pages, CXL_DEPOT_BATCH);
		if (cxl_depot_shrink(pool, nid, nr) < nr)
			break;
		cond_resched();
	}
}

/**
 * cxl_pool_release_kept() - give the pages that are kept now to the page allocator
 * @pool: the pool
 * @nid: their node
 *
 * Context: process context; sleeps.
 */
void cxl_pool_release_kept(struct cxl_pool *pool, int nid)
{
	cxl_pool_flush_node(pool, nid);
	cxl_depot_trim(pool, nid, READ_ONCE(pool->nodes[nid].nr_depot));
}

/**
 * cxl_pool_release_node() - give all kept pages of a node to the page allocator
 * @pool: the pool
 * @nid: the node; its pages are not kept any more
 *
 * Context: process context; sleeps.
 */
void cxl_pool_release_node(struct cxl_pool *pool, int nid)
{
	cxl_pool_release_kept(pool, nid);
	/* the kernel has one of them locked, for a moment */
	while (READ_ONCE(pool->nodes[nid].nr_depot)) {
		schedule_timeout_uninterruptible(1);
		cxl_pool_release_kept(pool, nid);
	}
}

/* ---- get and put ---------------------------------------------------------------------- */

/* A page when the magazine is empty. Apart, so that the usual way has few registers to save. */
static noinline struct page *cxl_magazine_refill(struct cxl_pool *pool,
						 struct cxl_magazine *magazine, int nid)
{
	cxl_magazine_fill(magazine, &pool->nodes[nid]);
	if (magazine->nr)
		return magazine->pages[--magazine->nr];
	return cxl_page_alloc(pool, nid, READ_ONCE(pool->limit));
}

static struct page *cxl_pool_get_from(struct cxl_pool *pool, struct cxl_pool_cpu *cpu, int nid)
{
	struct cxl_pool_cpu_node *node = &cpu->nodes[nid];
	struct page *page;

	lockdep_assert_held(&cpu->lock);
	do {
		if (likely(node->magazine.nr))
			page = node->magazine.pages[--node->magazine.nr];
		else
			page = cxl_magazine_refill(pool, &node->magazine, nid);
		if (!page)
			return NULL;
		/* its memory may have failed while it was kept */
	} while (unlikely(PageHWPoison(page)) && cxl_page_retire(pool, page));
	node->nr_used++;
	return page;
}

/* The node whose turn it was has nothing to give: those after it. */
static noinline struct page *cxl_pool_get_other(struct cxl_pool *pool, struct cxl_pool_cpu *cpu,
						const struct cxl_schedule *schedule,
						unsigned int turn)
{
	struct page *page = NULL;
	int nid, nr;

	if (!schedule->nr)
		return NULL;
	nid = schedule->turns[turn];
	for (nr = nodes_weight(schedule->nodes); nr && !page; nr--) {
		nid = next_node_in(nid, schedule->nodes);
		page = cxl_pool_get_from(pool, cpu, nid);
	}
	return page;
}

/*
 * Locks the part of the CPU that we run on; should the task be moved to another one just then, that
 * does no harm.
 */
static struct cxl_pool_cpu *cxl_pool_lock_cpu(struct cxl_pool *pool, unsigned long *flags)
	__acquires(&cpu->lock)
{
	struct cxl_pool_cpu *cpu = raw_cpu_ptr(pool->cpus);

	spin_lock_irqsave(&cpu->lock, *flags);
	return cpu;
}

/**
 * cxl_pool_get() - take a page
 * @pool: the pool
 *
 * The nodes take turns according to their weights; one that has nothing to give is passed over.
 *
 * Context: any but interrupt handlers; also in reclaim, with interrupts off, and under locks that
 *	interrupt handlers take, such as i_pages. Does not sleep. Preemption is off from before the
 *	call until the page's entry is published or the page given back: draining waits for that.
 * Return: a page, which now belongs to the caller and holds arbitrary data; NULL when the limit is
 *	reached or all nodes are full.
 */
struct page *cxl_pool_get(struct cxl_pool *pool)
{
	unsigned long flags;
	struct cxl_pool_cpu *cpu = cxl_pool_lock_cpu(pool, &flags);
	const struct cxl_schedule *schedule = rcu_dereference_sched(pool->schedule);
	unsigned int turn = likely(cpu->turn < schedule->nr) ? cpu->turn : 0;
	struct page *page = NULL;

	cpu->turn = turn + 1;
	if (likely(schedule->nr))
		page = cxl_pool_get_from(pool, cpu, schedule->turns[turn]);
	if (unlikely(!page))
		page = cxl_pool_get_other(pool, cpu, schedule, turn);
	spin_unlock_irqrestore(&cpu->lock, flags);
	return page;
}
EXPORT_SYMBOL_GPL(cxl_pool_get);

/**
 * cxl_pool_wipe() - clear a page whose data is no longer needed, if wipe=1 asks for it
 * @page: the page, which its owner keeps; cxl_pool_put() does this itself
 *
 * Context: any.
 */
void cxl_pool_wipe(struct page *page)
{
	if (READ_ONCE(wipe))
		clear_highpage(page);
}
EXPORT_SYMBOL_GPL(cxl_pool_wipe);

/**
 * cxl_pool_put() - give a page back
 * @pool: the pool that it came from
 * @page: the page; no entry owns it any more
 *
 * Context: as cxl_pool_get(); preemption is off since its entry was changed.
 */
void cxl_pool_put(struct cxl_pool *pool, struct page *page)
{
	struct cxl_pool_cpu_node *node;
	struct cxl_pool_cpu *cpu;
	unsigned long flags;

	if (unlikely(PageHWPoison(page))) {
		cxl_pool_poison(pool, page);
		return;
	}
	cxl_pool_wipe(page);
	WRITE_ONCE(page->private, 0);
	cpu = cxl_pool_lock_cpu(pool, &flags);
	node = &cpu->nodes[page_to_nid(page)];
	node->nr_used--;
	if (likely(node->magazine.nr < node->magazine.max))
		node->magazine.pages[node->magazine.nr++] = page;
	else
		cxl_magazine_overflow(pool, &node->magazine, page);
	spin_unlock_irqrestore(&cpu->lock, flags);
}
EXPORT_SYMBOL_GPL(cxl_pool_put);

/**
 * cxl_pool_account() - pages of a node have come into the owner's hands, or left them
 * @pool: the pool
 * @nid: the node
 * @nr_used: how many; negative: left
 *
 * Context: any but interrupt handlers.
 */
void cxl_pool_account(struct cxl_pool *pool, int nid, long nr_used)
{
	unsigned long flags;
	struct cxl_pool_cpu *cpu = cxl_pool_lock_cpu(pool, &flags);

	cpu->nodes[nid].nr_used += nr_used;
	spin_unlock_irqrestore(&cpu->lock, flags);
}

/**
 * cxl_pool_poison() - never use a page again: its memory has failed
 * @pool: the pool
 * @page: a page of the caller's; no entry owns it any more
 *
 * Context: as cxl_pool_put().
 */
void cxl_pool_poison(struct cxl_pool *pool, struct page *page)
{
	cxl_pool_account(pool, page_to_nid(page), -1);
	cxl_page_retire(pool, page);
}
EXPORT_SYMBOL_GPL(cxl_pool_poison);

/* ---- limit and group ------------------------------------------------------------------ */

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

static bool cxl_pool_keeps(struct cxl_pool *pool, const struct cxl_schedule *schedule, int nid)
{
	return node_isset(nid, schedule->nodes) && cxl_node_is_kept(nid);
}

/* Magazines of nodes whose pages are not kept have room for none. */
static void cxl_pool_update_magazines(struct cxl_pool *pool, const struct cxl_schedule *schedule)
{
	struct cxl_magazine *magazine;
	struct cxl_pool_cpu *pool_cpu;
	unsigned long flags;
	int cpu, nid;

	for_each_possible_cpu(cpu) {
		pool_cpu = per_cpu_ptr(pool->cpus, cpu);
		spin_lock_irqsave(&pool_cpu->lock, flags);
		for_each_node(nid) {
			magazine = &pool_cpu->nodes[nid].magazine;
			magazine->max = cxl_pool_keeps(pool, schedule, nid) ?
					pool->magazine_max : 0;
			cxl_magazine_flush(pool, magazine, nid, min(magazine->nr, magazine->max));
		}
		spin_unlock_irqrestore(&pool_cpu->lock, flags);
	}
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
		cxl_depot_trim(pool, nid, nr_over);
	}
	if (atomic_long_read(&pool->nr_held) <= pool->limit)
		return;
	for_each_node_mask(nid, schedule->nodes)
		cxl_pool_flush_node(pool, nid);
}

/* The pool's group, percentage, or nodes have changed. Without memory the old schedule stays. */
static void cxl_pool_update(struct cxl_pool *pool)
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

/* ---- shrinker ------------------------------------------------------------------------- */

static unsigned long cxl_pool_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cxl_pool *pool = shrinker->private_data;

	return READ_ONCE(pool->nodes[sc->nid].nr_depot) ?: SHRINK_EMPTY;
}

static unsigned long cxl_pool_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	return cxl_depot_shrink(shrinker->private_data, sc->nid, sc->nr_to_scan);
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
	int nid, cpu;

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
