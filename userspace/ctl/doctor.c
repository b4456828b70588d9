// SPDX-License-Identifier: GPL-2.0
/*
 * cxltier doctor: looks for what keeps CXL memory from being used, and says how to mend it. Each
 * cause is one function, in the order of the way that a page takes: kernel, module, memory, swap.
 */
#include <dirent.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ctl.h"

/**
 * enum weight - how bad a finding is
 * @NOTE: good to know
 * @WARNING: it works worse than it could, or may break
 * @ERROR: it does not work
 */
enum weight { NOTE, WARNING, ERROR };

static const char *const weights[] = { "note", "warning", "error" };
static const char *const weight_colors[] = { "none", "yellow", "red" };

/**
 * struct patient - what is looked at
 * @ctx: the kernel; NULL without the module
 * @nodes: far nodes; empty without the module
 * @devices: CXL devices; the same
 * @pools: pools; the same
 * @areas: swap areas; the same
 * @hooks: hooks; the same
 * @mounts: mounts for cxlcache; the same
 * @findings: what was found
 * @worst: the worst of it
 */
struct patient {
	struct cxltier *ctx;
	struct json_object *nodes;
	struct json_object *devices;
	struct json_object *pools;
	struct json_object *areas;
	struct json_object *hooks;
	struct json_object *mounts;
	struct json_object *findings;
	enum weight worst;
};

static void find(struct patient *patient, enum weight weight, const char *id, const char *fix,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct patient *patient, enum weight weight, const char *id, const char *fix,
		 const char *format, ...)
{
	struct json_object *finding = json_object_new_object();
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_object_add(finding, "id", json_object_new_string(id));
	json_object_object_add(finding, "weight", json_object_new_string(weights[weight]));
	json_object_object_add(finding, "what", json_text(printable(text)));
	json_object_object_add(finding, "fix", json_object_new_string(fix));
	json_object_array_add(patient->findings, finding);
	if (weight > patient->worst)
		patient->worst = weight;
}

/* ---- kernel and modules --------------------------------------------------------------- */

/* Where modprobe has it from; "" if nowhere. */
static void module_file(const char *name, char *path, size_t size)
{
	const char *const argv[] = { "modinfo", "-n", name, NULL };

	if (run_program(path, size, argv) || access(path, R_OK))
		path[0] = '\0';
}

static void check_module_there(struct patient *patient)
{
	struct utsname uts;
	char path[256];

	module_file("cxlswap", path, sizeof(path));
	if (*path || is_module_loaded("cxlswap"))
		return;
	uname(&uts);
	if (strncmp(uts.release, "6.8.", 4) && strncmp(uts.release, "6.12.", 5))
		find(patient, ERROR, "kernel-not-supported",
		     "Boot a kernel 6.8 or 6.12 of the distribution's.",
		     "The modules are for Linux 6.8 and 6.12, and this is %s.", uts.release);
	else
		find(patient, ERROR, "module-missing",
		     "apt-get install linux-headers-$(uname -r), then dkms autoinstall; or make install in the sources.",
		     "There is no module cxlswap for this kernel, %s: DKMS has not built it.",
		     uts.release);
}

static bool is_signed(const char *path)
{
	static const char mark[] = "~Module signature appended~\n";
	char end[sizeof(mark)] = "";
	FILE *file = fopen(path, "r");
	bool has = file && !fseek(file, -(long)(sizeof(mark) - 1), SEEK_END) &&
		   fread(end, 1, sizeof(mark) - 1, file) == sizeof(mark) - 1 &&
		   !strcmp(end, mark);

	if (file)
		fclose(file);
	return has;
}

/* Secure Boot locks the kernel down; sig_enforce asks for the same. */
static void check_signature(struct patient *patient)
{
	char lockdown[128] = "", path[256];

	read_file("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	if (!strstr(lockdown, "[integrity]") && !strstr(lockdown, "[confidentiality]") &&
	    !file_is("/sys/module/module/parameters/sig_enforce", "Y"))
		return;
	module_file("cxlswap", path, sizeof(path));
	/* compressed ones can't be looked into */
	if (!*path || is_module_loaded("cxlswap") || !strstr(path, ".ko") ||
	    strcmp(strstr(path, ".ko"), ".ko") || is_signed(path))
		return;
	find(patient, ERROR, "module-not-signed",
	     "Enroll the machine's own key: mokutil --import /var/lib/dkms/mok.pub, reboot, and confirm; then dkms autoinstall --force. Or turn Secure Boot off in the firmware.",
	     "This kernel loads signed modules only (Secure Boot), and %s has no signature.", path);
}

