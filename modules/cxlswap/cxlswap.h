/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxlswap's inside.
 *
 * Data:
 *	area	a swap area (swap type) that is switched on; points to a table
 *	table	the store: one word per slot of the area, in leaves of a page each
 *	slot	empty, a page, or a value that fills the page; bit 0 is its lock
 *	device	/dev/cxlswapN: a block device whose content is a table
 *
 * Lock order, outermost first. We are called under kernel locks: a folio lock always in store and
 * load, and in invalidate also a swap cluster's lock, swap_info_struct.lock or swap_slots_cache.
 * free_lock, the last with interrupts off. Never from an interrupt handler.
 *
 *	swap_device_lock	mutex: devices that come and go; see blkdev.c
 *	area_lock		mutex: swapon, swapoff and module load; see areas.c
 *	flush_lock		mutex: one flush at a time; see writeback.c
 *	  hand_lock		mutex: where writeback is; also inside area_lock
 *	param_lock		mutex: the pool's settings; see params.c
 *	  cxl_lock		cxlmeta's
 *	    table_lock		mutex: the list of tables; a table that is being walked stays
 *	slot lock		bit 0 of a slot: the slot and the data that it points to. Preemption
 *				is off under it, so nothing sleeps; one slot at a time
 *	  leaf_lock		spinlock: a leaf becoming empty or not, that is the module's
 *				reference; see table.c
 *	  locks of the pool	see cxlmeta.h
 *	tier_lock		mutex: which cgroups may store; see tiers.c
 *	  room_lock		spinlock, also alone: counting what cgroups have stored; see
 *				cgroups.c
 *	copy_lock		mutex, alone: how pages are copied; see copy.c
 */
#ifndef CXLSWAP_H
#define CXLSWAP_H

#include <linux/bit_spinlock.h>
#include <linux/bits.h>
#include <linux/blk_types.h>
#include <linux/crc32c.h>
#include <linux/jiffies.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/types.h>

#include "cxl_pool.h"

struct cxl_pool_settings;
struct folio;
struct netlink_ext_ack;
struct seq_file;
struct sk_buff;

/* ---- a slot's word -------------------------------------------------------------------- */

/*
 *	bit 0		lock
 *	bits 1-2	kind
 *	bit 3		writing: a copy is on its way to the device below, and the data is still
 *			the same; see writeback.c
 *	bit 4		accessed: stored or loaded since writeback came by
 *	page, empty	bits 5-63: page frame number. A reserved table's empty slots keep their
 *			page; elsewhere an empty slot is all zero
 *	same		bit 5: 0: bits 6-63 are the value, to be sign-extended;
 *			1: bits 6-37 are a 32-bit value that repeats
 *	poison		nothing: the data was in memory that failed, and can't be loaded
 */
#define CXLSWAP_SLOT_LOCK_BIT	0
#define CXLSWAP_SLOT_LOCK	BIT(CXLSWAP_SLOT_LOCK_BIT)
#define CXLSWAP_SLOT_KIND	GENMASK(2, 1)
#define CXLSWAP_SLOT_EMPTY	(0UL << 1)
#define CXLSWAP_SLOT_PAGE	(1UL << 1)
#define CXLSWAP_SLOT_SAME	(2UL << 1)
#define CXLSWAP_SLOT_POISON	(3UL << 1)
#define CXLSWAP_SLOT_WRITING	BIT(3)
#define CXLSWAP_SLOT_ACCESSED	BIT(4)
#define CXLSWAP_SLOT_PFN_SHIFT	5
#define CXLSWAP_SLOT_PFN	GENMASK(BITS_PER_LONG - 1, CXLSWAP_SLOT_PFN_SHIFT)
#define CXLSWAP_SLOT_REPEATS	BIT(5)
#define CXLSWAP_SLOT_VALUE_SHIFT 6

static inline unsigned long cxlswap_word_kind(unsigned long word)
{
	return word & CXLSWAP_SLOT_KIND;
}

