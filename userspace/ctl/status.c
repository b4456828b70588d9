// SPDX-License-Identifier: GPL-2.0
/* cxltier status: one screen. */
#include <inttypes.h>
#include <string.h>

#include "ctl.h"

/**
 * struct status - what is shown
 * @nodes: as of "cxltier node list --json"
 * @pools: as of "cxltier swap limit --json"
 * @areas: as of "cxltier swap list --json"
 * @counters: cxlswap's
 * @mounts: as of "cxltier cache list --json"
 * @cache_counters: cxlcache's
 */
struct status {
	struct json_object *nodes;
	struct json_object *pools;
	struct json_object *areas;
	struct json_object *counters;
	struct json_object *mounts;
	struct json_object *cache_counters;
};

static uint64_t sum(struct json_object *rows, const char *key)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++)
		total += get_number(json_object_array_get_idx(rows, i), key);
	return total;
}

static void show_verdict(const struct status *status)
{
	uint64_t far = sum(status->nodes, "size"), stored = sum(status->areas, "stored");
	uint64_t held = sum(status->mounts, "held");
	char text[16], files[16];

	if (!far)
		printf("%sNot working%s: there is no CXL memory. 'cxltier doctor' says more.\n",
		       color("red"), color("none"));
	else if (held)
		printf("%sWorking%s: %s of memory are swapped out to CXL memory, %s of files are held there.\n",
		       color("green"), color("none"), format_bytes(stored, text, sizeof(text)),
		       format_bytes(held, files, sizeof(files)));
	else if (!is_module_loaded("cxlswap"))
		printf("%sNot in use%s: the module cxlswap is not loaded. 'cxltier swap add --size SIZE' begins.\n",
		       color("yellow"), color("none"));
	else if (!json_object_array_length(status->areas))
		printf("%sNot in use%s: no swap area is served. 'cxltier swap add --size SIZE' makes one.\n",
		       color("yellow"), color("none"));
	else
		printf("%sWorking%s: %s of memory are swapped out to CXL memory.\n", color("green"),
		       color("none"), format_bytes(stored, text, sizeof(text)));
}

static void show_memory(const struct status *status)
{
	char size[16], used[16], room[16];

	printf("\nCXL memory  %s on %zu node(s), %s used, %s free\n",
	       format_bytes(sum(status->nodes, "size"), size, sizeof(size)),
	       json_object_array_length(status->nodes),
	       format_bytes(sum(status->nodes, "used"), used, sizeof(used)),
	       format_bytes(sum(status->nodes, "room"), room, sizeof(room)));
}

static void show_pools(struct json_object *pools)
{
	char used[16], limit[16];
	struct json_object *pool;
	size_t i;

	for (i = 0; i < json_object_array_length(pools); i++) {
		pool = json_object_array_get_idx(pools, i);
		printf("%-10s  %s of %s that it may use (%s percent of group %s)\n",
		       get_text(pool, "owner"), format_bytes(get_number(pool, "used"), used, sizeof(used)),
		       format_bytes(get_number(pool, "limit"), limit, sizeof(limit)),
		       get_text(pool, "percent"), get_text(pool, "group"));
		if (get_number(pool, "poisoned_pages"))
			printf("%sFailed%s      %s pages of CXL memory can't be read any more\n",
			       color("red"), color("none"), get_text(pool, "poisoned_pages"));
	}
}

static void show_counters(struct json_object *counters)
{
	uint64_t refused = get_number(counters, "pool_limit_hit") +
			   get_number(counters, "reject_reclaim_fail") +
			   get_number(counters, "reject_alloc_fail");

	printf("Since load  %" PRIu64 " pages out, %" PRIu64 " pages in, %" PRIu64
	       " refused for want of room\n", get_number(counters, "stores"),
	       get_number(counters, "loads"), refused);
}

static void show_cache_counters(struct json_object *counters)
{
	printf("Since load  %" PRIu64 " file pages found, %" PRIu64 " not found, %" PRIu64
	       " put\n", get_number(counters, "succ_gets"), get_number(counters, "failed_gets"),
	       get_number(counters, "succ_puts"));
}

static void show_text(const struct status *status)
{
	static const struct column columns[] = {
		{ "SWAP AREA", "path", AS_TEXT }, { "KIND", "kind", AS_TEXT },
		{ "SIZE", "size", AS_BYTES }, { "STORED", "stored", AS_BYTES },
		{ NULL, NULL, AS_TEXT },
	};

	show_verdict(status);
	show_memory(status);
	show_pools(status->pools);
	if (json_object_object_length(status->counters))
		show_counters(status->counters);
	if (json_object_object_length(status->cache_counters))
		show_cache_counters(status->cache_counters);
	if (json_object_array_length(status->areas)) {
		putchar('\n');
		show_table(status->areas, columns, "");
	}
	if (json_object_array_length(status->mounts)) {
		putchar('\n');
		show_table(status->mounts, mount_columns, "");
	}
}

static void put_status(struct status *status)
{
	json_object_put(status->nodes);
	json_object_put(status->pools);
	json_object_put(status->areas);
	json_object_put(status->counters);
	json_object_put(status->mounts);
	json_object_put(status->cache_counters);
}

static int show_object(const struct status *status)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "cxlswap",
			       json_object_new_boolean(is_module_loaded("cxlswap")));
	json_object_object_add(object, "nodes", json_object_get(status->nodes));
	json_object_object_add(object, "pools", json_object_get(status->pools));
	json_object_object_add(object, "areas", json_object_get(status->areas));
	json_object_object_add(object, "counters", json_object_get(status->counters));
	json_object_object_add(object, "cxlcache",
			       json_object_new_boolean(is_module_loaded("cxlcache")));
	json_object_object_add(object, "mounts", json_object_get(status->mounts));
	json_object_object_add(object, "cache_counters", json_object_get(status->cache_counters));
	return show_json(object);
}

int status_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	struct status status = { .nodes = NULL };
	int code = EXIT_WRONG;

	if (!ctx)
		return EXIT_WRONG;
	status.nodes = json_nodes(ctx);
	status.pools = status.nodes ? json_pools(ctx) : NULL;
	status.areas = status.pools ? json_areas(ctx) : NULL;
	status.counters = status.areas ? json_counters(ctx) : NULL;
	status.mounts = status.counters ? json_mounts(ctx) : NULL;
	status.cache_counters = status.mounts ? json_cache_counters(ctx) : NULL;
	if (status.cache_counters) {
		code = EXIT_FINE;
		if (request->json)
			show_object(&status);
		else
			show_text(&status);
	}
	put_status(&status);
	cxltier_close(ctx);
	return code;
}
