// SPDX-License-Identifier: GPL-2.0
/*
 * Asks the netlink family "cxltier" by hand, rightly and wrongly, without the library.
 *
 *	nlprobe COMMAND ATTR...		prints "ok", or "error NAME: TEXT (offset N, missing N)"
 *	nlprobe dump COMMAND ATTR...	prints "N objects", or the error
 *	nlprobe watch SECONDS A B	dumps the groups again and again; in each dump that is not
 *					marked as inconsistent, A or B must be. Prints
 *					"dumps N marked N wrong N"
 *	nlprobe overtaken COMMAND SHELL	begins a dump, runs SHELL before it reads more than the first
 *					message of it, and reads on. Prints "N objects", "marked" if
 *					it is
 *	nlprobe crowd SOCKETS ROUNDS	so many dumps of groups, nodes, devices and pools at a time, so
 *					often. In each dump of groups that is not marked, "default"
 *					must have the same nodes as all groups "nodeN" together. Prints
 *					"dumps N marked N wrong N"
 *	nlprobe fuzz SECONDS SEED	random messages, right and wrong. Prints
 *					"messages N refused N"
 *	nlprobe bare COMMAND LENGTH	a message of LENGTH bytes after netlink's header
 *
 * ATTR is NUMBER:KIND=VALUE, KIND: u8 u16 u32 u64 str strn (without 0) hex flag; or
 * NUMBER:nest=ATTR+ATTR, or nestn, without the flag for nests.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As in include/uapi/linux/cxltier.h, in its order. */
static const char *const commands[] = {
	"none", "device-get", "node-get", "node-drain", "node-open", "group-get", "group-new",
	"group-set", "group-del", "pool-get", "pool-set", "area-get", "swap-device-get",
	"swap-device-new", "swap-device-del", "counters-get", "hook-get", "device-ntf", "node-ntf",
	"group-ntf", "pool-ntf", "area-ntf", "swap-device-ntf", "cgroup-get",
	"mount-get", "mount-add", "mount-del", "mount-set", "mount-flush", "mount-ntf",
};

#define CMD_DEVICE_GET 1
#define CMD_NODE_GET 2
#define CMD_GROUP_GET 5
#define CMD_POOL_GET 9
#define GROUP_NAME 1
#define GROUP_MEMBER 4
#define MEMBER_NODE 1
#define MESSAGE_MAX 8192

static int sock;
static uint64_t dice_state;
static char message[MESSAGE_MAX];

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "nlprobe: %s: %s\n", text, strerror(errno));
	exit(2);
}

static struct nlmsghdr *header(void)
{
	return (struct nlmsghdr *)message;
}

static void begin(int type, int cmd, int flags)
{
	static int sequence;
	struct genlmsghdr *genl = NLMSG_DATA(header());

	memset(message, 0, sizeof(message));
	header()->nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	header()->nlmsg_type = type;
	header()->nlmsg_flags = NLM_F_REQUEST | flags;
	header()->nlmsg_seq = ++sequence;
	genl->cmd = cmd;
	genl->version = 1;
}

