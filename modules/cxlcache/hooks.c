// SPDX-License-Identifier: GPL-2.0
/*
 * Every function of the kernel itself that cxlcache touches: the table cxlcache_hooks, at the end,
 * and docs/hooks.md. (Those of filesystems are in fs.c.)
 *
 * Each is called from other files than its own, so that no compiler has put it into its caller: the
 * three that remove pages by truncate_inode_pages(), truncate_pagecache() and the like, too, since
 * they are large and have many callers (6.8 and 6.12, mm/truncate.c, fs/inode.c).
 */
#include <linux/fs.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>

#include <trace/events/filemap.h>
#include <trace/events/writeback.h>

#include "cxl_hook.h"
#include "cxlcache.h"
#include "cxlcache_trace.h"

enum cxlcache_hook_index {
	HOOK_EVICT_ALL,
	HOOK_EVICT,
	HOOK_TRUNCATE,
	HOOK_INVALIDATE,
	HOOK_DIRTY,
	HOOK_REMOVE,
	NR_HOOKS
};

static struct cxl_hook cxlcache_hooks[NR_HOOKS];
static struct cxl_hook_set cxlcache_hook_set;
static DEFINE_PER_CPU(struct cxl_hook_calls, cxlcache_hook_calls[NR_HOOKS]);

/* As fs/internal.h has it, for the static call's type. */
void evict_inodes(struct super_block *sb);

DEFINE_STATIC_CALL_NULL(original_truncate, truncate_inode_pages_range);
DEFINE_STATIC_CALL_NULL(original_invalidate, invalidate_inode_pages2_range);
DEFINE_STATIC_CALL_NULL(original_evict, truncate_inode_pages_final);
DEFINE_STATIC_CALL_NULL(original_evict_all, evict_inodes);

/*
 * Switched on before the first mount is, and off when nothing is held any more. Who passes by
 * before he could see it has ended when a mount is on: that waits for RCU (cxlcache_mount_off()),
 * and probes run with preemption off.
 */
DEFINE_STATIC_KEY_FALSE(cxlcache_is_used);

/* An inode of which something may be held, now or soon. */
static bool cxlcache_is_ours(struct address_space *mapping)
{
	struct inode *inode = mapping->host;

	return inode && S_ISREG(inode->i_mode) && cxlcache_fs_find(inode->i_sb);
}

/*
 * Coherence rule 2: nothing of a range is held when its content changes, which may be at any time
 * from here until the caller gives up its locks. What is read meanwhile is in the page cache, where
 * the core finds it, or is evicted and not put, because of the bar. What was put before the core
 * got to it, or while it looked, goes afterwards.
 *
 * Return: whether something may be held, for cxlcache_remove_end().
 */
static bool cxlcache_remove_begin(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	bool is_known = cxlcache_bar_begin(mapping);

	if (is_known) {
		cxlcache_drop(mapping->host, first, last);
		trace_cxlcache_invalidate(mapping->host, first, last - first + 1, false);
	}
	return is_known;
}

static void cxlcache_remove_end(struct address_space *mapping, pgoff_t first, pgoff_t last,
				bool is_known)
{
	if (is_known) {
		cxlcache_drop(mapping->host, first, last);
		trace_cxlcache_invalidate(mapping->host, first, last - first + 1, true);
	}
	cxlcache_bar_end(cxlcache_bar_bucket(mapping->host));
}

/*
 * truncate_inode_pages_range(): removes all folios that lie in a range of bytes, and clears what
 * lies in it of others. The same in 6.8 and 6.12. Callers change the content under the same locks.
 * We add: nothing of these pages is held, also not of those that lie in the range partly.
 */
