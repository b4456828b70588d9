// SPDX-License-Identifier: GPL-2.0
/*
 * A memory workload that knows what every byte must be. A page's content is
 * computed from (seed, page number, version), so nothing is compared with a
 * copy that might have travelled the same way; only the versions, one small
 * number per page, are remembered, in locked memory.
 *
 * A leader hands commands to workers and waits for all of them:
 *   pagecheck [options] COMMAND...            fill, then the commands in turn
 *   pagecheck [options] --control SOCKET      fill, then those asked for with
 *   pagecheck ask SOCKET COMMAND              ... which prints the answer
 *
 * Commands (PERCENT of the pages, chosen anew each time; default 100):
 *   verify[=PERCENT]   compare, in random order
 *   rewrite[=PERCENT]  give pages new contents
 *   pageout[=PERCENT]  MADV_PAGEOUT, in pieces; answers as absent does
 *   absent             answers how many pages are swapped out
 *   stayed             answers how many of those are in the slot that they had
 *                      when it was asked last (private memory)
 *   churn=SECONDS      verify and rewrite while another thread pages out
 *   storm=SECONDS      all threads verify the same pages at the same time while
 *                      another thread pages them out
 *   drop               give the memory back: from here on all is zero
 *   exit               (--control only)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define PAGE 4096UL
#define WORDS (PAGE / sizeof(uint64_t))
#define HUGE_PAGE (2UL << 20)
#define MAX_WORKERS 64
#define ANY_NODE (-1)

/*
 * SAME: one word all over, of the sorts that programs leave: small, negative,
 * a repeated byte or half word. ANY_SAME: any word at all.
 */
enum kind { RANDOM, HALF, SAME, ANY_SAME, ALMOST_SAME, ZERO, MIX };
static const char *const kind_names[] = {
	"random", "half", "same", "anysame", "almost", "zero", "mix", NULL
};

enum backing { ANON, SHM, TMPFS };
static const char *const backing_names[] = { "anon", "shm", "file", NULL };

enum op { FILL, VERIFY, REWRITE, PAGEOUT, ABSENT, STAYED, CHURN, STORM, DROP, EXIT };
static const char *const op_names[] = {
	"fill", "verify", "rewrite", "pageout", "absent", "stayed", "churn", "storm",
	"drop", "exit", NULL
};

struct command {
	enum op op;
	long arg;
	uint64_t salt;		/* makes each command choose other pages */
};

struct answer {
	long bad;
	long value;
};

static struct {
	unsigned long pages;
	uint64_t seed;
	enum kind kind;
	enum backing backing;
	const char *path, *control;
	int procs, share, threads, rounds, seconds, node;
	unsigned long piece;	/* pages; odd by default, so that pieces cut large folios */
	bool rw, thp, nothp;
} opt = { .pages = 4096, .seed = 1, .kind = MIX, .procs = 1, .threads = 1, .rounds = 1, .piece = 61 };

static struct {
	unsigned char *base;
	uint16_t *version;
	uint64_t *entry;	/* swap entries that "stayed" saw */
	int fd;
	int id;			/* of the worker; 0 for the leader */
	bool dropped;
} area = { .fd = -1 };

static struct {
	int fd;
	pid_t pid;
} workers[MAX_WORKERS];
static int nr_workers;

