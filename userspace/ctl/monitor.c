// SPDX-License-Identifier: GPL-2.0
/* cxltier monitor: events, one per line. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "ctl.h"

const struct argp_option monitor_options[] = {
	{ "count", 'n', "NUMBER", 0, "End after so many events", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/**
 * struct monitor - what is shown
 * @json: as JSON
 * @nr: events shown
 * @max: events to show; 0: no end
 */
struct monitor {
	bool json;
	uint32_t nr;
	uint32_t max;
};

static void show_line(const struct cxltier_event *event, struct json_object *object)
{
	const char *change = get_text(object, "change");
	char text[16], path[256], device[40];
	struct json_object *it;

	if (event->device) {
		it = json_object_object_get(object, "device");
		printf("device %s %s: %s, %s on node %s\n", get_text(it, "name"), change,
		       get_text(it, "state"), format_bytes(event->device->size, text, sizeof(text)),
		       get_text(it, "node"));
	} else if (event->node) {
		it = json_object_object_get(object, "node");
		printf("node %s %s: %s, %s used\n", get_text(it, "node"), change,
		       get_text(it, "state"), format_bytes(event->node->used, text, sizeof(text)));
	} else if (event->group) {
		it = json_object_object_get(object, "group");
		printf("group %s %s: %s\n", get_text(it, "name"), change, get_text(it, "members"));
	} else if (event->pool) {
		it = json_object_object_get(object, "pool");
		printf("pool %s %s: group %s, %s percent, %s used, %s poisoned pages\n",
		       get_text(it, "owner"), change, get_text(it, "group"),
		       get_text(it, "percent"), format_bytes(event->pool->used, text, sizeof(text)),
		       get_text(it, "poisoned_pages"));
	} else if (event->area) {
		it = json_object_object_get(object, "area");
		snprintf(path, sizeof(path), "%s", get_text(it, "path"));
		printf("area %s %s: %s\n", printable(path), change, get_text(it, "kind"));
	} else if (event->swap_device) {
		it = json_object_object_get(object, "swap_device");
		printf("swap-device %s %s: %s\n", get_text(it, "path"), change,
		       format_bytes(event->swap_device->size, text, sizeof(text)));
	} else if (event->mount) {
		it = json_object_object_get(object, "mount");
		snprintf(path, sizeof(path), "%s", get_text(it, "mount"));
		snprintf(device, sizeof(device), "%s", get_text(it, "device"));
		printf("mount %s %s: %s, %s on %s, %s held%s\n", printable(path), change,
		       get_text(it, "state"), get_text(it, "type"), printable(device),
		       format_bytes(event->mount->held, text, sizeof(text)), event->mount->busy ? ", busy" : "");
	}
}

static int show_event(const struct cxltier_event *event, void *arg)
{
	struct json_object *object = json_event(event);
	struct monitor *monitor = arg;
	struct timespec now;
	char clock[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (monitor->json) {
		json_object_object_add(object, "time", json_object_new_double(
			(double)now.tv_sec + now.tv_nsec / 1e9));
		puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	} else {
		strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now.tv_sec, &tm));
		printf("%s.%03ld ", clock, now.tv_nsec / 1000000);
		show_line(event, object);
	}
	json_object_put(object);
	fflush(stdout);
	return ++monitor->nr == monitor->max ? 1 : 0;
}

int monitor_run(const struct request *request)
{
	struct monitor monitor = { .json = request->json };
	struct pollfd poll_fd = { .events = POLLIN };
	struct cxltier *ctx;
	int err = 0;

	if (request->opts['n'] &&
	    (!parse_uint(request->opts['n'], UINT32_MAX, &monitor.max) || !monitor.max))
		return usage(request, "--count: '%s' is no number", request->opts['n']);
	ctx = ask_open();
	if (!ctx)
		return EXIT_WRONG;
	poll_fd.fd = cxltier_listen(ctx);
	if (poll_fd.fd < 0)
		return ask_failed(ctx);
	while (!err || err == -ENOBUFS) {
		if (err)
			complain("events were lost");
		poll(&poll_fd, 1, -1);
		err = cxltier_events(ctx, show_event, &monitor);
	}
	if (err < 0)
		return ask_failed(ctx);
	cxltier_close(ctx);
	return EXIT_FINE;
}
