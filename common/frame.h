/*
 * frame: what mufakatd and mufakat-transfer say to each other over their
 * socketpair.  A frame is a length (32 bits, big-endian, of what follows),
 * a type byte and a payload; control payloads are JSON objects that pass
 * jscan(), FRAME_BLOB and FRAME_PUT carry a JSON object, LF, and raw bytes.
 */
#ifndef MUFAKAT_FRAME_H
#define MUFAKAT_FRAME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define FRAME_MAX (5 * 1024 * 1024)

enum frame_type {
	/* daemon to transfer */
	FRAME_ROUND = 1, /* what to do, once, first */
	FRAME_WANT,      /* fetch these refs */
	FRAME_KEEP,      /* what this ref carried was accepted (or not) */
	FRAME_PUT,       /* write this ref with this content */
	FRAME_LIST,      /* list again */
	FRAME_DONE,      /* end of the round */
	/* transfer to daemon */
	FRAME_REFS = 65, /* the remote's refs that concern us */
	FRAME_BLOB,      /* the content of one commit of a wanted ref */
	FRAME_END,       /* all of a wanted ref was handed over, or failed */
	FRAME_WRITTEN,   /* what came of a FRAME_PUT */
	FRAME_PROGRESS,  /* bytes and objects so far */
	FRAME_FAILED,    /* the round cannot go on */
};

struct frame {
	enum frame_type type;
	json_t *json;      /* owned; never NULL after a parse */
	const char *bytes; /* into the input buffer */
	size_t nbytes;
};

/* Appends a frame; json is borrowed. */
void frame_write(struct buf *b, enum frame_type type, const json_t *json,
    const void *bytes, size_t n);

/* Takes one frame off the front of p[0..n).  Returns 1 and sets *ret_used,
 * 0 if more bytes are needed, -1 if the stream is broken (ERR_UNTRUSTED).
 * The caller clears *ret. */
int frame_parse(const char *p, size_t n, struct frame *ret, size_t *ret_used,
    struct err *e);
void frame_clear(struct frame *f);

const char *frame_word(enum frame_type type);

#endif
