// SPDX-License-Identifier: GPL-2.0
/* What the kernel has, as JSON; docs/json.md explains it. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "ctl.h"

/**
 * ask_failed() - complain about the last error, and end asking
 * @ctx: the context
 *
 * Return: EXIT_WRONG.
 */
int ask_failed(struct cxltier *ctx)
{
	complain("%s", cxltier_message(ctx));
	cxltier_close(ctx);
	return EXIT_WRONG;
}

/* ---- making objects ------------------------------------------------------------------- */

static void put_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

/* null where it is not known */
static void put_known(struct json_object *object, const char *key, uint32_t value)
{
	json_object_object_add(object, key, value == CXLTIER_UNKNOWN ? NULL :
			       json_object_new_int64(value));
}

static void put_text(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_text(value));
}

static void put_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static const char *name_of(const char *const *names, unsigned int nr, uint32_t value)
{
	return value < nr ? names[value] : "unknown";
}

#define NAME_OF(_names, _value) name_of(_names, sizeof(_names) / sizeof((_names)[0]), _value)

static const char *const device_states[] = { "offline", "online" };
static const char *const node_states[] = { "open", "draining", "drained", "failed" };
static const char *const area_kinds[] = { "tier", "device" };
static const char *const mount_states[] = { "off", "waiting", "on", "stopped" };
static const char *const hook_states[] = { "armed", "working", "bypassed" };
static const char *const changes[] = {
	"added", "removed", "changed", "progress", "full", "poisoned", "nearly-full", "stalled",
};

static struct json_object *object_of_device(const struct cxltier_device *device)
{
	struct json_object *object = json_object_new_object();
	char name[16];

	snprintf(name, sizeof(name), "cxl%" PRIu32, device->number);
	put_text(object, "name", name);
	put_text(object, "state", NAME_OF(device_states, device->state));
	put_number(object, "start", device->start);
	put_number(object, "size", device->size);
	json_object_object_add(object, "node", json_object_new_int64(device->home));
	put_number(object, "socket", device->socket);
	put_text(object, "source", device->source);
	put_known(object, "distance", device->distance);
	put_known(object, "read_latency_ns", device->read_latency);
	put_known(object, "write_latency_ns", device->write_latency);
	put_known(object, "read_bandwidth_mb", device->read_bandwidth);
	put_known(object, "write_bandwidth_mb", device->write_bandwidth);
	return object;
}

static struct json_object *object_of_plan(const struct cxltier_plan *plan)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "owner", plan->owner);
	put_number(object, "used", plan->used);
	put_number(object, "room_group", plan->room_group);
	put_number(object, "room_far", plan->room_far);
	put_number(object, "room_dram", plan->room_dram);
	put_bool(object, "fits",
		 plan->used <= plan->room_group + plan->room_far + plan->room_dram);
	return object;
}

static struct json_object *object_of_node(const struct cxltier_node *node)
{
	struct json_object *object = json_object_new_object();
	struct json_object *plans = json_object_new_array();
	unsigned int i;

	put_number(object, "node", node->id);
	put_bool(object, "far", node->far);
	put_text(object, "state", NAME_OF(node_states, node->state));
	put_number(object, "size", node->size);
	put_number(object, "movable", node->movable);
	put_number(object, "room", node->room);
	put_number(object, "used", node->used);
	if (node->state != CXLTIER_NODE_STATE_OPEN) {
		put_number(object, "rate_mb", node->rate_mb);
		put_number(object, "drain_total", node->drain_total);
		put_number(object, "drain_moved", node->drain_moved);
		put_number(object, "drain_failed", node->drain_failed);
	}
	for (i = 0; i < node->nr_plans; i++)
		json_object_array_add(plans, object_of_plan(&node->plans[i]));
	json_object_object_add(object, "plan", plans);
	return object;
}

static struct json_object *object_of_group(const struct cxltier_group *group)
{
	struct json_object *object = json_object_new_object();
	struct json_object *members = json_object_new_array(), *member;
	char text[4096] = "";
	unsigned int i;

