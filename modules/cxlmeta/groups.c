// SPDX-License-Identifier: GPL-2.0
/*
 * Groups of nodes: who is in one, with which weight, and the order in which a pool takes pages from
 * them. A node may be in several groups.
 *
 * Three kinds: "default", all far nodes; made by the kernel's topology: "nodeN", one far node, and
 * "socketN", the far nodes that are nearest to that socket's CPUs; and those that the user names.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/gcd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cxl_control.h"
#include "cxl_group.h"
#include "cxl_node.h"
#include "cxlmeta.h"
#include "groups.h"
#include "netlink.h"

/* Of all of a group's weights, divided by what they have in common. */
#define CXL_TURNS_MAX 1000

/*
 * groups=NAME=MEMBERS[;NAME=MEMBERS]...: groups to make at load; MEMBERS are nodes with weights
 * from 1 to 100, such as "1:3,2:1"; a weight that is not given is 1. Default: none.
 */
static char *groups;
module_param(groups, charp, 0444);
MODULE_PARM_DESC(groups, "groups of nodes with weights, such as fast=1:3,2:1;slow=3 (default none)");

LIST_HEAD(cxl_groups);

/**
 * cxl_group_find() - a group
 * @name: its name
 *
 * Context: process context, under cxl_lock.
 * Return: the group; NULL if there is none of that name.
 */
struct cxl_group *cxl_group_find(const char *name)
{
	struct cxl_group *group;

	lockdep_assert_held(&cxl_lock);
	list_for_each_entry(group, &cxl_groups, list)
		if (!strcmp(group->name, name))
			return group;
	return NULL;
}

/* ---- members -------------------------------------------------------------------------- */

/* One "NODE" or "NODE:WEIGHT". */
static int cxl_member_parse(u8 *weights, char *member)
{
	char *number = strsep(&member, ":");
	unsigned int nid, weight = 1;

	if (kstrtouint(number, 10, &nid) || nid >= nr_node_ids || !node_possible(nid)) {
		pr_err("group: '%s' is no NUMA node of this machine\n", number);
		return -EINVAL;
	}
	if (member && (kstrtouint(member, 10, &weight) || !weight || weight > CXL_WEIGHT_MAX)) {
		pr_err("group: node %u: '%s' is no weight from 1 to %d\n", nid, member,
		       CXL_WEIGHT_MAX);
		return -EINVAL;
	}
	if (weights[nid]) {
		pr_err("group: node %u is named twice\n", nid);
		return -EINVAL;
	}
	weights[nid] = weight;
	return 0;
}

static unsigned int cxl_weights_divisor(const u8 *weights)
{
	unsigned int nid, divisor = 0;

	for (nid = 0; nid < nr_node_ids; nid++)
		divisor = gcd(divisor, weights[nid]);
	return max(divisor, 1u);
}

static unsigned int cxl_weights_sum(const u8 *weights)
{
	unsigned int nid, sum = 0;

	for (nid = 0; nid < nr_node_ids; nid++)
		sum += weights[nid];
	return sum;
}

/* Return: weights by node number, to be freed; or an error pointer after a line in the log. */
static u8 *cxl_members_parse(const char *members)
{
	u8 *weights = kzalloc(nr_node_ids, GFP_KERNEL);
	char *copy = kstrdup(members, GFP_KERNEL);
	char *rest = copy, *member;
	int err = 0;

	if (!weights || !copy)
		err = -ENOMEM;
	while (!err && (member = strsep(&rest, ",")))
		err = cxl_member_parse(weights, member);
	kfree(copy);
	if (!err)
		return weights;
	kfree(weights);
	return ERR_PTR(err);
}

/* ---- schedules ------------------------------------------------------------------------ */

/*
 * Spreads turns evenly: at each one every member earns its weight, who has most pays the sum of all
 * (smooth weighted round robin). After any number of turns, each member's share is exact to one.
 */
