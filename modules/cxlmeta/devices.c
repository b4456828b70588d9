// SPDX-License-Identifier: GPL-2.0
/*
 * The CXL devices that there are. A scan compares what find.c finds with the list: a device that
 * was found again, with the same range and node, stays what it is, with its number; what is gone
 * goes, and what is new gets the lowest free numbers, by address.
 *
 * Changes start a scan in a work item. While a hot-plug is going on, which may take minutes, it
 * comes again a little later.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "cxlmeta.h"
#include "devices.h"
#include "netlink.h"

/* How soon a scan that met a hot-plug in progress is tried again. */
#define CXL_SCAN_AGAIN_MS 50

/*
 * Protects the list of devices, links in sysfs, and the members of devices that change. Taken in
 * process context, also by writers of sysfs files; nobody waits for those while he holds it.
 */
DEFINE_MUTEX(cxl_devices_lock);
LIST_HEAD(cxl_devices);

static void cxl_devices_scan(struct work_struct *unused);
static DECLARE_DELAYED_WORK(scan_work, cxl_devices_scan);

/**
 * cxl_device_is_online() - is any of a device's memory in use by the kernel?
 * @device: the device
 *
 * Context: any; looks at each memory block.
 * Return: whether it is.
 */
bool cxl_device_is_online(const struct cxl_device *device)
{
	u64 unit = memory_block_size_bytes();
	u64 address = device->start, end = device->start + device->size;

	for (; address < end; address = ALIGN_DOWN(address, unit) + unit) {
		struct page *page = pfn_to_online_page(PHYS_PFN(address));

		if (page && page_to_nid(page) == device->home)
			return true;
	}
	return false;
}

/**
 * cxl_node_nr_devices_locked() - count the devices at home on a node
 * @nid: the node
 *
 * Context: with cxl_devices_lock.
 * Return: their number.
 */
unsigned int cxl_node_nr_devices_locked(int nid)
{
	struct cxl_device *device;
	unsigned int nr = 0;

	lockdep_assert_held(&cxl_devices_lock);
	list_for_each_entry(device, &cxl_devices, list)
		nr += device->home == nid;
	return nr;
}

static struct cxl_found *cxl_device_find(const struct cxl_device *device, struct list_head *all)
{
	struct cxl_found *found;

	list_for_each_entry(found, all, list)
		if (found->start == device->start && found->size == device->size &&
		    found->nid == device->home)
			return found;
	return NULL;
}

static struct list_head *cxl_number_place(unsigned int *number)
{
	struct cxl_device *device;

	*number = 0;
	list_for_each_entry(device, &cxl_devices, list) {
		if (device->number != *number)
			return &device->list;
		++*number;
	}
	return &cxl_devices;
}

/* The list is kept by number, which makes it easy to see which is free. */
static int cxl_device_add_locked(const struct cxl_found *found)
{
	struct cxl_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	struct list_head *before;
	int err;

	if (!device)
		return -ENOMEM;
	before = cxl_number_place(&device->number);
	device->start = found->start;
	device->size = found->size;
	device->home = found->nid;
	err = cxl_sysfs_add_locked(device);	/* from here on the kobject owns it */
	if (err)
		return err;
	list_add_tail(&device->list, before);
	cxl_sysfs_update_locked(device, found);
	cxl_nl_notify_device(device, CXLTIER_CHANGE_ADDED);
	pr_info("cxl%u: %#llx, %llu MiB on node %d (%s), %s\n", device->number, device->start,
		device->size >> 20, device->home, device->source,
		cxl_device_is_online(device) ? "online" : "offline");
	return 0;
}

static void cxl_device_del_locked(struct cxl_device *device, struct list_head *gone)
{
	device->gone = true;
	cxl_nl_notify_device(device, CXLTIER_CHANGE_REMOVED);
	list_move_tail(&device->list, gone);
	cxl_sysfs_hide_locked(device);
}

/* Waits for those that have files of the devices open and are inside. */
static void cxl_devices_free(struct list_head *gone)
{
	struct cxl_device *device, *next;

	list_for_each_entry_safe(device, next, gone, list) {
		pr_info("cxl%u is gone\n", device->number);
		list_del(&device->list);
		kobject_del(&device->kobj);
		kobject_put(&device->kobj);
	}
}

static void cxl_devices_drop_missing(struct list_head *all)
{
	struct cxl_device *device, *next;
	LIST_HEAD(gone);

	mutex_lock(&cxl_devices_lock);
	list_for_each_entry_safe(device, next, &cxl_devices, list)
		if (!cxl_device_find(device, all))
			cxl_device_del_locked(device, &gone);
	mutex_unlock(&cxl_devices_lock);
	cxl_devices_free(&gone);
}

