/* Organisations and keys that the standing chain lists; requests. */
#include <stdlib.h>
#include <string.h>

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

static size_t
cut_size(const struct cut *c)
{
	return c != NULL ? c->nheads : 0;
}

static void
list_keys(struct trust *t)
{
	size_t nheads = 0;

	for (size_t i = 0; i < t->world.nkeys; i++)
		nheads += cut_size(t->world.keys[i].cut);
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
		    .ncut = cut_size(from->cut)};
		if (k->ncut > 0)
			memcpy(t->heads + nheads, from->cut->heads,
			    k->ncut * HASH_LEN);
		memcpy(k->key, from->key, KEY_LEN);
		memcpy(k->org, t->world.orgs[from->org].id, ID_SIZE);
		nheads += k->ncut;
		t->nkeys++;
	}
}

/* Does this proposal admit just what the request asks for?  A convenor may
 * have put another name or other keys into it. */
static bool
is_faithful(const struct act *p, const struct act *request)
{
	const struct deed *d = p->deed, *r = request->deed;
	char org[ID_SIZE];

	if (d->nkeys != 1 || memcmp(d->keys[0], request->key, KEY_LEN) != 0)
		return false;
	ident_make(request->id, 0, org);
	return strcmp(d->org, org) == 0 && strcmp(d->name, r->name) == 0 &&
	       d->has_recovery == r->has_recovery &&
	       memcmp(d->recovery, r->recovery, HASH_LEN) == 0;
}

const struct act *
trust_open_proposal(const struct trust *t, const struct act *request)
{
	const struct act *best = NULL;

	for (size_t i = 0; i < t->nopen; i++)
		if (is_faithful(t->open[i], request) &&
		    (best == NULL || t->open[i]->approvals > best->approvals))
			best = t->open[i];
	return best;
}

/* Anybody can propose, and request: only what a convenor approved is looked at
 * for each request. */
static void
list_open(struct trust *t)
{
	size_t n;
	struct act **all = trust_after(t, t->chain[t->nchain - 1], &n);

	t->open = mem_array(NULL, n + 1, sizeof(t->open[0]));
	for (size_t i = 0; i < n; i++)
		if (all[i]->approvals > 0 && all[i]->does == ACT_ADMIT)
			t->open[t->nopen++] = all[i];
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
		*r = (struct trust_request){.name = a->deed->name,
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
	list_open(t);
	list_requests(t);
}
