// SPDX-License-Identifier: GPL-2.0
/* Reads the file again. */
#include <stdlib.h>

#include "daemon.h"

/**
 * reload_read() - read the file again
 * @path: the file
 * @conf: what was in force, and is from now on; untouched if the file has mistakes
 *
 * Return: EXIT_FINE, or EXIT_WRONG after complaints.
 */
int reload_read(const char *path, struct conf *conf)
{
	struct conf *new = malloc(sizeof(*new));
	int code;

	if (!new)
		return complain("%s: no memory to read it", path);
	code = conf_read(path, new);
	if (!code)
		*conf = *new;
	free(new);
	return code;
}
