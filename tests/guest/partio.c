// SPDX-License-Identifier: GPL-2.0
/*
 * Reads or writes one block of a device past the page cache, from or to memory
 * that lies in two pages: a bio whose parts are smaller than a block.
 *
 *   partio read|write DEVICE BLOCK
 *
 * Prints "ok", or what was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096UL
#define FIRST 512UL

static char memory[2 * PAGE] __attribute__((aligned(PAGE)));

int main(int argc, char **argv)
{
	ssize_t done;
	off_t at;
	int fd;

	if (argc != 4)
		return 2;
	fd = open(argv[2], O_RDWR | O_DIRECT);
	if (fd < 0) {
		perror(argv[2]);
		return 2;
	}
	memset(memory, 'x', sizeof(memory));
	at = atol(argv[3]) * PAGE;
	if (!strcmp(argv[1], "write"))
		done = pwrite(fd, memory + FIRST, PAGE, at);
	else
		done = pread(fd, memory + FIRST, PAGE, at);
	puts(done == (ssize_t)PAGE ? "ok" : done < 0 ? strerror(errno) : "not all of it");
	return 0;
}
