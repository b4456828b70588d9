// SPDX-License-Identifier: GPL-2.0
/*
 * A file workload that knows what every byte must be, in the manner of fsx: random reads and
 * writes, through the page cache, past it and by mmap, truncates, holes, moves within the file,
 * clones, and evictions between them. Each worker keeps the content of what is its own in
 * anonymous memory, which no file system has a hand in.
 *
 *   filecheck [options] DIRECTORY
 *
 *	--seed N	what to do is computed from it; the same seed, the same operations
 *	--ops N		operations of each worker (1000)
 *	--seconds N	as many as go into that time instead; or until it is told to end by SIGTERM
 *	--size KIB	the most that a worker's file, or part of a file, has (2048)
 *	--workers N	processes (1)
 *	--shared	all work on one file, each on a part of it; without truncates and moves
 *	--buffered	no direct writes
 *	--trace		print each operation before it is done
 *
 * A worker that finds a wrong byte prints the operation's number and what differs. To replay it:
 * the same options with --ops up to that number, and --trace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MAX_LEN (256UL << 10)

struct options {
	uint64_t seed;
	uint64_t ops;
	time_t seconds;
	size_t size;
	unsigned int workers;
	bool shared;
	bool buffered;
	bool trace;
	const char *dir;
};

struct worker {
	const struct options *opt;
	unsigned int nr;
	uint64_t random;
	uint64_t op;
	char path[512];
	int fd;
	int direct_fd;
	size_t base;		/* of its part, in the file */
	size_t size;		/* of its part, or of the file, now */
	uint8_t *good;
	uint8_t *buffer;	/* aligned, MAX_LEN */
};

/* SIGTERM: that is all; everybody checks what he has. */
static volatile sig_atomic_t is_over;

static void say_it_is_over(int signal)
{
	(void)signal;
	is_over = true;
}

/* splitmix64 */
static uint64_t next_random(struct worker *w)
{
	uint64_t z = w->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(struct worker *w, size_t limit)
{
	return limit ? next_random(w) % limit : 0;
}

static void say(const struct worker *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct worker *w, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("worker %u op %llu: %s\n", w->nr, (unsigned long long)w->op, text);
	fflush(stdout);
}

static void die(const struct worker *w, const char *what)
{
	say(w, "%s: %s", what, strerror(errno));
	exit(2);
}

static void trace(const struct worker *w, const char *what, size_t pos, size_t len)
{
	if (w->opt->trace)
		say(w, "%s %#zx+%#zx of %#zx", what, pos, len, w->size);
}

static void compare(const struct worker *w, const char *how, const uint8_t *got, size_t pos,
		    size_t len)
{
	size_t i, nr_wrong = 0, first = 0, last = 0;

	if (!memcmp(got, w->good + pos, len))
		return;
	for (i = 0; i < len; i++) {
		if (got[i] == w->good[pos + i])
			continue;
		if (!nr_wrong++)
			first = i;
		last = i;
	}
	say(w, "WRONG: %s %#zx+%#zx of %s at %#zx (seed %llu): %zu bytes differ, from %#zx to %#zx; first is %02x, must be %02x",
	    how, pos, len, w->path, w->base, (unsigned long long)w->opt->seed, nr_wrong,
	    pos + first, pos + last, got[first], w->good[pos + first]);
	exit(1);
}

/* ---- ranges --------------------------------------------------------------------------- */

/* A range of what there is; may be empty. Short ones are more frequent. */
static size_t range_within(struct worker *w, size_t limit, size_t align, size_t *pos)
{
	size_t max = below(w, 3) ? 4 * PAGE : MAX_LEN, len;

	*pos = below(w, limit) / align * align;
	len = (1 + below(w, max)) / align * align;
	if (!len)
		len = align;
	if (*pos + len > limit)
		len = (limit - *pos) / align * align;
	return len;
}

/* How far a write may go. */
static size_t room(const struct worker *w)
{
	return w->opt->shared ? w->size : w->opt->size;
}

/* New bytes for a range, into the model too; a file grows over zeros. */
static void compose(struct worker *w, uint8_t *to, size_t pos, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += 8) {
		uint64_t word = next_random(w);

		memcpy(to + i, &word, len - i < 8 ? len - i : 8);
	}
	memcpy(w->good + pos, to, len);
	if (pos + len > w->size)
		w->size = pos + len;
}

static void model_zero(struct worker *w, size_t pos, size_t len)
{
	memset(w->good + pos, 0, len);
}

/* ---- operations ----------------------------------------------------------------------- */

