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
 *   list=1    nothing is damaged; where reads as the addresses of the first 64 of these pages
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

static bool list;
module_param(list, bool, 0444);
MODULE_PARM_DESC(list, "only tell where they are");

static unsigned long where[64];
static unsigned int nr_where;
module_param_array(where, ulong, &nr_where, 0444);
MODULE_PARM_DESC(where, "physical addresses");

static void damage_bit(struct page *page)
{
	u8 *data = kmap_local_page(page);

	data[page_to_pfn(page) % PAGE_SIZE] ^= 0x10;
	kunmap_local(data);
}

/* A slab counts, where other pages have their mapping, and looks like one of ours at times. */
static bool damage_is_wanted(struct page *page)
{
	return page && page_count(page) && !PageSlab(page) && __PageMovable(page);
}

static void damage_list(unsigned long pfn)
{
	if (nr_where < ARRAY_SIZE(where))
		where[nr_where++] = PFN_PHYS(pfn);
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
		if (!damage_is_wanted(page) || ++nr_seen % apart)
			continue;
		if (list) {
			damage_list(pfn);
			continue;
		}
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
