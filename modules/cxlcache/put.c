// SPDX-License-Identifier: GPL-2.0
/*
 * A folio leaves the page cache: its pages are put, or older copies of them are dropped. Or it is
 * dirtied: then older copies are dropped at once. (Coherence rule 1: a copy that outlived a younger
 * page would be stale.)
 *
 * Context of the former (6.8 and 6.12: __filemap_remove_folio(), delete_from_page_cache_batch()):
 * the folio is locked, i_pages is held, interrupts are off. Whoever looks into the page cache
 * afterwards and does not find the folio comes after the put.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "cxl_copy.h"
#include "cxlcache.h"
#include "cxlcache_trace.h"
#include "ghost.h"

/*
 * Larger folios are not put: copying them takes too long with interrupts off. 128 KiB, which is
 * what is read ahead by default.
 */
#define CXLCACHE_MAX_ORDER 5

/* Evicted for a put: the first ones may lie where the pool takes no pages from. */
#define CXLCACHE_MAX_EVICTIONS 3

/**
 * cxlcache_inode_is_plain() - does an inode's content change through its page cache alone?
 * @mapping: its pages
 *
 * Not so (coherence rule 4):
 *  - quota files: the filesystem writes to them beside the page cache
 *  - swap files, DAX; encrypted and fs-verity, whose pages are more than what is read
 *  - with a write error (wb_err): a clean page is then not what is on disk
 *
 * Context: any.
 * Return: whether it does.
 */
bool cxlcache_inode_is_plain(const struct address_space *mapping)
{
	const struct inode *inode = mapping->host;

	return mapping == &inode->i_data && !READ_ONCE(mapping->wb_err) &&
	       !(READ_ONCE(inode->i_flags) &
		 (S_SWAPFILE | S_DAX | S_ENCRYPTED | S_VERITY | S_NOQUOTA));
}

/**
 * cxlcache_inode_kind() - why nothing is put of an inode
 * @inode: the inode, of which nothing was put
 *
 * Context: any.
 * Return: the reason; CXLCACHE_INODE_REFUSED if it can't be seen in the inode itself.
 */
enum cxlcache_inode_kind cxlcache_inode_kind(const struct inode *inode)
{
	static const struct {
		unsigned int flag;
		enum cxlcache_inode_kind kind;
	} kinds[] = {
		{ S_SWAPFILE, CXLCACHE_INODE_SWAP },
		{ S_DAX, CXLCACHE_INODE_DAX },
		{ S_ENCRYPTED, CXLCACHE_INODE_ENCRYPTED },
		{ S_VERITY, CXLCACHE_INODE_VERITY },
		{ S_NOQUOTA, CXLCACHE_INODE_QUOTA },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		/* S_DAX and others may be 0 in a kernel without them */
		if (READ_ONCE(inode->i_flags) & kinds[i].flag)
			return kinds[i].kind;
	if (READ_ONCE(inode->i_mapping->wb_err))
		return CXLCACHE_INODE_ERROR;
	return inode->i_nlink ? CXLCACHE_INODE_REFUSED : CXLCACHE_INODE_DELETED;
}

/* Deleted files: they go soon, and btrfs moves extents through an inode without a name. */
static bool cxlcache_inode_is_wanted(struct cxlcache_mount *mount, struct address_space *mapping)
{
	return cxlcache_inode_is_plain(mapping) && mapping->host->i_nlink &&
	       !mapping_exiting(mapping) && cxlcache_fs_serves(mount->fs, mapping);
}

/*
 * Reclaim and drop_caches freeze the folio's references (6.8 and 6.12, __remove_mapping()); who
 * truncates or invalidates has one. (A page whose memory fails goes the first way, marked.)
 */
static bool cxlcache_folio_is_reclaimed(struct folio *folio)
{
	return !folio_ref_count(folio);
}

static bool cxlcache_folio_is_wanted(struct folio *folio, const struct inode *inode)
{
	unsigned long nr_pages = folio_nr_pages(folio);
	unsigned long i;

	if (!folio_test_uptodate(folio) || folio_test_dirty(folio) ||
	    folio_test_writeback(folio) || folio_order(folio) > CXLCACHE_MAX_ORDER ||
	    folio_pos(folio) >= i_size_read(inode) ||
	    folio->index > CXLCACHE_INDEX_MAX - nr_pages)
		return false;
	for (i = 0; i < nr_pages; i++)
		if (PageHWPoison(folio_page(folio, i)))
			return false;
	return true;
}

/* Return: the queue it enters (main or not), or -1: not now, only if it comes again soon. */
static int cxlcache_admit(struct folio *folio, const struct inode *inode)
{
	/* the kernel's own knowledge: used more than once, or missed soon after it was evicted */
	bool is_used_again = folio_test_workingset(folio);
	bool is_wanted = is_used_again || READ_ONCE(cxlcache_admission) == CXLCACHE_ADMIT_ALL;

	if (cxlcache_ghost_take(inode->i_sb, inode->i_ino, folio->index, !is_wanted))
		return true;
	return is_wanted ? is_used_again : -1;
}

/*
 * A page from the pool; when that is full, in the place of others. Their frames go through the
 * pool, which gives them away if their node is closed, or not in the group any more: after a walk
 * over all entries (modules/cxlmeta/evacuate.c) no entry may get such a frame. Return: the page, or
 * NULL, and why.
 */
static struct page *cxlcache_page_get(enum cxlcache_counter *outcome)
{
	struct page *page = cxl_pool_get(cxlcache_pool), *old;
	unsigned int nr;
	bool is_full;