static void die(const char *what)
{
	fprintf(stderr, "pagecheck: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* What a page must hold ------------------------------------------------------ */

static enum kind kind_of(uint64_t key)
{
	static const enum kind mixed[] = {
		RANDOM, RANDOM, HALF, HALF, HALF, SAME, SAME, ANY_SAME, ALMOST_SAME, ZERO
	};

	return opt.kind == MIX ? mixed[(key >> 8) % 10] : opt.kind;
}

static uint64_t same_word(uint64_t key)
{
	uint64_t half = key >> 32;

	switch (key % 4) {
	case 0: return half | 1;
	case 1: return -(half | 1);
	case 2: return (half | 1) * 0x100000001ull;
	default: return (half % 255 + 1) * 0x0101010101010101ull;
	}
}

/* One word differs, often the first or the last. */
static unsigned int odd_word_of(uint64_t key)
{
	switch ((key >> 20) % 3) {
	case 0: return 0;
	case 1: return WORDS - 1;
	default: return (key >> 24) % WORDS;
	}
}

static uint64_t page_key(unsigned long page, uint64_t version)
{
	/* Private pages that a worker wrote are its own. */
	if (version && opt.backing == ANON)
		version |= (uint64_t)area.id << 32;
	if (!opt.share)
		version |= (uint64_t)area.id << 48;
	return mix64(opt.seed ^ mix64(page ^ mix64(version)));
}

static void page_make(uint64_t *to, unsigned long page, uint64_t version)
{
	uint64_t key = page_key(page, version);
	enum kind kind = area.dropped ? ZERO : kind_of(key);
	uint64_t fill = kind == ZERO ? 0 : kind == SAME ? same_word(key) : key;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = kind == RANDOM || (kind == HALF && !(i & 1)) ? mix64(key + i) : fill;
	if (kind == ALMOST_SAME)
		to[odd_word_of(key)] ^= 1;
}

/* Access --------------------------------------------------------------------- */

static const uint64_t *page_read(unsigned long page, uint64_t *buffer)
{
	if (!opt.rw)
		return (const uint64_t *)(area.base + page * PAGE);
	if (pread(area.fd, buffer, PAGE, page * PAGE) != (ssize_t)PAGE)
		die("pread");
	return buffer;
}

static void page_write(unsigned long page, const uint64_t *from)
{
	if (!opt.rw)
		memcpy(area.base + page * PAGE, from, PAGE);
	else if (pwrite(area.fd, from, PAGE, page * PAGE) != (ssize_t)PAGE)
		die("pwrite");
}

static void page_fill(unsigned long page)
{
	uint64_t buffer[WORDS];

	page_make(buffer, page, area.version[page]);
	page_write(page, buffer);
}

static const char *describe(const uint64_t *got, unsigned long page)
{
	static const uint64_t zeros[WORDS];
	uint64_t old[WORDS];
	int version;

	for (version = area.version[page] - 1; version >= 0; version--) {
		page_make(old, page, version);
		if (!memcmp(old, got, PAGE))
			return "an older version of the page";
	}
	return memcmp(zeros, got, PAGE) ? "not a page of this slot" : "all zero";
}

static long page_verify(unsigned long page)
{
	uint64_t buffer[WORDS], wanted[WORDS];
	const uint64_t *got = page_read(page, buffer);
	unsigned int i;

	page_make(wanted, page, area.version[page]);
	if (!memcmp(got, wanted, PAGE))
		return 0;
	for (i = 0; i < WORDS - 1 && got[i] == wanted[i]; i++)
		;
	fprintf(stderr, "pagecheck: worker %d page %lu version %u offset %zu: wanted %016llx got %016llx (%s)\n",
		area.id, page, area.version[page], i * sizeof(uint64_t),
		(unsigned long long)wanted[i], (unsigned long long)got[i], describe(got, page));
	return 1;
}

/* Commands, in a worker ------------------------------------------------------- */

struct part {
	pthread_t thread;
	const struct command *command;
	int number;
	struct answer answer;
};

static bool chosen(const struct command *c, unsigned long what)
{
	return mix64(c->salt ^ mix64(what)) % 100 < (uint64_t)c->arg;
}

/* Where a worker shares writable memory with others, some pages are its own. */
static bool may_write(unsigned long page)
{
	return opt.backing == ANON || !opt.share || (int)(page % opt.share) == area.id - 1;
}

static void rewrite_page(unsigned long page)
{
	area.version[page]++;
	page_fill(page);
}

/* A step through all pages that meets each once, in scattered order. */
static unsigned long stride(uint64_t salt)
{
	unsigned long step = mix64(salt) % opt.pages | 1, a, b, rest;

	for (;; step += 2) {
		for (a = step, b = opt.pages; b; a = b, b = rest)
			rest = a % b;
		if (a == 1)
			return step;
	}
}

static void run_pages(struct part *part)
{
	const struct command *c = part->command;
	unsigned long step = stride(c->salt), i, page;
	unsigned long end = opt.pages * (part->number + 1) / opt.threads;

	for (i = opt.pages * part->number / opt.threads; i < end; i++) {
		page = c->op == FILL ? i : (unsigned long)((__uint128_t)i * step % opt.pages);
		if (c->op == FILL)
			page_fill(page);
		else if (!chosen(c, page))
			continue;
		else if (c->op == VERIFY)
			part->answer.bad += page_verify(page);
		else if (may_write(page))
			rewrite_page(page);
	}
}

static void pageout_piece(unsigned long page)
{
	unsigned long count = opt.pages - page < opt.piece ? opt.pages - page : opt.piece;
	void *start = area.base + page * PAGE;

	/* Only mapped pages are found. */
	if (opt.backing != ANON)
		madvise(start, count * PAGE, MADV_POPULATE_READ);
	if (madvise(start, count * PAGE, MADV_PAGEOUT) && errno != EAGAIN)
		die("MADV_PAGEOUT");
}

static void run_pageout(struct part *part)
{
	unsigned long page;

	for (page = part->number * opt.piece; page < opt.pages; page += opt.piece * opt.threads)
		if (part->command->arg >= 100 || chosen(part->command, page))
			pageout_piece(page);
}

/* The last thread pages out what the others use. */
static void run_churn(struct part *part)
{
	uint64_t x = part->command->salt + part->number * 7919;
	time_t end = time(NULL) + part->command->arg;
	unsigned long page;

	while (time(NULL) < end && !part->answer.bad) {
		x = mix64(x);
		page = x % opt.pages;
		if (part->number == opt.threads) {
			pageout_piece(page);
			continue;
		}
		page -= page % opt.threads;
		page += part->number;
		if (page >= opt.pages || (opt.share && !may_write(page)))
			continue;
		part->answer.bad += page_verify(page);
		part->answer.value++;
		if (x >> 61 == 0)
			rewrite_page(page);
	}
}

/* Threads walk in step, as far as the scheduler lets them. */
static void run_storm(struct part *part)
{
	time_t end = time(NULL) + part->command->arg;
	unsigned long step = stride(part->command->salt), page = 0;

	while (time(NULL) < end && !part->answer.bad) {
		page = (page + step) % opt.pages;
		if (part->number == opt.threads) {
			pageout_piece(page);
			continue;
		}
		part->answer.bad += page_verify(page);
		part->answer.value++;
	}
}

static void *run_part(void *data)
{
	struct part *part = data;

	switch (part->command->op) {
	case PAGEOUT: run_pageout(part); break;
	case CHURN: run_churn(part); break;
	case STORM: run_storm(part); break;
	default: run_pages(part);
	}
	return NULL;
}

static void run_threads(const struct command *c, struct answer *answer)
{
	int count = opt.threads + (c->op == CHURN || c->op == STORM), i;
	struct part parts[count];

	for (i = 0; i < count; i++) {
		parts[i] = (struct part){ .command = c, .number = i };
		if (count == 1)
			run_part(&parts[i]);
		else if (pthread_create(&parts[i].thread, NULL, run_part, &parts[i]))
			die("pthread_create");
	}
	for (i = 0; i < count; i++) {
		if (count > 1)
			pthread_join(parts[i].thread, NULL);
		answer->bad += parts[i].answer.bad;
		answer->value += parts[i].answer.value;
	}
}

/* Memory that is never swapped itself. */
static void *map_locked(size_t size, int how)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mlock(at, size))
		die("locked memory");
	return at;
}