	put_text(object, "name", group->name);
	put_bool(object, "automatic", group->automatic);
	put_number(object, "users", group->users);
	for (i = 0; i < group->nr_members; i++) {
		member = json_object_new_object();
		put_number(member, "node", group->members[i].node);
		put_number(member, "weight", group->members[i].weight);
		json_object_array_add(members, member);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u:%u",
			 i ? "," : "", group->members[i].node, group->members[i].weight);
	}
	put_text(object, "members", text);
	json_object_object_add(object, "nodes", members);
	return object;
}

static struct json_object *object_of_pool(const struct cxltier_pool *pool)
{
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *node;
	unsigned int i;

	put_text(object, "owner", pool->owner);
	put_text(object, "group", pool->group);
	put_number(object, "percent", pool->percent);
	put_number(object, "limit", pool->limit);
	put_number(object, "size", pool->size);
	put_number(object, "used", pool->used);
	put_number(object, "held", pool->held);
	put_number(object, "moved_pages", pool->moved);
	put_number(object, "poisoned_pages", pool->poisoned);
	for (i = 0; i < pool->nr_nodes; i++) {
		node = json_object_new_object();
		put_number(node, "node", pool->nodes[i].node);
		put_number(node, "used", pool->nodes[i].used);
		put_number(node, "kept", pool->nodes[i].kept);
		json_object_array_add(nodes, node);
	}
	json_object_object_add(object, "nodes", nodes);
	put_known(object, "accept_percent", pool->accept_percent);
	put_known(object, "writeback_percent", pool->writeback_percent);
	put_known(object, "writeback_rate_mb", pool->writeback_rate_mb);
	return object;
}

static struct json_object *object_of_area(const struct cxltier_area *area)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "path", area->path);
	put_text(object, "kind", NAME_OF(area_kinds, area->kind));
	put_number(object, "type", area->type);
	put_number(object, "size", area->size);
	put_number(object, "stored", area->stored);
	put_bool(object, "zswap", area->zswap);
	return object;
}

static struct json_object *object_of_swap_device(const struct cxltier_swap_device *device)
{
	struct json_object *object = json_object_new_object();
	char name[32];

	snprintf(name, sizeof(name), "/dev/cxlswap%" PRIu32, device->number);
	put_text(object, "path", name);
	put_number(object, "number", device->number);
	put_number(object, "size", device->size);
	put_bool(object, "reserved", device->reserved);
	put_bool(object, "swap", device->swap);
	return object;
}

static struct json_object *object_of_mount(const struct cxltier_mount *mount)
{
	struct json_object *object = json_object_new_object();
	char point[PATH_MAX];

	if (mount_point(MOUNTINFO_PATH, mount->device, point, sizeof(point)))
		put_text(object, "mount", point);
	else
		json_object_object_add(object, "mount", NULL);
	put_text(object, "device", mount->name);
	put_number(object, "number", mount->device);
	put_text(object, "type", mount->type);
	put_text(object, "state", NAME_OF(mount_states, mount->state));
	put_number(object, "held", mount->held);
	json_object_object_add(object, "quota", mount->quota == CXLTIER_QUOTA_NONE ? NULL :
			       json_object_new_uint64(mount->quota));
	put_bool(object, "busy", mount->busy);
	json_object_object_add(object, "error", mount->error ?
			       json_text(strerror((int)mount->error)) : NULL);
	return object;
}

/* ---- lists ---------------------------------------------------------------------------- */

static int add_device(const struct cxltier_device *device, void *rows)
{
	return json_object_array_add(rows, object_of_device(device));
}

static int add_node(const struct cxltier_node *node, void *rows)
{
	return json_object_array_add(rows, object_of_node(node));
}

static int add_group(const struct cxltier_group *group, void *rows)
{
	return json_object_array_add(rows, object_of_group(group));
}

static int add_pool(const struct cxltier_pool *pool, void *rows)
{
	return json_object_array_add(rows, object_of_pool(pool));
}

static int add_area(const struct cxltier_area *area, void *rows)
{
	return json_object_array_add(rows, object_of_area(area));
}

static int add_swap_device(const struct cxltier_swap_device *device, void *rows)
{
	return json_object_array_add(rows, object_of_swap_device(device));
}

