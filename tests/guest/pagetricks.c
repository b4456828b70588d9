// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that rare system calls, and other processes, lay hands on while it is
 * in swap. Contents are computed from (seed, page, version), as pagecheck's are.
 *
 *   pagetricks [--size BYTES] [--seed N] [--seconds N] [--thp] [--file PATH] TRICK...
 *
 * Fills, then does the tricks in turn, over and over for so many seconds. All
 * pages are compared after each, which brings them back. A file (on a tmpfs) that exists is not filled.
 *
 *   verify      only the comparison
 *   pageout     MADV_PAGEOUT; those below begin with it, too
 *   rewrite     every third page gets new contents
 *   steal       a child pages this process out: process_madvise()
 *   peek        a child compares: ptrace, /proc/PID/mem, process_vm_readv()
 *   lock        mlock() brings all back; then munlock()
 *   merge, unmerge    MADV_MERGEABLE: a fourth of the pages have equals
 *   bomb=DEPTH  a tree of children, as far as fork() goes, who compare, write
 *               and page out their copies
 *   protect     userfaultfd write protection, set on pages in swap and in
 *               memory, reports each page that is written
 *   move        UFFDIO_MOVE to other addresses and back
 *   remap       mremap() to other addresses
 *   hash=FILE   writes a line "PAGE HASH" for each page of memory as it is
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))
#define HUGE_PAGE (2UL << 20)

/* struct uffdio_move, since 6.8; the headers here may be older. */
enum { MOVE_TO, MOVE_FROM, MOVE_LENGTH, MOVE_MODE, MOVE_MOVED, MOVE_WORDS };
#define MOVE _IOWR(0xAA, 0x05, uint64_t[MOVE_WORDS])
#define FEATURE_MOVE (1 << 16)

static unsigned long nr_pages = 1024;
static uint64_t seed = 1;
static long seconds;
static bool thp;
static const char *file;
static unsigned char *base;
static uint8_t *version;

static void fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "pagetricks: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

static void check(long result, const char *what)
{
	if (result < 0)
		fail("%s: %s", what, strerror(errno));
}

/* Contents --------------------------------------------------------------------- */

static uint64_t page_key(unsigned long page)
{
	/* Every fourth page is one of eight, for KSM to merge. */
	uint64_t which = page % 4 == 1 ? page / 4 % 8 : page;

	return mix64(seed ^ mix64(which ^ (uint64_t)version[page] << 40));
}

static void page_make(uint64_t *to, unsigned long page)
{
	uint64_t key = page_key(page);
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = page % 8 == 2 ? key >> 32 : mix64(key + i);
}

static void page_write(unsigned long page)
{
	uint64_t data[WORDS];

	page_make(data, page);
	memcpy(base + page * PAGE, data, PAGE);
}

static void page_compare(const void *got, unsigned long page, const char *how)
{
	uint64_t wanted[WORDS];

	page_make(wanted, page);
	if (memcmp(got, wanted, PAGE))
		fail("%s: page %lu version %u is wrong: begins with %016llx, wanted %016llx", how,
		     page, version[page], *(unsigned long long *)got, (unsigned long long)wanted[0]);
}

/* From anywhere on, so that several processes are not in step. */
static void verify(const char *how)
{
	unsigned long first = mix64(getpid()) % nr_pages, i;

	for (i = 0; i < nr_pages; i++)
		page_compare(base + (first + i) % nr_pages * PAGE, (first + i) % nr_pages, how);
}

static unsigned long rewrite(unsigned int shift)
{
	unsigned long page, count = 0;

	for (page = shift % 3; page < nr_pages; page += 3, count++) {
		version[page]++;
		page_write(page);
	}
	return count;
}

/* Far memory is for what is swapped: it is refused if it comes from there. */
static void stay_near(void)
{
	int bind = 2 /* MPOL_BIND */;
	unsigned long nodes = 1;

	if (syscall(SYS_set_mempolicy, bind, &nodes, 64UL))
		perror("pagetricks: set_mempolicy");
}

