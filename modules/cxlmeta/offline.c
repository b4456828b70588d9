// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is going offline, as the memory notifier says: room for all of our pages there is set
 * aside first, or else offlining is refused before anything has moved. (6.8 and 6.12,
 * offline_pages(): a page that does not move is tried again for ever.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/workqueue.h>

#include "cxl_pool.h"
#include "cxlmeta.h"
#include "drain.h"
#include "pool.h"

/*
 * The node that memory of is going offline. Its pages are not kept meanwhile; those that the
 * allocator hands out lie elsewhere on it. Changed under mem_hotplug_lock and cxl_lock.
 */
static int offlining_nid = NUMA_NO_NODE;

/**
 * cxl_offlining_node() - whose memory is going offline?
 *
 * Context: any.
 * Return: the node, or NUMA_NO_NODE.
 */
int cxl_offlining_node(void)
{
	return READ_ONCE(offlining_nid);
}

/*
 * Failed memory is settled before the kernel starts, and while it tries: a soft offline that was
 * under way leaves it a page that it would try to move for ever; and a page that could not be given
 * back before, because the kernel looked at it, may fail in its depot.
 */
static void cxl_offline_settle(struct work_struct *work);
static DECLARE_DELAYED_WORK(offline_work, cxl_offline_settle);
static unsigned long offline_pfn, offline_nr_pages;

static void cxl_offline_settle(struct work_struct *work)
{
	struct cxl_pool *pool;

	mutex_lock(&cxl_lock);
	list_for_each_entry(pool, &cxl_pools, list)
		cxl_pool_release_node(pool, offlining_nid);
	mutex_unlock(&cxl_lock);
	cxl_pages_settle_range(offline_pfn, offline_nr_pages);
	queue_delayed_work(system_unbound_wq, &offline_work, HZ);
}

static int cxl_offline_pool(struct cxl_pool *pool, int nid, unsigned long start_pfn,
			    unsigned long nr_pages)
{
	struct cxl_evacuation ev;
	unsigned long nr_found, nr_missing;
	int err = 0;

	cxl_evacuation_init(&ev, pool, nid);
	ev.start_pfn = start_pfn;
	ev.end_pfn = start_pfn + nr_pages;
	nr_found = cxl_evacuation_count(&ev);
	/* who lets pages be dropped takes what room the others have left */
	nr_missing = pool->ops->may_drop ? 0 : cxl_evacuation_reserve(&ev, nr_found);
	if (nr_missing) {
		cxl_targets_release_kept();
		nr_missing = cxl_evacuation_reserve(&ev, nr_missing);
	}
	if (nr_missing) {
		pr_warn("node %d: memory at %#llx can't go offline: %s has %lu pages there, and %lu of them fit nowhere else (%s)\n",
			nid, (u64)start_pfn << PAGE_SHIFT, pool->owner, nr_found, nr_missing,
			cxl_targets_tried());
		err = -EBUSY;
	} else if (nr_found) {
		cxl_evacuation_walk(&ev, cxl_evacuation_visit_move);
		if (cxl_evacuation_count(&ev)) {
			pr_warn("node %d: memory at %#llx can't go offline: %s holds %lu pages that don't move\n",
				nid, (u64)start_pfn << PAGE_SHIFT, pool->owner, ev.nr_found);
			err = -EBUSY;
		}
	}
	cxl_evacuation_end(&ev);
	return err;
}

/* First those whose pages must fit somewhere, then those whose pages may be dropped. */
static int cxl_offline_pools(bool may_drop, int nid, unsigned long start_pfn,
			     unsigned long nr_pages)
{
	struct cxl_pool *pool;
	int err = 0;

	list_for_each_entry(pool, &cxl_pools, list) {
		if (pool->ops->may_drop == may_drop)
			err = cxl_offline_pool(pool, nid, start_pfn, nr_pages);
		if (err)
			break;
	}
	return err;
}

/**
 * cxl_offline_begin() - memory is about to go offline: move our data away
 * @start_pfn: its first frame
 * @nr_pages: its size
 *
 * Context: memory notifier, under mem_hotplug_lock; sleeps.
 * Return: 0; -EBUSY, after a line in the log, if the data does not fit elsewhere. Either way
 *	cxl_offline_end() follows.
 */
int cxl_offline_begin(unsigned long start_pfn, unsigned long nr_pages)
{
	int nid = pfn_to_nid(start_pfn);
	int err;

	mutex_lock(&cxl_lock);
	WRITE_ONCE(offlining_nid, nid);
	cxl_node_empty_depots(nid);
	err = cxl_offline_pools(false, nid, start_pfn, nr_pages);
	if (!err)
		err = cxl_offline_pools(true, nid, start_pfn, nr_pages);
	mutex_unlock(&cxl_lock);
	if (err)
		return err;
	offline_pfn = start_pfn;
	offline_nr_pages = nr_pages;
	cxl_pages_settle();
	cxl_pages_settle_range(start_pfn, nr_pages);
	queue_delayed_work(system_unbound_wq, &offline_work, HZ);
	return 0;
}

/**
 * cxl_offline_end() - memory has gone offline, or it stays
 *
 * The caller tells the pools.
 *
 * Context: memory notifier, under mem_hotplug_lock, or nobody calls it any more; also without
 *	cxl_offline_begin().
 */
void cxl_offline_end(void)
{
	cancel_delayed_work_sync(&offline_work);
	/* what it retired is looked at once more, and its memory map may go now */
	cxl_pages_settle();
	mutex_lock(&cxl_lock);
	WRITE_ONCE(offlining_nid, NUMA_NO_NODE);
	mutex_unlock(&cxl_lock);
}
