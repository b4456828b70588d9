// SPDX-License-Identifier: GPL-2.0
/*
 * Makes regions of the CXL bus: for each memory device whose volatile memory nobody uses, one of all
 * of it. The kernel puts a dax device on a region, and memory blocks on that.
 *
 * A device gets a region once: who takes that apart may be about to pull the device out. It gets
 * another when it has gone and come back, or when somebody asks by hand. What a process that was
 * killed has left half made is taken apart by the next one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* What regions are multiples of (6.8 and 6.12, drivers/cxl/core/region.c: size_store()). */
#define REGION_UNIT (256ULL << 20)
/* Of one target any will do. */
#define GRANULARITY "256"

#define NAME_SIZE 32

/**
 * struct plan - a region that is to be
 * @sys: where sysfs is
 * @root: root decoder, such as decoder0.0
 * @decoder: endpoint decoder, such as decoder2.0
 * @region: its name; "": not made yet
 * @size: bytes
 */
struct plan {
	const char *sys;
	char root[NAME_SIZE];
	char decoder[NAME_SIZE];
	char region[NAME_SIZE];
	uint64_t size;
};

/* ---- sysfs ---------------------------------------------------------------------------- */

static void path_of(char path[256], const char *sys, const char *device, const char *attr)
{
	snprintf(path, 256, "%s/bus/cxl/devices/%s/%s", sys, device, attr);
}

static bool get(const char *sys, const char *device, const char *attr, char *text, size_t size)
{
	char path[256];

	path_of(path, sys, device, attr);
	return read_file(path, text, size);
}

static uint64_t get_size(const char *sys, const char *device, const char *attr)
{
	char text[32];

	return get(sys, device, attr, text, sizeof(text)) ? strtoull(text, NULL, 0) : 0;
}

/* Return: 0 or an errno. */
static int write_path(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static int set(const char *sys, const char *device, const char *attr, const char *value)
{
	char path[256];

	path_of(path, sys, device, attr);
	return write_path(path, value);
}

/* The next device of a kind in the bus's folder, such as "mem%u%n"; false at the end. */
static bool next_device(DIR *folder, const char *format, char name[NAME_SIZE])
{
	struct dirent *entry;
	unsigned int number;
	int end;

	while (folder && (entry = readdir(folder))) {
		end = 0;
		if (sscanf(entry->d_name, format, &number, &end) != 1 || !end ||
		    entry->d_name[end] || strlen(entry->d_name) >= NAME_SIZE)
			continue;
		snprintf(name, NAME_SIZE, "%s", entry->d_name);
		return true;
	}
	return false;
}

static DIR *open_bus(const char *sys)
{
	char path[256];

	path_of(path, sys, "", "");
	return opendir(path);
}

/* ---- what is unused ------------------------------------------------------------------- */

/* The port that a memory device's decoders are on: the number of its endpoint; -1: not yet. */
static int endpoint_of(const char *sys, const char *memdev)
{
	char name[NAME_SIZE], path[256], target[256];
	DIR *bus = open_bus(sys);
	int endpoint = -1;
	ssize_t length;

	while (endpoint < 0 && next_device(bus, "endpoint%u%n", name)) {
		path_of(path, sys, name, "uport");
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		if (strrchr(target, '/') && !strcmp(strrchr(target, '/') + 1, memdev))
			endpoint = atoi(name + strlen("endpoint"));
	}
	if (bus)
		closedir(bus);
	return endpoint;
}

/* Has any decoder of an endpoint some of its memory, or no decoder at all? */
static bool is_in_use(const char *sys, int endpoint)
{
	char name[NAME_SIZE], format[NAME_SIZE];
	bool has_decoder = false, in_use = false;
	DIR *bus = open_bus(sys);

	snprintf(format, sizeof(format), "decoder%d.%%u%%n", endpoint);
	while (next_device(bus, format, name)) {
		has_decoder = true;
		in_use = in_use || get_size(sys, name, "dpa_size");
	}
	if (bus)
		closedir(bus);
	return in_use || !has_decoder;
}

/* ---- making one ----------------------------------------------------------------------- */

static void unmake(const struct plan *plan)
{
	if (*plan->region)
		set(plan->sys, plan->root, "delete_region", plan->region);
	set(plan->sys, plan->decoder, "dpa_size", "0");
}

/* Return: 0 or an errno, and *@step says of what. */
static int bind_region(const struct plan *plan, const char **step)
{
	char path[256];

	*step = "bind";
	path_of(path, plan->sys, plan->region, "driver");
	if (!access(path, F_OK))
		return 0;
	snprintf(path, sizeof(path), "%s/bus/cxl/drivers/cxl_region/bind", plan->sys);
	return write_path(path, plan->region);
}

static int set_up(const struct plan *plan, const char **step)
{
	char size[32];
	const struct {
		const char *device;
		const char *attr;
		const char *value;
	} steps[] = {
		{ plan->region, "interleave_ways", "1" },
		{ plan->region, "interleave_granularity", GRANULARITY },
		{ plan->region, "size", size },
		{ plan->decoder, "mode", "ram" },
		{ plan->decoder, "dpa_size", size },
		{ plan->region, "target0", plan->decoder },
		{ plan->region, "commit", "1" },
	};
	int err = 0;
	size_t i;

	snprintf(size, sizeof(size), "%#" PRIx64, plan->size);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		*step = steps[i].attr;
		err = set(plan->sys, steps[i].device, steps[i].attr, steps[i].value);
	}
	return err ? err : bind_region(plan, step);
}

