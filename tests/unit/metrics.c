// SPDX-License-Identifier: GPL-2.0
/*
 * The text for Prometheus: userspace/daemon/metrics.c. For scripts beside this, "metrics --print"
 * writes an example, and "metrics --serve ADDRESS" serves it as cxltierd would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "daemon.h"

int complain(const char *format, ...)
{
	fail_msg("complained: %s", format);
	return EXIT_WRONG;
}

/* ---- an example, with one of each ----------------------------------------------------- */

static struct cxltier_device devices[] = {
	{ .number = 0, .home = 1, .size = 1ULL << 40, .state = CXLTIER_DEVICE_STATE_ONLINE,
	  .source = "region0" },
	{ .number = 1, .home = -1, .size = 4096, .source = "a \"b\" \\ c\nd" },
};

static struct cxltier_node nodes[] = {
	{ .id = 1, .far = true, .size = 1ULL << 40, .movable = 1ULL << 39, .room = 7, .used = 9 },
	{ .id = 2, .far = true, .state = CXLTIER_NODE_STATE_DRAINING, .drain_total = 100,
	  .drain_moved = 60, .drain_failed = 1 },
};

static const struct cxltier_pool_node pool_nodes[] = {
	{ .node = 1, .used = 5, .kept = 6 }, { .node = 2, .used = 7, .kept = UINT64_MAX },
};

static struct cxltier_pool pools[] = {
	{ .owner = "cxlswap", .group = "both", .limit = 11, .size = 12, .used = 13, .held = 14,
	  .moved = 15, .poisoned = 16, .nr_nodes = 2, .nodes = pool_nodes },
	{ .owner = "cxlswap2", .group = "both", .limit = 1000, .accept_percent = 90,
	  .writeback_percent = 95, .writeback_rate_mb = 3 },
	{ .owner = "cxlcache", .group = "both", .accept_percent = CXLTIER_UNKNOWN,
	  .writeback_percent = CXLTIER_UNKNOWN, .writeback_rate_mb = CXLTIER_UNKNOWN },
};

static struct cxltier_area areas[] = {
	{ .kind = CXLTIER_AREA_KIND_DEVICE, .path = "/dev/cxlswap0", .size = 17, .stored = 18 },
	{ .kind = CXLTIER_AREA_KIND_TIER, .path = "/swap \"file\"", .size = 19, .stored = 20 },
	/* of Latin 1, and in right UTF-8 */
	{ .kind = CXLTIER_AREA_KIND_TIER, .path = "/caf\xe9/\xc3\xa9", .size = 32, .stored = 33 },
};

static struct cxltier_swap_device swap_devices[] = { { .number = 0, .size = 17, .swap = true } };

static struct cxltier_counter counters[] = {
	{ "cxlswap", "stores", 21 }, { "cxlswap", "pool_limit_hit", 22 },
	{ "cxlswap", "reject_cgroup", 23 }, { "cxlswap", "of_a_newer_version", 24 },
	{ "cxlcache", "stores", 25 }, { "cxlcache", "succ_gets", 37 },
	{ "cxlcache", "metadata_bytes", 38 },
};

static struct cxltier_hook hooks[] = {
	{ "cxlswap", "zswap_store", CXLTIER_HOOK_STATE_WORKING, 26 },
	{ "cxlswap", "zswap_load", CXLTIER_HOOK_STATE_BYPASSED, 27 },
};

static struct cxltier_mount mounts[] = {
	{ .device = 0xfff00001, .name = "nvme0n1p2", .type = "ext4", .state = CXLTIER_MOUNT_STATE_ON,
	  .held = 34, .quota = CXLTIER_QUOTA_NONE },
	{ .device = 0xfff00002, .name = "dm-0", .type = "xfs", .held = 35, .quota = 36 },
};

#define SIZE(_array) (sizeof(_array) / sizeof((_array)[0]))

static const struct snapshot example = {
	.loaded = true,
	.devices = devices, .nr_devices = SIZE(devices),
	.nodes = nodes, .nr_nodes = SIZE(nodes),
	.pools = pools, .nr_pools = SIZE(pools),
	.areas = areas, .nr_areas = SIZE(areas),
	.swap_devices = swap_devices, .nr_swap_devices = SIZE(swap_devices),
	.counters = counters, .nr_counters = SIZE(counters),
	.hooks = hooks, .nr_hooks = SIZE(hooks),
	.mounts = mounts, .nr_mounts = SIZE(mounts),
};

