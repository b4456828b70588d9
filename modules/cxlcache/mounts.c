// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts: which superblocks are cached. One that was switched on or off has an entry, until it is
 * shut down; pages are put and got only of those that are on.
 *
 * A mount goes on when no operation is under way any more that began before the filesystem's
 * functions were replaced (settle.c). All others set bars, whether the mount is known or not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cxl_control.h"
#include "cxlcache.h"

#define CXLCACHE_MOUNT_BITS 6

/*
 * Protects mounts against two writers, and is_wanted, is_settled and on; process context. Inside
 * s_umount. Operations under way are waited for without it.
 */
static DEFINE_MUTEX(mounts_lock);
/* By superblock; read under RCU. */
static struct hlist_head mounts[1 << CXLCACHE_MOUNT_BITS];

static struct hlist_head *cxlcache_mount_chain(const struct super_block *sb)
{
	return &mounts[hash_ptr(sb, CXLCACHE_MOUNT_BITS)];
}

/**
 * cxlcache_mount_find() - the entry of a superblock
 * @sb: the superblock
 *
 * Context: any; under RCU, for which the entry stays. A filesystem may use files yet when their
 * superblock is forgotten (btrfs, by threads of its own): who goes on without RCU looks again.
 * Return: the entry, or NULL.
 */
struct cxlcache_mount *cxlcache_mount_find(const struct super_block *sb)
{
	struct cxlcache_mount *mount;

	hlist_for_each_entry_rcu(mount, cxlcache_mount_chain(sb), hash,
				 lockdep_is_held(&mounts_lock))
		if (mount->sb == sb)
			return mount;
	return NULL;
}

/**
 * cxlcache_mount_is_known() - can something be held of a superblock?
 * @sb: the superblock
 *
 * Context: any.
 * Return: whether it has an entry, on or not.
 */
bool cxlcache_mount_is_known(const struct super_block *sb)
{
	bool is_known;

	rcu_read_lock();
	is_known = cxlcache_mount_find(sb);
	rcu_read_unlock();
	return is_known;
}

static enum cxltier_mount_state cxlcache_mount_state(const struct cxlcache_mount *mount)
{
	if (READ_ONCE(mount->is_stopped))
		return CXLTIER_MOUNT_STATE_STOPPED;
	if (mount->on)
		return CXLTIER_MOUNT_STATE_ON;
	return mount->is_wanted ? CXLTIER_MOUNT_STATE_WAITING : CXLTIER_MOUNT_STATE_OFF;
}

static int cxlcache_mount_put(struct sk_buff *skb, const void *object)
{
	const struct cxlcache_mount *mount = object;

	lockdep_assert_held(&mounts_lock);
	if (nla_put_u32(skb, CXLTIER_A_MOUNT_DEVICE, mount->dev) ||
	    nla_put_string(skb, CXLTIER_A_MOUNT_NAME, mount->name) ||
	    nla_put_string(skb, CXLTIER_A_MOUNT_TYPE, cxlcache_fs_name(mount->fs)) ||
	    nla_put_u32(skb, CXLTIER_A_MOUNT_STATE, cxlcache_mount_state(mount)) ||
	    nla_put_uint(skb, CXLTIER_A_MOUNT_HELD,
			 (u64)atomic_long_read(&mount->nr_pages) << PAGE_SHIFT) ||
	    (mount->max_pages != LONG_MAX &&
	     nla_put_uint(skb, CXLTIER_A_MOUNT_QUOTA, (u64)mount->max_pages << PAGE_SHIFT)) ||
	    ((mount->todo || mount->is_busy) && nla_put_flag(skb, CXLTIER_A_MOUNT_BUSY)) ||
	    (mount->err && nla_put_u32(skb, CXLTIER_A_MOUNT_ERROR, -mount->err)))
		return -EMSGSIZE;
	return 0;
}

