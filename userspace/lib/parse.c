// SPDX-License-Identifier: GPL-2.0
/*
 * Messages become structures. Attributes that are unknown are passed over, and what is missing is
 * 0, so that newer and older kernel modules are understood.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "private.h"

static uint32_t get_u32(struct nlattr *attr, uint32_t otherwise)
{
	return attr && nla_len(attr) == sizeof(uint32_t) ? nla_get_u32(attr) : otherwise;
}

/* A number of 32 or 64 bits. */
static uint64_t get_uint(struct nlattr *attr)
{
	uint64_t value = 0;

	if (attr && nla_len(attr) == sizeof(value))
		memcpy(&value, nla_data(attr), sizeof(value));
	else
		value = get_u32(attr, 0);
	return value;
}

static const char *get_string(struct nlattr *attr)
{
	if (!attr || !nla_len(attr) || !memchr(nla_data(attr), '\0', nla_len(attr)))
		return "";
	return nla_get_string(attr);
}

static int parse(const struct nlmsghdr *nlh, struct nlattr **attrs, int max)
{
	int err = genlmsg_parse((struct nlmsghdr *)nlh, 0, attrs, max, NULL);

	return err < 0 ? -EBADMSG : 0;
}

/*
 * An array with an element for each nested attribute of a type.
 * Return: the array, to be freed; NULL without memory. *@nr are the elements.
 */
static void *parse_nests(const struct nlmsghdr *nlh, int type, size_t size,
			 void (*fill)(void *element, struct nlattr *nest), unsigned int *nr)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);
	struct nlattr *attr;
	char *elements;
	int rest;

	*nr = 0;
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), rest)
		*nr += nla_type(attr) == type;
	elements = calloc(*nr + 1, size);
	*nr = 0;
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), rest)
		if (elements && nla_type(attr) == type)
			fill(elements + size * (*nr)++, attr);
	return elements;
}

/**
 * parse_change() - what an event tells
 * @nlh: the message
 * @attr: the attribute
 *
 * Return: enum cxltier_change.
 */
uint32_t parse_change(const struct nlmsghdr *nlh, int attr)
{
	return get_u32(nlmsg_find_attr((struct nlmsghdr *)nlh, GENL_HDRLEN, attr),
		       CXLTIER_CHANGE_CHANGED);
}

int parse_device(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_DEVICE_MAX + 1];
	struct cxltier_device device;

	if (parse(nlh, attrs, CXLTIER_A_DEVICE_MAX))
		return -EBADMSG;
	device = (struct cxltier_device) {
		.number = get_u32(attrs[CXLTIER_A_DEVICE_NUMBER], 0),
		.home = (int32_t)get_u32(attrs[CXLTIER_A_DEVICE_HOME], -1),
		.start = get_uint(attrs[CXLTIER_A_DEVICE_START]),
		.size = get_uint(attrs[CXLTIER_A_DEVICE_SIZE]),
		.state = get_u32(attrs[CXLTIER_A_DEVICE_STATE], 0),
		.source = get_string(attrs[CXLTIER_A_DEVICE_SOURCE]),
		.socket = get_u32(attrs[CXLTIER_A_DEVICE_SOCKET], 0),
		.distance = get_u32(attrs[CXLTIER_A_DEVICE_DISTANCE], CXLTIER_UNKNOWN),
		.read_latency = get_u32(attrs[CXLTIER_A_DEVICE_READ_LATENCY], CXLTIER_UNKNOWN),
		.write_latency = get_u32(attrs[CXLTIER_A_DEVICE_WRITE_LATENCY], CXLTIER_UNKNOWN),
		.read_bandwidth = get_u32(attrs[CXLTIER_A_DEVICE_READ_BANDWIDTH], CXLTIER_UNKNOWN),
		.write_bandwidth = get_u32(attrs[CXLTIER_A_DEVICE_WRITE_BANDWIDTH],
					   CXLTIER_UNKNOWN),
	};
	return fn.device(&device, arg);
}

