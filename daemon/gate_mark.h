/*
 * gate_mark: while copies of changes are taken from a remote, notes which of
 * them are there as good as here.  "Synced" is said by these marks, so that a
 * copy without what we hold of it, or that nothing signed there speaks for,
 * must not give one.
 */
#ifndef MUFAKAT_GATE_MARK_H
#define MUFAKAT_GATE_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "pairs.h"

struct gate_remote;
struct store;

struct marker {
	struct store *s;
	struct gate_remote *from; /* NULL: from no remote, nothing is noted */
	/* the log at hand: how far without a gap */
	int64_t log, upto, was, last;
	bool marked;       /* some of it one by one */
	struct buf unsaid; /* struct mark: nothing signed behind them yet */
	struct pairs thin; /* as in gate_remote, of this transaction */
};

/* A copy that was seen. */
struct mark {
	int64_t log, n;
	bool is_new;       /* was not held before */
	bool starts;       /* does not follow the copy seen before it */
	bool is_authentic; /* by a signature of the blob that it is in */
	bool is_thin;      /* lacks portions, as marker_thin() was told */
	bool is_astray;    /* it is not of the log whose ref is read */
};

/* Before a change is added to a log. */
int marker_enter(struct marker *m, int64_t log, struct err *e);
int marker_note(struct marker *m, const struct mark *c, struct err *e);
/* The copy of a change lacks this portion. */
void marker_thin(struct marker *m, int64_t n, size_t portion);
/* Writes what was found so far; at the end of a transaction. */
int marker_write(struct marker *m, struct err *e);
/* Once that is durable. */
void marker_commit(struct marker *m);
/* At the end of a blob: nothing signed follows any more. */
void marker_end(struct marker *m);
void marker_clear(struct marker *m);

#endif
