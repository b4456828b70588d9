// SPDX-License-Identifier: GPL-2.0
/*
 * Serves metrics at a Unix socket or a loopback port. A few clients at a time, each for a few
 * seconds: one that asks and does not read keeps nobody else waiting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"

#define CLIENTS_MAX 8
#define CLIENT_TIME (5 * 1000 * MS)

/**
 * struct client - a connection
 * @server: whose
 * @fd: the socket; -1: this place is free
 * @number: how many came before it
 * @io: waits for it
 * @timer: ends it
 * @request: what has come
 * @got: how much
 * @answer: what goes out; NULL: not yet
 * @length: how much
 * @sent: of that
 */
struct client {
	struct server *server;
	int fd;
	uint64_t number;
	sd_event_source *io;
	sd_event_source *timer;
	char request[HTTP_REQUEST_MAX];
	size_t got;
	char *answer;
	size_t length;
	size_t sent;
};

/**
 * struct server - a socket and who is connected
 * @event: the loop
 * @fd: the socket
 * @io: waits for it
 * @where: what it was asked to listen at
 * @path: of a Unix socket; "": none
 * @device: of that
 * @inode: of that
 * @write: writes metrics
 * @arg: for @write
 * @nr_clients: how many came
 * @clients: connections
 */
struct server {
	sd_event *event;
	int fd;
	sd_event_source *io;
	char where[sizeof(((struct conf *)0)->metrics_listen)];
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t device;
	ino_t inode;
	void (*write)(FILE *out, void *arg);
	void *arg;
	uint64_t nr_clients;
	struct client clients[CLIENTS_MAX];
};

/* ---- one client ----------------------------------------------------------------------- */

static void client_end(struct client *client)
{
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->timer);
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	*client = (struct client) { .server = client->server, .fd = -1 };
}

/* Head and body in one piece; NULL without memory. */
static char *make_answer(struct server *server, enum http what, const char *status,
			 size_t *length)
{
	char *body = NULL, *answer = NULL;
	size_t body_length = 0;
	FILE *out = open_memstream(&body, &body_length);

	if (out && what != HTTP_WRONG)
		server->write(out, server->arg);
	else if (out)
		fprintf(out, "%s\n", status);
	if (!out || fclose(out)) {
		free(body);
		return NULL;
	}
	out = open_memstream(&answer, length);
	if (out) {
		fprintf(out, "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n%s\r\n%s",
			what == HTTP_WRONG ? status : "200 OK", body_length,
			what == HTTP_WRONG ? "Allow: GET, HEAD\r\n" : "",
			what == HTTP_HEAD ? "" : body);
		if (fclose(out)) {
			free(answer);
			answer = NULL;
		}
	}
	free(body);
	return answer;
}