static const struct figures figures = {
	.reloaded = 1700000000, .applied = true, .nr_applied = 28, .nr_failed = 29,
	.nr_online = 30, .nr_events = 31,
};

static char *text;

static void write_text(const struct snapshot *snapshot)
{
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	metrics_write(out, snapshot, &figures);
	fclose(out);
}

static int setup(void **state)
{
	(void)state;
	write_text(&example);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static char *read_all(const char *name)
{
	FILE *file = fopen(name, "r");
	char *all = NULL;
	size_t size = 0;

	if (!file)
		fail_msg("%s is not there", name);
	assert_true(getdelim(&all, &size, '\0', file) > 0);
	fclose(file);
	return all;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void assert_line(const char *line)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	if (!strstr(text, whole))
		fail_msg("there is no line '%s' in:\n%s", line, text);
}

static void figures_have_their_labels(void **state)
{
	(void)state;
	assert_line("cxltier_device_size_bytes{device=\"cxl0\",node=\"1\",source=\"region0\"} 1099511627776");
	assert_line("cxltier_device_online{device=\"cxl1\"} 0");
	assert_line("cxltier_node_movable_bytes{node=\"1\"} 549755813888");
	assert_line("cxltier_node_state{node=\"1\",state=\"open\"} 1");
	assert_line("cxltier_node_state{node=\"2\",state=\"open\"} 0");
	assert_line("cxltier_node_state{node=\"2\",state=\"draining\"} 1");
	assert_line("cxltier_node_drain_moved_bytes{node=\"2\"} 60");
	assert_null(strstr(text, "cxltier_node_drain_moved_bytes{node=\"1\"}"));
	assert_line("cxltier_pool_info{pool=\"cxlswap\",group=\"both\"} 1");
	assert_line("cxltier_pool_accept_bytes{pool=\"cxlswap2\"} 900");
	assert_line("cxltier_pool_writeback_bytes{pool=\"cxlswap2\"} 950");
	assert_line("cxltier_pool_writeback_rate_bytes{pool=\"cxlswap2\"} 3145728");
	assert_null(strstr(text, "cxltier_pool_accept_bytes{pool=\"cxlcache\"}"));
	assert_line("cxltier_pool_node_used_bytes{pool=\"cxlswap\",node=\"2\"} 7");
	assert_line("cxltier_pool_node_kept_bytes{pool=\"cxlswap\",node=\"2\"} 18446744073709551615");
	assert_line("cxltier_area_stored_bytes{area=\"/dev/cxlswap0\",kind=\"device\"} 18");
	assert_line("cxltier_swap_device_active{device=\"/dev/cxlswap0\"} 1");
	assert_line("cxltier_swap_stores_total 21");
	assert_line("cxltier_swap_refused_stores_total{reason=\"limit\"} 22");
	assert_line("cxltier_swap_refused_stores_total{reason=\"cgroup\"} 23");
	assert_line("cxltier_other{module=\"cxlswap\",name=\"of_a_newer_version\"} 24");
	assert_line("cxltier_other{module=\"cxlcache\",name=\"stores\"} 25");
	assert_line("cxltier_hook_bypassed{module=\"cxlswap\",function=\"zswap_load\"} 1");
	assert_line("cxltier_cache_hits_total 37");
	assert_line("cxltier_cache_metadata_bytes 38");
	assert_line("cxltier_mount_held_bytes{device=\"nvme0n1p2\",mount=\"\",type=\"ext4\"} 34");
	assert_line("cxltier_mount_quota_bytes{device=\"dm-0\",mount=\"\",type=\"xfs\"} 36");
	assert_null(strstr(text, "cxltier_mount_quota_bytes{device=\"nvme0n1p2\""));
	assert_line("cxltier_mount_state{device=\"dm-0\",mount=\"\",state=\"off\"} 1");
	assert_line("cxltier_config_applied 1");
	assert_line("cxltier_applies_total{result=\"failure\"} 29");
}

static void labels_are_escaped(void **state)
{
	(void)state;
	assert_line("cxltier_device_size_bytes{device=\"cxl1\",node=\"-1\",source=\"a \\\"b\\\" \\\\ c\\nd\"} 4096");
	assert_line("cxltier_area_size_bytes{area=\"/swap \\\"file\\\"\",kind=\"tier\"} 19");
	assert_line("cxltier_area_size_bytes{area=\"/caf?/\xc3\xa9\",kind=\"tier\"} 32");
}

/* A metric's samples follow its HELP and TYPE, and no line comes twice. */
static void metrics_stand_together(void **state)
{
	char *copy = strdup(text), *rest = copy, *line, name[128] = "", key[160];

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "# HELP ", 7)) {
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + 7, " "), line + 7);
			snprintf(key, sizeof(key), "# TYPE %s ", name);
			assert_non_null(rest);
			assert_int_equal(strncmp(rest, key, strlen(key)), 0);
			snprintf(key, sizeof(key), "# HELP %s ", name);
			assert_ptr_equal(strstr(text, key), text + (line - copy));
		} else if (*line && *line != '#') {
			assert_int_equal(strncmp(line, name, strlen(name)), 0);
			assert_true(strchr("{ ", line[strlen(name)]));
		}
	}
	free(copy);
}

