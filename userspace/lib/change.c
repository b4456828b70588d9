// SPDX-License-Identifier: GPL-2.0
/* What changes something. See cxltier.h. */
#include <errno.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "private.h"

/* Sends a request whose attributes are in; @put is 0 if they all fitted. */
static int change(struct cxltier *ctx, struct nl_msg *msg, int put)
{
	struct answers answers;
	int err;

	if (msg && put < 0) {
		nlmsg_free(msg);
		return ctx_fail(ctx, -EMSGSIZE, "the request is too long");
	}
	err = msg_ask(ctx, msg, &answers);
	answers_free(&answers);
	return err;
}

int cxltier_node_drain(struct cxltier *ctx, uint32_t node, uint32_t rate_mb)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_NODE_DRAIN, 0);
	int put = msg ? nla_put_u32(msg, CXLTIER_A_NODE_ID, node) : 0;

	if (msg && rate_mb && !put)
		put = nla_put_u32(msg, CXLTIER_A_NODE_RATE, rate_mb);
	return change(ctx, msg, put);
}

int cxltier_node_open(struct cxltier *ctx, uint32_t node)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_NODE_OPEN, 0);

	return change(ctx, msg, msg ? nla_put_u32(msg, CXLTIER_A_NODE_ID, node) : 0);
}

static int put_member(struct nl_msg *msg, const struct cxltier_member *member)
{
	struct nlattr *nest = nla_nest_start(msg, CXLTIER_A_GROUP_MEMBER | NLA_F_NESTED);

	if (!nest || nla_put_u32(msg, CXLTIER_A_MEMBER_NODE, member->node) ||
	    (member->weight && nla_put_u32(msg, CXLTIER_A_MEMBER_WEIGHT, member->weight)))
		return -EMSGSIZE;
	return nla_nest_end(msg, nest);
}

static int group_write(struct cxltier *ctx, int cmd, const char *name,
		       const struct cxltier_member *members, unsigned int nr_members)
{
	struct nl_msg *msg = msg_new(ctx, cmd, 0);
	int put = msg ? nla_put_string(msg, CXLTIER_A_GROUP_NAME, name) : 0;
	unsigned int i;

	for (i = 0; msg && i < nr_members && !put; i++)
		put = put_member(msg, &members[i]);
	return change(ctx, msg, put);
}

int cxltier_group_new(struct cxltier *ctx, const char *name, const struct cxltier_member *members,
		      unsigned int nr_members)
{
	return group_write(ctx, CXLTIER_CMD_GROUP_NEW, name, members, nr_members);
}

int cxltier_group_set(struct cxltier *ctx, const char *name, const struct cxltier_member *members,
		      unsigned int nr_members)
{
	return group_write(ctx, CXLTIER_CMD_GROUP_SET, name, members, nr_members);
}

int cxltier_group_del(struct cxltier *ctx, const char *name)
{
	return group_write(ctx, CXLTIER_CMD_GROUP_DEL, name, NULL, 0);
}

int cxltier_pool_set(struct cxltier *ctx, const char *owner, const char *group, int percent)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_POOL_SET, 0);
	int put = msg ? nla_put_string(msg, CXLTIER_A_POOL_OWNER, owner) : 0;

	if (msg && group && !put)
		put = nla_put_string(msg, CXLTIER_A_POOL_GROUP, group);
	if (msg && percent >= 0 && !put)
		put = nla_put_u32(msg, CXLTIER_A_POOL_PERCENT, percent);
	return change(ctx, msg, put);
}

int cxltier_pool_set_writeback(struct cxltier *ctx, const char *owner, int accept_percent,
			       int writeback_percent, int rate_mb)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_POOL_SET, 0);
	int put = msg ? nla_put_string(msg, CXLTIER_A_POOL_OWNER, owner) : 0;

	if (msg && accept_percent >= 0 && !put)
		put = nla_put_u32(msg, CXLTIER_A_POOL_ACCEPT_PERCENT, accept_percent);
	if (msg && writeback_percent >= 0 && !put)
		put = nla_put_u32(msg, CXLTIER_A_POOL_WRITEBACK_PERCENT, writeback_percent);
	if (msg && rate_mb >= 0 && !put)
		put = nla_put_u32(msg, CXLTIER_A_POOL_RATE, rate_mb);
	return change(ctx, msg, put);
}

int cxltier_swap_device_new(struct cxltier *ctx, uint64_t size, uint32_t *number)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_SWAP_DEVICE_NEW, 0);
	struct nlattr *attr = NULL;
	struct answers answers;
	int err;

	if (msg && nla_put_u64(msg, CXLTIER_A_SWAP_DEVICE_SIZE, size) < 0)
		return change(ctx, msg, -EMSGSIZE);
	err = msg_ask(ctx, msg, &answers);
	if (err)
		return err;
	if (answers.nr)
		attr = nlmsg_find_attr(nlmsg_hdr(answers.msgs[0]), GENL_HDRLEN,
				       CXLTIER_A_SWAP_DEVICE_NUMBER);
	if (attr)
		*number = nla_get_u32(attr);
	else
		err = ctx_fail(ctx, -EBADMSG, "the kernel's answer has no number");
	answers_free(&answers);
	return err;
}

int cxltier_swap_device_del(struct cxltier *ctx, uint32_t number)
{
	struct nl_msg *msg = msg_new(ctx, CXLTIER_CMD_SWAP_DEVICE_DEL, 0);

	return change(ctx, msg, msg ? nla_put_u32(msg, CXLTIER_A_SWAP_DEVICE_NUMBER, number) : 0);
}

/* @fd negative: of none; @quota CXLTIER_QUOTA_SAME: none is sent */
static int mount_write(struct cxltier *ctx, int cmd, int fd, uint64_t quota)
{
	struct nl_msg *msg = msg_new(ctx, cmd, 0);
	int put = msg && fd >= 0 ? nla_put_u32(msg, CXLTIER_A_MOUNT_FD, fd) : 0;

	if (msg && quota != CXLTIER_QUOTA_SAME && !put)
		put = nla_put_u64(msg, CXLTIER_A_MOUNT_QUOTA, quota);
	return change(ctx, msg, put);
}

int cxltier_mount_add(struct cxltier *ctx, int fd, uint64_t quota)
{
	return mount_write(ctx, CXLTIER_CMD_MOUNT_ADD, fd, quota);
}

int cxltier_mount_del(struct cxltier *ctx, int fd)
{
	return mount_write(ctx, CXLTIER_CMD_MOUNT_DEL, fd, CXLTIER_QUOTA_SAME);
}

int cxltier_mount_set_quota(struct cxltier *ctx, int fd, uint64_t quota)
{
	return mount_write(ctx, CXLTIER_CMD_MOUNT_SET, fd, quota);
}

int cxltier_mount_flush(struct cxltier *ctx, int fd)
{
	return mount_write(ctx, CXLTIER_CMD_MOUNT_FLUSH, fd, CXLTIER_QUOTA_SAME);
}
