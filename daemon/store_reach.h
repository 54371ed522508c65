/*
 * store_reach: which changes lie within a cut (log_within()), remembered.
 *
 * Every change of a closed key asks whether it is an ancestor of the heads of
 * its cut; to walk the log each time would cost the square of its length.
 */
#ifndef MUFAKAT_STORE_REACH_H
#define MUFAKAT_STORE_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto.h"

struct reach;
struct store;

struct reach *reach_new(struct store *s);
void reach_free(struct reach *r);
/* After a rollback. */
void reach_forget(struct reach *r);

/* As log_within(). */
bool reach_within(struct reach *r, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads);

/* A change of this log became authentic; "closes_gap" if some that follow it
 * were held before.  True if other changes are within a cut now that were not
 * when it was asked about. */
bool reach_grew(struct reach *r, const uint8_t change[static HASH_LEN],
    int64_t log, bool closes_gap);

#endif
