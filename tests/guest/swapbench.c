// SPDX-License-Identifier: GPL-2.0
/*
 * What swapping a page costs: swaps a region out with MADV_PAGEOUT and touches
 * its pages back in, in random and in ascending order, over and over. Prints
 * nanoseconds per 4 KiB page; in a guest that counts instructions those are
 * instructions. Every page is checked against its generator after each way in.
 *
 * Usage: swapbench [OPTION]... MIB
 *	-d DATA		random, half or zero (half)
 *	-f KIB		size of the folios to swap (4)
 *	-r ROUNDS	the first of several warms things up and doesn't count (2)
 *	-p NUMBER	of processes that share MIB among them (1); in sequence only
 *	-s SECONDS	with -p: no figures per page, but how many pages go out and in again
 *			per second, all processes together, each on a CPU of its own
 *	-b		swaps MIB of zeros out and stays in the background; prints its process
 *			number
 *
 * "half": half of each page is random and half repeats one value, in turns of
 * 16 bytes, as records with fields do: lz4 makes 60 to 70 % of it. (One random
 * half and one constant half would cost a compressor half the instructions: it
 * skips both fast.)
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define PAGE		4096UL
#define WORDS		(PAGE / sizeof(uint64_t))
#define REGION_ALIGN	(2UL << 20)
#define MAX_PROCESSES	16

/*
 * Marks for tests/qemu/profile.c, the plugin that counts what runs between
 * "begin" and another one; no-ops to anybody else.
 */
#define MARK(number) asm volatile("nopl 0x43584c0" #number "(%%rax,%%rax)" ::: "memory")
#define MARK_BEGIN		MARK(0)
#define MARK_OUT		MARK(1)
#define MARK_IN_RANDOM		MARK(2)
#define MARK_IN_SEQUENTIAL	MARK(3)

enum data { RANDOM, HALF, ZERO };

static const char * const data_names[] = { "random", "half", "zero" };

struct region {
	uint64_t *mem;
	size_t pages;
	size_t *order;
	uint64_t generation;
	enum data data;
};

struct result {
	const char *name;
	double sum, least, most;
	unsigned int count;
};

static enum data data = HALF;
static size_t mib, folio_kib = 4;
static int rounds = 2, processes, seconds, background;

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

static uint64_t page_seed(const struct region *r, size_t page)
{
	return mix64(r->generation << 32 | page);
}

static uint64_t word_of(const struct region *r, uint64_t seed, size_t word)
{
	if (r->data == ZERO)
		return 0;
	return r->data == HALF && word & 2 ? seed : mix64(seed + word);
}

/*
 * Anew each time: what came in page by page must go out in large folios again. (The kernel has no
 * huge page for where it has a page table, so MADV_DONTNEED would not do.)
 */
