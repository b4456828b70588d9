// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a pool's page: from the page allocator and back to it, to another frame, or out of
 * use when its memory failed.
 *
 * Borrowed fields of struct page, while it belongs to a pool:
 *	mapping		marks it as movable (__SetPageMovable())
 *	index		the number of its pool. Above it, for who has the page in hand, the frame of
 *			another page or, in the owner's hands, the checksum
 *	private		the entry that owns it, or did until it was moved, and CXL_PAGE_CHECKED;
 *			with CXL_PAGE_KEPT: in its depot, the next page there; 0: in a magazine, or
 *			on its way between the pool and its owner
 *
 * Moving by the kernel (compaction, alloc_contig_range(), offline_pages()). The kernel first
 * isolates a movable page, then migrates it to a page of the kernel's choice, and frees it. We move
 * the data at once when we are asked to isolate, to a page of our own choice, so that the policy on
 * nodes holds; the page is then free, and we say that it can't be isolated. (6.8 and 6.12,
 * isolate_movable_page(): the caller holds a reference and the page's lock, may sleep, and drops
 * both after the refusal. So the page is free at that moment, which is all that the kernel wanted.)
 * Since no page of ours is ever isolated, there is no state to keep for pages that are half moved.
 */
#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>

#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "pool.h"

/*
 * A store runs in reclaim, under spinlocks, with interrupts off, in tasks that a cpuset confines to
 * other nodes. So the allocation
 *  - has none of the reclaim bits: it neither sleeps nor wakes kswapd for a node that we fill on
 *    purpose;
 *  - stays on the node, and is silent when the node is full;
 *  - may come from ZONE_MOVABLE: the page can be moved, or drained;
 *  - has __GFP_HIGH, which makes the allocator ignore the cpuset (gfp_to_alloc_flags(), 6.8 to
 *    6.12) and would allow half of the minimum reserve: cxl_node_has_room() stops far above that;
 *  - has __GFP_NOMEMALLOC: no other reserves although the task is PF_MEMALLOC.
 */
#define CXL_PAGE_GFP (__GFP_MOVABLE | __GFP_HIGHMEM | __GFP_HIGH | __GFP_NOMEMALLOC |		\
		      __GFP_THISNODE | __GFP_NOWARN)

/*
 * movable=0: don't let the kernel move pages by itself; drains move them nevertheless, also before
 * memory of ZONE_MOVABLE goes offline. (Of other zones the kernel refuses to take memory offline
 * with pages in it that it can't move, before it asks anybody: drain the node first.) Default 1.
 */
static bool movable = true;
module_param(movable, bool, 0444);
MODULE_PARM_DESC(movable, "let the kernel move pages, for compaction and the like (default 1)");

/* ---- what the kernel calls ------------------------------------------------------------ */

/* A page on the same node, else on another one of the group; also beyond the pool's limit. */
static struct page *cxl_page_alloc_like(struct cxl_pool *pool, const struct page *page)
{
	const struct cxl_schedule *schedule = rcu_dereference(pool->schedule);
	struct page *new = cxl_page_alloc(pool, page_to_nid(page), LONG_MAX);
	int nid;

	if (new)
		return new;
	for_each_node_mask(nid, schedule->nodes) {
		new = cxl_page_alloc(pool, nid, LONG_MAX);
		if (new)
			return new;
	}
	return NULL;
}

/* Return: whether the page has no data any more, and is in nobody's hands but the caller's. */
static bool cxl_page_empty(struct cxl_pool *pool, struct page *page)
{
	unsigned long owner = READ_ONCE(page->private);
	struct page *new;

	if (!owner || owner & CXL_PAGE_KEPT) {
		/* in a magazine, perhaps; then it is in the depot after this */
		cxl_pool_flush_node(pool, page_to_nid(page));
		return cxl_pool_depot_take(pool, page);
	}
	new = cxl_page_alloc_like(pool, page);
	if (!new)
		return false;
	if (!cxl_page_move(pool, page, (unsigned long *)(owner & ~CXL_PAGE_CHECKED), new))
		return true;
	cxl_page_release(pool, new);
	return false;
}

static void cxl_page_release_locked(struct cxl_pool *pool, struct page *page);

static bool cxl_page_isolate(struct page *page, isolate_mode_t mode)
{
	struct cxl_pool *pool;

	/* the pool and the owner's entry stay for so long */
	rcu_read_lock();
	pool = cxl_pool_of(page);
	if (pool && cxl_page_empty(pool, page))
		cxl_page_release_locked(pool, page);
	rcu_read_unlock();
	return false;
}

/* Only for pages that were isolated. */
static int cxl_page_migrate(struct page *to, struct page *from, enum migrate_mode mode)
{
	WARN_ON_ONCE(1);
	return -EBUSY;
}

static void cxl_page_putback(struct page *page)
{
	WARN_ON_ONCE(1);
}

static const struct movable_operations cxl_page_ops = {
	.isolate_page = cxl_page_isolate,
	.migrate_page = cxl_page_migrate,
	.putback_page = cxl_page_putback,
};

/* ---- alloc and release ---------------------------------------------------------------- */

static struct page *cxl_page_new(struct cxl_pool *pool, int nid)
{
	nodemask_t only = nodemask_of_node(nid);
	struct page *page;

	if (!cxl_node_is_open(nid) || !cxl_node_has_room(nid))
		return NULL;
	page = __alloc_pages(CXL_PAGE_GFP, 0, nid, &only);
	if (!page)
		return NULL;
	/* nobody else locks a page that is neither on an LRU nor movable */
	if (WARN_ON_ONCE(!trylock_page(page))) {
		__free_page(page);
		return NULL;
	}
	page->index = pool->nr;
	page->private = 0;
	if (movable)
		__SetPageMovable(page, &cxl_page_ops);
	unlock_page(page);
	return page;
}

