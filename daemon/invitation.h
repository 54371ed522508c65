/*
 * invitation: the line by which people are asked to join a coalition.
 *
 *	mufakat:<W>/<newest act>/<head>[,<head>...][?url=<percent-encoded>]
 *
 * Hex in small letters.  Pure.
 */
#ifndef MUFAKAT_INVITATION_H
#define MUFAKAT_INVITATION_H

#include <stdint.h>

#include "common/buf.h"
#include "common/crypto.h"
#include "common/err.h"

struct invitation {
	uint8_t coalition[HASH_LEN];
	uint8_t act[HASH_LEN];
	struct buf heads; /* of convenor logs, HASH_LEN bytes each */
	char *url;        /* NULL: none */
};

/* ERR_INPUT says what is wrong with it.  The caller clears *ret. */
int invitation_parse(const char *line, struct invitation *ret, struct err *e);
void invitation_clear(struct invitation *i);

#endif
