// SPDX-License-Identifier: GPL-2.0
/*
 * Requests and answers. What the kernel says of an error (its extended acknowledgement) becomes the
 * context's message, with the name of the attribute in question.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>

#include "names.h"
#include "private.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* How often a list that changes meanwhile is read again. */
#define DUMP_TRIES 20

/* Larger than any answer of a machine with a thousand nodes. */
#define RECEIVE_SIZE (128 * 1024)

/* Return: @err. */
int ctx_fail(struct cxltier *ctx, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ctx->message, sizeof(ctx->message), format, args);
	va_end(args);
	return err;
}

/* What libnl's errors are in errno. */
static int errno_of_nl(int nl_err)
{
	switch (-nl_err) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
		return -EPERM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_AGAIN:
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_NOATTR:
	case NLE_MSG_TRUNC:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

int ctx_fail_nl(struct cxltier *ctx, int nl_err, const char *what)
{
	return ctx_fail(ctx, errno_of_nl(nl_err), "%s: %s", what, nl_geterror(nl_err));
}

/* ---- errors --------------------------------------------------------------------------- */

static const struct names_attr *find_attr(const struct names_attr *attrs, int type)
{
	for (; attrs && attrs->name; attrs++)
		if (attrs->type == type)
			return attrs;
	return NULL;
}

/* The attribute at an offset into a request, as "member.weight"; "" if that is none. */
static void name_attr(const struct nlmsghdr *request, uint32_t offset, char *name, size_t size)
{
	const struct genlmsghdr *genl = nlmsg_data(request);
	uint32_t at = NLMSG_HDRLEN + GENL_HDRLEN, end = request->nlmsg_len;
	const struct names_attr *attrs = NULL, *attr;
	const struct names_cmd *cmd;
	const struct nlattr *nla;

	name[0] = '\0';
	for (cmd = names_cmds; cmd->name; cmd++)
		if (cmd->cmd == genl->cmd)
			attrs = cmd->attrs;
	while (at + NLA_HDRLEN <= end && at <= offset) {
		nla = (const struct nlattr *)((const char *)request + at);
		if (nla->nla_len < NLA_HDRLEN)
			return;
		if (offset >= at + NLA_ALIGN(nla->nla_len)) {
			at += NLA_ALIGN(nla->nla_len);
			continue;
		}
		attr = find_attr(attrs, nla->nla_type & NLA_TYPE_MASK);
		if (!attr)
			return;
		snprintf(name + strlen(name), size - strlen(name), "%s%s", *name ? "." : "",
			 attr->name);
		if (at == offset)
			return;
		end = at + nla->nla_len;
		at += NLA_HDRLEN;
		attrs = attr->nested;
	}
}

/**
 * explain_error() - make the context's message of an error of the kernel's
 * @ctx: the context
 * @nlh: the NLMSG_ERROR message
 */
void explain_error(struct cxltier *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = nlmsg_data(nlh);
	size_t used = sizeof(*error);
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1] = { NULL };
	const char *text = NULL;
	char name[64] = "";

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		used += error->msg.nlmsg_len - NLMSG_HDRLEN;
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) &&
	    nlh->nlmsg_len > NLMSG_HDRLEN + NLMSG_ALIGN(used))
		nla_parse(attrs, NLMSGERR_ATTR_MAX,
			  (struct nlattr *)((char *)nlmsg_data(nlh) + NLMSG_ALIGN(used)),
			  nlh->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(used), NULL);
	if (attrs[NLMSGERR_ATTR_MSG])
		text = nla_get_string(attrs[NLMSGERR_ATTR_MSG]);
	if (attrs[NLMSGERR_ATTR_OFFS] && !(nlh->nlmsg_flags & NLM_F_CAPPED))
		name_attr(&error->msg, nla_get_u32(attrs[NLMSGERR_ATTR_OFFS]), name, sizeof(name));
	if (!text)
		ctx_fail(ctx, 0, "%s", strerror(-error->error));
	else if (!*name || !strncmp(text, name, strlen(name)))
		ctx_fail(ctx, 0, "%s", text);
	else
		ctx_fail(ctx, 0, "%s: %s", name, text);
}

/* ---- requests ------------------------------------------------------------------------- */


/**
 * msg_new() - begin a request
 * @ctx: the context
 * @cmd: the command
 * @flags: NLM_F_DUMP, or 0
 *
 * Return: the message, to be given to msg_ask(); NULL without memory.
 */
struct nl_msg *msg_new(struct cxltier *ctx, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(RECEIVE_SIZE);

	ctx->message[0] = '\0';
	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, ctx->family, 0,
				NLM_F_REQUEST | NLM_F_ACK | flags, cmd,
				CXLTIER_FAMILY_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (!msg)
		ctx_fail(ctx, -ENOMEM, "no memory");
	return msg;
}

/**
 * struct conversation - a request that is being answered
 * @ctx: the context
 * @answers: what came
 * @result: 1: it goes on; 0: it has ended; negative: with that error
 */
