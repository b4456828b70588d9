// SPDX-License-Identifier: GPL-2.0
/*
 * Figures as text for Prometheus: its exposition format, version 0.0.4. Names are an interface:
 * docs/daemon.md lists them.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "metrics.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

static void begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* One byte that is not UTF-8, in the name of a swap file, and Prometheus refuses all there is. */
static void put_label(FILE *out, const char *value)
{
	size_t length;

	for (; *value; value += length ? length : 1) {
		length = character_length(value);
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else if (length)
			fwrite(value, 1, length, out);
		else
			fputc('?', out);
	}
}

/* Names and texts by turns; for one expression. */
#define LABELS(...) ((const char *const []){ __VA_ARGS__, NULL })

static void put_labels(FILE *out, const char *const *labels)
{
	char before = '{';

	for (; labels && *labels; labels += 2) {
		fprintf(out, "%c%s=\"", before, labels[0]);
		put_label(out, labels[1]);
		fputc('"', out);
		before = ',';
	}
	if (before == ',')
		fputc('}', out);
}

static void put(FILE *out, const char *name, uint64_t value, const char *const *labels)
{
	fputs(name, out);
	put_labels(out, labels);
	fprintf(out, " %" PRIu64 "\n", value);
}

static void put_alone(FILE *out, const char *name, const char *type, const char *help,
		      uint64_t value)
{
	begin(out, name, type, help);
	put(out, name, value, NULL);
}

/* The text of a number, for a label; valid until the same buffer is used again. */
struct number {
	char text[24];
};

static const char *text_of(struct number *number, const char *before, int64_t value)
{
	snprintf(number->text, sizeof(number->text), "%.12s%" PRId64, before, value);
	return number->text;
}

/**
 * struct field - a member that is a metric
 * @name: the metric
 * @type: "gauge" or "counter"
 * @help: what it is
 * @offset: of the member, a uint64_t
 */
struct field {
	const char *name;
	const char *type;
	const char *help;
	size_t offset;
};

static uint64_t field_of(const struct field *field, const void *object)
{
	return *(const uint64_t *)((const char *)object + field->offset);
}

#define FOR_EACH_FIELD(_field, _fields) \
	for (_field = _fields; _field < _fields + sizeof(_fields) / sizeof(_fields[0]); _field++)

/* ---- devices and nodes ---------------------------------------------------------------- */

static void write_devices(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_device *device;
	struct number name, node;
	unsigned int i;

	begin(out, "cxltier_device_size_bytes", "gauge", "Size of a CXL device.");
	for (i = 0; i < snapshot->nr_devices; i++) {
		device = &snapshot->devices[i];
		put(out, "cxltier_device_size_bytes", device->size,
		    LABELS("device", text_of(&name, "cxl", device->number),
			   "node", text_of(&node, "", device->home), "source", device->source));
	}
	begin(out, "cxltier_device_online", "gauge", "Whether any memory of a device is in use.");
	for (i = 0; i < snapshot->nr_devices; i++) {
		device = &snapshot->devices[i];
		put(out, "cxltier_device_online", device->state == CXLTIER_DEVICE_STATE_ONLINE,
		    LABELS("device", text_of(&name, "cxl", device->number)));
	}
}

static const struct field node_fields[] = {
	{ "cxltier_node_size_bytes", "gauge", "Memory of a far node.",
	  offsetof(struct cxltier_node, size) },
	{ "cxltier_node_movable_bytes", "gauge", "Memory of a node that can go offline again.",
	  offsetof(struct cxltier_node, movable) },
	{ "cxltier_node_available_bytes", "gauge", "Memory of a node that pools can take now.",
	  offsetof(struct cxltier_node, room) },
	{ "cxltier_node_used_bytes", "gauge", "Memory of a node that holds data of pools.",
	  offsetof(struct cxltier_node, used) },
};

