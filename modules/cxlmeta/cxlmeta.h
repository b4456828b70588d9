/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxlmeta's inside. What it offers to the other modules is in modules/include/.
 *
 * Lock order, outermost first; a store comes in under kernel locks such as a folio lock, a swap
 * cluster's or swap_info_struct.lock, so nothing below may sleep:
 *
 *	slot lock of the pool's owner
 *	  cxl_pool_cpu.lock		one CPU's magazines; interrupts as the caller has them
 *	    cxl_pool_node.lock		a node's depot of kept pages
 *	      zone->lock		the page allocator
 *
 * hook_lock and pool_list_lock are mutexes of process context, taken alone.
 */
#ifndef CXLMETA_H
#define CXLMETA_H

struct seq_file;

int cxl_nodes_init(void);

int cxl_pools_show(struct seq_file *m, void *unused);
int cxl_hooks_show(struct seq_file *m, void *unused);

void cxlmeta_stats_init(void);
void cxlmeta_stats_exit(void);

#endif /* CXLMETA_H */
