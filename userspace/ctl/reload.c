// SPDX-License-Identifier: GPL-2.0
/*
 * cxltier reload: unloads the modules and loads those that are installed now, such as after an upgrade,
 * with the same settings, groups, devices, swap and caches as before. What is swapped out goes back to
 * memory or to the disk below meanwhile; what is held of files is on their disks anyway. Whatever fails
 * on the way, what there was is made again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"

#define PARAMS_MAX 32
#define PARAM_MAX 512
#define ENABLED "/sys/module/cxlswap/parameters/enabled"
#define PRIORITY_OF_KERNEL (-1)
/* Five seconds of waiting for who needs a module. */
#define TRIES 50
#define TRY_USECS (100 * 1000)

/**
 * struct params - settings of a module, as modprobe takes them
 * @list: "NAME=VALUE"
 * @nr: how many
 */
struct params {
	char list[PARAMS_MAX][PARAM_MAX];
	unsigned int nr;
};

/**
 * struct was - how it was
 * @ctx: the kernel; NULL while the modules are not loaded
 * @meta: settings of cxlmeta
 * @swap: settings of cxlswap
 * @cache: settings of cxlcache
 * @has_swap: cxlswap was loaded
 * @has_cache: cxlcache was
 * @caches: and enabled
 * @takes_all: cxlcache took mounts that nobody had named
 * @enabled: cxlswap stood in front of other areas
 * @groups: that somebody made, as of "group list --json"
 * @nodes: as of "node list --json"
 * @mounts: as of "cache list --json"
 * @devices: all of them are swapped to
 * @priorities: of those areas
 */
struct was {
	struct cxltier *ctx;
	struct params meta;
	struct params swap;
	struct params cache;
	bool has_swap;
	bool has_cache;
	bool caches;
	bool takes_all;
	bool enabled;
	struct json_object *groups;
	struct json_object *nodes;
	struct json_object *mounts;
	struct swap_devices devices;
	int priorities[SWAP_DEVICES_MAX];
};

/* ---- before --------------------------------------------------------------------------- */

/* Those that can be read; devices and mounts are made one by one, and "flush" is no setting. */
static bool param_counts(const char *path, const char *name)
{
	static const char *const others[] = {
		"devices", "size_mb", "reserve", "groups", "mounts",
	};
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return false;
	return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_mode & 0400;
}

static void params_note(struct params *params, const char *module)
{
	char folder_path[64], path[512], value[PARAM_MAX - 64];
	struct dirent *entry;
	DIR *folder;

	snprintf(folder_path, sizeof(folder_path), "/sys/module/%s/parameters", module);
	folder = opendir(folder_path);
	while (folder && params->nr < PARAMS_MAX && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", folder_path, entry->d_name);
		if (!param_counts(path, entry->d_name) ||
		    !read_file(path, value, sizeof(value)) || !*value || !strcmp(value, "(null)"))
			continue;
		snprintf(params->list[params->nr++], PARAM_MAX, "%.63s=%s", entry->d_name, value);
	}
	if (folder)
		closedir(folder);
}

/* Of the area on a device, as swapon would take it; the kernel's own are all below 0. */
static int priority_of(uint32_t number)
{
	int priority;

	if (!swap_priority(SWAPS_PATH, number, &priority) || priority < 0)
		return PRIORITY_OF_KERNEL;
	return priority;
}

/* What is on a device that nobody swaps to is somebody's, and would be lost. All must fit in again. */
static int note_devices(struct was *was)
{
	unsigned int i;

	if (swap_devices_get(was->ctx, &was->devices))
		return EXIT_WRONG;
	for (i = 0; i < was->devices.nr; i++) {
		if (!was->devices.list[i].swap)
			return complain("reload: nobody swaps to /dev/cxlswap%" PRIu32
					", and what is on it would be lost: cxltier swap remove /dev/cxlswap%"
					PRIu32, was->devices.list[i].number,
					was->devices.list[i].number);
		was->priorities[i] = priority_of(was->devices.list[i].number);
	}
	return swap_check_limit(was->ctx, &was->devices);
}