/* Of the last drain, until the node is open again. */
static const struct field drain_fields[] = {
	{ "cxltier_node_drain_size_bytes", "gauge", "What a drain had to move when it began.",
	  offsetof(struct cxltier_node, drain_total) },
	{ "cxltier_node_drain_moved_bytes", "gauge", "What a drain has moved.",
	  offsetof(struct cxltier_node, drain_moved) },
	{ "cxltier_node_drain_failed_bytes", "gauge", "What a drain has found no room for.",
	  offsetof(struct cxltier_node, drain_failed) },
};

static const char *const node_states[] = { "open", "draining", "drained", "failed" };

static void write_node_states(FILE *out, const struct snapshot *snapshot)
{
	struct number id;
	unsigned int i;
	size_t state;

	begin(out, "cxltier_node_state", "gauge", "1 for the state that a node is in.");
	for (i = 0; i < snapshot->nr_nodes; i++)
		for (state = 0; state < sizeof(node_states) / sizeof(node_states[0]); state++)
			put(out, "cxltier_node_state", snapshot->nodes[i].state == state,
			    LABELS("node", text_of(&id, "", snapshot->nodes[i].id),
				   "state", node_states[state]));
}

static void write_nodes(FILE *out, const struct snapshot *snapshot)
{
	const struct field *field;
	struct number id;
	unsigned int i;

	FOR_EACH_FIELD(field, node_fields) {
		begin(out, field->name, field->type, field->help);
		for (i = 0; i < snapshot->nr_nodes; i++)
			put(out, field->name, field_of(field, &snapshot->nodes[i]),
			    LABELS("node", text_of(&id, "", snapshot->nodes[i].id)));
	}
	FOR_EACH_FIELD(field, drain_fields) {
		begin(out, field->name, field->type, field->help);
		for (i = 0; i < snapshot->nr_nodes; i++)
			if (snapshot->nodes[i].state != CXLTIER_NODE_STATE_OPEN)
				put(out, field->name, field_of(field, &snapshot->nodes[i]),
				    LABELS("node", text_of(&id, "", snapshot->nodes[i].id)));
	}
	write_node_states(out, snapshot);
}

/* ---- pools ---------------------------------------------------------------------------- */

static const struct field pool_fields[] = {
	{ "cxltier_pool_size_bytes", "gauge", "Memory of the nodes of a pool's group.",
	  offsetof(struct cxltier_pool, size) },
	{ "cxltier_pool_limit_bytes", "gauge", "Memory that a pool may take.",
	  offsetof(struct cxltier_pool, limit) },
	{ "cxltier_pool_used_bytes", "gauge", "Memory of a pool that holds data.",
	  offsetof(struct cxltier_pool, used) },
	{ "cxltier_pool_held_bytes", "gauge",
	  "Memory of a pool that holds data or is kept for reuse.",
	  offsetof(struct cxltier_pool, held) },
	{ "cxltier_pool_moved_pages_total", "counter", "Pages of a pool that were moved.",
	  offsetof(struct cxltier_pool, moved) },
	{ "cxltier_pool_poisoned_pages_total", "counter",
	  "Pages of a pool whose memory has failed.",
	  offsetof(struct cxltier_pool, poisoned) },
};

static const struct field pool_node_fields[] = {
	{ "cxltier_pool_node_used_bytes", "gauge", "Memory of a node that holds data of a pool.",
	  offsetof(struct cxltier_pool_node, used) },
	{ "cxltier_pool_node_kept_bytes", "gauge",
	  "Memory of a node that a pool keeps for reuse.",
	  offsetof(struct cxltier_pool_node, kept) },
};

static void write_pool_nodes(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_pool *pool;
	const struct field *field;
	unsigned int i, n;
	struct number id;

	FOR_EACH_FIELD(field, pool_node_fields) {
		begin(out, field->name, field->type, field->help);
		for (i = 0; i < snapshot->nr_pools; i++) {
			pool = &snapshot->pools[i];
			for (n = 0; n < pool->nr_nodes; n++)
				put(out, field->name, field_of(field, &pool->nodes[n]),
				    LABELS("pool", pool->owner,
					   "node", text_of(&id, "", pool->nodes[n].node)));
		}
	}
}

