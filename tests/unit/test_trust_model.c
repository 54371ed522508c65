/* Random worlds are resolved both ways, the acts arriving in shuffled order,
 * and must agree. */
#include "tests/unit/naive_trust.h"

#include <time.h>

#ifndef ROUNDS
#define ROUNDS 600
#endif

/* --- random worlds, in both forms ---- */

static json_t *
org_json(const struct model *m, int org)
{
	if (org < m->nconvenors)
		return convenor_json(m->g, org + 1);
	return member_json(m->requests[org - m->nconvenors]);
}

static json_t *
cuts_json(const struct deed *d, const struct id *head)
{
	json_t *cuts = json_object();

	for (int i = 1; i < KEYS; i++) {
		json_t *name = key_json(i);

		if (d->cut[i])
			json_object_set_new(cuts, json_string_value(name),
			    json_pack("[o]", hex_json(head->b)));
		json_decref(name);
	}
	return cuts;
}

static json_t *
deed_json(const struct model *m, const struct deed *d)
{
	static const struct id head = {{7}};
	static const char *const words[] = {
	    "admit", "remove", "convenors", "rekey", "bless"};
	json_t *j = json_pack("{s:s}", "kind", words[d->kind]);
	json_t *list = json_array();
	int i;

	if (d->kind == CONVENORS) {
		for (i = 0; i < ORGS; i++)
			if (d->orgs[i])
				json_array_append_new(list, org_json(m, i));
		json_object_set_new(j, "organisations", list);
		json_object_set_new(j, "k", json_integer(d->k));
		return j;
	}
	for (i = 1; i < KEYS; i++)
		if (d->keys[i])
			json_array_append_new(list, key_json(i));
	json_object_set_new(j, "keys", list);
	json_object_set_new(j, "organisation", org_json(m, d->org));
	json_object_set_new(j, "name", json_string("x"));
	if (d->recovery != 0)
		json_object_set_new(
		    j, "recovery", recovery_json(RECOVERY(d->recovery)));
	json_object_set_new(j, "cuts", cuts_json(d, &head));
	if (d->kind == ADMIT)
		json_object_set_new(j, "request",
		    hex_json(m->requests[d->org - m->nconvenors].b));
	return j;
}

/* A deed that makes sense often enough. */
static void
choose(struct model *m, struct deed *d, uint64_t *seed)
{
	const int norgs = m->nconvenors + m->nrequests;
	int n = 0;

	*d = (struct deed){.kind = (enum kind)below(seed, KINDS)};
	if (below(seed, 3) == 0)
		d->kind = ADMIT;
	d->after = m->n == 0 ? NONE : (int)below(seed, (size_t)m->n + 1) - 1;
	if (m->n > 0 && below(seed, 2) == 0)
		d->after = m->n - 1;
	d->org = d->kind == ADMIT
		     ? m->nconvenors + (int)below(seed, (size_t)m->nrequests)
		     : (int)below(seed, (size_t)norgs);
	d->keys[d->org + 1 + (int)below(seed, 2) * norgs] = true;
	if (below(seed, 6) == 0)
		d->keys[1 + below(seed, KEYS - 1)] = true;
	if (below(seed, 2) == 0)
		d->cut[d->org + 1] = d->kind == REMOVE || !d->keys[d->org + 1];
	d->recovery = d->kind == REKEY ? 1 + (int)below(seed, 3) : 0;
	for (int o = 0; o < norgs; o++)
		n += d->orgs[o] = below(seed, 4) > 0 &&
				  (o < m->nconvenors || below(seed, 4) == 0);
	if (n == 0)
		n = d->orgs[0] = true;
	d->k = n / 2 + 1 + (int)below(seed, (size_t)(n - n / 2));
	d->proposer = 1 + (int)below(seed, (size_t)m->nconvenors);
	if (below(seed, 4) == 0)
		d->proposer = 1 + (int)below(seed, KEYS - 1);
	if (d->kind == REKEY && below(seed, 2) == 0)
		d->proposer = RECOVERY(1 + (int)below(seed, 4));
	for (int i = 1; i < KEYS; i++)
		d->approved[i] = below(seed, 5) < (i <= norgs ? 3 : 1);
}

static void
make(struct model *m, struct world *w, uint64_t *seed)
{
	const int n = 6 + (int)below(seed, ACTS - 6);

	*m = (struct model){
	    .nconvenors = 1 + (int)below(seed, 4), .nrequests = 4};
	m->k = m->nconvenors / 2 + 1;
	if (below(seed, 4) == 0)
		m->k = m->nconvenors;
	m->g = found(w, m->nconvenors, m->k);
	for (int i = 0; i < m->nrequests; i++)
		m->requests[i] = ask(w, m->nconvenors + 1 + i, "x");
	while (m->n < n) {
		struct deed *d = &m->deeds[m->n];

		choose(m, d, seed);
		d->id = propose(w, d->proposer,
		    d->after == NONE ? m->g : m->deeds[d->after].id,
		    deed_json(m, d));
		for (int i = 1; i < KEYS; i++)
			if (d->approved[i])
				approve(w, i, d->id);
		m->n++;
	}
}

