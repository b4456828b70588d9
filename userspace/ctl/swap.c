// SPDX-License-Identifier: GPL-2.0
/* cxltier swap: devices, areas and their limit. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"

#define PRIORITY_DEFAULT 100
#define PRIORITY_MAX 32767

static const struct column area_columns[] = {
	{ "SWAP AREA", "path", AS_TEXT }, { "KIND", "kind", AS_TEXT },
	{ "SIZE", "size", AS_BYTES }, { "STORED", "stored", AS_BYTES },
	{ "ZSWAP", "zswap", AS_YES }, { NULL, NULL, AS_TEXT },
};

static const struct column device_columns[] = {
	{ "DEVICE", "path", AS_TEXT }, { "SIZE", "size", AS_BYTES },
	{ "IN USE", "swap", AS_YES }, { "RESERVED", "reserved", AS_YES },
	{ NULL, NULL, AS_TEXT },
};

static int list_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	struct json_object *areas = ctx ? json_areas(ctx) : NULL;
	struct json_object *devices = areas ? json_swap_devices(ctx) : NULL, *object;

	cxltier_close(ctx);
	if (!devices) {
		json_object_put(areas);
		return EXIT_WRONG;
	}
	if (request->json) {
		object = json_object_new_object();
		json_object_object_add(object, "areas", areas);
		json_object_object_add(object, "devices", devices);
		return show_json(object);
	}
	show_table(areas, area_columns,
		   "cxlswap serves no swap area. 'cxltier swap add --size SIZE' makes one.");
	putchar('\n');
	show_table(devices, device_columns, "There is no /dev/cxlswapN.");
	json_object_put(areas);
	json_object_put(devices);
	return EXIT_FINE;
}

static int report_added(const struct request *request, uint32_t number, uint64_t size,
			uint32_t priority)
{
	char text[16];

	if (request->json)
		printf("{ \"path\": \"/dev/cxlswap%" PRIu32 "\", \"size\": %" PRIu64
		       ", \"priority\": %" PRIu32 " }\n", number, size, priority);
	else
		printf("/dev/cxlswap%" PRIu32 ": %s of swap, priority %" PRIu32 "\n", number,
		       format_bytes(size, text, sizeof(text)), priority);
	return EXIT_FINE;
}

/* Swap stays: who needs it now has it. */
static int persist_added(uint32_t number, uint64_t size, uint32_t priority)
{
	if (conf_add_swap(CONF_PATH, size, priority))
		return complain("/dev/cxlswap%" PRIu32 " is swapped to, but %s does not ask for it",
				number, CONF_PATH);
	reload_daemon();
	return EXIT_FINE;
}

/* With the lock; a file that can't be added to is told of before a device is made. */
static int make_swap(const struct request *request, struct cxltier *ctx, uint64_t size,
		     uint32_t priority)
{
	uint32_t number;
	int code = EXIT_FINE;

	if (request->opts['P'])
		code = conf_takes_swap(CONF_PATH);
	if (!code)
		code = swap_make(ctx, size, priority, &number);
	if (code)
		return code;
	report_added(request, number, size, priority);
	return request->opts['P'] ? persist_added(number, size, priority) : EXIT_FINE;
}

static int add_swap(const struct request *request, uint64_t size, uint32_t priority)
{
	struct cxltier *ctx;
	int code, lock;

	if (geteuid())
		return complain("swap add: needs root");
	if (load_cxlswap())
		return EXIT_WRONG;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	lock = apply_lock();
	code = make_swap(request, ctx, size, priority);
	apply_unlock(lock);
	cxltier_close(ctx);
	return code;
}

static int add_run(const struct request *request)
{
	uint32_t priority = PRIORITY_DEFAULT;
	uint64_t size;

	if (!request->opts['s'])
		return usage(request, "--size is missing, such as --size 64G");
	if (!parse_size(request->opts['s'], &size) || size % (1 << 20))
		return usage(request, "--size: '%s' is no size in whole MiB, such as 64G",
			     request->opts['s']);
	if (request->opts['p'] && !parse_uint(request->opts['p'], PRIORITY_MAX, &priority))
		return usage(request, "--priority: '%s' is no number from 0 to %d",
			     request->opts['p'], PRIORITY_MAX);
	return add_swap(request, size, priority);
}

