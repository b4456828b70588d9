// SPDX-License-Identifier: GPL-2.0
/* Programs that are run: userspace/common/run.c. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <cmocka.h>

#include "common.h"

static volatile sig_atomic_t signals;

int complain(const char *format, ...)
{
	(void)format;
	return EXIT_WRONG;
}

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void signals_come_every(long usecs)
{
	const struct itimerval timer = { { 0, usecs }, { 0, usecs } };

	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void output_and_exit_code_are_its_own(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo one; echo two >&2; echo; exit 7", NULL };
	const char *const nothing[] = { "/nowhere/nothing", NULL };
	char output[64];

	(void)state;
	assert_int_equal(run_program(output, sizeof(output), argv), 7);
	assert_string_equal(output, "one\ntwo");
	assert_int_equal(run_program(output, 6, argv), 7);
	assert_string_equal(output, "one\nt");
	assert_int_equal(run_program(output, sizeof(output), nothing), -1);
	assert_string_equal(output, "/nowhere/nothing: No such file or directory");
}

/* Both while it is listened to, and while it has closed what it says and goes on. */
static void signals_that_are_caught_change_nothing(void **state)
{
	const struct sigaction action = { .sa_handler = count_signal };
	const char *const argv[] = {
		"sh", "-c", "sleep 0.3; echo said; exec >&- 2>&-; sleep 0.3; exit 7", NULL,
	};
	char output[64];

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	signals_come_every(10000);
	assert_int_equal(run_program(output, sizeof(output), argv), 7);
	signals_come_every(0);
	assert_string_equal(output, "said");
	assert_true(signals > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_exit_code_are_its_own),
		cmocka_unit_test(signals_that_are_caught_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
