/*
 * server: the unix socket of the daemon: clients, limits, replies.
 *
 * A request is handed to the handler of its verb (request.h).  A handler
 * either answers at once or keeps the client and answers later (sync, join).
 */
#ifndef MUFAKAT_SERVER_H
#define MUFAKAT_SERVER_H

#include <jansson.h>

#include "common/err.h"

struct client; /* one connection with a request at hand */

/* Exactly one of these ends a request.  "fields" is taken, may be NULL. */
void client_reply(struct client *c, json_t *fields);
void client_fail(struct client *c, const struct err *e);
/* Any number before that; dropped while the client reads too slowly. */
void client_progress(struct client *c, json_t *fields);
/* Keeps a client for an answer later; fn is called if it goes away before. */
void client_keep(struct client *c, void (*gone)(void *arg), void *arg);

#endif
