/*
 * proof: the changes that an evidence folder brings (chain.changes), read
 * without a database: which of them are authentic, what they made, and whom
 * the governance acts among them admit.  Pure.
 */
#ifndef MUFAKAT_PROOF_H
#define MUFAKAT_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change.h"
#include "err.h"
#include "ident.h"
#include "op.h"
#include "trust.h"

#define PROOF_CHANGES_MAX 50000

struct proof_change {
	uint8_t id[HASH_LEN];
	struct change_place place; /* previous owned */
	struct change change;      /* points into the blob */
	bool is_authentic;
};

/* A version or signature that a change makes. */
struct proof_made {
	char id[ID_SIZE];
	size_t change; /* index */
	size_t op;
	enum op_kind kind;
};

struct proof {
	struct proof_change *changes; /* in the order of the blob */
	size_t n;
	size_t *by_id; /* indices, sorted by id */
	struct proof_made *made;
	size_t nmade;
	uint8_t coalition[HASH_LEN];
	bool has_genesis;
	struct trust *trust;
	struct trust_ancestry ancestry;
};

/* Reads the blob, which must outlive the proof.  ERR_UNTRUSTED: a line does
 * not read, a signature that is there is not good, a change occurs twice or
 * is of another coalition, or there are too many.  The caller clears, also
 * after a failure. */
int proof_read(struct proof *p, const char *blob, size_t n, struct err *e);
void proof_clear(struct proof *p);

const struct proof_change *
proof_find(const struct proof *p, const uint8_t id[static HASH_LEN]);

/* What made this id, by its kind; NULL if nothing authentic did. */
const struct proof_made *
proof_made(const struct proof *p, const char *id, enum op_kind kind);

/* The operation that made it and its values (an array of nvalues, each
 * present); the caller clears *ret_head and frees *ret_values. */
int proof_values(const struct proof *p, const struct proof_made *m,
    size_t nvalues, struct head *ret_head, json_t **ret_values, struct err *e);

#endif
