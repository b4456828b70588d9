// SPDX-License-Identifier: GPL-2.0
/*
 * Makes what the file asks for, again and again: at start, when the file is read again, when memory
 * has come, and some time after a failure; caches alone when something was mounted. Each time it looks
 * at what there is, and does only what is missing, so that it does not matter where an earlier process
 * has ended.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"

/* The watchdog and metrics wait no longer than these take. */
#define BLOCKS_AT_A_TIME 32
#define RETRY_FIRST (1000 * MS)
#define RETRY_MAX (300 * 1000 * MS)
#define LOCK_RETRY (2 * 1000 * MS)
#define NEVER UINT64_MAX
#define STEP_AT_START (120 * 1000 * MS)
#define SEEN_PATH RUN_FOLDER "/blocks"

static uint64_t now(const struct daemon *daemon)
{
	uint64_t usec;

	sd_event_now(daemon->event, CLOCK_MONOTONIC, &usec);
	return usec;
}

/* Unless it will be sooner anyway. */
static void wake_at(struct daemon *daemon, uint64_t when)
{
	uint64_t then;
	int enabled;

	sd_event_source_get_enabled(daemon->converge, &enabled);
	sd_event_source_get_time(daemon->converge, &then);
	if (enabled != SD_EVENT_OFF && then <= when)
		return;
	sd_event_source_set_time(daemon->converge, when);
	sd_event_source_set_enabled(daemon->converge, SD_EVENT_ONESHOT);
}

/**
 * converge_after() - try it in a while
 * @daemon: the daemon
 * @usec: µs from now, unless it is sooner anyway
 */
void converge_after(struct daemon *daemon, uint64_t usec)
{
	uint64_t when = now(daemon) + usec;

	if (when < daemon->all_at)
		daemon->all_at = when;
	wake_at(daemon, daemon->all_at);
}

/**
 * converge_caches_after() - try caches, and nothing else, in a while
 * @daemon: the daemon
 * @usec: as of converge_after()
 *
 * Mounts come and go all day: who removes swap does not expect it back for that.
 */
void converge_caches_after(struct daemon *daemon, uint64_t usec)
{
	wake_at(daemon, now(daemon) + usec);
}

/**
 * converge_anew() - try it now, with the short pauses of the beginning
 * @daemon: the daemon
 *
 * What failed until now may be what was just mended.
 */
void converge_anew(struct daemon *daemon)
{
	daemon->retry = RETRY_FIRST;
	converge_after(daemon, 0);
}

/* ---- metrics -------------------------------------------------------------------------- */

static void write_metrics(FILE *out, void *arg)
{
	struct snapshot snapshot = { .loaded = false };
	struct daemon *daemon = arg;
	int err;

	if (hear_modules(daemon) && daemon->ctx) {
		err = snapshot_take(daemon->ctx, &snapshot);
		/* what there is changes too fast, or is too much, which is no reason for an alarm */
		snapshot.loaded = !err || err == -EAGAIN || err == -ENOMEM;
	}
	metrics_write(out, &snapshot, &daemon->figures);
	snapshot_free(&snapshot);
}

/* What was served before goes on if the new place can't be had; that is tried again as all else. */
static int converge_metrics(struct daemon *daemon)
{
	const char *listen = daemon->conf->metrics_listen;
	struct server *server = NULL;

	if (server_is_at(daemon->server, listen))
		return EXIT_FINE;
	if (strcmp(listen, "none")) {
		server = server_new(daemon->event, listen, write_metrics, daemon);
		if (!server)
			return EXIT_WRONG;
	}
	server_free(daemon->server);
	daemon->server = server;
	return EXIT_FINE;
}

/* ---- memory --------------------------------------------------------------------------- */

static struct memory_result converge_memory(struct daemon *daemon)
{
	struct memory_result result;

	if (daemon->conf->is_empty)
		return (struct memory_result) { .more = false };
	result = memory_online("/sys", daemon->conf, &daemon->seen, BLOCKS_AT_A_TIME);
	daemon->figures.nr_online += result.nr_online;
	/* /run is full: it matters only if somebody takes memory offline and we are killed */
	if (daemon->seen.changed)
		memory_seen_save(&daemon->seen, SEEN_PATH);
	if (result.nr_online)
		say(LOG_NOTICE, "brought %u memory blocks online", result.nr_online);
	return result;
}

/* ---- modules -------------------------------------------------------------------------- */

/* Signals are blocked, to be read from a file; this one is there and has not been read. */
static bool is_hangup_pending(void)
{
	sigset_t pending;

	return !sigpending(&pending) && sigismember(&pending, SIGHUP) == 1;
}

/* What comes of them, memory, comes with events of its own. */
static int converge_regions(struct daemon *daemon)
{
	unsigned int nr_made;
	int code = regions_make("/sys", RUN_FOLDER, daemon->conf, false, &nr_made);

	if (nr_made)
		say(LOG_NOTICE, "made %u regions of CXL memory", nr_made);
	return code;
}

