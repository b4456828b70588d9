/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of cxlcache: events/cxlcache/ in tracefs.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cxlcache

#if !defined(CXLCACHE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define CXLCACHE_TRACE_H

#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/tracepoint.h>

#include "cxlcache.h"

/* What a put ends with is called as the counter for it. */
#define CXLCACHE_OUTCOMES									\
	CXLCACHE_NAME(COUNT_succ_puts, "succ_puts")						\
	CXLCACHE_NAME(COUNT_reject_reclaim_fail, "reject_reclaim_fail")				\
	CXLCACHE_NAME(COUNT_reject_alloc_fail, "reject_alloc_fail")				\
	CXLCACHE_NAME(COUNT_reject_kmemcache_fail, "reject_kmemcache_fail")			\
	CXLCACHE_NAME(COUNT_reject_admission, "reject_admission")				\
	CXLCACHE_NAME(COUNT_reject_state, "reject_state")					\
	CXLCACHE_NAME(COUNT_reject_inode, "reject_inode")					\
	CXLCACHE_NAME(COUNT_reject_barred, "reject_barred")					\
	CXLCACHE_LAST_NAME(COUNT_reject_quota, "reject_quota")

#define CXLCACHE_INODES										\
	CXLCACHE_NAME(INODE_PLAIN, "plain")							\
	CXLCACHE_NAME(INODE_SWAP, "swap file")							\
	CXLCACHE_NAME(INODE_DAX, "DAX")								\
	CXLCACHE_NAME(INODE_ENCRYPTED, "encrypted")						\
	CXLCACHE_NAME(INODE_VERITY, "fs-verity")						\
	CXLCACHE_NAME(INODE_QUOTA, "quota file")						\
	CXLCACHE_NAME(INODE_ERROR, "write error")						\
	CXLCACHE_NAME(INODE_DELETED, "deleted")							\
	CXLCACHE_LAST_NAME(INODE_REFUSED, "refused, or of unknown operations")

#undef CXLCACHE_NAME
#undef CXLCACHE_LAST_NAME
#define CXLCACHE_NAME(_value, _name) TRACE_DEFINE_ENUM(CXLCACHE_##_value);
#define CXLCACHE_LAST_NAME(_value, _name) TRACE_DEFINE_ENUM(CXLCACHE_##_value);
CXLCACHE_OUTCOMES
CXLCACHE_INODES
#undef CXLCACHE_NAME
#undef CXLCACHE_LAST_NAME
#define CXLCACHE_NAME(_value, _name) { CXLCACHE_##_value, _name },
#define CXLCACHE_LAST_NAME(_value, _name) { CXLCACHE_##_value, _name }

/* A folio left the page cache: was it put, and if not, why? */
TRACE_EVENT(cxlcache_put,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr_pages,
		 enum cxlcache_counter outcome),
	TP_ARGS(inode, index, nr_pages, outcome),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned long, ino)
		__field(pgoff_t, index)
		__field(unsigned long, nr_pages)
		__field(int, outcome)
		__field(int, kind)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->index = index;
		__entry->nr_pages = nr_pages;
		__entry->outcome = outcome;
		__entry->kind = outcome == CXLCACHE_COUNT_reject_inode ?
				cxlcache_inode_kind(inode) : CXLCACHE_INODE_PLAIN;
	),
	TP_printk("dev %d:%d ino %lu index %lu pages %lu %s (%s)",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino, __entry->index,
		  __entry->nr_pages, __print_symbolic(__entry->outcome, CXLCACHE_OUTCOMES),
		  __print_symbolic(__entry->kind, CXLCACHE_INODES))
);

DECLARE_EVENT_CLASS(cxlcache_pages,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr_pages, bool done),
	TP_ARGS(inode, index, nr_pages, done),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned long, ino)
		__field(pgoff_t, index)
		__field(unsigned long, nr_pages)
		__field(bool, done)
	),
	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->index = index;
		__entry->nr_pages = nr_pages;
		__entry->done = done;
	),
	TP_printk("dev %d:%d ino %lu index %lu pages %lu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino, __entry->index,
		  __entry->nr_pages, __entry->done ? "yes" : "no")
);

/* A folio is read: was it found? */
DEFINE_EVENT(cxlcache_pages, cxlcache_get,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr_pages, bool done),
	TP_ARGS(inode, index, nr_pages, done));

/* A range changes, or the inode goes: is this after the change? */
DEFINE_EVENT(cxlcache_pages, cxlcache_invalidate,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr_pages, bool done),
	TP_ARGS(inode, index, nr_pages, done));

TRACE_EVENT(cxlcache_evict,
	TP_PROTO(dev_t dev, unsigned long ino, pgoff_t index),
	TP_ARGS(dev, ino, index),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(unsigned long, ino)
		__field(pgoff_t, index)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->ino = ino;
		__entry->index = index;
	),
	TP_printk("dev %d:%d ino %lu index %lu", MAJOR(__entry->dev), MINOR(__entry->dev),
		  __entry->ino, __entry->index)
);

#endif /* CXLCACHE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE cxlcache_trace
#include <trace/define_trace.h>
