// SPDX-License-Identifier: GPL-2.0
/* cxltier device: what /sys/kernel/cxl/devices/ has, and its file node_id. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static const struct column columns[] = {
	{ "DEVICE", "name", AS_TEXT }, { "STATE", "state", AS_TEXT },
	{ "SIZE", "size", AS_BYTES }, { "NODE", "node", AS_TEXT },
	{ "START", "start", AS_HEX }, { "SOURCE", "source", AS_TEXT },
	{ "DISTANCE", "distance", AS_TEXT }, { "READ NS", "read_latency_ns", AS_TEXT },
	{ "READ MB/S", "read_bandwidth_mb", AS_TEXT }, { NULL, NULL, AS_TEXT },
};

static int list_run(const struct request *request)
{
	struct cxltier *ctx = ask_open();
	int code;

	if (!ctx)
		return EXIT_WRONG;
	code = show_rows(request, "devices", json_devices(ctx), columns,
			 "There is no CXL device. 'cxltier doctor' says more.");
	cxltier_close(ctx);
	return code;
}

/* Return: the device's node, -1 if that is not known; -2 after a complaint. */
static int home_of(const char *name)
{
	struct cxltier *ctx = ask_open();
	struct json_object *rows = ctx ? json_devices(ctx) : NULL, *row;
	int home = -2;
	size_t i;

	for (i = 0; rows && i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!strcmp(get_text(row, "name"), name))
			home = json_object_get_int(json_object_object_get(row, "node"));
	}
	if (rows && home == -2)
		complain("there is no device '%s': see 'cxltier device list'", name);
	json_object_put(rows);
	cxltier_close(ctx);
	return home;
}

/* Return: EXIT_WRONG, or EXIT_FINE without an error. */
static int complain_of_device(const char *name, int err)
{
	switch (err) {
	case 0:
		return EXIT_FINE;
	case EBUSY:
		return complain("%s is busy: data on it can't move. 'cxltier node list' says whether it fits elsewhere, the kernel's log what is in the way", name);
	case ENODEV:
		return complain("%s: its memory is not the kernel's: daxctl reconfigure-device --mode=system-ram", name);
	default:
		return complain("%s: %s", name, strerror(err));
	}
}

static int write_node(const char *name, int node)
{
	char path[64];
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "/sys/kernel/cxl/devices/%s/node_id", name);
	file = fopen(path, "w");
	if (!file)
		return complain("%s: %s", path, strerror(errno));
	fprintf(file, "%d\n", node);
	if (fclose(file))
		err = errno;
	return complain_of_device(name, err);
}

static int offline_run(const struct request *request)
{
	return home_of(request->args[0]) == -2 ? EXIT_WRONG : write_node(request->args[0], -1);
}

static int online_run(const struct request *request)
{
	int home = home_of(request->args[0]);

	/* -1 would mean offline to the module */
	if (home == -1)
		return complain_of_device(request->args[0], ENODEV);
	return home == -2 ? EXIT_WRONG : write_node(request->args[0], home);
}

const struct command device_commands[] = {
	{ "list", "", "List the CXL devices.", NULL, 0, 0, list_run, NULL },
	{ "online", "DEVICE", "Bring a device's memory online, as movable memory.", NULL, 1, 1,
	  online_run, NULL },
	{ "offline", "DEVICE", "Move everything off a device, and take it offline.", NULL, 1, 1,
	  offline_run, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
