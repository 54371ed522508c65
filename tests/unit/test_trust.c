#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/trust.h"

/* A small world: keys by number, acts made in memory. */
struct act {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	struct head head;
};

struct world {
	struct act acts[32];
	size_t n;
	int64_t t;
};

static void
key_of(int number, uint8_t ret[static KEY_LEN])
{
	uint8_t seed[SEED_LEN] = {0};
	struct secret *s;

	seed[0] = (uint8_t)number;
	s = secret_from_seed(seed);
	secret_public(s, ret);
	secret_free(s);
}

static const char *
key_text(int number, char ret[static KEY_SIZE])
{
	uint8_t key[KEY_LEN];

	key_of(number, key);
	ident_key(key, ret);
	return ret;
}

/* Adds an act of a key; takes op.  The id is made up, but unique. */
static const uint8_t *
act(struct world *w, int key, json_t *op)
{
	struct act *a = &w->acts[w->n++];
	struct buf b = BUF_INIT;
	char *text;
	struct err e;

	text = json_dumps(op, JSON_COMPACT);
	json_decref(op);
	buf_printf(
	    &b, "{\"t\":%d,\"kind\":\"act\",\"ops\":[%s]}", (int)++w->t, text);
	free(text);
	crypto_digest(b.data, b.len, a->id);
	key_of(key, a->key);
	assert_int_equal(head_parse(b.data, b.len, a->id, 1, &a->head, &e), 0);
	buf_clear(&b);
	return a->id;
}

static const char *
hex(const uint8_t *id, char ret[static HEX_SIZE])
{
	text_hex(id, HASH_LEN, ret);
	return ret;
}

/* Founds with convenors 1..n, one key each. */
static const uint8_t *
found(struct world *w, int n, int k)
{
	json_t *orgs = json_array();
	char zeros[HEX_SIZE], key[KEY_SIZE], name[32];

	memset(zeros, '0', HEX_SIZE - 1);
	zeros[HEX_SIZE - 1] = '\0';
	for (int i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "Convenor %d", i);
		json_array_append_new(
		    orgs, json_pack("{s:s,s:[s],s:s}", "name", name, "keys",
			      key_text(i, key), "recovery", zeros));
	}
	return act(w, 1,
	    json_pack("{s:s,s:s,s:o,s:i}", "op", "found", "name", "Task Force",
		"convenors", orgs, "k", k));
}

static const uint8_t *
ask(struct world *w, int key, const char *name)
{
	return act(
	    w, key, json_pack("{s:s,s:s}", "op", "request", "name", name));
}

static json_t *
admission(
    const uint8_t *after, const uint8_t *request, int key, const char *name)
{
	char a[HEX_SIZE], r[HEX_SIZE], org[ID_SIZE], k[KEY_SIZE];

	ident_make(request, 0, org);
	return json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s,s:[s]}}", "op", "propose",
	    "after", hex(after, a), "act", "kind", "admit", "request",
	    hex(request, r), "organisation", org, "name", name, "keys",
	    key_text(key, k));
}

static const uint8_t *
approve(struct world *w, int key, const uint8_t *about)
{
	char a[HEX_SIZE];

	return act(w, key,
	    json_pack("{s:s,s:s}", "op", "approve", "act", hex(about, a)));
}

/* Resolves with the acts rotated by "turn": order must not matter. */
static struct trust *
resolve(const struct world *w, size_t turn)
{
	struct trust *t = trust_new(w->acts[0].id);

	for (size_t i = 0; i < w->n; i++) {
		const struct act *a = &w->acts[(i * 7 + turn) % w->n];

		if (w->n % 7 == 0)
			a = &w->acts[(i + turn) % w->n];
		trust_add(t, a->id, a->key, &a->head);
		if (i % 3 == 0)
			trust_add(t, a->id, a->key, &a->head);
	}
	trust_resolve(t, NULL);
	return t;
}

static void
clear(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		head_clear(&w->acts[i].head);
}

/* Does key number "key" count, whatever the order of arrival? */
static bool
counts(const struct world *w, int key)
{
	uint8_t k[KEY_LEN], change[HASH_LEN] = {1};
	bool first = false;

	key_of(key, k);
	for (size_t turn = 0; turn < w->n; turn++) {
		struct trust *t = resolve(w, turn);
		bool now = trust_counts(t, NULL, k, change);

		if (turn == 0)
			first = now;
		assert_int_equal(first, now);
		trust_free(t);
	}
	return first;
}

static void
test_trust__a_convenor_admits(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *r = ask(&w, 9, "HRWG");
	struct trust *t;
	size_t n;

	(void)state;
	assert_false(counts(&w, 9));
	act(&w, 1, admission(g, r, 9, "HRWG"));
	assert_true(counts(&w, 9));
	assert_true(counts(&w, 1));
	t = resolve(&w, 0);
	trust_chain(t, &n);
	assert_int_equal(n, 2);
	trust_requests(t, &n);
	assert_int_equal(n, 0);
	trust_orgs(t, &n);
	assert_int_equal(n, 2);
	trust_free(t);
	clear(&w);
}

