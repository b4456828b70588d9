// SPDX-License-Identifier: GPL-2.0
/*
 * A folio is to be read: what is held of it fills it, and the filesystem reads the rest.
 *
 * A folio comes here locked and in the page cache, without data. So nobody changes, puts or drops
 * what it stands for while it is filled, but for operations that go past the page cache; and those
 * have dropped all that could be found here, or remove the folio when they get its lock (see
 * docs/coherence.md).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/buffer_head.h>
#include <linux/crc32c.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "cxl_copy.h"
#include "cxlcache.h"
#include "cxlcache_trace.h"
#include "ghost.h"

/**
 * cxlcache_page_copy() - read a page of the pool
 * @to: where to
 * @page: the page
 *
 * A machine check while it reads is survived, where the CPU can.
 *
 * Context: any.
 * Return: true; false if the page's memory has failed: @to is then undefined.
 */
bool cxlcache_page_copy(void *to, struct page *page)
{
	return cxl_page_copy_mc(to, page);
}

/* The page is owned by no word any more. Return: whether it could be read. */
static bool cxlcache_page_use_up(struct page *page, void *to)
{
	if (likely(cxlcache_page_copy(to, page))) {
		cxl_pool_put(cxlcache_pool, page);
		return true;
	}
	cxl_pool_poison(cxlcache_pool, page);
	cxlcache_count(poisoned_pages);
	return false;
}

/* Exclusive: the page leaves with the hit. */
static bool cxlcache_get_away(struct cxlcache_file *file, pgoff_t index, void *to)
{
	struct page *page;
	unsigned long flags;
	bool is_read;

	/* until it is given back, see cxl_pool_get() */
	preempt_disable();
	flags = cxlcache_file_lock(file);
	page = cxlcache_file_take(file, index);
	cxlcache_file_unlock(file, flags);
	is_read = page && cxlcache_page_use_up(page, to);
	preempt_enable();
	if (is_read)
		cxlcache_ghost_add(file->mount->sb, file->ino, index);
	return is_read;
}

/* Inclusive: it stays, until the folio leaves the page cache again. */
static bool cxlcache_get_copy(struct cxlcache_file *file, pgoff_t index, void *to)
{
	unsigned long flags = cxlcache_file_lock(file);
	struct page *page = cxlcache_file_page(file, index);
	bool is_read = page && cxlcache_page_copy(to, page);

	if (is_read) {
		cxlcache_file_hit(file, index);
	} else if (page) {
		cxlcache_file_take(file, index);
		cxl_pool_poison(cxlcache_pool, page);
		cxlcache_count(poisoned_pages);
	}
	cxlcache_file_unlock(file, flags);
	return is_read;
}

static bool cxlcache_file_has(struct cxlcache_file *file, struct folio *folio)
{
	unsigned long i, nr_pages = folio_nr_pages(folio);

	for (i = 0; i < nr_pages; i++)
		if (!cxlcache_file_page(file, folio->index + i))
			return false;
	return true;
}

/* All of the folio or nothing. */
static bool cxlcache_file_get(struct cxlcache_file *file, struct folio *folio)
{
	bool is_inclusive = READ_ONCE(cxlcache_mode) == CXLCACHE_INCLUSIVE, is_read = true;
	unsigned long i, nr_pages = folio_nr_pages(folio);
	void *to;

	if (nr_pages > 1 && !cxlcache_file_has(file, folio))
		return false;
	for (i = 0; i < nr_pages && is_read; i++) {
		to = kmap_local_folio(folio, i * PAGE_SIZE);
		if (is_inclusive)
			is_read = cxlcache_get_copy(file, folio->index + i, to);
		else
			is_read = cxlcache_get_away(file, folio->index + i, to);
		kunmap_local(to);
	}
	return is_read;
}

/* A folio with buffers or blocks of its own may hold data that is not on disk yet. */
static bool cxlcache_folio_is_empty(struct folio *folio)
{
	return !folio_test_uptodate(folio) && !folio_test_dirty(folio) &&
	       !folio_test_private(folio);
}