/* Does the word stand for data, be it lost? */
static inline bool cxlswap_word_has_data(unsigned long word)
{
	return cxlswap_word_kind(word) != CXLSWAP_SLOT_EMPTY;
}

static inline bool cxlswap_word_is_poison(unsigned long word)
{
	return cxlswap_word_kind(word) == CXLSWAP_SLOT_POISON;
}

/* The page that the word owns, or NULL; its memory may have failed. */
static inline struct page *cxlswap_word_page(unsigned long word)
{
	if (cxlswap_word_kind(word) == CXLSWAP_SLOT_SAME || !(word >> CXLSWAP_SLOT_PFN_SHIFT))
		return NULL;
	return pfn_to_page(word >> CXLSWAP_SLOT_PFN_SHIFT);
}

/* The page is to know its slot when the word is published: who moves it asks the page. */
static inline unsigned long cxlswap_word_of_page(struct page *page, unsigned long *slot)
{
	cxl_page_set_entry(page, slot);
	return page_to_pfn(page) << CXLSWAP_SLOT_PFN_SHIFT | CXLSWAP_SLOT_PAGE;
}

void cxlswap_slot_wait(unsigned long *slot) __acquires(bitlock);

/* Return: the slot's word, without the lock bit. */
static inline unsigned long cxlswap_slot_lock(unsigned long *slot)
	__acquires(bitlock)
{
	if (unlikely(!bit_spin_trylock(CXLSWAP_SLOT_LOCK_BIT, slot)))
		cxlswap_slot_wait(slot);
	return READ_ONCE(*slot) & ~CXLSWAP_SLOT_LOCK;
}

static inline void cxlswap_slot_unlock(unsigned long *slot, unsigned long word)
{
	/* publishes @word; pairs with the acquire of the next cxlswap_slot_lock() */
	smp_store_release(slot, word);
	preempt_enable();
	__release(bitlock);
}

/* Told that both are pages, the compiler spares the code for odd ends. */
static __always_inline void cxlswap_copy_page(void *to, const void *from)
{
	memcpy(__builtin_assume_aligned(to, PAGE_SIZE),
	       __builtin_assume_aligned(from, PAGE_SIZE), PAGE_SIZE);
}

/* ---- copy.c --------------------------------------------------------------------------- */

DECLARE_STATIC_KEY_FALSE(cxlswap_copy_some_nt);

void cxlswap_copy_page_to_node(int nid, void *to, const void *from);
int cxlswap_copies_show(struct seq_file *m, void *unused);
void cxlswap_copy_init(void);

/**
 * cxlswap_copy_page_out() - copy a page on its way out
 * @page: a page of the pool
 * @to: where it is mapped
 * @from: the data
 *
 * Context: any.
 */
static __always_inline void cxlswap_copy_page_out(const struct page *page, void *to,
						  const void *from)
{
	if (static_branch_unlikely(&cxlswap_copy_some_nt))
		cxlswap_copy_page_to_node(page_to_nid(page), to, from);
	else
		cxlswap_copy_page(to, from);
}

/* ---- table.c -------------------------------------------------------------------------- */

#define CXLSWAP_LEAF_SLOTS (PAGE_SIZE / sizeof(unsigned long))

/**
 * struct cxlswap_leaf - a table's entry for CXLSWAP_LEAF_SLOTS slots in a row
 * @slots: their words, NULL until first used; set once, read without a lock
 * @nr_used: slots with data; 0 to 1 and back under leaf_lock
 */
struct cxlswap_leaf {
	unsigned long *slots;
	atomic_t nr_used;
};

/**
 * struct cxlswap_table - a store
 * @list: in the list of all tables, in the order of @id
 * @id: from 1, never used again
 * @nr_slots: its size
 * @nr_used_leaves: leaves with data; under leaf_lock
 * @reserved: every slot has its page from the start, so that no store can fail
 * @tier: it stands in front of another device: data in it keeps the module loaded, and the accept
 *	threshold holds
 * @leaves: the upper level
 */
