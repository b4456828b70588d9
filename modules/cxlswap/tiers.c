// SPDX-License-Identifier: GPL-2.0
/*
 * Which memory cgroups may have pages in CXL memory, in tier mode: "0" none, "max" what other
 * limits leave them, the words of the swap tiers that are proposed for the kernel. There they are a
 * file of the cgroup's, which a module can't add; here they are written to a parameter.
 *
 * What is kept is who must not: the cgroup's serial number, which no other one ever gets, beside
 * what is counted for its id. So the id of a cgroup that is gone may be another's, and that one is
 * not meant; only the static key may be on longer than it must be, until the next look. A choice
 * lasts as long as the id is the cgroup's: when that was removed, until none of its pages is in
 * swap. What it then still has in memory counts as the next one's above, as the kernel charges it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cxlswap.h"

/* On while a cgroup is barred. */
DEFINE_STATIC_KEY_FALSE(cxlswap_some_cgroups_are_barred);

/*
 * Who changes choices has it, and keeps the hooks. Process context, outside room_lock; cgroups and
 * the static key are looked up and switched under it.
 */
static DEFINE_MUTEX(tier_lock);

/* While the hooks are there, which know a cgroup by its id. */
static bool tiers_run;

/**
 * cxlswap_cgroup_is_barred() - must a cgroup's pages not be in CXL memory, by its own choice?
 * @cgroup: what is counted for its id
 * @serial: the cgroup; 0: none
 *
 * Context: any.
 * Return: whether its tier is "0".
 */
bool cxlswap_cgroup_is_barred(const struct cxlswap_cgroup *cgroup, u64 serial)
{
	return serial && READ_ONCE(cgroup->barred) == serial;
}

/**
 * __cxlswap_cgroup_has_tier() - the slow part of cxlswap_cgroup_has_tier(): some are barred
 * @memcg: the cgroup, kept by the caller
 *
 * Context: any.
 * Return: false if it is one of them, or below one.
 */
bool __cxlswap_cgroup_has_tier(struct mem_cgroup *memcg)
{
	struct cxlswap_cgroup *cgroup;

	for (; memcg; memcg = parent_mem_cgroup(memcg)) {
		cgroup = cxlswap_cgroup_find(mem_cgroup_id(memcg));
		if (cgroup && cxlswap_cgroup_is_barred(cgroup, memcg->css.serial_nr))
			return false;
	}
	return true;
}

/* Forgets choices of cgroups that are gone, and looks whether there are others. */
static void cxlswap_tiers_update(void)
{
	struct cxlswap_cgroup *cgroup;
	bool some = false;
	unsigned int id;

	lockdep_assert_held(&tier_lock);
	for (id = 1; id < CXLSWAP_NR_CGROUP_IDS; id++) {
		cgroup = cxlswap_cgroup_find(id);
		if (!cgroup) {
			id = round_up(id + 1, CXLSWAP_CGROUPS_PER_LEAF) - 1;
			continue;
		}
		if (cgroup->barred && cgroup->barred != cxlswap_cgroup_serial(id))
			WRITE_ONCE(cgroup->barred, 0);
		some |= cgroup->barred;
	}
	if (some)
		static_branch_enable(&cxlswap_some_cgroups_are_barred);
	else
		static_branch_disable(&cxlswap_some_cgroups_are_barred);
}

/* Return: 0; -ENOENT if the cgroup was removed just now, -ENOMEM. */
static int cxlswap_tier_choose(struct mem_cgroup *memcg, bool may)
{
	unsigned short id = mem_cgroup_id(memcg);
	struct cxlswap_cgroup *cgroup;

	lockdep_assert_held(&tier_lock);
	if (!id)
		return -ENOENT;
	cgroup = cxlswap_cgroup_by_id(id);
	if (!cgroup)
		return -ENOMEM;
	/* it is listed from now on, and not with what another one did */
	cxlswap_cgroup_adopt(cgroup);
	WRITE_ONCE(cgroup->barred, may ? 0 : memcg->css.serial_nr);
	cxlswap_tiers_update();
	return 0;
}

