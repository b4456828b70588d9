// SPDX-License-Identifier: GPL-2.0
/*
 * A live patch for a function that cxlswap replaces: zswap_swapoff() does
 * nothing. It is for a guest that switches no swap area while this is in force.
 */
#include <linux/livepatch.h>
#include <linux/module.h>

static void cxlpatch_zswap_swapoff(int type)
{
}

static struct klp_func funcs[] = {
	{ .old_name = "zswap_swapoff", .new_func = cxlpatch_zswap_swapoff },
	{ }
};

static struct klp_object objects[] = {
	{ .funcs = funcs },
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objects,
};

static int __init cxlpatch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit cxlpatch_exit(void)
{
}

module_init(cxlpatch_init);
module_exit(cxlpatch_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A live patch that rivals cxlswap, for a test");
MODULE_INFO(livepatch, "Y");
