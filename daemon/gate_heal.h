/*
 * gate_heal: what a copy of a change brings that the held line lacks: portions
 * of which only the hash is here, a signature that was bad or left out.
 */
#ifndef MUFAKAT_GATE_HEAL_H
#define MUFAKAT_GATE_HEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "gate_chunk.h"
#include "store_log.h"

struct gate;

struct healed {
	bool any;
	bool portions;
};

/* "from" is the remote whose own copy it is; 0: nobody's.  Bytes that were
 * erased stay away. */
int gate_heal(struct gate *g, const struct log_row *r,
    const struct chunk_item *copy, int64_t from, struct healed *ret,
    struct err *e);
/* The signature of a change is to be looked at by the sweep. */
int gate_note_unchecked(struct gate *g, int64_t n, struct err *e);

#endif
