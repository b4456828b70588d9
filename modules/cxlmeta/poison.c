// SPDX-License-Identifier: GPL-2.0
/*
 * Pages whose memory has failed. They leave their pool for good, with our reference, and in a
 * moment they are what the kernel takes for failed memory ("settled").
 *
 * To offline_pages() (6.8 and 6.12) a page with a reference is in the way unless it is marked as
 * poisoned, and one of the movable type is to be moved even then: it would try for ever. So a page
 * of ours that failed needs the mark, and must lose the type. While the kernel has the page
 * isolated it can't: by its type the kernel tells it from pages of the LRU lists.
 */
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlmeta.h"
#include "devices.h"
#include "netlink.h"
#include "pool.h"

/*
 * Pages that are not to be used again, chained by their links, until the kernel is told. Inside
 * slot locks and i_pages: taken with interrupts off.
 */
static DEFINE_SPINLOCK(retired_lock);
static struct page *retired_pages;

static void cxl_pages_settle_work(struct work_struct *work);
static DECLARE_WORK(settle_work, cxl_pages_settle_work);

/**
 * cxl_page_retire() - never use a page again: its memory has failed
 * @pool: its pool
 * @page: the page, in nobody's hands but the caller's
 *
 * It is taken out of the pool, and keeps its reference for ever.
 *
 * Context: as cxl_pool_put(); under the owner's locks; with or without the page's lock.
 * Return: true.
 */
bool cxl_page_retire(struct cxl_pool *pool, struct page *page)
{
	unsigned long flags;

	if (!PageHWPoison(page))
		memory_failure_queue(page_to_pfn(page), 0);
	atomic_long_inc(&pool->nr_poisoned);
	cxl_nl_report_pool(pool, CXLTIER_CHANGE_POISONED);
	/* who is about to migrate it, under RCU, finds no entry; later ones find no pool */
	WRITE_ONCE(page->private, 0);
	WRITE_ONCE(page->index, 0);
	spin_lock_irqsave(&retired_lock, flags);
	cxl_pages_push(&retired_pages, page);
	spin_unlock_irqrestore(&retired_lock, flags);
	atomic_long_dec(&pool->nr_held);
	queue_work(system_unbound_wq, &settle_work);
	return true;
}

static struct page *cxl_page_pop_retired(void)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&retired_lock, flags);
	page = cxl_pages_pop(&retired_pages);
	spin_unlock_irqrestore(&retired_lock, flags);
	return page;
}

/* The kernel's own worker may come too late for this: its queue is short. */
static void cxl_page_mark_poisoned(struct page *page)
{
	lock_page(page);
	/* the kernel counts what it has marked itself */
	if (!TestSetPageHWPoison(page))
		cxl_block_count_poisoned(page_to_pfn(page));
	unlock_page(page);
	/* who has it on a list finds nothing to do; nobody isolates it any more */
	while (PageIsolated(page))
		schedule_timeout_uninterruptible(1);
}

/*
 * The kernel asks for the type even after it has unlocked a page that it migrated, but does not go
 * to sleep in between (6.8 and 6.12, migrate_folio_done()).
 */
static void cxl_pages_settle_work(struct work_struct *work)
{
	struct page *page, *marked = NULL;

	while ((page = cxl_page_pop_retired())) {
		cxl_page_mark_poisoned(page);
		cxl_pages_push(&marked, page);
	}
	if (marked)
		synchronize_rcu_tasks();
	while ((page = cxl_pages_pop(&marked))) {
		lock_page(page);
		cxl_page_clear_movable(page);
		unlock_page(page);
	}
}

/**
 * cxl_pages_settle() - make retired pages what the kernel takes for failed memory
 *
 * This happens by itself a moment after a page is retired.
 *
 * Context: process context; sleeps until no retired page is isolated.
 */
void cxl_pages_settle(void)
{
	/* it has some in hand, perhaps */
	flush_work(&settle_work);
	cxl_pages_settle_work(NULL);
}

/**
 * cxl_pages_settle_range() - let failed memory not be in the way of memory that goes offline
 * @start_pfn: the first frame
 * @nr_pages: how many
 *
 * Pages of pools that are in use stay as they are. Beside retired pages, this finds those that were
 * moved, or left their pool, because the kernel wanted to take them out of use (soft offline): it
 * leaves them the type that __ClearPageMovable() does not take away, and marks them when it is done
 * with all else (6.8 and 6.12, page_handle_poison(); a page that is not poisoned loses the type in
 * free_pages_prepare()).
 *
 * Context: process context, the memory going offline or kept from it; sleeps, but waits for no
 *	grace period: offline_pages() holds one up while it tries.
 */
void cxl_pages_settle_range(unsigned long start_pfn, unsigned long nr_pages)
{
	struct page *page;
	unsigned long pfn;

	for (pfn = start_pfn; pfn < start_pfn + nr_pages; pfn++) {
		page = pfn_to_online_page(pfn);
		if (page && PageHWPoison(page) && cxl_page_is_left(page)) {
			lock_page(page);
			if (cxl_page_is_left(page)) {
				ClearPageIsolated(page);
				cxl_page_clear_movable(page);
			}
			unlock_page(page);
		}
		if (pfn % PAGES_PER_SECTION == 0)
			cond_resched();
	}
}

static int cxl_block_settle(struct memory_block *block, void *unused)
{
	if (block->state == MEM_ONLINE && atomic_long_read(&block->nr_hwpoison))
		cxl_pages_settle_range(section_nr_to_pfn(block->start_section_nr),
				       PHYS_PFN(memory_block_size_bytes()));
	return 0;
}

/**
 * cxl_pages_settle_all() - let no failed memory be in the way of memory that goes offline later
 *
 * Nobody does so when we are gone.
 *
 * Context: process context, module exit; no pool is left. Sleeps.
 */
void cxl_pages_settle_all(void)
{
	int nid;

	cxl_pages_settle();
	while (!cxl_hotplug_trylock())
		schedule_timeout_uninterruptible(1);
	for_each_node_state(nid, N_MEMORY)
		cxl_blocks_walk(PFN_PHYS(node_start_pfn(nid)), PFN_PHYS(node_spanned_pages(nid)),
				NULL, cxl_block_settle);
	cxl_hotplug_unlock();
}
