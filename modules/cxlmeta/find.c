// SPDX-License-Identifier: GPL-2.0
/*
 * Where CXL memory is found, and what tells that it has changed. Three sources, the better one
 * first; a range that one of them has is left out of the next:
 *
 *  1. the CXL bus: regions of volatile memory that are in use (bound to a driver);
 *  2. "Soft Reserved" ranges, which firmware sets aside for special purposes, cut where they pass
 *     from one node to the next; dax devices ("hmem") make memory of them;
 *  3. memory blocks of nodes without CPUs, cut where a piece of pluggable memory ends.
 *
 * There may be no CXL bus (Ubuntu: CXL_BUS=m), and no module of ours may need it in order to load:
 * it is looked up when it is needed. __symbol_get() knows no namespaces (6.8 to 6.12,
 * kernel/module/main.c). It keeps the bus from being unloaded, but only while a scan uses it.
 *
 * Changes: the memory notifier tells of blocks that go online or offline, notifiers of the buses
 * of devices that come and go. They run under locks such as mem_hotplug_lock, so they only have a
 * scan started.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/list_sort.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include "cxlmeta.h"
#include "devices.h"

/**
 * struct cxl_watch - a bus whose devices' coming and going is listened to
 * @nb: our notifier
 * @bus: the bus; NULL: not found yet. Only compared, so it may be one that is gone
 */
struct cxl_watch {
	struct notifier_block nb;
	const struct bus_type *bus;
};

enum { WATCH_MEMORY, WATCH_CXL, WATCH_DAX, WATCH_PLATFORM, NR_WATCHES };

/* Protects watches[].bus and watching; process context. */
static DEFINE_MUTEX(watch_lock);
static bool watching;
static struct cxl_watch watches[NR_WATCHES];
static void (*find_changed)(void);

static int cxl_bus_changed(struct notifier_block *nb, unsigned long action, void *unused)
{
	find_changed();
	return NOTIFY_DONE;
}

static void cxl_watch_begin(int which, const struct bus_type *bus)
{
	struct cxl_watch *watch = &watches[which];

	mutex_lock(&watch_lock);
	if (watching && watch->bus != bus) {
		watch->nb.notifier_call = cxl_bus_changed;
		watch->bus = bus_register_notifier(bus, &watch->nb) ? NULL : bus;
	}
	mutex_unlock(&watch_lock);
}

static void cxl_watch_end_locked(int which)
{
	struct cxl_watch *watch = &watches[which];

	lockdep_assert_held(&watch_lock);
	if (watch->bus)
		bus_unregister_notifier(watch->bus, &watch->nb);
	watch->bus = NULL;
}

static void cxl_watch_end(int which)
{
	mutex_lock(&watch_lock);
	cxl_watch_end_locked(which);
	mutex_unlock(&watch_lock);
}

/* A scan that still runs begins nothing after that. */
static void cxl_watch_end_all(void)
{
	int i;

	mutex_lock(&watch_lock);
	watching = false;
	for (i = 0; i < NR_WATCHES; i++)
		cxl_watch_end_locked(i);
	mutex_unlock(&watch_lock);
}

/* Ranges --------------------------------------------------------------------------------------- */

static bool cxl_found_overlaps(struct list_head *all, u64 start, u64 size)
{
	struct cxl_found *found;

	list_for_each_entry(found, all, list)
		if (start < found->start + found->size && found->start < start + size)
			return true;
	return false;
}

static struct cxl_found *cxl_found_add(struct list_head *all, u64 start, u64 size, int nid,
				       const char *source)
{
	struct cxl_found *found = kzalloc(sizeof(*found), GFP_KERNEL);

	if (!found)
		return NULL;
	found->start = start;
	found->size = size;
	found->nid = nid;
	strscpy(found->source, source, sizeof(found->source));
	list_add_tail(&found->list, all);
	return found;
}

static void cxl_found_link(struct cxl_found *found, struct device *dev)
{
	if (found->nr_links < CXL_DEVICE_LINKS && strlen(dev_name(dev)) < CXL_LINK_NAME)
		found->links[found->nr_links++] = get_device(dev);
}