static void fill_plan(void *element, struct nlattr *nest)
{
	struct nlattr *attrs[CXLTIER_A_PLAN_MAX + 1];
	struct cxltier_plan *plan = element;

	plan->owner = "";
	if (nla_parse_nested(attrs, CXLTIER_A_PLAN_MAX, nest, NULL) < 0)
		return;
	plan->owner = get_string(attrs[CXLTIER_A_PLAN_OWNER]);
	plan->used = get_uint(attrs[CXLTIER_A_PLAN_USED]);
	plan->room_group = get_uint(attrs[CXLTIER_A_PLAN_ROOM_GROUP]);
	plan->room_far = get_uint(attrs[CXLTIER_A_PLAN_ROOM_FAR]);
	plan->room_dram = get_uint(attrs[CXLTIER_A_PLAN_ROOM_DRAM]);
}

int parse_node(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_NODE_MAX + 1];
	struct cxltier_plan *plans;
	struct cxltier_node node;
	int err;

	if (parse(nlh, attrs, CXLTIER_A_NODE_MAX))
		return -EBADMSG;
	node = (struct cxltier_node) {
		.id = get_u32(attrs[CXLTIER_A_NODE_ID], 0),
		.far = attrs[CXLTIER_A_NODE_FAR],
		.state = get_u32(attrs[CXLTIER_A_NODE_STATE], 0),
		.size = get_uint(attrs[CXLTIER_A_NODE_SIZE]),
		.movable = get_uint(attrs[CXLTIER_A_NODE_MOVABLE]),
		.room = get_uint(attrs[CXLTIER_A_NODE_ROOM]),
		.used = get_uint(attrs[CXLTIER_A_NODE_USED]),
		.rate_mb = get_u32(attrs[CXLTIER_A_NODE_RATE], 0),
		.drain_total = get_uint(attrs[CXLTIER_A_NODE_DRAIN_TOTAL]),
		.drain_moved = get_uint(attrs[CXLTIER_A_NODE_DRAIN_MOVED]),
		.drain_failed = get_uint(attrs[CXLTIER_A_NODE_DRAIN_FAILED]),
	};
	plans = parse_nests(nlh, CXLTIER_A_NODE_PLAN, sizeof(*plans), fill_plan, &node.nr_plans);
	if (!plans)
		return -ENOMEM;
	node.plans = plans;
	err = fn.node(&node, arg);
	free(plans);
	return err;
}

static void fill_member(void *element, struct nlattr *nest)
{
	struct nlattr *attrs[CXLTIER_A_MEMBER_MAX + 1];
	struct cxltier_member *member = element;

	if (nla_parse_nested(attrs, CXLTIER_A_MEMBER_MAX, nest, NULL) < 0)
		return;
	member->node = get_u32(attrs[CXLTIER_A_MEMBER_NODE], 0);
	member->weight = get_u32(attrs[CXLTIER_A_MEMBER_WEIGHT], 1);
}

int parse_group(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_GROUP_MAX + 1];
	struct cxltier_member *members;
	struct cxltier_group group;
	int err;

	if (parse(nlh, attrs, CXLTIER_A_GROUP_MAX))
		return -EBADMSG;
	group = (struct cxltier_group) {
		.name = get_string(attrs[CXLTIER_A_GROUP_NAME]),
		.automatic = attrs[CXLTIER_A_GROUP_AUTOMATIC],
		.users = get_u32(attrs[CXLTIER_A_GROUP_USERS], 0),
	};
	members = parse_nests(nlh, CXLTIER_A_GROUP_MEMBER, sizeof(*members), fill_member,
			      &group.nr_members);
	if (!members)
		return -ENOMEM;
	group.members = members;
	err = fn.group(&group, arg);
	free(members);
	return err;
}