static CXL_HOOK_REPLACEMENT
void cxlcache_hook_truncate(struct address_space *mapping, loff_t lstart, loff_t lend)
{
	pgoff_t first = lstart >> PAGE_SHIFT;
	/* -1: to the end */
	pgoff_t last = lend == -1 ? ULONG_MAX : lend >> PAGE_SHIFT;
	bool is_ours, is_known = false;

	cxl_hook_enter(&cxlcache_hooks[HOOK_TRUNCATE]);
	is_ours = cxlcache_is_ours(mapping);
	if (is_ours)
		is_known = cxlcache_remove_begin(mapping, first, last);
	static_call(original_truncate)(mapping, lstart, lend);
	if (is_ours)
		cxlcache_remove_end(mapping, first, last, is_known);
	cxl_hook_leave(&cxlcache_hooks[HOOK_TRUNCATE]);
}

/*
 * invalidate_inode_pages2_range(): removes all folios in a range of pages, or says that it could
 * not. The same in 6.8 and 6.12. Direct writes come here before they begin, and most when they have
 * ended.
 * We add: nothing of these pages is held. If some folio stays, what it holds need not be what is on
 * disk: the inode is cached no more.
 */
static CXL_HOOK_REPLACEMENT
int cxlcache_hook_invalidate(struct address_space *mapping, pgoff_t start, pgoff_t end)
{
	bool is_ours, is_known = false;
	int err;

	cxl_hook_enter(&cxlcache_hooks[HOOK_INVALIDATE]);
	is_ours = cxlcache_is_ours(mapping);
	if (is_ours)
		is_known = cxlcache_remove_begin(mapping, start, end);
	err = static_call(original_invalidate)(mapping, start, end);
	if (is_ours) {
		if (err)
			cxlcache_refuse(mapping);
		cxlcache_remove_end(mapping, start, end, is_known);
	}
	cxl_hook_leave(&cxlcache_hooks[HOOK_INVALIDATE]);
	return err;
}

/*
 * truncate_inode_pages_final(): an inode goes out of memory (6.8 and 6.12: evict(), or the
 * filesystem's ->evict_inode). It marks the mapping as exiting first, so nothing is put after that.
 * We add: nothing of the inode is held (coherence rule 3).
 */
static CXL_HOOK_REPLACEMENT void cxlcache_hook_evict(struct address_space *mapping)
{
	cxl_hook_enter(&cxlcache_hooks[HOOK_EVICT]);
	static_call(original_evict)(mapping);
	if (cxlcache_is_ours(mapping) && cxlcache_mount_is_known(mapping->host->i_sb)) {
		/* a put that does not see the mark yet has ended after this */
		xa_lock_irq(&mapping->i_pages);
		xa_unlock_irq(&mapping->i_pages);
		cxlcache_forget(mapping->host);
	}
	cxl_hook_leave(&cxlcache_hooks[HOOK_EVICT]);
}

/*
 * evict_inodes(): a superblock is being shut down; its inodes go (6.8 and 6.12:
 * generic_shutdown_super(); xfs calls it also while it mounts).
 * We add: our work for the superblock ends before, and we forget it afterwards.
 */
static CXL_HOOK_REPLACEMENT void cxlcache_hook_evict_all(struct super_block *sb)
{
	cxl_hook_enter(&cxlcache_hooks[HOOK_EVICT_ALL]);
	cxlcache_mount_leave(sb);
	static_call(original_evict_all)(sb);
	cxlcache_mount_forget(sb);
	cxl_hook_leave(&cxlcache_hooks[HOOK_EVICT_ALL]);
}

/*
 * Tracepoint mm_filemap_delete_from_page_cache: every folio that leaves the page cache (6.8 and
 * 6.12: __filemap_remove_folio() and delete_from_page_cache_batch()).
 */
static void cxlcache_hook_remove(void *data, struct folio *folio)
{
	if (!static_branch_likely(&cxlcache_is_used))
		return;
	cxl_hook_enter(&cxlcache_hooks[HOOK_REMOVE]);
	cxlcache_folio_leaves(folio);
	cxl_hook_leave(&cxlcache_hooks[HOOK_REMOVE]);
}