struct cxlswap_table {
	struct list_head list;
	u64 id;
	unsigned long nr_slots;
	unsigned long nr_used_leaves;
	bool reserved;
	bool tier;
	struct cxlswap_leaf leaves[];
};

/*
 * Read without a lock: whoever asks for a slot's data comes after its store, by the folio's or the
 * swap slot's locks, so he sees its leaf counted.
 */
static inline bool cxlswap_table_has_data(const struct cxlswap_table *table)
{
	return READ_ONCE(table->nr_used_leaves);
}

struct cxlswap_table *cxlswap_table_create(unsigned long nr_slots, bool tier);
unsigned long cxlswap_table_nr_stored(struct cxlswap_table *table);
int cxlswap_table_reserve(struct cxlswap_table *table);
void cxlswap_table_destroy(struct cxlswap_table *table);
unsigned long *cxlswap_table_grow(struct cxlswap_table *table, unsigned long index);
bool cxlswap_leaf_claim(struct cxlswap_table *table, struct cxlswap_leaf *leaf, int nr_slots);
void cxlswap_leaf_release(struct cxlswap_table *table, struct cxlswap_leaf *leaf, int nr_slots);
unsigned long cxlswap_word_poison(unsigned long word);
void cxlswap_slot_publish(struct cxlswap_table *table, unsigned long index, unsigned long *slot,
			  unsigned long old, unsigned long new) __releases(bitlock);
bool cxlswap_slot_drop(struct cxlswap_table *table, unsigned long index, unsigned long *slot);
unsigned long cxlswap_table_drop(struct cxlswap_table *table, unsigned long index,
				 unsigned long nr_slots);
unsigned long cxlswap_table_drop_range(struct cxlswap_table *table, unsigned long first,
				       unsigned long end);

static inline struct cxlswap_leaf *cxlswap_table_leaf(struct cxlswap_table *table,
						      unsigned long index)
{
	return &table->leaves[index / CXLSWAP_LEAF_SLOTS];
}

/**
 * cxlswap_table_find() - a slot, if it can hold anything
 * @table: the table
 * @index: the slot's number
 *
 * Context: any.
 * Return: the slot, not locked; NULL if it was never used or is out of range.
 */
static inline unsigned long *cxlswap_table_find(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slots, *slot;

	if (unlikely(index >= table->nr_slots))
		return NULL;
	/* pairs with cmpxchg() in cxlswap_table_grow(): the leaf is seen zeroed */
	slots = READ_ONCE(cxlswap_table_leaf(table, index)->slots);
	if (!slots)
		return NULL;
	slot = &slots[index % CXLSWAP_LEAF_SLOTS];
	/* spares the caller's test, which the kernel's flags let the compiler keep */
	if (!slot)
		__builtin_unreachable();
	return slot;
}

/**
 * cxlswap_table_make() - a slot, with its leaf allocated if need be
 * @table: the table
 * @index: the slot's number
 *
 * Context: process context; may sleep, but not for I/O; also in reclaim.
 * Return: the slot, not locked; NULL without memory, or if it is out of range.
 */
static inline unsigned long *cxlswap_table_make(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slot = cxlswap_table_find(table, index);

	return likely(slot) ? slot : cxlswap_table_grow(table, index);
}

/**
 * cxlswap_slots_claim() - announce that empty slots will get data
 * @table: the table
 * @index: the number of the first, or of another one in the same leaf
 * @nr_slots: how many
 *
 * Undone by cxlswap_slots_release(), or, for a slot, by cxlswap_slot_publish() of an empty word.
 *
 * Context: any, also with one of them locked.
 * Return: whether they may; false once the module is being unloaded.
 */
static __always_inline bool cxlswap_slots_claim(struct cxlswap_table *table, unsigned long index,
						int nr_slots)
{
	struct cxlswap_leaf *leaf = cxlswap_table_leaf(table, index);

	return likely(atomic_add_unless(&leaf->nr_used, nr_slots, 0)) ||
	       cxlswap_leaf_claim(table, leaf, nr_slots);
}