/* Nodes without CPUs, also such as have no memory now; nodes= may name those that count. */
static bool cxl_node_is_wanted(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES && cxl_node_is_allowed(nid) &&
	       !cxl_node_has_cpus(nid);
}

/* dax devices, below the devices that make them. */
static int cxl_found_link_dax(struct device *dev, void *found)
{
	if (!dev->bus || strcmp(dev->bus->name, "dax"))
		return device_for_each_child(dev, found, cxl_found_link_dax);
	cxl_watch_begin(WATCH_DAX, dev->bus);
	cxl_found_link(found, dev);
	return 0;
}

/* 1. The CXL bus ------------------------------------------------------------------------------- */

struct cxl_find {
	struct list_head *all;
	const struct bus_type *bus;
	char *page;
};

/* A region's targets are endpoint decoders; their port is linked to its memdev. */
static void cxl_found_link_memdev(struct cxl_found *found, struct cxl_find *find)
{
	struct device *decoder, *memdev = NULL;
	char *name = NULL;

	decoder = bus_find_device_by_name(find->bus, NULL, strim(find->page));
	if (decoder && decoder->parent)
		name = cxl_attr_link(decoder->parent, "uport");
	if (name)
		memdev = bus_find_device_by_name(find->bus, NULL, name);
	if (memdev)
		cxl_found_link(found, memdev);
	kfree(name);
	put_device(memdev);
	put_device(decoder);
}

static void cxl_found_link_memdevs(struct cxl_found *found, struct cxl_find *find,
				   struct device *region)
{
	char target[CXL_LINK_NAME];
	unsigned int i;
	u64 ways;

	if (cxl_attr_read_u64(region, "interleave_ways", find->page, &ways))
		return;
	for (i = 0; i < ways; i++) {
		snprintf(target, sizeof(target), "target%u", (u8)i);
		if (cxl_attr_read(region, target, find->page) > 0)
			cxl_found_link_memdev(found, find);
	}
}

/* Return: whether a device of the CXL bus is a region of volatile memory in use. */
static bool cxl_region_is_used(struct device *dev, char *page)
{
	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "cxl_region"))
		return false;
	return READ_ONCE(dev->driver) && cxl_attr_read(dev, "mode", page) > 0 &&
		sysfs_streq(page, "ram");
}

static int cxl_find_region(struct device *dev, void *arg)
{
	struct cxl_find *find = arg;
	struct cxl_found *found;
	u64 start, size;
	int nid;

	if (!cxl_region_is_used(dev, find->page) ||
	    cxl_attr_read_u64(dev, "resource", find->page, &start) ||
	    cxl_attr_read_u64(dev, "size", find->page, &size) || !size)
		return 0;
	nid = phys_to_target_node(start);
	if (nid >= 0 && nid < MAX_NUMNODES && !cxl_node_is_allowed(nid))
		return 0;
	found = cxl_found_add(find->all, start, size, nid, dev_name(dev));
	if (!found)
		return -ENOMEM;
	device_for_each_child(dev, found, cxl_found_link_dax);
	cxl_found_link_memdevs(found, find, dev);
	return 0;
}

static int cxl_find_regions(struct list_head *all)
{
	struct cxl_find find = { .all = all, .bus = __symbol_get("cxl_bus_type") };
	int err;

	if (!find.bus)
		return 0;
	cxl_watch_begin(WATCH_CXL, find.bus);
	find.page = (char *)get_zeroed_page(GFP_KERNEL);
	err = find.page ? bus_for_each_dev(find.bus, NULL, &find, cxl_find_region) : -ENOMEM;
	free_page((unsigned long)find.page);
	__symbol_put("cxl_bus_type");
	return err;
}

/* The bus as a module: what it takes along when it goes is our notifier's registration. */
static int cxl_module_changed(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "cxl_core"))
		return NOTIFY_DONE;
	if (action == MODULE_STATE_GOING)
		cxl_watch_end(WATCH_CXL);
	if (action != MODULE_STATE_COMING)
		find_changed();
	return NOTIFY_DONE;
}

