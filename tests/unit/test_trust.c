#include "tests/unit/acts.h"

/* Admission: attacks on who comes in (TRUST.md, rules 1, 2, 3 and 8). */

static void
test_trust__a_convenor_admits(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id r = ask(&w, 9, "HRWG");
	struct trust *t;
	size_t n;

	(void)state;
	assert_false(counts(&w, 9));
	propose(&w, 1, g, admission(r, 9, "HRWG"));
	assert_true(counts(&w, 9));
	assert_true(counts(&w, 1));
	t = resolve(&w, 0);
	trust_chain(t, &n);
	assert_int_equal(n, 2);
	trust_requests(t, &n);
	assert_int_equal(n, 0);
	trust_orgs(t, &n);
	assert_int_equal(n, 2);
	assert_string_equal(trust_coalition_name(t), "Task Force");
	trust_free(t);
	clear(&w);
}

static void
test_trust__without_the_genesis_nobody_counts(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct act genesis = w.acts[0];
	struct trust *t = trust_new(g.b);
	uint8_t key[KEY_LEN];
	size_t n;

	(void)state;
	admit(&w, 1, g, 9, NULL);
	for (size_t i = 1; i < w.n; i++)
		trust_add(t, w.acts[i].id, w.acts[i].key, &w.acts[i].head);
	trust_resolve(t, NULL);
	trust_chain(t, &n);
	assert_int_equal(n, 0);
	key_of(9, key);
	assert_null(trust_key(t, key));
	trust_add(t, genesis.id, genesis.key, &genesis.head);
	trust_resolve(t, NULL);
	assert_non_null(trust_key(t, key));
	trust_free(t);
	clear(&w);
}

static void
test_trust__another_genesis_founds_nothing_here(void **state)
{
	struct world w = {0};
	struct id g, other;

	(void)state;
	g = found(&w, 1, 1);
	other = act(&w, 7,
	    json_pack("{s:s,s:s,s:[{s:s,s:o,s:o}],s:i}", "op", "found", "name",
		"Task Force", "convenors", "name", "Usurper", "keys",
		keys_json((int[]){7, 0}), "recovery", recovery_json(8), "k",
		1));
	admit(&w, 7, other, 9, NULL);
	admit(&w, 7, g, 10, NULL);
	assert_false(counts(&w, 7));
	assert_false(counts(&w, 9));
	assert_false(counts(&w, 10));
	clear(&w);
}

