/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control: what a module above cxlmeta lets be seen and changed through cxlmeta's netlink family
 * (netlink/cxltier.yaml).
 */
#ifndef CXL_CONTROL_H
#define CXL_CONTROL_H

#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/printk.h>
#include <linux/types.h>
#include <net/netlink.h>

#include <uapi/linux/cxltier.h>

struct super_block;

/* Quotas of mounts, in bytes: none, and what it was before, which nobody can ask for. */
#define CXL_QUOTA_NONE U64_MAX
#define CXL_QUOTA_SAME (U64_MAX - 1)

/**
 * struct cxl_pool_settings - what is to become of a pool
 * @group: where its pages come from; NULL: as it is
 * @percent: its limit, in percent of the group's memory; negative: as it is. As of the others
 * @accept_percent: part of the limit at which it takes pages again once it was full
 * @writeback_percent: part of the limit above which pages are written back
 * @writeback_rate_mb: the most MiB/s that are
 */
struct cxl_pool_settings {
	const char *group;
	int percent;
	int accept_percent;
	int writeback_percent;
	int writeback_rate_mb;
};

/**
 * struct cxl_control - a module's part in the family
 * @owner: the module, as the owner of its pool is called
 * @list: in cxlmeta's list
 * @set_pool: change its pool's settings, all or none. A refusal is said with cxl_refuse().
 * @fill_counters: write CXLTIER_A_COUNTERS_* into a message; 0 or -EMSGSIZE
 * @fill_area: write the first swap area from type *@pos on into a message, and set *@pos to its
 *	type; 0, -ENOENT if there is none, or -EMSGSIZE. NULL: the module has no areas
 * @fill_swap_device: the same for the block devices, by number
 * @fill_cgroup: the same for memory cgroups with pages stored, by id
 * @fill_mount: the same for mounts that are cached, or not, by device number
 * @add_mount: begin to cache a mount, with a quota in bytes; CXL_QUOTA_SAME: as it is
 * @del_mount: cache it no more
 * @set_mount: set its quota
 * @flush_mounts: begin to drop what is held of it; NULL: of all
 * @new_swap_device: make a block device of so many bytes; its number or a negative error
 * @del_swap_device: remove one
 *
 * Context: all are called in process context, with none of cxlmeta's locks, and sleep for a
 * short time only.
 */
struct cxl_control {
	const char *owner;
	struct list_head list;
	int (*set_pool)(const struct cxl_pool_settings *settings, struct netlink_ext_ack *extack);
	int (*fill_counters)(struct sk_buff *skb);
	int (*fill_area)(struct sk_buff *skb, unsigned long *pos);
	int (*fill_swap_device)(struct sk_buff *skb, unsigned long *pos);
	int (*fill_cgroup)(struct sk_buff *skb, unsigned long *pos);
	int (*fill_mount)(struct sk_buff *skb, unsigned long *pos);
	int (*add_mount)(struct super_block *sb, u64 quota, struct netlink_ext_ack *extack);
	int (*del_mount)(struct super_block *sb, struct netlink_ext_ack *extack);
	int (*set_mount)(struct super_block *sb, u64 quota, struct netlink_ext_ack *extack);
	int (*flush_mounts)(struct super_block *sb, struct netlink_ext_ack *extack);
	int (*new_swap_device)(u64 size, struct netlink_ext_ack *extack);
	int (*del_swap_device)(unsigned int number, struct netlink_ext_ack *extack);
};

void cxl_control_register(struct cxl_control *control);
void cxl_control_unregister(struct cxl_control *control);
void cxl_control_notify(u8 cmd, enum cxltier_change change,
			int (*fill)(struct sk_buff *skb, const void *object), const void *object);
int cxl_control_put_counter(struct sk_buff *skb, const char *name, u64 value);

/*
 * Says why something is refused: to whoever asked by netlink, where 79 characters fit, or else in
 * the log.
 */
#define cxl_refuse(extack, fmt, ...) do {						\
	if (extack)									\
		NL_SET_ERR_MSG_FMT(extack, fmt, ##__VA_ARGS__);				\
	else										\
		pr_err(fmt "\n", ##__VA_ARGS__);					\
} while (0)

#endif /* CXL_CONTROL_H */
