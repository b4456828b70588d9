// SPDX-License-Identifier: GPL-2.0
/*
 * Hears of changes. The kernel tells of memory and of modules by uevents, which are taken from
 * itself: udev need not run, and may be busy with others. What the modules have to tell comes by
 * their netlink family, as long as they are loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"

/* One change comes with many events: one for each memory block. */
#define SETTLE (200 * MS)
#define UEVENT_BUFFER (1024 * 1024)

/* ---- uevents -------------------------------------------------------------------------- */

/* Only the kernel's own: anybody with the right capability could send some. */
static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct sockaddr_nl from = { .nl_pid = UINT32_MAX };
	socklen_t from_length;
	char message[8192];
	ssize_t length;

	(void)source;
	(void)revents;
	for (;;) {
		from_length = sizeof(from);
		length = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from,
				  &from_length);
		if (length < 0 && errno == ENOBUFS)
			converge_after(arg, SETTLE);
		else if (length < 0 && errno != EINTR)
			return 0;
		if (length > 0 && !from.nl_pid && uevent_matters(message, length))
			converge_after(arg, SETTLE);
	}
}

/**
 * hear_uevents() - begin to hear of memory and modules
 * @daemon: the daemon
 *
 * Return: 0 or a negative error.
 */
int hear_uevents(struct daemon *daemon)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	static const int size = UEVENT_BUFFER;
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	err = bind(fd, (const struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	if (!err)
		err = sd_event_add_io(daemon->event, &daemon->uevents, fd, EPOLLIN, on_uevent,
				      daemon);
	if (err < 0) {
		close(fd);
		return err;
	}
	return sd_event_source_set_io_fd_own(daemon->uevents, 1);
}

/* ---- mounts --------------------------------------------------------------------------- */

/* The kernel tells that the file has changed; who polls it has read that. */
static int on_mounts(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct daemon *daemon = arg;

	(void)source;
	(void)fd;
	(void)revents;
	if (daemon->conf->nr_caches)
		converge_caches_after(daemon, SETTLE);
	return 0;
}

/**
 * hear_mounts() - begin to hear of what is mounted
 * @daemon: the daemon
 *
 * Return: 0 or a negative error.
 */
int hear_mounts(struct daemon *daemon)
{
	int fd = open(MOUNTINFO_PATH, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = sd_event_add_io(daemon->event, &daemon->mounts, fd, EPOLLPRI, on_mounts, daemon);
	if (err < 0) {
		close(fd);
		return err;
	}
	return sd_event_source_set_io_fd_own(daemon->mounts, 1);
}

/* ---- the modules' events -------------------------------------------------------------- */

static void say_device(const struct cxltier_device *device, uint32_t change)
{
	char size[16];

	format_bytes(device->size, size, sizeof(size));
	if (change == CXLTIER_CHANGE_REMOVED)
		say(LOG_NOTICE, "cxl%" PRIu32 " has gone", device->number);
	else
		say(LOG_NOTICE, "cxl%" PRIu32 " is %s: %s, node %" PRId32, device->number,
		    device->state == CXLTIER_DEVICE_STATE_ONLINE ? "online" : "offline", size,
		    device->home);
}

static void say_node(const struct cxltier_node *node)
{
	static const char *const states[] = {
		"open", "being drained", "drained", "not drained: what is left fits nowhere",
	};

	if (node->state < sizeof(states) / sizeof(states[0]))
		say(LOG_NOTICE, "node %" PRIu32 " is %s", node->id, states[node->state]);
}

static int on_module_event(const struct cxltier_event *event, void *arg)
{
	struct daemon *daemon = arg;

	daemon->figures.nr_events++;
	if (event->change == CXLTIER_CHANGE_POISONED && event->pool)
		say(LOG_ERR, "memory of pool %s has failed: %" PRIu64 " pages until now",
		    event->pool->owner, event->pool->poisoned);
	else if (event->change == CXLTIER_CHANGE_FULL && event->pool)
		say(LOG_WARNING, "pool %s is at its limit", event->pool->owner);
	else if (event->change == CXLTIER_CHANGE_NEARLY_FULL && event->pool)
		say(LOG_WARNING, "pool %s is nearly full", event->pool->owner);
	else if (event->change == CXLTIER_CHANGE_STALLED && event->pool)
		say(LOG_WARNING, "pages of pool %s are not written back: the device below fails or does not answer, or none may be written",
		    event->pool->owner);
	else if (event->node && event->change == CXLTIER_CHANGE_CHANGED)
		say_node(event->node);
	else if (event->mount && event->mount->state == CXLTIER_MOUNT_STATE_STOPPED)
		say(LOG_ERR, "%s is cached no more: a cached page differed from the disk",
		    event->mount->name);
	if (!event->device)
		return 0;
	say_device(event->device, event->change);
	if (event->change != CXLTIER_CHANGE_REMOVED)
		converge_after(daemon, SETTLE);
	return 0;
}

static int on_modules(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct daemon *daemon = arg;
	int err = cxltier_events(daemon->ctx, on_module_event, daemon);

	(void)source;
	(void)fd;
	(void)revents;
	if (err == -ENOBUFS) {
		say(LOG_WARNING, "events of the modules were lost: failed memory may not have been told of; metrics have it");
		converge_after(daemon, SETTLE);
	} else if (err) {
		say(LOG_NOTICE, "%s", cxltier_message(daemon->ctx));
		hear_no_modules(daemon);
		/* they are there yet: listen again */
		if (err != -ENODEV)
			converge_after(daemon, SETTLE);
	}
	return 0;
}

/**
 * hear_modules() - begin to hear of the modules' events, if they are there
 * @daemon: the daemon; its context is for requests, too, while this was so
 *
 * Return: whether they are, or nothing of them is.
 */
bool hear_modules(struct daemon *daemon)
{
	int fd;

	if (daemon->ctx)
		return true;
	if (cxltier_open(&daemon->ctx))
		return !is_module_loaded("cxlmeta");
	fd = cxltier_listen(daemon->ctx);
	if (fd >= 0 && sd_event_add_io(daemon->event, &daemon->events, fd, EPOLLIN, on_modules,
				       daemon) >= 0)
		return true;
	hear_no_modules(daemon);
	return false;
}

void hear_no_modules(struct daemon *daemon)
{
	daemon->events = sd_event_source_disable_unref(daemon->events);
	cxltier_close(daemon->ctx);
	daemon->ctx = NULL;
}
