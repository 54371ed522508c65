/* Who approved a proposal, and is that enough?  TRUST.md, rules 2 and 4. */
#include <string.h>

#include "mem.h"
#include "trust_internal.h"

/* The first approval of a proposal; they are sorted by what they approve. */
static size_t
first_approval(const struct trust *t, const struct act *a)
{
	size_t low = 0, high = t->napprovals;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(t->approvals[mid]->about, a->id, HASH_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_approval(const struct trust *t, size_t i, const struct act *a)
{
	return i < t->napprovals &&
	       memcmp(t->approvals[i]->about, a->id, HASH_LEN) == 0;
}

bool
trust_approved(
    const struct trust *t, const struct act *a, const struct org_row *convenor)
{
	if (world_root(&t->world, a->key) == convenor)
		return true;
	for (size_t i = first_approval(t, a); is_approval(t, i, a); i++)
		if (world_root(&t->world, t->approvals[i]->key) == convenor)
			return true;
	return false;
}

/* Is the proposer the recovery key of the organisation that it rekeys? */
static bool
is_recovery(const struct trust *t, const struct act *a)
{
	const struct org_row *o;
	uint8_t hash[HASH_LEN];

	if (a->does != ACT_REKEY)
		return false;
	o = world_org(&t->world, a->deed->org);
	if (o == NULL || !o->is_active || !o->has_recovery)
		return false;
	crypto_digest(a->key, KEY_LEN, hash);
	return memcmp(hash, o->recovery, HASH_LEN) == 0;
}

static bool
is_named(const struct act *a, const struct org_row *o)
{
	for (size_t i = 0; i < a->deed->norgs; i++)
		if (strcmp(a->deed->orgs[i], o->id) == 0)
			return true;
	return false;
}

/* Nobody's approval counts on their own removal. */
static bool
is_own_removal(const struct act *a, const struct org_row *o)
{
	if (a->does == ACT_CONVENORS)
		return !is_named(a, o);
	return a->does == ACT_REMOVE && strcmp(a->deed->org, o->id) == 0;
}

/* What is counted of one proposal. */
struct tally {
	unsigned stamp;  /* marks organisations that are counted already */
	unsigned of_new; /* approvals of the set that a change names */
	bool own;        /* the organisation that is rekeyed is among them */
};

static void
keep_approver(struct trust *t, size_t row)
{
	if (t->napprovers == t->cap_approvers) {
		t->cap_approvers = t->cap_approvers * 2 + 64;
		t->approvers = mem_array(
		    t->approvers, t->cap_approvers, sizeof(t->approvers[0]));
	}
	t->approvers[t->napprovers++] = row;
}

/* An organisation's approval, once. */
static void
count(struct trust *t, struct act *a, struct org_row *o, struct tally *tally)
{
	if (o == NULL || o->stamp == tally->stamp)
		return;
	o->stamp = tally->stamp;
	if (a->does == ACT_CONVENORS && is_named(a, o))
		tally->of_new++;
	if (a->does == ACT_REKEY && strcmp(a->deed->org, o->id) == 0)
		tally->own = true;
	if (!o->is_convenor || is_own_removal(a, o))
		return;
	a->approvals++;
	keep_approver(t, (size_t)(o - t->world.orgs));
}

/* Beyond the k of the predecessor: what some kinds need as well. */
static bool
has_the_rest(const struct trust *t, const struct act *a, const struct tally *n)
{
	const struct org_row *o;

	switch (a->does) {
	case ACT_CONVENORS:
		return n->of_new >= a->deed->k;
	case ACT_REKEY:
		/* At 1 of 1 the recovery key alone rotates the convenor's. */
		o = world_org(&t->world, a->deed->org);
		if (t->world.nconvenors == 1 && o != NULL && o->is_convenor)
			return a->is_recovery;
		return n->own;
	default:
		return true;
	}
}

static void
tally_up(struct trust *t, struct act *a, unsigned stamp)
{
	struct tally n = {.stamp = stamp};

	t->napprovers = a->by;
	a->approvals = 0;
	a->need = t->world.k;
	a->is_recovery = is_recovery(t, a);
	count(t, a, world_root(&t->world, a->key), &n);
	for (size_t i = first_approval(t, a); is_approval(t, i, a); i++)
		count(t, a, world_root(&t->world, t->approvals[i]->key), &n);
	if (a->is_recovery)
		count(t, a, world_org(&t->world, a->deed->org), &n);
	a->in_force = a->approvals >= a->need && has_the_rest(t, a, &n);
}

void
trust_judge(struct trust *t, struct act *a)
{
	const unsigned stamp = 2 * (unsigned)(a - t->acts);

	a->by = t->napprovers;
	tally_up(t, a, stamp + 1);
	if (a->approvals > 0 && !a->is_checked) {
		trust_act_check(a);
		tally_up(t, a, stamp + 2);
	}
}
