// SPDX-License-Identifier: GPL-2.0
/*
 * Damages pages that a driver has marked as movable, on one node: of the far nodes, those of
 * cxltier's pools, in use or kept.
 *
 *   node=N    where
 *   apart=N   every Nth of these pages
 *   poison=1  the kernel is told that their memory has failed, as after a machine check; else one
 *             bit is changed, as by memory that fails and does not say so
 *   damaged   reads as their number
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

static int node = 1;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node");

static unsigned int apart = 100;
module_param(apart, uint, 0444);
MODULE_PARM_DESC(apart, "damage every Nth page");

static bool poison;
module_param(poison, bool, 0444);
MODULE_PARM_DESC(poison, "report the memory as failed");

static unsigned int damaged;
module_param(damaged, uint, 0444);
MODULE_PARM_DESC(damaged, "pages that were damaged");

static void damage_bit(struct page *page)
{
	u8 *data = kmap_local_page(page);

	data[page_to_pfn(page) % PAGE_SIZE] ^= 0x10;
	kunmap_local(data);
}

/* The kernel's queue holds 16; its worker runs on this CPU. */
static void damage_report(unsigned long pfn)
{
	memory_failure_queue(pfn, 0);
	if (damaged % 8 == 0)
		msleep(20);
}

static int __init damage_init(void)
{
	unsigned long pfn = node_start_pfn(node), nr_seen = 0;
	struct page *page;

	for (; pfn < node_end_pfn(node); pfn++) {
		page = pfn_to_online_page(pfn);
		if (!page || !page_count(page) || !__PageMovable(page) || ++nr_seen % apart)
			continue;
		if (poison)
			damage_report(pfn);
		else
			damage_bit(page);
		damaged++;
	}
	msleep(20);
	return 0;
}

static void __exit damage_exit(void)
{
}

module_init(damage_init);
module_exit(damage_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Damages pages of cxltier's pools");
