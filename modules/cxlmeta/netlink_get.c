// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink tells of each kind of object: for one, for all, and in events. The attributes are
 * explained in netlink/cxltier.yaml.
 */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "cxl_control.h"
#include "cxl_node.h"
#include "cxlmeta.h"
#include "devices.h"
#include "groups.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "pool.h"

static void cxl_nl_lock(void)
{
	mutex_lock(&cxl_lock);
}

static void cxl_nl_unlock(void)
{
	mutex_unlock(&cxl_lock);
}

static void cxl_nl_lock_devices(void)
{
	mutex_lock(&cxl_devices_lock);
}

static void cxl_nl_unlock_devices(void)
{
	mutex_unlock(&cxl_devices_lock);
}

static void cxl_nl_lock_controls(void)
{
	down_read(&cxl_control_lock);
}

static void cxl_nl_unlock_controls(void)
{
	up_read(&cxl_control_lock);
}

/* Objects whose number is their position. */
static long cxl_nl_find_number(const struct nlattr *key)
{
	return nla_get_u32(key);
}

/* ---- devices -------------------------------------------------------------------------- */

/* Speed, where the firmware tells it. */
static int cxl_nl_put_speed(struct sk_buff *skb, int nid)
{
	static const char * const names[] = {
		[CXLTIER_A_DEVICE_READ_LATENCY] = "read_latency",
		[CXLTIER_A_DEVICE_WRITE_LATENCY] = "write_latency",
		[CXLTIER_A_DEVICE_READ_BANDWIDTH] = "read_bandwidth",
		[CXLTIER_A_DEVICE_WRITE_BANDWIDTH] = "write_bandwidth",
	};
	long value;
	int attr;

	for (attr = CXLTIER_A_DEVICE_READ_LATENCY; attr < ARRAY_SIZE(names); attr++) {
		value = cxl_attr_of_node(nid, names[attr]);
		if (value >= 0 && nla_put_u32(skb, attr, value))
			return -EMSGSIZE;
	}
	return 0;
}

static int cxl_nl_put_device(struct sk_buff *skb, const void *object)
{
	const struct cxl_device *device = object;
	int distance = device->home < 0 ? 0 :
		       node_distance(cxl_nearest_cpu_node(device->home), device->home);

	if (nla_put_u32(skb, CXLTIER_A_DEVICE_NUMBER, device->number) ||
	    nla_put_uint(skb, CXLTIER_A_DEVICE_START, device->start) ||
	    nla_put_uint(skb, CXLTIER_A_DEVICE_SIZE, device->size) ||
	    nla_put_s32(skb, CXLTIER_A_DEVICE_HOME, device->home) ||
	    nla_put_u32(skb, CXLTIER_A_DEVICE_STATE, cxl_device_is_online(device)) ||
	    nla_put_string(skb, CXLTIER_A_DEVICE_SOURCE, device->source) ||
	    nla_put_u32(skb, CXLTIER_A_DEVICE_SOCKET, cxl_node_socket(device->home)) ||
	    (distance && nla_put_u32(skb, CXLTIER_A_DEVICE_DISTANCE, distance)))
		return -EMSGSIZE;
	return cxl_nl_put_speed(skb, device->home);
}

static int cxl_nl_fill_device(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_device *device;

	list_for_each_entry(device, &cxl_devices, list) {
		if (device->number < *pos)
			continue;
		*pos = device->number;
		return cxl_nl_put_device(skb, device);
	}
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_devices = {
	.cmd = CXLTIER_CMD_DEVICE_GET,
	.lock = cxl_nl_lock_devices,
	.unlock = cxl_nl_unlock_devices,
	.fill = cxl_nl_fill_device,
	.find = cxl_nl_find_number,
};

/**
 * cxl_nl_notify_device() - tell listeners of a device
 * @device: the device
 * @change: what happened to it
 *
 * Context: process context, with cxl_devices_lock; sleeps.
 */
void cxl_nl_notify_device(const struct cxl_device *device, enum cxltier_change change)
{
	lockdep_assert_held(&cxl_devices_lock);
	cxl_control_notify(CXLTIER_CMD_DEVICE_NTF, change, cxl_nl_put_device, device);
}

/* ---- nodes ---------------------------------------------------------------------------- */

static int cxl_nl_put_plan(struct sk_buff *skb, struct cxl_pool *pool, int nid)
{
	struct cxl_drain_plan plan;
	struct nlattr *nest;

	cxl_drain_get_plan(pool, nid, &plan);
	if (!plan.nr_used)
		return 0;
	nest = nla_nest_start(skb, CXLTIER_A_NODE_PLAN);
	if (!nest || nla_put_string(skb, CXLTIER_A_PLAN_OWNER, pool->owner) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_PLAN_USED, plan.nr_used) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_PLAN_ROOM_GROUP, plan.room_group) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_PLAN_ROOM_FAR, plan.room_far) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_PLAN_ROOM_DRAM, plan.room_dram))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cxl_nl_put_drain(struct sk_buff *skb, const struct cxl_drain_status *status)
{
	if (status->state == CXLTIER_NODE_STATE_OPEN)
		return 0;
	if (nla_put_u32(skb, CXLTIER_A_NODE_RATE, status->rate_mb) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_DRAIN_TOTAL, status->nr_total) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_DRAIN_MOVED, status->nr_moved) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_DRAIN_FAILED, status->nr_failed))
		return -EMSGSIZE;
	return 0;
}

