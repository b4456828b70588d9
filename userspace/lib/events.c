// SPDX-License-Identifier: GPL-2.0
/* Events. See cxltier.h. */
#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "private.h"

/* Room for what comes while a listener is busy. */
#define EVENT_BUFFER (1024 * 1024)

/**
 * struct listener - events that are being taken
 * @ctx: the context
 * @fn: who wants them
 * @arg: for @fn
 * @event: the current one
 * @result: what is to be returned
 */
struct listener {
	struct cxltier *ctx;
	int (*fn)(const struct cxltier_event *event, void *arg);
	void *arg;
	struct cxltier_event event;
	int result;
};

static int tell(struct listener *listener)
{
	return listener->fn(&listener->event, listener->arg);
}

static int on_device(const struct cxltier_device *device, void *arg)
{
	((struct listener *)arg)->event.device = device;
	return tell(arg);
}

static int on_node(const struct cxltier_node *node, void *arg)
{
	((struct listener *)arg)->event.node = node;
	return tell(arg);
}

static int on_group(const struct cxltier_group *group, void *arg)
{
	((struct listener *)arg)->event.group = group;
	return tell(arg);
}

static int on_pool(const struct cxltier_pool *pool, void *arg)
{
	((struct listener *)arg)->event.pool = pool;
	return tell(arg);
}

static int on_area(const struct cxltier_area *area, void *arg)
{
	((struct listener *)arg)->event.area = area;
	return tell(arg);
}

static int on_swap_device(const struct cxltier_swap_device *device, void *arg)
{
	((struct listener *)arg)->event.swap_device = device;
	return tell(arg);
}

static int on_mount(const struct cxltier_mount *mount, void *arg)
{
	((struct listener *)arg)->event.mount = mount;
	return tell(arg);
}

static const struct kind {
	int cmd;
	int change;
	parse_fn *parse;
	union callback fn;
} kinds[] = {
	{ CXLTIER_CMD_DEVICE_NTF, CXLTIER_A_DEVICE_CHANGE, parse_device,
	  { .device = on_device } },
	{ CXLTIER_CMD_NODE_NTF, CXLTIER_A_NODE_CHANGE, parse_node, { .node = on_node } },
	{ CXLTIER_CMD_GROUP_NTF, CXLTIER_A_GROUP_CHANGE, parse_group, { .group = on_group } },
	{ CXLTIER_CMD_POOL_NTF, CXLTIER_A_POOL_CHANGE, parse_pool, { .pool = on_pool } },
	{ CXLTIER_CMD_AREA_NTF, CXLTIER_A_AREA_CHANGE, parse_area, { .area = on_area } },
	{ CXLTIER_CMD_SWAP_DEVICE_NTF, CXLTIER_A_SWAP_DEVICE_CHANGE, parse_swap_device,
	  { .swap_device = on_swap_device } },
	{ CXLTIER_CMD_MOUNT_NTF, CXLTIER_A_MOUNT_CHANGE, parse_mount, { .mount = on_mount } },
};

/* The controller tells that a family is gone: is it ours? */
static int is_family_gone(struct nlmsghdr *nlh)
{
	struct nlattr *name = nlmsg_find_attr(nlh, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME);
	struct genlmsghdr *genl = nlmsg_data(nlh);

	return genl->cmd == CTRL_CMD_DELFAMILY && name &&
	       !nla_strcmp(name, CXLTIER_FAMILY_NAME);
}

static int on_message(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct genlmsghdr *genl = nlmsg_data(nlh);
	struct listener *listener = arg;
	size_t i;

	if (nlh->nlmsg_type == GENL_ID_CTRL) {
		if (is_family_gone(nlh))
			listener->result = ctx_fail(listener->ctx, -ENODEV,
						    "the module cxlmeta has been unloaded");
		return listener->result ? NL_STOP : NL_OK;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (nlh->nlmsg_type != listener->ctx->family || genl->cmd != kinds[i].cmd)
			continue;
		listener->event = (struct cxltier_event) {
			.cmd = genl->cmd,
			.change = parse_change(nlh, kinds[i].change),
		};
		listener->result = kinds[i].parse(nlh, kinds[i].fn, listener);
	}
	return listener->result ? NL_STOP : NL_OK;
}

/* Events have no sequence. */
static int accept_any(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static int join(struct cxltier *ctx, const char *family, const char *group)
{
	int id = genl_ctrl_resolve_grp(ctx->sock, family, group);

	if (id >= 0)
		id = nl_socket_add_membership(ctx->event_sock, id);
	return id < 0 ? ctx_fail_nl(ctx, id, "events") : 0;
}

int cxltier_listen(struct cxltier *ctx)
{
	int err;

	ctx->message[0] = '\0';
	if (ctx->event_sock)
		return nl_socket_get_fd(ctx->event_sock);
	ctx->event_sock = nl_socket_alloc();
	if (!ctx->event_sock)
		return ctx_fail(ctx, -ENOMEM, "no memory");
	err = genl_connect(ctx->event_sock);
	if (err < 0)
		err = ctx_fail_nl(ctx, err, "events");
	if (!err)
		err = join(ctx, CXLTIER_FAMILY_NAME, CXLTIER_MCGRP_EVENTS);
	if (!err)
		err = join(ctx, "nlctrl", "notify");
	if (err) {
		nl_socket_free(ctx->event_sock);
		ctx->event_sock = NULL;
		return err;
	}
	nl_socket_set_buffer_size(ctx->event_sock, EVENT_BUFFER, 0);
	nl_socket_set_msg_buf_size(ctx->event_sock, 128 * 1024);
	nl_socket_set_nonblocking(ctx->event_sock);
	return nl_socket_get_fd(ctx->event_sock);
}

int cxltier_events(struct cxltier *ctx,
		   int (*fn)(const struct cxltier_event *event, void *arg), void *arg)
{
	struct listener listener = { .ctx = ctx, .fn = fn, .arg = arg };
	struct nl_cb *cb;
	int err = 0;

	ctx->message[0] = '\0';
	if (!ctx->event_sock)
		return ctx_fail(ctx, -EINVAL, "cxltier_listen() comes first");
	cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!cb)
		return ctx_fail(ctx, -ENOMEM, "no memory");
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, accept_any, NULL);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, &listener);
	while (err >= 0 && !listener.result)
		err = nl_recvmsgs(ctx->event_sock, cb);
	nl_cb_put(cb);
	if (listener.result)
		return listener.result;
	if (err == -NLE_AGAIN)
		return 0;
	if (err == -NLE_NOMEM)
		return ctx_fail(ctx, -ENOBUFS, "events were lost");
	return ctx_fail_nl(ctx, err, "events");
}
