// SPDX-License-Identifier: GPL-2.0
/*
 * What is held goes: a range of a file, because its content changes; an inode's, because it must
 * not be cached, or leaves memory; a mount's. When a function here returns, nothing of that is
 * found any more. (Coherence rules 2, 3 and 5, see docs/coherence.md.)
 */
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "cxlcache.h"

/* Leaves that are emptied under a lock, with interrupts off. */
#define CXLCACHE_DROP_BATCH 16
/* Of a file with more pages it takes noticeably long: they are given back later. */
#define CXLCACHE_DROP_NOW (CXLCACHE_DROP_BATCH * CXLCACHE_LEAF_WORDS)

static void cxlcache_leaf_drop(struct cxlcache_leaf *leaf, pgoff_t first, pgoff_t last)
{
	pgoff_t from = leaf->first, index;
	struct page *page;
	unsigned int i;
	bool is_last;

	for (i = 0; i < CXLCACHE_LEAF_WORDS; i++) {
		index = from + i;
		page = cxlcache_word_page(leaf->words[i]);
		if (!page || index < first || index > last)
			continue;
		is_last = leaf->nr_used == 1;
		cxlcache_leaf_clear(leaf, i);
		cxl_pool_put(cxlcache_pool, page);
		cxlcache_count(invalidates);
		if (is_last)
			return;
	}
}

/*
 * Some leaves, from *number on, which goes on behind them. Return: whether there may be more. RCU
 * is left between: a file may have millions.
 */
static bool cxlcache_file_drop(struct cxlcache_file *file, unsigned long *number, pgoff_t first,
			       pgoff_t last)
{
	unsigned long flags = cxlcache_file_lock(file), nr;
	struct cxlcache_leaf *leaf;

	for (nr = 0; nr < CXLCACHE_DROP_BATCH; nr++) {
		leaf = xa_find(&file->leaves, number, last / CXLCACHE_LEAF_WORDS, XA_PRESENT);
		if (!leaf)
			break;
		cxlcache_leaf_drop(leaf, first, last);
		++*number;
	}
	cxlcache_file_unlock(file, flags);
	return leaf;
}

/* ---- whole files ---------------------------------------------------------------------- */

/*
 * Files in which nothing is found any more. They stay in the table, for who goes over all that is
 * held, until the worker has given back what they hold.
 */
static LLIST_HEAD(orphans);

/* Nothing can be put into an orphan: after this it holds nothing. */
static void cxlcache_orphan_end(struct cxlcache_file *file)
{
	unsigned long number = 0, flags;

	while (cxlcache_file_drop(file, &number, 0, ULONG_MAX))
		cond_resched();
	flags = cxlcache_file_lock(file);
	WARN_ON_ONCE(file->nr_pages);
	cxlcache_file_del(file);
	xa_unlock_irqrestore(&file->leaves, flags);
}

static void cxlcache_orphans_work(struct work_struct *work)
{
	struct cxlcache_file *file, *next;

	llist_for_each_entry_safe(file, next, llist_del_all(&orphans), orphans)
		cxlcache_orphan_end(file);
}

static DECLARE_WORK(orphans_work, cxlcache_orphans_work);

static void cxlcache_file_orphan_locked(struct cxlcache_file *file)
{
	lockdep_assert_held(&file->leaves.xa_lock);
	if (file->is_orphan || file->is_dead)
		return;
	file->is_refused = false;
	WRITE_ONCE(file->is_orphan, true);
	/* not the queue of short works: it may take many milliseconds */
	if (llist_add(&file->orphans, &orphans))
		queue_work(system_unbound_wq, &orphans_work);
}

/**
 * cxlcache_file_orphan() - another inode has the address of a file's: nothing is found in it now
 * @file: the file; all that is held of it goes soon
 *
 * Context: any; under RCU.
 */
