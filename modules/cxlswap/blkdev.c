// SPDX-License-Identifier: GPL-2.0
/*
 * Device mode: /dev/cxlswapN, a block device whose content is a table of the store.
 *
 * Swapping to it takes the hooks' short cut and sees no bio; mkswap, dd and the like come here, and
 * so does a swap page for which the pool had no room, or that a hook was not asked about.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swap.h>

#include "cxl_control.h"
#include "cxl_pool.h"
#include "cxlswap.h"

#define CXLSWAP_MAX_DEVICES 16
#define CXLSWAP_SECTORS_PER_PAGE (PAGE_SIZE >> SECTOR_SHIFT)

/*
 * devices=N: block devices to make, 0 to 16; 0: tier mode alone. Default 1.
 */
static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "number of /dev/cxlswapN devices, 0 for none (default 1)");

/*
 * size_mb=N: size of each device in MiB. All together may be no larger than what max_pool_percent
 * allows. Default: that, in equal parts.
 */
#define CXLSWAP_SIZE_DEFAULT ULONG_MAX
static unsigned long size_mb = CXLSWAP_SIZE_DEFAULT;

static int cxlswap_size_set(const char *text, const struct kernel_param *kp)
{
	unsigned long mb;

	if (kstrtoul(text, 0, &mb) || !mb || mb > ULONG_MAX >> 20) {
		pr_err("size_mb=%s: must be a number of MiB, at least 1\n", text);
		return -EINVAL;
	}
	size_mb = mb;
	return 0;
}

/* Reads as the size that the devices really have. */
static int cxlswap_size_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%lu\n", size_mb);
}

static const struct kernel_param_ops cxlswap_size_ops = {
	.set = cxlswap_size_set,
	.get = cxlswap_size_get,
};
module_param_cb(size_mb, &cxlswap_size_ops, NULL, 0444);
MODULE_PARM_DESC(size_mb, "size of each device in MiB (default: what max_pool_percent allows)");

/*
 * reserve=1: each device takes all its pages when it is made, so that no write to it can fail, and
 * nobody else can have them. Default 0.
 */
static bool reserve;
module_param(reserve, bool, 0444);
MODULE_PARM_DESC(reserve, "take all pages of the devices at load (default 0)");

/**
 * struct cxlswap_device - one /dev/cxlswapN
 * @disk: the block device; NULL: this number is free
 * @table: its content
 * @is_added: the system knows the disk
 * @is_going: it can't be opened any more; under disk->open_mutex
 * @is_swap: it is an active swap area
 * @nr_expected: pages refused by the short cut, whose write is to come as a bio
 */
struct cxlswap_device {
	struct gendisk *disk;
	struct cxlswap_table *table;
	bool is_added;
	bool is_going;
	bool is_swap;
	atomic_long_t nr_expected;
};

/* Protects which devices there are; process context. */
static DEFINE_MUTEX(swap_device_lock);
static struct cxlswap_device cxlswap_devices[CXLSWAP_MAX_DEVICES];

/* The kernel swaps to us with bios while the short cut should have had the page: report it. */
static void cxlswap_device_check_bypass(struct cxlswap_device *device, struct bio *bio,
					struct page *page, unsigned long index)
{
	struct folio *folio = page_folio(page);
	unsigned long *slot;

	if (likely(!READ_ONCE(device->is_swap)))
		return;
	if (bio_op(bio) == REQ_OP_WRITE) {
		if ((bio->bi_opf & REQ_SWAP) &&
		    !atomic_long_add_unless(&device->nr_expected, -1, 0))
			cxlswap_hooks_bypassed_store();
		return;
	}
	/* 6.8 and 6.12 don't mark swap reads; only they read into a locked anonymous folio */
	slot = cxlswap_table_find(device->table, index);
	if (slot && cxlswap_word_has_data(READ_ONCE(*slot)) && folio_test_locked(folio) &&
	    folio_test_swapbacked(folio) && !folio_test_uptodate(folio))
		cxlswap_hooks_bypassed_load();
}

/* One slot's part of a segment. */
static blk_status_t cxlswap_device_part(struct cxlswap_device *device, struct bio *bio,
					const struct bio_vec *part, loff_t position)
{
	unsigned long index = position >> PAGE_SHIFT;
	unsigned int offset = offset_in_page(position);
	bool done;

	cxlswap_device_check_bypass(device, bio, part->bv_page, index);
	if (bio_op(bio) == REQ_OP_READ) {
		done = cxlswap_load_part(device->table, index, part->bv_page, part->bv_offset,
					 offset, part->bv_len);
		return done ? BLK_STS_OK : BLK_STS_MEDIUM;
	}
	if (part->bv_len == PAGE_SIZE) {
		done = cxlswap_store_page(device->table, index, part->bv_page);
		return done ? BLK_STS_OK : BLK_STS_NOSPC;
	}
	return cxlswap_store_part(device->table, index, part->bv_page, part->bv_offset,
				  offset, part->bv_len);
}

