// SPDX-License-Identifier: GPL-2.0
/* Lists of objects, and what is asked of one. See cxltier.h. */
#include <netlink/msg.h>

#include "private.h"

static int list(struct cxltier *ctx, int cmd, parse_fn *parse, union callback fn, void *arg)
{
	struct answers answers;
	int err = msg_ask(ctx, msg_new(ctx, cmd, NLM_F_DUMP), &answers);
	unsigned int i;

	for (i = 0; i < answers.nr && !err; i++)
		err = parse(nlmsg_hdr(answers.msgs[i]), fn, arg);
	answers_free(&answers);
	return err;
}

int cxltier_devices(struct cxltier *ctx,
		    int (*fn)(const struct cxltier_device *device, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_DEVICE_GET, parse_device, (union callback) { .device = fn },
		    arg);
}

int cxltier_nodes(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_node *node, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_NODE_GET, parse_node, (union callback) { .node = fn }, arg);
}

int cxltier_groups(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_group *group, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_GROUP_GET, parse_group, (union callback) { .group = fn },
		    arg);
}

int cxltier_pools(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_pool *pool, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_POOL_GET, parse_pool, (union callback) { .pool = fn }, arg);
}

int cxltier_areas(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_area *area, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_AREA_GET, parse_area, (union callback) { .area = fn }, arg);
}

int cxltier_swap_devices(struct cxltier *ctx,
			 int (*fn)(const struct cxltier_swap_device *device, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_SWAP_DEVICE_GET, parse_swap_device,
		    (union callback) { .swap_device = fn }, arg);
}

int cxltier_counters(struct cxltier *ctx,
		     int (*fn)(const struct cxltier_counter *counter, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_COUNTERS_GET, parse_counters,
		    (union callback) { .counter = fn }, arg);
}

int cxltier_hooks(struct cxltier *ctx,
		  int (*fn)(const struct cxltier_hook *hook, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_HOOK_GET, parse_hook, (union callback) { .hook = fn }, arg);
}

int cxltier_cgroups(struct cxltier *ctx,
		    int (*fn)(const struct cxltier_cgroup *cgroup, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_CGROUP_GET, parse_cgroup, (union callback) { .cgroup = fn },
		    arg);
}

int cxltier_mounts(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_mount *mount, void *arg), void *arg)
{
	return list(ctx, CXLTIER_CMD_MOUNT_GET, parse_mount, (union callback) { .mount = fn }, arg);
}