static void cxl_schedule_fill(struct cxl_schedule *schedule, const u8 *weights, int *credit,
			      unsigned int divisor)
{
	unsigned int i;
	int nid, best;

	for (i = 0; i < schedule->nr; i++) {
		best = first_node(schedule->nodes);
		for_each_node_mask(nid, schedule->nodes) {
			credit[nid] += weights[nid] / divisor;
			if (credit[nid] > credit[best])
				best = nid;
		}
		credit[best] -= schedule->nr;
		schedule->turns[i] = best;
	}
}

/**
 * cxl_group_schedule() - make the order in which a group's nodes take turns
 * @group: the group
 *
 * Members without memory are left out.
 *
 * Context: process context, under cxl_lock.
 * Return: a new schedule, to be freed with kfree_rcu(); NULL without memory for it.
 */
struct cxl_schedule *cxl_group_schedule(const struct cxl_group *group)
{
	u8 *weights __free(kfree) = kmemdup(group->weights, nr_node_ids, GFP_KERNEL);
	int *credit __free(kfree) = kcalloc(nr_node_ids, sizeof(*credit), GFP_KERNEL);
	struct cxl_schedule *schedule;
	unsigned int nid, nr, divisor;

	if (!weights || !credit)
		return NULL;
	for (nid = 0; nid < nr_node_ids; nid++)
		if (!node_state(nid, N_MEMORY))
			weights[nid] = 0;
	divisor = cxl_weights_divisor(weights);
	nr = cxl_weights_sum(weights) / divisor;
	schedule = kzalloc(struct_size(schedule, turns, nr), GFP_KERNEL);
	if (!schedule)
		return NULL;
	schedule->nr = nr;
	for (nid = 0; nid < nr_node_ids; nid++)
		if (weights[nid])
			node_set(nid, schedule->nodes);
	cxl_schedule_fill(schedule, weights, credit, divisor);
	return schedule;
}

/* ---- the list ------------------------------------------------------------------------- */

static struct cxl_group *cxl_group_new(const char *name)
{
	struct cxl_group *group = kzalloc(struct_size(group, weights, nr_node_ids), GFP_KERNEL);

	if (!group)
		return NULL;
	strscpy(group->name, name, sizeof(group->name));
	list_add_tail(&group->list, &cxl_groups);
	return group;
}

static bool cxl_group_name_is_valid(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum(*c) && !strchr("._-", *c))
			return false;
	return c > name && c - name <= CXL_GROUP_NAME_MAX;
}

/* Names that the topology gives, now or later. */
static bool cxl_group_name_is_automatic(const char *name)
{
	return !strcmp(name, CXL_GROUP_DEFAULT) ||
	       (!strncmp(name, "node", 4) && isdigit(name[4])) ||
	       (!strncmp(name, "socket", 6) && isdigit(name[6]));
}

static int cxl_group_check_name(const char *name, struct netlink_ext_ack *extack)
{
	if (!cxl_group_name_is_valid(name)) {
		cxl_refuse(extack, "name: must be 1 to %d letters, digits, '.', '_' or '-'",
			   CXL_GROUP_NAME_MAX);
		return -EINVAL;
	}
	if (cxl_group_name_is_automatic(name)) {
		cxl_refuse(extack, "name: '%s' is the topology's, and stays as it is", name);
		return -EPERM;
	}
	return 0;
}

static int cxl_group_check(const char *name, const u8 *weights, struct netlink_ext_ack *extack)
{
	if (cxl_weights_sum(weights) / cxl_weights_divisor(weights) > CXL_TURNS_MAX) {
		cxl_refuse(extack, "member: the weights add up to more than %d", CXL_TURNS_MAX);
		return -EINVAL;
	}
	return cxl_group_check_name(name, extack);
}

/* Pools over it take turns accordingly from now on. */
static void cxl_group_set_weights(struct cxl_group *group, const u8 *weights)
{
	memcpy(group->weights, weights, nr_node_ids);
	cxl_pools_update();
}

/**
 * cxl_group_add() - make a group
 * @name: its name: letters, digits, '.', '_' and '-'
 * @weights: by node number; 0: not a member
 * @extack: where to say what is wrong; NULL: in the log
 *
 * Context: process context; sleeps.
 * Return: 0; -EINVAL, -EPERM or -EEXIST, and why was said; -ENOMEM. Nothing has changed then.
 */
