/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Far nodes: the NUMA nodes that cxlmeta takes for CXL memory.
 */
#ifndef CXL_NODE_H
#define CXL_NODE_H

#include <linux/nodemask.h>

extern nodemask_t cxl_far_nodes;

/**
 * cxl_node_is_far() - is this node CXL memory?
 * @nid: the node
 *
 * Context: any.
 * Return: whether cxlmeta takes it for that, now.
 */
static inline bool cxl_node_is_far(int nid)
{
	return node_isset(nid, cxl_far_nodes);
}

#endif /* CXL_NODE_H */
