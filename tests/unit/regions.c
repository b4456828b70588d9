// SPDX-License-Identifier: GPL-2.0
/* Which regions are made of the CXL bus: userspace/common/regions.c, on a sysfs made of files. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

static char said[512];

int complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	return EXIT_WRONG;
}

/* ---- a bus with a window, and two devices --------------------------------------------- */

static char top[32];
static const struct conf conf = { .region_each = true };

static void put(const char *path, const char *text)
{
	char full[256], *slash;
	FILE *file;

	snprintf(full, sizeof(full), "%s/bus/cxl/%s", top, path);
	for (slash = strchr(full + strlen(top) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *is(const char *path)
{
	static char text[64];
	char full[256];

	snprintf(full, sizeof(full), "%s/bus/cxl/%s", top, path);
	if (!read_file(full, text, sizeof(text)))
		fail_msg("no %s", path);
	return text;
}

static void device_new(int number, const char *size)
{
	char path[128], target[64], full[256];

	snprintf(path, sizeof(path), "devices/mem%d/ram/size", number);
	put(path, size);
	snprintf(path, sizeof(path), "devices/endpoint%d/x", 10 + number);
	put(path, "");
	snprintf(full, sizeof(full), "%s/bus/cxl/devices/endpoint%d/uport", top, 10 + number);
	snprintf(target, sizeof(target), "../../mem%d", number);
	assert_int_equal(symlink(target, full), 0);
	snprintf(path, sizeof(path), "devices/decoder%d.0/dpa_size", 10 + number);
	put(path, "0x0");
	snprintf(path, sizeof(path), "devices/decoder%d.0/mode", 10 + number);
	put(path, "none");
}

static int setup(void **state)
{
	static const char *const attrs[] = {
		"interleave_ways", "interleave_granularity", "size", "target0", "commit",
	};
	char path[128];
	size_t i;

	(void)state;
	strcpy(top, "/tmp/regions-XXXXXX");
	assert_non_null(mkdtemp(top));
	put("devices/decoder0.1/cap_ram", "0\n");
	put("devices/decoder0.1/interleave_ways", "1\n");
	put("devices/decoder0.0/cap_ram", "1\n");
	put("devices/decoder0.0/interleave_ways", "1\n");
	put("devices/decoder0.0/create_ram_region", "region7\n");
	put("devices/decoder0.0/delete_region", "");
	put("drivers/cxl_region/bind", "");
	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		snprintf(path, sizeof(path), "devices/region7/%s", attrs[i]);
		put(path, "");
	}
	said[0] = '\0';
	return 0;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(top, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned int make(bool again)
{
	unsigned int nr;

	assert_int_equal(regions_make(top, top, &conf, again, &nr), EXIT_FINE);
	return nr;
}

/* ---- tests ---------------------------------------------------------------------------- */

static void an_unused_device_gets_a_region_once(void **state)
{
	(void)state;
	device_new(0, "0x30000fff\n");
	assert_int_equal(make(false), 1);
	assert_string_equal(is("devices/region7/size"), "0x30000000");
	assert_string_equal(is("devices/region7/interleave_ways"), "1");
	assert_string_equal(is("devices/region7/target0"), "decoder10.0");
	assert_string_equal(is("devices/region7/commit"), "1");
	assert_string_equal(is("devices/decoder10.0/mode"), "ram");
	assert_string_equal(is("devices/decoder10.0/dpa_size"), "0x30000000");
	assert_string_equal(is("drivers/cxl_region/bind"), "region7");
	assert_string_equal(is("devices/decoder0.0/delete_region"), "");
	/* it is in use; then somebody takes it apart */
	assert_int_equal(make(false), 0);
	put("devices/decoder10.0/dpa_size", "0x0");
	assert_int_equal(make(false), 0);
	assert_string_equal(is("devices/decoder10.0/dpa_size"), "0x0");
	assert_int_equal(make(true), 1);
}

static void what_is_used_or_too_small_is_left(void **state)
{
	static const struct conf none;
	unsigned int nr = 7;

	(void)state;
	device_new(0, "0x0\n");
	device_new(1, "0x0fffffff\n");
	device_new(2, "0x10000000\n");
	put("devices/decoder12.3/dpa_size", "0x10000000\n");
	put("devices/mem3/ram/size", "0x10000000\n");
	assert_int_equal(make(true), 0);
	put("devices/decoder12.3/dpa_size", "0x0\n");
	assert_int_equal(regions_make(top, top, &none, true, &nr), EXIT_FINE);
	assert_int_equal(nr, 0);
	/* somebody had it in use: he may be about to pull it out */
	assert_int_equal(make(false), 0);
	assert_string_equal(is("devices/region7/commit"), "");
}

static void what_fails_leaves_nothing(void **state)
{
	unsigned int nr;
	char path[128];

	(void)state;
	device_new(0, "0x10000000\n");
	snprintf(path, sizeof(path), "%s/bus/cxl/devices/region7/target0", top);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(regions_make(top, top, &conf, false, &nr), EXIT_WRONG);
	assert_string_equal(said, "[region]: no region can be made of mem0: "
			    "decoder0.0: target0: No such file or directory");
	assert_string_equal(is("devices/decoder0.0/delete_region"), "region7");
	assert_string_equal(is("devices/decoder10.0/dpa_size"), "0");
	assert_string_equal(is("devices/region7/commit"), "");
	/* another one is tried next time */
	put("devices/region7/target0", "");
	assert_int_equal(make(false), 1);
}

static void what_was_begun_is_taken_apart(void **state)
{
	(void)state;
	device_new(0, "0x10000000\n");
	put("devices/decoder10.0/dpa_size", "0x10000000\n");
	put("devices/region7/commit", "0\n");
	put("../../region", "region7 decoder0.0 decoder10.0\n");
	assert_int_equal(make(false), 1);
	assert_string_equal(is("devices/decoder0.0/delete_region"), "region7");

	put("devices/decoder0.0/delete_region", "");
	put("drivers/cxl_region/bind", "");
	put("devices/region7/commit", "1\n");
	put("../../region", "region7 decoder0.0 decoder10.0\n");
	assert_int_equal(make(false), 0);
	assert_string_equal(is("devices/decoder0.0/delete_region"), "");
	assert_string_equal(is("drivers/cxl_region/bind"), "region7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_unused_device_gets_a_region_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_used_or_too_small_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_begun_is_taken_apart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
