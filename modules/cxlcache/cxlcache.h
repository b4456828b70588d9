/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxlcache's inside.
 *
 * Data:
 *	mount	a superblock whose files are cached
 *	file	an inode in memory of which pages are cached, or that must not be cached
 *	leaf	CXLCACHE_LEAF_WORDS pages of a file in a row: their words, and their place in the
 *		queues of eviction. About 11 bytes per page of a file that is cached whole
 *	word	of a page: its frame
 *
 * Lock order, outermost first. A put comes in under inode->i_lock and i_pages with interrupts off,
 * and interrupt handlers take i_pages: so everything below i_pages is taken with interrupts off.
 *
 *	param_lock		mutex: the pool's settings; see params.c
 *	mounts_lock		mutex: mounts and hooks of filesystems; see mounts.c
 *	  cxl_nl_event_lock	cxlmeta's: events of mounts
 *	  cxl_lock		cxlmeta's; a walk takes nothing but RCU below it
 *	i_pages			the kernel's
 *	  file lock		xa_lock of the file's leaves: its words and flags
 *	    bucket lock		a chain of the table of files
 *	    shard lock		leaves in the order of eviction. Who comes from a shard to a file
 *				(eviction) only tries the file's lock
 *	    locks of the pool	see cxlmeta.h
 */
#ifndef CXLCACHE_H
#define CXLCACHE_H

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "cxl_pool.h"

/*
 * With interrupts off locks are taken here that sleep on PREEMPT_RT, and frames are handed on with
 * preemption off (i_pages itself is held with interrupts on there).
 */
#ifdef CONFIG_PREEMPT_RT
#error "cxlcache does not work with CONFIG_PREEMPT_RT"
#endif

struct cxl_pool_settings;
struct netlink_ext_ack;
struct seq_file;
struct sk_buff;

/* ---- mounts.c ------------------------------------------------------------------------- */

struct cxlcache_fs;

/**
 * struct cxlcache_mount - a superblock that was switched on or off
 * @hash: in the table of mounts
 * @sb: the superblock; the mount goes before it does, but for the moment that the module goes in
 * @dev: its number
 * @name: its name
 * @fs: its kind, with the hooks on its functions
 * @is_wanted: it was switched on
 * @is_settled: no operation is under way that began before the filesystem's functions were replaced
 * @is_stopped: the canary died; until it is switched on by hand
 * @on: it is wanted, and the module enabled; see cxlcache_mount_is_on()
 * @todo: what was asked for and is to be done, CXLCACHE_TODO_*; see control.c
 * @is_busy: some of that is being done
 * @err: of the last try to switch it on
 * @max_pages: quota
 * @nr_pages: pages held
 * @rcu: for freeing it
 */
struct cxlcache_mount {
	struct hlist_node hash;
	struct super_block *sb;
	dev_t dev;
	char name[32];
	struct cxlcache_fs *fs;
	bool is_wanted;
	bool is_settled;
	bool is_stopped;
	bool on;
	u8 todo;
	bool is_busy;
	int err;
	unsigned long max_pages;
	atomic_long_t nr_pages;
	struct rcu_head rcu;
};

#define CXLCACHE_TODO_OFF 1
#define CXLCACHE_TODO_DROP 2
#define CXLCACHE_TODO_START 4

struct cxlcache_mount *cxlcache_mount_find(const struct super_block *sb);
bool cxlcache_mount_is_known(const struct super_block *sb);
int cxlcache_path(const char *name, struct path *path);
int cxlcache_mount_switch(const struct path *path, bool on);
int cxlcache_mount_quota(const struct path *path, unsigned long max_pages);
void cxlcache_mounts_seen(struct super_block *sb);
void cxlcache_mounts_enable(void);
void cxlcache_mounts_disable(void);
void cxlcache_mounts_flush(void);
void cxlcache_mount_leave(const struct super_block *sb);
void cxlcache_mount_forget(struct super_block *sb);
bool cxlcache_mount_stop(struct super_block *sb);
void cxlcache_mounts_exit(void);
int cxlcache_mounts_show(struct seq_file *m, void *unused);
int cxlcache_mount_fill(struct sk_buff *skb, unsigned long *pos);
int cxlcache_mount_ask(struct super_block *sb, u8 todo, bool make, u64 quota,
		       struct netlink_ext_ack *extack);
void cxlcache_mounts_ask(u8 todo);
bool cxlcache_mounts_work(void);