static uint64_t accept_bytes(const struct cxltier_pool *pool)
{
	return pool->limit / 100 * pool->accept_percent;
}

static uint64_t writeback_bytes(const struct cxltier_pool *pool)
{
	return pool->limit / 100 * pool->writeback_percent;
}

static uint64_t writeback_rate(const struct cxltier_pool *pool)
{
	return (uint64_t)pool->writeback_rate_mb << 20;
}

/* Of pools whose pages are written back. */
static void write_writeback(FILE *out, const struct snapshot *snapshot)
{
	static const struct {
		const char *name;
		const char *help;
		uint64_t (*value)(const struct cxltier_pool *pool);
	} values[] = {
		{ "cxltier_pool_accept_bytes",
		  "Memory in use below which a full pool takes pages again.", accept_bytes },
		{ "cxltier_pool_writeback_bytes",
		  "Memory in use above which pages are written back; 0: never.", writeback_bytes },
		{ "cxltier_pool_writeback_rate_bytes",
		  "What is written back in a second at most; 0: no limit.", writeback_rate },
	};
	unsigned int i;
	size_t v;

	for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		begin(out, values[v].name, "gauge", values[v].help);
		for (i = 0; i < snapshot->nr_pools; i++)
			if (snapshot->pools[i].writeback_percent != CXLTIER_UNKNOWN)
				put(out, values[v].name, values[v].value(&snapshot->pools[i]),
				    LABELS("pool", snapshot->pools[i].owner));
	}
}

static void write_pools(FILE *out, const struct snapshot *snapshot)
{
	const struct field *field;
	unsigned int i;

	begin(out, "cxltier_pool_info", "gauge", "1; the group that a pool takes pages from.");
	for (i = 0; i < snapshot->nr_pools; i++)
		put(out, "cxltier_pool_info", 1,
		    LABELS("pool", snapshot->pools[i].owner, "group", snapshot->pools[i].group));
	FOR_EACH_FIELD(field, pool_fields) {
		begin(out, field->name, field->type, field->help);
		for (i = 0; i < snapshot->nr_pools; i++)
			put(out, field->name, field_of(field, &snapshot->pools[i]),
			    LABELS("pool", snapshot->pools[i].owner));
	}
	write_writeback(out, snapshot);
	write_pool_nodes(out, snapshot);
}

/* ---- swap ----------------------------------------------------------------------------- */

static const struct field area_fields[] = {
	{ "cxltier_area_size_bytes", "gauge", "Size of a swap area that cxlswap serves.",
	  offsetof(struct cxltier_area, size) },
	{ "cxltier_area_stored_bytes", "gauge",
	  "Pages of a swap area that cxlswap stores, same-filled ones included.",
	  offsetof(struct cxltier_area, stored) },
};

static void write_areas(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_area *area;
	const struct field *field;
	unsigned int i;

	FOR_EACH_FIELD(field, area_fields) {
		begin(out, field->name, field->type, field->help);
		for (i = 0; i < snapshot->nr_areas; i++) {
			area = &snapshot->areas[i];
			put(out, field->name, field_of(field, area),
			    LABELS("area", area->path,
				   "kind", area->kind == CXLTIER_AREA_KIND_TIER ? "tier" : "device"));
		}
	}
}

static void write_swap_devices(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_swap_device *device;
	struct number name;
	unsigned int i;

	begin(out, "cxltier_swap_device_size_bytes", "gauge", "Size of a device of cxlswap.");
	for (i = 0; i < snapshot->nr_swap_devices; i++) {
		device = &snapshot->swap_devices[i];
		put(out, "cxltier_swap_device_size_bytes", device->size,
		    LABELS("device", text_of(&name, "/dev/cxlswap", device->number)));
	}
	begin(out, "cxltier_swap_device_active", "gauge", "Whether a device is swapped to.");
	for (i = 0; i < snapshot->nr_swap_devices; i++) {
		device = &snapshot->swap_devices[i];
		put(out, "cxltier_swap_device_active", device->swap,
		    LABELS("device", text_of(&name, "/dev/cxlswap", device->number)));
	}
}

