/*
 * trust: who counts (TRUST.md).  A pure function of the set of authentic
 * acts held, in three strata that never look back: the governance chain,
 * the keys of each organisation, content.
 *
 *	struct trust *t = trust_new(w);
 *	trust_add(t, ...);                  each authentic act, any order
 *	trust_resolve(t, &ancestry);
 *	... trust_key(), trust_orgs() ...
 *	trust_free(t);
 */
#ifndef MUFAKAT_TRUST_H
#define MUFAKAT_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ident.h"
#include "op.h"

enum { MANDATE_EDIT = 1, MANDATE_SIGN = 2 };

struct trust;

/* The one question trust asks of the log: is "change" one of the heads or an
 * ancestor of one in the same log, through held changes?  Only asked for
 * keys with a cut. */
struct trust_ancestry {
	bool (*within)(void *arg, const uint8_t change[static HASH_LEN],
	    const uint8_t (*heads)[HASH_LEN], size_t nheads);
	void *arg;
};

struct trust_org {
	char id[ID_SIZE];
	const char *name;
	bool is_convenor;
	bool is_active;        /* false: removed */
	uint8_t act[HASH_LEN]; /* the act that admitted it */
};

struct trust_key {
	uint8_t key[KEY_LEN];
	char org[ID_SIZE];
	unsigned mandates;
	bool is_root;
	bool is_cut; /* counts only up to these heads */
	const uint8_t (*cut)[HASH_LEN];
	size_t ncut; /* 0 with is_cut: counts for nothing */
};

struct trust_request {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	char org[ID_SIZE]; /* the id it will have */
	const char *name;
	int64_t t;
	unsigned approvals; /* convenors that approved an act for it */
	unsigned needed;    /* k */
};

enum trust_alarm_kind {
	ALARM_RIVAL_ACTS, /* approved by a key that still approves */
	ALARM_TWO_ORGS,   /* reserved: a key that two organisations added */
};

struct trust_alarm {
	enum trust_alarm_kind kind;
	char text[200];
};

struct trust *trust_new(const uint8_t w[static HASH_LEN]);
void trust_free(struct trust *t);

/* Adds an authentic act: change "id" by "key", with its head (copied as far
 * as needed).  Adding one twice changes nothing.  What was resolved stays as
 * it is until trust_resolve(). */
void trust_add(struct trust *t, const uint8_t id[static HASH_LEN],
    const uint8_t key[static KEY_LEN], const struct head *head);

/* Computes everything below.  May be called again after more trust_add(). */
void trust_resolve(struct trust *t, const struct trust_ancestry *a);
/* The same, and tells what trust_rebuild_needed() would tell of before and
 * after. */
bool trust_resolve_again(
    struct trust *t, const struct trust_ancestry *a, struct buf *added);

/* The standing chain, genesis first.  n == 0: the genesis is not held. */
const uint8_t (*trust_chain(const struct trust *t, size_t *ret_n))[HASH_LEN];
bool trust_in_force(const struct trust *t, const uint8_t act[static HASH_LEN]);
const char *trust_coalition_name(const struct trust *t); /* "" if unknown */
unsigned trust_k(const struct trust *t);

/* Sorted by id; removed ones too. */
const struct trust_org *trust_orgs(const struct trust *t, size_t *ret_n);
const struct trust_org *trust_org(const struct trust *t, const char *id);

/* All keys that count or ever counted, sorted by key; NULL if it never was
 * admitted.  A key that counts for nothing has is_cut and ncut 0. */
const struct trust_key *trust_keys(const struct trust *t, size_t *ret_n);
const struct trust_key *
trust_key(const struct trust *t, const uint8_t key[static KEY_LEN]);

/* Does this change of this key count (within its cut)? */
bool trust_counts(const struct trust *t, const struct trust_ancestry *a,
    const uint8_t key[static KEY_LEN], const uint8_t change[static HASH_LEN]);

/* Requests of keys that are not admitted, oldest id first. */
const struct trust_request *
trust_requests(const struct trust *t, size_t *ret_n);
const struct trust_alarm *trust_alarms(const struct trust *t, size_t *ret_n);

/* Is there another active organisation whose name looks like this one
 * (text_look)?  Returns it, or NULL. */
const struct trust_org *
trust_lookalike(const struct trust *t, const char *name);

/* The proposal that admits a request, after the act that stands last:
 * {"op":"propose",...}; or the open proposal of another convenor to approve:
 * {"op":"approve",...}.  ERR_INPUT if there is no such request, if this key
 * is no convenor's root key, or if it has approved already.  The caller owns
 * *ret. */
int trust_admission(const struct trust *t, const uint8_t key[static KEY_LEN],
    const uint8_t request[static HASH_LEN], json_t **ret, struct err *e);

/* Did anything that could alter whether already held changes count differ
 * between two resolved states (other than newly admitted keys)?  The new
 * keys are appended to "added" (KEY_LEN bytes each). */
bool trust_rebuild_needed(
    const struct trust *before, const struct trust *after, struct buf *added);

#endif
