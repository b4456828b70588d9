// SPDX-License-Identifier: GPL-2.0
/* Which memory blocks are onlined: userspace/common/memory.c, on a sysfs made of files. */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

static int complaints;

int complain(const char *format, ...)
{
	(void)format;
	complaints++;
	return EXIT_WRONG;
}

/* ---- a sysfs -------------------------------------------------------------------------- */

static char sys[64];

static void sys_write(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", sys, path);
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void sys_mkdir(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", sys, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

/* On one or two nodes. */
static void block_new(int number, const char *state, int node, int node2)
{
	char path[128];

	snprintf(path, sizeof(path), "devices/system/memory/memory%d", number);
	sys_mkdir(path);
	snprintf(path, sizeof(path), "devices/system/memory/memory%d/state", number);
	sys_write(path, state);
	snprintf(path, sizeof(path), "devices/system/memory/memory%d/node%d", number, node);
	sys_mkdir(path);
	if (node2 < 0)
		return;
	snprintf(path, sizeof(path), "devices/system/memory/memory%d/node%d", number, node2);
	sys_mkdir(path);
}

static void block_set(int number, const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), "devices/system/memory/memory%d/state", number);
	sys_write(path, state);
}

/* What was written begins a line that the kernel would never show. */
static bool block_was_onlined(int number)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/devices/system/memory/memory%d/state", sys, number);
	return file_is(path, "online_movable");
}

