/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Made from netlink/cxltier.yaml by scripts/netlink-gen: don't edit. */
/*
 * CXL memory: devices, nodes, groups, pools, swap, and a cache of files. Anyone in the initial
 * network namespace may get, dump and listen to the group "events". What changes something
 * needs CAP_NET_ADMIN in the initial user namespace. Attributes that a command does not know
 * are refused, as are wrong types and lengths; an error says which attribute and why (extended
 * ack). A dump is marked with NLM_F_DUMP_INTR if objects were added, removed or set meanwhile:
 * ask again. Sizes are bytes. Where nothing is said, an attribute is always there in answers.
 */
#ifndef _UAPI_LINUX_CXLTIER_H
#define _UAPI_LINUX_CXLTIER_H

#define CXLTIER_FAMILY_NAME "cxltier"
#define CXLTIER_FAMILY_VERSION 1
#define CXLTIER_MCGRP_EVENTS "events"

/**
 * enum cxltier_node_state - May pages be taken from a node?
 * @CXLTIER_NODE_STATE_OPEN: they may
 * @CXLTIER_NODE_STATE_DRAINING: they may not; what is there is being moved away
 * @CXLTIER_NODE_STATE_DRAINED: they may not; nothing is left there
 * @CXLTIER_NODE_STATE_FAILED: they may not; what is left there fits nowhere else
 */
enum cxltier_node_state {
	CXLTIER_NODE_STATE_OPEN = 0,
	CXLTIER_NODE_STATE_DRAINING,
	CXLTIER_NODE_STATE_DRAINED,
	CXLTIER_NODE_STATE_FAILED,

	/* private: */
	__CXLTIER_NODE_STATE_MAX,
	CXLTIER_NODE_STATE_MAX = (__CXLTIER_NODE_STATE_MAX - 1)
};

/**
 * enum cxltier_device_state - Is any memory of a device in use by the kernel?
 * @CXLTIER_DEVICE_STATE_OFFLINE: none
 * @CXLTIER_DEVICE_STATE_ONLINE: some or all
 */
enum cxltier_device_state {
	CXLTIER_DEVICE_STATE_OFFLINE = 0,
	CXLTIER_DEVICE_STATE_ONLINE,

	/* private: */
	__CXLTIER_DEVICE_STATE_MAX,
	CXLTIER_DEVICE_STATE_MAX = (__CXLTIER_DEVICE_STATE_MAX - 1)
};

/**
 * enum cxltier_area_kind - How a swap area is served.
 * @CXLTIER_AREA_KIND_TIER: in front of another swap device
 * @CXLTIER_AREA_KIND_DEVICE: it is a device of cxlswap
 */
enum cxltier_area_kind {
	CXLTIER_AREA_KIND_TIER = 0,
	CXLTIER_AREA_KIND_DEVICE,

	/* private: */
	__CXLTIER_AREA_KIND_MAX,
	CXLTIER_AREA_KIND_MAX = (__CXLTIER_AREA_KIND_MAX - 1)
};

/**
 * enum cxltier_hook_state - What is known of a replaced kernel function.
 * @CXLTIER_HOOK_STATE_ARMED: replaced, and not called yet
 * @CXLTIER_HOOK_STATE_WORKING: calls were seen
 * @CXLTIER_HOOK_STATE_BYPASSED: the kernel was seen to go around it
 */
enum cxltier_hook_state {
	CXLTIER_HOOK_STATE_ARMED = 0,
	CXLTIER_HOOK_STATE_WORKING,
	CXLTIER_HOOK_STATE_BYPASSED,

	/* private: */
	__CXLTIER_HOOK_STATE_MAX,
	CXLTIER_HOOK_STATE_MAX = (__CXLTIER_HOOK_STATE_MAX - 1)
};

/**
 * enum cxltier_mount_state - Are a mount's files cached?
 * @CXLTIER_MOUNT_STATE_OFF: no
 * @CXLTIER_MOUNT_STATE_WAITING: as soon as cxlcache is enabled and a regular file was seen
 *	there
 * @CXLTIER_MOUNT_STATE_ON: yes
 * @CXLTIER_MOUNT_STATE_STOPPED: no, as a cached page differed from the disk; until it is added
 *	again
 */
