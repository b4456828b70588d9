// SPDX-License-Identifier: GPL-2.0
/*
 * Makes what the configuration file asks for and is not there yet, for "cxltier apply" and for
 * cxltierd. What is there and not asked for stays. Run again, it changes nothing, so that it may be
 * ended anywhere and begun anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

static int take_lock(int how)
{
	int fd;

	mkdir(RUN_FOLDER, 0755);
	fd = open(RUN_FOLDER "/apply.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || !flock(fd, how) || errno != EWOULDBLOCK)
		return fd;
	close(fd);
	return APPLY_BUSY;
}

/**
 * apply_lock() - keep others from making and removing groups and devices meanwhile
 *
 * Two that look for a device at the same time would both make it, and one that is being removed would
 * be made again. Also for changes of the configuration file. Waits for the other.
 *
 * Return: what apply_unlock() wants; -1, which that takes, too, if there is nowhere to lock.
 */
int apply_lock(void)
{
	return take_lock(LOCK_EX);
}

/**
 * apply_trylock() - the same without waiting
 *
 * For the daemon: the other may have been stopped, or be waiting for a swapoff.
 *
 * Return: as apply_lock(); APPLY_BUSY, which apply_unlock() takes, too, if another has it.
 */
int apply_trylock(void)
{
	return take_lock(LOCK_EX | LOCK_NB);
}

void apply_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* ---- groups --------------------------------------------------------------------------- */

/**
 * struct group_look - a group that is looked for
 * @wanted: as it should be
 * @there: there is one of that name
 * @same: with the same members
 */
struct group_look {
	const struct conf_group *wanted;
	bool there;
	bool same;
};

static bool has_member(const struct cxltier_group *group, const struct cxltier_member *member)
{
	unsigned int i;

	for (i = 0; i < group->nr_members; i++)
		if (group->members[i].node == member->node &&
		    group->members[i].weight == member->weight)
			return true;
	return false;
}

static int look_at_group(const struct cxltier_group *group, void *arg)
{
	struct group_look *look = arg;
	unsigned int i;

	if (strcmp(group->name, look->wanted->name))
		return 0;
	look->there = true;
	look->same = group->nr_members == look->wanted->nr_members;
	for (i = 0; i < look->wanted->nr_members; i++)
		look->same = look->same && has_member(group, &look->wanted->members[i]);
	return 0;
}

static int apply_group(struct cxltier *ctx, const struct conf_group *group)
{
	struct group_look look = { .wanted = group };
	int err;

	if (before_step)
		before_step();
	err = cxltier_groups(ctx, look_at_group, &look);
	if (!err && !look.there)
		err = cxltier_group_new(ctx, group->name, group->members, group->nr_members);
	else if (!err && !look.same)
		err = cxltier_group_set(ctx, group->name, group->members, group->nr_members);
	return err ? complain("[group %s]: %s", group->name, cxltier_message(ctx)) : EXIT_FINE;
}

/* ---- limit ---------------------------------------------------------------------------- */

static bool wants_limit(const struct conf *conf)
{
	return conf->percent >= 0 || *conf->group;
}

static bool wants_writeback(const struct conf *conf)
{
	return conf->accept >= 0 || conf->writeback >= 0 || conf->rate_mb >= 0;
}

static bool is_as(uint32_t is, int wanted)
{
	return wanted < 0 || is == (uint32_t)wanted;
}

/* Is it as @arg, the file, has it? */
static int look_at_pool(const struct cxltier_pool *pool, void *arg)
{
	const struct conf *conf = arg;

	return !strcmp(pool->owner, "cxlswap") && is_as(pool->percent, conf->percent) &&
	       (!*conf->group || !strcmp(pool->group, conf->group)) &&
	       is_as(pool->accept_percent, conf->accept) &&
	       is_as(pool->writeback_percent, conf->writeback) &&
	       is_as(pool->writeback_rate_mb, conf->rate_mb);
}

static int apply_limit(struct cxltier *ctx, const struct conf *conf)
{
	int err = 0;

	if (!wants_limit(conf) && !wants_writeback(conf))
		return EXIT_FINE;
	if (cxltier_pools(ctx, look_at_pool, (void *)conf) == 1)
		return EXIT_FINE;
	if (wants_limit(conf))
		err = cxltier_pool_set(ctx, "cxlswap", *conf->group ? conf->group : NULL,
				       conf->percent);
	if (!err && wants_writeback(conf))
		err = cxltier_pool_set_writeback(ctx, "cxlswap", conf->accept, conf->writeback,
						 conf->rate_mb);
	return err ? complain("[limit]: %s", cxltier_message(ctx)) : EXIT_FINE;
}

