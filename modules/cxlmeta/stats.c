// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs cxlmeta/: hooks, pools, devices, groups and drains, as text. What can be changed is
 * changed by netlink (netlink_set.c).
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "cxlmeta.h"

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

static int groups_show(struct seq_file *m, void *unused)
{
	return cxl_groups_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(groups);

static int drain_show(struct seq_file *m, void *unused)
{
	return cxl_drains_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(drain);

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
	debugfs_create_file("groups", 0444, stats_dir, NULL, &groups_fops);
	debugfs_create_file("drain", 0444, stats_dir, NULL, &drain_fops);
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
