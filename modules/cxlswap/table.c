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
#include <linux/rcupdate.h>
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
	cxlswap_table_add(table);
	return table;
}

/**
 * cxlswap_table_reserve() - give every slot its own page
 * @table: a new table in which nothing is stored yet
 *
 * Context: process context; sleeps.
 * Return: 0; -ENOMEM when pool or memory do not suffice. The table is then to be destroyed.
 */
int cxlswap_table_reserve(struct cxlswap_table *table)
{
	unsigned long index, word, *slot;
	struct page *page;

	table->reserved = true;
	for (index = 0; index < table->nr_slots; index++) {
		slot = cxlswap_table_make(table, index);
		if (!slot)
			return -ENOMEM;
		word = cxlswap_slot_lock(slot);
		page = cxl_pool_get(cxlswap_pool);
		if (page) {
			cxlswap_page_charge(page, cxlswap_cgroup_none());
			word = cxlswap_word_of_page(page, slot) & CXLSWAP_SLOT_PFN;
		}
		cxlswap_slot_unlock(slot, word);
		if (!page)
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

/**
 * cxlswap_table_nr_stored() - slots that have data
 * @table: the table
 *
 * Context: process context; reads 16 bytes for each 512 slots, and may sleep.
 * Return: their number, as of now.
 */
unsigned long cxlswap_table_nr_stored(struct cxlswap_table *table)
{
	unsigned long i, nr_stored = 0;

	if (!cxlswap_table_has_data(table))
		return 0;
	for (i = 0; i < cxlswap_table_nr_leaves(table->nr_slots); i++) {
		nr_stored += atomic_read(&table->leaves[i].nr_used);
		if (i % CXLSWAP_LEAF_SLOTS == 0)
			cond_resched();
	}
	return nr_stored;
}

/* A leaf without data: in a reserved table its slots still have their pages. */
static void cxlswap_leaf_put_pages(struct cxlswap_leaf *leaf)
{
	unsigned long i, word;
	struct page *page;

	for (i = 0; leaf->slots && i < CXLSWAP_LEAF_SLOTS; i++) {
		word = cxlswap_slot_lock(&leaf->slots[i]);
		page = cxlswap_word_page(word);
		if (page) {
			cxlswap_page_uncharge(page);
			cxl_pool_put(cxlswap_pool, page);
		}
		cxlswap_slot_unlock(&leaf->slots[i], 0);
	}
}

static void cxlswap_leaf_free(struct cxlswap_leaf *leaf)
{
	if (!leaf->slots)
		return;
	free_page((unsigned long)leaf->slots);
	cxlswap_count_add(metadata_bytes, -(long)PAGE_SIZE);
}

/**
 * cxlswap_table_destroy() - free a table and all that it holds
 * @table: a table that nobody can reach any more, or NULL
 *
 * Context: process context; sleeps; waits for a walk.
 */
void cxlswap_table_destroy(struct cxlswap_table *table)
{
	unsigned long i, nr_leaves;

	if (!table)
		return;
	nr_leaves = cxlswap_table_nr_leaves(table->nr_slots);
	cxlswap_table_del(table);
	cxlswap_table_drop_range(table, 0, table->nr_slots);
	for (i = 0; table->reserved && i < nr_leaves; i++) {
		cxlswap_leaf_put_pages(&table->leaves[i]);
		cond_resched();
	}
	/* who is to move a page looks at the slot that it had, see cxlswap_slot_repoint() */
	synchronize_rcu();
	for (i = 0; i < nr_leaves; i++) {
		cxlswap_leaf_free(&table->leaves[i]);
		cond_resched();
	}
	cxlswap_count_add(metadata_bytes, -cxlswap_table_size(table->nr_slots));
	kvfree(table);
}

/**
 * cxlswap_slot_wait() - the slow part of cxlswap_slot_lock(): somebody else has the slot
 * @slot: the slot
 *
 * A function of its own, so that such waits can be counted (tests/bench-smp).
 *
 * Context: any; ends with the slot locked.
 */
noinline void cxlswap_slot_wait(unsigned long *slot)
	__acquires(bitlock)
{
	bit_spin_lock(CXLSWAP_SLOT_LOCK_BIT, slot);
}

/**
 * cxlswap_table_grow() - the slow part of cxlswap_table_make(): allocate a leaf
 * @table: the table
 * @index: the number of a slot that has none
 *
 * Context: as cxlswap_table_make().
 * Return: as cxlswap_table_make().
 */
unsigned long *cxlswap_table_grow(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slots;

	if (WARN_ON_ONCE(index >= table->nr_slots))
		return NULL;
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
 * cxlswap_leaf_claim() - the slow part of cxlswap_slots_claim(): a leaf without data may get some
 * @table: the table
 * @leaf: the slots' leaf
 * @nr_slots: their number
 *
 * Context: any.
 * Return: as cxlswap_slots_claim().
 */
bool cxlswap_leaf_claim(struct cxlswap_table *table, struct cxlswap_leaf *leaf, int nr_slots)
{
	bool live = true;

	spin_lock(&leaf_lock);
	if (!atomic_read(&leaf->nr_used)) {
		live = !table->tier || try_module_get(THIS_MODULE);
		if (live)
			WRITE_ONCE(table->nr_used_leaves, table->nr_used_leaves + 1);
	}
	if (live)
		atomic_add(nr_slots, &leaf->nr_used);
	spin_unlock(&leaf_lock);
	return live;
}

/**
 * cxlswap_leaf_release() - the slow part of cxlswap_slots_release(): a leaf may have no data now
 * @table: the table
 * @leaf: the slots' leaf
 * @nr_slots: their number
 *
 * Context: any.
 */
void cxlswap_leaf_release(struct cxlswap_table *table, struct cxlswap_leaf *leaf, int nr_slots)
{
	spin_lock(&leaf_lock);
	if (atomic_sub_and_test(nr_slots, &leaf->nr_used)) {
		WRITE_ONCE(table->nr_used_leaves, table->nr_used_leaves - 1);
		/*
		 * A hook is running this, so the module's text stays: cxl_hooks_remove() waits for
		 * it. For blkdev.c, the open device does the same; for writeback.c,
		 * cxlswap_writeback_stop().
		 */
		if (table->tier)
			module_put(THIS_MODULE);
	}
	spin_unlock(&leaf_lock);
}

/**
 * cxlswap_word_poison() - what becomes of a slot whose page can't be read
 * @word: the word of a locked slot, which owns a page. The page is never used again.
 *
 * Context: as cxl_pool_put().
 * Return: the word to publish.
 */
unsigned long cxlswap_word_poison(unsigned long word)
{
	cxlswap_page_uncharge(cxlswap_word_page(word));
	cxl_pool_poison(cxlswap_pool, cxlswap_word_page(word));
	cxlswap_count(poisoned_pages);
	return CXLSWAP_SLOT_POISON;
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
		cxlswap_page_uncharge(page);
		if (table->reserved && !cxlswap_word_has_data(new)) {
			cxl_pool_wipe(page);
			cxlswap_page_charge(page, cxlswap_cgroup_none());
			new = old & CXLSWAP_SLOT_PFN;
		} else {
			cxl_pool_put(cxlswap_pool, page);
		}
	}
	if (unlikely(cxlswap_word_is_poison(new) && !cxlswap_word_is_poison(old)))
		cxlswap_count(poisoned_pages);
	if (cxlswap_word_has_data(new) != cxlswap_word_has_data(old))
		cxlswap_count_add(stored_pages, cxlswap_word_has_data(new) ? 1 : -1);
	if (cxlswap_word_kind(old) == CXLSWAP_SLOT_SAME)
		cxlswap_count_add(same_filled_pages, -1);
	if (cxlswap_word_kind(new) == CXLSWAP_SLOT_SAME)
		cxlswap_count_add(same_filled_pages, 1);
	if (!cxlswap_word_has_data(new))
		cxlswap_slots_release(table, index, 1);
	cxlswap_slot_unlock(slot, new);
}

/**
 * cxlswap_slot_drop() - the slow part of cxlswap_table_drop_slot(): remove a slot's data
 * @table: the table
 * @index: the slot's number
 * @slot: the slot, not locked
 *
 * Context: as cxl_pool_put().
 * Return: whether it had data.
 */
bool cxlswap_slot_drop(struct cxlswap_table *table, unsigned long index, unsigned long *slot)
{
	unsigned long old = cxlswap_slot_lock(slot);
	struct page *page;

	if (unlikely(!cxlswap_word_has_data(old))) {
		cxlswap_slot_unlock(slot, old);
		return false;
	}
	if (unlikely(cxlswap_word_kind(old) != CXLSWAP_SLOT_PAGE || table->reserved)) {
		cxlswap_slot_publish(table, index, slot, old, 0);
		return true;
	}
	/* as cxlswap_slot_publish() does, for nearly every slot */
	page = pfn_to_page(old >> CXLSWAP_SLOT_PFN_SHIFT);
	cxlswap_page_uncharge(page);
	cxl_pool_put(cxlswap_pool, page);
	cxlswap_count_add(stored_pages, -1);
	cxlswap_slots_release(table, index, 1);
	cxlswap_slot_unlock(slot, 0);
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
	unsigned long *slot, i, nr, nr_dropped = 0;

	for (; nr_slots && index < table->nr_slots; index += nr, nr_slots -= nr) {
		slot = cxlswap_table_find(table, index);
		nr = cxlswap_table_run(table, index, nr_slots);
		for (i = 0; slot && i < nr; i++)
			if (cxlswap_slot_has_data(&slot[i]))
				nr_dropped += cxlswap_slot_drop(table, index + i, &slot[i]);
	}
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
