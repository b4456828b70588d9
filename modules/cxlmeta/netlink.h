/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family's inside: netlink.c has the family, dumps and events; netlink_get.c what is
 * told of objects; netlink_set.c what changes them.
 */
#ifndef CXLMETA_NETLINK_H
#define CXLMETA_NETLINK_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include <uapi/linux/cxltier.h>

struct cxl_device;
struct cxl_group;
struct cxl_pool;

/**
 * struct cxl_nl_object - a kind of objects that can be dumped
 * @cmd: the command that asks for them
 * @lock: keeps the list of them and what they say as it is
 * @unlock: undoes @lock
 * @fill: write the first object at or after *@pos into a message and set *@pos to its position;
 *	0, -ENOENT if there is none, or -EMSGSIZE
 * @find: the position of the object that an attribute names; negative: there is none
 */
struct cxl_nl_object {
	u8 cmd;
	void (*lock)(void);
	void (*unlock)(void);
	int (*fill)(struct sk_buff *skb, unsigned long *pos);
	long (*find)(const struct nlattr *key);
};

/* netlink.c */

/* Modules that take part; see cxl_control_register(). */
extern struct rw_semaphore cxl_control_lock;
extern struct list_head cxl_controls;

void cxl_nl_changed(void);
int cxl_nl_init(void);
void cxl_nl_exit(void);
int cxl_nl_require(struct genl_info *info, int attr, const char *name);
int cxl_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		const struct cxl_nl_object *object);
int cxl_nl_get(struct genl_info *info, const struct cxl_nl_object *object, int key,
	       const char *name);
int cxl_nl_reply(struct genl_info *info, int attr, u32 value);
void cxl_nl_report_pool(struct cxl_pool *pool, enum cxltier_change change);

static inline int cxl_nl_put_pages(struct sk_buff *skb, int attr, unsigned long nr_pages)
{
	return nla_put_uint(skb, attr, (u64)nr_pages << PAGE_SHIFT);
}

/* netlink_get.c: events; under the lock of the object's kind */
void cxl_nl_notify_device(const struct cxl_device *device, enum cxltier_change change);
void cxl_nl_notify_node(int nid, enum cxltier_change change);
void cxl_nl_notify_group(const struct cxl_group *group, enum cxltier_change change);
void cxl_nl_notify_pool(const struct cxl_pool *pool, enum cxltier_change change);

#endif /* CXLMETA_NETLINK_H */
