// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/cxl/, as docs/abi/sysfs-kernel-cxl describes it.
 *
 * A file that is open keeps nothing of ours alive: when its directory goes, the kernel waits until
 * nobody is inside (kernfs_drain()), and later reads and writes end with ENODEV.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include "cxlmeta.h"
#include "devices.h"
#include "netlink.h"

static struct kobject *root_dir;
static struct kobject *devices_dir;
static struct kobject *nodes_dir;

/* nodes/nodeY, while a device is at home there. Under cxl_devices_lock. */
static struct kobject *node_dirs[MAX_NUMNODES];

static struct cxl_device *to_cxl_device(struct kobject *kobj)
{
	return container_of(kobj, struct cxl_device, kobj);
}

/* Files ---------------------------------------------------------------------------------------- */

static ssize_t start_address_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", to_cxl_device(kobj)->start);
}

static ssize_t size_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", to_cxl_device(kobj)->size);
}

static ssize_t socket_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", cxl_node_socket(to_cxl_device(kobj)->home));
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  cxl_device_is_online(to_cxl_device(kobj)) ? "online" : "offline");
}

static ssize_t node_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct cxl_device *device = to_cxl_device(kobj);

	return sysfs_emit(buf, "%d\n", cxl_device_is_online(device) ? device->home : NUMA_NO_NODE);
}

/*
 * The kernel gives several reasons for refusing to take memory offline, EINVAL among them, which
 * would look like a wrong value here. To the user they are one.
 */
static int cxl_offline_error(int err)
{
	return !err || err == -EINTR || err == -ENOMEM || err == -ENODEV ? err : -EBUSY;
}

static int cxl_device_set_node(struct cxl_device *device, int nid)
{
	int err = cxl_hotplug_lock();

	if (err)
		return err;
	if (nid != NUMA_NO_NODE)
		err = cxl_blocks_online(device);
	else if (cxl_device_is_online(device))
		err = cxl_offline_error(cxl_blocks_offline(device));
	cxl_hotplug_unlock();
	return err;
}

static ssize_t node_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	struct cxl_device *device = to_cxl_device(kobj);
	int nid, err;

	if (kstrtoint(buf, 10, &nid) || (nid != NUMA_NO_NODE && nid != device->home))
		return -EINVAL;
	err = cxl_device_set_node(device, nid);

	/* A scan is on its way, but links shall be right when this returns. */
	mutex_lock(&cxl_devices_lock);
	if (!device->gone)
		cxl_sysfs_update_node_locked(device);
	mutex_unlock(&cxl_devices_lock);
	return err ?: len;
}

static struct kobj_attribute start_address_attr = __ATTR_RO(start_address);
static struct kobj_attribute size_attr = __ATTR_RO(size);
static struct kobj_attribute socket_id_attr = __ATTR_RO(socket_id);
static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute node_id_attr = __ATTR_RW(node_id);

static struct attribute *cxl_device_attrs[] = {
	&start_address_attr.attr,
	&size_attr.attr,
	&node_id_attr.attr,
	&socket_id_attr.attr,
	&state_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(cxl_device);

static void cxl_device_release(struct kobject *kobj)
{
	kfree(to_cxl_device(kobj));
}

static const struct kobj_type cxl_device_ktype = {
	.release = cxl_device_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = cxl_device_groups,
};

/* Links of a device ---------------------------------------------------------------------------- */

static bool cxl_found_has_link(const struct cxl_found *found, const char *name)
{
	unsigned int i;

	for (i = 0; i < found->nr_links; i++)
		if (!strcmp(dev_name(found->links[i]), name))
			return true;
	return false;
}

/* A link to a device of the same name that has gone is a link to nothing. */
static bool cxl_link_is_stale(struct cxl_device *device, const char *name,
			      const struct cxl_found *found)
{
	struct kernfs_node *link = kernfs_find_and_get(device->kobj.sd, name);
	bool stale = true;
	unsigned int i;

	for (i = 0; link && i < found->nr_links; i++)
		if (!strcmp(dev_name(found->links[i]), name))
			stale = link->symlink.target_kn != READ_ONCE(found->links[i]->kobj.sd);
	kernfs_put(link);
	return stale;
}

static void cxl_links_drop(struct cxl_device *device, const struct cxl_found *found)
{
	unsigned int i;

	for (i = 0; i < CXL_DEVICE_LINKS; i++) {
		char *name = device->links[i];

		if (!*name || (cxl_found_has_link(found, name) &&
			       !cxl_link_is_stale(device, name, found)))
			continue;
		sysfs_remove_link(&device->kobj, name);
		*name = '\0';
	}
}

static char *cxl_link_slot(struct cxl_device *device, const char *name)
{
	char *empty = NULL;
	unsigned int i;

	for (i = 0; i < CXL_DEVICE_LINKS; i++) {
		if (!strcmp(device->links[i], name))
			return NULL;
		if (!*device->links[i])
			empty = device->links[i];
	}
	return empty;
}

static void cxl_links_add(struct cxl_device *device, const struct cxl_found *found)
{
	unsigned int i;

	for (i = 0; i < found->nr_links; i++) {
		struct device *dev = found->links[i];
		char *slot = cxl_link_slot(device, dev_name(dev));

		/* if it fails, the device has just gone, and a scan will follow */
		if (slot && !sysfs_create_link(&device->kobj, &dev->kobj, dev_name(dev)))
			strscpy(slot, dev_name(dev), CXL_LINK_NAME);
	}
}

/* Nodes ---------------------------------------------------------------------------------------- */

static struct kobject *cxl_node_dir_get(int nid)
{
	char name[CXL_LINK_NAME];