static void client_send(struct client *client)
{
	ssize_t sent = send(client->fd, client->answer + client->sent,
			    client->length - client->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	client->sent += sent < 0 ? 0 : sent;
	if (sent < 0 || client->sent == client->length)
		client_end(client);
}

static void client_receive(struct client *client)
{
	const char *status = NULL;
	enum http what;
	ssize_t got;

	got = recv(client->fd, client->request + client->got,
		   sizeof(client->request) - client->got, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		return client_end(client);
	client->got += got;
	what = http_read(client->request, client->got, &status);
	if (what == HTTP_MORE)
		return;
	client->answer = make_answer(client->server, what, status, &client->length);
	if (!client->answer || sd_event_source_set_io_events(client->io, EPOLLOUT) < 0)
		return client_end(client);
	client_send(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct client *client = arg;

	(void)source;
	(void)fd;
	(void)revents;
	if (client->answer)
		client_send(client);
	else
		client_receive(client);
	return 0;
}

static int on_client_timeout(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	client_end(arg);
	return 0;
}

static void client_begin(struct client *client, int fd)
{
	sd_event *event = client->server->event;

	client->fd = fd;
	client->number = client->server->nr_clients++;
	if (sd_event_add_io(event, &client->io, fd, EPOLLIN, on_client, client) < 0 ||
	    sd_event_add_time_relative(event, &client->timer, CLOCK_MONOTONIC, CLIENT_TIME, 0,
				       on_client_timeout, client) < 0)
		client_end(client);
}

/* ---- the server ----------------------------------------------------------------------- */

/* One that is free, or of those who have not asked yet who came first; NULL: all are being answered. */
static struct client *find_place(struct server *server)
{
	struct client *client, *silent = NULL;

	for (client = server->clients; client < server->clients + CLIENTS_MAX; client++) {
		if (client->fd < 0)
			return client;
		if (!client->answer && (!silent || client->number < silent->number))
			silent = client;
	}
	return silent;
}

/* Who connects and says nothing keeps nobody out, and who finds no place does not wait in vain. */
static int on_connect(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	int new = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct server *server = arg;
	struct client *client;

	(void)source;
	(void)revents;
	if (new < 0)
		return 0;
	client = find_place(server);
	if (!client) {
		close(new);
		return 0;
	}
	if (client->fd >= 0)
		client_end(client);
	client_begin(client, new);
	return 0;
}

/*
 * A socket that an earlier process has left is in the way. One that somebody listens at is not ours,
 * and nothing else is: it stays.
 */
static int clear_path(const struct sockaddr_storage *address, socklen_t length)
{
	const char *path = ((const struct sockaddr_un *)address)->sun_path;
	int fd, failed = EADDRINUSE;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, length))
		failed = errno;
	close(fd);
	if (failed != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) ? -errno : 0;
}

static int bind_path(struct server *server, const struct sockaddr_storage *address,
		     socklen_t length)
{
	const char *path = ((const struct sockaddr_un *)address)->sun_path;
	int err = clear_path(address, length);
	struct stat st;
	mode_t mask;

	if (err)
		return err;
	mask = umask(0117);
	err = bind(server->fd, (const struct sockaddr *)address, length) ? -errno : 0;
	umask(mask);
	if (err || lstat(path, &st))
		return err;
	memcpy(server->path, path, sizeof(server->path));
	server->device = st.st_dev;
	server->inode = st.st_ino;
	return 0;
}

static int bind_port(struct server *server, const struct sockaddr_storage *address,
		     socklen_t length)
{
	static const int yes = 1;

	setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return bind(server->fd, (const struct sockaddr *)address, length) ? -errno : 0;
}

static bool is_at_path(const struct server *server, const char *path)
{
	struct stat st;

	return *server->path && !lstat(path, &st) && st.st_dev == server->device &&
	       st.st_ino == server->inode;
}

static int server_open(struct server *server, const struct sockaddr_storage *address,
		       socklen_t length)
{
	int err;

	server->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return -errno;
	err = address->ss_family == AF_UNIX ? bind_path(server, address, length) :
					      bind_port(server, address, length);
	if (err)
		return err;
	if (listen(server->fd, CLIENTS_MAX))
		return -errno;
	return sd_event_add_io(server->event, &server->io, server->fd, EPOLLIN, on_connect, server);
}

/**
 * server_new() - serve metrics
 * @event: the loop
 * @listen: where, as parse_listen() understands it
 * @write: writes them
 * @arg: for @write
 *
 * Return: the server; NULL after a complaint.
 */
struct server *server_new(sd_event *event, const char *listen,
			  void (*write)(FILE *out, void *arg), void *arg)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_storage address;
	socklen_t length;
	int i, err;

	if (!server || !parse_listen(listen, &address, &length)) {
		free(server);
		return NULL;
	}
	server->fd = -1;
	snprintf(server->where, sizeof(server->where), "%s", listen);
	server->event = event;
	server->write = write;
	server->arg = arg;
	for (i = 0; i < CLIENTS_MAX; i++)
		server->clients[i] = (struct client) { .server = server, .fd = -1 };
	err = server_open(server, &address, length);
	if (err >= 0)
		return server;
	complain("metrics can't be served at %s: %s", listen,
		 err == -EEXIST ? "there is something else than a socket" : strerror(-err));
	server_free(server);
	return NULL;
}

/**
 * server_is_at() - are metrics served there?
 * @server: the server, or NULL
 * @listen: where, or "none"
 *
 * Return: whether that is so; a path may be spelled in another way.
 */
bool server_is_at(const struct server *server, const char *listen)
{
	if (!server || !strcmp(listen, "none"))
		return !server && !strcmp(listen, "none");
	return *server->path ? is_at_path(server, listen) : !strcmp(server->where, listen);
}

/**
 * server_free() - end connections, and the socket
 * @server: the server, or NULL
 */
void server_free(struct server *server)
{
	int i;

	if (!server)
		return;
	for (i = 0; i < CLIENTS_MAX; i++)
		client_end(&server->clients[i]);
	sd_event_source_disable_unref(server->io);
	if (server->fd >= 0)
		close(server->fd);
	if (is_at_path(server, server->path))
		unlink(server->path);
	free(server);
}
