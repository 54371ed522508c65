/* What portions hold. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/jscan.h"
#include "common/op.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FULL "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const uint8_t made_by[HASH_LEN] = {5, 6, 7};

static int
values(const char *s, size_t count)
{
	struct portion p = {s, strlen(s), PORTION_PLAIN};
	struct err e = {ERR_NONE, ""};
	json_t *v = NULL;
	int rv = portion_values(&p, count, &v, &e);

	if (rv == -1)
		assert_int_equal(e.code, ERR_UNTRUSTED);
	else
		assert_int_equal(json_array_size(v), count);
	json_decref(v);
	return rv;
}

static void
test_portion__portions_read_or_are_missing(void **state)
{
	static const char *const bad[] = {"", "x", "[]", "{}", "{\"v\":{}}",
	    "{\"v\":[]}", "{\"v\":[[],[]]}", "{\"v\":[1.5]}",
	    "{\"v\":[[]],\"v\":[[]]}", "{\"v\":[[]]} ,", "{\"v\":[[]]",
	    "{\"v\":[\"\\u0000\"]}", "{\"v\":[\"\xff\"]}", "{\"v\":null}"};

	(void)state;
	assert_int_equal(values("{\"v\":[[\"teks\",null,7]]}", 1), 0);
	assert_int_equal(
	    values("{\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"v\":[[]]}", 1), 0);
	assert_int_equal(values("{\"v\":[]}", 0), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(values(bad[i], 1), -1);
	assert_int_equal(values("{}", 0), -1);
}

static void
test_portion__absent_and_sealed_portions_are_missing(void **state)
{
	struct portion p = {"#" FULL, 65, PORTION_HASH};
	struct portion sealed = {"~YQ==", 5, PORTION_SEALED};
	struct err e;
	json_t *v;

	(void)state;
	assert_int_equal(portion_values(&p, 0, &v, &e), -1);
	assert_int_equal(portion_values(&sealed, 0, &v, &e), -1);
}

static void
test_portion__references_are_resolved_at_any_depth(void **state)
{
	const char *s = "{\"v\":[{\"@\":0},7,{\"x\":[{\"@\":4095}],\"y\":null},"
			"{\"@\":4096},{\"@\":-1},{\"@\":\"0\"},"
			"{\"@\":0,\"z\":1},[[{\"@\":0}]],\"@\"]}";
	char id0[ID_SIZE], id1[ID_SIZE], want[512];
	struct buf b = BUF_INIT;
	struct err e;
	json_t *j;

	(void)state;
	ident_make(made_by, 0, id0);
	ident_make(made_by, 4095, id1);
	snprintf(want, sizeof(want),
	    "{\"v\":[\"%s\",7,{\"x\":[\"%s\"],\"y\":null},{\"@\":4096},"
	    "{\"@\":-1},{\"@\":\"0\"},{\"@\":0,\"z\":1},[[\"%s\"]],\"@\"]}",
	    id0, id1, id0);
	assert_int_equal(json_read(s, strlen(s), &j, &e), 0);
	j = value_resolve(j, made_by);
	json_write(j, &b);
	assert_string_equal(b.data, want);
	json_decref(j);
	j = value_resolve(json_pack("{s:i}", "@", 0), made_by);
	assert_string_equal(json_string_value(j), id0);
	json_decref(j);
	j = value_resolve(json_string("x"), made_by);
	assert_string_equal(json_string_value(j), "x");
	json_decref(j);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_portion__portions_read_or_are_missing),
	    cmocka_unit_test(
		test_portion__absent_and_sealed_portions_are_missing),
	    cmocka_unit_test(
		test_portion__references_are_resolved_at_any_depth),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("portion", tests, NULL, NULL);
}
