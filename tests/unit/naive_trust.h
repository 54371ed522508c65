/*
 * naive_trust: TRUST.md a second time, as naively as can be: worlds are copied
 * whole, all paths are tried, organisations and keys go by number.
 */
#ifndef TESTS_NAIVE_TRUST_H
#define TESTS_NAIVE_TRUST_H

#include "tests/unit/acts.h"

#define ORGS 12
#define KEYS 24 /* numbers 1..KEYS-1; recovery keys are RECOVERY(number) */
#define ACTS 28
#define NONE (-1)

enum kind { ADMIT, REMOVE, CONVENORS, REKEY, BLESS, KINDS };

/* A proposal, as the model knows it. */
struct deed {
	enum kind kind;
	int after; /* NONE: the genesis */
	int org;   /* convenors first, then one for each request */
	bool keys[KEYS];
	bool cut[KEYS]; /* keys for which a head is named */
	int recovery;   /* number */
	bool orgs[ORGS];
	int k;
	int proposer; /* a key number, or RECOVERY(n) */
	bool approved[KEYS];
	struct id id;
	bool in_force; /* as the model finds */
};

struct model {
	int nconvenors, k, nrequests, n;
	struct deed deeds[ACTS];
	struct id g, requests[ORGS];
};

struct view {
	bool listed[ORGS], active[ORGS], convenor[ORGS];
	int recovery[ORGS]; /* 0: none */
	int org[KEYS];      /* NONE */
	bool closed[KEYS], cut[KEYS];
	int k;
};

static inline size_t
below(uint64_t *seed, size_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % n;
}

static inline int
root(const struct view *v, int key)
{
	if (key >= KEYS || v->org[key] == NONE || v->closed[key] ||
	    !v->active[v->org[key]])
		return NONE;
	return v->org[key];
}

/* Who approved, as of this view. */
static inline void
approvers(const struct view *v, const struct deed *d, bool *who)
{
	memset(who, 0, ORGS * sizeof(*who));
	for (int key = 1; key < KEYS; key++)
		if ((d->approved[key] || d->proposer == key) &&
		    root(v, key) != NONE)
			who[root(v, key)] = true;
	if (d->kind == REKEY && v->active[d->org] && v->recovery[d->org] != 0 &&
	    d->proposer == RECOVERY(v->recovery[d->org]))
		who[d->org] = true;
}

static inline bool
is_recovery(const struct view *v, const struct deed *d)
{
	return d->kind == REKEY && v->active[d->org] &&
	       v->recovery[d->org] != 0 &&
	       d->proposer == RECOVERY(v->recovery[d->org]);
}

static inline int
size(const bool *set)
{
	int n = 0;

	for (int i = 0; i < ORGS; i++)
		n += set[i];
	return n;
}

/* Reached its k with approvals of convenors, only those in "among". */
static inline bool
reaches_k(const struct view *v, const struct deed *d, const bool *among)
{
	bool who[ORGS];
	int n = 0;

	approvers(v, d, who);
	for (int o = 0; o < ORGS; o++) {
		if (!who[o] || !v->convenor[o] || !among[o])
			continue;
		if (d->kind == CONVENORS && !d->orgs[o])
			continue;
		if (d->kind == REMOVE && d->org == o)
			continue;
		n++;
	}
	return n >= v->k;
}

static inline bool
in_force(const struct view *v, const struct deed *d)
{
	bool who[ORGS];
	int n = 0;

	approvers(v, d, who);
	if (!reaches_k(v, d, v->convenor))
		return false;
	if (d->kind == CONVENORS) {
		for (int o = 0; o < ORGS; o++)
			n += who[o] && d->orgs[o];
		return n >= d->k;
	}
	if (d->kind == REKEY) {
		if (size(v->convenor) == 1 && v->convenor[d->org])
			return is_recovery(v, d);
		return who[d->org];
	}
	return true;
}

