// SPDX-License-Identifier: GPL-2.0
// Made from netlink/cxltier.yaml by scripts/netlink-gen: don't edit.

#include <net/genetlink.h>
#include <net/netlink.h>

#include "netlink-gen.h"

/* Dumps take no attributes. */
static const struct nla_policy none_policy[] = {
	{ .type = NLA_REJECT },
	{ .type = NLA_REJECT },
};

static const struct nla_policy device_get_policy[CXLTIER_A_DEVICE_NUMBER + 1] = {
	[CXLTIER_A_DEVICE_NUMBER] = { .type = NLA_U32 },
};

static const struct nla_policy node_get_policy[CXLTIER_A_NODE_ID + 1] = {
	[CXLTIER_A_NODE_ID] = NLA_POLICY_MAX(NLA_U32, 1023),
};

static const struct netlink_range_validation node_rate_range = {
	.min = 0,
	.max = 1048576,
};

static const struct nla_policy node_drain_policy[CXLTIER_A_NODE_RATE + 1] = {
	[CXLTIER_A_NODE_ID] = NLA_POLICY_MAX(NLA_U32, 1023),
	[CXLTIER_A_NODE_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &node_rate_range),
};

static const struct nla_policy node_open_policy[CXLTIER_A_NODE_ID + 1] = {
	[CXLTIER_A_NODE_ID] = NLA_POLICY_MAX(NLA_U32, 1023),
};

static const struct nla_policy group_get_policy[CXLTIER_A_GROUP_NAME + 1] = {
	[CXLTIER_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31 },
};

static const struct nla_policy member_policy[CXLTIER_A_MEMBER_WEIGHT + 1] = {
	[CXLTIER_A_MEMBER_NODE] = NLA_POLICY_MAX(NLA_U32, 1023),
	[CXLTIER_A_MEMBER_WEIGHT] = NLA_POLICY_RANGE(NLA_U32, 1, 100),
};

static const struct nla_policy group_new_policy[CXLTIER_A_GROUP_MEMBER + 1] = {
	[CXLTIER_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31 },
	[CXLTIER_A_GROUP_MEMBER] = NLA_POLICY_NESTED(member_policy),
};

static const struct nla_policy group_set_policy[CXLTIER_A_GROUP_MEMBER + 1] = {
	[CXLTIER_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31 },
	[CXLTIER_A_GROUP_MEMBER] = NLA_POLICY_NESTED(member_policy),
};

static const struct nla_policy group_del_policy[CXLTIER_A_GROUP_NAME + 1] = {
	[CXLTIER_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 31 },
};

static const struct nla_policy pool_get_policy[CXLTIER_A_POOL_OWNER + 1] = {
	[CXLTIER_A_POOL_OWNER] = { .type = NLA_NUL_STRING, .len = 31 },
};

static const struct netlink_range_validation pool_rate_range = {
	.min = 0,
	.max = 1048576,
};

static const struct nla_policy pool_set_policy[CXLTIER_A_POOL_RATE + 1] = {
	[CXLTIER_A_POOL_OWNER] = { .type = NLA_NUL_STRING, .len = 31 },
	[CXLTIER_A_POOL_GROUP] = { .type = NLA_NUL_STRING, .len = 31 },
	[CXLTIER_A_POOL_PERCENT] = NLA_POLICY_MAX(NLA_U32, 100),
	[CXLTIER_A_POOL_ACCEPT_PERCENT] = NLA_POLICY_MAX(NLA_U32, 100),
	[CXLTIER_A_POOL_WRITEBACK_PERCENT] = NLA_POLICY_MAX(NLA_U32, 100),
	[CXLTIER_A_POOL_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &pool_rate_range),
};

static const struct nla_policy area_get_policy[CXLTIER_A_AREA_TYPE + 1] = {
	[CXLTIER_A_AREA_TYPE] = NLA_POLICY_MAX(NLA_U32, 31),
};

static const struct nla_policy swap_device_get_policy[CXLTIER_A_SWAP_DEVICE_NUMBER + 1] = {
	[CXLTIER_A_SWAP_DEVICE_NUMBER] = NLA_POLICY_MAX(NLA_U32, 15),
};

static const struct netlink_range_validation swap_device_size_range = {
	.min = 1048576,
	.max = U64_MAX,
};

static const struct nla_policy swap_device_new_policy[CXLTIER_A_SWAP_DEVICE_SIZE + 1] = {
	[CXLTIER_A_SWAP_DEVICE_SIZE] = NLA_POLICY_FULL_RANGE(NLA_UINT, &swap_device_size_range),
};

static const struct nla_policy swap_device_del_policy[CXLTIER_A_SWAP_DEVICE_NUMBER + 1] = {
	[CXLTIER_A_SWAP_DEVICE_NUMBER] = NLA_POLICY_MAX(NLA_U32, 15),
};

static const struct nla_policy mount_get_policy[CXLTIER_A_MOUNT_DEVICE + 1] = {
	[CXLTIER_A_MOUNT_DEVICE] = { .type = NLA_U32 },
};

static const struct nla_policy mount_add_policy[CXLTIER_A_MOUNT_FD + 1] = {
	[CXLTIER_A_MOUNT_QUOTA] = { .type = NLA_UINT },
	[CXLTIER_A_MOUNT_FD] = { .type = NLA_U32 },
};

