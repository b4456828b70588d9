// SPDX-License-Identifier: GPL-2.0
/*
 * Bars: while the content of an inode changes on disk beside its page cache, nothing of it is put
 * (coherence rule 2). What was put before is dropped by who set the bar, after setting it; so from
 * then on until the bar is lifted, nothing of the range can be found.
 *
 * Bars are counters, by a hash of the inode's address: they need no memory, and who shares one with
 * another inode misses a put at worst. By the reads and bars that began under a bar we can tell
 * whether a direct write may have left in the page cache what is not on disk. Nobody tells us how
 * one ends that goes on by itself: what may be read meanwhile is asked of i_dio_count.
 *
 * Bars are set for all files of the filesystems that can be cached, whether theirs are or not. So a
 * mount can be switched on while operations on its files are under way (see cxlcache_bar_begin()).
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/xarray.h>

#include "cxlcache.h"

#define CXLCACHE_BAR_BITS 12

/**
 * struct cxlcache_bar - the bars of some inodes
 * @nr: how many there are now
 * @nr_begun: how many there were; begins anew at some time
 * @nr_reads: reads that began under a bar; the same
 * @had_asyncs: there ever was a direct write that may go on by itself
 */
struct cxlcache_bar {
	atomic_t nr;
	atomic_t nr_begun;
	atomic_t nr_reads;
	bool had_asyncs;
};

static struct cxlcache_bar bars[1 << CXLCACHE_BAR_BITS];

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

static struct cxlcache_bar *cxlcache_bar_of(const struct inode *inode)
{
	return &bars[cxlcache_bar_bucket(inode)];
}

/**
 * cxlcache_bar_begin() - let nothing of an inode be put
 * @mapping: its pages
 *
 * If the mount is not known, nothing of it is held. Should it be switched on from now on, then each
 * put sees the bar: it is set before the mount is looked for in vain, and a mount is entered before
 * synchronize_rcu() and switched on after that (cxlcache_mount_start()).
 *
 * Context: process context. Puts that had begun have ended when this returns.
 * Return: whether the mount is known, and something may be held of the inode.
 */
bool cxlcache_bar_begin(struct address_space *mapping)
{
	struct cxlcache_bar *bar = cxlcache_bar_of(mapping->host);

	atomic_inc(&bar->nr_begun);
	atomic_inc(&bar->nr);
	/* pairs with synchronize_rcu() in cxlcache_mount_off() */
	smp_mb__after_atomic();
	/* a put is all under this lock, and looks for bars first */
	xa_lock_irq(&mapping->i_pages);
	xa_unlock_irq(&mapping->i_pages);
	return cxlcache_mount_is_known(mapping->host->i_sb);
}

/**
 * cxlcache_bar_end() - lift a bar
 * @bucket: the inode's
 *
 * Context: any.
 */
void cxlcache_bar_end(unsigned int bucket)
{
	/* pairs with smp_rmb() of who then sees no bar: he sees i_dio_count raised, if it was */
	smp_mb__before_atomic();
	atomic_dec(&bars[bucket].nr);
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
	WRITE_ONCE(cxlcache_bar_of(mapping->host)->had_asyncs, true);
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
	if (atomic_read(&cxlcache_bar_of(inode)->nr))
		return true;
	/* in this order: a direct write is counted before its bar is lifted */
	smp_rmb();
	return atomic_read(&inode->i_dio_count);
}

/**
 * cxlcache_read_begin() - something of an inode is about to be read into the page cache
 * @inode: the inode; the folios are locked, and in the page cache
 *
 * Who sees a bar is counted. Who does not, because it is yet to come, has his folios in the page
 * cache before the bar's owner takes i_pages, and so before he looks for folios to remove: those
 * wait for each other by the folio's lock. Who does not because it was lifted sees the direct write
 * in i_dio_count if it goes on. (btrfs adds further folios to what it reads, which are in the page
 * cache later than that: see the limits in docs/coherence.md.)
 *
 * Context: any.
 * Return: false if a direct write may be in flight that goes on by itself, and may fail.
 * (i_dio_count
 *	counts direct reads as well; of inodes that were never written to so, they do no harm.)
 */
bool cxlcache_read_begin(const struct inode *inode)
{
	struct cxlcache_bar *bar = cxlcache_bar_of(inode);

	if (unlikely(atomic_read(&bar->nr)))
		atomic_inc(&bar->nr_reads);
	/* in this order: as in cxlcache_is_barred() */
	smp_rmb();
	return likely(!READ_ONCE(bar->had_asyncs)) || !atomic_read(&inode->i_dio_count);
}

/**
 * cxlcache_nr_reads() - how many reads began under a bar
 * @bucket: the inode's
 *
 * Context: any.
 * Return: a number to be asked before the bar is set, and again before it is lifted.
 */
unsigned int cxlcache_nr_reads(unsigned int bucket)
{
	return atomic_read(&bars[bucket].nr_reads);
}

/**
 * cxlcache_nr_bars() - how many bars began
 * @bucket: the inode's
 *
 * Context: any.
 * Return: a number to be asked with one's own bar set, and again before it is lifted.
 */
unsigned int cxlcache_nr_bars(unsigned int bucket)
{
	return atomic_read(&bars[bucket].nr_begun);
}