/* Return: as cxlswap_tier_set(). */
static int cxlswap_tier_set_of(struct cgroup *cgroup, bool may)
{
	struct cgroup_subsys_state *css = cgroup_get_e_css(cgroup, &memory_cgrp_subsys);
	int err = -EINVAL;

	/* where the controller is not enabled, that of the next cgroup above holds */
	if (css->cgroup == cgroup)
		err = cxlswap_tier_choose(mem_cgroup_from_css(css), may);
	css_put(css);
	return err;
}

/*
 * Return: 0; -ENOENT if there is no such cgroup, -EINVAL if its memory is not controlled, -EBUSY
 *	while the module comes or goes, -ENOMEM.
 */
static int cxlswap_tier_set(const char *path, bool may)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);
	int err = -EBUSY;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	mutex_lock(&tier_lock);
	if (tiers_run)
		err = cxlswap_tier_set_of(cgroup, may);
	mutex_unlock(&tier_lock);
	cgroup_put(cgroup);
	return err;
}

/* Takes "PATH 0" or "PATH max" apart; there may be blanks in the path. Return: whether it could. */
static bool cxlswap_tier_parse(char *text, bool *may)
{
	char *choice = strrchr(text, ' ');

	if (text[0] != '/' || !choice)
		return false;
	*choice++ = '\0';
	*may = !strcmp(choice, "max");
	return *may || !strcmp(choice, "0");
}

/*
 * cgroup_tier=PATH 0|max: whether pages of a cgroup, and of all below it, may be stored in tier
 * mode: 0: none; max: as far as other limits let them. PATH is from the root of the hierarchy, as
 * in /proc/PID/cgroup. What is stored stays until it is freed or written back. Default max.
 */
static int cxlswap_cgroup_tier_set(const char *text, const struct kernel_param *kp)
{
	int len = strcspn(text, "\n"), err = -EINVAL;
	char *path = kstrndup(text, len, GFP_KERNEL);
	bool may;

	if (!path)
		return -ENOMEM;
	if (cxlswap_tier_parse(path, &may))
		err = cxlswap_tier_set(path, may);
	if (err == -EINVAL)
		pr_err("cgroup_tier: '%.*s' is not 'PATH 0' or 'PATH max' of a cgroup whose memory is controlled; nothing was changed\n",
		       len, text);
	else if (err)
		pr_err("cgroup_tier: %s: %pe; nothing was changed\n", path, ERR_PTR(err));
	kfree(path);
	return err;
}

static const struct kernel_param_ops cxlswap_cgroup_tier_ops = {
	.set = cxlswap_cgroup_tier_set,
};
module_param_cb(cgroup_tier, &cxlswap_cgroup_tier_ops, NULL, 0200);
MODULE_PARM_DESC(cgroup_tier, "'PATH 0|max': may a cgroup's pages be stored (default max)");

/**
 * cxlswap_tiers_forget_gone() - stores need not ask for choices of cgroups that are gone
 *
 * Context: process context; sleeps.
 */
void cxlswap_tiers_forget_gone(void)
{
	mutex_lock(&tier_lock);
	if (tiers_run)
		cxlswap_tiers_update();
	mutex_unlock(&tier_lock);
}

/**
 * cxlswap_tiers_start() - choices can be made
 *
 * Context: process context, module load; the hooks are there.
 */
void cxlswap_tiers_start(void)
{
	mutex_lock(&tier_lock);
	tiers_run = true;
	mutex_unlock(&tier_lock);
}

/**
 * cxlswap_tiers_stop() - none can be made any more
 *
 * Context: process context, module unload, before the hooks go: parameters stay for longer.
 */
void cxlswap_tiers_stop(void)
{
	mutex_lock(&tier_lock);
	tiers_run = false;
	mutex_unlock(&tier_lock);
}
