/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs share: the configuration file, and how what it asks for comes to be. Nothing
 * here shows anything; what is wrong is told by complain(), which each program has its own of.
 */
#ifndef CXLTIER_COMMON_H
#define CXLTIER_COMMON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#include "cxltier.h"

/* Exit codes: all is well; it could not be done, or something is wrong; the question was wrong. */
enum {
	EXIT_FINE = 0,
	EXIT_WRONG = 1,
	EXIT_USAGE = 2,
};

/* The program's: tells it in a line, or in several. Return: EXIT_WRONG. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called before each step that may take long; NULL: nobody wants to know. */
extern void (*before_step)(void);

/* ---- text.c: pure text, tested on the host -------------------------------------------- */

bool parse_size(const char *text, uint64_t *bytes);
bool parse_uint(const char *text, uint32_t max, uint32_t *value);
int parse_members(const char *text, struct cxltier_member *members, unsigned int max,
		  char *error, size_t error_size);
char *format_bytes(uint64_t bytes, char *buffer, size_t size);
bool parse_listen(const char *text, struct sockaddr_storage *address, socklen_t *length);
size_t character_length(const char *text);
bool list_is_right(const char *list);
bool list_has(const char *list, unsigned int number);

/* ---- conf.c: the configuration file --------------------------------------------------- */

/* The name of a group, with its end. */
#define CONF_NAME_SIZE 32

#define CONF_PATH "/etc/cxltier/cxltier.conf"
#define CONF_LISTEN_DEFAULT "/run/cxltier/metrics"
#define CONF_MAX 64
/* MiB/s, as in the netlink family */
#define RATE_MAX 1048576
#define CONF_MEMBERS_MAX 64

/**
 * struct conf_swap - a section [swap]
 * @size: bytes
 * @priority: for swapon
 * @line: where the section begins
 * @end: the line after its last
 */
struct conf_swap {
	uint64_t size;
	uint32_t priority;
	unsigned int line;
	unsigned int end;
};

/**
 * struct conf_group - a section [group NAME]
 * @name: its name
 * @members: its nodes
 * @nr_members: how many
 */
struct conf_group {
	char name[32];
	struct cxltier_member members[CONF_MEMBERS_MAX];
	unsigned int nr_members;
};

/**
 * struct conf_cache - a section [cache]
 * @mount: a mount point
 * @quota: bytes; CXLTIER_QUOTA_NONE: not given
 * @line: where the section begins
 * @end: the line after its last
 */
struct conf_cache {
	char mount[256];
	uint64_t quota;
	unsigned int line;
	unsigned int end;
};

/**
 * struct conf - the file
 * @is_empty: it asks for nothing
 * @memory_online: of [memory]: far memory is onlined
 * @memory_nodes: of [memory]: of these nodes alone, as a list; "": of all far ones
 * @region_each: of [region]: each unused device of the CXL bus gets one
 * @metrics_listen: of [metrics]: a path, a loopback address with a port, or "none"
 * @percent: of [limit]; -1: not given
 * @group: of [limit]; "": not given
 * @accept: of [limit]; -1: not given
 * @writeback: of [limit]; -1: not given
 * @rate_mb: of [limit]; -1: not given
 * @cache_percent: of [cache-limit]; -1: not given
 * @cache_group: of [cache-limit]; "": not given
 * @swaps: devices
 * @nr_swaps: how many
 * @groups: groups
 * @nr_groups: how many
 * @caches: mounts to cache
 * @nr_caches: how many
 */
struct conf {
	bool is_empty;
	bool memory_online;
	char memory_nodes[128];
	bool region_each;
	char metrics_listen[108];
	int percent;
	char group[CONF_NAME_SIZE];
	int accept;
	int writeback;
	int rate_mb;
	int cache_percent;
	char cache_group[CONF_NAME_SIZE];
	struct conf_swap swaps[CONF_MAX];
	unsigned int nr_swaps;
	struct conf_group groups[CONF_MAX];
	unsigned int nr_groups;
	struct conf_cache caches[CONF_MAX];
	unsigned int nr_caches;
};