/* ---- many ----------------------------------------------------------------------------- */

/**
 * struct cxlcache_batch - folios of a request in a row that begin in the same leaf
 * @folios: the folios
 * @nr: how many
 * @filled: a bit for each: it has its data
 */
struct cxlcache_batch {
	struct folio *folios[CXLCACHE_LEAF_WORDS];
	unsigned int nr;
	unsigned long filled;
};

/* 6.8 and 6.12, readahead_folio(): all there is from @index to @end is ours, and locked. */
static void cxlcache_batch_collect(struct cxlcache_batch *batch, struct address_space *mapping,
				   pgoff_t index, pgoff_t end)
{
	pgoff_t end_of_leaf = index - index % CXLCACHE_LEAF_WORDS + CXLCACHE_LEAF_WORDS;
	XA_STATE(xas, &mapping->i_pages, index);
	struct folio *folio;

	batch->nr = 0;
	batch->filled = 0;
	rcu_read_lock();
	xas_for_each(&xas, folio, min(end, end_of_leaf) - 1)
		if (!xas_retry(&xas, folio))
			batch->folios[batch->nr++] = folio;
	rcu_read_unlock();
}

static bool cxlcache_batch_is_simple(const struct cxlcache_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (folio_test_large(batch->folios[i]) ||
		    !cxlcache_folio_is_empty(batch->folios[i]))
			return false;
	return true;
}

/* Exclusive, of small folios. What can't be read is gone, and a miss. */
static void cxlcache_batch_get_away(struct cxlcache_batch *batch, struct cxlcache_file *file)
{
	pgoff_t first = batch->folios[0]->index;
	struct page *pages[CXLCACHE_LEAF_WORDS];
	unsigned long flags;
	unsigned int i;
	void *to;

	/* until all are given back, see cxl_pool_get() */
	preempt_disable();
	flags = cxlcache_file_lock(file);
	cxlcache_file_take_run(file, first, pages, batch->nr);
	cxlcache_file_unlock(file, flags);
	for (i = 0; i < batch->nr; i++) {
		if (!pages[i])
			continue;
		to = kmap_local_folio(batch->folios[i], 0);
		if (cxlcache_page_use_up(pages[i], to)) {
			batch->filled |= BIT(i);
			cxlcache_ghost_add(file->mount->sb, file->ino, first + i);
		}
		kunmap_local(to);
	}
	preempt_enable();
}

static void cxlcache_batch_get_each(struct cxlcache_batch *batch, struct cxlcache_file *file)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		if (cxlcache_folio_is_empty(batch->folios[i]) &&
		    cxlcache_file_get(file, batch->folios[i]))
			batch->filled |= BIT(i);
}

static void cxlcache_batch_count(const struct cxlcache_batch *batch)
{
	unsigned long nr_found = 0, nr_missed = 0;
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		struct folio *folio = batch->folios[i];
		unsigned long nr_pages = folio_nr_pages(folio);
		bool is_found = batch->filled & BIT(i);

		if (is_found)
			nr_found += nr_pages;
		else
			nr_missed += nr_pages;
		trace_cxlcache_get(folio->mapping->host, folio->index, nr_pages, is_found);
	}
	cxlcache_count_add(succ_gets, nr_found);
	cxlcache_count_add(failed_gets, nr_missed);
}

static void cxlcache_batch_get(struct cxlcache_batch *batch, const struct inode *inode)
{
	struct cxlcache_file *file;

	rcu_read_lock();
	file = cxlcache_file_find(inode);
	/* the canary may have stopped it meanwhile */
	if (file && !cxlcache_mount_is_on(file->mount))
		file = NULL;
	if (file && READ_ONCE(cxlcache_mode) == CXLCACHE_EXCLUSIVE &&
	    cxlcache_batch_is_simple(batch))
		cxlcache_batch_get_away(batch, file);
	else if (file)
		cxlcache_batch_get_each(batch, file);
	rcu_read_unlock();
	cxlcache_batch_count(batch);
}

