// SPDX-License-Identifier: GPL-2.0
/*
 * A write that is stuck half-way, with the file's lock held: its buffer's memory comes from
 * userfaultfd, which nobody serves until a signal comes.
 *
 *   stuckwrite FILE
 *
 * Prints "stuck" when it is. SIGTERM lets it go on; exit status 0 if all was written then.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LEN 8192UL

static char *buffer;
static int file;

static void *write_all(void *unused)
{
	(void)unused;
	return (void *)(long)(write(file, buffer, LEN) == (ssize_t)LEN);
}

static int claim(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register claim = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	buffer = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	claim.range.start = (unsigned long)buffer;
	claim.range.len = LEN;
	if (uffd < 0 || buffer == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &claim))
		return -1;
	return uffd;
}

int main(int argc, char **argv)
{
	int uffd = claim(), signal_nr;
	struct uffdio_zeropage zeros = { .range = { (unsigned long)buffer, LEN } };
	struct pollfd fault = { .fd = uffd, .events = POLLIN };
	pthread_t writer;
	sigset_t signals;
	void *is_whole;

	file = argc == 2 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (uffd < 0 || file < 0 || pthread_create(&writer, NULL, write_all, NULL) ||
	    poll(&fault, 1, -1) != 1) {
		perror("stuckwrite");
		return 2;
	}
	puts("stuck");
	fflush(stdout);
	sigwait(&signals, &signal_nr);
	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zeros)) {
		perror("UFFDIO_ZEROPAGE");
		return 2;
	}
	pthread_join(writer, &is_whole);
	return !is_whole;
}