static void op_read(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, 1, &pos);

	trace(w, "read", pos, len);
	if (pread(w->fd, w->buffer, len, w->base + pos) != (ssize_t)len)
		die(w, "read");
	compare(w, "read", w->buffer, pos, len);
}

static void op_read_direct(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, PAGE, &pos);

	trace(w, "direct read", pos, len);
	if (pread(w->direct_fd, w->buffer, len, w->base + pos) != (ssize_t)len)
		die(w, "direct read");
	compare(w, "direct read", w->buffer, pos, len);
}

static void op_write(struct worker *w)
{
	size_t pos, len = range_within(w, room(w), 1, &pos);

	trace(w, "write", pos, len);
	compose(w, w->buffer, pos, len);
	if (pwrite(w->fd, w->buffer, len, w->base + pos) != (ssize_t)len)
		die(w, "write");
}

static void op_write_direct(struct worker *w)
{
	size_t pos, len;

	if (w->opt->buffered) {
		op_write(w);
		return;
	}
	len = range_within(w, room(w), PAGE, &pos);

	trace(w, "direct write", pos, len);
	compose(w, w->buffer, pos, len);
	if (pwrite(w->direct_fd, w->buffer, len, w->base + pos) != (ssize_t)len)
		die(w, "direct write");
}

static void *map(struct worker *w, size_t pos, size_t len)
{
	size_t start = (w->base + pos) / PAGE * PAGE;
	uint8_t *at = mmap(NULL, w->base + pos + len - start, PROT_READ | PROT_WRITE, MAP_SHARED,
			   w->fd, start);

	if (at == MAP_FAILED)
		die(w, "mmap");
	return at + (w->base + pos - start);
}

static void unmap(uint8_t *at, size_t len)
{
	uintptr_t start = (uintptr_t)at / PAGE * PAGE;

	munmap((void *)start, (uintptr_t)at + len - start);
}

static void op_map_read(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, 1, &pos);
	uint8_t *at;

	trace(w, "mapped read", pos, len);
	if (!len)
		return;
	at = map(w, pos, len);
	compare(w, "mapped read", at, pos, len);
	unmap(at, len);
}

static void op_map_write(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, 1, &pos);
	uint8_t *at;

	trace(w, "mapped write", pos, len);
	if (!len)
		return;
	at = map(w, pos, len);
	compose(w, at, pos, len);
	if (!below(w, 3) && msync((void *)((uintptr_t)at / PAGE * PAGE),
				  len + (uintptr_t)at % PAGE, MS_SYNC))
		die(w, "msync");
	unmap(at, len);
}

static void op_truncate(struct worker *w)
{
	size_t size = below(w, w->opt->size);

	trace(w, "truncate", size, 0);
	if (w->opt->shared)
		return;
	if (ftruncate(w->fd, size))
		die(w, "truncate");
	if (size > w->size)
		model_zero(w, w->size, size - w->size);
	else
		model_zero(w, size, w->size - size);
	w->size = size;
}

/* What a file system doesn't have is left out. */
static bool allocate(struct worker *w, const char *what, int mode, size_t pos, size_t len)
{
	trace(w, what, pos, len);
	if (!len)
		return false;
	if (!fallocate(w->fd, mode, w->base + pos, len))
		return true;
	if (errno != EOPNOTSUPP && errno != EINVAL)
		die(w, what);
	return false;
}

static void op_punch(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, 1, &pos);

	if (allocate(w, "punch", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, len))
		model_zero(w, pos, len);
}

static void op_zero(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, 1, &pos);

	if (allocate(w, "zero", FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, pos, len))
		model_zero(w, pos, len);
}

static void op_collapse(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, PAGE, &pos);

	if (w->opt->shared || pos + len >= w->size ||
	    !allocate(w, "collapse", FALLOC_FL_COLLAPSE_RANGE, pos, len))
		return;
	memmove(w->good + pos, w->good + pos + len, w->size - pos - len);
	w->size -= len;
	model_zero(w, w->size, len);
}

static void op_insert(struct worker *w)
{
	size_t pos, len = range_within(w, w->size, PAGE, &pos);

	if (w->opt->shared || pos >= w->size || w->size + len > w->opt->size ||
	    !allocate(w, "insert", FALLOC_FL_INSERT_RANGE, pos, len))
		return;
	memmove(w->good + pos + len, w->good + pos, w->size - pos);
	model_zero(w, pos, len);
	w->size += len;
}

static void op_allocate(struct worker *w)
{
	size_t pos, len = range_within(w, room(w), 1, &pos);

	allocate(w, "allocate", FALLOC_FL_KEEP_SIZE, pos, len);
}

