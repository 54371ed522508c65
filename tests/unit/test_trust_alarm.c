#include "tests/unit/acts.h"

/* How long rivals alarm (TRUST.md, section 4): until the key that approved
 * both is stopped, and not because who holds it goes on. */

static struct id
smaller(struct id a, struct id b)
{
	return memcmp(a.b, b.b, HASH_LEN) < 0 ? a : b;
}

/* Is this convenor of the genesis named by the one alarm there is? */
static bool
is_named(const struct world *w, const char *name)
{
	struct trust *t = resolve(w, 4);
	size_t n;
	const struct trust_alarm *a = trust_alarms(t, &n);
	bool is = false;

	assert_int_equal(n, 1);
	assert_int_equal(a[0].kind, ALARM_RIVAL_ACTS);
	is = strstr(a[0].text, name) != NULL;
	trust_free(t);
	return is;
}

/* An act after "after" by all of these convenors, up to 0; takes the deed. */
static struct id
carry(struct world *w, const int *by, struct id after, json_t *deed)
{
	struct id a = propose(w, *by, after, deed);

	while (*++by != 0)
		approve(w, *by, a);
	return a;
}

/* The admission of a newcomer by all of these convenors. */
static struct id
carry_admission(struct world *w, const int *by, struct id after, int key)
{
	struct id a = admit(w, *by, after, key, NULL);

	while (*++by != 0)
		approve(w, *by, a);
	return a;
}

static void
test_trust_alarm__whoever_holds_the_key_cannot_end_it(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), r;
	struct id a, b, first;

	(void)state;
	a = admit(&w, 1, g, 9, &r);
	b = admit(&w, 1, g, 8, NULL);
	first = smaller(a, b);
	assert_int_equal(alarms(&w), 1);
	/* neither on the side that stands nor on the other */
	first = admit(&w, 1, first, 7, NULL);
	first = admit(&w, 1, first, 6, NULL);
	assert_true(is_named(&w, "Convenor 1"));
	admit(&w, 1, memcmp(a.b, smaller(a, b).b, HASH_LEN) == 0 ? b : a, 5,
	    NULL);
	assert_true(is_named(&w, "Convenor 1"));
	/* nor with a new key: that takes the sheet */
	first = propose(&w, 1, first,
	    rekeying(convenor_json(g, 1), (int[]){2, 0}, RECOVERY(2), NULL));
	assert_true(is_named(&w, "Convenor 1"));
	clear(&w);
}

static void
test_trust_alarm__a_recovery_ends_it(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1), stands;
	struct id a = admit(&w, 1, g, 9, NULL);
	struct id b = admit(&w, 1, g, 8, NULL);
	struct trust *t;
	size_t n;

	(void)state;
	stands = propose(&w, RECOVERY(1), smaller(a, b),
	    rekeying(convenor_json(g, 1), (int[]){2, 0}, RECOVERY(2), NULL));
	assert_int_equal(standing(&w), 3);
	assert_int_equal(alarms(&w), 0);
	/* what happened is not forgotten, and the new key is a new matter */
	t = resolve(&w, 2);
	assert_true(trust_in_force(t, a.b) && trust_in_force(t, b.b));
	trust_chain(t, &n);
	assert_int_equal(n, 3);
	trust_free(t);
	admit(&w, 2, stands, 7, NULL);
	assert_int_equal(alarms(&w), 0);
	admit(&w, 2, stands, 6, NULL);
	assert_int_equal(alarms(&w), 1);
	clear(&w);
}

/* The thief's acts against the recovery: the recovery is the answer. */
static void
test_trust_alarm__a_recovery_beside_a_thiefs_act_is_none(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);

	(void)state;
	propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){2, 0}, RECOVERY(2), NULL));
	admit(&w, 1, admit(&w, 1, g, 9, NULL), 8, NULL);
	assert_false(counts(&w, 9));
	assert_int_equal(alarms(&w), 0);
	clear(&w);
}

