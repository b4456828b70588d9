/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ghosts: the fingerprints of pages that were here, or were refused, not long ago. Most of what
 * leaves the page cache gets no further than here.
 */
#ifndef CXLCACHE_GHOST_H
#define CXLCACHE_GHOST_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/types.h>

/*
 * By hash; 0: none. Written and read without a lock: a lost one is no harm, nor is one of 32,768
 * that is taken for another.
 */
extern u16 *cxlcache_ghosts;
/* 64 without the bits of a slot's number, at most 27. */
extern unsigned int cxlcache_ghost_shift;

/*
 * Multiplying once would spread the pages of each file evenly, and alike: of some pairs of files
 * each page would then fall upon one of the other's.
 */
static inline u64 cxlcache_ghost_hash(const struct super_block *sb, unsigned long ino,
				      pgoff_t index)
{
	u64 key = ((unsigned long)sb ^ ino) * GOLDEN_RATIO_64;

	key = (key ^ key >> 32 ^ index) * GOLDEN_RATIO_64;
	return (key ^ key >> 32) * GOLDEN_RATIO_64;
}

static inline u16 *cxlcache_ghost_slot(u64 hash)
{
	return &cxlcache_ghosts[hash >> cxlcache_ghost_shift];
}

/* From other bits than the slot, nearly; and not the lowest, which depend on too little. */
static inline u16 cxlcache_ghost_print(u64 hash)
{
	return (u16)(hash >> 8) | 1;
}

/**
 * cxlcache_ghost_add() - remember that a page was here, or wanted to be
 * @sb: its superblock
 * @ino: its inode's number
 * @index: which page of it
 *
 * Context: any.
 */
static inline void cxlcache_ghost_add(const struct super_block *sb, unsigned long ino,
				      pgoff_t index)
{
	u64 hash = cxlcache_ghost_hash(sb, ino, index);

	WRITE_ONCE(*cxlcache_ghost_slot(hash), cxlcache_ghost_print(hash));
}

/**
 * cxlcache_ghost_take() - was this page here not long ago? Forgets it, too
 * @sb: its superblock
 * @ino: its inode's number
 * @index: which page of it
 * @leave: if it was not, remember it from now on
 *
 * Context: any.
 * Return: whether it was, most probably.
 */
static inline bool cxlcache_ghost_take(const struct super_block *sb, unsigned long ino,
				       pgoff_t index, bool leave)
{
	u64 hash = cxlcache_ghost_hash(sb, ino, index);
	u16 *slot = cxlcache_ghost_slot(hash), print = cxlcache_ghost_print(hash);
	bool was_here = READ_ONCE(*slot) == print;

	if (was_here)
		WRITE_ONCE(*slot, 0);
	else if (leave)
		WRITE_ONCE(*slot, print);
	return was_here;
}

#endif /* CXLCACHE_GHOST_H */
