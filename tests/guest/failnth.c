// SPDX-License-Identifier: GPL-2.0
/*
 * Does one system call in which the Nth allocation that counts fails
 * (/proc/self/fail-nth; which ones count: tests/guest/attacks.sh).
 *
 *   failnth N load FILE [PARAMETER...]    finit_module()
 *   failnth N unload NAME                 delete_module()
 *   failnth N swapon AREA | swapoff AREA
 *   failnth N write FILE TEXT             one write()
 *   failnth N read FILE                   one read()
 *   failnth N store PAGES | back PAGES    MADV_PAGEOUT of, or first touch after
 *                                         it of, new pages; then compares them
 *
 * Prints "injected" or "spared" (there are no N allocations), then "ok" or the
 * error; says on stderr how many allocations there were. Exit status: 0 unless it could not try, or memory was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "words.h"

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))

static int fail_nth, nr_counted;
static const char *how_many;
static unsigned long nr_pages;
static uint64_t *memory;

static void die(const char *what)
{
	fprintf(stderr, "failnth: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		die(path);
	return fd;
}

/* From here until disarm() this task does nothing but the system call. */
static void arm(void)
{
	if (pwrite(fail_nth, how_many, strlen(how_many), 0) < 0)
		die("fail-nth");
}

/* Return: whether one failed. */
static bool disarm(void)
{
	char left[16] = "";

	if (pread(fail_nth, left, sizeof(left) - 1, 0) < 0 || pwrite(fail_nth, "0", 1, 0) < 0)
		die("fail-nth");
	nr_counted = atoi(how_many) - atoi(left);
	return atoi(left) == 0;
}

static void report(long result, int error, bool injected)
{
	printf("%s %s\n", injected ? "injected" : "spared", result < 0 ? strerror(error) : "ok");
	fprintf(stderr, "failnth: %d allocations\n", nr_counted);
}

static void memory_make(void)
{
	unsigned long i;

	memory = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || madvise(memory, nr_pages * PAGE, MADV_NOHUGEPAGE))
		die("memory");
	for (i = 0; i < nr_pages * WORDS; i++)
		memory[i] = mix64(i);
}

static int memory_compare(void)
{
	unsigned long i;

	for (i = 0; i < nr_pages * WORDS; i++) {
		if (memory[i] != mix64(i)) {
			fprintf(stderr, "failnth: page %zu is wrong\n", i / WORDS);
			return 1;
		}
	}
	return 0;
}

static int try_memory(bool back)
{
	unsigned long page;
	bool injected;
	long result;

	memory_make();
	if (back && madvise(memory, nr_pages * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
	arm();
	result = back ? 0 : madvise(memory, nr_pages * PAGE, MADV_PAGEOUT);
	for (page = 0; page < nr_pages && back; page++)
		(void)((volatile uint64_t *)memory)[page * WORDS];
	injected = disarm();
	report(result, errno, injected);
	return memory_compare();
}

static char *joined(char **words)
{
	static char all[1024];

	for (; *words; words++) {
		if (all[0])
			strcat(all, " ");
		strncat(all, *words, sizeof(all) - strlen(all) - 2);
	}
	return all;
}

static int open_for(const char *what, const char *path)
{
	if (!strcmp(what, "write"))
		return open_or_die(path, O_WRONLY);
	if (!strcmp(what, "load") || !strcmp(what, "read"))
		return open_or_die(path, O_RDONLY);
	return -1;
}

static long call(const char *what, int fd, const char *name, const char *more)
{
	char buffer[4096];

	if (!strcmp(what, "load"))
		return syscall(SYS_finit_module, fd, more, 0);
	if (!strcmp(what, "unload"))
		return syscall(SYS_delete_module, name, O_NONBLOCK);
	if (!strcmp(what, "swapon"))
		return swapon(name, 0);
	if (!strcmp(what, "swapoff"))
		return swapoff(name);
	if (!strcmp(what, "write"))
		return write(fd, more, strlen(more));
	return read(fd, buffer, sizeof(buffer));
}

static int try_call(const char *what, char **args)
{
	const char *more = joined(args + 1);
	int fd = open_for(what, args[0]);
	bool injected;
	long result;
	int error;

	arm();
	result = call(what, fd, args[0], more);
	error = errno;
	injected = disarm();
	report(result, error, injected);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	fail_nth = open_or_die("/proc/self/fail-nth", O_RDWR);
	how_many = argv[1];
	if (strcmp(argv[2], "store") && strcmp(argv[2], "back"))
		return try_call(argv[2], argv + 3);
	nr_pages = strtoul(argv[3], NULL, 0);
	return try_memory(!strcmp(argv[2], "back"));
}
