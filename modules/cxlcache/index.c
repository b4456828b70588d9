// SPDX-License-Identifier: GPL-2.0
/*
 * The index: which page of which file is held. A table of files, by the address of their inodes;
 * per file a tree of leaves. It neither decides what is held nor copies data.
 *
 * Files and leaves are looked up under RCU, and words are read without a lock: 0 is a miss. All
 * that changes them is under the file's lock, and a word is believed under it alone. A file that
 * holds nothing is not kept, unless it is there to say that its inode is refused.
 *
 * A file goes with its inode (coherence rule 3, see docs/coherence.md): until then the inode's
 * address is its own. The inode's number is compared as well: should an inode ever go unseen, its
 * pages must not be found through another one.
 */
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "cxlcache.h"

/*
 * A put runs in reclaim, under spinlocks with interrupts off: no sleeping, and no reserves although
 * the task may be PF_MEMALLOC. Without memory the page is not put. (Inner nodes of the tree are
 * allocated by the kernel's own code, as its own are: one for 700 pages.)
 */
#define CXLCACHE_GFP (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN | __GFP_NOMEMALLOC)

struct cxlcache_bucket *cxlcache_buckets;
unsigned int cxlcache_bucket_bits;
static atomic64_t last_id;
static struct kmem_cache *file_slab;
static struct kmem_cache *leaf_slab;

/* ---- leaves --------------------------------------------------------------------------- */

static void cxlcache_leaf_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(leaf_slab, container_of(rcu, struct cxlcache_leaf, rcu));
	cxlcache_count_add(metadata_bytes, -(long)sizeof(struct cxlcache_leaf));
}

static struct cxlcache_leaf *cxlcache_leaf_add(struct cxlcache_file *file, unsigned long number,
					       bool is_main)
{
	struct cxlcache_leaf *leaf = kmem_cache_zalloc(leaf_slab, CXLCACHE_GFP);

	if (!leaf)
		return NULL;
	leaf->file = file;
	leaf->first = number * CXLCACHE_LEAF_WORDS;
	leaf->is_main = is_main;
	if (xa_is_err(__xa_store(&file->leaves, number, leaf, CXLCACHE_GFP))) {
		kmem_cache_free(leaf_slab, leaf);
		return NULL;
	}
	cxlcache_count_add(metadata_bytes, sizeof(*leaf));
	cxlcache_queue_add(leaf);
	return leaf;
}

static void cxlcache_leaf_del(struct cxlcache_leaf *leaf)
{
	cxlcache_queue_del(leaf);
	__xa_erase(&leaf->file->leaves, leaf->first / CXLCACHE_LEAF_WORDS);
	/* who reads its words, or is to move one of its pages, is under RCU */
	call_rcu(&leaf->rcu, cxlcache_leaf_free_rcu);
}

/* So many words own their pages no more. */
static void cxlcache_leaf_lost(struct cxlcache_leaf *leaf, unsigned int nr)
{
	struct cxlcache_file *file = leaf->file;

	file->nr_pages -= nr;
	atomic_long_sub(nr, &file->mount->nr_pages);
	cxlcache_count_add(put_pages, -(long)nr);
	leaf->nr_used -= nr;
	if (!leaf->nr_used)
		cxlcache_leaf_del(leaf);
}

/**
 * cxlcache_leaf_clear() - a word owns its page no more
 * @leaf: its leaf, which may go with it
 * @i: which word; not 0. The page is the caller's to give back before he turns preemption on
 *
 * Context: any; under the file's lock.
 */
void cxlcache_leaf_clear(struct cxlcache_leaf *leaf, unsigned int i)
{
	lockdep_assert_held(&leaf->file->leaves.xa_lock);
	WRITE_ONCE(leaf->words[i], 0);
	cxlcache_leaf_lost(leaf, 1);
}

/* ---- files ---------------------------------------------------------------------------- */

