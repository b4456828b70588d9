/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups: sets of nodes, with weights, that pools interleave over. Members of a group stay NUMA
 * nodes of their own.
 */
#ifndef CXL_GROUP_H
#define CXL_GROUP_H

#include <linux/types.h>

struct cxl_group;

/* The group of all far nodes, with equal weights. */
#define CXL_GROUP_DEFAULT "default"

int cxl_group_add(const char *name, const char *members);
int cxl_group_set(const char *name, const char *members);
int cxl_group_del(const char *name);

#endif /* CXL_GROUP_H */
