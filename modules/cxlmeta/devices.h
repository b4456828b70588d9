/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CXL devices: ranges of CXL memory that come and go as one. find.c finds them (reading with attr.c
 * what the kernel says of its own), devices.c keeps the list, sysfs.c shows it, and blocks.c takes
 * them offline and online, with functions that hooks.c looks up.
 *
 * Locks, outermost first:
 *
 *	device_hotplug_lock		the kernel's; memory notifiers run under it
 *	cxl_devices_lock		the list of devices, and links in sysfs
 *	  the kernel's locks of sysfs
 *
 * A device's files are removed without any of them: removal waits for their readers and writers,
 * and a writer of node_id takes both.
 */
#ifndef CXLMETA_DEVICES_H
#define CXLMETA_DEVICES_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct device;
struct seq_file;

/* Links of one device: dax device and memdevs; a region has at most 16 of these. */
#define CXL_DEVICE_LINKS 24
#define CXL_LINK_NAME 16

/**
 * struct cxl_found - a range of CXL memory, as a scan finds it
 * @list: in the scan's list
 * @start: first address
 * @size: bytes
 * @nid: the node that the memory belongs to, online or not
 * @group: what the kernel thinks to be one piece of hardware among memory that was plugged in
 * @source: what told us: a region's name, "reserved" or "node"
 * @nr_links: how many there are in @links
 * @links: the devices of the kernel that belong to it, with a reference to each
 */
struct cxl_found {
	struct list_head list;
	u64 start;
	u64 size;
	int nid;
	const struct memory_group *group;
	char source[CXL_LINK_NAME];
	unsigned int nr_links;
	struct device *links[CXL_DEVICE_LINKS];
};

/**
 * struct cxl_device - a CXL device
 * @kobj: its directory; holds the device in memory
 * @list: in the list of devices
 * @number: the N of its name
 * @start: first address
 * @size: bytes
 * @home: the node that its memory belongs to
 * @source: see struct cxl_found
 * @nr_poisoned: pages that the kernel takes for failed memory, as of the last look
 * @gone: it is no longer in the list
 * @linked: its node has a link to it
 * @links: names of links in its directory; empty: none
 *
 * @number to @home don't change. cxl_devices_lock protects the rest.
 */
struct cxl_device {
	struct kobject kobj;
	struct list_head list;
	unsigned int number;
	u64 start;
	u64 size;
	int home;
	char source[CXL_LINK_NAME];
	unsigned long nr_poisoned;
	bool gone;
	bool linked;
	char links[CXL_DEVICE_LINKS][CXL_LINK_NAME];
};

extern struct mutex cxl_devices_lock;

/* All devices, by number; under cxl_devices_lock. */
extern struct list_head cxl_devices;

/* devices.c */
bool cxl_device_is_online(const struct cxl_device *device);
unsigned int cxl_node_nr_devices_locked(int nid);

/* attr.c */
ssize_t cxl_attr_read(struct device *dev, const char *path, char *page);
int cxl_attr_read_u64(struct device *dev, const char *path, char *page, u64 *value);
char *cxl_attr_link(struct device *dev, const char *name);
long cxl_attr_of_node(int nid, const char *name);

/* find.c */
int cxl_find_all(struct list_head *all);
void cxl_find_free(struct list_head *all);
int cxl_find_init(void (*changed)(void));
void cxl_find_exit(void);

/* sysfs.c */
int cxl_sysfs_init(void);
void cxl_sysfs_exit(void);
int cxl_sysfs_add_locked(struct cxl_device *device);
void cxl_sysfs_update_locked(struct cxl_device *device, const struct cxl_found *found);
void cxl_sysfs_update_node_locked(struct cxl_device *device);
void cxl_sysfs_hide_locked(struct cxl_device *device);

/* blocks.c */
int cxl_blocks_offline(const struct cxl_device *device);
int cxl_blocks_online(const struct cxl_device *device);
unsigned long cxl_blocks_nr_poisoned(const struct cxl_device *device);

/* hooks.c */
int cxlmeta_hooks_init(void);
void cxlmeta_hooks_exit(void);
int cxl_hotplug_lock(void);
bool cxl_hotplug_trylock(void);
void cxl_hotplug_unlock(void);
int cxl_blocks_walk(u64 start, u64 size, void *arg, walk_memory_blocks_func_t func);
int cxl_block_online(struct memory_block *block, int type);
int cxl_block_offline(struct memory_block *block);
void cxl_block_count_poisoned(unsigned long pfn);

#endif /* CXLMETA_DEVICES_H */
