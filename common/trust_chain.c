/* The governance chain: which acts are in force, which of siblings stands.
 * TRUST.md, rules 2 to 4. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "trust_internal.h"

/* --- looking acts up ---- */

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

struct act **
trust_after(
    const struct trust *t, const uint8_t id[static HASH_LEN], size_t *ret_n)
{
	size_t low = 0, high = t->nproposals;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(t->proposals[mid]->about, id, HASH_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (*ret_n = 0;
	     low + *ret_n < t->nproposals &&
	     memcmp(t->proposals[low + *ret_n]->about, id, HASH_LEN) == 0;)
		++*ret_n;
	return t->proposals + low;
}

/* --- in force ---- */

/* An act on the path that is being walked.  The path is a stack of our own:
 * a hostile convenor may make it long. */
struct step {
	struct act *act; /* NULL: the genesis */
	struct act **next;
	size_t left;
	struct world_mark mark; /* of the world before this act */
};

/* Steps onto an act in force: judges all that name it as predecessor. */
static void
enter(struct trust *t, struct step *s, struct act *a)
{
	*s = (struct step){.act = a, .mark = world_mark(&t->world)};
	if (a != NULL) {
		world_apply(&t->world, a);
		a->depth = 1;
		a->has_convenors = a->does == ACT_CONVENORS;
		a->has_recovery = a->is_recovery;
	}
	s->next = trust_after(t, a != NULL ? a->id : t->w, &s->left);
	for (size_t i = 0; i < s->left; i++)
		trust_judge(t, s->next[i]);
}

/* Steps back, telling the predecessor what is built on it. */
static void
leave(struct trust *t, const struct step *s, struct act *before)
{
	world_undo(&t->world, &s->mark);
	if (before == NULL)
		return;
	if (before->depth < s->act->depth + 1)
		before->depth = s->act->depth + 1;
	before->has_convenors |= s->act->has_convenors;
	before->has_recovery |= s->act->has_recovery;
}

/* Walks the tree of acts in force, each with the world as of itself. */
static void
mark_in_force(struct trust *t)
{
	struct step *path = mem_array(NULL, t->nproposals + 1, sizeof(path[0]));
	size_t n = 1;

	enter(t, &path[0], NULL);
	while (n > 0) {
		struct step *s = &path[n - 1];

		if (s->left > 0) {
			struct act *a = *s->next++;

			s->left--;
			if (a->in_force)
				enter(t, &path[n++], a);
		} else {
			n--;
			if (n > 0)
				leave(t, s, path[n - 1].act);
		}
	}
	free(path);
}

/* --- siblings ---- */

/* Did it reach its k with convenors of the act that the world is as of? */
static bool
is_carried(const struct trust *t, const struct act *a)
{
	unsigned n = 0;

	for (size_t i = 0; i < a->approvals; i++)
		n += t->world.orgs[t->approvers[a->by + i]].is_convenor;
	return n >= a->need;
}

/* How strong a sibling is, seen from the common predecessor, as of which the
 * world is. */
struct strength {
	bool recovers; /* is or carries a recovery, at 1 of 1 */
	size_t core;   /* longest chain by convenors of then */
};

/* Is this a recovery by the key listed at the common predecessor? */
static bool
is_recovery_of_then(const struct trust *t, const struct act *a)
{
	const struct org_row *o;
	uint8_t hash[HASH_LEN];

	if (!a->is_recovery)
		return false;
	o = world_org(&t->world, a->deed->org);
	if (o == NULL || !o->is_convenor || !o->has_recovery)
		return false;
	crypto_digest(a->key, KEY_LEN, hash);
	return memcmp(hash, o->recovery, HASH_LEN) == 0;
}

/* The slow way, for acts on which convenors change or recover: looks at all
 * that is built on the sibling. */
static struct strength
measure_all(const struct trust *t, struct act *sibling)
{
	const bool alone = t->world.nconvenors == 1;
	struct todo {
		struct act *act;
		size_t core; /* of its predecessors, from the sibling on */
	} *todo = mem_array(NULL, t->nproposals + 1, sizeof(todo[0]));
	struct strength s = {0};
	size_t n = 1;

	todo[0] = (struct todo){sibling, 0};
	while (n > 0) {
		const struct todo at = todo[--n];
		size_t core = at.core + is_carried(t, at.act);
		size_t nafter;
		struct act **after = trust_after(t, at.act->id, &nafter);

		if (core > s.core)
			s.core = core;
		if (alone && is_recovery_of_then(t, at.act))
			s.recovers = true;
		for (size_t i = 0; i < nafter; i++)
			if (after[i]->in_force)
				todo[n++] = (struct todo){after[i], core};
	}
	free(todo);
	return s;
}

static struct strength
measure(const struct trust *t, struct act *a)
{
	if (a->has_convenors || a->has_recovery)
		return measure_all(t, a);
	return (struct strength){.core = a->depth};
}

static bool
is_stronger(const struct act *a, const struct strength *sa, const struct act *b,
    const struct strength *sb)
{
	if (sa->recovers != sb->recovers)
		return sa->recovers;
	if (sa->core != sb->core)
		return sa->core > sb->core;
	if (a->depth != b->depth)
		return a->depth > b->depth;
	if (a->approvals != b->approvals)
		return a->approvals > b->approvals;
	return memcmp(a->id, b->id, HASH_LEN) < 0;
}

static void
keep_rivals(struct trust *t, const struct act *stands, const struct act *other)
{
	if ((t->nrivals & (t->nrivals - 1)) == 0) /* full: a power of two */
		t->rivals = mem_array(
		    t->rivals, 2 * t->nrivals + 1, sizeof(*t->rivals));
	t->rivals[t->nrivals++] = (struct rivals){stands, other};
}

/* Of the acts in force on "at", the one that stands; NULL if there is none. */
static struct act *
choose(struct trust *t, const uint8_t *at)
{
	size_t n;
	struct act **after = trust_after(t, at, &n);
	struct act *best = NULL, *rival = NULL;
	struct strength best_is = {0}, rival_is = {0};

	for (size_t i = 0; i < n; i++) {
		struct act *a = after[i];
		struct strength is;

		if (!a->in_force)
			continue;
		is = measure(t, a);
		if (best == NULL || is_stronger(a, &is, best, &best_is)) {
			rival = best;
			rival_is = best_is;
			best = a;
			best_is = is;
		} else if (rival == NULL ||
			   is_stronger(a, &is, rival, &rival_is)) {
			rival = a;
			rival_is = is;
		}
	}
	if (rival != NULL)
		keep_rivals(t, best, rival);
	return best;
}

static void
walk(struct trust *t)
{
	const uint8_t *at = t->w;

	t->chain = mem_array(NULL, t->nproposals + 1, sizeof(t->chain[0]));
	while (at != NULL) {
		struct act *next;

		memcpy(t->chain[t->nchain++], at, HASH_LEN);
		next = choose(t, at);
		if (next != NULL)
			world_apply(&t->world, next);
		at = next != NULL ? next->id : NULL;
	}
}

void
trust_resolve_chain(struct trust *t)
{
	t->genesis = trust_find_act(t, t->w);
	if (t->genesis == NULL || t->genesis->kind != OP_FOUND) {
		t->genesis = NULL;
		return;
	}
	t->proposals = index_of(t, OP_PROPOSE, &t->nproposals);
	t->approvals = index_of(t, OP_APPROVE, &t->napprovals);
	for (size_t i = 0; i < t->nacts; i++) {
		t->acts[i].in_force = false;
		t->acts[i].approvals = 0;
	}
	world_found(&t->world, t);
	mark_in_force(t);
	walk(t);
	trust_resolve_alarms(t);
}
