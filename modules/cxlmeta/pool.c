// SPDX-License-Identifier: GPL-2.0
/*
 * Page pools over far nodes.
 *
 * A page goes from the page allocator to its owner and, when it is freed, into the magazine of the
 * CPU that frees it: a small array of kept pages per CPU and node. A full magazine gives half of
 * its pages to its node's depot, an empty one takes as many from there. Kept pages spare the next
 * store the page allocator and (with init_on_alloc) the clearing of the page. A kept page may hold
 * old user data: nobody but the pool can reach it, and its next owner overwrites all of it.
 *
 * Borrowed fields of struct page: lru, while the page is in a depot.
 *
 * The limit counts the pages that the pool has from the allocator, used or kept; kept ones are used
 * up first, but for those in other CPUs' magazines, which are kept small beside the limit.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "cxl_node.h"
#include "cxl_param.h"
#include "cxl_pool.h"
#include "cxlmeta.h"

/*
 * A store runs in reclaim, under spinlocks, with interrupts off, in tasks that a cpuset confines to
 * other nodes. So the allocation
 *  - has none of the reclaim bits: it neither sleeps nor wakes kswapd for a node that we fill on
 *    purpose;
 *  - stays on the node, and is silent when the node is full;
 *  - has __GFP_HIGH, which makes the allocator ignore the cpuset (gfp_to_alloc_flags(), 6.8 to
 *    6.12) and would allow half of the minimum reserve: cxl_node_has_room() stops far above that;
 *  - has __GFP_NOMEMALLOC: no other reserves although the task is PF_MEMALLOC.
 */
#define CXL_POOL_GFP (__GFP_HIGH | __GFP_NOMEMALLOC | __GFP_THISNODE | __GFP_NOWARN)

/* Pages in one magazine. Half of them move at a time, so that the depot's lock is rarely taken. */
#define CXL_MAGAZINE_MAX 64
#define CXL_MAGAZINE_MIN 4

/*
 * wipe=1: clear a page as soon as its owner frees it, instead of leaving its data until the page is
 * used again. Default 0.
 */
static bool wipe;
module_param_cb(wipe, &cxl_param_bool_ops, &wipe, 0644);
MODULE_PARM_DESC(wipe, "clear pages when they are freed (default 0)");

struct cxl_magazine {
	unsigned int nr;
	struct page *pages[CXL_MAGAZINE_MAX];
};

/**
 * struct cxl_pool_cpu - one CPU's part of a pool
 * @lock: protects this struct. Taken with interrupts on or off, never by an interrupt handler;
 *	almost always by the CPU itself, so that it is not contended
 * @turn: index of the node whose turn it is
 * @nodes: per node: pages that were handed out minus those taken back on this CPU, which only
 *	means something summed over all CPUs, and the kept pages
 */
struct cxl_pool_cpu {
	spinlock_t lock;
	unsigned int turn;
	struct {
		long nr_used;
		struct cxl_magazine magazine;
	} nodes[];
};

/**
 * struct cxl_pool_node - one node's part of a pool
 * @nid: the node
 * @lock: protects @depot and @nr_depot; inside cxl_pool_cpu.lock
 * @depot: kept pages
 * @nr_depot: their number
 */
struct cxl_pool_node {
	int nid;
	spinlock_t lock;
	struct list_head depot;
	unsigned long nr_depot;
};

/**
 * struct cxl_pool - a pool
 * @owner: who uses it
 * @limit: the most pages it may have
 * @magazine_max: the most pages that a magazine may keep
 * @nr_held: pages taken from the allocator, used or kept
 * @cpus: per CPU
 * @shrinker: gives kept pages back when a node runs short
 * @list: in pool_list
 * @nr_nodes: number of entries in @nodes
 * @index: node number to index in @nodes
 * @nodes: the group's nodes
 */
