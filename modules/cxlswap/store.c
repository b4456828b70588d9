// SPDX-License-Identifier: GPL-2.0
/*
 * Swap-out: what is admitted, and how it gets into the store.
 *
 * Whatever happens, a slot's older copy does not survive a store to it: it is replaced, or removed
 * when the store is refused. So a stale page can never be loaded. (6.12 has a map of zero-filled
 * pages, which come neither here nor back from here: swap_writepage() and swap_read_folio() look
 * there first. An older copy of one stays, unread, until its slot is freed.)
 */
#include <linux/blk_types.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/vmstat.h>

#include "cxl_node.h"
#include "cxl_pool.h"
#include "cxlswap.h"

/*
 * Set when the pool was found full; tier stores that need a page are refused until its use has
 * fallen to the accept threshold. Counting the use reads a line of every CPU: once a jiffy is
 * enough.
 */
static bool pool_was_full;
static unsigned long pool_next_check;

/*
 * CXL memory is short while the pool's use is above the accept threshold; and for a second after
 * there was no page to be had, whatever the use: others take from the nodes, too.
 */
static bool pool_is_short;
static unsigned long pool_next_short_check;

/**
 * cxlswap_pool_is_short() - should loaded pages give up their copies?
 *
 * Context: any but interrupt handlers.
 * Return: whether CXL memory is short.
 */
bool cxlswap_pool_is_short(void)
{
	if (cxlswap_check_is_due(&pool_next_short_check, 1))
		WRITE_ONCE(pool_is_short,
			   cxl_pool_nr_used(cxlswap_pool) > cxlswap_accept_limit());
	return READ_ONCE(pool_is_short);
}

/* Nobody got a page a moment ago, for whatever reason. */
static unsigned long pool_refused_until = INITIAL_JIFFIES;

/**
 * cxlswap_pool_has_room() - would a page be stored now?
 *
 * Context: any.
 * Return: false for a second after there was no page to be had.
 */
bool cxlswap_pool_has_room(void)
{
	return !time_before(jiffies, READ_ONCE(pool_refused_until));
}

static bool cxlswap_pool_accepts(void)
{
	if (!cxlswap_check_is_due(&pool_next_check, 1))
		return false;
	if (cxl_pool_nr_used(cxlswap_pool) > cxlswap_accept_limit())
		return false;
	WRITE_ONCE(pool_was_full, false);
	return true;
}

/* A page of the pool; NULL, counted by reason, when there is none to be had. Does not sleep. */
static inline struct page *cxlswap_page_get(struct cxlswap_table *table)
{
	struct page *page;

	cxlswap_writeback_poke();
	/* a device has nowhere else to put the page: it waits for no threshold */
	if (unlikely(READ_ONCE(pool_was_full)) && table->tier && !cxlswap_pool_accepts()) {
		WRITE_ONCE(pool_refused_until, jiffies + HZ);
		cxlswap_count(reject_reclaim_fail);
		return NULL;
	}
	page = cxl_pool_get(cxlswap_pool);
	if (likely(page))
		return page;
	WRITE_ONCE(pool_refused_until, jiffies + HZ);
	WRITE_ONCE(pool_next_short_check, jiffies + HZ);
	WRITE_ONCE(pool_is_short, true);
	if (cxl_pool_is_full(cxlswap_pool)) {
		WRITE_ONCE(pool_next_check, jiffies + 1);
		WRITE_ONCE(pool_was_full, true);
		cxlswap_count(pool_limit_hit);
		cxl_pool_report_full(cxlswap_pool);
	} else {
		cxlswap_count(reject_alloc_fail);
	}
	return NULL;
}

/* Return: the word for a page that is filled with @value; 0 if a word can't hold it. */
static unsigned long cxlswap_word_of_value(unsigned long value)
{
	const unsigned int shift = CXLSWAP_SLOT_VALUE_SHIFT;

	if ((long)(value << shift) >> shift == (long)value)
		return value << shift | CXLSWAP_SLOT_SAME;
	if ((u32)value == value >> 32)
		return (value & U32_MAX) << shift | CXLSWAP_SLOT_REPEATS | CXLSWAP_SLOT_SAME;
	return 0;
}

