// SPDX-License-Identifier: GPL-2.0
/*
 * Operations that were under way when our hooks came: they have set no bar, and may change content
 * beside the page cache. A mount is switched on when each of its inodes was seen without any.
 *
 * What is waited for is an inode's own lock. All operations that change content beside the page
 * cache hold i_rwsem, at least shared, from before they remove pages until the change is made, or
 * until i_dio_count is raised, which puts respect (6.8 and 6.12): direct writes of ext4, xfs and
 * btrfs; fallocate, clone and dedupe, extent swaps, encoded writes; truncation by setattr. One that
 * came past the entry of a function before that was replaced, and has not got the lock yet, gets
 * there without going to sleep, or sleeps waiting for the lock: synchronize_rcu_tasks() has it do
 * so. (On 6.8 ext4's fallocate writes dirty pages back in between; but it removes pages under the
 * lock, by a function that was replaced when the module was loaded. ext4 and xfs hold
 * invalidate_lock until blocks have changed, so that is enough.)
 *
 * Writers are not kept from beginning: those have met our hooks. Nor is anybody's end waited for
 * without a limit, since a writer may wait for anything, for another process that serves his buffer
 * (FUSE, userfaultfd), or for a freezer. An inode that is never seen free is refused.
 */
#include <linux/delay.h>
#include <linux/exportfs.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "cxlcache.h"

/* All busy inodes of a superblock together are waited for at most so long. */
#define CXLCACHE_SETTLE_MS 2000

/**
 * cxlcache_inode_after() - walk over the inodes in memory of a superblock
 * @sb: the superblock, which does not go meanwhile
 * @inode: the last one, whose reference this takes over; NULL at the beginning
 *
 * New inodes come in front of the list: who is interested in those that were there at the beginning
 * meets them all.
 *
 * Context: process context; sleeps.
 * Return: the next one, with a reference; NULL at the end.
 */
struct inode *cxlcache_inode_after(struct super_block *sb, struct inode *inode)
{
	struct inode *next = NULL, *last = inode;

	cond_resched();
	spin_lock(&sb->s_inode_list_lock);
	/* a reference keeps an inode in the list (6.8 and 6.12, evict()) */
	last = last ?: list_entry(&sb->s_inodes, struct inode, i_sb_list);
	list_for_each_entry_continue(last, &sb->s_inodes, i_sb_list) {
		/* one that is being made, or goes, is in nobody's hands */
		if (!(READ_ONCE(last->i_state) & I_NEW))
			next = igrab(last);
		if (next)
			break;
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(inode);
	return next;
}

/*
 * Each may use up half of the time that is left: one that is stuck leaves some for those that are
 * locked for a moment. Return: how much is left.
 */
static unsigned long cxlcache_inode_settle(struct inode *inode, unsigned long nr_left)
{
	unsigned long begin = jiffies, nr_used = 0;

	while (inode_is_locked(inode)) {
		if (nr_used >= nr_left / 2) {
			cxlcache_refuse(inode->i_mapping);
			break;
		}
		usleep_range(200, 500);
		nr_used = jiffies - begin;
	}
	return nr_left - min(nr_used, nr_left);
}

/*
 * Its content may change, or its pages have become old, through what began before its mount was
 * known:
 *  - a swap file has pages that were read before it became one, and that may stay for longer
 *  - whoever was given blocks of it to write to (->map_blocks of xfs, see fs.c) was first given a
 *    lease (6.8 and 6.12, nfsd4_layout_setlease()); others have leases, too
 */
static bool cxlcache_inode_was_given_away(const struct inode *inode)
{
	const struct export_operations *exports = inode->i_sb->s_export_op;
	const struct file_lock_context *locks = locks_inode_context(inode);

	return IS_SWAPFILE(inode) ||
	       (exports && exports->map_blocks && locks && !list_empty(&locks->flc_lease));
}

/**
 * cxlcache_sb_settle() - let operations end that began before their functions were replaced
 * @sb: the superblock, which does not go meanwhile, and whose mount is known
 *
 * Context: process context; sleeps for CXLCACHE_SETTLE_MS at most, and for as long as it takes to
 * look at each inode in memory.
 */
void cxlcache_sb_settle(struct super_block *sb)
{
	unsigned long nr_left = msecs_to_jiffies(CXLCACHE_SETTLE_MS);
	struct inode *inode = NULL;

	while ((inode = cxlcache_inode_after(sb, inode))) {
		if (!S_ISREG(inode->i_mode))
			continue;
		nr_left = cxlcache_inode_settle(inode, nr_left);
		/* swapon holds the lock until the inode says so */
		if (cxlcache_inode_was_given_away(inode))
			cxlcache_refuse(inode->i_mapping);
	}
}
