// SPDX-License-Identifier: GPL-2.0
/* cxltier apply: userspace/common/apply.c does it. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

const struct argp_option apply_options[] = {
	{ "check", 'c', NULL, 0, "Only read the file, and say what is wrong with it", 0 },
	{ "file", 'f', "FILE", 0, "Another file than " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/* Who removes a device with --persist has the lock: what the file says is known for sure with it. */
static int make_modules(const char *path, struct conf *conf)
{
	int lock = apply_lock(), code = conf_read(path, conf);
	unsigned int nr_made;

	if (!code)
		code = regions_make("/sys", RUN_FOLDER, conf, true, &nr_made) |
		       apply_modules(conf);
	apply_unlock(lock);
	return code;
}

int apply_run(const struct request *request)
{
	const char *path = request->opts['f'] ? request->opts['f'] : CONF_PATH;
	static struct conf conf;
	int code;

	if (request->opts['f'] && access(path, R_OK))
		return complain("%s: %s", path, strerror(errno));
	code = conf_read(path, &conf);
	if (code || request->opts['c'])
		return code;
	if (conf.is_empty)
		return EXIT_FINE;
	if (geteuid())
		return complain("apply: needs root");
	if (memory_online("/sys", &conf, NULL, UINT_MAX).nr_failed)
		code = EXIT_WRONG;
	return code | make_modules(path, &conf);
}
