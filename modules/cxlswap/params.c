// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters of the store, checked where they are set, and the pool that they limit. (Those
 * of the devices are in blkdev.c.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "cxl_control.h"
#include "cxl_group.h"
#include "cxl_param.h"
#include "cxl_pool.h"
#include "cxlswap.h"

/* Protects the pool's settings against two writers, and cxlswap_pool; process context. */
static DEFINE_MUTEX(param_lock);

struct cxl_pool *cxlswap_pool;

/*
 * enabled=Y|N: take new pages in tier mode, in front of other swap devices. What is stored can be
 * loaded and freed whatever this says, and our own devices are devices regardless. Default Y.
 */
bool cxlswap_enabled = true;
module_param_cb(enabled, &cxl_param_bool_ops, &cxlswap_enabled, 0644);
MODULE_PARM_DESC(enabled, "store pages of other swap devices (default Y)");

/*
 * same_filled_pages_enabled=Y|N: a page that repeats one value takes no page of the pool.
 * Default Y.
 */
bool cxlswap_same_filled_enabled = true;
module_param_cb(same_filled_pages_enabled, &cxl_param_bool_ops, &cxlswap_same_filled_enabled, 0644);
MODULE_PARM_DESC(same_filled_pages_enabled, "store same-filled pages as a value (default Y)");

/*
 * non_same_filled_pages_enabled=Y|N: N stores nothing but same-filled pages in tier mode.
 * Default Y.
 */
bool cxlswap_non_same_filled_enabled = true;
module_param_cb(non_same_filled_pages_enabled, &cxl_param_bool_ops,
		&cxlswap_non_same_filled_enabled, 0644);
MODULE_PARM_DESC(non_same_filled_pages_enabled, "store other pages (default Y)");

/*
 * verify=Y|N: keep a checksum (CRC32C) of every page that is stored from now on, and compare it
 * when the page is loaded or moved: what has changed meanwhile is treated as memory that failed.
 * Default N.
 */
bool cxlswap_verify;
module_param_cb(verify, &cxl_param_bool_ops, &cxlswap_verify, 0644);
MODULE_PARM_DESC(verify, "keep and compare checksums of stored pages (default N)");

/*
 * exclusive=Y|N: when CXL memory is short (its use above accept_threshold_percent, or no page to
 * be had), a page of tier mode that is loaded into the swap cache gives up its copy here, and is
 * stored again when it is swapped out again. N: the copy stays, and a page that was not changed
 * costs no second store. Default N.
 */
bool cxlswap_exclusive;
module_param_cb(exclusive, &cxl_param_bool_ops, &cxlswap_exclusive, 0644);
MODULE_PARM_DESC(exclusive, "loaded pages give up their copy when CXL memory is short (default N)");

/*
 * promote=Y|N: a page of tier mode that is read from the device below is stored here when it is
 * swapped out again, also if it was not changed: what is in use comes back to CXL memory. The price
 * is that it is written back again, each time that it has come and has not been of use. N: only
 * changed pages are stored. Default N.
 */
bool cxlswap_promote;
module_param_cb(promote, &cxl_param_bool_ops, &cxlswap_promote, 0644);
MODULE_PARM_DESC(promote, "pages read from the device below are stored again (default N)");

/*
 * max_pool_percent=0..100: the most pages the store may have, in percent of its group's memory.
 * Lowering it frees nothing that is stored. Default 20.
 */
static unsigned int max_pool_percent = 20;

/*
 * accept_threshold_percent=0..100: once the limit was hit, pages are taken again when the store has
 * fallen to this part of it. Default 90.
 */
static unsigned int accept_threshold_percent = 90;

/*
 * writeback_threshold_percent=0..100: pages of tier mode are written back to the device below when
 * the store has more than this part of its limit, until it has accept_threshold_percent. 0: never.
 * Default 95.
 */
static unsigned int writeback_threshold_percent = 95;

static unsigned long cxlswap_percent(unsigned long nr_pages, unsigned int percent)
{
	return mult_frac(nr_pages, percent, 100);
}

