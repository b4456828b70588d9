// SPDX-License-Identifier: GPL-2.0
/*
 * /etc/cxltier/cxltier.conf: sections in brackets, then KEY = VALUE lines; # begins a comment at the
 * start of a line and after white space.
 *
 *	[memory]		online = far | no, nodes = LIST
 *	[region]		create = each | no
 *	[metrics]		listen = PATH | 127.0.0.1:PORT | [::1]:PORT | none
 *	[limit]			percent = 0..100, group = NAME, accept = 0..100,
 *				writeback = 0..100, rate = MIB
 *	[group NAME]		members = NODE[:WEIGHT],...
 *	[swap]			size = 64G, priority = 0..32767; one section for each device
 *	[cache-limit]		percent = 0..100, group = NAME
 *	[cache]			mount = /PATH, quota = 10G; one section for each mount
 *
 * A key that is given twice, or a section of which there is one, is a mistake: of two swap devices whose
 * second head was forgotten only the last would be made.
 *
 * All that is wrong is named with its line, and nothing of the file is used then.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

#define PRIORITY_DEFAULT 100

enum section {
	SECTION_NONE,
	SECTION_UNKNOWN,
	SECTION_MEMORY,
	SECTION_METRICS,
	SECTION_LIMIT,
	SECTION_GROUP,
	SECTION_SWAP,
	SECTION_CACHE,
	SECTION_REGION,
	SECTION_CACHE_LIMIT,
};

/**
 * struct parser - where reading is
 * @name: the file's name, for complaints
 * @conf: what was read
 * @section: in which section
 * @had: sections that can't come again, a bit each
 * @keys: keys that the section had, a bit each
 * @line: the line's number
 * @nr_wrong: how much was wrong
 * @nr_wrong_before: of that, before this section
 */
struct parser {
	const char *name;
	struct conf *conf;
	enum section section;
	unsigned int had;
	unsigned int keys;
	unsigned int line;
	unsigned int nr_wrong;
	unsigned int nr_wrong_before;
};

