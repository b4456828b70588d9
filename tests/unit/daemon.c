// SPDX-License-Identifier: GPL-2.0
/* What cxltierd decides: requests for metrics, uevents, files read again. userspace/daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon.h"

static char said[1024];

int complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	return EXIT_WRONG;
}

/* ---- requests ------------------------------------------------------------------------- */

static void requests_are_understood(void **state)
{
	static const struct { const char *text; enum http what; const char *status; } cases[] = {
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_GET, NULL },
		{ "GET /metrics HTTP/1.0\n\n", HTTP_GET, NULL },
		{ "GET /metrics?name=x HTTP/1.1\r\n\r\n", HTTP_GET, NULL },
		{ "HEAD /metrics HTTP/1.1\r\n\r\n", HTTP_HEAD, NULL },
		{ "", HTTP_MORE, NULL },
		{ "GET /metrics HTTP/1.1\r\n", HTTP_MORE, NULL },
		{ "GET /metrics HTTP/1.1\r\nHost: x\r\n", HTTP_MORE, NULL },
		{ "POST /metrics HTTP/1.1\r\n\r\n", HTTP_WRONG, "405" },
		{ "GET / HTTP/1.1\r\n\r\n", HTTP_WRONG, "404" },
		{ "GET /metricsx HTTP/1.1\r\n\r\n", HTTP_WRONG, "404" },
		{ "GET /metric HTTP/1.1\r\n\r\n", HTTP_WRONG, "404" },
		{ "GET ?/metrics HTTP/1.1\r\n\r\n", HTTP_WRONG, "400" },
		{ "GET /metrics HTTP/2.0\r\n\r\n", HTTP_WRONG, "505" },
		{ "GET /metrics\r\n\r\n", HTTP_WRONG, "400" },
		{ "GET  /metrics HTTP/1.1\r\n\r\n", HTTP_WRONG, "400" },
		{ "GET /metrics HTTP/1.1 x\r\n\r\n", HTTP_WRONG, "400" },
		{ "\r\n\r\n", HTTP_WRONG, "400" },
		{ "\n\n", HTTP_WRONG, "400" },
		{ " \r\n\r\n", HTTP_WRONG, "400" },
	};
	const char *status;
	size_t i, length;
	enum http what;
	char *copy;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* a copy of just that size, so that ASan sees what is read beyond it */
		length = strlen(cases[i].text);
		copy = memcpy(malloc(length + !length), cases[i].text, length);
		status = NULL;
		what = http_read(copy, length, &status);
		free(copy);
		if (what != cases[i].what ||
		    (what == HTTP_WRONG && strncmp(status, cases[i].status, 3)))
			fail_msg("'%s': %d, %s", cases[i].text, what, status ? status : "");
	}
}

static void a_request_without_end_is_refused(void **state)
{
	char text[HTTP_REQUEST_MAX];
	const char *status = NULL;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(http_read(text, sizeof(text) - 1, &status), HTTP_MORE);
	assert_int_equal(http_read(text, sizeof(text), &status), HTTP_WRONG);
	assert_string_equal(status, "431 Request Header Fields Too Large");
}

static void random_requests_do_no_harm(void **state)
{
	static const char words[] = "GET /metrics HTTP/1.1\r\n\r\n? \0";
	const char *status;
	int round, i, length;
	char *text;

	(void)state;
	srand(2);
	for (round = 0; round < 20000; round++) {
		length = rand() % 60;
		text = malloc(length + 1);
		for (i = 0; i < length; i++)
			text[i] = rand() % 2 ? words[i % sizeof(words)] :
				  words[rand() % sizeof(words)];
		status = NULL;
		if (http_read(text, length, &status) == HTTP_WRONG)
			assert_non_null(status);
		free(text);
	}
}

/* ---- uevents -------------------------------------------------------------------------- */

#define UEVENT(_action, _path, _subsystem) \
	_action "@" _path "\0ACTION=" _action "\0DEVPATH=" _path "\0SUBSYSTEM=" _subsystem "\0SEQNUM=7"

#define MATTERS(_action, _path, _subsystem) \
	uevent_matters(UEVENT(_action, _path, _subsystem), \
		       sizeof(UEVENT(_action, _path, _subsystem)))