static void without_modules_the_daemon_still_tells_of_itself(void **state)
{
	static const struct snapshot nothing;

	(void)state;
	free(text);
	write_text(&nothing);
	assert_line("cxltier_module_up 0");
	assert_line("cxltier_memory_blocks_onlined_total 30");
	assert_null(strstr(text, "cxltier_node"));
}

/* docs/daemon.md has a row for each metric and none besides. */
static void the_documents_list_all_metrics(void **state)
{
	char *docs = read_all(TOP "/docs/daemon.md"), *at, key[160];
	int nr_metrics = 0, nr_rows = 0;

	(void)state;
	for (at = text; (at = strstr(at, "# TYPE ")); nr_metrics++) {
		at += 7;
		snprintf(key, sizeof(key), "| `%.*s` |", (int)strcspn(at, " "), at);
		if (!strstr(docs, key))
			fail_msg("no row %s in docs/daemon.md", key);
	}
	for (at = docs; (at = strstr(at, "| `cxltier_")); at++)
		nr_rows++;
	assert_int_equal(nr_rows, nr_metrics);
	free(docs);
}

/* ---- the dashboard -------------------------------------------------------------------- */

/* All names that begin with cxltier_ in an expression are metrics. */
static int check_expression(const char *expression)
{
	const char *at = expression;
	int nr = 0, length;
	char key[160];

	while ((at = strstr(at, "cxltier_"))) {
		length = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		snprintf(key, sizeof(key), "# TYPE %.*s ", length, at);
		if (!strstr(text, key))
			fail_msg("'%s' asks for what there is not: %.*s", expression, length, at);
		at += length;
		nr++;
	}
	return nr;
}

static int check_panel(struct json_object *panel)
{
	struct json_object *targets = json_object_object_get(panel, "targets"), *target;
	int nr = 0;
	size_t i;

	assert_non_null(json_object_object_get(panel, "title"));
	assert_non_null(json_object_object_get(panel, "gridPos"));
	for (i = 0; targets && i < json_object_array_length(targets); i++) {
		target = json_object_array_get_idx(targets, i);
		nr += check_expression(json_object_get_string(
			json_object_object_get(target, "expr")));
	}
	return nr;
}

static void the_dashboard_asks_for_what_there_is(void **state)
{
	struct json_object *dashboard = json_object_from_file(TOP "/userspace/grafana/cxltier.json");
	struct json_object *panels;
	size_t i;

	(void)state;
	if (!dashboard)
		fail_msg("%s", json_util_get_last_err());
	panels = json_object_object_get(dashboard, "panels");
	assert_true(panels && json_object_array_length(panels) >= 4);
	for (i = 0; i < json_object_array_length(panels); i++)
		assert_true(check_panel(json_object_array_get_idx(panels, i)) > 0);
	json_object_put(dashboard);
}

/* ---- for scripts ---------------------------------------------------------------------- */

static void write_example(FILE *out, void *arg)
{
	(void)arg;
	metrics_write(out, &example, &figures);
}

static int serve(const char *address)
{
	struct server *server;
	sd_event *event;

	if (sd_event_default(&event) < 0)
		return 1;
	server = server_new(event, address, write_example, NULL);
	return !server || sd_event_loop(event) < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(figures_have_their_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(labels_are_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(metrics_stand_together, setup, teardown),
		cmocka_unit_test_setup_teardown(without_modules_the_daemon_still_tells_of_itself,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_documents_list_all_metrics, setup, teardown),
		cmocka_unit_test_setup_teardown(the_dashboard_asks_for_what_there_is, setup,
						teardown),
	};

	if (argc == 3 && !strcmp(argv[1], "--serve"))
		return serve(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "--print")) {
		write_example(stdout, NULL);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