/* ---- swap ----------------------------------------------------------------------------- */

/**
 * enum fit - how a device can serve a section [swap], best first
 * @FIT_SAME: it is all that is asked for
 * @FIT_VACANT: nobody swaps to it, and nobody else uses it
 * @FIT_ACTIVE: it has another priority
 */
enum fit {
	FIT_SAME,
	FIT_VACANT,
	FIT_ACTIVE,
};

static bool has_priority(const char *root, uint32_t number, uint32_t priority)
{
	char path[PATH_MAX];
	int is;

	snprintf(path, sizeof(path), "%s" SWAPS_PATH, root);
	return !swap_priority(path, number, &is) || is == (int)priority;
}

static bool is_fit(const char *root, const struct cxltier_swap_device *device,
		   const struct conf_swap *swap, enum fit fit)
{
	char path[PATH_MAX];

	if (device->size != swap->size || device->swap == (fit == FIT_VACANT))
		return false;
	if (fit == FIT_SAME)
		return has_priority(root, device->number, swap->priority);
	snprintf(path, sizeof(path), "%s/dev/cxlswap%" PRIu32, root, device->number);
	return fit == FIT_ACTIVE || swap_is_vacant(path);
}

/**
 * apply_claims() - which device is for which section [swap]
 * @root: where /proc and /dev are: "", but for tests
 * @conf: the sections
 * @devices: what there is
 * @claims: of each section the index of its device, or CLAIM_NONE: one has to be made
 *
 * All sections are looked at for each fit before the next one: the first could have what is another's.
 */
void apply_claims(const char *root, const struct conf *conf, const struct swap_devices *devices,
		  int claims[CONF_MAX])
{
	bool claimed[SWAP_DEVICES_MAX] = { false };
	unsigned int i, d;
	enum fit fit;

	for (i = 0; i < conf->nr_swaps; i++)
		claims[i] = CLAIM_NONE;
	for (fit = FIT_SAME; fit <= FIT_ACTIVE; fit++)
		for (i = 0; i < conf->nr_swaps; i++)
			for (d = 0; d < devices->nr && claims[i] == CLAIM_NONE; d++)
				if (!claimed[d] && is_fit(root, &devices->list[d], &conf->swaps[i],
							  fit)) {
					claims[i] = (int)d;
					claimed[d] = true;
				}
}

static int complain_of_priority(const struct cxltier_swap_device *device, uint32_t priority)
{
	return complain("[swap]: /dev/cxlswap%" PRIu32 " is swapped to with another priority than %" PRIu32
			", which the kernel changes only by swapoff and swapon", device->number,
			priority);
}

/* @device: NULL: one is made. */
static int apply_swap(struct cxltier *ctx, const struct cxltier_swap_device *device,
		      const struct conf_swap *swap)
{
	uint32_t number;

	if (before_step)
		before_step();
	if (!device)
		return swap_make(ctx, swap->size, swap->priority, &number);
	if (!device->swap)
		return swap_activate(device->number, swap->priority);
	return has_priority("", device->number, swap->priority) ? EXIT_FINE :
	       complain_of_priority(device, swap->priority);
}

static int apply_swaps(struct cxltier *ctx, const struct conf *conf)
{
	struct swap_devices devices;
	int code = swap_devices_get(ctx, &devices), claims[CONF_MAX];
	unsigned int i;

	if (code)
		return code;
	apply_claims("", conf, &devices, claims);
	for (i = 0; i < conf->nr_swaps; i++)
		code |= apply_swap(ctx, claims[i] == CLAIM_NONE ? NULL : &devices.list[claims[i]],
				   &conf->swaps[i]);
	return code;
}

/* ---- the cache's limit ---------------------------------------------------------------- */

static bool wants_cache_limit(const struct conf *conf)
{
	return conf->cache_percent >= 0 || *conf->cache_group;
}

/* Is it as @arg, the file, has it? */
static int look_at_cache_pool(const struct cxltier_pool *pool, void *arg)
{
	const struct conf *conf = arg;

	return !strcmp(pool->owner, "cxlcache") && is_as(pool->percent, conf->cache_percent) &&
	       (!*conf->cache_group || !strcmp(pool->group, conf->cache_group));
}

static int apply_cache_limit(struct cxltier *ctx, const struct conf *conf)
{
	const char *group = *conf->cache_group ? conf->cache_group : NULL;

	if (!wants_cache_limit(conf) ||
	    cxltier_pools(ctx, look_at_cache_pool, (void *)conf) == 1 ||
	    !cxltier_pool_set(ctx, "cxlcache", group, conf->cache_percent))
		return EXIT_FINE;
	return complain("[cache-limit]: %s", cxltier_message(ctx));
}

