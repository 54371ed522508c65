#include "tests/unit/acts.h"

/* Acts that change who governs: removals, new convenors, new root keys,
 * recovery, rivals (TRUST.md, rules 2 to 4 and 6). */

/* Is "change" the only head?  Enough of a log for tests of cuts. */
static bool
is_head(void *arg, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	(void)arg;
	for (size_t i = 0; i < nheads; i++)
		if (memcmp(heads[i], change, HASH_LEN) == 0)
			return true;
	return false;
}

static const struct trust_ancestry ancestry = {is_head, NULL};
static const struct id head = {{1, 2, 3}};
static const struct id other = {{4, 5, 6}};

/* Does this change of this key count, in every order of arrival? */
static bool
change_counts(const struct world *w, int key, struct id change)
{
	uint8_t k[KEY_LEN];
	bool first = false;

	key_of(key, k);
	for (size_t turn = 0; turn < 5; turn++) {
		struct trust *t = resolve(w, turn);
		bool now = trust_counts(t, &ancestry, k, change.b);

		if (turn == 0)
			first = now;
		assert_int_equal(first, now);
		trust_free(t);
	}
	return first;
}

static json_t *
cut_json(int key, struct id upto)
{
	json_t *cuts = json_object();
	json_t *name = key_json(key);

	json_object_set_new(
	    cuts, json_string_value(name), json_pack("[o]", hex_json(upto.b)));
	json_decref(name);
	return cuts;
}

/* Takes org; cuts may be NULL. */
static json_t *
removal(json_t *org, json_t *cuts)
{
	json_t *deed =
	    json_pack("{s:s,s:o}", "kind", "remove", "organisation", org);

	if (cuts != NULL)
		json_object_set_new(deed, "cuts", cuts);
	return deed;
}

static void
test_trust_chain__a_removed_member_counts_up_to_its_cut(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a = admit(&w, 1, g, 9, &r);

	(void)state;
	assert_true(change_counts(&w, 9, other));
	propose(&w, 1, a, removal(member_json(r), cut_json(9, head)));
	assert_true(change_counts(&w, 9, head));
	assert_false(change_counts(&w, 9, other));
	clear(&w);
}

static void
test_trust_chain__an_unlisted_key_of_a_removed_member_is_void(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a = admit(&w, 1, g, 9, &r);
	struct trust *t;
	uint8_t key[KEY_LEN];
	json_t *org = member_json(r);

	(void)state;
	propose(&w, 1, a, removal(json_incref(org), NULL));
	assert_false(change_counts(&w, 9, head));
	t = resolve(&w, 1);
	key_of(9, key);
	assert_true(trust_key(t, key)->is_cut);
	assert_int_equal(trust_key(t, key)->ncut, 0);
	assert_false(trust_org(t, json_string_value(org))->is_active);
	trust_free(t);
	json_decref(org);
	clear(&w);
}

/* A cut of the key 9 that names "head" and then n - 1 others. */
static json_t *
long_cut(size_t n)
{
	json_t *cuts = cut_json(9, head), *heads;
	void *it = json_object_iter(cuts);
	struct id more = {{8}};

	heads = json_object_iter_value(it);
	for (size_t i = 1; i < n; i++) {
		more.b[1] = (uint8_t)i;
		json_array_append_new(heads, hex_json(more.b));
	}
	return cuts;
}

static void
test_trust_chain__a_cut_ends_at_64_heads(void **state)
{
	(void)state;
	for (size_t n = 64; n <= 65; n++) {
		struct world w = {0};
		struct id g = found(&w, 1, 1), r;
		struct id a = admit(&w, 1, g, 9, &r);

		propose(&w, 1, a, removal(member_json(r), long_cut(n)));
		assert_true(change_counts(&w, 9, head));
		/* misshapen: the removal changes nothing */
		assert_int_equal(change_counts(&w, 9, other), n > 64);
		assert_int_equal(standing(&w), 3);
		clear(&w);
	}
}

static void
test_trust_chain__a_removal_cuts_64_keys(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a = admit(&w, 1, g, 9, &r), b;
	json_t *org = member_json(r), *cuts = json_object();
	int keys[65] = {0};

	(void)state;
	for (int i = 0; i < 64; i++) {
		json_t *one = cut_json(keys[i] = 100 + i, head);

		json_object_update(cuts, one);
		json_decref(one);
	}
	b = propose(
	    &w, 1, a, rekeying(json_incref(org), keys, 9, cut_json(9, head)));
	approve(&w, 9, b);
	propose(&w, 1, b, removal(org, cuts));
	for (int i = 100; i < 164; i += 63) {
		assert_true(change_counts(&w, i, head));
		assert_false(change_counts(&w, i, other));
	}
	clear(&w);
}

