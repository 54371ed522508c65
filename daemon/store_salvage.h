/*
 * store_salvage: what can still be read of a damaged database: the log, of
 * which everything else follows.  Nothing of it is believed here; it is handed
 * to a gate, as what another office sends would be.
 */
#ifndef MUFAKAT_STORE_SALVAGE_H
#define MUFAKAT_STORE_SALVAGE_H

#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct salvage;
struct store;

/* Opens <home>/mufakat.db, whatever state it is in.  ERR_CORRUPT if nothing
 * can be read, ERR_INPUT if it is a newer program's. */
int salvage_open(const char *home, struct salvage **ret, struct err *e);
void salvage_close(struct salvage *x);

/* Copies the coalition and the remotes into a new database. */
int salvage_settings(struct salvage *x, struct store *to, struct err *e);

/* Appends a slice of changes, as a blob of segments: 1, or 0 at the end. */
int salvage_next(struct salvage *x, struct buf *blob, struct err *e);
/* Changes that could not be read so far. */
int64_t salvage_lost(const struct salvage *x);

/* Copies when the logs were heard last. */
int salvage_heard(struct salvage *x, struct store *to, struct err *e);

#endif
