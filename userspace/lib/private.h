/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The library's inside: socket.c talks, parse.c reads answers, lists.c, change.c and events.c are
 * what cxltier.h offers.
 */
#ifndef CXLTIER_PRIVATE_H
#define CXLTIER_PRIVATE_H

#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "cxltier.h"

/**
 * struct cxltier - a context
 * @sock: for requests
 * @event_sock: for events; NULL: doesn't listen
 * @family: the family's number
 * @message: why the last function failed
 */
struct cxltier {
	struct nl_sock *sock;
	struct nl_sock *event_sock;
	int family;
	char message[256];
};

/**
 * struct answers - messages that came back
 * @msgs: the messages, each with a reference
 * @nr: how many
 */
struct answers {
	struct nl_msg **msgs;
	unsigned int nr;
};

/* socket.c */
int ctx_fail(struct cxltier *ctx, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int ctx_fail_nl(struct cxltier *ctx, int nl_err, const char *what);
struct nl_msg *msg_new(struct cxltier *ctx, int cmd, int flags);
int msg_ask(struct cxltier *ctx, struct nl_msg *msg, struct answers *answers);
void answers_free(struct answers *answers);
void explain_error(struct cxltier *ctx, const struct nlmsghdr *nlh);

/* parse.c: each reads one message, and calls back */
union callback {
	int (*device)(const struct cxltier_device *device, void *arg);
	int (*node)(const struct cxltier_node *node, void *arg);
	int (*group)(const struct cxltier_group *group, void *arg);
	int (*pool)(const struct cxltier_pool *pool, void *arg);
	int (*area)(const struct cxltier_area *area, void *arg);
	int (*swap_device)(const struct cxltier_swap_device *device, void *arg);
	int (*counter)(const struct cxltier_counter *counter, void *arg);
	int (*hook)(const struct cxltier_hook *hook, void *arg);
	int (*mount)(const struct cxltier_mount *mount, void *arg);
	int (*cgroup)(const struct cxltier_cgroup *cgroup, void *arg);
};

typedef int parse_fn(const struct nlmsghdr *nlh, union callback fn, void *arg);
parse_fn parse_device, parse_node, parse_group, parse_pool, parse_area, parse_swap_device,
	 parse_counters, parse_hook, parse_cgroup, parse_mount;
uint32_t parse_change(const struct nlmsghdr *nlh, int attr);

#endif /* CXLTIER_PRIVATE_H */
