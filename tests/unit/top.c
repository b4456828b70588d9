// SPDX-License-Identifier: GPL-2.0
/* The cgroups that swap most: userspace/ctl/top.c, without a kernel to ask and a screen to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

/* with what is its own */
#include "../../userspace/ctl/top.c"

int complain(const char *format, ...)
{
	fail_msg("complained: %s", format);
	return EXIT_WRONG;
}

/* Of main.c; no test here asks for anything. */
int usage(const struct request *request, const char *format, ...)
{
	(void)request;
	fail_msg("usage: %s", format);
	return EXIT_USAGE;
}

/* ---- tests ---------------------------------------------------------------------------- */

/* As one screen after another begins. */
static void note(const char *name, uint64_t swapped, int nr)
{
	char path[32];

	nr_cgroups = 0;
	for (; nr; nr--) {
		snprintf(path, sizeof(path), "/%s%d", name, nr);
		note_cgroup(path, swapped - nr);
	}
}

static void the_largest_come_first(void **state)
{
	unsigned int i;

	(void)state;
	note("a", 1000, CGROUPS_SHOWN + 4);
	assert_int_equal(nr_cgroups, CGROUPS_SHOWN);
	for (i = 0; i < nr_cgroups; i++)
		assert_int_equal(cgroups[i].swapped, 999 - i);
	assert_string_equal(cgroups[0].name, "/a1");
	note_cgroup("/small", 5);
	assert_string_equal(cgroups[CGROUPS_SHOWN - 1].name, "/a8");
}

static void none_is_left_of_the_screen_before(void **state)
{
	unsigned int i;

	(void)state;
	note("old", 1000, CGROUPS_SHOWN);
	note("new", 500, CGROUPS_SHOWN);
	for (i = 0; i < nr_cgroups; i++)
		assert_int_equal(cgroups[i].swapped, 499 - i);
}

static void long_paths_begin_with_a_whole_character(void **state)
{
	char path[128] = "/";
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		strcat(path, "\xe2\x82\xac");
	nr_cgroups = 0;
	note_cgroup(path, 1);
	assert_int_equal(strlen(cgroups[0].name), 45);
	assert_int_equal(character_length(cgroups[0].name), 3);
}

static void what_rises_and_falls_is_told(void **state)
{
	struct json_object *last = json_tokener_parse("{\"areas\":[{\"path\":\"a\",\"stored\":100},"
		"{\"path\":\"b\",\"stored\":50}],\"nodes\":[{\"node\":1,\"used\":7}],\"cgroups\":[]}");
	struct json_object *screen = json_tokener_parse("{\"areas\":[{\"path\":\"b\",\"stored\":10},"
		"{\"path\":\"a\",\"stored\":300},{\"path\":\"c\",\"stored\":9}],"
		"\"nodes\":[{\"node\":1,\"used\":7}],\"cgroups\":[{\"cgroup\":\"x\",\"stored\":5}]}");
	const char *const wanted = "{\"areas\":[{\"path\":\"b\",\"stored\":10,\"change\":-20},"
		"{\"path\":\"a\",\"stored\":300,\"change\":100},{\"path\":\"c\",\"stored\":9,\"change\":0}],"
		"\"nodes\":[{\"node\":1,\"used\":7,\"change\":0}],"
		"\"cgroups\":[{\"cgroup\":\"x\",\"stored\":5,\"change\":0}]}";
	char text[24];

	(void)state;
	add_changes(screen, last, 2);
	assert_string_equal(json_object_to_json_string_ext(screen, JSON_C_TO_STRING_PLAIN), wanted);
	/* the first screen */
	add_changes(last, NULL, 2);
	assert_string_equal(get_text(json_object_array_get_idx(
		json_object_object_get(last, "areas"), 0), "change"), "0");
	json_object_put(screen);
	json_object_put(last);
	assert_string_equal(format_change(-3LL * 1048576, text, sizeof(text)), "-3.0 MiB/s");
	assert_string_equal(format_change(0, text, sizeof(text)), "0 B/s");
	assert_string_equal(format_change(INT64_MIN, text, sizeof(text)), "-8.0 EiB/s");
}

