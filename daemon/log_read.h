/*
 * log_read: changes as they are stored, for export, evidence and history.
 * Implemented in store_log_read.c.
 */
#ifndef MUFAKAT_LOG_READ_H
#define MUFAKAT_LOG_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/change.h"
#include "common/err.h"

struct store;

/* One stored change; cleared by the caller with log_entry_clear(). */
struct log_entry {
	int64_t n;   /* number in this database, in order of arrival */
	int64_t log; /* number of its log */
	uint8_t id[HASH_LEN];
	struct change_place place; /* previous owned by the entry */
	struct change change;      /* points into "line" */
	struct buf line;
	int64_t t;
	bool authentic;
	bool sig_checked; /* its own signature was verified and is good */
	bool weighty;
};

int log_get(struct store *s, int64_t n, struct log_entry *ret, struct err *e);
/* By id, or by a unique hex prefix of at least 4: ERR_NOTFOUND, or ERR_INPUT
 * when ambiguous. */
int log_find(
    struct store *s, const char *hex, struct log_entry *ret, struct err *e);
int log_by_id(struct store *s, const uint8_t id[static HASH_LEN],
    struct log_entry *ret, struct err *e);
void log_entry_clear(struct log_entry *l);

/* A log, as the members list and status need it. */
struct log_info {
	int64_t log;
	uint8_t key[KEY_LEN];
	int64_t changes;  /* held */
	int64_t last_t;   /* claimed time of its newest head; 0: none */
	int64_t heard_ms; /* when we last took in something authentic */
	unsigned heads;   /* more than 1: forked */
};
/* Calls fn for each log; stops when it returns non-zero and returns that. */
int log_each(struct store *s, int (*fn)(void *arg, const struct log_info *l),
    void *arg, struct err *e);
int log_of_key(struct store *s, const uint8_t key[static KEY_LEN],
    struct log_info *ret, struct err *e); /* ERR_NOTFOUND */

/* What is not here of a log. */
struct log_gaps {
	int64_t missing; /* previous changes named but not held */
	int64_t absent;  /* portions absent, not erased */
};
int log_gaps(struct store *s, int64_t log, struct log_gaps *ret, struct err *e);

/* Authentic heads of a log, appended HASH_LEN bytes each, sorted. */
int log_heads(struct store *s, int64_t log, struct buf *b, struct err *e);

/* The authentic change that follows n in its log (the smallest id, if forked),
 * or 0 if it is a head. */
int log_next(struct store *s, int64_t n, int64_t *ret, struct err *e);

/* Is "change" one of the heads or an ancestor of one, as far as those are
 * authentic and of its own log? */
bool log_within(struct store *s, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads);

/* Export: the changes of a log with numbers in (after, upto], in an order in
 * which none comes before its held predecessors, erased portions as
 * "#<hash>".  fn as in log_each(). */
int log_export(struct store *s, int64_t log, int64_t after, int64_t upto,
    int (*fn)(void *arg, const struct log_entry *l), void *arg, struct err *e);

/* The largest number given to a change so far. */
int log_last(struct store *s, int64_t *ret, struct err *e);

#endif
