/* Organisations and keys that the standing chain lists; requests. */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

static void
list_orgs(struct trust *t)
{
	t->orgs = mem_array(NULL, t->world.norgs, sizeof(t->orgs[0]));
	for (size_t i = 0; i < t->world.norgs; i++) {
		const struct org_row *from = &t->world.orgs[i];
		struct trust_org *o = &t->orgs[t->norgs];

		if (!from->is_listed)
			continue;
		*o = (struct trust_org){.name = from->name,
		    .is_convenor = from->is_convenor,
		    .is_active = from->is_active};
		memcpy(o->id, from->id, ID_SIZE);
		memcpy(o->act, from->act, HASH_LEN);
		t->norgs++;
	}
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

/* The heads of a cut, sorted, each once, into "ret"; how many. */
static size_t
read_cut(const json_t *cut, uint8_t (*ret)[HASH_LEN])
{
	size_t n = json_array_size(cut), kept = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(cut, i);

		text_unhex(json_string_value(v), json_string_length(v), ret[i],
		    HASH_LEN);
	}
	if (n > 1)
		qsort(ret, n, HASH_LEN, by_bytes);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || memcmp(ret[kept - 1], ret[i], HASH_LEN) != 0)
			memmove(ret[kept++], ret[i], HASH_LEN);
	return kept;
}

static void
list_keys(struct trust *t)
{
	size_t nheads = 0;

	for (size_t i = 0; i < t->world.nkeys; i++)
		nheads += json_array_size(t->world.keys[i].cut);
	t->heads = mem_array(NULL, nheads, HASH_LEN);
	t->keys = mem_array(NULL, t->world.nkeys, sizeof(t->keys[0]));
	nheads = 0;
	for (size_t i = 0; i < t->world.nkeys; i++) {
		const struct key_row *from = &t->world.keys[i];
		struct trust_key *k = &t->keys[t->nkeys];

		if (from->org == NO_ORG)
			continue;
		*k = (struct trust_key){.mandates = MANDATE_EDIT | MANDATE_SIGN,
		    .is_root = true,
		    .is_cut = from->is_closed,
		    .cut = (const uint8_t(*)[HASH_LEN])(t->heads + nheads),
		    .ncut = read_cut(from->cut, t->heads + nheads)};
		memcpy(k->key, from->key, KEY_LEN);
		memcpy(k->org, t->world.orgs[from->org].id, ID_SIZE);
		nheads += k->ncut;
		t->nkeys++;
	}
}

static bool
same(const json_t *a, const json_t *b)
{
	return a == NULL || b == NULL ? a == b : json_equal(a, b) != 0;
}

/* Does this proposal admit just what the request asks for?  A convenor may
 * have put another name or other keys into it. */
static bool
is_faithful(const struct act *p, const struct act *request)
{
	char org[ID_SIZE];

	if (p->does != ACT_ADMIT || p->nkeys != 1 ||
	    memcmp(p->keys[0], request->key, KEY_LEN) != 0)
		return false;
	ident_make(request->id, 0, org);
	return strcmp(p->org, org) == 0 &&
	       same(json_object_get(p->deed, "name"),
		   json_object_get(request->op, "name")) &&
	       same(json_object_get(p->deed, "recovery"),
		   json_object_get(request->op, "recovery"));
}

const struct act *
trust_open_proposal(const struct trust *t, const struct act *request)
{
	const struct act *best = NULL;
	struct act **open;
	size_t n;

	if (t->nchain == 0)
		return NULL;
	open = trust_after(t, t->chain[t->nchain - 1], &n);
	for (size_t i = 0; i < n; i++)
		if (open[i]->approvals > 0 && is_faithful(open[i], request) &&
		    (best == NULL || open[i]->approvals > best->approvals))
			best = open[i];
	return best;
}

static void
list_requests(struct trust *t)
{
	size_t cap = 0;

	for (size_t i = 0; i < t->nacts; i++) {
		const struct act *a = &t->acts[i], *open;
		struct trust_request *r;

		if (a->kind != OP_REQUEST || trust_key(t, a->key) != NULL)
			continue;
		if (t->nrequests == cap) {
			cap = cap * 2 + 16;
			t->requests =
			    mem_array(t->requests, cap, sizeof(t->requests[0]));
		}
		open = trust_open_proposal(t, a);
		r = &t->requests[t->nrequests++];
		*r = (struct trust_request){.name = json_get_str(a->op, "name"),
		    .t = a->t,
		    .approvals = open != NULL ? open->approvals : 0,
		    .needed = t->world.k};
		memcpy(r->id, a->id, HASH_LEN);
		memcpy(r->key, a->key, KEY_LEN);
		ident_make(a->id, 0, r->org);
	}
}

void
trust_resolve_keys(struct trust *t)
{
	if (t->genesis == NULL)
		return;
	list_orgs(t);
	list_keys(t);
	list_requests(t);
}