enum cxltier_mount_state {
	CXLTIER_MOUNT_STATE_OFF = 0,
	CXLTIER_MOUNT_STATE_WAITING,
	CXLTIER_MOUNT_STATE_ON,
	CXLTIER_MOUNT_STATE_STOPPED,

	/* private: */
	__CXLTIER_MOUNT_STATE_MAX,
	CXLTIER_MOUNT_STATE_MAX = (__CXLTIER_MOUNT_STATE_MAX - 1)
};

/**
 * enum cxltier_change - What an event tells.
 * @CXLTIER_CHANGE_ADDED: the object is new
 * @CXLTIER_CHANGE_REMOVED: the object is gone; only what names it is told
 * @CXLTIER_CHANGE_CHANGED: its settings or state have changed
 * @CXLTIER_CHANGE_PROGRESS: a drain goes on
 * @CXLTIER_CHANGE_FULL: a pool has reached its limit
 * @CXLTIER_CHANGE_POISONED: memory of a pool has failed
 * @CXLTIER_CHANGE_NEARLY_FULL: more than 90 percent of a pool's limit hold data, and less than
 *	80 did since it was told last
 * @CXLTIER_CHANGE_STALLED: a pool's pages are not written back, although they should be
 */
enum cxltier_change {
	CXLTIER_CHANGE_ADDED = 0,
	CXLTIER_CHANGE_REMOVED,
	CXLTIER_CHANGE_CHANGED,
	CXLTIER_CHANGE_PROGRESS,
	CXLTIER_CHANGE_FULL,
	CXLTIER_CHANGE_POISONED,
	CXLTIER_CHANGE_NEARLY_FULL,
	CXLTIER_CHANGE_STALLED,

	/* private: */
	__CXLTIER_CHANGE_MAX,
	CXLTIER_CHANGE_MAX = (__CXLTIER_CHANGE_MAX - 1)
};

/**
 * enum cxltier_device_attr - A range of CXL memory that goes offline and comes back as one.
 * @CXLTIER_A_DEVICE_NUMBER: the N of cxlN (u32)
 * @CXLTIER_A_DEVICE_START: first physical address (uint)
 * @CXLTIER_A_DEVICE_SIZE: bytes (uint)
 * @CXLTIER_A_DEVICE_HOME: the NUMA node that its memory belongs to, online or not (s32)
 * @CXLTIER_A_DEVICE_STATE: is it online? (u32)
 * @CXLTIER_A_DEVICE_SOURCE: what told of it, the name of a region of the CXL bus, "reserved"
 *	or "node" (string)
 * @CXLTIER_A_DEVICE_SOCKET: the nearest CPU package (u32)
 * @CXLTIER_A_DEVICE_DISTANCE: NUMA distance from the nearest CPUs; not without a node (u32)
 * @CXLTIER_A_DEVICE_READ_LATENCY: nanoseconds, as the firmware says; not where it does not
 *	(u32)
 * @CXLTIER_A_DEVICE_WRITE_LATENCY: nanoseconds, as the firmware says; not where it does not
 *	(u32)
 * @CXLTIER_A_DEVICE_READ_BANDWIDTH: MiB/s, as the firmware says; not where it does not (u32)
 * @CXLTIER_A_DEVICE_WRITE_BANDWIDTH: MiB/s, as the firmware says; not where it does not (u32)
 * @CXLTIER_A_DEVICE_CHANGE: in events (u32)
 */
enum cxltier_device_attr {
	CXLTIER_A_DEVICE_NUMBER = 1,
	CXLTIER_A_DEVICE_START,
	CXLTIER_A_DEVICE_SIZE,
	CXLTIER_A_DEVICE_HOME,
	CXLTIER_A_DEVICE_STATE,
	CXLTIER_A_DEVICE_SOURCE,
	CXLTIER_A_DEVICE_SOCKET,
	CXLTIER_A_DEVICE_DISTANCE,
	CXLTIER_A_DEVICE_READ_LATENCY,
	CXLTIER_A_DEVICE_WRITE_LATENCY,
	CXLTIER_A_DEVICE_READ_BANDWIDTH,
	CXLTIER_A_DEVICE_WRITE_BANDWIDTH,
	CXLTIER_A_DEVICE_CHANGE,

