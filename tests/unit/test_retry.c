/* When the next round is due. */
#include "unit.h"

#include "daemon/retry.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR   (60 * MINUTE)

static const struct retry usual = {15 * MINUTE, 0};

static void
test_retry__follows_the_interval_while_all_is_well(void **state)
{
	(void)state;
	assert_int_equal(retry_delay(&usual, 0, 0), 15 * MINUTE);
	assert_int_equal(retry_delay(&usual, 0, UINT32_MAX), 15 * MINUTE);
}

static void
test_retry__doubles_after_failures_up_to_an_hour(void **state)
{
	int64_t before = 0;

	(void)state;
	assert_int_equal(retry_delay(&usual, 1, 0), RETRY_FIRST_MS);
	assert_int_equal(retry_delay(&usual, 2, 0), 2 * RETRY_FIRST_MS);
	assert_int_equal(retry_delay(&usual, 3, 0), 4 * RETRY_FIRST_MS);
	for (int64_t n = 1; n < 100; n++) {
		int64_t d = retry_delay(&usual, n, 0);

		assert_true(d >= before && d <= HOUR);
		before = d;
	}
	assert_int_equal(before, HOUR);
	assert_int_equal(retry_delay(&usual, INT64_MAX, 0), HOUR);
}

static void
test_retry__stays_near_a_short_interval(void **state)
{
	const struct retry quick = {1000, 0};

	(void)state;
	assert_int_equal(retry_delay(&quick, 1, 0), 1000);
	assert_int_equal(retry_delay(&quick, 2, 0), 2000);
	assert_int_equal(retry_delay(&quick, 50, 0), 4000);
}

static void
test_retry__varies_within_the_jitter_only(void **state)
{
	const struct retry r = {15 * MINUTE, 10};
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t chance = 0; chance < 200000; chance += 7) {
		int64_t d = retry_delay(&r, 0, chance);

		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	assert_in_range(least, 15 * MINUTE * 9 / 10, 15 * MINUTE * 91 / 100);
	assert_in_range(most, 15 * MINUTE * 109 / 100, 15 * MINUTE * 11 / 10);
}

static void
test_retry__is_never_at_once(void **state)
{
	const struct retry r = {1, 90};

	(void)state;
	for (uint32_t chance = 0; chance < 1000; chance++)
		assert_true(retry_delay(&r, 0, chance) >= 1);
}

static void
test_retry__goes_on_where_the_last_run_stopped(void **state)
{
	const int64_t now = 1000 * HOUR;

	(void)state;
	assert_int_equal(
	    retry_remaining(&usual, 0, now - 5 * MINUTE, now, 0), 10 * MINUTE);
	/* overdue, or never tried: soon */
	assert_in_range(
	    retry_remaining(&usual, 0, now - HOUR, now, 12345), 1, 2001);
	assert_in_range(retry_remaining(&usual, 0, 0, now, 54321), 1, 2001);
}

static void
test_retry__is_not_held_up_by_a_clock_that_was_set_back(void **state)
{
	const int64_t now = 1000 * HOUR;

	(void)state;
	assert_in_range(
	    retry_remaining(&usual, 0, now + 9000 * HOUR, now, 1), 1, 2001);
	/* nor by one that stands before 1970 */
	assert_in_range(retry_remaining(&usual, 3, 5, -HOUR, 1), 1, 2001);
}

static void
test_retry__hastens_for_a_change_but_not_while_failing(void **state)
{
	(void)state;
	assert_int_equal(retry_hasten(90000, 1000, 2000, 0), 3000);
	assert_int_equal(retry_hasten(2500, 1000, 2000, 0), 2500);
	assert_int_equal(retry_hasten(90000, 1000, 2000, 4), 90000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_retry__follows_the_interval_while_all_is_well),
	    cmocka_unit_test(test_retry__doubles_after_failures_up_to_an_hour),
	    cmocka_unit_test(test_retry__stays_near_a_short_interval),
	    cmocka_unit_test(test_retry__varies_within_the_jitter_only),
	    cmocka_unit_test(test_retry__is_never_at_once),
	    cmocka_unit_test(test_retry__goes_on_where_the_last_run_stopped),
	    cmocka_unit_test(
		test_retry__is_not_held_up_by_a_clock_that_was_set_back),
	    cmocka_unit_test(
		test_retry__hastens_for_a_change_but_not_while_failing),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
