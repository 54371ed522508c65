/*
 * sync_copy: a log that a remote lacks as a whole goes there as another
 * remote has it: the same commits under the same names, so that nobody who
 * has taken them in fetches them again.
 */
#ifndef MUFAKAT_SYNC_COPY_H
#define MUFAKAT_SYNC_COPY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

/* Another remote whose refs of a log we have taken in.  Returns 1 with its
 * row and the refs (name -> commit; the caller owns them), 0 if there is
 * none, -1. */
int copy_find(struct store *s, int64_t remote, const char *id,
    int64_t *ret_from, json_t **ret_refs, struct err *e);

/* Pieces of a log that another remote has and that are free here, by what is
 * listed here: as copy_find(). */
int copy_pieces(struct store *s, int64_t remote, const char *id,
    const json_t *listed, json_t **ret_refs, struct err *e);

/* All refs of the log are there now: what "from" has of it, "to" has.  In the
 * caller's transaction. */
int copy_note(struct store *s, int64_t from, int64_t to, int64_t log,
    bool is_own, struct err *e);

/* Where the tail of our own log starts (sync_push.h) is the same there. */
int copy_tail(struct store *s, int64_t from, int64_t to, struct err *e);

#endif