static void region_map(struct region *r)
{
	size_t size = r->pages * PAGE;

	if (mmap(r->mem, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0) == MAP_FAILED)
		die("mmap");
	if (madvise(r->mem, size, folio_kib > 4 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise");
}

static void region_fill(struct region *r)
{
	r->generation++;
	region_map(r);
	for (size_t page = 0; page < r->pages; page++) {
		uint64_t seed = page_seed(r, page);

		for (size_t word = 0; word < WORDS; word++)
			r->mem[page * WORDS + word] = word_of(r, seed, word);
	}
}

static void region_verify(const struct region *r)
{
	for (size_t page = 0; page < r->pages; page++) {
		uint64_t seed = page_seed(r, page);

		for (size_t word = 0; word < WORDS; word++) {
			if (r->mem[page * WORDS + word] == word_of(r, seed, word))
				continue;
			fprintf(stderr, "page %zu differs at word %zu\n", page, word);
			exit(1);
		}
	}
}

static void region_shuffle(struct region *r)
{
	uint64_t state = r->generation;

	for (size_t i = r->pages - 1; i > 0; i--) {
		size_t j = (state = mix64(state)) % (i + 1);
		size_t page = r->order[i];

		r->order[i] = r->order[j];
		r->order[j] = page;
	}
}

static void region_create(struct region *r, size_t size)
{
	uintptr_t mem;

	mem = (uintptr_t)mmap(NULL, size + REGION_ALIGN, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == (uintptr_t)MAP_FAILED)
		die("mmap");
	mem = (mem + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1);
	r->mem = (uint64_t *)mem;
	r->data = data;
	r->pages = size / PAGE;
	r->order = malloc(r->pages * sizeof(*r->order));
	if (!r->order)
		die("malloc");
	for (size_t i = 0; i < r->pages; i++)
		r->order[i] = i;
}

static size_t swapped_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	size_t kib = 0;

	if (!status)
		die("/proc/self/status");
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmSwap: %zu", &kib) == 1)
			break;
	fclose(status);
	return kib;
}

static void region_pageout(struct region *r)
{
	if (madvise(r->mem, r->pages * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
}

static void region_touch(struct region *r)
{
	volatile uint64_t *mem = r->mem;

	for (size_t page = 0; page < r->pages; page++)
		(void)mem[page * WORDS];
}

/*
 * A figure means nothing unless really all of the region went out; but where there are more CPUs
 * than one, another may hold a few pages for a moment.
 */
static void region_check_out(const struct region *r)
{
	size_t wanted = r->pages * PAGE >> 10, kib = swapped_kib();

	if (kib >= (sysconf(_SC_NPROCESSORS_ONLN) > 1 ? wanted / 100 * 90 : wanted))
		return;
	fprintf(stderr, "only %zu KiB of %zu were swapped out\n", kib, wanted);
	exit(1);
}

static double measure_out(struct region *r)
{
	uint64_t begin = now_ns(), end;

	MARK_BEGIN;
	region_pageout(r);
	MARK_OUT;
	end = now_ns();
	region_check_out(r);
	return (double)(end - begin) / r->pages;
}

static double measure_in_random(struct region *r)
{
	volatile uint64_t *mem = r->mem;
	uint64_t begin = now_ns();

	MARK_BEGIN;
	for (size_t i = 0; i < r->pages; i++)
		(void)mem[r->order[i] * WORDS];
	MARK_IN_RANDOM;
	return (double)(now_ns() - begin) / r->pages;
}

static double measure_in_sequential(struct region *r)
{
	uint64_t begin = now_ns();

	MARK_BEGIN;
	region_touch(r);
	MARK_IN_SEQUENTIAL;
	return (double)(now_ns() - begin) / r->pages;
}

static void result_add(struct result *res, double value)
{
	if (!res->count || value < res->least)
		res->least = value;
	if (!res->count || value > res->most)
		res->most = value;
	res->sum += value;
	res->count++;
}

static void result_print(const struct result *res)
{
	double mean = res->sum / res->count;

	printf("%s %.0f\n", res->name, mean);
	fprintf(stderr, "# %s spread %.2f %%\n", res->name,
		100 * (res->most - res->least) / mean);
}

static void measure_alone(void)
{
	struct result out = { .name = "swap-out" };
	struct result random = { .name = "swap-in-random" };
	struct result sequential = { .name = "swap-in-sequential" };
	struct region r = { 0 };

	region_create(&r, mib << 20);
	for (int round = 0; round < rounds; round++) {
		int counts = round || rounds == 1;
		double o, i;

		region_fill(&r);
		region_shuffle(&r);
		o = measure_out(&r);
		i = measure_in_random(&r);
		region_verify(&r);
		if (counts) {
			result_add(&out, o);
			result_add(&random, i);
		}
		region_fill(&r);
		o = measure_out(&r);
		i = measure_in_sequential(&r);
		region_verify(&r);
		if (counts) {
			result_add(&out, o);
			result_add(&sequential, i);
		}
	}
	result_print(&out);
	result_print(&random);
	result_print(&sequential);
}

/* ---- several processes ---- */

/* Pages that each process swapped per second; shared by all. */
static uint64_t *rates;
/* A byte for each process that is ready, and for each that may go on. */
static int ready[2], go[2];

/* All begin a step at the same time, when the parent has seen that all are ready. */
static void child_wait(void)
{
	char byte = 0;

	if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
		die("pipe");
}

static void parent_wait(void)
{
	char byte;

	for (int i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a process ended early");
}

static void parent_go(void)
{
	char bytes[MAX_PROCESSES] = { 0 };

	if (write(go[1], bytes, processes) != processes)
		die("pipe");
}

static void child_swap(struct region *r)
{
	for (int round = 0; round < rounds; round++) {
		region_fill(r);
		child_wait();
		region_pageout(r);
		child_wait();
		region_touch(r);
		child_wait();
		region_verify(r);
	}
}

/* The clock stops when the last one is through: on one CPU they take turns. */
static void measure_together(void)
{
	size_t pages = (mib << 20) / PAGE;
	struct result out = { .name = "swap-out" };
	struct result in = { .name = "swap-in-sequential" };

	for (int round = 0; round < rounds; round++) {
		uint64_t begin, between, end;

		parent_wait();
		begin = now_ns();
		parent_go();
		parent_wait();
		between = now_ns();
		parent_go();
		parent_wait();
		end = now_ns();
		parent_go();
		if (!round && rounds > 1)
			continue;
		result_add(&out, (double)(between - begin) / pages);
		result_add(&in, (double)(end - between) / pages);
	}
	result_print(&out);
	result_print(&in);
}

static void child_use_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void child_swap_for_seconds(struct region *r, int number)
{
	uint64_t begin, elapsed, nr_pages = 0;

	child_use_cpu(number);
	region_fill(r);
	region_pageout(r);
	region_check_out(r);
	region_touch(r);
	child_wait();
	begin = now_ns();
	do {
		region_pageout(r);
		region_touch(r);
		nr_pages += r->pages;
		elapsed = now_ns() - begin;
	} while (elapsed < seconds * 1000000000ULL);
	rates[number] = nr_pages * 1000000000ULL / elapsed;
	region_verify(r);
}

static void reap(void)
{
	int status;

	while (wait(&status) > 0)
		if (status)
			exit(1);
}

static void measure_throughput(void)
{
	uint64_t sum = 0;

	parent_wait();
	parent_go();
	reap();
	for (int i = 0; i < processes; i++)
		sum += rates[i];
	printf("%llu\n", (unsigned long long)sum);
}

static void child_run(int number)
{
	struct region r = { .generation = (uint64_t)number << 16 };

	region_create(&r, (mib << 20) / processes);
	if (seconds)
		child_swap_for_seconds(&r, number);
	else
		child_swap(&r);
	exit(0);
}

static void measure_processes(void)
{
	rates = mmap(NULL, MAX_PROCESSES * sizeof(*rates), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rates == MAP_FAILED)
		die("mmap");
	if (pipe(ready) || pipe(go))
		die("pipe");
	for (int i = 0; i < processes; i++) {
		switch (fork()) {
		case -1: die("fork");
		case 0: child_run(i);
		}
	}
	close(ready[1]);
	if (seconds)
		measure_throughput();
	else
		measure_together();
	reap();
}

/* The caller goes on when the pages are out. */
static void swap_and_stay(void)
{
	struct region r = { 0 };
	char byte = 0;
	pid_t child;

	data = ZERO;
	if (pipe(ready))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (child) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			die("the child has failed");
		printf("%d\n", (int)child);
		return;
	}
	fclose(stdout);	/* whoever waits for our output waits for the parent alone */
	region_create(&r, mib << 20);
	region_fill(&r);
	region_pageout(&r);
	region_check_out(&r);
	if (write(ready[1], &byte, 1) != 1)
		die("pipe");
	pause();
}

static int usage(void)
{
	fprintf(stderr, "usage: swapbench [-d random|half|zero] [-f KIB] [-r ROUNDS] "
		"[-p PROCESSES] [-s SECONDS] [-b] MIB\n");
	return 2;
}

static int data_by_name(const char *name)
{
	for (data = RANDOM; data <= ZERO; data++)
		if (!strcmp(data_names[data], name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "d:f:r:p:s:b")) != -1) {
		if (option == 'd' && data_by_name(optarg))
			continue;
		switch (option) {
		case 'f': folio_kib = atoi(optarg); break;
		case 'r': rounds = atoi(optarg); break;
		case 'p': processes = atoi(optarg); break;
		case 's': seconds = atoi(optarg); break;
		case 'b': background = 1; break;
		default: return usage();
		}
	}
	if (optind + 1 != argc || processes < 0 || processes > MAX_PROCESSES || rounds < 1)
		return usage();
	mib = atoi(argv[optind]);
	if (background)
		swap_and_stay();
	else if (processes)
		measure_processes();
	else
		measure_alone();
	return 0;
}