/**
 * cxl_page_alloc() - take a page from a node
 * @pool: the pool
 * @nid: the node
 * @limit: the most pages that the pool may hold then
 *
 * Context: as cxl_pool_get().
 * Return: the page, held by the pool and accounted to nobody; NULL if the limit is reached or the
 *	node is closed or full.
 */
struct page *cxl_page_alloc(struct cxl_pool *pool, int nid, unsigned long limit)
{
	struct page *page = NULL;

	if (atomic_long_inc_return(&pool->nr_held) <= limit)
		page = cxl_page_new(pool, nid);
	if (!page)
		atomic_long_dec(&pool->nr_held);
	return page;
}

/*
 * The page is locked. __ClearPageMovable() leaves the type, which goes when a page is freed; but
 * not if it is poisoned.
 */
static void cxl_page_set_immovable(struct page *page)
{
	if (!movable)
		return;
	__ClearPageMovable(page);
	page->mapping = NULL;
}

/* The page is locked, and in nobody's hands but the caller's. */
static void cxl_page_release_locked(struct cxl_pool *pool, struct page *page)
{
	cxl_page_set_immovable(page);
	if (PageHWPoison(page))
		atomic_long_inc(&pool->nr_poisoned);
	page->index = 0;
	page->private = 0;
	/* somebody who looks whether he can isolate it may have a reference, too */
	put_page(page);
	atomic_long_dec(&pool->nr_held);
}

/**
 * cxl_page_try_release() - give a page to the page allocator
 * @pool: its pool
 * @page: the page, in nobody's hands but the caller's
 *
 * Context: any but interrupt handlers.
 * Return: true; false if the kernel looks at the page right now: it is as it was.
 */
bool cxl_page_try_release(struct cxl_pool *pool, struct page *page)
{
	if (!trylock_page(page))
		return false;
	get_page(page);
	cxl_page_release_locked(pool, page);
	unlock_page(page);
	put_page(page);
	return true;
}

/**
 * cxl_page_release() - give a page to the page allocator, or else to the depot
 * @pool: its pool
 * @page: the page, in nobody's hands but the caller's
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_release(struct cxl_pool *pool, struct page *page)
{
	if (!cxl_page_try_release(pool, page))
		cxl_pool_depot_push(pool, page);
}

/* ---- pages whose memory failed -------------------------------------------------------- */

/*
 * Pages that are not to be used again, chained by their links, until the kernel is told. Inside
 * slot locks and i_pages: taken with interrupts off.
 */
static DEFINE_SPINLOCK(retired_lock);
static struct page *retired_pages;

/**
 * cxl_page_retire() - never use a page again: its memory has failed
 * @pool: its pool
 * @page: the page, in nobody's hands but the caller's
 *
 * It is taken out of the pool, and keeps its reference for ever.
 *
 * Context: as cxl_pool_put(); under the owner's locks.
 * Return: true.
 */
bool cxl_page_retire(struct cxl_pool *pool, struct page *page)
{
	unsigned long flags;

	if (!PageHWPoison(page))
		memory_failure_queue(page_to_pfn(page), 0);
	atomic_long_inc(&pool->nr_poisoned);
	/* who is about to isolate it, under RCU, finds no entry; later ones find no pool */
	WRITE_ONCE(page->private, 0);
	WRITE_ONCE(page->index, 0);
	spin_lock_irqsave(&retired_lock, flags);
	cxl_pages_push(&retired_pages, page);
	spin_unlock_irqrestore(&retired_lock, flags);
	atomic_long_dec(&pool->nr_held);
	return true;
}

static struct page *cxl_page_pop_retired(void)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&retired_lock, flags);
	page = cxl_pages_pop(&retired_pages);
	spin_unlock_irqrestore(&retired_lock, flags);
	return page;
}

/**
 * cxl_pages_settle() - make retired pages what the kernel takes for failed memory
 *
 * To offline_pages() (6.8 and 6.12) a page with a reference is in the way unless it is marked as
 * poisoned, and one of the movable type is to be moved even then: it would try for ever. The
 * kernel's own worker may come too late for that: its queue is short.
 *
 * Context: process context; sleeps. Before memory goes offline, and before this module's text goes.
 */
void cxl_pages_settle(void)
{
	struct page *page;

	while ((page = cxl_page_pop_retired())) {
		lock_page(page);
		cxl_page_set_immovable(page);
		SetPageHWPoison(page);
		unlock_page(page);
	}
}

/**
 * cxl_page_move() - move a page's data to another frame
 * @pool: the pool
 * @old: the page
 * @entry: the entry that owned it some time ago, see cxl_pool_ops
 * @new: a page from cxl_page_alloc()
 *
 * Context: any but interrupt handlers; no lock of the owner is held.
 * Return: 0: @old is the caller's, and has no data any more; -ENOENT: the entry does not own it;
 *	-EHWPOISON: its data was lost, and it was retired. On an error @new is still the caller's.
 */
int cxl_page_move(struct cxl_pool *pool, struct page *old, unsigned long *entry, struct page *new)
{
	int err = pool->ops->repoint(entry, old, new);

	if (err == -EHWPOISON) {
		cxl_pool_account(pool, page_to_nid(old), -1);
		cxl_page_retire(pool, old);
	}
	if (err)
		return err;
	cxl_pool_account(pool, page_to_nid(old), -1);
	cxl_pool_account(pool, page_to_nid(new), 1);
	atomic_long_inc(&pool->nr_moved);
	return 0;
}
