/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Far nodes: the NUMA nodes that cxlmeta takes for CXL memory, and groups of them.
 */
#ifndef CXL_NODE_H
#define CXL_NODE_H

#include <linux/nodemask.h>

/**
 * struct cxl_group - nodes over which a pool interleaves
 * @name: for the user
 * @nodes: its members
 */
struct cxl_group {
	const char *name;
	nodemask_t nodes;
};

const struct cxl_group *cxl_group_default(void);
unsigned long cxl_group_nr_pages(const struct cxl_group *group);
bool cxl_node_is_far(int nid);

#endif /* CXL_NODE_H */
