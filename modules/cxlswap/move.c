// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that move: what the pool asks of us so that a node can be drained, and the kernel can
 * compact memory, while pages are stored there.
 *
 * A page moves under its slot's lock, as everything else that happens to it. The slot is found by
 * a walk over all tables, or from the page, which remembers it. That memory may be wrong: the page
 * may have been given back, and the slot's table may be on its way out. So the slot is looked at
 * under RCU, for which a table's leaves wait before they are freed, and decides: only the page
 * that its word names is moved.
 */
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "cxl_pool.h"
#include "cxlswap.h"

/* Protects cxlswap_tables; and who has it keeps all tables. Process context, inside cxl_lock. */
static DEFINE_MUTEX(table_lock);
static LIST_HEAD(cxlswap_tables);

/**
 * cxlswap_table_add() - let walks see a table
 * @table: a new table
 *
 * Context: process context; sleeps.
 */
void cxlswap_table_add(struct cxlswap_table *table)
{
	static u64 last_id;

	mutex_lock(&table_lock);
	table->id = ++last_id;
	list_add_tail(&table->list, &cxlswap_tables);
	mutex_unlock(&table_lock);
}

/**
 * cxlswap_table_del() - hide a table from walks
 * @table: the table
 *
 * Context: process context; waits for a walk that is in it.
 */
void cxlswap_table_del(struct cxlswap_table *table)
{
	mutex_lock(&table_lock);
	list_del(&table->list);
	mutex_unlock(&table_lock);
}

static bool cxlswap_page_move(struct page *old, struct page *new)
{
	void *to = kmap_local_page(new);
	bool copied = cxlswap_page_copy(to, old);

	kunmap_local(to);
	return copied;
}

/* See struct cxl_pool_ops. */
static int cxlswap_slot_repoint(unsigned long *slot, struct page *old, struct page *new)
{
	unsigned long word = cxlswap_slot_lock(slot);
	int err = 0;

	if (cxlswap_word_page(word) != old) {
		err = -ENOENT;
	} else if (cxlswap_word_has_data(word) && !cxlswap_page_move(old, new)) {
		word = CXLSWAP_SLOT_POISON;
		cxlswap_page_uncharge(old);
		cxlswap_count(poisoned_pages);
		err = -EHWPOISON;
	} else {
		/* an empty slot of a reserved table has a page, too, and stays empty */
		word &= ~CXLSWAP_SLOT_PFN;
		word |= cxlswap_word_of_page(new, slot) & CXLSWAP_SLOT_PFN;
		cxl_page_set_tag(new, cxl_page_tag(old));
		if (cxl_page_has_checksum(old))
			cxl_page_set_checksum(new, cxl_page_checksum(old));
	}
	cxlswap_slot_unlock(slot, word);
	return err;
}

static struct cxlswap_table *cxlswap_table_from(u64 id)
{
	struct cxlswap_table *table;

	lockdep_assert_held(&table_lock);
	list_for_each_entry(table, &cxlswap_tables, list)
		if (table->id >= id)
			return table;
	return NULL;
}

static void cxlswap_leaf_walk(struct cxl_pool_walk *walk, unsigned long *slots)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < CXLSWAP_LEAF_SLOTS; i++) {
		page = cxlswap_word_page(READ_ONCE(slots[i]));
		if (page)
			walk->visit(walk, page, &slots[i]);
	}
}

/* See struct cxl_pool_ops: one leaf at a time, so that nobody waits long for table_lock. */
static bool cxlswap_walk(struct cxl_pool_walk *walk)
{
	struct cxlswap_table *table;
	unsigned long *slots = NULL;

	mutex_lock(&table_lock);
	table = cxlswap_table_from(walk->table);
	if (table && table->id != walk->table) {
		walk->table = table->id;
		walk->index = 0;
	}
	for (; table && !slots && walk->index < table->nr_slots; walk->index += CXLSWAP_LEAF_SLOTS)
		slots = cxlswap_table_find(table, walk->index);
	if (slots) {
		cxlswap_leaf_walk(walk, slots);
	} else {
		walk->table++;
		walk->index = 0;
	}
	mutex_unlock(&table_lock);
	return table;
}

const struct cxl_pool_ops cxlswap_pool_ops = {
	.repoint = cxlswap_slot_repoint,
	.walk = cxlswap_walk,
	.fill = cxlswap_pool_fill,
};