/**
 * cxlswap_slots_release() - slots that had data, or were claimed, have none
 * @table: the table
 * @index: the number of one of them; all are in the same leaf
 * @nr_slots: how many
 *
 * Context: as cxlswap_slots_claim().
 */
static __always_inline void cxlswap_slots_release(struct cxlswap_table *table,
						  unsigned long index, int nr_slots)
{
	struct cxlswap_leaf *leaf = cxlswap_table_leaf(table, index);

	/* leaf_lock only if these may be the leaf's last */
	if (unlikely(!atomic_add_unless(&leaf->nr_used, -nr_slots, nr_slots)))
		cxlswap_leaf_release(table, leaf, nr_slots);
}

/* Return: how many of @nr_slots slots, from one that was found or made, follow it in its leaf. */
static inline unsigned long cxlswap_table_run(const struct cxlswap_table *table,
					      unsigned long index, unsigned long nr_slots)
{
	return min3(nr_slots, CXLSWAP_LEAF_SLOTS - index % CXLSWAP_LEAF_SLOTS,
		    table->nr_slots - index);
}

/*
 * A look without the lock: most slots that are freed hold nothing. For who has the slot to himself
 * but for migration and writeback, of which neither gives it data.
 */
static inline bool cxlswap_slot_has_data(const unsigned long *slot)
{
	return cxlswap_word_has_data(READ_ONCE(*slot));
}

/**
 * cxlswap_table_drop_slot() - remove a slot's data
 * @table: the table
 * @index: the slot's number
 *
 * Context: as cxl_pool_put().
 */
static inline void cxlswap_table_drop_slot(struct cxlswap_table *table, unsigned long index)
{
	unsigned long *slot = cxlswap_table_find(table, index);

	if (slot && cxlswap_slot_has_data(slot))
		cxlswap_slot_drop(table, index, slot);
}

/* ---- move.c --------------------------------------------------------------------------- */

extern const struct cxl_pool_ops cxlswap_pool_ops;

void cxlswap_table_add(struct cxlswap_table *table);
void cxlswap_table_del(struct cxlswap_table *table);

/* ---- store.c, load.c ------------------------------------------------------------------ */

struct cxlswap_area;

#define CXLSWAP_CHECKSUM_SEED (~0U)

/* Of a page's data. */
static inline u32 cxlswap_checksum(const void *data)
{
	return crc32c(CXLSWAP_CHECKSUM_SEED, data, PAGE_SIZE);
}

bool cxlswap_pool_is_short(void);
bool cxlswap_pool_has_room(void);
bool cxlswap_store(struct cxlswap_area *area, struct folio *folio);
bool cxlswap_store_page(struct cxlswap_table *table, unsigned long index, struct page *page);
blk_status_t cxlswap_store_part(struct cxlswap_table *table, unsigned long index,
				struct page *page, unsigned int page_offset,
				unsigned int slot_offset, unsigned int len);

/**
 * enum cxlswap_load_result - what a load did
 * @CXLSWAP_LOAD_MISS: nothing is stored: the data is elsewhere
 * @CXLSWAP_LOAD_DONE: the folio holds the data
 * @CXLSWAP_LOAD_FAILED: the data is here, but it is lost or the folio can't be filled
 */
enum cxlswap_load_result {
	CXLSWAP_LOAD_MISS,
	CXLSWAP_LOAD_DONE,
	CXLSWAP_LOAD_FAILED,
};

enum cxlswap_load_result cxlswap_load(struct cxlswap_area *area, struct folio *folio);
void cxlswap_promote_folio(struct cxlswap_area *area, struct folio *folio);
bool cxlswap_load_part(struct cxlswap_table *table, unsigned long index, struct page *page,
		       unsigned int page_offset, unsigned int slot_offset, unsigned int len);
unsigned long cxlswap_word_copy_to(unsigned long word, void *to);
bool cxlswap_page_copy(void *to, struct page *page);
bool cxlswap_page_is_good(struct page *page);
bool cxlswap_page_copy_part(void *to, struct page *page, unsigned int offset, unsigned int len);