static const struct nla_policy mount_del_policy[CXLTIER_A_MOUNT_FD + 1] = {
	[CXLTIER_A_MOUNT_FD] = { .type = NLA_U32 },
};

static const struct nla_policy mount_set_policy[CXLTIER_A_MOUNT_FD + 1] = {
	[CXLTIER_A_MOUNT_QUOTA] = { .type = NLA_UINT },
	[CXLTIER_A_MOUNT_FD] = { .type = NLA_U32 },
};

static const struct nla_policy mount_flush_policy[CXLTIER_A_MOUNT_FD + 1] = {
	[CXLTIER_A_MOUNT_FD] = { .type = NLA_U32 },
};

const struct genl_split_ops cxltier_nl_ops[CXLTIER_NL_NR_OPS] = {
	{
		.cmd = CXLTIER_CMD_DEVICE_GET,
		.doit = cxltier_nl_device_get_doit,
		.policy = device_get_policy,
		.maxattr = CXLTIER_A_DEVICE_NUMBER,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_DEVICE_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_device_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_NODE_GET,
		.doit = cxltier_nl_node_get_doit,
		.policy = node_get_policy,
		.maxattr = CXLTIER_A_NODE_ID,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_NODE_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_node_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_NODE_DRAIN,
		.doit = cxltier_nl_node_drain_doit,
		.policy = node_drain_policy,
		.maxattr = CXLTIER_A_NODE_RATE,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_NODE_OPEN,
		.doit = cxltier_nl_node_open_doit,
		.policy = node_open_policy,
		.maxattr = CXLTIER_A_NODE_ID,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_GROUP_GET,
		.doit = cxltier_nl_group_get_doit,
		.policy = group_get_policy,
		.maxattr = CXLTIER_A_GROUP_NAME,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_GROUP_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_group_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_GROUP_NEW,
		.doit = cxltier_nl_group_new_doit,
		.policy = group_new_policy,
		.maxattr = CXLTIER_A_GROUP_MEMBER,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_GROUP_SET,
		.doit = cxltier_nl_group_set_doit,
		.policy = group_set_policy,
		.maxattr = CXLTIER_A_GROUP_MEMBER,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_GROUP_DEL,
		.doit = cxltier_nl_group_del_doit,
		.policy = group_del_policy,
		.maxattr = CXLTIER_A_GROUP_NAME,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_POOL_GET,
		.doit = cxltier_nl_pool_get_doit,
		.policy = pool_get_policy,
		.maxattr = CXLTIER_A_POOL_OWNER,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_POOL_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_pool_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_POOL_SET,
		.doit = cxltier_nl_pool_set_doit,
		.policy = pool_set_policy,
		.maxattr = CXLTIER_A_POOL_RATE,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_AREA_GET,
		.doit = cxltier_nl_area_get_doit,
		.policy = area_get_policy,
		.maxattr = CXLTIER_A_AREA_TYPE,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_AREA_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_area_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_SWAP_DEVICE_GET,
		.doit = cxltier_nl_swap_device_get_doit,
		.policy = swap_device_get_policy,
		.maxattr = CXLTIER_A_SWAP_DEVICE_NUMBER,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_SWAP_DEVICE_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_swap_device_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_SWAP_DEVICE_NEW,
		.doit = cxltier_nl_swap_device_new_doit,
		.policy = swap_device_new_policy,
		.maxattr = CXLTIER_A_SWAP_DEVICE_SIZE,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_SWAP_DEVICE_DEL,
		.doit = cxltier_nl_swap_device_del_doit,
		.policy = swap_device_del_policy,
		.maxattr = CXLTIER_A_SWAP_DEVICE_NUMBER,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_COUNTERS_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_counters_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_HOOK_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_hook_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_CGROUP_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_cgroup_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_GET,
		.doit = cxltier_nl_mount_get_doit,
		.policy = mount_get_policy,
		.maxattr = CXLTIER_A_MOUNT_DEVICE,
		.flags = GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_GET,
		.start = cxltier_nl_dump_start,
		.dumpit = cxltier_nl_mount_get_dumpit,
		.policy = none_policy,
		.maxattr = ARRAY_SIZE(none_policy) - 1,
		.flags = GENL_CMD_CAP_DUMP,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_ADD,
		.doit = cxltier_nl_mount_add_doit,
		.policy = mount_add_policy,
		.maxattr = CXLTIER_A_MOUNT_FD,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_DEL,
		.doit = cxltier_nl_mount_del_doit,
		.policy = mount_del_policy,
		.maxattr = CXLTIER_A_MOUNT_FD,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_SET,
		.doit = cxltier_nl_mount_set_doit,
		.policy = mount_set_policy,
		.maxattr = CXLTIER_A_MOUNT_FD,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd = CXLTIER_CMD_MOUNT_FLUSH,
		.doit = cxltier_nl_mount_flush_doit,
		.policy = mount_flush_policy,
		.maxattr = CXLTIER_A_MOUNT_FD,
		.flags = GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

const struct genl_multicast_group cxltier_nl_mcgrps[CXLTIER_NL_NR_MCGRPS] = {
	[CXLTIER_NL_MCGRP_EVENTS] = { .name = CXLTIER_MCGRP_EVENTS },
};