static void cxlcache_file_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(file_slab, container_of(rcu, struct cxlcache_file, rcu));
	cxlcache_count_add(metadata_bytes, -(long)sizeof(struct cxlcache_file));
}

static struct cxlcache_file *cxlcache_file_new(struct cxlcache_mount *mount, struct inode *inode)
{
	struct cxlcache_file *file = kmem_cache_zalloc(file_slab, CXLCACHE_GFP);

	if (!file)
		return NULL;
	file->inode = inode;
	file->ino = inode->i_ino;
	file->mount = mount;
	xa_init(&file->leaves);
	cxlcache_count_add(metadata_bytes, sizeof(*file));
	return file;
}

static struct cxlcache_file *cxlcache_bucket_find(struct cxlcache_bucket *bucket,
						  const struct inode *inode)
{
	struct cxlcache_file *file;

	hlist_for_each_entry_rcu(file, &bucket->files, hash, lockdep_is_held(&bucket->lock))
		if (file->inode == inode && !READ_ONCE(file->is_orphan))
			return file;
	return NULL;
}

static void cxlcache_orphans_work(struct work_struct *work);
static DECLARE_WORK(orphans_work, cxlcache_orphans_work);

/* Another inode has the address of this file's: nothing is found in it any more. */
static void cxlcache_file_orphan(struct cxlcache_file *file)
{
	unsigned long flags = cxlcache_file_lock(file);

	WRITE_ONCE(file->is_orphan, true);
	file->is_refused = false;
	cxlcache_file_unlock(file, flags);
	schedule_work(&orphans_work);
}

/**
 * cxlcache_file_find() - the file of an inode
 * @inode: the inode
 *
 * Context: any; under RCU, for which the file stays.
 * Return: the file; NULL if nothing of the inode is held.
 */
struct cxlcache_file *cxlcache_file_find(const struct inode *inode)
{
	struct cxlcache_file *file = cxlcache_bucket_find(cxlcache_bucket_of(inode), inode);

	if (unlikely(file && (file->ino != inode->i_ino || file->mount->sb != inode->i_sb))) {
		cxlcache_hooks_bypassed_evict();
		cxlcache_file_orphan(file);
		return NULL;
	}
	return file;
}

static struct cxlcache_file *cxlcache_file_add(struct cxlcache_mount *mount, struct inode *inode)
{
	struct cxlcache_bucket *bucket = cxlcache_bucket_of(inode);
	struct cxlcache_file *file, *new = cxlcache_file_new(mount, inode);
	unsigned long flags;

	if (!new)
		return NULL;
	spin_lock_irqsave(&bucket->lock, flags);
	file = cxlcache_bucket_find(bucket, inode);
	if (!file) {
		new->id = atomic64_inc_return(&last_id);
		hlist_add_head_rcu(&new->hash, &bucket->files);
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
	if (!file)
		return new;
	cxlcache_file_free_rcu(&new->rcu);	/* somebody was faster */
	return file;
}

static void cxlcache_file_del(struct cxlcache_file *file)
{
	struct cxlcache_bucket *bucket = cxlcache_bucket_of(file->inode);

	lockdep_assert_held(&file->leaves.xa_lock);
	file->is_dead = true;
	spin_lock(&bucket->lock);
	hlist_del_rcu(&file->hash);
	spin_unlock(&bucket->lock);
	call_rcu(&file->rcu, cxlcache_file_free_rcu);
}

/**
 * cxlcache_file_lock_new() - the file of an inode, made if need be, and locked
 * @mount: the inode's
 * @inode: the inode, which is in memory and stays there meanwhile
 * @flags: for cxlcache_file_unlock()
 *
 * Context: any; under RCU.
 * Return: the file; NULL without memory.
 */
struct cxlcache_file *cxlcache_file_lock_new(struct cxlcache_mount *mount, struct inode *inode,
					     unsigned long *flags)
{
	struct cxlcache_file *file;

	for (;;) {
		file = cxlcache_file_find(inode);
		if (!file)
			file = cxlcache_file_add(mount, inode);
		if (!file)
			return NULL;
		*flags = cxlcache_file_lock(file);
		if (likely(!file->is_dead))
			return file;
		xa_unlock_irqrestore(&file->leaves, *flags);
	}
}

/**
 * cxlcache_file_unlock() - unlock a file; one that is good for nothing goes
 * @file: the file
 * @flags: as it was locked
 *
 * Context: any.
 */
void cxlcache_file_unlock(struct cxlcache_file *file, unsigned long flags)
	__releases(&file->leaves.xa_lock)
{
	if (!file->nr_pages && !file->is_refused && !file->is_dead)
		cxlcache_file_del(file);
	xa_unlock_irqrestore(&file->leaves, flags);
}

/**
 * cxlcache_file_page() - the page that is held of a file
 * @file: the file
 * @index: which page of it
 *
 * Context: any; under RCU. Without the file's lock the page may be gone meanwhile.
 * Return: the page, or NULL.
 */
struct page *cxlcache_file_page(struct cxlcache_file *file, pgoff_t index)
{
	struct cxlcache_leaf *leaf = xa_load(&file->leaves, index / CXLCACHE_LEAF_WORDS);

