// SPDX-License-Identifier: GPL-2.0
/*
 * libcxltier without a kernel, for golden tests of what cxltier prints: objects that never change,
 * with values of all lengths, unknown ones, and names that JSON and tables have to take care of.
 *
 * FAKE=none: the modules are not loaded; FAKE=old: they are older than the program; FAKE=nobody:
 * who asks may change nothing; FAKE=empty: there is nothing to show; FAKE=once: events come once, not
 * for ever. A swapoff does nothing; FAKE=full: there is no memory for it; FAKE=killed: it is killed;
 * FAKE=slow: it lasts until it is.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

struct cxltier {
	const char *message;
	int fd;
};

bool __wrap_is_module_loaded(const char *name);
void __wrap_cgroups_visit(const char *top, void (*visit)(const char *path, void *arg), void *arg);

static bool fake_is(const char *what)
{
	const char *fake = getenv("FAKE");

	return fake && !strcmp(fake, what);
}

/* Common code looks into sysfs, where the host has no such modules. */
bool __wrap_is_module_loaded(const char *name)
{
	(void)name;
	return !fake_is("none");
}

int __wrap_load_cxlswap(void);
int __wrap_load_cxlswap(void)
{
	return EXIT_FINE;
}

int __wrap_load_cxlcache(void);
int __wrap_load_cxlcache(void)
{
	return EXIT_FINE;
}

int __wrap_swapoff(const char *path);
int __wrap_swapoff(const char *path)
{
	(void)path;
	if (fake_is("killed"))
		raise(SIGKILL);
	errno = EINTR;
	if (fake_is("slow"))
		return pause();
	errno = ENOMEM;
	return fake_is("full") ? -1 : 0;
}

/* The host's cgroups are nobody's business. */
void __wrap_cgroups_visit(const char *top, void (*visit)(const char *path, void *arg), void *arg)
{
	(void)top;
	(void)visit;
	(void)arg;
}

int cxltier_open(struct cxltier **ctx)
{
	*ctx = NULL;
	if (fake_is("none"))
		return -ENOENT;
	if (fake_is("old"))
		return -EPROTO;
	*ctx = calloc(1, sizeof(**ctx));
	if (!*ctx)
		return -ENOMEM;
	(*ctx)->fd = -1;
	(*ctx)->message = "";
	return 0;
}

void cxltier_close(struct cxltier *ctx)
{
	if (ctx && ctx->fd >= 0)
		close(ctx->fd);
	free(ctx);
}

const char *cxltier_message(const struct cxltier *ctx)
{
	return ctx->message;
}

/* ---- what there is -------------------------------------------------------------------- */

static const struct cxltier_device devices[] = {
	{
		.number = 0, .home = 1, .start = 0x100000000, .size = 64 * GIB,
		.state = CXLTIER_DEVICE_STATE_ONLINE, .source = "region0", .socket = 0,
		.distance = 20, .read_latency = 250, .write_latency = 300, .read_bandwidth = 28000,
		.write_bandwidth = 14000,
	}, {
		.number = 1, .home = -1, .start = 0x2000000000, .size = 256 * MIB,
		.state = CXLTIER_DEVICE_STATE_OFFLINE, .source = "reserved", .socket = 1,
		.distance = CXLTIER_UNKNOWN, .read_latency = CXLTIER_UNKNOWN,
		.write_latency = CXLTIER_UNKNOWN, .read_bandwidth = CXLTIER_UNKNOWN,
		.write_bandwidth = CXLTIER_UNKNOWN,
	},
};

static const struct cxltier_plan plans[] = {
	{ .owner = "cxlswap", .used = 3 * GIB, .room_group = 2 * GIB, .room_far = GIB / 2 },
	{ .owner = "cxlcache", .used = 4096, .room_dram = 8 * GIB },
};

static const struct cxltier_node nodes[] = {
	{
		.id = 1, .far = true, .state = CXLTIER_NODE_STATE_DRAINING, .size = 64 * GIB,
		.movable = 64 * GIB, .room = 60 * GIB, .used = 3 * GIB + 4096, .rate_mb = 100,
		.drain_total = 4 * GIB, .drain_moved = GIB, .drain_failed = 4096, .nr_plans = 2,
		.plans = plans,
	}, {
		.id = 12, .far = false, .state = CXLTIER_NODE_STATE_OPEN, .size = 256 * MIB,
		.room = 1,
	},
};

static const struct cxltier_member members[] = {
	{ .node = 1, .weight = 3 }, { .node = 12, .weight = 100 },
};

