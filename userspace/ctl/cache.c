// SPDX-License-Identifier: GPL-2.0
/* cxltier cache: mounts whose files are kept in CXL memory. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

const struct column mount_columns[] = {
	{ "MOUNT", "mount", AS_TEXT }, { "DEVICE", "device", AS_TEXT }, { "TYPE", "type", AS_TEXT },
	{ "STATE", "state", AS_TEXT }, { "HELD", "held", AS_BYTES }, { "QUOTA", "quota", AS_BYTES },
	{ "BUSY", "busy", AS_YES }, { NULL, NULL, AS_TEXT },
};

static int list_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	int code;

	if (!ctx)
		return EXIT_WRONG;
	code = show_rows(request, "mounts", json_mounts(ctx), mount_columns,
			 is_module_loaded("cxlcache") ?
			 "No mount is cached. 'cxltier cache add MOUNT' begins." :
			 "The module cxlcache is not loaded. 'cxltier cache add MOUNT' begins.");
	cxltier_close(ctx);
	return code;
}

/* ---- a mount -------------------------------------------------------------------------- */

/**
 * struct place - a mount that was named
 * @path: the mount point, without links
 * @device: its number
 * @fd: open there
 */
struct place {
	char *path;
	uint32_t device;
	int fd;
};

static void place_close(struct place *place)
{
	if (place->fd >= 0)
		close(place->fd);
	free(place->path);
}

/*
 * A path inside a mount would do for the kernel; but who means /srv/data before that is mounted
 * would have what it lies on. Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
static int place_open(struct place *place, const char *path)
{
	*place = (struct place) { .fd = -1 };
	place->path = realpath(path, NULL);
	if (!place->path)
		return complain("%s: %s", path, strerror(errno));
	if (!mount_device(MOUNTINFO_PATH, place->path, &place->device)) {
		complain("%s is no mount point; 'findmnt --target %s' tells which one it lies in",
			 path, path);
		place_close(place);
		return EXIT_WRONG;
	}
	place->fd = open(place->path, O_PATH | O_CLOEXEC);
	if (place->fd >= 0)
		return EXIT_FINE;
	complain("%s: %s", path, strerror(errno));
	place_close(place);
	return EXIT_WRONG;
}

/* Its row of "cache list"; NULL if there is none, or after a complaint. */
static struct json_object *find_mount(struct cxltier *ctx, uint32_t device)
{
	struct json_object *rows = json_mounts(ctx), *row = NULL;
	size_t i;

	for (i = 0; rows && i < json_object_array_length(rows) && !row; i++)
		if (get_number(json_object_array_get_idx(rows, i), "number") == device)
			row = json_object_get(json_object_array_get_idx(rows, i));
	json_object_put(rows);
	return row;
}

/*
 * Until nothing that was asked for goes on. With @what, what is held goes meanwhile, and a terminal
 * sees how far that is. Return: as find_mount().
 */
static struct json_object *wait_for(struct cxltier *ctx, uint32_t device, const char *what)
{
	struct json_object *row = find_mount(ctx, device);
	uint64_t total = row ? get_number(row, "held") : 0, held;

	while (row && get_bool(row, "busy")) {
		held = get_number(row, "held");
		if (what && held && held < total)
			show_progress(what, total - held, total);
		json_object_put(row);
		usleep(50 * 1000);
		row = find_mount(ctx, device);
	}
	if (what && total)
		show_progress(what, total, total);
	return row;
}

/* ---- add, remove, quota, flush -------------------------------------------------------- */

/* "none", or a size. */
static bool parse_quota(const char *text, uint64_t *quota)
{
	*quota = CXLTIER_QUOTA_NONE;
	return !strcmp(text, "none") || (parse_size(text, quota) && *quota < CXLTIER_QUOTA_SAME);
}

static int report_added(const struct request *request, const struct place *place,
			struct json_object *row)
{
	const char *state = get_text(row, "state");
	bool is_on = !strcmp(state, "on"), is_waiting = !strcmp(state, "waiting");

	if (!is_on && !is_waiting)
		return complain("%s can't be cached: %s; the kernel's log (dmesg) says why",
				place->path, get_text(row, "error"));
	if (!request->json)
		printf("%s: %s on %s is cached%s\n", place->path, get_text(row, "type"),
		       get_text(row, "device"),
		       is_on ? "" : " as soon as a file of it is read");
	return EXIT_FINE;
}

/* The mount stays as it is now. */
static int persist(const struct place *place, uint64_t quota)
{
	if (conf_set_cache(CONF_PATH, place->path, quota))
		return complain("that holds for now, but %s does not ask for it", CONF_PATH);
	reload_daemon();
	return EXIT_FINE;
}

