// SPDX-License-Identifier: GPL-2.0
/*
 * Every kernel function that cxlswap touches: the table cxlswap_hooks, at the end, and
 * docs/hooks.md. The hooks look whether a call is for us, ask the store, and else call the
 * original.
 *
 * Contexts (6.8 and 6.12, mm/page_io.c and mm/swapfile.c): store, load, swapon and swapoff run in
 * process context and may sleep. invalidate and clear_shadow may run under a swap cluster's lock,
 * swap_info_struct.lock and, with interrupts off, swap_slots_cache.free_lock: they must not sleep.
 * None runs in an interrupt but read_end, which comes from one.
 */
#include <linux/bio.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/psi.h>
#include <linux/swap.h>
#include <linux/swap_cgroup.h>
#include <linux/swapops.h>
#include <linux/zswap.h>

#include "cxl_hook.h"
#include "cxlswap.h"

enum cxlswap_hook_index {
	HOOK_INFO,
	HOOK_CGROUP_ID,
	HOOK_CGROUP,
	HOOK_SWAPOFF,
	HOOK_SWAPON,
	HOOK_STORE,
	HOOK_LOAD,
	HOOK_READ_END,
	HOOK_INVALIDATE,
	HOOK_CLEAR_SHADOW,
	NR_HOOKS
};

static struct cxl_hook cxlswap_hooks[NR_HOOKS];
static struct cxl_hook_set cxlswap_hook_set;
static DEFINE_PER_CPU(struct cxl_hook_calls, cxlswap_hook_calls[NR_HOOKS]);

/* ftrace jumps to a hook by address: only this notices a prototype that changed. */
static_assert(__same_type(zswap_store, bool (struct folio *)));
static_assert(__same_type(zswap_invalidate, void (COMPAT_ZSWAP_INVALIDATE_PARAMS)));
static_assert(__same_type(zswap_swapon, COMPAT_ZSWAP_SWAPON_RESULT (COMPAT_ZSWAP_SWAPON_PARAMS)));
static_assert(__same_type(zswap_swapoff, void (int)));

/* As mm/swapfile.c and mm/swap.h have them, for the static calls' types. */
struct swap_info_struct *swp_swap_info(swp_entry_t entry);
void clear_shadow_from_swap_cache(int type, unsigned long begin, unsigned long end);
COMPAT_SWAP_LOAD_RESULT COMPAT_SWAP_LOAD(COMPAT_SWAP_LOAD_PARAMS);
/* As mm/page_io.c has it. */
void end_swap_bio_read(struct bio *bio);

DEFINE_STATIC_CALL_NULL(original_store, zswap_store);
DEFINE_STATIC_CALL_NULL(original_load, COMPAT_SWAP_LOAD);
DEFINE_STATIC_CALL_NULL(original_read_end, end_swap_bio_read);
DEFINE_STATIC_CALL_NULL(original_invalidate, zswap_invalidate);
DEFINE_STATIC_CALL_NULL(original_clear_shadow, clear_shadow_from_swap_cache);
DEFINE_STATIC_CALL_NULL(original_swapon, zswap_swapon);
DEFINE_STATIC_CALL_NULL(original_swapoff, zswap_swapoff);
DEFINE_STATIC_CALL_NULL(original_info, swp_swap_info);
DEFINE_STATIC_CALL_NULL(original_cgroup_id, lookup_swap_cgroup_id);
DEFINE_STATIC_CALL_NULL(original_cgroup, mem_cgroup_from_id);

/* Set when all hooks are live. Until then nothing may be stored: it might never be loaded. */
static bool hooks_ready;

static struct cxlswap_area *cxlswap_area_of(swp_entry_t entry)
{
	/* pairs with smp_store_release() in cxlswap_area_set() */
	return READ_ONCE(cxlswap_areas[swp_type(entry)]);
}

/* The area of a slot that may have data here; NULL also if no slot of the area has. */
static struct cxlswap_area *cxlswap_area_with_data(swp_entry_t entry)
{
	struct cxlswap_area *area = cxlswap_area_of(entry);

	return area && cxlswap_table_has_data(area->table) ? area : NULL;
}

/* A range that may hold data still. Apart, so that the hook has few registers to save. */
static noinline void cxlswap_drop_range(struct cxlswap_table *table, unsigned long begin,
					unsigned long nr_slots)
{
	unsigned long nr_dropped = cxlswap_table_drop(table, begin, nr_slots);

	if (likely(!nr_dropped))
		return;
	cxlswap_count_add(missed_invalidations, nr_dropped);
	if (COMPAT_ZSWAP_INVALIDATES_ALL)
		cxlswap_hooks_bypassed_invalidate();
}

