/*
 * store_rebuild: from what is held to what is derived.
 */
#ifndef MUFAKAT_STORE_REBUILD_H
#define MUFAKAT_STORE_REBUILD_H

#include <stdint.h>

#include "common/err.h"
#include "common/trust.h"

struct apply;
struct store;

/* Adds every authentic act that is held. */
int rebuild_trust(struct store *s, struct trust *t, struct err *e);

/* Applies every authentic change of a log that is held. */
int rebuild_log(struct store *s, struct apply *a, int64_t log, struct err *e);

/* Empties the derived tables and applies every log.  In the caller's
 * transaction; apply_finish() was called. */
int rebuild_tables(struct store *s, struct apply *a, struct err *e);

/* Computes heads and counts of the logs anew. */
int rebuild_heads(struct store *s, struct err *e);

#endif
