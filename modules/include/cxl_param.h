/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Module parameters that say in the log why they refuse a value; the kernel's own do so at load
 * alone.
 */
#ifndef CXL_PARAM_H
#define CXL_PARAM_H

#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

static inline int cxl_param_set_bool(const char *text, const struct kernel_param *kp)
{
	int err = param_set_bool(text, kp);

	if (err)
		pr_err("%s=%.*s: must be Y or N; nothing was changed\n", kp->name,
		       (int)strcspn(text, "\n"), text);
	return err;
}

static const struct kernel_param_ops cxl_param_bool_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = cxl_param_set_bool,
	.get = param_get_bool,
};

#endif /* CXL_PARAM_H */
