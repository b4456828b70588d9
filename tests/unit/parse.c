// SPDX-License-Identifier: GPL-2.0
/* What the kernel's messages become: userspace/lib/parse.c and socket.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "common.h"
#include "private.h"

/* text.c and conf.c are compiled in; no test here makes them complain. */
int complain(const char *format, ...)
{
	fail_msg("complained: %s", format);
	return EXIT_WRONG;
}

static struct nl_msg *message(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(genlmsg_put(msg, 0, 0, 30, 0, 0, cmd, 1));
	return msg;
}

static int check_pool(const struct cxltier_pool *pool, void *arg)
{
	++*(int *)arg;
	assert_string_equal(pool->owner, "cxlswap");
	assert_string_equal(pool->group, "");
	assert_int_equal(pool->percent, 40);
	assert_int_equal(pool->limit, 1ULL << 40);
	assert_int_equal(pool->used, 4096);
	assert_int_equal(pool->nr_nodes, 2);
	assert_int_equal(pool->nodes[0].node, 1);
	assert_int_equal(pool->nodes[1].node, 2);
	assert_int_equal(pool->nodes[1].used, 8192);
	assert_int_equal(pool->nodes[1].kept, 0);
	assert_int_equal(pool->accept_percent, 90);
	assert_int_equal(pool->writeback_rate_mb, CXLTIER_UNKNOWN);
	return 7;
}

static void a_pool_is_understood(void **state)
{
	struct nl_msg *msg = message(CXLTIER_CMD_POOL_GET);
	struct nlattr *nest;
	int i, called = 0;

	(void)state;
	nla_put_string(msg, CXLTIER_A_POOL_OWNER, "cxlswap");
	nla_put_u32(msg, CXLTIER_A_POOL_PERCENT, 40);
	nla_put_u64(msg, CXLTIER_A_POOL_LIMIT, 1ULL << 40);
	nla_put_u32(msg, CXLTIER_A_POOL_USED, 4096);
	nla_put_u32(msg, CXLTIER_A_POOL_ACCEPT_PERCENT, 90);
	nla_put_u32(msg, 77, 1);
	for (i = 1; i <= 2; i++) {
		nest = nla_nest_start(msg, CXLTIER_A_POOL_NODE);
		nla_put_u32(msg, CXLTIER_A_POOL_NODE_NODE, i);
		nla_put_u32(msg, CXLTIER_A_POOL_NODE_USED, i * 4096);
		nla_nest_end(msg, nest);
	}
	assert_int_equal(parse_pool(nlmsg_hdr(msg), (union callback) { .pool = check_pool },
				    &called), 7);
	assert_int_equal(called, 1);
	nlmsg_free(msg);
}

static int check_device(const struct cxltier_device *device, void *arg)
{
	(void)arg;
	assert_int_equal(device->home, -1);
	assert_string_equal(device->source, "");
	assert_int_equal(device->read_latency, CXLTIER_UNKNOWN);
	assert_int_equal(device->size, 0);
	return 0;
}

static void what_is_missing_is_unknown(void **state)
{
	struct nl_msg *msg = message(CXLTIER_CMD_DEVICE_GET);

	(void)state;
	/* not ended with 0; too short */
	nla_put(msg, CXLTIER_A_DEVICE_SOURCE, 4, "node");
	nla_put(msg, CXLTIER_A_DEVICE_SIZE, 3, "abc");
	assert_int_equal(parse_device(nlmsg_hdr(msg), (union callback) { .device = check_device },
				      NULL), 0);
	nlmsg_free(msg);
}

