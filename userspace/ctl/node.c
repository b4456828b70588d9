// SPDX-License-Identifier: GPL-2.0
/* cxltier node: nodes, and draining them. */
#include <poll.h>
#include <string.h>

#include "ctl.h"

static const struct column columns[] = {
	{ "NODE", "node", AS_TEXT }, { "STATE", "state", AS_TEXT },
	{ "SIZE", "size", AS_BYTES }, { "MOVABLE", "movable", AS_BYTES },
	{ "ROOM", "room", AS_BYTES }, { "USED", "used", AS_BYTES },
	{ "FAR", "far", AS_YES }, { NULL, NULL, AS_TEXT },
};

static const struct column plan_columns[] = {
	{ "NODE", "node", AS_TEXT }, { "POOL", "owner", AS_TEXT },
	{ "TO MOVE", "used", AS_BYTES }, { "ROOM IN GROUP", "room_group", AS_BYTES },
	{ "ROOM FAR", "room_far", AS_BYTES }, { "ROOM IN DRAM", "room_dram", AS_BYTES },
	{ "FITS", "fits", AS_YES }, { NULL, NULL, AS_TEXT },
};

/* What a drain of each node would have to move, as rows. */
static struct json_object *plans_of(struct json_object *nodes)
{
	struct json_object *rows = json_object_new_array(), *node, *plans, *plan;
	size_t i, p;

	for (i = 0; i < json_object_array_length(nodes); i++) {
		node = json_object_array_get_idx(nodes, i);
		plans = json_object_object_get(node, "plan");
		for (p = 0; p < json_object_array_length(plans); p++) {
			plan = json_object_get(json_object_array_get_idx(plans, p));
			json_object_object_add(plan, "node", json_object_new_uint64(
				get_number(node, "node")));
			json_object_array_add(rows, plan);
		}
	}
	return rows;
}

static int list_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	struct json_object *nodes = ctx ? json_nodes(ctx) : NULL, *plans;

	cxltier_close(ctx);
	if (!nodes || request->json)
		return show_rows(request, "nodes", nodes, columns, "");
	show_table(nodes, columns, "There is no far node. 'cxltier doctor' says more.");
	plans = plans_of(nodes);
	if (json_object_array_length(plans)) {
		putchar('\n');
		show_table(plans, plan_columns, "");
	}
	json_object_put(plans);
	json_object_put(nodes);
	return EXIT_FINE;
}

static bool parse_node_arg(const struct request *request, uint32_t *node)
{
	const char *text = request->args[0];

	if (!strncmp(text, "node", 4))
		text += 4;
	if (parse_uint(text, 1023, node))
		return true;
	usage(request, "'%s' is no node", request->args[0]);
	return false;
}

/**
 * struct watch - a drain that is waited for
 * @id: the node
 * @node: how it stands; state is open as long as nothing is known
 * @there: the last dump had it
 */
struct watch {
	uint32_t id;
	struct cxltier_node node;
	bool there;
};

static int note_node(const struct cxltier_node *node, void *arg)
{
	struct watch *watch = arg;

	if (node->id != watch->id)
		return 0;
	watch->node = *node;
	watch->there = true;
	return 0;
}

static int note_event(const struct cxltier_event *event, void *arg)
{
	if (event->node)
		note_node(event->node, arg);
	return 0;
}

static int end_watch(const struct request *request, const struct watch *watch)
{
	char left[16];

	if (request->json)
		printf("{ \"node\": %u, \"moved\": %llu, \"failed\": %llu, \"state\": \"%s\" }\n",
		       watch->id, (unsigned long long)watch->node.drain_moved,
		       (unsigned long long)watch->node.drain_failed,
		       watch->node.state == CXLTIER_NODE_STATE_DRAINED ? "drained" :
		       watch->node.state == CXLTIER_NODE_STATE_FAILED ? "failed" : "open");
	if (watch->node.state == CXLTIER_NODE_STATE_DRAINED)
		return EXIT_FINE;
	if (watch->node.state == CXLTIER_NODE_STATE_FAILED)
		return complain("node %u: %s fit nowhere else. Make room, or let them go to DRAM: echo Y > /sys/module/cxlmeta/parameters/spill_to_dram; then drain it again",
				watch->id, format_bytes(watch->node.drain_failed, left,
							sizeof(left)));
	return complain("node %u: the drain was cancelled", watch->id);
}

/* Events come four times a second; should some be lost, the node is asked. */
static int wait_for_drain(const struct request *request, struct cxltier *ctx, int fd,
			  struct watch *watch)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	for (;;) {
		watch->there = false;
		if (cxltier_nodes(ctx, note_node, watch))
			return ask_failed(ctx);
		/* its memory is offline: nothing can be left there */
		if (!watch->there)
			watch->node.state = CXLTIER_NODE_STATE_DRAINED;
		if (!request->json)
			show_progress("draining", watch->node.drain_moved,
				      watch->node.drain_total);
		if (watch->node.state != CXLTIER_NODE_STATE_DRAINING)
			break;
		poll(&poll_fd, 1, 1000);
		cxltier_events(ctx, note_event, watch);
	}
	cxltier_close(ctx);
	return end_watch(request, watch);
}

static int drain_run(const struct request *request)
{
	struct watch watch = { 0 };
	struct cxltier *ctx;
	uint32_t rate = 0;
	int fd;

	if (!parse_node_arg(request, &watch.id))
		return EXIT_USAGE;
	if (request->opts['r'] && (!parse_uint(request->opts['r'], 1048576, &rate) || !rate))
		return usage(request, "'%s' is no rate from 1 to 1048576 MiB per second",
			     request->opts['r']);
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	fd = request->opts['n'] ? 0 : cxltier_listen(ctx);
	if (fd < 0 || cxltier_node_drain(ctx, watch.id, rate))
		return ask_failed(ctx);
	if (!request->opts['n'])
		return wait_for_drain(request, ctx, fd, &watch);
	cxltier_close(ctx);
	return EXIT_FINE;
}

static int open_run(const struct request *request)
{
	struct cxltier *ctx;
	uint32_t node;

	if (!parse_node_arg(request, &node))
		return EXIT_USAGE;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	if (cxltier_node_open(ctx, node))
		return ask_failed(ctx);
	cxltier_close(ctx);
	return EXIT_FINE;
}

static const struct argp_option drain_options[] = {
	{ "rate", 'r', "MB", 0, "At most so many MiB per second", 0 },
	{ "no-wait", 'n', NULL, 0, "Begin, and don't wait for the end", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

const struct command node_commands[] = {
	{ "list", "", "List the far nodes, and what a drain of each has before it.", NULL, 0, 0,
	  list_run, NULL },
	{ "drain", "NODE",
	  "Move everything off a node, and use it no more until it is opened.", drain_options, 1, 1,
	  drain_run, NULL },
	{ "open", "NODE", "End a drain, also one that goes on, and use the node again.", NULL, 1, 1,
	  open_run, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
