// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/shuffle: a disk in memory whose writes take effect after a random time each, and so in any
 * order; reads see what has taken effect. Disks are allowed to: who writes the same block twice has
 * to wait for the first write to end.
 *
 *   size_mb=N   its size
 *   max_ms=N    a write takes so long at most
 *   overtaken   reads as the number of writes to a page that ended after a later one to it
 */
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

static unsigned int size_mb = 128;
module_param(size_mb, uint, 0444);
MODULE_PARM_DESC(size_mb, "size in MiB");

static unsigned int max_ms = 50;
module_param(max_ms, uint, 0644);
MODULE_PARM_DESC(max_ms, "the longest time that a write takes");

static unsigned int overtaken;
module_param(overtaken, uint, 0444);
MODULE_PARM_DESC(overtaken, "writes to a page that ended after a later one");

struct shuffle_write {
	struct delayed_work work;
	struct bio *bio;
	u64 turn;
};

static int major;
static struct gendisk *disk;
static void *content;
static u64 *turns;	/* of the last write that took effect, by page */
static atomic64_t last_turn;
static struct workqueue_struct *queue;

static void shuffle_copy(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec vec;

	bio_for_each_segment(vec, bio, iter) {
		void *there = content + (iter.bi_sector << SECTOR_SHIFT);

		if (bio_data_dir(bio))
			memcpy_from_bvec(there, &vec);
		else
			memcpy_to_bvec(&vec, there);
	}
}

static void shuffle_note_turn(struct bio *bio, u64 turn)
{
	sector_t page = bio->bi_iter.bi_sector / PAGE_SECTORS;

	for (; page < bio_end_sector(bio) / PAGE_SECTORS; page++) {
		if (turns[page] > turn)
			overtaken++;
		else
			turns[page] = turn;
	}
}

static void shuffle_write_work(struct work_struct *work)
{
	struct shuffle_write *write = container_of(work, struct shuffle_write, work.work);

	shuffle_note_turn(write->bio, write->turn);
	shuffle_copy(write->bio);
	bio_endio(write->bio);
	kfree(write);
}

static void shuffle_submit_bio(struct bio *bio)
{
	struct shuffle_write *write;

	if (bio_op(bio) != REQ_OP_WRITE) {
		shuffle_copy(bio);
		bio_endio(bio);
		return;
	}
	write = kmalloc(sizeof(*write), GFP_NOIO | __GFP_NOFAIL);
	write->bio = bio;
	write->turn = atomic64_inc_return(&last_turn);
	INIT_DELAYED_WORK(&write->work, shuffle_write_work);
	queue_delayed_work(queue, &write->work, msecs_to_jiffies(get_random_u32_below(max_ms + 1)));
}

static const struct block_device_operations shuffle_ops = {
	.owner = THIS_MODULE,
	.submit_bio = shuffle_submit_bio,
};

/* Since 6.11 limits are given to blk_alloc_disk(). Blocks are pages. */
static struct gendisk *shuffle_alloc_disk(void)
{
#ifdef BLK_FEAT_SYNCHRONOUS
	struct queue_limits limits = {
		.logical_block_size = PAGE_SIZE,
		.physical_block_size = PAGE_SIZE,
	};

	return blk_alloc_disk(&limits, NUMA_NO_NODE);
#else
	struct gendisk *new = blk_alloc_disk(NUMA_NO_NODE);

	if (!new)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(new->queue, PAGE_SIZE);
	blk_queue_physical_block_size(new->queue, PAGE_SIZE);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, new->queue);
	return new;
#endif
}

static int shuffle_add_disk(void)
{
	disk = shuffle_alloc_disk();
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->major = major;
	disk->minors = 1;
	disk->fops = &shuffle_ops;
	strscpy(disk->disk_name, "shuffle", sizeof(disk->disk_name));
	set_capacity(disk, (sector_t)size_mb << (20 - SECTOR_SHIFT));
	return add_disk(disk);
}

static int __init shuffle_init(void)
{
	unsigned long size = (unsigned long)size_mb << 20;
	int err = -ENOMEM;

	/* one at a time: that two writes may end together changes nothing */
	queue = alloc_ordered_workqueue("shuffle", WQ_MEM_RECLAIM);
	content = vzalloc(size);
	turns = vzalloc(size / PAGE_SIZE * sizeof(*turns));
	if (queue && content && turns) {
		major = register_blkdev(0, "shuffle");
		err = major < 0 ? major : shuffle_add_disk();
	}
	if (!err)
		return 0;
	/* a guest that can't even do this has failed anyway: nothing is undone */
	WARN_ON(1);
	return err;
}

static void __exit shuffle_exit(void)
{
	del_gendisk(disk);
	put_disk(disk);
	unregister_blkdev(major, "shuffle");
	destroy_workqueue(queue);
	vfree(turns);
	vfree(content);
}

module_init(shuffle_init);
module_exit(shuffle_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A disk whose writes take effect in any order");
