/*
 * sync_hold: a log that a remote loses again and again is given back at most
 * daily, so that such a host does not keep us busy.
 *
 * What is kept back are the changes that were lost: as soon as another one
 * waits there the log goes whole, and once the remote has all of it nothing is
 * kept back any more.  Kept in settings: "back.<remote>.<id>" says when the
 * log was given back last, "hold.<remote>.<id>" "<until, ms> <number of the
 * last change kept back>".
 */
#ifndef MUFAKAT_SYNC_HOLD_H
#define MUFAKAT_SYNC_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

struct hold {
	struct store *store;
	int64_t remote;
	int64_t log;
	const char *id; /* of the log, borrowed */
	int64_t wall;   /* now, ms */
};

/* The remote lost something of a log, of which change number "sent" was the
 * last there.  May it be given back?  If so it is noted as given back now; else
 * it is kept back, a day from the last time. */
int hold_may_give_back(
    const struct hold *h, int64_t sent, bool *ret, struct err *e);

/* What of a log is kept back: how many changes (0: nothing), until when. */
struct held {
	int64_t changes;
	int64_t until;
};
int hold_look(const struct hold *h, struct held *ret, struct err *e);

#endif
