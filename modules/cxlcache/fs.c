// SPDX-License-Identifier: GPL-2.0
/*
 * What is replaced in a filesystem: functions found in the tables of operations of one of its
 * regular files, and one or two that are in no table. Each kind of filesystem has a set of hooks of
 * its own, since calls of an original are patched into our text. A set goes in when the first mount
 * of its kind is switched on, and stays; so does the filesystem's module.
 *
 *	->readahead, ->read_folio	get: see get.c
 *	->write_iter			direct writes set a bar; a file is refused if a write failed
 *	->fallocate			punch, collapse, insert and zero range: a bar, and all from
 *					there on is dropped, before and after; refused if it
 *					failed half-way
 *	->setattr			truncation: a bar; refused if it failed half-way
 *	->remap_file_range		reflink and dedupe: as ->fallocate, for what is written to
 *	->swap_activate			a swap file is written to beside everything: refused
 *	->bmap				who is told where blocks are may write to them beside
 *					everything (md's bitmap in a file): refused
 *	ext4_move_extents		swaps blocks of two files, and leaves the donor's page cache
 *					as it was: the donor is refused, the other dropped
 *	btrfs_do_encoded_write		a direct write that comes by an ioctl
 *	->map_blocks			xfs: hands blocks out to be written to by another machine
 *					(pNFS), which nobody may tell us of: refused
 *
 * The core's own functions that remove pages from the page cache are hooked besides (hooks.c). For
 * ext4 and xfs they alone would do, since both keep folios from being made, by invalidate_lock,
 * until blocks have changed. btrfs does not: a page could be read, evicted and put between the
 * removal and the change.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/uio.h>

#include "cxl_hook.h"
#include "cxlcache.h"

struct swap_info_struct;
struct btrfs_ioctl_encoded_io_args;
struct iomap;

/* The first are in the tables of every filesystem; each has some more, from NR_FS_OPS on. */
enum cxlcache_fs_hook {
	FS_READAHEAD,
	FS_READ_FOLIO,
	FS_WRITE_ITER,
	FS_FALLOCATE,
	FS_SETATTR,
	FS_SWAP_ACTIVATE,
	NR_FS_OPS,
	EXT4_MOVE = NR_FS_OPS,
	FS_REMAP = NR_FS_OPS,
	BTRFS_ENCODED,
	FS_BMAP = BTRFS_ENCODED,
	XFS_MAP_BLOCKS,
	NR_FS_HOOKS
};

/* Sets of operations of one filesystem that are remembered. ext4 has three. */
#define CXLCACHE_MAX_AOPS 8

/**
 * struct cxlcache_fs - a kind of filesystem
 * @name: of its type
 * @magic: of its superblocks
 * @hooks: what is replaced
 * @nr_hooks: how much of it
 * @set: the same, for the engine
 * @module: the filesystem's, which stays; NULL if it is built in
 * @is_ready: the hooks are in place
 * @aops: operations of files that can be cached; filled from the beginning
 * @other_aops: those of files that can't
 * @unknown: operations that were met and are in neither
 * @is_confused: there is no room for more; those files are not cached
 */
struct cxlcache_fs {
	const char *name;
	unsigned long magic;
	struct cxl_hook *hooks;
	unsigned int nr_hooks;
	struct cxl_hook_set set;
	struct module *module;
	bool is_ready;
	const struct address_space_operations *aops[CXLCACHE_MAX_AOPS];
	const struct address_space_operations *other_aops[CXLCACHE_MAX_AOPS];
	const struct address_space_operations *unknown;
	bool is_confused;
};

/* ---- what the replacements do --------------------------------------------------------- */

typedef ssize_t (*cxlcache_write_iter_t)(struct kiocb *iocb, struct iov_iter *from);
typedef long (*cxlcache_fallocate_t)(struct file *file, int mode, loff_t offset, loff_t len);
typedef int (*cxlcache_setattr_t)(struct mnt_idmap *idmap, struct dentry *dentry,
				  struct iattr *attr);
typedef loff_t (*cxlcache_remap_t)(struct file *in, loff_t pos_in, struct file *out,
				   loff_t pos_out, loff_t len, unsigned int flags);
typedef int (*cxlcache_swap_activate_t)(struct swap_info_struct *sis, struct file *file,
					sector_t *span);
typedef sector_t (*cxlcache_bmap_t)(struct address_space *mapping, sector_t block);

