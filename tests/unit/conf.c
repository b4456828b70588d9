// SPDX-License-Identifier: GPL-2.0
/* The configuration file: userspace/common/conf.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

static char said[4096];

int complain(const char *format, ...)
{
	size_t used = strlen(said);
	va_list args;

	va_start(args, format);
	vsnprintf(said + used, sizeof(said) - used, format, args);
	va_end(args);
	strncat(said, "\n", sizeof(said) - strlen(said) - 1);
	return EXIT_WRONG;
}

static int parse(const char *text, struct conf *conf)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	int code;

	said[0] = '\0';
	assert_non_null(file);
	code = conf_parse(file, "conf", conf);
	fclose(file);
	return code;
}

static void sections_are_understood(void **state)
{
	static struct conf conf;

	(void)state;
	assert_int_equal(parse("# a comment\n[memory] \n\tnodes=1,3-4\n[metrics]\nlisten=none\n[limit]\npercent=40\n group = both # here\n"
			       "writeback = 0\naccept=100\nrate = 1048576\n"
			       "[group both]\nmembers = 1:3,2\n"
			       "[cache-limit]\npercent = 30\ngroup = both\n"
			       "[swap]\nsize = 64G\npriority = 7\n[ swap ]\n  size=1M",
			       &conf), 0);
	assert_true(conf.memory_online);
	assert_string_equal(conf.metrics_listen, "none");
	assert_string_equal(conf.memory_nodes, "1,3-4");
	assert_int_equal(conf.percent, 40);
	assert_int_equal(conf.writeback, 0);
	assert_int_equal(conf.accept, 100);
	assert_int_equal(conf.rate_mb, 1048576);
	assert_string_equal(conf.group, "both");
	assert_int_equal(conf.cache_percent, 30);
	assert_string_equal(conf.cache_group, "both");
	assert_int_equal(conf.nr_groups, 1);
	assert_string_equal(conf.groups[0].name, "both");
	assert_int_equal(conf.groups[0].nr_members, 2);
	assert_int_equal(conf.groups[0].members[0].weight, 3);
	assert_int_equal(conf.nr_swaps, 2);
	assert_int_equal(conf.swaps[0].size, 64ULL << 30);
	assert_int_equal(conf.swaps[0].priority, 7);
	assert_int_equal(conf.swaps[0].line, 17);
	assert_int_equal(conf.swaps[0].end, 20);
	assert_int_equal(conf.swaps[1].size, 1 << 20);
	assert_int_equal(conf.swaps[1].priority, 100);
}

static void comments_begin_after_white_space(void **state)
{
	static struct conf conf;

	(void)state;
	assert_int_equal(parse("#[limit]\n[metrics]# x\n", &conf), EXIT_WRONG);
	assert_int_equal(parse("#[limit]\n\t# size = 1G\n[metrics] # x\n"
			       "listen = /run/a#b#c\t# not /run/a\n[swap]\nsize = 1G #\n"
			       "[swap]\nsize = 2G\n", &conf), EXIT_FINE);
	assert_string_equal(conf.metrics_listen, "/run/a#b#c");
	assert_int_equal(conf.percent, -1);
	assert_int_equal(conf.cache_percent, -1);
	assert_string_equal(conf.cache_group, "");
	assert_int_equal(conf.nr_swaps, 2);
}

static void an_empty_file_asks_for_nothing(void **state)
{
	static struct conf conf;

	(void)state;
	assert_int_equal(parse("\n# nothing\n", &conf), 0);
	assert_int_equal(conf.percent, -1);
	assert_int_equal(conf.accept, -1);
	assert_int_equal(conf.writeback, -1);
	assert_int_equal(conf.rate_mb, -1);
	assert_int_equal(conf.nr_swaps + conf.nr_groups, 0);
	assert_true(conf.is_empty);
	assert_string_equal(conf.metrics_listen, CONF_LISTEN_DEFAULT);
	assert_int_equal(parse("[memory]\n", &conf), 0);
	assert_false(conf.is_empty);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct { const char *text, *error; } cases[] = {
		{ "size = 1G\n", "line 1: size: stands before any [SECTION]" },
		{ "[swap\n", "line 1: '[swap' is no section" },
		{ "[swap] x\n", "line 1: '[swap] x' is no section" },
		{ "[hue]\nred = 1\n[limit]\n", "line 1: [hue]: there is no such section" },
		{ "[group a]\nmembers=1\n[group a]\nmembers=2\n", "line 3: [group a]: is there" },
		{ "[groups]\n", "line 1: [groups]: there is no such section" },
		{ "\n[swap]\nsize\n", "line 3: 'size' is neither" },
		{ "[swap]\nsize = 0\n", "line 2: size: '0' is no size" },
		{ "[swap]\nsize = 1K\n", "line 2: size: '1K' is no size" },
		{ "[swap]\nsize = 1G\npriority = -1\n", "line 3: priority: '-1' is no number" },
		{ "[swap]\nsize = 1G\nhue = red\n", "line 3: hue: there is no such key in [swap]" },
		{ "[swap]\npriority = 1\n", "line 3: the section [swap] before this has no size" },
		{ "[swap]\n[limit]\n", "line 2: the section [swap] before this has no size" },
		{ "[memory]\nonline = yes\n", "line 2: online: 'yes' is neither far nor no" },
		{ "[memory]\nnodes = 1-\n", "line 2: nodes: '1-' is no list" },
		{ "[memory]\nnode = 1\n", "line 2: node: there is no such key in [memory]" },
		{ "[metrics]\nlisten = 1.2.3.4:80\n", "line 2: listen: '1.2.3.4:80' is no path" },
		{ "[metrics]\nport = 80\n", "line 2: port: there is no such key in [metrics]" },
		{ "[limit]\npercent = 101\n", "line 2: percent: '101' is no number" },
		{ "[limit]\naccept = 101\n", "line 2: accept: '101' is no number from 0 to 100" },
		{ "[limit]\nwriteback = no\n", "line 2: writeback: 'no' is no number" },
		{ "[limit]\nrate = 1048577\n", "line 2: rate: '1048577' is no number from 0 to 1048576" },
		{ "[limit]\nrate = 1\nrate = 2\n", "line 3: rate: is there already" },
		{ "[cache-limit]\npercent = 101\n", "line 2: percent: '101' is no number from 0 to 100" },
		{ "[cache-limit]\ngroup =\n", "line 2: group: '' is no name" },
		{ "[cache-limit]\naccept = 1\n", "line 2: accept: there is no such key in [cache-limit]" },
		{ "[cache-limit]\n[cache-limit]\n", "line 2: [cache-limit]: is there already" },
		{ "[limit]\ngroup =\n", "line 2: group: '' is no name" },
		{ "[limit]\nsize = 1\n", "line 2: size: there is no such key in [limit]" },
		{ "[region]\ncreate = all\n", "line 2: create: 'all' is neither each nor no" },
		{ "[region]\nways = 1\n", "line 2: ways: there is no such key in [region]" },
		{ "[region]\n[region]\n", "line 2: [region]: is there already" },
		{ "[cache]\n", "line 2: the section [cache] before this has no mount" },
		{ "[cache]\nmount = data\n", "line 2: mount: 'data' is no mount point" },
		{ "[cache]\nmount = /data/\n", "line 2: mount: '/data/' is no mount point" },
		{ "[cache]\nmount = /a\nquota = 1X\n", "line 3: quota: '1X' is no size" },
		{ "[cache]\nmount = /a\nmount = /b\n", "line 3: mount: is there already" },
		{ "[cache]\nmount = /a\n[cache]\nquota = 1G\nmount = /a\n", "line 5: mount: /a is in another" },
		{ "[group]\nmembers = 1\n", "line 1: [group NAME]" },
		{ "[group a]\nmembers = 1:0\n", "line 2: members: '1:0' is not" },
		{ "[group a]\nnodes = 1\n", "line 2: nodes: there is no such key in [group]" },
		{ "[group a]\n", "line 2: the section [group a] before this has no members" },
		{ "[swap]\nsize = 1G\nsize = 2G\n", "line 3: size: is there already" },
		{ "[swap]\nsize = 1G\npriority = 1\npriority = 1\n", "line 4: priority: is there" },
		{ "[group a]\nmembers = 1\nmembers = 2\n", "line 3: members: is there already" },
		{ "[memory]\nonline = no\n\nonline = far\n", "line 4: online: is there already" },
		{ "[memory]\nnodes = 1\nnodes = 2\n", "line 3: nodes: is there already" },
		{ "[metrics]\nlisten = none\nlisten = none\n", "line 3: listen: is there" },
		{ "[limit]\npercent = 1\npercent = 2\n", "line 3: percent: is there already" },
		{ "[limit]\ngroup = a\ngroup = b\n", "line 3: group: is there already" },
		{ "[limit]\n[swap]\nsize = 1G\n[limit]\ngroup = b\n", "line 4: [limit]: is there" },
		{ "[memory]\n[memory]\n", "line 2: [memory]: is there already" },
		{ "[metrics]\n[metrics]\n", "line 2: [metrics]: is there already" },
		{ "[limit]\npercent = 6#0\n", "line 2: percent: '6#0' is no number" },
	};
	static struct conf conf;
	char wanted[160];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(parse(cases[i].text, &conf) == EXIT_WRONG);
		snprintf(wanted, sizeof(wanted), "conf: %s", cases[i].error);
		if (strncmp(said, wanted, strlen(wanted)))
			fail_msg("'%s': said '%s', wanted '%s'", cases[i].text, said, wanted);
		if (strchr(said, '\n') != said + strlen(said) - 1)
			fail_msg("'%s': more than one complaint: '%s'", cases[i].text, said);
	}
}

static void every_mistake_is_named(void **state)
{
	static struct conf conf;

	(void)state;
	assert_int_equal(parse("[limit]\npercent = x\ngroup = a\nsize = 1\n[cache]\nmode = 1\n"
			       "[swap]\nsize = 1K\n[swap]\n", &conf), EXIT_WRONG);
	assert_string_equal(said, "conf: line 2: percent: 'x' is no number from 0 to 100\n"
		"conf: line 4: size: there is no such key in [limit]\n"
		"conf: line 6: mode: there is no such key in [cache]\n"
		"conf: line 8: size: '1K' is no size in whole MiB, such as 64G\n"
		"conf: line 10: the section [swap] before this has no size\n");
}

static void the_limits_of_a_file_hold(void **state)
{
	char text[4096] = "";
	static struct conf conf;
	int i;

	(void)state;
	for (i = 0; i <= CONF_MAX; i++)
		strcat(text, "[swap]\nsize=1M\n");
	assert_true(parse(text, &conf) == EXIT_WRONG);
	assert_non_null(strstr(said, "more than"));
	assert_true(parse("[group aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", &conf) == EXIT_WRONG);
}

static void sections_are_added_and_removed(void **state)
{
	char folder[] = "/tmp/conf-XXXXXX", path[64], text[512];
	static struct conf conf;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/new/c.conf", folder);
	assert_int_equal(conf_add_swap(path, 1ULL << 30, 5), EXIT_FINE);
	file = fopen(path, "a");
	fputs("# mine\n[limit]\npercent = 3\n", file);
	fclose(file);
	assert_int_equal(conf_add_swap(path, 2ULL << 30, 6), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_swaps, 2);
	assert_int_equal(conf.swaps[0].priority, 5);
	assert_int_equal(conf.swaps[1].size, 2ULL << 30);
	assert_int_equal(conf_del_swap(path, 3ULL << 30, -1), EXIT_WRONG);
	assert_int_equal(conf_del_swap(path, 1ULL << 30, -1), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_swaps, 1);
	assert_int_equal(conf.percent, 3);
	file = fopen(path, "r");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, "# mine\n[limit]\npercent = 3\n"
				  "[swap]\nsize = 2048M\npriority = 6\n");
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", folder);
	rmdir(path);
	rmdir(folder);
}

/* A file with @text; @path is a template of mkstemp's. */
static void write_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void a_last_line_may_lack_its_end(void **state)
{
	static const char *const texts[] = { "[swap]\nsize = 64G", "[swap]\nsize = 64G\n# mine" };
	static struct conf conf;
	char path[32];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		strcpy(path, "/tmp/conf-XXXXXX");
		write_file(path, texts[i]);
		assert_int_equal(conf_add_swap(path, 32ULL << 30, 7), EXIT_FINE);
		assert_int_equal(conf_read(path, &conf), EXIT_FINE);
		assert_int_equal(conf.nr_swaps, 2);
		assert_int_equal(conf.swaps[0].size, 64ULL << 30);
		assert_int_equal(conf.swaps[0].priority, 100);
		assert_int_equal(conf.swaps[1].size, 32ULL << 30);
		unlink(path);
	}
}