static void fill_pool_node(void *element, struct nlattr *nest)
{
	struct nlattr *attrs[CXLTIER_A_POOL_NODE_MAX + 1];
	struct cxltier_pool_node *node = element;

	if (nla_parse_nested(attrs, CXLTIER_A_POOL_NODE_MAX, nest, NULL) < 0)
		return;
	node->node = get_u32(attrs[CXLTIER_A_POOL_NODE_NODE], 0);
	node->used = get_uint(attrs[CXLTIER_A_POOL_NODE_USED]);
	node->kept = get_uint(attrs[CXLTIER_A_POOL_NODE_KEPT]);
}

int parse_pool(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_POOL_MAX + 1];
	struct cxltier_pool_node *nodes;
	struct cxltier_pool pool;
	int err;

	if (parse(nlh, attrs, CXLTIER_A_POOL_MAX))
		return -EBADMSG;
	pool = (struct cxltier_pool) {
		.owner = get_string(attrs[CXLTIER_A_POOL_OWNER]),
		.group = get_string(attrs[CXLTIER_A_POOL_GROUP]),
		.percent = get_u32(attrs[CXLTIER_A_POOL_PERCENT], 0),
		.limit = get_uint(attrs[CXLTIER_A_POOL_LIMIT]),
		.size = get_uint(attrs[CXLTIER_A_POOL_SIZE]),
		.used = get_uint(attrs[CXLTIER_A_POOL_USED]),
		.held = get_uint(attrs[CXLTIER_A_POOL_HELD]),
		.moved = get_uint(attrs[CXLTIER_A_POOL_MOVED]),
		.poisoned = get_uint(attrs[CXLTIER_A_POOL_POISONED]),
		.accept_percent = get_u32(attrs[CXLTIER_A_POOL_ACCEPT_PERCENT], CXLTIER_UNKNOWN),
		.writeback_percent = get_u32(attrs[CXLTIER_A_POOL_WRITEBACK_PERCENT],
					     CXLTIER_UNKNOWN),
		.writeback_rate_mb = get_u32(attrs[CXLTIER_A_POOL_RATE],
					     CXLTIER_UNKNOWN),
	};
	nodes = parse_nests(nlh, CXLTIER_A_POOL_NODE, sizeof(*nodes), fill_pool_node,
			    &pool.nr_nodes);
	if (!nodes)
		return -ENOMEM;
	pool.nodes = nodes;
	err = fn.pool(&pool, arg);
	free(nodes);
	return err;
}

int parse_area(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_AREA_MAX + 1];
	struct cxltier_area area;

	if (parse(nlh, attrs, CXLTIER_A_AREA_MAX))
		return -EBADMSG;
	area = (struct cxltier_area) {
		.type = get_u32(attrs[CXLTIER_A_AREA_TYPE], 0),
		.kind = get_u32(attrs[CXLTIER_A_AREA_KIND], 0),
		.path = get_string(attrs[CXLTIER_A_AREA_PATH]),
		.size = get_uint(attrs[CXLTIER_A_AREA_SIZE]),
		.stored = get_uint(attrs[CXLTIER_A_AREA_STORED]),
		.zswap = attrs[CXLTIER_A_AREA_ZSWAP],
	};
	return fn.area(&area, arg);
}

int parse_swap_device(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_SWAP_DEVICE_MAX + 1];
	struct cxltier_swap_device device;

	if (parse(nlh, attrs, CXLTIER_A_SWAP_DEVICE_MAX))
		return -EBADMSG;
	device = (struct cxltier_swap_device) {
		.number = get_u32(attrs[CXLTIER_A_SWAP_DEVICE_NUMBER], 0),
		.size = get_uint(attrs[CXLTIER_A_SWAP_DEVICE_SIZE]),
		.reserved = attrs[CXLTIER_A_SWAP_DEVICE_RESERVED],
		.swap = attrs[CXLTIER_A_SWAP_DEVICE_SWAP],
	};
	return fn.swap_device(&device, arg);
}