/* A segment of a bio lies in one page of memory, but may lie across two slots. */
static blk_status_t cxlswap_device_transfer(struct cxlswap_device *device, struct bio *bio)
{
	loff_t position = (loff_t)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	struct bio_vec segment, part;
	struct bvec_iter iter;
	blk_status_t status;
	unsigned int done;

	bio_for_each_segment(segment, bio, iter) {
		part = segment;
		for (done = 0; done < segment.bv_len; done += part.bv_len) {
			part.bv_offset = segment.bv_offset + done;
			part.bv_len = min_t(unsigned int, segment.bv_len - done,
					    PAGE_SIZE - offset_in_page(position));
			status = cxlswap_device_part(device, bio, &part, position);
			if (status)
				return status;
			position += part.bv_len;
		}
	}
	return BLK_STS_OK;
}

/* Blocks are pages, so a discard covers whole slots. */
static void cxlswap_device_discard(struct cxlswap_device *device, struct bio *bio)
{
	unsigned long index = bio->bi_iter.bi_sector / CXLSWAP_SECTORS_PER_PAGE;
	unsigned long nr_slots = bio->bi_iter.bi_size >> PAGE_SHIFT;

	for (; nr_slots; nr_slots--, index++) {
		cxlswap_table_drop_slot(device->table, index);
		cond_resched();
	}
}

static void cxlswap_submit_bio(struct bio *bio)
{
	struct cxlswap_device *device = bio->bi_bdev->bd_disk->private_data;

	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		bio->bi_status = cxlswap_device_transfer(device, bio);
		break;
	case REQ_OP_DISCARD:
		cxlswap_device_discard(device, bio);
		break;
	case REQ_OP_FLUSH:
		break;
	default:
		bio->bi_status = BLK_STS_NOTSUPP;
	}
	bio_endio(bio);
}

/* 6.8 and 6.12, swap_range_free(): under swap_info_struct.lock, after zswap_invalidate(). */
static void cxlswap_slot_free_notify(struct block_device *bdev, unsigned long index)
{
	struct cxlswap_device *device = bdev->bd_disk->private_data;

	cxlswap_table_drop_slot(device->table, index);
}

/* Under disk->open_mutex. */
static int cxlswap_device_open(struct gendisk *disk, blk_mode_t mode)
{
	struct cxlswap_device *device = disk->private_data;

	return device->is_going ? -ENXIO : 0;
}

static const struct block_device_operations cxlswap_device_ops = {
	.owner = THIS_MODULE,
	.open = cxlswap_device_open,
	.submit_bio = cxlswap_submit_bio,
	.swap_slot_free_notify = cxlswap_slot_free_notify,
};

/**
 * cxlswap_device_of() - which device of ours is this swap area?
 * @si: a swap area
 *
 * Context: any, while the area is being switched on or is active.
 * Return: the device; NULL if it is another device, or a file.
 */
struct cxlswap_device *cxlswap_device_of(struct swap_info_struct *si)
{
	if (!S_ISBLK(file_inode(si->swap_file)->i_mode) ||
	    si->bdev->bd_disk->fops != &cxlswap_device_ops)
		return NULL;
	return si->bdev->bd_disk->private_data;
}

/**
 * cxlswap_device_table() - a device's content
 * @device: the device
 *
 * Context: any.
 * Return: its table.
 */
struct cxlswap_table *cxlswap_device_table(struct cxlswap_device *device)
{
	return device->table;
}

/**
 * cxlswap_device_set_swap() - a device becomes a swap area, or is none any more
 * @device: the device
 * @is_swap: which
 *
 * Context: process context, under area_lock.
 */
void cxlswap_device_set_swap(struct cxlswap_device *device, bool is_swap)
{
	atomic_long_set(&device->nr_expected, 0);
	WRITE_ONCE(device->is_swap, is_swap);
}

/**
 * cxlswap_device_expect_bios() - the short cut has refused pages, which will come as bios
 * @device: the device
 * @nr_pages: their number
 *
 * Context: any.
 */
void cxlswap_device_expect_bios(struct cxlswap_device *device, long nr_pages)
{
	atomic_long_add(nr_pages, &device->nr_expected);
}

static int cxlswap_device_create_table(struct cxlswap_device *device, unsigned long nr_slots)
{
	device->table = cxlswap_table_create(nr_slots, false);
	return device->table ? 0 : -ENOMEM;
}

static int cxlswap_device_reserve(struct cxlswap_device *device)
{
	int err = reserve ? cxlswap_table_reserve(device->table) : 0;

	if (err)
		pr_err("reserve=1: the far nodes have no %lu MiB free\n", size_mb);
	return err;
}