/*
 * Who has the lock may keep it for minutes, and the loop waits for nobody. Who changes the file sends
 * SIGHUP before unlocking: what that took out must not be made again from what we remember.
 */
static int converge_modules(struct daemon *daemon, bool all)
{
	int lock = apply_trylock(), code = APPLY_BUSY;

	if (lock != APPLY_BUSY && !is_hangup_pending())
		code = all ? converge_regions(daemon) | apply_modules(daemon->conf) :
			     apply_caches(daemon->conf);
	apply_unlock(lock);
	return code;
}

/* --------------------------------------------------------------------------------------- */

/*
 * The loop pings the watchdog between events alone, and not in time if one takes long. At start there
 * is no watchdog, but an end of patience.
 */
static void tell_alive(void)
{
	sd_notifyf(0, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=%llu", STEP_AT_START);
}

static void tell_ready(struct daemon *daemon)
{
	if (!daemon->ready)
		sd_notify(0, "READY=1");
	daemon->ready = true;
}

static void tell_manager(struct daemon *daemon, bool fine)
{
	size_t first = strcspn(daemon->said, "\n");

	if (fine)
		sd_notifyf(0, "STATUS=All that %s asks for is there.", daemon->path);
	else
		sd_notifyf(0, "STATUS=Not all is there: %.*s", (int)first,
			   first ? daemon->said : "the modules can't be reached");
	tell_ready(daemon);
}

static void try_again(struct daemon *daemon, bool all, uint64_t usec)
{
	if (all)
		converge_after(daemon, usec);
	else
		converge_caches_after(daemon, usec);
}

/* Neither done nor failed. */
static void try_later(struct daemon *daemon, bool all)
{
	char said[sizeof(daemon->said)];

	complaints_take(said, sizeof(said));
	sd_notify(0, "STATUS=Waiting for another program that changes groups or devices.");
	tell_ready(daemon);
	try_again(daemon, all, LOCK_RETRY);
}

/* The same complaint comes again with each attempt: once is enough. */
static void say_what_is_new(struct daemon *daemon, const char *said, bool fine)
{
	if (fine && !daemon->figures.applied)
		say(LOG_INFO, "all that %s asks for is there", daemon->path);
	if (*said && strcmp(said, daemon->said))
		say(LOG_ERR, "%s", said);
	snprintf(daemon->said, sizeof(daemon->said), "%s", said);
}

static void finish(struct daemon *daemon, bool all, bool fine)
{
	char said[sizeof(daemon->said)];

	complaints_take(said, sizeof(said));
	say_what_is_new(daemon, said, fine);
	daemon->figures.applied = fine;
	daemon->figures.nr_applied += fine;
	daemon->figures.nr_failed += !fine;
	tell_manager(daemon, fine);
	if (fine) {
		daemon->retry = RETRY_FIRST;
		return;
	}
	try_again(daemon, all, daemon->retry);
	daemon->retry = daemon->retry > RETRY_MAX / 2 ? RETRY_MAX : 2 * daemon->retry;
}

static int on_converge(sd_event_source *source, uint64_t usec, void *arg)
{
	struct memory_result memory = { .more = false };
	struct daemon *daemon = arg;
	char said[sizeof(daemon->said)];
	bool fine = true, all = daemon->all_at <= now(daemon);
	int code;

	(void)source;
	(void)usec;
	complaints_keep();
	if (all) {
		daemon->all_at = NEVER;
		fine = !converge_metrics(daemon);
		memory = converge_memory(daemon);
	}
	if (memory.more && memory.nr_online) {
		/* what failed will fail again at the end, and is told then */
		complaints_take(said, sizeof(said));
		converge_after(daemon, 0);
		return 0;
	}
	code = converge_modules(daemon, all);
	if (code == APPLY_BUSY) {
		try_later(daemon, all);
		return 0;
	}
	/* what failed before has its time, and tells of caches, too */
	if (!all && daemon->all_at != NEVER) {
		complaints_take(said, sizeof(said));
		tell_manager(daemon, daemon->figures.applied);
		wake_at(daemon, daemon->all_at);
		return 0;
	}
	fine = !code && !memory.nr_failed && fine;
	/* a module that is about to be loaded has no family yet */
	finish(daemon, all, hear_modules(daemon) && fine);
	return 0;
}

/**
 * converge_init() - get ready for it, and do it as soon as the loop runs
 * @daemon: the daemon
 *
 * Return: 0 or a negative error.
 */
int converge_init(struct daemon *daemon)
{
	daemon->retry = RETRY_FIRST;
	daemon->all_at = 0;
	before_step = tell_alive;
	memory_seen_load(&daemon->seen, SEEN_PATH);
	return sd_event_add_time_relative(daemon->event, &daemon->converge, CLOCK_MONOTONIC, 0, MS,
					  on_converge, daemon);
}