static int forget(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	static const char *const folders[] = {
		"devices", "devices/system", "devices/system/memory", "devices/system/node",
		"module", "module/cxlmeta", "module/cxlmeta/parameters",
	};
	size_t i;

	(void)state;
	complaints = 0;
	strcpy(sys, "/tmp/memory-XXXXXX");
	assert_non_null(mkdtemp(sys));
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		sys_mkdir(folders[i]);
	sys_write("devices/system/node/has_cpu", "0,2\n");
	sys_write("devices/system/memory/block_size_bytes", "8000000\n");
	block_new(0, "online\n", 0, -1);
	block_new(8, "offline\n", 0, -1);
	block_new(9, "offline\n", 0, 1);
	block_new(10, "offline\n", 1, -1);
	block_new(11, "offline\n", 3, -1);
	block_new(12, "online\n", 1, -1);
	block_new(13, "going-offline\n", 1, -1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(sys, forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- tests ---------------------------------------------------------------------------- */

static struct conf conf;

static struct conf *conf_of(bool online, const char *nodes)
{
	conf.memory_online = online;
	snprintf(conf.memory_nodes, sizeof(conf.memory_nodes), "%s", nodes);
	return &conf;
}

static void offline_blocks_of_far_nodes_are_onlined(void **state)
{
	struct memory_result result = memory_online(sys, conf_of(true, ""), NULL, UINT_MAX);

	(void)state;
	assert_int_equal(result.nr_online, 2);
	assert_true(block_was_onlined(10) && block_was_onlined(11));
	assert_false(block_was_onlined(8) || block_was_onlined(9) || block_was_onlined(13));
	assert_int_equal(result.nr_failed + complaints, 0);
}

static void nothing_is_done_without_being_asked_or_knowing_the_cpus(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(memory_online(sys, conf_of(false, ""), NULL, UINT_MAX).nr_online, 0);
	snprintf(path, sizeof(path), "%s/devices/system/node/has_cpu", sys);
	unlink(path);
	assert_int_equal(memory_online(sys, conf_of(true, ""), NULL, UINT_MAX).nr_online, 0);
	assert_false(block_was_onlined(10));
}

static void nodes_whose_cpus_are_offline_are_not_far(void **state)
{
	(void)state;
	sys_mkdir("devices/system/node/node3");
	sys_mkdir("devices/system/node/node3/cpu7");
	/* what every folder has */
	sys_mkdir("devices/system/node/node1");
	sys_write("devices/system/node/node1/cpulist", "\n");
	sys_write("devices/system/node/node1/cpumap", "00\n");
	assert_int_equal(memory_online(sys, conf_of(true, ""), NULL, UINT_MAX).nr_online, 1);
	assert_true(block_was_onlined(10));
	assert_false(block_was_onlined(11));
}

static void long_lists_of_nodes_are_read_whole(void **state)
{
	char list[8192] = "0,2,4";
	int node;

	(void)state;
	for (node = 6; node < 1024; node += 2)
		sprintf(list + strlen(list), ",%d", node);
	sys_write("devices/system/node/has_cpu", list);
	block_new(20, "offline\n", 1022, -1);
	block_new(21, "offline\n", 1023, -1);
	memory_online(sys, conf_of(true, ""), NULL, UINT_MAX);
	assert_false(block_was_onlined(20));
	assert_true(block_was_onlined(21));
}

static void far_memory_is_found(void **state)
{
	(void)state;
	assert_false(far_memory_is_online(sys));
	sys_write("devices/system/node/has_memory", "0,2\n");
	assert_false(far_memory_is_online(sys));
	sys_write("devices/system/node/has_memory", "0,2-3\n");
	assert_true(far_memory_is_online(sys));
	sys_mkdir("devices/system/node/node3");
	sys_mkdir("devices/system/node/node3/cpu7");
	assert_false(far_memory_is_online(sys));
}

static void the_files_and_the_modules_nodes_both_count(void **state)
{
	(void)state;
	sys_write("module/cxlmeta/parameters/nodes", "2-3\n");
	assert_int_equal(memory_online(sys, conf_of(true, "1"), NULL, UINT_MAX).nr_online, 0);
	assert_int_equal(memory_online(sys, conf_of(true, "0,3"), NULL, UINT_MAX).nr_online, 1);
	assert_true(block_was_onlined(11));
	sys_write("module/cxlmeta/parameters/nodes", "(null)\n");
	assert_int_equal(memory_online(sys, conf_of(true, "1"), NULL, UINT_MAX).nr_online, 1);
	assert_true(block_was_onlined(10));
}

static void as_many_as_wanted_at_a_time(void **state)
{
	struct memory_result result = memory_online(sys, conf_of(true, ""), NULL, 1);

	(void)state;
	assert_int_equal(result.nr_online, 1);
	assert_true(result.more);
	result = memory_online(sys, conf_of(true, ""), NULL, 1);
	assert_int_equal(result.nr_online, 1);
	assert_false(result.more);
}

/* Who took it offline may want to pull it out. */
static unsigned int nr_steps;

static void count_step(void)
{
	nr_steps++;
}

/* cxltierd tells the watchdog that it lives before each of them. */
static void each_block_is_a_step(void **state)
{
	(void)state;
	nr_steps = 0;
	before_step = count_step;
	assert_int_equal(memory_online(sys, conf_of(true, ""), NULL, UINT_MAX).nr_online, 2);
	before_step = NULL;
	assert_int_equal(nr_steps, 2);
}

/* A state that reads as @text from now on, and can't be written, not even by root. */
static int sealed = -1;

static void seal(const char *text)
{
	assert_int_equal(ftruncate(sealed, 0), 0);
	assert_int_equal(pwrite(sealed, text, strlen(text), 0), strlen(text));
	assert_int_equal(fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE), 0);
}

static void seal_online(void)
{
	seal("online\n");
}

static void seal_offline(void)
{
	seal("offline\n");
}

/* Block 12 alone is offline, until @step. */
static struct memory_result online_with(struct memory_seen *seen, void (*step)(void))
{
	struct memory_result result;
	char path[128], target[64];

	block_set(10, "online\n");
	snprintf(path, sizeof(path), "%s/devices/system/memory/memory12/state", sys);
	sealed = memfd_create("state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(sealed >= 0);
	assert_int_equal(write(sealed, "offline\n", 8), 8);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", sealed);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(target, path), 0);
	before_step = step;
	result = memory_online(sys, conf_of(true, "1"), seen, UINT_MAX);
	before_step = NULL;
	close(sealed);
	return result;
}

/* The kernel's auto_online_blocks does it while we look. */
static void who_was_faster_is_not_complained_of(void **state)
{
	struct memory_seen seen = { .inodes = NULL };
	struct memory_result result = online_with(&seen, seal_online);

	(void)state;
	assert_int_equal(result.nr_online + result.nr_failed, 0);
	assert_int_equal(complaints, 0);
	assert_int_equal(seen.nr, 13);
	assert_int_not_equal(seen.inodes[12], 0);
	free(seen.inodes);
}

static void what_cannot_go_online_is_complained_of(void **state)
{
	struct memory_seen seen = { .inodes = NULL };
	struct memory_result result = online_with(&seen, seal_offline);

	(void)state;
	assert_int_equal(result.nr_failed, 1);
	assert_int_equal(complaints, 1);
	assert_true(seen.nr <= 12 || !seen.inodes[12]);
	free(seen.inodes);
}

static void what_was_online_once_stays_offline(void **state)
{
	struct memory_seen seen = { .inodes = NULL }, next = { .inodes = NULL };
	char path[128], away[128];

	(void)state;
	assert_int_equal(memory_online(sys, conf_of(true, ""), &seen, UINT_MAX).nr_online, 2);
	assert_true(seen.changed);
	block_set(10, "offline\n");
	block_set(12, "offline\n");
	assert_int_equal(memory_online(sys, conf_of(true, ""), &seen, UINT_MAX).nr_online, 0);

	/* the next process knows */
	snprintf(path, sizeof(path), "%s/seen", sys);
	assert_int_equal(memory_seen_save(&seen, path), EXIT_FINE);
	memory_seen_load(&next, path);
	assert_false(next.changed);
	assert_int_equal(memory_online(sys, conf_of(true, ""), &next, UINT_MAX).nr_online, 0);

	/* a new one takes its place: the old folder is kept, so that its inode is not reused */
	snprintf(path, sizeof(path), "%s/devices/system/memory/memory10", sys);
	snprintf(away, sizeof(away), "%s/away", sys);
	assert_int_equal(rename(path, away), 0);
	block_new(10, "offline\n", 1, -1);
	assert_int_equal(memory_online(sys, conf_of(true, ""), &next, UINT_MAX).nr_online, 1);
	assert_true(block_was_onlined(10));

	/* who asks by hand gets all */
	assert_int_equal(memory_online(sys, conf_of(true, ""), NULL, UINT_MAX).nr_online, 1);
	free(seen.inodes);
	free(next.inodes);
}

static void a_file_that_cannot_be_written_is_complained_of(void **state)
{
	struct memory_seen seen = { .inodes = NULL };
	char path[128];

	(void)state;
	memory_online(sys, conf_of(true, ""), &seen, UINT_MAX);
	snprintf(path, sizeof(path), "%s/nowhere/seen", sys);
	assert_int_equal(memory_seen_save(&seen, path), EXIT_WRONG);
	assert_int_equal(complaints, 1);
	assert_true(seen.changed);
	free(seen.inodes);
}

static void nonsense_in_the_file_of_seen_blocks_does_no_harm(void **state)
{
	struct memory_seen seen = { .inodes = NULL };
	char path[128];

	(void)state;
	sys_write("seen", "10 5\n4294967295 7\n99999999 1\n-1 -1\nx\n");
	snprintf(path, sizeof(path), "%s/seen", sys);
	memory_seen_load(&seen, path);
	assert_int_equal(seen.nr, 11);
	assert_int_equal(memory_online(sys, conf_of(true, ""), &seen, UINT_MAX).nr_online, 2);
	free(seen.inodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(offline_blocks_of_far_nodes_are_onlined, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_done_without_being_asked_or_knowing_the_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_whose_cpus_are_offline_are_not_far, setup,
						teardown),
		cmocka_unit_test_setup_teardown(long_lists_of_nodes_are_read_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(far_memory_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(the_files_and_the_modules_nodes_both_count, setup,
						teardown),
		cmocka_unit_test_setup_teardown(as_many_as_wanted_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(each_block_is_a_step, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_faster_is_not_complained_of, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_go_online_is_complained_of, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_online_once_stays_offline, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_is_complained_of,
						setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_in_the_file_of_seen_blocks_does_no_harm,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