/* One section more than there may be: what would come of it is refused, and the old file stays. */
static void what_could_not_be_read_is_not_written(void **state)
{
	char path[32] = "/tmp/conf-XXXXXX", text[4096] = "";
	static struct conf conf;
	struct stat st;
	int i;

	(void)state;
	for (i = 0; i < CONF_MAX; i++)
		strcat(text, "[swap]\nsize=1M\n");
	write_file(path, text);
	said[0] = '\0';
	assert_int_equal(conf_takes_swap(path), EXIT_WRONG);
	assert_int_equal(conf_add_swap(path, 1 << 20, 1), EXIT_WRONG);
	assert_non_null(strstr(said, "more than 64 swap devices"));
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_swaps, CONF_MAX);
	unlink(path);
	strcat(path, ".new");
	assert_int_equal(stat(path, &st), -1);
}

static void links_and_modes_stay(void **state)
{
	char path[] = "/tmp/conf-XXXXXX", link[64];
	struct stat st;

	(void)state;
	write_file(path, "[limit]\npercent = 3\n");
	snprintf(link, sizeof(link), "%s.link", path);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(conf_add_swap(link, 1 << 20, 1), EXIT_FINE);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_true(st.st_size > 30);
	unlink(link);
	unlink(path);
}

/* Two of one size: the one of that priority goes, and the other stays. */
static void of_two_sections_the_right_one_is_removed(void **state)
{
	char path[] = "/tmp/conf-XXXXXX";
	static struct conf conf;

	(void)state;
	write_file(path, "[swap]\nsize=1G\npriority=5\n[swap]\nsize=1G\npriority=7\n");
	assert_int_equal(conf_del_swap(path, 1ULL << 30, 7), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_swaps, 1);
	assert_int_equal(conf.swaps[0].priority, 5);
	assert_int_equal(conf_del_swap(path, 1ULL << 30, 9), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_swaps, 0);
	unlink(path);
}

