// SPDX-License-Identifier: GPL-2.0
/* Text to numbers and back. Nothing here asks the system: tests/unit tries it on the host. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "common.h"

/* Bytes that a unit stands for; 0 if it is none. */
static uint64_t unit_of(const char *unit)
{
	static const char letters[] = "KMGTP";
	const char *letter;

	if (!*unit)
		return 1;
	letter = strchr(letters, toupper((unsigned char)*unit));
	if (!letter || (strcmp(unit + 1, "") && strcasecmp(unit + 1, "B") &&
			strcasecmp(unit + 1, "iB")))
		return 0;
	return 1ULL << (10 * (letter - letters + 1));
}

/**
 * parse_size() - bytes from "64G", "512MiB" or "4096"
 * @text: the text; units are powers of 1024
 * @bytes: the size
 *
 * Return: whether it is a size other than 0 that fits.
 */
bool parse_size(const char *text, uint64_t *bytes)
{
	uint64_t unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	unit = unit_of(end);
	if (errno || !unit || !*bytes || *bytes > UINT64_MAX / unit)
		return false;
	*bytes *= unit;
	return true;
}

/**
 * parse_uint() - a number and nothing else
 * @text: decimal
 * @max: the largest that is right
 * @value: the number
 *
 * Return: whether it is right.
 */
bool parse_uint(const char *text, uint32_t max, uint32_t *value)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number > max)
		return false;
	*value = number;
	return true;
}

static bool parse_member(char *text, struct cxltier_member *member)
{
	char *weight = strchr(text, ':');

	if (weight)
		*weight++ = '\0';
	member->weight = 1;
	return parse_uint(text, 1023, &member->node) &&
	       (!weight || (parse_uint(weight, 100, &member->weight) && member->weight));
}

/**
 * parse_members() - nodes with weights from "1:3,2"
 * @text: the text
 * @members: the members
 * @max: how many there is room for
 * @error: what is wrong
 * @error_size: room for that
 *
 * Return: their number; -1 if something is wrong.
 */
int parse_members(const char *text, struct cxltier_member *members, unsigned int max,
		  char *error, size_t error_size)
{
	char *copy = strdup(text), *rest = copy, *word;
	unsigned int nr = 0;

	while (copy && (word = strsep(&rest, ","))) {
		if (nr == max || !parse_member(word, &members[nr])) {
			snprintf(error, error_size,
				 "'%s' is not NODE:WEIGHT[,...] with weights from 1 to 100", text);
			free(copy);
			return -1;
		}
		nr++;
	}
	free(copy);
	return nr;
}

/**
 * format_bytes() - a size for people, such as "1.5 GiB"
 * @bytes: the size
 * @buffer: for the text
 * @size: its size; 16 is enough
 *
 * Return: @buffer.
 */
char *format_bytes(uint64_t bytes, char *buffer, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = bytes;
	unsigned int unit = 0;

	while (value >= 1023.95 && unit < 6) {
		value /= 1024;
		unit++;
	}
	snprintf(buffer, size, unit && value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buffer;
}

/**
 * list_has() - is a number in a list of the kernel's, such as "0-2,5"?
 * @list: the list
 * @number: the number
 *
 * Return: whether it is.
 */
bool list_has(const char *list, unsigned int number)
{
	unsigned long first, last;
	char *end;

	while (isdigit((unsigned char)*list)) {
		first = strtoul(list, &end, 10);
		last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
		if (number >= first && number <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

static bool range_is_right(const char **list)
{
	unsigned long first, last;
	char *end;

	if (!isdigit((unsigned char)**list))
		return false;
	first = strtoul(*list, &end, 10);
	last = first;
	if (*end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	*list = end;
	return first <= last && last <= 1023;
}

/**
 * list_is_right() - is it a list of nodes, such as "1,3-4"?
 * @list: the list
 *
 * Return: whether it is.
 */
bool list_is_right(const char *list)
{
	while (range_is_right(&list)) {
		if (!*list)
			return true;
		if (*list++ != ',')
			return false;
	}
	return false;
}

/* "[::1]" and "127.x.x.x": from elsewhere nobody may look. */
static bool parse_loopback(char *host, uint16_t port, struct sockaddr_storage *address,
			   socklen_t *length)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *in = (struct sockaddr_in *)address;

	if (!strcmp(host, "[::1]")) {
		*in6 = (struct sockaddr_in6) {
			.sin6_family = AF_INET6,
			.sin6_port = htons(port),
			.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		};
		*length = sizeof(*in6);
		return true;
	}
	*in = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons(port) };
	*length = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 &&
	       ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/**
 * parse_listen() - where to listen
 * @text: a path from the root, or a loopback address with its port
 * @address: the address
 * @length: its length
 *
 * Return: whether it is right.
 */
bool parse_listen(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_un *un = (struct sockaddr_un *)address;
	char host[32], *colon;
	uint32_t port;

	memset(address, 0, sizeof(*address));
	if (*text == '/') {
		un->sun_family = AF_UNIX;
		*length = sizeof(*un);
		return snprintf(un->sun_path, sizeof(un->sun_path), "%s", text) <
		       (int)sizeof(un->sun_path);
	}
	if (snprintf(host, sizeof(host), "%s", text) >= (int)sizeof(host))
		return false;
	colon = strrchr(host, ':');
	if (!colon || !parse_uint(colon + 1, UINT16_MAX, &port) || !port)
		return false;
	*colon = '\0';
	return parse_loopback(host, port, address, length);
}

/**
 * character_length() - how long a character is in UTF-8
 * @text: where it begins; ends with a zero byte
 *
 * Return: its bytes; 0: what is there is no character.
 */
size_t character_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t length = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 :
			*c < 0xf5 ? 4 : 0, i;

	for (i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* too long for what it is, half of a surrogate pair, beyond the last one */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return length;
}