static int cxlswap_percent_set(const char *text, const struct kernel_param *kp)
{
	unsigned int percent;

	if (kstrtouint(text, 0, &percent) || percent > 100) {
		pr_err("%s: %.*s is no percentage from 0 to 100; nothing was changed\n",
		       kp->name, (int)strcspn(text, "\n"), text);
		return -EINVAL;
	}
	mutex_lock(&param_lock);
	WRITE_ONCE(*(unsigned int *)kp->arg, percent);
	if (cxlswap_pool)
		cxl_pool_set_percent(cxlswap_pool, max_pool_percent);
	mutex_unlock(&param_lock);
	return 0;
}

static const struct kernel_param_ops cxlswap_percent_ops = {
	.set = cxlswap_percent_set,
	.get = param_get_uint,
};
module_param_cb(max_pool_percent, &cxlswap_percent_ops, &max_pool_percent, 0644);
MODULE_PARM_DESC(max_pool_percent, "limit, in percent of the group's memory (default 20)");
module_param_cb(accept_threshold_percent, &cxlswap_percent_ops, &accept_threshold_percent, 0644);
MODULE_PARM_DESC(accept_threshold_percent, "part of a full pool at which stores resume (default 90)");
module_param_cb(writeback_threshold_percent, &cxlswap_percent_ops, &writeback_threshold_percent,
		0644);
MODULE_PARM_DESC(writeback_threshold_percent,
		 "part of the limit from which pages are written back, 0: never (default 95)");

/*
 * group=NAME: where new pages come from: "default", all far nodes; "nodeN"; "socketN", the far
 * nodes of a socket; or a group of cxlmeta's groups=. Pages that are stored stay where they are.
 * Default "default".
 */
static char cxlswap_group[32] = CXL_GROUP_DEFAULT;

static int cxlswap_group_set(const char *text, const struct kernel_param *kp)
{
	int len = strcspn(text, "\n"), err = 0;
	char name[sizeof(cxlswap_group)];

	if (len >= sizeof(name)) {
		pr_err("group: the name is longer than %zu characters; nothing was changed\n",
		       sizeof(name) - 1);
		return -EINVAL;
	}
	strscpy(name, text, len + 1);
	mutex_lock(&param_lock);
	if (cxlswap_pool)
		err = cxl_pool_set_group(cxlswap_pool, name);
	if (err)
		pr_err("group: there is no group '%s'; nothing was changed\n", name);
	else
		strscpy(cxlswap_group, name, sizeof(cxlswap_group));
	mutex_unlock(&param_lock);
	return err;
}

static int cxlswap_group_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", cxlswap_group);
}

static const struct kernel_param_ops cxlswap_group_ops = {
	.set = cxlswap_group_set,
	.get = cxlswap_group_get,
};
module_param_cb(group, &cxlswap_group_ops, NULL, 0644);
MODULE_PARM_DESC(group, "group of nodes that new pages come from (default \"default\": all far nodes)");

/*
 * flush: writing to it writes all pages of tier mode to the devices below, and ends when they are
 * there. A device of ours has nothing below.
 */
static int cxlswap_flush_set(const char *text, const struct kernel_param *kp)
{
	int err;

	if (READ_ONCE(cxlswap_enabled)) {
		pr_err("flush: not while enabled=Y; write N to enabled first\n");
		return -EPERM;
	}
	/* it may take long: other settings need not wait */
	kernel_param_unlock(THIS_MODULE);
	err = cxlswap_writeback_all();
	kernel_param_lock(THIS_MODULE);
	if (err == -EBUSY)
		pr_err("flush: another one is under way\n");
	else if (err)
		pr_err("flush: ended early (%pe); what was not written is stored as before\n",
		       ERR_PTR(err));
	return err;
}

static const struct kernel_param_ops cxlswap_flush_ops = {
	.set = cxlswap_flush_set,
};
module_param_cb(flush, &cxlswap_flush_ops, NULL, 0200);
MODULE_PARM_DESC(flush, "write all pages back to the device below");

/**
 * cxlswap_accept_limit() - pages in use at which a full pool takes pages again
 *
 * Context: any.
 * Return: their number.
 */
unsigned long cxlswap_accept_limit(void)
{
	return cxlswap_percent(cxl_pool_limit(cxlswap_pool), READ_ONCE(accept_threshold_percent));
}

/**
 * cxlswap_writeback_limit() - pages in use above which pages are written back
 *
 * Context: any.
 * Return: their number.
 */
unsigned long cxlswap_writeback_limit(void)
{
	unsigned int percent = READ_ONCE(writeback_threshold_percent);

	return percent ? cxlswap_percent(cxl_pool_limit(cxlswap_pool), percent) : ULONG_MAX;
}