/* ---- areas.c -------------------------------------------------------------------------- */

/**
 * struct cxlswap_area - an active swap area
 * @table: where its pages are stored
 * @device: the area is this device of ours, which owns @table; NULL in tier mode
 * @zswap_holds: zswap has, or may have, taken a page of this area
 * @nr_slots: its size; its device's table may be larger
 * @path: its device or file
 * @si: the kernel's description
 */
struct cxlswap_area {
	struct cxlswap_table *table;
	struct cxlswap_device *device;
	bool zswap_holds;
	unsigned long nr_slots;
	char *path;
	struct swap_info_struct *si;
};

/* Indexed by swap type. An entry changes only while its type is not active: see areas.c. */
extern struct cxlswap_area *cxlswap_areas[MAX_SWAPFILES];

void cxlswap_area_add(int type, struct swap_info_struct *si, bool zswap_holds);
void cxlswap_area_del(int type);
void cxlswap_area_adopt(int type, struct swap_info_struct *si);
void cxlswap_areas_exit(void);
int cxlswap_area_fill(struct sk_buff *skb, unsigned long *pos);
int cxlswap_areas_show(struct seq_file *m, void *unused);
sector_t cxlswap_slot_sector(struct swap_info_struct *si, unsigned long index);

/* ---- hooks.c -------------------------------------------------------------------------- */

int cxlswap_hooks_init(void);
void cxlswap_hooks_start(void);
void cxlswap_hooks_exit(void);
void cxlswap_hooks_bypassed_store(void);
void cxlswap_hooks_bypassed_load(void);
void cxlswap_hooks_bypassed_invalidate(void);
unsigned short cxlswap_hooks_slot_cgroup_id(swp_entry_t entry);
struct mem_cgroup *cxlswap_hooks_cgroup(unsigned short id);

/* ---- cgroups.c ------------------------------------------------------------------------ */

/**
 * struct cxlswap_cgroup - a memory cgroup, by its id
 * @nr_stored: pages of the store that it is charged for
 * @nr_stores: pages stored, same-filled ones included
 * @nr_loads: pages loaded, into folios that are charged to it
 * @id: the id; 0 stands for none
 * @room: with a limit: what it and those below it may store until that is counted again
 * @limit: the limit of @room
 * @serial: the cgroup of @room: ids are used again
 * @counted_at: jiffies of the last count
 * @left: what it found, in pages
 * @nr_refused: pages refused
 * @owner: the cgroup of @nr_stores, @nr_loads and @nr_refused, by its serial number
 * @barred: the cgroup whose pages must not be stored in tier mode, the same way; 0: none
 *
 * What every page changes lies in the first cache line.
 */
struct cxlswap_cgroup {
	atomic_long_t nr_stored;
	atomic_long_t nr_stores;
	atomic_long_t nr_loads;
	unsigned short id;
	atomic_long_t room;
	unsigned long limit;
	u64 serial;
	unsigned long counted_at;
	unsigned long left;
	atomic_long_t nr_refused;
	u64 owner;
	u64 barred;
} ____cacheline_aligned;

/* Of ids; the leaves stay until the module goes. The first is always there. */
#define CXLSWAP_CGROUPS_PER_LEAF (PAGE_SIZE / sizeof(struct cxlswap_cgroup))
#define CXLSWAP_NR_CGROUP_IDS (USHRT_MAX + 1)
#define CXLSWAP_CGROUP_ANY (-1)
extern struct cxlswap_cgroup *
cxlswap_cgroup_leaves[CXLSWAP_NR_CGROUP_IDS / CXLSWAP_CGROUPS_PER_LEAF];

int cxlswap_cgroups_init(void);
void cxlswap_cgroups_exit(void);
struct cxlswap_cgroup *cxlswap_cgroup_grow(unsigned short id);
u64 cxlswap_cgroup_serial(unsigned short id);
void cxlswap_cgroup_adopt(struct cxlswap_cgroup *cgroup);
bool cxlswap_cgroup_has_room(struct mem_cgroup *memcg, long nr_pages);
bool cxlswap_cgroup_may_write_back(unsigned short id);
int cxlswap_cgroup_over_share(long *nr_over);
int cxlswap_cgroup_fill(struct sk_buff *skb, unsigned long *pos);
int cxlswap_cgroups_show(struct seq_file *m, void *unused);

