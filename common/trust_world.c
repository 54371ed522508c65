/* Organisations and keys as of one act of the chain, and what an act in force
 * does to them.  TRUST.md, "Effects". */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
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

static const json_t *
convenors(const struct trust *t)
{
	return json_object_get(t->genesis->op, "convenors");
}

/* The shape of a genesis was checked when its head was read (op.c). */
static const json_t *
convenor_keys(const json_t *convenor)
{
	return json_object_get(convenor, "keys");
}

static void
read_key(const json_t *j, uint8_t ret[static KEY_LEN])
{
	text_unb32(json_string_value(j), json_string_length(j), ret, KEY_LEN);
}

static void
make_rows(struct world *w, const struct trust *t)
{
	const size_t n = json_array_size(convenors(t));
	size_t norgs = n, nkeys = 0, i, k;
	json_t *org, *v;
	uint8_t key[KEY_LEN];
	char id[ID_SIZE];

	json_array_foreach (convenors(t), i, org)
		nkeys += json_array_size(convenor_keys(org));
	for (i = 0; i < t->nacts; i++) {
		norgs += t->acts[i].does == ACT_ADMIT;
		nkeys += t->acts[i].nkeys;
	}
	w->orgs = mem_zalloc(norgs * sizeof(w->orgs[0]));
	w->keys = mem_zalloc(nkeys * sizeof(w->keys[0]));
	norgs = nkeys = 0;
	json_array_foreach (convenors(t), i, org) {
		ident_make(t->w, i, id);
		add_org_row(w, &norgs, id);
		json_array_foreach (convenor_keys(org), k, v) {
			read_key(v, key);
			add_key_row(w, &nkeys, key);
		}
	}
	for (i = 0; i < t->nacts; i++) {
		if (t->acts[i].does == ACT_ADMIT)
			add_org_row(w, &norgs, t->acts[i].org);
		for (k = 0; k < t->acts[i].nkeys; k++)
			add_key_row(w, &nkeys, t->acts[i].keys[k]);
	}
	w->norgs = sort_rows(w->orgs, norgs, sizeof(w->orgs[0]), by_id);
	w->nkeys = sort_rows(w->keys, nkeys, sizeof(w->keys[0]), by_key);
}

static void
set_recovery(struct org_row *o, const json_t *hex)
{
	if (hex != NULL &&
	    text_unhex(json_string_value(hex), json_string_length(hex),
		o->recovery, HASH_LEN) == 0)
		o->has_recovery = true;
}

static void
found_convenor(
    struct world *w, const struct trust *t, const json_t *from, const char *id)
{
	struct org_row *o = world_org(w, id);
	uint8_t key[KEY_LEN];
	size_t i;
	json_t *v;

	o->is_listed = o->is_active = o->is_convenor = true;
	o->name = json_get_str(from, "name");
	memcpy(o->act, t->w, HASH_LEN);
	set_recovery(o, json_object_get(from, "recovery"));
	json_array_foreach (convenor_keys(from), i, v) {
		struct key_row *row;

		read_key(v, key);
		row = world_key(w, key);
		if (row->org == NO_ORG) /* listed twice: the first has it */
			row->org = (size_t)(o - w->orgs);
	}
}

