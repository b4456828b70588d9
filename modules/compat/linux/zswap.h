/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The zswap functions that we replace, as 6.10 and later declare them.
 *
 *	zswap_invalidate	6.8: (int type, pgoff_t offset), for every slot that is freed;
 *				later: (swp_entry_t), not for the slots of a large folio
 *	zswap_swapon		6.8: void (int type); later: int (int type, unsigned long nr_pages)
 *	zswap_load		6.8: can't say that data is lost: its caller marks the folio up to
 *				date when it returns true, and reads the device when it returns
 *				false. So there its only caller, swap_read_folio(), is replaced,
 *				which otherwise accounts for the wait: as a memory stall, which we
 *				do as well, and in the task's delays, which modules can't
 *
 * The kernel's own headers include this one: nothing but macros here, and no further header.
 */
#ifndef CXL_COMPAT_LINUX_ZSWAP_H
#define CXL_COMPAT_LINUX_ZSWAP_H

#include_next <linux/zswap.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define COMPAT_ZSWAP_INVALIDATE_PARAMS		int type, pgoff_t offset
#define COMPAT_ZSWAP_INVALIDATE_ENTRY		swp_entry(type, offset)
#define COMPAT_ZSWAP_INVALIDATE_ARGS(entry)	swp_type(entry), swp_offset(entry)
#define COMPAT_ZSWAP_INVALIDATES_ALL		true
#define COMPAT_ZSWAP_SWAPON_RESULT		void
#define COMPAT_ZSWAP_SWAPON_PARAMS		int type
#define COMPAT_ZSWAP_SWAPON_CALL(func)		(func(type), 0)
#define COMPAT_ZSWAP_SWAPON_RETURN(err)		return
#define COMPAT_SWAP_LOAD			swap_read_folio
#define COMPAT_SWAP_LOAD_SYMBOL			"swap_read_folio"
#define COMPAT_SWAP_LOAD_RESULT			void
#define COMPAT_SWAP_LOAD_PARAMS			struct folio *folio, bool synchronous,		\
						struct swap_iocb **plug
#define COMPAT_SWAP_LOAD_CALL(func)		(func(folio, synchronous, plug), true)
#define COMPAT_SWAP_LOAD_ACCOUNTS		true
#define COMPAT_SWAP_LOAD_RETURN(folio, ours, loaded)						\
	do {											\
		if ((ours) && (loaded))								\
			folio_unlock(folio);							\
	} while (0)
#else
#define COMPAT_ZSWAP_INVALIDATE_PARAMS		swp_entry_t entry
#define COMPAT_ZSWAP_INVALIDATE_ENTRY		entry
#define COMPAT_ZSWAP_INVALIDATE_ARGS(entry)	entry
#define COMPAT_ZSWAP_INVALIDATES_ALL		false
#define COMPAT_ZSWAP_SWAPON_RESULT		int
#define COMPAT_ZSWAP_SWAPON_PARAMS		int type, unsigned long nr_pages
#define COMPAT_ZSWAP_SWAPON_CALL(func)		func(type, nr_pages)
#define COMPAT_ZSWAP_SWAPON_RETURN(err)		return err
#define COMPAT_SWAP_LOAD			zswap_load
#define COMPAT_SWAP_LOAD_SYMBOL			"zswap_load"
#define COMPAT_SWAP_LOAD_RESULT			bool
#define COMPAT_SWAP_LOAD_PARAMS			struct folio *folio
#define COMPAT_SWAP_LOAD_CALL(func)		func(folio)
#define COMPAT_SWAP_LOAD_ACCOUNTS		false
#define COMPAT_SWAP_LOAD_RETURN(folio, ours, loaded)	return loaded
#endif

#endif /* CXL_COMPAT_LINUX_ZSWAP_H */
