// SPDX-License-Identifier: GPL-2.0
/*
 * Swap areas: which store belongs to which swap type.
 *
 * Life of an entry. The kernel calls zswap_swapon() before a type's first slot can be used, and
 * zswap_swapoff() when the last is free and nobody can look one up any more (6.8 and 6.12,
 * mm/swapfile.c: sys_swapon(), sys_swapoff()). zswap frees its own trees there, and so do we. In
 * between, store, load and invalidate read the entry without a lock, as zswap's do.
 *
 * Areas that were active before the module are adopted when all hooks are in place, with a
 * reference that swapoff waits for. (An area that swapon makes active at that very moment may be
 * missed; it goes on without us until its next swapon.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "cxl_control.h"
#include "cxlswap.h"

/* Protects changes of cxlswap_areas; process context, under swapon_mutex or none. */
static DEFINE_MUTEX(area_lock);

struct cxlswap_area *cxlswap_areas[MAX_SWAPFILES];

/* Without the swap header, which a device keeps in its first slot. */
static unsigned long cxlswap_area_nr_stored(struct cxlswap_area *area)
{
	unsigned long nr_stored = cxlswap_table_nr_stored(area->table);
	unsigned long *header = cxlswap_table_find(area->table, 0);

	return nr_stored && header && cxlswap_word_has_data(READ_ONCE(*header)) ?
	       nr_stored - 1 : nr_stored;
}

static int cxlswap_area_put(struct sk_buff *skb, const void *object)
{
	int type = *(const int *)object;
	struct cxlswap_area *area = cxlswap_areas[type];

	lockdep_assert_held(&area_lock);
	if (nla_put_u32(skb, CXLTIER_A_AREA_TYPE, type) ||
	    nla_put_u32(skb, CXLTIER_A_AREA_KIND,
			area->device ? CXLTIER_AREA_KIND_DEVICE : CXLTIER_AREA_KIND_TIER) ||
	    nla_put_string(skb, CXLTIER_A_AREA_PATH, area->path) ||
	    nla_put_uint(skb, CXLTIER_A_AREA_SIZE, (u64)area->nr_slots << PAGE_SHIFT) ||
	    nla_put_uint(skb, CXLTIER_A_AREA_STORED,
			 (u64)cxlswap_area_nr_stored(area) << PAGE_SHIFT) ||
	    (READ_ONCE(area->zswap_holds) && nla_put_flag(skb, CXLTIER_A_AREA_ZSWAP)))
		return -EMSGSIZE;
	return 0;
}

static void cxlswap_area_notify(int type, enum cxltier_change change)
{
	cxl_control_notify(CXLTIER_CMD_AREA_NTF, change, cxlswap_area_put, &type);
}

static void cxlswap_area_free(struct cxlswap_area *area)
{
	if (!area)
		return;
	if (area->device)
		cxlswap_device_set_swap(area->device, false);
	else
		cxlswap_table_destroy(area->table);
	kfree(area->path);
	kfree(area);
}

/* As it is called where swapon was called; "-": that is too long (a folder may be any depth). */
static char *cxlswap_area_path(struct swap_info_struct *si)
{
	char *buffer = (char *)__get_free_page(GFP_KERNEL), *path = NULL;

	if (buffer) {
		path = file_path(si->swap_file, buffer, PAGE_SIZE);
		path = kstrdup(IS_ERR(path) ? "-" : path, GFP_KERNEL);
	}
	free_page((unsigned long)buffer);
	return path;
}

static struct cxlswap_area *cxlswap_area_new(struct swap_info_struct *si)
{
	struct cxlswap_area *area = kzalloc(sizeof(*area), GFP_KERNEL);

	if (!area)
		return NULL;
	area->si = si;
	area->nr_slots = si->max;
	area->device = cxlswap_device_of(si);
	area->table = area->device ? cxlswap_device_table(area->device) :
				     cxlswap_table_create(area->nr_slots, true);
	area->path = cxlswap_area_path(si);
	if (!area->table || !area->path) {
		if (!area->device)
			cxlswap_table_destroy(area->table);
		kfree(area->path);
		kfree(area);
		return NULL;
	}
	if (area->device)
		cxlswap_device_set_swap(area->device, true);
	/* what a device held before is no swap page; slot 0 is the swap header */
	cxlswap_table_drop_range(area->table, 1, area->nr_slots);
	return area;
}

/**
 * cxlswap_area_fill() - tell of a swap area; see struct cxl_control
 * @skb: the message
 * @pos: the type to begin with, then the area's
 *
 * Context: process context; sleeps.
 * Return: 0, -ENOENT or -EMSGSIZE.
 */
int cxlswap_area_fill(struct sk_buff *skb, unsigned long *pos)
{
	int type, err = -ENOENT;

	mutex_lock(&area_lock);
	for (type = *pos; type < MAX_SWAPFILES && err == -ENOENT; type++) {
		if (!cxlswap_areas[type])
			continue;
		*pos = type;
		err = cxlswap_area_put(skb, &type);
	}
	mutex_unlock(&area_lock);
	return err;
}