static void cxlcache_mount_notify(const struct cxlcache_mount *mount, enum cxltier_change change)
{
	cxl_control_notify(CXLTIER_CMD_MOUNT_NTF, change, cxlcache_mount_put, mount);
}

/* ---- superblocks that work is done for ------------------------------------------------ */

/* Of each kind there is one at a time. */
enum cxlcache_work {
	CXLCACHE_WORK_SEEN,
	CXLCACHE_WORK_ASKED,
	CXLCACHE_WORK_ENABLE,
	CXLCACHE_NR_WORKS
};

/*
 * They are used without a reference, with which umount would end before what is dirty is written:
 * who shuts one of them down waits, with all its inodes, until it is not here any more.
 */
static struct super_block *works[CXLCACHE_NR_WORKS];
static DECLARE_WAIT_QUEUE_HEAD(work_ended);

/* Context: any. */
static void cxlcache_work_end(enum cxlcache_work work)
{
	/* pairs with smp_load_acquire() in cxlcache_is_worked_for() */
	smp_store_release(&works[work], NULL);
	wake_up_all(&work_ended);
}

/*
 * Return: false if there is some for another one, or the superblock is being shut down. Otherwise
 * it stays until cxlcache_work_end().
 */
static bool cxlcache_work_begin(enum cxlcache_work work, struct super_block *sb)
{
	/*
	 * A full barrier: either this is seen by who shuts it down, who gave s_active up before by
	 * an operation that is one, too; or we see that he did.
	 */
	if (cmpxchg(&works[work], NULL, sb))
		return false;
	if (atomic_read(&sb->s_active))
		return true;
	cxlcache_work_end(work);
	return false;
}

static bool cxlcache_is_worked_for(const struct super_block *sb)
{
	unsigned int i;

	for (i = 0; i < CXLCACHE_NR_WORKS; i++)
		/* pairs with smp_store_release() in cxlcache_work_end() */
		if (smp_load_acquire(&works[i]) == sb)
			return true;
	return false;
}

/**
 * cxlcache_mount_leave() - a superblock is about to be shut down
 * @sb: the superblock, which has its inodes yet
 *
 * Context: process context, under s_umount; sleeps for some seconds at most.
 */
void cxlcache_mount_leave(const struct super_block *sb)
{
	wait_event(work_ended, !cxlcache_is_worked_for(sb));
}

static struct cxlcache_mount *cxlcache_mount_make(struct super_block *sb, struct cxlcache_fs *fs)
{
	struct cxlcache_mount *mount = cxlcache_mount_find(sb);

	lockdep_assert_held(&mounts_lock);
	if (mount)
		return mount;
	mount = kzalloc(sizeof(*mount), GFP_KERNEL);
	if (!mount)
		return NULL;
	mount->sb = sb;
	mount->dev = sb->s_dev;
	strscpy(mount->name, sb->s_id, sizeof(mount->name));
	mount->fs = fs;
	mount->max_pages = LONG_MAX;
	hlist_add_head_rcu(&mount->hash, cxlcache_mount_chain(sb));
	cxlcache_mount_notify(mount, CXLTIER_CHANGE_ADDED);
	return mount;
}

/* ---- on and off ----------------------------------------------------------------------- */

/* Coherence rule 5: what is held is gone when this returns. */
static void cxlcache_mount_off(struct cxlcache_mount *mount)
{
	bool was_on = mount->on;

	lockdep_assert_held(&mounts_lock);
	WRITE_ONCE(mount->on, false);
	synchronize_rcu();	/* puts and gets that saw it on have ended */
	cxlcache_drop_mount(mount);
	if (was_on)
		cxlcache_mount_notify(mount, CXLTIER_CHANGE_CHANGED);
}

static bool cxlcache_mount_is_due(const struct cxlcache_mount *mount)
{
	lockdep_assert_held(&mounts_lock);
	return mount->is_wanted && !READ_ONCE(mount->is_stopped) && !mount->on &&
	       READ_ONCE(cxlcache_enabled);
}