	return leaf ? cxlcache_word_page(READ_ONCE(leaf->words[index % CXLCACHE_LEAF_WORDS])) :
		      NULL;
}

/**
 * cxlcache_file_set() - hold a page
 * @file: the file, locked, which holds none for this
 * @index: which page of it
 * @page: what to hold; becomes the index's
 * @is_main: it is known to be used again
 *
 * Context: any.
 * Return: true; false without memory: @page is still the caller's.
 */
bool cxlcache_file_set(struct cxlcache_file *file, pgoff_t index, struct page *page, bool is_main)
{
	unsigned long number = index / CXLCACHE_LEAF_WORDS, i = index % CXLCACHE_LEAF_WORDS;
	struct cxlcache_leaf *leaf = xa_load(&file->leaves, number);

	if (!leaf)
		leaf = cxlcache_leaf_add(file, number, is_main);
	if (!leaf)
		return false;
	cxl_page_set_entry(page, &leaf->words[i]);
	WRITE_ONCE(leaf->words[i], page_to_pfn(page));
	leaf->nr_used++;
	/* on probation, beside others: that is over when eviction comes to it */
	if (is_main && !leaf->is_main)
		leaf->hits = 1;
	file->nr_pages++;
	atomic_long_inc(&file->mount->nr_pages);
	cxlcache_count(put_pages);
	return true;
}

/**
 * cxlcache_file_take() - hold a page no more
 * @file: the file, locked
 * @index: which page of it
 *
 * Context: any.
 * Return: the page, now the caller's, to be given back before he turns preemption on; or NULL.
 */
struct page *cxlcache_file_take(struct cxlcache_file *file, pgoff_t index)
{
	struct cxlcache_leaf *leaf = xa_load(&file->leaves, index / CXLCACHE_LEAF_WORDS);
	unsigned int i = index % CXLCACHE_LEAF_WORDS;
	struct page *page;

