// SPDX-License-Identifier: GPL-2.0
/*
 * The store: which slot holds what. Two levels, no tree, no lock but each slot's own. It neither
 * decides what is stored nor copies data.
 *
 * Leaves stay until the table goes, so that a lookup needs no protection against their end; a
 * table goes only when nobody can ask for its slots any more (see areas.c, blkdev.c).
 *
 * The module's reference: a leaf of a tier area that holds data holds a reference to the module, so
 * that "data is stored" and "can't be unloaded" are the same thing at any moment. A leaf's first
 * slot fails to get the reference once unloading has begun, and its store is refused.
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "cxl_pool.h"
#include "cxlswap.h"

/*
 * A leaf is allocated in reclaim, for every 512th slot at worst. It must not wait for I/O, which
 * may wait for us. Where the task may use reserves (PF_MEMALLOC) it may do so here: one page lets
 * 512 others go.
 */
#define CXLSWAP_LEAF_GFP (GFP_NOIO | __GFP_NOWARN | __GFP_ZERO)

/* A leaf's change between "no data" and "data", for all tables: rare. Inside a slot's lock. */
static DEFINE_SPINLOCK(leaf_lock);

static struct cxlswap_leaf *cxlswap_table_leaf(struct cxlswap_table *table, unsigned long index)
{
	return &table->leaves[index / CXLSWAP_LEAF_SLOTS];
}

static unsigned long cxlswap_table_nr_leaves(unsigned long nr_slots)
{
	return DIV_ROUND_UP(nr_slots, CXLSWAP_LEAF_SLOTS);
}

/* Without its leaves. */
static long cxlswap_table_size(unsigned long nr_slots)
{
	return struct_size_t(struct cxlswap_table, leaves, cxlswap_table_nr_leaves(nr_slots));
}

/**
 * cxlswap_table_create() - make an empty table
 * @nr_slots: its size
 * @tier: does it stand in front of another device?
 *
 * Context: process context; sleeps.
 * Return: the table; NULL without memory.
 */
struct cxlswap_table *cxlswap_table_create(unsigned long nr_slots, bool tier)
{
	struct cxlswap_table *table;

	table = kvzalloc(cxlswap_table_size(nr_slots), GFP_KERNEL);
	if (!table)
		return NULL;
	cxlswap_count_add(metadata_bytes, cxlswap_table_size(nr_slots));
	table->nr_slots = nr_slots;
	table->tier = tier;
	return table;
}

/**
 * cxlswap_table_reserve() - give every slot its own page
 * @table: a new table that nobody else knows yet
 *
 * Context: process context; sleeps.
 * Return: 0; -ENOMEM when pool or memory do not suffice. The table is then to be destroyed.
 */
int cxlswap_table_reserve(struct cxlswap_table *table)
{
	unsigned long index, *slot;
	struct page *page;

	table->reserved = true;
	for (index = 0; index < table->nr_slots; index++) {
		slot = cxlswap_table_make(table, index);
		page = slot ? cxl_pool_get(cxlswap_pool) : NULL;
		if (!page)
			return -ENOMEM;
		*slot = cxlswap_word_of_page(page) & ~CXLSWAP_SLOT_KIND;
		cond_resched();
	}
	return 0;
}

/* A leaf without data; in a reserved table its slots still have their pages. */
static void cxlswap_leaf_free(struct cxlswap_table *table, struct cxlswap_leaf *leaf)
{
	struct page *page;
	unsigned long i;

	if (!leaf->slots)
		return;
	for (i = 0; table->reserved && i < CXLSWAP_LEAF_SLOTS; i++) {
		page = cxlswap_word_page(leaf->slots[i]);
		if (page)
			cxl_pool_put(cxlswap_pool, page);
	}
	free_page((unsigned long)leaf->slots);
	cxlswap_count_add(metadata_bytes, -(long)PAGE_SIZE);
}

/**
 * cxlswap_table_destroy() - free a table and all that it holds
 * @table: a table that nobody can reach any more, or NULL
 *
 * Context: process context; sleeps.
 */
void cxlswap_table_destroy(struct cxlswap_table *table)
{
	unsigned long i;

	if (!table)
		return;
	cxlswap_table_drop_range(table, 0, table->nr_slots);
	for (i = 0; i < cxlswap_table_nr_leaves(table->nr_slots); i++) {
		cxlswap_leaf_free(table, &table->leaves[i]);
		cond_resched();
	}
	cxlswap_count_add(metadata_bytes, -cxlswap_table_size(table->nr_slots));
	kvfree(table);
}

/**
 * cxlswap_table_find() - a slot, if it can hold anything
 * @table: the table
 * @index: the slot's number
 *
 * Context: any.
 * Return: the slot, not locked; NULL if it was never used or is out of range.
 */
unsigned long *cxlswap_table_find(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slots;

	if (unlikely(index >= table->nr_slots))
		return NULL;
	/* pairs with cmpxchg() in cxlswap_table_make(): the leaf is seen zeroed */
	slots = READ_ONCE(cxlswap_table_leaf(table, index)->slots);
	return slots ? &slots[index % CXLSWAP_LEAF_SLOTS] : NULL;
}

/**
 * cxlswap_table_make() - a slot, with its leaf allocated if need be
 * @table: the table
 * @index: the slot's number
 *
 * Context: process context; may sleep, but not for I/O; also in reclaim.
 * Return: the slot, not locked; NULL without memory, or if it is out of range.
 */
