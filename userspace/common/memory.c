// SPDX-License-Identifier: GPL-2.0
/*
 * Onlines memory blocks of CXL memory, as movable. Only blocks that are offline, and lie on far
 * nodes alone, are touched: nodes without CPUs, of those that the file's nodes= and the module's
 * nodes= name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* For a list of nodes, whatever it is like: cut, it would have DRAM taken for far memory. */
#define LIST_SIZE (NODES_MAX * 5)

/* Far above what there can be: 64 TiB in blocks of 128 MiB are 2^19. */
#define BLOCKS_MAX (1U << 22)

/**
 * struct scan - a look at all blocks
 * @sys: where sysfs is
 * @conf: what is asked for
 * @seen: blocks that were online once, or NULL
 * @max: how many may be onlined
 * @with_cpus: of each node, whether it has CPUs
 * @allowed: nodes that the module may use, as a list; "": all
 * @result: what it came to
 */
struct scan {
	const char *sys;
	const struct conf *conf;
	struct memory_seen *seen;
	unsigned int max;
	bool with_cpus[NODES_MAX];
	char allowed[LIST_SIZE];
	struct memory_result result;
};

/* ---- blocks that were seen ------------------------------------------------------------ */

/* A block that goes and comes back has another inode: it is a new one. */
static bool seen_has(const struct memory_seen *seen, unsigned int number, uint64_t inode)
{
	return seen && number < seen->nr && seen->inodes[number] == inode;
}

static void seen_add(struct memory_seen *seen, unsigned int number, uint64_t inode)
{
	uint64_t *inodes;

	if (!seen || number >= BLOCKS_MAX || seen_has(seen, number, inode))
		return;
	if (number >= seen->nr) {
		inodes = reallocarray(seen->inodes, number + 1, sizeof(*inodes));
		if (!inodes)
			return;
		memset(inodes + seen->nr, 0, (number + 1 - seen->nr) * sizeof(*inodes));
		seen->inodes = inodes;
		seen->nr = number + 1;
	}
	seen->inodes[number] = inode;
	seen->changed = true;
}

/**
 * memory_seen_load() - read what an earlier process has seen
 * @seen: for it
 * @path: its file; nothing was seen if there is none
 */
void memory_seen_load(struct memory_seen *seen, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int number;
	uint64_t inode;

	while (file && fscanf(file, "%u %" SCNu64, &number, &inode) == 2)
		seen_add(seen, number, inode);
	if (file)
		fclose(file);
	seen->changed = false;
}

/**
 * memory_seen_save() - keep it for the next process
 * @seen: what was seen
 * @path: its file
 *
 * Return: EXIT_FINE, or EXIT_WRONG after a complaint.
 */
int memory_seen_save(struct memory_seen *seen, const char *path)
{
	unsigned int number;
	char temporary[256];
	FILE *file;
	int failed;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "we");
	for (number = 0; file && number < seen->nr; number++)
		if (seen->inodes[number])
			fprintf(file, "%u %" PRIu64 "\n", number, seen->inodes[number]);
	failed = !file || ferror(file);
	failed |= file && fclose(file);
	if (failed || rename(temporary, path)) {
		complain("%s: %s", path, strerror(errno));
		unlink(temporary);
		return EXIT_WRONG;
	}
	seen->changed = false;
	return EXIT_FINE;
}

/* ---- looking -------------------------------------------------------------------------- */

static bool is_far(const struct scan *scan, unsigned int node)
{
	return node < NODES_MAX && !scan->with_cpus[node] &&
	       (!*scan->allowed || list_has(scan->allowed, node)) &&
	       (!*scan->conf->memory_nodes || list_has(scan->conf->memory_nodes, node));
}

/* A block has a link to each of its nodes. */
static bool block_is_far(const struct scan *scan, const char *block)
{
	DIR *folder = opendir(block);
	unsigned int nr = 0, nr_far = 0, node;
	struct dirent *entry;
	int end;

	while (folder && (entry = readdir(folder))) {
		end = 0;
		if (sscanf(entry->d_name, "node%u%n", &node, &end) != 1 || entry->d_name[end])
			continue;
		nr++;
		nr_far += is_far(scan, node);
	}
	if (folder)
		closedir(folder);
	return nr && nr == nr_far;
}

static int write_state(const char *path)
{
	static const char state[] = "online_movable";
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return errno;
	err = write(fd, state, sizeof(state) - 1) < 0 ? errno : 0;
	close(fd);
	return err;
}

/*
 * Is it not offline any more? The kernel's own policy, udev or the programs that made a region may
 * have been faster than we; or it has gone.
 */
static bool was_overtaken(const char *path)
{
	char state[32];

	return !read_file(path, state, sizeof(state)) || strcmp(state, "offline");
}

