/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What drains and offlining share: evacuations (evacuate.c).
 */
#ifndef CXLMETA_DRAIN_H
#define CXLMETA_DRAIN_H

#include "cxl_pool.h"

/*
 * Targets of a pool's pages, in this order: other nodes of its group, other far nodes, the node
 * itself (the rest of it, when a part goes offline), nodes with CPUs. Each of them only where those
 * before it have no room.
 */
enum cxl_target {
	CXL_TARGET_GROUP,
	CXL_TARGET_FAR,
	CXL_TARGET_SAME,
	CXL_TARGET_DRAM,
	CXL_NR_TARGETS
};

/**
 * struct cxl_evacuation - moving a pool's pages out of a range
 * @walk: over the owner's pages
 * @pool: the pool
 * @nid: the range's node
 * @start_pfn: its first frame
 * @end_pfn: the one after its last
 * @reserve: pages set aside for it, chained; none: they are allocated as they are needed
 * @nr_found: pages met in the range
 * @nr_moved: pages that left it
 * @nr_failed: pages for which there was no room
 */
struct cxl_evacuation {
	struct cxl_pool_walk walk;
	struct cxl_pool *pool;
	int nid;
	unsigned long start_pfn;
	unsigned long end_pfn;
	struct page *reserve;
	unsigned long nr_found;
	unsigned long nr_moved;
	unsigned long nr_failed;
};

unsigned long cxl_target_room(struct cxl_pool *pool, enum cxl_target target, int from);
void cxl_targets_release_kept(void);
const char *cxl_targets_tried(void);

void cxl_evacuation_init(struct cxl_evacuation *ev, struct cxl_pool *pool, int nid);
void cxl_evacuation_visit_move(struct cxl_pool_walk *walk, struct page *page,
			       unsigned long *entry);
void cxl_evacuation_walk(struct cxl_evacuation *ev,
			 void (*visit)(struct cxl_pool_walk *walk, struct page *page,
				       unsigned long *entry));
unsigned long cxl_evacuation_count(struct cxl_evacuation *ev);
unsigned long cxl_evacuation_reserve(struct cxl_evacuation *ev, unsigned long nr_pages);
void cxl_evacuation_end(struct cxl_evacuation *ev);

void cxl_node_empty_depots(int nid);

#endif /* CXLMETA_DRAIN_H */
