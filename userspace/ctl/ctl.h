/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs of cxltier share. Each verb has a file of its name. What there is to show is made
 * as JSON first; tables are made from that, so that both say the same.
 */
#ifndef CXLTIER_CTL_H
#define CXLTIER_CTL_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "common.h"
#include "cxltier.h"

/* ---- main.c: verbs -------------------------------------------------------------------- */

/**
 * struct request - what was asked
 * @verb: the verb's words, for messages
 * @json: answer with JSON
 * @opts: options by their letter; NULL: not given; "" where they take no value
 * @args: what else was given
 * @nr_args: how many
 */
struct request {
	char verb[64];
	bool json;
	const char *opts[128];
	char *args[64];
	int nr_args;
};

/**
 * struct command - a verb, or the second word of one
 * @name: the word; NULL ends a list
 * @args_doc: its arguments
 * @doc: what it does, in a line
 * @options: its options, or NULL
 * @min_args: how many arguments it needs
 * @max_args: how many it takes
 * @run: does it; returns an exit code
 * @commands: second words; then @run and what is about arguments are not used
 */
struct command {
	const char *name;
	const char *args_doc;
	const char *doc;
	const struct argp_option *options;
	int min_args;
	int max_args;
	int (*run)(const struct request *request);
	const struct command *commands;
};

extern const struct command device_commands[], node_commands[], group_commands[], swap_commands[],
			    cache_commands[];
int status_run(const struct request *request);
int monitor_run(const struct request *request);
int top_run(const struct request *request);
int doctor_run(const struct request *request);
int apply_run(const struct request *request);
int reload_run(const struct request *request);
extern const struct argp_option top_options[], monitor_options[], apply_options[];

int usage(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- swap.c: limits, ends of swap ----------------------------------------------------- */

bool parse_limit(const struct request *request, char letter, const char *name, uint32_t max,
		 int *value);
int show_limits(const struct request *request, struct cxltier *ctx);

int swap_switch_off(struct cxltier *ctx, const char *path, bool quiet);
int swap_enable(bool enable);
int swap_flush(const struct request *request);
int write_param(const char *module, const char *name, const char *value);

/* ---- signals.c ------------------------------------------------------------------------ */

extern volatile sig_atomic_t interrupted;

void catch_signals(void);
void ignore_signals(void);

/* ---- cgroups.c ------------------------------------------------------------------------ */

#define CGROUPS "/sys/fs/cgroup"

void cgroups_visit(const char *top, void (*visit)(const char *path, void *arg), void *arg);

/* ---- ask.c: the kernel ---------------------------------------------------------------- */

int ask_failed(struct cxltier *ctx);

/* Lists as arrays of objects; NULL after a complaint. */
struct json_object *json_devices(struct cxltier *ctx);
struct json_object *json_nodes(struct cxltier *ctx);
struct json_object *json_groups(struct cxltier *ctx);
struct json_object *json_pools(struct cxltier *ctx);
struct json_object *json_areas(struct cxltier *ctx);
struct json_object *json_swap_devices(struct cxltier *ctx);
struct json_object *json_counters(struct cxltier *ctx);
struct json_object *json_hooks(struct cxltier *ctx);
struct json_object *json_stored_cgroups(struct cxltier *ctx);
struct json_object *json_mounts(struct cxltier *ctx);
struct json_object *json_cache_counters(struct cxltier *ctx);
struct json_object *json_event(const struct cxltier_event *event);

/* ---- show.c: tables, JSON, numbers ---------------------------------------------------- */

/**
 * enum show_as - how a value is shown in a table
 * @AS_TEXT: as it is
 * @AS_BYTES: with a unit
 * @AS_HEX: hexadecimal
 * @AS_YES: "yes" or "-"
 * @AS_CHANGE: bytes per second, with a sign and a unit
 */
enum show_as {
	AS_TEXT,
	AS_BYTES,
	AS_HEX,
	AS_YES,
	AS_CHANGE,
};

/**
 * struct column - a table's column; the last one has a title of NULL
 * @title: its head
 * @key: of the objects
 * @as: how it is shown
 */
struct column {
	const char *title;
	const char *key;
	enum show_as as;
};

extern const struct column mount_columns[];	/* cache.c */

char *format_change(int64_t change, char *buffer, size_t size);
void show_table(struct json_object *rows, const struct column *columns, const char *if_none);
int show_json(struct json_object *object);
int show_rows(const struct request *request, const char *key, struct json_object *rows,
	      const struct column *columns, const char *if_none);
uint64_t get_number(struct json_object *object, const char *key);
const char *get_text(struct json_object *object, const char *key);
bool get_bool(struct json_object *object, const char *key);
struct json_object *json_text(const char *text);
char *printable(char *text);
const char *color(const char *name);
bool is_terminal(void);
void show_progress(const char *what, uint64_t done, uint64_t total);

#endif /* CXLTIER_CTL_H */
