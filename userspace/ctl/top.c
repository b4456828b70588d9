// SPDX-License-Identifier: GPL-2.0
/* cxltier top: rates of swap, of nodes, of areas and of the cgroups that swap most, again and again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

#define CGROUPS_SHOWN 8
#define CGROUP_NAME 48

const struct argp_option top_options[] = {
	{ "count", 'n', "NUMBER", 0, "End after so many screens", 0 },
	{ "interval", 'i', "SECONDS", 0, "Between two screens (default 1)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/**
 * struct cgroup - a cgroup that has pages in swap
 * @name: its path
 * @swapped: bytes
 * @stored: of those, bytes of CXL memory that its own pages take
 * @stores: pages out, so far
 * @loads: pages in, so far
 * @refused: pages refused, so far
 */
struct cgroup {
	char name[CGROUP_NAME];
	uint64_t swapped;
	uint64_t stored;
	uint64_t stores;
	uint64_t loads;
	uint64_t refused;
};

/* Those that have most, the first first. */
static struct cgroup cgroups[CGROUPS_SHOWN];
static unsigned int nr_cgroups;
/* What the module says of them. */
static struct json_object *stored_cgroups;

/* Return: what the module says of a cgroup; NULL if that is nothing. */
static struct json_object *find_stored(const char *path)
{
	size_t i, nr = stored_cgroups ? json_object_array_length(stored_cgroups) : 0;
	struct json_object *row;

	for (i = 0; i < nr; i++) {
		row = json_object_array_get_idx(stored_cgroups, i);
		if (!get_bool(row, "deleted") && !strcmp(get_text(row, "cgroup"), path))
			return row;
	}
	return NULL;
}

/* The end of a path that is too long, from the beginning of a character on. */
static const char *end_of(const char *path)
{
	size_t length = strlen(path);

	if (length < CGROUP_NAME)
		return path;
	path += length - CGROUP_NAME + 1;
	while ((*path & 0xc0) == 0x80)
		path++;
	return path;
}

static void note_cgroup(const char *path, uint64_t swapped)
{
	bool full = nr_cgroups == CGROUPS_SHOWN;
	unsigned int i = full ? CGROUPS_SHOWN - 1 : nr_cgroups++;
	struct json_object *stored = find_stored(path);

	if (full && cgroups[i].swapped > swapped)
		return;
	for (; i && cgroups[i - 1].swapped < swapped; i--)
		cgroups[i] = cgroups[i - 1];
	snprintf(cgroups[i].name, CGROUP_NAME, "%s", end_of(path));
	cgroups[i].swapped = swapped;
	cgroups[i].stored = get_number(stored, "stored");
	cgroups[i].stores = get_number(stored, "stores");
	cgroups[i].loads = get_number(stored, "loads");
	cgroups[i].refused = get_number(stored, "refused");
}

static void visit(const char *path, void *unused)
{
	char file[512], text[32];
	uint64_t swapped;

	(void)unused;
	snprintf(file, sizeof(file), "%s/memory.swap.current", path);
	if (!read_file(file, text, sizeof(text)))
		return;
	swapped = strtoull(text, NULL, 10);
	if (swapped)
		note_cgroup(path + strlen(CGROUPS), swapped);
}

/* @stored: see json_stored_cgroups() */
static struct json_object *json_cgroups(struct json_object *stored)
{
	struct json_object *rows = json_object_new_array(), *row;
	unsigned int i;

	nr_cgroups = 0;
	stored_cgroups = stored;
	cgroups_visit(CGROUPS, visit, NULL);
	stored_cgroups = NULL;
	for (i = 0; i < nr_cgroups; i++) {
		row = json_object_new_object();
		json_object_object_add(row, "cgroup", json_text(cgroups[i].name));
		json_object_object_add(row, "swapped",
				       json_object_new_uint64(cgroups[i].swapped));
		json_object_object_add(row, "stored",
				       json_object_new_uint64(cgroups[i].stored));
		json_object_object_add(row, "stores", json_object_new_uint64(cgroups[i].stores));
		json_object_object_add(row, "loads", json_object_new_uint64(cgroups[i].loads));
		json_object_object_add(row, "refused", json_object_new_uint64(cgroups[i].refused));
		json_object_array_add(rows, row);
	}
	return rows;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + now.tv_nsec / 1e9;
}