static const struct cxltier_group groups[] = {
	{ .name = "cxl0", .automatic = true, .nr_members = 1, .members = members },
	{ .name = "both", .users = 2, .nr_members = 2, .members = members },
	{ .name = "empty", .users = 0 },
};

static const struct cxltier_pool_node pool_nodes[] = {
	{ .node = 1, .used = 3 * GIB, .kept = 512 * 4096 }, { .node = 12 },
};

static const struct cxltier_pool pools[] = {
	{
		.owner = "cxlswap", .group = "both", .percent = 20, .limit = 13 * GIB,
		.size = 64 * GIB + 256 * MIB, .used = 3 * GIB, .held = 3 * GIB + 2 * MIB,
		.moved = 12345, .poisoned = 2, .nr_nodes = 2, .nodes = pool_nodes,
		.accept_percent = 90, .writeback_percent = 95, .writeback_rate_mb = 0,
	}, {
		.owner = "cxlcache", .group = "default", .percent = 0,
		.accept_percent = CXLTIER_UNKNOWN, .writeback_percent = CXLTIER_UNKNOWN,
		.writeback_rate_mb = CXLTIER_UNKNOWN,
	},
};

static const struct cxltier_area areas[] = {
	{
		.type = 0, .kind = CXLTIER_AREA_KIND_DEVICE, .path = "/dev/cxlswap0", .size = 8 * GIB,
		.stored = 3 * GIB,
	}, {
		.type = 3, .kind = CXLTIER_AREA_KIND_TIER, .path = "/srv/\033[2J\"\303\244\"\302\233\377\n",
		.size = UINT64_MAX, .stored = 4096, .zswap = true,
	},
};

static const struct cxltier_swap_device swap_devices[] = {
	{ .number = 0, .size = 8 * GIB, .swap = true },
	{ .number = 15, .size = 16 * MIB, .reserved = true },
};

static const struct cxltier_counter counters[] = {
	{ .owner = "cxlswap", .name = "stores", .value = 1234567 },
	{ .owner = "cxlswap", .name = "loads", .value = UINT64_MAX },
	{ .owner = "cxlswap", .name = "pool_limit_hit", .value = 2 },
	{ .owner = "cxlswap", .name = "reject_alloc_fail", .value = 3 },
	{ .owner = "cxlcache", .name = "succ_gets", .value = 1000 },
	{ .owner = "cxlcache", .name = "failed_gets", .value = 10 },
};

static const struct cxltier_hook hooks[] = {
	{
		.owner = "cxlswap", .function = "zswap_store", .state = CXLTIER_HOOK_STATE_WORKING,
		.calls = 1,
	},
};

static const struct cxltier_cgroup cgroup_list[] = {
	{ .id = 7, .path = "/system.slice/redis.service", .stored = 2 * GIB,
	  .stores = 1048576, .loads = 524288, .refused = 12 },
	{ .id = 9, .path = "/user.slice/\033[2J\377", .stored = 4096, .stores = 1 },
	{ .id = 300, .path = "/gone", .deleted = true, .stored = 8192 },
};

/* Of no device of the host's. */
static const struct cxltier_mount mounts[] = {
	{
		.device = 0xfff00001, .name = "nvme0n1p2", .type = "ext4",
		.state = CXLTIER_MOUNT_STATE_ON, .held = 5 * GIB, .quota = CXLTIER_QUOTA_NONE,
	}, {
		.device = 0xfff00002, .name = "dm-\033[2J", .type = "btrfs",
		.state = CXLTIER_MOUNT_STATE_OFF, .held = 4096, .quota = 10 * GIB, .busy = true,
		.error = EBUSY,
	},
};

/* Each list calls back until somebody has had enough, as the library's do. */
#define LIST(_function, _type, _objects)						\
	int _function(struct cxltier *ctx, int (*fn)(const struct _type *, void *), void *arg)	\
	{										\
		size_t i, nr = fake_is("empty") ? 0 : sizeof(_objects) / sizeof((_objects)[0]);	\
		int err = 0;								\
											\
		(void)ctx;								\
		for (i = 0; i < nr && !err; i++)					\
			err = fn(&(_objects)[i], arg);					\
		return err;								\
	}

