// SPDX-License-Identifier: GPL-2.0
/*
 * How pages on their way out are copied: plainly, or with stores that go past the CPU's caches.
 *
 * A page that is swapped out is not needed soon. A plain copy fetches each line of CXL memory
 * that it overwrites, unless the CPU knows better for a long REP MOVSQ, puts it in the place of
 * others' lines in the cache, and has it written back some time. A non-temporal one does nothing
 * of that, but waits until all is on its way to the device. Which is faster differs from CPU to
 * CPU and from device to device: so it is measured, for each far node, with lines that no cache
 * has. What a plain copy costs others later is not seen by that; against it, a plain copy wins
 * unless the other one is clearly faster: it is what everybody else uses.
 *
 * Both copies read DRAM, and neither survives a machine check there, as the kernel's own don't.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include <asm/cacheflush.h>

#include "cxl_node.h"
#include "cxlswap.h"

/* A round copies so many pages each way: 256 KiB, a few hundred microseconds at worst. */
#define CXLSWAP_COPY_PAGES	64
#define CXLSWAP_COPY_ROUNDS	7

/* For pages that are there for some milliseconds. No more effort than that is worth. */
#define CXLSWAP_COPY_GFP (GFP_HIGHUSER_MOVABLE | __GFP_THISNODE | __GFP_NORETRY | __GFP_NOWARN)

enum cxlswap_copy_way {
	CXLSWAP_COPY_AUTO,
	CXLSWAP_COPY_PLAIN,
	CXLSWAP_COPY_NT,
};

static const char * const copy_names[] = {
	[CXLSWAP_COPY_AUTO] = "auto",
	[CXLSWAP_COPY_PLAIN] = "plain",
	[CXLSWAP_COPY_NT] = "nt",
};

/*
 * copy=auto|plain|nt: how pages on their way out are copied: plainly, with non-temporal stores, or
 * for each node as is faster there, measured when this is set. Default auto.
 */
static enum cxlswap_copy_way copy_way = CXLSWAP_COPY_AUTO;

/* Protects all of the below against two writers; process context. */
static DEFINE_MUTEX(copy_lock);

/* Until the module is ready, a setting is only kept. */
static bool copy_runs;

/* Nodes with non-temporal copies; read without a lock: each page is right either way. */
static nodemask_t copy_nt_nodes;
DEFINE_STATIC_KEY_FALSE(cxlswap_copy_some_nt);

/* What was measured, in nanoseconds per page; 0: it was not. */
static struct {
	unsigned int plain_ns;
	unsigned int nt_ns;
} copy_times[MAX_NUMNODES];

static void cxlswap_copy_page_nt(void *to, const void *from)
{
	memcpy_flushcache(to, from, PAGE_SIZE);
	/* such stores are not ordered by the release of the slot's lock */
	wmb();
}

/**
 * cxlswap_copy_page_to_node() - cxlswap_copy_page_out(), when some node wants non-temporal copies
 * @nid: the node of @to
 * @to: a page of the pool
 * @from: a page
 *
 * Context: any.
 */
void cxlswap_copy_page_to_node(int nid, void *to, const void *from)
{
	if (node_isset(nid, copy_nt_nodes))
		cxlswap_copy_page_nt(to, from);
	else
		cxlswap_copy_page(to, from);
}

/* ---- what is faster ------------------------------------------------------------------- */

/**
 * struct cxlswap_copy_trial - what is copied to see how long it takes
 * @from: pages of DRAM
 * @to: pages of the node
 * @ns: of each round
 */
struct cxlswap_copy_trial {
	struct page *from[CXLSWAP_COPY_PAGES];
	struct page *to[CXLSWAP_COPY_PAGES];
	u64 ns[CXLSWAP_COPY_ROUNDS];
};

/* Out of all caches, as the pages are that reclaim finds, and those of the pool. */
static void cxlswap_trial_flush(struct cxlswap_copy_trial *trial)
{
	unsigned int i;

	for (i = 0; i < CXLSWAP_COPY_PAGES; i++) {
		clflush_cache_range(page_address(trial->from[i]), PAGE_SIZE);
		clflush_cache_range(page_address(trial->to[i]), PAGE_SIZE);
	}
}

static u64 cxlswap_trial_round(struct cxlswap_copy_trial *trial, bool is_nt)
{
	unsigned int i;
	u64 begin;

	cxlswap_trial_flush(trial);
	begin = ktime_get_ns();
	for (i = 0; i < CXLSWAP_COPY_PAGES; i++) {
		if (is_nt)
			cxlswap_copy_page_nt(page_address(trial->to[i]),
					     page_address(trial->from[i]));
		else
			cxlswap_copy_page(page_address(trial->to[i]),
					  page_address(trial->from[i]));
	}
	return ktime_get_ns() - begin;
}