static void note_begin(const struct plan *plan, const char *notes)
{
	FILE *file = fopen(notes, "we");

	if (file) {
		fprintf(file, "%s %s %s\n", plan->region, plan->root, plan->decoder);
		fclose(file);
	}
}

/* Under the root decoder that the plan names. Return: 0 or an errno; then nothing is left of it. */
static int make(struct plan *plan, const char *notes, const char **step)
{
	int err;

	*step = "create_ram_region";
	plan->region[0] = '\0';
	if (!get(plan->sys, plan->root, "create_ram_region", plan->region, sizeof(plan->region)))
		return EOPNOTSUPP;
	note_begin(plan, notes);
	err = set(plan->sys, plan->root, "create_ram_region", plan->region);
	if (!err) {
		err = set_up(plan, step);
		if (err)
			unmake(plan);
	}
	unlink(notes);
	return err;
}

/* Under the first root decoder that takes it. Those that interleave want several devices. */
static int make_somewhere(struct plan *plan, const char *memdev, const char *notes)
{
	const char *step = "no root decoder for volatile memory of one device";
	DIR *bus = open_bus(plan->sys);
	char last[NAME_SIZE] = "";
	int err = ENODEV;

	while (err && next_device(bus, "decoder0.%u%n", plan->root)) {
		if (get_size(plan->sys, plan->root, "cap_ram") != 1 ||
		    get_size(plan->sys, plan->root, "interleave_ways") != 1)
			continue;
		if (before_step)
			before_step();
		err = make(plan, notes, &step);
		snprintf(last, sizeof(last), "%s: ", plan->root);
	}
	if (bus)
		closedir(bus);
	return err ? complain("[region]: no region can be made of %s: %s%s: %s", memdev, last, step,
			      strerror(err)) : EXIT_FINE;
}

/* What was begun and not ended. */
static void take_apart(const char *sys, const char *notes)
{
	struct plan plan = { .sys = sys };
	FILE *file = fopen(notes, "re");
	const char *step;

	if (!file)
		return;
	if (fscanf(file, "%31s %31s %31s", plan.region, plan.root, plan.decoder) == 3) {
		if (get_size(sys, plan.region, "commit") == 1)
			bind_region(&plan, &step);
		else
			unmake(&plan);
	}
	fclose(file);
	unlink(notes);
}

/* ---- devices that had one ------------------------------------------------------------- */

/* A device that goes and comes back has another inode. */
static uint64_t inode_of(const char *sys, const char *memdev)
{
	char path[256];
	struct stat st;

	path_of(path, sys, memdev, "");
	return stat(path, &st) ? 0 : st.st_ino;
}

static bool seen_has(const char *seen, uint64_t inode)
{
	FILE *file = fopen(seen, "re");
	bool found = false;
	uint64_t number;

	while (file && !found && fscanf(file, "%" SCNu64, &number) == 1)
		found = number == inode;
	if (file)
		fclose(file);
	return found;
}

static void seen_add(const char *seen, uint64_t inode)
{
	FILE *file = seen_has(seen, inode) ? NULL : fopen(seen, "ae");

	if (file) {
		fprintf(file, "%" PRIu64 "\n", inode);
		fclose(file);
	}
}

/* --------------------------------------------------------------------------------------- */

static int make_of(const char *sys, const char *memdev, const char *seen, const char *notes,
		   bool again, unsigned int *nr_made)
{
	struct plan plan = { .sys = sys };
	uint64_t inode = inode_of(sys, memdev);
	int endpoint = endpoint_of(sys, memdev), code;

	plan.size = get_size(sys, memdev, "ram/size") / REGION_UNIT * REGION_UNIT;
	if (!plan.size || endpoint < 0)
		return EXIT_FINE;
	if (is_in_use(sys, endpoint)) {
		seen_add(seen, inode);
		return EXIT_FINE;
	}
	if (!again && seen_has(seen, inode))
		return EXIT_FINE;
	snprintf(plan.decoder, sizeof(plan.decoder), "decoder%d.0", endpoint);
	code = make_somewhere(&plan, memdev, notes);
	if (!code) {
		seen_add(seen, inode);
		++*nr_made;
	}
	return code;
}

/**
 * regions_make() - make regions of devices of the CXL bus that nobody uses
 * @sys: where sysfs is, "/sys"
 * @run: where it is kept which devices had one, RUN_FOLDER
 * @conf: whether
 * @again: of devices that had one, too
 * @nr_made: how many were made
 *
 * Context: apply_lock() is held.
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint for each that could not be made.
 */
int regions_make(const char *sys, const char *run, const struct conf *conf, bool again,
		 unsigned int *nr_made)
{
	char seen[256], notes[256], memdev[NAME_SIZE];
	int code = EXIT_FINE;
	DIR *bus;

	*nr_made = 0;
	snprintf(seen, sizeof(seen), "%s/memdevs", run);
	snprintf(notes, sizeof(notes), "%s/region", run);
	take_apart(sys, notes);
	if (!conf->region_each)
		return EXIT_FINE;
	bus = open_bus(sys);
	while (next_device(bus, "mem%u%n", memdev))
		code |= make_of(sys, memdev, seen, notes, again, nr_made);
	if (bus)
		closedir(bus);
	return code;
}
