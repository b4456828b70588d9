/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libcxltier: CXL memory as the kernel modules cxlmeta, cxlswap and cxlcache have it, over the netlink family
 * "cxltier" (linux/cxltier.h explains what each figure means; the enums below are from there).
 *
 * Functions return 0, or a negative errno value; then cxltier_message() says what is wrong. Sizes
 * are bytes. What changes something needs CAP_NET_ADMIN: -EPERM without it. A context is for one
 * thread at a time.
 *
 * Structures are made by the library and given to callbacks, where they are valid until the
 * callback returns. Later versions add members at the end, and functions; nothing is taken away
 * within a soname. A callback that returns something else than 0 ends the list, which returns that.
 */
#ifndef CXLTIER_H
#define CXLTIER_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/cxltier.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cxltier;

/**
 * cxltier_open() - begin
 * @ctx: the context, to be ended with cxltier_close()
 *
 * Return: 0; -ENOENT: the module cxlmeta is not loaded, or this is another network namespace than
 *	the initial one; -EPROTO: its family is older than this library; other errors of sockets.
 *	*@ctx is NULL then.
 */
int cxltier_open(struct cxltier **ctx);

/**
 * cxltier_close() - end
 * @ctx: the context, or NULL
 */
void cxltier_close(struct cxltier *ctx);

/**
 * cxltier_message() - why the last function failed
 * @ctx: the context
 *
 * Return: a text without newline, valid until the next function is called; "" without error.
 */
const char *cxltier_message(const struct cxltier *ctx);

/* ---- what there is -------------------------------------------------------------------- */

/* Where something is not known. */
#define CXLTIER_UNKNOWN UINT32_MAX

/**
 * struct cxltier_device - a CXL device
 * @number: the N of cxlN
 * @home: its NUMA node, online or not; -1: unknown
 * @start: first physical address
 * @size: bytes
 * @state: enum cxltier_device_state
 * @source: a region's name, "reserved" or "node"
 * @socket: the nearest CPU package
 * @distance: from the nearest CPUs, or CXLTIER_UNKNOWN
 * @read_latency: ns, or CXLTIER_UNKNOWN
 * @write_latency: ns, or CXLTIER_UNKNOWN
 * @read_bandwidth: MiB/s, or CXLTIER_UNKNOWN
 * @write_bandwidth: MiB/s, or CXLTIER_UNKNOWN
 */
struct cxltier_device {
	uint32_t number;
	int32_t home;
	uint64_t start;
	uint64_t size;
	uint32_t state;
	const char *source;
	uint32_t socket;
	uint32_t distance;
	uint32_t read_latency;
	uint32_t write_latency;
	uint32_t read_bandwidth;
	uint32_t write_bandwidth;
};

/**
 * struct cxltier_plan - a pool's data on a node, and where it could go
 * @owner: the pool's
 * @used: bytes to move
 * @room_group: bytes free on other nodes of the group
 * @room_far: bytes free on other far nodes
 * @room_dram: bytes free in DRAM, if it may be used
 */
struct cxltier_plan {
	const char *owner;
	uint64_t used;
	uint64_t room_group;
	uint64_t room_far;
	uint64_t room_dram;
};

/**
 * struct cxltier_node - a NUMA node
 * @id: its number
 * @far: it is taken for CXL memory
 * @state: enum cxltier_node_state; what follows @used means something unless it is open
 * @size: bytes
 * @movable: bytes that can go offline again
 * @room: bytes that can be taken now
 * @used: bytes with data of pools
 * @rate_mb: the drain's limit in MiB/s, or 0
 * @drain_total: bytes at its beginning
 * @drain_moved: bytes moved
 * @drain_failed: bytes that fit nowhere
 * @nr_plans: pools with data there
 * @plans: for each of them
 */
struct cxltier_node {
	uint32_t id;
	bool far;
	uint32_t state;
	uint64_t size;
	uint64_t movable;
	uint64_t room;
	uint64_t used;
	uint32_t rate_mb;
	uint64_t drain_total;
	uint64_t drain_moved;
	uint64_t drain_failed;
	unsigned int nr_plans;
	const struct cxltier_plan *plans;
};