static void wrong(struct parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void wrong(struct parser *parser, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain("%s: line %u: %s", parser->name, parser->line, text);
	parser->nr_wrong++;
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

static void begin_group(struct parser *parser, const char *name)
{
	struct conf *conf = parser->conf;
	struct conf_group *group = &conf->groups[conf->nr_groups];
	unsigned int i;

	for (i = 0; i < conf->nr_groups; i++)
		if (!strcmp(conf->groups[i].name, name))
			return wrong(parser, "[group %s]: is there already", name);
	if (conf->nr_groups == CONF_MAX)
		return wrong(parser, "[group %s]: more than %d groups", name, CONF_MAX);
	if (!*name || strlen(name) >= sizeof(group->name))
		return wrong(parser, "[group NAME]: a name of 1 to 31 characters is missing");
	snprintf(group->name, sizeof(group->name), "%s", name);
	conf->nr_groups++;
	parser->section = SECTION_GROUP;
}

static void begin_swap(struct parser *parser)
{
	if (parser->conf->nr_swaps == CONF_MAX)
		return wrong(parser, "[swap]: more than %d swap devices", CONF_MAX);
	parser->conf->swaps[parser->conf->nr_swaps++] = (struct conf_swap) {
		.priority = PRIORITY_DEFAULT,
		.line = parser->line,
		.end = parser->line + 1,
	};
	parser->section = SECTION_SWAP;
}

static void begin_cache(struct parser *parser)
{
	if (parser->conf->nr_caches == CONF_MAX)
		return wrong(parser, "[cache]: more than %d mounts", CONF_MAX);
	parser->conf->caches[parser->conf->nr_caches++] = (struct conf_cache) {
		.quota = CXLTIER_QUOTA_NONE,
		.line = parser->line,
		.end = parser->line + 1,
	};
	parser->section = SECTION_CACHE;
}

/* What the section that ends here must have. A key that was wrong has been told of. */
static void end_section(struct parser *parser)
{
	struct conf *conf = parser->conf;

	if (parser->nr_wrong != parser->nr_wrong_before)
		return;
	if (parser->section == SECTION_SWAP && !conf->swaps[conf->nr_swaps - 1].size)
		wrong(parser, "the section [swap] before this has no size");
	if (parser->section == SECTION_CACHE && !*conf->caches[conf->nr_caches - 1].mount)
		wrong(parser, "the section [cache] before this has no mount");
	if (parser->section == SECTION_GROUP && !conf->groups[conf->nr_groups - 1].nr_members)
		wrong(parser, "the section [group %s] before this has no members",
		      conf->groups[conf->nr_groups - 1].name);
}

static void begin_only(struct parser *parser, enum section section, const char *name)
{
	if (parser->had & 1U << section)
		return wrong(parser, "[%s]: is there already", name);
	parser->had |= 1U << section;
	parser->section = section;
}

/* Keys of a section that is not known are passed over: one complaint is enough. */
static void begin_section(struct parser *parser, char *head)
{
	char *end = strchr(head, ']');

	end_section(parser);
	parser->conf->is_empty = false;
	parser->nr_wrong_before = parser->nr_wrong;
	parser->section = SECTION_UNKNOWN;
	parser->keys = 0;
	if (!end || end[1])
		return wrong(parser, "'%s' is no section", head);
	*end = '\0';
	head = trim(head + 1);
	if (!strcmp(head, "swap"))
		return begin_swap(parser);
	if (!strncmp(head, "group", 5) && (!head[5] || isspace((unsigned char)head[5])))
		return begin_group(parser, trim(head + 5));
	if (!strcmp(head, "cache"))
		return begin_cache(parser);
	if (!strcmp(head, "region"))
		begin_only(parser, SECTION_REGION, head);
	else if (!strcmp(head, "memory"))
		begin_only(parser, SECTION_MEMORY, head);
	else if (!strcmp(head, "metrics"))
		begin_only(parser, SECTION_METRICS, head);
	else if (!strcmp(head, "limit"))
		begin_only(parser, SECTION_LIMIT, head);
	else if (!strcmp(head, "cache-limit"))
		begin_only(parser, SECTION_CACHE_LIMIT, head);
	else
		wrong(parser, "[%s]: there is no such section", head);
}

static void set_memory(struct parser *parser, const char *key, const char *value)
{
	struct conf *conf = parser->conf;

	if (!strcmp(key, "online")) {
		if (strcmp(value, "far") && strcmp(value, "no"))
			return wrong(parser, "online: '%s' is neither far nor no", value);
		conf->memory_online = !strcmp(value, "far");
		return;
	}
	if (strcmp(key, "nodes"))
		return wrong(parser, "%s: there is no such key in [memory]", key);
	if (!list_is_right(value) || strlen(value) >= sizeof(conf->memory_nodes))
		return wrong(parser, "nodes: '%s' is no list of nodes such as 1,3-4", value);
	snprintf(conf->memory_nodes, sizeof(conf->memory_nodes), "%s", value);
}

static void set_region(struct parser *parser, const char *key, const char *value)
{
	if (strcmp(key, "create"))
		return wrong(parser, "%s: there is no such key in [region]", key);
	if (strcmp(value, "each") && strcmp(value, "no"))
		return wrong(parser, "create: '%s' is neither each nor no", value);
	parser->conf->region_each = !strcmp(value, "each");
}

static void set_metrics(struct parser *parser, const char *key, const char *value)
{
	struct conf *conf = parser->conf;
	struct sockaddr_storage address;
	socklen_t length;

	if (strcmp(key, "listen"))
		return wrong(parser, "%s: there is no such key in [metrics]", key);
	if (strlen(value) >= sizeof(conf->metrics_listen) ||
	    (strcmp(value, "none") && !parse_listen(value, &address, &length)))
		return wrong(parser, "listen: '%s' is no path, 127.0.0.1:PORT, [::1]:PORT or none",
			     value);
	snprintf(conf->metrics_listen, sizeof(conf->metrics_listen), "%s", value);
}

static void set_number(struct parser *parser, const char *key, const char *value, uint32_t max,
		       int *number)
{
	uint32_t parsed;

	if (parse_uint(value, max, &parsed))
		*number = (int)parsed;
	else
		wrong(parser, "%s: '%s' is no number from 0 to %" PRIu32, key, value, max);
}

static void set_name(struct parser *parser, const char *key, const char *value,
		     char name[CONF_NAME_SIZE])
{
	if (!*value || strlen(value) >= CONF_NAME_SIZE)
		return wrong(parser, "%s: '%s' is no name of 1 to 31 characters", key, value);
	snprintf(name, CONF_NAME_SIZE, "%s", value);
}

static void set_limit(struct parser *parser, const char *key, const char *value)
{
	struct conf *conf = parser->conf;
	const struct {
		const char *key;
		uint32_t max;
		int *value;
	} numbers[] = {
		{ "percent", 100, &conf->percent }, { "accept", 100, &conf->accept },
		{ "writeback", 100, &conf->writeback }, { "rate", RATE_MAX, &conf->rate_mb },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(key, numbers[i].key))
			return set_number(parser, key, value, numbers[i].max, numbers[i].value);
	if (strcmp(key, "group"))
		return wrong(parser, "%s: there is no such key in [limit]", key);
	set_name(parser, key, value, conf->group);
}

static void set_cache_limit(struct parser *parser, const char *key, const char *value)
{
	if (!strcmp(key, "percent"))
		return set_number(parser, key, value, 100, &parser->conf->cache_percent);
	if (strcmp(key, "group"))
		return wrong(parser, "%s: there is no such key in [cache-limit]", key);
	set_name(parser, key, value, parser->conf->cache_group);
}

static void set_group(struct parser *parser, const char *key, const char *value)
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
}

static void set_swap(struct parser *parser, const char *key, const char *value)
{
	struct conf_swap *swap = &parser->conf->swaps[parser->conf->nr_swaps - 1];

	swap->end = parser->line + 1;
	if (!strcmp(key, "size")) {
		if (!parse_size(value, &swap->size) || swap->size % (1 << 20))
			wrong(parser, "size: '%s' is no size in whole MiB, such as 64G", value);
		return;
	}
	if (strcmp(key, "priority"))
		return wrong(parser, "%s: there is no such key in [swap]", key);
	if (!parse_uint(value, 32767, &swap->priority))
		wrong(parser, "priority: '%s' is no number from 0 to 32767", value);
}

static const struct conf_cache *find_cache(const struct conf *conf, const char *mount)
{
	unsigned int i;

	for (i = 0; i < conf->nr_caches; i++)
		if (!strcmp(conf->caches[i].mount, mount))
			return &conf->caches[i];
	return NULL;
}

static void set_cache(struct parser *parser, const char *key, const char *value)
{
	struct conf_cache *cache = &parser->conf->caches[parser->conf->nr_caches - 1];
	size_t length = strlen(value);

	cache->end = parser->line + 1;
	if (!strcmp(key, "quota")) {
		if (!parse_size(value, &cache->quota) || cache->quota >= CXLTIER_QUOTA_SAME)
			wrong(parser, "quota: '%s' is no size such as 10G", value);
		return;
	}
	if (strcmp(key, "mount"))
		return wrong(parser, "%s: there is no such key in [cache]", key);
	if (*value != '/' || length >= sizeof(cache->mount) || (length > 1 && value[length - 1] == '/'))
		return wrong(parser, "mount: '%s' is no mount point such as /srv/data", value);
	if (find_cache(parser->conf, value))
		return wrong(parser, "mount: %s is in another section already", value);
	snprintf(cache->mount, sizeof(cache->mount), "%s", value);
}

/* Has the section had it? One that is not known is told of elsewhere. */
static bool is_second(struct parser *parser, const char *key)
{
	static const char *const keys[] = {
		"online", "nodes", "listen", "percent", "group", "members", "size", "priority",
		"accept", "writeback", "rate", "mount", "quota", "create",
	};
	unsigned int had = parser->keys;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			parser->keys |= 1U << i;
		else
			had &= ~(1U << i);
	return had;
}

static void set_key(struct parser *parser, char *line)
{
	char *value = strchr(line, '=');
	const char *key;

	if (!value)
		return wrong(parser, "'%s' is neither [SECTION] nor KEY = VALUE", line);
	*value = '\0';
	key = trim(line);
	value = trim(value + 1);
	if (is_second(parser, key) && parser->section > SECTION_UNKNOWN)
		return wrong(parser, "%s: is there already in this section", key);
	switch (parser->section) {
	case SECTION_NONE:
		return wrong(parser, "%s: stands before any [SECTION]", key);
	case SECTION_UNKNOWN:
		return;
	case SECTION_MEMORY:
		return set_memory(parser, key, value);
	case SECTION_METRICS:
		return set_metrics(parser, key, value);
	case SECTION_LIMIT:
		return set_limit(parser, key, value);
	case SECTION_GROUP:
		return set_group(parser, key, value);
	case SECTION_SWAP:
		return set_swap(parser, key, value);
	case SECTION_CACHE:
		return set_cache(parser, key, value);
	case SECTION_REGION:
		return set_region(parser, key, value);
	case SECTION_CACHE_LIMIT:
		return set_cache_limit(parser, key, value);
	}
}

/* Without its comment, and white space around it. */
static char *strip(char *line)
{
	char *comment = strchr(line, '#');

	while (comment && comment > line && !isspace((unsigned char)comment[-1]))
		comment = strchr(comment + 1, '#');
	if (comment)
		*comment = '\0';
	return trim(line);
}

static void parse_line(struct parser *parser, char *line)
{
	line = strip(line);
	if (*line == '[')
		begin_section(parser, line);
	else if (*line)
		set_key(parser, line);
}

static void conf_init(struct conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->is_empty = true;
	conf->memory_online = true;
	snprintf(conf->metrics_listen, sizeof(conf->metrics_listen), CONF_LISTEN_DEFAULT);
	conf->percent = -1;
	conf->accept = -1;
	conf->writeback = -1;
	conf->rate_mb = -1;
	conf->cache_percent = -1;
}

/**
 * conf_parse() - read a configuration
 * @file: the text
 * @name: what it is called in complaints, of which there is one for each mistake
 * @conf: what it says; of no use if there was a complaint
 *
 * Return: EXIT_FINE, or EXIT_WRONG after complaints.
 */
int conf_parse(FILE *file, const char *name, struct conf *conf)
{
	struct parser parser = { .name = name, .conf = conf };
	char *line = NULL;
	size_t size = 0;

	conf_init(conf);
	while (getline(&line, &size, file) >= 0) {
		parser.line++;
		parse_line(&parser, line);
	}
	free(line);
	if (ferror(file))
		return complain("%s: %s", name, strerror(errno));
	parser.line++;
	end_section(&parser);
	return parser.nr_wrong ? EXIT_WRONG : EXIT_FINE;
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
	int code;

	conf_init(conf);
	if (!file)
		return errno == ENOENT ? EXIT_FINE : complain("%s: %s", path, strerror(errno));
	code = conf_parse(file, path, conf);
	fclose(file);
	return code;
}

/* ---- changing it ---------------------------------------------------------------------- */

/* Copies the lines but for those from @first until before @end; the last one may lack its end. */
static void copy_lines(FILE *from, FILE *to, unsigned int first, unsigned int end)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while (from && (length = getline(&line, &size, from)) >= 0) {
		number++;
		if (number >= first && number < end)
			continue;
		fputs(line, to);
		if (line[length - 1] != '\n')
			fputc('\n', to);
	}
	free(line);
}