	/* private: */
	__CXLTIER_A_DEVICE_MAX,
	CXLTIER_A_DEVICE_MAX = (__CXLTIER_A_DEVICE_MAX - 1)
};

/**
 * enum cxltier_node_attr - A NUMA node that is CXL memory, or that pools have pages on.
 * @CXLTIER_A_NODE_ID: its number (u32, at most 1023)
 * @CXLTIER_A_NODE_FAR: it is taken for CXL memory (flag)
 * @CXLTIER_A_NODE_STATE: may pages be taken from it? (u32)
 * @CXLTIER_A_NODE_SIZE: bytes that the kernel manages there (uint)
 * @CXLTIER_A_NODE_MOVABLE: of those, bytes that can go offline again (uint)
 * @CXLTIER_A_NODE_ROOM: bytes that pools can take there now (uint)
 * @CXLTIER_A_NODE_USED: bytes that hold pools' data (uint)
 * @CXLTIER_A_NODE_RATE: the limit of the drain in MiB/s, 0 for none; only of a node that is
 *	not open (u32, at most 1048576)
 * @CXLTIER_A_NODE_DRAIN_TOTAL: bytes that were there when the drain began; as rate (uint)
 * @CXLTIER_A_NODE_DRAIN_MOVED: bytes that the drain has moved; as rate (uint)
 * @CXLTIER_A_NODE_DRAIN_FAILED: bytes for which the drain found no room; as rate (uint)
 * @CXLTIER_A_NODE_PLAN: per pool with data there, what a drain has before it
 *	(CXLTIER_A_PLAN_*)
 * @CXLTIER_A_NODE_CHANGE: in events (u32)
 */
enum cxltier_node_attr {
	CXLTIER_A_NODE_ID = 1,
	CXLTIER_A_NODE_FAR,
	CXLTIER_A_NODE_STATE,
	CXLTIER_A_NODE_SIZE,
	CXLTIER_A_NODE_MOVABLE,
	CXLTIER_A_NODE_ROOM,
	CXLTIER_A_NODE_USED,
	CXLTIER_A_NODE_RATE,
	CXLTIER_A_NODE_DRAIN_TOTAL,
	CXLTIER_A_NODE_DRAIN_MOVED,
	CXLTIER_A_NODE_DRAIN_FAILED,
	CXLTIER_A_NODE_PLAN,
	CXLTIER_A_NODE_CHANGE,

	/* private: */
	__CXLTIER_A_NODE_MAX,
	CXLTIER_A_NODE_MAX = (__CXLTIER_A_NODE_MAX - 1)
};

/**
 * enum cxltier_plan_attr - A pool's data on a node, and where it could go.
 * @CXLTIER_A_PLAN_OWNER: the pool's (string)
 * @CXLTIER_A_PLAN_USED: bytes to move (uint)
 * @CXLTIER_A_PLAN_ROOM_GROUP: bytes free on other nodes of the pool's group (uint)
 * @CXLTIER_A_PLAN_ROOM_FAR: bytes free on other far nodes (uint)
 * @CXLTIER_A_PLAN_ROOM_DRAM: bytes free on nodes with CPUs, if spill_to_dram allows it (uint)
 */
enum cxltier_plan_attr {
	CXLTIER_A_PLAN_OWNER = 1,
	CXLTIER_A_PLAN_USED,
	CXLTIER_A_PLAN_ROOM_GROUP,
	CXLTIER_A_PLAN_ROOM_FAR,
	CXLTIER_A_PLAN_ROOM_DRAM,

	/* private: */
	__CXLTIER_A_PLAN_MAX,
	CXLTIER_A_PLAN_MAX = (__CXLTIER_A_PLAN_MAX - 1)
};

