/*
 * request: the verbs of the socket (PROTOCOL.md), one table, one file for
 * each family: request_record.c, request_sign.c, request_member.c,
 * request_sync.c, request_status.c ...
 */
#ifndef MUFAKAT_REQUEST_H
#define MUFAKAT_REQUEST_H

#include <jansson.h>

#include "common/err.h"

struct client;
struct gate;
struct sync;

/* What a handler works with.  Constant while the daemon runs. */
struct office {
	struct gate *gate;
	struct sync *sync; /* NULL in tests of handlers that need none */
	const char *home;
	void (*stop)(void *arg);
	void *stop_arg;
};

/* An ordinary handler: fills *ret (a new object, or NULL for nothing) or e. */
typedef int (*request_fn)(
    struct office *o, const json_t *req, json_t **ret, struct err *e);
/* One that answers by itself through the client. */
typedef void (*request_async_fn)(
    struct office *o, struct client *c, const json_t *req);

struct request {
	const char *verb;
	request_fn fn;
	request_async_fn async;
};

/* The table (request.c), ends with a NULL verb. */
extern const struct request request_table[];

/* Runs a request; answers through the client. */
void request_run(struct office *o, struct client *c, const json_t *req);

/* The handlers.  sync, join and sync-like ones are in request_sync.c. */
int request_status(struct office *, const json_t *, json_t **, struct err *);
int request_init(struct office *, const json_t *, json_t **, struct err *);
int request_invite(struct office *, const json_t *, json_t **, struct err *);
int request_requests(struct office *, const json_t *, json_t **, struct err *);
int request_admit(struct office *, const json_t *, json_t **, struct err *);
int request_members(struct office *, const json_t *, json_t **, struct err *);
int
request_remote_add(struct office *, const json_t *, json_t **, struct err *);
int
request_remote_list(struct office *, const json_t *, json_t **, struct err *);
int request_remote_set_url(
    struct office *, const json_t *, json_t **, struct err *);
int
request_remote_remove(struct office *, const json_t *, json_t **, struct err *);
int request_new(struct office *, const json_t *, json_t **, struct err *);
int request_edit(struct office *, const json_t *, json_t **, struct err *);
int request_show(struct office *, const json_t *, json_t **, struct err *);
int request_types(struct office *, const json_t *, json_t **, struct err *);
int request_list(struct office *, const json_t *, json_t **, struct err *);
int request_search(struct office *, const json_t *, json_t **, struct err *);
int request_history(struct office *, const json_t *, json_t **, struct err *);
int request_diff(struct office *, const json_t *, json_t **, struct err *);
int request_conflicts(struct office *, const json_t *, json_t **, struct err *);
int request_resolve(struct office *, const json_t *, json_t **, struct err *);
int request_delete(struct office *, const json_t *, json_t **, struct err *);
int request_undelete(struct office *, const json_t *, json_t **, struct err *);
int request_comment(struct office *, const json_t *, json_t **, struct err *);
int request_sign(struct office *, const json_t *, json_t **, struct err *);
int request_unsign(struct office *, const json_t *, json_t **, struct err *);
int request_preview(struct office *, const json_t *, json_t **, struct err *);
int request_verify(struct office *, const json_t *, json_t **, struct err *);
int request_evidence(struct office *, const json_t *, json_t **, struct err *);
int request_allowed_signers(
    struct office *, const json_t *, json_t **, struct err *);
int request_log(struct office *, const json_t *, json_t **, struct err *);
int request_backup(struct office *, const json_t *, json_t **, struct err *);
int request_state(struct office *, const json_t *, json_t **, struct err *);
int request_stop(struct office *, const json_t *, json_t **, struct err *);
void request_sync(struct office *, struct client *, const json_t *);
void request_join(struct office *, struct client *, const json_t *);

#endif