/*
 * While it was off nothing was put in the place of what was held, and not all was dropped that left
 * the page cache: nothing may be left of that.
 */
static void cxlcache_mount_on(struct cxlcache_mount *mount)
{
	cxlcache_mount_off(mount);
	/* pairs with smp_load_acquire() in cxlcache_mount_is_on() */
	smp_store_release(&mount->on, true);
	cxlcache_mount_notify(mount, CXLTIER_CHANGE_CHANGED);
}

/*
 * Why a mount may go on: it is used; it is switched on now; that was asked for, unless it was taken
 * back since.
 */
enum cxlcache_start {
	CXLCACHE_START_SEEN,
	CXLCACHE_START_NOW,
	CXLCACHE_START_ASKED,
};

/*
 * Learns what there is to learn of the filesystem. Return: the entry; NULL without memory, or if
 * the mount is not to be on; then and else *err says why it can't go on.
 */
static struct cxlcache_mount *cxlcache_mount_prepare(struct super_block *sb,
						     struct cxlcache_fs *fs,
						     const struct inode *inode,
						     enum cxlcache_start why, int *err)
{
	struct cxlcache_mount *mount;
	bool is_new;

	lockdep_assert_held(&mounts_lock);
	is_new = !cxlcache_mount_find(sb);
	mount = cxlcache_mount_make(sb, fs);
	*err = mount ? cxlcache_fs_learn(fs, inode) : -ENOMEM;
	if (!mount)
		return NULL;
	/* what was switched off meanwhile stays off */
	if (why == CXLCACHE_START_NOW || is_new)
		mount->is_wanted = true;
	if (why != CXLCACHE_START_SEEN && mount->is_wanted && mount->is_stopped) {
		cxlcache_mount_off(mount);
		WRITE_ONCE(mount->is_stopped, false);
	}
	/* nor is what can't be tried for ever, whenever a page of it leaves the page cache */
	if (*err && *err != -EAGAIN && !(why == CXLCACHE_START_SEEN && *err == -ENOMEM))
		mount->is_wanted = false;
	return !*err && cxlcache_mount_is_due(mount) ? mount : NULL;
}

/* The superblock does not go meanwhile. */
static int cxlcache_mount_start(struct super_block *sb, struct cxlcache_fs *fs,
				enum cxlcache_start why)
{
	struct inode *inode = cxlcache_fs_is_ready(fs) ? NULL : cxlcache_fs_look(sb);
	struct cxlcache_mount *mount;
	int err;

	mutex_lock(&mounts_lock);
	mount = cxlcache_mount_prepare(sb, fs, inode, why, &err);
	if (mount && !mount->is_settled) {
		mutex_unlock(&mounts_lock);
		cxlcache_sb_settle(sb);
		mutex_lock(&mounts_lock);
		mount->is_settled = true;
	}
	if (mount && cxlcache_mount_is_due(mount))
		cxlcache_mount_on(mount);
	mutex_unlock(&mounts_lock);
	iput(inode);
	return err;
}

/* ---- by path -------------------------------------------------------------------------- */

static int cxlcache_sb_switch(struct super_block *sb, bool on)
{
	struct cxlcache_fs *fs = cxlcache_fs_find(sb);
	struct cxlcache_mount *mount;
	int err;

	if (!fs) {
		pr_err("%s: %s is not supported: only ext4, xfs and btrfs are; nothing was changed\n",
		       sb->s_id, sb->s_type->name);
		return -EOPNOTSUPP;
	}
	if (on) {
		err = cxlcache_mount_start(sb, fs, CXLCACHE_START_NOW);
		/* the hooks go in when its first regular file is seen */
		return err == -EAGAIN ? 0 : err;
	}
	mutex_lock(&mounts_lock);
	mount = cxlcache_mount_make(sb, fs);
	if (mount) {
		mount->is_wanted = false;
		mount->todo &= ~CXLCACHE_TODO_START;
		cxlcache_mount_off(mount);
	}
	mutex_unlock(&mounts_lock);
	return mount ? 0 : -ENOMEM;
}