/**
 * enum cxltier_group_attr - Nodes with weights, that pools interleave over.
 * @CXLTIER_A_GROUP_NAME: letters, digits, '.', '_' and '-' (string, at most 31 bytes)
 * @CXLTIER_A_GROUP_AUTOMATIC: the machine's topology makes it, nobody can change it (flag)
 * @CXLTIER_A_GROUP_USERS: pools over it (u32)
 * @CXLTIER_A_GROUP_MEMBER: one for each node; none if the group has none now
 *	(CXLTIER_A_MEMBER_*)
 * @CXLTIER_A_GROUP_CHANGE: in events (u32)
 */
enum cxltier_group_attr {
	CXLTIER_A_GROUP_NAME = 1,
	CXLTIER_A_GROUP_AUTOMATIC,
	CXLTIER_A_GROUP_USERS,
	CXLTIER_A_GROUP_MEMBER,
	CXLTIER_A_GROUP_CHANGE,

	/* private: */
	__CXLTIER_A_GROUP_MAX,
	CXLTIER_A_GROUP_MAX = (__CXLTIER_A_GROUP_MAX - 1)
};

/**
 * enum cxltier_member_attr - A node's part in a group.
 * @CXLTIER_A_MEMBER_NODE: the NUMA node (u32, at most 1023)
 * @CXLTIER_A_MEMBER_WEIGHT: its share of the group's pages, in parts; 1 if none is given (u32,
 *	at least 1, at most 100)
 */
enum cxltier_member_attr {
	CXLTIER_A_MEMBER_NODE = 1,
	CXLTIER_A_MEMBER_WEIGHT,

	/* private: */
	__CXLTIER_A_MEMBER_MAX,
	CXLTIER_A_MEMBER_MAX = (__CXLTIER_A_MEMBER_MAX - 1)
};

/**
 * enum cxltier_pool_attr - The pages that a module has from cxlmeta.
 * @CXLTIER_A_POOL_OWNER: the module (string, at most 31 bytes)
 * @CXLTIER_A_POOL_GROUP: where its pages come from (string, at most 31 bytes)
 * @CXLTIER_A_POOL_PERCENT: its limit, in percent of the group's memory (u32, at most 100)
 * @CXLTIER_A_POOL_LIMIT: the same in bytes (uint)
 * @CXLTIER_A_POOL_SIZE: bytes that the group's nodes have (uint)
 * @CXLTIER_A_POOL_USED: bytes that hold data (uint)
 * @CXLTIER_A_POOL_HELD: bytes that hold data or are kept for reuse (uint)
 * @CXLTIER_A_POOL_MOVED: pages that were moved, since it was made (uint)
 * @CXLTIER_A_POOL_POISONED: pages whose memory failed, since it was made (uint)
 * @CXLTIER_A_POOL_NODE: one for each node of the group or with pages of the pool
 *	(CXLTIER_A_POOL_NODE_*)
 * @CXLTIER_A_POOL_CHANGE: in events (u32)
 * @CXLTIER_A_POOL_ACCEPT_PERCENT: part of the limit below which a full pool takes pages again;
 *	cxlswap's alone (u32, at most 100)
 * @CXLTIER_A_POOL_WRITEBACK_PERCENT: part of the limit above which pages are written back, 0
 *	for never; cxlswap's alone (u32, at most 100)
 * @CXLTIER_A_POOL_RATE: the most MiB/s that are written back, 0 for no limit; cxlswap's alone
 *	(u32, at most 1048576)
 */
enum cxltier_pool_attr {
	CXLTIER_A_POOL_OWNER = 1,
	CXLTIER_A_POOL_GROUP,
	CXLTIER_A_POOL_PERCENT,
	CXLTIER_A_POOL_LIMIT,
	CXLTIER_A_POOL_SIZE,
	CXLTIER_A_POOL_USED,
	CXLTIER_A_POOL_HELD,
	CXLTIER_A_POOL_MOVED,
	CXLTIER_A_POOL_POISONED,
	CXLTIER_A_POOL_NODE,
	CXLTIER_A_POOL_CHANGE,
	CXLTIER_A_POOL_ACCEPT_PERCENT,
	CXLTIER_A_POOL_WRITEBACK_PERCENT,
	CXLTIER_A_POOL_RATE,