/* Else zswap might write its older copy of these slots back, and put it into the swap cache. */
static void cxlswap_zswap_forget(struct folio *folio)
{
	swp_entry_t entry = folio->swap;
	long nr_pages = folio_nr_pages(folio);

	for (; nr_pages; nr_pages--, entry.val++)
		static_call(original_invalidate)(COMPAT_ZSWAP_INVALIDATE_ARGS(entry));
}

static bool cxlswap_store_in_area(struct cxlswap_area *area, struct folio *folio)
{
	if (cxlswap_store(area, folio)) {
		if (unlikely(READ_ONCE(area->zswap_holds)))
			cxlswap_zswap_forget(folio);
		return true;
	}
	if (!static_call(original_store)(folio))
		return false;
	if (!READ_ONCE(area->zswap_holds))
		WRITE_ONCE(area->zswap_holds, true);
	return true;
}

/*
 * zswap_store(): true: the folio's data is kept, and the caller goes on as if it had been written;
 * false: the caller writes it to the device. The same in 6.8 and 6.12.
 * We add: our store before zswap's.
 */
static CXL_HOOK_REPLACEMENT bool cxlswap_hook_store(struct folio *folio)
{
	struct cxlswap_area *area;
	bool stored;

	cxl_hook_enter(&cxlswap_hooks[HOOK_STORE]);
	area = cxlswap_area_of(folio->swap);
	if (area && READ_ONCE(hooks_ready))
		stored = cxlswap_store_in_area(area, folio);
	else
		stored = static_call(original_store)(folio);
	cxl_hook_leave(&cxlswap_hooks[HOOK_STORE]);
	return stored;
}

/* swap_read_folio() counts the time as a memory stall, for a folio that was in use not long ago. */
static enum cxlswap_load_result cxlswap_load_in_area(struct cxlswap_area *area, struct folio *folio)
{
	bool is_stall = COMPAT_SWAP_LOAD_ACCOUNTS && folio_test_workingset(folio);
	enum cxlswap_load_result result;
	unsigned long flags;

	if (is_stall)
		psi_memstall_enter(&flags);
	result = cxlswap_load(area, folio);
	if (is_stall)
		psi_memstall_leave(&flags);
	return result;
}

/*
 * 6.12, zswap_load(): true: the caller unlocks the folio and does not read the device; a folio that
 * is not marked up to date then is an I/O error.
 * 6.8, swap_read_folio(): the folio is unlocked when the read has ended; one that is not marked up
 * to date is an I/O error.
 * We add: our store before zswap's.
 */
static CXL_HOOK_REPLACEMENT COMPAT_SWAP_LOAD_RESULT cxlswap_hook_load(COMPAT_SWAP_LOAD_PARAMS)
{
	enum cxlswap_load_result result = CXLSWAP_LOAD_MISS;
	struct cxlswap_area *area;
	bool loaded = true;

	cxl_hook_enter(&cxlswap_hooks[HOOK_LOAD]);
	area = cxlswap_area_with_data(folio->swap);
	if (area)
		result = cxlswap_load_in_area(area, folio);
	if (result == CXLSWAP_LOAD_MISS)
		loaded = COMPAT_SWAP_LOAD_CALL(static_call(original_load));
	cxl_hook_leave(&cxlswap_hooks[HOOK_LOAD]);
	COMPAT_SWAP_LOAD_RETURN(folio, result != CXLSWAP_LOAD_MISS, loaded);
}

/*
 * end_swap_bio_read(): a folio was read from a swap device that is not synchronous, and is about to
 * be unlocked. The same in 6.8 and 6.12.
 * We add: it is to be stored again.
 */
static CXL_HOOK_REPLACEMENT void cxlswap_hook_read_end(struct bio *bio)
{
	struct cxlswap_area *area;
	struct folio *folio;

	cxl_hook_enter(&cxlswap_hooks[HOOK_READ_END]);
	folio = bio_first_folio_all(bio);
	area = cxlswap_area_of(folio->swap);
	if (area && !bio->bi_status && READ_ONCE(hooks_ready))
		cxlswap_promote_folio(area, folio);
	static_call(original_read_end)(bio);
	cxl_hook_leave(&cxlswap_hooks[HOOK_READ_END]);
}

/*
 * zswap_invalidate(): a slot is being freed and can't be allocated again before this returns. The
 * same in 6.8 and 6.12.
 * We add: our copy goes too. zswap is not asked where it never had a page: it would lock and search
 * an empty tree, for every slot. (zswap_holds was set before the store of its first page returned,
 * and so before that slot could be freed.)
 */
