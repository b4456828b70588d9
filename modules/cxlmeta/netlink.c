// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "cxltier": registration, dumps, events, and modules that take part.
 * What there is to ask for stands in netlink/cxltier.yaml, from which the tables in netlink-gen.c
 * are made.
 *
 * The family runs its operations in parallel: none waits for another one, nor for those of other
 * families. Operations sleep on the locks of their objects only. What takes long is done by work
 * items, and events tell how it goes on.
 *
 * Dumps. The generation counts every object that is added, removed or set, and modules and tables
 * of hooks that come and go: dumps find those by their place in a list. A dump takes several calls;
 * each fills a message under the lock of its objects, and netlink marks the dump as inconsistent
 * when the generation is another one than before (nl_dump_check_consistent()). Who changes a list
 * counts that before he gives its lock back, so that who has read the new one reads the new
 * generation afterwards. Figures, such as how much is used, may be of different moments.
 */
#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "cxl_control.h"
#include "cxlmeta.h"
#include "netlink.h"
#include "netlink-gen.h"
#include "pool.h"

static struct genl_family cxl_nl_family __ro_after_init = {
	.name = CXLTIER_FAMILY_NAME,
	.version = CXLTIER_FAMILY_VERSION,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.split_ops = cxltier_nl_ops,
	.n_split_ops = CXLTIER_NL_NR_OPS,
	.mcgrps = cxltier_nl_mcgrps,
	.n_mcgrps = CXLTIER_NL_NR_MCGRPS,
};

/* Odd, so that it is never 0, which netlink takes for "not known". */
static atomic_t cxl_nl_generation = ATOMIC_INIT(1);

/**
 * cxl_nl_changed() - what dumps tell has changed
 *
 * Context: any, under the lock of what has changed.
 */
void cxl_nl_changed(void)
{
	atomic_add(2, &cxl_nl_generation);
}

/* ---- modules that take part ----------------------------------------------------------- */

/*
 * Protects cxl_controls; who has it for reading keeps the modules in the list from going. Outside
 * all other locks of ours.
 */
DECLARE_RWSEM(cxl_control_lock);
LIST_HEAD(cxl_controls);

/**
 * cxl_control_register() - take part in the family
 * @control: the module's part
 *
 * Context: process context, last in module_init; sleeps.
 */
void cxl_control_register(struct cxl_control *control)
{
	down_write(&cxl_control_lock);
	list_add_tail(&control->list, &cxl_controls);
	cxl_nl_changed();
	up_write(&cxl_control_lock);
}
EXPORT_SYMBOL_GPL(cxl_control_register);

/**
 * cxl_control_unregister() - take part no more
 * @control: the module's part
 *
 * Context: process context, first in module_exit; sleeps until none of its functions runs.
 */
void cxl_control_unregister(struct cxl_control *control)
{
	down_write(&cxl_control_lock);
	list_del(&control->list);
	cxl_nl_changed();
	up_write(&cxl_control_lock);
}
EXPORT_SYMBOL_GPL(cxl_control_unregister);

/* ---- messages ------------------------------------------------------------------------- */

/* Enough for any object: the largest have something for each node, or a path. */
static size_t cxl_nl_msg_size(void)
{
	return NLMSG_DEFAULT_SIZE + max((size_t)nr_node_ids * 64, (size_t)PATH_MAX);
}

/**
 * cxl_control_put_counter() - write one CXLTIER_A_COUNTERS_COUNTER into a message
 * @skb: the message
 * @name: the counter's name
 * @value: its value
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int cxl_control_put_counter(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, CXLTIER_A_COUNTERS_COUNTER);

	if (!nest || nla_put_string(skb, CXLTIER_A_COUNTER_NAME, name) ||
	    nla_put_uint(skb, CXLTIER_A_COUNTER_VALUE, value))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
EXPORT_SYMBOL_GPL(cxl_control_put_counter);

/*
 * An event that comes when the family is not registered, or no more, would go to another family's
 * listeners: this mutex keeps it from that. Inside all other locks of ours.
 */
static DEFINE_MUTEX(cxl_nl_event_lock);
static bool cxl_nl_is_registered;