static void
test_trust_chain__a_removal_forces_a_rebuild(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a = admit(&w, 1, g, 9, &r);
	struct trust *before = resolve(&w, 0), *after;
	struct buf added = BUF_INIT;

	(void)state;
	propose(&w, 1, a, removal(member_json(r), cut_json(9, head)));
	after = resolve(&w, 0);
	assert_true(trust_rebuild_needed(before, after, &added));
	assert_int_equal(added.len, 0);
	trust_free(before);
	trust_free(after);
	buf_clear(&added);
	clear(&w);
}

static void
test_trust_chain__a_closed_key_never_returns(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a = admit(&w, 1, g, 9, &r);
	struct trust *t;
	uint8_t key[KEY_LEN];
	json_t *op;
	struct err e;

	(void)state;
	a = propose(&w, 1, a, removal(member_json(r), cut_json(9, head)));
	r = ask(&w, 9, "Member 9 again");
	t = resolve(&w, 0);
	key_of(1, key);
	assert_int_equal(trust_admission(t, key, r.b, &op, &e), -1);
	trust_free(t);
	propose(&w, 1, a, admission(r, 9, "Member 9 again"));
	assert_false(change_counts(&w, 9, other));
	assert_true(change_counts(&w, 9, head));
	clear(&w);
}

static void
test_trust_chain__a_cut_names_keys_of_its_organisation_only(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r, s;
	struct id a = admit(&w, 1, g, 9, &r);

	(void)state;
	a = admit(&w, 1, a, 8, &s);
	propose(&w, 1, a, removal(member_json(r), cut_json(8, head)));
	assert_true(change_counts(&w, 8, other));
	assert_true(change_counts(&w, 9, other)); /* no effect at all */
	clear(&w);
}

static void
test_trust_chain__a_convenor_is_not_removed_as_a_member(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);

	(void)state;
	approve(&w, 2, propose(&w, 1, g, removal(convenor_json(g, 3), NULL)));
	assert_true(change_counts(&w, 3, head));
	assert_int_equal(standing(&w), 2);
	clear(&w);
}

static void
test_trust_chain__a_removed_convenor_approves_no_more(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), c, p;

	(void)state;
	c = propose(&w, 1, g, convening(g, (int[]){1, 2, 0}, NULL, 2));
	approve(&w, 2, c);
	p = admit(&w, 1, c, 9, NULL);
	approve(&w, 3, p);
	assert_int_equal(standing(&w), 2);
	assert_false(counts(&w, 9));
	approve(&w, 2, p);
	assert_true(counts(&w, 9));
	assert_true(counts(&w, 3)); /* it stays a member */
	clear(&w);
}

static void
test_trust_chain__nobody_saves_himself_from_removal(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), c;

	(void)state;
	/* convenor 3 approves a set without itself: that does not count */
	c = propose(&w, 3, g, convening(g, (int[]){1, 2, 0}, NULL, 2));
	approve(&w, 1, c);
	assert_int_equal(standing(&w), 1);
	approve(&w, 2, c);
	assert_int_equal(standing(&w), 2);
	clear(&w);
}

static void
test_trust_chain__new_convenors_must_carry_their_own_k(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), r, a, c;

	(void)state;
	a = admit(&w, 1, g, 9, &r);
	approve(&w, 2, a);
	c = propose(
	    &w, 1, a, convening(g, (int[]){1, 2, 0}, member_json(r), 3));
	approve(&w, 2, c);
	assert_int_equal(standing(&w), 2);
	approve(&w, 9, c); /* by its keys as of the predecessor */
	assert_int_equal(standing(&w), 3);
	clear(&w);
}

static void
test_trust_chain__a_k_of_half_changes_nothing(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 2, 2), c;

	(void)state;
	c = propose(&w, 1, g, convening(g, (int[]){1, 2, 0}, NULL, 1));
	approve(&w, 2, c);
	admit(&w, 1, c, 9, NULL); /* one approval is not enough */
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust_chain__a_stranger_becomes_no_convenor(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 2, 2), r = ask(&w, 9, "X"), c;

	(void)state;
	c = propose(
	    &w, 1, g, convening(g, (int[]){1, 2, 0}, member_json(r), 2));
	approve(&w, 2, c);
	c = admit(&w, 1, c, 8, NULL);
	approve(&w, 9, c);
	assert_false(counts(&w, 8));
	approve(&w, 2, c);
	assert_true(counts(&w, 8));
	clear(&w);
}

