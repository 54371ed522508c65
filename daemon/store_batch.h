/*
 * store_batch: lines of the log, gathered into batches and compressed.
 * Private to store_log.c; its functions run in the caller's transaction.
 */
#ifndef MUFAKAT_STORE_BATCH_H
#define MUFAKAT_STORE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct batches;
struct store;

struct batches *batches_new(void);
void batches_free(struct batches *b);
void batches_drop(struct batches *b); /* after a rollback */
void batches_trim(struct batches *b); /* gives memory back */

/* Puts a line into the batch at hand, and says where it will be. */
int batches_add(struct store *s, struct batches *b, const char *line, size_t n,
    int64_t *ret_batch, int64_t *ret_start, struct err *e);
/* The change that the line added last belongs to. */
void batches_owner(struct batches *b, int64_t change);
/* Writes the batch at hand. */
int batches_flush(struct store *s, struct batches *b, struct err *e);

/* The bytes of a line, borrowed until the next call. */
int batches_get(struct store *s, struct batches *b, int64_t batch,
    int64_t start, int64_t len, const char **ret, struct err *e);

/* Overwrites a line that nothing refers to any more. */
int batches_wipe(struct store *s, struct batches *b, int64_t batch,
    int64_t start, int64_t len, struct err *e);

/* See log_pack() and log_unpacked(). */
int
batches_pack(struct store *s, struct batches *b, int64_t limit, struct err *e);
int batches_unpacked(
    struct store *s, struct batches *b, int64_t *ret, struct err *e);

#endif