/**
 * struct sample - what was counted at a time
 * @time: when
 * @stores: pages out
 * @loads: pages in
 * @refused: pages refused for want of room
 * @hits: file pages found
 * @misses: file pages not found
 * @puts: file pages taken
 * @evicted: file pages that went to make room
 */
struct sample {
	double time;
	uint64_t stores;
	uint64_t loads;
	uint64_t refused;
	uint64_t hits;
	uint64_t misses;
	uint64_t puts;
	uint64_t evicted;
};

static uint64_t rate(uint64_t was, uint64_t is, double seconds)
{
	return is > was && seconds > 0 ? (uint64_t)((double)(is - was) / seconds) : 0;
}

static struct json_object *rates_since(struct sample *last, struct json_object *counters,
				       struct json_object *cache_counters)
{
	struct sample now = {
		.time = seconds_now(),
		.stores = get_number(counters, "stores"),
		.loads = get_number(counters, "loads"),
		.refused = get_number(counters, "pool_limit_hit") +
			   get_number(counters, "reject_reclaim_fail") +
			   get_number(counters, "reject_alloc_fail"),
		.hits = get_number(cache_counters, "succ_gets"),
		.misses = get_number(cache_counters, "failed_gets"),
		.puts = get_number(cache_counters, "succ_puts"),
		.evicted = get_number(cache_counters, "evicted_pages"),
	};
	struct json_object *rates = json_object_new_object();
	double seconds = last->time ? now.time - last->time : 0;

	json_object_object_add(rates, "out_pages",
			       json_object_new_uint64(rate(last->stores, now.stores, seconds)));
	json_object_object_add(rates, "in_pages",
			       json_object_new_uint64(rate(last->loads, now.loads, seconds)));
	json_object_object_add(rates, "refused_pages",
			       json_object_new_uint64(rate(last->refused, now.refused, seconds)));
	json_object_object_add(rates, "hit_pages",
			       json_object_new_uint64(rate(last->hits, now.hits, seconds)));
	json_object_object_add(rates, "missed_pages",
			       json_object_new_uint64(rate(last->misses, now.misses, seconds)));
	json_object_object_add(rates, "put_pages",
			       json_object_new_uint64(rate(last->puts, now.puts, seconds)));
	json_object_object_add(rates, "evicted_pages",
			       json_object_new_uint64(rate(last->evicted, now.evicted, seconds)));
	*last = now;
	return rates;
}

/* ---- what has changed since the last screen ------------------------------------------- */

/* The row of the same name. */
static struct json_object *find_row(struct json_object *rows, const char *key, const char *name)
{
	size_t i, nr = rows ? json_object_array_length(rows) : 0;

	for (i = 0; i < nr; i++)
		if (!strcmp(get_text(json_object_array_get_idx(rows, i), key), name))
			return json_object_array_get_idx(rows, i);
	return NULL;
}

static int64_t change_of(uint64_t was, uint64_t is, double seconds)
{
	return is >= was ? (int64_t)rate(was, is, seconds) : -(int64_t)rate(is, was, seconds);
}

/* Bytes per second as "change" in each row; 0 in the first screen, and of what is new. */
static void add_changes(struct json_object *screen, struct json_object *last, double seconds)
{
	static const struct {
		const char *list;
		const char *key;
		const char *value;
	} kinds[] = {
		{ "areas", "path", "stored" }, { "nodes", "node", "used" },
		{ "cgroups", "cgroup", "stored" }, { "mounts", "number", "held" },
	};
	struct json_object *rows, *row, *before;
	int64_t change;
	size_t k, i;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		rows = json_object_object_get(screen, kinds[k].list);
		for (i = 0; rows && i < json_object_array_length(rows); i++) {
			row = json_object_array_get_idx(rows, i);
			before = find_row(json_object_object_get(last, kinds[k].list), kinds[k].key,
					  get_text(row, kinds[k].key));
			change = before ? change_of(get_number(before, kinds[k].value),
						    get_number(row, kinds[k].value), seconds) : 0;
			json_object_object_add(row, "change", json_object_new_int64(change));
		}
	}
}

