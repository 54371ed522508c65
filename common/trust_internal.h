/*
 * trust_internal: what trust*.c share.
 */
#ifndef MUFAKAT_TRUST_INTERNAL_H
#define MUFAKAT_TRUST_INTERNAL_H

#include "trust.h"

/* An authentic act as held. */
struct act {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	enum op_kind kind;
	int64_t t;
	json_t *op;              /* owned reference */
	uint8_t about[HASH_LEN]; /* propose: after; approve: act */
	/* of a proposal, once resolved */
	bool in_force;
	unsigned approvals; /* distinct convenor organisations */
	size_t depth;       /* acts in force of the longest chain on it */
};

struct trust {
	uint8_t w[HASH_LEN];
	struct act *acts; /* sorted by id once resolved */
	size_t nacts, cap;
	bool sorted;
	/* resolved */
	const struct act *genesis;
	unsigned k;
	uint8_t (*chain)[HASH_LEN];
	size_t nchain;
	struct trust_org *orgs;
	size_t norgs;
	struct trust_key *keys;
	size_t nkeys;
	struct trust_request *requests;
	size_t nrequests;
	struct trust_alarm *alarms;
	size_t nalarms;
};

const struct act *
trust_find_act(const struct trust *t, const uint8_t id[static HASH_LEN]);
/* The convenor whose root key this is (index into the genesis list), -1. */
int trust_convenor(const struct trust *t, const uint8_t key[static KEY_LEN]);
/* Did this convenor propose or approve exactly this proposal? */
bool
trust_approved(const struct trust *t, const struct act *proposal, int convenor);

/* Stratum one: in_force, approvals, depth, chain, alarms. */
void trust_resolve_chain(struct trust *t);
/* Stratum two: organisations and keys that the chain lists; requests. */
void trust_resolve_keys(struct trust *t);

#endif