static void check_ftrace(struct patient *patient)
{
	if (file_is("/proc/sys/kernel/ftrace_enabled", "0"))
		find(patient, ERROR, "ftrace-off", "sysctl kernel.ftrace_enabled=1",
		     "kernel.ftrace_enabled is 0: the modules can't replace kernel functions.");
}

/* Live patches have a folder for each function: PATCH/OBJECT/FUNCTION,NUMBER. */
static void check_livepatch(struct patient *patient)
{
	static const char *const functions[] = {
		"zswap_store", "zswap_load", "swap_read_folio", "end_swap_bio_read",
		"zswap_invalidate", "zswap_swapon", "zswap_swapoff", "clear_shadow_from_swap_cache",
	};
	char pattern[128];
	glob_t found;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		snprintf(pattern, sizeof(pattern), "/sys/kernel/livepatch/*/vmlinux/%s,*",
			 functions[i]);
		if (!glob(pattern, 0, NULL, &found))
			find(patient, ERROR, "live-patch",
			     "Unload the live patch (echo 0 > /sys/kernel/livepatch/NAME/enabled), or boot a kernel that has its fix.",
			     "A live patch has taken the function %s(): %s.", functions[i],
			     found.gl_pathv[0]);
		globfree(&found);
	}
}

static void check_loaded(struct patient *patient)
{
	if (patient->worst == ERROR || is_module_loaded("cxlswap"))
		return;
	find(patient, WARNING, "not-loaded", "cxltier swap add --size SIZE",
	     "The module cxlswap is not loaded.");
}

static void check_hooks(struct patient *patient)
{
	struct json_object *hook;
	size_t i;

	for (i = 0; i < json_object_array_length(patient->hooks); i++) {
		hook = json_object_array_get_idx(patient->hooks, i);
		if (!strcmp(get_text(hook, "state"), "bypassed"))
			find(patient, WARNING, "hook-bypassed",
			     "Report it, with the kernel's version; data is right nevertheless.",
			     "The kernel goes around the replaced function %s().",
			     get_text(hook, "function"));
	}
}

/* ---- memory --------------------------------------------------------------------------- */

static bool has_far_node(struct patient *patient)
{
	if (patient->ctx)
		return json_object_array_length(patient->nodes);
	return far_memory_is_online("/sys");
}

static void check_far_node(struct patient *patient)
{
	if (!has_far_node(patient))
		find(patient, ERROR, "no-far-node",
		     "Bring CXL memory online: daxctl reconfigure-device --mode=system-ram dax0.0 (daxctl list -D shows devices, cxl list regions). Is it enabled in the firmware?",
		     "There is no CXL memory: no NUMA node has memory and no CPU.");
}

/* The first device at home on a node; NULL: none. */
static struct json_object *device_on(struct patient *patient, uint64_t node)
{
	struct json_object *device;
	size_t i;

	for (i = 0; i < json_object_array_length(patient->devices); i++) {
		device = json_object_array_get_idx(patient->devices, i);
		if (get_number(device, "node") == node)
			return device;
	}
	return NULL;
}

static void check_zone(struct patient *patient)
{
	struct json_object *node, *device;
	char text[16];
	size_t i;

	for (i = 0; i < json_object_array_length(patient->nodes); i++) {
		node = json_object_array_get_idx(patient->nodes, i);
		if (!get_bool(node, "far") ||
		    get_number(node, "movable") == get_number(node, "size"))
			continue;
		device = device_on(patient, get_number(node, "node"));
		format_bytes(get_number(node, "size") - get_number(node, "movable"), text,
			     sizeof(text));
		if (device && !strcmp(get_text(device, "source"), "node"))
			find(patient, NOTE, "memory-at-boot",
			     "Have the firmware set it aside (\"specific purpose memory\"), without efi=nosoftreserve, and online it as movable by daxctl.",
			     "Node %s: the kernel took %s of it at boot, and keeps data of its own there: it can't go offline.",
			     get_text(node, "node"), text);
		else
			find(patient, WARNING, "memory-not-movable",
			     "Take it offline and bring it back as movable: cxltier device offline and online; for good: memhp_default_state=online_movable on the kernel's command line.",
			     "Node %s: %s are online as ordinary kernel memory (ZONE_NORMAL): it may never go offline again.",
			     get_text(node, "node"), text);
	}
}

static void check_auto_online(struct patient *patient)
{
	const char *path = "/sys/devices/system/memory/auto_online_blocks";
	char policy[64];

	if (!read_file(path, policy, sizeof(policy)) || !strcmp(policy, "online_movable"))
		return;
	if (!strcmp(policy, "offline"))
		find(patient, NOTE, "auto-online-off",
		     "echo online_movable > /sys/devices/system/memory/auto_online_blocks; for good: memhp_default_state=online_movable on the kernel's command line.",
		     "New memory stays offline (auto_online_blocks is offline) until somebody brings it online.");
	else
		find(patient, NOTE, "auto-online-normal",
		     "echo online_movable > /sys/devices/system/memory/auto_online_blocks; for good: memhp_default_state=online_movable on the kernel's command line.",
		     "New memory comes online as ordinary kernel memory (auto_online_blocks is %s), and may then never go offline again.",
		     policy);
}

