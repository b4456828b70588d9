// SPDX-License-Identifier: GPL-2.0
/*
 * What reading a file costs, and evicting it from the page cache: in sequence, with readahead, and
 * page by page in random order. Prints the least nanoseconds per 4 KiB page of all files and rounds
 * (what else the kernel does now and then is no part of it); in a guest that counts instructions
 * those are instructions. Every page is checked against its generator after it was read.
 *
 *   filebench write MIB FILE...	make files, on disk and out of the page cache
 *   filebench read [-r ROUNDS] FILE...	all files, one after the other, in each round; the first of
 *					several rounds warms things up and does not count
 *   filebench truncate FILE		to nothing; prints the nanoseconds that it took
 *
 * Clean pages are evicted by POSIX_FADV_DONTNEED: as reclaim does, by remove_mapping(), but without
 * its choice among them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define PAGE	4096UL
#define WORDS	(PAGE / sizeof(uint64_t))
#define CHUNK	(128UL << 10)

struct bench {
	const char *path;
	int fd;
	size_t pages;
	uint64_t *mem;
	size_t *order;
};

struct result {
	const char *name;
	double least, most;
	unsigned int count;
};

static struct result results[] = {
	{ .name = "read-sequential" }, { .name = "evict" }, { .name = "read-random" },
};

enum { SEQUENTIAL, EVICT, RANDOM, NR_RESULTS };

static __attribute__((noreturn)) void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static uint64_t file_seed(const char *path)
{
	uint64_t seed = 0;

	while (*path)
		seed = mix64(seed + *path++);
	return seed;
}

/* ---- making files --------------------------------------------------------------------- */

static void page_compose(uint64_t *mem, uint64_t seed, size_t page)
{
	for (size_t i = 0; i < WORDS; i++)
		mem[i] = seed + page * WORDS + i;
}

static void file_write(const char *path, size_t pages)
{
	uint64_t mem[CHUNK / sizeof(uint64_t)], seed = file_seed(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		die(path);
	for (size_t page = 0; page < pages; page++) {
		/* a chunk at a time, which the number of pages is a multiple of */
		page_compose(mem + page * WORDS % (CHUNK / sizeof(*mem)), seed, page);
		if ((page + 1) % (CHUNK / PAGE))
			continue;
		if (write(fd, mem, CHUNK) != CHUNK)
			die(path);
	}
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) || close(fd))
		die(path);
}

/* ---- reading them --------------------------------------------------------------------- */

static void bench_shuffle(struct bench *b)
{
	uint64_t state = 1;

	for (size_t i = 0; i < b->pages; i++)
		b->order[i] = i;
	for (size_t i = b->pages - 1; i; i--) {
		size_t j = mix64(state++) % (i + 1), other = b->order[j];

		b->order[j] = b->order[i];
		b->order[i] = other;
	}
}

static void bench_open(struct bench *b, const char *path)
{
	struct stat stat;

	b->path = path;
	b->fd = open(path, O_RDONLY);
	if (b->fd < 0 || fstat(b->fd, &stat))
		die(path);
	b->pages = stat.st_size / PAGE;
	b->mem = mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	b->order = malloc(b->pages * sizeof(*b->order));
	if (b->mem == MAP_FAILED || !b->order)
		die("memory");
	bench_shuffle(b);
}

static void bench_close(struct bench *b)
{
	munmap(b->mem, b->pages * PAGE);
	free(b->order);
	close(b->fd);
}

/* Outside of what is measured; what was read is not what is read next. */
static void bench_verify(struct bench *b)
{
	uint64_t seed = file_seed(b->path);

	for (size_t i = 0; i < b->pages * WORDS; i++) {
		if (b->mem[i] != seed + i) {
			fprintf(stderr, "%s: wrong byte at %#zx\n", b->path, i * sizeof(*b->mem));
			exit(1);
		}
	}
	memset(b->mem, 0xee, b->pages * PAGE);
}

static double bench_evict(struct bench *b)
{
	uint64_t begin = now_ns();

	if (posix_fadvise(b->fd, 0, 0, POSIX_FADV_DONTNEED))
		die("fadvise");
	return (double)(now_ns() - begin) / b->pages;
}

static double bench_read_sequential(struct bench *b)
{
	uint64_t begin;

	posix_fadvise(b->fd, 0, 0, POSIX_FADV_NORMAL);
	begin = now_ns();
	for (size_t pos = 0; pos < b->pages * PAGE; pos += CHUNK)
		if (pread(b->fd, (char *)b->mem + pos, CHUNK, pos) != CHUNK)
			die("read");
	return (double)(now_ns() - begin) / b->pages;
}

static double bench_read_random(struct bench *b)
{
	uint64_t begin;

	posix_fadvise(b->fd, 0, 0, POSIX_FADV_RANDOM);
	begin = now_ns();
	for (size_t i = 0; i < b->pages; i++)
		if (pread(b->fd, b->mem + b->order[i] * WORDS, PAGE, b->order[i] * PAGE) != PAGE)
			die("read");
	return (double)(now_ns() - begin) / b->pages;
}

static void result_add(struct result *res, double value)
{
	if (!res->count || value < res->least)
		res->least = value;
	if (!res->count || value > res->most)
		res->most = value;
	res->count++;
}

static void results_print(void)
{
	for (struct result *res = results; res < results + NR_RESULTS; res++) {
		printf("%s %.0f\n", res->name, res->least);
		fprintf(stderr, "# %s spread %.2f %%\n", res->name,
			100 * (res->most / res->least - 1));
	}
}

static void bench_round(const char *path, int counts)
{
	double sequential, evict, random;
	struct bench b;

	bench_open(&b, path);
	sequential = bench_read_sequential(&b);
	bench_verify(&b);
	evict = bench_evict(&b);
	random = bench_read_random(&b);
	bench_verify(&b);
	bench_evict(&b);
	bench_close(&b);
	if (!counts)
		return;
	result_add(&results[SEQUENTIAL], sequential);
	result_add(&results[EVICT], evict);
	result_add(&results[RANDOM], random);
}

static int read_all(int argc, char **argv)
{
	int rounds = 2, c;

	while ((c = getopt(argc, argv, "r:")) != -1) {
		if (c != 'r')
			return 2;
		rounds = atoi(optarg);
	}
	for (int round = 0; round < rounds; round++)
		for (int i = optind; i < argc; i++)
			bench_round(argv[i], round || rounds == 1);
	results_print();
	return 0;
}

static int truncate_one(const char *path)
{
	int fd = open(path, O_RDWR);
	uint64_t begin;

	if (fd < 0)
		die(path);
	begin = now_ns();
	if (ftruncate(fd, 0))
		die(path);
	printf("%llu\n", (unsigned long long)(now_ns() - begin));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "write")) {
		for (int i = 3; i < argc; i++)
			file_write(argv[i], (strtoul(argv[2], NULL, 0) << 20) / PAGE);
		return 0;
	}
	if (argc >= 3 && !strcmp(argv[1], "read"))
		return read_all(argc - 1, argv + 1);
	if (argc == 3 && !strcmp(argv[1], "truncate"))
		return truncate_one(argv[2]);
	fprintf(stderr,
		"usage: filebench write MIB FILE... | read [-r ROUNDS] FILE... | truncate FILE\n");
	return 2;
}
