// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a lease of a file, as a server does for its clients, and keeps it until it is killed.
 *
 * Usage: lease FILE
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK)) {
		perror("lease");
		return 1;
	}
	for (;;)
		pause();
}