static void cxl_nl_multicast(u8 cmd, enum cxltier_change change,
			     int (*fill)(struct sk_buff *skb, const void *object),
			     const void *object)
{
	static const u8 change_attrs[] = {
		[CXLTIER_CMD_DEVICE_NTF] = CXLTIER_A_DEVICE_CHANGE,
		[CXLTIER_CMD_NODE_NTF] = CXLTIER_A_NODE_CHANGE,
		[CXLTIER_CMD_GROUP_NTF] = CXLTIER_A_GROUP_CHANGE,
		[CXLTIER_CMD_POOL_NTF] = CXLTIER_A_POOL_CHANGE,
		[CXLTIER_CMD_AREA_NTF] = CXLTIER_A_AREA_CHANGE,
		[CXLTIER_CMD_SWAP_DEVICE_NTF] = CXLTIER_A_SWAP_DEVICE_CHANGE,
		[CXLTIER_CMD_MOUNT_NTF] = CXLTIER_A_MOUNT_CHANGE,
	};
	struct sk_buff *skb;
	void *header;

	lockdep_assert_held(&cxl_nl_event_lock);
	if (!cxl_nl_is_registered ||
	    !genl_has_listeners(&cxl_nl_family, &init_net, CXLTIER_NL_MCGRP_EVENTS))
		return;
	skb = genlmsg_new(cxl_nl_msg_size(), GFP_KERNEL);
	header = skb ? genlmsg_put(skb, 0, 0, &cxl_nl_family, 0, cmd) : NULL;
	if (!header || nla_put_u32(skb, change_attrs[cmd], change) || fill(skb, object)) {
		nlmsg_free(skb);
		genl_set_err(&cxl_nl_family, &init_net, 0, CXLTIER_NL_MCGRP_EVENTS, -ENOBUFS);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&cxl_nl_family, skb, 0, CXLTIER_NL_MCGRP_EVENTS, GFP_KERNEL);
}

/**
 * cxl_control_notify() - tell who listens that an object has changed
 * @cmd: the event, CXLTIER_CMD_*_NTF
 * @change: what has changed; the generation counts what was added, removed or set
 * @fill: writes the object, without what has changed, into a message; 0 or a negative error
 * @object: for @fill
 *
 * Without memory for the message, listeners find that they have missed some (ENOBUFS).
 *
 * Context: process context, with the lock that protects the object; sleeps.
 */
void cxl_control_notify(u8 cmd, enum cxltier_change change,
			int (*fill)(struct sk_buff *skb, const void *object), const void *object)
{
	mutex_lock(&cxl_nl_event_lock);
	if (change <= CXLTIER_CHANGE_CHANGED)
		cxl_nl_changed();
	cxl_nl_multicast(cmd, change, fill, object);
	mutex_unlock(&cxl_nl_event_lock);
}
EXPORT_SYMBOL_GPL(cxl_control_notify);

/**
 * cxl_nl_require() - is an attribute there that the operation needs?
 * @info: the request
 * @attr: the attribute
 * @name: how it is called
 *
 * Context: any.
 * Return: 0; -EINVAL, and said so, if not.
 */
int cxl_nl_require(struct genl_info *info, int attr, const char *name)
{
	if (info->attrs[attr])
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, attr);
	NL_SET_ERR_MSG_FMT(info->extack, "%s: is missing", name);
	return -EINVAL;
}

/**
 * cxl_nl_dump() - go on with a dump
 * @skb: the message to fill
 * @cb: the dump; args[0] is the position of the next object
 * @object: what is dumped
 *
 * Context: process context; sleeps.
 * Return: what a dumpit() returns.
 */
int cxl_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		const struct cxl_nl_object *object)
{
	unsigned long pos = cb->args[0];
	void *header;
	int err;

	object->lock();
	cb->seq = atomic_read(&cxl_nl_generation);
	if (!cb->prev_seq)
		cb->prev_seq = cb->seq;
	for (err = 0; !err; pos++) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &cxl_nl_family, NLM_F_MULTI, object->cmd);
		err = header ? object->fill(skb, &pos) : -EMSGSIZE;
		if (err) {
			genlmsg_cancel(skb, header);
			break;
		}
		genl_dump_check_consistent(cb, header);
		genlmsg_end(skb, header);
		cb->args[0] = pos + 1;
	}
	/* what is not under the lock may have changed meanwhile; the last message tells */
	cb->seq = atomic_read(&cxl_nl_generation);
	object->unlock();
	if (err == -ENOENT)
		return 0;
	return err == -EMSGSIZE && skb->len ? skb->len : err;
}

