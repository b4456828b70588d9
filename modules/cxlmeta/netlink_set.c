// SPDX-License-Identifier: GPL-2.0
/*
 * What netlink changes. It has been seen to that the asker has CAP_NET_ADMIN in the initial user
 * namespace (GENL_ADMIN_PERM), and that attributes have the types and ranges that
 * netlink/cxltier.yaml says.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/slab.h>

#include "cxl_control.h"
#include "cxlmeta.h"
#include "groups.h"
#include "netlink.h"
#include "netlink-gen.h"

/* An error that is about an attribute points at it. */
static int cxl_nl_error(struct genl_info *info, int err, int attr)
{
	if (err)
		NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	return err;
}

/* ---- drains --------------------------------------------------------------------------- */

int cxltier_nl_node_drain_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *rate = info->attrs[CXLTIER_A_NODE_RATE];
	int err = cxl_nl_require(info, CXLTIER_A_NODE_ID, "id");

	if (err)
		return err;
	err = cxl_drain_start(nla_get_u32(info->attrs[CXLTIER_A_NODE_ID]),
			      rate ? nla_get_u32(rate) : 0, info->extack);
	return cxl_nl_error(info, err, CXLTIER_A_NODE_ID);
}

int cxltier_nl_node_open_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = cxl_nl_require(info, CXLTIER_A_NODE_ID, "id");

	if (err)
		return err;
	err = cxl_drain_open(nla_get_u32(info->attrs[CXLTIER_A_NODE_ID]), info->extack);
	return cxl_nl_error(info, err, CXLTIER_A_NODE_ID);
}

/* ---- groups --------------------------------------------------------------------------- */

static int cxl_nl_parse_member(u8 *weights, struct nlattr *member, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[CXLTIER_A_MEMBER_MAX + 1];
	unsigned int nid;
	int err;

	/* the operation's policy has looked at it */
	err = nla_parse_nested(attrs, CXLTIER_A_MEMBER_MAX, member, NULL, extack);
	if (err)
		return err;
	if (!attrs[CXLTIER_A_MEMBER_NODE]) {
		NL_SET_ERR_ATTR_MISS(extack, member, CXLTIER_A_MEMBER_NODE);
		NL_SET_ERR_MSG(extack, "member.node: is missing");
		return -EINVAL;
	}
	nid = nla_get_u32(attrs[CXLTIER_A_MEMBER_NODE]);
	if (nid >= nr_node_ids || !node_possible(nid)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attrs[CXLTIER_A_MEMBER_NODE],
					"member.node: %u is no NUMA node of this machine", nid);
		return -EINVAL;
	}
	if (weights[nid]) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attrs[CXLTIER_A_MEMBER_NODE],
					"member.node: %u is named twice", nid);
		return -EINVAL;
	}
	weights[nid] = attrs[CXLTIER_A_MEMBER_WEIGHT] ?
		       nla_get_u32(attrs[CXLTIER_A_MEMBER_WEIGHT]) : 1;
	return 0;
}

static int cxl_nl_parse_members(u8 *weights, struct genl_info *info)
{
	int err = cxl_nl_require(info, CXLTIER_A_GROUP_MEMBER, "member");
	struct nlattr *attr;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest)
		if (!err && nla_type(attr) == CXLTIER_A_GROUP_MEMBER)
			err = cxl_nl_parse_member(weights, attr, info->extack);
	return err;
}

static int cxl_nl_write_group(struct genl_info *info,
			      int (*write)(const char *name, const u8 *weights,
					   struct netlink_ext_ack *extack))
{
	int err = cxl_nl_require(info, CXLTIER_A_GROUP_NAME, "name");
	u8 *weights;

	if (err)
		return err;
	weights = kzalloc(nr_node_ids, GFP_KERNEL);
	if (!weights)
		return -ENOMEM;
	err = cxl_nl_parse_members(weights, info);
	if (!err) {
		err = write(nla_data(info->attrs[CXLTIER_A_GROUP_NAME]), weights, info->extack);
		cxl_nl_error(info, err, CXLTIER_A_GROUP_NAME);
	}
	kfree(weights);
	return err;
}