/**
 * cxlcache_path() - look up a path; a whole one: who knows where modprobe was started
 * @name: the path
 * @path: where to; to be put
 *
 * Context: process context; sleeps, as long as some server likes: without locks.
 * Return: 0, or an error after a line in the log.
 */
int cxlcache_path(const char *name, struct path *path)
{
	int err = *name == '/' ? kern_path(name, LOOKUP_FOLLOW, path) : -ENOENT;

	if (err)
		pr_err("there is no path '%s' (error %d); nothing was changed\n", name, err);
	return err;
}

/**
 * cxlcache_mount_switch() - cache a mount's files, or cache them no more
 * @path: a path in it
 * @on: which
 *
 * Context: process context; sleeps.
 * Return: 0, or an error after a line in the log. Off: nothing of it is held any more.
 */
int cxlcache_mount_switch(const struct path *path, bool on)
{
	return cxlcache_sb_switch(path->mnt->mnt_sb, on);
}

/**
 * cxlcache_mount_quota() - limit what is held of a mount
 * @path: a path in it
 * @max_pages: the most pages. What is held beyond them goes with time
 *
 * Context: process context; sleeps.
 * Return: 0, or an error after a line in the log.
 */
int cxlcache_mount_quota(const struct path *path, unsigned long max_pages)
{
	struct super_block *sb = path->mnt->mnt_sb;
	struct cxlcache_mount *mount;

	mutex_lock(&mounts_lock);
	mount = cxlcache_mount_find(sb);
	if (mount)
		WRITE_ONCE(mount->max_pages, max_pages);
	else
		pr_err("%s is not among the mounts: write it to mount_add first; nothing was changed\n",
		       sb->s_id);
	mutex_unlock(&mounts_lock);
	return mount ? 0 : -ENOENT;
}

/* ---- by netlink: asked for at once, done by a work item ------------------------------- */

/* It asks for nothing that would have to be waited for. */
static void cxlcache_mount_note(struct cxlcache_mount *mount, u8 todo, u64 quota)
{
	lockdep_assert_held(&mounts_lock);
	if (quota == CXL_QUOTA_NONE)
		WRITE_ONCE(mount->max_pages, LONG_MAX);
	else if (quota != CXL_QUOTA_SAME)
		WRITE_ONCE(mount->max_pages, quota >> PAGE_SHIFT);
	if (todo & CXLCACHE_TODO_OFF) {
		mount->is_wanted = false;
		WRITE_ONCE(mount->on, false);
		mount->todo &= ~CXLCACHE_TODO_START;
		mount->err = 0;
	}
	if (todo & CXLCACHE_TODO_START)
		mount->is_wanted = true;
	mount->todo |= todo;
	cxlcache_mount_notify(mount, CXLTIER_CHANGE_CHANGED);
}

/**
 * cxlcache_mount_ask() - have something done to a mount soon
 * @sb: its superblock, which does not go meanwhile
 * @todo: CXLCACHE_TODO_*
 * @make: it need not be known
 * @quota: in bytes; see CXL_QUOTA_*
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps, also while another mount is emptied.
 * Return: 0; -EOPNOTSUPP, -ENOENT or -ENOMEM, and why was said.
 */
int cxlcache_mount_ask(struct super_block *sb, u8 todo, bool make, u64 quota,
		       struct netlink_ext_ack *extack)
{
	struct cxlcache_fs *fs = cxlcache_fs_find(sb);
	struct cxlcache_mount *mount;
	int err = 0;