/* Of the same file; the model says where ranges don't overlap. */
static void op_copy(struct worker *w)
{
	size_t from, to, len = range_within(w, w->size, 1, &from);
	loff_t in, out;
	ssize_t nr_done;

	to = below(w, room(w) - len + 1);
	if (!len || (from < to + len && to < from + len) || to > w->size)
		return;
	trace(w, "copy from", from, len);
	trace(w, "copy to", to, len);
	in = w->base + from;
	out = w->base + to;
	nr_done = copy_file_range(w->fd, &in, w->fd, &out, len, 0);
	if (nr_done < 0)
		die(w, "copy_file_range");
	memcpy(w->good + to, w->good + from, nr_done);
	if (to + nr_done > w->size)
		w->size = to + nr_done;
}

static void op_clone(struct worker *w)
{
	size_t from, to, len = range_within(w, w->size, PAGE, &from);
	struct file_clone_range range = { .src_fd = w->fd };

	to = below(w, room(w) - len + 1) / PAGE * PAGE;
	if (!len || (from < to + len && to < from + len) || to > w->size)
		return;
	trace(w, "clone from", from, len);
	trace(w, "clone to", to, len);
	range.src_offset = w->base + from;
	range.src_length = len;
	range.dest_offset = w->base + to;
	if (ioctl(w->fd, FICLONERANGE, &range)) {
		if (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY)
			die(w, "clone");
		return;
	}
	memcpy(w->good + to, w->good + from, len);
	if (to + len > w->size)
		w->size = to + len;
}

