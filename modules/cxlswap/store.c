// SPDX-License-Identifier: GPL-2.0
/*
 * Swap-out: what is admitted, and how it gets into the store.
 *
 * Whatever happens, a slot's older copy does not survive a store to it: it is replaced, or removed
 * when the store is refused. So a stale page can never be loaded.
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
		cxlswap_count(reject_reclaim_fail);
		return NULL;
	}
	page = cxl_pool_get(cxlswap_pool);
	if (likely(page))
		return page;
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

/* Return: the word for a page of one repeated value; 0 if it is no such page. */
static unsigned long cxlswap_word_if_same(const unsigned long *data)
{
	const unsigned int last = PAGE_SIZE / sizeof(*data) - 1;
	unsigned int i;

	/* the last word first: many pages only begin with zeros */
	if (likely(data[0] != data[last]))
		return 0;
	for (i = 1; i < last; i++)
		if (data[i] != data[0])
			return 0;
	return cxlswap_word_of_value(data[0]);
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

/*
 * Copies @data to where @slot's new word says. @old is the locked slot's word; a page that it owns
 * is used again, so that storing to a full device works.
 * Return: the new word; 0, counted by reason, if there is no page to be had.
 */
static __always_inline unsigned long cxlswap_word_make(struct cxlswap_table *table,
						       unsigned long *slot, unsigned long old,
						       void *data,
						       struct cxlswap_cgroup *cgroup)
{
	struct page *page = cxlswap_word_page(old);
	unsigned long word = 0;
	void *to;

	if (READ_ONCE(cxlswap_same_filled_enabled) && !table->reserved)
		word = cxlswap_word_if_same(data);
	if (word)
		return word;
	if (page && likely(!PageHWPoison(page)))
		cxlswap_page_uncharge(page);
	else
		page = cxlswap_page_get(table);
	if (!page)
		return 0;
	cxlswap_page_charge(page, cgroup);
	to = kmap_local_page(page);
	cxlswap_copy_page(to, data);
	word = cxlswap_word_seal(page, slot, to);
	kunmap_local(to);
	return word;
}

/* Locks the slot and makes sure that it may get data. Return: false, and not locked, if not. */
static __always_inline bool cxlswap_store_begin(struct cxlswap_table *table, unsigned long index,
						unsigned long *slot, unsigned long *old)
{
	*old = cxlswap_slot_lock(slot);
	if (cxlswap_word_has_data(*old) || cxlswap_slot_claim(table, index))
		return true;
	cxlswap_slot_unlock(slot, *old);
	cxlswap_count(reject_unloading);
	return false;
}

/* cxlswap_store_page(), in the midst of cxlswap_store(). */
static __always_inline bool __cxlswap_store_page(struct cxlswap_table *table, unsigned long index,
						 struct page *page,
						 struct cxlswap_cgroup *cgroup)
{
	unsigned long *slot = cxlswap_table_make(table, index);
	unsigned long old, new;
	void *data;

	if (!slot) {
		cxlswap_count(reject_kmemcache_fail);
		return false;
	}
	if (!__cond_lock(bitlock, cxlswap_store_begin(table, index, slot, &old)))
		return false;
	data = kmap_local_page(page);
	new = cxlswap_word_make(table, slot, old, data, cgroup);
	kunmap_local(data);
	if (likely(!old && cxlswap_word_kind(new) == CXLSWAP_SLOT_PAGE)) {
		/* as cxlswap_slot_publish() does, for nearly every store */
		cxlswap_count(stored_pages);
		cxlswap_slot_unlock(slot, new);
		return true;
	}
	cxlswap_slot_publish(table, index, slot, old, new);
	return new;
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
	unsigned long old, new;
	struct page *own;
	void *from, *to;

	if (!slot || !__cond_lock(bitlock, cxlswap_store_begin(table, index, slot, &old)))
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
	if (!own || (!cxlswap_word_has_data(old) && PageHWPoison(own))) {
		own = cxlswap_page_get(table);
		if (own)
			cxlswap_page_charge(own, cxlswap_cgroup_none());
	}
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

static bool cxlswap_page_is_wanted(struct cxlswap_area *area, struct page *page)
{
	bool same;
	void *data;

	if (likely(READ_ONCE(cxlswap_non_same_filled_enabled)) || area->device)
		return true;
	data = kmap_local_page(page);
	same = READ_ONCE(cxlswap_same_filled_enabled) && cxlswap_word_if_same(data);
	kunmap_local(data);
	if (!same)
		cxlswap_count(reject_filled_policy);
	return same;
}

static bool cxlswap_store_pages(struct cxlswap_area *area, struct folio *folio)
{
	unsigned long index = swp_offset(folio->swap);
	struct cxlswap_cgroup *cgroup =
		cxlswap_cgroup_by_id(cxlswap_hooks_slot_cgroup_id(folio->swap));
	long i, nr_pages = folio_nr_pages(folio);

	if (!cgroup) {
		cxlswap_count(reject_kmemcache_fail);
		return false;
	}
	for (i = 0; i < nr_pages; i++) {
		struct page *page = folio_page(folio, i);

		if (!cxlswap_page_is_wanted(area, page) ||
		    !__cxlswap_store_page(area->table, index + i, page, cgroup))
			return false;
	}
	return true;
}

/**
 * cxlswap_store() - store a folio whole, or refuse it whole
 * @area: the swap area that folio->swap lies in
 * @folio: locked and in the swap cache, so that nobody can load it until this returns
 *
 * Context: process context, mostly reclaim; may sleep. For I/O only if refused: the caller is about
 *	to write to the device.
 * Return: true if stored; false, counted by reason, if not: then nothing of it is here any more.
 */
bool cxlswap_store(struct cxlswap_area *area, struct folio *folio)
{
	long nr_pages = folio_nr_pages(folio);

	if (!cxlswap_admits(area, folio) || !cxlswap_store_pages(area, folio)) {
		if (cxlswap_table_has_data(area->table))
			cxlswap_table_drop(area->table, swp_offset(folio->swap), nr_pages);
		if (area->device)
			cxlswap_device_expect_bios(area->device, nr_pages);
		else
			cxlswap_writeback_wait(area, swp_offset(folio->swap), nr_pages);
		return false;
	}
	cxlswap_count_add(stores, nr_pages);
	if (folio_test_large(folio))
		cxlswap_count(large_stores);
	/* what the kernel counts where it writes to the device itself */
	count_vm_events(PSWPOUT, nr_pages);
	return true;
}