/* "/dev/cxlswap3", "cxlswap3" or "3". */
static bool parse_device(const struct request *request, uint32_t *number)
{
	const char *text = request->args[0];

	if (!strncmp(text, "/dev/", 5))
		text += 5;
	if (!strncmp(text, "cxlswap", 7))
		text += 7;
	if (parse_uint(text, 15, number))
		return true;
	usage(request, "'%s' is no device such as /dev/cxlswap0", request->args[0]);
	return false;
}

/* Its row of "swap list"; NULL after a complaint. */
static struct json_object *find_device(struct cxltier *ctx, uint32_t number)
{
	struct json_object *rows = json_swap_devices(ctx), *row = NULL;
	size_t i;

	for (i = 0; rows && i < json_object_array_length(rows) && !row; i++)
		if (get_number(json_object_array_get_idx(rows, i), "number") == number)
			row = json_object_get(json_object_array_get_idx(rows, i));
	if (rows && !row)
		complain("there is no /dev/cxlswap%" PRIu32 ": see 'cxltier swap list'", number);
	json_object_put(rows);
	return row;
}

/* ---- swapoff, with progress ----------------------------------------------------------- */

/*
 * In a process of its own: while it reads pages back, the kernel has whoever called it killed first
 * when memory runs out. Who waits for it lives on, to undo what it has done.
 */
static _Noreturn void leave(const char *path, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* it has died before that */
	if (getppid() != parent)
		_exit(EINTR);
	_exit(swapoff(path) ? errno : 0);
}

static uint64_t stored_in(struct cxltier *ctx, const char *path)
{
	struct json_object *rows = json_areas(ctx);
	uint64_t stored = 0;
	size_t i;

	for (i = 0; rows && i < json_object_array_length(rows); i++)
		if (!strcmp(get_text(json_object_array_get_idx(rows, i), "path"), path))
			stored = get_number(json_object_array_get_idx(rows, i), "stored");
	json_object_put(rows);
	return stored;
}

/* Until a swapoff has ended. Return: 0 or an errno. */
static int wait_for_leave(struct cxltier *ctx, const char *path, pid_t pid, uint64_t total)
{
	bool is_shown = false;
	int status, ended;
	uint64_t left;

	while (!(ended = waitpid(pid, &status, WNOHANG))) {
		/* it is another process, which a signal may not have reached, or too early */
		if (interrupted)
			kill(pid, SIGKILL);
		usleep(100 * 1000);
		left = total ? stored_in(ctx, path) : 0;
		if (!left || left >= total)
			continue;
		show_progress("swapoff", total - left, total);
		is_shown = true;
	}
	if (ended < 0)
		return errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		if (total)
			show_progress("swapoff", total, total);
		return 0;
	}
	if (is_shown)
		putchar('\n');
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGKILL && !interrupted ? ENOMEM : EINTR;
}

/**
 * swap_switch_off() - swapoff, with progress on terminals
 * @ctx: the context
 * @path: the area
 * @quiet: without progress
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint; then it is swap as before.
 */
int swap_switch_off(struct cxltier *ctx, const char *path, bool quiet)
{
	uint64_t total = is_terminal() && !quiet ? stored_in(ctx, path) : 0;
	pid_t parent = getpid(), pid = fork();
	int err;

	if (!pid)
		leave(path, parent);
	err = pid < 0 ? errno : wait_for_leave(ctx, path, pid, total);
	if (err == ENOMEM)
		return complain("swapoff %s: no memory: what is in it does not fit into memory and other swap",
				path);
	return err ? complain("swapoff %s: %s", path, strerror(err)) : EXIT_FINE;
}

/*
 * With the lock, so that nobody makes the device again before it is gone from the file, too. It is
 * looked for in there first: a swapoff may take minutes.
 */