static uint64_t pagemap_entry(int fd, unsigned long page)
{
	uint64_t entry;

	if (pread(fd, &entry, sizeof(entry), ((uintptr_t)area.base / PAGE + page) * sizeof(entry)) < 0)
		die("pagemap");
	return entry >> 62 & 1 ? entry : 0;	/* swapped or not */
}

static int open_pagemap(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0)
		die("pagemap");
	return fd;
}

/* Private pages that are in swap. */
static long count_swapped(void)
{
	unsigned long page;
	long swapped = 0;
	int fd = open_pagemap();

	for (page = 0; page < opt.pages; page++)
		swapped += !!pagemap_entry(fd, page);
	close(fd);
	return swapped;
}

static long count_stayed(void)
{
	unsigned long page;
	uint64_t entry;
	long stayed = 0;
	int fd = open_pagemap();

	if (!area.entry)
		area.entry = map_locked(opt.pages * sizeof(*area.entry), MAP_PRIVATE);
	for (page = 0; page < opt.pages; page++) {
		entry = pagemap_entry(fd, page);
		stayed += entry && entry == area.entry[page];
		area.entry[page] = entry;
	}
	close(fd);
	return stayed;
}

/* Shared pages that have left the page cache and the swap cache. */
static long count_evicted(void)
{
	unsigned char *resident = malloc(opt.pages);
	unsigned long page;
	long evicted = 0;

	if (!resident || mincore(area.base, opt.pages * PAGE, resident))
		die("mincore");
	for (page = 0; page < opt.pages; page++)
		evicted += !(resident[page] & 1);
	free(resident);
	return evicted;
}