int conf_parse(FILE *file, const char *name, struct conf *conf);
int conf_read(const char *path, struct conf *conf);
int conf_takes_swap(const char *path);
int conf_add_swap(const char *path, uint64_t size, uint32_t priority);
int conf_has_swap(const char *path, uint64_t size);
int conf_del_swap(const char *path, uint64_t size, int priority);
int conf_takes_cache(const char *path, const char *mount);
int conf_set_cache(const char *path, const char *mount, uint64_t quota);
int conf_del_cache(const char *path, const char *mount);

/* ---- run.c: files, modules, other programs --------------------------------------------- */

/* A file of /proc or /sys, without its last newline; false if it can't be read. */
bool read_file(const char *path, char *buffer, size_t size);
bool file_is(const char *path, const char *text);
void reload_daemon(void);
int run_program(char *output, size_t size, const char *const argv[]);
bool is_module_loaded(const char *name);
int load_cxlswap(void);
int load_cxlcache(void);
struct cxltier *ask_open(void);

/* ---- swap.c: from a size to swap ------------------------------------------------------ */

#define SWAP_DEVICES_MAX 16

/**
 * struct swap_devices - the devices that there are
 * @list: the devices
 * @nr: how many
 */
struct swap_devices {
	struct cxltier_swap_device list[SWAP_DEVICES_MAX];
	unsigned int nr;
};

#define SWAPS_PATH "/proc/swaps"

bool swap_priority(const char *swaps, uint32_t number, int *priority);
int swap_devices_get(struct cxltier *ctx, struct swap_devices *devices);
int swap_check_limit(struct cxltier *ctx, const struct swap_devices *devices);
bool swap_is_vacant(const char *path);
int swap_activate(uint32_t number, int priority);
int swap_delete_device(struct cxltier *ctx, uint32_t number);
int swap_make(struct cxltier *ctx, uint64_t size, int priority, uint32_t *number);

/* ---- mounts.c: what is mounted where --------------------------------------------------- */

#define MOUNTINFO_PATH "/proc/self/mountinfo"

bool mount_device(const char *mountinfo, const char *path, uint32_t *device);
bool mount_point(const char *mountinfo, uint32_t device, char *path, size_t size);

/* ---- memory.c: memory blocks ---------------------------------------------------------- */

/**
 * struct memory_seen - far memory blocks that were online once
 * @inodes: of their folders in sysfs, by number; 0: not seen
 * @nr: how many
 * @changed: since memory_seen_load() or memory_seen_save()
 */
struct memory_seen {
	uint64_t *inodes;
	unsigned int nr;
	bool changed;
};

/**
 * struct memory_result - what memory_online() has done
 * @nr_online: blocks onlined
 * @nr_failed: blocks that could not be
 * @more: there are more than the caller wanted
 */
struct memory_result {
	unsigned int nr_online;
	unsigned int nr_failed;
	bool more;
};

/* MAX_NUMNODES of distributions. */
#define NODES_MAX 1024

bool nodes_with_cpus(const char *sys, bool with_cpus[NODES_MAX]);
bool far_memory_is_online(const char *sys);
void memory_seen_load(struct memory_seen *seen, const char *path);
int memory_seen_save(struct memory_seen *seen, const char *path);
struct memory_result memory_online(const char *sys, const struct conf *conf,
				   struct memory_seen *seen, unsigned int max);

/* ---- regions.c: the CXL bus ------------------------------------------------------------ */

int regions_make(const char *sys, const char *run, const struct conf *conf, bool again,
		 unsigned int *nr_made);

/* ---- apply.c: what the file asks for -------------------------------------------------- */

/* What lives as long as the machine runs: locks, and what cxltierd keeps. Tests have their own. */
#ifndef RUN_FOLDER
#define RUN_FOLDER "/run/cxltier"
#endif

#define DAEMON_LOCK RUN_FOLDER "/cxltierd.lock"

/* No device for a section [swap]. */
#define CLAIM_NONE (-1)

/* For who can't wait: somebody else has the lock. */
#define APPLY_BUSY (-2)

int apply_lock(void);
int apply_trylock(void);
void apply_unlock(int fd);
void apply_claims(const char *root, const struct conf *conf, const struct swap_devices *devices,
		  int claims[CONF_MAX]);
int apply_caches(const struct conf *conf);
int apply_modules(const struct conf *conf);

#endif /* CXLTIER_COMMON_H */
