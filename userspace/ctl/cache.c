// SPDX-License-Identifier: GPL-2.0
/* cxltier cache: needs the module cxlcache, which this version does not have. */
#include "ctl.h"

static int refuse_run(const struct request *request)
{
	return complain("%s: the module cxlcache is not in this version", request->verb);
}

const struct command cache_commands[] = {
	{ "list", "", "List the mounts that are cached.", NULL, 0, 0, refuse_run, NULL },
	{ "add", "MOUNT", "Cache a mount's files.", NULL, 1, 1, refuse_run, NULL },
	{ "remove", "MOUNT", "Cache them no more.", NULL, 1, 1, refuse_run, NULL },
	{ "mode", "MODE", "Exclusive or inclusive.", NULL, 1, 1, refuse_run, NULL },
	{ "quota", "MOUNT SIZE", "Limit a mount's part.", NULL, 2, 2, refuse_run, NULL },
	{ "flush", "[MOUNT]", "Empty the cache.", NULL, 0, 1, refuse_run, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