struct cxl_pool {
	const char *owner;
	unsigned long limit;
	unsigned int magazine_max;
	unsigned int nr_nodes;
	struct cxl_pool_cpu __percpu *cpus;
	struct shrinker *shrinker;
	struct list_head list;
	u8 index[MAX_NUMNODES];
	atomic_long_t nr_held ____cacheline_aligned_in_smp;
	struct cxl_pool_node nodes[] ____cacheline_aligned_in_smp;
};

/* Protects pool_list; process context. */
static DEFINE_MUTEX(pool_list_lock);
static LIST_HEAD(pool_list);

/*
 * A pool takes no more from a zone whose free pages are down to the high watermark, so that our
 * allocations never eat into what the kernel keeps for itself. ZONE_MOVABLE is not for us: these
 * pages can't move yet.
 */
static bool cxl_node_has_room(int nid)
{
	struct zone *zone = NODE_DATA(nid)->node_zones;

	for (; zone <= &NODE_DATA(nid)->node_zones[ZONE_NORMAL]; zone++)
		if (zone_page_state(zone, NR_FREE_PAGES) > high_wmark_pages(zone))
			return true;
	return false;
}

static struct page *cxl_node_alloc(struct cxl_pool *pool, int nid)
{
	nodemask_t only = nodemask_of_node(nid);
	struct page *page = NULL;

	if (atomic_long_inc_return(&pool->nr_held) <= READ_ONCE(pool->limit) &&
	    cxl_node_has_room(nid))
		page = __alloc_pages(CXL_POOL_GFP, 0, nid, &only);
	if (!page)
		atomic_long_dec(&pool->nr_held);
	return page;
}

static void cxl_node_free(struct cxl_pool *pool, struct page *page)
{
	__free_page(page);
	atomic_long_dec(&pool->nr_held);
}

static struct page *cxl_depot_pop(struct cxl_pool_node *node)
{
	struct page *page;

	lockdep_assert_held(&node->lock);
	page = list_first_entry_or_null(&node->depot, struct page, lru);
	if (page) {
		list_del(&page->lru);
		node->nr_depot--;
	}
	return page;
}

static void cxl_magazine_fill(struct cxl_pool *pool, struct cxl_magazine *magazine,
			      struct cxl_pool_node *node)
{
	unsigned int nr_wanted = READ_ONCE(pool->magazine_max) / 2;
	struct page *page;

	if (!READ_ONCE(node->nr_depot))
		return;
	spin_lock(&node->lock);
	while (magazine->nr < nr_wanted && (page = cxl_depot_pop(node)))
		magazine->pages[magazine->nr++] = page;
	spin_unlock(&node->lock);
}

/* Makes room: half of the pages go to the depot, or to the allocator if the limit was lowered. */
static void cxl_magazine_flush(struct cxl_pool *pool, struct cxl_magazine *magazine,
			       struct cxl_pool_node *node)
{
	unsigned int nr_left = min(magazine->nr, READ_ONCE(pool->magazine_max)) / 2;
	struct page *page;

	while (magazine->nr > nr_left &&
	       atomic_long_read(&pool->nr_held) > READ_ONCE(pool->limit))
		cxl_node_free(pool, magazine->pages[--magazine->nr]);
	if (magazine->nr <= nr_left)
		return;
	spin_lock(&node->lock);
	while (magazine->nr > nr_left) {
		page = magazine->pages[--magazine->nr];
		list_add(&page->lru, &node->depot);
		node->nr_depot++;
	}
	spin_unlock(&node->lock);
}

static struct page *cxl_pool_get_from(struct cxl_pool *pool, struct cxl_pool_cpu *cpu,
				      unsigned int i)
{
	struct cxl_magazine *magazine = &cpu->nodes[i].magazine;
	struct page *page;

	lockdep_assert_held(&cpu->lock);
	if (!magazine->nr)
		cxl_magazine_fill(pool, magazine, &pool->nodes[i]);
	if (magazine->nr)
		page = magazine->pages[--magazine->nr];
	else
		page = cxl_node_alloc(pool, pool->nodes[i].nid);
	if (page)
		cpu->nodes[i].nr_used++;
	return page;
}

