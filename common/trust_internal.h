/*
 * trust_internal: what trust*.c share.
 */
#ifndef MUFAKAT_TRUST_INTERNAL_H
#define MUFAKAT_TRUST_INTERNAL_H

#include "trust.h"

/* What a proposal does if it is in force; ACT_OTHER: nothing, because its
 * kind is unknown or it is misshapen. */
enum act_does { ACT_OTHER, ACT_ADMIT, ACT_REMOVE, ACT_CONVENORS, ACT_REKEY };

/* A key that an act closes, and up to where it counts. */
struct cut {
	uint8_t key[KEY_LEN];
	uint8_t (*heads)[HASH_LEN]; /* sorted, each once; owned */
	size_t nheads;
};

/* A convenor of the genesis. */
struct founder {
	char *name;               /* owned */
	uint8_t (*keys)[KEY_LEN]; /* owned */
	size_t nkeys;
	uint8_t recovery[HASH_LEN];
};

/* What an act says, as far as the rules ask; all of it is owned. */
struct deed {
	char *name;        /* found, request, admit */
	bool has_recovery; /* request, admit, rekey */
	uint8_t recovery[HASH_LEN];
	char org[ID_SIZE];        /* that it admits, removes, rekeys */
	uint8_t (*keys)[KEY_LEN]; /* that it lists */
	size_t nkeys;
	struct cut *cuts;
	size_t ncuts;
	char (*orgs)[ID_SIZE]; /* convenors */
	size_t norgs;
	unsigned k; /* convenors, found */
	struct founder *founders;
	size_t nfounders;
};

/* An authentic act as held. */
struct act {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	enum op_kind kind;
	int64_t t;
	uint8_t about[HASH_LEN]; /* propose: after; approve: act */
	enum act_does does;      /* of a proposal */
	bool is_checked;         /* trust_act_check() was called */
	struct deed *deed;       /* owned; NULL if it is ACT_OTHER */

	/* of a proposal, once resolved */
	bool in_force;
	unsigned approvals; /* distinct convenors, as of its predecessor */
	unsigned need;      /* the k that it reached */
	size_t by;          /* where in trust.approvers they stand */
	bool is_recovery;   /* proposed by its organisation's recovery key */
	size_t depth;       /* longest chain of acts in force, itself first */
	bool has_convenors; /* it, or an act on it, changes the convenors */
	bool has_recovery;  /* it, or an act on it, is a recovery */
};

#define NO_ORG SIZE_MAX

/* Organisations and keys as of one act of the chain.  The rows are all that
 * held acts speak of, sorted; what stands in them is moved along a path of
 * acts by world_apply() and back by world_undo(). */
struct org_row {
	char id[ID_SIZE];
	bool is_listed; /* on this path */
	bool is_active;
	bool is_convenor;
	bool has_recovery;
	const char *name;
	uint8_t recovery[HASH_LEN];
	uint8_t act[HASH_LEN];
	unsigned stamp; /* of the proposal that was counted last */
};

struct key_row {
	uint8_t key[KEY_LEN];
	size_t org; /* row, or NO_ORG while not listed on this path */
	bool is_closed;
	const struct cut *cut; /* NULL: to nothing */
};

struct saved_org {
	size_t row;
	struct org_row was;
};

struct saved_key {
	size_t row;
	struct key_row was;
};

struct world {
	struct org_row *orgs;
	size_t norgs;
	struct key_row *keys;
	size_t nkeys;
	unsigned k, nconvenors;
	/* what to put back, oldest first */
	struct saved_org *saved_orgs;
	size_t nsaved_orgs;
	struct saved_key *saved_keys;
	size_t nsaved_keys;
	size_t cap_orgs, cap_keys;
};

struct world_mark {
	size_t orgs, keys;
	unsigned k, nconvenors;
};

/* Two acts in force after one that stands. */
struct rivals {
	const struct act *stands, *other; /* the strongest of the others */
};

struct trust {
	uint8_t w[HASH_LEN];
	struct act *fresh; /* added since it was resolved */
	size_t nfresh, cap;
	/* resolved */
	struct act *acts; /* sorted by id */
	size_t nacts;
	const struct act *genesis;
	struct world world;     /* as of the act that stands last */
	struct act **proposals; /* by predecessor, then id */
	size_t nproposals;
	struct act **approvals; /* by proposal, then id */
	size_t napprovals;
	size_t *approvers; /* rows of convenors, see act.by */
	size_t napprovers, cap_approvers;
	uint8_t (*chain)[HASH_LEN];
	size_t nchain;
	struct rivals *rivals; /* along the chain */
	size_t nrivals;
	struct trust_org *orgs;
	size_t norgs;
	struct trust_key *keys;
	size_t nkeys;
	uint8_t (*heads)[HASH_LEN]; /* of all cuts */
	struct act **open; /* admissions, after the act that stands last,
			    * that some convenor approved */
	size_t nopen;
	struct trust_request *requests;
	size_t nrequests;
	struct trust_alarm *alarms;
	size_t nalarms;
};

/* --- trust_act.c: acts by themselves ---- */

/* Takes apart what a well shaped act says: does and deed. */
void trust_act_parse(struct act *a, const json_t *op);
/* Makes a proposal that lists a weak key ACT_OTHER.  To look at a key costs
 * 35 us: only those that a convenor approved are worth it. */
void trust_act_check(struct act *a);
void trust_act_clear(struct act *a);

/* --- trust_world.c: what an act in force does ---- */

/* Rows for all that the held acts speak of, in the state that the genesis
 * sets. */
void world_found(struct world *w, const struct trust *t);
void world_clear(struct world *w);
struct org_row *world_org(const struct world *w, const char *id);
struct key_row *
world_key(const struct world *w, const uint8_t key[static KEY_LEN]);
/* The active organisation whose root key this is, or NULL. */
struct org_row *
world_root(const struct world *w, const uint8_t key[static KEY_LEN]);
struct world_mark world_mark(const struct world *w);
/* False: the act has no effect, nothing is changed. */
bool world_apply(struct world *w, const struct act *a);
void world_undo(struct world *w, const struct world_mark *m);

/* --- trust_judge.c: who approved a proposal ---- */

/* in_force, approvals, need, by, is_recovery; the world is as of the act's
 * predecessor, which is in force. */
void trust_judge(struct trust *t, struct act *a);
/* Did this convenor propose or approve exactly this proposal? */
bool trust_approved(
    const struct trust *t, const struct act *a, const struct org_row *convenor);

/* --- trust_chain.c ---- */

const struct act *
trust_find_act(const struct trust *t, const uint8_t id[static HASH_LEN]);
/* The proposals that name this predecessor: first of *ret_n. */
struct act **trust_after(
    const struct trust *t, const uint8_t id[static HASH_LEN], size_t *ret_n);
/* Stratum one: what is in force, what stands, alarms; leaves the world as of
 * the act that stands last. */
void trust_resolve_chain(struct trust *t);

/* --- trust_alarm.c ---- */

/* Tells of the rivals whom nobody has stopped, as of the act that stands
 * last. */
void trust_resolve_alarms(struct trust *t);

/* --- trust_keys.c ---- */

/* Stratum two: organisations and keys that the chain lists; requests. */
void trust_resolve_keys(struct trust *t);
/* The open proposal, after the act that stands last, that admits just what
 * this request asks for and has most approvals; NULL. */
const struct act *
trust_open_proposal(const struct trust *t, const struct act *request);

#endif
