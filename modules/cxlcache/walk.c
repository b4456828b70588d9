// SPDX-License-Identifier: GPL-2.0
/*
 * What the pool asks of the index: to go over all pages that are held, a few at a time, and to move
 * one of them, or to drop it.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/rculist.h>

#include "cxlcache.h"

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

/*
 * A walk is in chain walk->table, at the file whose id is walk->object, or, as chains go, the next
 * lower; 0 at the chain's beginning.
 */
static bool cxlcache_bucket_walk(struct cxl_pool_walk *walk, struct cxlcache_bucket *bucket,
				 int *nr_left)
{
	u64 id = walk->object;
	struct cxlcache_file *file;

	hlist_for_each_entry_rcu(file, &bucket->files, hash) {
		if (id && file->id > id)
			continue;
		if (file->id != id)
			walk->index = 0;
		walk->object = file->id;
		*nr_left = cxlcache_file_walk(walk, file, *nr_left);
		if (*nr_left < 0)
			return false;
	}
	return true;
}

/*
 * See struct cxl_pool_ops. RCU keeps what is visited; visitors don't sleep. The pool is there
 * before the index, and longer.
 */
static bool cxlcache_walk(struct cxl_pool_walk *walk)
{
	/* pairs with smp_store_release() in cxlcache_index_init() */
	struct cxlcache_bucket *buckets = smp_load_acquire(&cxlcache_buckets);
	int nr_left = CXLCACHE_WALK_LEAVES, nr_buckets;

	if (!buckets)
		return false;
	for (nr_buckets = 0; nr_buckets < CXLCACHE_WALK_BUCKETS; nr_buckets++) {
		if (walk->table >> cxlcache_bucket_bits)
			return false;
		rcu_read_lock();
		if (!cxlcache_bucket_walk(walk, &buckets[walk->table], &nr_left)) {
			rcu_read_unlock();
			return true;
		}
		rcu_read_unlock();
		walk->table++;
		walk->object = 0;
		walk->index = 0;
	}
	return true;
}

const struct cxl_pool_ops cxlcache_pool_ops = {
	.repoint = cxlcache_repoint,
	.walk = cxlcache_walk,
	.may_drop = true,
};