/**
 * struct cxltier_member - a node in a group
 * @node: the node
 * @weight: its share, 1 to 100
 */
struct cxltier_member {
	uint32_t node;
	uint32_t weight;
};

/**
 * struct cxltier_group - a group
 * @name: its name
 * @automatic: the topology makes it
 * @users: pools over it
 * @nr_members: nodes
 * @members: for each of them
 */
struct cxltier_group {
	const char *name;
	bool automatic;
	uint32_t users;
	unsigned int nr_members;
	const struct cxltier_member *members;
};

/**
 * struct cxltier_pool_node - a pool's part on a node
 * @node: the node
 * @used: bytes with data
 * @kept: bytes kept for reuse
 */
struct cxltier_pool_node {
	uint32_t node;
	uint64_t used;
	uint64_t kept;
};

/**
 * struct cxltier_pool - a pool
 * @owner: the module
 * @group: where its pages come from
 * @percent: its limit, in percent of @size
 * @limit: the same in bytes
 * @size: bytes of the group's nodes
 * @used: bytes with data
 * @held: bytes with data or kept for reuse
 * @moved: pages moved
 * @poisoned: pages whose memory failed
 * @nr_nodes: nodes
 * @nodes: for each of them
 * @accept_percent: part of @limit below which it takes pages again once it was full; as the others
 *	CXLTIER_UNKNOWN where the module has none
 * @writeback_percent: part of @limit above which pages are written back; 0: never
 * @writeback_rate_mb: the most MiB/s that are; 0: no limit
 */
struct cxltier_pool {
	const char *owner;
	const char *group;
	uint32_t percent;
	uint64_t limit;
	uint64_t size;
	uint64_t used;
	uint64_t held;
	uint64_t moved;
	uint64_t poisoned;
	unsigned int nr_nodes;
	const struct cxltier_pool_node *nodes;
	uint32_t accept_percent;
	uint32_t writeback_percent;
	uint32_t writeback_rate_mb;
};

/**
 * struct cxltier_area - a swap area that is served
 * @type: the kernel's number
 * @kind: enum cxltier_area_kind
 * @path: device or file
 * @size: bytes
 * @stored: bytes stored, values included
 * @zswap: zswap may have pages of it
 */
struct cxltier_area {
	uint32_t type;
	uint32_t kind;
	const char *path;
	uint64_t size;
	uint64_t stored;
	bool zswap;
};

/**
 * struct cxltier_swap_device - a block device
 * @number: the N of /dev/cxlswapN
 * @size: bytes
 * @reserved: it has all its pages
 * @swap: it is an active swap area
 */
struct cxltier_swap_device {
	uint32_t number;
	uint64_t size;
	bool reserved;
	bool swap;
};

/**
 * struct cxltier_counter - something counted
 * @owner: the module
 * @name: what
 * @value: how many
 */
struct cxltier_counter {
	const char *owner;
	const char *name;
	uint64_t value;
};

/**
 * struct cxltier_hook - a kernel function that is replaced
 * @owner: the module
 * @function: the function
 * @state: enum cxltier_hook_state
 * @calls: how often it was called
 */
struct cxltier_hook {
	const char *owner;
	const char *function;
	uint32_t state;
	uint64_t calls;
};

/**
 * struct cxltier_cgroup - a memory cgroup with pages that cxlswap stores, or did
 * @id: the kernel's number
 * @path: from the root of the hierarchy; "-": gone
 * @deleted: it was removed
 * @stored: bytes of CXL memory that its own pages take
 * @stores: pages stored so far
 * @loads: pages loaded so far
 * @refused: pages refused so far
 */
struct cxltier_cgroup {
	uint32_t id;
	const char *path;
	bool deleted;
	uint64_t stored;
	uint64_t stores;
	uint64_t loads;
	uint64_t refused;
};

/* Quotas of mounts: none, and what it was before. */
#define CXLTIER_QUOTA_NONE UINT64_MAX
#define CXLTIER_QUOTA_SAME (UINT64_MAX - 1)

