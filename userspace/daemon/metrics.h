/* SPDX-License-Identifier: GPL-2.0 */
/* What there is at one time, and the text that Prometheus reads; docs/daemon.md lists all metrics. */
#ifndef CXLTIER_METRICS_H
#define CXLTIER_METRICS_H

#include "common.h"

/**
 * struct figures - what the daemon itself has to tell
 * @reload_failed: the file had mistakes when it was read last
 * @reloaded: when it had none, seconds since 1970
 * @applied: all that it asks for is there
 * @nr_applied: how often that was so after an attempt
 * @nr_failed: how often not
 * @nr_online: memory blocks brought online
 * @nr_events: events of the modules
 */
struct figures {
	bool reload_failed;
	int64_t reloaded;
	bool applied;
	uint64_t nr_applied;
	uint64_t nr_failed;
	uint64_t nr_online;
	uint64_t nr_events;
};

/**
 * struct snapshot - what there is in the kernel
 * @loaded: the module cxlmeta answers; all else is empty without it
 * @devices: CXL devices
 * @nr_devices: how many; as of all others
 * @nodes: nodes, without their plans
 * @nr_nodes: the same
 * @pools: pools
 * @nr_pools: the same
 * @areas: swap areas
 * @nr_areas: the same
 * @swap_devices: block devices
 * @nr_swap_devices: the same
 * @counters: all modules'
 * @nr_counters: the same
 * @hooks: hooks
 * @nr_hooks: the same
 * @mounts: mounts that are cached, or not
 * @nr_mounts: the same
 * @kept: texts and arrays that these point to
 * @nr_kept: the same
 */
struct snapshot {
	bool loaded;
	struct cxltier_device *devices;
	unsigned int nr_devices;
	struct cxltier_node *nodes;
	unsigned int nr_nodes;
	struct cxltier_pool *pools;
	unsigned int nr_pools;
	struct cxltier_area *areas;
	unsigned int nr_areas;
	struct cxltier_swap_device *swap_devices;
	unsigned int nr_swap_devices;
	struct cxltier_counter *counters;
	unsigned int nr_counters;
	struct cxltier_hook *hooks;
	unsigned int nr_hooks;
	struct cxltier_mount *mounts;
	unsigned int nr_mounts;
	void **kept;
	unsigned int nr_kept;
};

/* snapshot.c */
int snapshot_take(struct cxltier *ctx, struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

/* metrics.c */
void metrics_write(FILE *out, const struct snapshot *snapshot, const struct figures *figures);

#endif /* CXLTIER_METRICS_H */