/* Without memory for it, a type goes on as if we were not there. */
static void cxlswap_area_set(int type, struct swap_info_struct *si, bool zswap_holds)
{
	struct cxlswap_area *area = cxlswap_area_new(si);

	lockdep_assert_held(&area_lock);
	if (!area) {
		pr_warn("no memory for the table of swap area %d: its pages will not be stored\n",
			type);
		return;
	}
	area->zswap_holds = zswap_holds;
	/* pairs with READ_ONCE() in the hooks: the area is seen complete */
	smp_store_release(&cxlswap_areas[type], area);
	cxlswap_area_notify(type, CXLTIER_CHANGE_ADDED);
}

/**
 * cxlswap_area_add() - a swap area is being switched on
 * @type: its swap type, not active yet
 * @si: its description; max, bdev, flags and swap_file are set
 * @zswap_holds: zswap may take pages of it past us
 *
 * Context: process context, in sys_swapon(); sleeps.
 */
void cxlswap_area_add(int type, struct swap_info_struct *si, bool zswap_holds)
{
	mutex_lock(&area_lock);
	if (!WARN_ON_ONCE(cxlswap_areas[type]))
		cxlswap_area_set(type, si, zswap_holds);
	mutex_unlock(&area_lock);
}

/**
 * cxlswap_area_adopt() - take on an area if it was active before us
 * @type: its swap type
 * @si: its description
 *
 * Its slots may have their data in zswap or on the device.
 *
 * Context: process context, at module load, with all hooks in place; sleeps.
 */
void cxlswap_area_adopt(int type, struct swap_info_struct *si)
{
	/* as get_swap_device() does: sys_swapoff() waits for it before it takes @si apart */
	if (!percpu_ref_tryget_live(&si->users))
		return;
	mutex_lock(&area_lock);
	if (!cxlswap_areas[type])
		cxlswap_area_set(type, si, true);
	mutex_unlock(&area_lock);
	percpu_ref_put(&si->users);
}

/**
 * cxlswap_area_del() - a swap area has been switched off
 * @type: its swap type
 *
 * Context: process context, in sys_swapoff() or a failing sys_swapon(); sleeps.
 */
void cxlswap_area_del(int type)
{
	struct cxlswap_area *area;
	unsigned long nr_left;

	mutex_lock(&area_lock);
	area = cxlswap_areas[type];
	if (area)
		cxlswap_area_notify(type, CXLTIER_CHANGE_REMOVED);
	WRITE_ONCE(cxlswap_areas[type], NULL);
	cxlswap_writeback_forget();
	nr_left = area ? cxlswap_table_drop_range(area->table, 1, area->nr_slots) : 0;
	if (nr_left)
		cxlswap_hooks_bypassed_invalidate();
	cxlswap_area_free(area);
	mutex_unlock(&area_lock);
}

/**
 * cxlswap_areas_exit() - forget all areas
 *
 * Context: process context: the hooks are gone and nothing is stored.
 */
void cxlswap_areas_exit(void)
{
	int type;

	mutex_lock(&area_lock);
	for (type = 0; type < MAX_SWAPFILES; type++) {
		if (!cxlswap_areas[type])
			continue;
		cxlswap_area_notify(type, CXLTIER_CHANGE_REMOVED);
		cxlswap_area_free(cxlswap_areas[type]);
		cxlswap_areas[type] = NULL;
	}
	mutex_unlock(&area_lock);
}

/**
 * cxlswap_areas_show() - list the areas: type, mode, slots
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxlswap_areas_show(struct seq_file *m, void *unused)
{
	struct cxlswap_area *area;
	int type;

	mutex_lock(&area_lock);
	for (type = 0; type < MAX_SWAPFILES; type++) {
		area = cxlswap_areas[type];
		if (area)
			seq_printf(m, "type %d %s slots %lu\n", type,
				   area->device ? "device" : "tier", area->nr_slots);
	}
	mutex_unlock(&area_lock);
	return 0;
}

/* As offset_to_swap_extent() of mm/swapfile.c (6.8 to 6.12). */
static struct swap_extent *cxlswap_slot_extent(struct swap_info_struct *si, unsigned long index)
{
	struct rb_node *node = si->swap_extent_root.rb_node;
	struct swap_extent *extent;

	while (node) {
		extent = rb_entry(node, struct swap_extent, rb_node);
		if (index < extent->start_page)
			node = node->rb_left;
		else if (index >= extent->start_page + extent->nr_pages)
			node = node->rb_right;
		else
			return extent;
	}
	return NULL;
}

/**
 * cxlswap_slot_sector() - where the device below has a slot
 * @si: the area, in use
 * @index: the slot's number
 *
 * Context: any.
 * Return: the sector; one beyond every device if there is none.
 */
sector_t cxlswap_slot_sector(struct swap_info_struct *si, unsigned long index)
{
	struct swap_extent *extent = cxlswap_slot_extent(si, index);

	if (WARN_ON_ONCE(!extent))
		return round_down(~(sector_t)0, PAGE_SECTORS);
	return (extent->start_block + (index - extent->start_page)) << (PAGE_SHIFT - SECTOR_SHIFT);
}
