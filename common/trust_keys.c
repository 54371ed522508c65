/* Organisations and keys that the standing chain lists; requests. */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

static struct trust_key *
find_key(struct trust *t, const uint8_t *key)
{
	for (size_t i = 0; i < t->nkeys; i++)
		if (memcmp(t->keys[i].key, key, KEY_LEN) == 0)
			return &t->keys[i];
	return NULL;
}

static void
add_key(struct trust *t, const char *text, const char *org)
{
	struct trust_key *k;
	uint8_t key[KEY_LEN];

	if (ident_parse_key(text, strlen(text), key) == -1 ||
	    find_key(t, key) != NULL)
		return;
	t->keys = mem_array(t->keys, t->nkeys + 1, sizeof(*t->keys));
	k = &t->keys[t->nkeys++];
	*k = (struct trust_key){
	    .mandates = MANDATE_EDIT | MANDATE_SIGN, .is_root = true};
	memcpy(k->key, key, KEY_LEN);
	memcpy(k->org, org, ID_SIZE);
}

static void
add_org(struct trust *t, const char *id, const json_t *from, bool convenor,
    const uint8_t *act)
{
	struct trust_org *o;
	size_t i;
	json_t *v;

	t->orgs = mem_array(t->orgs, t->norgs + 1, sizeof(*t->orgs));
	o = &t->orgs[t->norgs++];
	*o = (struct trust_org){.name = json_get_str(from, "name"),
	    .is_convenor = convenor,
	    .is_active = true};
	memcpy(o->id, id, ID_SIZE);
	memcpy(o->act, act, HASH_LEN);
	json_array_foreach (json_object_get(from, "keys"), i, v)
		add_key(t, json_string_value(v), id);
}

static void
found(struct trust *t)
{
	const json_t *orgs = json_object_get(t->genesis->op, "convenors");
	char id[ID_SIZE];
	size_t i;
	json_t *v;

	json_array_foreach (orgs, i, v) {
		ident_make(t->w, i, id);
		add_org(t, id, v, true, t->w);
	}
}

/* May this admission have an effect: is it whole, is the id that of the
 * request, is no key listed for somebody already? */
static bool
is_admission(struct trust *t, const json_t *act, char ret_org[static ID_SIZE])
{
	const char *kind = json_get_str(act, "kind");
	const char *request = json_get_str(act, "request");
	const char *org = json_get_str(act, "organisation");
	const char *name = json_get_str(act, "name");
	const json_t *keys = json_object_get(act, "keys");
	uint8_t id[HASH_LEN], key[KEY_LEN];
	size_t i;
	json_t *v;

	if (kind == NULL || strcmp(kind, "admit") != 0 || request == NULL ||
	    org == NULL || name == NULL || strlen(name) > 512 ||
	    text_unhex(request, strlen(request), id, HASH_LEN) == -1)
		return false;
	ident_make(id, 0, ret_org);
	if (strcmp(org, ret_org) != 0 || trust_org(t, org) != NULL ||
	    json_array_size(keys) == 0)
		return false;
	json_array_foreach (keys, i, v)
		if (!json_is_string(v) ||
		    ident_parse_key(json_string_value(v), json_string_length(v),
			key) == -1 ||
		    find_key(t, key) != NULL)
			return false;
	return true;
}

static int
by_key(const void *a, const void *b)
{
	const struct trust_key *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_LEN);
}

/* The open proposal that would admit this request, after the last act. */
static unsigned
approvals_for(const struct trust *t, const uint8_t *request)
{
	const uint8_t *last = t->chain[t->nchain - 1];
	char hex[HEX_SIZE];
	unsigned best = 0;

	text_hex(request, HASH_LEN, hex);
	for (size_t i = 0; i < t->nacts; i++) {
		const struct act *p = &t->acts[i];
		const char *s =
		    json_get_str(json_object_get(p->op, "act"), "request");

		if (p->kind == OP_PROPOSE &&
		    memcmp(p->about, last, HASH_LEN) == 0 && s != NULL &&
		    strcmp(s, hex) == 0 && p->approvals > best)
			best = p->approvals;
	}
	return best;
}

static void
list_requests(struct trust *t)
{
	for (size_t i = 0; i < t->nacts; i++) {
		const struct act *a = &t->acts[i];
		struct trust_request *r;

		if (a->kind != OP_REQUEST || find_key(t, a->key) != NULL)
			continue;
		t->requests = mem_array(
		    t->requests, t->nrequests + 1, sizeof(*t->requests));
		r = &t->requests[t->nrequests++];
		*r = (struct trust_request){.name = json_get_str(a->op, "name"),
		    .t = a->t,
		    .approvals = approvals_for(t, a->id),
		    .needed = t->k};
		memcpy(r->id, a->id, HASH_LEN);
		memcpy(r->key, a->key, KEY_LEN);
		ident_make(a->id, 0, r->org);
	}
}

void
trust_resolve_keys(struct trust *t)
{
	char org[ID_SIZE];

	if (t->genesis == NULL)
		return;
	found(t);
	for (size_t i = 1; i < t->nchain; i++) {
		const struct act *a = trust_find_act(t, t->chain[i]);
		const json_t *act = json_object_get(a->op, "act");

		if (is_admission(t, act, org))
			add_org(t, org, act, false, a->id);
	}
	list_requests(t);
	qsort(t->keys, t->nkeys, sizeof(*t->keys), by_key);
}
