/*
 * slot: which of the signatures that fill one slot stand (FORMAT.md section
 * 6).  The store and the checker of evidence both ask here, so that a text
 * gets one verdict.
 */
#ifndef MUFAKAT_SLOT_H
#define MUFAKAT_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "recsig.h"

/* Version, capacity, the organisation spoken for; and the person, where each
 * person's counts.  Owned by the caller. */
char *slot_name(const struct recsig *r);

/* One signature that is good. */
struct slot_rival {
	char id[ID_SIZE];
	size_t from; /* the caller's own number for it */
	bool stands; /* in: counts and is not replaced; out: is in the state */
	bool is_contested;  /* out: others in its slot differ */
	bool is_own;        /* by the organisation that it speaks for */
	char *slot, *words; /* its name; stance and items */
};

/* Fills in what the message says: is_own, slot and words. */
void slot_rival_set(struct slot_rival *v, const struct recsig *r);
void slot_rival_clear(struct slot_rival *v);

/* Judges all of one or more slots, and brings them in another order. */
void slot_settle(struct slot_rival *v, size_t n);

#endif