static void fill_counter(void *element, struct nlattr *nest)
{
	struct nlattr *attrs[CXLTIER_A_COUNTER_MAX + 1];
	struct cxltier_counter *counter = element;

	counter->name = "";
	if (nla_parse_nested(attrs, CXLTIER_A_COUNTER_MAX, nest, NULL) < 0)
		return;
	counter->name = get_string(attrs[CXLTIER_A_COUNTER_NAME]);
	counter->value = get_uint(attrs[CXLTIER_A_COUNTER_VALUE]);
}

int parse_counters(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_COUNTERS_MAX + 1];
	struct cxltier_counter *counters;
	unsigned int i, nr;
	int err = 0;

	if (parse(nlh, attrs, CXLTIER_A_COUNTERS_MAX))
		return -EBADMSG;
	counters = parse_nests(nlh, CXLTIER_A_COUNTERS_COUNTER, sizeof(*counters), fill_counter,
			       &nr);
	if (!counters)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		counters[i].owner = get_string(attrs[CXLTIER_A_COUNTERS_OWNER]);
		err = fn.counter(&counters[i], arg);
	}
	free(counters);
	return err;
}

int parse_hook(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_HOOK_MAX + 1];
	struct cxltier_hook hook;

	if (parse(nlh, attrs, CXLTIER_A_HOOK_MAX))
		return -EBADMSG;
	hook = (struct cxltier_hook) {
		.owner = get_string(attrs[CXLTIER_A_HOOK_OWNER]),
		.function = get_string(attrs[CXLTIER_A_HOOK_FUNCTION]),
		.state = get_u32(attrs[CXLTIER_A_HOOK_STATE], 0),
		.calls = get_uint(attrs[CXLTIER_A_HOOK_CALLS]),
	};
	return fn.hook(&hook, arg);
}

int parse_cgroup(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_CGROUP_MAX + 1];
	struct cxltier_cgroup cgroup;

	if (parse(nlh, attrs, CXLTIER_A_CGROUP_MAX))
		return -EBADMSG;
	cgroup = (struct cxltier_cgroup) {
		.id = get_u32(attrs[CXLTIER_A_CGROUP_ID], 0),
		.path = get_string(attrs[CXLTIER_A_CGROUP_PATH]),
		.deleted = attrs[CXLTIER_A_CGROUP_DELETED],
		.stored = get_uint(attrs[CXLTIER_A_CGROUP_STORED]),
		.stores = get_uint(attrs[CXLTIER_A_CGROUP_STORES]),
		.loads = get_uint(attrs[CXLTIER_A_CGROUP_LOADS]),
		.refused = get_uint(attrs[CXLTIER_A_CGROUP_REFUSED]),
	};
	return fn.cgroup(&cgroup, arg);
}

int parse_mount(const struct nlmsghdr *nlh, union callback fn, void *arg)
{
	struct nlattr *attrs[CXLTIER_A_MOUNT_MAX + 1];
	struct cxltier_mount mount;

	if (parse(nlh, attrs, CXLTIER_A_MOUNT_MAX))
		return -EBADMSG;
	mount = (struct cxltier_mount) {
		.device = get_u32(attrs[CXLTIER_A_MOUNT_DEVICE], 0),
		.name = get_string(attrs[CXLTIER_A_MOUNT_NAME]),
		.type = get_string(attrs[CXLTIER_A_MOUNT_TYPE]),
		.state = get_u32(attrs[CXLTIER_A_MOUNT_STATE], 0),
		.held = get_uint(attrs[CXLTIER_A_MOUNT_HELD]),
		.quota = attrs[CXLTIER_A_MOUNT_QUOTA] ? get_uint(attrs[CXLTIER_A_MOUNT_QUOTA]) :
							CXLTIER_QUOTA_NONE,
		.busy = attrs[CXLTIER_A_MOUNT_BUSY],
		.error = get_u32(attrs[CXLTIER_A_MOUNT_ERROR], 0),
	};
	return fn.mount(&mount, arg);
}
