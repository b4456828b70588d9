/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A group's inside, for who lists and changes groups.
 */
#ifndef CXLMETA_GROUPS_H
#define CXLMETA_GROUPS_H

#include <linux/list.h>
#include <linux/types.h>

struct netlink_ext_ack;

#define CXL_GROUP_NAME_MAX 31
#define CXL_WEIGHT_MAX 100

/**
 * struct cxl_group - a group
 * @list: in cxl_groups
 * @name: its name
 * @automatic: it follows the topology, and the user can't change it
 * @nr_users: pools over it
 * @weights: by node number; 0: not a member
 */
struct cxl_group {
	struct list_head list;
	char name[CXL_GROUP_NAME_MAX + 1];
	bool automatic;
	unsigned int nr_users;
	u8 weights[];
};

/* All groups; under cxl_lock. */
extern struct list_head cxl_groups;

struct cxl_group *cxl_group_find(const char *name);
int cxl_group_add(const char *name, const u8 *weights, struct netlink_ext_ack *extack);
int cxl_group_set(const char *name, const u8 *weights, struct netlink_ext_ack *extack);
int cxl_group_del(const char *name, struct netlink_ext_ack *extack);

#endif /* CXLMETA_GROUPS_H */