static inline struct view
apply(struct view v, const struct deed *d)
{
	struct view w = v;

	if (d->kind == ADMIT) {
		if (v.listed[d->org])
			return v;
		for (int i = 1; i < KEYS; i++) {
			if (d->keys[i] && v.org[i] != NONE)
				return v;
			if (d->keys[i])
				w.org[i] = d->org;
		}
		w.listed[d->org] = w.active[d->org] = true;
		w.recovery[d->org] = d->recovery;
	} else if (d->kind == REMOVE || d->kind == REKEY) {
		if (!v.active[d->org] ||
		    (d->kind == REMOVE && v.convenor[d->org]))
			return v;
		for (int i = 1; i < KEYS; i++) {
			bool mine = root(&v, i) == d->org;
			bool kept = d->kind == REKEY && d->keys[i];

			if (d->cut[i] && (!mine || kept))
				return v;
			if (kept && v.org[i] != NONE && !mine)
				return v;
			if (kept)
				w.org[i] = d->org;
			else if (mine) {
				w.closed[i] = true;
				w.cut[i] = d->cut[i];
			}
		}
		if (d->kind == REMOVE)
			w.active[d->org] = false;
		else
			w.recovery[d->org] = d->recovery;
	} else if (d->kind == CONVENORS) {
		for (int o = 0; o < ORGS; o++)
			if (d->orgs[o] && !v.active[o])
				return v;
		memcpy(w.convenor, d->orgs, sizeof(w.convenor));
		w.k = d->k;
	}
	return w;
}

/* What is built on deed i, itself first, seen from the view "then" of the
 * siblings' common predecessor; v is as of i's own predecessor. */
static inline void
build(const struct model *m, int i, const struct view *v,
    const struct view *then, int core, int all, int *ret_core, int *ret_all,
    bool *ret_recovers)
{
	const struct deed *d = &m->deeds[i];
	struct view next = apply(*v, d);

	core += reaches_k(v, d, then->convenor);
	all++;
	if (core > *ret_core)
		*ret_core = core;
	if (all > *ret_all)
		*ret_all = all;
	if (is_recovery(v, d) && size(then->convenor) == 1 &&
	    then->convenor[d->org] &&
	    d->proposer == RECOVERY(then->recovery[d->org]))
		*ret_recovers = true;
	for (int c = 0; c < m->n; c++)
		if (m->deeds[c].after == i && in_force(&next, &m->deeds[c]))
			build(m, c, &next, then, core, all, ret_core, ret_all,
			    ret_recovers);
}

static inline int
approvals(const struct view *v, const struct deed *d)
{
	bool who[ORGS];
	int n = 0;

	approvers(v, d, who);
	for (int o = 0; o < ORGS; o++)
		n += who[o] && v->convenor[o] &&
		     !(d->kind == CONVENORS && !d->orgs[o]) &&
		     !(d->kind == REMOVE && d->org == o);
	return n;
}

/* Is deed a to stand rather than b? */
static inline bool
stands(const struct model *m, const struct view *v, int a, int b)
{
	int core[2] = {0, 0}, all[2] = {0, 0}, n[2];
	bool recovers[2] = {false, false};
	const int which[2] = {a, b};

	for (int i = 0; i < 2; i++) {
		build(m, which[i], v, v, 0, 0, &core[i], &all[i], &recovers[i]);
		n[i] = approvals(v, &m->deeds[which[i]]);
	}
	if (recovers[0] != recovers[1])
		return recovers[0];
	if (core[0] != core[1])
		return core[0] > core[1];
	if (all[0] != all[1])
		return all[0] > all[1];
	if (n[0] != n[1])
		return n[0] > n[1];
	return memcmp(m->deeds[a].id.b, m->deeds[b].id.b, HASH_LEN) < 0;
}

/* The standing chain and the view as of its end. */
static inline struct view
model_resolve(const struct model *m, int *chain, int *ret_n)
{
	struct view v = {.k = m->k};
	int at = NONE;

	for (int i = 0; i < KEYS; i++)
		v.org[i] = NONE;
	for (int o = 0; o < m->nconvenors; o++) {
		v.listed[o] = v.active[o] = v.convenor[o] = true;
		v.recovery[o] = o + 1;
		v.org[o + 1] = o;
	}
	for (*ret_n = 0;;) {
		int best = NONE;

		for (int c = 0; c < m->n; c++)
			if (m->deeds[c].after == at &&
			    in_force(&v, &m->deeds[c]) &&
			    (best == NONE || stands(m, &v, c, best)))
				best = c;
		if (best == NONE)
			return v;
		chain[(*ret_n)++] = best;
		v = apply(v, &m->deeds[best]);
		at = best;
	}
}

#endif