/* Without a list the parameter is no text at all. */
static void note_cache(struct was *was)
{
	was->has_cache = is_module_loaded("cxlcache");
	if (!was->has_cache)
		return;
	was->caches = file_is("/sys/module/cxlcache/parameters/enabled", "Y");
	was->takes_all = file_is("/sys/module/cxlcache/parameters/mounts", "(null)");
	params_note(&was->cache, "cxlcache");
}

static int note_all(struct was *was)
{
	was->has_swap = is_module_loaded("cxlswap");
	was->ctx = ask_open();
	if (!was->ctx || (was->has_swap && note_devices(was)))
		return EXIT_WRONG;
	params_note(&was->meta, "cxlmeta");
	params_note(&was->swap, "cxlswap");
	note_cache(was);
	was->enabled = file_is(ENABLED, "Y");
	was->groups = json_groups(was->ctx);
	was->nodes = was->groups ? json_nodes(was->ctx) : NULL;
	was->mounts = was->nodes ? json_mounts(was->ctx) : NULL;
	return was->mounts ? EXIT_FINE : EXIT_WRONG;
}

/* ---- down ----------------------------------------------------------------------------- */

static int take_down_devices(const struct request *request, struct was *was)
{
	char path[32];
	unsigned int i;
	int code;

	for (i = 0; i < was->devices.nr; i++) {
		snprintf(path, sizeof(path), "/dev/cxlswap%" PRIu32, was->devices.list[i].number);
		code = interrupted ? EXIT_WRONG :
				     swap_switch_off(was->ctx, path, request->json);
		if (!code)
			code = swap_delete_device(was->ctx, was->devices.list[i].number);
		if (code)
			return code;
	}
	return EXIT_FINE;
}

/* Who asks for a list, as cxltierd does now and then, needs a module for a moment. */
static bool is_held(const char *module, long by_ours)
{
	char path[64], text[16];
	int tries;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	for (tries = 0; tries < TRIES; tries++) {
		if (!read_file(path, text, sizeof(text)) || strtol(text, NULL, 10) <= by_ours)
			return false;
		usleep(TRY_USECS);
	}
	return true;
}

/*
 * If one of the modules could not go after another had, that one would come back as the installed one,
 * between others that it was not made for. What holds cxlswap is swap, until all of that is off.
 */
static int check_others(const struct was *was)
{
	const char *module = "cxlcache";

	if (!was->has_cache || !is_held(module, 0))
		module = is_held("cxlmeta", was->has_swap + was->has_cache) ? "cxlmeta" : NULL;
	if (!module)
		return EXIT_FINE;
	return complain("reload: %s can't be unloaded, as something else needs it: another module, an open file of its debugfs, or a program that has asked for a list and does not read it",
			module);
}

static int unload_module(const char *module)
{
	const char *const argv[] = { "modprobe", "-r", module, NULL };
	char output[512];
	int tries;

	for (tries = 0; is_module_loaded(module); tries++) {
		if (!run_program(output, sizeof(output), argv))
			return EXIT_FINE;
		if (tries == TRIES)
			return complain("reload: %s", output);
		usleep(TRY_USECS);
	}
	return EXIT_FINE;
}

static int unload(const struct was *was)
{
	int code = check_others(was);

	if (!code)
		code = unload_module("cxlswap");
	if (!code)
		code = unload_module("cxlcache");
	return code ? code : unload_module("cxlmeta");
}

/* Nothing may be stored any more after the flush, so it stays disabled. */
static int take_down_swap(const struct request *request, struct was *was)
{
	int code = take_down_devices(request, was);

	if (!code)
		code = swap_enable(false);
	return code ? code : swap_flush(request);
}

static int take_down(const struct request *request, struct was *was)
{
	int code = was->has_swap ? take_down_swap(request, was) : EXIT_FINE;

	cxltier_close(was->ctx);
	was->ctx = NULL;
	if (code)
		return code;
	/* a part of the modules alone would be replaced by others: from here on all goes to its end */
	ignore_signals();
	return interrupted ? EXIT_WRONG : unload(was);
}