static void check_devices(struct patient *patient)
{
	struct json_object *device;
	char fix[64];
	size_t i;

	for (i = 0; i < json_object_array_length(patient->devices); i++) {
		device = json_object_array_get_idx(patient->devices, i);
		if (strcmp(get_text(device, "state"), "offline"))
			continue;
		snprintf(fix, sizeof(fix), "cxltier device online %s", get_text(device, "name"));
		find(patient, NOTE, "device-offline", fix, "The device %s is offline.",
		     get_text(device, "name"));
	}
}

static void check_nodes_open(struct patient *patient)
{
	struct json_object *node;
	char fix[64];
	size_t i;

	for (i = 0; i < json_object_array_length(patient->nodes); i++) {
		node = json_object_array_get_idx(patient->nodes, i);
		if (!strcmp(get_text(node, "state"), "open"))
			continue;
		snprintf(fix, sizeof(fix), "cxltier node open %s", get_text(node, "node"));
		find(patient, WARNING, "node-closed", fix,
		     "Node %s takes no pages: it is %s.", get_text(node, "node"),
		     get_text(node, "state"));
	}
}

static void check_pools(struct patient *patient)
{
	struct json_object *pool;
	size_t i;

	for (i = 0; i < json_object_array_length(patient->pools); i++) {
		pool = json_object_array_get_idx(patient->pools, i);
		if (get_number(pool, "held") >= get_number(pool, "limit"))
			find(patient, WARNING, "pool-full",
			     "cxltier swap limit --percent NUMBER allows more; cxltier swap limit shows what there is.",
			     "The pool of %s is full: it has all of the %s percent of group %s that it may have.",
			     get_text(pool, "owner"), get_text(pool, "percent"),
			     get_text(pool, "group"));
		if (get_number(pool, "poisoned_pages"))
			find(patient, WARNING, "memory-failed",
			     "See the kernel's log for the device, and replace it: cxltier device offline DEVICE.",
			     "%s pages of CXL memory have failed.",
			     get_text(pool, "poisoned_pages"));
	}
}

/* ---- swap ----------------------------------------------------------------------------- */

/* Lines of /proc/swaps but its head. */
static bool has_any_swap(void)
{
	char text[4096], *line;

	if (!read_file("/proc/swaps", text, sizeof(text)))
		return false;
	line = strchr(text, '\n');
	return line && line[1];
}

static void check_swap_below(struct patient *patient)
{
	if (is_module_loaded("cxlswap") && !has_any_swap())
		find(patient, ERROR, "no-swap",
		     "cxltier swap add --size SIZE; or swapon a disk, for cxlswap to stand in front of.",
		     "There is no active swap area: nothing is ever swapped out.");
}

static void check_enabled(struct patient *patient)
{
	if (file_is("/sys/module/cxlswap/parameters/enabled", "N"))
		find(patient, WARNING, "disabled",
		     "echo Y > /sys/module/cxlswap/parameters/enabled",
		     "enabled=N: nothing is stored in front of other swap devices.");
}

/* ---- cache ---------------------------------------------------------------------------- */

static void check_mount(struct patient *patient, struct json_object *mount)
{
	const char *state = get_text(mount, "state"), *place = get_text(mount, "mount");

	if (!strcmp(state, "stopped"))
		find(patient, ERROR, "cache-stopped",
		     "See dmesg, and report it. Then: cxltier cache add MOUNT",
		     "%s (%s): a cached page differed from the disk; nothing of it is cached any more.",
		     place, get_text(mount, "device"));
	if (strcmp(get_text(mount, "error"), "-"))
		find(patient, WARNING, "cache-failed",
		     "See dmesg for the function that could not be replaced, and who has it.",
		     "%s (%s) could not be cached: %s.", place, get_text(mount, "device"),
		     get_text(mount, "error"));
}

static void check_cache(struct patient *patient)
{
	size_t i, nr = json_object_array_length(patient->mounts);

	for (i = 0; i < nr; i++)
		check_mount(patient, json_object_array_get_idx(patient->mounts, i));
	if (nr && file_is("/sys/module/cxlcache/parameters/enabled", "N"))
		find(patient, WARNING, "cache-disabled",
		     "echo Y > /sys/module/cxlcache/parameters/enabled",
		     "enabled=N: cxlcache caches no files.");
}

/* ---- beside us ------------------------------------------------------------------------ */