static void cxlswap_setting_take(unsigned int *setting, int value)
{
	lockdep_assert_held(&param_lock);
	if (value >= 0)
		WRITE_ONCE(*setting, value);
}

/* Nothing of it can fail. */
static void cxlswap_settings_take(const struct cxl_pool_settings *settings)
{
	cxlswap_setting_take(&max_pool_percent, settings->percent);
	cxlswap_setting_take(&accept_threshold_percent, settings->accept_percent);
	cxlswap_setting_take(&writeback_threshold_percent, settings->writeback_percent);
	cxlswap_setting_take(&cxlswap_writeback_mb_per_second, settings->writeback_rate_mb);
	/* tells who listens, too */
	cxl_pool_set_percent(cxlswap_pool, max_pool_percent);
}

/**
 * cxlswap_pool_set() - change the pool's settings, all or none; see struct cxl_control
 * @settings: as the parameters group, max_pool_percent, accept_threshold_percent,
 *	writeback_threshold_percent and writeback_mb_per_second
 * @extack: where to say what is wrong
 *
 * Context: process context, while the pool is there; sleeps.
 * Return: 0; -EINVAL or -ENOENT, and why was said.
 */
int cxlswap_pool_set(const struct cxl_pool_settings *settings, struct netlink_ext_ack *extack)
{
	const char *group = settings->group;
	int err = 0;

	if (group && strlen(group) >= sizeof(cxlswap_group)) {
		cxl_refuse(extack, "group: the name is longer than %zu characters",
			   sizeof(cxlswap_group) - 1);
		return -EINVAL;
	}
	mutex_lock(&param_lock);
	if (group)
		err = cxl_pool_set_group(cxlswap_pool, group);
	if (err) {
		cxl_refuse(extack, "group: there is no group '%s'", group);
	} else {
		if (group)
			strscpy(cxlswap_group, group, sizeof(cxlswap_group));
		cxlswap_settings_take(settings);
	}
	mutex_unlock(&param_lock);
	return err;
}

/**
 * cxlswap_pool_fill() - tell of what is cxlswap's of the pool; see struct cxl_pool_ops
 * @skb: the message
 *
 * Context: process context.
 * Return: 0 or -EMSGSIZE.
 */
int cxlswap_pool_fill(struct sk_buff *skb)
{
	return nla_put_u32(skb, CXLTIER_A_POOL_ACCEPT_PERCENT,
			   READ_ONCE(accept_threshold_percent)) ?:
	       nla_put_u32(skb, CXLTIER_A_POOL_WRITEBACK_PERCENT,
			   READ_ONCE(writeback_threshold_percent)) ?:
	       nla_put_u32(skb, CXLTIER_A_POOL_RATE,
			   READ_ONCE(cxlswap_writeback_mb_per_second));
}

/**
 * cxlswap_pool_init() - make the pool, with its limit
 *
 * Context: process context, module load.
 * Return: 0; -ENODEV without far nodes, -EINVAL without the group, after a line in the log;
 *	-ENOMEM.
 */
int cxlswap_pool_init(void)
{
	struct cxl_pool *pool = cxl_pool_create(KBUILD_MODNAME, &cxlswap_pool_ops);
	int err;

	if (!pool)
		return -ENOMEM;
	mutex_lock(&param_lock);
	err = cxl_pool_set_group(pool, cxlswap_group);
	if (err) {
		pr_err("group: there is no group '%s'\n", cxlswap_group);
		err = -EINVAL;
	} else if (!cxl_pool_size(pool)) {
		pr_err("no far node: bring CXL memory online first (a NUMA node with memory and no CPU), or load cxlmeta with nodes=\n");
		err = -ENODEV;
	} else {
		cxl_pool_set_percent(pool, max_pool_percent);
		cxlswap_pool = pool;
	}
	mutex_unlock(&param_lock);
	if (err)
		cxl_pool_destroy(pool);
	return err;
}

/**
 * cxlswap_pool_exit() - free the pool
 *
 * Context: process context, module unload; all pages have been given back.
 */
void cxlswap_pool_exit(void)
{
	struct cxl_pool *pool = cxlswap_pool;

	mutex_lock(&param_lock);
	cxlswap_pool = NULL;
	mutex_unlock(&param_lock);
	cxl_pool_destroy(pool);
}