/* Return: NULL if nothing was ever stored for this id, nor for one near it. */
static inline struct cxlswap_cgroup *cxlswap_cgroup_find(unsigned short id)
{
	/* pairs with cmpxchg() in cxlswap_cgroup_grow(): what is in the leaf is seen */
	struct cxlswap_cgroup *leaf =
		READ_ONCE(cxlswap_cgroup_leaves[id / CXLSWAP_CGROUPS_PER_LEAF]);

	return leaf ? &leaf[id % CXLSWAP_CGROUPS_PER_LEAF] : NULL;
}

/**
 * cxlswap_cgroup_by_id() - a cgroup
 * @id: the id, or 0
 *
 * Context: process context; may sleep, but not for I/O; also in reclaim.
 * Return: the cgroup; NULL without memory.
 */
static inline struct cxlswap_cgroup *cxlswap_cgroup_by_id(unsigned short id)
{
	struct cxlswap_cgroup *cgroup = cxlswap_cgroup_find(id);

	return likely(cgroup) ? cgroup : cxlswap_cgroup_grow(id);
}

/**
 * cxlswap_cgroup_of_store() - who a folio that is to be stored will be charged to
 * @id: the id of its slot's cgroup, or 0
 *
 * Context: as cxlswap_cgroup_by_id().
 * Return: as cxlswap_cgroup_by_id().
 */
static inline struct cxlswap_cgroup *cxlswap_cgroup_of_store(unsigned short id)
{
	struct cxlswap_cgroup *cgroup = cxlswap_cgroup_by_id(id);

	/* the id stays that cgroup's as long as a page is charged to it */
	if (cgroup && unlikely(!atomic_long_read(&cgroup->nr_stored)))
		cxlswap_cgroup_adopt(cgroup);
	return cgroup;
}

/**
 * cxlswap_cgroup_count_loads() - pages were loaded
 * @folio: the pages, locked; charged to a cgroup by now, mostly to the one that their slots were
 *	charged to
 *
 * Context: any.
 */
static inline void cxlswap_cgroup_count_loads(struct folio *folio)
{
	struct mem_cgroup *memcg = folio_memcg(folio);
	struct cxlswap_cgroup *cgroup = cxlswap_cgroup_find(memcg ? mem_cgroup_id(memcg) : 0);

	/* nothing is told of who has never stored anything */
	if (likely(cgroup))
		atomic_long_add(folio_nr_pages(folio), &cgroup->nr_loads);
}

/* What is charged to no cgroup. */
static inline struct cxlswap_cgroup *cxlswap_cgroup_none(void)
{
	return cxlswap_cgroup_leaves[0];
}

/* A page of the store gets data. The tag goes where it goes. */
static inline void cxlswap_page_charge(struct page *page, struct cxlswap_cgroup *cgroup)
{
	cxl_page_set_tag(page, cgroup->id);
	atomic_long_inc(&cgroup->nr_stored);
}

/* It has no data any more, and is to be charged again unless it leaves the store. */
static inline void cxlswap_page_uncharge(struct page *page)
{
	unsigned int id = cxl_page_tag(page);
	struct cxlswap_cgroup *leaf = cxlswap_cgroup_leaves[id / CXLSWAP_CGROUPS_PER_LEAF];

	atomic_long_dec(&leaf[id % CXLSWAP_CGROUPS_PER_LEAF].nr_stored);
}

/* ---- tiers.c -------------------------------------------------------------------------- */

DECLARE_STATIC_KEY_FALSE(cxlswap_some_cgroups_are_barred);