/* Return: 0 or an errno; the new file has the old one's owner and mode. */
static int write_new(FILE *from, const char *path, unsigned int first, unsigned int end,
		     const char *more)
{
	FILE *to = fopen(path, "we");
	struct stat st;
	int failed = 0;

	if (!to)
		return errno;
	if (from && !fstat(fileno(from), &st) &&
	    (fchown(fileno(to), st.st_uid, st.st_gid) || fchmod(fileno(to), st.st_mode & 07777)))
		failed = errno;
	errno = 0;
	copy_lines(from, to, first, end);
	fputs(more, to);
	if (!failed && ((from && ferror(from)) || ferror(to) || fflush(to) || fsync(fileno(to))))
		failed = errno ? errno : EIO;
	if (fclose(to) && !failed)
		failed = errno;
	return failed;
}

/* A whole new file takes the old one's place, or the old one stays. */
static int replace(const char *path, unsigned int first, unsigned int end, const char *more)
{
	FILE *from = fopen(path, "re");
	char temporary[PATH_MAX];
	struct conf conf;
	int failed;

	if (!from && errno != ENOENT)
		return complain("%s: %s", path, strerror(errno));
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	failed = write_new(from, temporary, first, end, more);
	if (from)
		fclose(from);
	/* what can't be read would keep all swap away at the next boot */
	if (!failed && conf_read(temporary, &conf)) {
		unlink(temporary);
		return EXIT_WRONG;
	}
	if (failed || rename(temporary, path)) {
		failed = failed ? failed : errno;
		unlink(temporary);
		return complain("%s: %s", path, strerror(failed));
	}
	return EXIT_FINE;
}