/* ---- cache ---------------------------------------------------------------------------- */

/**
 * struct mount_look - a mount that is looked for
 * @wanted: as it should be
 * @device: its number
 * @same: it is cached, or will be, with that quota
 * @stopped: it is not to be cached again by itself
 * @error: of the last try
 */
struct mount_look {
	const struct conf_cache *wanted;
	uint32_t device;
	bool same;
	bool stopped;
	uint32_t error;
};

/* The kernel counts quotas in pages. */
static bool is_quota(uint64_t is, uint64_t wanted)
{
	return is == wanted || (wanted != CXLTIER_QUOTA_NONE && is >> 12 == wanted >> 12);
}

static int look_at_mount(const struct cxltier_mount *mount, void *arg)
{
	struct mount_look *look = arg;

	if (mount->device != look->device)
		return 0;
	look->stopped = mount->state == CXLTIER_MOUNT_STATE_STOPPED;
	look->same = (mount->state != CXLTIER_MOUNT_STATE_OFF || mount->busy) &&
		     is_quota(mount->quota, look->wanted->quota);
	look->error = mount->busy ? 0 : mount->error;
	return 0;
}

static int add_mount(struct cxltier *ctx, const struct conf_cache *cache)
{
	int fd = open(cache->mount, O_PATH | O_CLOEXEC), err;

	if (fd < 0)
		return complain("[cache]: %s: %s", cache->mount, strerror(errno));
	err = cxltier_mount_add(ctx, fd, cache->quota);
	close(fd);
	return err ? complain("[cache]: %s: %s", cache->mount, cxltier_message(ctx)) : EXIT_FINE;
}

/* What is not mounted yet is no fault: cxltierd hears of it when it is. */
static int apply_cache(struct cxltier *ctx, const struct conf_cache *cache)
{
	struct mount_look look = { .wanted = cache };
	int code = EXIT_FINE;

	if (!mount_device(MOUNTINFO_PATH, cache->mount, &look.device))
		return EXIT_FINE;
	if (before_step)
		before_step();
	if (cxltier_mounts(ctx, look_at_mount, &look))
		return complain("[cache]: %s: %s", cache->mount, cxltier_message(ctx));
	if (look.stopped)
		return complain("[cache]: %s was stopped, as a cached page differed from the disk: see dmesg; 'cxltier cache add %s' begins again",
				cache->mount, cache->mount);
	/* what failed is told of, and tried again */
	if (look.error)
		code = complain("[cache]: %s can't be cached: %s; see dmesg", cache->mount,
				strerror((int)look.error));
	return look.same ? code : code | add_mount(ctx, cache);
}

/**
 * apply_caches() - limit the cache, and have those mounts cached that a configuration asks for
 * @conf: the configuration
 *
 * Context: apply_lock() is held.
 * Return: as apply_modules().
 */
int apply_caches(const struct conf *conf)
{
	struct cxltier *ctx;
	int code;
	unsigned int i;

	if (!conf->nr_caches && !wants_cache_limit(conf))
		return EXIT_FINE;
	if (load_cxlcache())
		return EXIT_WRONG;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	code = apply_cache_limit(ctx, conf);
	for (i = 0; i < conf->nr_caches; i++)
		code |= apply_cache(ctx, &conf->caches[i]);
	cxltier_close(ctx);
	return code;
}

/* --------------------------------------------------------------------------------------- */

/* What fails, such as a group of a node that is not there yet, keeps the rest from nothing. */
static int apply_swap_side(const struct conf *conf)
{
	struct cxltier *ctx;
	int code = EXIT_FINE;
	unsigned int i;

	if (load_cxlswap())
		return EXIT_WRONG;
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	for (i = 0; i < conf->nr_groups; i++)
		code |= apply_group(ctx, &conf->groups[i]);
	code |= apply_limit(ctx, conf);
	code |= apply_swaps(ctx, conf);
	cxltier_close(ctx);
	return code;
}

static bool wants_swap_side(const struct conf *conf)
{
	return conf->nr_swaps || conf->nr_groups || wants_limit(conf) || wants_writeback(conf);
}

/**
 * apply_modules() - make groups, limit, swap and caches as a configuration asks
 * @conf: the configuration; a module that it asks nothing of is not loaded either
 *
 * Context: apply_lock() is held.
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint for each part that could not be made.
 */
int apply_modules(const struct conf *conf)
{
	int code = wants_swap_side(conf) ? apply_swap_side(conf) : EXIT_FINE;

	return code | apply_caches(conf);
}
