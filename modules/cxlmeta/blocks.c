// SPDX-License-Identifier: GPL-2.0
/*
 * Memory blocks of a device. Taking them offline or online: all or none. Blocks that can't be
 * brought back as they were are reported.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "devices.h"

/**
 * struct cxl_block_change - blocks on their way
 * @device: whose blocks
 * @nr_blocks: how many it has
 * @nr_done: how many were changed
 * @done: those blocks, in order, and what they were: offline, or online in which way
 */
struct cxl_block_change {
	const struct cxl_device *device;
	unsigned long nr_blocks;
	unsigned long nr_done;
	struct cxl_block_done {
		struct memory_block *block;
		int was;
	} *done;
};

static int cxl_block_count(struct memory_block *block, void *arg)
{
	struct cxl_block_change *change = arg;

	change->nr_blocks += block->nid == change->device->home;
	return 0;
}

static int cxl_block_change_init(struct cxl_block_change *change, const struct cxl_device *device)
{
	*change = (struct cxl_block_change) { .device = device };
	cxl_blocks_walk(device->start, device->size, change, cxl_block_count);
	if (!change->nr_blocks)
		return -ENODEV;
	change->done = kvcalloc(change->nr_blocks, sizeof(*change->done), GFP_KERNEL);
	return change->done ? 0 : -ENOMEM;
}

static void cxl_block_done(struct cxl_block_change *change, struct memory_block *block, int was)
{
	change->done[change->nr_done++] = (struct cxl_block_done) { block, was };
}

/* mem->zone is set where all of a block is in one zone: no other can go offline. */
static int cxl_block_type(const struct memory_block *block)
{
	return block->zone && zone_idx(block->zone) == ZONE_MOVABLE ? MMOP_ONLINE_MOVABLE :
		MMOP_ONLINE_KERNEL;
}

static int cxl_block_take(struct memory_block *block, void *arg)
{
	struct cxl_block_change *change = arg;
	int was = cxl_block_type(block), err;

	if (block->state == MEM_OFFLINE)
		return 0;
	if (block->nid != change->device->home)	/* shared with another node */
		return -EBUSY;
	err = cxl_block_offline(block);
	if (!err)
		cxl_block_done(change, block, was);
	return min(err, 0);
}

static int cxl_block_bring(struct memory_block *block, void *arg)
{
	struct cxl_block_change *change = arg;
	int err;

	if (block->nid != change->device->home || block->state != MEM_OFFLINE)
		return 0;
	err = cxl_block_online(block, MMOP_ONLINE_MOVABLE);
	if (!err)
		cxl_block_done(change, block, MMOP_OFFLINE);
	return min(err, 0);
}

static void cxl_block_change_undo(struct cxl_block_change *change)
{
	while (change->nr_done) {
		struct cxl_block_done *done = &change->done[--change->nr_done];
		int err = done->was == MMOP_OFFLINE ? cxl_block_offline(done->block) :
			cxl_block_online(done->block, done->was);

		if (err)
			pr_err("cxl%u: memory block %lu did not come back as it was (error %d)\n",
			       change->device->number, done->block->start_section_nr, err);
	}
}

static int cxl_blocks_change(const struct cxl_device *device, walk_memory_blocks_func_t func)
{
	struct cxl_block_change change;
	int err = cxl_block_change_init(&change, device);

	if (err)
		return err;
	err = cxl_blocks_walk(device->start, device->size, &change, func);
	if (err)
		cxl_block_change_undo(&change);
	kvfree(change.done);
	return err;
}

/**
 * cxl_blocks_offline() - take all of a device's memory out of use
 * @device: the device
 *
 * Its node stays registered.
 *
 * Context: process context, with device_hotplug_lock; sleeps, ends early on a signal.
 * Return: 0 when all of it is offline; -EBUSY, or another error, when some of it could not be: then
 *	all of it is as before.
 */
int cxl_blocks_offline(const struct cxl_device *device)
{
	return cxl_blocks_change(device, cxl_block_take);
}

/**
 * cxl_blocks_online() - bring all of a device's memory back, as movable memory
 * @device: the device
 *
 * What is online stays as it is.
 *
 * Context: as cxl_blocks_offline().
 * Return: 0 when all of it is online; -ENODEV if it is no memory of the kernel at all, such as that
 *	of a dax device which the kmem driver does not have; or another error, and it is as before.
 */
int cxl_blocks_online(const struct cxl_device *device)
{
	return cxl_blocks_change(device, cxl_block_bring);
}

static int cxl_block_add_poisoned(struct memory_block *block, void *arg)
{
	unsigned long *nr_poisoned = arg;

	*nr_poisoned += atomic_long_read(&block->nr_hwpoison);
	return 0;
}

/**
 * cxl_blocks_nr_poisoned() - how many pages of a device are known to have failed
 * @device: the device
 *
 * The kernel counts them by memory block (6.8 and 6.12, num_poisoned_pages_inc()), and forgets them
 * when the block is removed.
 *
 * Context: process context, with device_hotplug_lock.
 * Return: pages.
 */
unsigned long cxl_blocks_nr_poisoned(const struct cxl_device *device)
{
	unsigned long nr_poisoned = 0;

	cxl_blocks_walk(device->start, device->size, &nr_poisoned, cxl_block_add_poisoned);
	return nr_poisoned;
}