static void
test_trust__nobody_admits_himself(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id p = admit(&w, 9, g, 9, NULL);

	(void)state;
	approve(&w, 9, p);
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_member_is_no_convenor(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id a = admit(&w, 1, g, 9, NULL);

	(void)state;
	admit(&w, 9, a, 8, NULL);
	assert_true(counts(&w, 9));
	assert_false(counts(&w, 8));
	clear(&w);
}

static void
test_trust__an_approval_counts_once(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id p = admit(&w, 1, g, 9, NULL);

	(void)state;
	approve(&w, 1, p); /* proposing was approving */
	approve(&w, 1, p);
	assert_false(counts(&w, 9));
	approve(&w, 3, p);
	assert_true(counts(&w, 9));
	clear(&w);
}

static void
test_trust__two_keys_of_a_convenor_count_once(void **state)
{
	struct world w = {0};
	json_t *orgs = json_array();
	struct id g, p;

	(void)state;
	json_array_append_new(orgs,
	    json_pack("{s:s,s:o,s:o}", "name", "A", "keys",
		keys_json((int[]){1, 2, 0}), "recovery", recovery_json(21)));
	json_array_append_new(
	    orgs, json_pack("{s:s,s:o,s:o}", "name", "B", "keys",
		      keys_json((int[]){3, 0}), "recovery", recovery_json(22)));
	g = act(&w, 1,
	    json_pack("{s:s,s:s,s:o,s:i}", "op", "found", "name", "F",
		"convenors", orgs, "k", 2));
	p = admit(&w, 1, g, 9, NULL);
	approve(&w, 2, p);
	assert_false(counts(&w, 9));
	approve(&w, 3, p);
	assert_true(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_key_in_two_convenors_counts_once(void **state)
{
	struct world w = {0};
	json_t *orgs = json_array();
	struct id g;

	(void)state;
	for (int i = 0; i < 2; i++)
		json_array_append_new(
		    orgs, json_pack("{s:s,s:o,s:o}", "name", "A", "keys",
			      keys_json((int[]){1, 0}), "recovery",
			      recovery_json(21)));
	g = act(&w, 1,
	    json_pack("{s:s,s:s,s:o,s:i}", "op", "found", "name", "F",
		"convenors", orgs, "k", 2));
	approve(&w, 1, admit(&w, 1, g, 9, NULL));
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__an_unlisted_key_approves_nothing(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id p = admit(&w, 1, g, 9, NULL);

	(void)state;
	approve(&w, 9, p);  /* the newcomer */
	approve(&w, 77, p); /* a stranger */
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_device_key_approves_nothing(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id p = admit(&w, 1, g, 9, NULL);
	struct id add = act(&w, 2,
	    json_pack("{s:s,s:o,s:[s,s],s:s}", "op", "add", "key", key_json(30),
		"mandates", "edit", "sign", "label", "laptop"));

	(void)state;
	act(&w, 30,
	    json_pack("{s:s,s:o}", "op", "accept", "add", hex_json(add.b)));
	approve(&w, 30, p);
	assert_false(counts(&w, 9));
	assert_false(counts(&w, 30)); /* devices come later */
	clear(&w);
}

static void
test_trust__an_approval_counts_for_exactly_its_act(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id r, p = admit(&w, 1, g, 9, &r);
	struct id q = admit(&w, 1, g, 8, NULL);

	(void)state;
	approve(&w, 2, r); /* a request is no act */
	approve(&w, 2, g);
	approve(&w, 2, q);
	assert_false(counts(&w, 9));
	assert_true(counts(&w, 8));
	approve(&w, 3, p); /* a rival by now: as many, the smaller id */
	assert_int_equal(counts(&w, 9), memcmp(p.b, q.b, HASH_LEN) < 0);
	clear(&w);
}

static void
test_trust__an_organisation_id_comes_from_its_request(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	json_t *deed = admission(ask(&w, 9, "HRWG"), 9, "HRWG");

	(void)state;
	json_object_set_new(
	    deed, "organisation", json_string("aaaaaaaaaaaaaaaaaaaaaaaaaa"));
	propose(&w, 1, g, deed);
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust__a_request_admits_once(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id r, a = admit(&w, 1, g, 9, &r);
	struct trust *t;
	size_t n;

	(void)state;
	propose(&w, 1, a, admission(r, 8, "HRWG again"));
	assert_false(counts(&w, 8));
	t = resolve(&w, 2);
	trust_orgs(t, &n);
	assert_int_equal(n, 2);
	trust_free(t);
	clear(&w);
}

static void
test_trust__a_forged_request_names_only_its_own_key(void **state)
{
	struct world w = {0};
	struct id r;
	struct trust *t;
	uint8_t convenor[KEY_LEN];
	json_t *op, *keys, *own = key_json(66);
	struct err e;

	(void)state;
	found(&w, 1, 1);
	/* says that it is HRWG and brings along HRWG's key */
	r = act(&w, 66,
	    json_pack("{s:s,s:s,s:o}", "op", "request", "name", "HRWG", "keys",
		keys_json((int[]){9, 0})));
	t = resolve(&w, 0);
	key_of(1, convenor);
	assert_int_equal(trust_admission(t, convenor, r.b, &op, &e), 0);
	keys = json_object_get(json_object_get(op, "act"), "keys");
	assert_int_equal(json_array_size(keys), 1);
	assert_true(json_equal(json_array_get(keys, 0), own));
	json_decref(own);
	json_decref(op);
	trust_free(t);
	clear(&w);
}

static void
test_trust__a_key_serves_one_organisation(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id r, r2, a = admit(&w, 1, g, 9, &r);
	struct id b;
	struct trust *t;
	uint8_t key[KEY_LEN];
	json_t *first = member_json(r), *deed;
	size_t n;

	(void)state;
	r2 = ask(&w, 8, "ASPEK");
	deed = admission(r2, 8, "ASPEK");
	json_array_append_new(json_object_get(deed, "keys"), key_json(9));
	b = propose(&w, 1, a, deed); /* lists HRWG's key beside its own */
	assert_false(counts(&w, 8));
	deed = admission(r2, 8, "ASPEK");
	json_array_append_new(json_object_get(deed, "keys"), key_json(1));
	propose(&w, 1, b, deed); /* and a convenor's */
	assert_false(counts(&w, 8));
	t = resolve(&w, 1);
	trust_orgs(t, &n);
	assert_int_equal(n, 2);
	key_of(9, key);
	assert_string_equal(trust_key(t, key)->org, json_string_value(first));
	json_decref(first);
	trust_free(t);
	clear(&w);
}

static void
test_trust__an_act_of_unknown_kind_stands_without_effect(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id a = propose(&w, 1, g, json_pack("{s:s}", "kind", "bless"));
	struct id b = propose(&w, 1, a, json_pack("{s:s}", "kind", "admit"));

	(void)state;
	admit(&w, 1, b, 9, NULL);
	assert_true(counts(&w, 9));
	assert_int_equal(standing(&w), 4);
	clear(&w);
}

static void
test_trust__an_act_after_one_not_in_force_waits(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), p, q;
	struct id nowhere = {{5}};

	(void)state;
	admit(&w, 1, nowhere, 7, NULL);
	assert_false(counts(&w, 7));
	p = admit(&w, 1, g, 9, NULL); /* one approval of two */
	q = admit(&w, 2, p, 8, NULL);
	approve(&w, 3, q);
	assert_false(counts(&w, 8));
	approve(&w, 3, p);
	assert_true(counts(&w, 9));
	assert_true(counts(&w, 8));
	clear(&w);
}

static void
test_trust__one_of_two_siblings_stands_and_alarms(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id a = admit(&w, 1, g, 9, NULL);
	struct id b = admit(&w, 1, g, 8, NULL);
	bool first = memcmp(a.b, b.b, HASH_LEN) < 0;
	struct trust *t;
	size_t n;

	(void)state;
	assert_int_equal(counts(&w, 9), first);
	assert_int_equal(counts(&w, 8), !first);
	t = resolve(&w, 0);
	assert_non_null(strstr(trust_alarms(t, &n)[0].text, "Convenor 1"));
	assert_int_equal(n, 1);
	assert_true(trust_in_force(t, a.b) && trust_in_force(t, b.b));
	trust_free(t);
	/* the longer branch stands, whatever the ids */
	admit(&w, 1, first ? b : a, 7, NULL);
	assert_int_equal(counts(&w, 9), !first);
	assert_int_equal(counts(&w, 8), first);
	assert_true(counts(&w, 7));
	clear(&w);
}

static void
test_trust__more_approvals_stand_before_the_smaller_id(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id a = admit(&w, 1, g, 9, NULL);
	struct id b = admit(&w, 1, g, 8, NULL);
	bool first = memcmp(a.b, b.b, HASH_LEN) < 0;

	(void)state;
	approve(&w, 2, a);
	approve(&w, 2, b);
	assert_int_equal(counts(&w, 9), first);
	approve(&w, 3, first ? b : a);
	assert_int_equal(counts(&w, 9), !first);
	assert_int_equal(counts(&w, 8), first);
	clear(&w);
}

static void
test_trust__the_proposal_made_for_a_convenor_admits(void **state)
{
	struct world w = {0};
	struct id r;
	struct trust *t;
	uint8_t key[KEY_LEN];
	json_t *op;
	struct err e;

	(void)state;
	found(&w, 1, 1);
	r = ask(&w, 9, "HRWG");
	t = resolve(&w, 0);
	key_of(9, key);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	key_of(1, key);
	assert_int_equal(trust_admission(t, key, w.acts[0].id, &op, &e), -1);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), 0);
	trust_free(t);
	act(&w, 1, op);
	assert_true(counts(&w, 9));
	t = resolve(&w, 0);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	trust_free(t);
	clear(&w);
}

static void
test_trust__a_second_convenor_approves_what_the_first_proposed(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), r = ask(&w, 9, "HRWG");
	struct trust *t;
	const struct trust_request *q;
	uint8_t key[KEY_LEN];
	json_t *op;
	struct err e;
	size_t n;

	(void)state;
	/* not what the request asks for: nobody honest approves it */
	propose(&w, 3, g, admission(r, 66, "HRWG"));
	t = resolve(&w, 0);
	key_of(1, key);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), 0);
	assert_string_equal(
	    json_string_value(json_object_get(op, "op")), "propose");
	trust_free(t);
	act(&w, 1, op);
	t = resolve(&w, 0);
	q = trust_requests(t, &n);
	assert_int_equal(n, 1);
	assert_int_equal(q->approvals, 1);
	assert_int_equal(q->needed, 2);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), -1);
	key_of(2, key);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), 0);
	assert_string_equal(
	    json_string_value(json_object_get(op, "op")), "approve");
	trust_free(t);
	act(&w, 2, op);
	assert_true(counts(&w, 9));
	assert_false(counts(&w, 66));
	clear(&w);
}

