// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters, checked where they are set, and the pool that they limit.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cxl_control.h"
#include "cxl_group.h"
#include "cxl_pool.h"
#include "cxlcache.h"

/* Protects the settings against two writers, cxlcache_pool, and is_*; process context. */
static DEFINE_MUTEX(param_lock);

struct cxl_pool *cxlcache_pool;

/* The module is loaded and not on its way out; what is set before that takes effect at its load. */
static bool is_running;
/* It is on its way out, with its parameters still there: it is enabled no more. */
static bool is_stopping;

static int cxlcache_text_len(const char *text)
{
	return strcspn(text, "\n");
}

/* ---- on and off ----------------------------------------------------------------------- */

/*
 * enabled=Y|N: cache files. N drops all that is held before the write returns; mounts that were
 * added stay so. Default N.
 */
bool cxlcache_enabled;
/* A mount was added by netlink while it was not enabled, and nobody has set it since. */
static atomic_t enable_is_asked = ATOMIC_INIT(0);

static void cxlcache_start(void)
{
	static_branch_enable(&cxlcache_is_used);
	cxlcache_mounts_enable();
}

static void cxlcache_stop(void)
{
	cxlcache_mounts_disable();
	static_branch_disable(&cxlcache_is_used);
}

static int cxlcache_enabled_set(const char *text, const struct kernel_param *kp)
{
	bool wanted, was;
	int err = 0;

	if (!text)
		text = "Y";
	if (kstrtobool(text, &wanted)) {
		pr_err("enabled=%.*s: must be Y or N; nothing was changed\n",
		       cxlcache_text_len(text), text);
		return -EINVAL;
	}
	mutex_lock(&param_lock);
	atomic_set(&enable_is_asked, 0);
	was = cxlcache_enabled;
	if (is_stopping)
		err = -ENODEV;
	else
		WRITE_ONCE(cxlcache_enabled, wanted);
	if (is_running && wanted && !was)
		cxlcache_start();
	else if (is_running && was && !wanted)
		cxlcache_stop();
	mutex_unlock(&param_lock);
	return err;
}

static const struct kernel_param_ops cxlcache_enabled_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = cxlcache_enabled_set,
	.get = param_get_bool,
};

module_param_cb(enabled, &cxlcache_enabled_ops, &cxlcache_enabled, 0644);
MODULE_PARM_DESC(enabled, "cache files (default N)");

/*
 * mounts=PATH[,PATH...]: mounts to cache, by a path in each; an empty list: none until one is
 * added. Default: every ext4, xfs and btrfs, as it is used.
 */
static char *mounts;
module_param(mounts, charp, 0444);
MODULE_PARM_DESC(mounts, "paths of mounts to cache, with commas (default: all that are supported)");

/* There is no list. */
bool cxlcache_auto;

static int cxlcache_mounts_add_list(const char *list)
{
	char *copy = kstrdup(list, GFP_KERNEL), *rest = copy, *name;
	int err = copy ? 0 : -ENOMEM;
	struct path path;

	while (!err && (name = strsep(&rest, ","))) {
		if (!*name)
			continue;
		err = cxlcache_path(name, &path);
		if (err)
			break;
		err = cxlcache_mount_switch(&path, true);
		path_put(&path);
	}
	kfree(copy);
	return err;
}

/*
 * What is written to a parameter, without the end of its line; to be freed. An error: not now. The
 * path in it is looked up without param_lock, for which requests by netlink wait.
 */
static char *cxlcache_param_text(const char *text, const struct kernel_param *kp)
{
	char *copy;

	if (!READ_ONCE(is_running)) {
		pr_err("%s: can be written to once the module is loaded (at load: mounts=)\n",
		       kp->name);
		return ERR_PTR(-EINVAL);
	}
	copy = kstrndup(text, cxlcache_text_len(text), GFP_KERNEL);
	return copy ?: ERR_PTR(-ENOMEM);
}

/*
 * mount_add, mount_del: writing a path to them caches a mount's files, or drops what is held of
 * them and caches them no more.
 */
static int cxlcache_mount_set(const char *text, const struct kernel_param *kp)
{
	char *name = cxlcache_param_text(text, kp);
	struct path path;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = cxlcache_path(name, &path);
	kfree(name);
	if (err)
		return err;
	mutex_lock(&param_lock);
	err = is_running ? cxlcache_mount_switch(&path, kp->arg) : -ENODEV;
	mutex_unlock(&param_lock);
	path_put(&path);
	return err;
}

static const struct kernel_param_ops cxlcache_mount_ops = {
	.set = cxlcache_mount_set,
};