static void check_zswap(struct patient *patient)
{
	if (file_is("/sys/module/zswap/parameters/enabled", "Y"))
		find(patient, NOTE, "zswap-on",
		     "echo N > /sys/module/zswap/parameters/enabled",
		     "zswap is on: what doesn't fit into CXL memory is compressed in DRAM first, and large folios come back page by page.");
}

/**
 * struct limit - a file of a cgroup that keeps its pages from being stored when it is 0
 * @file: its name
 * @id: of the finding
 * @fix: what to do
 * @effect: what it does
 * @found: there was such a cgroup
 */
static struct limit {
	const char *file;
	const char *id;
	const char *fix;
	const char *effect;
	bool found;
} limits[] = {
	{ .file = "memory.swap.max", .id = "cgroup-without-swap",
	  .fix = "echo max > /sys/fs/cgroup/NAME/memory.swap.max (systemd: MemorySwapMax=infinity).",
	  .effect = "may not swap" },
	{ .file = "memory.zswap.max", .id = "cgroup-without-store",
	  .fix = "echo max > /sys/fs/cgroup/NAME/memory.zswap.max (systemd: MemoryZSwapMax=infinity).",
	  .effect = "swaps past CXL memory, to the device below" },
};

/* One cgroup of each kind is enough to know where to look. */
static void check_limit(struct patient *patient, const char *cgroup, struct limit *limit)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", cgroup, limit->file);
	if (limit->found || !file_is(path, "0"))
		return;
	limit->found = true;
	find(patient, NOTE, limit->id, limit->fix,
	     "%s %s: its %s is 0. There may be more such.", cgroup + strlen(CGROUPS),
	     limit->effect, limit->file);
}

static void visit_cgroup(const char *path, void *arg)
{
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		check_limit(arg, path, &limits[i]);
}

static void check_cgroups(struct patient *patient)
{
	cgroups_visit(CGROUPS, visit_cgroup, patient);
}

/* --------------------------------------------------------------------------------------- */

static void (*const checks[])(struct patient *patient) = {
	check_module_there, check_signature, check_ftrace, check_livepatch, check_far_node,
	check_loaded, check_hooks, check_zone, check_auto_online, check_devices,
	check_nodes_open, check_pools, check_swap_below, check_enabled, check_cache, check_zswap,
	check_cgroups,
};

static struct json_object *or_none(struct json_object *rows)
{
	return rows ? rows : json_object_new_array();
}

static void examine(struct patient *patient)
{
	struct cxltier *ctx = NULL;
	size_t i;

	if (is_module_loaded("cxlmeta") && cxltier_open(&ctx))
		find(patient, ERROR, "module-not-reached",
		     "Run it in the initial network namespace; after an upgrade, reboot.",
		     "The module cxlmeta is loaded, and does not answer.");
	patient->ctx = ctx;
	patient->nodes = or_none(ctx ? json_nodes(ctx) : NULL);
	patient->devices = or_none(ctx ? json_devices(ctx) : NULL);
	patient->pools = or_none(ctx ? json_pools(ctx) : NULL);
	patient->areas = or_none(ctx ? json_areas(ctx) : NULL);
	patient->hooks = or_none(ctx ? json_hooks(ctx) : NULL);
	patient->mounts = or_none(ctx ? json_mounts(ctx) : NULL);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](patient);
}

static void show_findings(struct json_object *findings)
{
	struct json_object *finding;
	enum weight weight;
	size_t i;

	if (!json_object_array_length(findings))
		printf("%sNothing wrong was found.%s\n", color("green"), color("none"));
	for (i = 0; i < json_object_array_length(findings); i++) {
		finding = json_object_array_get_idx(findings, i);
		for (weight = NOTE; weight < ERROR; weight++)
			if (!strcmp(weights[weight], get_text(finding, "weight")))
				break;
		printf("%s%s%s [%s]: %s\n  -> %s\n", color(weight_colors[weight]),
		       weights[weight], color("none"), get_text(finding, "id"),
		       get_text(finding, "what"), get_text(finding, "fix"));
	}
}

int doctor_run(const struct request *request)
{
	struct patient patient = { .findings = json_object_new_array() };
	struct json_object *object;

	examine(&patient);
	if (request->json) {
		object = json_object_new_object();
		json_object_object_add(object, "findings", patient.findings);
		show_json(object);
	} else {
		show_findings(patient.findings);
		json_object_put(patient.findings);
	}
	json_object_put(patient.nodes);
	json_object_put(patient.devices);
	json_object_put(patient.pools);
	json_object_put(patient.areas);
	json_object_put(patient.hooks);
	json_object_put(patient.mounts);
	cxltier_close(patient.ctx);
	return patient.worst > NOTE ? EXIT_WRONG : EXIT_FINE;
}
