#include "gates.h"

static void
test_gate__founds_and_writes(void **state)
{
	struct branch o;
	char id[ID_SIZE];

	(void)state;
	branch_make(&o);
	branch_found(&o);
	assert_non_null(gate_organisation(o.g));
	assert_string_equal(gate_organisation(o.g)->name, "Secretariat");
	branch_new(&o, "recommendation", "title", "Rest day", id, NULL);
	assert_shows(&o, id, "title", "Rest day");
	branch_stop(&o);
	branch_start(&o);
	assert_shows(&o, id, "title", "Rest day");
	branch_remove(&o);
}

static void
test_gate__two_offices_agree(void **state)
{
	struct branch a, b;
	struct gate_taken t;
	char id[ID_SIZE], other[ID_SIZE];

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_join(&b, &a, "Union");
	branch_new(&a, "recommendation", "title", "Rest day", id, NULL);
	branch_new(&b, "recommendation", "title", "Contracts", other, NULL);
	t = branch_send(&a, &b);
	assert_int_equal(t.added, 1);
	assert_int_equal(t.waiting, 0);
	assert_true(t.verified);
	t = branch_send(&b, &a);
	assert_int_equal(t.added, 1);
	assert_shows(&b, id, "title", "Rest day");
	assert_shows(&a, other, "title", "Contracts");
	assert_same_state(&a, &b);
	branch_remove(&a);
	branch_remove(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gate__founds_and_writes),
	    cmocka_unit_test(test_gate__two_offices_agree),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
