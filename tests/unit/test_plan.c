/* What a round decides. */
#include "unit.h"

#include <stdio.h>

#include "daemon/plan.h"

#define A  "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B  "bbbbbbbbbbbbbbbbbbbbbbbbbb"
#define O1 "1111111111111111111111111111111111111111"
#define O2 "2222222222222222222222222222222222222222"
#define O3 "3333333333333333333333333333333333333333"

static json_t *
refs(const char *text)
{
	json_t *j = json_loads(text, 0, NULL);

	assert_non_null(j);
	return j;
}

/* Compares an array of names with a list "a b c"; takes the array. */
static void
assert_names(json_t *names, const char *expected)
{
	char text[512] = "";
	json_t *v;
	size_t i;

	json_array_foreach (names, i, v) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, json_string_value(v));
	}
	assert_string_equal(text, expected);
	json_decref(names);
}

static void
test_plan__reads_names_of_refs_exactly(void **state)
{
	static const char *const bad[] = {"", "a", A "a", A "-", A "-0",
	    A "-01", A "-1000000", A ".1", A ".100", A ".", A "-1.2", A "-1 ",
	    A "-+1", "aaaaaaaaaaaaaaaaaaaaaaaaa1", "AAAAAAAAAAAAAAAAAAAAAAAAAA",
	    A "/1", A "-99999999999999999999"};
	struct plan_ref r;

	(void)state;
	assert_true(plan_ref_parse(A, &r));
	assert_int_equal(r.kind, PLAN_TAIL);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.id, A);
	assert_true(plan_ref_parse(A "-999999", &r));
	assert_int_equal(r.kind, PLAN_PIECE);
	assert_int_equal(r.n, 999999);
	assert_true(plan_ref_parse(A ".99", &r));
	assert_int_equal(r.kind, PLAN_TAIL);
	assert_int_equal(r.n, 99);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (plan_ref_parse(bad[i], &r))
			fail_msg("'%s' was taken", bad[i]);
}

static void
test_plan__writes_the_names_that_it_reads(void **state)
{
	static const char *const names[] = {A, A "-1", A "-999999", A ".2"};
	char out[PLAN_REF_SIZE];
	struct plan_ref r;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(plan_ref_parse(names[i], &r));
		plan_ref_name(&r, out);
		assert_string_equal(out, names[i]);
	}
}

static void
test_plan__wants_what_differs_pieces_first(void **state)
{
	json_t *listed =
	    refs("{\"" B "\":\"" O1 "\",\"" A "\":\"" O2 "\",\"" A "-2\":\"" O3
		 "\",\"" A "-1\":\"" O1 "\",\"main\":\"" O1 "\"}");
	json_t *known = refs("{\"" A "-1\":\"" O1 "\",\"" A "\":\"" O1 "\"}");

	(void)state;
	assert_names(plan_wants(listed, known, NULL), A "-2 " A " " B);
	json_decref(listed);
	json_decref(known);
}

static void
test_plan__wants_a_log_from_its_beginning(void **state)
{
	json_t *listed =
	    refs("{\"" A "-10\":\"" O1 "\",\"" A ".2\":\"" O1 "\",\"" B
		 "-1\":\"" O1 "\",\"" A "-9\":\"" O1 "\",\"" A ".10\":\"" O1
		 "\",\"" A "\":\"" O1 "\"}");
	json_t *known = json_object();

	(void)state;
	assert_names(plan_wants(listed, known, NULL),
	    A "-9 " A "-10 " B "-1 " A " " A ".2 " A ".10");
	json_decref(listed);
	json_decref(known);
}

static void
test_plan__knows_that_a_tail_was_closed(void **state)
{
	json_t *known = refs("{\"" A "\":\"" O1 "\"}");
	json_t *listed = refs("{\"" A "\":\"" O2 "\",\"" A "-1\":\"" O1
			      "\",\"" B "\":\"" O1 "\"}");
	json_t *other = refs("{\"" A "\":\"" O2 "\",\"" A ".2\":\"" O1 "\",\"" B
			     "-1\":\"" O1 "\"}");
	json_t *rubbish = refs("{\"" A "-1\":\"" O1 "\"}");
	json_t *moved = refs("{\"" A "-1\":\"" O2 "\"}");

	(void)state;
	assert_true(plan_was_closed(A, listed, known, NULL));
	assert_true(plan_was_closed(A, listed, known, moved));
	assert_false(plan_was_closed(A, listed, known, rubbish));
	assert_false(plan_was_closed(A, listed, listed, NULL));
	assert_false(plan_was_closed(A, other, known, NULL));
	assert_false(plan_was_closed(A "-1", listed, listed, NULL));
	assert_false(plan_was_closed(B, listed, known, NULL));
	json_decref(known);
	json_decref(listed);
	json_decref(other);
	json_decref(rubbish);
	json_decref(moved);
}