static void priorities_are_read_from_the_kernels_list(void **state)
{
	char path[] = "/tmp/conf-XXXXXX";
	int priority = 0;

	(void)state;
	write_file(path, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
			 "/dev/cxlswap10                          partition\t16380\t\t0\t\t9\n"
			 "/swap\\040file                            file\t\t16380\t\t0\t\t-2\n"
			 "/dev/cxlswap1                           partition\t16380\t\t12\t\t100\n");
	assert_true(swap_priority(path, 1, &priority));
	assert_int_equal(priority, 100);
	assert_true(swap_priority(path, 10, &priority));
	assert_int_equal(priority, 9);
	assert_false(swap_priority(path, 0, &priority));
	assert_false(swap_priority("/nowhere", 0, &priority));
	unlink(path);
}

static void a_wrong_file_is_not_rewritten(void **state)
{
	char path[] = "/tmp/conf-XXXXXX", text[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(write(fd, "[nonsense]\n", 11) == 11);
	assert_int_equal(conf_takes_swap("/nowhere"), EXIT_FINE);
	assert_int_equal(conf_takes_swap(path), EXIT_WRONG);
	said[0] = '\0';
	assert_int_equal(conf_add_swap(path, 1 << 20, 1), EXIT_WRONG);
	assert_non_null(strstr(said, "line 1"));
	assert_int_equal(pread(fd, text, sizeof(text), 0), 11);
	close(fd);
	unlink(path);
}

static void caches_are_added_changed_and_removed(void **state)
{
	char path[] = "/tmp/conf-XXXXXX", text[256];
	static struct conf conf;
	FILE *file;

	(void)state;
	write_file(path, "# mine\n[swap]\nsize = 1G\n");
	assert_int_equal(conf_set_cache(path, "/srv/a b", CXLTIER_QUOTA_NONE), EXIT_FINE);
	assert_int_equal(conf_set_cache(path, "/data", 10ULL << 30), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.nr_caches, 2);
	assert_string_equal(conf.caches[0].mount, "/srv/a b");
	assert_true(conf.caches[0].quota == CXLTIER_QUOTA_NONE);
	assert_int_equal(conf.caches[1].quota, 10ULL << 30);
	assert_int_equal(conf_set_cache(path, "/srv/a b", 4096), EXIT_FINE);
	assert_int_equal(conf_del_cache(path, "/data"), EXIT_FINE);
	file = fopen(path, "r");
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, "# mine\n[swap]\nsize = 1G\n"
				  "[cache]\nmount = /srv/a b\nquota = 4096\n");
	assert_int_equal(conf_del_cache(path, "/data"), EXIT_WRONG);
	assert_non_null(strstr(said, "has no [cache] of /data"));
	unlink(path);
}

