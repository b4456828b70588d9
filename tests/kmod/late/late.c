// SPDX-License-Identifier: GPL-2.0
/*
 * A soft offline that was under way when memory began to go offline: isolates pages that a driver
 * has marked as movable, and takes them out of use, as the kernel does (6.8 and 6.12,
 * soft_offline_in_use_page()), when all others have heard that their memory goes.
 *
 *   node=N    where
 *   apart=N   every Nth of these pages
 *   held      reads as the number of pages that are isolated
 *   late      of those that were taken out of use
 */
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>

static int node = 2;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node");

static unsigned int apart = 100;
module_param(apart, uint, 0444);
MODULE_PARM_DESC(apart, "isolate every Nth page");

static unsigned int held;
module_param(held, uint, 0444);
MODULE_PARM_DESC(held, "pages that are isolated");

static unsigned int late;
module_param(late, uint, 0444);
MODULE_PARM_DESC(late, "pages that were taken out of use");

static bool (*isolate)(struct page *page, isolate_mode_t mode);
static LIST_HEAD(isolated);

/* As the end of a migration that finds the page released, and page_handle_poison(). */
static void late_take(struct page *page)
{
	WARN_ON(page_count(page) != 1);
	list_del(&page->lru);
	SetPageHWPoison(page);
	put_page(page);
	page_ref_inc(page);
	held--;
	late++;
}

static int late_notify(struct notifier_block *block, unsigned long action, void *data)
{
	struct memory_notify *arg = data;
	struct page *page, *next;

	if (action != MEM_GOING_OFFLINE)
		return NOTIFY_OK;
	list_for_each_entry_safe(page, next, &isolated, lru)
		if (page_to_pfn(page) - arg->start_pfn < arg->nr_pages)
			late_take(page);
	return NOTIFY_OK;
}

static struct notifier_block late_block = {
	.notifier_call = late_notify,
	.priority = -1,
};

static int late_find_kernel(void)
{
	struct kprobe probe = { .symbol_name = "isolate_movable_page" };
	int err = register_kprobe(&probe);

	if (err)
		return err;
	isolate = (void *)probe.addr;
	unregister_kprobe(&probe);
	return 0;
}

static int __init late_init(void)
{
	unsigned long pfn = node_start_pfn(node), nr_seen = 0;
	struct page *page;
	int err = late_find_kernel();

	for (; !err && pfn < node_end_pfn(node); pfn++) {
		page = pfn_to_online_page(pfn);
		if (!page || !__PageMovable(page) || ++nr_seen % apart)
			continue;
		if (isolate(page, ISOLATE_UNEVICTABLE)) {
			list_add(&page->lru, &isolated);
			held++;
		}
	}
	return err ?: register_memory_notifier(&late_block);
}

static void __exit late_exit(void)
{
	unregister_memory_notifier(&late_block);
	/* pages that are isolated for ever: the test has failed */
	WARN_ON(!list_empty(&isolated));
}

module_init(late_init);
module_exit(late_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Soft offline that ends after memory began to go offline");