static void
test_trust__a_name_that_looks_alike_is_found(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct trust *t;

	(void)state;
	propose(&w, 1, g, admission(ask(&w, 9, "HRWG"), 9, "HRWG"));
	t = resolve(&w, 0);
	assert_non_null(trust_lookalike(t, "hrwg"));
	assert_non_null(trust_lookalike(t, "H.R.W.G"));
	assert_null(trust_lookalike(t, "ASPEK"));
	trust_free(t);
	clear(&w);
}

static void
test_trust__new_keys_need_no_rebuild(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id a = admit(&w, 1, g, 9, NULL), b;
	struct trust *before, *after;
	struct buf added = BUF_INIT;
	uint8_t key[KEY_LEN];

	(void)state;
	before = resolve(&w, 0);
	admit(&w, 1, a, 8, NULL);
	after = resolve(&w, 0);
	assert_false(trust_rebuild_needed(before, after, &added));
	key_of(8, key);
	assert_int_equal(added.len, KEY_LEN);
	assert_memory_equal(added.data, key, KEY_LEN);
	trust_free(before);
	before = after;
	/* a rival branch that is longer takes both members away */
	b = admit(&w, 1, g, 7, NULL);
	b = admit(&w, 1, b, 6, NULL);
	admit(&w, 1, b, 5, NULL);
	after = resolve(&w, 0);
	buf_reset(&added);
	assert_true(trust_rebuild_needed(before, after, &added));
	trust_free(before);
	trust_free(after);
	buf_clear(&added);
	clear(&w);
}