	if (!fs) {
		cxl_refuse(extack, "%s is not supported: only ext4, xfs and btrfs are",
			   sb->s_type->name);
		return -EOPNOTSUPP;
	}
	mutex_lock(&mounts_lock);
	mount = make ? cxlcache_mount_make(sb, fs) : cxlcache_mount_find(sb);
	if (mount)
		cxlcache_mount_note(mount, todo, quota);
	else
		err = make ? -ENOMEM : -ENOENT;
	mutex_unlock(&mounts_lock);
	if (err == -ENOENT)
		cxl_refuse(extack, "this file system is not among the mounts: add it first");
	return err;
}

/**
 * cxlcache_mounts_ask() - have something done to all mounts soon
 * @todo: CXLCACHE_TODO_*
 *
 * Context: as cxlcache_mount_ask().
 */
void cxlcache_mounts_ask(u8 todo)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			cxlcache_mount_note(mount, todo, CXL_QUOTA_SAME);
	mutex_unlock(&mounts_lock);
}

/* One with something to do, which work was begun for. */
static struct cxlcache_mount *cxlcache_mounts_todo(void)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	lockdep_assert_held(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			if (mount->todo && cxlcache_work_begin(CXLCACHE_WORK_ASKED, mount->sb))
				return mount;
	return NULL;
}

static u8 cxlcache_mount_begin(struct cxlcache_mount *mount)
{
	u8 todo = mount->todo;

	lockdep_assert_held(&mounts_lock);
	mount->todo = 0;
	mount->is_busy = true;
	return todo;
}

/*
 * Without mounts_lock, for which requests wait. The entry stays, as its superblock does. A
 * mount that goes on meanwhile has dropped everything itself, and loses some hits here.
 */
static void cxlcache_mount_empty(struct cxlcache_mount *mount, u8 todo)
{
	if (todo & CXLCACHE_TODO_OFF)
		synchronize_rcu();	/* puts and gets that saw it on have ended */
	if (todo & (CXLCACHE_TODO_OFF | CXLCACHE_TODO_DROP))
		cxlcache_drop_mount(mount);
}

/**
 * cxlcache_mounts_work() - do what was asked for of one mount
 *
 * Context: process context, one at a time; sleeps.
 * Return: whether there was something to do.
 */
bool cxlcache_mounts_work(void)
{
	struct cxlcache_mount *mount;
	u8 todo = 0;
	int err = 0;

	mutex_lock(&mounts_lock);
	mount = cxlcache_mounts_todo();
	if (mount)
		todo = cxlcache_mount_begin(mount);
	mutex_unlock(&mounts_lock);
	if (!mount)
		return false;
	cxlcache_mount_empty(mount, todo);
	if (todo & CXLCACHE_TODO_START)
		err = cxlcache_mount_start(mount->sb, mount->fs, CXLCACHE_START_ASKED);
	mutex_lock(&mounts_lock);
	mount->is_busy = false;
	/* the hooks go in when its first regular file is seen */
	if (todo & CXLCACHE_TODO_START)
		mount->err = err == -EAGAIN ? 0 : err;
	cxlcache_mount_notify(mount, CXLTIER_CHANGE_CHANGED);
	mutex_unlock(&mounts_lock);
	cxlcache_work_end(CXLCACHE_WORK_ASKED);
	return true;
}

/* ---- when they are seen --------------------------------------------------------------- */

static void cxlcache_seen(struct super_block *sb)
{
	struct cxlcache_fs *fs = cxlcache_fs_find(sb);
	struct cxlcache_mount *mount;
	bool is_new, is_wanted;

	rcu_read_lock();
	mount = cxlcache_mount_find(sb);
	is_wanted = mount && READ_ONCE(mount->is_wanted);
	is_new = !mount && READ_ONCE(cxlcache_auto);
	rcu_read_unlock();
	if (is_wanted || is_new)
		cxlcache_mount_start(sb, fs, CXLCACHE_START_SEEN);
}