static CXL_HOOK_REPLACEMENT void cxlswap_hook_invalidate(COMPAT_ZSWAP_INVALIDATE_PARAMS)
{
	swp_entry_t slot = COMPAT_ZSWAP_INVALIDATE_ENTRY;
	struct cxlswap_area *area;

	cxl_hook_enter(&cxlswap_hooks[HOOK_INVALIDATE]);
	area = cxlswap_area_of(slot);
	if (area && cxlswap_table_has_data(area->table))
		cxlswap_table_drop_slot(area->table, swp_offset(slot));
	if (!area || READ_ONCE(area->zswap_holds))
		static_call(original_invalidate)(COMPAT_ZSWAP_INVALIDATE_ARGS(slot));
	cxl_hook_leave(&cxlswap_hooks[HOOK_INVALIDATE]);
}

/*
 * clear_shadow_from_swap_cache(type, begin, end): called for every range of slots that is freed,
 * under swap_info_struct.lock, before one of them can be allocated again. The same in 6.8 and 6.12.
 * We add: nothing stays stored there. 6.12 frees large folios without zswap_invalidate()
 * (put_swap_folio(), __try_to_reclaim_swap()).
 */
static CXL_HOOK_REPLACEMENT
void cxlswap_hook_clear_shadow(int type, unsigned long begin, unsigned long end)
{
	struct cxlswap_area *area;
	unsigned long *slot;

	cxl_hook_enter(&cxlswap_hooks[HOOK_CLEAR_SHADOW]);
	area = cxlswap_area_with_data(swp_entry(type, begin));
	if (area) {
		slot = cxlswap_table_find(area->table, begin);
		if (unlikely(begin != end || (slot && cxlswap_slot_has_data(slot))))
			cxlswap_drop_range(area->table, begin, end - begin + 1);
	}
	static_call(original_clear_shadow)(type, begin, end);
	cxl_hook_leave(&cxlswap_hooks[HOOK_CLEAR_SHADOW]);
}

/*
 * zswap_swapon(): a type is about to be active. 6.8: no result; 6.12: an error fails swapon.
 * We add: a table, if there is memory for one.
 */
static CXL_HOOK_REPLACEMENT
COMPAT_ZSWAP_SWAPON_RESULT cxlswap_hook_swapon(COMPAT_ZSWAP_SWAPON_PARAMS)
{
	int err;

	cxl_hook_enter(&cxlswap_hooks[HOOK_SWAPON]);
	err = COMPAT_ZSWAP_SWAPON_CALL(static_call(original_swapon));
	if (!err)
		cxlswap_area_add(type, static_call(original_info)(swp_entry(type, 0)),
				 !READ_ONCE(hooks_ready));
	cxl_hook_leave(&cxlswap_hooks[HOOK_SWAPON]);
	COMPAT_ZSWAP_SWAPON_RETURN(err);
}

/*
 * zswap_swapoff(): all slots of a type are free and nobody looks one up any more; or swapon failed
 * late (6.12).
 * We add: our table goes too.
 */
static CXL_HOOK_REPLACEMENT void cxlswap_hook_swapoff(int type)
{
	cxl_hook_enter(&cxlswap_hooks[HOOK_SWAPOFF]);
	cxlswap_area_del(type);
	static_call(original_swapoff)(type);
	cxl_hook_leave(&cxlswap_hooks[HOOK_SWAPOFF]);
}

CXL_HOOK_REDIRECTION(cxlswap_hook_store);
CXL_HOOK_REDIRECTION(cxlswap_hook_load);
CXL_HOOK_REDIRECTION(cxlswap_hook_read_end);
CXL_HOOK_REDIRECTION(cxlswap_hook_invalidate);
CXL_HOOK_REDIRECTION(cxlswap_hook_clear_shadow);
CXL_HOOK_REDIRECTION(cxlswap_hook_swapon);
CXL_HOOK_REDIRECTION(cxlswap_hook_swapoff);