	if (likely(page))
		return page;
	is_full = cxl_pool_is_full(cxlcache_pool);
	if (is_full)
		cxlcache_count(pool_limit_hit);
	for (nr = 0; nr < CXLCACHE_MAX_EVICTIONS && !page; nr++) {
		old = cxlcache_evict();
		if (!old)
			break;
		cxl_pool_put(cxlcache_pool, old);
		page = cxl_pool_get(cxlcache_pool);
	}
	if (!page)
		*outcome = is_full ? CXLCACHE_COUNT_reject_reclaim_fail :
				     CXLCACHE_COUNT_reject_alloc_fail;
	return page;
}

/* As copy_mc_highpage(). Without us nobody would read @from, and find that its memory failed. */
static bool cxlcache_page_fill(struct page *page, struct page *from)
{
	void *to = kmap_local_page(page), *data = kmap_local_page(from);
	bool is_copied = cxl_copy_page_mc(to, data);

	kunmap_local(data);
	kunmap_local(to);
	if (unlikely(!is_copied))
		memory_failure_queue(page_to_pfn(from), 0);
	return is_copied;
}

static enum cxlcache_counter cxlcache_put_page(struct cxlcache_mount *mount, struct inode *inode,
					       pgoff_t index, struct page *from, bool is_main)
{
	enum cxlcache_counter outcome = CXLCACHE_COUNT_reject_kmemcache_fail;
	struct page *page = cxlcache_page_get(&outcome), *old;
	struct cxlcache_file *file;
	unsigned long flags;

	if (!page)
		return outcome;
	if (!cxlcache_page_fill(page, from)) {
		cxl_pool_put(cxlcache_pool, page);
		return CXLCACHE_COUNT_reject_state;
	}
	file = cxlcache_file_lock_new(mount, inode, &flags);
	if (file) {
		old = cxlcache_file_take(file, index);
		if (old)
			cxl_pool_put(cxlcache_pool, old);
		/* see cxlcache_refuse(), which drops what came before it */
		if (file->is_refused)
			outcome = CXLCACHE_COUNT_reject_inode;
		else if (cxlcache_file_set(file, index, page, is_main))
			outcome = CXLCACHE_COUNT_succ_puts;
		cxlcache_file_unlock(file, flags);
	}
	if (outcome != CXLCACHE_COUNT_succ_puts)
		cxl_pool_put(cxlcache_pool, page);
	return outcome;
}

static enum cxlcache_counter cxlcache_put_folio(struct cxlcache_mount *mount, struct inode *inode,
						struct folio *folio, bool is_main)
{
	enum cxlcache_counter outcome = CXLCACHE_COUNT_succ_puts;
	unsigned long i, nr_pages = folio_nr_pages(folio);