/* ---- cache ---------------------------------------------------------------------------- */

/* Where it is mounted, for people, who don't know it by its device. */
static const char *place_of(const struct cxltier_mount *mount, char path[256])
{
	return mount_point(MOUNTINFO_PATH, mount->device, path, 256) ? path : "";
}

static void write_quotas(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_mount *mount;
	char path[256];
	unsigned int i;

	begin(out, "cxltier_mount_quota_bytes", "gauge", "The most that cxlcache holds of a mount.");
	for (i = 0; i < snapshot->nr_mounts; i++) {
		mount = &snapshot->mounts[i];
		if (mount->quota != CXLTIER_QUOTA_NONE)
			put(out, "cxltier_mount_quota_bytes", mount->quota,
			    LABELS("device", mount->name, "mount", place_of(mount, path),
				   "type", mount->type));
	}
}

static void write_mounts(FILE *out, const struct snapshot *snapshot)
{
	static const char *const states[] = { "off", "waiting", "on", "stopped" };
	const struct cxltier_mount *mount;
	char path[256];
	unsigned int i;
	size_t state;

	begin(out, "cxltier_mount_held_bytes", "gauge", "What cxlcache holds of a mount.");
	for (i = 0; i < snapshot->nr_mounts; i++) {
		mount = &snapshot->mounts[i];
		put(out, "cxltier_mount_held_bytes", mount->held,
		    LABELS("device", mount->name, "mount", place_of(mount, path),
			   "type", mount->type));
	}
	write_quotas(out, snapshot);
	begin(out, "cxltier_mount_state", "gauge", "1 for the state that a mount is in.");
	for (i = 0; i < snapshot->nr_mounts; i++) {
		mount = &snapshot->mounts[i];
		for (state = 0; state < sizeof(states) / sizeof(states[0]); state++)
			put(out, "cxltier_mount_state", mount->state == state,
			    LABELS("device", mount->name, "mount", place_of(mount, path),
				   "state", states[state]));
	}
}

/* ---- counters ------------------------------------------------------------------------- */

#define REFUSED "cxltier_swap_refused_stores_total", "counter", \
		"Stores that cxlswap has refused, by reason."

/**
 * struct counted - a module's counter, and the metric that it is
 * @owner: the module
 * @counter: as in debugfs
 * @name: the metric; several of one name stand together
 * @type: "gauge" or "counter"
 * @help: what it is
 * @reason: its label, or NULL
 */
