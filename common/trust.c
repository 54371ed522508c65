#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

struct trust *
trust_new(const uint8_t w[static HASH_LEN])
{
	struct trust *t = mem_zalloc(sizeof(*t));

	memcpy(t->w, w, HASH_LEN);
	return t;
}

/* Drops what trust_resolve() computed. */
static void
reset(struct trust *t)
{
	world_clear(&t->world);
	free(t->proposals);
	free(t->approvals);
	free(t->approvers);
	free(t->chain);
	free(t->rivals);
	free(t->orgs);
	free(t->keys);
	free(t->heads);
	free(t->open);
	free(t->requests);
	free(t->alarms);
	t->genesis = NULL;
	t->proposals = t->approvals = NULL;
	t->approvers = NULL;
	t->chain = NULL;
	t->rivals = NULL;
	t->orgs = NULL;
	t->keys = NULL;
	t->heads = NULL;
	t->open = NULL;
	t->requests = NULL;
	t->alarms = NULL;
	t->nproposals = t->napprovals = t->napprovers = t->cap_approvers = 0;
	t->nchain = t->nrivals = t->norgs = t->nkeys = t->nopen = t->nrequests =
	    t->nalarms = 0;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	reset(t);
	for (size_t i = 0; i < t->nacts; i++)
		trust_act_clear(&t->acts[i]);
	for (size_t i = 0; i < t->nfresh; i++)
		trust_act_clear(&t->fresh[i]);
	free(t->acts);
	free(t->fresh);
	free(t);
}

/* Acts whose rules are reserved, and foundings of others, are not kept. */
static bool
has_effect(const struct trust *t, const uint8_t *id, enum op_kind kind)
{
	switch (kind) {
	case OP_FOUND:
		return memcmp(id, t->w, HASH_LEN) == 0;
	case OP_REQUEST:
	case OP_PROPOSE:
	case OP_APPROVE:
		return true;
	default:
		return false;
	}
}

void
trust_add(struct trust *t, const uint8_t id[static HASH_LEN],
    const uint8_t key[static KEY_LEN], const struct head *head)
{
	const struct op *op = head->nops == 1 ? &head->ops[0] : NULL;
	const char *about;
	struct act *a;

	if (op == NULL || !has_effect(t, id, op->op))
		return;
	if (t->nfresh == t->cap) {
		t->cap = t->cap * 2 + 16;
		t->fresh = mem_array(t->fresh, t->cap, sizeof(*t->fresh));
	}
	a = &t->fresh[t->nfresh++];
	*a = (struct act){.kind = op->op, .t = head->t};
	memcpy(a->id, id, HASH_LEN);
	memcpy(a->key, key, KEY_LEN);
	about = json_get_str(op->j, op->op == OP_PROPOSE ? "after" : "act");
	if (about != NULL)
		text_unhex(about, strlen(about), a->about, HASH_LEN);
	trust_act_parse(a, op->j);
}

static int
by_id(const void *a, const void *b)
{
	const struct act *x = a, *y = b;

	return memcmp(x->id, y->id, HASH_LEN);
}

/* Appends an act unless it is the last one already. */
static void
keep(struct trust *t, struct act *a)
{
	if (t->nacts > 0 && by_id(&t->acts[t->nacts - 1], a) == 0)
		trust_act_clear(a);
	else
		t->acts[t->nacts++] = *a;
}

/* Merges the fresh acts into those that are sorted, each once, so that the
 * order of arrival leaves no trace. */
static void
merge_fresh(struct trust *t)
{
	struct act *old = t->acts;
	size_t nold = t->nacts, i = 0, k = 0;

	if (t->nfresh == 0)
		return;
	qsort(t->fresh, t->nfresh, sizeof(*t->fresh), by_id);
	t->acts = mem_array(NULL, nold + t->nfresh, sizeof(*t->acts));
	t->nacts = 0;
	while (i < nold || k < t->nfresh)
		if (k == t->nfresh ||
		    (i < nold && by_id(&old[i], &t->fresh[k]) <= 0))
			keep(t, &old[i++]);
		else
			keep(t, &t->fresh[k++]);
	free(old);
	free(t->fresh);
	t->fresh = NULL;
	t->nfresh = t->cap = 0;
}

const struct act *
trust_find_act(const struct trust *t, const uint8_t id[static HASH_LEN])
{
	struct act key = {0};

	memcpy(key.id, id, HASH_LEN);
	return t->nacts == 0
		   ? NULL
		   : bsearch(&key, t->acts, t->nacts, sizeof(*t->acts), by_id);
}