static void map(void)
{
	int fd = file ? open(file, O_RDWR | O_CREAT, 0600) : -1;
	bool is_old = fd >= 0 && lseek(fd, 0, SEEK_END) > 0;
	int how = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	size_t size = nr_pages * PAGE;
	unsigned long page;
	uintptr_t at;

	if (file && (fd < 0 || ftruncate(fd, size)))
		fail("%s: %s", file, strerror(errno));
	at = (uintptr_t)mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	base = mmap((void *)((at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1)), size, PROT_READ | PROT_WRITE,
		    how | MAP_FIXED, fd, 0);
	version = mmap(NULL, nr_pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED || version == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	check(mlock(version, nr_pages), "mlock");
	check(madvise(base, size, thp ? MADV_HUGEPAGE : MADV_NOHUGEPAGE), "madvise for size");
	for (page = 0; page < nr_pages && !is_old; page++)
		page_write(page);
}

/* How many pages are swapped out. */
static unsigned long count_absent(unsigned long first, unsigned long count)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned long page, absent = 0;
	uint64_t entry;

	check(fd, "pagemap");
	for (page = first; page < first + count; page++) {
		check(pread(fd, &entry, sizeof(entry), ((uintptr_t)base / PAGE + page) * sizeof(entry)),
		      "pagemap");
		absent += entry >> 62 & 1;
	}
	close(fd);
	return absent;
}

static void page_out(void)
{
	if (madvise(base, nr_pages * PAGE, MADV_PAGEOUT) && errno != EAGAIN)
		fail("MADV_PAGEOUT: %s", strerror(errno));
}

/* Tricks of other processes ------------------------------------------------------ */

/* A child without this memory, who does something to its parent. */
static void in_child(void (*trick)(pid_t parent))
{
	pid_t parent = getpid(), child;
	int status;

	check(madvise(base, nr_pages * PAGE, MADV_DONTFORK), "MADV_DONTFORK");
	child = fork();
	check(child, "fork");
	if (!child) {
		trick(parent);
		exit(0);
	}
	check(madvise(base, nr_pages * PAGE, MADV_DOFORK), "MADV_DOFORK");
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	if (status)
		fail("the child ended with status %x", status);
}

static void steal(pid_t parent)
{
	struct iovec range = { base, nr_pages * PAGE };
	int fd = syscall(SYS_pidfd_open, parent, 0);

	check(fd, "pidfd_open");
	while (range.iov_len) {
		long done = syscall(SYS_process_madvise, fd, &range, 1, MADV_PAGEOUT, 0);

		if (done < 0 && errno == EAGAIN)
			continue;
		check(done, "process_madvise");
		range.iov_base = (char *)range.iov_base + done;
		range.iov_len -= done;
	}
}

static void peek_traced(pid_t parent)
{
	uint64_t wanted[WORDS];
	unsigned long page;
	int status;

	check(ptrace(PTRACE_SEIZE, parent, 0, 0), "PTRACE_SEIZE");
	check(ptrace(PTRACE_INTERRUPT, parent, 0, 0), "PTRACE_INTERRUPT");
	check(waitpid(parent, &status, 0), "wait for the traced parent");
	for (page = 0; page < nr_pages; page += 7) {
		unsigned int i = mix64(page) % WORDS;

		page_make(wanted, page);
		errno = 0;
		if ((uint64_t)ptrace(PTRACE_PEEKDATA, parent, base + page * PAGE + i * 8, 0) != wanted[i] ||
		    errno)
			fail("ptrace: page %lu word %u is wrong (%s)", page, i, strerror(errno));
	}
	check(ptrace(PTRACE_DETACH, parent, 0, 0), "PTRACE_DETACH");
}

static void peek(pid_t parent)
{
	uint64_t data[WORDS];
	struct iovec to = { data, PAGE };
	unsigned long page;
	char path[64];
	int fd;

	peek_traced(parent);
	snprintf(path, sizeof(path), "/proc/%d/mem", parent);
	fd = open(path, O_RDONLY);
	check(fd, path);
	for (page = 0; page < nr_pages; page++) {
		struct iovec from = { base + page * PAGE, PAGE };

		if (page & 1 || (process_vm_readv(parent, &to, 1, &from, 1, 0) < 0 && errno == ENOSYS))
			check(pread(fd, data, PAGE, (uintptr_t)from.iov_base), path);
		page_compare(data, page, "/proc/PID/mem, process_vm_readv");
	}
}

static bool forked(pid_t *child)
{
	*child = fork();
	if (*child < 0 && errno != EAGAIN && errno != ENOMEM)
		fail("fork: %s", strerror(errno));
	return *child >= 0;
}