/* What is written is read back as the same mount, or nothing is written. */
static void a_mount_is_read_back_or_refused(void **state)
{
	static const struct { const char *mount; bool refused; } cases[] = {
		{ "/", false }, { "/a#b", false }, { "/#", false }, { "/a  b=[c]", false },
		{ "/a\tb", false }, { "/a =#1", false }, { "/a #b", true }, { "/a\t#", true },
		{ "/a ", true }, { "/a\t", true }, { "/a\r", true }, { "/a\v", true },
		{ "/a\nb", true }, { "/a\n", true }, { "/a \n#", true }, { "a", true }, { "", true },
	};
	char path[] = "/tmp/conf-XXXXXX", longest[257];
	static struct conf conf;
	size_t i;

	(void)state;
	write_file(path, "# mine\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (conf_set_cache(path, cases[i].mount, 4096) != cases[i].refused ||
		    conf_read(path, &conf) || conf.nr_caches != !cases[i].refused)
			fail_msg("'%s'", cases[i].mount);
		if (cases[i].refused)
			continue;
		assert_string_equal(conf.caches[0].mount, cases[i].mount);
		assert_int_equal(conf_del_cache(path, cases[i].mount), EXIT_FINE);
	}
	memset(longest, 'a', 256);
	longest[0] = '/';
	longest[256] = '\0';
	assert_int_equal(conf_takes_cache(path, longest), EXIT_WRONG);
	longest[255] = '\0';
	assert_int_equal(conf_set_cache(path, longest, 4096), EXIT_FINE);
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_string_equal(conf.caches[0].mount, longest);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_understood),
		cmocka_unit_test(comments_begin_after_white_space),
		cmocka_unit_test(an_empty_file_asks_for_nothing),
		cmocka_unit_test(what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(every_mistake_is_named),
		cmocka_unit_test(the_limits_of_a_file_hold),
		cmocka_unit_test(sections_are_added_and_removed),
		cmocka_unit_test(a_last_line_may_lack_its_end),
		cmocka_unit_test(what_could_not_be_read_is_not_written),
		cmocka_unit_test(links_and_modes_stay),
		cmocka_unit_test(of_two_sections_the_right_one_is_removed),
		cmocka_unit_test(priorities_are_read_from_the_kernels_list),
		cmocka_unit_test(a_wrong_file_is_not_rewritten),
		cmocka_unit_test(caches_are_added_changed_and_removed),
		cmocka_unit_test(a_mount_is_read_back_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