/* ---- the canary ----------------------------------------------------------------------- */

/*
 * canary=N reads one of N hits from disk as well: into a folio that looks as if it were in the page
 * cache, while the one that is there stays locked. So nobody can change the data meanwhile.
 */
static struct folio *cxlcache_canary_read(struct address_space *mapping, pgoff_t index,
					  struct file *from, cxlcache_read_folio_t read_folio)
{
	struct folio *folio = folio_alloc(GFP_NOFS, 0);

	if (!folio)
		return NULL;
	folio->mapping = mapping;
	folio->index = index;
	__folio_set_locked(folio);
	if (!read_folio(from, folio))
		folio_wait_locked(folio);
	return folio;
}

/*
 * btrfs unlocks a folio that was read before the extent (6.8, end_bbio_data_read(); 6.12 does not
 * lock it for so long). While that is locked, the folio that is in the page cache can't be removed:
 * a direct write that is to remove it, when we have unlocked it, would have the next fsync() fail.
 */
static void cxlcache_canary_wait(struct folio *folio)
{
	while (!filemap_release_folio(folio, GFP_NOFS))
		usleep_range(20, 100);
}

/* btrfs marks folios with what is no memory; ext4 may have made buffers. */
static void cxlcache_canary_release(struct folio *folio)
{
	if (!folio_test_locked(folio))
		folio_lock(folio);
	if (folio->mapping->host->i_sb->s_magic == BTRFS_SUPER_MAGIC)
		cxlcache_canary_wait(folio);
	else
		WARN_ON_ONCE(!try_to_free_buffers(folio));
}

static void cxlcache_canary_free(struct folio *folio)
{
	if (folio_test_private(folio))
		cxlcache_canary_release(folio);
	if (folio_test_locked(folio))
		folio_unlock(folio);
	folio->mapping = NULL;
	folio_put(folio);
}

static void cxlcache_canary_died(struct inode *inode, pgoff_t index, u32 ours, u32 disk)
{
	cxlcache_count(canary_mismatches);
	if (cxlcache_mount_stop(inode->i_sb))
		pr_err("%s: inode %lu page %lu: held with checksum %08x, on disk %08x; this mount is switched off\n",
		       inode->i_sb->s_id, inode->i_ino, index, ours, disk);
}

static bool cxlcache_canary_page(struct folio *folio, unsigned long i, struct file *from,
				 cxlcache_read_folio_t read_folio)
{
	struct folio *disk = cxlcache_canary_read(folio->mapping, folio->index + i, from,
						  read_folio);
	void *ours, *theirs;
	bool is_same = true;

	if (!disk)
		return true;
	if (folio_test_uptodate(disk)) {
		cxlcache_count(canary_checks);
		ours = kmap_local_folio(folio, i * PAGE_SIZE);
		theirs = kmap_local_folio(disk, 0);
		is_same = !memcmp(ours, theirs, PAGE_SIZE);
		if (!is_same)
			cxlcache_canary_died(folio->mapping->host, folio->index + i,
					     crc32c(~0, ours, PAGE_SIZE),
					     crc32c(~0, theirs, PAGE_SIZE));
		kunmap_local(theirs);
		kunmap_local(ours);
	}
	cxlcache_canary_free(disk);
	return is_same;
}

/* Only where a page is one block: others leave state of theirs on the folio. */
static noinline bool cxlcache_canary_is_asked(struct folio *folio, unsigned int every,
					      struct file *from, cxlcache_read_folio_t read_folio)
{
	static atomic_t nr_hits;
	unsigned long i;

	if (folio->mapping->host->i_blkbits != PAGE_SHIFT ||
	    (u32)atomic_inc_return(&nr_hits) % every)
		return true;
	for (i = 0; i < folio_nr_pages(folio); i++)
		if (!cxlcache_canary_page(folio, i, from, read_folio))
			return false;
	return true;
}

static bool cxlcache_canary_sings(struct folio *folio, struct file *from,
				  cxlcache_read_folio_t read_folio)
{
	unsigned int every = READ_ONCE(cxlcache_canary);

	return likely(!every) || cxlcache_canary_is_asked(folio, every, from, read_folio);
}