/* 2. Soft-reserved ranges ---------------------------------------------------------------------- */

static int cxl_find_reserved(struct resource *range, void *all)
{
	u64 start = range->start, end = range->end + 1, unit = memory_block_size_bytes(), next;

	for (; start < end; start = next) {
		int nid = phys_to_target_node(start);

		next = start;
		do
			next = min(ALIGN(next + 1, unit), end);
		while (next < end && phys_to_target_node(next) == nid);
		if (cxl_node_is_wanted(nid) && !cxl_found_overlaps(all, start, next - start) &&
		    !cxl_found_add(all, start, next - start, nid, "reserved"))
			return -ENOMEM;
	}
	return 0;
}

/* dax devices that were made of a soft-reserved range. */
static int cxl_find_hmem(struct device *dev, void *arg)
{
	struct list_head *all = arg;
	struct cxl_found *found;
	char *page;
	u64 start;

	if (strncmp(dev_name(dev), "hmem.", 5))
		return 0;
	page = (char *)get_zeroed_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	list_for_each_entry(found, all, list) {
		struct cxl_found trial = { };

		if (strcmp(found->source, "reserved"))
			continue;
		device_for_each_child(dev, &trial, cxl_found_link_dax);
		while (trial.nr_links--) {
			struct device *dax = trial.links[trial.nr_links];

			if (!cxl_attr_read_u64(dax, "resource", page, &start) &&
			    start >= found->start && start - found->start < found->size)
				cxl_found_link(found, dax);
			put_device(dax);
		}
	}
	free_page((unsigned long)page);
	return 0;
}

/* 3. Memory blocks ----------------------------------------------------------------------------- */

struct cxl_find_blocks {
	struct list_head *all;
	struct list_head runs;
	const struct resource *range;
};

static bool cxl_run_goes_on(const struct cxl_found *run, const struct memory_group *group, int nid,
			    u64 start)
{
	u64 unit = memory_block_size_bytes();

	return run->nid == nid && run->group == group &&
		start < ALIGN(run->start + run->size, unit) + unit;
}

static int cxl_run_add(struct cxl_find_blocks *find, const struct memory_group *group, int nid,
		       u64 start, u64 end)
{
	struct cxl_found *run = list_empty(&find->runs) ? NULL :
		list_last_entry(&find->runs, struct cxl_found, list);

	if (start >= end || !cxl_node_is_wanted(nid) ||
	    cxl_found_overlaps(find->all, start, end - start))
		return 0;
	if (run && cxl_run_goes_on(run, group, nid, start)) {
		run->size = end - run->start;
		return 0;
	}
	run = cxl_found_add(&find->runs, start, end - start, nid, "node");
	if (!run)
		return -ENOMEM;
	run->group = group;
	return 0;
}

/* Of a block that was there at boot, and that nodes share: the node's part. It stays online. */
static int cxl_run_add_part(struct cxl_find_blocks *find, int nid, u64 start, u64 end)
{
	start = max_t(u64, start, PFN_PHYS(node_start_pfn(nid)));
	end = min_t(u64, end, PFN_PHYS(node_end_pfn(nid)));
	return cxl_run_add(find, NULL, nid, start, end);
}

/* Of a block, what of it is memory. Small holes don't end a run. */
static int cxl_find_block(struct memory_block *block, void *arg)
{
	struct cxl_find_blocks *find = arg;
	u64 start = PFN_PHYS(section_nr_to_pfn(block->start_section_nr));
	u64 end = min_t(u64, start + memory_block_size_bytes(), find->range->end + 1);
	int nid, err = 0;

	cxl_watch_begin(WATCH_MEMORY, block->dev.bus);
	start = max_t(u64, start, find->range->start);
	if (block->state != MEM_ONLINE || block->zone)
		return cxl_run_add(find, block->group, block->nid, start, end);
	for_each_node_state(nid, N_MEMORY)
		err = err ?: cxl_run_add_part(find, nid, start, end);
	return err;
}

