// SPDX-License-Identifier: GPL-2.0
/*
 * /etc/cxltier/cxltier.conf: sections in brackets, then KEY = VALUE lines; # begins a comment.
 *
 *	[limit]			percent = 0..100, group = NAME
 *	[group NAME]		members = NODE[:WEIGHT],...
 *	[swap]			size = 64G, priority = 0..32767; one section for each device
 *
 * What is wrong is named with its line, and nothing of the file is used then.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

#define PRIORITY_DEFAULT 100

enum section { SECTION_NONE, SECTION_LIMIT, SECTION_GROUP, SECTION_SWAP };

/**
 * struct parser - where reading is
 * @conf: what was read
 * @section: in which section
 * @line: the line's number
 * @error: what is wrong
 * @error_size: room for that
 */
struct parser {
	struct conf *conf;
	enum section section;
	unsigned int line;
	char *error;
	size_t error_size;
};

static int wrong(struct parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int wrong(struct parser *parser, const char *format, ...)
{
	int used = snprintf(parser->error, parser->error_size, "line %u: ", parser->line);
	va_list args;

	va_start(args, format);
	vsnprintf(parser->error + used, parser->error_size - used, format, args);
	va_end(args);
	return -EINVAL;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static int begin_group(struct parser *parser, const char *name)
{
	struct conf_group *group = &parser->conf->groups[parser->conf->nr_groups];

	if (parser->conf->nr_groups == CONF_MAX)
		return wrong(parser, "more than %d groups", CONF_MAX);
	if (!*name || strlen(name) >= sizeof(group->name))
		return wrong(parser, "[group NAME]: a name of 1 to 31 characters is missing");
	snprintf(group->name, sizeof(group->name), "%s", name);
	parser->conf->nr_groups++;
	parser->section = SECTION_GROUP;
	return 0;
}

static int begin_swap(struct parser *parser)
{
	if (parser->conf->nr_swaps == CONF_MAX)
		return wrong(parser, "more than %d swap devices", CONF_MAX);
	parser->conf->swaps[parser->conf->nr_swaps++] = (struct conf_swap) {
		.priority = PRIORITY_DEFAULT,
		.line = parser->line,
		.end = parser->line + 1,
	};
	parser->section = SECTION_SWAP;
	return 0;
}

/* What the section that ends here must have. */
static int end_section(struct parser *parser)
{
	struct conf *conf = parser->conf;

	if (parser->section == SECTION_SWAP && !conf->swaps[conf->nr_swaps - 1].size)
		return wrong(parser, "the section [swap] before this has no size");
	if (parser->section == SECTION_GROUP && !conf->groups[conf->nr_groups - 1].nr_members)
		return wrong(parser, "the section [group %s] before this has no members",
			     conf->groups[conf->nr_groups - 1].name);
	return 0;
}

static int begin_section(struct parser *parser, char *head)
{
	char *end = strchr(head, ']');
	int err = end_section(parser);

	if (err)
		return err;
	if (!end || end[1])
		return wrong(parser, "'%s' is no section", head);
	*end = '\0';
	head = trim(head + 1);
	if (!strcmp(head, "swap"))
		return begin_swap(parser);
	if (!strncmp(head, "group", 5) && (!head[5] || isspace((unsigned char)head[5])))
		return begin_group(parser, trim(head + 5));
	if (strcmp(head, "limit"))
		return wrong(parser, "[%s]: there is no such section", head);
	parser->section = SECTION_LIMIT;
	return 0;
}

static int set_limit(struct parser *parser, const char *key, const char *value)
{
	struct conf *conf = parser->conf;
	uint32_t percent;

	if (!strcmp(key, "percent")) {
		if (!parse_uint(value, 100, &percent))
			return wrong(parser, "percent: '%s' is no number from 0 to 100", value);
		conf->percent = percent;
		return 0;
	}
	if (strcmp(key, "group"))
		return wrong(parser, "%s: there is no such key in [limit]", key);
	if (!*value || strlen(value) >= sizeof(conf->group))
		return wrong(parser, "group: '%s' is no name of 1 to 31 characters", value);
	snprintf(conf->group, sizeof(conf->group), "%s", value);
	return 0;
}

static int set_group(struct parser *parser, const char *key, const char *value)
{
	struct conf_group *group = &parser->conf->groups[parser->conf->nr_groups - 1];
	char error[160];
	int nr;

	if (strcmp(key, "members"))
		return wrong(parser, "%s: there is no such key in [group]", key);
	nr = parse_members(value, group->members, CONF_MEMBERS_MAX, error, sizeof(error));
	if (nr < 0)
		return wrong(parser, "members: %s", error);
	group->nr_members = nr;
	return 0;
}

static int set_swap(struct parser *parser, const char *key, const char *value)
{
	struct conf_swap *swap = &parser->conf->swaps[parser->conf->nr_swaps - 1];

	swap->end = parser->line + 1;
	if (!strcmp(key, "size")) {
		if (!parse_size(value, &swap->size) || swap->size % (1 << 20))
			return wrong(parser, "size: '%s' is no size in whole MiB, such as 64G",
				     value);
		return 0;
	}
	if (strcmp(key, "priority"))
		return wrong(parser, "%s: there is no such key in [swap]", key);
	if (!parse_uint(value, 32767, &swap->priority))
		return wrong(parser, "priority: '%s' is no number from 0 to 32767", value);
	return 0;
}

static int set_key(struct parser *parser, char *line)
{
	char *value = strchr(line, '=');
	const char *key;

	if (!value)
		return wrong(parser, "'%s' is neither [SECTION] nor KEY = VALUE", line);
	*value = '\0';
	key = trim(line);
	value = trim(value + 1);
	switch (parser->section) {
	case SECTION_LIMIT:
		return set_limit(parser, key, value);
	case SECTION_GROUP:
		return set_group(parser, key, value);
	case SECTION_SWAP:
		return set_swap(parser, key, value);
	default:
		return wrong(parser, "%s: stands before any [SECTION]", key);
	}
}

static int parse_line(struct parser *parser, char *line)
{
	char *comment = strchr(line, '#');

	if (comment)
		*comment = '\0';
	line = trim(line);
	if (!*line)
		return 0;
	return *line == '[' ? begin_section(parser, line) : set_key(parser, line);
}

/**
 * conf_parse() - read a configuration
 * @file: the text
 * @conf: what it says
 * @error: what is wrong, with its line
 * @error_size: room for that
 *
 * Return: 0 or -EINVAL.
 */
int conf_parse(FILE *file, struct conf *conf, char *error, size_t error_size)
{
	struct parser parser = { .conf = conf, .error = error, .error_size = error_size };
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	memset(conf, 0, sizeof(*conf));
	conf->percent = -1;
	while (!err && getline(&line, &size, file) >= 0) {
		parser.line++;
		err = parse_line(&parser, line);
	}
	free(line);
	parser.line++;
	return err ? err : end_section(&parser);
}

/**
 * conf_read() - read the configuration file
 * @path: the file
 * @conf: what it says; nothing if there is no such file
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_read(const char *path, struct conf *conf)
{
	FILE *file = fopen(path, "r");
	char error[256];
	int err;

	memset(conf, 0, sizeof(*conf));
	conf->percent = -1;
	if (!file)
		return errno == ENOENT ? EXIT_FINE : complain("%s: %s", path, strerror(errno));
	err = conf_parse(file, conf, error, sizeof(error));
	fclose(file);
	return err ? complain("%s: %s", path, error) : EXIT_FINE;
}

/* ---- changing it ---------------------------------------------------------------------- */

/* Copies the lines but for those from @first until before @end. */
static void copy_lines(FILE *from, FILE *to, unsigned int first, unsigned int end)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;

	while (from && getline(&line, &size, from) >= 0) {
		number++;
		if (number < first || number >= end)
			fputs(line, to);
	}
	free(line);
}

/* A whole new file takes the old one's place, or the old one stays. */
static int rewrite(const char *path, unsigned int first, unsigned int end, const char *more)
{
	FILE *from = fopen(path, "r"), *to;
	char temporary[256];
	int failed = 0;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	to = fopen(temporary, "w");
	if (to) {
		copy_lines(from, to, first, end);
		fputs(more, to);
		failed = ferror(to) || fflush(to) || fsync(fileno(to));
		failed |= fclose(to);
	}
	if (from)
		fclose(from);
	if (!to || failed || rename(temporary, path)) {
		failed = errno;
		unlink(temporary);
		return complain("%s: %s", path, strerror(failed));
	}
	return EXIT_FINE;
}

/**
 * conf_add_swap() - add a section [swap]
 * @path: the file; it is made if need be
 * @size: bytes, whole MiB
 * @priority: of the swap area
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_add_swap(const char *path, uint64_t size, uint32_t priority)
{
	struct conf conf;
	char folder[256], more[128];

	if (conf_read(path, &conf))
		return EXIT_WRONG;
	snprintf(folder, sizeof(folder), "%s", path);
	if (strrchr(folder, '/')) {
		*strrchr(folder, '/') = '\0';
		mkdir(folder, 0755);
	}
	snprintf(more, sizeof(more), "[swap]\nsize = %" PRIu64 "M\npriority = %" PRIu32 "\n",
		 size >> 20, priority);
	return rewrite(path, 0, 0, more);
}

/**
 * conf_del_swap() - remove the first section [swap] of a size
 * @path: the file
 * @size: bytes
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_del_swap(const char *path, uint64_t size)
{
	struct conf conf;
	char text[16];
	unsigned int i;

	if (conf_read(path, &conf))
		return EXIT_WRONG;
	for (i = 0; i < conf.nr_swaps; i++)
		if (conf.swaps[i].size == size)
			return rewrite(path, conf.swaps[i].line, conf.swaps[i].end, "");
	return complain("%s has no [swap] of %s", path, format_bytes(size, text, sizeof(text)));
}
