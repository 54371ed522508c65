#include "scratch.h"

#include <errno.h>

#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"

static void
test_err__set_returns_minus_one_and_keeps_code_and_message(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set(&e, ERR_INPUT, "no '%s'", "x"), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_string_equal(e.msg, "no 'x'");
}

static void
test_err__sys_tells_what_errno_was(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, "cannot write '%s'", "x"), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_string_equal(e.msg, "cannot write 'x': No space left on device");
}

static void
test_err__wrap_puts_a_prefix_and_keeps_the_code(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_CONFLICT, "two of them");
	assert_int_equal(err_wrap(&e, "%s:%d", "file", 3), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(e.msg, "file:3: two of them");
	err_set(&e, ERR_INPUT, "again: %s", e.msg);
	assert_string_equal(e.msg, "again: file:3: two of them");
}

static void
test_err__words_and_codes_are_inverse(void **state)
{
	(void)state;
	for (int c = ERR_NONE; c <= ERR_SYSTEM; c++)
		assert_int_equal(err_from_word(err_word((enum err_code)c)), c);
	assert_string_equal(err_word(ERR_UNTRUSTED), "untrusted");
	assert_string_equal(err_word((enum err_code)99), "system");
	assert_int_equal(err_from_word("nonsense"), ERR_SYSTEM);
	assert_int_equal(err_from_word(NULL), ERR_SYSTEM);
}

static void
test_err__quotes_hostile_names_escaped(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, ERR_INPUT, "no '%s'", "a\x1b[2J\n\xff\xe2\x80\xae");
	assert_string_equal(e.msg, "no 'a\\x1b[2J\\n\\xff\\u{202e}'");
	err_wrap(&e, "again");
	assert_string_equal(e.msg, "again: no 'a\\x1b[2J\\n\\xff\\u{202e}'");
}

static void
test_err__cuts_long_messages_between_characters(void **state)
{
	char name[1024];
	struct err e;

	(void)state;
	for (int shift = 0; shift < 3; shift++) {
		memset(name, 'x', sizeof(name));
		for (size_t i = (size_t)shift; i + 3 < sizeof(name); i += 3)
			memcpy(name + i, "\xe1\x80\x80", 3);
		name[sizeof(name) - 1] = '\0';
		err_set(&e, ERR_INPUT, "%s", name);
		assert_true(strlen(e.msg) > 250);
		assert_true(text_is_utf8(e.msg, strlen(e.msg)));
		err_wrap(&e, "p");
		assert_true(strlen(e.msg) > 250);
		assert_true(text_is_utf8(e.msg, strlen(e.msg)));
	}
}

static void
test_clock__writes_any_time(void **state)
{
	char s[CLOCK_ISO_SIZE];

	(void)state;
	assert_string_equal(clock_iso(0, s), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_iso(999, s), "1970-01-01T00:00:00Z");
	assert_string_equal(clock_iso(-1, s), "1969-12-31T23:59:59Z");
	assert_string_equal(clock_iso(-1000, s), "1969-12-31T23:59:59Z");
	assert_string_equal(
	    clock_iso(1178962200000, s), "2007-05-12T09:30:00Z");
	assert_string_equal(
	    clock_iso(253402300800000, s), "10000-01-01T00:00:00Z");
	assert_true(strlen(clock_iso(INT64_MAX, s)) > 4);
	assert_true(strlen(clock_iso(INT64_MIN, s)) > 4);
}

static void
test_clock__system_clocks_run(void **state)
{
	int64_t before = clock_mono(&clock_system);

	(void)state;
	assert_true(clock_wall(&clock_system) > 1500000000000);
	assert_true(clock_mono(&clock_system) >= before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_err__set_returns_minus_one_and_keeps_code_and_message),
	    cmocka_unit_test(test_err__sys_tells_what_errno_was),
	    cmocka_unit_test(test_err__wrap_puts_a_prefix_and_keeps_the_code),
	    cmocka_unit_test(test_err__words_and_codes_are_inverse),
	    cmocka_unit_test(test_err__quotes_hostile_names_escaped),
	    cmocka_unit_test(test_err__cuts_long_messages_between_characters),
	    cmocka_unit_test(test_clock__writes_any_time),
	    cmocka_unit_test(test_clock__system_clocks_run),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
