// SPDX-License-Identifier: GPL-2.0
/* cxltier: the verbs, and what all of them take. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

static const struct command commands[] = {
	{ "status", "", "Is it working, and how much does it save?", NULL, 0, 0, status_run, NULL },
	{ "device", NULL, "CXL devices: list, online, offline", NULL, 0, 0, NULL, device_commands },
	{ "node", NULL, "NUMA nodes: list, drain, open", NULL, 0, 0, NULL, node_commands },
	{ "group", NULL, "Groups of nodes: list, add, set, remove", NULL, 0, 0, NULL,
	  group_commands },
	{ "swap", NULL, "Swap: list, add, remove, limit, cgroups, drain, flush", NULL, 0, 0, NULL,
	  swap_commands },
	{ "cache", NULL, "File cache: list, add, remove, mode, quota, flush", NULL, 0, 0, NULL, cache_commands },
	{ "monitor", "", "Show events as they come", monitor_options, 0, 0, monitor_run, NULL },
	{ "top", "", "Show rates, again and again", top_options, 0, 0, top_run, NULL },
	{ "doctor", "", "Find what is wrong, and say how to mend it", NULL, 0, 0, doctor_run,
	  NULL },
	{ "apply", "", "Do what the configuration file asks for", apply_options, 0, 0, apply_run,
	  NULL },
	{ "reload", "", "Load the installed modules in place of those that are loaded", NULL, 0, 0,
	  reload_run, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Answer with JSON (docs/json.md)", 10 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/* Return: EXIT_WRONG. */
int complain(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("cxltier: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_WRONG;
}

/* Return: EXIT_USAGE. */
int usage(const struct request *request, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "cxltier: %s: ", request->verb);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nSee 'cxltier %s --help'.\n", request->verb);
	return EXIT_USAGE;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	if (key == ARGP_KEY_ARG) {
		if (request->nr_args == (int)(sizeof(request->args) / sizeof(request->args[0])))
			argp_error(state, "too many arguments");
		request->args[request->nr_args++] = arg;
		return 0;
	}
	if (key <= 0 || key >= 128)
		return ARGP_ERR_UNKNOWN;
	request->opts[key] = arg ? arg : "";
	return 0;
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	(void)arg;
	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	request->json = true;
	return 0;
}

/* argp hands the same input to the parser of the common options. */
static error_t parse_any(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = state->input;
		return 0;
	}
	return parse_option(key, arg, state);
}

static int run_command(const struct command *command, struct request *request, int argc,
		       char **argv)
{
	const struct argp common = { common_options, parse_common, NULL, NULL, NULL, NULL, NULL };
	const struct argp_child children[] = { { &common, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	const struct argp argp = {
		command->options, parse_any, command->args_doc, command->doc, children, NULL, NULL,
	};
	char name[80];

	snprintf(name, sizeof(name), "cxltier %s", request->verb);
	argv[0] = name;
	argp_parse(&argp, argc, argv, 0, NULL, request);
	if (request->nr_args < command->min_args)
		return usage(request, "%s is missing", command->args_doc);
	if (request->nr_args > command->max_args)
		return usage(request, "'%s' is too much", request->args[command->max_args]);
	return command->run(request);
}

static const struct command *find_command(const struct command *list, const char *name)
{
	for (; list->name; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

static void show_commands(FILE *out, const char *before, const struct command *list)
{
	fprintf(out, "Usage: cxltier %s%sCOMMAND [OPTION...]\n\n", before, *before ? " " : "");
	for (; list->name; list++)
		fprintf(out, "  %-10s %s\n", list->name, list->doc);
	fputs("\nEach command has --help, and --json. Exit codes: 0 fine, 1 not, 2 wrong usage.\n",
	      out);
}

static int dispatch(const struct command *list, struct request *request, int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		show_commands(stderr, request->verb, list);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?")) {
		show_commands(stdout, request->verb, list);
		return EXIT_FINE;
	}
	command = find_command(list, argv[1]);
	if (!command) {
		fprintf(stderr, "cxltier: %s%sthere is no command '%s'\n\n", request->verb,
			*request->verb ? ": " : "", argv[1]);
		show_commands(stderr, request->verb, list);
		return EXIT_USAGE;
	}
	snprintf(request->verb + strlen(request->verb),
		 sizeof(request->verb) - strlen(request->verb), "%s%s",
		 *request->verb ? " " : "", command->name);
	if (command->commands)
		return dispatch(command->commands, request, argc - 1, argv + 1);
	return run_command(command, request, argc - 1, argv + 1);
}

/* Half an answer, on a full disk, is none. */
static void check_output(void)
{
	if (!ferror(stdout) && !fflush(stdout))
		return;
	fprintf(stderr, "cxltier: the output could not be written: %s\n", strerror(errno));
	_exit(EXIT_WRONG);
}

int main(int argc, char **argv)
{
	struct request request = { .verb = "" };

	atexit(check_output);
	/* who ignores it is not told how a child ended */
	signal(SIGCHLD, SIG_DFL);
	argp_err_exit_status = EXIT_USAGE;
	if (argc == 2 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("cxltier " VERSION);
		return EXIT_FINE;
	}
	return dispatch(commands, &request, argc, argv);
}
