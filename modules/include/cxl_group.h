/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Groups: sets of nodes, with weights, that pools interleave over. Members of a group stay NUMA
 * nodes of their own.
 */
#ifndef CXL_GROUP_H
#define CXL_GROUP_H

/* The group of all far nodes, with equal weights. */
#define CXL_GROUP_DEFAULT "default"

#endif /* CXL_GROUP_H */
