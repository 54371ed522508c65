/*
 * sync_export: a slice of a log as the blob of one commit.
 */
#ifndef MUFAKAT_SYNC_EXPORT_H
#define MUFAKAT_SYNC_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/ident.h"

struct store;

#define EXPORT_SLICE                                                           \
	(1024 * 1024)                /* a slice ends at the first good signature
				    * behind so many bytes */
#define EXPORT_MAX (3 * 1024 * 1024) /* or here, whatever comes */

struct export_query {
	const uint8_t *coalition;
	int64_t remote; /* leaves out what is marked as held there; 0: none */
	int64_t log;
	int64_t after; /* numbers in (after, upto] */
	int64_t upto;
};

struct export_slice {
	struct buf blob;
	char *message; /* of the commit: count and last ids of its segments */
	int64_t t;     /* of the last change, ms */
	size_t nchanges;
	int64_t *changes; /* their numbers, in the order of the blob */
	int64_t bytes;    /* of their lines */
	bool is_whole;    /* nothing is left behind it */
	int64_t last;     /* the largest number among them */
	bool is_ordered;  /* the next slice starts behind that */
	int64_t barrier;  /* the smallest number left out because it is not
			   * authentic yet; INT64_MAX: none */
};

/* Nothing to send gives an empty blob.  The caller clears. */
int export_slice(struct store *s, const struct export_query *q,
    struct export_slice *ret, struct err *e);
void export_clear(struct export_slice *x);

/* Notes that all of a slice is at the remote.  In the caller's transaction. */
int export_note(struct store *s, const struct export_query *q,
    const struct export_slice *x, struct err *e);

/* Number of changes of a log that a remote lacks. */
int export_waiting(
    struct store *s, int64_t remote, int64_t log, int64_t *ret, struct err *e);
/* The same, of those numbered up to "last" (log_last()). */
int export_waiting_of(struct store *s, int64_t remote, int64_t log,
    int64_t last, int64_t *ret, struct err *e);

#endif