int cxl_group_add(const char *name, const u8 *weights, struct netlink_ext_ack *extack)
{
	int err = cxl_group_check(name, weights, extack);
	struct cxl_group *group;

	if (err)
		return err;
	mutex_lock(&cxl_lock);
	if (cxl_group_find(name)) {
		cxl_refuse(extack, "name: there is a group '%s' already", name);
		err = -EEXIST;
	} else {
		group = cxl_group_new(name);
		if (group) {
			cxl_group_set_weights(group, weights);
			cxl_nl_notify_group(group, CXLTIER_CHANGE_ADDED);
		} else {
			err = -ENOMEM;
		}
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_group_set() - change a group's members, also while pools use it
 * @name: its name
 * @weights: as for cxl_group_add(); pages that lie on nodes that are members no more stay there
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps.
 * Return: 0; -EINVAL, -EPERM or -ENOENT, and why was said. Nothing has changed then.
 */
int cxl_group_set(const char *name, const u8 *weights, struct netlink_ext_ack *extack)
{
	int err = cxl_group_check(name, weights, extack);
	struct cxl_group *group;

	if (err)
		return err;
	mutex_lock(&cxl_lock);
	group = cxl_group_find(name);
	if (group) {
		cxl_group_set_weights(group, weights);
		cxl_nl_notify_group(group, CXLTIER_CHANGE_CHANGED);
	} else {
		cxl_refuse(extack, "name: there is no group '%s'", name);
		err = -ENOENT;
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_group_del() - remove a group
 * @name: its name
 * @extack: where to say what is wrong
 *
 * Context: process context; sleeps.
 * Return: 0; -EINVAL, -EPERM, -ENOENT, or -EBUSY while a pool is over it, and why was said.
 */
int cxl_group_del(const char *name, struct netlink_ext_ack *extack)
{
	int err = cxl_group_check_name(name, extack);
	struct cxl_group *group;

	if (err)
		return err;
	mutex_lock(&cxl_lock);
	group = cxl_group_find(name);
	if (!group) {
		cxl_refuse(extack, "name: there is no group '%s'", name);
		err = -ENOENT;
	} else if (group->nr_users) {
		cxl_refuse(extack, "name: '%s' is in use; set its pools' group first", name);
		err = -EBUSY;
	} else {
		list_del(&group->list);
		cxl_nl_notify_group(group, CXLTIER_CHANGE_REMOVED);
		kfree(group);
	}
	mutex_unlock(&cxl_lock);
	return err;
}

/**
 * cxl_group_get() - a group, for a pool
 * @name: its name
 *
 * Context: process context, under cxl_lock.
 * Return: the group, to be given back with cxl_group_put(); NULL if there is none of that name.
 */
struct cxl_group *cxl_group_get(const char *name)
{
	struct cxl_group *group = cxl_group_find(name);

	if (group)
		group->nr_users++;
	return group;
}

/**
 * cxl_group_put() - a pool needs its group no more
 * @group: the group
 *
 * Context: process context, under cxl_lock.
 */
void cxl_group_put(struct cxl_group *group)
{
	lockdep_assert_held(&cxl_lock);
	group->nr_users--;
}

/**
 * cxl_group_name() - a group's name
 * @group: the group
 *
 * Context: under cxl_lock.
 * Return: the name.
 */
const char *cxl_group_name(const struct cxl_group *group)
{
	return group->name;
}

/* ---- groups that follow the topology -------------------------------------------------- */

/* A group that is new has no members yet. */
static void cxl_group_automatic(const char *name)
{
	struct cxl_group *group = cxl_group_find(name);

	if (group)
		return;
	group = cxl_group_new(name);
	if (!group) {
		pr_warn("no memory for the group '%s'\n", name);
		return;
	}
	group->automatic = true;
	cxl_nl_notify_group(group, CXLTIER_CHANGE_ADDED);
}

static void cxl_group_name_of_node(char *name, int nid)
{
	snprintf(name, CXL_GROUP_NAME_MAX + 1, "node%d", nid);
}

static void cxl_group_name_of_socket(char *name, int nid)
{
	snprintf(name, CXL_GROUP_NAME_MAX + 1, "socket%d", cxl_node_socket(nid));
}

/* Does the topology make a node a member of an automatic group? */
static bool cxl_group_has(const struct cxl_group *group, int nid)
{
	char name[CXL_GROUP_NAME_MAX + 1];

	if (!node_isset(nid, cxl_far_nodes))
		return false;
	if (!strcmp(group->name, CXL_GROUP_DEFAULT))
		return true;
	cxl_group_name_of_node(name, nid);
	if (!strcmp(group->name, name))
		return true;
	cxl_group_name_of_socket(name, nid);
	return !strcmp(group->name, name);
}

static void cxl_group_follow(struct cxl_group *group)
{
	bool has_changed = false;
	unsigned int nid;
	u8 weight;

	for (nid = 0; nid < nr_node_ids; nid++) {
		weight = cxl_group_has(group, nid);
		has_changed |= group->weights[nid] != weight;
		group->weights[nid] = weight;
	}
	if (has_changed)
		cxl_nl_notify_group(group, CXLTIER_CHANGE_CHANGED);
}

/**
 * cxl_groups_update() - far nodes have come or gone
 *
 * A group that has no member any more stays: a pool may be over it.
 *
 * Context: process context, under cxl_lock.
 */
void cxl_groups_update(void)
{
	char name[CXL_GROUP_NAME_MAX + 1];
	struct cxl_group *group;
	int nid;

	lockdep_assert_held(&cxl_lock);
	/* there before any far node is: pools begin with it */
	cxl_group_automatic(CXL_GROUP_DEFAULT);
	for_each_node_mask(nid, cxl_far_nodes) {
		cxl_group_name_of_node(name, nid);
		cxl_group_automatic(name);
		cxl_group_name_of_socket(name, nid);
		cxl_group_automatic(name);
	}
	list_for_each_entry(group, &cxl_groups, list)
		if (group->automatic)
			cxl_group_follow(group);
}

/* ---- interfaces ----------------------------------------------------------------------- */

/**
 * cxl_groups_show() - list the groups: name, members with weights, users
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxl_groups_show(struct seq_file *m, void *unused)
{
	struct cxl_group *group;
	const char *separator;
	unsigned int nid;

	mutex_lock(&cxl_lock);
	list_for_each_entry(group, &cxl_groups, list) {
		seq_printf(m, "%s ", group->name);
		separator = "";
		for (nid = 0; nid < nr_node_ids; nid++) {
			if (!group->weights[nid])
				continue;
			seq_printf(m, "%s%u:%u", separator, nid, group->weights[nid]);
			separator = ",";
		}
		seq_printf(m, "%s users %u\n", *separator ? "" : "-", group->nr_users);
	}
	mutex_unlock(&cxl_lock);
	return 0;
}

/* "NAME=MEMBERS". modprobe takes EEXIST for "is loaded already". */
static int cxl_group_add_from(char *text)
{
	char *name = strsep(&text, "=");
	u8 *weights;
	int err;

	if (!text) {
		pr_err("groups=: '%s' is not NAME=MEMBERS, such as fast=1:3,2:1\n", name);
		return -EINVAL;
	}
	weights = cxl_members_parse(text);
	if (IS_ERR(weights))
		return PTR_ERR(weights);
	err = cxl_group_add(name, weights, NULL);
	kfree(weights);
	return err == -ENOMEM ? err : err ? -EINVAL : 0;
}

/**
 * cxl_groups_init() - make the groups that groups= asks for
 *
 * Context: process context, at load, once the far nodes are known.
 * Return: 0, or a negative error after a line in the log.
 */
int cxl_groups_init(void)
{
	char *copy, *rest, *text;
	int err = 0;

	if (!groups)
		return 0;
	copy = kstrdup(groups, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while (!err && (text = strsep(&rest, ";")))
		err = cxl_group_add_from(text);
	kfree(copy);
	return err;
}

/**
 * cxl_groups_exit() - free all groups
 *
 * Context: process context; no pool is left.
 */
void cxl_groups_exit(void)
{
	struct cxl_group *group, *next;

	list_for_each_entry_safe(group, next, &cxl_groups, list) {
		list_del(&group->list);
		kfree(group);
	}
}