LIST(cxltier_devices, cxltier_device, devices)
LIST(cxltier_nodes, cxltier_node, nodes)
LIST(cxltier_groups, cxltier_group, groups)
LIST(cxltier_pools, cxltier_pool, pools)
LIST(cxltier_areas, cxltier_area, areas)
LIST(cxltier_swap_devices, cxltier_swap_device, swap_devices)
LIST(cxltier_counters, cxltier_counter, counters)
LIST(cxltier_hooks, cxltier_hook, hooks)
LIST(cxltier_cgroups, cxltier_cgroup, cgroup_list)
LIST(cxltier_mounts, cxltier_mount, mounts)

/* ---- changes -------------------------------------------------------------------------- */

static int change(struct cxltier *ctx)
{
	if (!fake_is("nobody"))
		return 0;
	ctx->message = "this needs CAP_NET_ADMIN, such as root has";
	return -EPERM;
}

int cxltier_node_drain(struct cxltier *ctx, uint32_t node, uint32_t rate_mb)
{
	(void)node;
	(void)rate_mb;
	return change(ctx);
}

int cxltier_node_open(struct cxltier *ctx, uint32_t node)
{
	(void)node;
	return change(ctx);
}

int cxltier_group_new(struct cxltier *ctx, const char *name, const struct cxltier_member *list,
		      unsigned int nr)
{
	(void)name;
	(void)list;
	(void)nr;
	return change(ctx);
}

int cxltier_group_set(struct cxltier *ctx, const char *name, const struct cxltier_member *list,
		      unsigned int nr)
{
	return cxltier_group_new(ctx, name, list, nr);
}

int cxltier_group_del(struct cxltier *ctx, const char *name)
{
	(void)name;
	return change(ctx);
}

int cxltier_pool_set(struct cxltier *ctx, const char *owner, const char *group, int percent)
{
	(void)owner;
	(void)group;
	(void)percent;
	return change(ctx);
}

int cxltier_pool_set_writeback(struct cxltier *ctx, const char *owner, int accept_percent,
			       int writeback_percent, int rate_mb)
{
	(void)owner;
	(void)accept_percent;
	(void)writeback_percent;
	(void)rate_mb;
	return change(ctx);
}

int cxltier_swap_device_new(struct cxltier *ctx, uint64_t size, uint32_t *number)
{
	(void)size;
	*number = 1;
	return change(ctx);
}

int cxltier_swap_device_del(struct cxltier *ctx, uint32_t number)
{
	(void)number;
	return change(ctx);
}

int cxltier_mount_add(struct cxltier *ctx, int fd, uint64_t quota)
{
	(void)fd;
	(void)quota;
	return change(ctx);
}

int cxltier_mount_del(struct cxltier *ctx, int fd)
{
	(void)fd;
	return change(ctx);
}

int cxltier_mount_set_quota(struct cxltier *ctx, int fd, uint64_t quota)
{
	(void)fd;
	(void)quota;
	return change(ctx);
}

int cxltier_mount_flush(struct cxltier *ctx, int fd)
{
	(void)fd;
	return change(ctx);
}

/* ---- events --------------------------------------------------------------------------- */

/* There is always something to read. */
int cxltier_listen(struct cxltier *ctx)
{
	ctx->fd = eventfd(1, EFD_CLOEXEC);
	return ctx->fd < 0 ? -errno : ctx->fd;
}

/* One of each kind, then again. */
int cxltier_events(struct cxltier *ctx, int (*fn)(const struct cxltier_event *event, void *arg),
		   void *arg)
{
	const struct cxltier_event events[] = {
		{ .change = CXLTIER_CHANGE_ADDED, .device = &devices[0] },
		{ .change = CXLTIER_CHANGE_PROGRESS, .node = &nodes[0] },
		{ .change = CXLTIER_CHANGE_CHANGED, .group = &groups[1] },
		{ .change = CXLTIER_CHANGE_FULL, .pool = &pools[0] },
		{ .change = CXLTIER_CHANGE_POISONED, .pool = &pools[0] },
		{ .change = CXLTIER_CHANGE_NEARLY_FULL, .pool = &pools[0] },
		{ .change = CXLTIER_CHANGE_STALLED, .pool = &pools[0] },
		{ .change = CXLTIER_CHANGE_ADDED, .area = &areas[0] },
		{ .change = CXLTIER_CHANGE_REMOVED, .swap_device = &swap_devices[1] },
		{ .change = CXLTIER_CHANGE_CHANGED, .mount = &mounts[1] },
	};
	uint64_t unused;
	size_t i;
	int err = 0;

	if (fake_is("once") && read(ctx->fd, &unused, sizeof(unused)) < 0)
		return -errno;
	for (i = 0; i < sizeof(events) / sizeof(events[0]) && !err; i++)
		err = fn(&events[i], arg);
	return err;
}