static void cxl_devices_take_found(struct list_head *all)
{
	struct cxl_device *device;
	struct cxl_found *found, *next;

	mutex_lock(&cxl_devices_lock);
	list_for_each_entry(device, &cxl_devices, list) {
		found = cxl_device_find(device, all);
		if (!found)
			continue;
		cxl_sysfs_update_locked(device, found);
		found->nid = NUMA_NO_NODE;	/* found again: not new */
		found->size = 0;
	}
	list_for_each_entry_safe(found, next, all, list)
		if (found->size && cxl_device_add_locked(found))
			pr_err("no memory for the device at %#llx\n", found->start);
	mutex_unlock(&cxl_devices_lock);
}

/* Nothing but this work item adds and removes devices, and it runs once at a time. */
static void cxl_devices_scan(struct work_struct *unused)
{
	LIST_HEAD(all);
	int err;

	if (!cxl_hotplug_trylock()) {
		queue_delayed_work(system_unbound_wq, &scan_work,
				   msecs_to_jiffies(CXL_SCAN_AGAIN_MS));
		return;
	}
	err = cxl_find_all(&all);
	cxl_hotplug_unlock();
	if (!err) {
		cxl_devices_drop_missing(&all);
		cxl_devices_take_found(&all);
	} else {
		pr_err("no memory to look for CXL devices\n");
	}
	cxl_find_free(&all);
}

static void cxl_devices_changed(void)
{
	mod_delayed_work(system_unbound_wq, &scan_work, 0);
}

/**
 * cxl_devices_init() - find the devices, make /sys/kernel/cxl/ and follow changes
 *
 * Context: process context; sleeps.
 * Return: 0, or a negative error after a line in the log. No device is no error.
 */
int cxl_devices_init(void)
{
	int err = cxlmeta_hooks_init();

	if (err)
		return err;
	err = cxl_sysfs_init();
	if (err)
		goto err_hooks;
	err = cxl_find_init(cxl_devices_changed);
	if (err)
		goto err_sysfs;
	cxl_devices_changed();
	flush_delayed_work(&scan_work);
	return 0;

err_sysfs:
	cxl_sysfs_exit();
err_hooks:
	cxlmeta_hooks_exit();
	return err;
}

/**
 * cxl_devices_exit() - undo cxl_devices_init()
 *
 * Context: process context; sleeps. Waits for whoever is inside a file of ours; files that are only
 * open give ENODEV from now on.
 */
void cxl_devices_exit(void)
{
	LIST_HEAD(none);

	cxl_find_exit();
	cancel_delayed_work_sync(&scan_work);
	cxl_devices_drop_missing(&none);
	cxl_sysfs_exit();
	cxlmeta_hooks_exit();
}

static void cxl_device_show(struct seq_file *m, const struct cxl_device *device)
{
	static const char * const attrs[] = {
		"read_latency", "write_latency", "read_bandwidth", "write_bandwidth",
	};
	int near = cxl_nearest_cpu_node(device->home);
	unsigned int i;

	seq_printf(m, "cxl%u start %#llx size %#llx home %d state %s source %s socket %d distance %d",
		   device->number, device->start, device->size, device->home,
		   cxl_device_is_online(device) ? "online" : "offline", device->source,
		   cxl_node_socket(device->home),
		   device->home < 0 ? -1 : node_distance(near, device->home));
	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		seq_printf(m, " %s %ld", attrs[i], cxl_attr_of_node(device->home, attrs[i]));
	seq_printf(m, " poisoned %lu\n", device->nr_poisoned);
}

/**
 * cxl_devices_show() - list all devices, with what is known of their speed: distance as NUMA has
 *	it, latency in ns and bandwidth in MiB/s as the firmware's HMAT has them, or -1; and pages
 *	that the kernel takes for failed memory, whoever had them: the last known number while
 *	memory goes online or offline
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_devices_show(struct seq_file *m, void *unused)
{
	bool has_hotplug_lock = cxl_hotplug_trylock();
	struct cxl_device *device;

	mutex_lock(&cxl_devices_lock);
	list_for_each_entry(device, &cxl_devices, list) {
		if (has_hotplug_lock)
			device->nr_poisoned = cxl_blocks_nr_poisoned(device);
		cxl_device_show(m, device);
	}
	mutex_unlock(&cxl_devices_lock);
	if (has_hotplug_lock)
		cxl_hotplug_unlock();
	return 0;
}
