// SPDX-License-Identifier: GPL-2.0
/*
 * Eviction: which page goes when another is to come, after S3-FIFO (Yang et al., SOSP 2023).
 *
 * Two queues, of leaves. What nobody is known to use again enters the small one, which is emptied
 * first once it has more than a tenth of all. What proves its use there goes on to the main one;
 * and a leaf of the main one that was of use goes round once more for each time. A hit takes no
 * lock of a queue.
 *
 * In exclusive mode a hit takes the page out. That it was of use is then known by the ghosts: the
 * fingerprints of pages that were here, or were refused, not long ago. A page that comes back
 * finds its own, is admitted, and enters the main queue.
 *
 * Queues are split into shards, so that CPUs do not wait for each other.
 */
#include <linux/hash.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "cxlcache.h"
#include "cxlcache_trace.h"
#include "ghost.h"

enum {
	QUEUE_SMALL,
	QUEUE_MAIN,
	NR_QUEUES
};

/* A tenth of the leaves may be on probation. */
#define CXLCACHE_SMALL_PART 10
/* Leaves that one eviction looks at in a shard before it gives up. */
#define CXLCACHE_EVICT_TRIES 16

/**
 * struct cxlcache_shard - some of the leaves
 * @lock: protects the queues. Inside files' locks, with interrupts off
 * @queues: leaves; those that go next are first
 * @nr: their numbers
 */
struct cxlcache_shard {
	spinlock_t lock;
	struct list_head queues[NR_QUEUES];
	unsigned long nr[NR_QUEUES];
} ____cacheline_aligned_in_smp;

static struct cxlcache_shard *shards;
static unsigned int shard_bits;

/* See ghost.h. */
u16 *cxlcache_ghosts;
unsigned int cxlcache_ghost_shift;

static struct cxlcache_shard *cxlcache_shard_of(const struct cxlcache_leaf *leaf)
{
	return shard_bits ? &shards[hash_ptr(leaf, shard_bits)] : shards;
}

/* ---- queues --------------------------------------------------------------------------- */

/**
 * cxlcache_queue_add() - let a leaf be evicted
 * @leaf: a leaf; is_main says where it enters
 *
 * Context: under the file's lock.
 */
void cxlcache_queue_add(struct cxlcache_leaf *leaf)
{
	struct cxlcache_shard *shard = cxlcache_shard_of(leaf);

	spin_lock(&shard->lock);
	list_add_tail(&leaf->queue, &shard->queues[leaf->is_main]);
	shard->nr[leaf->is_main]++;
	spin_unlock(&shard->lock);
}

/**
 * cxlcache_queue_del() - a leaf goes
 * @leaf: a leaf that was added
 *
 * Context: under the file's lock.
 */
void cxlcache_queue_del(struct cxlcache_leaf *leaf)
{
	struct cxlcache_shard *shard = cxlcache_shard_of(leaf);

	spin_lock(&shard->lock);
	list_del(&leaf->queue);
	shard->nr[leaf->is_main]--;
	spin_unlock(&shard->lock);
}

/* ---- eviction ------------------------------------------------------------------------- */

static struct cxlcache_leaf *cxlcache_shard_next(struct cxlcache_shard *shard)
{
	unsigned long nr_all = shard->nr[QUEUE_SMALL] + shard->nr[QUEUE_MAIN];
	bool is_main = shard->nr[QUEUE_SMALL] * CXLCACHE_SMALL_PART <= nr_all;

	if (list_empty(&shard->queues[is_main]))
		is_main = !is_main;
	return list_first_entry_or_null(&shard->queues[is_main], struct cxlcache_leaf, queue);
}

/* To the main queue's end, from either. */
static void cxlcache_leaf_keep(struct cxlcache_shard *shard, struct cxlcache_leaf *leaf)
{
	leaf->hits--;
	shard->nr[leaf->is_main]--;
	leaf->is_main = QUEUE_MAIN;
	shard->nr[leaf->is_main]++;
	list_move_tail(&leaf->queue, &shard->queues[leaf->is_main]);
}

/* The leaf's file is locked. */
static struct page *cxlcache_leaf_evict(struct cxlcache_leaf *leaf)
{
	struct cxlcache_file *file = leaf->file;
	pgoff_t first = leaf->first;
	struct page *page;
	unsigned int i;

	for (i = 0; i < CXLCACHE_LEAF_WORDS; i++) {
		page = cxlcache_word_page(leaf->words[i]);
		if (page) {
			cxlcache_ghost_add(file->mount->sb, file->ino, first + i);
			cxlcache_leaf_clear(leaf, i);
			cxlcache_count(evicted_pages);
			trace_cxlcache_evict(file->mount->dev, file->ino, first + i);
			return page;
		}
	}
	WARN_ON_ONCE(1);
	return NULL;
}

/* Interrupts are off. */
static struct page *cxlcache_shard_evict(struct cxlcache_shard *shard)
{
	struct cxlcache_leaf *leaf;
	struct cxlcache_file *file;
	unsigned long flags;
	struct page *page;
	unsigned int i;