static void cxlcache_seen_work(struct work_struct *work)
{
	/* else the module may be going, and nobody waits for us any more who shuts one down */
	if (READ_ONCE(cxlcache_enabled))
		cxlcache_seen(works[CXLCACHE_WORK_SEEN]);
	cxlcache_work_end(CXLCACHE_WORK_SEEN);
}

static DECLARE_WORK(seen_work, cxlcache_seen_work);

/**
 * cxlcache_mounts_seen() - a superblock is in use that may have to be switched on, or learned of
 * @sb: the superblock
 *
 * Context: any; it does not go meanwhile.
 */
void cxlcache_mounts_seen(struct super_block *sb)
{
	if (READ_ONCE(works[CXLCACHE_WORK_SEEN]) || !READ_ONCE(cxlcache_enabled) ||
	    !cxlcache_fs_find(sb))
		return;
	/* one that is being mounted may fail to be, and is not shut down as others are then */
	if (!(READ_ONCE(sb->s_flags) & SB_BORN))
		return;
	if (cxlcache_work_begin(CXLCACHE_WORK_SEEN, sb))
		schedule_work(&seen_work);
}

/* ---- all ------------------------------------------------------------------------------ */

/* One that is to be on and is not, which work was begun for. */
static struct super_block *cxlcache_mounts_next(void)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	lockdep_assert_held(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			if (cxlcache_mount_is_due(mount) && cxlcache_fs_is_ready(mount->fs) &&
			    cxlcache_work_begin(CXLCACHE_WORK_ENABLE, mount->sb))
				return mount->sb;
	return NULL;
}

/**
 * cxlcache_mounts_enable() - the module was enabled: mounts that were switched on are on
 *
 * Context: process context, one at a time; sleeps.
 */
void cxlcache_mounts_enable(void)
{
	struct super_block *sb;
	int err = 0;

	while (!err) {
		mutex_lock(&mounts_lock);
		sb = cxlcache_mounts_next();
		mutex_unlock(&mounts_lock);
		if (!sb)
			return;
		err = cxlcache_mount_start(sb, cxlcache_fs_find(sb), CXLCACHE_START_SEEN);
		cxlcache_work_end(CXLCACHE_WORK_ENABLE);
	}
}

/**
 * cxlcache_mounts_disable() - nothing is held any more, nor put
 *
 * The module is not enabled any more.
 *
 * Context: process context; sleeps.
 */
void cxlcache_mounts_disable(void)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	flush_work(&seen_work);
	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			cxlcache_mount_off(mount);
	mutex_unlock(&mounts_lock);
}

/**
 * cxlcache_mounts_flush() - drop what is held now
 *
 * Context: process context; sleeps.
 */
void cxlcache_mounts_flush(void)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			cxlcache_drop_mount(mount);
	mutex_unlock(&mounts_lock);
}

/* Mounts that were stopped from where nothing can be waited for. */
static void cxlcache_stop_work(struct work_struct *work)
{
	struct cxlcache_mount *mount;
	unsigned int i;

	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			if (READ_ONCE(mount->is_stopped))
				cxlcache_mount_off(mount);
	mutex_unlock(&mounts_lock);
}

static DECLARE_WORK(stop_work, cxlcache_stop_work);

/**
 * cxlcache_mount_stop() - put and get nothing of a mount any more, until it is switched on by hand
 * @sb: its superblock
 *
 * Context: process context. What is held goes soon.
 * Return: whether it was on.
 */
bool cxlcache_mount_stop(struct super_block *sb)
{
	struct cxlcache_mount *mount;
	bool was_on;

	rcu_read_lock();
	mount = cxlcache_mount_find(sb);
	was_on = mount && cxlcache_mount_is_on(mount) && !xchg(&mount->is_stopped, true);
	rcu_read_unlock();
	if (was_on)
		schedule_work(&stop_work);
	return was_on;
}

/**
 * cxlcache_mount_forget() - a superblock has no inodes any more
 * @sb: the superblock
 *
 * Context: process context; sleeps.
 */
