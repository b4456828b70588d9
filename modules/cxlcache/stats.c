// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs cxlcache/: a file for every counter of CXLCACHE_COUNTERS, pool_total_size and mounts;
 * and debugfs cleancache/.
 * Counters are kept per CPU; a file shows their sum.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "cxl_control.h"
#include "cxl_pool.h"
#include "cxlcache.h"

#define CREATE_TRACE_POINTS
#include "cxlcache_trace.h"

DEFINE_PER_CPU(struct cxlcache_counts, cxlcache_counts);

static struct dentry *stats_dir;

/* debugfs cleancache/, as the kernel had it until 5.16, for scripts written for it. */
static struct dentry *cleancache_dir;
static const unsigned long cleancache_counters[] = {
	CXLCACHE_COUNT_succ_gets,
	CXLCACHE_COUNT_failed_gets,
	CXLCACHE_COUNT_succ_puts,
	CXLCACHE_COUNT_failed_puts,
	CXLCACHE_COUNT_invalidates,
};

#define CXLCACHE_COUNTER_NAME(_name, _meaning) [CXLCACHE_COUNT_##_name] = #_name,
static const char * const cxlcache_counter_names[] = {
	CXLCACHE_COUNTERS(CXLCACHE_COUNTER_NAME)
};

static u64 cxlcache_counter_value(enum cxlcache_counter counter)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(cxlcache_counts, cpu).value[counter]);
	return max(sum, 0L);
}

static int cxlcache_counter_get(void *data, u64 *value)
{
	*value = cxlcache_counter_value((unsigned long)data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cxlcache_counter_fops, cxlcache_counter_get, NULL, "%llu\n");

/* Bytes of CXL memory that hold pages. */
static int cxlcache_pool_total_size_get(void *data, u64 *value)
{
	*value = (u64)cxl_pool_nr_used(cxlcache_pool) << PAGE_SHIFT;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cxlcache_pool_total_size_fops, cxlcache_pool_total_size_get, NULL,
			 "%llu\n");

static int mounts_show(struct seq_file *m, void *unused)
{
	return cxlcache_mounts_show(m, unused);
}
DEFINE_SHOW_ATTRIBUTE(mounts);

/**
 * cxlcache_counters_fill() - tell of all counters; see struct cxl_control
 * @skb: the message
 *
 * Context: process context.
 * Return: 0 or -EMSGSIZE.
 */
int cxlcache_counters_fill(struct sk_buff *skb)
{
	enum cxlcache_counter counter;
	int err;

	for (counter = 0; counter < CXLCACHE_NR_COUNTERS; counter++) {
		err = cxl_control_put_counter(skb, cxlcache_counter_names[counter],
					      cxlcache_counter_value(counter));
		if (err)
			return err;
	}
	return 0;
}

/**
 * cxlcache_stats_init() - make the files
 *
 * Context: process context, when the pool is there. Without debugfs there are none: no error.
 */
void cxlcache_stats_init(void)
{
	unsigned long i;

	stats_dir = debugfs_create_dir("cxlcache", NULL);
	for (i = 0; i < CXLCACHE_NR_COUNTERS; i++)
		debugfs_create_file_unsafe(cxlcache_counter_names[i], 0444, stats_dir, (void *)i,
					   &cxlcache_counter_fops);
	debugfs_create_file_unsafe("pool_total_size", 0444, stats_dir, NULL,
				   &cxlcache_pool_total_size_fops);
	debugfs_create_file("mounts", 0444, stats_dir, NULL, &mounts_fops);
	cleancache_dir = debugfs_create_dir("cleancache", NULL);
	for (i = 0; i < ARRAY_SIZE(cleancache_counters); i++)
		debugfs_create_file_unsafe(cxlcache_counter_names[cleancache_counters[i]], 0444,
					   cleancache_dir, (void *)cleancache_counters[i],
					   &cxlcache_counter_fops);
}

/**
 * cxlcache_stats_exit() - remove the files
 *
 * Context: process context; waits for readers.
 */
void cxlcache_stats_exit(void)
{
	debugfs_remove(cleancache_dir);
	debugfs_remove(stats_dir);
}
