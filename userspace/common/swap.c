// SPDX-License-Identifier: GPL-2.0
/* The whole way from a size to swap: device, mkswap, swapon. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "common.h"

#define SWAP_SIGNATURE "SWAPSPACE2"
#define CHUNK (1U << 20)

/**
 * swap_priority() - of the swap area on a device
 * @swaps: the kernel's list, SWAPS_PATH
 * @number: the N of /dev/cxlswapN
 * @priority: what it has; those that the kernel has chosen are below 0
 *
 * Return: whether it is in the list.
 */
bool swap_priority(const char *swaps, uint32_t number, int *priority)
{
	FILE *file = fopen(swaps, "re");
	char name[32], path[256], *line = NULL;
	bool found = false;
	size_t size = 0;

	snprintf(name, sizeof(name), "/dev/cxlswap%" PRIu32, number);
	while (file && !found && getline(&line, &size, file) >= 0)
		found = sscanf(line, "%255s %*s %*s %*s %d", path, priority) == 2 &&
			!strcmp(path, name);
	free(line);
	if (file)
		fclose(file);
	return found;
}

static int add_device(const struct cxltier_swap_device *device, void *arg)
{
	struct swap_devices *devices = arg;

	if (devices->nr < SWAP_DEVICES_MAX)
		devices->list[devices->nr++] = *device;
	return 0;
}

/**
 * swap_devices_get() - the devices that there are
 * @ctx: the context
 * @devices: the devices
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_devices_get(struct cxltier *ctx, struct swap_devices *devices)
{
	devices->nr = 0;
	if (cxltier_swap_devices(ctx, add_device, devices))
		return complain("%s", cxltier_message(ctx));
	return EXIT_FINE;
}

static bool is_zero(const char *chunk, size_t length)
{
	return !length || (!chunk[0] && !memcmp(chunk, chunk + 1, length - 1));
}

/* Where mkswap writes it: at the end of the first page. */
static bool has_signature(const char *chunk, size_t length)
{
	size_t end = getpagesize(), signature = strlen(SWAP_SIGNATURE);

	return length >= end && !memcmp(chunk + end - signature, SWAP_SIGNATURE, signature);
}

/* What is read is not kept: it may be far more than there is DRAM. */
static bool is_blank_or_swap(int fd, char *chunk)
{
	off_t offset = 0;
	ssize_t got;

	while ((got = pread(fd, chunk, CHUNK, offset)) > 0) {
		if (!offset && has_signature(chunk, got))
			return true;
		if (!is_zero(chunk, got))
			return false;
		posix_fadvise(fd, offset, got, POSIX_FADV_DONTNEED);
		offset += got;
		if (before_step && !(offset % (1 << 30)))
			before_step();
	}
	return !got;
}

/**
 * swap_is_vacant() - may swap be made of a device that nobody swaps to?
 * @path: the device
 *
 * It was swap, or nothing was ever written to it, such as by who ended before mkswap. Anything else is
 * somebody's. One that can't be opened mkswap does not write to either, and says why.
 *
 * Return: whether it may.
 */
