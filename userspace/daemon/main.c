// SPDX-License-Identifier: GPL-2.0
/* cxltierd: begins, is told what to do, and ends. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/**
 * struct options - the command line
 * @check: only read the file
 * @path: the file
 */
struct options {
	bool check;
	const char *path;
};

const char *argp_program_version = "cxltierd " VERSION;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	if (key == 'c')
		options->check = true;
	else if (key == ARGP_KEY_ARG && state->arg_num == 0)
		options->path = arg;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

/* ---- signals -------------------------------------------------------------------------- */

static void tell_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct daemon *daemon = arg;

	(void)source;
	(void)info;
	/* until all was tried once, it is starting to the manager */
	if (daemon->ready)
		tell_reloading();
	daemon->figures.reload_failed = reload_read(daemon->path, daemon->conf) != EXIT_FINE;
	if (daemon->figures.reload_failed) {
		say(LOG_ERR, "%s was not read: what it said before is still in force",
		    daemon->path);
	} else {
		daemon->figures.reloaded = time(NULL);
		say(LOG_INFO, "%s was read again", daemon->path);
		converge_anew(daemon);
	}
	if (daemon->ready)
		sd_notify(0, "READY=1");
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	(void)info;
	(void)arg;
	sd_notify(0, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* They wait until there is a loop to read them. */
static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int hear_signals(struct daemon *daemon)
{
	int err;

	err = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	if (err >= 0)
		err = sd_event_add_signal(daemon->event, NULL, SIGINT, on_end, NULL);
	if (err >= 0)
		err = sd_event_add_signal(daemon->event, NULL, SIGTERM, on_end, NULL);
	return err;
}

/* ---- beginning and end ---------------------------------------------------------------- */

/*
 * The lock goes with the process, however that ends; who holds it can be asked for. Who may read the file
 * could take one, too, and keep us away.
 */
static int be_the_only_one(void)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd;

	mkdir(RUN_FOLDER, 0755);
	fd = open(DAEMON_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain("%s: %s", DAEMON_LOCK, strerror(errno));
	if (!fcntl(fd, F_SETLK, &lock))
		return EXIT_FINE;
	fcntl(fd, F_GETLK, &lock);
	close(fd);
	return complain("there is another cxltierd, process %d", (int)lock.l_pid);
}

static int begin(struct daemon *daemon)
{
	int err = sd_event_default(&daemon->event);

	if (err >= 0)
		err = sd_event_set_watchdog(daemon->event, 1);
	if (err >= 0)
		err = hear_signals(daemon);
	if (err >= 0)
		err = hear_uevents(daemon);
	if (err >= 0)
		err = hear_mounts(daemon);
	if (err >= 0)
		err = converge_init(daemon);
	if (err < 0)
		return complain("can't begin: %s", strerror(-err));
	return EXIT_FINE;
}

static void end(struct daemon *daemon)
{
	hear_no_modules(daemon);
	server_free(daemon->server);
	sd_event_source_disable_unref(daemon->uevents);
	sd_event_source_disable_unref(daemon->mounts);
	sd_event_source_disable_unref(daemon->converge);
	sd_event_unref(daemon->event);
	free(daemon->seen.inodes);
}

static int run(struct daemon *daemon)
{
	int err;

	block_signals();
	if (be_the_only_one())
		return EXIT_WRONG;
	/* who changes the file from now on finds us, and tells us */
	if (conf_read(daemon->path, daemon->conf))
		return EXIT_USAGE;
	if (begin(daemon))
		return EXIT_WRONG;
	err = sd_event_loop(daemon->event);
	end(daemon);
	return err < 0 ? complain("the loop has ended: %s", strerror(-err)) : EXIT_FINE;
}

int main(int argc, char **argv)
{
	static const struct argp_option list[] = {
		{ "check", 'c', NULL, 0, "Only read the file, and say what is wrong with it", 0 },
		{ NULL, 0, NULL, 0, NULL, 0 },
	};
	static const struct argp argp = {
		list, parse_option, "[FILE]",
		"Keeps CXL memory as FILE asks for (" CONF_PATH ").", NULL, NULL, NULL,
	};
	struct options options = { .path = CONF_PATH };
	static struct conf conf;
	static struct daemon daemon;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.check && access(options.path, R_OK))
		return complain("%s: %s", options.path, strerror(errno));
	if (options.check)
		return conf_read(options.path, &conf);
	if (geteuid())
		return complain("needs root");
	daemon = (struct daemon) {
		.path = options.path, .conf = &conf, .figures.reloaded = time(NULL),
	};
	return run(&daemon);
}
