/* The governance chain: which acts are in force, which of siblings stands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

int
trust_convenor(const struct trust *t, const uint8_t key[static KEY_LEN])
{
	const json_t *orgs = t->genesis != NULL
				 ? json_object_get(t->genesis->op, "convenors")
				 : NULL;
	char text[KEY_SIZE];
	size_t i, k;
	json_t *org, *v;

	ident_key(key, text);
	json_array_foreach (orgs, i, org)
		json_array_foreach (json_object_get(org, "keys"), k, v)
			if (strcmp(json_string_value(v), text) == 0)
				return (int)i;
	return -1;
}

/* The first approval of a proposal in "index", acts sorted by "about". */
static size_t
lower(const struct act *const *index, size_t n,
    const uint8_t about[static HASH_LEN])
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(index[mid]->about, about, HASH_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
by_about(const void *a, const void *b)
{
	const struct act *x = *(const struct act *const *)a;
	const struct act *y = *(const struct act *const *)b;
	int d = memcmp(x->about, y->about, HASH_LEN);

	return d != 0 ? d : memcmp(x->id, y->id, HASH_LEN);
}

/* All acts of a kind, sorted by what they are about.  Caller frees. */
static struct act **
index_of(const struct trust *t, enum op_kind kind, size_t *ret_n)
{
	struct act **index = mem_zalloc((t->nacts + 1) * sizeof(index[0]));

	*ret_n = 0;
	for (size_t i = 0; i < t->nacts; i++)
		if (t->acts[i].kind == kind)
			index[(*ret_n)++] = &t->acts[i];
	qsort(index, *ret_n, sizeof(index[0]), by_about);
	return index;
}

bool
trust_approved(const struct trust *t, const struct act *proposal, int convenor)
{
	if (trust_convenor(t, proposal->key) == convenor)
		return true;
	for (size_t i = 0; i < t->nacts; i++)
		if (t->acts[i].kind == OP_APPROVE &&
		    memcmp(t->acts[i].about, proposal->id, HASH_LEN) == 0 &&
		    trust_convenor(t, t->acts[i].key) == convenor)
			return true;
	return false;
}

/* Distinct convenor organisations that proposed or approved exactly this
 * act; nobody counts twice, nobody else counts. */
static unsigned
count_approvals(const struct trust *t, const struct act *p,
    const struct act *const *approvals, size_t n, bool *by)
{
	size_t orgs =
	    json_array_size(json_object_get(t->genesis->op, "convenors"));
	unsigned count = 0;
	int c = trust_convenor(t, p->key);

	memset(by, 0, orgs * sizeof(by[0]));
	if (c >= 0)
		by[c] = true;
	for (size_t i = lower(approvals, n, p->id);
	     i < n && memcmp(approvals[i]->about, p->id, HASH_LEN) == 0; i++)
		if ((c = trust_convenor(t, approvals[i]->key)) >= 0)
			by[c] = true;
	for (size_t i = 0; i < orgs; i++)
		count += by[i];
	return count;
}

/* Breadth first from the genesis: an act is in force when its predecessor
 * is and k convenors approved it.  "order" gets those in force. */
static size_t
mark_in_force(
    struct trust *t, struct act **proposals, size_t np, struct act **order)
{
	size_t na, n = 0;
	struct act **approvals = index_of(t, OP_APPROVE, &na);
	bool *by = mem_zalloc(
	    json_array_size(json_object_get(t->genesis->op, "convenors")) + 1);
	const uint8_t *after = t->genesis->id;

	for (size_t next = 0;; after = order[next++]->id) {
		for (size_t i =
			 lower((const struct act *const *)proposals, np, after);
		     i < np &&
		     memcmp(proposals[i]->about, after, HASH_LEN) == 0;
		     i++) {
			struct act *p = proposals[i];

			p->approvals = count_approvals(
			    t, p, (const struct act *const *)approvals, na, by);
			p->in_force = p->approvals >= t->k;
			if (p->in_force)
				order[n++] = p;
		}
		if (next == n)
			break;
	}
	free(approvals);
	free(by);
	return n;
}

static struct act *
find_mutable(struct trust *t, const uint8_t *id)
{
	return (struct act *)(uintptr_t)trust_find_act(t, id);
}

/* Children come behind their parents in "order": walk it backwards. */
static void
measure(struct trust *t, struct act **order, size_t n)
{
	while (n-- > 0) {
		struct act *p = order[n];
		struct act *parent = find_mutable(t, p->about);

		p->depth++; /* itself */
		if (parent != NULL && parent->depth < p->depth)
			parent->depth = p->depth;
	}
}

/* TRUST.md rule 3, for chains in which convenors do not change. */
static bool
stands_before(const struct act *a, const struct act *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth;
	if (a->approvals != b->approvals)
		return a->approvals > b->approvals;
	return memcmp(a->id, b->id, HASH_LEN) < 0;
}

static void
alarm_rivals(struct trust *t, const struct act *a, const struct act *b)
{
	char one[HEX_SIZE], two[HEX_SIZE];
	struct trust_alarm *alarm;

	text_hex(a->id, HASH_LEN, one);
	text_hex(b->id, HASH_LEN, two);
	t->alarms = mem_array(t->alarms, t->nalarms + 1, sizeof(*t->alarms));
	alarm = &t->alarms[t->nalarms++];
	alarm->kind = ALARM_RIVAL_ACTS;
	snprintf(alarm->text, sizeof(alarm->text),
	    "acts %.12s and %.12s are rivals: both were approved; the first "
	    "stands",
	    one, two);
}

static void
walk(struct trust *t, struct act **proposals, size_t np)
{
	const uint8_t *at = t->genesis->id;

	while (at != NULL) {
		const struct act *best = NULL, *rival = NULL;

		t->chain =
		    mem_array(t->chain, t->nchain + 1, sizeof(t->chain[0]));
		memcpy(t->chain[t->nchain++], at, HASH_LEN);
		for (size_t i =
			 lower((const struct act *const *)proposals, np, at);
		     i < np && memcmp(proposals[i]->about, at, HASH_LEN) == 0;
		     i++) {
			if (!proposals[i]->in_force)
				continue;
			rival = best != NULL ? best : rival;
			if (best == NULL || stands_before(proposals[i], best))
				best = proposals[i];
			else
				rival = proposals[i];
		}
		if (rival != NULL)
			alarm_rivals(t, best, rival);
		at = best != NULL ? best->id : NULL;
	}
}

void
trust_resolve_chain(struct trust *t)
{
	struct act **proposals, **order;
	int64_t k = 0;
	size_t np, n;

	t->genesis = trust_find_act(t, t->w);
	if (t->genesis == NULL || t->genesis->kind != OP_FOUND) {
		t->genesis = NULL;
		return;
	}
	json_get_int(t->genesis->op, "k", &k);
	t->k = (unsigned)k;
	for (size_t i = 0; i < t->nacts; i++) {
		t->acts[i].in_force = false;
		t->acts[i].depth = 0;
	}
	proposals = index_of(t, OP_PROPOSE, &np);
	order = mem_zalloc((np + 1) * sizeof(order[0]));
	n = mark_in_force(t, proposals, np, order);
	measure(t, order, n);
	walk(t, proposals, np);
	free(proposals);
	free(order);
}
