/* Organisations and keys as of one act of the chain, and what an act in force
 * does to them.  TRUST.md, "Effects". */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "trust_internal.h"

/* --- rows ---- */

static int
by_id(const void *a, const void *b)
{
	const struct org_row *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int
by_key(const void *a, const void *b)
{
	const struct key_row *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_LEN);
}

/* Sorts and drops what is there twice; returns how many are left. */
static size_t
sort_rows(
    void *rows, size_t n, size_t size, int (*cmp)(const void *a, const void *b))
{
	char *p = rows;
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(p, n, size, cmp);
	for (size_t i = 1; i < n; i++)
		if (cmp(p + kept * size, p + i * size) != 0 && ++kept != i)
			memcpy(p + kept * size, p + i * size, size);
	return kept + 1;
}

struct org_row *
world_org(const struct world *w, const char *id)
{
	struct org_row want = {0};

	if (w->norgs == 0 || strlen(id) != ID_CHARS)
		return NULL;
	memcpy(want.id, id, ID_SIZE);
	return bsearch(&want, w->orgs, w->norgs, sizeof(want), by_id);
}

struct key_row *
world_key(const struct world *w, const uint8_t key[static KEY_LEN])
{
	struct key_row want = {0};

	if (w->nkeys == 0)
		return NULL;
	memcpy(want.key, key, KEY_LEN);
	return bsearch(&want, w->keys, w->nkeys, sizeof(want), by_key);
}

struct org_row *
world_root(const struct world *w, const uint8_t key[static KEY_LEN])
{
	const struct key_row *k = world_key(w, key);

	if (k == NULL || k->org == NO_ORG || k->is_closed)
		return NULL;
	return w->orgs[k->org].is_active ? &w->orgs[k->org] : NULL;
}

static void
add_org_row(struct world *w, size_t *n, const char *id)
{
	memcpy(w->orgs[(*n)++].id, id, ID_SIZE);
}

static void
add_key_row(struct world *w, size_t *n, const uint8_t *key)
{
	memcpy(w->keys[*n].key, key, KEY_LEN);
	w->keys[(*n)++].org = NO_ORG;
}

/* --- the genesis ---- */

static void
add_rows_of(struct world *w, const struct act *a, size_t *norgs, size_t *nkeys)
{
	if (a->does == ACT_ADMIT)
		add_org_row(w, norgs, a->deed->org);
	for (size_t i = 0; a->deed != NULL && i < a->deed->nkeys; i++)
		add_key_row(w, nkeys, a->deed->keys[i]);
}

static void
make_rows(struct world *w, const struct trust *t)
{
	const struct deed *g = t->genesis->deed;
	size_t norgs = g->nfounders, nkeys = 0;
	char id[ID_SIZE];

	for (size_t i = 0; i < g->nfounders; i++)
		nkeys += g->founders[i].nkeys;
	for (size_t i = 0; i < t->nacts; i++) {
		norgs += t->acts[i].does == ACT_ADMIT;
		nkeys += t->acts[i].deed != NULL ? t->acts[i].deed->nkeys : 0;
	}
	w->orgs = mem_zalloc(norgs * sizeof(w->orgs[0]));
	w->keys = mem_zalloc(nkeys * sizeof(w->keys[0]));
	norgs = nkeys = 0;
	for (size_t i = 0; i < g->nfounders; i++) {
		ident_make(t->w, i, id);
		add_org_row(w, &norgs, id);
		for (size_t k = 0; k < g->founders[i].nkeys; k++)
			add_key_row(w, &nkeys, g->founders[i].keys[k]);
	}
	for (size_t i = 0; i < t->nacts; i++)
		add_rows_of(w, &t->acts[i], &norgs, &nkeys);
	w->norgs = sort_rows(w->orgs, norgs, sizeof(w->orgs[0]), by_id);
	w->nkeys = sort_rows(w->keys, nkeys, sizeof(w->keys[0]), by_key);
}

static void
set_recovery(struct org_row *o, const uint8_t *hash)
{
	memcpy(o->recovery, hash, HASH_LEN);
	o->has_recovery = true;
}

static void
found_convenor(struct world *w, const struct trust *t,
    const struct founder *from, const char *id)
{
	struct org_row *o = world_org(w, id);

	o->is_listed = o->is_active = o->is_convenor = true;
	o->name = from->name;
	memcpy(o->act, t->w, HASH_LEN);
	set_recovery(o, from->recovery);
	for (size_t i = 0; i < from->nkeys; i++) {
		struct key_row *row = world_key(w, from->keys[i]);

		if (row->org == NO_ORG) /* listed twice: the first has it */
			row->org = (size_t)(o - w->orgs);
	}
}

void
world_found(struct world *w, const struct trust *t)
{
	const struct deed *g = t->genesis->deed;
	char id[ID_SIZE];

	make_rows(w, t);
	for (size_t i = 0; i < g->nfounders; i++) {
		ident_make(t->w, i, id);
		found_convenor(w, t, &g->founders[i], id);
	}
	w->k = g->k;
	w->nconvenors = (unsigned)g->nfounders;
}

void
world_clear(struct world *w)
{
	free(w->orgs);
	free(w->keys);
	free(w->saved_orgs);
	free(w->saved_keys);
	*w = (struct world){0};
}

/* --- there and back ---- */

static void
save_org(struct world *w, const struct org_row *o)
{
	if (w->nsaved_orgs == w->cap_orgs) {
		w->cap_orgs = w->cap_orgs * 2 + 16;
		w->saved_orgs = mem_array(
		    w->saved_orgs, w->cap_orgs, sizeof(w->saved_orgs[0]));
	}
	w->saved_orgs[w->nsaved_orgs++] =
	    (struct saved_org){(size_t)(o - w->orgs), *o};
}

