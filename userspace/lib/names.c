// SPDX-License-Identifier: GPL-2.0
// Made from netlink/cxltier.yaml by scripts/netlink-gen: don't edit.

#include <stddef.h>

#include <linux/cxltier.h>

#include "names.h"

static const struct names_attr device_attrs[];
static const struct names_attr node_attrs[];
static const struct names_attr plan_attrs[];
static const struct names_attr group_attrs[];
static const struct names_attr member_attrs[];
static const struct names_attr pool_attrs[];
static const struct names_attr pool_node_attrs[];
static const struct names_attr area_attrs[];
static const struct names_attr swap_device_attrs[];
static const struct names_attr counters_attrs[];
static const struct names_attr counter_attrs[];
static const struct names_attr cgroup_attrs[];
static const struct names_attr mount_attrs[];
static const struct names_attr hook_attrs[];

static const struct names_attr device_attrs[] = {
	{ CXLTIER_A_DEVICE_NUMBER, "number", NULL },
	{ CXLTIER_A_DEVICE_START, "start", NULL },
	{ CXLTIER_A_DEVICE_SIZE, "size", NULL },
	{ CXLTIER_A_DEVICE_HOME, "home", NULL },
	{ CXLTIER_A_DEVICE_STATE, "state", NULL },
	{ CXLTIER_A_DEVICE_SOURCE, "source", NULL },
	{ CXLTIER_A_DEVICE_SOCKET, "socket", NULL },
	{ CXLTIER_A_DEVICE_DISTANCE, "distance", NULL },
	{ CXLTIER_A_DEVICE_READ_LATENCY, "read-latency", NULL },
	{ CXLTIER_A_DEVICE_WRITE_LATENCY, "write-latency", NULL },
	{ CXLTIER_A_DEVICE_READ_BANDWIDTH, "read-bandwidth", NULL },
	{ CXLTIER_A_DEVICE_WRITE_BANDWIDTH, "write-bandwidth", NULL },
	{ CXLTIER_A_DEVICE_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr node_attrs[] = {
	{ CXLTIER_A_NODE_ID, "id", NULL },
	{ CXLTIER_A_NODE_FAR, "far", NULL },
	{ CXLTIER_A_NODE_STATE, "state", NULL },
	{ CXLTIER_A_NODE_SIZE, "size", NULL },
	{ CXLTIER_A_NODE_MOVABLE, "movable", NULL },
	{ CXLTIER_A_NODE_ROOM, "room", NULL },
	{ CXLTIER_A_NODE_USED, "used", NULL },
	{ CXLTIER_A_NODE_RATE, "rate", NULL },
	{ CXLTIER_A_NODE_DRAIN_TOTAL, "drain-total", NULL },
	{ CXLTIER_A_NODE_DRAIN_MOVED, "drain-moved", NULL },
	{ CXLTIER_A_NODE_DRAIN_FAILED, "drain-failed", NULL },
	{ CXLTIER_A_NODE_PLAN, "plan", plan_attrs },
	{ CXLTIER_A_NODE_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr plan_attrs[] = {
	{ CXLTIER_A_PLAN_OWNER, "owner", NULL },
	{ CXLTIER_A_PLAN_USED, "used", NULL },
	{ CXLTIER_A_PLAN_ROOM_GROUP, "room-group", NULL },
	{ CXLTIER_A_PLAN_ROOM_FAR, "room-far", NULL },
	{ CXLTIER_A_PLAN_ROOM_DRAM, "room-dram", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr group_attrs[] = {
	{ CXLTIER_A_GROUP_NAME, "name", NULL },
	{ CXLTIER_A_GROUP_AUTOMATIC, "automatic", NULL },
	{ CXLTIER_A_GROUP_USERS, "users", NULL },
	{ CXLTIER_A_GROUP_MEMBER, "member", member_attrs },
	{ CXLTIER_A_GROUP_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr member_attrs[] = {
	{ CXLTIER_A_MEMBER_NODE, "node", NULL },
	{ CXLTIER_A_MEMBER_WEIGHT, "weight", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr pool_attrs[] = {
	{ CXLTIER_A_POOL_OWNER, "owner", NULL },
	{ CXLTIER_A_POOL_GROUP, "group", NULL },
	{ CXLTIER_A_POOL_PERCENT, "percent", NULL },
	{ CXLTIER_A_POOL_LIMIT, "limit", NULL },
	{ CXLTIER_A_POOL_SIZE, "size", NULL },
	{ CXLTIER_A_POOL_USED, "used", NULL },
	{ CXLTIER_A_POOL_HELD, "held", NULL },
	{ CXLTIER_A_POOL_MOVED, "moved", NULL },
	{ CXLTIER_A_POOL_POISONED, "poisoned", NULL },
	{ CXLTIER_A_POOL_NODE, "node", pool_node_attrs },
	{ CXLTIER_A_POOL_CHANGE, "change", NULL },
	{ CXLTIER_A_POOL_ACCEPT_PERCENT, "accept-percent", NULL },
	{ CXLTIER_A_POOL_WRITEBACK_PERCENT, "writeback-percent", NULL },
	{ CXLTIER_A_POOL_RATE, "rate", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr pool_node_attrs[] = {
	{ CXLTIER_A_POOL_NODE_NODE, "node", NULL },
	{ CXLTIER_A_POOL_NODE_USED, "used", NULL },
	{ CXLTIER_A_POOL_NODE_KEPT, "kept", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr area_attrs[] = {
	{ CXLTIER_A_AREA_TYPE, "type", NULL },
	{ CXLTIER_A_AREA_KIND, "kind", NULL },
	{ CXLTIER_A_AREA_PATH, "path", NULL },
	{ CXLTIER_A_AREA_SIZE, "size", NULL },
	{ CXLTIER_A_AREA_STORED, "stored", NULL },
	{ CXLTIER_A_AREA_ZSWAP, "zswap", NULL },
	{ CXLTIER_A_AREA_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr swap_device_attrs[] = {
	{ CXLTIER_A_SWAP_DEVICE_NUMBER, "number", NULL },
	{ CXLTIER_A_SWAP_DEVICE_SIZE, "size", NULL },
	{ CXLTIER_A_SWAP_DEVICE_RESERVED, "reserved", NULL },
	{ CXLTIER_A_SWAP_DEVICE_SWAP, "swap", NULL },
	{ CXLTIER_A_SWAP_DEVICE_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr counters_attrs[] = {
	{ CXLTIER_A_COUNTERS_OWNER, "owner", NULL },
	{ CXLTIER_A_COUNTERS_COUNTER, "counter", counter_attrs },
	{ 0, NULL, NULL },
};

static const struct names_attr counter_attrs[] = {
	{ CXLTIER_A_COUNTER_NAME, "name", NULL },
	{ CXLTIER_A_COUNTER_VALUE, "value", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr cgroup_attrs[] = {
	{ CXLTIER_A_CGROUP_ID, "id", NULL },
	{ CXLTIER_A_CGROUP_PATH, "path", NULL },
	{ CXLTIER_A_CGROUP_DELETED, "deleted", NULL },
	{ CXLTIER_A_CGROUP_STORED, "stored", NULL },
	{ CXLTIER_A_CGROUP_STORES, "stores", NULL },
	{ CXLTIER_A_CGROUP_LOADS, "loads", NULL },
	{ CXLTIER_A_CGROUP_REFUSED, "refused", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr mount_attrs[] = {
	{ CXLTIER_A_MOUNT_DEVICE, "device", NULL },
	{ CXLTIER_A_MOUNT_NAME, "name", NULL },
	{ CXLTIER_A_MOUNT_TYPE, "type", NULL },
	{ CXLTIER_A_MOUNT_STATE, "state", NULL },
	{ CXLTIER_A_MOUNT_HELD, "held", NULL },
	{ CXLTIER_A_MOUNT_QUOTA, "quota", NULL },
	{ CXLTIER_A_MOUNT_BUSY, "busy", NULL },
	{ CXLTIER_A_MOUNT_ERROR, "error", NULL },
	{ CXLTIER_A_MOUNT_FD, "fd", NULL },
	{ CXLTIER_A_MOUNT_CHANGE, "change", NULL },
	{ 0, NULL, NULL },
};

static const struct names_attr hook_attrs[] = {
	{ CXLTIER_A_HOOK_OWNER, "owner", NULL },
	{ CXLTIER_A_HOOK_FUNCTION, "function", NULL },
	{ CXLTIER_A_HOOK_STATE, "state", NULL },
	{ CXLTIER_A_HOOK_CALLS, "calls", NULL },
	{ 0, NULL, NULL },
};

const struct names_cmd names_cmds[] = {
	{ CXLTIER_CMD_DEVICE_GET, "device-get", device_attrs },
	{ CXLTIER_CMD_NODE_GET, "node-get", node_attrs },
	{ CXLTIER_CMD_NODE_DRAIN, "node-drain", node_attrs },
	{ CXLTIER_CMD_NODE_OPEN, "node-open", node_attrs },
	{ CXLTIER_CMD_GROUP_GET, "group-get", group_attrs },
	{ CXLTIER_CMD_GROUP_NEW, "group-new", group_attrs },
	{ CXLTIER_CMD_GROUP_SET, "group-set", group_attrs },
	{ CXLTIER_CMD_GROUP_DEL, "group-del", group_attrs },
	{ CXLTIER_CMD_POOL_GET, "pool-get", pool_attrs },
	{ CXLTIER_CMD_POOL_SET, "pool-set", pool_attrs },
	{ CXLTIER_CMD_AREA_GET, "area-get", area_attrs },
	{ CXLTIER_CMD_SWAP_DEVICE_GET, "swap-device-get", swap_device_attrs },
	{ CXLTIER_CMD_SWAP_DEVICE_NEW, "swap-device-new", swap_device_attrs },
	{ CXLTIER_CMD_SWAP_DEVICE_DEL, "swap-device-del", swap_device_attrs },
	{ CXLTIER_CMD_COUNTERS_GET, "counters-get", counters_attrs },
	{ CXLTIER_CMD_HOOK_GET, "hook-get", hook_attrs },
	{ CXLTIER_CMD_DEVICE_NTF, "device-ntf", device_attrs },
	{ CXLTIER_CMD_NODE_NTF, "node-ntf", node_attrs },
	{ CXLTIER_CMD_GROUP_NTF, "group-ntf", group_attrs },
	{ CXLTIER_CMD_POOL_NTF, "pool-ntf", pool_attrs },
	{ CXLTIER_CMD_AREA_NTF, "area-ntf", area_attrs },
	{ CXLTIER_CMD_SWAP_DEVICE_NTF, "swap-device-ntf", swap_device_attrs },
	{ CXLTIER_CMD_CGROUP_GET, "cgroup-get", cgroup_attrs },
	{ CXLTIER_CMD_MOUNT_GET, "mount-get", mount_attrs },
	{ CXLTIER_CMD_MOUNT_ADD, "mount-add", mount_attrs },
	{ CXLTIER_CMD_MOUNT_DEL, "mount-del", mount_attrs },
	{ CXLTIER_CMD_MOUNT_SET, "mount-set", mount_attrs },
	{ CXLTIER_CMD_MOUNT_FLUSH, "mount-flush", mount_attrs },
	{ CXLTIER_CMD_MOUNT_NTF, "mount-ntf", mount_attrs },
	{ 0, NULL, NULL },
};
