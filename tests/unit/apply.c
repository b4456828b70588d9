// SPDX-License-Identifier: GPL-2.0
/* Who makes and removes devices, one at a time: userspace/common/apply.c. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time_has_the_lock),
		cmocka_unit_test(the_lock_goes_with_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