/* What there was to see, so that the worlds are known not to be trivial. */
struct seen {
	int acts, longest, effects[KINDS], siblings, closed, cut;
};

static void
compare(const struct model *m, const struct world *w, size_t turn,
    struct seen *seen)
{
	struct trust *t = resolve(w, turn);
	int chain[ACTS], n;
	struct view v = model_resolve(m, chain, &n);
	size_t got;
	const uint8_t(*acts)[HASH_LEN] = trust_chain(t, &got);

	assert_int_equal(got, n + 1);
	for (int i = 0; i < n; i++) {
		assert_memory_equal(
		    acts[i + 1], m->deeds[chain[i]].id.b, HASH_LEN);
		seen->effects[m->deeds[chain[i]].kind]++;
	}
	assert_int_equal(trust_k(t), v.k);
	for (int o = 0; o < m->nconvenors + m->nrequests; o++) {
		json_t *id = org_json(m, o);
		const struct trust_org *org =
		    trust_org(t, json_string_value(id));

		assert_int_equal(org != NULL, v.listed[o]);
		if (org != NULL) {
			assert_int_equal(org->is_active, v.active[o]);
			assert_int_equal(org->is_convenor, v.convenor[o]);
		}
		json_decref(id);
	}
	for (int i = 1; i < KEYS; i++) {
		uint8_t key[KEY_LEN];
		const struct trust_key *k;
		json_t *id;

		key_of(i, key);
		k = trust_key(t, key);
		assert_int_equal(k != NULL, v.org[i] != NONE);
		if (k == NULL)
			continue;
		id = org_json(m, v.org[i]);
		assert_string_equal(k->org, json_string_value(id));
		json_decref(id);
		assert_int_equal(k->is_cut, v.closed[i]);
		assert_int_equal(k->ncut, v.closed[i] && v.cut[i] ? 1 : 0);
		seen->closed += v.closed[i];
		seen->cut += v.closed[i] && v.cut[i];
	}
	trust_alarms(t, &got);
	seen->siblings += (int)got;
	seen->acts += n;
	if (n > seen->longest)
		seen->longest = n;
	trust_free(t);
}

static void
test_trust_model__agrees_with_the_naive_rules(void **state)
{
	uint64_t seed = 2007;
	struct seen seen = {0};

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world w = {0};
		struct model m;

		make(&m, &w, &seed);
		compare(&m, &w, 0, &seen);
		compare(&m, &w, (size_t)round + 1, &seen);
		clear(&w);
	}
	if (getenv("SEEN") != NULL)
		print_message("# acts %d longest %d effects %d %d %d %d %d "
			      "siblings %d closed %d cut %d\n",
		    seen.acts, seen.longest, seen.effects[0], seen.effects[1],
		    seen.effects[2], seen.effects[3], seen.effects[4],
		    seen.siblings, seen.closed, seen.cut);
	for (int i = 0; i < KINDS; i++)
		assert_true(seen.effects[i] > ROUNDS / 20);
	assert_true(seen.longest > 5 && seen.siblings > ROUNDS / 10);
	assert_true(seen.closed > ROUNDS / 20 && seen.cut > ROUNDS / 100);
}

static void
assert_same_world(const struct trust *a, const struct trust *b)
{
	size_t n, m;
	const uint8_t(*c)[HASH_LEN] = trust_chain(a, &n);
	const uint8_t(*d)[HASH_LEN] = trust_chain(b, &m);
	const struct trust_org *o = trust_orgs(a, &n), *p = trust_orgs(b, &m);
	const struct trust_request *r, *s;
	const struct trust_alarm *x, *y;

	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(o[i].id, p[i].id);
		assert_string_equal(o[i].name, p[i].name);
		assert_int_equal(o[i].is_convenor, p[i].is_convenor);
		assert_int_equal(o[i].is_active, p[i].is_active);
	}
	trust_chain(a, &n);
	trust_chain(b, &m);
	assert_int_equal(n, m);
	if (n > 0)
		assert_memory_equal(c, d, n * HASH_LEN);
	r = trust_requests(a, &n);
	s = trust_requests(b, &m);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++) {
		assert_memory_equal(r[i].id, s[i].id, HASH_LEN);
		assert_int_equal(r[i].approvals, s[i].approvals);
		assert_int_equal(r[i].needed, s[i].needed);
	}
	x = trust_alarms(a, &n);
	y = trust_alarms(b, &m);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(x[i].text, y[i].text);
}

/* Of the first n acts in this order. */
static struct trust *
rebuild(const struct world *w, const size_t *order, size_t n)
{
	struct trust *t = trust_new(w->acts[0].id);

	for (size_t i = 0; i < n; i++) {
		const struct act *a = &w->acts[order[i]];

		trust_add(t, a->id, a->key, &a->head);
	}
	trust_resolve(t, NULL);
	return t;
}

