// SPDX-License-Identifier: GPL-2.0
/* cxltier group: sets of nodes with weights. */
#include "ctl.h"

static const struct column columns[] = {
	{ "GROUP", "name", AS_TEXT }, { "MEMBERS", "members", AS_TEXT },
	{ "USERS", "users", AS_TEXT }, { "AUTOMATIC", "automatic", AS_YES },
	{ NULL, NULL, AS_TEXT },
};

static int list_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	int code;

	if (!ctx)
		return EXIT_WRONG;
	code = show_rows(request, "groups", json_groups(ctx), columns,
			 "There is no group: there is no far node.");
	cxltier_close(ctx);
	return code;
}

typedef int write_fn(struct cxltier *ctx, const char *name, const struct cxltier_member *members,
		     unsigned int nr_members);

static int write_group(const struct request *request, write_fn *write)
{
	struct cxltier_member members[1024];
	struct cxltier *ctx;
	char error[160];
	int nr = parse_members(request->args[1], members, 1024, error, sizeof(error));

	if (nr < 0)
		return usage(request, "%s", error);
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	if (write(ctx, request->args[0], members, nr))
		return ask_failed(ctx);
	cxltier_close(ctx);
	return EXIT_FINE;
}

static int add_run(const struct request *request)
{
	return write_group(request, cxltier_group_new);
}

static int set_run(const struct request *request)
{
	return write_group(request, cxltier_group_set);
}

static int remove_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();

	if (!ctx)
		return EXIT_WRONG;
	if (cxltier_group_del(ctx, request->args[0]))
		return ask_failed(ctx);
	cxltier_close(ctx);
	return EXIT_FINE;
}

const struct command group_commands[] = {
	{ "list", "", "List the groups.", NULL, 0, 0, list_run, NULL },
	{ "add", "NAME NODE[:WEIGHT],...", "Make a group.", NULL, 2, 2, add_run, NULL },
	{ "set", "NAME NODE[:WEIGHT],...", "Give a group other members.", NULL, 2, 2, set_run,
	  NULL },
	{ "remove", "NAME", "Remove a group.", NULL, 1, 1, remove_run, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
