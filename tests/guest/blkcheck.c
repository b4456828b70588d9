// SPDX-License-Identifier: GPL-2.0
/*
 * Writes a block device in pieces of odd sizes and reads it back in other
 * pieces. Every byte is computed from (seed, piece, version, position), never
 * compared with a copy.
 *
 *   blkcheck [--seed N] [--rounds N] [--limit BYTES] DEVICE
 *
 * In each round every piece is either written through the page cache (any
 * offset and length), written directly (whole blocks, from unaligned memory, in
 * several segments), discarded (then it must read as zeros), or left as it is.
 * Then all is read back, both ways.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "words.h"

#define SECTOR 512UL
#define PAGE 4096UL
#define LONGEST (300UL << 10)
#define MAX_PIECES 100000

/* A run of bytes that are always written together. */
struct piece {
	uint64_t start, length;
	uint32_t version;	/* 0: zeros */
	bool whole_blocks;
};

static struct piece pieces[MAX_PIECES];
static int nr_pieces;
static uint64_t seed = 1, device_size, block_size;
static int cached, direct;
static unsigned char *memory;

static void die(const char *what)
{
	fprintf(stderr, "blkcheck: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t next_random(void)
{
	static uint64_t count;

	return mix64(seed ^ mix64(++count));
}

/* The byte at a position of the device, as of its piece's version. */
static unsigned char byte_at(const struct piece *p, uint64_t at)
{
	if (!p->version)
		return 0;
	return mix64(seed ^ mix64(at >> 3) ^ mix64((uint64_t)p->version << 40 ^ p->start)) >> (at & 7) * 8;
}

/* Pieces: some of whole blocks, for direct I/O and discard; others of any size. */
static void cut_pieces(void)
{
	uint64_t at = 0, length;

	while (at < device_size && nr_pieces < MAX_PIECES) {
		struct piece *p = &pieces[nr_pieces++];

		length = next_random() % (next_random() & 1 ? 3 * PAGE : LONGEST) + 1;
		p->whole_blocks = next_random() & 1;
		if (at % block_size) {	/* back to a boundary, or oddly on */
			if (p->whole_blocks)
				length = block_size - at % block_size;
			p->whole_blocks = false;
		} else if (p->whole_blocks) {
			length = (length + block_size - 1) / block_size * block_size;
		}
		if (length > device_size - at)
			length = device_size - at;
		p->start = at;
		p->length = length;
		at += length;
	}
	if (at < device_size)
		device_size = at;
}

static void write_cached(const struct piece *p)
{
	if (pwrite(cached, memory, p->length, p->start) != (ssize_t)p->length)
		die("buffered write");
}

/* Segments of whole blocks, in memory that is not page aligned. */
static int segment(struct iovec *iov, unsigned char *from, uint64_t length)
{
	uint64_t at = 0, step;
	int count = 0;

	while (at < length) {
		step = count < 60 ? (next_random() % 19 + 1) * block_size : length;
		if (step > length - at)
			step = length - at;
		iov[count++] = (struct iovec){ from + at, step };
		at += step;
	}
	return count;
}

static void transfer_direct(const struct piece *p, bool write)
{
	struct iovec iov[64];
	int count = segment(iov, memory, p->length);
	ssize_t done = write ? pwritev(direct, iov, count, p->start) :
			       preadv(direct, iov, count, p->start);

	if (done != (ssize_t)p->length)
		die(write ? "direct write" : "direct read");
}

static void discard(const struct piece *p)
{
	uint64_t range[2] = { p->start, p->length };

	if (ioctl(cached, BLKDISCARD, range))
		die("BLKDISCARD");
}

static void change(struct piece *p, int round)
{
	uint64_t i;
	int how = next_random() % 8;

	if (how == 0)
		return;
	if (how == 1 && p->whole_blocks) {
		p->version = 0;
		discard(p);
		return;
	}
	p->version = round + 1;
	for (i = 0; i < p->length; i++)
		memory[i] = byte_at(p, p->start + i);
	if (p->whole_blocks && how < 5)
		transfer_direct(p, true);
	else
		write_cached(p);
}

static void compare(const struct piece *p, uint64_t from, uint64_t length, const char *how)
{
	uint64_t i;

	for (i = 0; i < length; i++) {
		if (memory[i] == byte_at(p, from + i))
			continue;
		fprintf(stderr, "blkcheck: %s read at %llu (piece %llu+%llu version %u): wanted %02x got %02x\n",
			how, (unsigned long long)(from + i), (unsigned long long)p->start,
			(unsigned long long)p->length, p->version, byte_at(p, from + i), memory[i]);
		exit(1);
	}
}

static void check_cached(const struct piece *p)
{
	uint64_t at, step;

	for (at = 0; at < p->length; at += step) {
		step = next_random() % LONGEST + 1;
		if (step > p->length - at)
			step = p->length - at;
		if (pread(cached, memory, step, p->start + at) != (ssize_t)step)
			die("buffered read");
		compare(p, p->start + at, step, "buffered");
	}
}

/* The page cache is written back and dropped, so that the device answers. */
static void sync_and_drop(void)
{
	if (fsync(cached))
		die("fsync");
	if (ioctl(cached, BLKFLSBUF, 0))
		die("BLKFLSBUF");
}

static void run_round(int round)
{
	int i, start = next_random() % nr_pieces;

	for (i = 0; i < nr_pieces; i++)
		change(&pieces[(start + i) % nr_pieces], round);
	sync_and_drop();
	for (i = 0; i < nr_pieces; i++) {
		if (!pieces[i].whole_blocks)
			continue;
		transfer_direct(&pieces[i], false);
		compare(&pieces[i], pieces[i].start, pieces[i].length, "direct");
	}
	for (i = 0; i < nr_pieces; i++)
		check_cached(&pieces[i]);
}

static void open_device(const char *path, uint64_t limit)
{
	int size;

	cached = open(path, O_RDWR);
	direct = open(path, O_RDWR | O_DIRECT);
	if (cached < 0 || direct < 0)
		die(path);
	if (ioctl(cached, BLKGETSIZE64, &device_size) || ioctl(cached, BLKSSZGET, &size))
		die("size of the device");
	block_size = size;
	if (limit && limit < device_size)
		device_size = limit;
	memory = aligned_alloc(PAGE, LONGEST + 2 * PAGE);
	if (!memory)
		die("memory");
	memory += SECTOR;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", 1, NULL, 's' }, { "rounds", 1, NULL, 'r' }, { "limit", 1, NULL, 'l' }, { 0 }
	};
	uint64_t limit = 0;
	int rounds = 3, name, i;

	while ((name = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (name) {
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'r': rounds = atoi(optarg); break;
		case 'l': limit = strtoull(optarg, NULL, 0); break;
		default: return 2;
		}
	}
	if (optind != argc - 1)
		return 2;
	open_device(argv[optind], limit);
	cut_pieces();
	for (i = 0; i < rounds; i++)
		run_round(i);
	printf("%d pieces, block size %llu\n", nr_pieces, (unsigned long long)block_size);
	return 0;
}