	/* private: */
	__CXLTIER_A_POOL_MAX,
	CXLTIER_A_POOL_MAX = (__CXLTIER_A_POOL_MAX - 1)
};

/**
 * enum cxltier_pool_node_attr - A pool's pages on a node.
 * @CXLTIER_A_POOL_NODE_NODE: the NUMA node (u32)
 * @CXLTIER_A_POOL_NODE_USED: bytes that hold data (uint)
 * @CXLTIER_A_POOL_NODE_KEPT: bytes kept for reuse, those of the CPUs not counted (uint)
 */
enum cxltier_pool_node_attr {
	CXLTIER_A_POOL_NODE_NODE = 1,
	CXLTIER_A_POOL_NODE_USED,
	CXLTIER_A_POOL_NODE_KEPT,

	/* private: */
	__CXLTIER_A_POOL_NODE_MAX,
	CXLTIER_A_POOL_NODE_MAX = (__CXLTIER_A_POOL_NODE_MAX - 1)
};

/**
 * enum cxltier_area_attr - An active swap area that cxlswap serves.
 * @CXLTIER_A_AREA_TYPE: the kernel's number of it (u32, at most 31)
 * @CXLTIER_A_AREA_KIND: how it is served (u32)
 * @CXLTIER_A_AREA_PATH: the device or file (string)
 * @CXLTIER_A_AREA_SIZE: bytes (uint)
 * @CXLTIER_A_AREA_STORED: bytes of it that are stored, as pages that take memory or as values
 *	(uint)
 * @CXLTIER_A_AREA_ZSWAP: zswap has pages of it, or may have (flag)
 * @CXLTIER_A_AREA_CHANGE: in events (u32)
 */
enum cxltier_area_attr {
	CXLTIER_A_AREA_TYPE = 1,
	CXLTIER_A_AREA_KIND,
	CXLTIER_A_AREA_PATH,
	CXLTIER_A_AREA_SIZE,
	CXLTIER_A_AREA_STORED,
	CXLTIER_A_AREA_ZSWAP,
	CXLTIER_A_AREA_CHANGE,

	/* private: */
	__CXLTIER_A_AREA_MAX,
	CXLTIER_A_AREA_MAX = (__CXLTIER_A_AREA_MAX - 1)
};

/**
 * enum cxltier_swap_device_attr - A block device of cxlswap's.
 * @CXLTIER_A_SWAP_DEVICE_NUMBER: the N of /dev/cxlswapN (u32, at most 15)
 * @CXLTIER_A_SWAP_DEVICE_SIZE: bytes, a multiple of 1 MiB (uint, at least 1048576)
 * @CXLTIER_A_SWAP_DEVICE_RESERVED: it has all its pages from the start (flag)
 * @CXLTIER_A_SWAP_DEVICE_SWAP: it is an active swap area (flag)
 * @CXLTIER_A_SWAP_DEVICE_CHANGE: in events (u32)
 */
enum cxltier_swap_device_attr {
	CXLTIER_A_SWAP_DEVICE_NUMBER = 1,
	CXLTIER_A_SWAP_DEVICE_SIZE,
	CXLTIER_A_SWAP_DEVICE_RESERVED,
	CXLTIER_A_SWAP_DEVICE_SWAP,
	CXLTIER_A_SWAP_DEVICE_CHANGE,

	/* private: */
	__CXLTIER_A_SWAP_DEVICE_MAX,
	CXLTIER_A_SWAP_DEVICE_MAX = (__CXLTIER_A_SWAP_DEVICE_MAX - 1)
};

/**
 * enum cxltier_counters_attr - What a module has counted.
 * @CXLTIER_A_COUNTERS_OWNER: the module (string)
 * @CXLTIER_A_COUNTERS_COUNTER: one for each (CXLTIER_A_COUNTER_*)
 */