static void op_dedupe(struct worker *w)
{
	size_t from, to, len = range_within(w, w->size, PAGE, &from);
	char space[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
	struct file_dedupe_range *range = (void *)space;

	to = below(w, w->size - len + 1) / PAGE * PAGE;
	if (!len || (from < to + len && to < from + len))
		return;
	trace(w, "dedupe", from, len);
	memset(space, 0, sizeof(space));
	range->src_offset = w->base + from;
	range->src_length = len;
	range->dest_count = 1;
	range->info[0].dest_fd = w->fd;
	range->info[0].dest_offset = w->base + to;
	/* equal or not, nothing changes */
	if (ioctl(w->fd, FIDEDUPERANGE, range) && errno != EOPNOTSUPP && errno != EINVAL &&
	    errno != ENOTTY)
		die(w, "dedupe");
}

static void op_sync(struct worker *w)
{
	trace(w, "fsync", 0, 0);
	if (below(w, 2) ? fsync(w->fd) : fdatasync(w->fd))
		die(w, "fsync");
}

/* Clean pages leave the page cache, as in reclaim. */
static void op_evict(struct worker *w)
{
	trace(w, "evict", 0, 0);
	if (below(w, 4) && fdatasync(w->fd))
		die(w, "fdatasync");
	posix_fadvise(w->fd, w->base, w->size, POSIX_FADV_DONTNEED);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void op_drop_caches(struct worker *w)
{
	trace(w, "drop caches", 0, 0);
	if (!below(w, 8))
		write_text("/proc/sys/vm/drop_caches", below(w, 4) ? "1" : "3");
}

static void open_file(struct worker *w, int flags)
{
	w->fd = open(w->path, O_RDWR | flags, 0600);
	w->direct_fd = open(w->path, O_RDWR | O_DIRECT);
	if (w->fd < 0 || w->direct_fd < 0)
		die(w, "open");
}

static void close_file(struct worker *w)
{
	close(w->fd);
	close(w->direct_fd);
}

static void op_reopen(struct worker *w)
{
	trace(w, "reopen", 0, 0);
	close_file(w);
	open_file(w, 0);
}

/* A new file: most likely with the old one's inode number. */
static void op_replace(struct worker *w)
{
	trace(w, "replace", 0, 0);
	if (w->opt->shared)
		return;
	close_file(w);
	if (unlink(w->path))
		die(w, "unlink");
	open_file(w, O_CREAT | O_EXCL);
	model_zero(w, 0, w->size);
	w->size = 0;
	op_write(w);
}

static void verify_all(struct worker *w)
{
	size_t pos, len;

	for (pos = 0; pos < w->size; pos += len) {
		len = w->size - pos < MAX_LEN ? w->size - pos : MAX_LEN;
		if (pread(w->fd, w->buffer, len, w->base + pos) != (ssize_t)len)
			die(w, "read");
		compare(w, "read of all", w->buffer, pos, len);
	}
}

static void op_verify(struct worker *w)
{
	trace(w, "verify", 0, w->size);
	verify_all(w);
}

/* How often, beside each other. */
static const struct {
	void (*run)(struct worker *w);
	unsigned int weight;
} operations[] = {
	{ op_read, 20 }, { op_map_read, 10 }, { op_read_direct, 5 },
	{ op_write, 12 }, { op_map_write, 8 }, { op_write_direct, 6 },
	{ op_truncate, 3 }, { op_punch, 4 }, { op_zero, 3 }, { op_collapse, 2 }, { op_insert, 2 },
	{ op_allocate, 2 }, { op_copy, 3 }, { op_clone, 4 }, { op_dedupe, 1 },
	{ op_sync, 5 }, { op_evict, 16 }, { op_drop_caches, 6 }, { op_reopen, 2 },
	{ op_replace, 1 }, { op_verify, 2 },
};

static void run_one(struct worker *w)
{
	unsigned int i, sum = 0, choice;

	for (i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		sum += operations[i].weight;
	choice = below(w, sum);
	for (i = 0; choice >= operations[i].weight; i++)
		choice -= operations[i].weight;
	operations[i].run(w);
}

/* ---- workers -------------------------------------------------------------------------- */

static void work(struct worker *w)
{
	const struct options *opt = w->opt;
	time_t end = time(NULL) + opt->seconds;

	w->random = opt->seed * 1000003 + w->nr;
	w->good = mmap(NULL, opt->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w->buffer = mmap(NULL, MAX_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			 0);
	if (w->good == MAP_FAILED || w->buffer == MAP_FAILED)
		die(w, "mmap");
	snprintf(w->path, sizeof(w->path), "%s/file%u", opt->dir, opt->shared ? 0 : w->nr);
	open_file(w, opt->shared ? 0 : O_CREAT | O_TRUNC);
	if (opt->shared) {
		w->base = w->nr * opt->size;
		w->size = opt->size;
	}
	for (w->op = 1; !is_over && (opt->seconds ? time(NULL) < end : w->op <= opt->ops); w->op++)
		run_one(w);
	posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	verify_all(w);
	printf("worker %u: %llu operations\n", w->nr, (unsigned long long)w->op - 1);
	exit(0);
}

static void prepare_shared(const struct options *opt)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/file0", opt->dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, opt->workers * opt->size)) {
		perror(path);
		exit(2);
	}
	close(fd);
}

static pid_t *workers;
static volatile sig_atomic_t nr_workers;

static void tell_workers(int signal)
{
	for (int i = 0; i < nr_workers; i++)
		kill(workers[i], signal);
}

/* With SIGTERM blocked: nobody is missed by one that comes meanwhile. */
static void start_workers(const struct options *opt, const sigset_t *unblocked)
{
	for (unsigned int i = 0; i < opt->workers; i++) {
		struct worker w = { .opt = opt, .nr = i };

		fflush(stdout);
		workers[i] = fork();
		if (workers[i] < 0) {
			perror("fork");
			exit(2);
		}
		if (!workers[i]) {
			sigprocmask(SIG_SETMASK, unblocked, NULL);
			work(&w);
		}
		nr_workers++;
	}
}

static int run(const struct options *opt)
{
	struct sigaction action = { .sa_handler = say_it_is_over, .sa_flags = SA_RESTART };
	sigset_t blocked, unblocked;
	int status, worst = 0;

	if (opt->shared)
		prepare_shared(opt);
	workers = calloc(opt->workers, sizeof(*workers));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	sigaction(SIGTERM, &action, NULL);
	start_workers(opt, &unblocked);
	action.sa_handler = tell_workers;
	sigaction(SIGTERM, &action, NULL);
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			worst = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
	return worst;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "ops", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "size", required_argument, NULL, 'k' },
		{ "workers", required_argument, NULL, 'w' },
		{ "shared", no_argument, NULL, 'S' },
		{ "buffered", no_argument, NULL, 'B' },
		{ "trace", no_argument, NULL, 'T' },
		{ }
	};
	struct options opt = { .seed = 1, .ops = 1000, .size = 2048 << 10, .workers = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 's': opt.seed = strtoull(optarg, NULL, 0); break;
		case 'n': opt.ops = strtoull(optarg, NULL, 0); break;
		case 't': opt.seconds = strtol(optarg, NULL, 0); break;
		case 'k': opt.size = strtoull(optarg, NULL, 0) << 10; break;
		case 'w': opt.workers = strtoul(optarg, NULL, 0); break;
		case 'S': opt.shared = true; break;
		case 'B': opt.buffered = true; break;
		case 'T': opt.trace = true; break;
		default: return 2;
		}
	}
	if (optind != argc - 1 || !opt.workers || opt.size < MAX_LEN || opt.size % PAGE) {
		fprintf(stderr, "usage: filecheck [options] DIRECTORY\n");
		return 2;
	}
	opt.dir = argv[optind];
	return run(&opt);
}