void cxlswap_tiers_start(void);
void cxlswap_tiers_stop(void);
void cxlswap_tiers_forget_gone(void);
bool cxlswap_cgroup_is_barred(const struct cxlswap_cgroup *cgroup, u64 serial);
bool __cxlswap_cgroup_has_tier(struct mem_cgroup *memcg);

/**
 * cxlswap_cgroup_has_tier() - may pages of a cgroup be in CXL memory?
 * @memcg: the cgroup, kept by the caller; NULL: none
 *
 * Context: any.
 * Return: false if "0" was chosen for it, or for one above it.
 */
static __always_inline bool cxlswap_cgroup_has_tier(struct mem_cgroup *memcg)
{
	return !static_branch_unlikely(&cxlswap_some_cgroups_are_barred) ||
	       __cxlswap_cgroup_has_tier(memcg);
}

/**
 * cxlswap_cgroup_may_store() - do memory.zswap.max and cgroup_tier let a folio be stored?
 * @folio: locked, so that it stays charged to its cgroup
 *
 * Context: process context; may sleep, but not for I/O; also in reclaim.
 * Return: false if its cgroup, or one above it, has stored as much as it may, or may not at all.
 */
static inline bool cxlswap_cgroup_may_store(struct folio *folio)
{
	struct mem_cgroup *memcg = folio_memcg(folio);

	if (!cxlswap_cgroup_has_tier(memcg))
		return false;
	for (; memcg; memcg = parent_mem_cgroup(memcg))
		if (unlikely(READ_ONCE(memcg->zswap_max) != PAGE_COUNTER_MAX))
			return cxlswap_cgroup_has_room(memcg, folio_nr_pages(folio));
	return true;
}

/* ---- blkdev.c ------------------------------------------------------------------------- */

int cxlswap_devices_init(void);
void cxlswap_devices_add(void);
void cxlswap_devices_exit(void);
int cxlswap_device_new(u64 size, struct netlink_ext_ack *extack);
int cxlswap_device_del(unsigned int number, struct netlink_ext_ack *extack);
int cxlswap_device_fill(struct sk_buff *skb, unsigned long *pos);
struct cxlswap_device *cxlswap_device_of(struct swap_info_struct *si);
struct cxlswap_table *cxlswap_device_table(struct cxlswap_device *device);
void cxlswap_device_set_swap(struct cxlswap_device *device, bool active);
void cxlswap_device_expect_bios(struct cxlswap_device *device, long nr_pages);

/* ---- store.c, writeback.c: what counts the use of the pool ------------------------------ */

/* That reads a line of every CPU and node: of those who come at the same time only one is to. */
static inline bool cxlswap_check_is_due(unsigned long *next_check, unsigned long delay)
{
	unsigned long next = READ_ONCE(*next_check);

	return time_after_eq(jiffies, next) && try_cmpxchg(next_check, &next, jiffies + delay);
}

/* ---- params.c ------------------------------------------------------------------------- */

extern bool cxlswap_enabled;
extern bool cxlswap_same_filled_enabled;
extern bool cxlswap_non_same_filled_enabled;
extern bool cxlswap_verify;
extern bool cxlswap_exclusive;
extern bool cxlswap_promote;
extern struct cxl_pool *cxlswap_pool;

int cxlswap_pool_init(void);
void cxlswap_pool_exit(void);
unsigned long cxlswap_accept_limit(void);
unsigned long cxlswap_writeback_limit(void);
int cxlswap_pool_set(const struct cxl_pool_settings *settings, struct netlink_ext_ack *extack);
int cxlswap_pool_fill(struct sk_buff *skb);

/* ---- writeback.c ---------------------------------------------------------------------- */

extern unsigned long cxlswap_writeback_next_check;
extern unsigned int cxlswap_writeback_nr_batches;
extern unsigned int cxlswap_writeback_mb_per_second;

int cxlswap_writeback_init(void);
void cxlswap_writeback_stop(void);
void cxlswap_writeback_exit(void);
void cxlswap_writeback_check(void);
bool __cxlswap_writeback_has(struct cxlswap_area *area, unsigned long index,
			     unsigned long nr_slots);
