// SPDX-License-Identifier: GPL-2.0
/*
 * The index: which page of which file is held. A table of files, by the address of their inodes;
 * per file a tree of leaves. It neither decides what is held nor copies data. What is dropped, and
 * why, is in drop.c; who goes over all of it is in walk.c.
 *
 * Files and leaves are looked up under RCU, and words are read without a lock: 0 is a miss. All
 * that changes them is under the file's lock, and a word is believed under it alone. A file that
 * holds nothing is not kept, unless it is there to say that its inode is refused.
 *
 * A file goes with its inode (coherence rule 3, see docs/coherence.md): until then the inode's
 * address is its own. The inode's number is compared as well: should an inode ever go unseen, its
 * pages must not be found through another one.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

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

/**
 * cxlcache_bucket_find() - as cxlcache_file_find(), but for who doesn't look into the inode
 * @bucket: where its file is
 * @inode: the inode; it may be gone, with nothing of it put any more
 *
 * Context: any; under RCU, or the bucket's lock.
 * Return: the file, or NULL.
 */
struct cxlcache_file *cxlcache_bucket_find(struct cxlcache_bucket *bucket,
					   const struct inode *inode)
{
	struct cxlcache_file *file;

	hlist_for_each_entry_rcu(file, &bucket->files, hash, lockdep_is_held(&bucket->lock))
		if (file->inode == inode && !READ_ONCE(file->is_orphan))
			return file;
	return NULL;
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

/**
 * cxlcache_file_del() - a file goes
 * @file: the file, locked, which holds nothing
 *
 * Context: any.
 */
void cxlcache_file_del(struct cxlcache_file *file)
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
		if (likely(!file->is_dead && !file->is_orphan))
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
	if (!file->nr_pages && !file->is_refused && !file->is_orphan && !file->is_dead)
		cxlcache_file_del(file);
	xa_unlock_irqrestore(&file->leaves, flags);
}

/* Who found the file before it became an orphan must not find a page in it after that. */
static struct cxlcache_leaf *cxlcache_file_leaf(struct cxlcache_file *file, pgoff_t index)
{
	if (unlikely(READ_ONCE(file->is_orphan)))
		return NULL;
	return xa_load(&file->leaves, index / CXLCACHE_LEAF_WORDS);
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
	struct cxlcache_leaf *leaf = cxlcache_file_leaf(file, index);

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
	struct cxlcache_leaf *leaf = cxlcache_file_leaf(file, index);

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
	struct cxlcache_leaf *leaf = cxlcache_file_leaf(file, index);
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
	struct cxlcache_leaf *leaf = cxlcache_file_leaf(file, index);
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
	struct cxlcache_leaf *leaf = cxlcache_file_leaf(file, index);

	if (leaf && leaf->hits < CXLCACHE_HITS_MAX)
		leaf->hits++;
}

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

static struct cxlcache_bucket *cxlcache_buckets_new(unsigned int bits)
{
	struct cxlcache_bucket *buckets;
	unsigned long i;

	buckets = kvcalloc(1UL << bits, sizeof(*buckets), GFP_KERNEL);
	for (i = 0; buckets && i < 1UL << bits; i++)
		spin_lock_init(&buckets[i].lock);
	return buckets;
}

/**
 * cxlcache_index_init() - make an empty index
 * @nr_pages: how many pages there can be, roughly
 *
 * Context: process context, module load; the pool may be walked already.
 * Return: 0 or -ENOMEM; cxlcache_index_free() has to be called anyway.
 */
int cxlcache_index_init(unsigned long nr_pages)
{
	cxlcache_bucket_bits = clamp(ilog2(nr_pages | 1) - 4, 8, 20);
	/* pairs with smp_load_acquire() in cxlcache_walk(); all others come later */
	smp_store_release(&cxlcache_buckets, cxlcache_buckets_new(cxlcache_bucket_bits));
	if (!cxlcache_buckets || cxlcache_slabs_init()) {
		cxlcache_slabs_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * cxlcache_index_exit() - leave the index empty for good
 *
 * Context: process context, module unload; nothing is held, and nobody looks but the pool's walks.
 */
void cxlcache_index_exit(void)
{
	cxlcache_drop_exit();
	rcu_barrier();		/* files and leaves on their way out */
	cxlcache_slabs_exit();
}

/**
 * cxlcache_index_free() - free the index
 *
 * Context: process context, module unload; the pool, whose walks look at it to the end, is gone.
 */
void cxlcache_index_free(void)
{
	kvfree(cxlcache_buckets);
}