	for (i = 0; i < CXLCACHE_EVICT_TRIES; i++) {
		spin_lock(&shard->lock);
		leaf = cxlcache_shard_next(shard);
		if (!leaf) {
			spin_unlock(&shard->lock);
			return NULL;
		}
		/* a file's lock comes before a shard's: only try */
		file = leaf->file;
		if (!xa_trylock(&file->leaves)) {
			list_move_tail(&leaf->queue, &shard->queues[leaf->is_main]);
			spin_unlock(&shard->lock);
			continue;
		}
		if (leaf->hits) {
			cxlcache_leaf_keep(shard, leaf);
			spin_unlock(&shard->lock);
			xa_unlock(&file->leaves);
			continue;
		}
		spin_unlock(&shard->lock);
		page = cxlcache_leaf_evict(leaf);
		local_save_flags(flags);
		cxlcache_file_unlock(file, flags);
		return page;
	}
	return NULL;
}

/**
 * cxlcache_evict() - take a page from somebody
 *
 * Context: any; no file's lock is held. Preemption is off from before the call until the page is
 *	used or given back.
 * Return: a page, now the caller's; NULL if those looked at were all busy or of use.
 */
struct page *cxlcache_evict(void)
{
	unsigned int i, first = raw_smp_processor_id();
	struct page *page = NULL;
	unsigned long flags;

	local_irq_save(flags);
	for (i = 0; i < 1U << shard_bits && !page; i++)
		page = cxlcache_shard_evict(&shards[(first + i) & ((1U << shard_bits) - 1)]);
	local_irq_restore(flags);
	return page;
}

/**
 * cxlcache_shrink_to_limit() - the pool's limit may have been lowered: evict what is too much
 *
 * Context: process context; sleeps.
 */
void cxlcache_shrink_to_limit(void)
{
	unsigned int nr_failed = 0;
	struct page *page;

	while (cxl_pool_nr_used(cxlcache_pool) > cxl_pool_limit(cxlcache_pool) && nr_failed < 100) {
		preempt_disable();
		page = cxlcache_evict();
		if (page)
			cxl_pool_put(cxlcache_pool, page);
		preempt_enable();
		nr_failed += !page;
		cond_resched();
	}
}

/* ---- shrinker ------------------------------------------------------------------------- */

/*
 * The index is DRAM: under heavy pressure pages are evicted to free leaves. Lightly it would be a
 * bad bargain, since a leaf of 128 bytes stands for up to 48 KiB that would be read from disk: so
 * getting one back counts as dear as reading all of its pages, and more than once.
 */
#define CXLCACHE_SHRINK_SEEKS (DEFAULT_SEEKS * CXLCACHE_LEAF_WORDS * 8)

static struct shrinker *shrinker;

static unsigned long cxlcache_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	return cxl_pool_nr_used(cxlcache_pool) / CXLCACHE_LEAF_WORDS ?: SHRINK_EMPTY;
}

static unsigned long cxlcache_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long nr_wanted = sc->nr_to_scan * CXLCACHE_LEAF_WORDS, nr = 0;
	struct page *page;

	do {
		preempt_disable();
		page = cxlcache_evict();
		if (page)
			cxl_pool_put(cxlcache_pool, page);
		preempt_enable();
	} while (page && ++nr < nr_wanted);
	return nr ? nr / CXLCACHE_LEAF_WORDS : SHRINK_STOP;
}

static int cxlcache_shrinker_init(void)
{
	shrinker = shrinker_alloc(0, "cxlcache-index");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = cxlcache_shrink_count;
	shrinker->scan_objects = cxlcache_shrink_scan;
	shrinker->seeks = CXLCACHE_SHRINK_SEEKS;
	shrinker_register(shrinker);
	return 0;
}

/* ---- init and exit -------------------------------------------------------------------- */

/**
 * cxlcache_queues_init() - make empty queues
 * @nr_pages: how many pages there can be, roughly; two to four times as many ghosts have a place
 *
 * Context: process context, module load.
 * Return: 0 or -ENOMEM.
 */
int cxlcache_queues_init(unsigned long nr_pages)
{
	unsigned int i, ghost_bits = clamp(ilog2(nr_pages | 1) + 2, 10, 27);

	shard_bits = min(ilog2(num_possible_cpus()), 6);
	cxlcache_ghost_shift = 64 - ghost_bits;
	shards = kvcalloc(1U << shard_bits, sizeof(*shards), GFP_KERNEL);
	cxlcache_ghosts = kvcalloc(1UL << ghost_bits, sizeof(*cxlcache_ghosts), GFP_KERNEL);
	if (!shards || !cxlcache_ghosts) {
		cxlcache_queues_exit();
		return -ENOMEM;
	}
	for (i = 0; i < 1U << shard_bits; i++) {
		spin_lock_init(&shards[i].lock);
		INIT_LIST_HEAD(&shards[i].queues[QUEUE_SMALL]);
		INIT_LIST_HEAD(&shards[i].queues[QUEUE_MAIN]);
	}
	if (cxlcache_shrinker_init()) {
		cxlcache_queues_exit();
		return -ENOMEM;
	}
	cxlcache_count_add(metadata_bytes, sizeof(*cxlcache_ghosts) << ghost_bits);
	return 0;
}

/**
 * cxlcache_queues_exit() - free the queues
 *
 * Context: process context, module unload; nothing is held.
 */
void cxlcache_queues_exit(void)
{
	shrinker_free(shrinker);
	shrinker = NULL;
	kvfree(cxlcache_ghosts);
	kvfree(shards);
}