enum cxltier_counters_attr {
	CXLTIER_A_COUNTERS_OWNER = 1,
	CXLTIER_A_COUNTERS_COUNTER,

	/* private: */
	__CXLTIER_A_COUNTERS_MAX,
	CXLTIER_A_COUNTERS_MAX = (__CXLTIER_A_COUNTERS_MAX - 1)
};

/**
 * enum cxltier_counter_attr - One number.
 * @CXLTIER_A_COUNTER_NAME: as in the module's directory of debugfs, where docs explain it
 *	(string)
 * @CXLTIER_A_COUNTER_VALUE: now (uint)
 */
enum cxltier_counter_attr {
	CXLTIER_A_COUNTER_NAME = 1,
	CXLTIER_A_COUNTER_VALUE,

	/* private: */
	__CXLTIER_A_COUNTER_MAX,
	CXLTIER_A_COUNTER_MAX = (__CXLTIER_A_COUNTER_MAX - 1)
};

/**
 * enum cxltier_cgroup_attr - A memory cgroup that pages stored by cxlswap are, or were, charged to.
 * @CXLTIER_A_CGROUP_ID: the kernel's number of it; another cgroup's when this one is long gone
 *	(u32)
 * @CXLTIER_A_CGROUP_PATH: from the root of the hierarchy; "-" if it is gone (string)
 * @CXLTIER_A_CGROUP_DELETED: it was removed, and has pages yet (flag)
 * @CXLTIER_A_CGROUP_STORED: bytes of CXL memory that its own pages take, those of cgroups
 *	below it not counted (uint)
 * @CXLTIER_A_CGROUP_STORES: its own pages stored so far, same-filled ones included (uint)
 * @CXLTIER_A_CGROUP_LOADS: pages loaded so far, into memory that is charged to it (uint)
 * @CXLTIER_A_CGROUP_REFUSED: its own pages refused so far (uint)
 */
enum cxltier_cgroup_attr {
	CXLTIER_A_CGROUP_ID = 1,
	CXLTIER_A_CGROUP_PATH,
	CXLTIER_A_CGROUP_DELETED,
	CXLTIER_A_CGROUP_STORED,
	CXLTIER_A_CGROUP_STORES,
	CXLTIER_A_CGROUP_LOADS,
	CXLTIER_A_CGROUP_REFUSED,

	/* private: */
	__CXLTIER_A_CGROUP_MAX,
	CXLTIER_A_CGROUP_MAX = (__CXLTIER_A_CGROUP_MAX - 1)
};

/**
 * enum cxltier_mount_attr - A mounted file system that was switched on or off for cxlcache.
 * @CXLTIER_A_MOUNT_DEVICE: its device number, major << 20 | minor (u32)
 * @CXLTIER_A_MOUNT_NAME: the device (string)
 * @CXLTIER_A_MOUNT_TYPE: the file system's (string)
 * @CXLTIER_A_MOUNT_STATE: is it cached? (u32)
 * @CXLTIER_A_MOUNT_HELD: bytes of it that are held (uint)
 * @CXLTIER_A_MOUNT_QUOTA: the most bytes that are held, not there without a limit; 2^64-1
 *	takes it away (uint)
 * @CXLTIER_A_MOUNT_BUSY: something that was asked for goes on (flag)
 * @CXLTIER_A_MOUNT_ERROR: errno of the last try to switch it on; not there if it went well
 *	(u32)
 * @CXLTIER_A_MOUNT_FD: in requests, a file of the asker's in it, open in any way (u32)
 * @CXLTIER_A_MOUNT_CHANGE: in events (u32)
 */
enum cxltier_mount_attr {
	CXLTIER_A_MOUNT_DEVICE = 1,
	CXLTIER_A_MOUNT_NAME,
	CXLTIER_A_MOUNT_TYPE,
	CXLTIER_A_MOUNT_STATE,
	CXLTIER_A_MOUNT_HELD,
	CXLTIER_A_MOUNT_QUOTA,
	CXLTIER_A_MOUNT_BUSY,
	CXLTIER_A_MOUNT_ERROR,
	CXLTIER_A_MOUNT_FD,
	CXLTIER_A_MOUNT_CHANGE,