/* Where @path is a link, what it leads to is changed. */
static int rewrite(const char *path, unsigned int first, unsigned int end, const char *more)
{
	char *target = realpath(path, NULL);
	int code = replace(target ? target : path, first, end, more);

	free(target);
	return code;
}

static void make_folder(const char *path)
{
	char folder[256];

	snprintf(folder, sizeof(folder), "%s", path);
	if (!strrchr(folder, '/'))
		return;
	*strrchr(folder, '/') = '\0';
	mkdir(folder, 0755);
}

/**
 * conf_takes_swap() - would a section [swap] more be right?
 * @path: the file
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_takes_swap(const char *path)
{
	struct conf conf;

	if (conf_read(path, &conf))
		return EXIT_WRONG;
	if (conf.nr_swaps == CONF_MAX)
		return complain("%s: more than %d swap devices", path, CONF_MAX);
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
	char more[128];

	if (conf_takes_swap(path))
		return EXIT_WRONG;
	make_folder(path);
	snprintf(more, sizeof(more), "[swap]\nsize = %" PRIu64 "M\npriority = %" PRIu32 "\n",
		 size >> 20, priority);
	return rewrite(path, 0, 0, more);
}

/* The first of that size; NULL after a complaint. */
static const struct conf_swap *find_swap(const char *path, uint64_t size, struct conf *conf)
{
	char text[16];
	unsigned int i;

	if (conf_read(path, conf))
		return NULL;
	for (i = 0; i < conf->nr_swaps; i++)
		if (conf->swaps[i].size == size)
			return &conf->swaps[i];
	complain("%s has no [swap] of %s", path, format_bytes(size, text, sizeof(text)));
	return NULL;
}

