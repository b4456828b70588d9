// SPDX-License-Identifier: GPL-2.0
/*
 * cxltier apply: makes what the configuration file asks for and is not there yet. What is there and
 * not asked for stays. Run again, it changes nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

const struct argp_option apply_options[] = {
	{ "check", 'c', NULL, 0, "Only read the file, and say what is wrong with it", 0 },
	{ "file", 'f', "FILE", 0, "Another file than " CONF_PATH, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static int apply_groups(struct cxltier *ctx, const struct conf *conf)
{
	const struct conf_group *group;
	unsigned int i;
	int err;

	for (i = 0; i < conf->nr_groups; i++) {
		group = &conf->groups[i];
		err = cxltier_group_new(ctx, group->name, group->members, group->nr_members);
		if (err == -EEXIST)
			err = cxltier_group_set(ctx, group->name, group->members,
						group->nr_members);
		if (err)
			return complain("[group %s]: %s", group->name, cxltier_message(ctx));
	}
	return EXIT_FINE;
}

static int apply_limit(struct cxltier *ctx, const struct conf *conf)
{
	const char *group = *conf->group ? conf->group : NULL;

	if (!group && conf->percent < 0)
		return EXIT_FINE;
	if (cxltier_pool_set(ctx, "cxlswap", group, conf->percent))
		return complain("[limit]: %s", cxltier_message(ctx));
	return EXIT_FINE;
}

/* A device of that size that no other section has claimed; it is taken out of the list. */
static bool claim_device(struct swap_devices *devices, uint64_t size,
			 struct cxltier_swap_device *device)
{
	unsigned int i;

	for (i = 0; i < devices->nr; i++) {
		if (devices->list[i].size != size)
			continue;
		*device = devices->list[i];
		devices->nr--;
		memmove(&devices->list[i], &devices->list[i + 1],
			(devices->nr - i) * sizeof(devices->list[0]));
		return true;
	}
	return false;
}

static int apply_swap(struct cxltier *ctx, struct swap_devices *devices,
		      const struct conf_swap *swap)
{
	struct cxltier_swap_device device;
	uint32_t number;

	if (!claim_device(devices, swap->size, &device))
		return swap_make(ctx, swap->size, swap->priority, &number);
	return device.swap ? EXIT_FINE : swap_activate(device.number, swap->priority);
}

static int apply_swaps(struct cxltier *ctx, const struct conf *conf)
{
	struct swap_devices devices;
	int code = swap_devices_get(ctx, &devices);
	unsigned int i;

	for (i = 0; i < conf->nr_swaps && !code; i++)
		code = apply_swap(ctx, &devices, &conf->swaps[i]);
	return code;
}

static int apply(const struct conf *conf)
{
	struct cxltier *ctx;
	int code;

	if (load_cxlswap())
		return EXIT_WRONG;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	code = apply_groups(ctx, conf);
	if (!code)
		code = apply_limit(ctx, conf);
	if (!code)
		code = apply_swaps(ctx, conf);
	cxltier_close(ctx);
	return code;
}

int apply_run(const struct request *request)
{
	const char *path = request->opts['f'] ? request->opts['f'] : CONF_PATH;
	struct conf conf;
	int code;

	if (request->opts['f'] && access(path, R_OK))
		return complain("%s: %s", path, strerror(errno));
	code = conf_read(path, &conf);
	if (code || request->opts['c'])
		return code;
	if (!conf.nr_swaps && !conf.nr_groups && conf.percent < 0 && !*conf.group)
		return EXIT_FINE;
	if (geteuid())
		return complain("apply: needs root");
	return apply(&conf);
}
