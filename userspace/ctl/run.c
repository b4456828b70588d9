// SPDX-License-Identifier: GPL-2.0
/* Other programs: modprobe, mkswap, swapon. And the whole way from a size to swap. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"

bool read_file(const char *path, char *buffer, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		return false;
	length = fread(buffer, 1, size - 1, file);
	fclose(file);
	buffer[length] = '\0';
	if (length && buffer[length - 1] == '\n')
		buffer[length - 1] = '\0';
	return true;
}

/* Is that all that a file says? */
bool file_is(const char *path, const char *text)
{
	char content[256];

	return read_file(path, content, sizeof(content)) && !strcmp(content, text);
}

static void run_child(const char *const argv[], const int pipe_fds[2])
{
	dup2(pipe_fds[1], STDOUT_FILENO);
	dup2(pipe_fds[1], STDERR_FILENO);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "%s: %s", argv[0], strerror(errno));
	_exit(127);
}

/**
 * run_program() - run a program to its end
 * @output: what it said on both outputs, the beginning of it, without the last newline
 * @size: room for that
 * @argv: the program and its arguments; NULL at the end
 *
 * Return: its exit code; -1 if it could not be run, and @output says why.
 */
int run_program(char *output, size_t size, const char *const argv[])
{
	int pipe_fds[2], status = -1;
	char more[256];
	size_t used = 0;
	ssize_t got;
	pid_t pid;

	output[0] = '\0';
	fflush(stdout);
	if (pipe(pipe_fds))
		return -1;
	pid = fork();
	if (!pid)
		run_child(argv, pipe_fds);
	close(pipe_fds[1]);
	while (pid > 0 && (got = read(pipe_fds[0], more, sizeof(more))) > 0) {
		if ((size_t)got > size - 1 - used)
			got = size - 1 - used;
		memcpy(output + used, more, got);
		used += got;
	}
	close(pipe_fds[0]);
	output[used] = '\0';
	while (used && output[used - 1] == '\n')
		output[--used] = '\0';
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

/**
 * load_cxlswap() - load the module, without devices, if it is not loaded
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int load_cxlswap(void)
{
	const char *const argv[] = { "modprobe", "cxlswap", "devices=0", NULL };
	char output[512];

	if (is_module_loaded("cxlswap"))
		return EXIT_FINE;
	if (!run_program(output, sizeof(output), argv))
		return EXIT_FINE;
	return complain("the module cxlswap can't be loaded: %s\nThe kernel's log (dmesg) and 'cxltier doctor' say why.",
			output);
}

static bool wait_for_node(const char *path)
{
	struct stat st;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (!stat(path, &st) && S_ISBLK(st.st_mode))
			return true;
		usleep(50 * 1000);
	}
	return false;
}

/**
 * swap_activate() - make swap of a device and switch it on
 * @number: the N of /dev/cxlswapN
 * @priority: of the swap area
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_activate(uint32_t number, uint32_t priority)
{
	const char *argv[] = { "mkswap", NULL, NULL };
	char path[32], output[512];

	snprintf(path, sizeof(path), "/dev/cxlswap%" PRIu32, number);
	argv[1] = path;
	if (!wait_for_node(path))
		return complain("%s does not appear: is udev running?", path);
	if (run_program(output, sizeof(output), argv))
		return complain("%s", output);
	if (swapon(path, SWAP_FLAG_PREFER | priority))
		return complain("swapon %s: %s", path, strerror(errno));
	return EXIT_FINE;
}

/* All devices with one of @size more, in percent of the memory that there is; 0: unknown. */
static uint64_t percent_for(struct cxltier *ctx, struct json_object *devices, uint64_t size)
{
	struct json_object *pools = json_pools(ctx), *pool;
	uint64_t percent = 0, all;
	size_t i;

	for (i = 0; devices && i < json_object_array_length(devices); i++)
		size += get_number(json_object_array_get_idx(devices, i), "size");
	for (i = 0; pools && i < json_object_array_length(pools); i++) {
		pool = json_object_array_get_idx(pools, i);
		all = get_number(pool, "size");
		if (!strcmp(get_text(pool, "owner"), "cxlswap") && all)
			percent = size / (all / 100 + 1) + 1;
	}
	json_object_put(pools);
	return percent;
}

/* The first device that nobody swaps to, such as the one that modprobe makes; "" if none. */
static void find_unused(struct json_object *devices, char *path, size_t size)
{
	struct json_object *device;
	size_t i;

	path[0] = '\0';
	for (i = 0; devices && i < json_object_array_length(devices) && !*path; i++) {
		device = json_object_array_get_idx(devices, i);
		if (!get_bool(device, "swap"))
			snprintf(path, size, "%s", get_text(device, "path"));
	}
}

/* What to do when it is the limit that is in the way. */
static int limit_in_the_way(struct cxltier *ctx, uint64_t size)
{
	struct json_object *devices;
	char message[256], path[32];
	uint64_t percent;

	snprintf(message, sizeof(message), "%s", cxltier_message(ctx));
	devices = json_swap_devices(ctx);
	percent = percent_for(ctx, devices, size);
	find_unused(devices, path, sizeof(path));
	json_object_put(devices);
	if (*path)
		return complain("%s\nNobody swaps to %s: cxltier swap remove %s", message, path,
				path);
	if (percent && percent <= 100)
		return complain("%s\nTo allow it: cxltier swap limit --percent %" PRIu64, message,
				percent);
	return complain("%s\nThere is not so much CXL memory.", message);
}

/**
 * swap_make() - a device, mkswap and swapon; all of it or nothing
 * @ctx: the context
 * @size: bytes
 * @priority: of the swap area
 * @number: the N of /dev/cxlswapN
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_make(struct cxltier *ctx, uint64_t size, uint32_t priority, uint32_t *number)
{
	int err = cxltier_swap_device_new(ctx, size, number);

	if (err == -ENOSPC)
		return limit_in_the_way(ctx, size);
	if (err)
		return complain("%s", cxltier_message(ctx));
	if (swap_activate(*number, priority) == EXIT_FINE)
		return EXIT_FINE;
	cxltier_swap_device_del(ctx, *number);
	return EXIT_WRONG;
}