/*
 * Has a direct write ended as it should? Otherwise what was read under its bar stays in the page
 * cache, and may not be what is on disk; likewise if it goes on by itself, and may fail yet.
 *
 * But one that fails before it was sent to disk does no harm: before that the core is asked to
 * remove pages (6.8 and 6.12: __iomap_dio_rw(), always), which sets a bar of its own. io_uring
 * tries each write without waiting first, which fails so if only a page is in the page cache.
 */
static bool cxlcache_write_is_whole(ssize_t nr_written, size_t nr_wanted, bool is_sent)
{
	return nr_written == nr_wanted || (nr_written != -EIOCBQUEUED && !is_sent);
}

/*
 * io_uring tries each write without waiting first, and goes on where that got to if it came short,
 * or to nothing: then it comes by here again. Others may leave it at that.
 */
static bool cxlcache_write_is_tried(struct kiocb *iocb)
{
	return iocb->ki_flags & IOCB_NOWAIT && !is_sync_kiocb(iocb) &&
	       !(iocb->ki_flags & IOCB_AIO_RW);
}

/*
 * May a write have failed when it had copied to the page cache already? That may leave data there
 * that is clean and up to date, and not what is on disk; also of a direct write, whose filesystem
 * may write in the page cache what it can't directly. So (6.8 and 6.12):
 *  - btrfs_buffered_write() if btrfs_dirty_pages() fails, ext4 if ext4_write_inline_data_end() does
 *  - where a folio has several blocks, one of which was up to date: the copy comes short, as a page
 *    of the source is not in memory; __iomap_write_end() (xfs) and block_write_end() (ext4) take
 *    it for none, and the next try fails
 * Some errors come before anything is copied.
 */
static bool cxlcache_write_spoils(ssize_t nr_written, size_t nr_wanted, bool is_tried)
{
	switch (nr_written) {
	case -EIOCBQUEUED:
	case -EOPNOTSUPP:
	case -EINVAL:
	case -EFBIG:
		return false;
	}
	if (is_tried && (nr_written >= 0 || nr_written == -EAGAIN))
		return false;
	return nr_written != nr_wanted;
}

/*
 * Coherence rule 2. What is held of the range is dropped when the core removes it from the page
 * cache, before the write; afterwards it removes what was read meanwhile, if all went well. If it
 * may not have, and something was read, the inode is cached no more.
 */
static ssize_t cxlcache_write_barred(struct kiocb *iocb, struct iov_iter *from,
				     struct address_space *mapping,
				     cxlcache_write_iter_t write_iter)
{
	unsigned int bucket = cxlcache_bar_bucket(mapping->host);
	unsigned int nr_reads = cxlcache_nr_reads(bucket), nr_bars;
	bool is_tried = cxlcache_write_is_tried(iocb);
	size_t nr_wanted = iov_iter_count(from);
	ssize_t nr_written;

	cxlcache_bar_begin(mapping);
	nr_bars = cxlcache_nr_bars(bucket);
	nr_written = write_iter(iocb, from);
	/*
	 * Of one that goes on by itself nothing is looked at that may be gone. Who would have to
	 * wait is told so before anything is copied.
	 */
	if ((cxlcache_nr_reads(bucket) != nr_reads &&
	     !cxlcache_write_is_whole(nr_written, nr_wanted,
				      cxlcache_nr_bars(bucket) != nr_bars)) ||
	    cxlcache_write_spoils(nr_written, nr_wanted, is_tried || nr_written == -EAGAIN))
		cxlcache_refuse(mapping);
	/* of one that goes on by itself i_dio_count stands for the bar */
	cxlcache_bar_end(bucket);
	return nr_written;
}

static ssize_t cxlcache_write_direct(struct kiocb *iocb, struct iov_iter *from,
				     cxlcache_write_iter_t write_iter)
{
	struct file *file = iocb->ki_filp;
	ssize_t nr_written;

	if (is_sync_kiocb(iocb))
		return cxlcache_write_barred(iocb, from, file->f_mapping, write_iter);
	/* if it goes on by itself, it may have ended, and closed the file, before we look */
	get_file(file);
	cxlcache_async_begin(file->f_mapping);
	nr_written = cxlcache_write_barred(iocb, from, file->f_mapping, write_iter);
	fput(file);
	return nr_written;
}