/* Approved or not: it lists nobody, and the act after it stands. */
static void
test_trust__a_weak_key_is_listed_by_no_act(void **state)
{
	static const char weak[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct world w = {0};
	struct id g = found(&w, 1, 1), r = ask(&w, 9, "HRWG"), p;
	json_t *deed = admission(r, 9, "HRWG");

	(void)state;
	json_array_append_new(json_object_get(deed, "keys"), json_string(weak));
	p = propose(&w, 1, g, deed);
	admit(&w, 1, p, 8, NULL);
	assert_int_equal(standing(&w), 3);
	assert_false(counts(&w, 9));
	assert_true(counts(&w, 8));
	clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trust__a_convenor_admits),
	    cmocka_unit_test(test_trust__without_the_genesis_nobody_counts),
	    cmocka_unit_test(test_trust__another_genesis_founds_nothing_here),
	    cmocka_unit_test(test_trust__nobody_admits_himself),
	    cmocka_unit_test(test_trust__a_member_is_no_convenor),
	    cmocka_unit_test(test_trust__an_approval_counts_once),
	    cmocka_unit_test(test_trust__two_keys_of_a_convenor_count_once),
	    cmocka_unit_test(test_trust__a_key_in_two_convenors_counts_once),
	    cmocka_unit_test(test_trust__an_unlisted_key_approves_nothing),
	    cmocka_unit_test(test_trust__a_device_key_approves_nothing),
	    cmocka_unit_test(
		test_trust__an_approval_counts_for_exactly_its_act),
	    cmocka_unit_test(
		test_trust__an_organisation_id_comes_from_its_request),
	    cmocka_unit_test(test_trust__a_request_admits_once),
	    cmocka_unit_test(
		test_trust__a_forged_request_names_only_its_own_key),
	    cmocka_unit_test(test_trust__a_key_serves_one_organisation),
	    cmocka_unit_test(
		test_trust__an_act_of_unknown_kind_stands_without_effect),
	    cmocka_unit_test(test_trust__an_act_after_one_not_in_force_waits),
	    cmocka_unit_test(test_trust__one_of_two_siblings_stands_and_alarms),
	    cmocka_unit_test(
		test_trust__more_approvals_stand_before_the_smaller_id),
	    cmocka_unit_test(
		test_trust__the_proposal_made_for_a_convenor_admits),
	    cmocka_unit_test(
		test_trust__a_second_convenor_approves_what_the_first_proposed),
	    cmocka_unit_test(test_trust__a_name_that_looks_alike_is_found),
	    cmocka_unit_test(test_trust__new_keys_need_no_rebuild),
	    cmocka_unit_test(test_trust__a_weak_key_is_listed_by_no_act),
	};

	return cmocka_run_group_tests_name("trust", tests, setup, NULL);
}