static void each_cgroup_has_its_rates(void **state)
{
	struct json_object *last = json_tokener_parse("{\"cgroups\":["
		"{\"cgroup\":\"x\",\"stores\":5,\"loads\":7,\"refused\":0}]}");
	struct json_object *screen = json_tokener_parse("{\"cgroups\":["
		"{\"cgroup\":\"y\",\"stores\":90,\"loads\":90,\"refused\":90},"
		"{\"cgroup\":\"x\",\"stores\":25,\"loads\":3,\"refused\":8}]}");
	/* what has fallen is another cgroup's */
	const char *const wanted = "{\"cgroups\":["
		"{\"cgroup\":\"y\",\"stores\":90,\"loads\":90,\"refused\":90,"
		"\"out_pages\":0,\"in_pages\":0,\"refused_pages\":0},"
		"{\"cgroup\":\"x\",\"stores\":25,\"loads\":3,\"refused\":8,"
		"\"out_pages\":10,\"in_pages\":0,\"refused_pages\":4}]}";

	(void)state;
	add_cgroup_rates(screen, last, 2);
	assert_string_equal(json_object_to_json_string_ext(screen, JSON_C_TO_STRING_PLAIN), wanted);
	add_cgroup_rates(last, NULL, 2);
	assert_int_equal(get_number(json_object_array_get_idx(
		json_object_object_get(last, "cgroups"), 0), "out_pages"), 0);
	json_object_put(screen);
	json_object_put(last);
}

/* Of a screen 2 s after another, whose counters were all 100. */
static void rates_are_of_the_time_between(void **state)
{
	struct json_object *swap = json_tokener_parse("{\"stores\":300,\"loads\":100,"
		"\"pool_limit_hit\":103,\"reject_reclaim_fail\":2,\"reject_alloc_fail\":1}");
	struct json_object *cache = json_tokener_parse("{\"succ_gets\":110,\"failed_gets\":120,"
		"\"succ_puts\":140,\"evicted_pages\":90}");
	struct sample last = {
		.time = seconds_now() - 2, .stores = 100, .loads = 100, .refused = 100,
		.hits = 100, .misses = 100, .puts = 100, .evicted = 100,
	};
	struct json_object *rates = rates_since(&last, swap, cache);

	(void)state;
	/* a little more than 2 s; on a busy machine some more */
	assert_in_range(get_number(rates, "out_pages"), 20, 100);
	assert_int_equal(get_number(rates, "in_pages"), 0);
	assert_in_range(get_number(rates, "refused_pages"), 1, 3);
	assert_in_range(get_number(rates, "hit_pages"), 1, 5);
	assert_in_range(get_number(rates, "missed_pages"), 2, 10);
	assert_in_range(get_number(rates, "put_pages"), 4, 20);
	/* the module was loaded anew */
	assert_int_equal(get_number(rates, "evicted_pages"), 0);
	assert_int_equal(last.puts, 140);
	json_object_put(rates);

	/* there is none before the first screen */
	last.time = 0;
	last.puts = 0;
	rates = rates_since(&last, swap, cache);
	assert_int_equal(get_number(rates, "put_pages"), 0);
	json_object_put(rates);
	json_object_put(swap);
	json_object_put(cache);
}

static void count_folder(const char *path, void *nr)
{
	++*(int *)nr;
	assert_true(!strncmp(path, "/tmp/cgroups-", 13));
	/* it goes while we are there, as cgroups do */
	if (strstr(path, "/gone"))
		assert_int_equal(rmdir(path), 0);
}

static void folders_that_go_end_nothing(void **state)
{
	static const char *const names[] = { "a", "a/b", "a/b/c", "gone1", "gone2", "z", "z/y" };
	char top[] = "/tmp/cgroups-XXXXXX", path[64];
	int i, nr = 0;

	(void)state;
	assert_non_null(mkdtemp(top));
	for (i = 0; i < 7; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	cgroups_visit(top, count_folder, &nr);
	assert_int_equal(nr, 7);
	for (i = 6; i >= 0; i--) {
		snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		rmdir(path);
	}
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_come_first),
		cmocka_unit_test(none_is_left_of_the_screen_before),
		cmocka_unit_test(long_paths_begin_with_a_whole_character),
		cmocka_unit_test(what_rises_and_falls_is_told),
		cmocka_unit_test(each_cgroup_has_its_rates),
		cmocka_unit_test(rates_are_of_the_time_between),
		cmocka_unit_test(folders_that_go_end_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
