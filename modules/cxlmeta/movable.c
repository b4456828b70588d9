// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel asks of a pool's page when it needs its place: compaction, alloc_contig_range(),
 * soft offline, offline_pages().
 *
 * The kernel first isolates a page: it takes a reference and puts it on a list of its own, through
 * page->lru. Later it brings a new page, and asks to migrate. To us, being isolated is nothing:
 * such a page is loaded, stored to, given back and handed out as always, since nothing but the
 * migration itself changes who owns which page. So there is no state to keep for pages that are
 * half moved, and putting one back is nothing, too.
 *
 * A page that leaves the pool while it is isolated loses our operations, and the kernel frees it
 * when it comes to it. (6.8 and 6.12: migrate_pages() calls that a success, putback_movable_pages()
 * drops its reference.) It keeps its type, by which the kernel tells it from pages of the LRU lists
 * as long as it is on such a list.
 *
 * Where to: the page that the kernel brings is taken if it lies where a page of this pool may lie.
 * Otherwise the data goes to a page of our choice, and the kernel gets both of its pages back: it
 * drops a reference of each after a success, and new pages are ours only if we took one, too.
 *
 * Everything here runs under the kernel's lock of the page. It asks under that lock whether a page
 * still has our operations, and pages lose them under it: so when a page has left its pool, nobody
 * is in here because of it, but on his way out.
 */
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/poison.h>

#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "pool.h"

/*
 * movable=0: don't let the kernel move pages by itself; drains move them nevertheless, also before
 * memory of ZONE_MOVABLE goes offline. (Of other zones the kernel refuses to take memory offline
 * with pages in it that it can't move, before it asks anybody: drain the node first.) Default 1.
 */
static bool movable = true;
module_param(movable, bool, 0444);
MODULE_PARM_DESC(movable, "let the kernel move pages, for compaction and the like (default 1)");

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

/*
 * May the kernel's new page take the place of this one? Not on a node that is being emptied, whose
 * walk may have passed the entry; nor on one of which memory goes offline: compaction has had free
 * pages aside since before they were isolated, perhaps.
 */
static bool cxl_page_is_welcome(struct cxl_pool *pool, const struct page *to,
				const struct page *from)
{
	const struct cxl_schedule *schedule = rcu_dereference(pool->schedule);
	int nid = page_to_nid(to);

	return cxl_node_is_kept(nid) &&
	       (nid == page_to_nid(from) || node_isset(nid, schedule->nodes));
}

static int cxl_page_migrate_to(struct cxl_pool *pool, struct page *to, struct page *from,
			       unsigned long *entry)
{
	int err;

	cxl_page_adopt(pool, to);
	err = cxl_page_move(pool, from, entry, to);
	if (err)
		cxl_page_disown(pool, to);
	else
		/* the owner may have given it back already; it is locked, so it is the pool's */
		cxl_page_set_movable(to);
	return err;
}

static int cxl_page_migrate_elsewhere(struct cxl_pool *pool, struct page *from,
				      unsigned long *entry)
{
	struct page *new = cxl_page_alloc_like(pool, from);
	int err;

	if (!new)
		return -ENOMEM;
	err = cxl_page_move(pool, from, entry, new);
	if (err)
		cxl_page_release(pool, new);
	return err;
}

/* Return: 0 if the page has no data any more, and is in nobody's hands but the caller's. */
static int cxl_page_empty(struct cxl_pool *pool, struct page *to, struct page *from)
{
	unsigned long owner = READ_ONCE(from->private);
	unsigned long *entry = (unsigned long *)(owner & ~CXL_PAGE_CHECKED);

	if (!owner)
		/* in a magazine, perhaps: then it is in the depot after this */
		cxl_pool_flush_node(pool, page_to_nid(from));
	if (!owner || owner & CXL_PAGE_KEPT)
		return cxl_pool_depot_take(pool, from) ? 0 : -EAGAIN;
	if (cxl_page_is_welcome(pool, to, from))
		return cxl_page_migrate_to(pool, to, from, entry);
	return cxl_page_migrate_elsewhere(pool, from, entry);
}

/* Retired pages, which belong to no pool, stay where they are. */
static bool cxl_page_isolate(struct page *page, isolate_mode_t mode)
{
	bool has_pool;

	rcu_read_lock();
	has_pool = cxl_pool_of(page);
	rcu_read_unlock();
	return has_pool;
}

/*
 * 6.8 and 6.12, migrate_pages(): -EAGAIN is tried again a few times; other errors end in
 * cxl_page_putback(). A page that was retired is reported as moved: it has no data, and all that
 * the kernel does is to drop its own reference.
 */
static int cxl_page_migrate(struct page *to, struct page *from, enum migrate_mode mode)
{
	struct cxl_pool *pool;
	int err = -EHWPOISON;

	/* the pool and the owner's entry stay for so long */
	rcu_read_lock();
	pool = cxl_pool_of(from);
	if (pool)
		err = cxl_page_empty(pool, to, from);
	if (!err)
		cxl_page_release_locked(pool, from);
	rcu_read_unlock();
	switch (err) {
	case -EHWPOISON:
		return MIGRATEPAGE_SUCCESS;
	case -ENOENT:
		return -EAGAIN;
	default:
		return err;
	}
}

static void cxl_page_putback(struct page *page)
{
}

static const struct movable_operations cxl_page_ops = {
	.isolate_page = cxl_page_isolate,
	.migrate_page = cxl_page_migrate,
	.putback_page = cxl_page_putback,
};

/**
 * cxl_page_set_movable() - let the kernel move a page from now on, unless movable=0
 * @page: a page of a pool, locked
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_set_movable(struct page *page)
{
	if (movable)
		__SetPageMovable(page, &cxl_page_ops);
}

/*
 * Is a page isolated, by somebody who will come back to it? Soft offline (6.8 and 6.12,
 * migrate_folio_unmap()) takes one that was released meanwhile off its list, and leaves the mark.
 */
static bool cxl_page_is_in_hand(struct page *page)
{
	if (!PageIsolated(page) || !page_count(page))
		return false;
	return !PageHWPoison(page) || page_count(page) > 1 || page->lru.next != LIST_POISON1;
}

/**
 * cxl_page_is_left() - has a page our operations, or the type that remains of them, for nothing?
 * @page: any page; when it matters, locked
 *
 * Context: any.
 * Return: whether it has, and is no pool's. False if it is isolated.
 */
bool cxl_page_is_left(struct page *page)
{
	unsigned long mapping = (unsigned long)READ_ONCE(page->mapping);

	if (cxl_page_is_in_hand(page))
		return false;
	if (mapping == ((unsigned long)&cxl_page_ops | PAGE_MAPPING_MOVABLE))
		return !(READ_ONCE(page->index) & CXL_PAGE_POOL_MASK);
	return mapping == PAGE_MAPPING_MOVABLE;
}

/**
 * cxl_page_clear_movable() - don't let the kernel move a page any more
 * @page: a page that is or was a pool's, locked
 *
 * One that is isolated keeps its type.
 *
 * Context: any but interrupt handlers.
 */
void cxl_page_clear_movable(struct page *page)
{
	if (!__PageMovable(page))
		return;
	if (page_movable_ops(page))
		__ClearPageMovable(page);
	/* the page allocator would do so, but not for one that is poisoned by then */
	if (!PageIsolated(page))
		page->mapping = NULL;
}