/* Rather than the one who counts. */
static void kill_me_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	check(fd, "oom_score_adj");
	check(write(fd, "1000", 4), "oom_score_adj");
	close(fd);
}

/* Those that can't be born for want of memory or numbers are left out. */
static unsigned int bomb(long depth)
{
	unsigned int i, nr_children = 0;
	pid_t child[3];
	int status, bad = 0;

	for (i = 0; depth && i < 3 && forked(&child[nr_children]); i++) {
		if (child[nr_children++])
			continue;
		kill_me_first();
		verify("a child of the bomb");
		rewrite(getpid());
		page_out();
		bomb(depth - 1);
		verify("a child of the bomb, afterwards");
		exit(0);
	}
	for (i = 0; i < nr_children; i++) {
		check(waitpid(child[i], &status, 0), "waitpid");
		/* killed for want of memory is no fault of the data */
		bad |= WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
	if (bad)
		fail("a child found wrong pages");
	return nr_children;
}

/* Tricks of this process ---------------------------------------------------------- */

/* A fourth at a time: there may be too little memory for all. */
static void lock(void)
{
	unsigned long count = nr_pages / 4, first, absent;

	for (first = 0; first + count <= nr_pages; first += count) {
		check(mlock(base + first * PAGE, count * PAGE), "mlock");
		absent = count_absent(first, count);
		if (absent)
			fail("%lu locked pages are not in memory", absent);
		check(munlock(base + first * PAGE, count * PAGE), "munlock");
	}
}

static int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	check(fd, "userfaultfd");
	check(ioctl(fd, UFFDIO_API, &api), "UFFDIO_API");
	return fd;
}

static void uffd_register(int fd, void *start, uint64_t mode)
{
	struct uffdio_register request = {
		.range = { (uintptr_t)start, nr_pages * PAGE }, .mode = mode
	};

	check(ioctl(fd, UFFDIO_REGISTER, &request), "UFFDIO_REGISTER");
}

static void uffd_protect(int fd, void *start, size_t length, bool on)
{
	struct uffdio_writeprotect request = {
		.range = { (uintptr_t)start, length },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0
	};

	check(ioctl(fd, UFFDIO_WRITEPROTECT, &request), "UFFDIO_WRITEPROTECT");
}

struct watch {
	int fd, stop;
	unsigned long nr_written;
};

static void *watch_writes(void *data)
{
	struct watch *watch = data;
	struct pollfd fds[2] = { { watch->fd, POLLIN, 0 }, { watch->stop, POLLIN, 0 } };
	struct uffd_msg msg;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		if (read(watch->fd, &msg, sizeof(msg)) < 0) {
			if (errno == EAGAIN)
				continue;
			fail("read of events: %s", strerror(errno));
		}
		if (msg.event != UFFD_EVENT_PAGEFAULT || !(msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP))
			fail("an event that is no write: %u", msg.event);
		watch->nr_written++;
		uffd_protect(watch->fd, (void *)(uintptr_t)(msg.arg.pagefault.address & ~(PAGE - 1)), PAGE, false);
	}
	return NULL;
}

static void protect(void)
{
	struct watch watch = { .fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP) };
	unsigned long nr_rewritten;
	pthread_t thread;
	int stop[2];

	check(pipe(stop), "pipe");
	watch.stop = stop[0];
	uffd_register(watch.fd, base, UFFDIO_REGISTER_MODE_WP);
	uffd_protect(watch.fd, base, nr_pages * PAGE, true);
	page_out();
	verify("protected");
	page_out();
	if (pthread_create(&thread, NULL, watch_writes, &watch))
		fail("no thread");
	nr_rewritten = rewrite(0);
	check(write(stop[1], "", 1), "write");
	pthread_join(thread, NULL);
	if (watch.nr_written != nr_rewritten)
		fail("%lu writes were reported of %lu", watch.nr_written, nr_rewritten);
	close(watch.fd);
	close(stop[0]);
	close(stop[1]);
}

/* A page that another process shares can't be moved until it was written to. */
static void move_page(int fd, unsigned char *to, unsigned long page)
{
	uint64_t request[MOVE_WORDS] = {
		[MOVE_TO] = (uintptr_t)to + page * PAGE,
		[MOVE_FROM] = (uintptr_t)base + page * PAGE,
		[MOVE_LENGTH] = PAGE,
	};

	while (ioctl(fd, MOVE, request)) {
		if (errno == EBUSY)
			page_write(page);
		else if (errno != EAGAIN)
			fail("UFFDIO_MOVE of page %lu: %s", page, strerror(errno));
		request[MOVE_MOVED] = 0;
	}
}

