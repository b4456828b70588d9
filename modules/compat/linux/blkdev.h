/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making a disk without a request queue, whose I/O ends before submit_bio() returns.
 *
 * Since 6.11 limits and features are given to blk_alloc_disk(); in 6.8 they are set afterwards.
 */
#ifndef CXL_COMPAT_LINUX_BLKDEV_H
#define CXL_COMPAT_LINUX_BLKDEV_H

#include_next <linux/blkdev.h>

/*
 * Blocks are pages; any number of them may be discarded. Return: the disk, or an error pointer.
 */
#ifdef BLK_FEAT_SYNCHRONOUS
static inline struct gendisk *compat_alloc_page_disk(void)
{
	struct queue_limits limits = {
		.logical_block_size = PAGE_SIZE,
		.physical_block_size = PAGE_SIZE,
		.max_hw_discard_sectors = UINT_MAX,
		.discard_granularity = PAGE_SIZE,
		.features = BLK_FEAT_SYNCHRONOUS,
	};

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
}
#else
static inline struct gendisk *compat_alloc_page_disk(void)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_physical_block_size(disk->queue, PAGE_SIZE);
	blk_queue_max_discard_sectors(disk->queue, UINT_MAX);
	disk->queue->limits.discard_granularity = PAGE_SIZE;
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_set(QUEUE_FLAG_SYNCHRONOUS, disk->queue);
	return disk;
}
#endif

#endif /* CXL_COMPAT_LINUX_BLKDEV_H */