/* Lets one trust grow and compares it with one built anew at each step. */
static int
grow(const struct world *w, uint64_t *seed)
{
	size_t *order = shuffle(w, below(seed, 1000));
	struct trust *kept = trust_new(w->acts[0].id);
	struct trust *was = rebuild(w, order, 0), *is;
	int needed = 0;

	trust_resolve(kept, NULL);
	for (size_t n = 0; n < w->n;) {
		struct buf one = BUF_INIT, two = BUF_INIT, none = BUF_INIT;
		size_t to = n + 1 + below(seed, 5);
		bool kept_says;

		for (; n < to && n < w->n; n++) {
			const struct act *a = &w->acts[order[n]];

			trust_add(kept, a->id, a->key, &a->head);
			if (below(seed, 4) == 0)
				trust_add(kept, a->id, a->key, &a->head);
		}
		assert_same_world(kept, was); /* until it is resolved */
		assert_false(trust_rebuild_needed(kept, was, &none));
		kept_says = trust_resolve_again(kept, NULL, &one);
		is = rebuild(w, order, n);
		assert_same_world(kept, is);
		assert_int_equal(
		    kept_says, trust_rebuild_needed(was, is, &two));
		assert_int_equal(one.len, two.len);
		if (one.len > 0)
			assert_memory_equal(one.data, two.data, one.len);
		assert_false(trust_rebuild_needed(kept, is, &none));
		assert_int_equal(none.len, 0);
		needed += kept_says;
		trust_free(was);
		was = is;
		buf_clear(&one);
		buf_clear(&two);
		buf_clear(&none);
	}
	trust_free(was);
	trust_free(kept);
	free(order);
	return needed;
}

static void
test_trust_model__what_grows_equals_what_is_built_anew(void **state)
{
	uint64_t seed = 2026;
	int needed = 0;

	(void)state;
	for (int round = 0; round < ROUNDS / 6; round++) {
		struct world w = {0};
		struct model m;

		make(&m, &w, &seed);
		needed += grow(&w, &seed);
		clear(&w);
	}
	assert_true(needed > ROUNDS / 60);
}

/* 300 organisations with two keys each: resolving is a matter of ms. */
static void
test_trust_model__a_large_coalition_resolves_fast(void **state)
{
	struct world w = {0};
	struct id at = found(&w, 3, 2);
	struct timespec a, b;
	struct trust *t;
	size_t n;
	double ms;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct id r = ask(&w, 100 + i, "x");
		json_t *deed = admission(r, 100 + i, "x");

		json_array_append_new(
		    json_object_get(deed, "keys"), key_json(500 + i));
		at = propose(&w, 1, at, deed);
		approve(&w, 2, at);
		approve(&w, 3, at);
	}
	t = resolve(&w, 1);
	clock_gettime(CLOCK_MONOTONIC, &a);
	trust_resolve(t, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 +
	     (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	trust_keys(t, &n);
	assert_int_equal(n, 603);
	trust_chain(t, &n);
	assert_int_equal(n, 301);
	if (ms >
	    100) /* about 1 ms; generous for sanitizers and slow machines */
		fail_msg("%.1f ms", ms);
	if (getenv("SEEN") != NULL)
		print_message("# %.2f ms\n", ms);
	trust_free(t);
	clear(&w);
}

/* A convenor's key that forks again and again: many branches, a long chain
 * with a sibling at each act. */
static void
test_trust_model__many_rivals_resolve_fast(void **state)
{
	struct world w = {0};
	struct id at = found(&w, 1, 1), side;
	struct trust *t;
	struct timespec a, b;
	size_t n;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		side = propose(&w, 1, at, json_pack("{s:s}", "kind", "bless"));
		at = propose(&w, 1, at, json_pack("{s:s}", "kind", "bless"));
	}
	(void)side;
	t = resolve(&w, 1);
	clock_gettime(CLOCK_MONOTONIC, &a);
	trust_resolve(t, NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	trust_chain(t, &n);
	assert_int_equal(n, 2001);
	trust_alarms(t, &n);
	assert_int_equal(n, 2000);
	if (getenv("SEEN") != NULL)
		print_message("# rivals %.1f ms\n",
		    (double)(b.tv_sec - a.tv_sec) * 1e3 +
			(double)(b.tv_nsec - a.tv_nsec) / 1e6);
	assert_true(b.tv_sec - a.tv_sec < 2);
	trust_free(t);
	clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trust_model__agrees_with_the_naive_rules),
	    cmocka_unit_test(
		test_trust_model__what_grows_equals_what_is_built_anew),
	    cmocka_unit_test(test_trust_model__a_large_coalition_resolves_fast),
	    cmocka_unit_test(test_trust_model__many_rivals_resolve_fast),
	};

	return cmocka_run_group_tests_name("trust_model", tests, setup, NULL);
}