	page = leaf ? cxlcache_word_page(leaf->words[i]) : NULL;
	if (page)
		cxlcache_leaf_clear(leaf, i);
	return page;
}

/**
 * cxlcache_file_take_run() - hold some pages of a leaf no more
 * @file: the file, locked
 * @index: which page of it is the first
 * @pages: where to put the pages, as cxlcache_file_take() returns them
 * @nr: how many; all of the same leaf
 *
 * Context: any.
 */
void cxlcache_file_take_run(struct cxlcache_file *file, pgoff_t index, struct page **pages,
			    unsigned int nr)
{
	struct cxlcache_leaf *leaf = xa_load(&file->leaves, index / CXLCACHE_LEAF_WORDS);
	unsigned int i, first = index % CXLCACHE_LEAF_WORDS, nr_taken = 0;
	unsigned long word;

	for (i = 0; i < nr; i++) {
		word = leaf ? leaf->words[first + i] : 0;
		pages[i] = cxlcache_word_page(word);
		if (word) {
			WRITE_ONCE(leaf->words[first + i], 0);
			nr_taken++;
		}
	}
	if (nr_taken)
		cxlcache_leaf_lost(leaf, nr_taken);
}

/**
 * cxlcache_file_hit() - a page that is held was of use
 * @file: the file, locked
 * @index: which page of it; it is held
 *
 * Context: any.
 */
void cxlcache_file_hit(struct cxlcache_file *file, pgoff_t index)
{
	struct cxlcache_leaf *leaf = xa_load(&file->leaves, index / CXLCACHE_LEAF_WORDS);

	if (leaf && leaf->hits < CXLCACHE_HITS_MAX)
		leaf->hits++;
}

/* ---- dropping ------------------------------------------------------------------------- */

/* Leaves that are emptied under a lock, with interrupts off. */
#define CXLCACHE_DROP_BATCH 16

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

/* The same, with the file looked up again each time. */
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

/**
 * struct cxlcache_sweep - dropping of many files, one chain after the other
 * @mount: whose files; NULL: orphans
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
		if (file->id <= sweep->id &&
		    (sweep->mount ? file->mount == sweep->mount : READ_ONCE(file->is_orphan)))
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

static void cxlcache_orphans_work(struct work_struct *work)
{
	cxlcache_sweep_all(NULL, false);
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
}

/* ---- what the pool asks --------------------------------------------------------------- */

static bool cxlcache_page_move(struct page *old, struct page *new)
{
	void *to = kmap_local_page(new);
	bool is_copied = cxlcache_page_copy(to, old);

	kunmap_local(to);
	return is_copied;
}

/* Return: 0, or -EHWPOISON: the word owns nothing then. */
static int cxlcache_leaf_repoint(struct cxlcache_leaf *leaf, unsigned long *entry,
				 struct page *old, struct page *new)
{
	if (!new) {
		cxlcache_count(evicted_pages);
		cxlcache_leaf_clear(leaf, entry - leaf->words);
		return 0;
	}
	if (!cxlcache_page_move(old, new)) {
		cxlcache_count(poisoned_pages);
		cxlcache_leaf_clear(leaf, entry - leaf->words);
		return -EHWPOISON;
	}
	cxl_page_set_entry(new, entry);
	WRITE_ONCE(*entry, page_to_pfn(new));
	return 0;
}

/* See struct cxl_pool_ops. The leaf, and its file, are there: both are freed by RCU. */
static int cxlcache_repoint(unsigned long *entry, struct page *old, struct page *new)
{
	struct cxlcache_leaf *leaf = cxlcache_entry_leaf(entry);
	struct cxlcache_file *file = leaf->file;
	unsigned long flags = cxlcache_file_lock(file);
	int err = -ENOENT;

	if (cxlcache_word_page(*entry) == old)
		err = cxlcache_leaf_repoint(leaf, entry, old, new);
	cxlcache_file_unlock(file, flags);
	return err;
}

/* Where a walk is: the chain, and in it the file with this id or, as chains go, the next lower. */
#define CXLCACHE_WALK_ID_BITS 40
#define CXLCACHE_WALK_ID_MASK GENMASK_ULL(CXLCACHE_WALK_ID_BITS - 1, 0)
/* Leaves visited in one go, and chains. */
#define CXLCACHE_WALK_LEAVES 32
#define CXLCACHE_WALK_BUCKETS 1024

static void cxlcache_leaf_walk(struct cxl_pool_walk *walk, struct cxlcache_leaf *leaf)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < CXLCACHE_LEAF_WORDS; i++) {
		page = cxlcache_word_page(READ_ONCE(leaf->words[i]));
		if (page)
			walk->visit(walk, page, &leaf->words[i]);
	}
}