	for (i = 0; i < nr_pages && outcome == CXLCACHE_COUNT_succ_puts; i++)
		outcome = cxlcache_put_page(mount, inode, folio->index + i, folio_page(folio, i),
					    is_main);
	return outcome;
}

/*
 * @is_main: the queue it enters. Return: succ_puts: all of it was put; else why it was not.
 */
static enum cxlcache_counter cxlcache_folio_put(struct cxlcache_mount *mount, struct folio *folio,
						bool is_main)
{
	struct address_space *mapping = folio->mapping;
	struct inode *inode = mapping->host;

	if (!cxlcache_folio_is_wanted(folio, inode))
		return CXLCACHE_COUNT_reject_state;
	if (!cxlcache_inode_is_wanted(mount, mapping))
		return CXLCACHE_COUNT_reject_inode;
	/* coherence rule 2 */
	if (cxlcache_is_barred(inode))
		return CXLCACHE_COUNT_reject_barred;
	if (atomic_long_read(&mount->nr_pages) + folio_nr_pages(folio) >
	    READ_ONCE(mount->max_pages))
		return CXLCACHE_COUNT_reject_quota;
	return cxlcache_put_folio(mount, inode, folio, is_main);
}

/* Not put. Coherence rule 1: nor is an older copy held. */
static inline void cxlcache_folio_is_gone(struct folio *folio, struct inode *inode,
					  enum cxlcache_counter why)
{
	unsigned long nr_pages = folio_nr_pages(folio);

	this_cpu_inc(cxlcache_counts.value[why]);
	cxlcache_count_add(failed_puts, nr_pages);
	if (cxlcache_inode_may_be_held(inode))
		cxlcache_drop_folio(inode, folio);
	trace_cxlcache_put(inode, folio->index, nr_pages, why);
}

/* Of a mount that is not on. */
static noinline void cxlcache_folio_is_seen(struct cxlcache_mount *mount, struct folio *folio,
					    struct super_block *sb)
{
	/* not if it is truncated, as in an umount */
	if (cxlcache_folio_is_reclaimed(folio) &&
	    (mount ? READ_ONCE(mount->is_wanted) : READ_ONCE(cxlcache_auto)))
		cxlcache_mounts_seen(sb);
}

/* @is_main: as cxlcache_admit() returns it. */
static noinline void cxlcache_folio_is_admitted(struct cxlcache_mount *mount, struct folio *folio,
						struct inode *inode, bool is_main)
{
	enum cxlcache_counter outcome;

	rcu_read_lock();
	outcome = cxlcache_folio_put(mount, folio, is_main);
	if (outcome == CXLCACHE_COUNT_succ_puts) {
		cxlcache_count_add(succ_puts, folio_nr_pages(folio));
		trace_cxlcache_put(inode, folio->index, folio_nr_pages(folio), outcome);
	} else {
		cxlcache_folio_is_gone(folio, inode, outcome);
	}
	rcu_read_unlock();
}

/**
 * cxlcache_folio_leaves() - a folio is about to be removed from the page cache
 * @folio: the folio; its mapping is still set
 *
 * Most that leave are not admitted: that is what is asked first.
 *
 * Context: see above. Preemption is off, which is as good as RCU (6.8 and 6.12).
 */
void cxlcache_folio_leaves(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct cxlcache_mount *mount;
	struct inode *inode;
	int is_main;

	if (!mapping)
		return;
	inode = mapping->host;
	if (!inode || !S_ISREG(inode->i_mode))
		return;
	mount = cxlcache_mount_find(inode->i_sb);
	if (!mount || !cxlcache_mount_is_on(mount)) {
		cxlcache_folio_is_seen(mount, folio, inode->i_sb);
		return;
	}
	if (!cxlcache_folio_is_reclaimed(folio)) {
		cxlcache_folio_is_gone(folio, inode, CXLCACHE_COUNT_reject_state);
		return;
	}
	is_main = cxlcache_admit(folio, inode);
	if (is_main < 0)
		cxlcache_folio_is_gone(folio, inode, CXLCACHE_COUNT_reject_admission);
	else
		cxlcache_folio_is_admitted(mount, folio, inode, is_main);
}

/**
 * cxlcache_folio_changes() - a clean folio was dirtied
 * @folio: the folio
 * @mapping: its mapping
 *
 * While the folio is in the page cache nothing of it is put; so from now on nothing of it is held,
 * until it leaves. That does not depend on what becomes of its flags and buffers: a folio that was
 * written to in part, without being read, looks like one without data once they have been taken
 * away (6.8 and 6.12, filemap_release_folio() in shrink_folio_list()), and may then be read again
 * in place.
 *
 * Context: under i_pages, interrupts off, possibly under page table locks and others (6.8 and 6.12:
 * __folio_mark_dirty()).
 */
void cxlcache_folio_changes(struct folio *folio, struct address_space *mapping)
{
	struct inode *inode = mapping->host;

	if (inode && S_ISREG(inode->i_mode) && cxlcache_mount_is_known(inode->i_sb))
		cxlcache_drop_folio(inode, folio);
}
