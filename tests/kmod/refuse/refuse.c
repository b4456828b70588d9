// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps memory online: whoever wants to take the memory block with an address offline is refused,
 * as by memory that can't move.
 *
 *   address=N   of the block, may be changed; 0: none
 *   online=1    refuses to bring it online, instead
 *   delay_ms=N  lets the others take that long
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pfn.h>

static unsigned long address;
module_param(address, ulong, 0644);
MODULE_PARM_DESC(address, "address of the memory that stays as it is");

static bool online;
module_param(online, bool, 0644);
MODULE_PARM_DESC(online, "refuse to bring it online");

static unsigned int delay_ms;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "how long each change takes (ms)");

static int refuse_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	const struct memory_notify *change = data;
	unsigned long pfn = PHYS_PFN(address);

	if (action != MEM_GOING_OFFLINE && action != MEM_GOING_ONLINE)
		return NOTIFY_DONE;
	msleep(delay_ms);
	if (action != (online ? MEM_GOING_ONLINE : MEM_GOING_OFFLINE) || !address ||
	    pfn < change->start_pfn || pfn >= change->start_pfn + change->nr_pages)
		return NOTIFY_DONE;
	pr_info("refused\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block refuse_notifier = { .notifier_call = refuse_notify };

static int __init refuse_init(void)
{
	return register_memory_notifier(&refuse_notifier);
}

static void __exit refuse_exit(void)
{
	unregister_memory_notifier(&refuse_notifier);
}

module_init(refuse_init);
module_exit(refuse_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test: memory that can't go offline");