bool swap_is_vacant(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *chunk;
	bool vacant;

	if (fd < 0)
		return true;
	chunk = malloc(CHUNK);
	vacant = chunk && is_blank_or_swap(fd, chunk);
	free(chunk);
	close(fd);
	return vacant;
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
 * @priority: of the swap area; negative: the kernel's choice, below all others
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_activate(uint32_t number, int priority)
{
	const char *argv[] = { "mkswap", NULL, NULL };
	char path[32], output[512];

	snprintf(path, sizeof(path), "/dev/cxlswap%" PRIu32, number);
	argv[1] = path;
	if (!wait_for_node(path))
		return complain("%s does not appear: is udev running?", path);
	if (run_program(output, sizeof(output), argv))
		return complain("%s", output);
	if (swapon(path, priority < 0 ? 0 : SWAP_FLAG_PREFER | priority))
		return complain("swapon %s: %s", path, strerror(errno));
	return EXIT_FINE;
}

/**
 * struct room - what devices may take
 * @limit: bytes, together
 * @all: bytes of memory that there are; 0: unknown
 */
struct room {
	uint64_t limit;
	uint64_t all;
};

static int look_at_pool(const struct cxltier_pool *pool, void *arg)
{
	struct room *room = arg;

	if (!strcmp(pool->owner, "cxlswap"))
		*room = (struct room){ .limit = pool->limit, .all = pool->size };
	return 0;
}

static uint64_t size_of(const struct swap_devices *devices)
{
	uint64_t size = 0;
	unsigned int i;

	for (i = 0; i < devices->nr; i++)
		size += devices->list[i].size;
	return size;
}

/* The limit that so much needs, in percent of the memory that there is; 0: there is not so much. */
static unsigned int percent_for(const struct room *room, uint64_t size)
{
	uint64_t percent = size / (room->all / 100 + 1) + 1;

	return room->all && percent <= 100 ? percent : 0;
}

/**
 * swap_check_limit() - whether all devices could be made anew, since the limit may have become lower
 * @ctx: the context
 * @devices: the devices that there are
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_check_limit(struct cxltier *ctx, const struct swap_devices *devices)
{
	struct room room = { .limit = UINT64_MAX };
	uint64_t size = size_of(devices);
	char is[16], may[16];
	unsigned int percent;

	if (cxltier_pools(ctx, look_at_pool, &room))
		return complain("%s", cxltier_message(ctx));
	if (size <= room.limit)
		return EXIT_FINE;
	format_bytes(size, is, sizeof(is));
	format_bytes(room.limit, may, sizeof(may));
	percent = percent_for(&room, size);
	if (percent)
		return complain("the devices have %s together, and could not be made again below the limit of %s\nTo allow it: cxltier swap limit --percent %u",
				is, may, percent);
	return complain("the devices have %s together, and could not be made again below the limit of %s: there is not so much CXL memory any more, so remove one",
			is, may);
}

/* What to do when it is the limit that is in the way. */
static int limit_in_the_way(struct cxltier *ctx, uint64_t size)
{
	struct room room = { .all = 0 };
	struct swap_devices devices;
	unsigned int i, percent;
	char message[256];

	snprintf(message, sizeof(message), "%s", cxltier_message(ctx));
	if (swap_devices_get(ctx, &devices))
		return EXIT_WRONG;
	/* such as the one that modprobe makes */
	for (i = 0; i < devices.nr; i++)
		if (!devices.list[i].swap)
			return complain("%s\nNobody swaps to /dev/cxlswap%" PRIu32
					": cxltier swap remove /dev/cxlswap%" PRIu32, message,
					devices.list[i].number, devices.list[i].number);
	percent = cxltier_pools(ctx, look_at_pool, &room) ? 0 :
		  percent_for(&room, size_of(&devices) + size);
	if (percent)
		return complain("%s\nTo allow it: cxltier swap limit --percent %u", message, percent);
	return complain("%s\nThere is not so much CXL memory.", message);
}

/**
 * swap_delete_device() - remove a device that nobody swaps to
 * @ctx: the context
 * @number: the N of /dev/cxlswapN
 *
 * Who looks at new and left devices, such as udev, has it open for a moment.
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_delete_device(struct cxltier *ctx, uint32_t number)
{
	int tries, err = -EBUSY;

	for (tries = 0; tries < 20 && err == -EBUSY; tries++) {
		if (tries)
			usleep(100 * 1000);
		err = cxltier_swap_device_del(ctx, number);
	}
	return err ? complain("%s", cxltier_message(ctx)) : EXIT_FINE;
}

/**
 * swap_make() - a device, mkswap and swapon; all of it or nothing
 * @ctx: the context
 * @size: bytes
 * @priority: as for swap_activate()
 * @number: the N of /dev/cxlswapN
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int swap_make(struct cxltier *ctx, uint64_t size, int priority, uint32_t *number)
{
	int err = cxltier_swap_device_new(ctx, size, number);

	if (err == -ENOSPC)
		return limit_in_the_way(ctx, size);
	if (err)
		return complain("%s", cxltier_message(ctx));
	if (swap_activate(*number, priority) == EXIT_FINE)
		return EXIT_FINE;
	swap_delete_device(ctx, *number);
	return EXIT_WRONG;
}
