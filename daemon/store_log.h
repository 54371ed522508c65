/*
 * store_log: the log itself: change lines in batches, their places, heads.
 * Private to daemon/store*.c and the gate.
 *
 * Inside a transaction lines gather in memory until a batch is full;
 * store_commit() writes what is left.  Reading sees them at once.
 */
#ifndef MUFAKAT_STORE_LOG_H
#define MUFAKAT_STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/change.h"
#include "common/err.h"
#include "store_flags.h"

struct store;
struct store_log;

#define BATCH_MAX (256 * 1024) /* bytes of lines gathered in a batch */

struct store_log *store_log_new(void);
void store_log_free(struct store_log *l);
/* After a rollback: forgets what was not written and all it remembers. */
void store_log_drop(struct store_log *l);
/* Gives memory back; nothing may wait to be written. */
void store_log_trim(struct store_log *l);
/* Writes the batch, heads and counts at hand.  store_commit() does this. */
int store_log_flush(struct store *s, struct err *e);
/* The wall clock for log.heard, from now on. */
void store_log_heard(struct store *s, int64_t now_ms);

/* A row of "change". */
struct log_row {
	int64_t n, log, batch, start, len;
	int64_t prev; /* n; 0: none; -1: see link */
	int64_t flags;
	int64_t t;
};

/* 1 and *ret if held, 0 if not, -1. */
int log_lookup(struct store *s, const uint8_t id[static HASH_LEN],
    struct log_row *ret, struct err *e);
int log_row(struct store *s, int64_t n, struct log_row *ret, struct err *e);

int
log_id(struct store *s, int64_t n, uint8_t ret[static HASH_LEN], struct err *e);

/* The number of a key's log, made if there is none; and the way back. */
int log_number(struct store *s, const uint8_t key[static KEY_LEN], int64_t *ret,
    struct err *e);
int log_key(
    struct store *s, int64_t log, uint8_t ret[static KEY_LEN], struct err *e);

/* Adds a change that is not held.  It becomes the head of its log if it is
 * authentic; log_authenticated() does that for one that becomes so later. */
struct log_new {
	const struct change_place *place;
	const uint8_t *id;
	const struct change *change;
	const char *line; /* without LF */
	size_t len;
	int64_t log;
	int64_t t;
	int64_t flags;
};
int log_add(
    struct store *s, const struct log_new *c, int64_t *ret_n, struct err *e);

/* A held change turned out authentic, by its own signature or, "followed", by
 * that of one that follows it: flag and heads.  The caller goes on to its
 * predecessors. */
int log_authenticated(struct store *s, int64_t n, bool followed, struct err *e);
int log_set_flags(
    struct store *s, int64_t n, int64_t set, int64_t clear, struct err *e);

/* Held predecessors of a change in its own log: their numbers, appended as
 * int64_t.  Children as far as they wait for this id (table link). */
int log_parents(
    struct store *s, const struct log_row *r, struct buf *b, struct err *e);
int log_waiting_children(struct store *s, const uint8_t id[static HASH_LEN],
    int64_t log, struct buf *b, struct err *e);

/* Puts another line in place of a change's: a signature or portion more or
 * less, so that the id stays.  With "wipe" the old bytes are overwritten. */
int log_rewrite(struct store *s, int64_t n, const struct change *c, bool wipe,
    struct err *e);

/* Notes that a portion (or, with -1, the signature) is absent or was bad and
 * is to be asked for; and that it is no longer so. */
int log_absent(struct store *s, int64_t n, int part, struct err *e);
int log_present(struct store *s, int64_t n, int part, struct err *e);

/* The bytes of a line, borrowed until the next call of this module. */
int log_line(
    struct store *s, const struct log_row *r, const char **ret, struct err *e);

/* W, or NULL while there is none. */
int log_coalition(struct store *s, const uint8_t **ret, struct err *e);

/* Merges batches of one line each into packed ones, about "limit" changes at
 * once, inside the caller's transaction.  How many wait for that: */
int log_pack(struct store *s, int64_t limit, struct err *e);
int log_unpacked(struct store *s, int64_t *ret, struct err *e);

#endif