static struct nlattr *put(int type, const void *data, size_t length)
{
	struct nlattr *attr = (struct nlattr *)(message + NLMSG_ALIGN(header()->nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + length;
	if (length)
		memcpy((char *)attr + NLA_HDRLEN, data, length);
	header()->nlmsg_len = NLMSG_ALIGN(header()->nlmsg_len) + NLA_ALIGN(attr->nla_len);
	return attr;
}

static void put_hex(int type, const char *hex)
{
	unsigned char bytes[64] = { 0 };
	unsigned int byte;
	size_t n = 0;

	while (n < sizeof(bytes) && sscanf(hex, "%2x", &byte) == 1) {
		bytes[n++] = byte;
		hex += 2;
	}
	put(type, bytes, n);
}

static void put_text(char *text);

static void put_nest(int type, char *inner)
{
	char *start = message + NLMSG_ALIGN(header()->nlmsg_len), *part;
	struct nlattr *nest = put(type, NULL, 0);

	while ((part = strsep(&inner, "+")))
		if (*part)
			put_text(part);
	nest->nla_len = message + header()->nlmsg_len - start;
}

/* NUMBER:KIND=VALUE */
static void put_text(char *text)
{
	int type = strtol(text, &text, 10);
	char *kind = text + 1, *value = strchr(kind, '=');
	uint64_t number;

	if (*text != ':')
		die("an attribute is NUMBER:KIND=VALUE");
	if (value)
		*value++ = '\0';
	else
		value = kind + strlen(kind);
	number = strtoull(value, NULL, 0);
	if (!strcmp(kind, "u8"))
		put(type, &number, 1);
	else if (!strcmp(kind, "u16"))
		put(type, &number, 2);
	else if (!strcmp(kind, "u32"))
		put(type, &number, 4);
	else if (!strcmp(kind, "u64"))
		put(type, &number, 8);
	else if (!strcmp(kind, "str"))
		put(type, value, strlen(value) + 1);
	else if (!strcmp(kind, "strn"))
		put(type, value, strlen(value));
	else if (!strcmp(kind, "hex"))
		put_hex(type, value);
	else if (!strcmp(kind, "flag"))
		put(type, NULL, 0);
	else if (!strcmp(kind, "nest"))
		put_nest(type | NLA_F_NESTED, value);
	else if (!strcmp(kind, "nestn"))
		put_nest(type, value);
	else
		die("unknown kind");
}

static const struct nlattr *find(const void *from, const void *end, int type)
{
	const struct nlattr *attr;
	const char *at = from;

	while (at + NLA_HDRLEN <= (const char *)end) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static const void *payload(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static void say_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *error = NLMSG_DATA(nlh);
	const char *attrs = (const char *)(error + 1), *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		attrs += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	printf("error %s:", strerrorname_np(-error->error));
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		attrs = end;
	attr = find(attrs, end, NLMSGERR_ATTR_MSG);
	if (attr)
		printf(" %s", (const char *)payload(attr));
	attr = find(attrs, end, NLMSGERR_ATTR_OFFS);
	if (attr)
		printf(" (offset %u)", *(const uint32_t *)payload(attr));
	attr = find(attrs, end, NLMSGERR_ATTR_MISS_TYPE);
	if (attr)
		printf(" (missing %u)", *(const uint32_t *)payload(attr));
	putchar('\n');
}

static bool names(const struct nlmsghdr *nlh, const char *name)
{
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const char *start = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *attr = find(start, end, GROUP_NAME);

	return attr && !strcmp(payload(attr), name);
}

/**
 * struct answer - what came back
 * @objects: messages that are neither error nor end
 * @error: errno of the kernel's answer, or 0
 * @marked: the dump is inconsistent
 * @found: one of the names was there
 * @family: the family's number, if that was asked
 * @of_default: nodes of the group "default", a bit for each
 * @of_nodes: those of groups "nodeN"
 * @ended: nothing comes any more
 */
struct answer {
	int objects;
	int error;
	bool marked;
	bool found;
	int family;
	uint64_t of_default;
	uint64_t of_nodes;
	bool ended;
};

/* What a group's members say of the topology. */
static void note_members(struct answer *answer, const struct nlmsghdr *nlh)
{
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const char *start = (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
	const struct nlattr *name = find(start, end, GROUP_NAME), *member, *node;
	uint64_t nodes = 0;

	if (!name)
		return;
	while ((member = find(start, end, GROUP_MEMBER))) {
		start = (const char *)member + NLA_ALIGN(member->nla_len);
		node = find(payload(member), (const char *)member + member->nla_len, MEMBER_NODE);
		if (node)
			nodes |= 1ULL << (*(const uint32_t *)payload(node) % 64);
	}
	if (!strcmp(payload(name), "default"))
		answer->of_default |= nodes;
	else if (!strncmp(payload(name), "node", 4))
		answer->of_nodes |= nodes;
}

static bool note(struct answer *answer, const struct nlmsghdr *nlh, char **wanted, bool quiet)
{
	const struct nlmsgerr *error = NLMSG_DATA(nlh);
	const struct nlattr *attr;

	answer->marked |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
	if (nlh->nlmsg_type == NLMSG_DONE) {
		answer->error = -*(const int *)NLMSG_DATA(nlh);
		return true;
	}
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		answer->error = -error->error;
		if (error->error && !quiet)
			say_error(nlh);
		return true;
	}
	answer->objects++;
	if (((const struct genlmsghdr *)NLMSG_DATA(nlh))->cmd == CMD_GROUP_GET)
		note_members(answer, nlh);
	if (wanted)
		answer->found |= names(nlh, wanted[0]) || names(nlh, wanted[1]);
	attr = find((const char *)NLMSG_DATA(nlh) + GENL_HDRLEN, (const char *)nlh + nlh->nlmsg_len,
		    CTRL_ATTR_FAMILY_ID);
	if (nlh->nlmsg_type == GENL_ID_CTRL && attr)
		answer->family = *(const uint16_t *)payload(attr);
	return false;
}

static void tell(void)
{
	if (send(sock, message, header()->nlmsg_len, 0) < 0)
		die("send");
}

/* Reads one of the answer's messages, and what came with it. */
static void hear(struct answer *answer, char **wanted, bool quiet)
{
	static char buffer[MESSAGE_MAX] __attribute__((aligned(8)));
	ssize_t length = recv(sock, buffer, sizeof(buffer), MSG_TRUNC);
	struct nlmsghdr *nlh;

	if (length < 0 || length > (ssize_t)sizeof(buffer))
		die("recv");
	for (nlh = (struct nlmsghdr *)buffer; NLMSG_OK(nlh, length) && !answer->ended;
	     nlh = NLMSG_NEXT(nlh, length))
		answer->ended = note(answer, nlh, wanted, quiet);
}

/* Sends the message, and reads until the answer's end. */
static struct answer ask(char **wanted, bool quiet)
{
	struct answer answer = { 0 };

	tell();
	while (!answer.ended)
		hear(&answer, wanted, quiet);
	return answer;
}

static int family(void)
{
	struct answer answer;

	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	put(CTRL_ATTR_FAMILY_NAME, "cxltier", 8);
	answer = ask(NULL, false);
	if (answer.error)
		exit(1);
	return answer.family;
}

static int command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i], name))
			return i;
	return atoi(name);
}