static void
test_trust__nobody_admits_himself(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *r = ask(&w, 9, "HRWG");

	(void)state;
	act(&w, 9, admission(g, r, 9, "HRWG"));
	approve(&w, 9, w.acts[2].id);
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_member_is_no_convenor(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *a =
	    act(&w, 1, admission(g, ask(&w, 9, "HRWG"), 9, "HRWG"));

	(void)state;
	act(&w, 9, admission(a, ask(&w, 8, "ASPEK"), 8, "ASPEK"));
	assert_true(counts(&w, 9));
	assert_false(counts(&w, 8));
	clear(&w);
}

static void
test_trust__two_of_three_must_approve_exactly_this(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 3, 2);
	const uint8_t *r = ask(&w, 9, "HRWG");
	const uint8_t *p = act(&w, 1, admission(g, r, 9, "HRWG"));

	(void)state;
	approve(&w, 1, p); /* one's own approval counts once */
	approve(&w, 9, p); /* a stranger's not at all */
	approve(&w, 2, r); /* for something else: not for this */
	assert_false(counts(&w, 9));
	approve(&w, 3, p);
	assert_true(counts(&w, 9));
	clear(&w);
}

static void
test_trust__an_organisation_id_comes_from_its_request(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *r = ask(&w, 9, "HRWG");
	json_t *op = admission(g, r, 9, "HRWG");

	(void)state;
	json_object_set_new(json_object_get(op, "act"), "organisation",
	    json_string("aaaaaaaaaaaaaaaaaaaaaaaaaa"));
	act(&w, 1, op);
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_key_serves_one_organisation(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *a =
	    act(&w, 1, admission(g, ask(&w, 9, "HRWG"), 9, "HRWG"));
	const uint8_t *r = ask(&w, 8, "ASPEK");
	struct trust *t;
	size_t n;

	(void)state;
	act(&w, 1, admission(a, r, 9, "ASPEK")); /* lists HRWG's key */
	assert_false(counts(&w, 8));
	t = resolve(&w, 1);
	trust_orgs(t, &n);
	assert_int_equal(n, 2);
	trust_free(t);
	clear(&w);
}

static void
test_trust__one_of_two_siblings_stands_and_alarms(void **state)
{
	struct world w = {0};
	const uint8_t *g = found(&w, 1, 1);
	const uint8_t *a, *b;
	struct trust *t;
	size_t n;

	(void)state;
	a = act(&w, 1, admission(g, ask(&w, 9, "HRWG"), 9, "HRWG"));
	b = act(&w, 1, admission(g, ask(&w, 8, "ASPEK"), 8, "ASPEK"));
	assert_int_equal(counts(&w, 9), memcmp(a, b, HASH_LEN) < 0);
	assert_int_equal(counts(&w, 8), memcmp(a, b, HASH_LEN) > 0);
	t = resolve(&w, 0);
	trust_alarms(t, &n);
	assert_int_equal(n, 1);
	trust_free(t);
	/* the longer branch stands, whatever the ids */
	act(&w, 1, admission(b, ask(&w, 7, "UNI-APRO"), 7, "UNI-APRO"));
	assert_false(counts(&w, 9));
	assert_true(counts(&w, 8));
	assert_true(counts(&w, 7));
	clear(&w);
}

static void
test_trust__an_act_after_an_unknown_one_waits(void **state)
{
	struct world w = {0};
	uint8_t nowhere[HASH_LEN] = {5};

	(void)state;
	found(&w, 1, 1);
	act(&w, 1, admission(nowhere, ask(&w, 9, "HRWG"), 9, "HRWG"));
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__the_proposal_made_for_a_convenor_admits(void **state)
{
	struct world w = {0};
	const uint8_t *r;
	struct trust *t;
	uint8_t key[KEY_LEN];
	json_t *op;
	struct err e;

	(void)state;
	found(&w, 1, 1);
	r = ask(&w, 9, "HRWG");
	t = resolve(&w, 0);
	key_of(9, key);
	assert_int_equal(trust_admission(t, key, r, &op, &e), -1);
	key_of(1, key);
	assert_int_equal(trust_admission(t, key, r, &op, &e), 0);
	trust_free(t);
	act(&w, 1, op);
	assert_true(counts(&w, 9));
	t = resolve(&w, 0);
	assert_int_equal(trust_admission(t, key, r, &op, &e), -1);
	assert_non_null(trust_lookalike(t, "hrwg"));
	assert_null(trust_lookalike(t, "ASPEK"));
	trust_free(t);
	clear(&w);
}

static int
setup(void **state)
{
	(void)state;
	crypto_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trust__a_convenor_admits),
	    cmocka_unit_test(test_trust__nobody_admits_himself),
	    cmocka_unit_test(test_trust__a_member_is_no_convenor),
	    cmocka_unit_test(
		test_trust__two_of_three_must_approve_exactly_this),
	    cmocka_unit_test(
		test_trust__an_organisation_id_comes_from_its_request),
	    cmocka_unit_test(test_trust__a_key_serves_one_organisation),
	    cmocka_unit_test(test_trust__one_of_two_siblings_stands_and_alarms),
	    cmocka_unit_test(test_trust__an_act_after_an_unknown_one_waits),
	    cmocka_unit_test(
		test_trust__the_proposal_made_for_a_convenor_admits),
	};

	return cmocka_run_group_tests_name("trust", tests, setup, NULL);
}
