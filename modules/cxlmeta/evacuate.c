// SPDX-License-Identifier: GPL-2.0
/*
 * Moving a pool's pages out of a range of memory: where they can go, and how they get there. The
 * owner is walked, and goes on using his pages; no help of the kernel's is needed.
 *
 * Why one walk is enough: the node is closed, or its range isolated, first, and synchronize_rcu()
 * waits for those who took a page before that and have not published it yet (preemption is off from
 * cxl_pool_get() until then). After that no entry of any owner gets a page of this node.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "cxl_node.h"
#include "cxl_param.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "drain.h"
#include "pool.h"

/*
 * spill_to_dram=1: what fits on no far node may be moved to a node with CPUs when its node is
 * drained or goes offline. Default 0: then draining fails.
 */
static bool spill_to_dram;
module_param_cb(spill_to_dram, &cxl_param_bool_ops, &spill_to_dram, 0644);
MODULE_PARM_DESC(spill_to_dram, "move to DRAM what fits on no far node (default 0)");

/* ---- where pages can go --------------------------------------------------------------- */

static void cxl_target_nodes(struct cxl_pool *pool, enum cxl_target target, int from,
			     nodemask_t *nodes)
{
	struct cxl_schedule *schedule = rcu_dereference_protected(pool->schedule,
								  lockdep_is_held(&cxl_lock));

	switch (target) {
	case CXL_TARGET_GROUP:
		*nodes = schedule->nodes;
		break;
	case CXL_TARGET_FAR:
		nodes_andnot(*nodes, cxl_far_nodes, schedule->nodes);
		break;
	case CXL_TARGET_SAME:
		*nodes = nodemask_of_node(from);
		return;
	default:
		nodes_clear(*nodes);
		/* what is there to spare DRAM, and can be dropped, has no business there */
		if (READ_ONCE(spill_to_dram) && !pool->ops->may_drop)
			nodes_andnot(*nodes, node_states[N_MEMORY], cxl_far_nodes);
	}
	node_clear(from, *nodes);
}

/**
 * cxl_target_room() - how much room is there for pages that leave a node?
 * @pool: whose pages
 * @target: where
 * @from: the node
 *
 * Context: process context, under cxl_lock.
 * Return: pages, as of now; those that are kept there can be had, too.
 */
unsigned long cxl_target_room(struct cxl_pool *pool, enum cxl_target target, int from)
{
	unsigned long nr_pages = 0;
	nodemask_t nodes;
	int nid;

	cxl_target_nodes(pool, target, from, &nodes);
	for_each_node_mask(nid, nodes)
		nr_pages += cxl_node_room(nid) + READ_ONCE(pool->nodes[nid].nr_depot);
	return nr_pages;
}

/**
 * cxl_targets_release_kept() - give all kept pages of far nodes to the page allocator
 *
 * They are room for others' data.
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_targets_release_kept(void)
{
	struct cxl_pool *pool;
	int nid;

	list_for_each_entry(pool, &cxl_pools, list)
		for_each_node_mask(nid, cxl_far_nodes)
			cxl_pool_release_kept(pool, nid);
}

/**
 * cxl_targets_tried() - where was no room found?
 *
 * Context: any.
 * Return: words for the log.
 */
const char *cxl_targets_tried(void)
{
	return READ_ONCE(spill_to_dram) ? "not even in DRAM" : "spill_to_dram=0";
}

static struct page *cxl_target_alloc(struct cxl_pool *pool, int from)
{
	enum cxl_target target;
	struct page *page;
	nodemask_t nodes;
	int nid;

	for (target = 0; target < CXL_NR_TARGETS; target++) {
		cxl_target_nodes(pool, target, from, &nodes);
		for_each_node_mask(nid, nodes) {
			page = cxl_page_alloc(pool, nid, LONG_MAX);
			if (page)
				return page;
		}
	}
	return NULL;
}

/* ---- moving --------------------------------------------------------------------------- */

/**
 * cxl_evacuation_init() - get ready to move a pool's pages off a node
 * @ev: to be filled in; of all the node, until the caller says which range
 * @pool: the pool
 * @nid: the node
 *
 * Context: any.
 */
void cxl_evacuation_init(struct cxl_evacuation *ev, struct cxl_pool *pool, int nid)
{
	*ev = (struct cxl_evacuation) { .pool = pool, .nid = nid, .end_pfn = ULONG_MAX };
}

