/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cxltierd: one thread, one event loop. main.c begins and ends it, hear.c hears of changes,
 * converge.c makes what the file asks for, reload.c reads the file, serve.c answers Prometheus.
 *
 * It keeps nothing that swap needs: whenever it ends, what it has made stays as it is, and the next
 * one finds out what there is.
 */
#ifndef CXLTIERD_H
#define CXLTIERD_H

#include <syslog.h>
#include <systemd/sd-event.h>

#include "common.h"
#include "metrics.h"

#define MS 1000ULL

struct server;

/**
 * struct daemon - all there is
 * @event: the loop
 * @path: the file
 * @conf: what it says; as of the last time that it had no mistake
 * @figures: for metrics
 * @seen: memory blocks that were online once
 * @converge: the timer of converge()
 * @all_at: from when on that is for all that the file asks for, µs; before, for caches alone
 * @retry: when that will be tried again after a failure, µs
 * @ready: the service manager knows that all was tried once
 * @ctx: the modules; NULL: not loaded
 * @events: their events
 * @uevents: the kernel's
 * @mounts: what is mounted
 * @server: for metrics; NULL: none
 * @said: complaints of the last converge()
 */
struct daemon {
	sd_event *event;
	const char *path;
	struct conf *conf;
	struct figures figures;
	struct memory_seen seen;
	sd_event_source *converge;
	uint64_t all_at;
	uint64_t retry;
	bool ready;
	struct cxltier *ctx;
	sd_event_source *events;
	sd_event_source *uevents;
	sd_event_source *mounts;
	struct server *server;
	char said[2048];
};

/* ---- say.c: the journal --------------------------------------------------------------- */

void say(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Complaints are kept from here on, and given back, a line each. */
void complaints_keep(void);
void complaints_take(char *text, size_t size);

/* ---- converge.c ----------------------------------------------------------------------- */

int converge_init(struct daemon *daemon);
void converge_after(struct daemon *daemon, uint64_t usec);
void converge_caches_after(struct daemon *daemon, uint64_t usec);
void converge_anew(struct daemon *daemon);

/* ---- uevent.c and hear.c: events ------------------------------------------------------ */

bool uevent_matters(const char *message, size_t length);
int hear_uevents(struct daemon *daemon);
int hear_mounts(struct daemon *daemon);
bool hear_modules(struct daemon *daemon);
void hear_no_modules(struct daemon *daemon);

/* ---- reload.c: the file --------------------------------------------------------------- */

int reload_read(const char *path, struct conf *conf);

/* ---- http.c and serve.c: metrics ------------------------------------------------------ */

#define HTTP_REQUEST_MAX 4096

/**
 * enum http - what a request is
 * @HTTP_MORE: not all of it is there
 * @HTTP_GET: metrics are asked for
 * @HTTP_HEAD: only how they would be answered
 * @HTTP_WRONG: answer with http_status()
 */
enum http {
	HTTP_MORE,
	HTTP_GET,
	HTTP_HEAD,
	HTTP_WRONG,
};

enum http http_read(const char *request, size_t length, const char **status);

struct server *server_new(sd_event *event, const char *listen,
			  void (*write)(FILE *out, void *arg), void *arg);
bool server_is_at(const struct server *server, const char *listen);
void server_free(struct server *server);

#endif /* CXLTIERD_H */