/* As the kernel answers: error, request, attributes. */
static void explain(struct cxltier *ctx, struct nl_msg *request, int err, uint32_t offset,
		    const char *text)
{
	struct nl_msg *msg = nlmsg_alloc();
	struct nlmsghdr *nlh = nlmsg_put(msg, 0, 0, NLMSG_ERROR, sizeof(int), 0);

	memcpy(nlmsg_data(nlh), &err, sizeof(err));
	nlmsg_append(msg, nlmsg_hdr(request), nlmsg_hdr(request)->nlmsg_len, NLMSG_ALIGNTO);
	nlh = nlmsg_hdr(msg);
	nlh->nlmsg_flags = NLM_F_ACK_TLVS;
	if (offset)
		nla_put_u32(msg, NLMSGERR_ATTR_OFFS, offset);
	if (text)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, text);
	explain_error(ctx, nlh);
	nlmsg_free(msg);
}

static void errors_name_the_attribute(void **state)
{
	struct nl_msg *msg = message(CXLTIER_CMD_GROUP_NEW);
	struct cxltier ctx = { .message = "" };
	struct nlattr *nest;

	(void)state;
	nla_put_string(msg, CXLTIER_A_GROUP_NAME, "new");
	nest = nla_nest_start(msg, CXLTIER_A_GROUP_MEMBER | NLA_F_NESTED);
	nla_put_u32(msg, CXLTIER_A_MEMBER_NODE, 1);
	nla_put_u32(msg, CXLTIER_A_MEMBER_WEIGHT, 101);
	nla_nest_end(msg, nest);

	explain(&ctx, msg, -34, 20, "integer out of range");
	assert_string_equal(cxltier_message(&ctx), "name: integer out of range");
	explain(&ctx, msg, -34, 28, "NLA_F_NESTED is missing");
	assert_string_equal(cxltier_message(&ctx), "member: NLA_F_NESTED is missing");
	explain(&ctx, msg, -34, 40, "integer out of range");
	assert_string_equal(cxltier_message(&ctx), "member.weight: integer out of range");
	explain(&ctx, msg, -17, 20, "name: there is one already");
	assert_string_equal(cxltier_message(&ctx), "name: there is one already");
	explain(&ctx, msg, -1, 0, NULL);
	assert_string_equal(cxltier_message(&ctx), "Operation not permitted");
	explain(&ctx, msg, -22, 4000, "beyond");
	assert_string_equal(cxltier_message(&ctx), "beyond");
	nlmsg_free(msg);
}

static int ignore_node(const struct cxltier_node *node, void *arg)
{
	(void)arg;
	return strlen(node->nr_plans ? node->plans[0].owner : "") > 1000;
}

static int ignore_group(const struct cxltier_group *group, void *arg)
{
	(void)arg;
	return strlen(group->name) > 1000;
}

static int ignore_counter(const struct cxltier_counter *counter, void *arg)
{
	(void)arg;
	return strlen(counter->name) + strlen(counter->owner) > 2000;
}

/* ASan looks on. */
static void random_messages_do_no_harm(void **state)
{
	struct nl_msg *msg;
	unsigned char *data;
	int round, i, length;

	(void)state;
	srand(1);
	for (round = 0; round < 20000; round++) {
		length = rand() % 200;
		msg = message(1);
		data = nlmsg_reserve(msg, length, 0);
		for (i = 0; i < length; i++)
			data[i] = rand() % 4 ? rand() % 16 : rand();
		for (i = 0; i + 3 < length && rand() % 8; i += 4 * (1 + rand() % 4)) {
			data[i] = 4 + rand() % 40;
			data[i + 1] = 0;
			data[i + 2] = rand() % 14;
			data[i + 3] = rand() % 2 ? 0x80 : 0;
		}
		parse_node(nlmsg_hdr(msg), (union callback) { .node = ignore_node }, NULL);
		parse_group(nlmsg_hdr(msg), (union callback) { .group = ignore_group }, NULL);
		parse_counters(nlmsg_hdr(msg), (union callback) { .counter = ignore_counter },
			       NULL);
		nlmsg_free(msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_is_understood),
		cmocka_unit_test(what_is_missing_is_unknown),
		cmocka_unit_test(errors_name_the_attribute),
		cmocka_unit_test(random_messages_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
