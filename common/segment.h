/*
 * segment: changes as they travel (FORMAT.md, Segments).
 *
 * A blob holds segments, each a line "mufakat 1 TAB W TAB key TAB previous"
 * and then changes, each following the one before.
 */
#ifndef MUFAKAT_SEGMENT_H
#define MUFAKAT_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change.h"

#define BLOB_MAX         (4 * 1024 * 1024)
#define SEGMENT_UNSIGNED 31 /* at most so many without signature in a row */

/* Reads a blob change by change.
 *
 *	struct segment_reader r;
 *	segment_reader_init(&r, blob, len);
 *	while (segment_next(&r))
 *		use(r.place, r.id, r.change, r.line);
 *	segment_reader_clear(&r);
 *
 * A line that cannot be read makes the rest of its segment unusable, not the
 * rest of the blob: r.bad counts such places and r.why says the last cause.
 * Lines before the first segment are one such place.
 * An unterminated last line is ignored. */
struct segment_reader {
	/* the change at hand */
	struct change_place place;
	uint8_t id[HASH_LEN];
	struct change change;
	const char *line; /* its bytes, in the blob, without LF */
	size_t line_len;
	bool is_first; /* of its segment */
	/* so far */
	size_t bad;
	struct err why;
	/* private */
	const char *p, *end;
	const char *key; /* text of place.key, in the blob, once it was good */
	bool usable, skipping;
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
};

void segment_reader_init(struct segment_reader *r, const void *blob, size_t n);
bool segment_next(struct segment_reader *r);
void segment_reader_clear(struct segment_reader *r);
/* The caller found that the change at hand must be refused (head_parse() said
 * so): the rest of its segment is unusable too. */
void segment_reader_spoil(struct segment_reader *r, const struct err *why);

/* Writes segments.  Changes are given in an order in which none comes before
 * its predecessors; whenever one does not follow the one before it (other
 * key, fork, merge), a new segment starts.  Interior signatures are left out
 * by the rule of FORMAT.md: a change keeps its own if it is the last of its
 * segment, is "weighty" (holds an act, version, sign or erase), or follows
 * 31 unsigned ones; so one line is held back until the next call. */
struct segment_writer {
	struct buf *out;
	uint8_t coalition[HASH_LEN];
	/* private */
	bool open;
	uint8_t key[KEY_LEN];
	uint8_t last[HASH_LEN];
	size_t nunsigned;
	struct buf pending;
	size_t pending_bare; /* where the line without its signature starts */
	bool pending_weighty;
};

void segment_writer_init(struct segment_writer *w, struct buf *out,
    const uint8_t coalition[static HASH_LEN]);
void segment_writer_add(struct segment_writer *w, const struct change_place *at,
    const uint8_t id[static HASH_LEN], const struct change *c, bool weighty);
/* Ends the segment at hand, so that its last line carries its signature. */
void segment_writer_end(struct segment_writer *w);
void segment_writer_clear(struct segment_writer *w);
/* Bytes written so far, the line held back included. */
size_t segment_writer_size(const struct segment_writer *w);

/* Does the head hold an act, version, sign or erase? */
struct head;
bool head_is_weighty(const struct head *h);

#endif