	lockdep_assert_held(&cxl_devices_lock);
	if (nid < 0)
		return NULL;
	if (!node_dirs[nid]) {
		snprintf(name, sizeof(name), "node%d", nid);
		node_dirs[nid] = kobject_create_and_add(name, nodes_dir);
	}
	return node_dirs[nid];
}

static void cxl_node_dir_put(int nid)
{
	lockdep_assert_held(&cxl_devices_lock);
	if (nid < 0 || cxl_node_nr_devices_locked(nid))
		return;
	kobject_put(node_dirs[nid]);
	node_dirs[nid] = NULL;
}

/**
 * cxl_sysfs_update_node_locked() - make nodes/nodeY/cxlN there, or not, as the device's state is
 * @device: a device that is not gone
 *
 * Context: process context, with cxl_devices_lock; sleeps.
 */
void cxl_sysfs_update_node_locked(struct cxl_device *device)
{
	struct kobject *dir = cxl_node_dir_get(device->home);
	const char *name = kobject_name(&device->kobj);
	bool online = cxl_device_is_online(device);

	if (!dir || online == device->linked)
		return;
	if (!online)
		sysfs_remove_link(dir, name);
	else if (sysfs_create_link(dir, &device->kobj, name))
		return;
	device->linked = online;
	cxl_nl_notify_device(device, CXLTIER_CHANGE_CHANGED);
}

/* Devices -------------------------------------------------------------------------------------- */

/**
 * cxl_sysfs_add_locked() - make a device's directory
 * @device: the device, new, with its number, range and node
 *
 * Context: process context, with cxl_devices_lock; sleeps.
 * Return: 0 or a negative error. From now on the device is freed by kobject_put() alone; if there
 *	was an error, it has been.
 */
int cxl_sysfs_add_locked(struct cxl_device *device)
{
	int err = kobject_init_and_add(&device->kobj, &cxl_device_ktype, devices_dir, "cxl%u",
				       device->number);

	if (err)
		kobject_put(&device->kobj);
	return err;
}

/**
 * cxl_sysfs_update_locked() - show what a scan has found
 * @device: a device in the list
 * @found: what was found of it
 *
 * Context: process context, with cxl_devices_lock; sleeps.
 */
void cxl_sysfs_update_locked(struct cxl_device *device, const struct cxl_found *found)
{
	lockdep_assert_held(&cxl_devices_lock);
	strscpy(device->source, found->source, sizeof(device->source));
	cxl_links_drop(device, found);
	cxl_links_add(device, found);
	cxl_sysfs_update_node_locked(device);
}

/**
 * cxl_sysfs_hide_locked() - remove all links from and to a device
 * @device: a device that is no longer in the list; its directory is removed later, without lock
 *
 * Context: process context, with cxl_devices_lock; sleeps.
 */
void cxl_sysfs_hide_locked(struct cxl_device *device)
{
	static const struct cxl_found nothing;

	cxl_links_drop(device, &nothing);
	if (device->linked)
		sysfs_remove_link(node_dirs[device->home], kobject_name(&device->kobj));
	device->linked = false;
	cxl_node_dir_put(device->home);
}

/**
 * cxl_sysfs_init() - make /sys/kernel/cxl/, empty
 *
 * Context: process context; sleeps.
 * Return: 0 or -ENOMEM.
 */
int cxl_sysfs_init(void)
{
	root_dir = kobject_create_and_add("cxl", kernel_kobj);
	if (!root_dir)
		return -ENOMEM;
	devices_dir = kobject_create_and_add("devices", root_dir);
	nodes_dir = kobject_create_and_add("nodes", root_dir);
	if (devices_dir && nodes_dir)
		return 0;
	cxl_sysfs_exit();
	return -ENOMEM;
}

/**
 * cxl_sysfs_exit() - remove /sys/kernel/cxl/
 *
 * Context: process context; sleeps. There is no device any more.
 */
void cxl_sysfs_exit(void)
{
	kobject_put(nodes_dir);
	kobject_put(devices_dir);
	kobject_put(root_dir);
}