static int add_mount(const struct cxltier_mount *mount, void *rows)
{
	return json_object_array_add(rows, object_of_mount(mount));
}

/* One object with a member for each counter of cxlswap's. */
static int add_counter(const struct cxltier_counter *counter, void *object)
{
	if (!strcmp(counter->owner, "cxlswap"))
		put_number(object, counter->name, counter->value);
	return 0;
}

static int add_cache_counter(const struct cxltier_counter *counter, void *object)
{
	if (!strcmp(counter->owner, "cxlcache"))
		put_number(object, counter->name, counter->value);
	return 0;
}

static int add_hook(const struct cxltier_hook *hook, void *rows)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "owner", hook->owner);
	put_text(object, "function", hook->function);
	put_text(object, "state", NAME_OF(hook_states, hook->state));
	put_number(object, "calls", hook->calls);
	return json_object_array_add(rows, object);
}

static int add_cgroup(const struct cxltier_cgroup *cgroup, void *rows)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "cgroup", cgroup->path);
	put_number(object, "id", cgroup->id);
	put_number(object, "stored", cgroup->stored);
	put_number(object, "stores", cgroup->stores);
	put_number(object, "loads", cgroup->loads);
	put_number(object, "refused", cgroup->refused);
	put_bool(object, "deleted", cgroup->deleted);
	return json_object_array_add(rows, object);
}

/* What a list came to. */
static struct json_object *finish(struct cxltier *ctx, struct json_object *rows, int err)
{
	if (!err)
		return rows;
	complain("%s", cxltier_message(ctx));
	json_object_put(rows);
	return NULL;
}

struct json_object *json_devices(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_devices(ctx, add_device, rows));
}

struct json_object *json_nodes(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_nodes(ctx, add_node, rows));
}

struct json_object *json_groups(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_groups(ctx, add_group, rows));
}

struct json_object *json_pools(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_pools(ctx, add_pool, rows));
}

struct json_object *json_areas(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_areas(ctx, add_area, rows));
}

struct json_object *json_swap_devices(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_swap_devices(ctx, add_swap_device, rows));
}

struct json_object *json_counters(struct cxltier *ctx)
{
	struct json_object *object = json_object_new_object();

	return finish(ctx, object, cxltier_counters(ctx, add_counter, object));
}

struct json_object *json_hooks(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();

	return finish(ctx, rows, cxltier_hooks(ctx, add_hook, rows));
}

/* Modules that are loaded yet after an upgrade may not know of them. */
struct json_object *json_stored_cgroups(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();
	int err = cxltier_cgroups(ctx, add_cgroup, rows);

	return finish(ctx, rows, err == -EOPNOTSUPP ? 0 : err);
}

/* As json_stored_cgroups(). */
struct json_object *json_mounts(struct cxltier *ctx)
{
	struct json_object *rows = json_object_new_array();
	int err = cxltier_mounts(ctx, add_mount, rows);

	return finish(ctx, rows, err == -EOPNOTSUPP ? 0 : err);
}

struct json_object *json_cache_counters(struct cxltier *ctx)
{
	struct json_object *object = json_object_new_object();

	return finish(ctx, object, cxltier_counters(ctx, add_cache_counter, object));
}

/**
 * json_event() - an event
 * @event: the event
 *
 * Return: {"change": ..., KIND: {...}}.
 */
struct json_object *json_event(const struct cxltier_event *event)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "change", NAME_OF(changes, event->change));
	if (event->device)
		json_object_object_add(object, "device", object_of_device(event->device));
	if (event->node)
		json_object_object_add(object, "node", object_of_node(event->node));
	if (event->group)
		json_object_object_add(object, "group", object_of_group(event->group));
	if (event->pool)
		json_object_object_add(object, "pool", object_of_pool(event->pool));
	if (event->area)
		json_object_object_add(object, "area", object_of_area(event->area));
	if (event->swap_device)
		json_object_object_add(object, "swap_device",
				       object_of_swap_device(event->swap_device));
	if (event->mount)
		json_object_object_add(object, "mount", object_of_mount(event->mount));
	return object;
}
