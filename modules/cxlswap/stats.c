// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs cxlswap/: a file for every counter of CXLSWAP_COUNTERS, pool_total_size, areas,
 * cgroups and copies. Counters are kept per CPU; a file shows their sum.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "cxl_control.h"
#include "cxl_pool.h"
#include "cxlswap.h"

DEFINE_PER_CPU(struct cxlswap_counts, cxlswap_counts);

static struct dentry *stats_dir;

#define CXLSWAP_COUNTER_NAME(_name, _meaning) [CXLSWAP_COUNT_##_name] = #_name,
static const char * const cxlswap_counter_names[] = {
	CXLSWAP_COUNTERS(CXLSWAP_COUNTER_NAME)
};

static u64 cxlswap_counter_value(enum cxlswap_counter counter)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(cxlswap_counts, cpu).value[counter]);
	return max(sum, 0L);
}

static int cxlswap_counter_get(void *data, u64 *value)
{
	*value = cxlswap_counter_value((unsigned long)data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cxlswap_counter_fops, cxlswap_counter_get, NULL, "%llu\n");

/* Bytes of CXL memory in use by stored pages. */
static int cxlswap_pool_total_size_get(void *data, u64 *value)
{
	*value = (u64)cxl_pool_nr_used(cxlswap_pool) << PAGE_SHIFT;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cxlswap_pool_total_size_fops, cxlswap_pool_total_size_get, NULL,
			 "%llu\n");

static int areas_show(struct seq_file *m, void *unused)
{
	return cxlswap_areas_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(areas);

static int cgroups_show(struct seq_file *m, void *unused)
{
	return cxlswap_cgroups_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(cgroups);

static int copies_show(struct seq_file *m, void *unused)
{
	return cxlswap_copies_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(copies);

/**
 * cxlswap_counters_fill() - tell of all counters; see struct cxl_control
 * @skb: the message
 *
 * Context: process context.
 * Return: 0 or -EMSGSIZE.
 */
int cxlswap_counters_fill(struct sk_buff *skb)
{
	enum cxlswap_counter counter;
	int err;

	for (counter = 0; counter < CXLSWAP_NR_COUNTERS; counter++) {
		err = cxl_control_put_counter(skb, cxlswap_counter_names[counter],
					      cxlswap_counter_value(counter));
		if (err)
			return err;
	}
	return 0;
}

/**
 * cxlswap_stats_init() - make the files
 *
 * Context: process context, when the pool is there. Without debugfs there are none: no error.
 */
void cxlswap_stats_init(void)
{
	unsigned long i;

	stats_dir = debugfs_create_dir("cxlswap", NULL);
	for (i = 0; i < CXLSWAP_NR_COUNTERS; i++)
		debugfs_create_file_unsafe(cxlswap_counter_names[i], 0444, stats_dir, (void *)i,
					   &cxlswap_counter_fops);
	debugfs_create_file_unsafe("pool_total_size", 0444, stats_dir, NULL,
				   &cxlswap_pool_total_size_fops);
	debugfs_create_file("areas", 0444, stats_dir, NULL, &areas_fops);
	debugfs_create_file("cgroups", 0444, stats_dir, NULL, &cgroups_fops);
	debugfs_create_file("copies", 0444, stats_dir, NULL, &copies_fops);
}

/**
 * cxlswap_stats_exit() - remove the files
 *
 * Context: process context; waits for readers.
 */
void cxlswap_stats_exit(void)
{
	debugfs_remove(stats_dir);
}
