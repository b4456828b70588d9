// SPDX-License-Identifier: GPL-2.0
/* All lists of the library's, kept beyond their callbacks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

/* One more element of a list, which @list points to; NULL without memory. */
static void *grow(void *list, unsigned int *nr, size_t size)
{
	void *items, *more;

	memcpy(&items, list, sizeof(items));
	more = reallocarray(items, *nr + 1, size);
	if (!more)
		return NULL;
	memcpy(list, &more, sizeof(more));
	return (char *)more + (*nr)++ * size;
}

static void *keep(struct snapshot *snapshot, void *copy)
{
	void **kept = copy ? grow(&snapshot->kept, &snapshot->nr_kept, sizeof(*kept)) : NULL;

	if (!kept) {
		free(copy);
		return NULL;
	}
	*kept = copy;
	return copy;
}

static const char *keep_text(struct snapshot *snapshot, const char *text)
{
	const char *copy = keep(snapshot, strdup(text));

	return copy ? copy : "";
}

static int add_device(const struct cxltier_device *device, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_device *copy = grow(&snapshot->devices, &snapshot->nr_devices,
					   sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *device;
	copy->source = keep_text(snapshot, device->source);
	return 0;
}

static int add_node(const struct cxltier_node *node, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_node *copy = grow(&snapshot->nodes, &snapshot->nr_nodes, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *node;
	copy->plans = NULL;
	copy->nr_plans = 0;
	return 0;
}

static int add_pool(const struct cxltier_pool *pool, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_pool *copy = grow(&snapshot->pools, &snapshot->nr_pools, sizeof(*copy));
	size_t size = pool->nr_nodes * sizeof(*pool->nodes);
	struct cxltier_pool_node *nodes;

	if (!copy)
		return -ENOMEM;
	*copy = *pool;
	copy->owner = keep_text(snapshot, pool->owner);
	copy->group = keep_text(snapshot, pool->group);
	nodes = size ? keep(snapshot, malloc(size)) : NULL;
	copy->nr_nodes = nodes ? pool->nr_nodes : 0;
	if (nodes)
		memcpy(nodes, pool->nodes, size);
	copy->nodes = nodes;
	return 0;
}

static int add_area(const struct cxltier_area *area, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_area *copy = grow(&snapshot->areas, &snapshot->nr_areas, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *area;
	copy->path = keep_text(snapshot, area->path);
	return 0;
}

static int add_swap_device(const struct cxltier_swap_device *device, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_swap_device *copy = grow(&snapshot->swap_devices,
						&snapshot->nr_swap_devices, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *device;
	return 0;
}

static int add_counter(const struct cxltier_counter *counter, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_counter *copy = grow(&snapshot->counters, &snapshot->nr_counters,
					    sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *counter;
	copy->owner = keep_text(snapshot, counter->owner);
	copy->name = keep_text(snapshot, counter->name);
	return 0;
}

static int add_hook(const struct cxltier_hook *hook, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_hook *copy = grow(&snapshot->hooks, &snapshot->nr_hooks, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *hook;
	copy->owner = keep_text(snapshot, hook->owner);
	copy->function = keep_text(snapshot, hook->function);
	return 0;
}

static int add_mount(const struct cxltier_mount *mount, void *arg)
{
	struct snapshot *snapshot = arg;
	struct cxltier_mount *copy = grow(&snapshot->mounts, &snapshot->nr_mounts, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *mount;
	copy->name = keep_text(snapshot, mount->name);
	copy->type = keep_text(snapshot, mount->type);
	return 0;
}

/* Modules that are loaded yet after an upgrade may not know of them. */
static int take_mounts(struct cxltier *ctx, struct snapshot *snapshot)
{
	int err = cxltier_mounts(ctx, add_mount, snapshot);

	return err == -EOPNOTSUPP ? 0 : err;
}

/**
 * snapshot_take() - ask for all there is
 * @ctx: the context
 * @snapshot: filled in, to be freed with snapshot_free(); empty after an error
 *
 * Return: 0 or a negative error of the library's.
 */
int snapshot_take(struct cxltier *ctx, struct snapshot *snapshot)
{
	int err;

	memset(snapshot, 0, sizeof(*snapshot));
	err = cxltier_devices(ctx, add_device, snapshot);
	if (!err)
		err = cxltier_nodes(ctx, add_node, snapshot);
	if (!err)
		err = cxltier_pools(ctx, add_pool, snapshot);
	if (!err)
		err = cxltier_areas(ctx, add_area, snapshot);
	if (!err)
		err = cxltier_swap_devices(ctx, add_swap_device, snapshot);
	if (!err)
		err = cxltier_counters(ctx, add_counter, snapshot);
	if (!err)
		err = cxltier_hooks(ctx, add_hook, snapshot);
	if (!err)
		err = take_mounts(ctx, snapshot);
	if (err)
		snapshot_free(snapshot);
	snapshot->loaded = !err;
	return err;
}

/**
 * snapshot_free() - give its memory back; it is empty afterwards
 * @snapshot: the snapshot
 */
void snapshot_free(struct snapshot *snapshot)
{
	unsigned int i;

	for (i = 0; i < snapshot->nr_kept; i++)
		free(snapshot->kept[i]);
	free(snapshot->kept);
	free(snapshot->devices);
	free(snapshot->nodes);
	free(snapshot->pools);
	free(snapshot->areas);
	free(snapshot->swap_devices);
	free(snapshot->counters);
	free(snapshot->hooks);
	free(snapshot->mounts);
	memset(snapshot, 0, sizeof(*snapshot));
}