static int watch(int type, int seconds, char **wanted)
{
	unsigned long dumps = 0, marked = 0, wrong = 0;
	time_t end = time(NULL) + seconds;
	struct answer answer;

	while (time(NULL) < end) {
		begin(type, CMD_GROUP_GET, NLM_F_DUMP);
		answer = ask(wanted, false);
		if (answer.error)
			return 1;
		dumps++;
		marked += answer.marked;
		wrong += !answer.marked && !answer.found;
	}
	printf("dumps %lu marked %lu wrong %lu\n", dumps, marked, wrong);
	return 0;
}

/* The kernel fills the first message at once, and the next when that is read. */
static int overtaken(int type, const char *name, const char *shell)
{
	struct answer answer = { 0 };

	begin(type, command(name), NLM_F_DUMP);
	tell();
	if (system(shell))
		return 1;
	while (!answer.ended)
		hear(&answer, NULL, false);
	printf("%d objects%s\n", answer.objects, answer.marked ? " marked" : "");
	return answer.error ? 1 : 0;
}

static int open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	/* what checks dumps' attributes strictly */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	return fd;
}

/* Each socket has a dump that is under way, and gets a message of it in turn. */
static bool crowd_round(int type, int nr, const int *socks, struct answer *answers)
{
	static const int cmds[] = { CMD_GROUP_GET, CMD_NODE_GET, CMD_GROUP_GET, CMD_DEVICE_GET,
				    CMD_GROUP_GET, CMD_POOL_GET };
	int i, nr_open = nr;

	memset(answers, 0, nr * sizeof(*answers));
	for (i = 0; i < nr; i++) {
		begin(type, cmds[i % 6], NLM_F_DUMP);
		sock = socks[i];
		tell();
	}
	while (nr_open) {
		for (i = 0; i < nr; i++) {
			if (answers[i].ended)
				continue;
			sock = socks[i];
			hear(&answers[i], NULL, false);
			nr_open -= answers[i].ended;
			if (answers[i].error)
				return false;
		}
	}
	return true;
}

static int crowd(int type, int nr, int rounds)
{
	struct answer *answers = calloc(nr, sizeof(*answers));
	unsigned long dumps = 0, marked = 0, wrong = 0;
	int *socks = calloc(nr, sizeof(*socks)), i;

	if (!answers || !socks)
		die("calloc");
	for (i = 0; i < nr; i++)
		socks[i] = open_socket();
	while (rounds--) {
		if (!crowd_round(type, nr, socks, answers))
			return 1;
		for (i = 0; i < nr; i++) {
			dumps++;
			marked += answers[i].marked;
			wrong += !answers[i].marked && answers[i].of_default != answers[i].of_nodes;
		}
	}
	printf("dumps %lu marked %lu wrong %lu\n", dumps, marked, wrong);
	return 0;
}

