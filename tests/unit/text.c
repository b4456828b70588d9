// SPDX-License-Identifier: GPL-2.0
/* Sizes, numbers, members, lists: userspace/common/text.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "common.h"

/* conf.c complains; no test here makes it. */
int complain(const char *format, ...)
{
	fail_msg("complained: %s", format);
	return EXIT_WRONG;
}

static void sizes_have_units(void **state)
{
	uint64_t bytes;

	(void)state;
	assert_true(parse_size("4096", &bytes) && bytes == 4096);
	assert_true(parse_size("1K", &bytes) && bytes == 1024);
	assert_true(parse_size("64G", &bytes) && bytes == 64ULL << 30);
	assert_true(parse_size("64g", &bytes) && bytes == 64ULL << 30);
	assert_true(parse_size("512MiB", &bytes) && bytes == 512ULL << 20);
	assert_true(parse_size("2TB", &bytes) && bytes == 2ULL << 40);
	assert_true(parse_size("16383P", &bytes) && bytes == 16383ULL << 50);
}

static void wrong_sizes_are_refused(void **state)
{
	static const char *const wrong[] = {
		"", "0", "0G", "-1", "+1", " 1", "1 G", "G", "1.5G", "1X", "1GG", "1GiBs", "0x10",
		"16384P", "18446744073709551616", "99999999999999999999G",
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse_size(wrong[i], &bytes))
			fail_msg("'%s' was taken for %ju bytes", wrong[i], (uintmax_t)bytes);
}

static void numbers_have_a_range(void **state)
{
	uint32_t value;

	(void)state;
	assert_true(parse_uint("0", 100, &value) && value == 0);
	assert_true(parse_uint("100", 100, &value) && value == 100);
	assert_true(parse_uint("4294967295", UINT32_MAX, &value) && value == UINT32_MAX);
	assert_false(parse_uint("101", 100, &value));
	assert_false(parse_uint("", 100, &value));
	assert_false(parse_uint("-1", 100, &value));
	assert_false(parse_uint("1x", 100, &value));
	assert_false(parse_uint("4294967296", UINT32_MAX, &value));
	assert_false(parse_uint("99999999999999999999", UINT32_MAX, &value));
}

static void members_have_weights(void **state)
{
	struct cxltier_member members[3];
	char error[160];

	(void)state;
	assert_int_equal(parse_members("1:3,2,7:100", members, 3, error, sizeof(error)), 3);
	assert_int_equal(members[0].node, 1);
	assert_int_equal(members[0].weight, 3);
	assert_int_equal(members[1].node, 2);
	assert_int_equal(members[1].weight, 1);
	assert_int_equal(members[2].node, 7);
	assert_int_equal(members[2].weight, 100);
}

static void wrong_members_are_refused(void **state)
{
	static const char *const wrong[] = {
		"", ",", "1,", ",1", "a", "1:", "1:0", "1:101", "1:2:3", "1024", "-1", "1 ,2",
		"1,2,3,4",
	};
	struct cxltier_member members[3];
	char error[160];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		error[0] = '\0';
		if (parse_members(wrong[i], members, 3, error, sizeof(error)) >= 0)
			fail_msg("'%s' was taken", wrong[i]);
		assert_non_null(strstr(error, "NODE:WEIGHT"));
	}
}

static void bytes_are_short(void **state)
{
	static const struct { uint64_t bytes; const char *text; } cases[] = {
		{ 0, "0 B" }, { 1, "1 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" }, { 100 * 1024, "100 KiB" }, { 1048575, "1.0 MiB" },
		{ 1ULL << 30, "1.0 GiB" }, { 64ULL << 30, "64.0 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};
	char text[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(format_bytes(cases[i].bytes, text, sizeof(text)),
				    cases[i].text);
}

static void lists_have_ranges(void **state)
{
	(void)state;
	assert_true(list_has("0", 0));
	assert_true(list_has("0-2,5", 1));
	assert_true(list_has("0-2,5", 5));
	assert_false(list_has("0-2,5", 3));
	assert_false(list_has("", 0));
	assert_false(list_has("10", 1));
}

static void wrong_lists_are_refused(void **state)
{
	static const char *const wrong[] = {
		"", ",", "1,", ",1", "-1", "1-", "2-1", "1024", "1-1024", "a", "1;2", "1 ", "1--2",
	};
	size_t i;

	(void)state;
	assert_true(list_is_right("0"));
	assert_true(list_is_right("0-2,5,7-1023"));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (list_is_right(wrong[i]))
			fail_msg("'%s' was taken for a list", wrong[i]);
}

static void only_paths_and_loopback_are_listened_at(void **state)
{
	static const char *const wrong[] = {
		"", "run/metrics", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "0.0.0.0:80",
		"10.0.0.1:80", "[::]:80", "::1:80", "[fe80::1]:80", "*:80", ":80", "localhost:80",
		"127.0.0.1:80:80", "999999999999999999999999999999999999999999999999999:80",
	};
	struct sockaddr_storage address;
	socklen_t length;
	size_t i;

	(void)state;
	assert_true(parse_listen("/run/x", &address, &length));
	assert_int_equal(address.ss_family, AF_UNIX);
	assert_true(parse_listen("127.0.0.1:9810", &address, &length));
	assert_int_equal(address.ss_family, AF_INET);
	assert_true(parse_listen("127.9.9.9:65535", &address, &length));
	assert_true(parse_listen("[::1]:1", &address, &length));
	assert_int_equal(address.ss_family, AF_INET6);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse_listen(wrong[i], &address, &length))
			fail_msg("'%s' was taken for an address", wrong[i]);
}

static void characters_are_those_of_utf_8(void **state)
{
	static const struct { const char *text; size_t length; } cases[] = {
		{ "a", 1 }, { "\x7f", 1 }, { "\x80", 0 }, { "\xc1\xbf", 0 }, { "\xc2\x80", 2 },
		{ "\xc3", 0 }, { "\xc3x", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xe0\xa0\x80", 3 },
		{ "\xed\x9f\xbf", 3 }, { "\xed\xa0\x80", 0 }, { "\xe2\x82", 0 },
		{ "\xf0\x8f\xbf\xbf", 0 }, { "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 }, { "\xf4\x90\x80\x80", 0 }, { "\xff", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (character_length(cases[i].text) != cases[i].length)
			fail_msg("case %zu: %zu", i, character_length(cases[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(numbers_have_a_range),
		cmocka_unit_test(members_have_weights),
		cmocka_unit_test(wrong_members_are_refused),
		cmocka_unit_test(bytes_are_short),
		cmocka_unit_test(lists_have_ranges),
		cmocka_unit_test(wrong_lists_are_refused),
		cmocka_unit_test(only_paths_and_loopback_are_listened_at),
		cmocka_unit_test(characters_are_those_of_utf_8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