static int cxl_find_memory(struct resource *range, void *arg)
{
	struct cxl_find_blocks *find = arg;

	find->range = range;
	return cxl_blocks_walk(range->start, resource_size(range), find, cxl_find_block);
}

static int cxl_find_blocks(struct list_head *all)
{
	struct cxl_find_blocks find = { .all = all, .runs = LIST_HEAD_INIT(find.runs) };
	int err;

	err = walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0,
				  -1, &find, cxl_find_memory);
	list_splice_tail(&find.runs, all);
	return err == -EINVAL ? 0 : err;	/* no such range at all */
}

/* A block's node is that of its memory even where the range's description is silent. */
static int cxl_find_nid(struct memory_block *block, void *nid)
{
	*(int *)nid = block->nid;
	return 1;
}

static int cxl_found_compare(void *unused, const struct list_head *a, const struct list_head *b)
{
	return list_entry(a, struct cxl_found, list)->start >
		list_entry(b, struct cxl_found, list)->start;
}

/**
 * cxl_find_all() - look for all CXL memory of the machine
 * @all: an empty list, which gets struct cxl_found by address
 *
 * Context: process context, with device_hotplug_lock; sleeps.
 * Return: 0 or -ENOMEM. The caller frees the list with cxl_find_free() in both cases.
 */
int cxl_find_all(struct list_head *all)
{
	struct cxl_found *found;
	int err = cxl_find_regions(all);

	if (!err)
		err = walk_iomem_res_desc(IORES_DESC_SOFT_RESERVED, IORESOURCE_MEM, 0, -1, all,
					  cxl_find_reserved);
	if (!err || err == -EINVAL)
		err = bus_for_each_dev(&platform_bus_type, NULL, all, cxl_find_hmem);
	if (!err)
		err = cxl_find_blocks(all);
	if (err)
		return err;
	list_for_each_entry(found, all, list)
		if (strcmp(found->source, "node"))
			cxl_blocks_walk(found->start, found->size, &found->nid, cxl_find_nid);
	list_sort(NULL, all, cxl_found_compare);
	return 0;
}

/**
 * cxl_find_free() - free what cxl_find_all() has found
 * @all: the list
 *
 * Context: process context.
 */
void cxl_find_free(struct list_head *all)
{
	struct cxl_found *found, *next;

	list_for_each_entry_safe(found, next, all, list) {
		while (found->nr_links)
			put_device(found->links[--found->nr_links]);
		kfree(found);
	}
	INIT_LIST_HEAD(all);
}

/* Changes -------------------------------------------------------------------------------------- */

static int cxl_memory_changed(struct notifier_block *nb, unsigned long action, void *unused)
{
	if (action == MEM_ONLINE || action == MEM_OFFLINE)
		find_changed();
	return NOTIFY_DONE;
}

static struct notifier_block memory_notifier = { .notifier_call = cxl_memory_changed };
static struct notifier_block module_notifier = { .notifier_call = cxl_module_changed };

/**
 * cxl_find_init() - begin to listen to changes
 * @changed: called when cxl_find_all() may find something else; must not sleep or take locks
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error.
 */
int cxl_find_init(void (*changed)(void))
{
	int err;

	find_changed = changed;
	err = register_memory_notifier(&memory_notifier);
	if (err)
		return err;
	err = register_module_notifier(&module_notifier);
	if (err) {
		unregister_memory_notifier(&memory_notifier);
		return err;
	}
	mutex_lock(&watch_lock);
	watching = true;
	mutex_unlock(&watch_lock);
	cxl_watch_begin(WATCH_PLATFORM, &platform_bus_type);
	return 0;
}

/**
 * cxl_find_exit() - listen no more
 *
 * Context: process context; sleeps until no notifier of ours runs. A scan may run, and is
 * the last.
 */
void cxl_find_exit(void)
{
	unregister_module_notifier(&module_notifier);
	cxl_watch_end_all();
	unregister_memory_notifier(&memory_notifier);
}
