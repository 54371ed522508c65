/*
 * retry: when the next round with a remote is due.  Pure: the caller brings
 * time and chance.
 *
 * As long as rounds succeed they follow each other at the interval, give or
 * take the jitter, so that offices that started together do not knock
 * together.  After failures the delay starts short and doubles, up to an
 * hour, or four intervals if that is less.
 */
#ifndef MUFAKAT_RETRY_H
#define MUFAKAT_RETRY_H

#include <stdint.h>

struct retry {
	int64_t interval_ms;
	long jitter_percent; /* 0 to 90 */
};

#define RETRY_FIRST_MS (15 * 1000)
#define RETRY_MAX_MS   (60 * 60 * 1000)

/* The delay after a round, with this many failures in a row (0: it was well).
 * "chance" is any number; at least 1. */
int64_t retry_delay(const struct retry *r, int64_t failures, uint32_t chance);

/* How long to wait at start: what is left of the delay since the last try,
 * which was at wall clock "tried" (0: never).  A clock that was set back
 * does not hold a round up for longer than its delay. */
int64_t retry_remaining(const struct retry *r, int64_t failures, int64_t tried,
    int64_t now, uint32_t chance);

/* When a change of ours should go out: the debounce time from now, but never
 * later than planned, and not before a remote that fails is due. */
int64_t
retry_hasten(int64_t due, int64_t now, int64_t debounce_ms, int64_t failures);

#endif
