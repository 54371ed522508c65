/* Acts by themselves: what one says, before anybody asks whether it is in
 * force.  Of the rest of it nothing is kept: it may be long, and it costs many
 * times as much memory as bytes.  TRUST.md, section 1. */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

#define NAME_MAX_BYTES 512
#define KEYS_MAX       64
#define ORGS_MAX       256
#define CUTS_MAX       64
#define HEADS_MAX      64

static bool
is_full_id(const json_t *j, uint8_t ret[static HASH_LEN])
{
	return json_is_string(j) &&
	       text_unhex(json_string_value(j), json_string_length(j), ret,
		   HASH_LEN) == 0;
}

static bool
is_id(const json_t *j)
{
	return json_is_string(j) &&
	       ident_ok(json_string_value(j), json_string_length(j));
}

static uint8_t (*read_keys(const json_t *j, size_t n))[KEY_LEN]
{
	uint8_t(*keys)[KEY_LEN] = mem_array(NULL, n, KEY_LEN);

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(j, i);

		text_unb32(json_string_value(v), json_string_length(v), keys[i],
		    KEY_LEN);
	}
	return keys;
}

/* --- proposals, one function for each kind: is it well shaped? ---- */

/* "keys": 1 to KEYS_MAX distinct keys; see also trust_act_check(). */
static bool
parse_keys(const json_t *j, struct deed *d)
{
	const json_t *keys = json_object_get(j, "keys");
	size_t n = json_array_size(keys);

	if (n == 0 || n > KEYS_MAX)
		return false;
	d->keys = mem_array(NULL, n, KEY_LEN);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(keys, i);

		if (!json_is_string(v) ||
		    text_unb32(json_string_value(v), json_string_length(v),
			d->keys[i], KEY_LEN) == -1)
			return false;
		for (size_t k = 0; k < i; k++)
			if (memcmp(d->keys[k], d->keys[i], KEY_LEN) == 0)
				return false;
	}
	d->nkeys = n;
	return true;
}

static bool
parse_org(const json_t *j, struct deed *d)
{
	const json_t *org = json_object_get(j, "organisation");

	if (!is_id(org))
		return false;
	memcpy(d->org, json_string_value(org), ID_SIZE);
	return true;
}

/* The hash may be left out if "may". */
static bool
parse_recovery(const json_t *j, bool may, struct deed *d)
{
	const json_t *hash = json_object_get(j, "recovery");

	if (hash == NULL)
		return may;
	d->has_recovery = is_full_id(hash, d->recovery);
	return d->has_recovery;
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

static bool
parse_heads(const json_t *j, struct cut *c)
{
	const size_t n = json_array_size(j);
	size_t kept = 0;

	if (!json_is_array(j) || n > HEADS_MAX)
		return false;
	c->heads = mem_array(NULL, n + 1, HASH_LEN);
	for (size_t i = 0; i < n; i++)
		if (!is_full_id(json_array_get(j, i), c->heads[i]))
			return false;
	if (n > 1)
		qsort(c->heads, n, HASH_LEN, by_bytes);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 ||
		    memcmp(c->heads[kept - 1], c->heads[i], HASH_LEN) != 0)
			memmove(c->heads[kept++], c->heads[i], HASH_LEN);
	c->nheads = kept;
	return true;
}

/* "cuts": object, key to array of full ids, both capped; may be left out. */
static bool
parse_cuts(const json_t *j, struct deed *d)
{
	const json_t *cuts = json_object_get(j, "cuts");
	const char *name;
	json_t *heads;

	if (cuts == NULL)
		return true;
	if (!json_is_object(cuts) || json_object_size(cuts) > CUTS_MAX)
		return false;
	d->cuts = mem_zalloc((json_object_size(cuts) + 1) * sizeof(*d->cuts));
	json_object_foreach ((json_t *)(uintptr_t)cuts, name, heads) {
		struct cut *c = &d->cuts[d->ncuts++];

		if (text_unb32(name, strlen(name), c->key, KEY_LEN) == -1 ||
		    !parse_heads(heads, c))
			return false;
	}
	return true;
}

static bool
parse_admit(const json_t *j, struct deed *d)
{
	const json_t *name = json_object_get(j, "name");
	uint8_t request[HASH_LEN];
	char made[ID_SIZE];

	if (!is_full_id(json_object_get(j, "request"), request) ||
	    !parse_org(j, d) || !json_is_string(name) ||
	    json_string_length(name) > NAME_MAX_BYTES ||
	    !parse_recovery(j, true, d))
		return false;
	d->name = mem_strdup(json_string_value(name));
	ident_make(request, 0, made);
	return strcmp(made, d->org) == 0 && parse_keys(j, d);
}