int cxltier_nl_group_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_write_group(info, cxl_group_add);
}

int cxltier_nl_group_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_write_group(info, cxl_group_set);
}

int cxltier_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = cxl_nl_require(info, CXLTIER_A_GROUP_NAME, "name");

	if (err)
		return err;
	err = cxl_group_del(nla_data(info->attrs[CXLTIER_A_GROUP_NAME]), info->extack);
	return cxl_nl_error(info, err, CXLTIER_A_GROUP_NAME);
}

/* ---- what other modules have ---------------------------------------------------------- */

static struct cxl_control *cxl_control_of(const char *owner)
{
	struct cxl_control *control;

	lockdep_assert_held(&cxl_control_lock);
	list_for_each_entry(control, &cxl_controls, list)
		if (!strcmp(control->owner, owner))
			return control;
	return NULL;
}

static struct cxl_control *cxl_control_with_devices(struct genl_info *info)
{
	struct cxl_control *control;

	lockdep_assert_held(&cxl_control_lock);
	list_for_each_entry(control, &cxl_controls, list)
		if (control->new_swap_device)
			return control;
	NL_SET_ERR_MSG(info->extack, "the module cxlswap is not loaded");
	return NULL;
}

/* Of those that may be given for a pool, the first that was. */
static int cxl_nl_pool_attr(struct genl_info *info)
{
	static const u8 attrs[] = {
		CXLTIER_A_POOL_GROUP, CXLTIER_A_POOL_PERCENT, CXLTIER_A_POOL_ACCEPT_PERCENT,
		CXLTIER_A_POOL_WRITEBACK_PERCENT, CXLTIER_A_POOL_RATE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (info->attrs[attrs[i]])
			return attrs[i];
	NL_SET_ERR_MSG(info->extack, "group, percent, or another setting: one of them is needed");
	return -EINVAL;
}

/* Return: -1 if it was not given. */
static int cxl_nl_number(struct genl_info *info, int attr)
{
	return info->attrs[attr] ? (int)nla_get_u32(info->attrs[attr]) : -1;
}

int cxltier_nl_pool_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *group = info->attrs[CXLTIER_A_POOL_GROUP];
	const struct cxl_pool_settings settings = {
		.group = group ? nla_data(group) : NULL,
		.percent = cxl_nl_number(info, CXLTIER_A_POOL_PERCENT),
		.accept_percent = cxl_nl_number(info, CXLTIER_A_POOL_ACCEPT_PERCENT),
		.writeback_percent = cxl_nl_number(info, CXLTIER_A_POOL_WRITEBACK_PERCENT),
		.writeback_rate_mb = cxl_nl_number(info, CXLTIER_A_POOL_RATE),
	};
	int err = cxl_nl_require(info, CXLTIER_A_POOL_OWNER, "owner"), attr;
	struct cxl_control *control;

	if (err)
		return err;
	attr = cxl_nl_pool_attr(info);
	if (attr < 0)
		return attr;
	down_read(&cxl_control_lock);
	control = cxl_control_of(nla_data(info->attrs[CXLTIER_A_POOL_OWNER]));
	if (control) {
		err = control->set_pool(&settings, info->extack);
		cxl_nl_error(info, err, attr);
	} else {
		NL_SET_ERR_MSG(info->extack, "owner: no module of that name has a pool");
		err = cxl_nl_error(info, -ENOENT, CXLTIER_A_POOL_OWNER);
	}
	up_read(&cxl_control_lock);
	return err;
}

int cxltier_nl_swap_device_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = cxl_nl_require(info, CXLTIER_A_SWAP_DEVICE_SIZE, "size");
	struct cxl_control *control;
	u64 size;

	if (err)
		return err;
	size = nla_get_uint(info->attrs[CXLTIER_A_SWAP_DEVICE_SIZE]);
	down_read(&cxl_control_lock);
	control = cxl_control_with_devices(info);
	err = control ? control->new_swap_device(size, info->extack) : -EOPNOTSUPP;
	up_read(&cxl_control_lock);
	if (err < 0)
		return cxl_nl_error(info, err, CXLTIER_A_SWAP_DEVICE_SIZE);
	return cxl_nl_reply(info, CXLTIER_A_SWAP_DEVICE_NUMBER, err);
}

