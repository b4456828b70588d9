// SPDX-License-Identifier: GPL-2.0
/*
 * Fills a Redis and reads it back: SET and GET in pipelines over its unix
 * socket. Every value comes from a seed and its key's number, so what is read
 * is checked against the generator, not against another copy.
 *
 * Usage: redisdata set|get SOCKET KEYS VALUE_BYTES SEED [PROGRESS PREFIX]
 *
 * The file PROGRESS gets a line, that begins with PREFIX, for each tenth.
 * Keys are written in ascending and read in random order. Prints
 * "ops N seconds S errors E"; values differ, or are missing: exit status 1.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

#define PIPELINE 64
#define STEPS 10

struct job {
	FILE *to, *from;
	size_t keys;
	size_t value_bytes;
	uint64_t seed;
	uint64_t *value;
	char *reply;
	size_t errors;
	FILE *progress;
	const char *prefix;
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Half random, half one value, in turns of 16 bytes: lz4 makes 60 to 70 % of it. */
static void make_value(struct job *job, size_t key)
{
	uint64_t seed = mix64(job->seed + key);

	for (size_t word = 0; word < job->value_bytes / sizeof(uint64_t); word++)
		job->value[word] = word & 2 ? seed : mix64(seed + word);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void job_connect(struct job *job, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die(path);
	job->to = fdopen(fd, "w");
	job->from = fdopen(dup(fd), "r");
	if (!job->to || !job->from)
		die("fdopen");
}

/* The order of reading: a bijection, so that every key comes once. */
static size_t shuffled(const struct job *job, size_t i)
{
	size_t bits = 1;

	while (1UL << bits < job->keys)
		bits++;
	do {
		i = (i * 0x9e3779b1UL + 0x7f4a7c15UL) & ((1UL << bits) - 1);
		i ^= i >> (bits / 2 + 1);
	} while (i >= job->keys);
	return i;
}

static void send_set(struct job *job, size_t key)
{
	make_value(job, key);
	fprintf(job->to, "*3\r\n$3\r\nSET\r\n$12\r\nkey:%08zu\r\n$%zu\r\n",
		key, job->value_bytes);
	fwrite(job->value, 1, job->value_bytes, job->to);
	fputs("\r\n", job->to);
}

static void send_get(struct job *job, size_t key)
{
	fprintf(job->to, "*2\r\n$3\r\nGET\r\n$12\r\nkey:%08zu\r\n", key);
}

static void read_line(struct job *job, char *line, size_t size)
{
	if (!fgets(line, size, job->from))
		die("redis hung up");
}

static void count_error(struct job *job, size_t key, const char *what)
{
	if (job->errors++ < 10)
		fprintf(stderr, "key:%08zu: %s\n", key, what);
}

static void expect_ok(struct job *job, size_t key)
{
	char line[256];

	read_line(job, line, sizeof(line));
	if (strcmp(line, "+OK\r\n"))
		count_error(job, key, line);
}

static void expect_value(struct job *job, size_t key)
{
	char line[256];
	size_t size;

	read_line(job, line, sizeof(line));
	if (sscanf(line, "$%zu", &size) != 1 || size != job->value_bytes) {
		count_error(job, key, line);
		return;
	}
	if (fread(job->reply, 1, size + 2, job->from) != size + 2)
		die("redis hung up");
	make_value(job, key);
	if (memcmp(job->reply, job->value, size))
		count_error(job, key, "not the value that was written");
}

static size_t set_key(const struct job *job, size_t i)
{
	(void)job;
	return i;
}

struct command {
	const char *name, *progress;
	size_t (*key)(const struct job *job, size_t i);
	void (*send)(struct job *job, size_t key);
	void (*expect)(struct job *job, size_t key);
};

static const struct command commands[] = {
	{ "set", "loading", set_key, send_set, expect_ok },
	{ "get", "reading back", shuffled, send_get, expect_value },
};

static void tell_progress(struct job *job, const char *what, size_t done)
{
	if (job->progress)
		fprintf(job->progress, "%s%s %zu %%\n", job->prefix, what,
			done * 100 / job->keys);
}

static void run(struct job *job, const struct command *command)
{
	size_t step = (job->keys + STEPS - 1) / STEPS, next = step;

	for (size_t done = 0; done < job->keys;) {
		size_t n = job->keys - done < PIPELINE ? job->keys - done : PIPELINE;

		for (size_t i = 0; i < n; i++)
			command->send(job, command->key(job, done + i));
		if (fflush(job->to))
			die("redis hung up");
		for (size_t i = 0; i < n; i++)
			command->expect(job, command->key(job, done + i));
		done += n;
		if (done < next)
			continue;
		tell_progress(job, command->progress, done);
		next += step;
	}
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	fprintf(stderr, "no command %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	struct job job = { 0 };
	double begin;

	if (argc != 6 && argc != 8) {
		fprintf(stderr, "usage: redisdata set|get SOCKET KEYS VALUE_BYTES SEED [PROGRESS PREFIX]\n");
		return 2;
	}
	job.keys = strtoul(argv[3], NULL, 0);
	job.value_bytes = strtoul(argv[4], NULL, 0) & ~7UL;
	job.seed = strtoull(argv[5], NULL, 0);
	job.value = malloc(job.value_bytes);
	job.reply = malloc(job.value_bytes + 2);
	if (!job.value || !job.reply)
		die("malloc");
	if (argc == 8) {
		job.prefix = argv[7];
		job.progress = fopen(argv[6], "w");
		if (!job.progress)
			die(argv[6]);
		setlinebuf(job.progress);
	}
	job_connect(&job, argv[2]);
	begin = now();
	run(&job, find_command(argv[1]));
	printf("ops %zu seconds %.3f errors %zu\n", job.keys, now() - begin, job.errors);
	return job.errors != 0;
}