static ssize_t cxlcache_write_buffered(struct kiocb *iocb, struct iov_iter *from,
				       cxlcache_write_iter_t write_iter)
{
	struct address_space *mapping = iocb->ki_filp->f_mapping;
	bool is_tried = cxlcache_write_is_tried(iocb);
	size_t nr_wanted = iov_iter_count(from);
	ssize_t nr_written = write_iter(iocb, from);

	if (likely(!cxlcache_write_spoils(nr_written, nr_wanted, is_tried)))
		return nr_written;
	cxlcache_refuse(mapping);
	/* a spoiled page may have been put and found again before that */
	invalidate_mapping_pages(mapping, iocb->ki_pos >> PAGE_SHIFT,
				 (iocb->ki_pos + nr_wanted) >> PAGE_SHIFT);
	return nr_written;
}

static ssize_t cxlcache_write_iter(struct kiocb *iocb, struct iov_iter *from,
				   cxlcache_write_iter_t write_iter)
{
	if (!S_ISREG(file_inode(iocb->ki_filp)->i_mode))
		return write_iter(iocb, from);
	if (iocb->ki_flags & IOCB_DIRECT)
		return cxlcache_write_direct(iocb, from, write_iter);
	return cxlcache_write_buffered(iocb, from, write_iter);
}

/* Return: whether something may be held, for cxlcache_change_end(). */
static bool cxlcache_change_begin(struct file *file, loff_t from)
{
	bool is_known = cxlcache_bar_begin(file->f_mapping);

	if (is_known)
		cxlcache_drop(file_inode(file), from >> PAGE_SHIFT, ULONG_MAX);
	return is_known;
}

static void cxlcache_change_end(struct file *file, loff_t from, bool is_known)
{
	if (is_known)
		cxlcache_drop(file_inode(file), from >> PAGE_SHIFT, ULONG_MAX);
	cxlcache_bar_end(cxlcache_bar_bucket(file_inode(file)));
}

/*
 * Has a change failed when pages had been removed already? Those that lie in the range partly stay,
 * clean and up to date, with zeros that never get to disk (6.8 and 6.12): ext4_punch_hole() and
 * ext4_zero_range() of blocks smaller than a page, if an edge can't be read, say; btrfs_setsize(),
 * which then gives the file its old size back. Removing sets a bar of its own; what fails before
 * does no harm. Under the bar of the change.
 */
static void cxlcache_change_judge(struct address_space *mapping, long err, unsigned int nr_bars)
{
	if (err && cxlcache_nr_bars(cxlcache_bar_bucket(mapping->host)) != nr_bars)
		cxlcache_refuse(mapping);
}

static long cxlcache_fallocate(struct file *file, int mode, loff_t offset, loff_t len,
			       cxlcache_fallocate_t fallocate)
{
	unsigned int nr_bars;
	bool is_known;
	long err;

	/* what only allocates changes nothing */
	if (!(mode & ~FALLOC_FL_KEEP_SIZE) || !S_ISREG(file_inode(file)->i_mode))
		return fallocate(file, mode, offset, len);
	is_known = cxlcache_change_begin(file, offset);
	nr_bars = cxlcache_nr_bars(cxlcache_bar_bucket(file_inode(file)));
	err = fallocate(file, mode, offset, len);
	cxlcache_change_judge(file->f_mapping, err, nr_bars);
	cxlcache_change_end(file, offset, is_known);
	return err;
}

/*
 * Truncation. What is held goes when the core removes it from the page cache; here is seen to it
 * that nothing is put until it is known how that ended. (Others than regular files have no bars.)
 */
static int cxlcache_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr,
			    cxlcache_setattr_t setattr)
{
	struct inode *inode = d_inode(dentry);
	unsigned int bucket, nr_bars;
	int err;

	if (!(attr->ia_valid & ATTR_SIZE) || !S_ISREG(inode->i_mode))
		return setattr(idmap, dentry, attr);
	bucket = cxlcache_bar_bucket(inode);
	cxlcache_bar_begin(inode->i_mapping);
	nr_bars = cxlcache_nr_bars(bucket);
	err = setattr(idmap, dentry, attr);
	cxlcache_change_judge(inode->i_mapping, err, nr_bars);
	cxlcache_bar_end(bucket);
	return err;
}

static loff_t cxlcache_remap(struct file *in, loff_t pos_in, struct file *out, loff_t pos_out,
			     loff_t len, unsigned int flags, cxlcache_remap_t remap)
{
	loff_t nr_done;
	bool is_known;

	is_known = cxlcache_change_begin(out, pos_out);
	nr_done = remap(in, pos_in, out, pos_out, len, flags);
	cxlcache_change_end(out, pos_out, is_known);
	return nr_done;
}

static int cxlcache_swap_activate(struct swap_info_struct *sis, struct file *file, sector_t *span,
				  cxlcache_swap_activate_t swap_activate)
{
	cxlcache_refuse(file->f_mapping);
	return swap_activate(sis, file, span);
}

