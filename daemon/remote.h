/*
 * remote: what we know of each remote.  Implemented in store_remote.c.
 */
#ifndef MUFAKAT_REMOTE_H
#define MUFAKAT_REMOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/ident.h"

struct store;

struct remote {
	int64_t n;
	char *name;
	char *url;
	int64_t proven_ms; /* end of the last round that proved our head; 0 */
	int64_t tried_ms;
	int64_t failures; /* in a row */
	char *error;      /* of the last round, or NULL */
};

int remote_add(struct store *s, const char *name, const char *url,
    struct err *e); /* ERR_CONFLICT if the name is taken */
int remote_set_url(
    struct store *s, const char *name, const char *url, struct err *e);
int remote_remove(struct store *s, const char *name, struct err *e);
/* By name; ERR_NOTFOUND lists the names there are.  Caller clears. */
int remote_find(
    struct store *s, const char *name, struct remote *ret, struct err *e);
int remote_each(struct store *s, int (*fn)(void *arg, const struct remote *r),
    void *arg, struct err *e);
void remote_clear(struct remote *r);

/* How a round ended. */
int remote_note(struct store *s, int64_t remote, int64_t now_ms, bool proven,
    const char *error, struct err *e);

/* Refs as taken in: short name -> commit id. */
int remote_refs(struct store *s, int64_t remote, json_t **ret, struct err *e);
int remote_set_ref(struct store *s, int64_t remote, const char *ref,
    const char *oid /* NULL: gone */, struct err *e);

/* The refs of a key's log are taken in again with the next round, at every
 * remote: something of it is missed here. */
int remote_read_again(
    struct store *s, const uint8_t key[static KEY_LEN], struct err *e);

/* What of a log is at the remote: all changes numbered up to *ret_upto, and
 * those marked one by one (by gate_take and by pushes). */
int remote_upto(struct store *s, int64_t remote, int64_t log, int64_t *ret_upto,
    struct err *e);
int remote_set_upto(struct store *s, int64_t remote, int64_t log, int64_t upto,
    struct err *e); /* drops the marks that it covers */
int remote_mark(struct store *s, int64_t remote, int64_t change, struct err *e);
int remote_is_marked(
    struct store *s, int64_t remote, int64_t change, bool *ret, struct err *e);
/* Marks without a gap behind the number: it covers them, and they go. */
int remote_settle(struct store *s, int64_t remote, int64_t log, struct err *e);
/* The largest number of those that it says are there; 0: none is. */
int remote_last(
    struct store *s, int64_t remote, int64_t log, int64_t *ret, struct err *e);
/* More of a change came from this remote: the others are not known to have
 * that. */
int remote_unmark_others(struct store *s, int64_t remote, int64_t log,
    int64_t change, struct err *e);
/* The remote lost its copy of a log: nothing of it is there. */
int
remote_forget_log(struct store *s, int64_t remote, int64_t log, struct err *e);

/* Number of changes that a remote lacks, and the oldest one's t (0: none). */
int remote_waiting(struct store *s, int64_t remote, int64_t *ret_n,
    int64_t *ret_since, struct err *e);

/* Is the URL one we can use?  Path, file://, ssh://, user@host:path. */
int remote_check_url(const char *url, struct err *e);

#endif