unsigned long *cxlswap_table_make(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slot = cxlswap_table_find(table, index);
	unsigned long *slots;

	if (likely(slot) || WARN_ON_ONCE(index >= table->nr_slots))
		return slot;
	slots = (unsigned long *)__get_free_page(CXLSWAP_LEAF_GFP);
	if (!slots)
		return NULL;
	if (cmpxchg(&cxlswap_table_leaf(table, index)->slots, NULL, slots))
		free_page((unsigned long)slots);	/* somebody was faster */
	else
		cxlswap_count_add(metadata_bytes, PAGE_SIZE);
	return cxlswap_table_find(table, index);
}

/**
 * cxlswap_slot_claim() - announce that an empty slot will get data
 * @table: the table
 * @index: the slot's number
 *
 * Undone by cxlswap_slot_publish() of an empty word.
 *
 * Context: any; the slot is locked.
 * Return: whether it may; false once the module is being unloaded.
 */
bool cxlswap_slot_claim(struct cxlswap_table *table, unsigned long index)
{
	struct cxlswap_leaf *leaf = cxlswap_table_leaf(table, index);
	bool live = true;

	if (likely(atomic_inc_not_zero(&leaf->nr_used)))
		return true;
	spin_lock(&leaf_lock);
	if (!atomic_read(&leaf->nr_used)) {
		live = !table->tier || try_module_get(THIS_MODULE);
		if (live)
			WRITE_ONCE(table->nr_used_leaves, table->nr_used_leaves + 1);
	}
	if (live)
		atomic_inc(&leaf->nr_used);
	spin_unlock(&leaf_lock);
	return live;
}

static void cxlswap_slot_release(struct cxlswap_table *table, unsigned long index)
{
	struct cxlswap_leaf *leaf = cxlswap_table_leaf(table, index);

	if (!atomic_dec_and_lock(&leaf->nr_used, &leaf_lock))
		return;
	WRITE_ONCE(table->nr_used_leaves, table->nr_used_leaves - 1);
	/*
	 * A hook is running this, so the module's text stays: cxl_hooks_remove() waits for it. For
	 * blkdev.c, the open device does the same.
	 */
	if (table->tier)
		module_put(THIS_MODULE);
	spin_unlock(&leaf_lock);
}

/**
 * cxlswap_slot_publish() - give a slot its new word, account for it, and unlock it
 * @table: the table
 * @index: the slot's number
 * @slot: the slot, locked; claimed if it was empty
 * @old: its word until now, as cxlswap_slot_lock() returned it
 * @new: its new word, 0 or with data. A page of @old that @new does not own is given back.
 *
 * Context: as cxl_pool_put().
 */
void cxlswap_slot_publish(struct cxlswap_table *table, unsigned long index, unsigned long *slot,
			  unsigned long old, unsigned long new)
	__releases(bitlock)
{
	struct page *page = cxlswap_word_page(old);

	if (page && page != cxlswap_word_page(new)) {
		if (table->reserved) {
			cxl_pool_wipe(page);
			new = old & ~CXLSWAP_SLOT_KIND;
		} else {
			cxl_pool_put(cxlswap_pool, page);
		}
	}
	if (cxlswap_word_has_data(new) != cxlswap_word_has_data(old))
		cxlswap_count_add(stored_pages, cxlswap_word_has_data(new) ? 1 : -1);
	if (cxlswap_word_kind(old) == CXLSWAP_SLOT_SAME)
		cxlswap_count_add(same_filled_pages, -1);
	if (cxlswap_word_kind(new) == CXLSWAP_SLOT_SAME)
		cxlswap_count_add(same_filled_pages, 1);
	if (!cxlswap_word_has_data(new))
		cxlswap_slot_release(table, index);
	cxlswap_slot_unlock(slot, new);
}

static bool cxlswap_slot_drop(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slot = cxlswap_table_find(table, index);
	unsigned long old;

	/*
	 * Unlocked look first: most slots that are freed hold nothing. Whoever drops has the slot
	 * to himself but for migration, which never turns data into none.
	 */
	if (!slot || !cxlswap_word_has_data(READ_ONCE(*slot)))
		return false;
	old = cxlswap_slot_lock(slot);
	if (!cxlswap_word_has_data(old)) {
		cxlswap_slot_unlock(slot, old);
		return false;
	}
	cxlswap_slot_publish(table, index, slot, old, 0);
	return true;
}

/**
 * cxlswap_table_drop() - remove the data of a range of slots
 * @table: the table
 * @index: the first slot
 * @nr_slots: their number; a range beyond the table's end is cut off
 *
 * Context: as cxl_pool_put(); a long range takes long.
 * Return: how many had data.
 */
unsigned long cxlswap_table_drop(struct cxlswap_table *table, unsigned long index,
				 unsigned long nr_slots)
{
	unsigned long nr_dropped = 0;

	for (; nr_slots; nr_slots--, index++)
		nr_dropped += cxlswap_slot_drop(table, index);
	return nr_dropped;
}

/**
 * cxlswap_table_drop_range() - remove the data of many slots
 * @table: the table
 * @first: the first slot
 * @end: the slot after the last one; at most the table's size
 *
 * Context: process context; sleeps.
 * Return: how many had data.
 */
unsigned long cxlswap_table_drop_range(struct cxlswap_table *table, unsigned long first,
				       unsigned long end)
{
	unsigned long nr_dropped = 0;
	unsigned long next;

	for (; first < end; first = next) {
		next = min(round_down(first, CXLSWAP_LEAF_SLOTS) + CXLSWAP_LEAF_SLOTS, end);
		if (cxlswap_table_find(table, first))
			nr_dropped += cxlswap_table_drop(table, first, next - first);
		cond_resched();
	}
	return nr_dropped;
}