static int single(int type, int argc, char **argv, bool dump)
{
	struct answer answer;
	int i;

	begin(type, command(argv[0]), dump ? NLM_F_DUMP : NLM_F_ACK);
	for (i = 1; i < argc; i++)
		put_text(argv[i]);
	answer = ask(NULL, false);
	if (!answer.error && dump)
		printf("%d objects\n", answer.objects);
	else if (!answer.error)
		puts("ok");
	return answer.error ? 1 : 0;
}

/* Not rand(): the same sequence everywhere. */
static unsigned int dice(unsigned int sides)
{
	dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dice_state >> 33) % sides;
}

/* Lengths, numbers and names that may well be right, and others. */
static void put_random(int depth)
{
	static const char *const texts[] = {
		"a", "b", "default", "node1", "cxlswap",
		"a name that is far too long for any of them",
	};
	static const uint64_t numbers[] = { 0, 1, 2, 3, 100, 101, 1 << 20, UINT32_MAX, UINT64_MAX };
	int type = dice(10), kind = dice(8), count;
	unsigned char bytes[40];
	struct nlattr *nest;
	char *start;

	if (header()->nlmsg_len > MESSAGE_MAX / 2)
		return;
	for (count = 0; count < (int)sizeof(bytes); count++)
		bytes[count] = dice(256);
	if (kind < 3) {
		put(type, &numbers[dice(9)], dice(4) ? 4 : 1 << dice(4));
	} else if (kind < 5) {
		count = dice(6);
		put(type, texts[count], strlen(texts[count]) + !!dice(4));
	} else if (kind < 7 && depth < 4) {
		start = message + NLMSG_ALIGN(header()->nlmsg_len);
		nest = put(type | (dice(5) ? NLA_F_NESTED : 0), NULL, 0);
		for (count = dice(5); count; count--)
			put_random(depth + 1);
		nest->nla_len = message + header()->nlmsg_len - start;
		if (!dice(8))
			nest->nla_len += dice(16) - 8;
	} else {
		put(type, bytes, dice(sizeof(bytes)));
	}
}

static int fuzz(int type, int seconds, uint64_t seed)
{
	time_t end = time(NULL) + seconds;
	unsigned long nr = 0, refused = 0;
	struct answer answer;
	int count;

	dice_state = seed;
	while (time(NULL) < end) {
		begin(type, dice(32), dice(4) ? NLM_F_ACK : NLM_F_DUMP | NLM_F_ACK);
		for (count = dice(5); count; count--)
			put_random(0);
		if (!dice(20))
			header()->nlmsg_len = NLMSG_LENGTH(dice(64));
		answer = ask(NULL, true);
		nr++;
		refused += !!answer.error;
	}
	printf("messages %lu refused %lu\n", nr, refused);
	return 0;
}

static int bare(int type, const char *name, int length)
{
	struct answer answer;

	begin(type, command(name), NLM_F_ACK);
	header()->nlmsg_len = NLMSG_LENGTH(length);
	answer = ask(NULL, false);
	puts(answer.error ? "refused" : "ok");
	return answer.error ? 1 : 0;
}

int main(int argc, char **argv)
{
	int type;

	sock = open_socket();
	if (argc < 2)
		return 2;
	type = family();
	if (!strcmp(argv[1], "watch") && argc == 5)
		return watch(type, atoi(argv[2]), argv + 3);
	if (!strcmp(argv[1], "overtaken") && argc == 4)
		return overtaken(type, argv[2], argv[3]);
	if (!strcmp(argv[1], "crowd") && argc == 4)
		return crowd(type, atoi(argv[2]), atoi(argv[3]));
	if (!strcmp(argv[1], "fuzz") && argc == 4)
		return fuzz(type, atoi(argv[2]), atoi(argv[3]));
	if (!strcmp(argv[1], "bare") && argc == 4)
		return bare(type, argv[2], atoi(argv[3]));
	if (!strcmp(argv[1], "dump") && argc > 2)
		return single(type, argc - 2, argv + 2, true);
	return single(type, argc - 1, argv + 1, false);
}