/* A copied sheet is in two hands: which of them stands may be the thief's. */
static void
test_trust_alarm__two_recoveries_by_one_sheet_alarm(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct id a = propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){2, 0}, RECOVERY(2), NULL));
	struct id b = propose(&w, RECOVERY(1), g,
	    rekeying(convenor_json(g, 1), (int[]){3, 0}, RECOVERY(3), NULL));
	bool first = memcmp(a.b, b.b, HASH_LEN) < 0;

	(void)state;
	assert_true(is_named(&w, "Convenor 1"));
	/* the new key says nothing about the sheet, the next sheet does */
	a = admit(&w, first ? 2 : 3, first ? a : b, 9, NULL);
	assert_true(is_named(&w, "Convenor 1"));
	propose(&w, RECOVERY(first ? 2 : 3), a,
	    rekeying(convenor_json(g, 1), (int[]){4, 0}, RECOVERY(4), NULL));
	assert_true(counts(&w, 4));
	assert_int_equal(alarms(&w), 0);
	clear(&w);
}

static void
test_trust_alarm__convenors_who_leave_it_out_end_it(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 3, 2);
	struct id a = carry_admission(&w, (int[]){1, 2, 0}, g, 9);
	struct id b = carry_admission(&w, (int[]){1, 3, 0}, g, 8);
	struct id at;

	(void)state;
	assert_true(is_named(&w, "Convenor 1"));
	assert_false(is_named(&w, "Convenor 2"));
	/* the others go on; that alone says nothing of the one */
	at = carry_admission(&w, (int[]){2, 3, 0}, smaller(a, b), 7);
	assert_true(is_named(&w, "Convenor 1"));
	at = carry(
	    &w, (int[]){2, 3, 0}, at, convening(g, (int[]){2, 3, 0}, NULL, 2));
	assert_int_equal(alarms(&w), 0);
	/* back with the same key: back with the alarm */
	at = carry(&w, (int[]){2, 3, 0}, at,
	    convening(g, (int[]){1, 2, 3, 0}, NULL, 2));
	assert_true(is_named(&w, "Convenor 1"));
	carry(&w, (int[]){2, 3, 1, 0}, at,
	    rekeying(convenor_json(g, 1), (int[]){4, 0}, RECOVERY(4), NULL));
	assert_true(counts(&w, 4));
	assert_int_equal(alarms(&w), 0);
	clear(&w);
}

/* The alarm ends for one and stays for the other; and who approved not the
 * strongest rival but a third act is found as well. */
static void
test_trust_alarm__each_who_approved_both_is_looked_at(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 5, 3);
	struct id stands = carry_admission(&w, (int[]){1, 2, 3, 4, 0}, g, 9);
	struct id at;

	(void)state;
	carry_admission(&w, (int[]){1, 2, 5, 0}, g, 8);
	assert_true(is_named(&w, "Convenor 1, Convenor 2"));
	at = carry(&w, (int[]){2, 3, 4, 0}, stands,
	    convening(g, (int[]){2, 3, 4, 5, 0}, NULL, 3));
	assert_false(is_named(&w, "Convenor 1"));
	assert_true(is_named(&w, "Convenor 2"));
	carry(&w, (int[]){3, 4, 5, 0}, at,
	    convening(g, (int[]){3, 4, 5, 0}, NULL, 2));
	assert_int_equal(alarms(&w), 0);
	carry_admission(&w, (int[]){1, 2, 3, 0}, g, 7);
	assert_true(is_named(&w, "Convenor 3"));
	clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_trust_alarm__whoever_holds_the_key_cannot_end_it),
	    cmocka_unit_test(test_trust_alarm__a_recovery_ends_it),
	    cmocka_unit_test(
		test_trust_alarm__a_recovery_beside_a_thiefs_act_is_none),
	    cmocka_unit_test(
		test_trust_alarm__two_recoveries_by_one_sheet_alarm),
	    cmocka_unit_test(
		test_trust_alarm__convenors_who_leave_it_out_end_it),
	    cmocka_unit_test(
		test_trust_alarm__each_who_approved_both_is_looked_at),
	};

	return cmocka_run_group_tests_name("trust_alarm", tests, setup, NULL);
}