static int remove_device(const struct request *request, struct cxltier *ctx, uint32_t number)
{
	struct json_object *device = find_device(ctx, number);
	int code = EXIT_FINE, priority = -1;

	if (!device)
		return EXIT_WRONG;
	swap_priority(SWAPS_PATH, number, &priority);
	if (request->opts['P'])
		code = conf_has_swap(CONF_PATH, get_number(device, "size"));
	if (!code && get_bool(device, "swap"))
		code = swap_switch_off(ctx, get_text(device, "path"), request->json);
	if (!code)
		code = swap_delete_device(ctx, number);
	if (!code && request->opts['P']) {
		code = conf_del_swap(CONF_PATH, get_number(device, "size"), priority);
		/* what reads the file again would make the device again */
		if (code)
			complain("%s has been removed, but %s still asks for it",
				 get_text(device, "path"), CONF_PATH);
		else
			reload_daemon();
	}
	json_object_put(device);
	return code;
}

static int remove_run(const struct request *request)
{
	struct cxltier *ctx;
	uint32_t number;
	int code, lock;

	if (!parse_device(request, &number))
		return EXIT_USAGE;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	lock = apply_lock();
	code = remove_device(request, ctx, number);
	apply_unlock(lock);
	cxltier_close(ctx);
	return code;
}

static int drain_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	int code;

	if (!ctx)
		return EXIT_WRONG;
	code = swap_switch_off(ctx, request->args[0], request->json);
	cxltier_close(ctx);
	return code;
}

/**
 * write_param() - set a parameter of a loaded module
 * @module: the module
 * @name: the parameter
 * @value: what is written
 *
 * Return: 0 or an errno.
 */
int write_param(const char *module, const char *name, const char *value)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

/**
 * swap_enable() - store pages in front of other swap devices, or no new ones
 * @enable: whether to
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_enable(bool enable)
{
	int err = write_param("cxlswap", "enabled", enable ? "Y" : "N");

	return err ? complain("enabled: %s", strerror(err)) : EXIT_FINE;
}

/**
 * swap_flush() - write what is stored in front of other devices to them
 * @request: what was asked
 *
 * The module takes no pages meanwhile, whether we are interrupted or not.
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_flush(const struct request *request)
{
	bool was_enabled = file_is("/sys/module/cxlswap/parameters/enabled", "Y");
	int err;

	if (!is_module_loaded("cxlswap"))
		return complain("%s: the module cxlswap is not loaded", request->verb);
	catch_signals();
	err = write_param("cxlswap", "enabled", "N");
	if (!err)
		err = interrupted ? EINTR : write_param("cxlswap", "flush", "1");
	if (was_enabled)
		write_param("cxlswap", "enabled", "Y");
	switch (err) {
	case 0:
		return EXIT_FINE;
	case EIO:
		return complain("%s: a device failed (see dmesg); what it did not take is stored as before",
				request->verb);
	case EBUSY:
		return complain("%s: another flush is under way", request->verb);
	default:
		return complain("%s: %s; what was not written is stored as before", request->verb,
				strerror(err));
	}
}

/* ---- limit ---------------------------------------------------------------------------- */

static const struct column pool_columns[] = {
	{ "POOL", "owner", AS_TEXT }, { "GROUP", "group", AS_TEXT },
	{ "PERCENT", "percent", AS_TEXT }, { "LIMIT", "limit", AS_BYTES },
	{ "USED", "used", AS_BYTES }, { "OF", "size", AS_BYTES },
	{ "ACCEPT", "accept_percent", AS_TEXT }, { "WRITEBACK", "writeback_percent", AS_TEXT },
	{ "MIB/S", "writeback_rate_mb", AS_TEXT }, { NULL, NULL, AS_TEXT },
};

/**
 * parse_limit() - a number among the options
 * @request: what was asked
 * @letter: the option's
 * @name: its name
 * @max: the largest
 * @value: the number, -1 without it
 *
 * Return: false after a complaint.
 */
bool parse_limit(const struct request *request, char letter, const char *name, uint32_t max,
		 int *value)
{
	const char *text = request->opts[(int)letter];
	uint32_t number;

	*value = -1;
	if (!text)
		return true;
	if (!parse_uint(text, max, &number)) {
		usage(request, "--%s: '%s' is no number from 0 to %" PRIu32, name, text, max);
		return false;
	}
	*value = (int)number;
	return true;
}

