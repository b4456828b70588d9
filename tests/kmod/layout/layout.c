// SPDX-License-Identifier: GPL-2.0
/*
 * Asks for the blocks of a file to write to, as nfsd does for a client of pNFS, and ends: whoever
 * knows them may write to them now.
 *
 *   path=FILE    which
 *   addr         reads as where its first block is, in bytes
 */
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/iomap.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>

static char *path = "";
module_param(path, charp, 0444);
MODULE_PARM_DESC(path, "file");

static unsigned long addr;
module_param(addr, ulong, 0444);
MODULE_PARM_DESC(addr, "where its first block is");

static int layout_ask(struct inode *inode)
{
	const struct export_operations *exports = inode->i_sb->s_export_op;
	struct iomap iomap = {};
	u32 generation;
	int err;

	if (!exports || !exports->map_blocks)
		return -EOPNOTSUPP;
	err = exports->map_blocks(inode, 0, i_size_read(inode), &iomap, true, &generation);
	addr = iomap.addr;
	return err;
}

static int __init layout_init(void)
{
	struct path found;
	int err;

	err = kern_path(path, LOOKUP_FOLLOW, &found);
	if (err)
		return err;
	err = layout_ask(d_inode(found.dentry));
	path_put(&found);
	return err;
}

static void __exit layout_exit(void)
{
}

module_init(layout_init);
module_exit(layout_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Asks for the blocks of a file");
