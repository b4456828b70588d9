// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a pool's page: from the page allocator and back to it, or to another frame. What the
 * kernel asks of such a page: movable.c; when its memory fails: poison.c.
 *
 * Borrowed fields of struct page, while it belongs to a pool:
 *	mapping		marks it as movable (__SetPageMovable()), which the kernel's lock of the
 *			page protects
 *	index		the number of its pool, which stays for as long as that lock is held, unless
 *			the page is retired. Above it, for who has the page in hand, the frame of
 *			another page or, in the owner's hands, tag and checksum
 *	private		the entry that owns it, or did until it was moved, and CXL_PAGE_CHECKED;
 *			with CXL_PAGE_KEPT: in its depot, the next page there; 0: in a magazine, or
 *			on its way between the pool and its owner
 * lru is the kernel's, which keeps isolated pages on lists of its own.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
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
	cxl_page_set_movable(page);
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

/**
 * cxl_page_adopt() - make a page of the kernel's a page of a pool, but not movable yet
 * @pool: the pool
 * @page: the page, locked; the caller keeps his reference
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_adopt(struct cxl_pool *pool, struct page *page)
{
	get_page(page);
	page->index = pool->nr;
	page->private = 0;
	atomic_long_inc(&pool->nr_held);
}

/**
 * cxl_page_disown() - give up a page that is not, or no longer, marked as movable
 * @pool: the pool
 * @page: the page, locked, and in nobody's hands but the caller's
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_disown(struct cxl_pool *pool, struct page *page)
{
	page->index = 0;
	page->private = 0;
	/* who isolated it, or looks whether he can, has a reference, too */
	put_page(page);
	atomic_long_dec(&pool->nr_held);
}

/**
 * cxl_page_release_locked() - give a page to the page allocator
 * @pool: its pool
 * @page: the page, locked, and in nobody's hands but the caller's, who has a reference of his own
 *
 * One that is isolated goes there when the kernel drops it.
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_release_locked(struct cxl_pool *pool, struct page *page)
{
	if (unlikely(PageHWPoison(page))) {
		cxl_page_retire(pool, page);
		return;
	}
	cxl_page_clear_movable(page);
	cxl_page_disown(pool, page);
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

/**
 * cxl_page_move() - move a page's data to another frame
 * @pool: the pool
 * @old: the page
 * @entry: the entry that owned it some time ago, see cxl_pool_ops
 * @new: a page from cxl_page_alloc(); NULL, of an owner who lets pages be dropped: drop it
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
	cxl_pool_wipe(old);
	if (new) {
		cxl_pool_account(pool, page_to_nid(new), 1);
		atomic_long_inc(&pool->nr_moved);
	}
	return 0;
}