/**
 * cxl_pool_get() - take a page
 * @pool: the pool
 *
 * The nodes take turns; one that has nothing to give is passed over.
 *
 * Context: any but interrupt handlers; also in reclaim, under spinlocks and with interrupts off.
 *	Does not sleep.
 * Return: a page, which now belongs to the caller and holds arbitrary data; NULL when the limit is
 *	reached or all nodes are full.
 */
struct page *cxl_pool_get(struct cxl_pool *pool)
{
	struct cxl_pool_cpu *cpu;
	struct page *page = NULL;
	unsigned int i, tries;

	cpu = get_cpu_ptr(pool->cpus);
	spin_lock(&cpu->lock);
	i = cpu->turn;
	for (tries = pool->nr_nodes; tries && !page; tries--) {
		page = cxl_pool_get_from(pool, cpu, i);
		i = i + 1 < pool->nr_nodes ? i + 1 : 0;
	}
	cpu->turn = i;
	spin_unlock(&cpu->lock);
	put_cpu_ptr(pool->cpus);
	return page;
}
EXPORT_SYMBOL_GPL(cxl_pool_get);

/**
 * cxl_pool_wipe() - clear a page whose data is no longer needed, if wipe=1 asks for it
 * @page: the page, which its owner keeps; cxl_pool_put() does this itself
 *
 * Context: any.
 */
void cxl_pool_wipe(struct page *page)
{
	if (READ_ONCE(wipe))
		clear_highpage(page);
}
EXPORT_SYMBOL_GPL(cxl_pool_wipe);

/**
 * cxl_pool_put() - give a page back
 * @pool: the pool that it came from
 * @page: the page
 *
 * Context: as cxl_pool_get().
 */
void cxl_pool_put(struct cxl_pool *pool, struct page *page)
{
	unsigned int i = pool->index[page_to_nid(page)];
	struct cxl_magazine *magazine;
	struct cxl_pool_cpu *cpu;

	cxl_pool_wipe(page);
	cpu = get_cpu_ptr(pool->cpus);
	spin_lock(&cpu->lock);
	magazine = &cpu->nodes[i].magazine;
	if (magazine->nr >= READ_ONCE(pool->magazine_max))
		cxl_magazine_flush(pool, magazine, &pool->nodes[i]);
	magazine->pages[magazine->nr++] = page;
	cpu->nodes[i].nr_used--;
	spin_unlock(&cpu->lock);
	put_cpu_ptr(pool->cpus);
}
EXPORT_SYMBOL_GPL(cxl_pool_put);

/* Gives up to @nr_pages kept pages of a depot to the allocator. Return: how many it gave. */
static unsigned long cxl_depot_shrink(struct cxl_pool *pool, struct cxl_pool_node *node,
				      unsigned long nr_pages)
{
	unsigned long nr_freed = 0;
	struct page *page;

	do {
		spin_lock(&node->lock);
		page = nr_freed < nr_pages ? cxl_depot_pop(node) : NULL;
		spin_unlock(&node->lock);
		if (page) {
			cxl_node_free(pool, page);
			nr_freed++;
		}
	} while (page);
	return nr_freed;
}

static void cxl_pool_drain_magazines(struct cxl_pool *pool)
{
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cxl_pool_cpu *pool_cpu = per_cpu_ptr(pool->cpus, cpu);

		spin_lock(&pool_cpu->lock);
		for (i = 0; i < pool->nr_nodes; i++) {
			struct cxl_magazine *magazine = &pool_cpu->nodes[i].magazine;

			while (magazine->nr)
				cxl_node_free(pool, magazine->pages[--magazine->nr]);
		}
		spin_unlock(&pool_cpu->lock);
	}
}