/* The argument is whether to add. */
module_param_cb(mount_add, &cxlcache_mount_ops, (void *)true, 0200);
MODULE_PARM_DESC(mount_add, "path of a mount to cache");
module_param_cb(mount_del, &cxlcache_mount_ops, (void *)false, 0200);
MODULE_PARM_DESC(mount_del, "path of a mount not to cache any more");

/*
 * mount_quota: "PATH MIB", the most that is held of a mount. Default: no limit but the pool's.
 */
static int cxlcache_quota_set(const char *text, const struct kernel_param *kp)
{
	char *name = cxlcache_param_text(text, kp), *number;
	unsigned long size_mb;
	struct path path;
	int err = -EINVAL;

	if (IS_ERR(name))
		return PTR_ERR(name);
	number = strrchr(name, ' ');
	if (number && !kstrtoul(number + 1, 0, &size_mb) &&
	    size_mb <= LONG_MAX >> (20 - PAGE_SHIFT)) {
		*number = '\0';
		err = cxlcache_path(name, &path);
	} else {
		pr_err("mount_quota: '%s' is not a path and a number of MiB; nothing was changed\n",
		       name);
	}
	kfree(name);
	if (err)
		return err;
	err = cxlcache_mount_quota(&path, size_mb << (20 - PAGE_SHIFT));
	path_put(&path);
	return err;
}

static const struct kernel_param_ops cxlcache_quota_ops = {
	.set = cxlcache_quota_set,
};

module_param_cb(mount_quota, &cxlcache_quota_ops, NULL, 0200);
MODULE_PARM_DESC(mount_quota, "\"PATH MIB\": the most that is held of a mount");

/*
 * flush: writing to it drops all that is held now.
 */
static int cxlcache_flush_set(const char *text, const struct kernel_param *kp)
{
	mutex_lock(&param_lock);
	if (is_running)
		cxlcache_mounts_flush();
	mutex_unlock(&param_lock);
	return 0;
}

static const struct kernel_param_ops cxlcache_flush_ops = {
	.set = cxlcache_flush_set,
};

module_param_cb(flush, &cxlcache_flush_ops, NULL, 0200);
MODULE_PARM_DESC(flush, "drop all pages that are held now");

/* ---- policy --------------------------------------------------------------------------- */

/* A parameter that is one of some words. */
struct cxlcache_choice {
	const char * const *words;
	unsigned int nr_words;
	int *value;
};

static int cxlcache_choice_set(const char *text, const struct kernel_param *kp)
{
	const struct cxlcache_choice *choice = kp->arg;
	unsigned int i;

	for (i = 0; i < choice->nr_words; i++) {
		if (sysfs_streq(text, choice->words[i])) {
			WRITE_ONCE(*choice->value, i);
			return 0;
		}
	}
	pr_err("%s=%.*s: must be %s or %s; nothing was changed\n", kp->name,
	       cxlcache_text_len(text), text, choice->words[0], choice->words[1]);
	return -EINVAL;
}

static int cxlcache_choice_get(char *buffer, const struct kernel_param *kp)
{
	const struct cxlcache_choice *choice = kp->arg;

	return sysfs_emit(buffer, "%s\n", choice->words[*choice->value]);
}

static const struct kernel_param_ops cxlcache_choice_ops = {
	.set = cxlcache_choice_set,
	.get = cxlcache_choice_get,
};

/*
 * mode=exclusive|inclusive: does a page that is read from here leave, or stay until it leaves the
 * page cache again, and is put anew? Exclusive, no page takes room twice. Default exclusive.
 */
int cxlcache_mode = CXLCACHE_EXCLUSIVE;

static const char * const cxlcache_modes[] = {
	[CXLCACHE_EXCLUSIVE] = "exclusive",
	[CXLCACHE_INCLUSIVE] = "inclusive",
};

static struct cxlcache_choice cxlcache_mode_choice = {
	cxlcache_modes, ARRAY_SIZE(cxlcache_modes), &cxlcache_mode,
};

module_param_cb(mode, &cxlcache_choice_ops, &cxlcache_mode_choice, 0644);
MODULE_PARM_DESC(mode, "what a hit does to the copy: exclusive (default): it leaves; inclusive: it stays");

/*
 * admission=workingset|all: take only pages that were used more than once, or that come back soon
 * after they were refused or evicted; or all. Default workingset.
 */
int cxlcache_admission = CXLCACHE_ADMIT_WORKINGSET;

static const char * const cxlcache_admissions[] = {
	[CXLCACHE_ADMIT_WORKINGSET] = "workingset",
	[CXLCACHE_ADMIT_ALL] = "all",
};

static struct cxlcache_choice cxlcache_admission_choice = {
	cxlcache_admissions, ARRAY_SIZE(cxlcache_admissions), &cxlcache_admission,
};