static void
test_plan__does_not_want_what_was_of_no_use_until_it_moves(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O2 "\",\"" B "\":\"" O2 "\"}");
	json_t *rejected = refs("{\"" A "\":\"" O2 "\",\"" B "\":\"" O1 "\"}");
	json_t *known = json_object();

	(void)state;
	assert_names(plan_wants(listed, known, rejected), B);
	json_decref(listed);
	json_decref(rejected);
	json_decref(known);
}

static void
test_plan__notices_what_vanished(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O2 "\"}");
	json_t *known = refs("{\"" A "\":\"" O1 "\",\"" A "-1\":\"" O1 "\",\"" B
			     "\":\"" O1 "\"}");

	(void)state;
	assert_names(plan_vanished(listed, known, NULL), A "-1 " B);
	assert_names(plan_vanished(known, listed, NULL), "");
	json_decref(listed);
	json_decref(known);
}

static void
test_plan__takes_what_was_replaced_by_rubbish_for_lost(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O2 "\",\"" B "\":\"" O2 "\"}");
	json_t *known = refs("{\"" A "\":\"" O1 "\",\"" B "\":\"" O1 "\"}");
	json_t *rejected = refs("{\"" A "\":\"" O2 "\",\"" B "\":\"" O3 "\"}");

	(void)state;
	assert_names(plan_vanished(listed, known, rejected), A);
	json_decref(listed);
	json_decref(known);
	json_decref(rejected);
}

static void
test_plan__finds_all_refs_of_a_log(void **state)
{
	json_t *listed =
	    refs("{\"" A "\":\"" O2 "\",\"" A ".2\":\"" O1 "\",\"" A
		 "-1\":\"" O1 "\",\"" B "\":\"" O1 "\"}");
	json_t *rejected = refs("{\"" A "\":\"" O2 "\"}");

	(void)state;
	assert_names(plan_refs_of(A, listed, rejected), A "-1 " A ".2");
	json_decref(listed);
	json_decref(rejected);
}

static void
test_plan__tells_an_extension_from_a_rewind(void **state)
{
	(void)state;
	assert_true(plan_extends(O1, O2, O1)); /* built on what we knew */
	assert_true(plan_extends(O1, O1, O1)); /* did not move */
	assert_true(plan_extends(NULL, O1, NULL));
	assert_false(plan_extends(O1, O2, NULL)); /* a new root */
	assert_false(plan_extends(O1, O2, O2));   /* all held: rewound */
	assert_false(plan_extends(O1, O3, O2));   /* rewound, then built on */
	assert_false(plan_extends(NULL, O1, O1)); /* held and not known */
}

static void
test_plan__appends_only_to_a_tail_that_was_taken_in(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O1 "\"}");
	json_t *other = refs("{\"" A "\":\"" O2 "\"}");
	json_t *none = json_object();
	struct plan_target t;

	(void)state;
	plan_tail(A, listed, listed, none, none, &t);
	assert_int_equal(t.put, PLAN_APPEND);
	assert_string_equal(t.ref, A);
	assert_string_equal(t.old, O1);
	plan_tail(A, listed, other, none, none, &t);
	assert_int_equal(t.put, PLAN_NOT_NOW);
	plan_tail(A, listed, none, none, none, &t);
	assert_int_equal(t.put, PLAN_NOT_NOW);
	plan_tail(A, none, listed, none, none, &t);
	assert_int_equal(t.put, PLAN_ROOT);
	assert_null(t.old);
	json_decref(listed);
	json_decref(other);
	json_decref(none);
}

