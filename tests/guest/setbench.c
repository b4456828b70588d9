// SPDX-License-Identifier: GPL-2.0
/*
 * What memory does for a program that has more than fits: a set of pages is filled, and then used
 * at random: some pages often and most of them rarely (zipf: Zipf's law, exponent 1), or 19 times
 * out of 20 one of a part of them (hot: three in five). Each use reads a part
 * of a page and compares it with its generator; one in four writes it anew. Prints the nanoseconds
 * per use, of the last half of all uses: the first half lets memory settle. In a guest that counts
 * instructions those are instructions.
 *
 * Usage: setbench zipf|hot MIB USES
 *
 * Of each page, half is random and half repeats one value, as swapbench's "half".
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "words.h"

#define PAGE	4096UL
#define WORDS	(PAGE / sizeof(uint64_t))
/* What a use reads or writes: a quarter of a page. */
#define PART	(WORDS / 4)

static uint64_t *mem;
static size_t nr_pages;
/* By popularity; and how often each was written. */
static uint32_t *order, *generation;
/* Powers of two below the number of pages. */
static unsigned int nr_steps;

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

static uint64_t word_of(size_t page, size_t word)
{
	uint64_t seed = mix64((uint64_t)generation[page] << 32 | page);

	return word & 2 ? seed : mix64(seed + word);
}

static void page_write(size_t page)
{
	generation[page]++;
	for (size_t word = 0; word < WORDS; word++)
		mem[page * WORDS + word] = word_of(page, word);
}

static void page_verify(size_t page, size_t first)
{
	for (size_t word = first; word < first + PART; word++) {
		if (mem[page * WORDS + word] == word_of(page, word))
			continue;
		fprintf(stderr, "page %zu differs at word %zu\n", page, word);
		exit(1);
	}
}

/*
 * Ranks from 2^i to 2^(i+1) are as likely, together, as those of any other i; within them all are
 * drawn alike, which is near enough.
 */
static size_t draw_zipf(uint64_t *state)
{
	size_t rank, base;

	do {
		*state = mix64(*state);
		base = 1UL << (*state >> 32) % nr_steps;
		rank = base + (uint32_t)*state % base - 1;
	} while (rank >= nr_pages);
	return order[rank];
}

static size_t draw_hot(uint64_t *state)
{
	size_t nr_hot = nr_pages / 5 * 3;

	*state = mix64(*state);
	if ((*state >> 32) % 20)
		return order[(uint32_t)*state % nr_hot];
	return order[nr_hot + (uint32_t)*state % (nr_pages - nr_hot)];
}

static size_t (*draw)(uint64_t *state);

static void set_create(size_t size)
{
	uint64_t state = 1;

	nr_pages = size / PAGE;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	order = malloc(nr_pages * sizeof(*order));
	generation = calloc(nr_pages, sizeof(*generation));
	if (mem == MAP_FAILED || !order || !generation)
		die("memory");
	if (madvise(mem, size, MADV_NOHUGEPAGE))
		die("madvise");
	for (size_t i = 0; i < nr_pages; i++)
		order[i] = i;
	for (size_t i = nr_pages - 1; i > 0; i--) {
		size_t j = (state = mix64(state)) % (i + 1);
		uint32_t page = order[i];

		order[i] = order[j];
		order[j] = page;
	}
	while (1UL << nr_steps < nr_pages)
		nr_steps++;
	for (size_t i = 0; i < nr_pages; i++)
		page_write(i);
}

static void use(uint64_t *state)
{
	size_t page = draw(state);

	page_verify(page, mix64(*state) % (WORDS - PART));
	if (*state % 4 == 0)
		page_write(page);
}

int main(int argc, char **argv)
{
	size_t uses = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
	uint64_t state = 2, begin;

	if (uses >= 2 && !strcmp(argv[1], "zipf"))
		draw = draw_zipf;
	if (uses >= 2 && !strcmp(argv[1], "hot"))
		draw = draw_hot;
	if (!draw || !strtoul(argv[2], NULL, 0)) {
		fprintf(stderr, "usage: setbench zipf|hot MIB USES\n");
		return 2;
	}
	set_create(strtoul(argv[2], NULL, 0) << 20);
	for (size_t i = 0; i < uses / 2; i++)
		use(&state);
	begin = now_ns();
	for (size_t i = 0; i < uses / 2; i++)
		use(&state);
	printf("%.0f\n", (double)(now_ns() - begin) / (uses / 2));
	for (size_t i = 0; i < nr_pages; i++)
		for (size_t first = 0; first < WORDS; first += PART)
			page_verify(i, first);
	return 0;
}
