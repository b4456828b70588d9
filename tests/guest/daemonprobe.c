// SPDX-License-Identifier: GPL-2.0
/*
 * The other side of cxltierd's sockets.
 *
 *	daemonprobe notify SOCKET	is the service manager: writes what it is told, a line each
 *	daemonprobe ask ADDRESS		sends the standard input, writes the answer
 *	daemonprobe hang ADDRESS N	N clients that send half a request and wait
 *
 * ADDRESS is a path, or a port of 127.0.0.1.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static int connect_to(const char *where)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(where)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_un un = unix_address(where);
	int is_path = *where == '/';
	int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, is_path ? (struct sockaddr *)&un : (struct sockaddr *)&in,
			      is_path ? sizeof(un) : sizeof(in)))
		die(where);
	return fd;
}

static void copy(int from, int to)
{
	char buffer[4096];
	ssize_t length;

	while ((length = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, length) != length)
			return;
}

static int ask(const char *where)
{
	int fd = connect_to(where);

	/* who asks too much is answered, and not heard out */
	signal(SIGPIPE, SIG_IGN);
	copy(STDIN_FILENO, fd);
	copy(fd, STDOUT_FILENO);
	return 0;
}

static int hang(const char *where, int nr)
{
	while (nr--)
		if (write(connect_to(where), "GET /met", 8) != 8)
			die("write");
	puts("hanging");
	fflush(stdout);
	pause();
	return 0;
}

static int notify(const char *path)
{
	struct sockaddr_un address = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[4096];
	ssize_t length;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(path);
	while ((length = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		text[length] = '\0';
		puts(text);
		fflush(stdout);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "notify"))
		return notify(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "ask"))
		return ask(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "hang"))
		return hang(argv[2], atoi(argv[3]));
	fputs("usage: daemonprobe notify SOCKET | ask ADDRESS | hang ADDRESS N\n", stderr);
	return 2;
}