static bool cxl_evacuation_covers(const struct cxl_evacuation *ev, const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	return page_to_nid(page) == ev->nid && pfn >= ev->start_pfn && pfn < ev->end_pfn;
}

static struct page *cxl_evacuation_page(struct cxl_evacuation *ev)
{
	struct page *page;

	/* its memory may have failed while it was set aside */
	do
		page = cxl_pages_pop(&ev->reserve);
	while (page && PageHWPoison(page) && cxl_page_retire(ev->pool, page));
	return page ?: cxl_target_alloc(ev->pool, ev->nid);
}

static void cxl_evacuation_visit_count(struct cxl_pool_walk *walk, struct page *page,
				       unsigned long *entry)
{
	struct cxl_evacuation *ev = container_of(walk, struct cxl_evacuation, walk);

	ev->nr_found += cxl_evacuation_covers(ev, page);
}

/**
 * cxl_evacuation_visit_move() - move a page if it is in the range; see struct cxl_pool_walk
 * @walk: the walk of a struct cxl_evacuation
 * @page: the page
 * @entry: the entry that owns it, or did
 *
 * One that fits nowhere is dropped, if its owner lets it be.
 *
 * Context: process context, under cxl_lock.
 */
void cxl_evacuation_visit_move(struct cxl_pool_walk *walk, struct page *page,
			       unsigned long *entry)
{
	struct cxl_evacuation *ev = container_of(walk, struct cxl_evacuation, walk);
	struct page *new;
	int err;

	if (!cxl_evacuation_covers(ev, page))
		return;
	new = cxl_evacuation_page(ev);
	if (!new && !ev->pool->ops->may_drop) {
		ev->nr_failed++;
		return;
	}
	rcu_read_lock();
	err = cxl_page_move(ev->pool, page, entry, new);
	rcu_read_unlock();
	if (err) {
		if (new)
			cxl_pages_push(&ev->reserve, new);
		return;
	}
	cxl_page_release(ev->pool, page);
	ev->nr_moved++;
}

/**
 * cxl_evacuation_walk() - visit all pages that the owner has
 * @ev: the evacuation
 * @visit: what to do with each
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_evacuation_walk(struct cxl_evacuation *ev,
			 void (*visit)(struct cxl_pool_walk *walk, struct page *page,
				       unsigned long *entry))
{
	ev->walk = (struct cxl_pool_walk) { .visit = visit };
	while (ev->pool->ops->walk(&ev->walk))
		cond_resched();
}

/**
 * cxl_evacuation_count() - count the owner's pages in the range
 * @ev: the evacuation
 *
 * Context: process context, under cxl_lock; sleeps.
 * Return: their number.
 */
unsigned long cxl_evacuation_count(struct cxl_evacuation *ev)
{
	ev->nr_found = 0;
	cxl_evacuation_walk(ev, cxl_evacuation_visit_count);
	return ev->nr_found;
}

/**
 * cxl_evacuation_reserve() - set pages aside
 * @ev: the evacuation
 * @nr_pages: how many
 *
 * Context: process context, under cxl_lock; sleeps.
 * Return: how many of them could not be set aside.
 */
unsigned long cxl_evacuation_reserve(struct cxl_evacuation *ev, unsigned long nr_pages)
{
	struct page *page;

	for (; nr_pages; nr_pages--) {
		page = cxl_target_alloc(ev->pool, ev->nid);
		if (!page)
			break;
		cxl_pages_push(&ev->reserve, page);
		cond_resched();
	}
	return nr_pages;
}

/**
 * cxl_evacuation_end() - give back what was set aside and not used
 * @ev: the evacuation
 *
 * Context: process context.
 */
void cxl_evacuation_end(struct cxl_evacuation *ev)
{
	struct page *page;

	while ((page = cxl_pages_pop(&ev->reserve))) {
		cxl_page_release(ev->pool, page);
		cond_resched();
	}
}

/**
 * cxl_node_empty_depots() - see to it that all pages of a node are free or in an entry
 * @nid: the node; closed, or of which memory goes offline
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_node_empty_depots(int nid)
{
	struct cxl_pool *pool;

	cxl_pools_update();
	/* who took a page of the node before it was closed has published it after this */
	synchronize_rcu();
	list_for_each_entry(pool, &cxl_pools, list)
		cxl_pool_release_node(pool, nid);
}