void
trust_resolve(struct trust *t, const struct trust_ancestry *a)
{
	(void)a; /* nothing in the chain asks it; devices will */
	reset(t);
	merge_fresh(t);
	trust_resolve_chain(t);
	trust_resolve_keys(t);
}

const uint8_t (*trust_chain(const struct trust *t, size_t *ret_n))[HASH_LEN]
{
	*ret_n = t->nchain;
	return (const uint8_t(*)[HASH_LEN])t->chain;
}

bool
trust_in_force(const struct trust *t, const uint8_t act[static HASH_LEN])
{
	const struct act *a = trust_find_act(t, act);

	return a != NULL && (a == t->genesis || a->in_force);
}

const char *
trust_coalition_name(const struct trust *t)
{
	return t->genesis != NULL ? t->genesis->deed->name : "";
}

unsigned
trust_k(const struct trust *t)
{
	return t->world.k;
}

const struct trust_org *
trust_orgs(const struct trust *t, size_t *ret_n)
{
	*ret_n = t->norgs;
	return t->orgs;
}

static int
by_org(const void *a, const void *b)
{
	const struct trust_org *x = a, *y = b;

	return strcmp(x->id, y->id);
}

const struct trust_org *
trust_org(const struct trust *t, const char *id)
{
	struct trust_org want = {0};

	if (t->norgs == 0 || strlen(id) != ID_CHARS)
		return NULL;
	memcpy(want.id, id, ID_SIZE);
	return bsearch(&want, t->orgs, t->norgs, sizeof(want), by_org);
}

const struct trust_key *
trust_keys(const struct trust *t, size_t *ret_n)
{
	*ret_n = t->nkeys;
	return t->keys;
}

static int
by_key(const void *a, const void *b)
{
	const struct trust_key *x = a, *y = b;

	return memcmp(x->key, y->key, KEY_LEN);
}

const struct trust_key *
trust_key(const struct trust *t, const uint8_t key[static KEY_LEN])
{
	struct trust_key k = {0};

	memcpy(k.key, key, KEY_LEN);
	return t->nkeys == 0
		   ? NULL
		   : bsearch(&k, t->keys, t->nkeys, sizeof(*t->keys), by_key);
}

bool
trust_counts(const struct trust *t, const struct trust_ancestry *a,
    const uint8_t key[static KEY_LEN], const uint8_t change[static HASH_LEN])
{
	const struct trust_key *k = trust_key(t, key);

	if (k == NULL)
		return false;
	if (!k->is_cut)
		return true;
	return k->ncut > 0 && a->within(a->arg, change, k->cut, k->ncut);
}

const struct trust_request *
trust_requests(const struct trust *t, size_t *ret_n)
{
	*ret_n = t->nrequests;
	return t->requests;
}

const struct trust_alarm *
trust_alarms(const struct trust *t, size_t *ret_n)
{
	*ret_n = t->nalarms;
	return t->alarms;
}

static bool
same_key(const struct trust_key *a, const struct trust_key *b)
{
	return strcmp(a->org, b->org) == 0 && a->mandates == b->mandates &&
	       a->is_cut == b->is_cut && a->ncut == b->ncut &&
	       (a->ncut == 0 ||
		   memcmp(a->cut, b->cut, a->ncut * HASH_LEN) == 0);
}

bool
trust_rebuild_needed(
    const struct trust *before, const struct trust *after, struct buf *added)
{
	size_t held = 0;

	for (size_t i = 0; i < after->nkeys; i++) {
		const struct trust_key *k = &after->keys[i];
		const struct trust_key *old = trust_key(before, k->key);

		if (old == NULL)
			buf_add(added, k->key, KEY_LEN);
		else if (same_key(old, k))
			held++;
	}
	return held != before->nkeys; /* one is gone or counts otherwise */
}

bool
trust_resolve_again(
    struct trust *t, const struct trust_ancestry *a, struct buf *added)
{
	struct trust before = {
	    .keys = t->keys, .nkeys = t->nkeys, .heads = t->heads};
	bool needed;

	t->keys = NULL;
	t->heads = NULL;
	trust_resolve(t, a);
	needed = trust_rebuild_needed(&before, t, added);
	free(before.keys);
	free(before.heads);
	return needed;
}