/**
 * cxlcache_mount_is_on() - are pages put and got?
 * @mount: the mount
 *
 * Context: any; under RCU. Who turns a mount off waits for that.
 * Return: whether they are.
 */
static inline bool cxlcache_mount_is_on(const struct cxlcache_mount *mount)
{
	/* pairs with smp_store_release() in cxlcache_mount_on(): bars are seen */
	return smp_load_acquire(&mount->on) && !READ_ONCE(mount->is_stopped);
}

/* ---- settle.c: operations that began before our hooks were there ---------------------- */

void cxlcache_sb_settle(struct super_block *sb);
struct inode *cxlcache_inode_after(struct super_block *sb, struct inode *inode);

/* ---- fs.c: what is replaced in a filesystem ------------------------------------------- */

struct cxlcache_fs *cxlcache_fs_find(const struct super_block *sb);
struct inode *cxlcache_fs_look(struct super_block *sb);
int cxlcache_fs_learn(struct cxlcache_fs *fs, const struct inode *inode);
const char *cxlcache_fs_name(const struct cxlcache_fs *fs);
bool cxlcache_fs_is_ready(struct cxlcache_fs *fs);
bool cxlcache_fs_serves(struct cxlcache_fs *fs, const struct address_space *mapping);
void cxlcache_fs_exit(void);

/* ---- bar.c: inodes whose content changes beside the page cache ------------------------ */

bool cxlcache_bar_begin(struct address_space *mapping);
void cxlcache_bar_end(unsigned int bucket);
void cxlcache_async_begin(struct address_space *mapping);
void cxlcache_bar_for_ever(struct address_space *mapping);
unsigned int cxlcache_bar_bucket(const struct inode *inode);
bool cxlcache_is_barred(const struct inode *inode);
bool cxlcache_read_begin(const struct inode *inode);
unsigned int cxlcache_nr_reads(unsigned int bucket);
unsigned int cxlcache_nr_bars(unsigned int bucket);

/* ---- index.c -------------------------------------------------------------------------- */

#define CXLCACHE_LEAF_WORDS 12
#define CXLCACHE_LEAF_SIZE 128

/**
 * struct cxlcache_leaf - pages of a file in a row
 * @words: 0, or the frame of a page that holds the file's page @first + i
 * @file: whose; stays for as long as somebody under RCU may have the leaf
 * @queue: in a shard's queue
 * @rcu: for freeing it, when it is in no queue any more
 * @first: index in the file of the first page
 * @nr_used: words that are not 0
 * @is_main: which queue
 * @hits: hits since eviction looked at it, up to CXLCACHE_HITS_MAX
 */
struct cxlcache_leaf {
	unsigned long words[CXLCACHE_LEAF_WORDS];
	struct cxlcache_file *file;
	union {
		struct list_head queue;
		struct rcu_head rcu;
	};
	u64 first : 48;
	u64 nr_used : 8;
	u64 is_main : 1;
	u64 hits : 2;
};

static_assert(sizeof(struct cxlcache_leaf) == CXLCACHE_LEAF_SIZE);

#define CXLCACHE_HITS_MAX 3
/* What fits in cxlcache_leaf.first. */
#define CXLCACHE_INDEX_MAX ((1UL << 48) - 1)

/**
 * struct cxlcache_file - an inode in memory
 * @hash: in the table of files, where an inode has at most one that is no orphan
 * @inode: the inode; not looked at, but compared
 * @ino: its number, to be sure
 * @id: from 1, never used again
 * @mount: its superblock's
 * @leaves: by index / CXLCACHE_LEAF_WORDS. Its lock is the file's
 * @nr_pages: pages held
 * @is_refused: no page may be put, as long as the inode is in memory
 * @is_orphan: nothing is found here any more, and it goes soon, with all that is held
 * @is_dead: out of the table
 * @orphans: among those that go
 * @rcu: for freeing it
 */
struct cxlcache_file {
	struct hlist_node hash;
	struct inode *inode;
	unsigned long ino;
	u64 id;
	struct cxlcache_mount *mount;
	struct xarray leaves;
	unsigned long nr_pages;
	bool is_refused;
	bool is_orphan;
	bool is_dead;
	struct llist_node orphans;
	struct rcu_head rcu;
};

/**
 * struct cxlcache_bucket - a chain of the table of files
 * @lock: protects changes of the chain
 * @files: the newest first, that is in falling order of their ids; read under RCU
 */
struct cxlcache_bucket {
	spinlock_t lock;	/* see above */
	struct hlist_head files;
};

extern struct cxlcache_bucket *cxlcache_buckets;
extern unsigned int cxlcache_bucket_bits;

