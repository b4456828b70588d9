// SPDX-License-Identifier: GPL-2.0
/*
 * As much of HTTP/1 as a scrape needs: a request without body for /metrics. Every answer ends its
 * connection.
 */
#include <string.h>

#include "daemon.h"

/* The header ends with an empty line; some leave out carriage returns. */
static bool is_complete(const char *request, size_t length)
{
	return memmem(request, length, "\r\n\r\n", 4) || memmem(request, length, "\n\n", 2);
}

/* The next word of the request line; NULL if there is none. */
static const char *next_word(const char **line, const char *end, size_t *length)
{
	const char *word = *line, *space = memchr(word, ' ', end - word);

	*length = (space ? space : end) - word;
	*line = space ? space + 1 : end;
	return *length ? word : NULL;
}

static bool is(const char *word, size_t length, const char *text)
{
	return word && length == strlen(text) && !memcmp(word, text, length);
}

static enum http wrong(const char **status, const char *text)
{
	*status = text;
	return HTTP_WRONG;
}

static enum http read_line(const char *line, const char *end, const char **status)
{
	size_t method_length, path_length, version_length;
	const char *method = next_word(&line, end, &method_length);
	const char *path = next_word(&line, end, &path_length);
	const char *version = next_word(&line, end, &version_length), *query;

	if (!method || !path || !version || line != end || *path != '/')
		return wrong(status, "400 Bad Request");
	if (!is(version, version_length, "HTTP/1.1") && !is(version, version_length, "HTTP/1.0"))
		return wrong(status, "505 HTTP Version Not Supported");
	query = memchr(path, '?', path_length);
	if (!is(path, query ? (size_t)(query - path) : path_length, "/metrics"))
		return wrong(status, "404 Not Found");
	if (is(method, method_length, "HEAD"))
		return HTTP_HEAD;
	if (!is(method, method_length, "GET"))
		return wrong(status, "405 Method Not Allowed");
	return HTTP_GET;
}

/**
 * http_read() - understand a request
 * @request: what has come of it
 * @length: how much
 * @status: for HTTP_WRONG: code and reason
 *
 * Return: what it is.
 */
enum http http_read(const char *request, size_t length, const char **status)
{
	const char *end = memchr(request, '\n', length);

	if (!is_complete(request, length))
		return length < HTTP_REQUEST_MAX ? HTTP_MORE :
		       wrong(status, "431 Request Header Fields Too Large");
	if (end > request && end[-1] == '\r')
		end--;
	return read_line(request, end, status);
}