/*
 * Whose blocks are asked for (6.8 and 6.12: FIBMAP; md, for the bitmap of an array in a file, which
 * it then writes to by buffers of its own; jbd2, for a journal, once, before its mount is known). A
 * mapping of a file is not asked for otherwise: swapon has ->swap_activate, the journal goes on
 * with ->j_bmap.
 */
static sector_t cxlcache_bmap(struct address_space *mapping, sector_t block, cxlcache_bmap_t bmap)
{
	if (S_ISREG(mapping->host->i_mode))
		cxlcache_refuse(mapping);
	return bmap(mapping, block);
}

/* ---- hooks ---------------------------------------------------------------------------- */

/* Prototypes, for the static calls' types. */
void cxlcache_proto_readahead(struct readahead_control *rac);
int cxlcache_proto_read_folio(struct file *file, struct folio *folio);
ssize_t cxlcache_proto_write_iter(struct kiocb *iocb, struct iov_iter *from);
long cxlcache_proto_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int cxlcache_proto_setattr(struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr);
loff_t cxlcache_proto_remap(struct file *in, loff_t pos_in, struct file *out, loff_t pos_out,
			    loff_t len, unsigned int flags);
int cxlcache_proto_swap_activate(struct swap_info_struct *sis, struct file *file, sector_t *span);
sector_t cxlcache_proto_bmap(struct address_space *mapping, sector_t block);
int ext4_move_extents(struct file *orig, struct file *donor, __u64 orig_block, __u64 donor_block,
		      __u64 len, __u64 *moved_len);
ssize_t btrfs_do_encoded_write(struct kiocb *iocb, struct iov_iter *from,
			       const struct btrfs_ioctl_encoded_io_args *encoded);
int cxlcache_proto_map_blocks(struct inode *inode, loff_t offset, u64 len, struct iomap *iomap,
			      bool write, u32 *device_generation);

/* The tables of operations say what the prototypes are. */
#define CXLCACHE_OP_IS(_table, _op, _proto) \
	static_assert(__same_type(*((struct _table *)NULL)->_op, _proto))
CXLCACHE_OP_IS(address_space_operations, readahead, cxlcache_proto_readahead);
CXLCACHE_OP_IS(address_space_operations, read_folio, cxlcache_proto_read_folio);
CXLCACHE_OP_IS(address_space_operations, swap_activate, cxlcache_proto_swap_activate);
CXLCACHE_OP_IS(address_space_operations, bmap, cxlcache_proto_bmap);
CXLCACHE_OP_IS(file_operations, write_iter, cxlcache_proto_write_iter);
CXLCACHE_OP_IS(file_operations, fallocate, cxlcache_proto_fallocate);
CXLCACHE_OP_IS(inode_operations, setattr, cxlcache_proto_setattr);
CXLCACHE_OP_IS(file_operations, remap_file_range, cxlcache_proto_remap);
CXLCACHE_OP_IS(export_operations, map_blocks, cxlcache_proto_map_blocks);