void cxlswap_writeback_forget(void);
int cxlswap_writeback_all(void);

/**
 * cxlswap_writeback_has() - may older data of slots be on its way to the device?
 * @area: their area
 * @index: the first slot
 * @nr_slots: their number; nothing is stored there
 *
 * Context: process context, also reclaim.
 * Return: true if it may be; false: it has arrived.
 */
static inline bool cxlswap_writeback_has(struct cxlswap_area *area, unsigned long index,
					 unsigned long nr_slots)
{
	/* pairs with smp_store_release() in cxlswap_batch_close() */
	return unlikely(smp_load_acquire(&cxlswap_writeback_nr_batches)) &&
	       __cxlswap_writeback_has(area, index, nr_slots);
}

/**
 * cxlswap_writeback_poke() - a page is to be stored: is it time to write back?
 *
 * Context: any but interrupt handlers.
 */
static inline void cxlswap_writeback_poke(void)
{
	if (unlikely(time_after_eq(jiffies, READ_ONCE(cxlswap_writeback_next_check))))
		cxlswap_writeback_check();
}

/* ---- stats.c -------------------------------------------------------------------------- */

/*
 * Every counter: its name, which is also its debugfs file, and what it counts. The first three go
 * up and down, the others only up.
 */
#define CXLSWAP_COUNTERS(X)									\
	X(stored_pages, "pages stored now, same-filled ones included")				\
	X(same_filled_pages, "same-filled pages stored now")					\
	X(metadata_bytes, "bytes of memory that the tables take now")				\
	X(pool_limit_hit, "stores refused because the pool was at its limit")			\
	X(reject_reclaim_fail, "stores refused after that, until the accept threshold")		\
	X(reject_alloc_fail, "stores refused because no far node had a free page")		\
	X(reject_kmemcache_fail, "stores refused for want of memory for the table")		\
	X(reject_disabled, "stores refused because enabled=0")					\
	X(reject_cgroup, "stores refused because of memory.zswap.max or cgroup_tier")	\
	X(reject_far_page, "stores refused because the page lies on a far node already")	\
	X(reject_filled_policy, "stores refused by non_same_filled_pages_enabled=0")		\
	X(reject_unloading, "stores refused because the module is being unloaded")		\
	X(poisoned_pages, "pages whose data was lost because their memory failed")		\
	X(checksum_errors, "pages found changed while they were stored, of those")		\
	X(failed_loads, "loads of such pages, each an error for who needed the page")		\
	X(written_back_pages, "pages written back to the device below")				\
	X(writeback_errors, "pages that could not be written back, and stayed")			\
	X(postponed_stores, "refused stores put off while an older page was being written")	\
	X(stores, "pages stored")								\
	X(loads, "pages loaded")								\
	X(given_up_pages, "pages loaded that gave up their copy because of exclusive=1")	\
	X(promoted_pages, "pages read from the device below that are to be stored again")	\
	X(large_stores, "large folios stored whole")						\
	X(large_loads, "large folios loaded whole")						\
	X(mixed_loads, "large folios loaded partly from the device below")			\
	X(missed_invalidations, "pages dropped when a range was freed without zswap_invalidate()")

#define CXLSWAP_COUNTER_ENUM(_name, _meaning) CXLSWAP_COUNT_##_name,
enum cxlswap_counter {
	CXLSWAP_COUNTERS(CXLSWAP_COUNTER_ENUM)
	CXLSWAP_NR_COUNTERS
};

struct cxlswap_counts {
	long value[CXLSWAP_NR_COUNTERS];
};
DECLARE_PER_CPU(struct cxlswap_counts, cxlswap_counts);

#define cxlswap_count_add(_name, _nr) \
	this_cpu_add(cxlswap_counts.value[CXLSWAP_COUNT_##_name], _nr)
#define cxlswap_count(_name) cxlswap_count_add(_name, 1)

int cxlswap_counters_fill(struct sk_buff *skb);
void cxlswap_stats_init(void);
void cxlswap_stats_exit(void);

#endif /* CXLSWAP_H */
