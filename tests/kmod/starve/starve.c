// SPDX-License-Identifier: GPL-2.0
/*
 * Pools of cxltier that run out of pages now and then, also in the middle of a call that asks for
 * several: of the pages that are asked for, so many are granted and so many denied, in turns.
 *
 *   granted=N  pages in a row that are to be had
 *   denied=N   after them, requests in a row that are in vain
 *   nr_denied  reads as the number of those
 */
#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

#include "cxl_pool.h"

static unsigned int granted = 16;
module_param(granted, uint, 0444);
MODULE_PARM_DESC(granted, "pages in a row that are to be had");

static unsigned int denied = 2;
module_param(denied, uint, 0444);
MODULE_PARM_DESC(denied, "requests in a row that are in vain");

static int nr_denied;
module_param(nr_denied, int, 0444);
MODULE_PARM_DESC(nr_denied, "requests that were denied");

static atomic_t nr_asked = ATOMIC_INIT(-1);

static bool starve_grants(void)
{
	if ((unsigned int)atomic_inc_return(&nr_asked) % (granted + denied) < granted)
		return true;
	nr_denied++;
	return false;
}

struct starve_call {
	struct cxl_pool *pool;
	struct page **pages;
};

static int starve_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct starve_call *call = (void *)ri->data;

	call->pool = (void *)regs_get_kernel_argument(regs, 0);
	call->pages = (void *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int starve_page(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct starve_call *call = (void *)ri->data;
	struct page *page = (void *)regs_return_value(regs);

	if (page && !starve_grants()) {
		cxl_pool_put(call->pool, page);
		regs_set_return_value(regs, 0);
	}
	return 0;
}

static int starve_pages(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct starve_call *call = (void *)ri->data;
	unsigned int i, nr = regs_return_value(regs);

	for (i = 0; i < nr && starve_grants(); i++)
		;
	regs_set_return_value(regs, i);
	for (; i < nr; i++)
		cxl_pool_put(call->pool, call->pages[i]);
	return 0;
}

static struct kretprobe starve_probes[] = {
	{
		.kp.symbol_name = "cxl_pool_get",
		.entry_handler = starve_enter,
		.handler = starve_page,
		.data_size = sizeof(struct starve_call),
		.maxactive = 64,
	}, {
		.kp.symbol_name = "cxl_pool_get_pages",
		.entry_handler = starve_enter,
		.handler = starve_pages,
		.data_size = sizeof(struct starve_call),
		.maxactive = 64,
	},
};

static struct kretprobe *starve_list[] = { &starve_probes[0], &starve_probes[1] };

static int __init starve_init(void)
{
	if (!denied)
		return -EINVAL;
	return register_kretprobes(starve_list, ARRAY_SIZE(starve_list));
}

static void __exit starve_exit(void)
{
	unregister_kretprobes(starve_list, ARRAY_SIZE(starve_list));
}

module_init(starve_init);
module_exit(starve_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test: pools that run out of pages");
