/*
 * gate_chunk: a blob read in chunks of some hundred changes: taken apart,
 * hashed, parsed, and their signatures verified as far as that makes the
 * chunk authentic.  Pure: no store, no clock; so it can run ahead on another
 * core.
 */
#ifndef MUFAKAT_GATE_CHUNK_H
#define MUFAKAT_GATE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/change.h"
#include "common/op.h"
#include "common/segment.h"
#include "store_apply.h"

#define CHUNK_CHANGES 256 /* a chunk ends at the first signed one behind */
#define CHUNK_MOST    512 /* or here */
#define CHUNK_BYTES   (512 * 1024)
#define CHUNK_VALUES  (32 * 1024) /* of parsed heads; some take 200 bytes */

struct chunk_item {
	struct change_place place;
	uint8_t previous[HASH_LEN]; /* of place, where there is one */
	uint8_t id[HASH_LEN];
	struct change change;
	struct head head;
	struct apply_texts texts; /* if it is authentic */
	const char *line;         /* in the blob, without LF */
	size_t len;
	bool starts;       /* does not follow the item before it */
	bool is_authentic; /* by a good signature, here or further on */
	bool is_checked;   /* its own signature is good */
	bool is_spoilt;    /* its own signature is bad: "change" and "line"
			    * are without it */
};

struct chunk {
	struct chunk_item *items;
	size_t n, cap;
	/* of this chunk */
	size_t foreign;
	size_t bad;
};

struct chunk_reader {
	struct segment_reader r;
	uint8_t w[HASH_LEN];
	size_t bad; /* reported so far */
	bool starts;
};

void chunk_reader_init(struct chunk_reader *r, const void *blob, size_t n,
    const uint8_t w[static HASH_LEN]);
/* Fills a chunk, whose former contents are dropped.  False at the end, with
 * an empty chunk (that may still count bad and foreign lines). */
bool chunk_next(struct chunk_reader *r, struct chunk *c);
void chunk_reader_clear(struct chunk_reader *r);
void chunk_clear(struct chunk *c);

#endif
