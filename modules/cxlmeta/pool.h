/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool's inside: shared by the files that make up pools, and drains.
 */
#ifndef CXLMETA_POOL_H
#define CXLMETA_POOL_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "cxl_pool.h"

struct cxl_group;
struct cxl_schedule;
struct shrinker;

/* Pages in one magazine. Half of them move at a time, so that the depot's lock is rarely taken. */
#define CXL_MAGAZINE_MAX 64
#define CXL_MAGAZINE_MIN 4

/**
 * struct cxl_magazine - kept pages of one node on one CPU
 * @nr: their number
 * @max: the most that it may have; 0: pages of this node are not kept
 * @pages: the pages
 */
struct cxl_magazine {
	unsigned int nr;
	unsigned int max;
	struct page *pages[CXL_MAGAZINE_MAX];
};

/**
 * struct cxl_pool_cpu_node - one CPU's part of a pool, for one node
 * @nr_used: pages that were handed out minus those taken back on this CPU, which only means
 *	something summed over all CPUs
 * @magazine: the kept pages
 */
struct cxl_pool_cpu_node {
	long nr_used;
	struct cxl_magazine magazine;
};

/**
 * struct cxl_pool_cpu - one CPU's part of a pool
 * @lock: protects this struct. Taken with interrupts off, never by an interrupt handler; almost
 *	always by the CPU itself, so that it is not contended
 * @turn: index in the schedule of the node whose turn it is
 * @nodes: by node number
 */
struct cxl_pool_cpu {
	spinlock_t lock;
	unsigned int turn;
	struct cxl_pool_cpu_node nodes[];
};

/**
 * struct cxl_pool_node - one node's part of a pool
 * @lock: protects @depot and @nr_depot; inside cxl_pool_cpu.lock, and as that
 * @depot: the first of the kept pages. Each has the next in page->private, with CXL_PAGE_KEPT, and
 *	the previous one, but for the first, as its link
 * @nr_depot: their number
 */
struct cxl_pool_node {
	spinlock_t lock;
	struct page *depot;
	unsigned long nr_depot;
} ____cacheline_aligned_in_smp;

/**
 * struct cxl_pool - a pool
 * @owner: who uses it
 * @nr: its number, see cxl_pool_of()
 * @ops: how to move its pages
 * @group: where its pages come from
 * @schedule: the group's; read under RCU, replaced under cxl_lock
 * @limit: the most pages it may have
 * @percent: what part of the group's memory that is
 * @magazine_max: the most pages that a magazine may keep
 * @cpus: per CPU
 * @shrinker: gives kept pages back when a node runs short
 * @list: in cxl_pools
 * @nr_poisoned: pages that were given up because their memory failed
 * @nr_moved: pages that were moved to another frame
 * @reports: what is to be told of it by events, a bit for each enum cxltier_change
 * @next_report: jiffies before which the same is not told again, by enum cxltier_change
 * @is_nearly_full: that was told, and the use has not been low since
 * @nr_held: pages taken from the allocator, used or kept
 * @nodes: by node number
 */
struct cxl_pool {
	const char *owner;
	unsigned int nr;
	const struct cxl_pool_ops *ops;
	struct cxl_group *group;
	struct cxl_schedule __rcu *schedule;
	unsigned long limit;
	unsigned int percent;
	unsigned int magazine_max;
	struct cxl_pool_cpu __percpu *cpus;
	struct shrinker *shrinker;
	struct list_head list;
	atomic_long_t nr_poisoned;
	atomic_long_t nr_moved;
	unsigned long reports;
	unsigned long next_report[CXLTIER_CHANGE_MAX + 1];
	bool is_nearly_full;
	atomic_long_t nr_held ____cacheline_aligned_in_smp;
	struct cxl_pool_node nodes[];
};

/* All pools; under cxl_lock. */
extern struct list_head cxl_pools;

/* pool.c */
struct cxl_pool *cxl_pool_of(const struct page *page);

/* magazine.c */
void cxl_pool_account(struct cxl_pool *pool, int nid, long nr_used);
void cxl_pool_depot_push(struct cxl_pool *pool, struct page *page);
bool cxl_pool_depot_take(struct cxl_pool *pool, struct page *page);
void cxl_pool_flush_node(struct cxl_pool *pool, int nid);
unsigned long cxl_pool_shrink_depot(struct cxl_pool *pool, int nid, unsigned long nr_pages);
void cxl_pool_trim_depot(struct cxl_pool *pool, int nid, unsigned long nr_pages);
void cxl_pool_release_kept(struct cxl_pool *pool, int nid);
void cxl_pool_release_node(struct cxl_pool *pool, int nid);
bool cxl_pool_keeps(struct cxl_pool *pool, const struct cxl_schedule *schedule, int nid);
void cxl_pool_update_magazines(struct cxl_pool *pool, const struct cxl_schedule *schedule);

/* limit.c */
void cxl_pool_update(struct cxl_pool *pool);
unsigned long cxl_pool_nr_used_on(struct cxl_pool *pool, int nid);

/* page.c */

/* In page->private, beside the next page: it is in its depot. Changed under the depot's lock. */
#define CXL_PAGE_KEPT 1UL

struct page *cxl_page_alloc(struct cxl_pool *pool, int nid, unsigned long limit);
void cxl_page_adopt(struct cxl_pool *pool, struct page *page);
void cxl_page_disown(struct cxl_pool *pool, struct page *page);
bool cxl_page_try_release(struct cxl_pool *pool, struct page *page);
void cxl_page_release(struct cxl_pool *pool, struct page *page);
void cxl_page_release_locked(struct cxl_pool *pool, struct page *page);
int cxl_page_move(struct cxl_pool *pool, struct page *old, unsigned long *entry, struct page *new);

/*
 * The frame of another page, in page->index above the pool's number. For who has the page in hand;
 * not while it is an owner's, whose tag and checksum are there.
 */
static inline void cxl_page_set_link(struct page *page, const struct page *to)
{
	WRITE_ONCE(page->index, (page->index & CXL_PAGE_POOL_MASK) |
				(to ? page_to_pfn(to) : 0) << CXL_PAGE_POOL_BITS);
}

static inline struct page *cxl_page_link(const struct page *page)
{
	unsigned long pfn = page->index >> CXL_PAGE_POOL_BITS;

	return pfn ? pfn_to_page(pfn) : NULL;
}

/* Pages of one's own, chained by their links. */
static inline void cxl_pages_push(struct page **list, struct page *page)
{
	cxl_page_set_link(page, *list);
	*list = page;
}

static inline struct page *cxl_pages_pop(struct page **list)
{
	struct page *page = *list;

	if (page)
		*list = cxl_page_link(page);
	return page;
}

/* movable.c */
void cxl_page_set_movable(struct page *page);
void cxl_page_clear_movable(struct page *page);
bool cxl_page_is_left(struct page *page);

/* poison.c */
bool cxl_page_retire(struct cxl_pool *pool, struct page *page);
void cxl_pages_settle(void);
void cxl_pages_settle_all(void);
void cxl_pages_settle_range(unsigned long start_pfn, unsigned long nr_pages);

#endif /* CXLMETA_POOL_H */