static unsigned long cxl_node_nr_movable(int nid)
{
	return zone_managed_pages(&NODE_DATA(nid)->node_zones[ZONE_MOVABLE]);
}

static int cxl_nl_put_node(struct sk_buff *skb, const void *object)
{
	int nid = *(const int *)object;
	nodemask_t only = nodemask_of_node(nid);
	struct cxl_drain_status status;
	unsigned long nr_used = 0;
	struct cxl_pool *pool;

	cxl_drain_get(nid, &status);
	list_for_each_entry(pool, &cxl_pools, list) {
		nr_used += cxl_pool_nr_used_on(pool, nid);
		if (cxl_nl_put_plan(skb, pool, nid))
			return -EMSGSIZE;
	}
	if (nla_put_u32(skb, CXLTIER_A_NODE_ID, nid) ||
	    (cxl_node_is_far(nid) && nla_put_flag(skb, CXLTIER_A_NODE_FAR)) ||
	    nla_put_u32(skb, CXLTIER_A_NODE_STATE, status.state) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_SIZE, cxl_nodes_nr_pages(&only)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_MOVABLE, cxl_node_nr_movable(nid)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_ROOM, cxl_node_room(nid)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_NODE_USED, nr_used))
		return -EMSGSIZE;
	return cxl_nl_put_drain(skb, &status);
}

