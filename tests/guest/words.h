/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where test data comes from: 64-bit words that a number determines and that
 * look random. Tests compute anew what memory must hold, and compare with that.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

/* splitmix64: a permutation of all words, in which every bit depends on all. */
static inline uint64_t mix64(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

#endif /* WORDS_H */
