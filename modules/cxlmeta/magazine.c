// SPDX-License-Identifier: GPL-2.0
/*
 * What makes a pool fast: pages that are kept for reuse; and taking and giving pages, which is to
 * take and give those.
 *
 * A page goes from the page allocator (page.c) to its owner and, when it is freed, into the
 * magazine of the CPU that frees it: a small array of kept pages per CPU and node. A full magazine
 * gives half of its pages to its node's depot, an empty one takes as many from there. Kept pages
 * spare the next store the page allocator and (with init_on_alloc) the clearing of the page. A kept
 * page may hold old user data: nobody but the pool can reach it, and its next owner overwrites all
 * of it.
 *
 * Pages of a node that is closed, or is not in the group, are not kept: its magazines have room for
 * none, which sends every page that is freed there the slow way.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>

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

/* Pages that are given back in one go. */
#define CXL_DEPOT_BATCH 512

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

/**
 * cxl_pool_shrink_depot() - give kept pages of a node to the page allocator
 * @pool: the pool
 * @nid: the node
 * @nr_pages: how many at most
 *
 * Context: any but interrupt handlers.
 * Return: how many went.
 */
unsigned long cxl_pool_shrink_depot(struct cxl_pool *pool, int nid, unsigned long nr_pages)
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

/**
 * cxl_pool_trim_depot() - the same, of many pages
 * @pool: the pool
 * @nid: the node
 * @nr_pages: how many at most
 *
 * Context: process context; sleeps.
 */
void cxl_pool_trim_depot(struct cxl_pool *pool, int nid, unsigned long nr_pages)
{
	unsigned long nr;

	for (; nr_pages; nr_pages -= nr) {
		nr = min_t(unsigned long, nr_pages, CXL_DEPOT_BATCH);
		if (cxl_pool_shrink_depot(pool, nid, nr) < nr)
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
	cxl_pool_trim_depot(pool, nid, READ_ONCE(pool->nodes[nid].nr_depot));
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

/**
 * cxl_pool_keeps() - does a pool keep pages of a node?
 * @pool: the pool
 * @schedule: its schedule, or the one that it gets
 * @nid: the node
 *
 * Context: any.
 * Return: false if the node is not in the group, is closed, or has memory going offline.
 */
bool cxl_pool_keeps(struct cxl_pool *pool, const struct cxl_schedule *schedule, int nid)
{
	return node_isset(nid, schedule->nodes) && cxl_node_is_kept(nid);
}

/**
 * cxl_pool_update_magazines() - give magazines the room that they may have now
 * @pool: the pool
 * @schedule: its new schedule
 *
 * Magazines of nodes whose pages are not kept have room for none.
 *
 * Context: process context, under cxl_lock.
 */
void cxl_pool_update_magazines(struct cxl_pool *pool, const struct cxl_schedule *schedule)
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

static __always_inline struct page *cxl_pool_get_from(struct cxl_pool *pool,
						      struct cxl_pool_cpu *cpu, int nid)
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

/* The page whose turn it is. */
static __always_inline struct page *cxl_pool_get_next(struct cxl_pool *pool,
						      struct cxl_pool_cpu *cpu,
						      const struct cxl_schedule *schedule)
{
	unsigned int turn = likely(cpu->turn < schedule->nr) ? cpu->turn : 0;
	struct page *page = NULL;

	cpu->turn = turn + 1;
	if (likely(schedule->nr))
		page = cxl_pool_get_from(pool, cpu, schedule->turns[turn]);
	if (unlikely(!page))
		page = cxl_pool_get_other(pool, cpu, schedule, turn);
	return page;
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
	struct page *page = cxl_pool_get_next(pool, cpu, rcu_dereference_sched(pool->schedule));

	spin_unlock_irqrestore(&cpu->lock, flags);
	return page;
}
EXPORT_SYMBOL_GPL(cxl_pool_get);

/**
 * cxl_pool_get_pages() - take some pages, each as cxl_pool_get() does
 * @pool: the pool
 * @pages: where to
 * @nr_pages: how many; interrupts are off for that long
 *
 * Context: as cxl_pool_get(); preemption is off until all are published or given back.
 * Return: how many there are, which now belong to the caller; fewer than wanted when the limit is
 *	reached or all nodes are full.
 */
unsigned int cxl_pool_get_pages(struct cxl_pool *pool, struct page **pages, unsigned int nr_pages)
{
	unsigned long flags;
	struct cxl_pool_cpu *cpu = cxl_pool_lock_cpu(pool, &flags);
	const struct cxl_schedule *schedule = rcu_dereference_sched(pool->schedule);
	struct page *page;
	unsigned int nr;

	for (nr = 0; nr < nr_pages; nr++) {
		page = cxl_pool_get_next(pool, cpu, schedule);
		if (unlikely(!page))
			break;
		pages[nr] = page;
	}
	spin_unlock_irqrestore(&cpu->lock, flags);
	return nr;
}
EXPORT_SYMBOL_GPL(cxl_pool_get_pages);

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