/**
 * conf_has_swap() - is there a section [swap] of a size?
 * @path: the file
 * @size: bytes
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_has_swap(const char *path, uint64_t size)
{
	struct conf conf;

	return find_swap(path, size, &conf) ? EXIT_FINE : EXIT_WRONG;
}

/**
 * conf_del_swap() - remove a section [swap] of a size
 * @path: the file
 * @size: bytes
 * @priority: of several the first that has it, or the first of all
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_del_swap(const char *path, uint64_t size, int priority)
{
	struct conf conf;
	const struct conf_swap *first = find_swap(path, size, &conf), *swap;

	if (!first)
		return EXIT_WRONG;
	for (swap = first; swap < conf.swaps + conf.nr_swaps; swap++)
		if (swap->size == size && (int)swap->priority == priority)
			return rewrite(path, swap->line, swap->end, "");
	return rewrite(path, first->line, first->end, "");
}

/* The file has no quotes: a path that would be read back as another is not written. */
static bool stands_for_itself(const char *mount)
{
	char line[sizeof(((struct conf_cache *)0)->mount) + 1];

	if (*mount != '/' || strlen(mount) >= sizeof(line) - 1 || strchr(mount, '\n'))
		return false;
	snprintf(line, sizeof(line), "%s", mount);
	return !strcmp(strip(line), mount);
}

/**
 * conf_takes_cache() - would a section [cache] of a mount be right?
 * @path: the file
 * @mount: the mount point
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_takes_cache(const char *path, const char *mount)
{
	struct conf conf;

	if (conf_read(path, &conf))
		return EXIT_WRONG;
	if (!stands_for_itself(mount))
		return complain("'%s' can't stand in %s: it is too long, or has a # after white space, white space at its end, or a new line",
				mount, path);
	if (conf.nr_caches == CONF_MAX && !find_cache(&conf, mount))
		return complain("%s: more than %d mounts", path, CONF_MAX);
	return EXIT_FINE;
}

/**
 * conf_set_cache() - add a section [cache], or have the one of that mount say so
 * @path: the file; it is made if need be
 * @mount: the mount point
 * @quota: bytes; CXLTIER_QUOTA_NONE: none
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_set_cache(const char *path, const char *mount, uint64_t quota)
{
	const struct conf_cache *cache;
	char more[384], text[64] = "";
	struct conf conf;

	if (conf_takes_cache(path, mount) || conf_read(path, &conf))
		return EXIT_WRONG;
	make_folder(path);
	if (quota != CXLTIER_QUOTA_NONE)
		snprintf(text, sizeof(text), "quota = %" PRIu64 "\n", quota);
	snprintf(more, sizeof(more), "[cache]\nmount = %s\n%s", mount, text);
	cache = find_cache(&conf, mount);
	return rewrite(path, cache ? cache->line : 0, cache ? cache->end : 0, more);
}

/**
 * conf_del_cache() - remove the section [cache] of a mount
 * @path: the file
 * @mount: the mount point
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int conf_del_cache(const char *path, const char *mount)
{
	const struct conf_cache *cache;
	struct conf conf;

	if (conf_read(path, &conf))
		return EXIT_WRONG;
	cache = find_cache(&conf, mount);
	if (!cache)
		return complain("%s has no [cache] of %s", path, mount);
	return rewrite(path, cache->line, cache->end, "");
}
