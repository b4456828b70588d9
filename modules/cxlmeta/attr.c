// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's devices say of themselves in sysfs, read without a file. Their structures are
 * private to their drivers; their attributes are interfaces that are kept.
 */
#include <linux/cpu.h>
#include <linux/device.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "devices.h"

/*
 * A device's directory. kobj.sd may be freed at any time, so it is looked for from the root.
 * Return: the directory or NULL; with a reference.
 */
static struct kernfs_node *cxl_attr_dir(struct device *dev)
{
	char *path = kobject_get_path(&dev->kobj, GFP_KERNEL), *rest = path, *name;
	struct kernfs_node *kn = kernel_kobj->sd->parent, *child;

	kernfs_get(kn);
	while ((name = strsep(&rest, "/")) && kn) {
		if (!*name)
			continue;
		child = kernfs_find_and_get(kn, name);
		kernfs_put(kn);
		kn = child;
	}
	if (!path) {
		kernfs_put(kn);
		kn = NULL;
	}
	kfree(path);
	return kn;
}

/* What is in a device's directory under a name, or group/name; with a reference, or NULL. */
static struct kernfs_node *cxl_attr_find(struct device *dev, const char *path)
{
	struct kernfs_node *kn = cxl_attr_dir(dev), *child;
	char copy[40], *rest = copy, *name;

	strscpy(copy, path, sizeof(copy));
	while (kn && (name = strsep(&rest, "/"))) {
		child = kernfs_find_and_get(kn, name);
		kernfs_put(kn);
		kn = child;
	}
	return kn;
}

/**
 * cxl_attr_read() - have an attribute written into a page, as a reader of its file would
 * @dev: the device; what provides the attribute can't be unloaded meanwhile
 * @path: the attribute's name, or group/name
 * @page: the page, to be ended with 0
 *
 * Context: process context; sleeps.
 * Return: the length, or a negative error.
 */
ssize_t cxl_attr_read(struct device *dev, const char *path, char *page)
{
	struct kernfs_node *kn = cxl_attr_find(dev, path);
	ssize_t len = -ENOENT;

	if (kn && kernfs_type(kn) == KERNFS_FILE)
		len = dev->kobj.ktype->sysfs_ops->show(&dev->kobj, kn->priv, page);
	kernfs_put(kn);
	return len;
}

/**
 * cxl_attr_read_u64() - read an attribute that is a number
 * @dev: see cxl_attr_read()
 * @path: see cxl_attr_read()
 * @page: a page to use
 * @value: the number, when there was no error
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error.
 */
int cxl_attr_read_u64(struct device *dev, const char *path, char *page, u64 *value)
{
	ssize_t len = cxl_attr_read(dev, path, page);

	return len < 0 ? len : kstrtoull(page, 0, value);
}

/**
 * cxl_attr_link() - where does a link lead?
 * @dev: the device
 * @name: a link in its directory
 *
 * Context: process context; sleeps.
 * Return: the name of what it points to, to be freed with kfree(); or NULL.
 */
char *cxl_attr_link(struct device *dev, const char *name)
{
	struct kernfs_node *kn = cxl_attr_find(dev, name);
	char *target = NULL;

	if (kn && kernfs_type(kn) == KERNFS_LINK)
		target = kstrdup(kn->symlink.target_kn->name, GFP_KERNEL);
	kernfs_put(kn);
	return target;
}

/* Any device of the system by its name and its bus's: their kset has them all. */
static struct device *cxl_device_by_name(const char *bus, const char *name)
{
	struct device *cpu = get_cpu_device(0);
	struct kobject *kobj = cpu ? kset_find_obj(cpu->kobj.kset, name) : NULL;
	struct device *dev = kobj ? kobj_to_dev(kobj) : NULL;

	if (dev && (kobj->ktype != cpu->kobj.ktype || !dev->bus || strcmp(dev->bus->name, bus))) {
		kobject_put(kobj);
		dev = NULL;
	}
	return dev;
}

/**
 * cxl_attr_of_node() - what the kernel knows of a node's speed
 * @nid: the node
 * @name: an attribute of /sys/devices/system/node/nodeN/access0/initiators/: nanoseconds or MiB/s
 *
 * Context: process context; sleeps.
 * Return: its value; -1 where the firmware doesn't say.
 */
long cxl_attr_of_node(int nid, const char *name)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	char text[40];
	struct device *node, *access = NULL;
	u64 value = 0;

	snprintf(text, sizeof(text), "node%d", nid);
	node = cxl_device_by_name("node", text);
	if (node)
		access = device_find_child_by_name(node, "access0");
	snprintf(text, sizeof(text), "initiators/%s", name);
	if (!page || !access || cxl_attr_read_u64(access, text, page, &value))
		value = 0;
	put_device(access);
	put_device(node);
	free_page((unsigned long)page);
	return value ?: -1;
}