/* Return: how many leaves may be visited yet. */
static int cxlcache_file_walk(struct cxl_pool_walk *walk, struct cxlcache_file *file, int nr_left)
{
	struct cxlcache_leaf *leaf;
	unsigned long number;

	xa_for_each_start(&file->leaves, number, leaf, walk->index) {
		if (!nr_left--)
			break;
		cxlcache_leaf_walk(walk, leaf);
		walk->index = number + 1;
	}
	return nr_left;
}

static bool cxlcache_bucket_walk(struct cxl_pool_walk *walk, struct cxlcache_bucket *bucket,
				 int *nr_left)
{
	u64 id = walk->table & CXLCACHE_WALK_ID_MASK;
	struct cxlcache_file *file;

	hlist_for_each_entry_rcu(file, &bucket->files, hash) {
		if (id && file->id > id)
			continue;
		if (file->id != id)
			walk->index = 0;
		walk->table = (walk->table & ~CXLCACHE_WALK_ID_MASK) | file->id;
		*nr_left = cxlcache_file_walk(walk, file, *nr_left);
		if (*nr_left < 0)
			return false;
	}
	return true;
}

/* See struct cxl_pool_ops. RCU keeps what is visited; visitors don't sleep. */
static bool cxlcache_walk(struct cxl_pool_walk *walk)
{
	int nr_left = CXLCACHE_WALK_LEAVES, nr_buckets;
	u64 i = walk->table >> CXLCACHE_WALK_ID_BITS;

	for (nr_buckets = 0; nr_buckets < CXLCACHE_WALK_BUCKETS; nr_buckets++) {
		if (i >> cxlcache_bucket_bits)
			return false;
		rcu_read_lock();
		if (!cxlcache_bucket_walk(walk, &cxlcache_buckets[i], &nr_left)) {
			rcu_read_unlock();
			return true;
		}
		rcu_read_unlock();
		walk->table = ++i << CXLCACHE_WALK_ID_BITS;
		walk->index = 0;
	}
	return true;
}

const struct cxl_pool_ops cxlcache_pool_ops = {
	.repoint = cxlcache_repoint,
	.walk = cxlcache_walk,
	.may_drop = true,
};

/* ---- init and exit -------------------------------------------------------------------- */

static int cxlcache_slabs_init(void)
{
	file_slab = kmem_cache_create("cxlcache_file", sizeof(struct cxlcache_file), 0, 0, NULL);
	leaf_slab = kmem_cache_create("cxlcache_leaf", sizeof(struct cxlcache_leaf),
				      CXLCACHE_LEAF_SIZE, 0, NULL);
	return file_slab && leaf_slab ? 0 : -ENOMEM;
}

static void cxlcache_slabs_exit(void)
{
	kmem_cache_destroy(leaf_slab);
	kmem_cache_destroy(file_slab);
}

/**
 * cxlcache_index_init() - make an empty index
 * @nr_pages: how many pages there can be, roughly
 *
 * Context: process context, module load.
 * Return: 0 or -ENOMEM.
 */
int cxlcache_index_init(unsigned long nr_pages)
{
	unsigned long i;
	int err;

	cxlcache_bucket_bits = clamp(ilog2(nr_pages | 1) - 4, 8, 20);
	cxlcache_buckets = kvcalloc(1UL << cxlcache_bucket_bits, sizeof(*cxlcache_buckets),
				    GFP_KERNEL);
	if (!cxlcache_buckets)
		return -ENOMEM;
	for (i = 0; i < 1UL << cxlcache_bucket_bits; i++)
		spin_lock_init(&cxlcache_buckets[i].lock);
	err = cxlcache_slabs_init();
	if (err)
		cxlcache_index_exit();
	return err;
}

/**
 * cxlcache_index_exit() - free the index
 *
 * Context: process context, module unload; nothing is held, and nobody looks.
 */
void cxlcache_index_exit(void)
{
	cancel_work_sync(&orphans_work);
	rcu_barrier();		/* files and leaves on their way out */
	cxlcache_slabs_exit();
	kvfree(cxlcache_buckets);
}