void cxlcache_file_orphan(struct cxlcache_file *file)
{
	unsigned long flags = cxlcache_file_lock(file);

	cxlcache_file_orphan_locked(file);
	xa_unlock_irqrestore(&file->leaves, flags);
}

/*
 * All of an inode, at once, whatever it has: its file becomes an orphan. That an inode is refused
 * is not forgotten. Return: false if there is so little that it can as well be dropped.
 */
static bool cxlcache_drop_at_once(const struct inode *inode)
{
	struct cxlcache_file *file;
	bool is_dropped = false;
	unsigned long flags;

	rcu_read_lock();
	file = cxlcache_bucket_find(cxlcache_bucket_of(inode), inode);
	if (file) {
		flags = cxlcache_file_lock(file);
		is_dropped = file->nr_pages > CXLCACHE_DROP_NOW && !file->is_refused;
		if (is_dropped)
			cxlcache_file_orphan_locked(file);
		cxlcache_file_unlock(file, flags);
	}
	rcu_read_unlock();
	return is_dropped;
}

/* ---- ranges, inodes ------------------------------------------------------------------- */

/* As cxlcache_file_drop(), with the file looked up again each time. */
static bool cxlcache_drop_some(const struct inode *inode, unsigned long *number, pgoff_t first,
			       pgoff_t last)
{
	struct cxlcache_file *file;
	bool is_more;

	rcu_read_lock();
	file = cxlcache_bucket_find(cxlcache_bucket_of(inode), inode);
	is_more = file && cxlcache_file_drop(file, number, first, last);
	rcu_read_unlock();
	return is_more;
}

/**
 * cxlcache_drop() - hold nothing of a range of an inode
 * @inode: the inode
 * @first: index of the first page
 * @last: index of the last page
 *
 * Context: process context; sleeps.
 */
void cxlcache_drop(const struct inode *inode, pgoff_t first, pgoff_t last)
{
	unsigned long number = first / CXLCACHE_LEAF_WORDS;

	might_sleep();
	if (!first && last == ULONG_MAX && cxlcache_drop_at_once(inode))
		return;
	while (cxlcache_drop_some(inode, &number, first, last))
		cond_resched();
}

/**
 * cxlcache_drop_folio() - hold nothing of what a folio stands for
 * @inode: its inode
 * @folio: the folio
 *
 * Context: any; as long as a folio is large.
 */
void cxlcache_drop_folio(const struct inode *inode, struct folio *folio)
{
	pgoff_t first = folio->index, last = first + folio_nr_pages(folio) - 1;
	unsigned long number = first / CXLCACHE_LEAF_WORDS;

	while (cxlcache_drop_some(inode, &number, first, last))
		;
}

/* Return: false without memory for it. */
static bool cxlcache_file_refuse(struct cxlcache_mount *mount, struct inode *inode)
{
	struct cxlcache_file *file;
	unsigned long flags;

	file = cxlcache_file_lock_new(mount, inode, &flags);
	if (!file)
		return false;
	if (!file->is_refused)
		cxlcache_count(refused_inodes);
	file->is_refused = true;
	cxlcache_file_unlock(file, flags);
	return true;
}

/**
 * cxlcache_refuse() - don't cache an inode any more, as long as it is in memory
 * @mapping: its pages
 *
 * Its page cache may hold what is not on disk, and stays so until the inode goes. Nothing to do if
 * its mount is not known: nothing of it is held then, nor can be.
 *
 * Context: process context; sleeps.
 */
void cxlcache_refuse(struct address_space *mapping)
{
	struct inode *inode = mapping->host;
	struct cxlcache_mount *mount;

	rcu_read_lock();
	/* files are made only in the RCU section that the mount was found in */
	mount = cxlcache_mount_find(inode->i_sb);
	if (mount && !cxlcache_file_refuse(mount, inode))
		/* then nothing is put of some others either */
		cxlcache_bar_for_ever(mapping);
	rcu_read_unlock();
	cxlcache_drop(inode, 0, ULONG_MAX);
}