static void
test_trust_chain__a_rekey_needs_its_own_organisation(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r, p;
	struct id a = admit(&w, 1, g, 9, &r);

	(void)state;
	/* the convenors alone give nobody other keys */
	p = propose(&w, 1, a,
	    rekeying(member_json(r), (int[]){10, 0}, 50, cut_json(9, head)));
	assert_false(change_counts(&w, 10, head));
	assert_true(change_counts(&w, 9, other));
	approve(&w, 9, p);
	assert_true(change_counts(&w, 10, other));
	assert_true(change_counts(&w, 9, head));
	assert_false(change_counts(&w, 9, other));
	clear(&w);
}

static void
test_trust_chain__a_replaced_key_approves_no_more(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), p, q;

	(void)state;
	p = propose(
	    &w, 1, g, rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	approve(&w, 2, p);
	q = admit(&w, 1, p, 9, NULL); /* the old key */
	approve(&w, 2, q);
	assert_false(counts(&w, 9));
	approve(&w, 11, q);
	assert_true(counts(&w, 9));
	clear(&w);
}

static void
test_trust_chain__a_rekey_takes_nobody_elses_key(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r, s;
	struct id a = admit(&w, 1, g, 9, &r);

	(void)state;
	a = admit(&w, 1, a, 8, &s);
	a = propose(
	    &w, 9, a, rekeying(member_json(r), (int[]){9, 8, 0}, 50, NULL));
	approve(&w, 1, a);
	assert_int_equal(standing(&w), 4); /* stands, without effect */
	a = propose(&w, 8, a, removal(member_json(s), NULL));
	approve(&w, 1, a);
	assert_false(change_counts(&w, 8, head)); /* was still its own */
	assert_true(change_counts(&w, 9, head));
	clear(&w);
}

static void
test_trust_chain__a_recovery_key_rekeys_its_organisation(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), p, q;

	(void)state;
	p = propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	assert_int_equal(standing(&w), 1); /* k holds for it as well */
	approve(&w, 2, p);
	assert_int_equal(standing(&w), 2);
	q = propose(&w, RECOVERY(1), p, /* used: another one is listed now */
	    rekeying(convenor_json(g, 1), (int[]){12, 0}, 51, NULL));
	approve(&w, 2, q);
	assert_int_equal(standing(&w), 2);
	assert_false(counts(&w, 12));
	assert_true(counts(&w, 11));
	clear(&w);
}

static void
test_trust_chain__a_recovery_key_does_nothing_else(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 2, 2), p;

	(void)state;
	p = admit(&w, RECOVERY(1), g, 9, NULL);
	approve(&w, 2, p);
	p = admit(&w, 2, g, 8, NULL);
	approve(&w, RECOVERY(1), p);
	p = propose(&w, RECOVERY(1), g, /* another organisation's keys */
	    rekeying(convenor_json(g, 2), (int[]){12, 0}, 50, NULL));
	approve(&w, 2, p);
	p = propose(&w, 2, g, /* approving instead of proposing */
	    rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	approve(&w, RECOVERY(1), p);
	assert_int_equal(standing(&w), 1);
	clear(&w);
}

static void
test_trust_chain__a_sole_convenors_key_is_rotated_by_recovery(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);

	(void)state;
	/* a stolen root key may not lock its owner out */
	propose(
	    &w, 1, g, rekeying(convenor_json(g, 1), (int[]){66, 0}, 66, NULL));
	assert_int_equal(standing(&w), 1);
	propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	assert_int_equal(standing(&w), 2);
	assert_true(counts(&w, 11));
	assert_false(counts(&w, 1));
	assert_false(counts(&w, 66));
	clear(&w);
}

static void
test_trust_chain__recovery_beats_a_thiefs_longer_branch(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), a;

	(void)state;
	a = admit(&w, 1, g, 66, NULL);
	for (int i = 67; i < 72; i++)
		a = admit(&w, 1, a, i, NULL);
	assert_true(counts(&w, 66));
	propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	assert_int_equal(standing(&w), 2);
	assert_false(counts(&w, 66));
	assert_true(counts(&w, 11));
	clear(&w);
}

static void
test_trust_chain__a_branch_that_carries_a_recovery_stands(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), a, b;

	(void)state;
	a = admit(&w, 1, g, 9, NULL);
	propose(&w, RECOVERY(1), a,
	    rekeying(convenor_json(g, 1), (int[]){11, 0}, 50, NULL));
	b = admit(&w, 1, g, 66, NULL);
	for (int i = 67; i < 72; i++)
		b = admit(&w, 1, b, i, NULL);
	assert_true(counts(&w, 9));
	assert_true(counts(&w, 11));
	assert_false(counts(&w, 66));
	clear(&w);
}

/* Two of three convenors turn: on a branch of their own they bring in
 * friends, and those build a long chain.  What the convenors of the common
 * predecessor carried decides. */