	/* private: */
	__CXLTIER_A_MOUNT_MAX,
	CXLTIER_A_MOUNT_MAX = (__CXLTIER_A_MOUNT_MAX - 1)
};

/**
 * enum cxltier_hook_attr - A kernel function that is replaced or observed.
 * @CXLTIER_A_HOOK_OWNER: the module (string)
 * @CXLTIER_A_HOOK_FUNCTION: the kernel's (string)
 * @CXLTIER_A_HOOK_STATE: what is known of it (u32)
 * @CXLTIER_A_HOOK_CALLS: how often it was called (uint)
 */
enum cxltier_hook_attr {
	CXLTIER_A_HOOK_OWNER = 1,
	CXLTIER_A_HOOK_FUNCTION,
	CXLTIER_A_HOOK_STATE,
	CXLTIER_A_HOOK_CALLS,

	/* private: */
	__CXLTIER_A_HOOK_MAX,
	CXLTIER_A_HOOK_MAX = (__CXLTIER_A_HOOK_MAX - 1)
};

/**
 * enum cxltier_cmd - operations
 * @CXLTIER_CMD_DEVICE_GET: CXL devices. -ENOENT if there is none of that number. Do: number.
 *	Dump.
 * @CXLTIER_CMD_NODE_GET: Far nodes, and those with pages of a pool. -ENOENT if the node is
 *	neither. Do: id. Dump.
 * @CXLTIER_CMD_NODE_DRAIN: Begin to move everything off a node, at a rate if one is given, and
 *	take nothing from it any more. It goes on after the answer; events tell how. -ENOENT if the
 *	node has no memory, -EBUSY while it is being drained. Do: id, rate. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_NODE_OPEN: End a node's drain, also one that goes on, and let pages be taken
 *	from it. What was moved stays where it is. -ENOENT if the node has no memory, -EALREADY if
 *	it is open. Do: id. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_GROUP_GET: Groups. -ENOENT if there is none of that name. Do: name. Dump.
 * @CXLTIER_CMD_GROUP_NEW: Make a group. -EEXIST if there is one of that name, -EPERM for names
 *	of the topology's. Do: name, member. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_GROUP_SET: Give a group other members; pools over it follow. -ENOENT if there
 *	is none of that name, -EPERM for names of the topology's. Do: name, member. Needs
 *	CAP_NET_ADMIN.
 * @CXLTIER_CMD_GROUP_DEL: Remove a group. -ENOENT if there is none of that name, -EBUSY while
 *	a pool is over it, -EPERM for names of the topology's. Do: name. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_POOL_GET: Pools. -ENOENT if the module has none. Do: owner. Dump.
 * @CXLTIER_CMD_POOL_SET: Change where a pool takes pages from now on, its limit, or its
 *	thresholds: all that is given, or nothing. What lies beyond it stays. -ENOENT if there is no
 *	such pool or group, -EOPNOTSUPP if its module has no thresholds. Do: owner, group, percent,
 *	accept-percent, writeback-percent, rate. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_AREA_GET: Swap areas that cxlswap serves. -ENOENT if it serves none of that
 *	type. Do: type. Dump.
 * @CXLTIER_CMD_SWAP_DEVICE_GET: Block devices of cxlswap. -ENOENT if there is none of that
 *	number. Do: number. Dump.
 * @CXLTIER_CMD_SWAP_DEVICE_NEW: Make a block device and answer with its number. -EOPNOTSUPP
 *	while cxlswap is not loaded, -ENOSPC if all devices together were larger than the pool's
 *	limit, or there are 16 already. Do: size. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_SWAP_DEVICE_DEL: Remove a block device, and what it holds. -EOPNOTSUPP while
 *	cxlswap is not loaded, -ENOENT if there is none of that number, -EBUSY while it is open or
 *	swapped to. Do: number. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_COUNTERS_GET: What the modules have counted. Dump.
 * @CXLTIER_CMD_HOOK_GET: Kernel functions that are replaced or observed. Dump.
 * @CXLTIER_CMD_DEVICE_NTF: A device was added, removed, or went on- or offline. Event.
 * @CXLTIER_CMD_NODE_NTF: A node was closed or opened, or its drain goes on or has ended, as
 *	its state says. Event.
 * @CXLTIER_CMD_GROUP_NTF: A group was added, removed, or has other members. Event.
 * @CXLTIER_CMD_POOL_NTF: A pool was added, removed or set, is full or nearly so, has lost
 *	memory, or is not written back. Those that last are told again every 10 seconds, but for
 *	nearly-full. Event.
 * @CXLTIER_CMD_AREA_NTF: A swap area is served from now on, or no more. Event.
 * @CXLTIER_CMD_SWAP_DEVICE_NTF: A block device was added or removed. Event.
 * @CXLTIER_CMD_CGROUP_GET: Memory cgroups that have pages stored, or had and are there. One
 *	that gets its first meanwhile may be missed. Dump. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_MOUNT_GET: Mounts that were switched on or off. -ENOENT if the device is no
 *	such mount's. Do: device. Dump.
 * @CXLTIER_CMD_MOUNT_ADD: Begin to cache a mount's files. It goes on after the answer; events
 *	tell how. If cxlcache is not enabled this enables it, for mounts that were added.
 *	-EOPNOTSUPP while cxlcache is not loaded, and for file systems that it does not support,
 *	-EBADF if the file is not open. Do: quota, fd. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_MOUNT_DEL: Cache a mount's files no more. None is from now on; what is held
 *	goes after the answer. Errors as of mount-add. Do: fd. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_MOUNT_SET: Set a mount's quota. What is held beyond it goes with time. -ENOENT
 *	if it was not switched on or off before; others as of mount-add. Do: quota, fd. Needs
 *	CAP_NET_ADMIN.
 * @CXLTIER_CMD_MOUNT_FLUSH: Begin to drop what is held of a mount, or of all without a file.
 *	Errors as of mount-set. Do: fd. Needs CAP_NET_ADMIN.
 * @CXLTIER_CMD_MOUNT_NTF: A mount is known or gone, was switched on or off, or what was asked
 *	for is done. Event.
 */
