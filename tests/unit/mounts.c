// SPDX-License-Identifier: GPL-2.0
/* What is mounted where: userspace/common/mounts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common.h"

int complain(const char *format, ...)
{
	fail_msg("complained: %s", format);
	return EXIT_WRONG;
}

static char info[] = "/tmp/mountinfo.XXXXXX";

static int write_info(void **state)
{
	FILE *file = fdopen(mkstemp(info), "w");

	(void)state;
	fputs("22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
	      "30 22 0:45 /sub /srv/a\\040b\\134 rw - btrfs /dev/vdb rw\n"
	      "31 22 0:45 / /mnt rw - btrfs /dev/vdb rw\n"
	      "nonsense\n"
	      "32 22 4095:1048575 / /data rw - xfs /dev/vdc rw\n"
	      "33 32 254:7 / /data rw - ext4 /dev/vdd rw", file);
	fclose(file);
	return 0;
}

static int remove_info(void **state)
{
	(void)state;
	unlink(info);
	return 0;
}

static void what_is_mounted_at_a_path_is_found(void **state)
{
	uint32_t device = 1;

	(void)state;
	assert_true(mount_device(info, "/", &device));
	assert_int_equal(device, 254 << 20 | 1);
	assert_true(mount_device(info, "/srv/a b\\", &device));
	assert_int_equal(device, 45);
	/* the last one hides those below it */
	assert_true(mount_device(info, "/data", &device));
	assert_int_equal(device, 254 << 20 | 7);
	assert_false(mount_device(info, "/srv", &device));
	assert_false(mount_device(info, "", &device));
	assert_false(mount_device("/nowhere", "/", &device));
}

static void where_a_device_is_mounted_is_found(void **state)
{
	char path[64];

	(void)state;
	assert_true(mount_point(info, 45, path, sizeof(path)));
	assert_string_equal(path, "/srv/a b\\");
	assert_true(mount_point(info, UINT32_MAX, path, sizeof(path)));
	assert_string_equal(path, "/data");
	assert_false(mount_point(info, 46, path, sizeof(path)));
	assert_true(mount_point(info, 45, path, 4));
	assert_string_equal(path, "/sr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_mounted_at_a_path_is_found),
		cmocka_unit_test(where_a_device_is_mounted_is_found),
	};

	return cmocka_run_group_tests(tests, write_info, remove_info);
}