static void
test_trust_chain__friends_brought_in_later_make_no_branch_longer(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), r, a, b;

	(void)state;
	/* the honest branch: three acts by convenors 1 and 2 */
	a = admit(&w, 1, g, 9, NULL);
	approve(&w, 2, a);
	a = admit(&w, 1, a, 8, NULL);
	approve(&w, 2, a);
	a = admit(&w, 1, a, 7, NULL);
	approve(&w, 2, a);
	/* the other: 2 and 3 admit a friend, and make it a convenor */
	b = admit(&w, 2, g, 66, &r);
	approve(&w, 3, b);
	b = propose(
	    &w, 2, b, convening(g, (int[]){2, 3, 0}, member_json(r), 2));
	approve(&w, 3, b);
	for (int i = 67; i < 75; i++) {
		b = admit(&w, 3, b, i, NULL);
		approve(&w, 66, b);
	}
	assert_true(counts(&w, 7));
	assert_false(counts(&w, 66));
	assert_int_equal(standing(&w), 4);
	assert_int_equal(alarms(&w), 1);
	clear(&w);
}

/* As above, but equal in what the old convenors carried: then the whole
 * length decides. */
static void
test_trust_chain__then_the_longer_chain_stands(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), r, a, b;

	(void)state;
	a = admit(&w, 1, g, 9, NULL);
	approve(&w, 2, a);
	approve(&w, 3, a); /* weighs less than the length */
	a = admit(&w, 1, a, 8, NULL);
	approve(&w, 2, a);
	b = admit(&w, 2, g, 66, &r);
	approve(&w, 3, b);
	b = propose(
	    &w, 2, b, convening(g, (int[]){2, 3, 0}, member_json(r), 2));
	approve(&w, 3, b);
	approve(&w, 66, admit(&w, 3, b, 67, NULL));
	assert_true(counts(&w, 67));
	assert_false(counts(&w, 9));
	clear(&w);
}

static void
test_trust_chain__what_comes_later_uncounts_no_approval(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2), a, c;

	(void)state;
	a = admit(&w, 3, g, 9, NULL);
	approve(&w, 1, a);
	c = propose(&w, 1, a, convening(g, (int[]){1, 2, 0}, NULL, 2));
	approve(&w, 2, c);
	c = propose(&w, 1, c, removal(convenor_json(g, 3), NULL));
	approve(&w, 2, c);
	assert_false(change_counts(&w, 3, head));
	assert_true(counts(&w, 9));
	assert_int_equal(standing(&w), 4);
	clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_trust_chain__a_removed_member_counts_up_to_its_cut),
	    cmocka_unit_test(
		test_trust_chain__an_unlisted_key_of_a_removed_member_is_void),
	    cmocka_unit_test(test_trust_chain__a_cut_ends_at_64_heads),
	    cmocka_unit_test(test_trust_chain__a_removal_cuts_64_keys),
	    cmocka_unit_test(test_trust_chain__a_removal_forces_a_rebuild),
	    cmocka_unit_test(test_trust_chain__a_closed_key_never_returns),
	    cmocka_unit_test(
		test_trust_chain__a_cut_names_keys_of_its_organisation_only),
	    cmocka_unit_test(
		test_trust_chain__a_convenor_is_not_removed_as_a_member),
	    cmocka_unit_test(
		test_trust_chain__a_removed_convenor_approves_no_more),
	    cmocka_unit_test(
		test_trust_chain__nobody_saves_himself_from_removal),
	    cmocka_unit_test(
		test_trust_chain__new_convenors_must_carry_their_own_k),
	    cmocka_unit_test(test_trust_chain__a_k_of_half_changes_nothing),
	    cmocka_unit_test(test_trust_chain__a_stranger_becomes_no_convenor),
	    cmocka_unit_test(
		test_trust_chain__a_rekey_needs_its_own_organisation),
	    cmocka_unit_test(test_trust_chain__a_replaced_key_approves_no_more),
	    cmocka_unit_test(test_trust_chain__a_rekey_takes_nobody_elses_key),
	    cmocka_unit_test(
		test_trust_chain__a_recovery_key_rekeys_its_organisation),
	    cmocka_unit_test(
		test_trust_chain__a_recovery_key_does_nothing_else),
	    cmocka_unit_test(
		test_trust_chain__a_sole_convenors_key_is_rotated_by_recovery),
	    cmocka_unit_test(
		test_trust_chain__recovery_beats_a_thiefs_longer_branch),
	    cmocka_unit_test(
		test_trust_chain__a_branch_that_carries_a_recovery_stands),
	    cmocka_unit_test(
		test_trust_chain__friends_brought_in_later_make_no_branch_longer),
	    cmocka_unit_test(test_trust_chain__then_the_longer_chain_stands),
	    cmocka_unit_test(
		test_trust_chain__what_comes_later_uncounts_no_approval),
	};

	return cmocka_run_group_tests_name("trust_chain", tests, setup, NULL);
}
