/*
 * invitation: the line by which people are asked to join a coalition
 * (TRUST.md, section 5).  Pure.
 */
#ifndef MUFAKAT_INVITATION_H
#define MUFAKAT_INVITATION_H

#include <stdint.h>

#include "common/buf.h"
#include "common/crypto.h"
#include "common/err.h"

#define INVITATION_HEADS_MAX 64

struct invitation {
	uint8_t coalition[HASH_LEN];
	uint8_t act[HASH_LEN];
	struct buf heads; /* of convenor logs, HASH_LEN bytes each, up to
			   * INVITATION_HEADS_MAX */
	char *url;        /* NULL: none */
};

/* ERR_INPUT says what is wrong with it.  The caller clears *ret. */
int invitation_parse(const char *line, struct invitation *ret, struct err *e);
void invitation_clear(struct invitation *i);

/* The line; appended. */
void invitation_line(const struct invitation *i, struct buf *b);
/* What is compared by phone, three groups of words: of W, of the act and of
 * the first head; appended. */
void invitation_words(const struct invitation *i, struct buf *b);

#endif