void cxlcache_mount_forget(struct super_block *sb)
{
	struct cxlcache_mount *mount;

	/* all kinds of superblocks come by, and nobody makes an entry for this one any more */
	if (!cxlcache_mount_is_known(sb))
		return;
	mutex_lock(&mounts_lock);
	mount = cxlcache_mount_find(sb);
	if (mount) {
		/*
		 * Coherence rule 3. btrfs has inodes that go later, and threads that use them: who
		 * found the entry has ended when it is off, and nobody makes files for it any more.
		 */
		hlist_del_rcu(&mount->hash);
		cxlcache_mount_off(mount);
		cxlcache_mount_notify(mount, CXLTIER_CHANGE_REMOVED);
		cxlcache_forget_mount(mount);
		kfree_rcu(mount, rcu);
	}
	mutex_unlock(&mounts_lock);
}

/**
 * cxlcache_mounts_exit() - forget all mounts
 *
 * Context: process context, module unload: nothing is put or got any more, and nobody looks.
 */
void cxlcache_mounts_exit(void)
{
	struct cxlcache_mount *mount;
	struct hlist_node *next;
	unsigned int i;

	flush_work(&stop_work);
	flush_work(&seen_work);
	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry_safe(mount, next, &mounts[i], hash) {
			hlist_del_rcu(&mount->hash);
			cxlcache_mount_notify(mount, CXLTIER_CHANGE_REMOVED);
			cxlcache_forget_mount(mount);
			kfree_rcu(mount, rcu);
		}
	mutex_unlock(&mounts_lock);
}

/* The first from a device number on. */
static struct cxlcache_mount *cxlcache_mount_after(unsigned long device)
{
	struct cxlcache_mount *mount, *first = NULL;
	unsigned int i;

	lockdep_assert_held(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash)
			if (mount->dev >= device && (!first || mount->dev < first->dev))
				first = mount;
	return first;
}

/**
 * cxlcache_mount_fill() - tell of a mount; see struct cxl_control
 * @skb: the message
 * @pos: the device number to begin with, then the mount's
 *
 * Context: process context; sleeps.
 * Return: 0, -ENOENT or -EMSGSIZE.
 */
int cxlcache_mount_fill(struct sk_buff *skb, unsigned long *pos)
{
	struct cxlcache_mount *mount;
	int err = -ENOENT;

	mutex_lock(&mounts_lock);
	mount = cxlcache_mount_after(*pos);
	if (mount) {
		*pos = mount->dev;
		err = cxlcache_mount_put(skb, mount);
	}
	mutex_unlock(&mounts_lock);
	return err;
}

/**
 * cxlcache_mounts_show() - list the mounts: device, kind, state, pages held, quota
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxlcache_mounts_show(struct seq_file *m, void *unused)
{
	static const char * const states[] = {
		[CXLTIER_MOUNT_STATE_OFF] = "off",
		[CXLTIER_MOUNT_STATE_WAITING] = "waiting",
		[CXLTIER_MOUNT_STATE_ON] = "on",
		[CXLTIER_MOUNT_STATE_STOPPED] = "stopped",
	};
	struct cxlcache_mount *mount;
	const char *state;
	unsigned int i;

	mutex_lock(&mounts_lock);
	for (i = 0; i < ARRAY_SIZE(mounts); i++)
		hlist_for_each_entry(mount, &mounts[i], hash) {
			state = states[cxlcache_mount_state(mount)];
			seq_printf(m, "%s %s %s pages %ld quota ", mount->name,
				   cxlcache_fs_name(mount->fs), state,
				   atomic_long_read(&mount->nr_pages));
			if (mount->max_pages == LONG_MAX)
				seq_puts(m, "none\n");
			else
				seq_printf(m, "%lu\n", mount->max_pages);
		}
	mutex_unlock(&mounts_lock);
	return 0;
}