void
world_found(struct world *w, const struct trust *t)
{
	char id[ID_SIZE];
	int64_t k = 0;
	size_t i;
	json_t *org;

	make_rows(w, t);
	json_array_foreach (convenors(t), i, org) {
		ident_make(t->w, i, id);
		found_convenor(w, t, org, id);
	}
	json_get_int(t->genesis->op, "k", &k);
	w->k = (unsigned)k;
	w->nconvenors = (unsigned)json_array_size(convenors(t));
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
list_keys(struct world *w, const struct act *a, const struct org_row *o)
{
	for (size_t i = 0; i < a->nkeys; i++) {
		struct key_row *k = world_key(w, a->keys[i]);

		save_key(w, k);
		k->org = (size_t)(o - w->orgs);
	}
}

static bool
apply_admit(struct world *w, const struct act *a)
{
	struct org_row *o = world_org(w, a->org);

	if (o->is_listed)
		return false;
	for (size_t i = 0; i < a->nkeys; i++)
		if (world_key(w, a->keys[i])->org != NO_ORG)
			return false; /* somebody's, or closed */
	save_org(w, o);
	o->is_listed = o->is_active = true;
	o->name = json_get_str(a->deed, "name");
	memcpy(o->act, a->id, HASH_LEN);
	set_recovery(o, json_object_get(a->deed, "recovery"));
	list_keys(w, a, o);
	return true;
}

static bool
is_in(const struct act *a, const uint8_t *key)
{
	for (size_t i = 0; i < a->nkeys; i++)
		if (memcmp(a->keys[i], key, KEY_LEN) == 0)
			return true;
	return false;
}

/* Cuts may name only keys that this act takes from this organisation. */
static bool
cuts_fit(const struct world *w, const struct act *a, const struct org_row *o)
{
	const json_t *cuts = json_object_get(a->deed, "cuts");
	uint8_t key[KEY_LEN];
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)cuts, name, v) {
		text_unb32(name, strlen(name), key, KEY_LEN);
		if (world_root(w, key) != o || is_in(a, key))
			return false;
	}
	return true;
}

/* Closes the organisation's keys that the act does not list. */
static void
cut_keys(struct world *w, const struct act *a, const struct org_row *o)
{
	const json_t *cuts = json_object_get(a->deed, "cuts");
	const size_t org = (size_t)(o - w->orgs);
	char text[KEY_SIZE];

	for (size_t i = 0; i < w->nkeys; i++) {
		struct key_row *k = &w->keys[i];

		if (k->org != org || k->is_closed || is_in(a, k->key))
			continue;
		save_key(w, k);
		ident_key(k->key, text);
		k->is_closed = true;
		k->cut = json_object_get(cuts, text);
	}
}

static bool
apply_remove(struct world *w, const struct act *a)
{
	struct org_row *o = world_org(w, a->org);

	if (o == NULL || !o->is_active || o->is_convenor || !cuts_fit(w, a, o))
		return false;
	save_org(w, o);
	cut_keys(w, a, o);
	o->is_active = false;
	return true;
}

static bool
apply_convenors(struct world *w, const struct act *a)
{
	const json_t *list = json_object_get(a->deed, "organisations");
	int64_t k = 0;
	size_t i;
	json_t *v;

	json_array_foreach (list, i, v) {
		const struct org_row *o = world_org(w, json_string_value(v));

		if (o == NULL || !o->is_active)
			return false;
	}
	for (i = 0; i < w->norgs; i++)
		if (w->orgs[i].is_convenor) {
			save_org(w, &w->orgs[i]);
			w->orgs[i].is_convenor = false;
		}
	json_array_foreach (list, i, v) {
		struct org_row *o = world_org(w, json_string_value(v));

		save_org(w, o);
		o->is_convenor = true;
	}
	json_get_int(a->deed, "k", &k);
	w->k = (unsigned)k;
	w->nconvenors = (unsigned)json_array_size(list);
	return true;
}

static bool
apply_rekey(struct world *w, const struct act *a)
{
	struct org_row *o = world_org(w, a->org);

	if (o == NULL || !o->is_active || !cuts_fit(w, a, o))
		return false;
	for (size_t i = 0; i < a->nkeys; i++) {
		const struct key_row *k = world_key(w, a->keys[i]);

		if (k->org != NO_ORG && world_root(w, k->key) != o)
			return false; /* another's, or closed */
	}
	save_org(w, o);
	cut_keys(w, a, o);
	list_keys(w, a, o);
	set_recovery(o, json_object_get(a->deed, "recovery"));
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
