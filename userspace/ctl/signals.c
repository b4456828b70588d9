// SPDX-License-Identifier: GPL-2.0
/* Signals, where an end midway would leave things half done. */
#include <signal.h>
#include <string.h>

#include "ctl.h"

volatile sig_atomic_t interrupted;

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static void be_interrupted(int number)
{
	(void)number;
	interrupted = 1;
}

/**
 * catch_signals() - from now on signals end what waits, with EINTR, and set @interrupted
 *
 * What is ignored, such as SIGHUP below nohup, stays so. Output that nobody reads is lost, no more.
 */
void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = be_interrupted };
	struct sigaction was;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!sigaction(ends[i], NULL, &was) && was.sa_handler != SIG_IGN)
			sigaction(ends[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/**
 * ignore_signals() - from now on they do nothing
 *
 * Nor to programs that are run: a terminal sends Ctrl-C to those, too. They must be short ones.
 */
void ignore_signals(void)
{
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}