static int cxlswap_compare_ns(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

/* Rounds that were interrupted fall out. Return: nanoseconds per page, at least 1. */
static unsigned int cxlswap_trial_time(struct cxlswap_copy_trial *trial, bool is_nt)
{
	unsigned int i;

	for (i = 0; i < CXLSWAP_COPY_ROUNDS; i++) {
		trial->ns[i] = cxlswap_trial_round(trial, is_nt);
		cond_resched();
	}
	sort(trial->ns, CXLSWAP_COPY_ROUNDS, sizeof(*trial->ns), cxlswap_compare_ns, NULL);
	return clamp(trial->ns[CXLSWAP_COPY_ROUNDS / 2] / CXLSWAP_COPY_PAGES, 1, UINT_MAX);
}

static void cxlswap_trial_free(struct cxlswap_copy_trial *trial)
{
	unsigned int i;

	if (!trial)
		return;
	for (i = 0; i < CXLSWAP_COPY_PAGES; i++) {
		if (trial->from[i])
			__free_page(trial->from[i]);
		if (trial->to[i])
			__free_page(trial->to[i]);
	}
	kfree(trial);
}

/* Return: NULL without memory, here or on the node. */
static struct cxlswap_copy_trial *cxlswap_trial_new(int nid)
{
	struct cxlswap_copy_trial *trial = kzalloc(sizeof(*trial), GFP_KERNEL);
	unsigned int i;

	for (i = 0; trial && i < CXLSWAP_COPY_PAGES; i++) {
		trial->from[i] = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		trial->to[i] = alloc_pages_node(nid, CXLSWAP_COPY_GFP, 0);
		if (!trial->from[i] || !trial->to[i]) {
			cxlswap_trial_free(trial);
			return NULL;
		}
		/* what was never written may be one page of zeros to a hypervisor */
		memset(page_address(trial->from[i]), i + 1, PAGE_SIZE);
		memset(page_address(trial->to[i]), i + 1, PAGE_SIZE);
	}
	return trial;
}

/* Return: whether non-temporal copies to a node are faster by a sixteenth or more. */
static bool cxlswap_node_prefers_nt(int nid)
{
	struct cxlswap_copy_trial *trial;
	unsigned int plain, nt;

	lockdep_assert_held(&copy_lock);
	trial = cxlswap_trial_new(nid);
	if (!trial)
		return false;
	plain = cxlswap_trial_time(trial, false);
	nt = cxlswap_trial_time(trial, true);
	cxlswap_trial_free(trial);
	WRITE_ONCE(copy_times[nid].plain_ns, plain);
	WRITE_ONCE(copy_times[nid].nt_ns, nt);
	return (u64)nt * 16 <= (u64)plain * 15;
}

static bool cxlswap_node_is_nt(int nid)
{
	switch (copy_way) {
	case CXLSWAP_COPY_NT:
		return true;
	case CXLSWAP_COPY_AUTO:
		return node_state(nid, N_MEMORY) && cxl_node_is_far(nid) &&
		       cxlswap_node_prefers_nt(nid);
	default:
		return false;
	}
}

/* Nodes that come later are copied to plainly, unless all have non-temporal copies. */
static void cxlswap_copy_choose(void)
{
	int nid;

	lockdep_assert_held(&copy_lock);
	for_each_node(nid) {
		if (cxlswap_node_is_nt(nid))
			node_set(nid, copy_nt_nodes);
		else
			node_clear(nid, copy_nt_nodes);
	}
	if (nodes_empty(copy_nt_nodes))
		static_branch_disable(&cxlswap_copy_some_nt);
	else
		static_branch_enable(&cxlswap_copy_some_nt);
}

/* ---- interfaces ----------------------------------------------------------------------- */

static int cxlswap_copy_set(const char *text, const struct kernel_param *kp)
{
	int way = sysfs_match_string(copy_names, text);

	if (way < 0) {
		pr_err("copy=%.*s: must be auto, plain or nt; nothing was changed\n",
		       (int)strcspn(text, "\n"), text);
		return -EINVAL;
	}
	mutex_lock(&copy_lock);
	copy_way = way;
	if (copy_runs)
		cxlswap_copy_choose();
	mutex_unlock(&copy_lock);
	return 0;
}

static int cxlswap_copy_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", copy_names[READ_ONCE(copy_way)]);
}

static const struct kernel_param_ops cxlswap_copy_ops = {
	.set = cxlswap_copy_set,
	.get = cxlswap_copy_get,
};
module_param_cb(copy, &cxlswap_copy_ops, NULL, 0644);
MODULE_PARM_DESC(copy, "how pages are copied on their way out: auto, plain or nt (default auto)");

/**
 * cxlswap_copies_show() - list the far nodes: how pages are copied there, and the nanoseconds per
 *	page that were measured, plain and non-temporal; 0: not measured
 * @m: the file
 * @unused: none
 *
 * Context: process context; sleeps.
 * Return: 0.
 */
int cxlswap_copies_show(struct seq_file *m, void *unused)
{
	int nid;

	mutex_lock(&copy_lock);
	for_each_node_state(nid, N_MEMORY)
		if (cxl_node_is_far(nid))
			seq_printf(m, "node %d %s %u %u\n", nid,
				   copy_names[node_isset(nid, copy_nt_nodes) ? CXLSWAP_COPY_NT :
									       CXLSWAP_COPY_PLAIN],
				   copy_times[nid].plain_ns, copy_times[nid].nt_ns);
	mutex_unlock(&copy_lock);
	return 0;
}

/**
 * cxlswap_copy_init() - choose how pages are copied
 *
 * Context: process context, module load; sleeps, and takes a few milliseconds for each far node.
 */
void cxlswap_copy_init(void)
{
	mutex_lock(&copy_lock);
	copy_runs = true;
	cxlswap_copy_choose();
	mutex_unlock(&copy_lock);
}