/**
 * cxltier_nl_dump_start() - a dump begins
 * @cb: the dump
 *
 * Context: process context.
 * Return: 0.
 */
int cxltier_nl_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = cxl_nl_msg_size();
	return 0;
}

/* Writes the object that @key names. */
static int cxl_nl_fill_one(struct sk_buff *skb, const struct cxl_nl_object *object,
			   const struct nlattr *key)
{
	unsigned long pos;
	long wanted;
	int err;

	object->lock();
	wanted = object->find(key);
	pos = wanted;
	err = wanted < 0 ? -ENOENT : object->fill(skb, &pos);
	object->unlock();
	return err ?: pos == wanted ? 0 : -ENOENT;
}

/**
 * cxl_nl_get() - answer with one object
 * @info: the request
 * @object: its kind
 * @key: the attribute that names it
 * @name: how that is called
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error.
 */
int cxl_nl_get(struct genl_info *info, const struct cxl_nl_object *object, int key,
	       const char *name)
{
	int err = cxl_nl_require(info, key, name);
	struct sk_buff *skb;
	void *header;

	if (err)
		return err;
	skb = genlmsg_new(cxl_nl_msg_size(), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &cxl_nl_family, 0, object->cmd);
	err = header ? cxl_nl_fill_one(skb, object, info->attrs[key]) : -EMSGSIZE;
	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[key], "%s: there is none",
						name);
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/**
 * cxl_nl_reply() - answer with a number
 * @info: the request
 * @attr: the number's attribute
 * @value: the number
 *
 * Context: process context; sleeps.
 * Return: 0 or a negative error.
 */
int cxl_nl_reply(struct genl_info *info, int attr, u32 value)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &cxl_nl_family, 0, info->genlhdr->cmd);
	if (!header || nla_put_u32(skb, attr, value)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* ---- events of pools ------------------------------------------------------------------ */

static void cxl_nl_pools_work(struct work_struct *unused)
{
	enum cxltier_change change;
	struct cxl_pool *pool;

	mutex_lock(&cxl_lock);
	list_for_each_entry(pool, &cxl_pools, list)
		for (change = 0; change <= CXLTIER_CHANGE_MAX; change++)
			if (test_and_clear_bit(change, &pool->reports))
				cxl_nl_notify_pool(pool, change);
	mutex_unlock(&cxl_lock);
}

static DECLARE_WORK(cxl_nl_pool_work, cxl_nl_pools_work);

/**
 * cxl_nl_report_pool() - something happened to a pool: tell who listens, soon
 * @pool: the pool
 * @change: what; several of the same may become one
 *
 * Context: any.
 */
void cxl_nl_report_pool(struct cxl_pool *pool, enum cxltier_change change)
{
	set_bit(change, &pool->reports);
	queue_work(system_unbound_wq, &cxl_nl_pool_work);
}

/* ---- begin and end -------------------------------------------------------------------- */

/**
 * cxl_nl_init() - register the family
 *
 * Context: process context, last in module_init: requests come from now on.
 * Return: 0 or a negative error.
 */
int cxl_nl_init(void)
{
	int err = genl_register_family(&cxl_nl_family);

	mutex_lock(&cxl_nl_event_lock);
	cxl_nl_is_registered = !err;
	mutex_unlock(&cxl_nl_event_lock);
	return err;
}

/**
 * cxl_nl_exit() - unregister the family
 *
 * Context: process context, first in module_exit; sleeps until no request runs. Listeners stay, and
 * hear nothing more; netlink tells them that the family is gone.
 */
void cxl_nl_exit(void)
{
	mutex_lock(&cxl_nl_event_lock);
	cxl_nl_is_registered = false;
	mutex_unlock(&cxl_nl_event_lock);
	genl_unregister_family(&cxl_nl_family);
	/* no pool is left that could report anything */
	cancel_work_sync(&cxl_nl_pool_work);
}
