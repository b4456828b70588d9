/* SPDX-License-Identifier: GPL-2.0 */
/* Made from netlink/cxltier.yaml by scripts/netlink-gen: don't edit. */
#ifndef CXLMETA_NETLINK_GEN_H
#define CXLMETA_NETLINK_GEN_H

#include <net/genetlink.h>

#include <uapi/linux/cxltier.h>

#define CXLTIER_NL_NR_OPS 29

enum {
	CXLTIER_NL_MCGRP_EVENTS,
	CXLTIER_NL_NR_MCGRPS
};

extern const struct genl_split_ops cxltier_nl_ops[CXLTIER_NL_NR_OPS];
extern const struct genl_multicast_group cxltier_nl_mcgrps[CXLTIER_NL_NR_MCGRPS];

int cxltier_nl_dump_start(struct netlink_callback *cb);
int cxltier_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_node_drain_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_node_open_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_group_new_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_group_set_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_pool_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_pool_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_pool_set_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_area_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_area_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_swap_device_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_swap_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_swap_device_new_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_swap_device_del_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_counters_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_hook_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_cgroup_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_mount_get_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_mount_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cxltier_nl_mount_add_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_mount_del_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_mount_set_doit(struct sk_buff *skb, struct genl_info *info);
int cxltier_nl_mount_flush_doit(struct sk_buff *skb, struct genl_info *info);

#endif /* CXLMETA_NETLINK_GEN_H */