/**
 * struct cxltier_mount - a mounted file system that cxlcache caches, or was told not to
 * @device: its device number, major << 20 | minor; as in /proc/self/mountinfo, not as of stat()
 * @name: the device
 * @type: the file system's
 * @state: enum cxltier_mount_state
 * @held: bytes of it that are held
 * @quota: the most bytes that are, or CXLTIER_QUOTA_NONE
 * @busy: something that was asked for goes on
 * @error: errno of the last try to switch it on, or 0
 */
struct cxltier_mount {
	uint32_t device;
	const char *name;
	const char *type;
	uint32_t state;
	uint64_t held;
	uint64_t quota;
	bool busy;
	uint32_t error;
};

/*
 * Lists. Each calls back for all objects of a kind, as they were at one time: a list that changes
 * while it is read is read again; -EAGAIN if it never stands still.
 */
int cxltier_devices(struct cxltier *ctx,
		    int (*fn)(const struct cxltier_device *device, void *arg), void *arg);
int cxltier_nodes(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_node *node, void *arg), void *arg);
int cxltier_groups(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_group *group, void *arg), void *arg);
int cxltier_pools(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_pool *pool, void *arg), void *arg);
int cxltier_areas(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_area *area, void *arg), void *arg);
int cxltier_swap_devices(struct cxltier *ctx,
			 int (*fn)(const struct cxltier_swap_device *device, void *arg),
			 void *arg);
int cxltier_counters(struct cxltier *ctx,
		     int (*fn)(const struct cxltier_counter *counter, void *arg), void *arg);
int cxltier_hooks(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_hook *hook, void *arg), void *arg);
int cxltier_cgroups(struct cxltier *ctx,
		    int (*fn)(const struct cxltier_cgroup *cgroup, void *arg), void *arg);

int cxltier_mounts(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_mount *mount, void *arg), void *arg);

/* ---- changes -------------------------------------------------------------------------- */

/**
 * cxltier_node_drain() - begin to move everything off a node
 * @ctx: the context
 * @node: the node
 * @rate_mb: at most so many MiB per second; 0: no limit
 *
 * It goes on after this returns; cxltier_nodes() and events tell how.
 *
 * Return: 0; -ENOENT: no such node; -EBUSY: it is being drained already.
 */
int cxltier_node_drain(struct cxltier *ctx, uint32_t node, uint32_t rate_mb);

/**
 * cxltier_node_open() - end a drain, also one that goes on, and let the node be used again
 * @ctx: the context
 * @node: the node
 *
 * Return: 0; -ENOENT: no such node; -EALREADY: it is open.
 */
int cxltier_node_open(struct cxltier *ctx, uint32_t node);

/**
 * cxltier_group_new() - make a group
 * @ctx: the context
 * @name: its name
 * @members: nodes with weights; weight 0 stands for 1
 * @nr_members: how many
 *
 * Return: 0; -EEXIST: there is one of that name; -EPERM: the name is the topology's; -EINVAL.
 */
int cxltier_group_new(struct cxltier *ctx, const char *name, const struct cxltier_member *members,
		      unsigned int nr_members);

/**
 * cxltier_group_set() - give a group other members
 * @ctx: the context
 * @name: its name
 * @members: as for cxltier_group_new()
 * @nr_members: how many
 *
 * Return: 0; -ENOENT: there is none of that name; -EPERM; -EINVAL.
 */
int cxltier_group_set(struct cxltier *ctx, const char *name, const struct cxltier_member *members,
		      unsigned int nr_members);

/**
 * cxltier_group_del() - remove a group
 * @ctx: the context
 * @name: its name
 *
 * Return: 0; -ENOENT: there is none of that name; -EBUSY: a pool is over it; -EPERM.
 */
int cxltier_group_del(struct cxltier *ctx, const char *name);

/**
 * cxltier_pool_set() - change a pool's group, limit or both
 * @ctx: the context
 * @owner: the module whose pool it is
 * @group: where pages come from, from now on; NULL: as it is
 * @percent: of the group's memory; negative: as it is
 *
 * Return: 0; -ENOENT: no such pool or group; -EINVAL.
 */
int cxltier_pool_set(struct cxltier *ctx, const char *owner, const char *group, int percent);