static unsigned int cxlswap_device_number(const struct cxlswap_device *device)
{
	return device - cxlswap_devices;
}

static int cxlswap_device_create_disk(struct cxlswap_device *device)
{
	struct gendisk *disk = compat_alloc_page_disk();

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	disk->flags |= GENHD_FL_NO_PART;
	disk->fops = &cxlswap_device_ops;
	disk->private_data = device;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "cxlswap%u",
		 cxlswap_device_number(device));
	set_capacity(disk, device->table->nr_slots * CXLSWAP_SECTORS_PER_PAGE);
	device->disk = disk;
	return 0;
}

static int cxlswap_devices_check(void)
{
	unsigned long limit_mb = cxl_pool_limit(cxlswap_pool) >> (20 - PAGE_SHIFT);

	if (devices > CXLSWAP_MAX_DEVICES) {
		pr_err("devices=%u: at most %u\n", devices, CXLSWAP_MAX_DEVICES);
		return -EINVAL;
	}
	if (!devices) {
		size_mb = 0;
		return 0;
	}
	if (size_mb == CXLSWAP_SIZE_DEFAULT)
		size_mb = limit_mb / devices;
	if (!size_mb || size_mb > limit_mb / devices) {
		pr_err("%u device(s) of %lu MiB: max_pool_percent allows %lu MiB of the group's %lu MiB; raise it or lower size_mb\n",
		       devices, size_mb, limit_mb,
		       cxl_pool_size(cxlswap_pool) >> (20 - PAGE_SHIFT));
		return -EINVAL;
	}
	return 0;
}

static int cxlswap_device_put(struct sk_buff *skb, const void *object)
{
	const struct cxlswap_device *device = object;

	lockdep_assert_held(&swap_device_lock);
	if (nla_put_u32(skb, CXLTIER_A_SWAP_DEVICE_NUMBER, cxlswap_device_number(device)) ||
	    nla_put_uint(skb, CXLTIER_A_SWAP_DEVICE_SIZE,
			 (u64)device->table->nr_slots << PAGE_SHIFT) ||
	    (device->table->reserved && nla_put_flag(skb, CXLTIER_A_SWAP_DEVICE_RESERVED)) ||
	    (READ_ONCE(device->is_swap) && nla_put_flag(skb, CXLTIER_A_SWAP_DEVICE_SWAP)))
		return -EMSGSIZE;
	return 0;
}

static void cxlswap_device_notify(const struct cxlswap_device *device, enum cxltier_change change)
{
	cxl_control_notify(CXLTIER_CMD_SWAP_DEVICE_NTF, change, cxlswap_device_put, device);
}

/**
 * cxlswap_devices_init() - make the devices that the parameters ask for; nobody can see them yet
 *
 * Context: process context, module load.
 * Return: 0, or a negative error after a line in the log, with no device left.
 */
int cxlswap_devices_init(void)
{
	int err = cxlswap_devices_check();
	unsigned long nr_slots = size_mb << (20 - PAGE_SHIFT);
	unsigned int i;

	for (i = 0; i < devices && !err; i++) {
		err = cxlswap_device_create_table(&cxlswap_devices[i], nr_slots);
		if (!err)
			err = cxlswap_device_reserve(&cxlswap_devices[i]);
		if (!err)
			err = cxlswap_device_create_disk(&cxlswap_devices[i]);
	}
	if (err)
		cxlswap_devices_exit();
	return err;
}

/**
 * cxlswap_devices_add() - let the system see the devices
 *
 * From here on somebody may have one open, and module_init must not fail any more: it would not
 * wait for him. So a device that can't be added is said to be missing, and the others stay.
 *
 * Context: process context, module load.
 */
void cxlswap_devices_add(void)
{
	unsigned int i;
	int err;

	mutex_lock(&swap_device_lock);
	for (i = 0; i < devices; i++) {
		err = add_disk(cxlswap_devices[i].disk);
		if (err) {
			pr_err("/dev/%s is missing: error %d\n",
			       cxlswap_devices[i].disk->disk_name, err);
			continue;
		}
		cxlswap_devices[i].is_added = true;
		cxlswap_device_notify(&cxlswap_devices[i], CXLTIER_CHANGE_ADDED);
	}
	mutex_unlock(&swap_device_lock);
}

/**
 * cxlswap_device_fill() - tell of a device; see struct cxl_control
 * @skb: the message
 * @pos: the number to begin with, then the device's
 *
 * Context: process context; sleeps.
 * Return: 0, -ENOENT or -EMSGSIZE.
 */
