// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs cxlmeta/: hooks, pools and devices, as text; groups and drains, which also take commands.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "cxlmeta.h"

#define CXL_COMMAND_MAX 256

static struct dentry *stats_dir;

static int hooks_show(struct seq_file *m, void *unused)
{
	return cxl_hooks_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(hooks);

static int pools_show(struct seq_file *m, void *unused)
{
	return cxl_pools_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(pools);

static int devices_show(struct seq_file *m, void *unused)
{
	return cxl_devices_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(devices);

/* One line, one command, one write(). */
static ssize_t cxl_command_write(const char __user *text, size_t count, int (*command)(char *))
{
	char *line;
	int err;

	if (count > CXL_COMMAND_MAX)
		return -EINVAL;
	line = memdup_user_nul(text, count);
	if (IS_ERR(line))
		return PTR_ERR(line);
	err = command(strim(line));
	kfree(line);
	return err ?: count;
}

static int groups_show(struct seq_file *m, void *unused)
{
	return cxl_groups_show(m, unused);
}

static ssize_t groups_write(struct file *file, const char __user *text, size_t count, loff_t *pos)
{
	return cxl_command_write(text, count, cxl_groups_command);
}
DEFINE_SHOW_STORE_ATTRIBUTE(groups);

static int drain_show(struct seq_file *m, void *unused)
{
	return cxl_drains_show(m, unused);
}

static ssize_t drain_write(struct file *file, const char __user *text, size_t count, loff_t *pos)
{
	return cxl_command_write(text, count, cxl_drains_command);
}
DEFINE_SHOW_STORE_ATTRIBUTE(drain);

/**
 * cxlmeta_stats_init() - make the files
 *
 * Context: process context. Without debugfs there are none, which is no error.
 */
void cxlmeta_stats_init(void)
{
	stats_dir = debugfs_create_dir("cxlmeta", NULL);
	debugfs_create_file("hooks", 0444, stats_dir, NULL, &hooks_fops);
	debugfs_create_file("pools", 0444, stats_dir, NULL, &pools_fops);
	debugfs_create_file("groups", 0644, stats_dir, NULL, &groups_fops);
	debugfs_create_file("drain", 0644, stats_dir, NULL, &drain_fops);
	debugfs_create_file("devices", 0444, stats_dir, NULL, &devices_fops);
}

/**
 * cxlmeta_stats_exit() - remove the files
 *
 * Context: process context; waits for readers.
 */
void cxlmeta_stats_exit(void)
{
	debugfs_remove(stats_dir);
}
