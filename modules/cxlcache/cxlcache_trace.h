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

/* A folio left the page cache: was it put? */
DEFINE_EVENT(cxlcache_pages, cxlcache_put,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr_pages, bool done),
	TP_ARGS(inode, index, nr_pages, done));

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