/* A replacement that calls _call_ours, and has the original at hand as _fs##_call_##_op. */
#define CXLCACHE_FS_HOOK(_fs, _op, _index, _result, _params, _args, _ours)			\
	DEFINE_STATIC_CALL_NULL(_fs##_original_##_op, cxlcache_proto_##_op);			\
	static _result _fs##_call_##_op _params							\
	{											\
		return static_call(_fs##_original_##_op)_args;					\
	}											\
	static CXL_HOOK_REPLACEMENT _result cxlcache_##_fs##_##_op _params			\
	{											\
		_result result;									\
												\
		cxl_hook_enter(&_fs##_hooks[_index]);						\
		result = _ours;									\
		cxl_hook_leave(&_fs##_hooks[_index]);						\
		return result;									\
	}											\
	CXL_HOOK_REDIRECTION(cxlcache_##_fs##_##_op)

#define CXLCACHE_FS_HOOKS(_fs)									\
	static struct cxl_hook _fs##_hooks[NR_FS_HOOKS];					\
	static DEFINE_PER_CPU(struct cxl_hook_calls, _fs##_hook_calls[NR_FS_HOOKS]);		\
												\
	DEFINE_STATIC_CALL_NULL(_fs##_original_readahead, cxlcache_proto_readahead);		\
	static void _fs##_call_readahead(struct readahead_control *rac)				\
	{											\
		static_call(_fs##_original_readahead)(rac);					\
	}											\
	CXLCACHE_FS_HOOK(_fs, read_folio, FS_READ_FOLIO, int,					\
			 (struct file *file, struct folio *folio), (file, folio),		\
			 cxlcache_read_folio(file, folio, _fs##_call_read_folio));		\
	static CXL_HOOK_REPLACEMENT								\
	void cxlcache_##_fs##_readahead(struct readahead_control *rac)				\
	{											\
		cxl_hook_enter(&_fs##_hooks[FS_READAHEAD]);					\
		cxlcache_readahead(rac, _fs##_call_readahead, _fs##_call_read_folio);		\
		cxl_hook_leave(&_fs##_hooks[FS_READAHEAD]);					\
	}											\
	CXL_HOOK_REDIRECTION(cxlcache_##_fs##_readahead);					\
	CXLCACHE_FS_HOOK(_fs, write_iter, FS_WRITE_ITER, ssize_t,				\
			 (struct kiocb *iocb, struct iov_iter *from), (iocb, from),		\
			 cxlcache_write_iter(iocb, from, _fs##_call_write_iter));		\
	CXLCACHE_FS_HOOK(_fs, fallocate, FS_FALLOCATE, long,					\
			 (struct file *file, int mode, loff_t offset, loff_t len),		\
			 (file, mode, offset, len),						\
			 cxlcache_fallocate(file, mode, offset, len, _fs##_call_fallocate));	\
	CXLCACHE_FS_HOOK(_fs, setattr, FS_SETATTR, int,						\
			 (struct mnt_idmap *idmap, struct dentry *dentry, struct iattr *attr),	\
			 (idmap, dentry, attr),							\
			 cxlcache_setattr(idmap, dentry, attr, _fs##_call_setattr));		\
	CXLCACHE_FS_HOOK(_fs, swap_activate, FS_SWAP_ACTIVATE, int,				\
			 (struct swap_info_struct *sis, struct file *file, sector_t *span),	\
			 (sis, file, span),							\
			 cxlcache_swap_activate(sis, file, span, _fs##_call_swap_activate))

/* ext4 has none. */
#define CXLCACHE_FS_HOOK_REMAP(_fs)								\
	CXLCACHE_FS_HOOK(_fs, remap, FS_REMAP, loff_t,						\
			 (struct file *in, loff_t pos_in, struct file *out, loff_t pos_out,	\
			  loff_t len, unsigned int flags),					\
			 (in, pos_in, out, pos_out, len, flags),				\
			 cxlcache_remap(in, pos_in, out, pos_out, len, flags,			\
					_fs##_call_remap))

/* btrfs has none. */
#define CXLCACHE_FS_HOOK_BMAP(_fs)								\
	CXLCACHE_FS_HOOK(_fs, bmap, FS_BMAP, sector_t,						\
			 (struct address_space *mapping, sector_t block), (mapping, block),	\
			 cxlcache_bmap(mapping, block, _fs##_call_bmap))

CXLCACHE_FS_HOOKS(ext4);
CXLCACHE_FS_HOOK_BMAP(ext4);
CXLCACHE_FS_HOOKS(xfs);
CXLCACHE_FS_HOOK_BMAP(xfs);
CXLCACHE_FS_HOOK_REMAP(xfs);
CXLCACHE_FS_HOOKS(btrfs);
CXLCACHE_FS_HOOK_REMAP(btrfs);

/*
 * ext4_move_extents() (6.8 and 6.12, fs/ext4/move_extent.c): blocks of two files are exchanged
 * under their folios' locks; the first file's data is written again, the donor's is not looked at.
 */
DEFINE_STATIC_CALL_NULL(ext4_original_move, ext4_move_extents);
static CXL_HOOK_REPLACEMENT
int cxlcache_ext4_move(struct file *orig, struct file *donor, __u64 orig_block, __u64 donor_block,
		       __u64 len, __u64 *moved_len)
{
	bool is_known;
	int err;

	cxl_hook_enter(&ext4_hooks[EXT4_MOVE]);
	is_known = cxlcache_change_begin(orig, 0);
	cxlcache_refuse(donor->f_mapping);
	err = static_call(ext4_original_move)(orig, donor, orig_block, donor_block, len,
					      moved_len);
	cxlcache_change_end(orig, 0, is_known);
	cxl_hook_leave(&ext4_hooks[EXT4_MOVE]);
	return err;
}

CXL_HOOK_REDIRECTION(cxlcache_ext4_move);

/*
 * btrfs_do_encoded_write() (6.8 and 6.12, fs/btrfs/inode.c): writes compressed data past the page
 * cache. What is left of it is read again when it is needed.
 */
DEFINE_STATIC_CALL_NULL(btrfs_original_encoded, btrfs_do_encoded_write);
static CXL_HOOK_REPLACEMENT
ssize_t cxlcache_btrfs_encoded(struct kiocb *iocb, struct iov_iter *from,
			       const struct btrfs_ioctl_encoded_io_args *encoded)
{
	ssize_t nr_written;
	bool is_known;

	cxl_hook_enter(&btrfs_hooks[BTRFS_ENCODED]);
	is_known = cxlcache_change_begin(iocb->ki_filp, 0);
	nr_written = static_call(btrfs_original_encoded)(iocb, from, encoded);
	cxlcache_change_end(iocb->ki_filp, 0, is_known);
	cxl_hook_leave(&btrfs_hooks[BTRFS_ENCODED]);
	return nr_written;
}

CXL_HOOK_REDIRECTION(cxlcache_btrfs_encoded);

/*
 * xfs_fs_map_blocks() (6.8 and 6.12, fs/xfs/xfs_pnfs.c): who is given blocks to write to writes to
 * the disk itself, and need not say what (xfs_fs_commit_blocks() is told of new blocks alone).
 */
CXLCACHE_FS_HOOK(xfs, map_blocks, XFS_MAP_BLOCKS, int,
		 (struct inode *inode, loff_t offset, u64 len, struct iomap *iomap, bool write,
		  u32 *device_generation),
		 (inode, offset, len, iomap, write, device_generation),
		 ({
			if (write)
				cxlcache_refuse(inode->i_mapping);
			xfs_call_map_blocks(inode, offset, len, iomap, write, device_generation);
		 }));

#define CXLCACHE_FS_ENTRY(_fs, _op, _index)							\
	[_index] = CXL_HOOK_REPLACE_FUNC(#_fs " ->" #_op, cxlcache_##_fs##_##_op,		\
					 _fs##_original_##_op, &_fs##_hook_calls[_index])

#define CXLCACHE_FS_ENTRIES(_fs)								\
	CXLCACHE_FS_ENTRY(_fs, write_iter, FS_WRITE_ITER),					\
	CXLCACHE_FS_ENTRY(_fs, fallocate, FS_FALLOCATE),					\
	CXLCACHE_FS_ENTRY(_fs, setattr, FS_SETATTR),						\
	CXLCACHE_FS_ENTRY(_fs, swap_activate, FS_SWAP_ACTIVATE),				\
	CXLCACHE_FS_ENTRY(_fs, read_folio, FS_READ_FOLIO),					\
	CXLCACHE_FS_ENTRY(_fs, readahead, FS_READAHEAD)

static struct cxl_hook ext4_hooks[NR_FS_HOOKS] = {
	CXLCACHE_FS_ENTRIES(ext4),
	CXLCACHE_FS_ENTRY(ext4, bmap, FS_BMAP),
	[EXT4_MOVE] = CXL_HOOK_REPLACE_FUNC("ext4_move_extents", cxlcache_ext4_move,
					    ext4_original_move, &ext4_hook_calls[EXT4_MOVE]),
};

static struct cxl_hook xfs_hooks[NR_FS_HOOKS] = {
	CXLCACHE_FS_ENTRIES(xfs),
	CXLCACHE_FS_ENTRY(xfs, remap, FS_REMAP),
	CXLCACHE_FS_ENTRY(xfs, bmap, FS_BMAP),
	CXLCACHE_FS_ENTRY(xfs, map_blocks, XFS_MAP_BLOCKS),
};

static struct cxl_hook btrfs_hooks[NR_FS_HOOKS] = {
	CXLCACHE_FS_ENTRIES(btrfs),
	CXLCACHE_FS_ENTRY(btrfs, remap, FS_REMAP),
	[BTRFS_ENCODED] = CXL_HOOK_REPLACE_FUNC("btrfs_do_encoded_write", cxlcache_btrfs_encoded,
						btrfs_original_encoded,
						&btrfs_hook_calls[BTRFS_ENCODED]),
};

static struct cxlcache_fs cxlcache_fses[] = {
	{ .name = "ext4", .magic = EXT4_SUPER_MAGIC, .hooks = ext4_hooks,
	  .nr_hooks = FS_BMAP + 1 },
	{ .name = "xfs", .magic = XFS_SUPER_MAGIC, .hooks = xfs_hooks,
	  .nr_hooks = XFS_MAP_BLOCKS + 1 },
	{ .name = "btrfs", .magic = BTRFS_SUPER_MAGIC, .hooks = btrfs_hooks,
	  .nr_hooks = BTRFS_ENCODED + 1 },
};

/* ---- finding and installing ----------------------------------------------------------- */

/**
 * cxlcache_fs_find() - which kind is it?
 * @sb: a superblock
 *
 * Context: any.
 * Return: the kind; NULL if it is not supported.
 */
struct cxlcache_fs *cxlcache_fs_find(const struct super_block *sb)
{
	struct cxlcache_fs *fs;

	for (fs = cxlcache_fses; fs < cxlcache_fses + ARRAY_SIZE(cxlcache_fses); fs++)
		if (sb->s_magic == fs->magic && !strcmp(sb->s_type->name, fs->name))
			return fs;
	return NULL;
}

/**
 * cxlcache_fs_name() - what it is called
 * @fs: the kind
 *
 * Context: any.
 * Return: the name, as in /proc/filesystems.
 */
const char *cxlcache_fs_name(const struct cxlcache_fs *fs)
{
	return fs->name;
}

/**
 * cxlcache_fs_is_ready() - are the hooks in place?
 * @fs: the kind
 *
 * Context: any.
 * Return: whether they are.
 */
bool cxlcache_fs_is_ready(struct cxlcache_fs *fs)
{
	/* pairs with smp_store_release() in cxlcache_fs_install(): its addresses are seen */
	return smp_load_acquire(&fs->is_ready);
}

static bool cxlcache_aops_have(const struct address_space_operations **list,
			       const struct address_space_operations *aops)
{
	unsigned int i;

	for (i = 0; i < CXLCACHE_MAX_AOPS && READ_ONCE(list[i]); i++)
		if (list[i] == aops)
			return true;
	return false;
}

/* Return: false if the list is full. */
static bool cxlcache_aops_add(const struct address_space_operations **list,
			      const struct address_space_operations *aops)
{
	unsigned int i;

	for (i = 0; i < CXLCACHE_MAX_AOPS; i++) {
		if (!list[i]) {
			WRITE_ONCE(list[i], aops);
			return true;
		}
	}
	return false;
}

/**
 * cxlcache_fs_serves() - can an inode with these operations be cached?
 * @fs: its kind
 * @mapping: its pages
 *
 * Context: any.
 * Return: whether; false also if that is yet to be found out.
 */
bool cxlcache_fs_serves(struct cxlcache_fs *fs, const struct address_space *mapping)
{
	const struct address_space_operations *aops = READ_ONCE(mapping->a_ops);

	if (likely(cxlcache_fs_is_ready(fs) && cxlcache_aops_have(fs->aops, aops)))
		return true;
	if (!READ_ONCE(fs->is_confused) && !cxlcache_aops_have(fs->other_aops, aops)) {
		WRITE_ONCE(fs->unknown, aops);
		cxlcache_mounts_seen(mapping->host->i_sb);
	}
	return false;
}

/*
 * Coherence rule 4: a clean page of a file whose data goes through the journal need not be on disk
 * yet. ext4 has operations of their own for such files, and tells them by nothing else.
 */
static bool cxlcache_aops_journal(const struct address_space_operations *aops)
{
	char name[KSYM_SYMBOL_LEN];

	sprint_symbol_no_offset(name, (unsigned long)aops->dirty_folio);
	return strstr(name, "journal");
}

static void cxlcache_fs_judge(struct cxlcache_fs *fs, const struct address_space_operations *aops)
{
	bool is_ours = (void *)aops->readahead == fs->hooks[FS_READAHEAD].address &&
		       (void *)aops->read_folio == fs->hooks[FS_READ_FOLIO].address;

	if (cxlcache_aops_have(fs->aops, aops) || cxlcache_aops_have(fs->other_aops, aops))
		return;
	if (cxlcache_aops_add(is_ours && !cxlcache_aops_journal(aops) ? fs->aops : fs->other_aops,
			      aops))
		return;
	pr_warn("%s: more than %u sets of file operations; files with further ones are not cached\n",
		fs->name, CXLCACHE_MAX_AOPS);
	WRITE_ONCE(fs->is_confused, true);
}

static int cxlcache_fs_install(struct cxlcache_fs *fs, struct super_block *sb)
{
	const struct export_operations *exports = sb->s_export_op;
	int err;

	if (!try_module_get(sb->s_type->owner))
		return -ENODEV;
	fs->set = (struct cxl_hook_set) {
		.owner = KBUILD_MODNAME,
		.hooks = fs->hooks,
		.nr_hooks = fs->nr_hooks,
	};
	if (fs->hooks == xfs_hooks) {
		xfs_hooks[XFS_MAP_BLOCKS].address = exports ? exports->map_blocks : NULL;
		/* the last: kernels without pNFS of blocks have none */
		fs->set.nr_hooks -= !xfs_hooks[XFS_MAP_BLOCKS].address;
	}
	err = cxl_hooks_install(&fs->set);
	if (err) {
		module_put(sb->s_type->owner);
		return err;
	}
	fs->module = sb->s_type->owner;
	/* who got past an entry before that has gone to sleep since, or returned: see settle.c */
	synchronize_rcu_tasks();
	/* pairs with smp_load_acquire() in cxlcache_fs_is_ready() */
	smp_store_release(&fs->is_ready, true);
	return 0;
}

/* Return: NULL if there is none. */
static void *cxlcache_fs_op(const struct inode *inode, unsigned int op)
{
	const struct address_space_operations *aops = inode->i_mapping->a_ops;

	switch (op) {
	case FS_READAHEAD:
		return aops->readahead;
	case FS_READ_FOLIO:
		return aops->read_folio;
	case FS_SWAP_ACTIVATE:
		return aops->swap_activate;
	case FS_WRITE_ITER:
		return inode->i_fop->write_iter;
	case FS_FALLOCATE:
		return inode->i_fop->fallocate;
	case FS_SETATTR:
		return inode->i_op->setattr;
	}
	return NULL;
}

static bool cxlcache_fs_has_ops(const struct inode *inode)
{
	unsigned int i;

	for (i = 0; i < NR_FS_OPS; i++)
		if (!cxlcache_fs_op(inode, i))
			return false;
	return S_ISREG(inode->i_mode);
}

/**
 * cxlcache_fs_look() - find a file that has what is to be replaced
 * @sb: a superblock, which does not go meanwhile
 *
 * Context: process context; sleeps, in iput() for as long as a filesystem is frozen: without locks.
 * Return: a regular file in memory, with a reference; NULL if there is none.
 */
struct inode *cxlcache_fs_look(struct super_block *sb)
{
	struct inode *inode = NULL;

	while ((inode = cxlcache_inode_after(sb, inode)))
		if (cxlcache_fs_has_ops(inode))
			return inode;
	return NULL;
}

static void cxlcache_fs_take_ops(struct cxlcache_fs *fs, const struct inode *inode)
{
	unsigned int i;

	/* to be judged once the hooks are in place */
	WRITE_ONCE(fs->unknown, inode->i_mapping->a_ops);
	for (i = 0; i < NR_FS_OPS; i++)
		fs->hooks[i].address = cxlcache_fs_op(inode, i);
	/* ext4 has its EXT4_MOVE there, which is found by its name, and no such operation */
	if (fs->hooks != ext4_hooks)
		fs->hooks[FS_REMAP].address = inode->i_fop->remap_file_range;
	/* there btrfs has its BTRFS_ENCODED */
	if (fs->hooks != btrfs_hooks)
		fs->hooks[FS_BMAP].address = inode->i_mapping->a_ops->bmap;
}

/**
 * cxlcache_fs_learn() - replace the functions, and look at new operations
 * @fs: the kind
 * @inode: what cxlcache_fs_look() found in one of its superblocks; not needed if it is ready
 *
 * Context: process context, one at a time; sleeps.
 * Return: 0; -EAGAIN if no regular file has been seen yet; another error, after a line in the log,
 *	if the functions can't be replaced.
 */
int cxlcache_fs_learn(struct cxlcache_fs *fs, const struct inode *inode)
{
	const struct address_space_operations *unknown;
	int err;

	if (!cxlcache_fs_is_ready(fs)) {
		if (!inode)
			return -EAGAIN;
		cxlcache_fs_take_ops(fs, inode);
		err = cxlcache_fs_install(fs, inode->i_sb);
		if (err)
			return err;
	}
	unknown = READ_ONCE(fs->unknown);
	if (unknown)
		cxlcache_fs_judge(fs, unknown);
	return 0;
}

/**
 * cxlcache_fs_exit() - leave the filesystems' functions alone again
 *
 * Context: process context, module unload; sleeps until nobody is inside a hook.
 */
void cxlcache_fs_exit(void)
{
	struct cxlcache_fs *fs;

	for (fs = cxlcache_fses; fs < cxlcache_fses + ARRAY_SIZE(cxlcache_fses); fs++) {
		if (!fs->is_ready)
			continue;
		cxl_hooks_remove(&fs->set);
		WRITE_ONCE(fs->is_ready, false);
		module_put(fs->module);
	}
}
