// SPDX-License-Identifier: GPL-2.0
/*
 * Bars: while the content of an inode changes on disk beside its page cache, nothing of it is put
 * (coherence rule 2). What was put before is dropped by who set the bar, after setting it; so from
 * then on until the bar is lifted, nothing of the range can be found.
 *
 * Bars are counters, by a hash of the inode's address: they need no memory, and who shares one with
 * another inode misses a put at worst. "asyncs" are those of direct writes that may go on by
 * themselves: nobody tells us whether they succeed.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/xarray.h>

#include "cxlcache.h"

#define CXLCACHE_BAR_BITS 12

static atomic_t bars[1 << CXLCACHE_BAR_BITS];
static atomic_t asyncs[1 << CXLCACHE_BAR_BITS];
/* There ever was one. */
static bool had_asyncs[1 << CXLCACHE_BAR_BITS];

/**
 * cxlcache_bar_bucket() - where an inode's bars are
 * @inode: the inode; not looked at
 *
 * Context: any.
 * Return: for cxlcache_bar_end(), which may come when the inode is gone.
 */
unsigned int cxlcache_bar_bucket(const struct inode *inode)
{
	return hash_ptr(inode, CXLCACHE_BAR_BITS);
}

/**
 * cxlcache_bar_begin() - let nothing of an inode be put
 * @mapping: its pages
 *
 * Context: process context. Puts that had begun have ended when this returns.
 */
void cxlcache_bar_begin(struct address_space *mapping)
{
	atomic_inc(&bars[cxlcache_bar_bucket(mapping->host)]);
	/* a put is all under this lock, and looks for bars first */
	xa_lock_irq(&mapping->i_pages);
	xa_unlock_irq(&mapping->i_pages);
}

/**
 * cxlcache_bar_end() - lift a bar
 * @bucket: the inode's
 *
 * Context: any.
 */
void cxlcache_bar_end(unsigned int bucket)
{
	/* pairs with smp_rmb() in cxlcache_is_barred(): i_dio_count is seen raised, if it was */
	smp_mb__before_atomic();
	atomic_dec(&bars[bucket]);
}

/**
 * cxlcache_bar_for_ever() - let nothing of an inode be put, and of some others, until unload
 * @mapping: its pages
 *
 * Context: as cxlcache_bar_begin().
 */
void cxlcache_bar_for_ever(struct address_space *mapping)
{
	cxlcache_bar_begin(mapping);
}

/**
 * cxlcache_async_begin() - a direct write begins that may go on by itself
 * @mapping: the pages of what is written to
 *
 * Context: any; before the bar is set.
 */
void cxlcache_async_begin(struct address_space *mapping)
{
	unsigned int bucket = cxlcache_bar_bucket(mapping->host);

	WRITE_ONCE(had_asyncs[bucket], true);
	atomic_inc(&asyncs[bucket]);
}

/**
 * cxlcache_async_end() - such a write has ended, or is counted in i_dio_count by now
 * @bucket: the inode's
 *
 * Context: any.
 */
void cxlcache_async_end(unsigned int bucket)
{
	/* pairs with smp_rmb() in cxlcache_is_async() */
	smp_mb__before_atomic();
	atomic_dec(&asyncs[bucket]);
}

/**
 * cxlcache_is_barred() - may nothing of an inode be put?
 * @inode: the inode
 *
 * Context: any; under i_pages.
 * Return: whether there is a bar, or direct I/O in flight.
 */
bool cxlcache_is_barred(const struct inode *inode)
{
	if (atomic_read(&bars[cxlcache_bar_bucket(inode)]))
		return true;
	/* in this order: a direct write is counted before its bar is lifted */
	smp_rmb();
	return atomic_read(&inode->i_dio_count);
}

/**
 * cxlcache_is_async() - may a direct write change what is read now, and then fail?
 * @inode: the inode
 *
 * Context: any.
 * Return: whether one that goes on by itself is about to begin, or may be in flight.
 */
bool cxlcache_is_async(const struct inode *inode)
{
	unsigned int bucket = cxlcache_bar_bucket(inode);

	if (!READ_ONCE(had_asyncs[bucket]))
		return false;
	if (atomic_read(&asyncs[bucket]))
		return true;
	/* in this order: as in cxlcache_is_barred() */
	smp_rmb();
	return atomic_read(&inode->i_dio_count);
}
