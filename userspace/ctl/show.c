// SPDX-License-Identifier: GPL-2.0
/* Tables and JSON on the standard output. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#define CELL_MAX 64
#define COLUMNS_MAX 16

bool is_terminal(void)
{
	return isatty(STDOUT_FILENO);
}

/**
 * color() - what makes a terminal write in a colour
 * @name: "red", "yellow", "green", "bold" or "none"
 *
 * Return: a sequence for terminals; "" elsewhere, and when NO_COLOR is set.
 */
const char *color(const char *name)
{
	static const char *const names[][2] = {
		{ "red", "\033[31m" }, { "yellow", "\033[33m" }, { "green", "\033[32m" },
		{ "bold", "\033[1m" }, { "none", "\033[0m" },
	};
	size_t i;

	for (i = 0; is_terminal() && !getenv("NO_COLOR") && i < 5; i++)
		if (!strcmp(names[i][0], name))
			return names[i][1];
	return "";
}

uint64_t get_number(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_uint64(value) : 0;
}

const char *get_text(struct json_object *object, const char *key)
{
	struct json_object *value;
	const char *text = NULL;

	if (json_object_object_get_ex(object, key, &value))
		text = json_object_get_string(value);
	return text ? text : "-";
}

bool get_bool(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

/**
 * json_text() - a string that is right in JSON, whatever somebody has called a file
 * @text: bytes; those that are not UTF-8 become question marks
 *
 * Return: the string.
 */
struct json_object *json_text(const char *text)
{
	char *copy = strdup(text), *at = copy;
	struct json_object *string;
	size_t length;

	while (at && *at) {
		length = character_length(at);
		if (!length)
			*at = '?';
		at += length ? length : 1;
	}
	string = json_object_new_string(copy ? copy : "");
	free(copy);
	return string;
}

/**
 * printable() - have a terminal show names, and not obey them
 * @text: what is to be shown; what controls terminals in it becomes question marks
 *
 * Return: @text.
 */
char *printable(char *text)
{
	unsigned char *at;

	for (at = (unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
		/* U+0080 to U+009f */
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
	}
	return text;
}

/**
 * format_change() - how fast something grows or falls
 * @change: bytes per second
 * @buffer: for the text
 * @size: its size
 *
 * Return: @buffer.
 */
char *format_change(int64_t change, char *buffer, size_t size)
{
	uint64_t amount = change < 0 ? -(uint64_t)change : (uint64_t)change;
	char text[16];

	format_bytes(amount, text, sizeof(text));
	snprintf(buffer, size, "%s%s/s", change < 0 ? "-" : change ? "+" : "", text);
	return buffer;
}

static void make_cell(char *cell, struct json_object *row, const struct column *column)
{
	struct json_object *value;

	if (!json_object_object_get_ex(row, column->key, &value) || !value)
		snprintf(cell, CELL_MAX, "-");
	else if (column->as == AS_BYTES)
		format_bytes(json_object_get_uint64(value), cell, CELL_MAX);
	else if (column->as == AS_CHANGE)
		format_change(json_object_get_int64(value), cell, CELL_MAX);
	else if (column->as == AS_HEX)
		snprintf(cell, CELL_MAX, "%#" PRIx64, json_object_get_uint64(value));
	else if (column->as == AS_YES)
		snprintf(cell, CELL_MAX, "%s", json_object_get_boolean(value) ? "yes" : "-");
	else
		snprintf(cell, CELL_MAX, "%s", json_object_get_string(value));
	printable(cell);
}

/* Numbers stand to the right. */
static bool is_number(struct json_object *rows, const struct column *column)
{
	struct json_object *value;

	return column->as != AS_YES && json_object_array_length(rows) &&
	       json_object_object_get_ex(json_object_array_get_idx(rows, 0), column->key, &value) &&
	       json_object_is_type(value, json_type_int);
}

static void show_cell(const char *cell, int width, bool right, bool last)
{
	if (right)
		printf("%*s", width, cell);
	else
		printf("%-*s", last ? 0 : width, cell);
	fputs(last ? "\n" : "  ", stdout);
}

/**
 * show_table() - a table with aligned columns
 * @rows: an array of objects
 * @columns: which of their values to show
 * @if_none: what to say when there are no rows
 */
void show_table(struct json_object *rows, const struct column *columns, const char *if_none)
{
	size_t r, nr = json_object_array_length(rows), widths[COLUMNS_MAX];
	char cell[CELL_MAX];
	int c;

	if (!nr) {
		printf("%s\n", if_none);
		return;
	}
	for (c = 0; columns[c].title; c++) {
		widths[c] = strlen(columns[c].title);
		for (r = 0; r < nr; r++) {
			make_cell(cell, json_object_array_get_idx(rows, r), &columns[c]);
			if (strlen(cell) > widths[c])
				widths[c] = strlen(cell);
		}
	}
	fputs(color("bold"), stdout);
	for (c = 0; columns[c].title; c++)
		show_cell(columns[c].title, widths[c], is_number(rows, &columns[c]),
			  !columns[c + 1].title);
	fputs(color("none"), stdout);
	for (r = 0; r < nr; r++)
		for (c = 0; columns[c].title; c++) {
			make_cell(cell, json_object_array_get_idx(rows, r), &columns[c]);
			show_cell(cell, widths[c], is_number(rows, &columns[c]),
				  !columns[c + 1].title);
		}
}

/**
 * show_json() - print an object, and free it
 * @object: the object
 *
 * Return: EXIT_FINE.
 */
int show_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return EXIT_FINE;
}

/**
 * show_rows() - a list as it was asked for
 * @request: what was asked
 * @key: what the list is called in JSON
 * @rows: the list, which this frees; NULL: it could not be had, and that was said
 * @columns: for a table
 * @if_none: see show_table()
 *
 * Return: an exit code.
 */
int show_rows(const struct request *request, const char *key, struct json_object *rows,
	      const struct column *columns, const char *if_none)
{
	struct json_object *object;

	if (!rows)
		return EXIT_WRONG;
	if (request->json) {
		object = json_object_new_object();
		json_object_object_add(object, key, rows);
		return show_json(object);
	}
	show_table(rows, columns, if_none);
	json_object_put(rows);
	return EXIT_FINE;
}

/**
 * show_progress() - a bar, on terminals alone
 * @what: what goes on
 * @done: bytes done
 * @total: bytes altogether
 */
void show_progress(const char *what, uint64_t done, uint64_t total)
{
	char bar[31], of[16], is[16];
	int filled = total ? (int)(done * 30 / total) : 30;

	if (!is_terminal())
		return;
	filled = filled > 30 ? 30 : filled;
	memset(bar, '#', filled);
	memset(bar + filled, '.', 30 - filled);
	bar[30] = '\0';
	printf("\r%s [%s] %s of %s ", what, bar, format_bytes(done, is, sizeof(is)),
	       format_bytes(total, of, sizeof(of)));
	if (done >= total)
		putchar('\n');
	fflush(stdout);
}