static long count_absent(void)
{
	return opt.backing == ANON ? count_swapped() : count_evicted();
}

static void drop(void)
{
	if (madvise(area.base, opt.pages * PAGE, opt.backing == ANON ? MADV_DONTNEED : MADV_REMOVE))
		die("madvise to drop");
	area.dropped = true;
}

static struct answer obey(const struct command *c)
{
	struct answer answer = { 0 };

	if (c->op == DROP)
		drop();
	else if (c->op == STAYED)
		answer.value = count_stayed();
	else if (c->op != ABSENT)
		run_threads(c, &answer);
	if (c->op == ABSENT || c->op == PAGEOUT)
		answer.value = count_absent();
	return answer;
}

/* Memory ---------------------------------------------------------------------- */

static void open_backing(void)
{
	char path[4096];

	if (opt.backing == ANON)
		return;
	if (opt.backing == SHM) {
		area.fd = memfd_create("pagecheck", 0);
	} else {
		snprintf(path, sizeof(path), "%s.%d", opt.path, area.id);
		area.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		unlink(path);
	}
	if (area.fd < 0 || ftruncate(area.fd, opt.pages * PAGE))
		die("backing file");
}

static void bind_to_node(void)
{
	int bind = 2 /* MPOL_BIND */;
	unsigned long mask;

	if (opt.node == ANY_NODE)
		return;
	mask = 1UL << opt.node;
	if (syscall(SYS_mbind, area.base, opt.pages * PAGE, bind, &mask, 64UL, 0))
		die("mbind");
}

