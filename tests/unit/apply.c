// SPDX-License-Identifier: GPL-2.0
/* Who makes and removes devices, one at a time, and of which swap is made: userspace/common/apply.c. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

int complain(const char *format, ...)
{
	(void)format;
	return EXIT_WRONG;
}

static void one_at_a_time_has_the_lock(void **state)
{
	int lock = apply_lock();

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(apply_trylock(), APPLY_BUSY);
	apply_unlock(APPLY_BUSY);
	assert_int_equal(apply_trylock(), APPLY_BUSY);
	apply_unlock(lock);
	lock = apply_trylock();
	assert_true(lock >= 0);
	apply_unlock(lock);
}

static void the_lock_goes_with_its_process(void **state)
{
	int ready[2], status, lock;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		apply_lock();
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0);
	close(ready[0]);
	assert_int_equal(apply_trylock(), APPLY_BUSY);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	lock = apply_lock();
	assert_true(lock >= 0);
	apply_unlock(lock);
}

/* ---- devices and sections ------------------------------------------------------------- */

#define SIZE (3 << 20)

static char root[32];

static const char *in_root(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static int root_begin(void **state)
{
	(void)state;
	strcpy(root, "/tmp/apply-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return mkdir(in_root("dev"), 0700) || mkdir(in_root("proc"), 0700);
}

static int root_end(void **state)
{
	static const char *const names[] = { "dev/cxlswap0", "dev/cxlswap1", "dev", "proc/swaps", "proc" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(in_root(names[i]));
	return rmdir(root);
}

/* A device with @text somewhere, and zeros everywhere else. */
static void device_has(const char *name, const char *text, long where)
{
	FILE *file = fopen(in_root(name), "w");

	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), SIZE), 0);
	assert_int_equal(fseek(file, where, SEEK_SET), 0);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void swaps_are(const char *text)
{
	FILE *file = fopen(in_root("proc/swaps"), "w");

	assert_non_null(file);
	fprintf(file, "Filename Type Size Used Priority\n%s", text);
	fclose(file);
}

/* Of devices 0 and 1, and sections of these priorities, who is whose. */
static void claims_are(const struct swap_devices *devices, uint32_t priority0, uint32_t priority1,
		       int claim0, int claim1)
{
	static struct conf conf;
	int claims[CONF_MAX];

	conf.nr_swaps = 2;
	conf.swaps[0] = (struct conf_swap) { .size = SIZE, .priority = priority0 };
	conf.swaps[1] = (struct conf_swap) { .size = SIZE, .priority = priority1 };
	apply_claims(root, &conf, devices, claims);
	assert_int_equal(claims[0], claim0);
	assert_int_equal(claims[1], claim1);
}

static void what_is_there_goes_before_what_could_be(void **state)
{
	struct swap_devices devices = { .nr = 2, .list = {
		{ .number = 0, .size = SIZE }, { .number = 1, .size = SIZE, .swap = true },
	} };

	(void)state;
	device_has("dev/cxlswap0", "", 0);
	swaps_are("/dev/cxlswap1 partition 3 0 100\n");
	claims_are(&devices, 100, 7, 1, 0);
	/* not the first that asks */
	claims_are(&devices, 200, 100, 0, 1);
	devices.list[0] = devices.list[1];
	devices.nr = 1;
	claims_are(&devices, 200, 100, CLAIM_NONE, 0);
	/* better another priority than another device, if that is all */
	claims_are(&devices, 200, 7, 0, CLAIM_NONE);
	devices.list[0].size = 2 * SIZE;
	claims_are(&devices, 100, 100, CLAIM_NONE, CLAIM_NONE);
}

static void what_is_somebodys_is_left_alone(void **state)
{
	const struct swap_devices devices = { .nr = 2, .list = {
		{ .number = 0, .size = SIZE }, { .number = 1, .size = SIZE },
	} };
	/* a swap area, but one that a hibernated machine is in */
	static const struct { const char *text; long where; bool vacant; } cases[] = {
		{ "", 0, true },
		{ "SWAPSPACE2", 4096 - 10, true },
		{ "S1SUSPEND", 4096 - 10, false },
		{ "SWAPSPACE2", 8192 - 10, false },
		{ "\x53\xef", 1080, false },
		{ "x", 0, false },
		{ "x", (1 << 20) + 5, false },
		{ "EFI PART", SIZE - 512, false },
		{ "x", SIZE - 1, false },
	};
	size_t i;

	(void)state;
	swaps_are("");
	device_has("dev/cxlswap1", "mine", 4096);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		device_has("dev/cxlswap0", cases[i].text, cases[i].where);
		claims_are(&devices, 100, 100, cases[i].vacant ? 0 : CLAIM_NONE, CLAIM_NONE);
	}
	/* whether it can be opened is for mkswap to say */
	remove(in_root("dev/cxlswap0"));
	claims_are(&devices, 100, 100, 0, CLAIM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time_has_the_lock),
		cmocka_unit_test(the_lock_goes_with_its_process),
		cmocka_unit_test_setup_teardown(what_is_there_goes_before_what_could_be, root_begin,
						root_end),
		cmocka_unit_test_setup_teardown(what_is_somebodys_is_left_alone, root_begin,
						root_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