static void online_block(struct scan *scan, unsigned int number, uint64_t inode, const char *path)
{
	int err;

	if (scan->result.nr_online == scan->max) {
		scan->result.more = true;
		return;
	}
	/* the kernel keeps it waiting while it takes other memory offline */
	if (before_step)
		before_step();
	err = write_state(path);
	if (err && !was_overtaken(path)) {
		scan->result.nr_failed++;
		complain("memory block %u can't go online: %s", number, strerror(err));
		return;
	}
	if (!err)
		scan->result.nr_online++;
	seen_add(scan->seen, number, inode);
}

static void scan_block(struct scan *scan, unsigned int number)
{
	char path[256], state[32] = "";
	struct stat st;
	int length;

	length = snprintf(path, sizeof(path), "%s/devices/system/memory/memory%u", scan->sys,
			  number);
	if (stat(path, &st) || !block_is_far(scan, path))
		return;
	snprintf(path + length, sizeof(path) - length, "/state");
	read_file(path, state, sizeof(state));
	if (!strcmp(state, "online"))
		seen_add(scan->seen, number, st.st_ino);
	else if (!strcmp(state, "offline") && !seen_has(scan->seen, number, st.st_ino))
		online_block(scan, number, st.st_ino, path);
}

/* CPUs that are there have links in their node's folder, be they offline. */
static bool folder_has_cpus(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	unsigned int cpu;
	bool has = false;

	while (folder && !has && (entry = readdir(folder)))
		has = sscanf(entry->d_name, "cpu%u", &cpu) == 1;
	if (folder)
		closedir(folder);
	return has;
}

/**
 * nodes_with_cpus() - which nodes are no CXL memory? The module cxlmeta sees it in the same way
 * @sys: where sysfs is, "/sys"
 * @with_cpus: for each node
 *
 * The kernel's list, has_cpu, leaves out nodes whose CPUs are all offline.
 *
 * Return: whether it can be known.
 */
bool nodes_with_cpus(const char *sys, bool with_cpus[NODES_MAX])
{
	char path[256], list[LIST_SIZE];
	unsigned int node;

	snprintf(path, sizeof(path), "%s/devices/system/node/has_cpu", sys);
	if (!read_file(path, list, sizeof(list)))
		return false;
	for (node = 0; node < NODES_MAX; node++) {
		snprintf(path, sizeof(path), "%s/devices/system/node/node%u", sys, node);
		with_cpus[node] = list_has(list, node) || folder_has_cpus(path);
	}
	return true;
}

/**
 * far_memory_is_online() - is there CXL memory that the modules could use?
 * @sys: where sysfs is, "/sys"
 *
 * Return: whether a node has memory and no CPU.
 */
bool far_memory_is_online(const char *sys)
{
	bool with_cpus[NODES_MAX] = { false };
	char path[256], list[LIST_SIZE] = "";
	unsigned int node;

	snprintf(path, sizeof(path), "%s/devices/system/node/has_memory", sys);
	read_file(path, list, sizeof(list));
	nodes_with_cpus(sys, with_cpus);
	for (node = 0; node < NODES_MAX; node++)
		if (list_has(list, node) && !with_cpus[node])
			return true;
	return false;
}

/* Without knowing which nodes have CPUs nothing may be done. */
static bool find_nodes(struct scan *scan)
{
	char path[256];

	if (!nodes_with_cpus(scan->sys, scan->with_cpus))
		return false;
	snprintf(path, sizeof(path), "%s/module/cxlmeta/parameters/nodes", scan->sys);
	if (!read_file(path, scan->allowed, sizeof(scan->allowed)) ||
	    !strcmp(scan->allowed, "(null)"))
		scan->allowed[0] = '\0';
	return true;
}

/**
 * memory_online() - online blocks of far memory that are offline
 * @sys: where sysfs is, "/sys"
 * @conf: whether, and of which nodes
 * @seen: blocks that were online once stay as somebody has left them; NULL: all are onlined
 * @max: how many at most
 *
 * Return: what was done; complaints tell what failed.
 */
struct memory_result memory_online(const char *sys, const struct conf *conf,
				   struct memory_seen *seen, unsigned int max)
{
	struct scan scan = { .sys = sys, .conf = conf, .seen = seen, .max = max };
	struct dirent *entry;
	unsigned int number;
	char path[256];
	DIR *folder;

	if (!conf->memory_online || !find_nodes(&scan))
		return scan.result;
	snprintf(path, sizeof(path), "%s/devices/system/memory", sys);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (sscanf(entry->d_name, "memory%u", &number) == 1)
			scan_block(&scan, number);
	if (folder)
		closedir(folder);
	return scan.result;
}