static bool
parse_remove(const json_t *j, struct deed *d)
{
	return parse_org(j, d) && parse_cuts(j, d);
}

static bool
parse_convenors(const json_t *j, struct deed *d)
{
	const json_t *orgs = json_object_get(j, "organisations");
	const size_t n = json_array_size(orgs);
	int64_t k;

	if (n == 0 || n > ORGS_MAX || json_get_int(j, "k", &k) == -1 ||
	    k > (int64_t)n || 2 * k <= (int64_t)n)
		return false;
	d->k = (unsigned)k;
	d->orgs = mem_array(NULL, n, ID_SIZE);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(orgs, i);

		if (!is_id(v))
			return false;
		memcpy(d->orgs[i], json_string_value(v), ID_SIZE);
		for (size_t m = 0; m < i; m++)
			if (strcmp(d->orgs[m], d->orgs[i]) == 0)
				return false;
	}
	d->norgs = n;
	return true;
}

static bool
parse_rekey(const json_t *j, struct deed *d)
{
	return parse_org(j, d) && parse_cuts(j, d) && parse_keys(j, d) &&
	       parse_recovery(j, false, d);
}

static const struct {
	const char *word;
	enum act_does does;
	bool (*parse)(const json_t *j, struct deed *d);
} kinds[] = {
    {"admit", ACT_ADMIT, parse_admit},
    {"remove", ACT_REMOVE, parse_remove},
    {"convenors", ACT_CONVENORS, parse_convenors},
    {"rekey", ACT_REKEY, parse_rekey},
};

static bool
parse_proposal(const json_t *op, struct act *a, struct deed *d)
{
	const json_t *j = json_object_get(op, "act");
	const char *word = json_get_str(j, "kind");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (word != NULL && strcmp(kinds[i].word, word) == 0 &&
		    kinds[i].parse(j, d)) {
			a->does = kinds[i].does;
			return true;
		}
	return false;
}

/* --- the others; their shape was checked when the head was read (op.c) ---- */

static void
read_founder(const json_t *j, struct founder *f)
{
	const json_t *keys = json_object_get(j, "keys");

	f->name = mem_strdup(json_get_str(j, "name"));
	f->nkeys = json_array_size(keys);
	f->keys = read_keys(keys, f->nkeys);
	is_full_id(json_object_get(j, "recovery"), f->recovery);
}

static void
read_found(const json_t *op, struct deed *d)
{
	const json_t *orgs = json_object_get(op, "convenors");
	int64_t k = 0;

	json_get_int(op, "k", &k);
	d->k = (unsigned)k;
	d->name = mem_strdup(json_get_str(op, "name"));
	d->nfounders = json_array_size(orgs);
	d->founders = mem_zalloc((d->nfounders + 1) * sizeof(*d->founders));
	for (size_t i = 0; i < d->nfounders; i++)
		read_founder(json_array_get(orgs, i), &d->founders[i]);
}

static bool
parse(const json_t *op, struct act *a, struct deed *d)
{
	switch (a->kind) {
	case OP_FOUND:
		read_found(op, d);
		return true;
	case OP_REQUEST:
		d->name = mem_strdup(json_get_str(op, "name"));
		parse_recovery(op, true, d);
		return true;
	case OP_PROPOSE:
		return parse_proposal(op, a, d);
	default:
		return false;
	}
}

static void
deed_clear(struct deed *d)
{
	for (size_t i = 0; i < d->ncuts; i++)
		free(d->cuts[i].heads);
	for (size_t i = 0; i < d->nfounders; i++) {
		free(d->founders[i].name);
		free(d->founders[i].keys);
	}
	free(d->cuts);
	free(d->founders);
	free(d->name);
	free(d->keys);
	free(d->orgs);
}

void
trust_act_parse(struct act *a, const json_t *op)
{
	struct deed d = {0};

	if (parse(op, a, &d)) {
		a->deed = mem_alloc(sizeof(*a->deed));
		*a->deed = d;
	} else {
		deed_clear(&d);
	}
}

void
trust_act_clear(struct act *a)
{
	if (a->deed != NULL)
		deed_clear(a->deed);
	free(a->deed);
	a->deed = NULL;
}

void
trust_act_check(struct act *a)
{
	if (a->is_checked)
		return;
	a->is_checked = true;
	for (size_t i = 0; a->deed != NULL && i < a->deed->nkeys; i++)
		if (!crypto_key_ok(a->deed->keys[i])) {
			a->does = ACT_OTHER;
			trust_act_clear(a);
		}
}