/**
 * cxltier_pool_set_writeback() - change when a pool's pages are written back, and when it takes others
 * @ctx: the context
 * @owner: the module whose pool it is
 * @accept_percent: see struct cxltier_pool; negative: as it is. As of the others
 * @writeback_percent: the same
 * @rate_mb: the same
 *
 * Return: 0; -ENOENT: no such pool; -EOPNOTSUPP: its module writes nothing back; -ERANGE.
 */
int cxltier_pool_set_writeback(struct cxltier *ctx, const char *owner, int accept_percent,
			       int writeback_percent, int rate_mb);

/**
 * cxltier_swap_device_new() - make a block device
 * @ctx: the context
 * @size: bytes, a multiple of 1 MiB
 * @number: the N of /dev/cxlswapN
 *
 * Return: 0; -EOPNOTSUPP: the module cxlswap is not loaded; -ENOSPC: beyond the limits; -EINVAL.
 */
int cxltier_swap_device_new(struct cxltier *ctx, uint64_t size, uint32_t *number);

/**
 * cxltier_swap_device_del() - remove a block device and what it holds
 * @ctx: the context
 * @number: the N of /dev/cxlswapN
 *
 * Return: 0; -ENOENT: there is none; -EBUSY: it is open or swapped to; -EOPNOTSUPP.
 */
int cxltier_swap_device_del(struct cxltier *ctx, uint32_t number);

/**
 * cxltier_mount_add() - begin to cache a mount's files
 * @ctx: the context
 * @fd: a file of it, open in any way (O_PATH)
 * @quota: bytes, or CXLTIER_QUOTA_*
 *
 * It goes on after this returns: until the mount is not busy any more.
 *
 * Return: 0; -EOPNOTSUPP: the module cxlcache is not loaded, or does not support the file system.
 */
int cxltier_mount_add(struct cxltier *ctx, int fd, uint64_t quota);

/**
 * cxltier_mount_del() - cache a mount's files no more
 * @ctx: the context
 * @fd: a file of it, open in any way
 *
 * What is held goes after this returns: until the mount is not busy any more.
 *
 * Return: as cxltier_mount_add().
 */
int cxltier_mount_del(struct cxltier *ctx, int fd);

/**
 * cxltier_mount_set_quota() - limit what is held of a mount
 * @ctx: the context
 * @fd: a file of it, open in any way
 * @quota: bytes, or CXLTIER_QUOTA_NONE. What is held beyond it goes with time
 *
 * Return: as cxltier_mount_add(); -ENOENT: it was neither added nor removed before.
 */
int cxltier_mount_set_quota(struct cxltier *ctx, int fd, uint64_t quota);

/**
 * cxltier_mount_flush() - begin to drop what is held
 * @ctx: the context
 * @fd: a file of the mount, open in any way; negative: of all mounts
 *
 * It goes on after this returns: until no such mount is busy any more.
 *
 * Return: as cxltier_mount_set_quota().
 */
int cxltier_mount_flush(struct cxltier *ctx, int fd);

/* ---- events --------------------------------------------------------------------------- */

/**
 * struct cxltier_event - what happened
 * @cmd: CXLTIER_CMD_*_NTF, which says what kind of object
 * @change: enum cxltier_change
 * @device: the object, as it is now; one of these is not NULL. As all of them
 * @node: the same
 * @group: the same
 * @pool: the same
 * @area: the same
 * @swap_device: the same
 * @mount: the same
 */
struct cxltier_event {
	uint32_t cmd;
	uint32_t change;
	const struct cxltier_device *device;
	const struct cxltier_node *node;
	const struct cxltier_group *group;
	const struct cxltier_pool *pool;
	const struct cxltier_area *area;
	const struct cxltier_swap_device *swap_device;
	const struct cxltier_mount *mount;
};

/**
 * cxltier_listen() - begin to hear of events
 * @ctx: the context
 *
 * Return: a file descriptor of the context's, to wait for with poll(); or a negative error.
 */
int cxltier_listen(struct cxltier *ctx);

/**
 * cxltier_events() - take the events that have come
 * @ctx: the context, which listens; does not wait
 * @fn: called for each
 * @arg: for @fn
 *
 * Return: 0; -ENOBUFS: some were lost, look at the objects again; -ENODEV: the module has gone, and
 *	nothing more comes.
 */
int cxltier_events(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_event *event, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* CXLTIER_H */
