// SPDX-License-Identifier: GPL-2.0
/*
 * Takes each page block of a node's ZONE_MOVABLE by alloc_contig_range(), as virtio-mem and users
 * of CMA do, and gives it back.
 *
 *   node=N    where
 *   claimed   reads as the number of blocks that could be had
 *   refused   of those that could not
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>

static int node = 1;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node");

static unsigned int claimed;
module_param(claimed, uint, 0444);
MODULE_PARM_DESC(claimed, "blocks that could be had");

static unsigned int refused;
module_param(refused, uint, 0444);
MODULE_PARM_DESC(refused, "blocks that could not");

static void contig_claim(unsigned long pfn)
{
	if (alloc_contig_range(pfn, pfn + pageblock_nr_pages, MIGRATE_MOVABLE, GFP_KERNEL)) {
		refused++;
		return;
	}
	claimed++;
	free_contig_range(pfn, pageblock_nr_pages);
}

static int __init contig_init(void)
{
	unsigned long pfn = pageblock_align(node_start_pfn(node));
	struct page *page;

	for (; pfn < node_end_pfn(node); pfn += pageblock_nr_pages) {
		page = pfn_to_online_page(pfn);
		if (page && page_zonenum(page) == ZONE_MOVABLE)
			contig_claim(pfn);
		cond_resched();
	}
	return 0;
}

static void __exit contig_exit(void)
{
}

module_init(contig_init);
module_exit(contig_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes memory of a node by ranges of page frames");