#define CXLSWAP_LAST_WORD (PAGE_SIZE / sizeof(unsigned long) - 1)

/* The slow part of cxlswap_word_if_same(): the last word is as the first one. */
static noinline unsigned long cxlswap_word_if_all_same(const unsigned long *data)
{
	unsigned int i;

	for (i = 1; i < CXLSWAP_LAST_WORD; i++)
		if (data[i] != data[0])
			return 0;
	return cxlswap_word_of_value(data[0]);
}

/* Return: the word for a page of one repeated value; 0 if it is no such page. */
static __always_inline unsigned long cxlswap_word_if_same(const unsigned long *data)
{
	/* the last word first: many pages only begin with zeros */
	if (likely(data[0] != data[CXLSWAP_LAST_WORD]))
		return 0;
	return cxlswap_word_if_all_same(data);
}

/*
 * The word for a page whose data is complete. The checksum is of what was stored: a bio's pages may
 * change while they are copied.
 */
static __always_inline unsigned long cxlswap_word_seal(struct page *page, unsigned long *slot,
						       const void *data)
{
	unsigned long word = cxlswap_word_of_page(page, slot) | CXLSWAP_SLOT_ACCESSED;

	if (unlikely(READ_ONCE(cxlswap_verify)))
		cxl_page_set_checksum(page, cxlswap_checksum(data));
	return word;
}

/* Slots that are stored to without a pause. Preemption is off for that long. */
#define CXLSWAP_RUN_SLOTS 16L

/**
 * struct cxlswap_run - slots in a row, in one leaf, that are being stored to
 * @table: their table
 * @cgroup: who is charged
 * @nr_claims: empty slots that were claimed, and not used up yet
 * @nr_pages: pages that were taken, charged to @cgroup, and not used up yet
 * @pages: those
 */
struct cxlswap_run {
	struct cxlswap_table *table;
	struct cxlswap_cgroup *cgroup;
	unsigned int nr_claims;
	unsigned int nr_pages;
	struct page **pages;
};

/*
 * Takes in one go what empty slots need. What is not to be had is left to be asked for slot by
 * slot, where it is counted by reason.
 */
static void cxlswap_run_begin(struct cxlswap_run *run, unsigned long index,
			      const unsigned long *slots, unsigned int nr_slots)
{
	unsigned int i, nr_empty = 0;

	/* unlocked: a slot that is filled or emptied meanwhile is served, too */
	for (i = 0; i < nr_slots; i++)
		nr_empty += !READ_ONCE(slots[i]);
	if (!nr_empty)
		return;
	if (cxlswap_slots_claim(run->table, index, nr_empty))
		run->nr_claims = nr_empty;
	if (unlikely(READ_ONCE(pool_was_full)) && run->table->tier)
		return;
	cxlswap_writeback_poke();
	run->nr_pages = cxl_pool_get_pages(cxlswap_pool, run->pages, nr_empty);
	atomic_long_add(run->nr_pages, &run->cgroup->nr_stored);
}

/* Gives back what was not needed. */
static void cxlswap_run_end(struct cxlswap_run *run, unsigned long index)
{
	if (unlikely(run->nr_pages)) {
		atomic_long_sub(run->nr_pages, &run->cgroup->nr_stored);
		while (run->nr_pages)
			cxl_pool_put(cxlswap_pool, run->pages[--run->nr_pages]);
	}
	if (unlikely(run->nr_claims))
		cxlswap_slots_release(run->table, index, run->nr_claims);
}

/* A page of the pool, charged; NULL, counted by reason, when there is none to be had. */
static __always_inline struct page *cxlswap_run_page(struct cxlswap_run *run)
{
	struct page *page;

	if (run->nr_pages) {
		page = run->pages[--run->nr_pages];
		cxl_page_set_tag(page, run->cgroup->id);
		return page;
	}
	page = cxlswap_page_get(run->table);
	if (likely(page))
		cxlswap_page_charge(page, run->cgroup);
	return page;
}