static void cxlcache_file_accept(struct cxlcache_file *file)
{
	unsigned long flags = cxlcache_file_lock(file);

	file->is_refused = false;
	cxlcache_file_unlock(file, flags);
}

/**
 * cxlcache_forget() - an inode goes: so does its file
 * @inode: the inode; nothing of it can be put any more
 *
 * Context: process context; sleeps.
 */
void cxlcache_forget(const struct inode *inode)
{
	struct cxlcache_file *file;

	rcu_read_lock();
	file = cxlcache_bucket_find(cxlcache_bucket_of(inode), inode);
	if (file)
		cxlcache_file_accept(file);
	rcu_read_unlock();
	cxlcache_drop(inode, 0, ULONG_MAX);
}

/* ---- mounts --------------------------------------------------------------------------- */

/**
 * struct cxlcache_sweep - dropping of many files, one chain after the other
 * @mount: whose files
 * @is_forgotten: inodes that are refused are refused no more
 * @id: of the file that is dropped now, or else a higher one
 * @number: the leaf that is next
 */
struct cxlcache_sweep {
	const struct cxlcache_mount *mount;
	bool is_forgotten;
	u64 id;
	unsigned long number;
};

/* Files that were made since this chain was begun have higher ids, and stay. */
static struct cxlcache_file *cxlcache_sweep_next(const struct cxlcache_sweep *sweep,
						 const struct cxlcache_bucket *bucket)
{
	struct cxlcache_file *file;

	hlist_for_each_entry_rcu(file, &bucket->files, hash)
		if (file->id <= sweep->id && file->mount == sweep->mount)
			return file;
	return NULL;
}

/* Return: whether there is more in the chain. */
static bool cxlcache_sweep_some(struct cxlcache_sweep *sweep, const struct cxlcache_bucket *bucket)
{
	struct cxlcache_file *file;

	rcu_read_lock();
	file = cxlcache_sweep_next(sweep, bucket);
	if (file) {
		if (file->id != sweep->id)
			sweep->number = 0;
		sweep->id = file->id;
		if (sweep->is_forgotten)
			cxlcache_file_accept(file);
		if (!cxlcache_file_drop(file, &sweep->number, 0, ULONG_MAX)) {
			sweep->id--;
			sweep->number = 0;
		}
	}
	rcu_read_unlock();
	return file;
}

static void cxlcache_sweep_all(const struct cxlcache_mount *mount, bool is_forgotten)
{
	struct cxlcache_sweep sweep = { .mount = mount, .is_forgotten = is_forgotten };
	unsigned long i;

	for (i = 0; i < 1UL << cxlcache_bucket_bits; i++) {
		sweep.id = U64_MAX;
		do
			cond_resched();
		while (cxlcache_sweep_some(&sweep, &cxlcache_buckets[i]));
	}
}

/**
 * cxlcache_drop_mount() - drop what is held of a superblock
 * @mount: the superblock's
 *
 * Inodes that are refused stay so.
 *
 * Context: process context; sleeps.
 */
void cxlcache_drop_mount(struct cxlcache_mount *mount)
{
	cxlcache_sweep_all(mount, false);
}

/**
 * cxlcache_forget_mount() - nothing refers to a superblock's entry any more
 * @mount: the entry; nothing of it can be put, and no inode of it be refused, any more
 *
 * Context: process context; sleeps.
 */
void cxlcache_forget_mount(struct cxlcache_mount *mount)
{
	cxlcache_sweep_all(mount, true);
	/* orphans hold nothing any more, but still say whose they were */
	flush_work(&orphans_work);
}

/**
 * cxlcache_drop_exit() - nothing is under way any more
 *
 * Context: process context, module unload; nothing is held, and nobody looks.
 */
void cxlcache_drop_exit(void)
{
	flush_work(&orphans_work);
}
