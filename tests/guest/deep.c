// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command in a folder so deep down that no buffer has room for its path.
 *
 *   deep FOLDER COMMAND...
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[NAME_MAX - 4];
	unsigned int depth;

	if (argc < 3)
		errx(2, "usage: deep FOLDER COMMAND...");
	if (chdir(argv[1]))
		err(1, "%s", argv[1]);
	memset(name, 'd', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (depth = 0; depth <= PATH_MAX / sizeof(name); depth++)
		if ((mkdir(name, 0700) && errno != EEXIST) || chdir(name))
			err(1, "folder %u", depth);
	execvp(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
