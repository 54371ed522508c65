/*
 * rescue: a new database from what can be read of a damaged one.
 */
#ifndef MUFAKAT_RESCUE_H
#define MUFAKAT_RESCUE_H

#include <stdint.h>

#include "common/err.h"

struct clock;

struct rescued {
	int64_t changes; /* that are held now */
	int64_t lost;    /* that could not be read */
	char *before;    /* where the damaged database is kept; on the heap */
};

/* Reads every change that the database of a home still gives, has a gate
 * check each of them as if it came from another office, and puts the new
 * database in place under the lock, the damaged one kept beside it.  When it
 * fails, the home is as it was.  ERR_CORRUPT if there is nothing to save. */
int rescue_run(const char *home, const struct clock *clock, struct rescued *ret,
    struct err *e);

#endif