static void memory_and_modules_that_come_matter(void **state)
{
	(void)state;
	assert_true(MATTERS("add", "/devices/system/memory/memory40", "memory"));
	assert_true(MATTERS("online", "/devices/system/memory/memory40", "memory"));
	assert_true(MATTERS("add", "/devices/system/node/node1", "node"));
	assert_true(MATTERS("add", "/module/cxlmeta", "module"));
	/* what a region can be made of */
	assert_true(MATTERS("add", "/devices/platform/ACPI0017:00/root0/decoder2.0", "cxl"));
	assert_true(MATTERS("bind", "/devices/pci0000:0c/0000:0c:00.0/mem0", "cxl"));
}

/* Who takes memory offline does not want it back. */
static void what_goes_does_not_matter(void **state)
{
	(void)state;
	assert_false(MATTERS("offline", "/devices/system/memory/memory40", "memory"));
	assert_false(MATTERS("remove", "/devices/system/memory/memory40", "memory"));
	assert_false(MATTERS("remove", "/devices/system/node/node1", "node"));
	assert_false(MATTERS("remove", "/module/cxlmeta", "module"));
	assert_false(MATTERS("remove", "/devices/platform/ACPI0017:00/root0/region0", "cxl"));
	assert_false(MATTERS("add", "/module/ext4", "module"));
	assert_false(MATTERS("add", "/devices/virtual/block/loop0", "block"));
}

static void broken_uevents_do_no_harm(void **state)
{
	static const char whole[] = UEVENT("add", "/devices/system/memory/memory40", "memory");
	char *copy;
	size_t i;

	(void)state;
	assert_false(uevent_matters("", 0));
	for (i = 1; i < sizeof(whole); i++) {
		copy = memcpy(malloc(i), whole, i);
		uevent_matters(copy, i);
		free(copy);
	}
	/* without its end */
	assert_false(uevent_matters(whole, sizeof(whole) - 1));
}

/* ---- the file, read again ------------------------------------------------------------- */

static char path[32];