static void map_area(void)
{
	int how = opt.backing == ANON ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	size_t size = opt.pages * PAGE, room = size + HUGE_PAGE;
	uintptr_t at;

	open_backing();
	/* At a huge page's boundary, so that sizes mean the same every time. */
	at = (uintptr_t)mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	at = (at + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	area.base = mmap((void *)at, size, PROT_READ | PROT_WRITE, how | MAP_FIXED, area.fd, 0);
	if (area.base == MAP_FAILED)
		die("mmap");
	bind_to_node();
	if (opt.thp && madvise(area.base, size, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE");
	if (opt.nothp && madvise(area.base, size, MADV_NOHUGEPAGE))
		die("MADV_NOHUGEPAGE");
}

static void map_versions(void)
{
	area.version = map_locked(opt.pages * sizeof(*area.version),
				  opt.backing == ANON ? MAP_PRIVATE : MAP_SHARED);
}

static void map_and_fill(void)
{
	struct command fill = { .op = FILL };

	map_versions();
	map_area();
	obey(&fill);
}

/* Workers --------------------------------------------------------------------- */

static void worker_loop(int fd)
{
	struct command c;
	struct answer answer = { 0 };

	if (opt.share)		/* locks are not inherited */
		mlock(area.version, opt.pages * sizeof(*area.version));
	else
		map_and_fill();
	if (write(fd, &answer, sizeof(answer)) < 0)
		_exit(2);
	while (read(fd, &c, sizeof(c)) == sizeof(c)) {
		answer = obey(&c);
		if (write(fd, &answer, sizeof(answer)) < 0)
			_exit(2);
	}
	_exit(0);
}

static void worker_start(int id)
{
	int ends[2], i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		die("socketpair");
	workers[id - 1].pid = fork();
	if (workers[id - 1].pid < 0)
		die("fork");
	if (!workers[id - 1].pid) {
		for (i = 0; i < id - 1; i++)
			close(workers[i].fd);
		close(ends[0]);
		area.id = id;
		worker_loop(ends[1]);
	}
	close(ends[1]);
	workers[id - 1].fd = ends[0];
}

static bool worker_answers(int id, struct answer *sum)
{
	struct answer answer;
	int status = 0;

	if (read(workers[id - 1].fd, &answer, sizeof(answer)) == sizeof(answer)) {
		sum->bad += answer.bad;
		sum->value += answer.value;
		return true;
	}
	waitpid(workers[id - 1].pid, &status, 0);
	fprintf(stderr, "pagecheck: worker %d died: %s %d\n", id,
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return false;
}

static bool gather(struct answer *sum)
{
	bool alive = true;
	int id;

	*sum = (struct answer){ 0 };
	for (id = 1; id <= nr_workers; id++)
		alive &= worker_answers(id, sum);
	return alive && !sum->bad;
}

static bool command_all(const struct command *c, struct answer *sum)
{
	int id;

	for (id = 1; id <= nr_workers; id++)
		if (write(workers[id - 1].fd, c, sizeof(*c)) < 0)
			perror("pagecheck: worker");
	return gather(sum);
}

static void start_workers(void)
{
	struct answer sum;
	int id;

	if (opt.share)
		map_and_fill();
	nr_workers = opt.share ? opt.share : opt.procs;
	for (id = 1; id <= nr_workers; id++)
		worker_start(id);
	if (!gather(&sum))
		exit(1);
}

static void stop_workers(void)
{
	int id;

	for (id = 1; id <= nr_workers; id++)
		close(workers[id - 1].fd);
	for (id = 1; id <= nr_workers; id++)
		waitpid(workers[id - 1].pid, NULL, 0);
}

/* Commands, in the leader ------------------------------------------------------ */

static int lookup(const char *const *names, const char *name, size_t length)
{
	int i;

	for (i = 0; names[i]; i++)
		if (strlen(names[i]) == length && !strncmp(names[i], name, length))
			return i;
	return -1;
}

static bool parse_command(const char *text, struct command *c)
{
	static uint64_t count;
	size_t length = strcspn(text, "= \n");
	int op = lookup(op_names, text, length);

	if (op < VERIFY)
		return false;
	c->op = op;
	c->arg = text[length] ? atol(text + length + 1) : 100;
	c->salt = mix64(opt.seed ^ mix64(++count));
	return true;
}

static bool run_script(char **commands)
{
	time_t end = time(NULL) + opt.seconds;
	struct answer sum;
	struct command c;
	int round, i;

	for (round = 0; opt.seconds ? time(NULL) < end : round < opt.rounds; round++) {
		for (i = 0; commands[i]; i++) {
			if (!parse_command(commands[i], &c))
				return false;
			if (!command_all(&c, &sum)) {
				fprintf(stderr, "pagecheck: round %d: %s: %ld bad pages\n",
					round, commands[i], sum.bad);
				return false;
			}
			printf("%s %ld\n", commands[i], sum.value);
		}
	}
	return true;
}

static int control_socket(const char *path, bool server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (server) {
		unlink(path);
		if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 4))
			die(path);
	} else if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		die(path);
	}
	return fd;
}

/* One question per connection: "COMMAND", answered "ok N" or "bad N". */
static bool run_controlled(void)
{
	int server = control_socket(opt.control, true);
	struct command c = { .op = VERIFY };
	struct answer sum;
	char text[256];
	ssize_t length;
	bool good = true;
	int fd;

	while (good && c.op != EXIT && (fd = accept(server, NULL, NULL)) >= 0) {
		length = read(fd, text, sizeof(text) - 1);
		text[length > 0 ? length : 0] = 0;
		sum = (struct answer){ 0 };
		good = parse_command(text, &c) && (c.op == EXIT || command_all(&c, &sum));
		if (c.op == EXIT)	/* answered when the memory is free */
			stop_workers();
		length = snprintf(text, sizeof(text), "%s %ld", good ? "ok" : "bad",
				  good ? sum.value : sum.bad);
		if (write(fd, text, length) < 0)
			perror("pagecheck: answer");
		close(fd);
	}
	return good;
}

static int ask(const char *path, const char *question)
{
	int fd = control_socket(path, false);
	char text[256];
	ssize_t length;

	if (write(fd, question, strlen(question)) < 0)
		die("ask");
	length = read(fd, text, sizeof(text) - 1);
	if (length <= 0) {
		fprintf(stderr, "pagecheck: '%s' was not answered\n", question);
		return 1;
	}
	text[length] = 0;
	if (strncmp(text, "ok ", 3)) {
		fprintf(stderr, "pagecheck: '%s': %s\n", question, text);
		return 1;
	}
	puts(text + 3);
	return 0;
}

/* Options ---------------------------------------------------------------------- */

static unsigned long parse_size(const char *text)
{
	char *unit;
	unsigned long size = strtoul(text, &unit, 0);

	switch (*unit) {
	case 'G': size <<= 10;	/* fall through */
	case 'M': size <<= 10;	/* fall through */
	case 'K': size <<= 10;
	}
	return size;
}

static int parse_name(const char *const *names, const char *name)
{
	int found = lookup(names, name, strlen(name));

	if (found >= 0)
		return found;
	fprintf(stderr, "pagecheck: unknown '%s'\n", name);
	exit(2);
}

enum { SIZE = 1, SEED, KIND, BACKING, PATH_, CONTROL, PROCS, SHARE, THREADS, ROUNDS, SECS, NODE, PIECE, RW, THP, NOTHP };

static const struct option options[] = {
	{ "size", 1, NULL, SIZE },	/* of each worker's memory, or of the shared */
	{ "seed", 1, NULL, SEED },
	{ "kind", 1, NULL, KIND },	/* of contents: kind_names */
	{ "backing", 1, NULL, BACKING },	/* of memory: backing_names */
	{ "path", 1, NULL, PATH_ },	/* for --backing file, on a tmpfs */
	{ "control", 1, NULL, CONTROL },
	{ "procs", 1, NULL, PROCS },	/* workers with memory of their own */
	{ "share", 1, NULL, SHARE },	/* workers forked from one that filled it */
	{ "threads", 1, NULL, THREADS },	/* in each worker */
	{ "rounds", 1, NULL, ROUNDS },
	{ "seconds", 1, NULL, SECS },	/* instead of rounds */
	{ "node", 1, NULL, NODE },	/* bind to it (0); -1: anywhere */
	{ "piece", 1, NULL, PIECE },	/* pages that pageout takes at a time */
	{ "rw", 0, NULL, RW },		/* read() and write() instead of the mapping */
	{ "thp", 0, NULL, THP },
	{ "nothp", 0, NULL, NOTHP },
	{ 0 }
};

static void set_option(int name, const char *value)
{
	switch (name) {
	case SIZE: opt.pages = parse_size(value) / PAGE; break;
	case SEED: opt.seed = strtoull(value, NULL, 0); break;
	case KIND: opt.kind = parse_name(kind_names, value); break;
	case BACKING: opt.backing = parse_name(backing_names, value); break;
	case PATH_: opt.path = value; break;
	case CONTROL: opt.control = value; break;
	case PROCS: opt.procs = atoi(value); break;
	case SHARE: opt.share = atoi(value); break;
	case THREADS: opt.threads = atoi(value); break;
	case ROUNDS: opt.rounds = atoi(value); break;
	case SECS: opt.seconds = atoi(value); break;
	case NODE: opt.node = atoi(value); break;
	case PIECE: opt.piece = strtoul(value, NULL, 0); break;
	case RW: opt.rw = true; break;
	case THP: opt.thp = true, opt.nothp = false; break;
	case NOTHP: opt.nothp = true, opt.thp = false; break;
	default: exit(2);
	}
}

int main(int argc, char **argv)
{
	bool good;
	int name;

	if (argc == 4 && !strcmp(argv[1], "ask"))
		return ask(argv[2], argv[3]);
	while ((name = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(name, optarg);
	if (opt.procs > MAX_WORKERS || opt.share > MAX_WORKERS || !opt.pages || opt.threads < 1 || !opt.piece) {
		fprintf(stderr, "pagecheck: bad options\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_workers();
	good = opt.control ? run_controlled() : run_script(argv + optind);
	stop_workers();
	return good ? 0 : 1;
}