/* ---- what the filesystem's functions become ------------------------------------------- */

/*
 * Return: whether what is held of an inode may be read. Coherence rule 2: what is read while a
 * direct write is in flight is not what is on disk afterwards, and stays in the page cache if that
 * fails; and of one that goes on by itself we can't know. So the inode is cached no more.
 */
static bool cxlcache_get_is_safe(struct address_space *mapping)
{
	if (!S_ISREG(mapping->host->i_mode))
		return false;
	if (likely(cxlcache_read_begin(mapping->host)))
		return true;
	cxlcache_refuse(mapping);
	return false;
}

/*
 * Return: the file, under RCU, if its pages are got. Rule 4: of one that must not be cached any
 * more the caller is to drop all.
 */
static struct cxlcache_file *cxlcache_get_file(struct address_space *mapping, bool *is_to_drop)
{
	struct cxlcache_file *file = cxlcache_file_find(mapping->host);

	*is_to_drop = false;
	if (!file || !cxlcache_mount_is_on(file->mount) ||
	    !cxlcache_fs_serves(file->mount->fs, mapping))
		return NULL;
	if (likely(cxlcache_inode_is_plain(mapping)))
		return file;
	*is_to_drop = true;
	return NULL;
}

/* Not found. Of a mount that is not on, nothing was looked for. */
static void cxlcache_get_missed(const struct inode *inode, pgoff_t index, unsigned long nr_pages)
{
	struct cxlcache_mount *mount;

	rcu_read_lock();
	mount = cxlcache_mount_find(inode->i_sb);
	if (mount && cxlcache_mount_is_on(mount)) {
		cxlcache_count_add(failed_gets, nr_pages);
		trace_cxlcache_get(inode, index, nr_pages, false);
	}
	rcu_read_unlock();
}

static bool cxlcache_get(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	struct cxlcache_file *file;
	bool is_read, is_to_drop;

	rcu_read_lock();
	file = cxlcache_get_file(mapping, &is_to_drop);
	is_read = file && cxlcache_folio_is_empty(folio) && cxlcache_file_get(file, folio);
	rcu_read_unlock();
	if (is_read) {
		cxlcache_count_add(succ_gets, folio_nr_pages(folio));
		trace_cxlcache_get(mapping->host, folio->index, folio_nr_pages(folio), true);
		return true;
	}
	if (unlikely(is_to_drop))
		cxlcache_drop(mapping->host, 0, ULONG_MAX);
	cxlcache_get_missed(mapping->host, folio->index, folio_nr_pages(folio));
	return false;
}

/*
 * Return: whether it is worth looking for pages that are to be read. What was put of them was put
 * before their folios came: so if nothing of the inode is held now, then nothing will be found.
 * That is what a stream pays.
 */
static bool cxlcache_get_is_worth_it(struct address_space *mapping)
{
	struct cxlcache_file *file;
	bool is_to_drop;

	rcu_read_lock();
	file = cxlcache_get_file(mapping, &is_to_drop);
	rcu_read_unlock();
	if (unlikely(is_to_drop))
		cxlcache_drop(mapping->host, 0, ULONG_MAX);
	return file;
}

static bool cxlcache_fill(struct folio *folio, struct file *from, cxlcache_read_folio_t read_folio)
{
	if (!cxlcache_get(folio) || !cxlcache_canary_sings(folio, from, read_folio))
		return false;
	folio_mark_uptodate(folio);
	return true;
}

/* Hands a run of misses to the filesystem. What it leaves of a run is read when it is needed. */
static void cxlcache_read_run(struct readahead_control *rac, pgoff_t first, pgoff_t end,
			      cxlcache_readahead_t readahead)
{
	struct folio *folio;

	if (first == end)
		return;
	rac->_index = first;
	rac->_nr_pages = end - first;
	rac->_batch_count = 0;
	readahead(rac);
	while ((folio = readahead_folio(rac)))
		folio_unlock(folio);
}