int cxlswap_device_fill(struct sk_buff *skb, unsigned long *pos)
{
	int err = -ENOENT;

	mutex_lock(&swap_device_lock);
	for (; *pos < CXLSWAP_MAX_DEVICES; ++*pos) {
		if (!cxlswap_devices[*pos].is_added)
			continue;
		err = cxlswap_device_put(skb, &cxlswap_devices[*pos]);
		break;
	}
	mutex_unlock(&swap_device_lock);
	return err;
}

/* A free place in the list, if there is room for so much. */
static struct cxlswap_device *cxlswap_device_place(unsigned long nr_slots,
						   struct netlink_ext_ack *extack)
{
	unsigned long limit = cxl_pool_limit(cxlswap_pool), nr_others = 0;
	struct cxlswap_device *device, *place = NULL;

	lockdep_assert_held(&swap_device_lock);
	for (device = cxlswap_devices; device < cxlswap_devices + CXLSWAP_MAX_DEVICES; device++) {
		if (device->disk)
			nr_others += device->table->nr_slots;
		else
			place = place ?: device;
	}
	if (!place)
		cxl_refuse(extack, "there are %u devices already, no more fit",
			   CXLSWAP_MAX_DEVICES);
	else if (nr_others + nr_slots > limit || nr_others + nr_slots < nr_slots)
		cxl_refuse(extack, "size: all devices may have %lu MiB, and others have %lu",
			   limit >> (20 - PAGE_SHIFT), nr_others >> (20 - PAGE_SHIFT));
	else
		return place;
	return NULL;
}

static void cxlswap_device_free(struct cxlswap_device *device)
{
	lockdep_assert_held(&swap_device_lock);
	if (device->is_added) {
		cxlswap_device_notify(device, CXLTIER_CHANGE_REMOVED);
		del_gendisk(device->disk);
	}
	if (device->disk)
		put_disk(device->disk);
	cxlswap_table_destroy(device->table);
	*device = (struct cxlswap_device) { };
}

static int cxlswap_device_make(struct cxlswap_device *device, unsigned long nr_slots)
{
	int err = cxlswap_device_create_table(device, nr_slots);

	if (!err)
		err = cxlswap_device_create_disk(device);
	if (!err)
		err = add_disk(device->disk);
	if (err) {
		cxlswap_device_free(device);
		return err;
	}
	device->is_added = true;
	cxlswap_device_notify(device, CXLTIER_CHANGE_ADDED);
	return 0;
}

/**
 * cxlswap_device_new() - make a device while the module is in use; see struct cxl_control
 * @size: bytes
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps.
 * Return: its number; -EINVAL or -ENOSPC, and why was said; or another negative error.
 */
int cxlswap_device_new(u64 size, struct netlink_ext_ack *extack)
{
	struct cxlswap_device *device;
	int err = -ENOSPC;

	if (size & (SZ_1M - 1)) {
		cxl_refuse(extack, "size: must be a multiple of 1 MiB");
		return -EINVAL;
	}
	mutex_lock(&swap_device_lock);
	device = cxlswap_device_place(size >> PAGE_SHIFT, extack);
	if (device)
		err = cxlswap_device_make(device, size >> PAGE_SHIFT);
	mutex_unlock(&swap_device_lock);
	return err ?: (int)cxlswap_device_number(device);
}

/* From now on nobody can open it. Return: false if somebody has it open. */
static bool cxlswap_device_close(struct cxlswap_device *device)
{
	mutex_lock(&device->disk->open_mutex);
	device->is_going = !disk_openers(device->disk);
	mutex_unlock(&device->disk->open_mutex);
	return device->is_going;
}

/**
 * cxlswap_device_del() - remove a device; see struct cxl_control
 * @number: the device
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps.
 * Return: 0; -ENOENT, or -EBUSY while it is open or swapped to, and why was said.
 */
int cxlswap_device_del(unsigned int number, struct netlink_ext_ack *extack)
{
	struct cxlswap_device *device = &cxlswap_devices[number];
	int err = 0;

	mutex_lock(&swap_device_lock);
	if (number >= CXLSWAP_MAX_DEVICES || !device->is_added) {
		cxl_refuse(extack, "number: there is no /dev/cxlswap%u", number);
		err = -ENOENT;
	} else if (!cxlswap_device_close(device)) {
		cxl_refuse(extack, "number: /dev/cxlswap%u is in use: swapoff it first", number);
		err = -EBUSY;
	} else {
		cxlswap_device_free(device);
	}
	mutex_unlock(&swap_device_lock);
	return err;
}

/**
 * cxlswap_devices_exit() - remove all devices and their content
 *
 * Context: process context. Nobody has one open: an open device holds the module.
 */
void cxlswap_devices_exit(void)
{
	struct cxlswap_device *device;

	mutex_lock(&swap_device_lock);
	for (device = cxlswap_devices; device < cxlswap_devices + CXLSWAP_MAX_DEVICES; device++)
		cxlswap_device_free(device);
	mutex_unlock(&swap_device_lock);
}
