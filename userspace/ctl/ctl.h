/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the verbs of cxltier share. Each verb has a file of its name. What there is to show is made
 * as JSON first; tables are made from that, so that both say the same.
 */
#ifndef CXLTIER_CTL_H
#define CXLTIER_CTL_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "cxltier.h"

/* Exit codes: all is well; it could not be done, or something is wrong; the question was wrong. */
enum {
	EXIT_FINE = 0,
	EXIT_WRONG = 1,
	EXIT_USAGE = 2,
};

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
extern const struct argp_option top_options[], monitor_options[], apply_options[];

int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
int usage(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- ask.c: the kernel ---------------------------------------------------------------- */

struct cxltier *ask_open(void);
int ask_failed(struct cxltier *ctx);
bool is_module_loaded(const char *name);

/* Lists as arrays of objects; NULL after a complaint. */
struct json_object *json_devices(struct cxltier *ctx);
struct json_object *json_nodes(struct cxltier *ctx);
struct json_object *json_groups(struct cxltier *ctx);
struct json_object *json_pools(struct cxltier *ctx);
struct json_object *json_areas(struct cxltier *ctx);
struct json_object *json_swap_devices(struct cxltier *ctx);
struct json_object *json_counters(struct cxltier *ctx);
struct json_object *json_hooks(struct cxltier *ctx);
struct json_object *json_event(const struct cxltier_event *event);

/* ---- show.c: tables, JSON, numbers ---------------------------------------------------- */

/**
 * enum show_as - how a value is shown in a table
 * @AS_TEXT: as it is
 * @AS_BYTES: with a unit
 * @AS_HEX: hexadecimal
 * @AS_YES: "yes" or "-"
 */
enum show_as {
	AS_TEXT,
	AS_BYTES,
	AS_HEX,
	AS_YES,
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

void show_table(struct json_object *rows, const struct column *columns, const char *if_none);
int show_json(struct json_object *object);
int show_rows(const struct request *request, const char *key, struct json_object *rows,
	      const struct column *columns, const char *if_none);
uint64_t get_number(struct json_object *object, const char *key);
const char *get_text(struct json_object *object, const char *key);
bool get_bool(struct json_object *object, const char *key);
const char *color(const char *name);
bool is_terminal(void);
void show_progress(const char *what, uint64_t done, uint64_t total);

/* ---- text.c: pure text, tested on the host -------------------------------------------- */

bool parse_size(const char *text, uint64_t *bytes);
bool parse_uint(const char *text, uint32_t max, uint32_t *value);
int parse_members(const char *text, struct cxltier_member *members, unsigned int max,
		  char *error, size_t error_size);
char *format_bytes(uint64_t bytes, char *buffer, size_t size);
bool list_has(const char *list, unsigned int number);

/* ---- conf.c: the configuration file --------------------------------------------------- */

#define CONF_PATH "/etc/cxltier/cxltier.conf"
#define CONF_MAX 64
#define CONF_MEMBERS_MAX 64

/**
 * struct conf_swap - a section [swap]
 * @size: bytes
 * @priority: for swapon
 * @line: where the section begins
 * @end: the line after its last
 */
struct conf_swap {
	uint64_t size;
	uint32_t priority;
	unsigned int line;
	unsigned int end;
};

/**
 * struct conf_group - a section [group NAME]
 * @name: its name
 * @members: its nodes
 * @nr_members: how many
 */
struct conf_group {
	char name[32];
	struct cxltier_member members[CONF_MEMBERS_MAX];
	unsigned int nr_members;
};

/**
 * struct conf - the file
 * @percent: of [limit]; -1: not given
 * @group: of [limit]; "": not given
 * @swaps: devices
 * @nr_swaps: how many
 * @groups: groups
 * @nr_groups: how many
 */
struct conf {
	int percent;
	char group[32];
	struct conf_swap swaps[CONF_MAX];
	unsigned int nr_swaps;
	struct conf_group groups[CONF_MAX];
	unsigned int nr_groups;
};

int conf_parse(FILE *file, struct conf *conf, char *error, size_t error_size);
int conf_read(const char *path, struct conf *conf);
int conf_add_swap(const char *path, uint64_t size, uint32_t priority);
int conf_del_swap(const char *path, uint64_t size);

/* ---- run.c: other programs ------------------------------------------------------------ */

int run_program(char *output, size_t size, const char *const argv[]);
int load_cxlswap(void);
int swap_activate(uint32_t number, uint32_t priority);
int swap_make(struct cxltier *ctx, uint64_t size, uint32_t priority, uint32_t *number);

/* A file of /proc or /sys, without its last newline; false if it can't be read. */
bool read_file(const char *path, char *buffer, size_t size);
bool file_is(const char *path, const char *text);

#endif /* CXLTIER_CTL_H */