static int cxl_nl_fill_node(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_drain_status status;
	int nid;

	for_each_online_node(nid) {
		if (nid < *pos || !cxl_drain_get(nid, &status))
			continue;
		*pos = nid;
		return cxl_nl_put_node(skb, &nid);
	}
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_nodes = {
	.cmd = CXLTIER_CMD_NODE_GET,
	.lock = cxl_nl_lock,
	.unlock = cxl_nl_unlock,
	.fill = cxl_nl_fill_node,
	.find = cxl_nl_find_number,
};

/**
 * cxl_nl_notify_node() - tell listeners of a node
 * @nid: the node
 * @change: what happened to it
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_nl_notify_node(int nid, enum cxltier_change change)
{
	lockdep_assert_held(&cxl_lock);
	cxl_control_notify(CXLTIER_CMD_NODE_NTF, change, cxl_nl_put_node, &nid);
}

/* ---- groups --------------------------------------------------------------------------- */

static int cxl_nl_put_member(struct sk_buff *skb, unsigned int nid, unsigned int weight)
{
	struct nlattr *nest = nla_nest_start(skb, CXLTIER_A_GROUP_MEMBER);

	if (!nest || nla_put_u32(skb, CXLTIER_A_MEMBER_NODE, nid) ||
	    nla_put_u32(skb, CXLTIER_A_MEMBER_WEIGHT, weight))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cxl_nl_put_group(struct sk_buff *skb, const void *object)
{
	const struct cxl_group *group = object;
	unsigned int nid;

	if (nla_put_string(skb, CXLTIER_A_GROUP_NAME, group->name) ||
	    (group->automatic && nla_put_flag(skb, CXLTIER_A_GROUP_AUTOMATIC)) ||
	    nla_put_u32(skb, CXLTIER_A_GROUP_USERS, group->nr_users))
		return -EMSGSIZE;
	for (nid = 0; nid < nr_node_ids; nid++)
		if (group->weights[nid] && cxl_nl_put_member(skb, nid, group->weights[nid]))
			return -EMSGSIZE;
	return 0;
}

static int cxl_nl_fill_group(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_group *group;
	unsigned long i = 0;

	list_for_each_entry(group, &cxl_groups, list)
		if (i++ == *pos)
			return cxl_nl_put_group(skb, group);
	return -ENOENT;
}

static long cxl_nl_find_group(const struct nlattr *key)
{
	struct cxl_group *group;
	long i = 0;

	list_for_each_entry(group, &cxl_groups, list) {
		if (!nla_strcmp(key, group->name))
			return i;
		i++;
	}
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_groups = {
	.cmd = CXLTIER_CMD_GROUP_GET,
	.lock = cxl_nl_lock,
	.unlock = cxl_nl_unlock,
	.fill = cxl_nl_fill_group,
	.find = cxl_nl_find_group,
};

/**
 * cxl_nl_notify_group() - tell listeners of a group
 * @group: the group
 * @change: what happened to it
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_nl_notify_group(const struct cxl_group *group, enum cxltier_change change)
{
	lockdep_assert_held(&cxl_lock);
	cxl_control_notify(CXLTIER_CMD_GROUP_NTF, change, cxl_nl_put_group, group);
}

/* ---- pools ---------------------------------------------------------------------------- */

static int cxl_nl_put_pool_node(struct sk_buff *skb, struct cxl_pool *pool, int nid)
{
	struct cxl_schedule *schedule = rcu_dereference_protected(pool->schedule,
								  lockdep_is_held(&cxl_lock));
	unsigned long nr_used = cxl_pool_nr_used_on(pool, nid);
	unsigned long nr_kept = READ_ONCE(pool->nodes[nid].nr_depot);
	struct nlattr *nest;

	if (!nr_used && !nr_kept && !node_isset(nid, schedule->nodes))
		return 0;
	nest = nla_nest_start(skb, CXLTIER_A_POOL_NODE);
	if (!nest || nla_put_u32(skb, CXLTIER_A_POOL_NODE_NODE, nid) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_NODE_USED, nr_used) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_NODE_KEPT, nr_kept))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int cxl_nl_put_pool(struct sk_buff *skb, const void *object)
{
	struct cxl_pool *pool = (struct cxl_pool *)object;
	int nid;

	if (nla_put_string(skb, CXLTIER_A_POOL_OWNER, pool->owner) ||
	    nla_put_string(skb, CXLTIER_A_POOL_GROUP, cxl_group_name(pool->group)) ||
	    nla_put_u32(skb, CXLTIER_A_POOL_PERCENT, pool->percent) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_LIMIT, cxl_pool_limit(pool)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_SIZE, cxl_pool_size(pool)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_USED, cxl_pool_nr_used(pool)) ||
	    cxl_nl_put_pages(skb, CXLTIER_A_POOL_HELD, atomic_long_read(&pool->nr_held)) ||
	    nla_put_uint(skb, CXLTIER_A_POOL_MOVED, atomic_long_read(&pool->nr_moved)) ||
	    nla_put_uint(skb, CXLTIER_A_POOL_POISONED, atomic_long_read(&pool->nr_poisoned)))
		return -EMSGSIZE;
	for_each_node(nid)
		if (cxl_nl_put_pool_node(skb, pool, nid))
			return -EMSGSIZE;
	return pool->ops->fill ? pool->ops->fill(skb) : 0;
}

static int cxl_nl_fill_pool(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_pool *pool;
	unsigned long i = 0;

	list_for_each_entry(pool, &cxl_pools, list)
		if (i++ == *pos)
			return cxl_nl_put_pool(skb, pool);
	return -ENOENT;
}

static long cxl_nl_find_pool(const struct nlattr *key)
{
	struct cxl_pool *pool;
	long i = 0;

	list_for_each_entry(pool, &cxl_pools, list) {
		if (!nla_strcmp(key, pool->owner))
			return i;
		i++;
	}
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_pools = {
	.cmd = CXLTIER_CMD_POOL_GET,
	.lock = cxl_nl_lock,
	.unlock = cxl_nl_unlock,
	.fill = cxl_nl_fill_pool,
	.find = cxl_nl_find_pool,
};

/**
 * cxl_nl_notify_pool() - tell listeners of a pool
 * @pool: the pool
 * @change: what happened to it
 *
 * Context: process context, under cxl_lock; sleeps.
 */
void cxl_nl_notify_pool(const struct cxl_pool *pool, enum cxltier_change change)
{
	lockdep_assert_held(&cxl_lock);
	cxl_control_notify(CXLTIER_CMD_POOL_NTF, change, cxl_nl_put_pool, pool);
}

/* ---- what other modules have ---------------------------------------------------------- */

static int cxl_nl_fill_area(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_control *control;

	list_for_each_entry(control, &cxl_controls, list)
		if (control->fill_area)
			return control->fill_area(skb, pos);
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_areas = {
	.cmd = CXLTIER_CMD_AREA_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_area,
	.find = cxl_nl_find_number,
};

static int cxl_nl_fill_swap_device(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_control *control;

	list_for_each_entry(control, &cxl_controls, list)
		if (control->fill_swap_device)
			return control->fill_swap_device(skb, pos);
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_swap_devices = {
	.cmd = CXLTIER_CMD_SWAP_DEVICE_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_swap_device,
	.find = cxl_nl_find_number,
};

static int cxl_nl_fill_mount(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_control *control;

	list_for_each_entry(control, &cxl_controls, list)
		if (control->fill_mount)
			return control->fill_mount(skb, pos);
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_mounts = {
	.cmd = CXLTIER_CMD_MOUNT_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_mount,
	.find = cxl_nl_find_number,
};

static int cxl_nl_fill_cgroup(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_control *control;

	list_for_each_entry(control, &cxl_controls, list)
		if (control->fill_cgroup)
			return control->fill_cgroup(skb, pos);
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_cgroups = {
	.cmd = CXLTIER_CMD_CGROUP_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_cgroup,
};

static int cxl_nl_fill_counters(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_control *control;
	unsigned long i = 0;

	list_for_each_entry(control, &cxl_controls, list)
		if (i++ == *pos)
			return nla_put_string(skb, CXLTIER_A_COUNTERS_OWNER, control->owner) ?:
			       control->fill_counters(skb);
	return -ENOENT;
}

static const struct cxl_nl_object cxl_nl_counters = {
	.cmd = CXLTIER_CMD_COUNTERS_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_counters,
};

static int cxl_nl_fill_hook(struct sk_buff *skb, unsigned long *pos)
{
	struct cxl_hook_status status;

	if (!cxl_hook_get(*pos, &status))
		return -ENOENT;
	if (nla_put_string(skb, CXLTIER_A_HOOK_OWNER, status.owner) ||
	    nla_put_string(skb, CXLTIER_A_HOOK_FUNCTION, status.symbol) ||
	    nla_put_u32(skb, CXLTIER_A_HOOK_STATE, status.state) ||
	    nla_put_uint(skb, CXLTIER_A_HOOK_CALLS, status.nr_calls))
		return -EMSGSIZE;
	return 0;
}

static const struct cxl_nl_object cxl_nl_hooks = {
	.cmd = CXLTIER_CMD_HOOK_GET,
	.lock = cxl_nl_lock_controls,
	.unlock = cxl_nl_unlock_controls,
	.fill = cxl_nl_fill_hook,
};

/* ---- what netlink-gen.c calls --------------------------------------------------------- */

int cxltier_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_devices, CXLTIER_A_DEVICE_NUMBER, "number");
}

int cxltier_nl_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_devices);
}

int cxltier_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_nodes, CXLTIER_A_NODE_ID, "id");
}

int cxltier_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_nodes);
}

int cxltier_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_groups, CXLTIER_A_GROUP_NAME, "name");
}

int cxltier_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_groups);
}

int cxltier_nl_pool_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_pools, CXLTIER_A_POOL_OWNER, "owner");
}

int cxltier_nl_pool_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_pools);
}

int cxltier_nl_area_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_areas, CXLTIER_A_AREA_TYPE, "type");
}

int cxltier_nl_area_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_areas);
}

int cxltier_nl_swap_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_swap_devices, CXLTIER_A_SWAP_DEVICE_NUMBER, "number");
}

int cxltier_nl_swap_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_swap_devices);
}

int cxltier_nl_counters_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_counters);
}

int cxltier_nl_mount_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_get(info, &cxl_nl_mounts, CXLTIER_A_MOUNT_DEVICE, "device");
}

int cxltier_nl_mount_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_mounts);
}

int cxltier_nl_cgroup_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_cgroups);
}

int cxltier_nl_hook_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return cxl_nl_dump(skb, cb, &cxl_nl_hooks);
}