static struct cxl_pool_node *cxl_pool_find_node(struct cxl_pool *pool, int nid)
{
	struct cxl_pool_node *node = &pool->nodes[pool->index[nid]];

	return pool->nr_nodes && node->nid == nid ? node : NULL;
}

static unsigned long cxl_pool_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cxl_pool_node *node = cxl_pool_find_node(shrinker->private_data, sc->nid);

	return node && node->nr_depot ? READ_ONCE(node->nr_depot) : SHRINK_EMPTY;
}

static unsigned long cxl_pool_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cxl_pool *pool = shrinker->private_data;
	struct cxl_pool_node *node = cxl_pool_find_node(pool, sc->nid);

	return node ? cxl_depot_shrink(pool, node, sc->nr_to_scan) : SHRINK_STOP;
}

/**
 * cxl_pool_set_limit() - change how many pages a pool may have
 * @pool: the pool
 * @nr_pages: the new limit. Pages in use beyond it stay in use.
 *
 * Context: process context; calls for one pool are serialized by the caller.
 */
void cxl_pool_set_limit(struct cxl_pool *pool, unsigned long nr_pages)
{
	unsigned long nr_magazines = (unsigned long)num_possible_cpus() * max(pool->nr_nodes, 1u);
	unsigned long nr_over, i;

	WRITE_ONCE(pool->limit, nr_pages);
	/* all magazines together: a 16th of the limit; the shrinker empties depots at need */
	WRITE_ONCE(pool->magazine_max, clamp_t(unsigned long, nr_pages / 16 / nr_magazines,
					       CXL_MAGAZINE_MIN, CXL_MAGAZINE_MAX));

	for (i = 0; i < pool->nr_nodes; i++) {
		nr_over = max(atomic_long_read(&pool->nr_held) - (long)nr_pages, 0L);
		cxl_depot_shrink(pool, &pool->nodes[i], nr_over);
	}
	if (atomic_long_read(&pool->nr_held) > nr_pages)
		cxl_pool_drain_magazines(pool);
}
EXPORT_SYMBOL_GPL(cxl_pool_set_limit);

/**
 * cxl_pool_limit() - the most pages that a pool may have
 * @pool: the pool
 *
 * Context: any.
 * Return: the limit in pages.
 */
unsigned long cxl_pool_limit(const struct cxl_pool *pool)
{
	return READ_ONCE(pool->limit);
}
EXPORT_SYMBOL_GPL(cxl_pool_limit);

/**
 * cxl_pool_is_full() - is it the limit that keeps a pool from taking more?
 * @pool: the pool
 *
 * Context: any.
 * Return: whether the limit is reached; false if only the nodes are full.
 */
bool cxl_pool_is_full(struct cxl_pool *pool)
{
	return atomic_long_read(&pool->nr_held) >= READ_ONCE(pool->limit);
}
EXPORT_SYMBOL_GPL(cxl_pool_is_full);

static unsigned long cxl_pool_nr_used_on(struct cxl_pool *pool, unsigned int i)
{
	long nr_used = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		nr_used += READ_ONCE(per_cpu_ptr(pool->cpus, cpu)->nodes[i].nr_used);
	return max(nr_used, 0L);
}

/**
 * cxl_pool_nr_used() - pages that the owner has now
 * @pool: the pool
 *
 * Context: any; reads a line of every CPU. Exact while no page is taken or given back.
 * Return: their number.
 */
unsigned long cxl_pool_nr_used(struct cxl_pool *pool)
{
	unsigned long nr_used = 0;
	unsigned int i;

	for (i = 0; i < pool->nr_nodes; i++)
		nr_used += cxl_pool_nr_used_on(pool, i);
	return nr_used;
}
EXPORT_SYMBOL_GPL(cxl_pool_nr_used);

