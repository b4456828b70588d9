// SPDX-License-Identifier: GPL-2.0
/*
 * Swap-in: from the store into a folio.
 *
 * A load leaves the copy where it is. On a synchronous device the kernel (6.8 and 6.12,
 * do_swap_page()) reads into a folio outside the swap cache and may throw it away and fault again:
 * the copy is then all there is. It goes when the slot is freed or stored to; or, with exclusive=1,
 * when it was loaded into the swap cache while CXL memory is short: docs/architecture.md.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/vmstat.h>

#include "cxl_copy.h"
#include "cxl_node.h"
#include "cxlswap.h"

static unsigned long cxlswap_word_value(unsigned long word)
{
	if (word & CXLSWAP_SLOT_REPEATS)
		return (u32)(word >> CXLSWAP_SLOT_VALUE_SHIFT) * 0x100000001UL;
	return (long)word >> CXLSWAP_SLOT_VALUE_SHIFT;
}

/**
 * cxlswap_page_copy_part() - read part of a page of the pool
 * @to: where to
 * @page: the page, whose slot is locked
 * @offset: from where in the page
 * @len: bytes
 *
 * A machine check while it reads is survived, where the CPU can.
 *
 * Context: any.
 * Return: true; false if the page's memory has failed: @to is then undefined.
 */
bool cxlswap_page_copy_part(void *to, struct page *page, unsigned int offset, unsigned int len)
{
	unsigned long nr_left;
	void *from;

	if (unlikely(PageHWPoison(page)))
		return false;
	from = kmap_local_page(page);
	nr_left = copy_mc_to_kernel(to, from + offset, len);
	kunmap_local(from);
	return likely(!nr_left);
}

static noinline bool cxlswap_checksum_is_right(const void *data, const struct page *page)
{
	if (cxl_page_checksum(page) == cxlswap_checksum(data))
		return true;
	cxlswap_count(checksum_errors);
	return false;
}

static __always_inline bool __cxlswap_page_copy(void *to, struct page *page)
{
	return likely(cxl_page_copy_mc(to, page)) &&
	       (likely(!cxl_page_has_checksum(page)) || cxlswap_checksum_is_right(to, page));
}

/**
 * cxlswap_page_copy() - read a page of the pool, and compare its checksum if it has one
 * @to: where to
 * @page: the page, whose slot is locked
 *
 * Context: any.
 * Return: true; false if the page's memory has failed: @to is then undefined.
 */
bool cxlswap_page_copy(void *to, struct page *page)
{
	return __cxlswap_page_copy(to, page);
}

/**
 * cxlswap_page_is_good() - is a page what its checksum says, if it has one?
 * @page: the page, whose slot is locked
 *
 * For who is going to read or change a part of it. Without a checksum nothing is read.
 *
 * Context: any.
 * Return: false if the page's memory has failed.
 */
bool cxlswap_page_is_good(struct page *page)
{
	u32 checksum = CXLSWAP_CHECKSUM_SEED;
	unsigned int offset;
	u8 part[256];

	if (likely(!cxl_page_has_checksum(page)))
		return !PageHWPoison(page);
	for (offset = 0; offset < PAGE_SIZE; offset += sizeof(part)) {
		if (!cxlswap_page_copy_part(part, page, offset, sizeof(part)))
			return false;
		checksum = crc32c(checksum, part, sizeof(part));
	}
	if (checksum == cxl_page_checksum(page))
		return true;
	cxlswap_count(checksum_errors);
	return false;
}

/**
 * cxlswap_word_copy_to() - write the data that a word stands for
 * @word: the word of a locked slot; an empty slot reads as zeros
 * @to: where to; a page's size
 *
 * Context: any.
 * Return: the word for the slot to go on with: @word, or one that says that the data is lost.
 */
unsigned long cxlswap_word_copy_to(unsigned long word, void *to)
{
	switch (cxlswap_word_kind(word)) {
	case CXLSWAP_SLOT_PAGE:
		if (unlikely(!cxlswap_page_copy(to, cxlswap_word_page(word))))
			return cxlswap_word_poison(word);
		break;
	case CXLSWAP_SLOT_POISON:
		break;
	case CXLSWAP_SLOT_SAME:
		memset_l(to, cxlswap_word_value(word), PAGE_SIZE / sizeof(long));
		break;
	default:
		clear_page(to);
	}
	return word;
}

/* A locked slot that has no page, or one that could not be read. */
static noinline enum cxlswap_load_result cxlswap_load_other(unsigned long *slot,
							    unsigned long word, void *to)
	__releases(bitlock)
{
	if (cxlswap_word_kind(word) == CXLSWAP_SLOT_PAGE)
		word = cxlswap_word_poison(word);
	if (cxlswap_word_has_data(word))
		word = cxlswap_word_copy_to(word, to) | CXLSWAP_SLOT_ACCESSED;
	cxlswap_slot_unlock(slot, word);
	if (unlikely(cxlswap_word_is_poison(word)))
		return CXLSWAP_LOAD_FAILED;
	return cxlswap_word_has_data(word) ? CXLSWAP_LOAD_DONE : CXLSWAP_LOAD_MISS;
}

