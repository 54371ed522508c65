/*
 * server: the unix socket of the daemon: clients, limits, replies.
 *
 * A request is handed to the handler of its verb (request.h).  A handler
 * either answers at once or keeps the client and answers later (sync, join).
 *
 * Of a client of another user nothing is read and nothing is said.  A client
 * that begins a request and does not end it, is idle, or does not read what
 * it asked for is closed after a while; the others do not notice.
 */
#ifndef MUFAKAT_SERVER_H
#define MUFAKAT_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct client; /* one connection with a request at hand */
struct office;
struct server;
struct uv_loop_s;

/* Exactly one of these ends a request.  "fields" is taken, may be NULL. */
void client_reply(struct client *c, json_t *fields);
void client_fail(struct client *c, const struct err *e);
/* Any number before that; dropped while the client reads too slowly. */
void client_progress(struct client *c, json_t *fields);
/* Keeps a client for an answer later; fn is called if it goes away before. */
void client_keep(struct client *c, void (*gone)(void *arg), void *arg);

struct server_limits {
	size_t clients;
	int64_t request_ms; /* from the first byte of a request to its last */
	int64_t idle_ms;    /* between requests */
	int64_t unread_ms;  /* without taking a byte of what waits for it */
	size_t output;      /* bytes that may wait for a client */
	size_t input;       /* bytes of requests of all clients together, from
			     * where on long ones are refused */
};
extern const struct server_limits server_limits; /* the usual ones */

/* Makes <home>/socket and listens.  A socket left behind by a daemon that
 * died is removed, if it is ours and nobody answers there: ERR_CONFLICT if
 * somebody does, ERR_INPUT if something else is in its place. */
int server_listen(const char *home, int *ret_fd, struct err *e);
/* Removes the socket again. */
void server_unlink(const char *home);

/* Serves a listening socket; "run" is request_run() but in tests. */
struct server *
server_new(struct uv_loop_s *loop, int fd, const struct server_limits *limits,
    void (*run)(struct office *o, struct client *c, const json_t *req),
    struct office *o);
/* Does a request wait to be run? */
bool server_is_busy(const struct server *s);
/* For how long none was run, in ms. */
int64_t server_quiet_ms(const struct server *s);
/* No new clients and requests; those that we still write to have a second.
 * Frees itself when the last one is closed; "s" must not be used again. */
void server_free(struct server *s);

#endif