int cxlcache_index_init(unsigned long nr_pages);
void cxlcache_index_exit(void);
void cxlcache_index_free(void);
struct cxlcache_file *cxlcache_bucket_find(struct cxlcache_bucket *bucket,
					   const struct inode *inode);
struct cxlcache_file *cxlcache_file_find(const struct inode *inode);
struct cxlcache_file *cxlcache_file_lock_new(struct cxlcache_mount *mount, struct inode *inode,
					     unsigned long *flags);
struct page *cxlcache_file_page(struct cxlcache_file *file, pgoff_t index);
bool cxlcache_file_set(struct cxlcache_file *file, pgoff_t index, struct page *page, bool is_main);
struct page *cxlcache_file_take(struct cxlcache_file *file, pgoff_t index);
void cxlcache_file_take_run(struct cxlcache_file *file, pgoff_t index, struct page **pages,
			    unsigned int nr);
void cxlcache_file_hit(struct cxlcache_file *file, pgoff_t index);
void cxlcache_leaf_clear(struct cxlcache_leaf *leaf, unsigned int i);
void cxlcache_file_unlock(struct cxlcache_file *file, unsigned long flags)
	__releases(&file->leaves.xa_lock);
void cxlcache_file_del(struct cxlcache_file *file);

static inline struct cxlcache_bucket *cxlcache_bucket_of(const struct inode *inode)
{
	return &cxlcache_buckets[hash_ptr(inode, cxlcache_bucket_bits)];
}

/**
 * cxlcache_inode_may_be_held() - is something of an inode held, most probably?
 * @inode: the inode
 *
 * Context: any; under i_pages, under which nothing of the inode is put but by the caller.
 * Return: whether it may be.
 */
static inline bool cxlcache_inode_may_be_held(const struct inode *inode)
{
	return !hlist_empty(&cxlcache_bucket_of(inode)->files);
}

static inline unsigned long cxlcache_file_lock(struct cxlcache_file *file)
	__acquires(&file->leaves.xa_lock)
{
	unsigned long flags;

	xa_lock_irqsave(&file->leaves, flags);
	return flags;
}

static inline struct page *cxlcache_word_page(unsigned long word)
{
	return word ? pfn_to_page(word) : NULL;
}

static inline struct cxlcache_leaf *cxlcache_entry_leaf(unsigned long *entry)
{
	return (struct cxlcache_leaf *)ALIGN_DOWN((unsigned long)entry, CXLCACHE_LEAF_SIZE);
}

/* ---- drop.c --------------------------------------------------------------------------- */

void cxlcache_drop(const struct inode *inode, pgoff_t first, pgoff_t last);
void cxlcache_drop_folio(const struct inode *inode, struct folio *folio);
void cxlcache_refuse(struct address_space *mapping);
void cxlcache_forget(const struct inode *inode);
void cxlcache_drop_mount(struct cxlcache_mount *mount);
void cxlcache_forget_mount(struct cxlcache_mount *mount);
void cxlcache_file_orphan(struct cxlcache_file *file);
void cxlcache_drop_exit(void);

/* ---- walk.c --------------------------------------------------------------------------- */

extern const struct cxl_pool_ops cxlcache_pool_ops;

/* ---- evict.c -------------------------------------------------------------------------- */

int cxlcache_queues_init(unsigned long nr_pages);
void cxlcache_queues_exit(void);
void cxlcache_queue_add(struct cxlcache_leaf *leaf);
void cxlcache_queue_del(struct cxlcache_leaf *leaf);
struct page *cxlcache_evict(void);
void cxlcache_shrink_to_limit(void);

/* ---- put.c, get.c --------------------------------------------------------------------- */

/* Why nothing is put of an inode; see cxlcache_inode_is_plain(). */
enum cxlcache_inode_kind {
	CXLCACHE_INODE_PLAIN,
	CXLCACHE_INODE_SWAP,
	CXLCACHE_INODE_DAX,
	CXLCACHE_INODE_ENCRYPTED,
	CXLCACHE_INODE_VERITY,
	CXLCACHE_INODE_QUOTA,
	CXLCACHE_INODE_ERROR,
	CXLCACHE_INODE_DELETED,
	CXLCACHE_INODE_REFUSED,
};

enum cxlcache_inode_kind cxlcache_inode_kind(const struct inode *inode);
bool cxlcache_inode_is_plain(const struct address_space *mapping);
void cxlcache_folio_leaves(struct folio *folio);
void cxlcache_folio_changes(struct folio *folio, struct address_space *mapping);
bool cxlcache_page_copy(void *to, struct page *page);