static void
test_plan__replaces_an_unusable_tail_or_goes_beside_it(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O1 "\"}");
	json_t *denied = refs("{\"" A "\":true}");
	json_t *none = json_object();
	struct plan_target t;

	(void)state;
	plan_tail(A, listed, none, listed, none, &t);
	assert_int_equal(t.put, PLAN_ROOT);
	assert_string_equal(t.ref, A);
	assert_string_equal(t.old, O1);
	plan_tail(A, listed, none, listed, denied, &t);
	assert_int_equal(t.put, PLAN_ROOT);
	assert_string_equal(t.ref, A ".2");
	assert_null(t.old);
	json_decref(listed);
	json_decref(denied);
	json_decref(none);
}

static void
test_plan__writes_the_highest_of_several_tails(void **state)
{
	json_t *listed = refs("{\"" A "\":\"" O1 "\",\"" A ".2\":\"" O2
			      "\",\"" A ".10\":\"" O3 "\"}");
	json_t *full = refs("{\"" A ".99\":\"" O1 "\"}");
	json_t *denied = refs("{\"" A ".99\":true}");
	struct plan_target t;

	(void)state;
	plan_tail(A, listed, listed, NULL, NULL, &t);
	assert_int_equal(t.put, PLAN_APPEND);
	assert_string_equal(t.ref, A ".10");
	assert_string_equal(t.old, O3);
	/* no name is left */
	plan_tail(A, full, NULL, full, denied, &t);
	assert_int_equal(t.put, PLAN_NOT_NOW);
	json_decref(listed);
	json_decref(full);
	json_decref(denied);
}

/* Somebody else may have put anything under the largest number. */
static void
test_plan__a_piece_gets_the_smallest_free_number(void **state)
{
	json_t *listed = refs("{\"" A "-1\":\"" O1 "\",\"" A "-3\":\"" O1
			      "\",\"" A "-999999\":\"" O1 "\",\"" B "-2\":\"" O1
			      "\",\"" A "\":\"" O1 "\"}");
	json_t *none = json_object();

	(void)state;
	assert_int_equal(plan_next_piece(A, listed, 1), 2);
	assert_int_equal(plan_next_piece(A, listed, 3), 4);
	assert_int_equal(plan_next_piece(A, listed, 999998), 999998);
	assert_int_equal(plan_next_piece(A, listed, 999999), 0);
	assert_int_equal(plan_next_piece(A, none, 1), 1);
	json_decref(listed);
	json_decref(none);
}

static void
test_plan__agrees_only_with_every_ref_of_the_log(void **state)
{
	json_t *known = refs("{\"" A "\":\"" O1 "\",\"" A "-1\":\"" O2 "\",\"" B
			     "\":\"" O3 "\"}");
	json_t *same = refs("{\"" A "\":\"" O1 "\",\"" A "-1\":\"" O2 "\",\"" B
			    "\":\"" O1 "\"}");
	json_t *moved = refs("{\"" A "\":\"" O3 "\",\"" A "-1\":\"" O2 "\"}");
	json_t *gone = refs("{\"" A "\":\"" O1 "\"}");

	(void)state;
	assert_true(plan_agrees(A, same, known));
	assert_false(plan_agrees(B, same, known));
	assert_false(plan_agrees(A, moved, known));
	assert_false(plan_agrees(A, gone, known));
	json_decref(known);
	json_decref(same);
	json_decref(moved);
	json_decref(gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plan__reads_names_of_refs_exactly),
	    cmocka_unit_test(test_plan__writes_the_names_that_it_reads),
	    cmocka_unit_test(test_plan__wants_what_differs_pieces_first),
	    cmocka_unit_test(test_plan__wants_a_log_from_its_beginning),
	    cmocka_unit_test(test_plan__knows_that_a_tail_was_closed),
	    cmocka_unit_test(
		test_plan__does_not_want_what_was_of_no_use_until_it_moves),
	    cmocka_unit_test(test_plan__notices_what_vanished),
	    cmocka_unit_test(
		test_plan__takes_what_was_replaced_by_rubbish_for_lost),
	    cmocka_unit_test(test_plan__finds_all_refs_of_a_log),
	    cmocka_unit_test(test_plan__tells_an_extension_from_a_rewind),
	    cmocka_unit_test(
		test_plan__appends_only_to_a_tail_that_was_taken_in),
	    cmocka_unit_test(
		test_plan__replaces_an_unusable_tail_or_goes_beside_it),
	    cmocka_unit_test(test_plan__writes_the_highest_of_several_tails),
	    cmocka_unit_test(test_plan__a_piece_gets_the_smallest_free_number),
	    cmocka_unit_test(test_plan__agrees_only_with_every_ref_of_the_log),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
