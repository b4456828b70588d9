// SPDX-License-Identifier: GPL-2.0
/* Reads the file again, and decides what follows. */
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

/**
 * reload_read() - read the file again
 * @path: the file
 * @conf: what was in force, and is from now on; untouched if the file has mistakes
 *
 * Return: bits of enum reload; after complaints RELOAD_REFUSED.
 */
unsigned int reload_read(const char *path, struct conf *conf)
{
	struct conf *new = malloc(sizeof(*new));
	unsigned int what = RELOAD_REFUSED;

	if (!new) {
		complain("%s: no memory to read it", path);
		return RELOAD_REFUSED;
	}
	if (!conf_read(path, new)) {
		what = RELOAD_APPLY;
		if (strcmp(conf->metrics_listen, new->metrics_listen))
			what |= RELOAD_LISTEN;
		*conf = *new;
	}
	free(new);
	return what;
}