int cxltier_nl_swap_device_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = cxl_nl_require(info, CXLTIER_A_SWAP_DEVICE_NUMBER, "number");
	struct cxl_control *control;
	u32 number;

	if (err)
		return err;
	number = nla_get_u32(info->attrs[CXLTIER_A_SWAP_DEVICE_NUMBER]);
	down_read(&cxl_control_lock);
	control = cxl_control_with_devices(info);
	err = control ? control->del_swap_device(number, info->extack) : -EOPNOTSUPP;
	up_read(&cxl_control_lock);
	return cxl_nl_error(info, err, CXLTIER_A_SWAP_DEVICE_NUMBER);
}

/* ---- mounts --------------------------------------------------------------------------- */

/*
 * The file that names a mount. A path would be looked up here, under netlink's locks, and that may
 * take as long as some server likes; whoever asks has done it already.
 */
static int cxl_nl_get_file(struct genl_info *info, struct file **file)
{
	struct nlattr *fd = info->attrs[CXLTIER_A_MOUNT_FD];

	/* requests are handled by the process that sends them */
	*file = fget_raw(nla_get_u32(fd));
	if (*file)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, fd, "fd: is not open");
	return -EBADF;
}

static struct cxl_control *cxl_control_with_mounts(struct genl_info *info)
{
	struct cxl_control *control;

	lockdep_assert_held(&cxl_control_lock);
	list_for_each_entry(control, &cxl_controls, list)
		if (control->fill_mount)
			return control;
	NL_SET_ERR_MSG(info->extack, "the module cxlcache is not loaded");
	return NULL;
}

static int cxl_nl_change_mount(struct genl_info *info, struct cxl_control *control,
			       struct super_block *sb)
{
	struct nlattr *attr = info->attrs[CXLTIER_A_MOUNT_QUOTA];
	u64 quota = attr ? nla_get_uint(attr) : CXL_QUOTA_SAME;

	switch (info->genlhdr->cmd) {
	case CXLTIER_CMD_MOUNT_ADD:
		return control->add_mount(sb, quota, info->extack);
	case CXLTIER_CMD_MOUNT_DEL:
		return control->del_mount(sb, info->extack);
	case CXLTIER_CMD_MOUNT_SET:
		return control->set_mount(sb, quota, info->extack);
	default:
		return control->flush_mounts(sb, info->extack);
	}
}

/* What is beyond files' sizes stands for something else. */
static int cxl_nl_check_quota(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[CXLTIER_A_MOUNT_QUOTA];
	u64 quota = attr ? nla_get_uint(attr) : 0;

	if (quota <= S64_MAX || quota == CXL_QUOTA_NONE)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "quota: is too large");
	return -ERANGE;
}

static int cxl_nl_write_mount(struct genl_info *info)
{
	struct cxl_control *control;
	struct file *file = NULL;
	int err = cxl_nl_check_quota(info);

	if (!err && info->attrs[CXLTIER_A_MOUNT_FD])
		err = cxl_nl_get_file(info, &file);
	if (err)
		return err;
	down_read(&cxl_control_lock);
	control = cxl_control_with_mounts(info);
	err = control ? cxl_nl_change_mount(info, control,
					    file ? file_inode(file)->i_sb : NULL) : -EOPNOTSUPP;
	up_read(&cxl_control_lock);
	if (file) {
		cxl_nl_error(info, err, CXLTIER_A_MOUNT_FD);
		fput(file);
	}
	return err;
}

int cxltier_nl_mount_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_require(info, CXLTIER_A_MOUNT_FD, "fd") ?: cxl_nl_write_mount(info);
}

int cxltier_nl_mount_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_require(info, CXLTIER_A_MOUNT_FD, "fd") ?: cxl_nl_write_mount(info);
}

int cxltier_nl_mount_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_require(info, CXLTIER_A_MOUNT_FD, "fd") ?:
	       cxl_nl_require(info, CXLTIER_A_MOUNT_QUOTA, "quota") ?: cxl_nl_write_mount(info);
}

int cxltier_nl_mount_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	return cxl_nl_write_mount(info);
}