static int add_mount(const struct request *request, struct cxltier *ctx,
		     const struct place *place, uint64_t quota)
{
	struct json_object *row;
	int code;

	if (request->opts['P'] && conf_takes_cache(CONF_PATH, place->path))
		return EXIT_WRONG;
	if (cxltier_mount_add(ctx, place->fd, quota))
		return complain("%s: %s", place->path, cxltier_message(ctx));
	row = wait_for(ctx, place->device, NULL);
	if (!row)
		return complain("%s has been unmounted", place->path);
	code = report_added(request, place, row);
	if (!code && request->opts['P'])
		code = persist(place, json_object_object_get(row, "quota") ?
			       get_number(row, "quota") : CXLTIER_QUOTA_NONE);
	json_object_put(row);
	return code;
}

/* Out of the file, and out of what cxltierd has in mind. */
static int forget(const char *path)
{
	int code = conf_del_cache(CONF_PATH, path);

	if (!code)
		reload_daemon();
	return code;
}

static int remove_mount(const struct request *request, struct cxltier *ctx,
			const struct place *place, uint64_t unused)
{
	int code = EXIT_FINE;

	(void)unused;
	/* the daemon would have it again, whatever comes of the rest */
	if (request->opts['P'])
		code = forget(place->path);
	if (code)
		return code;
	if (cxltier_mount_del(ctx, place->fd))
		return complain("%s: %s", place->path, cxltier_message(ctx));
	json_object_put(wait_for(ctx, place->device, request->json ? NULL : "emptying"));
	return EXIT_FINE;
}

static int quota_of_mount(const struct request *request, struct cxltier *ctx,
			  const struct place *place, uint64_t quota)
{
	if (request->opts['P'] && conf_takes_cache(CONF_PATH, place->path))
		return EXIT_WRONG;
	if (cxltier_mount_set_quota(ctx, place->fd, quota))
		return complain("%s: %s", place->path, cxltier_message(ctx));
	return request->opts['P'] ? persist(place, quota) : EXIT_FINE;
}

static int flush_mount(const struct request *request, struct cxltier *ctx,
		       const struct place *place, uint64_t unused)
{
	(void)unused;
	if (cxltier_mount_flush(ctx, place->fd))
		return complain("%s: %s", place->path, cxltier_message(ctx));
	json_object_put(wait_for(ctx, place->device, request->json ? NULL : "emptying"));
	return EXIT_FINE;
}

/* What is done to the mount that the first argument names, under the lock if the file is changed. */
static int with_mount(const struct request *request, uint64_t quota,
		      int (*fn)(const struct request *request, struct cxltier *ctx,
				const struct place *place, uint64_t quota))
{
	struct cxltier *ctx = ask_open();
	struct place place;
	int code, lock;

	if (!ctx)
		return EXIT_WRONG;
	code = place_open(&place, request->args[0]);
	if (code) {
		cxltier_close(ctx);
		return code;
	}
	lock = request->opts['P'] ? apply_lock() : -1;
	code = fn(request, ctx, &place, quota);
	apply_unlock(lock);
	place_close(&place);
	cxltier_close(ctx);
	return code;
}

static int add_run(const struct request *request)
{
	uint64_t quota = CXLTIER_QUOTA_SAME;
	struct place place;

	if (request->opts['q'] && !parse_quota(request->opts['q'], &quota))
		return usage(request, "--quota: '%s' is no size such as 10G, nor none",
			     request->opts['q']);
	if (geteuid())
		return complain("cache add: needs root");
	/* no module is loaded for what is no mount */
	if (place_open(&place, request->args[0]))
		return EXIT_WRONG;
	place_close(&place);
	if (load_cxlcache())
		return EXIT_WRONG;
	return with_mount(request, quota, add_mount);
}

/* As the file has it: there is no / at its end. */
static int remove_from_file(char *path)
{
	size_t length = strlen(path);
	int code, lock;

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	lock = apply_lock();
	code = forget(path);
	apply_unlock(lock);
	return code;
}

/* @path: its name without links, as far as there is such a place. */
static bool is_mounted(const char *name, char path[PATH_MAX])
{
	uint32_t device;

	if (!realpath(name, path)) {
		snprintf(path, PATH_MAX, "%s", name);
		return false;
	}
	return mount_device(MOUNTINFO_PATH, path, &device);
}