/* Pages per second of each cgroup, the same way. */
static void add_cgroup_rates(struct json_object *screen, struct json_object *last, double seconds)
{
	static const char *const names[][2] = {
		{ "stores", "out_pages" }, { "loads", "in_pages" }, { "refused", "refused_pages" },
	};
	struct json_object *rows = json_object_object_get(screen, "cgroups"), *row, *before;
	size_t i, k;
	uint64_t per_second;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		before = find_row(json_object_object_get(last, "cgroups"), "cgroup",
				  get_text(row, "cgroup"));
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			per_second = before ? rate(get_number(before, names[k][0]),
						   get_number(row, names[k][0]), seconds) : 0;
			json_object_object_add(row, names[k][1], json_object_new_uint64(per_second));
		}
	}
}

/* ---- a screen ------------------------------------------------------------------------- */

/* The lists of a screen; false after a complaint. */
static bool add_lists(struct cxltier *ctx, struct json_object *screen)
{
	static const struct {
		const char *name;
		struct json_object *(*get)(struct cxltier *ctx);
	} lists[] = {
		{ "pools", json_pools }, { "nodes", json_nodes }, { "areas", json_areas },
		{ "mounts", json_mounts },
	};
	struct json_object *rows;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		rows = lists[i].get(ctx);
		if (!rows)
			return false;
		json_object_object_add(screen, lists[i].name, rows);
	}
	/* others may not see other containers' cgroups */
	rows = geteuid() ? json_object_new_array() : json_stored_cgroups(ctx);
	if (!rows)
		return false;
	json_object_object_add(screen, "cgroups", json_cgroups(rows));
	json_object_put(rows);
	return true;
}

/* Return: all that a screen shows; NULL after a complaint. */
static struct json_object *look(struct cxltier *ctx, struct sample *sample,
				struct json_object *last)
{
	struct json_object *counters = json_counters(ctx);
	struct json_object *cache = counters ? json_cache_counters(ctx) : NULL, *screen;
	double before = sample->time;

	if (!cache) {
		json_object_put(counters);
		return NULL;
	}
	screen = json_object_new_object();
	json_object_object_add(screen, "rates", rates_since(sample, counters, cache));
	json_object_put(counters);
	json_object_put(cache);
	if (!add_lists(ctx, screen)) {
		json_object_put(screen);
		return NULL;
	}
	add_changes(screen, last, sample->time - before);
	add_cgroup_rates(screen, last, sample->time - before);
	return screen;
}

static void show_bar(const char *name, uint64_t used, uint64_t size, int64_t change)
{
	char text[16], of[16], bar[41], rises[24] = "";
	unsigned int filled = size ? 40 : 0;

	if (used < size)
		filled = (unsigned int)((double)used / (double)size * 40);
	memset(bar, '|', filled);
	memset(bar + filled, ' ', 40 - filled);
	bar[40] = '\0';
	if (change)
		format_change(change, rises, sizeof(rises));
	printf("%-12s [%s%s%s] %s of %s%s%s\n", name, color(filled > 36 ? "red" : "green"), bar,
	       color("none"), format_bytes(used, text, sizeof(text)),
	       format_bytes(size, of, sizeof(of)), change ? "  " : "", rises);
}

static void show_bars(struct json_object *rows, const char *name_key, const char *prefix,
		      const char *size_key)
{
	struct json_object *row;
	char name[64];
	size_t i;

	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		snprintf(name, sizeof(name), "%s%s", prefix, get_text(row, name_key));
		show_bar(name, get_number(row, "used"), get_number(row, size_key),
			 json_object_get_int64(json_object_object_get(row, "change")));
	}
}

