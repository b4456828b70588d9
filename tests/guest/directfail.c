// SPDX-License-Identifier: GPL-2.0
/*
 * Direct writes that fail before anything was written, for a file whose first 64 KiB are in the page
 * cache:
 *
 *   directfail FILE [nowait]
 *
 * With "nowait", only those that may not wait. Prints how many failed, of each kind. Exit status 1 if one did not fail as it should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define ROUNDS 200

static char *buffer;
static char cached[65536];

/* As io_uring tries first: without waiting, while pages are in the page cache. */
static int write_nowait(int fd, int buffered_fd)
{
	struct iovec iov = { buffer, 4096 };
	int i, failed = 0;

	for (i = 0; i < ROUNDS; i++) {
		if (pread(buffered_fd, cached, sizeof(cached), 0) != sizeof(cached))
			return -1;
		if (pwritev2(fd, &iov, 1, i % 16 * 4096L, RWF_NOWAIT) < 0 && errno == EAGAIN)
			failed++;
	}
	return failed;
}

static int write_misaligned(int fd)
{
	int i, failed = 0;

	for (i = 0; i < ROUNDS; i++)
		failed += pwrite(fd, buffer + 3, 1001, i * 7 + 1) < 0;
	return failed;
}

/* Behind what this process may write. */
static int write_too_far(int fd)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	int i, failed = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return -1;
	for (i = 0; i < ROUNDS; i++)
		failed += pwrite(fd, buffer, 4096, 8L << 20) < 0;
	return failed;
}

int main(int argc, char **argv)
{
	int fd, buffered_fd, nowait, misaligned, too_far;

	if (argc != 2 && (argc != 3 || strcmp(argv[2], "nowait")))
		return 2;
	fd = open(argv[1], O_RDWR | O_DIRECT);
	buffered_fd = open(argv[1], O_RDONLY);
	if (fd < 0 || buffered_fd < 0 || posix_memalign((void **)&buffer, 4096, 8192)) {
		perror(argv[1]);
		return 2;
	}
	memset(buffer, 'x', 8192);
	nowait = write_nowait(fd, buffered_fd);
	if (argc == 3)
		return nowait < ROUNDS * 9 / 10;
	misaligned = write_misaligned(fd);
	too_far = write_too_far(fd);
	printf("nowait %d misaligned %d too-far %d\n", nowait, misaligned, too_far);
	return nowait < ROUNDS * 9 / 10 || too_far < ROUNDS;
}
