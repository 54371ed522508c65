/*
 * store_state: the lines of the state (FORMAT.md section 9), in their order.
 */
#ifndef MUFAKAT_STORE_STATE_H
#define MUFAKAT_STORE_STATE_H

#include "common/buf.h"
#include "common/err.h"
#include "common/trust.h"

struct store;

/* Appended, each ended by LF. */
int state_lines(
    struct store *s, const struct trust *t, struct buf *b, struct err *e);
/* The hash of all of it, without holding it in memory. */
int state_hash(struct store *s, const struct trust *t,
    const uint8_t w[static HASH_LEN], uint8_t ret[static HASH_LEN],
    struct err *e);

#endif