static const struct counted {
	const char *owner;
	const char *counter;
	const char *name;
	const char *type;
	const char *help;
	const char *reason;
} counted[] = {
	{ "cxlswap", "stored_pages", "cxltier_swap_stored_pages", "gauge",
	  "Pages stored now, same-filled ones included.", NULL },
	{ "cxlswap", "same_filled_pages", "cxltier_swap_same_filled_pages", "gauge",
	  "Same-filled pages stored now.", NULL },
	{ "cxlswap", "metadata_bytes", "cxltier_swap_metadata_bytes", "gauge",
	  "Memory that the tables take.", NULL },
	{ "cxlswap", "stores", "cxltier_swap_stores_total", "counter", "Pages stored.", NULL },
	{ "cxlswap", "loads", "cxltier_swap_loads_total", "counter", "Pages loaded.", NULL },
	{ "cxlswap", "large_stores", "cxltier_swap_large_stores_total", "counter",
	  "Large folios stored whole.", NULL },
	{ "cxlswap", "large_loads", "cxltier_swap_large_loads_total", "counter",
	  "Large folios loaded whole.", NULL },
	{ "cxlswap", "mixed_loads", "cxltier_swap_mixed_loads_total", "counter",
	  "Large folios loaded partly from the device below.", NULL },
	{ "cxlswap", "pool_limit_hit", REFUSED, "limit" },
	{ "cxlswap", "reject_reclaim_fail", REFUSED, "accept_threshold" },
	{ "cxlswap", "reject_alloc_fail", REFUSED, "no_far_page" },
	{ "cxlswap", "reject_kmemcache_fail", REFUSED, "no_memory_for_table" },
	{ "cxlswap", "reject_disabled", REFUSED, "disabled" },
	{ "cxlswap", "reject_cgroup", REFUSED, "cgroup" },
	{ "cxlswap", "reject_far_page", REFUSED, "far_already" },
	{ "cxlswap", "reject_filled_policy", REFUSED, "not_same_filled" },
	{ "cxlswap", "reject_unloading", REFUSED, "unloading" },
	{ "cxlswap", "poisoned_pages", "cxltier_swap_poisoned_pages_total", "counter",
	  "Pages whose data was lost because their memory failed.", NULL },
	{ "cxlswap", "checksum_errors", "cxltier_swap_checksum_errors_total", "counter",
	  "Pages found changed while they were stored, of those poisoned.", NULL },
	{ "cxlswap", "failed_loads", "cxltier_swap_failed_loads_total", "counter",
	  "Loads of poisoned pages.", NULL },
	{ "cxlswap", "given_up_pages", "cxltier_swap_given_up_pages_total", "counter",
	  "Pages loaded that gave up their copy.", NULL },
	{ "cxlswap", "promoted_pages", "cxltier_swap_promoted_pages_total", "counter",
	  "Pages read from the device below that are to be stored again.", NULL },
	{ "cxlswap", "written_back_pages", "cxltier_swap_written_back_pages_total", "counter",
	  "Pages written back to the device below.", NULL },
	{ "cxlswap", "writeback_errors", "cxltier_swap_writeback_errors_total", "counter",
	  "Pages that could not be written back.", NULL },
	{ "cxlswap", "postponed_stores", "cxltier_swap_postponed_stores_total", "counter",
	  "Refused stores put off while an older page was being written.", NULL },
	{ "cxlswap", "missed_invalidations", "cxltier_swap_missed_invalidations_total", "counter",
	  "Pages dropped because a range was freed without telling.", NULL },
	{ "cxlcache", "put_pages", "cxltier_cache_held_pages", "gauge", "File pages held now.", NULL },
	{ "cxlcache", "metadata_bytes", "cxltier_cache_metadata_bytes", "gauge",
	  "Memory that the index takes.", NULL },
	{ "cxlcache", "succ_gets", "cxltier_cache_hits_total", "counter", "File pages found.", NULL },
	{ "cxlcache", "failed_gets", "cxltier_cache_misses_total", "counter",
	  "File pages looked for and not found.", NULL },
	{ "cxlcache", "succ_puts", "cxltier_cache_puts_total", "counter", "File pages put.", NULL },
	{ "cxlcache", "failed_puts", "cxltier_cache_refused_puts_total", "counter",
	  "File pages not put, for any reason.", NULL },
	{ "cxlcache", "evicted_pages", "cxltier_cache_evictions_total", "counter",
	  "File pages evicted to make room.", NULL },
	{ "cxlcache", "invalidates", "cxltier_cache_invalidations_total", "counter",
	  "File pages dropped because their content changed.", NULL },
	{ "cxlcache", "poisoned_pages", "cxltier_cache_poisoned_pages_total", "counter",
	  "File pages dropped because their memory failed.", NULL },
	{ "cxlcache", "canary_mismatches", "cxltier_cache_mismatches_total", "counter",
	  "File pages that differed from the disk.", NULL },
};

#define NR_COUNTED (sizeof(counted) / sizeof(counted[0]))

static bool is_counted(const struct cxltier_counter *counter, const struct counted *as)
{
	return !strcmp(counter->owner, as->owner) && !strcmp(counter->name, as->counter);
}

static void write_counted(FILE *out, const struct snapshot *snapshot, const struct counted *as)
{
	unsigned int i;

	if (as == counted || strcmp(as->name, as[-1].name))
		begin(out, as->name, as->type, as->help);
	for (i = 0; i < snapshot->nr_counters; i++)
		if (is_counted(&snapshot->counters[i], as))
			put(out, as->name, snapshot->counters[i].value,
			    as->reason ? LABELS("reason", as->reason) : NULL);
}