/*
 * The page for a locked slot that has @old. One that it owns is used again, so that storing to a
 * full device works.
 */
static __always_inline struct page *cxlswap_run_page_for(struct cxlswap_run *run,
							 unsigned long old)
{
	struct page *page = cxlswap_word_page(old);

	if (likely(!page) || unlikely(PageHWPoison(page)))
		return cxlswap_run_page(run);
	cxlswap_page_uncharge(page);
	cxlswap_page_charge(page, run->cgroup);
	return page;
}

/* Locks the slot and makes sure that it may get data. Return: false, and not locked, if not. */
static __always_inline bool cxlswap_store_begin(struct cxlswap_run *run, unsigned long index,
						unsigned long *slot, unsigned long *old)
{
	*old = cxlswap_slot_lock(slot);
	if (unlikely(cxlswap_word_has_data(*old)))
		return true;
	if (run->nr_claims) {
		run->nr_claims--;
		return true;
	}
	if (likely(cxlswap_slots_claim(run->table, index, 1)))
		return true;
	cxlswap_slot_unlock(slot, *old);
	cxlswap_count(reject_unloading);
	return false;
}

/* Return: true if the slot has the data; false, counted by reason, if it has none now. */
static __always_inline bool cxlswap_run_store(struct cxlswap_run *run, unsigned long index,
					      unsigned long *slot, struct page *page)
{
	unsigned long old, new = 0;
	void *data, *to;

	if (!__cond_lock(bitlock, cxlswap_store_begin(run, index, slot, &old)))
		return false;
	data = kmap_local_page(page);
	if (READ_ONCE(cxlswap_same_filled_enabled) && !run->table->reserved)
		new = cxlswap_word_if_same(data);
	if (unlikely(new))
		goto publish;
	page = cxlswap_run_page_for(run, old);
	if (unlikely(!page))
		goto publish;
	to = kmap_local_page(page);
	cxlswap_copy_page_out(page, to, data);
	new = cxlswap_word_seal(page, slot, to);
	kunmap_local(to);
	if (likely(!old)) {
		/* as cxlswap_slot_publish() does, for nearly every store */
		cxlswap_count(stored_pages);
		cxlswap_slot_unlock(slot, new);
		kunmap_local(data);
		return true;
	}
publish:
	kunmap_local(data);
	cxlswap_slot_publish(run->table, index, slot, old, new);
	return new;
}

/* Return: the slot; NULL, counted, without memory. */
static __always_inline unsigned long *cxlswap_store_slot(struct cxlswap_table *table,
							 unsigned long index)
{
	unsigned long *slot = cxlswap_table_make(table, index);

	if (unlikely(!slot))
		cxlswap_count(reject_kmemcache_fail);
	return slot;
}

/* cxlswap_store_page(), in the midst of cxlswap_store(). */
static __always_inline bool __cxlswap_store_page(struct cxlswap_table *table, unsigned long index,
						 struct page *page,
						 struct cxlswap_cgroup *cgroup)
{
	unsigned long *slot = cxlswap_store_slot(table, index);
	struct cxlswap_run run = { .table = table, .cgroup = cgroup };

	if (unlikely(!slot))
		return false;
	return cxlswap_run_store(&run, index, slot, page);
}

/**
 * cxlswap_store_page() - store one page, whatever the policy, charged to no cgroup
 * @table: the table
 * @index: the slot's number
 * @page: the data
 *
 * Context: process context; may sleep, but not for I/O; also in reclaim.
 * Return: true if the slot has the data; false if it has none now.
 */
bool cxlswap_store_page(struct cxlswap_table *table, unsigned long index, struct page *page)
{
	return __cxlswap_store_page(table, index, page, cxlswap_cgroup_none());
}

