// SPDX-License-Identifier: GPL-2.0
/*
 * Memory whose swapped-out pages may be lost: fills it, swaps it out, waits for
 * a line on stdin, and then reads every page. Each must have its own bytes, or
 * raise SIGBUS; anything else is wrong.
 *
 *   poisoncheck MEGABYTES [SEED]
 *
 * Prints "out PAGES" when it waits, then "good PAGES lost PAGES wrong PAGES".
 * Exits 1 if a byte was wrong.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "words.h"

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))

static sigjmp_buf lost;

static void on_sigbus(int signal)
{
	(void)signal;
	siglongjmp(lost, 1);
}

static uint64_t word(uint64_t seed, size_t page, size_t i)
{
	return mix64(seed + page * WORDS + i);
}

static void fill(uint64_t *memory, size_t pages, uint64_t seed)
{
	for (size_t page = 0; page < pages; page++)
		for (size_t i = 0; i < WORDS; i++)
			memory[page * WORDS + i] = word(seed, page, i);
}

static bool page_is_good(const volatile uint64_t *data, uint64_t seed, size_t page)
{
	for (size_t i = 0; i < WORDS; i++)
		if (data[i] != word(seed, page, i))
			return false;
	return true;
}

static size_t pages_out(const void *memory, size_t pages)
{
	unsigned char *present = malloc(pages);
	size_t out = 0;

	if (!present || mincore((void *)memory, pages * PAGE, present))
		return 0;
	for (size_t page = 0; page < pages; page++)
		out += !(present[page] & 1);
	free(present);
	return out;
}

static bool check(const uint64_t *memory, size_t pages, uint64_t seed)
{
	volatile size_t good = 0, gone = 0, wrong = 0;

	for (volatile size_t page = 0; page < pages; page++) {
		if (sigsetjmp(lost, 1))
			gone++;
		else if (page_is_good(memory + page * WORDS, seed, page))
			good++;
		else
			wrong++;
	}
	printf("good %zu lost %zu wrong %zu\n", good, gone, wrong);
	return !wrong;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_sigbus };
	size_t pages = (argc > 1 ? strtoul(argv[1], NULL, 0) : 0) << 8;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	uint64_t *memory;

	memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!pages || memory == MAP_FAILED) {
		fprintf(stderr, "usage: poisoncheck MEGABYTES [SEED]\n");
		return 2;
	}
	sigaction(SIGBUS, &action, NULL);
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	fill(memory, pages, seed);
	for (int i = 0; i < 3; i++)
		madvise(memory, pages * PAGE, MADV_PAGEOUT);
	printf("out %zu\n", pages_out(memory, pages));
	fflush(stdout);
	getchar();
	return check(memory, pages, seed) ? 0 : 1;
}