/* Fills what it can of a batch, and has what lies before a hit read, from *first on. */
static void cxlcache_readahead_batch(struct readahead_control *rac, struct cxlcache_batch *batch,
				     pgoff_t *first, cxlcache_readahead_t readahead,
				     cxlcache_read_folio_t read_folio)
{
	struct folio *folio;
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		folio = batch->folios[i];
		if (!(batch->filled & BIT(i)) ||
		    !cxlcache_canary_sings(folio, rac->file, read_folio))
			continue;
		folio_mark_uptodate(folio);
		cxlcache_read_run(rac, *first, folio->index, readahead);
		*first = folio_next_index(folio);
		folio_unlock(folio);
		folio_put(folio);
	}
}

static noinline void cxlcache_readahead_many(struct readahead_control *rac,
					     cxlcache_readahead_t readahead,
					     cxlcache_read_folio_t read_folio)
{
	pgoff_t index = readahead_index(rac), end = index + readahead_count(rac), first = index;
	struct address_space *mapping = rac->mapping;
	struct cxlcache_batch batch;

	if (!cxlcache_get_is_worth_it(mapping)) {
		cxlcache_get_missed(mapping->host, index, end - index);
		readahead(rac);
		return;
	}
	while (index < end) {
		cxlcache_batch_collect(&batch, mapping, index, end);
		if (WARN_ON_ONCE(!batch.nr))
			break;
		index = folio_next_index(batch.folios[batch.nr - 1]);
		cxlcache_batch_get(&batch, mapping->host);
		cxlcache_readahead_batch(rac, &batch, &first, readahead, read_folio);
	}
	/* of the last run the caller looks after what is left */
	rac->_index = first;
	rac->_nr_pages = end - first;
	rac->_batch_count = 0;
	if (rac->_nr_pages)
		readahead(rac);
}

/* A request of one page. */
static void cxlcache_readahead_one(struct readahead_control *rac, cxlcache_readahead_t readahead,
				   cxlcache_read_folio_t read_folio)
{
	/* 6.8 and 6.12, readahead_folio(): ours, and locked */
	struct folio *folio = xa_load(&rac->mapping->i_pages, readahead_index(rac));

	if (!cxlcache_fill(folio, rac->file, read_folio)) {
		readahead(rac);
		return;
	}
	rac->_index++;
	rac->_nr_pages = 0;
	rac->_batch_count = 0;
	folio_unlock(folio);
	folio_put(folio);
}

/**
 * cxlcache_readahead() - fill folios, and let the filesystem read the others
 * @rac: the request
 * @readahead: the filesystem's function
 * @read_folio: the same, for one folio
 *
 * Context: as the filesystem's function.
 */
void cxlcache_readahead(struct readahead_control *rac, cxlcache_readahead_t readahead,
			cxlcache_read_folio_t read_folio)
{
	if (!cxlcache_get_is_safe(rac->mapping))
		readahead(rac);
	else if (readahead_count(rac) == 1)
		cxlcache_readahead_one(rac, readahead, read_folio);
	else
		cxlcache_readahead_many(rac, readahead, read_folio);
}

/**
 * cxlcache_read_folio() - fill a folio, or let the filesystem read it
 * @file: for the filesystem
 * @folio: the folio
 * @read_folio: the filesystem's function
 *
 * Folios that were in the page cache before, and lost data that they had in part, come here, too.
 * The older copy of such a folio went when it was dirtied; but to be sure, we look only
 * where a folio can't have data in part, because it is one block.
 *
 * Context: as the filesystem's function.
 * Return: as the filesystem's function.
 */
int cxlcache_read_folio(struct file *file, struct folio *folio, cxlcache_read_folio_t read_folio)
{
	struct address_space *mapping = folio->mapping;

	if (!cxlcache_get_is_safe(mapping) || folio_size(folio) != i_blocksize(mapping->host) ||
	    !cxlcache_fill(folio, file, read_folio))
		return read_folio(file, folio);
	folio_unlock(folio);
	return 0;
}