static void show_screen(struct json_object *screen)
{
	static const struct column area_columns[] = {
		{ "SWAP AREA", "path", AS_TEXT }, { "KIND", "kind", AS_TEXT },
		{ "SIZE", "size", AS_BYTES }, { "STORED", "stored", AS_BYTES },
		{ "CHANGE", "change", AS_CHANGE }, { NULL, NULL, AS_TEXT },
	};
	static const struct column cgroup_columns[] = {
		{ "CGROUP", "cgroup", AS_TEXT }, { "SWAPPED", "swapped", AS_BYTES },
		{ "STORED", "stored", AS_BYTES }, { "CHANGE", "change", AS_CHANGE },
		{ "OUT/S", "out_pages", AS_TEXT }, { "IN/S", "in_pages", AS_TEXT },
		{ "REFUSED/S", "refused_pages", AS_TEXT }, { NULL, NULL, AS_TEXT },
	};
	static const struct column mount_change_columns[] = {
		{ "MOUNT", "mount", AS_TEXT }, { "TYPE", "type", AS_TEXT },
		{ "STATE", "state", AS_TEXT }, { "HELD", "held", AS_BYTES },
		{ "CHANGE", "change", AS_CHANGE }, { NULL, NULL, AS_TEXT },
	};
	struct json_object *rates = json_object_object_get(screen, "rates");
	struct json_object *mounts = json_object_object_get(screen, "mounts");

	if (is_terminal())
		fputs("\033[H\033[J", stdout);
	printf("%sPages per second%s  out %s  in %s  refused %s", color("bold"), color("none"),
	       get_text(rates, "out_pages"), get_text(rates, "in_pages"),
	       get_text(rates, "refused_pages"));
	if (json_object_array_length(mounts))
		printf("\n%sof files%s          found %s  not found %s  kept %s  evicted %s",
		       color("bold"), color("none"), get_text(rates, "hit_pages"),
		       get_text(rates, "missed_pages"), get_text(rates, "put_pages"),
		       get_text(rates, "evicted_pages"));
	fputs("\n\n", stdout);
	show_bars(json_object_object_get(screen, "pools"), "owner", "", "limit");
	show_bars(json_object_object_get(screen, "nodes"), "node", "node ", "size");
	putchar('\n');
	show_table(json_object_object_get(screen, "areas"), area_columns,
		   "No swap area is served.");
	if (json_object_array_length(mounts)) {
		putchar('\n');
		show_table(mounts, mount_change_columns, "");
	}
	putchar('\n');
	show_table(json_object_object_get(screen, "cgroups"), cgroup_columns,
		   "No cgroup has anything in swap.");
	fflush(stdout);
}

static int show_again(const struct request *request, struct cxltier *ctx, uint32_t count,
		      uint32_t interval)
{
	struct json_object *screen = NULL, *last = NULL;
	struct sample sample = { 0 };
	uint32_t nr = 0;

	for (;;) {
		screen = look(ctx, &sample, last);
		json_object_put(last);
		if (!screen)
			return EXIT_WRONG;
		if (request->json)
			puts(json_object_to_json_string_ext(screen, JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE));
		else
			show_screen(screen);
		fflush(stdout);
		last = screen;
		if (++nr == count)
			break;
		sleep(interval);
	}
	json_object_put(last);
	return EXIT_FINE;
}

int top_run(const struct request *request)
{
	uint32_t count = 0, interval = 1;
	struct cxltier *ctx;
	int code;

	if (request->opts['n'] && (!parse_uint(request->opts['n'], UINT32_MAX, &count) || !count))
		return usage(request, "--count: '%s' is no number", request->opts['n']);
	if (request->opts['i'] &&
	    (!parse_uint(request->opts['i'], 3600, &interval) || !interval))
		return usage(request, "--interval: '%s' is no number from 1 to 3600",
			     request->opts['i']);
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	code = show_again(request, ctx, count, interval);
	cxltier_close(ctx);
	return code;
}