struct conversation {
	struct cxltier *ctx;
	struct answers *answers;
	int result;
};

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct conversation *conversation = arg;
	struct answers *answers = conversation->answers;
	struct nl_msg **msgs = reallocarray(answers->msgs, answers->nr + 1, sizeof(*msgs));

	if (!msgs) {
		conversation->result = ctx_fail(conversation->ctx, -ENOMEM, "no memory");
		return NL_STOP;
	}
	nlmsg_get(msg);
	answers->msgs = msgs;
	answers->msgs[answers->nr++] = msg;
	return NL_OK;
}

/* The end of a dump tells how it went; libnl looks only at errors that come by themselves. */
static int on_end(struct nl_msg *msg, void *arg)
{
	struct conversation *conversation = arg;
	const struct nlmsghdr *head = nlmsg_hdr(msg);

	conversation->result = 0;
	if (head->nlmsg_type == NLMSG_DONE && nlmsg_datalen(head) >= (int)sizeof(int))
		conversation->result = *(const int *)nlmsg_data(head);
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	struct conversation *conversation = arg;

	(void)from;
	explain_error(conversation->ctx, (struct nlmsghdr *)((char *)error - NLMSG_HDRLEN));
	conversation->result = error->error;
	return NL_STOP;
}

static int converse(struct cxltier *ctx, struct nl_msg *msg, struct answers *answers)
{
	struct conversation conversation = { .ctx = ctx, .answers = answers, .result = 1 };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err = cb ? nl_send_auto(ctx->sock, msg) : -NLE_NOMEM;

	if (err >= 0) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &conversation);
		nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &conversation);
		nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, &conversation);
		nl_cb_err(cb, NL_CB_CUSTOM, on_error, &conversation);
		do {
			err = nl_recvmsgs(ctx->sock, cb);
		} while (err >= 0 && conversation.result > 0);
	}
	nl_cb_put(cb);
	if (conversation.result < 0)
		return conversation.result;
	return err < 0 ? ctx_fail_nl(ctx, err, "netlink") : 0;
}

/**
 * msg_ask() - send a request, and wait for its answer
 * @ctx: the context
 * @msg: the request, which this frees; NULL: what made it has failed
 * @answers: the messages that came, to be freed with answers_free()
 *
 * Return: 0 or a negative error.
 */
int msg_ask(struct cxltier *ctx, struct nl_msg *msg, struct answers *answers)
{
	int tries, err = -EAGAIN;

	*answers = (struct answers) { NULL, 0 };
	if (!msg)
		return -ENOMEM;
	for (tries = 0; tries < DUMP_TRIES && err == -EAGAIN; tries++) {
		answers_free(answers);
		nlmsg_hdr(msg)->nlmsg_seq = NL_AUTO_SEQ;
		err = converse(ctx, msg, answers);
	}
	nlmsg_free(msg);
	if (err)
		answers_free(answers);
	return err;
}

void answers_free(struct answers *answers)
{
	unsigned int i;

	for (i = 0; i < answers->nr; i++)
		nlmsg_free(answers->msgs[i]);
	free(answers->msgs);
	*answers = (struct answers) { NULL, 0 };
}

/* ---- begin and end -------------------------------------------------------------------- */

static int check_version(struct cxltier *ctx)
{
	struct nl_cache *cache;
	struct genl_family *family;
	int err = genl_ctrl_alloc_cache(ctx->sock, &cache);

	if (err < 0)
		return errno_of_nl(err);
	family = genl_ctrl_search_by_name(cache, CXLTIER_FAMILY_NAME);
	err = !family ? -ENOENT :
	      genl_family_get_version(family) < CXLTIER_FAMILY_VERSION ? -EPROTO : 0;
	if (family)
		ctx->family = genl_family_get_id(family);
	genl_family_put(family);
	nl_cache_free(cache);
	return err;
}

static int connect_sock(struct nl_sock **sock)
{
	int on = 1, err;

	*sock = nl_socket_alloc();
	if (!*sock)
		return -ENOMEM;
	err = genl_connect(*sock);
	if (err < 0)
		return errno_of_nl(err);
	nl_socket_set_msg_buf_size(*sock, RECEIVE_SIZE);
	/* without it, errors are numbers alone */
	setsockopt(nl_socket_get_fd(*sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

int cxltier_open(struct cxltier **ctx)
{
	int err;

	*ctx = calloc(1, sizeof(**ctx));
	if (!*ctx)
		return -ENOMEM;
	err = connect_sock(&(*ctx)->sock);
	if (!err)
		err = check_version(*ctx);
	if (err) {
		cxltier_close(*ctx);
		*ctx = NULL;
	}
	return err;
}

void cxltier_close(struct cxltier *ctx)
{
	if (!ctx)
		return;
	nl_socket_free(ctx->sock);
	nl_socket_free(ctx->event_sock);
	free(ctx);
}

const char *cxltier_message(const struct cxltier *ctx)
{
	return ctx->message;
}