enum cxltier_cmd {
	CXLTIER_CMD_DEVICE_GET = 1,
	CXLTIER_CMD_NODE_GET,
	CXLTIER_CMD_NODE_DRAIN,
	CXLTIER_CMD_NODE_OPEN,
	CXLTIER_CMD_GROUP_GET,
	CXLTIER_CMD_GROUP_NEW,
	CXLTIER_CMD_GROUP_SET,
	CXLTIER_CMD_GROUP_DEL,
	CXLTIER_CMD_POOL_GET,
	CXLTIER_CMD_POOL_SET,
	CXLTIER_CMD_AREA_GET,
	CXLTIER_CMD_SWAP_DEVICE_GET,
	CXLTIER_CMD_SWAP_DEVICE_NEW,
	CXLTIER_CMD_SWAP_DEVICE_DEL,
	CXLTIER_CMD_COUNTERS_GET,
	CXLTIER_CMD_HOOK_GET,
	CXLTIER_CMD_DEVICE_NTF,
	CXLTIER_CMD_NODE_NTF,
	CXLTIER_CMD_GROUP_NTF,
	CXLTIER_CMD_POOL_NTF,
	CXLTIER_CMD_AREA_NTF,
	CXLTIER_CMD_SWAP_DEVICE_NTF,
	CXLTIER_CMD_CGROUP_GET,
	CXLTIER_CMD_MOUNT_GET,
	CXLTIER_CMD_MOUNT_ADD,
	CXLTIER_CMD_MOUNT_DEL,
	CXLTIER_CMD_MOUNT_SET,
	CXLTIER_CMD_MOUNT_FLUSH,
	CXLTIER_CMD_MOUNT_NTF,

	/* private: */
	__CXLTIER_CMD_MAX,
	CXLTIER_CMD_MAX = (__CXLTIER_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_CXLTIER_H */