static __always_inline enum cxlswap_load_result cxlswap_load_slot(unsigned long *slot,
								  struct page *page)
{
	unsigned long word = cxlswap_slot_lock(slot);
	enum cxlswap_load_result result = CXLSWAP_LOAD_DONE;
	void *to = kmap_local_page(page);

	if (likely(cxlswap_word_kind(word) == CXLSWAP_SLOT_PAGE &&
		   __cxlswap_page_copy(to, pfn_to_page(word >> CXLSWAP_SLOT_PFN_SHIFT))))
		cxlswap_slot_unlock(slot, word | CXLSWAP_SLOT_ACCESSED);
	else
		result = cxlswap_load_other(slot, word, to);
	kunmap_local(to);
	return result;
}

static __always_inline enum cxlswap_load_result cxlswap_load_page(struct cxlswap_table *table,
								  unsigned long index,
								  struct page *page)
{
	unsigned long *slot = cxlswap_table_find(table, index);

	return likely(slot) ? cxlswap_load_slot(slot, page) : CXLSWAP_LOAD_MISS;
}

static bool cxlswap_read_below(struct swap_info_struct *si, unsigned long index,
			       struct page *page)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	bio_init(&bio, si->bdev, &vec, 1, REQ_OP_READ);
	bio.bi_iter.bi_sector = cxlswap_slot_sector(si, index);
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return !err;
}

/* Mostly the first slot says so. */
static bool cxlswap_table_has_any(struct cxlswap_table *table, unsigned long index,
				  unsigned long nr_slots)
{
	unsigned long *slot;

	for (; nr_slots; nr_slots--, index++) {
		slot = cxlswap_table_find(table, index);
		if (slot && cxlswap_slot_has_data(slot))
			return true;
	}
	return false;
}

/*
 * Pages from @first on that lie in one leaf; those that are not here are read from the device.
 * Return: their number; 0 if one of them can't be had.
 */
static long cxlswap_load_run(struct cxlswap_area *area, struct folio *folio, long first,
			     long *nr_missed)
{
	unsigned long index = swp_offset(folio->swap) + first;
	unsigned long *slots = cxlswap_table_find(area->table, index);
	long i, nr = slots ? cxlswap_table_run(area->table, index,
					       folio_nr_pages(folio) - first) : 1;

	for (i = 0; i < nr; i++) {
		struct page *page = folio_page(folio, first + i);
		enum cxlswap_load_result result = CXLSWAP_LOAD_MISS;

		if (likely(slots))
			result = cxlswap_load_slot(&slots[i], page);
		if (likely(result == CXLSWAP_LOAD_DONE))
			continue;
		if (result == CXLSWAP_LOAD_FAILED ||
		    !cxlswap_read_below(area->si, index + i, page))
			return 0;
		++*nr_missed;
	}
	return nr;
}

/*
 * 6.12 reads folios of several pages from synchronous devices: neighbouring slots that were swapped
 * out one by one, so that some may be here and some on the device below. The kernel has no way back
 * to single pages from here; we fetch what is missing. (None of it can be in zswap: the kernel asks
 * for large folios only while zswap was never enabled.)
 */
static noinline enum cxlswap_load_result cxlswap_load_large(struct cxlswap_area *area,
							    struct folio *folio)
{
	unsigned long index = swp_offset(folio->swap);
	long nr, first, nr_missed = 0, nr_pages = folio_nr_pages(folio);

	if (!cxlswap_table_has_any(area->table, index, nr_pages))
		return CXLSWAP_LOAD_MISS;
	for (first = 0; first < nr_pages; first += nr) {
		nr = cxlswap_load_run(area, folio, first, &nr_missed);
		if (unlikely(!nr))
			return CXLSWAP_LOAD_FAILED;
	}
	if (likely(!nr_missed))
		cxlswap_count(large_loads);
	else
		cxlswap_count(mixed_loads);
	return CXLSWAP_LOAD_DONE;
}

/*
 * The swap cache owns the data from here on, if it may: dirty, the folio does not leave it unless
 * it is stored again or all of its users are gone. As zswap_load() does (6.8, exclusive_loads;
 * 6.12). A device of ours has nothing below: what gave up its place might find none again. Nor has
 * a cgroup whose pages may not go there.
 */
static noinline void cxlswap_load_give_up(struct cxlswap_area *area, struct folio *folio)
{
	if (area->device || !folio_test_swapcache(folio) || folio_test_large(folio) ||
	    !cxlswap_pool_is_short() ||
	    !cxlswap_cgroup_may_write_back(cxlswap_hooks_slot_cgroup_id(folio->swap)))
		return;
	/* first: nobody is to see the slot empty and the folio clean */
	folio_mark_dirty(folio);
	cxlswap_table_drop_slot(area->table, swp_offset(folio->swap));
	cxlswap_count(given_up_pages);
}

