// SPDX-License-Identifier: GPL-2.0
/*
 * Reads or writes one block of a device past the page cache, in two parts that
 * lie in different pages of memory: a bio whose parts are smaller than a block.
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
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096UL
#define FIRST 512UL

static char memory[3 * PAGE] __attribute__((aligned(PAGE)));

int main(int argc, char **argv)
{
	struct iovec parts[2];
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
	parts[0] = (struct iovec) { memory, FIRST };
	parts[1] = (struct iovec) { memory + 2 * PAGE, PAGE - FIRST };
	at = atol(argv[3]) * PAGE;
	if (!strcmp(argv[1], "write"))
		done = pwritev(fd, parts, 2, at);
	else
		done = preadv(fd, parts, 2, at);
	puts(done == (ssize_t)PAGE ? "ok" : done < 0 ? strerror(errno) : "not all of it");
	return 0;
}
