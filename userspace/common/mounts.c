// SPDX-License-Identifier: GPL-2.0
/*
 * What is mounted where: /proc/self/mountinfo, whose device numbers the kernel knows mounts by, also
 * where stat() has others (btrfs).
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* White space and backslashes are written as \ooo there. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; to++) {
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

/* Of "36 35 98:0 /mnt1 /mnt2 rw ...". */
static bool parse_line(const char *line, uint32_t *device, char path[PATH_MAX])
{
	unsigned int major, minor;

	/* PATH_MAX - 1 bytes; a longer one is no path that anybody could name */
	if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &major, &minor, path) != 3)
		return false;
	*device = major << 20 | minor;
	unescape(path);
	return true;
}

/**
 * mount_device() - the number of what is mounted at a path
 * @mountinfo: MOUNTINFO_PATH
 * @path: a mount point, without links in it
 * @device: major << 20 | minor; of several mounts there that of the last, which hides the others
 *
 * Return: whether something is.
 */
bool mount_device(const char *mountinfo, const char *path, uint32_t *device)
{
	FILE *file = fopen(mountinfo, "re");
	char *line = NULL, point[PATH_MAX];
	bool found = false;
	size_t size = 0;
	uint32_t number;

	while (file && getline(&line, &size, file) >= 0) {
		if (!parse_line(line, &number, point) || strcmp(point, path))
			continue;
		*device = number;
		found = true;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/**
 * mount_point() - a place where something is mounted
 * @mountinfo: MOUNTINFO_PATH
 * @device: major << 20 | minor
 * @path: the first place
 * @size: room for it
 *
 * Return: whether there is one.
 */
bool mount_point(const char *mountinfo, uint32_t device, char *path, size_t size)
{
	FILE *file = fopen(mountinfo, "re");
	char *line = NULL, point[PATH_MAX];
	bool found = false;
	size_t length = 0;
	uint32_t number;

	while (file && !found && getline(&line, &length, file) >= 0) {
		found = parse_line(line, &number, point) && number == device;
		if (found)
			snprintf(path, size, "%s", point);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}