static void move_to(unsigned char *to)
{
	int fd = uffd_open(FEATURE_MOVE);
	unsigned long page;

	uffd_register(fd, to, UFFDIO_REGISTER_MODE_MISSING);
	for (page = 0; page < nr_pages; page++)
		move_page(fd, to, page);
	close(fd);
	base = to;
}

static unsigned char *map_room(void)
{
	unsigned char *room = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	check(madvise(room, nr_pages * PAGE, MADV_NOHUGEPAGE), "MADV_NOHUGEPAGE");
	return room;
}

static void move(void)
{
	unsigned char *home = base, *room = map_room();

	move_to(room);
	verify("moved");
	page_out();
	move_to(home);
	munmap(room, nr_pages * PAGE);
}

static void remap(void)
{
	void *room = map_room();

	base = mremap(base, nr_pages * PAGE, nr_pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
	if (base == MAP_FAILED)
		fail("mremap: %s", strerror(errno));
}

static void hash(const char *path)
{
	FILE *out = fopen(path, "w");
	unsigned long page;
	unsigned int i;

	if (!out)
		fail("%s: %s", path, strerror(errno));
	for (page = 0; page < nr_pages; page++) {
		const uint64_t *data = (void *)(base + page * PAGE);
		uint64_t sum = 0;

		for (i = 0; i < WORDS; i++)
			sum = mix64(sum ^ data[i]);
		fprintf(out, "%lu %016llx\n", page, (unsigned long long)sum);
	}
	if (fclose(out))
		fail("%s: %s", path, strerror(errno));
}

/* ---------------------------------------------------------------------------------- */

static bool is_trick(const char *text, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(text, name, length) && (!text[length] || text[length] == '=');
}

static void merge(bool on)
{
	check(madvise(base, nr_pages * PAGE, on ? MADV_MERGEABLE : MADV_UNMERGEABLE), "merge");
}

static void do_trick(const char *text)
{
	static unsigned int round;
	const char *arg = strchr(text, '=');

	arg = arg ? arg + 1 : "";
	if (!is_trick(text, "verify") && !is_trick(text, "steal"))
		page_out();
	if (is_trick(text, "rewrite"))
		rewrite(round++);
	else if (is_trick(text, "steal"))
		in_child(steal);
	else if (is_trick(text, "peek"))
		in_child(peek);
	else if (is_trick(text, "lock"))
		lock();
	else if (is_trick(text, "merge") || is_trick(text, "unmerge"))
		merge(text[0] == 'm');
	else if (is_trick(text, "bomb"))
		bomb(atol(arg));
	else if (is_trick(text, "protect"))
		protect();
	else if (is_trick(text, "move"))
		move();
	else if (is_trick(text, "remap"))
		remap();
	else if (is_trick(text, "hash"))
		hash(arg);
	else if (!is_trick(text, "pageout") && !is_trick(text, "verify"))
		fail("no trick '%s'", text);
	printf("%s: %lu of %lu pages are swapped out\n", text, count_absent(0, nr_pages), nr_pages);
	verify(text);
}

static unsigned long parse_size(const char *text)
{
	char *unit;
	unsigned long size = strtoul(text, &unit, 0);

	return *unit == 'M' ? size << 20 : *unit == 'K' ? size << 10 : size;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "size", 1, NULL, 's' },
		{ "seed", 1, NULL, 'r' },
		{ "seconds", 1, NULL, 't' },
		{ "thp", 0, NULL, 'h' },
		{ "file", 1, NULL, 'f' },
		{ 0 }
	};
	time_t end;
	int name, i;

	while ((name = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (name) {
		case 's': nr_pages = parse_size(optarg) / PAGE; break;
		case 'r': seed = strtoull(optarg, NULL, 0); break;
		case 't': seconds = atol(optarg); break;
		case 'h': thp = true; break;
		case 'f': file = optarg; break;
		default: return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	stay_near();
	map();
	end = time(NULL) + seconds;
	do {
		for (i = optind; i < argc; i++)
			do_trick(argv[i]);
	} while (time(NULL) < end);
	return 0;
}