module_param_cb(admission, &cxlcache_choice_ops, &cxlcache_admission_choice, 0644);
MODULE_PARM_DESC(admission, "which pages to take: workingset (default): used again; all");

/*
 * canary=N: read one of N hits from disk as well, and compare. A page that differs is logged, and
 * its mount is switched off. 0: none. Default 0.
 */
unsigned int cxlcache_canary;

static int cxlcache_canary_set(const char *text, const struct kernel_param *kp)
{
	unsigned int every;

	if (kstrtouint(text, 0, &every)) {
		pr_err("canary=%.*s: must be a number; nothing was changed\n",
		       cxlcache_text_len(text), text);
		return -EINVAL;
	}
	WRITE_ONCE(cxlcache_canary, every);
	return 0;
}

static const struct kernel_param_ops cxlcache_canary_ops = {
	.set = cxlcache_canary_set,
	.get = param_get_uint,
};

module_param_cb(canary, &cxlcache_canary_ops, &cxlcache_canary, 0644);
MODULE_PARM_DESC(canary, "compare one of so many hits with the disk (default 0: none)");

/* ---- the pool ------------------------------------------------------------------------- */

/*
 * max_pool_percent=0..100: the most pages that are held, in percent of the group's memory. Lowering
 * it evicts what is too much. Default 20.
 */
static unsigned int max_pool_percent = 20;

static int cxlcache_percent_set(const char *text, const struct kernel_param *kp)
{
	unsigned int percent;

	if (kstrtouint(text, 0, &percent) || percent > 100) {
		pr_err("%s: %.*s is no percentage from 0 to 100; nothing was changed\n",
		       kp->name, cxlcache_text_len(text), text);
		return -EINVAL;
	}
	mutex_lock(&param_lock);
	max_pool_percent = percent;
	if (is_running) {
		cxl_pool_set_percent(cxlcache_pool, percent);
		cxlcache_shrink_to_limit();
	}
	mutex_unlock(&param_lock);
	return 0;
}

static const struct kernel_param_ops cxlcache_percent_ops = {
	.set = cxlcache_percent_set,
	.get = param_get_uint,
};

module_param_cb(max_pool_percent, &cxlcache_percent_ops, &max_pool_percent, 0644);
MODULE_PARM_DESC(max_pool_percent, "limit, in percent of the group's memory (default 20)");

/*
 * group=NAME: where new pages come from: "default", all far nodes; "nodeN"; "socketN", the far
 * nodes of a socket; or a group of cxlmeta's groups=. Pages that are held stay where they are.
 * Default "default".
 */
static char cxlcache_group[32] = CXL_GROUP_DEFAULT;

static int cxlcache_group_set(const char *text, const struct kernel_param *kp)
{
	int len = cxlcache_text_len(text), err = 0;
	char name[sizeof(cxlcache_group)];

	if (len >= sizeof(name)) {
		pr_err("group: the name is longer than %zu characters; nothing was changed\n",
		       sizeof(name) - 1);
		return -EINVAL;
	}
	strscpy(name, text, len + 1);
	mutex_lock(&param_lock);
	if (is_running)
		err = cxl_pool_set_group(cxlcache_pool, name);
	if (err)
		pr_err("group: there is no group '%s'; nothing was changed\n", name);
	else
		strscpy(cxlcache_group, name, sizeof(cxlcache_group));
	if (is_running && !err)
		cxlcache_shrink_to_limit();
	mutex_unlock(&param_lock);
	return err;
}

static int cxlcache_group_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", cxlcache_group);
}

static const struct kernel_param_ops cxlcache_group_ops = {
	.set = cxlcache_group_set,
	.get = cxlcache_group_get,
};

module_param_cb(group, &cxlcache_group_ops, NULL, 0644);
MODULE_PARM_DESC(group, "group of nodes that new pages come from (default \"default\": all far nodes)");

/* Both, or neither; what is held beyond the new limit is evicted by the caller. */
static int cxlcache_pool_take(const struct cxl_pool_settings *settings)
{
	int err = 0;

	lockdep_assert_held(&param_lock);
	if (settings->group)
		err = cxl_pool_set_group(cxlcache_pool, settings->group);
	if (err)
		return err;
	if (settings->group)
		strscpy(cxlcache_group, settings->group, sizeof(cxlcache_group));
	if (settings->percent >= 0) {
		max_pool_percent = settings->percent;
		cxl_pool_set_percent(cxlcache_pool, max_pool_percent);
	}
	return 0;
}