/**
 * cxlswap_store_part() - change part of a slot, for a bio
 * @table: the table
 * @index: the slot's number
 * @page: the data
 * @page_offset: where in @page
 * @slot_offset: where to in the slot
 * @len: bytes; inside both pages
 *
 * Context: as cxlswap_store_page().
 * Return: BLK_STS_OK; BLK_STS_NOSPC without memory, or BLK_STS_MEDIUM if the rest of the slot's
 *	data is lost: the slot is as it was.
 */
blk_status_t cxlswap_store_part(struct cxlswap_table *table, unsigned long index,
				struct page *page, unsigned int page_offset,
				unsigned int slot_offset, unsigned int len)
{
	unsigned long *slot = cxlswap_table_make(table, index);
	struct cxlswap_run run = { .table = table, .cgroup = cxlswap_cgroup_none() };
	unsigned long old, new;
	struct page *own;
	void *from, *to;

	if (!slot || !__cond_lock(bitlock, cxlswap_store_begin(&run, index, slot, &old)))
		return BLK_STS_NOSPC;
	own = cxlswap_word_page(old);
	/* what stays of its data must not be lent a checksum that makes it look right */
	if (own && cxlswap_word_has_data(old) && !cxlswap_page_is_good(own))
		old = cxlswap_word_poison(old);
	if (cxlswap_word_is_poison(old)) {
		cxlswap_slot_unlock(slot, old);
		return BLK_STS_MEDIUM;
	}
	/* data that goes bad from here on is found so when it is loaded */
	if (!own || (!cxlswap_word_has_data(old) && PageHWPoison(own)))
		own = cxlswap_run_page(&run);
	if (!own) {
		cxlswap_slot_publish(table, index, slot, old, old);
		return BLK_STS_NOSPC;
	}
	to = kmap_local_page(own);
	if (own != cxlswap_word_page(old) || !cxlswap_word_has_data(old))
		cxlswap_word_copy_to(old, to);
	from = kmap_local_page(page);
	memcpy(to + slot_offset, from + page_offset, len);
	kunmap_local(from);
	new = cxlswap_word_seal(own, slot, to);
	kunmap_local(to);
	cxlswap_slot_publish(table, index, slot, old, new);
	return BLK_STS_OK;
}

/* A device of ours takes every page; in front of another one, the policy decides. */
static bool cxlswap_admits(struct cxlswap_area *area, struct folio *folio)
{
	if (area->device)
		return true;
	if (!READ_ONCE(cxlswap_enabled)) {
		cxlswap_count(reject_disabled);
		return false;
	}
	if (!cxlswap_cgroup_may_store(folio)) {
		cxlswap_count(reject_cgroup);
		return false;
	}
	if (cxl_node_is_far(folio_nid(folio))) {
		cxlswap_count(reject_far_page);
		return false;
	}
	return true;
}

/* Do the settings want what is in the folio? A device of ours takes every page. */
static noinline bool cxlswap_folio_is_same_filled(struct folio *folio)
{
	long i, nr_pages = folio_nr_pages(folio);
	bool same = READ_ONCE(cxlswap_same_filled_enabled);
	void *data;

	for (i = 0; same && i < nr_pages; i++) {
		data = kmap_local_page(folio_page(folio, i));
		same = cxlswap_word_if_same(data);
		kunmap_local(data);
	}
	if (!same)
		cxlswap_count(reject_filled_policy);
	return same;
}

/*
 * Pages from @first on, as many as lie in one leaf and in a run. Preemption is off from when the
 * pool's pages are taken until they are published or given back: see cxl_pool_get_pages().
 * Return: their number; 0 if they could not be stored.
 */
static long cxlswap_store_run(struct cxlswap_table *table, struct folio *folio, long first,
			      struct cxlswap_cgroup *cgroup)
{
	unsigned long index = swp_offset(folio->swap) + first;
	unsigned long *slots = cxlswap_store_slot(table, index);
	struct cxlswap_run run = { .table = table, .cgroup = cgroup };
	struct page *pages[CXLSWAP_RUN_SLOTS];
	bool stored = true;
	long i, nr;

