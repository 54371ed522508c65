#include "unit.h"

#include "common/verdict.h"

static const struct verdict_facts good = {.is_good = true,
    .is_admitted = true,
    .counts = true,
    .is_confirmed_coalition = true};

static void
test_verdict__is_good_only_if_nothing_speaks_against(void **state)
{
	(void)state;
	assert_string_equal(verdict_word(&good), "good");
	assert_string_equal(verdict_word(&(struct verdict_facts){0}), "bad");
}

static void
test_verdict__each_fact_alone_has_its_word(void **state)
{
	struct verdict_facts f;

	(void)state;
#define CHECK(member, value, word)                                             \
	f = good;                                                              \
	f.member = value;                                                      \
	assert_string_equal(verdict_word(&f), word)
	CHECK(is_good, false, "bad");
	CHECK(is_admitted, false, "not admitted");
	CHECK(counts, false, "void");
	CHECK(is_withdrawn, true, "withdrawn");
	CHECK(is_confirmed_coalition, false, "membership not confirmed");
	CHECK(is_contested, true, "contested");
	CHECK(is_for_other, true, "recorded for them, not confirmed");
	CHECK(is_late, true, "late");
	CHECK(is_changed, true, "text changed since");
	CHECK(is_closed, true, "key later closed");
#undef CHECK
}

/* Whatever else is true, a signature that is bad, unadmitted or void is
 * never called anything milder: all 1,024 worlds. */
static void
test_verdict__never_hides_what_is_worse(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1024; i++) {
		struct verdict_facts f = {i & 1, i & 2, i & 4, i & 8, i & 16,
		    i & 32, i & 64, i & 128, i & 256, i & 512};
		const char *word = verdict_word(&f);

		if (!f.is_good || !f.is_admitted || !f.counts)
			assert_true(verdict_is_failure(word));
		else
			assert_false(verdict_is_failure(word));
		if (!f.is_confirmed_coalition || f.is_changed ||
		    f.is_withdrawn || f.is_contested || f.is_for_other)
			assert_string_not_equal(word, "good");
	}
}

static void
test_verdict__membership_tells_closed_from_never_admitted(void **state)
{
	(void)state;
	assert_string_equal(verdict_membership(false, false), "not admitted");
	assert_string_equal(verdict_membership(true, false), "admitted");
	assert_string_equal(verdict_membership(true, true), "closed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_verdict__is_good_only_if_nothing_speaks_against),
	    cmocka_unit_test(test_verdict__each_fact_alone_has_its_word),
	    cmocka_unit_test(test_verdict__never_hides_what_is_worse),
	    cmocka_unit_test(
		test_verdict__membership_tells_closed_from_never_admitted),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