/* They go live in this order and are removed in the other: what is added will be deleted. */
static struct cxl_hook cxlswap_hooks[NR_HOOKS] = {
	/* a type's swap_info_struct */
	[HOOK_INFO] = CXL_HOOK_CALL_FUNC("swp_swap_info", original_info),
	/* who a slot's page was charged to */
	[HOOK_CGROUP_ID] = CXL_HOOK_CALL_FUNC("lookup_swap_cgroup_id", original_cgroup_id),
	[HOOK_CGROUP] = CXL_HOOK_CALL_FUNC("mem_cgroup_from_id", original_cgroup),
	[HOOK_SWAPOFF] = CXL_HOOK_REPLACE_FUNC("zswap_swapoff", cxlswap_hook_swapoff,
					       original_swapoff,
					       &cxlswap_hook_calls[HOOK_SWAPOFF]),
	[HOOK_SWAPON] = CXL_HOOK_REPLACE_FUNC("zswap_swapon", cxlswap_hook_swapon,
					      original_swapon, &cxlswap_hook_calls[HOOK_SWAPON]),
	[HOOK_STORE] = CXL_HOOK_REPLACE_FUNC("zswap_store", cxlswap_hook_store, original_store,
					     &cxlswap_hook_calls[HOOK_STORE]),
	[HOOK_LOAD] = CXL_HOOK_REPLACE_FUNC(COMPAT_SWAP_LOAD_SYMBOL, cxlswap_hook_load,
					    original_load, &cxlswap_hook_calls[HOOK_LOAD]),
	[HOOK_READ_END] = CXL_HOOK_REPLACE_FUNC("end_swap_bio_read", cxlswap_hook_read_end,
						original_read_end,
						&cxlswap_hook_calls[HOOK_READ_END]),
	[HOOK_INVALIDATE] = CXL_HOOK_REPLACE_FUNC("zswap_invalidate", cxlswap_hook_invalidate,
						  original_invalidate,
						  &cxlswap_hook_calls[HOOK_INVALIDATE]),
	[HOOK_CLEAR_SHADOW] = CXL_HOOK_REPLACE_FUNC("clear_shadow_from_swap_cache",
						    cxlswap_hook_clear_shadow,
						    original_clear_shadow,
						    &cxlswap_hook_calls[HOOK_CLEAR_SHADOW]),
};

static struct cxl_hook_set cxlswap_hook_set = {
	.owner = KBUILD_MODNAME,
	.hooks = cxlswap_hooks,
	.nr_hooks = NR_HOOKS,
};

/**
 * cxlswap_hooks_bypassed_store() - a swap write reached our device past the store hook
 *
 * Context: any.
 */
void cxlswap_hooks_bypassed_store(void)
{
	cxl_hook_bypassed(&cxlswap_hook_set, &cxlswap_hooks[HOOK_STORE],
			  "a page was written to our device as a bio");
}

/**
 * cxlswap_hooks_bypassed_load() - a swap read reached our device past the load hook
 *
 * Context: any.
 */
void cxlswap_hooks_bypassed_load(void)
{
	cxl_hook_bypassed(&cxlswap_hook_set, &cxlswap_hooks[HOOK_LOAD],
			  "a page was read from our device as a bio");
}

/**
 * cxlswap_hooks_bypassed_invalidate() - slots were freed past the invalidation hook
 *
 * The caller has dropped the pages that were still stored there.
 *
 * Context: any.
 */
void cxlswap_hooks_bypassed_invalidate(void)
{
	cxl_hook_bypassed(&cxlswap_hook_set, &cxlswap_hooks[HOOK_INVALIDATE],
			  "a slot was freed without it");
}

/**
 * cxlswap_hooks_slot_cgroup_id() - the memory cgroup that a slot's page was charged to
 * @entry: the slot
 *
 * The kernel keeps the id for as long as the slot is in use, also when the cgroup was removed. A
 * page of a cgroup that was removed before is charged to the next one above (6.8 and 6.12,
 * __mem_cgroup_try_charge_swap()).
 *
 * Context: any.
 * Return: its id; 0 if there is none, also if the slot is free by now.
 */
unsigned short cxlswap_hooks_slot_cgroup_id(swp_entry_t entry)
{
	/* nobody keeps the table of slots without cgroups */
	return mem_cgroup_disabled() ? 0 : static_call(original_cgroup_id)(entry);
}

/**
 * cxlswap_hooks_cgroup() - a memory cgroup
 * @id: its id
 *
 * Context: any; under rcu_read_lock(), which keeps the cgroup.
 * Return: the cgroup; NULL if there is none.
 */
struct mem_cgroup *cxlswap_hooks_cgroup(unsigned short id)
{
	return static_call(original_cgroup)(id);
}

/**
 * cxlswap_hooks_init() - get in front of the kernel's functions, doing nothing there yet
 *
 * Context: process context, module load.
 * Return: 0, or a negative error after a line in the log; the kernel is then as it was.
 */
int cxlswap_hooks_init(void)
{
	return cxl_hooks_install(&cxlswap_hook_set);
}

/**
 * cxlswap_hooks_start() - begin to work, also for swap areas that are active already
 *
 * Context: process context, last in module_init.
 */
void cxlswap_hooks_start(void)
{
	struct swap_info_struct *si;
	int type;

	WRITE_ONCE(hooks_ready, true);
	for (type = 0; type < MAX_SWAPFILES; type++) {
		si = static_call(original_info)(swp_entry(type, 0));
		if (si)
			cxlswap_area_adopt(type, si);
	}
}

/**
 * cxlswap_hooks_exit() - leave the kernel's functions alone again
 *
 * Context: process context, first in module_exit; sleeps until nobody is inside a hook.
 */
void cxlswap_hooks_exit(void)
{
	cxl_hooks_remove(&cxlswap_hook_set);
}