/* ---- up again ------------------------------------------------------------------------- */

static int load(const char *module, const struct params *params, const char *more)
{
	const char *argv[PARAMS_MAX + 4] = { "modprobe", module };
	unsigned int i, nr = 2;
	char output[512];

	if (is_module_loaded(module))
		return EXIT_FINE;
	for (i = 0; i < params->nr; i++)
		argv[nr++] = params->list[i];
	argv[nr++] = more;
	argv[nr] = NULL;
	if (!run_program(output, sizeof(output), argv))
		return EXIT_FINE;
	return complain("the module %s can't be loaded: %s\nThe kernel's log (dmesg) and 'cxltier doctor' say why.",
			module, output);
}

/* Whether cxlmeta still has it; the whole list is asked for each: there are few. */
static bool has_group(struct cxltier *ctx, const char *name)
{
	struct json_object *groups = json_groups(ctx);
	bool has = false;
	size_t i;

	for (i = 0; groups && i < json_object_array_length(groups); i++)
		has |= !strcmp(get_text(json_object_array_get_idx(groups, i), "name"), name);
	json_object_put(groups);
	return has;
}

static int bring_group(struct cxltier *ctx, struct json_object *group)
{
	struct cxltier_member members[1024];
	const char *name = get_text(group, "name");
	char error[160];
	int nr;

	if (get_bool(group, "automatic") || has_group(ctx, name))
		return EXIT_FINE;
	nr = parse_members(get_text(group, "members"), members, 1024, error, sizeof(error));
	if (nr < 0)
		return complain("group %s: %s", name, error);
	if (cxltier_group_new(ctx, name, members, nr))
		return complain("group %s: %s", name, cxltier_message(ctx));
	return EXIT_FINE;
}

/* Nodes that were not to be used; there is nothing on them that a drain would have to move. */
static int bring_node(struct cxltier *ctx, struct json_object *node)
{
	if (!strcmp(get_text(node, "state"), "open"))
		return EXIT_FINE;
	if (cxltier_node_drain(ctx, get_number(node, "node"), 0))
		return complain("%s", cxltier_message(ctx));
	return EXIT_FINE;
}

static int bring_groups(struct was *was)
{
	int code = EXIT_FINE;
	size_t i;

	for (i = 0; i < json_object_array_length(was->nodes); i++)
		code |= bring_node(was->ctx, json_object_array_get_idx(was->nodes, i));
	for (i = 0; i < json_object_array_length(was->groups); i++)
		code |= bring_group(was->ctx, json_object_array_get_idx(was->groups, i));
	return code;
}

/* Those that are still there stay; numbers are given out from 0 on, as they were. */
static int bring_device(struct was *was, const struct swap_devices *there, unsigned int i)
{
	uint32_t number = was->devices.list[i].number;
	unsigned int t;

	for (t = 0; t < there->nr; t++)
		if (there->list[t].number == number)
			return there->list[t].swap ? EXIT_FINE :
			       swap_activate(number, was->priorities[i]);
	if (swap_make(was->ctx, was->devices.list[i].size, was->priorities[i], &number))
		return EXIT_WRONG;
	if (number != was->devices.list[i].number)
		printf("/dev/cxlswap%" PRIu32 " is now /dev/cxlswap%" PRIu32 "\n",
		       was->devices.list[i].number, number);
	return EXIT_FINE;
}

static int bring_devices(struct was *was)
{
	struct swap_devices there;
	int code = EXIT_FINE;
	unsigned int i;

	if (swap_devices_get(was->ctx, &there))
		return EXIT_WRONG;
	/* where one is missing, the others are wanted all the more */
	for (i = 0; i < was->devices.nr; i++)
		code |= bring_device(was, &there, i);
	return code;
}

static int bring_swap(struct was *was)
{
	int code = load("cxlswap", &was->swap, "devices=0");

	if (code)
		return code;
	if (was->enabled && !file_is(ENABLED, "Y"))
		code = swap_enable(true);
	return code | bring_devices(was);
}

