/*
 * sync_stranger: what a round takes of logs whose key is not admitted.
 *
 * Whoever may write to the repository can put logs there under keys of his
 * own.  Such a log is looked at after those of members, and only its
 * beginning is held, where a request to be admitted stands; the rest is
 * fetched when the key is admitted.  The same goes for lines under such keys in
 * the ref of a member.
 */
#ifndef MUFAKAT_SYNC_STRANGER_H
#define MUFAKAT_SYNC_STRANGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

struct round;

#define STRANGER_BYTES   (64 * 1024)   /* of a log, in a round */
#define STRANGER_CHANGES 64            /* held of a log: then nothing more */
#define STRANGERS_BYTES  (1024 * 1024) /* of all of them, in a round */

/* Takes out of the names those of logs that are put off.  With ret_more, and
 * if there are both, those of strangers, too, and says so: they come next. */
void strangers_last(struct round *r, json_t *names, bool *ret_more);

/* Of a blob of the log "id": what is to be taken of it.  Of a member's all, but
 * for what stands there of strangers beyond STRANGER_BYTES in a round (no office
 * puts it there; "copy" holds the rest); of another log whole lines within the
 * limits.  If that is not all, the log is put off until somebody new is
 * admitted. */
int stranger_share(struct round *r, const char *id, const void **blob,
    size_t *n, struct buf *copy, struct err *e);

/* The ref of a member was read, but for lines of strangers. */
void stranger_skimmed(struct round *r, const char *ref, const char *oid);

#endif
