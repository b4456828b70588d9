// SPDX-License-Identifier: GPL-2.0
/* What the kernel's uevents say: a line, then fields KEY=VALUE; each ends with 0. */
#include <string.h>

#include "daemon.h"

/* Its value; "" without that key. */
static const char *uevent_field(const char *message, size_t length, const char *key)
{
	const char *end = message + length;
	size_t key_length = strlen(key);

	for (; message < end; message += strlen(message) + 1)
		if (!strncmp(message, key, key_length) && message[key_length] == '=')
			return message + key_length + 1;
	return "";
}

/**
 * uevent_matters() - could there be something to do now?
 * @message: the uevent
 * @length: of it
 *
 * Memory that goes is no reason: who has taken it offline knows why.
 *
 * Return: whether memory has come, a device of the CXL bus, or the modules.
 */
bool uevent_matters(const char *message, size_t length)
{
	const char *action, *subsystem, *path;

	if (!length || message[length - 1])
		return false;
	action = uevent_field(message, length, "ACTION");
	subsystem = uevent_field(message, length, "SUBSYSTEM");
	path = uevent_field(message, length, "DEVPATH");
	if (!strcmp(subsystem, "memory"))
		return !strcmp(action, "add") || !strcmp(action, "online");
	if (!strcmp(subsystem, "module"))
		return !strcmp(action, "add") && !strncmp(path, "/module/cxl", 11);
	/* decoders come after the memory device that they are of */
	if (!strcmp(subsystem, "cxl"))
		return !strcmp(action, "add") || !strcmp(action, "bind");
	return !strcmp(subsystem, "node") && !strcmp(action, "add");
}