/**
 * cxlcache_pool_set() - change the pool's settings, all or none; see struct cxl_control
 * @settings: as the parameters group and max_pool_percent
 * @extack: where to say what is wrong
 *
 * Context: process context, while the module is loaded; sleeps.
 * Return: 0; -EINVAL, -ENOENT or -EOPNOTSUPP, and why was said.
 */
int cxlcache_pool_set(const struct cxl_pool_settings *settings, struct netlink_ext_ack *extack)
{
	int err;

	if (settings->accept_percent >= 0 || settings->writeback_percent >= 0 ||
	    settings->writeback_rate_mb >= 0) {
		cxl_refuse(extack, "cxlcache has no thresholds, and writes nothing back");
		return -EOPNOTSUPP;
	}
	if (settings->group && strlen(settings->group) >= sizeof(cxlcache_group)) {
		cxl_refuse(extack, "group: the name is longer than %zu characters",
			   sizeof(cxlcache_group) - 1);
		return -EINVAL;
	}
	mutex_lock(&param_lock);
	err = cxlcache_pool_take(settings);
	mutex_unlock(&param_lock);
	if (err)
		cxl_refuse(extack, "group: there is no group '%s'", settings->group);
	return err;
}

/**
 * cxlcache_ask_to_enable() - have the module enabled soon, if it is not
 *
 * Context: any.
 */
void cxlcache_ask_to_enable(void)
{
	if (!READ_ONCE(cxlcache_enabled))
		atomic_set(&enable_is_asked, 1);
}

/**
 * cxlcache_enable_added() - enable the module, if that was asked for: a mount was added
 *
 * Who adds one mount does not want all of them: none is added any more as it is used.
 *
 * Context: process context; sleeps.
 */
void cxlcache_enable_added(void)
{
	mutex_lock(&param_lock);
	if (atomic_xchg(&enable_is_asked, 0) && is_running && !cxlcache_enabled) {
		WRITE_ONCE(cxlcache_auto, false);
		/* as it would have been given */
		mounts = mounts ?: "";
		WRITE_ONCE(cxlcache_enabled, true);
		cxlcache_start();
	}
	mutex_unlock(&param_lock);
}

/**
 * cxlcache_pool_init() - make the pool, with its limit
 *
 * Context: process context, module load.
 * Return: 0; -ENODEV without far nodes, -EINVAL without the group, after a line in the log;
 *	-ENOMEM.
 */
int cxlcache_pool_init(void)
{
	struct cxl_pool *pool = cxl_pool_create(KBUILD_MODNAME, &cxlcache_pool_ops);
	int err;

	if (!pool)
		return -ENOMEM;
	err = cxl_pool_set_group(pool, cxlcache_group);
	if (err) {
		pr_err("group: there is no group '%s'\n", cxlcache_group);
		err = -EINVAL;
	} else if (!cxl_pool_size(pool)) {
		pr_err("no far node: bring CXL memory online first (a NUMA node with memory and no CPU), or load cxlmeta with nodes=\n");
		err = -ENODEV;
	} else {
		cxl_pool_set_percent(pool, max_pool_percent);
		cxlcache_pool = pool;
	}
	if (err)
		cxl_pool_destroy(pool);
	return err;
}

/**
 * cxlcache_pool_exit() - free the pool
 *
 * Context: process context, module unload; all pages have been given back.
 */
void cxlcache_pool_exit(void)
{
	cxl_pool_destroy(cxlcache_pool);
}

/**
 * cxlcache_params_start() - begin to work as the parameters say
 *
 * Context: process context, last in module_init but for what can't fail; sleeps.
 * Return: 0, or an error after a line in the log if one of mounts= can't be cached.
 */
int cxlcache_params_start(void)
{
	int err = 0;

	mutex_lock(&param_lock);
	/* what was written while we were being loaded */
	cxl_pool_set_percent(cxlcache_pool, max_pool_percent);
	is_running = true;
	WRITE_ONCE(cxlcache_auto, !mounts);
	if (cxlcache_enabled)
		cxlcache_start();
	if (mounts)
		err = cxlcache_mounts_add_list(mounts);
	mutex_unlock(&param_lock);
	/* modprobe takes ENOENT for a missing symbol */
	return err == -ENOENT ? -EINVAL : err;
}

/**
 * cxlcache_params_stop() - put, get and hold nothing any more, whatever is written to parameters
 *
 * Context: process context, module unload; sleeps.
 */
void cxlcache_params_stop(void)
{
	mutex_lock(&param_lock);
	is_running = false;
	is_stopping = true;
	WRITE_ONCE(cxlcache_auto, false);
	WRITE_ONCE(cxlcache_enabled, false);
	cxlcache_stop();
	mutex_unlock(&param_lock);
}