static void
save_key(struct world *w, const struct key_row *k)
{
	if (w->nsaved_keys == w->cap_keys) {
		w->cap_keys = w->cap_keys * 2 + 16;
		w->saved_keys = mem_array(
		    w->saved_keys, w->cap_keys, sizeof(w->saved_keys[0]));
	}
	w->saved_keys[w->nsaved_keys++] =
	    (struct saved_key){(size_t)(k - w->keys), *k};
}

struct world_mark
world_mark(const struct world *w)
{
	return (struct world_mark){
	    w->nsaved_orgs, w->nsaved_keys, w->k, w->nconvenors};
}

void
world_undo(struct world *w, const struct world_mark *m)
{
	while (w->nsaved_orgs > m->orgs) {
		const struct saved_org *s = &w->saved_orgs[--w->nsaved_orgs];
		unsigned stamp = w->orgs[s->row].stamp;

		w->orgs[s->row] = s->was;
		w->orgs[s->row].stamp = stamp;
	}
	while (w->nsaved_keys > m->keys) {
		const struct saved_key *s = &w->saved_keys[--w->nsaved_keys];

		w->keys[s->row] = s->was;
	}
	w->k = m->k;
	w->nconvenors = m->nconvenors;
}

/* --- effects, one function for each kind ---- */

static void
list_keys(struct world *w, const struct deed *d, const struct org_row *o)
{
	for (size_t i = 0; i < d->nkeys; i++) {
		struct key_row *k = world_key(w, d->keys[i]);

		save_key(w, k);
		k->org = (size_t)(o - w->orgs);
	}
}

static bool
apply_admit(struct world *w, const struct act *a)
{
	const struct deed *d = a->deed;
	struct org_row *o = world_org(w, d->org);

	if (o->is_listed)
		return false;
	for (size_t i = 0; i < d->nkeys; i++)
		if (world_key(w, d->keys[i])->org != NO_ORG)
			return false; /* somebody's, or closed */
	save_org(w, o);
	o->is_listed = o->is_active = true;
	o->name = d->name;
	memcpy(o->act, a->id, HASH_LEN);
	if (d->has_recovery)
		set_recovery(o, d->recovery);
	list_keys(w, d, o);
	return true;
}

static bool
is_in(const struct deed *d, const uint8_t *key)
{
	for (size_t i = 0; i < d->nkeys; i++)
		if (memcmp(d->keys[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

static const struct cut *
cut_of(const struct deed *d, const uint8_t *key)
{
	for (size_t i = 0; i < d->ncuts; i++)
		if (memcmp(d->cuts[i].key, key, KEY_LEN) == 0)
			return &d->cuts[i];
	return NULL;
}

/* Cuts may name only keys that this act takes from this organisation. */
static bool
cuts_fit(const struct world *w, const struct deed *d, const struct org_row *o)
{
	for (size_t i = 0; i < d->ncuts; i++)
		if (world_root(w, d->cuts[i].key) != o ||
		    is_in(d, d->cuts[i].key))
			return false;
	return true;
}

/* Closes the organisation's keys that the act does not list. */
static void
cut_keys(struct world *w, const struct deed *d, const struct org_row *o)
{
	const size_t org = (size_t)(o - w->orgs);

	for (size_t i = 0; i < w->nkeys; i++) {
		struct key_row *k = &w->keys[i];

		if (k->org != org || k->is_closed || is_in(d, k->key))
			continue;
		save_key(w, k);
		k->is_closed = true;
		k->cut = cut_of(d, k->key);
	}
}

static bool
apply_remove(struct world *w, const struct act *a)
{
	struct org_row *o = world_org(w, a->deed->org);

	if (o == NULL || !o->is_active || o->is_convenor ||
	    !cuts_fit(w, a->deed, o))
		return false;
	save_org(w, o);
	cut_keys(w, a->deed, o);
	o->is_active = false;
	return true;
}

static bool
apply_convenors(struct world *w, const struct act *a)
{
	const struct deed *d = a->deed;

	for (size_t i = 0; i < d->norgs; i++) {
		const struct org_row *o = world_org(w, d->orgs[i]);

		if (o == NULL || !o->is_active)
			return false;
	}
	for (size_t i = 0; i < w->norgs; i++)
		if (w->orgs[i].is_convenor) {
			save_org(w, &w->orgs[i]);
			w->orgs[i].is_convenor = false;
		}
	for (size_t i = 0; i < d->norgs; i++) {
		struct org_row *o = world_org(w, d->orgs[i]);

		save_org(w, o);
		o->is_convenor = true;
	}
	w->k = d->k;
	w->nconvenors = (unsigned)d->norgs;
	return true;
}

static bool
apply_rekey(struct world *w, const struct act *a)
{
	const struct deed *d = a->deed;
	struct org_row *o = world_org(w, d->org);

	if (o == NULL || !o->is_active || !cuts_fit(w, d, o))
		return false;
	for (size_t i = 0; i < d->nkeys; i++) {
		const struct key_row *k = world_key(w, d->keys[i]);

		if (k->org != NO_ORG && world_root(w, k->key) != o)
			return false; /* another's, or closed */
	}
	save_org(w, o);
	cut_keys(w, d, o);
	list_keys(w, d, o);
	set_recovery(o, d->recovery);
	return true;
}

bool
world_apply(struct world *w, const struct act *a)
{
	switch (a->does) {
	case ACT_ADMIT:
		return apply_admit(w, a);
	case ACT_REMOVE:
		return apply_remove(w, a);
	case ACT_CONVENORS:
		return apply_convenors(w, a);
	case ACT_REKEY:
		return apply_rekey(w, a);
	case ACT_OTHER:
		break;
	}
	return false;
}
