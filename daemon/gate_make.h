/*
 * gate_make: local changes in the making.  An id does not cover the signature,
 * so that the next changes can be made, and the last ones stored, while these
 * are signed on another core.
 */
#ifndef MUFAKAT_GATE_MAKE_H
#define MUFAKAT_GATE_MAKE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/change.h"
#include "common/crypto.h"
#include "common/op.h"

struct gate;

struct made {
	struct change_place place;
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN]; /* of place */
	struct buf unsigned_line;                        /* change and head
							  * point into it */
	struct buf message;                              /* that is signed */
	struct change change;
	struct head head;
	bool has_head;
	uint8_t id[HASH_LEN];
};

/* Makes a change of the draft at the gate's place, which is to be known, and
 * moves that on.  "m" is zeroed; made_clear() also after a failure. */
int made_make(struct gate *g, struct draft *d, struct made *m, struct err *e);
void made_clear(struct made *m); /* zeroed again */

/* Nobody else touches what is being signed until signing_wait(). */
struct signing {
	struct made *made;
	size_t n;
	const struct secret *secret;
	bool has_thread;
	pthread_t thread;
};

void signing_start(struct signing *s);
void signing_wait(struct signing *s);

#endif
