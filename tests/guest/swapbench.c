// SPDX-License-Identifier: GPL-2.0
/*
 * What swapping a page costs: swaps a region out with MADV_PAGEOUT and touches
 * its pages back in, in random and in ascending order, over and over. Prints
 * nanoseconds per 4 KiB page; in a guest that counts instructions those are
 * instructions. Every page is checked against its generator after each way in.
 *
 * Usage: swapbench MIB FOLIO_KIB ROUNDS
 *
 * The first of several rounds warms things up and doesn't count. Half of each
 * page is random and half repeats one value, in turns of 16 bytes, as records
 * with fields do: lz4 makes 60 to 70 % of it. (One random half and one constant
 * half would cost a compressor half the instructions: it skips both fast.)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE		4096UL
#define WORDS		(PAGE / sizeof(uint64_t))
#define REGION_ALIGN	(2UL << 20)

struct region {
	uint64_t *mem;
	size_t pages;
	size_t *order;
	uint64_t generation;
};

struct result {
	const char *name;
	double sum, least, most;
	unsigned int count;
};

static void die(const char *what)
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

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static uint64_t page_seed(const struct region *r, size_t page)
{
	return mix(r->generation << 32 | page);
}

static uint64_t word_of(uint64_t seed, size_t word)
{
	return word & 2 ? seed : mix(seed + word);
}

static void region_fill(struct region *r)
{
	r->generation++;
	for (size_t page = 0; page < r->pages; page++) {
		uint64_t seed = page_seed(r, page);

		for (size_t word = 0; word < WORDS; word++)
			r->mem[page * WORDS + word] = word_of(seed, word);
	}
}

static void region_verify(const struct region *r)
{
	for (size_t page = 0; page < r->pages; page++) {
		uint64_t seed = page_seed(r, page);

		for (size_t word = 0; word < WORDS; word++) {
			if (r->mem[page * WORDS + word] == word_of(seed, word))
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
		size_t j = (state = mix(state)) % (i + 1);
		size_t page = r->order[i];

		r->order[i] = r->order[j];
		r->order[j] = page;
	}
}

static void region_create(struct region *r, size_t mib, size_t folio_kib)
{
	size_t size = mib << 20;
	uintptr_t mem;

	mem = (uintptr_t)mmap(NULL, size + REGION_ALIGN, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == (uintptr_t)MAP_FAILED)
		die("mmap");
	mem = (mem + REGION_ALIGN - 1) & ~(REGION_ALIGN - 1);
	r->mem = (uint64_t *)mem;
	r->pages = size / PAGE;
	r->order = malloc(r->pages * sizeof(*r->order));
	if (!r->order)
		die("malloc");
	for (size_t i = 0; i < r->pages; i++)
		r->order[i] = i;
	if (madvise(r->mem, size, folio_kib > 4 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		die("madvise");
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

/* The figure means nothing unless really all of the region went out. */
static double measure_out(struct region *r)
{
	uint64_t begin, end;
	size_t kib;

	begin = now_ns();
	if (madvise(r->mem, r->pages * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT");
	end = now_ns();
	kib = swapped_kib();
	if (kib < r->pages * PAGE >> 10) {
		fprintf(stderr, "only %zu KiB of %zu were swapped out\n",
			kib, r->pages * PAGE >> 10);
		exit(1);
	}
	return (double)(end - begin) / r->pages;
}

static double measure_in_random(struct region *r)
{
	volatile uint64_t *mem = r->mem;
	uint64_t begin, end;

	begin = now_ns();
	for (size_t i = 0; i < r->pages; i++)
		(void)mem[r->order[i] * WORDS];
	end = now_ns();
	return (double)(end - begin) / r->pages;
}

static double measure_in_sequential(struct region *r)
{
	volatile uint64_t *mem = r->mem;
	uint64_t begin, end;

	begin = now_ns();
	for (size_t page = 0; page < r->pages; page++)
		(void)mem[page * WORDS];
	end = now_ns();
	return (double)(end - begin) / r->pages;
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

int main(int argc, char **argv)
{
	struct result out = { .name = "swap-out" };
	struct result random = { .name = "swap-in-random" };
	struct result sequential = { .name = "swap-in-sequential" };
	struct region r = { 0 };
	int rounds;

	if (argc != 4) {
		fprintf(stderr, "usage: swapbench MIB FOLIO_KIB ROUNDS\n");
		return 2;
	}
	rounds = atoi(argv[3]);
	region_create(&r, atoi(argv[1]), atoi(argv[2]));
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
	return 0;
}