	if (unlikely(!slots))
		return 0;
	nr = cxlswap_table_run(table, index,
			       min(folio_nr_pages(folio) - first, CXLSWAP_RUN_SLOTS));
	run.pages = pages;
	preempt_disable();
	cxlswap_run_begin(&run, index, slots, nr);
	for (i = 0; stored && i < nr; i++)
		stored = cxlswap_run_store(&run, index + i, &slots[i],
					   folio_page(folio, first + i));
	cxlswap_run_end(&run, index);
	preempt_enable();
	return stored ? nr : 0;
}

static noinline bool cxlswap_store_large(struct cxlswap_table *table, struct folio *folio,
					 struct cxlswap_cgroup *cgroup)
{
	long nr, first, nr_pages = folio_nr_pages(folio);

	for (first = 0; first < nr_pages; first += nr) {
		nr = cxlswap_store_run(table, folio, first, cgroup);
		if (unlikely(!nr))
			return false;
	}
	cxlswap_count(large_stores);
	return true;
}

static __always_inline bool cxlswap_store_pages(struct cxlswap_area *area, struct folio *folio,
						struct cxlswap_cgroup *cgroup)
{
	if (unlikely(!cgroup)) {
		cxlswap_count(reject_kmemcache_fail);
		return false;
	}
	if (unlikely(!READ_ONCE(cxlswap_non_same_filled_enabled)) && !area->device &&
	    !cxlswap_folio_is_same_filled(folio))
		return false;
	if (unlikely(folio_test_large(folio)))
		return cxlswap_store_large(area->table, folio, cgroup);
	return __cxlswap_store_page(area->table, swp_offset(folio->swap), &folio->page, cgroup);
}

/*
 * What is left of an older copy goes, and so does what was stored of the folio. Return: whether
 * reclaim is to come back later: dirty again, the folio stays in memory (as one does that
 * arch_prepare_to_swap() fails for).
 */
static noinline bool cxlswap_store_refuse(struct cxlswap_area *area, struct folio *folio,
					  struct cxlswap_cgroup *cgroup)
{
	long nr_pages = folio_nr_pages(folio);

	if (cgroup)
		atomic_long_add(nr_pages, &cgroup->nr_refused);
	if (cxlswap_table_has_data(area->table))
		cxlswap_table_drop(area->table, swp_offset(folio->swap), nr_pages);
	if (area->device) {
		cxlswap_device_expect_bios(area->device, nr_pages);
		return false;
	}
	if (likely(!cxlswap_writeback_has(area, swp_offset(folio->swap), nr_pages)))
		return false;
	folio_mark_dirty(folio);
	cxlswap_count(postponed_stores);
	return true;
}

/**
 * cxlswap_store() - store a folio whole, or refuse it whole
 * @area: the swap area that folio->swap lies in
 * @folio: locked and in the swap cache, so that nobody can load it until this returns
 *
 * Context: process context, mostly reclaim; may sleep, but not for I/O.
 * Return: true if stored, or if it is to be tried again, and is dirty; false, counted by reason, if
 *	not: then nothing of it is here any more.
 */
bool cxlswap_store(struct cxlswap_area *area, struct folio *folio)
{
	struct cxlswap_cgroup *cgroup =
		cxlswap_cgroup_of_store(cxlswap_hooks_slot_cgroup_id(folio->swap));
	long nr_pages = folio_nr_pages(folio);

	if (!cxlswap_admits(area, folio) || !cxlswap_store_pages(area, folio, cgroup))
		return cxlswap_store_refuse(area, folio, cgroup);
	atomic_long_add(nr_pages, &cgroup->nr_stores);
	cxlswap_count_add(stores, nr_pages);
	/* what the kernel counts where it writes to the device itself */
	count_vm_events(PSWPOUT, nr_pages);
	return true;
}
