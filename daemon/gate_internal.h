/*
 * gate_internal: what gate*.c share.
 */
#ifndef MUFAKAT_GATE_INTERNAL_H
#define MUFAKAT_GATE_INTERNAL_H

#include "gate.h"

struct apply;
struct reach;

struct gate {
	char *home;
	const struct clock *clock;
	struct store *s;
	struct apply *a;
	struct secret *secret; /* NULL: no key yet */
	uint8_t key[KEY_LEN];
	bool has_w;
	uint8_t w[HASH_LEN];
	struct trust *trust; /* of all acts held; NULL without W */
	struct reach *reach;
	struct trust_ancestry ancestry;
	bool cuts_grew;    /* changes held before may count otherwise */
	bool trust_is_old; /* acts were added since it was resolved */
	bool is_founded;   /* the genesis is among them */
	bool is_stale;     /* after a rollback that could not be mended yet */
	int64_t largest_t; /* held, as far as it is within bounds */
	uint64_t generation;
	/* our own log */
	bool has_place;
	struct change_place place;
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
	/* for others */
	void (*changed)(void *arg, bool local);
	void *changed_arg;
	bool has_hash;
	uint8_t hash[HASH_LEN];
	bool idle_began; /* the index was looked at since the start */
};

/* t may be this far ahead of our clock. */
#define GATE_T_AHEAD ((int64_t)24 * 60 * 60 * 1000)

/* Transactions of the gate.  begin mends what an earlier failure left;
 * commit finishes applying; rollback makes memory agree with the disk again.
 * After commit, gate_tell() tells whoever watches. */
int gate_begin(struct gate *g, struct err *e);
int gate_end(struct gate *g, struct err *e);
void gate_rollback(struct gate *g);
void gate_tell(struct gate *g, bool local);

/* Makes the key if there is none, durable when it returns. */
int gate_make_key(struct gate *g, struct err *e);

/* An authentic act of this key was added: what it does is looked at when
 * somebody asks. */
void gate_act_added(struct gate *g, const uint8_t id[static HASH_LEN],
    const uint8_t key[static KEY_LEN], const struct head *h);
/* Resolves the trust if acts were added: newly admitted logs are applied, or
 * everything, if others count otherwise now. */
int gate_resolve(struct gate *g, struct err *e);

/* A change of this log became authentic; "closes_gap" if some that follow it
 * were held before. */
void gate_authentic(struct gate *g, const uint8_t id[static HASH_LEN],
    int64_t log, bool closes_gap);

/* Notes the t of a change that was taken or made. */
void gate_note_t(struct gate *g, int64_t t);

/* Flags of a change by its head. */
int64_t gate_head_flags(const struct head *h);

#endif