static void cxl_pool_init_nodes(struct cxl_pool *pool, const struct cxl_group *group)
{
	int nid, cpu;

	for_each_node_mask(nid, group->nodes) {
		struct cxl_pool_node *node = &pool->nodes[pool->nr_nodes];

		node->nid = nid;
		spin_lock_init(&node->lock);
		INIT_LIST_HEAD(&node->depot);
		pool->index[nid] = pool->nr_nodes++;
	}
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(pool->cpus, cpu)->lock);
}

static int cxl_pool_init_shrinker(struct cxl_pool *pool)
{
	pool->shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE, "cxlmeta-pool:%s", pool->owner);
	if (!pool->shrinker)
		return -ENOMEM;
	pool->shrinker->count_objects = cxl_pool_shrink_count;
	pool->shrinker->scan_objects = cxl_pool_shrink_scan;
	pool->shrinker->private_data = pool;
	shrinker_register(pool->shrinker);
	return 0;
}

/**
 * cxl_pool_create() - make an empty pool with limit 0
 * @owner: who uses it, for the lists; not copied
 * @group: the nodes to take pages from
 *
 * Context: process context; sleeps.
 * Return: the pool, to be freed with cxl_pool_destroy(); NULL without memory.
 */
struct cxl_pool *cxl_pool_create(const char *owner, const struct cxl_group *group)
{
	unsigned int nr_nodes = nodes_weight(group->nodes);
	struct cxl_pool *pool;

	pool = kzalloc(struct_size(pool, nodes, nr_nodes), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->owner = owner;
	pool->cpus = __alloc_percpu(struct_size_t(struct cxl_pool_cpu, nodes, nr_nodes),
				    __alignof__(struct cxl_pool_cpu));
	if (!pool->cpus)
		goto err_free_pool;
	cxl_pool_init_nodes(pool, group);
	cxl_pool_set_limit(pool, 0);
	if (cxl_pool_init_shrinker(pool))
		goto err_free_cpus;

	mutex_lock(&pool_list_lock);
	list_add_tail(&pool->list, &pool_list);
	mutex_unlock(&pool_list_lock);
	return pool;

err_free_cpus:
	free_percpu(pool->cpus);
err_free_pool:
	kfree(pool);
	return NULL;
}
EXPORT_SYMBOL_GPL(cxl_pool_create);

/**
 * cxl_pool_destroy() - free a pool
 * @pool: the pool; all its pages have been given back. NULL is ignored
 *
 * Context: process context; sleeps.
 */
void cxl_pool_destroy(struct cxl_pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	mutex_lock(&pool_list_lock);
	list_del(&pool->list);
	mutex_unlock(&pool_list_lock);

	shrinker_free(pool->shrinker);
	cxl_pool_drain_magazines(pool);
	for (i = 0; i < pool->nr_nodes; i++)
		cxl_depot_shrink(pool, &pool->nodes[i], ULONG_MAX);
	WARN_ON_ONCE(atomic_long_read(&pool->nr_held));
	free_percpu(pool->cpus);
	kfree(pool);
}
EXPORT_SYMBOL_GPL(cxl_pool_destroy);

/**
 * cxl_pools_show() - list all pools: owner, node, pages used, pages kept in the depot; then the
 *	pool's pages held and limit
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_pools_show(struct seq_file *m, void *unused)
{
	struct cxl_pool *pool;
	unsigned int i;

	mutex_lock(&pool_list_lock);
	list_for_each_entry(pool, &pool_list, list) {
		for (i = 0; i < pool->nr_nodes; i++)
			seq_printf(m, "%s node%d used %lu kept %lu\n", pool->owner,
				   pool->nodes[i].nid, cxl_pool_nr_used_on(pool, i),
				   READ_ONCE(pool->nodes[i].nr_depot));
		seq_printf(m, "%s total used %lu held %ld limit %lu\n", pool->owner,
			   cxl_pool_nr_used(pool), atomic_long_read(&pool->nr_held),
			   READ_ONCE(pool->limit));
	}
	mutex_unlock(&pool_list_lock);
	return 0;
}