/* What is not mounted, or not mounted any more, can be in the file all the same. */
static int remove_run(const struct request *request)
{
	char path[PATH_MAX];

	if (request->opts['P'] && !is_mounted(request->args[0], path))
		return remove_from_file(path);
	return with_mount(request, 0, remove_mount);
}

static int quota_run(const struct request *request)
{
	uint64_t quota;

	if (!parse_quota(request->args[1], &quota))
		return usage(request, "'%s' is no size such as 10G, nor none", request->args[1]);
	return with_mount(request, quota, quota_of_mount);
}

/* All mounts, one after another: the last is empty when the bar of the first may be at its end. */
static int flush_all(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	struct json_object *rows;
	size_t i;

	if (!ctx)
		return EXIT_WRONG;
	if (cxltier_mount_flush(ctx, -1))
		return ask_failed(ctx);
	rows = json_mounts(ctx);
	for (i = 0; rows && i < json_object_array_length(rows); i++)
		json_object_put(wait_for(ctx, get_number(json_object_array_get_idx(rows, i),
							 "number"),
					 request->json ? NULL : "emptying"));
	cxltier_close(ctx);
	json_object_put(rows);
	return rows ? EXIT_FINE : EXIT_WRONG;
}

static int flush_run(const struct request *request)
{
	return request->nr_args ? with_mount(request, 0, flush_mount) : flush_all(request);
}

/* ---- limit ---------------------------------------------------------------------------- */

static int limit_run(const struct request *request)
{
	const char *group = request->opts['g'];
	struct cxltier *ctx;
	int percent, code;

	if (!parse_limit(request, 'c', "percent", 100, &percent))
		return EXIT_USAGE;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	if ((group || percent >= 0) && cxltier_pool_set(ctx, "cxlcache", group, percent))
		return ask_failed(ctx);
	code = show_limits(request, ctx);
	cxltier_close(ctx);
	return code;
}

/* ---- mode ----------------------------------------------------------------------------- */

#define MODE_PATH "/sys/module/cxlcache/parameters/mode"

static int show_mode(const struct request *request)
{
	struct json_object *object;
	char mode[32];

	if (!read_file(MODE_PATH, mode, sizeof(mode)))
		return complain("%s: the module cxlcache is not loaded", request->verb);
	if (!request->json) {
		puts(mode);
		return EXIT_FINE;
	}
	object = json_object_new_object();
	json_object_object_add(object, "mode", json_text(mode));
	return show_json(object);
}

static int mode_run(const struct request *request)
{
	const char *mode = request->args[0];
	int err;

	if (!request->nr_args)
		return show_mode(request);
	if (strcmp(mode, "exclusive") && strcmp(mode, "inclusive"))
		return usage(request, "'%s' is neither exclusive nor inclusive", mode);
	if (!is_module_loaded("cxlcache"))
		return complain("%s: the module cxlcache is not loaded", request->verb);
	err = write_param("cxlcache", "mode", mode);
	return err ? complain("%s: %s", request->verb, strerror(err)) : EXIT_FINE;
}

/* --------------------------------------------------------------------------------------- */

static const struct argp_option add_options[] = {
	{ "quota", 'q', "SIZE", 0, "Hold so much of it at most, such as 10G; or none", 0 },
	{ "persist", 'P', NULL, 0, "Also write it to " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option remove_options[] = {
	{ "persist", 'P', NULL, 0, "Also take it out of " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option quota_options[] = {
	{ "persist", 'P', NULL, 0, "Also write it to " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option limit_options[] = {
	{ "percent", 'c', "NUMBER", 0,
	  "CXL memory that files may take, in percent of the group's", 0 },
	{ "group", 'g', "NAME", 0, "Where new pages go", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

const struct command cache_commands[] = {
	{ "list", "", "List the mounts that are cached.", NULL, 0, 0, list_run, NULL },
	{ "add", "MOUNT", "Load the module, and cache a mount's files.", add_options, 1, 1, add_run,
	  NULL },
	{ "remove", "MOUNT", "Cache them no more, and drop what is held.", remove_options, 1, 1,
	  remove_run, NULL },
	{ "limit", "", "Show or set how much CXL memory files may take, and where.", limit_options,
	  0, 0, limit_run, NULL },
	{ "mode", "[MODE]", "Show or set what a hit does to the copy: exclusive or inclusive.", NULL,
	  0, 1, mode_run, NULL },
	{ "quota", "MOUNT SIZE", "Limit what is held of a mount; SIZE may be none.", quota_options, 2,
	  2, quota_run, NULL },
	{ "flush", "[MOUNT]", "Drop what is held of a mount, or of all.", NULL, 0, 1, flush_run,
	  NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