/* Those of newer modules. */
static void write_other_counters(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_counter *counter;
	unsigned int i;
	size_t c;

	begin(out, "cxltier_other", "untyped",
	      "Counters of modules that this version has no metric for.");
	for (i = 0; i < snapshot->nr_counters; i++) {
		counter = &snapshot->counters[i];
		for (c = 0; c < NR_COUNTED && !is_counted(counter, &counted[c]);)
			c++;
		if (c == NR_COUNTED)
			put(out, "cxltier_other", counter->value,
			    LABELS("module", counter->owner, "name", counter->name));
	}
}

static void write_counters(FILE *out, const struct snapshot *snapshot)
{
	size_t c;

	for (c = 0; c < NR_COUNTED; c++)
		write_counted(out, snapshot, &counted[c]);
	write_other_counters(out, snapshot);
}

static void write_hooks(FILE *out, const struct snapshot *snapshot)
{
	const struct cxltier_hook *hook;
	unsigned int i;

	begin(out, "cxltier_hook_calls_total", "counter",
	      "Calls of a kernel function that is replaced.");
	for (i = 0; i < snapshot->nr_hooks; i++) {
		hook = &snapshot->hooks[i];
		put(out, "cxltier_hook_calls_total", hook->calls,
		    LABELS("module", hook->owner, "function", hook->function));
	}
	begin(out, "cxltier_hook_bypassed", "gauge",
	      "Whether the kernel was seen to go around a replaced function.");
	for (i = 0; i < snapshot->nr_hooks; i++) {
		hook = &snapshot->hooks[i];
		put(out, "cxltier_hook_bypassed", hook->state == CXLTIER_HOOK_STATE_BYPASSED,
		    LABELS("module", hook->owner, "function", hook->function));
	}
}

/* ---- the daemon ----------------------------------------------------------------------- */

static void write_figures(FILE *out, const struct snapshot *snapshot,
			  const struct figures *figures)
{
	begin(out, "cxltier_build_info", "gauge", "1; the version of cxltierd.");
	put(out, "cxltier_build_info", 1, LABELS("version", VERSION));
	put_alone(out, "cxltier_module_up", "gauge", "Whether the module cxlmeta answers.",
		  snapshot->loaded);
	put_alone(out, "cxltier_config_last_reload_successful", "gauge",
		  "Whether the configuration had no mistake when it was read last.",
		  !figures->reload_failed);
	put_alone(out, "cxltier_config_last_reload_success_timestamp_seconds", "gauge",
		  "When the configuration in force was read.", figures->reloaded);
	put_alone(out, "cxltier_config_applied", "gauge",
		  "Whether all that the configuration asks for is there.", figures->applied);
	begin(out, "cxltier_applies_total", "counter", "How often the configuration was applied.");
	put(out, "cxltier_applies_total", figures->nr_applied, LABELS("result", "success"));
	put(out, "cxltier_applies_total", figures->nr_failed, LABELS("result", "failure"));
	put_alone(out, "cxltier_memory_blocks_onlined_total", "counter",
		  "Memory blocks brought online.", figures->nr_online);
	put_alone(out, "cxltier_events_total", "counter", "Events of the modules.",
		  figures->nr_events);
}

/**
 * metrics_write() - all figures as text
 * @out: where to
 * @snapshot: of the kernel
 * @figures: of the daemon
 */
void metrics_write(FILE *out, const struct snapshot *snapshot, const struct figures *figures)
{
	write_figures(out, snapshot, figures);
	if (!snapshot->loaded)
		return;
	write_devices(out, snapshot);
	write_nodes(out, snapshot);
	write_pools(out, snapshot);
	write_areas(out, snapshot);
	write_swap_devices(out, snapshot);
	write_mounts(out, snapshot);
	write_counters(out, snapshot);
	write_hooks(out, snapshot);
}