/**
 * show_limits() - what each module may take
 * @request: what was asked
 * @ctx: the kernel
 *
 * Return: an exit code.
 */
int show_limits(const struct request *request, struct cxltier *ctx)
{
	return show_rows(request, "pools", json_pools(ctx), pool_columns,
			 "Neither cxlswap nor cxlcache is loaded.");
}

static int limit_run(const struct request *request)
{
	const char *group = request->opts['g'];
	int percent, accept, writeback, rate, code;
	struct cxltier *ctx;

	if (!parse_limit(request, 'c', "percent", 100, &percent) ||
	    !parse_limit(request, 'a', "accept", 100, &accept) ||
	    !parse_limit(request, 'w', "writeback", 100, &writeback) ||
	    !parse_limit(request, 'r', "rate", RATE_MAX, &rate))
		return EXIT_USAGE;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	if ((group || percent >= 0) && cxltier_pool_set(ctx, "cxlswap", group, percent))
		return ask_failed(ctx);
	if ((accept >= 0 || writeback >= 0 || rate >= 0) &&
	    cxltier_pool_set_writeback(ctx, "cxlswap", accept, writeback, rate))
		return ask_failed(ctx);
	code = show_limits(request, ctx);
	cxltier_close(ctx);
	return code;
}

/* ---- cgroups -------------------------------------------------------------------------- */

static const struct column cgroup_columns[] = {
	{ "CGROUP", "cgroup", AS_TEXT }, { "STORED", "stored", AS_BYTES },
	{ "STORES", "stores", AS_TEXT }, { "LOADS", "loads", AS_TEXT },
	{ "REFUSED", "refused", AS_TEXT }, { "DELETED", "deleted", AS_YES },
	{ NULL, NULL, AS_TEXT },
};

static int cgroups_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	int code;

	if (!ctx)
		return EXIT_WRONG;
	code = show_rows(request, "cgroups", json_stored_cgroups(ctx), cgroup_columns,
			 "No cgroup has ever stored a page.");
	cxltier_close(ctx);
	return code;
}

/* --------------------------------------------------------------------------------------- */

static const struct argp_option add_options[] = {
	{ "size", 's', "SIZE", 0, "How much, such as 64G; whole MiB", 0 },
	{ "priority", 'p', "NUMBER", 0, "Of the swap area, 0 to 32767 (default 100)", 0 },
	{ "persist", 'P', NULL, 0, "Also write it to " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option remove_options[] = {
	{ "persist", 'P', NULL, 0, "Also take it out of " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option limit_options[] = {
	{ "percent", 'c', "NUMBER", 0, "CXL memory that swap may take, in percent of the group's",
	  0 },
	{ "group", 'g', "NAME", 0, "Where new pages go", 0 },
	{ "accept", 'a', "NUMBER", 0,
	  "Once it was full, pages are taken again below so many percent of the limit", 0 },
	{ "writeback", 'w', "NUMBER", 0,
	  "Above so many percent of the limit pages go to the device below; 0: never", 0 },
	{ "rate", 'r', "MIB", 0, "Write back so many MiB a second at most; 0: no limit", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

const struct command swap_commands[] = {
	{ "list", "", "List swap areas and devices.", NULL, 0, 0, list_run, NULL },
	{ "add", "", "Load the module, make a device, and swap to it.", add_options, 0, 0, add_run,
	  NULL },
	{ "remove", "DEVICE", "Switch a device off, and remove it.", remove_options, 1, 1,
	  remove_run, NULL },
	{ "limit", "", "Show or set how much CXL memory swap may take, where, and what goes on to disk.",
	  limit_options, 0, 0, limit_run, NULL },
	{ "cgroups", "", "List memory cgroups: what they have stored, store, load and are refused.", NULL, 0, 0, cgroups_run,
	  NULL },
	{ "drain", "AREA", "Bring all pages of a swap area back to memory: swapoff.", NULL, 1, 1,
	  drain_run, NULL },
	{ "flush", "", "Write all pages of areas with a device below to it.", NULL, 0, 0, swap_flush,
	  NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