static int file_begin(void **state)
{
	(void)state;
	strcpy(path, "/tmp/daemon-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int file_end(void **state)
{
	(void)state;
	return unlink(path);
}

static void file_write(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_wrong_file_changes_nothing(void **state)
{
	static struct conf conf, before;

	(void)state;
	file_write("[limit]\npercent = 30\n[metrics]\nlisten = /run/here\n");
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	before = conf;
	file_write("[limit]\npercent = 50\n[metrics]\nlisten = 8.8.8.8:80\n");
	assert_int_equal(reload_read(path, &conf), EXIT_WRONG);
	assert_memory_equal(&conf, &before, sizeof(conf));
	assert_non_null(strstr(said, "line 4: listen: '8.8.8.8:80' is no path"));
}

static void a_right_file_is_applied(void **state)
{
	static struct conf conf;

	(void)state;
	file_write("[limit]\npercent = 30\n");
	assert_int_equal(conf_read(path, &conf), EXIT_FINE);
	assert_int_equal(reload_read(path, &conf), EXIT_FINE);
	file_write("[limit]\npercent = 50\n");
	assert_int_equal(reload_read(path, &conf), EXIT_FINE);
	assert_int_equal(conf.percent, 50);
}

/* ---- where metrics are served --------------------------------------------------------- */

static char folder[32], place[64];
static sd_event *event;

static void write_nothing(FILE *out, void *arg)
{
	(void)out;
	(void)arg;
}

static struct server *serve(const char *where)
{
	said[0] = '\0';
	return server_new(event, where, write_nothing, NULL);
}

static int serve_begin(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/daemon-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(place, sizeof(place), "%s/metrics", folder);
	return sd_event_new(&event) < 0;
}

static int serve_end(void **state)
{
	(void)state;
	event = sd_event_unref(event);
	unlink(place);
	return rmdir(folder);
}

static struct sockaddr_un address_of(const char *where)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", where);
	return address;
}

/* A socket of somebody else's; who closes it leaves its name behind. */
static int bind_other(int backlog)
{
	struct sockaddr_un address = address_of(place);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	if (backlog)
		assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static bool is_socket(void)
{
	struct stat st;

	return !lstat(place, &st) && S_ISSOCK(st.st_mode);
}

/* Does anybody take connections there? */
static bool answers(void)
{
	struct sockaddr_un address = address_of(place);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool fine = !connect(fd, (struct sockaddr *)&address, sizeof(address));

	close(fd);
	return fine;
}

static void what_is_no_socket_stays(void **state)
{
	char text[8] = "";
	FILE *file = fopen(place, "w+");

	(void)state;
	assert_non_null(file);
	fputs("mine", file);
	fflush(file);
	assert_null(serve(place));
	assert_non_null(strstr(said, "there is something else than a socket"));
	rewind(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), 4);
	fclose(file);
	assert_false(is_socket());
	unlink(place);
	assert_int_equal(symlink("elsewhere", place), 0);
	assert_null(serve(place));
	unlink(place);
	assert_int_equal(mkdir(place, 0755), 0);
	assert_null(serve(place));
	assert_int_equal(rmdir(place), 0);
}

static void a_socket_that_was_left_is_replaced(void **state)
{
	struct server *server;

	(void)state;
	close(bind_other(8));
	assert_true(is_socket());
	assert_false(answers());
	server = serve(place);
	assert_non_null(server);
	assert_true(answers());
	server_free(server);
	assert_false(is_socket());
}

static void a_socket_of_another_process_stays(void **state)
{
	int fd = bind_other(8);

	(void)state;
	assert_null(serve(place));
	assert_non_null(strstr(said, "in use"));
	assert_true(answers());
	close(fd);
}

static void at_the_end_it_takes_away_only_its_own(void **state)
{
	struct server *server = serve(place);
	int fd;

	(void)state;
	assert_non_null(server);
	unlink(place);
	fd = bind_other(8);
	server_free(server);
	assert_true(answers());
	close(fd);
}

static int connect_here(void)
{
	struct sockaddr_un address = address_of(place);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void run_loop(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

/* Twice as many as there are places, and each of them could be kept for seconds. */
static void silent_clients_keep_nobody_out(void **state)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\n\r\n";
	struct server *server = serve(place);
	char text[512] = "";
	int silent[16], fd;
	size_t i;

	(void)state;
	assert_non_null(server);
	for (i = 0; i < 16; i++) {
		silent[i] = connect_here();
		run_loop();
	}
	fd = connect_here();
	assert_true(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	run_loop();
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_memory_equal(text, "HTTP/1.1 200 OK", 15);
	/* the last of them may ask yet, the first has been sent away */
	assert_true(write(silent[15], request, strlen(request)) == (ssize_t)strlen(request));
	run_loop();
	assert_true(recv(silent[15], text, sizeof(text), MSG_DONTWAIT) > 0);
	assert_int_equal(recv(silent[0], text, sizeof(text), MSG_DONTWAIT), 0);
	for (i = 0; i < 16; i++)
		close(silent[i]);
	close(fd);
	server_free(server);
}

/* However it is spelled: a new server would take away the place of the one that serves. */
static void it_is_known_where_metrics_are_served(void **state)
{
	char other[128], link[64];
	struct server *server;

	(void)state;
	assert_true(server_is_at(NULL, "none"));
	assert_false(server_is_at(NULL, place));
	server = serve(place);
	assert_non_null(server);
	snprintf(other, sizeof(other), "%s//metrics", folder);
	snprintf(link, sizeof(link), "%s.link", folder);
	assert_int_equal(symlink(folder, link), 0);
	assert_true(server_is_at(server, place));
	assert_true(server_is_at(server, other));
	snprintf(other, sizeof(other), "%s/metrics", link);
	assert_true(server_is_at(server, other));
	unlink(link);
	assert_false(server_is_at(server, other));
	assert_false(server_is_at(server, "none"));
	assert_false(server_is_at(server, "127.0.0.1:9810"));
	/* somebody has removed it */
	unlink(place);
	assert_false(server_is_at(server, place));
	server_free(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_understood),
		cmocka_unit_test(a_request_without_end_is_refused),
		cmocka_unit_test(random_requests_do_no_harm),
		cmocka_unit_test(memory_and_modules_that_come_matter),
		cmocka_unit_test(what_goes_does_not_matter),
		cmocka_unit_test(broken_uevents_do_no_harm),
		cmocka_unit_test_setup_teardown(a_wrong_file_changes_nothing, file_begin,
						file_end),
		cmocka_unit_test_setup_teardown(a_right_file_is_applied, file_begin, file_end),
		cmocka_unit_test_setup_teardown(what_is_no_socket_stays, serve_begin, serve_end),
		cmocka_unit_test_setup_teardown(a_socket_that_was_left_is_replaced, serve_begin,
						serve_end),
		cmocka_unit_test_setup_teardown(a_socket_of_another_process_stays, serve_begin,
						serve_end),
		cmocka_unit_test_setup_teardown(at_the_end_it_takes_away_only_its_own, serve_begin,
						serve_end),
		cmocka_unit_test_setup_teardown(silent_clients_keep_nobody_out, serve_begin,
						serve_end),
		cmocka_unit_test_setup_teardown(it_is_known_where_metrics_are_served, serve_begin,
						serve_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