/*
 * One that was cached is added with its quota; one that was not, where the module takes all, is removed.
 * One that has been unmounted meanwhile, or is in another mount namespace, can't be named.
 */
static int bring_mount(const struct was *was, struct json_object *mount)
{
	bool is_cached = !strcmp(get_text(mount, "state"), "on") ||
			 !strcmp(get_text(mount, "state"), "waiting");
	const char *path = get_text(mount, "mount");
	uint32_t device;
	int fd, err = 0;

	if (!json_object_object_get(mount, "mount") ||
	    !mount_device(MOUNTINFO_PATH, path, &device) || device != get_number(mount, "number"))
		return EXIT_FINE;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return complain("%s: %s", path, strerror(errno));
	if (is_cached)
		err = cxltier_mount_add(was->ctx, fd, json_object_object_get(mount, "quota") ?
					get_number(mount, "quota") : CXLTIER_QUOTA_NONE);
	else if (was->takes_all)
		err = cxltier_mount_del(was->ctx, fd);
	close(fd);
	return err ? complain("%s: %s", path, cxltier_message(was->ctx)) : EXIT_FINE;
}

static int bring_cache(struct was *was)
{
	bool fresh = !is_module_loaded("cxlcache");
	int err, code = load("cxlcache", &was->cache, was->takes_all ? NULL : "mounts=");
	size_t i;

	if (code || !fresh)
		return code;
	for (i = 0; i < json_object_array_length(was->mounts); i++)
		code |= bring_mount(was, json_object_array_get_idx(was->mounts, i));
	/* who adds a mount enables it */
	err = was->caches ? 0 : write_param("cxlcache", "enabled", "N");
	return err ? complain("cxlcache's enabled: %s", strerror(err)) : code;
}

/* Of what take_down() did, be it all or a part, the opposite. */
static int bring_up(struct was *was)
{
	bool fresh = !is_module_loaded("cxlmeta");
	int code = load("cxlmeta", &was->meta, NULL);

	if (code)
		return code;
	was->ctx = ask_open();
	if (!was->ctx)
		return EXIT_WRONG;
	if (fresh)
		code = bring_groups(was);
	if (was->has_swap)
		code |= bring_swap(was);
	if (was->has_cache)
		code |= bring_cache(was);
	return code;
}

/* --------------------------------------------------------------------------------------- */

static int check(void)
{
	if (geteuid())
		return complain("reload: needs root");
	if (!is_module_loaded("cxlswap") && !is_module_loaded("cxlcache"))
		return complain("reload: neither cxlswap nor cxlcache is loaded: the next 'cxltier swap add' or 'cxltier cache add' loads the one that is installed");
	return EXIT_FINE;
}

/* Whatever has gone comes back as the one that is installed. */
static int complain_of_end(const struct was *was)
{
	if (is_module_loaded("cxlmeta") && is_module_loaded("cxlswap") == was->has_swap &&
	    is_module_loaded("cxlcache") == was->has_cache)
		return complain("reload: %sthe modules stay as they were",
				interrupted ? "interrupted; " : "");
	return complain("reload: only a part of the modules could be unloaded, and comes back as the installed one, between others that are older: run it again, or reboot");
}

static int reload(const struct request *request, struct was *was)
{
	int code = note_all(was);

	if (!code)
		code = check_others(was);
	if (code)
		return code;
	catch_signals();
	code = take_down(request, was);
	/* nothing may keep it from coming back */
	ignore_signals();
	if (code)
		complain_of_end(was);
	return bring_up(was) | code;
}

int reload_run(const struct request *request)
{
	static struct was was;
	int code = check(), lock;

	if (code)
		return code;
	lock = apply_lock();
	code = reload(request, &was);
	apply_unlock(lock);
	cxltier_close(was.ctx);
	json_object_put(was.groups);
	json_object_put(was.nodes);
	json_object_put(was.mounts);
	return code;
}