/*
 * Tracepoint writeback_dirty_folio: a folio of the page cache that was clean is dirty (6.8 and
 * 6.12: __folio_mark_dirty(), by all ->dirty_folio of files that are written back, and by
 * mark_buffer_dirty()).
 */
static void cxlcache_hook_dirty(void *data, struct folio *folio, struct address_space *mapping)
{
	if (!static_branch_likely(&cxlcache_is_used))
		return;
	cxl_hook_enter(&cxlcache_hooks[HOOK_DIRTY]);
	cxlcache_folio_changes(folio, mapping);
	cxl_hook_leave(&cxlcache_hooks[HOOK_DIRTY]);
}

CXL_HOOK_REDIRECTION(cxlcache_hook_truncate);
CXL_HOOK_REDIRECTION(cxlcache_hook_invalidate);
CXL_HOOK_REDIRECTION(cxlcache_hook_evict);
CXL_HOOK_REDIRECTION(cxlcache_hook_evict_all);

/* They go live in this order: what drops before what puts. */
static struct cxl_hook cxlcache_hooks[NR_HOOKS] = {
	[HOOK_EVICT_ALL] = CXL_HOOK_REPLACE_FUNC("evict_inodes", cxlcache_hook_evict_all,
						 original_evict_all,
						 &cxlcache_hook_calls[HOOK_EVICT_ALL]),
	[HOOK_EVICT] = CXL_HOOK_REPLACE_FUNC("truncate_inode_pages_final", cxlcache_hook_evict,
					     original_evict, &cxlcache_hook_calls[HOOK_EVICT]),
	[HOOK_TRUNCATE] = CXL_HOOK_REPLACE_FUNC("truncate_inode_pages_range",
						cxlcache_hook_truncate, original_truncate,
						&cxlcache_hook_calls[HOOK_TRUNCATE]),
	[HOOK_INVALIDATE] = CXL_HOOK_REPLACE_FUNC("invalidate_inode_pages2_range",
						  cxlcache_hook_invalidate, original_invalidate,
						  &cxlcache_hook_calls[HOOK_INVALIDATE]),
	[HOOK_DIRTY] = CXL_HOOK_TRACE_FUNC("writeback_dirty_folio", cxlcache_hook_dirty,
					   &cxlcache_hook_calls[HOOK_DIRTY]),
	[HOOK_REMOVE] = CXL_HOOK_TRACE_FUNC("mm_filemap_delete_from_page_cache",
					    cxlcache_hook_remove,
					    &cxlcache_hook_calls[HOOK_REMOVE]),
};

static struct cxl_hook_set cxlcache_hook_set = {
	.owner = KBUILD_MODNAME,
	.hooks = cxlcache_hooks,
	.nr_hooks = NR_HOOKS,
};

/**
 * cxlcache_hooks_bypassed_evict() - an inode went past the hook, and another has its address
 *
 * The caller has dropped what was held of it.
 *
 * Context: any.
 */
void cxlcache_hooks_bypassed_evict(void)
{
	cxl_hook_bypassed(&cxlcache_hook_set, &cxlcache_hooks[HOOK_EVICT],
			  "an inode went out of memory without it");
}

/**
 * cxlcache_hooks_init() - get in front of the kernel's functions
 *
 * Context: process context, module load.
 * Return: 0, or a negative error after a line in the log; the kernel is then as it was.
 */
int cxlcache_hooks_init(void)
{
	check_trace_callback_type_writeback_dirty_folio(cxlcache_hook_dirty);
	check_trace_callback_type_mm_filemap_delete_from_page_cache(cxlcache_hook_remove);
	return cxl_hooks_install(&cxlcache_hook_set);
}

/**
 * cxlcache_hooks_exit() - leave the kernel's functions alone again
 *
 * Context: process context, module unload; sleeps until nobody is inside a hook. Nothing is held.
 */
void cxlcache_hooks_exit(void)
{
	cxl_hooks_remove(&cxlcache_hook_set);
}
