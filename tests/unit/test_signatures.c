#include "tests/unit/scratch.h"

#include <stdio.h>
#include <unistd.h>

#include "client/signatures.h"
#include "common/fs.h"

/* What is printed of one signature that differs from a plain one. */
static void
printed(const char *key, const char *value, const char *key2,
    const char *value2, struct buf *ret)
{
	json_t *list = json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s}]", "name", "Aspek",
	    "capacity", "position", "stance", "support", "membership",
	    "admitted", "verdict", "good", "date", "2007-05-12");
	json_t *one = json_array_get(list, 0);
	struct scratch s;
	struct err e;
	int out;

	json_object_set_new(one, key, json_string(value));
	json_object_set_new(one, key2, json_string(value2));
	scratch_make(&s);
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	assert_non_null(freopen(scratch_path(&s, "said"), "w", stdout));
	signatures_print(list);
	fflush(stdout);
	assert_int_not_equal(dup2(out, STDOUT_FILENO), -1);
	close(out);
	assert_int_equal(fs_read(scratch_path(&s, "said"), 65536, ret, &e), 0);
	scratch_remove(&s);
	json_decref(list);
}

static void
expect(const char *key, const char *value, const char *key2, const char *value2,
    const char *words)
{
	struct buf b = BUF_INIT;

	printed(key, value, key2, value2, &b);
	if (strstr(buf_str(&b), words) == NULL)
		fail_msg("'%s' is not in:\n%s", words, buf_str(&b));
	buf_clear(&b);
}

static void
test_signatures__say_who_a_forger_claims_to_be(void **state)
{
	(void)state;
	expect("claims", "abc", "claims_name", "HRWG",
	    "Aspek (claims to be HRWG)");
}

static void
test_signatures__say_for_whom_they_are_recorded(void **state)
{
	(void)state;
	expect("for", "abc", "for_name", "HRWG", "Aspek (for HRWG)");
}

static void
test_signatures__say_which_items_dissent(void **state)
{
	(void)state;
	expect("items", "3=object,7=stand-aside", "person", "Ani",
	    "support, but 3=object,7=stand-aside");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signatures__say_who_a_forger_claims_to_be),
	    cmocka_unit_test(test_signatures__say_for_whom_they_are_recorded),
	    cmocka_unit_test(test_signatures__say_which_items_dissent),
	};

	return cmocka_run_group_tests_name("signatures", tests, NULL, NULL);
}