typedef void (*cxlcache_readahead_t)(struct readahead_control *rac);
typedef int (*cxlcache_read_folio_t)(struct file *file, struct folio *folio);

void cxlcache_readahead(struct readahead_control *rac, cxlcache_readahead_t readahead,
			cxlcache_read_folio_t read_folio);
int cxlcache_read_folio(struct file *file, struct folio *folio, cxlcache_read_folio_t read_folio);

/* ---- hooks.c -------------------------------------------------------------------------- */

/* Folios that leave the page cache, or are dirtied, are looked at. */
DECLARE_STATIC_KEY_FALSE(cxlcache_is_used);

void cxlcache_hooks_bypassed_evict(void);
int cxlcache_hooks_init(void);
void cxlcache_hooks_exit(void);

/* ---- params.c ------------------------------------------------------------------------- */

enum cxlcache_mode {
	CXLCACHE_EXCLUSIVE,
	CXLCACHE_INCLUSIVE,
};

enum cxlcache_admission {
	CXLCACHE_ADMIT_WORKINGSET,
	CXLCACHE_ADMIT_ALL,
};

extern bool cxlcache_enabled;
extern bool cxlcache_auto;
extern int cxlcache_mode;		/* enum cxlcache_mode */
extern int cxlcache_admission;	/* enum cxlcache_admission */
extern unsigned int cxlcache_canary;
extern struct cxl_pool *cxlcache_pool;

int cxlcache_pool_init(void);
int cxlcache_params_start(void);
void cxlcache_params_stop(void);
void cxlcache_pool_exit(void);
int cxlcache_pool_set(const struct cxl_pool_settings *settings, struct netlink_ext_ack *extack);
void cxlcache_ask_to_enable(void);
void cxlcache_enable_added(void);

/* ---- control.c: netlink --------------------------------------------------------------- */

void cxlcache_control_init(void);
void cxlcache_control_exit(void);

/* ---- stats.c -------------------------------------------------------------------------- */

/*
 * Every counter: its name, which is also its debugfs file, and what it counts. The first two go up
 * and down, the others only up.
 */
#define CXLCACHE_COUNTERS(X)									\
	X(put_pages, "pages held now")								\
	X(metadata_bytes, "bytes of memory that the index takes now")				\
	X(pool_limit_hit, "puts that found the pool at its limit, and evicted or were refused")	\
	X(reject_reclaim_fail, "puts refused because nothing could be evicted")			\
	X(reject_alloc_fail, "puts refused because no far node had a free page")		\
	X(reject_kmemcache_fail, "puts refused for want of memory for the index")		\
	X(reject_admission, "pages not put because they were used once")			\
	X(reject_state, "pages not put for what they are: large, failed, beyond the end")	\
	X(reject_inode, "pages not put for what their inode is")				\
	X(reject_barred, "pages not put because their content was about to change")		\
	X(reject_quota, "pages not put because the mount had its quota")			\
	X(refused_inodes, "inodes that are not cached any more, see docs/coherence.md")		\
	X(evicted_pages, "pages evicted to make room")						\
	X(poisoned_pages, "pages dropped because their memory failed")				\
	X(canary_checks, "hits that were compared with the disk")				\
	X(canary_mismatches, "of those, hits that differed")					\
	X(succ_gets, "pages found")								\
	X(failed_gets, "pages looked for and not found")					\
	X(succ_puts, "pages put")								\
	X(failed_puts, "pages not put, for any reason")						\
	X(invalidates, "pages dropped because their content changed, or their inode went")

#define CXLCACHE_COUNTER_ENUM(_name, _meaning) CXLCACHE_COUNT_##_name,
enum cxlcache_counter {
	CXLCACHE_COUNTERS(CXLCACHE_COUNTER_ENUM)
	CXLCACHE_NR_COUNTERS
};

struct cxlcache_counts {
	long value[CXLCACHE_NR_COUNTERS];
};
DECLARE_PER_CPU(struct cxlcache_counts, cxlcache_counts);

#define cxlcache_count_add(_name, _nr) \
	this_cpu_add(cxlcache_counts.value[CXLCACHE_COUNT_##_name], _nr)
#define cxlcache_count(_name) cxlcache_count_add(_name, 1)

int cxlcache_counters_fill(struct sk_buff *skb);
void cxlcache_stats_init(void);
void cxlcache_stats_exit(void);

#endif /* CXLCACHE_H */