/*
 * A cgroup whose tier is "0" will be refused; one with a memory.zswap.max may be, which takes time
 * to find out; one whose pages must not go to the device could not get rid of a page that is.
 */
static bool cxlswap_cgroup_is_free(struct folio *folio)
{
	struct mem_cgroup *memcg = folio_memcg(folio);

	if (!cxlswap_cgroup_has_tier(memcg))
		return false;
	for (; memcg; memcg = parent_mem_cgroup(memcg))
		if (READ_ONCE(memcg->zswap_max) != PAGE_COUNTER_MAX ||
		    !READ_ONCE(memcg->zswap_writeback))
			return false;
	return true;
}

/**
 * cxlswap_promote_folio() - let a folio be stored again that was read from the device below
 * @area: the swap area that folio->swap lies in
 * @folio: locked and in the swap cache; its data has arrived, but nobody was told
 *
 * Clean, it would only be dropped when it is reclaimed: what is read but never changed would stay
 * on the device for ever. What was read ahead and is not wanted is dropped.
 *
 * Context: any, also interrupts.
 */
void cxlswap_promote_folio(struct cxlswap_area *area, struct folio *folio)
{
	if (!READ_ONCE(cxlswap_promote) || area->device)
		return;
	if (folio_test_large(folio) || !folio_test_swapcache(folio) || folio_test_readahead(folio))
		return;
	/* what would be refused would go to the device again */
	if (!READ_ONCE(cxlswap_enabled) || !READ_ONCE(cxlswap_non_same_filled_enabled) ||
	    cxl_node_is_far(folio_nid(folio)) || !cxlswap_pool_has_room() ||
	    !cxlswap_cgroup_is_free(folio))
		return;
	folio_mark_dirty(folio);
	cxlswap_count(promoted_pages);
}

/**
 * cxlswap_load() - fill a folio from the store
 * @area: the swap area that folio->swap lies in
 * @folio: locked, not up to date; in the swap cache or not. Marked up to date if it was filled
 *
 * Context: process context, a page fault or swapoff; sleeps only if part of a large folio must be
 *	read from the device below.
 * Return: see enum cxlswap_load_result. The copy stays, but for exclusive=1.
 */
enum cxlswap_load_result cxlswap_load(struct cxlswap_area *area, struct folio *folio)
{
	enum cxlswap_load_result result = CXLSWAP_LOAD_MISS;

	if (unlikely(folio_test_large(folio)))
		result = cxlswap_load_large(area, folio);
	else
		result = cxlswap_load_page(area->table, swp_offset(folio->swap), &folio->page);

	if (result == CXLSWAP_LOAD_DONE) {
		folio_mark_uptodate(folio);
		if (unlikely(READ_ONCE(cxlswap_exclusive)))
			cxlswap_load_give_up(area, folio);
		cxlswap_count_add(loads, folio_nr_pages(folio));
		cxlswap_cgroup_count_loads(folio);
		/* what the kernel counts where it reads the device itself */
		count_vm_events(PSWPIN, folio_nr_pages(folio));
	} else if (result == CXLSWAP_LOAD_FAILED) {
		cxlswap_count(failed_loads);
	}
	return result;
}

/**
 * cxlswap_load_part() - read part of a slot, for a bio
 * @table: the table
 * @index: the slot's number
 * @page: where to
 * @page_offset: where in @page
 * @slot_offset: from where in the slot
 * @len: bytes; inside both pages
 *
 * Context: process context; does not sleep.
 * Return: true; false if the data is lost.
 */
bool cxlswap_load_part(struct cxlswap_table *table, unsigned long index, struct page *page,
		       unsigned int page_offset, unsigned int slot_offset, unsigned int len)
{
	unsigned long *slot = cxlswap_table_find(table, index);
	unsigned long word = slot ? cxlswap_slot_lock(slot) : 0;
	void *to = kmap_local_page(page) + page_offset;
	struct page *own;
	unsigned long value;
	unsigned int i;

	switch (cxlswap_word_kind(word)) {
	case CXLSWAP_SLOT_PAGE:
		own = cxlswap_word_page(word);
		if (unlikely(!cxlswap_page_is_good(own) ||
			     !cxlswap_page_copy_part(to, own, slot_offset, len)))
			word = cxlswap_word_poison(word);
		break;
	case CXLSWAP_SLOT_POISON:
		break;
	case CXLSWAP_SLOT_SAME:
		value = cxlswap_word_value(word);
		for (i = 0; i < len; i++)
			((u8 *)to)[i] = ((u8 *)&value)[(slot_offset + i) % sizeof(value)];
		break;
	default:
		memset(to, 0, len);
	}
	kunmap_local(to);
	if (slot)
		cxlswap_slot_unlock(slot, word);
	if (unlikely(cxlswap_word_is_poison(word)))
		cxlswap_count(failed_loads);
	return !cxlswap_word_is_poison(word);
}
