/*
 * gate_feed: the chunks of a blob, read ahead on another core while the last
 * ones are stored.
 */
#ifndef MUFAKAT_GATE_FEED_H
#define MUFAKAT_GATE_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "gate_chunk.h"

struct feed;

/* The blob is borrowed until feed_free().  A small one is read as it is asked
 * for, and so is a large one when no thread can be had. */
struct feed *
feed_new(const void *blob, size_t n, const uint8_t w[static HASH_LEN]);
/* The next chunk, borrowed until the next call; the last one is empty and
 * followed by NULL. */
const struct chunk *feed_next(struct feed *f);
void feed_free(struct feed *f);

#endif
