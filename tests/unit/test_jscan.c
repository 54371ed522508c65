#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/jscan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
scan(const char *s)
{
	struct err e = {ERR_NONE, ""};
	int rv = jscan(s, strlen(s), &e);

	if (rv == -1)
		assert_int_equal(e.code, ERR_UNTRUSTED);
	return rv;
}

static void
test_jscan__plain_values_pass(void **state)
{
	static const char *const good[] = {"{}", "[]", "0", "-1", "true",
	    "false", "null", "\"\"", " { \"a\" : [ 1 , 2 ] } ",
	    "{\"a\":{\"b\":[null,true,false,-7]}}", "9007199254740991",
	    "-9007199254740991", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"",
	    "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"", "\"\x7f\"",
	    "\"\xe0\xb9\x84\xf0\x9f\x98\x80\"", "[[],{}]"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(scan(good[i]), 0);
}

static void
test_jscan__everything_else_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "{", "[", "}", "]", "\"",
	    "{]", "[}", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
	    "{\"a\":1,}", "{,}", "{1:2}", "{\"a\" 1}", "{\"a\"::1}", "1 1",
	    "{}{}", "[]]", "tru", "truex", "nul", "True", "NaN", "Infinity",
	    "'a'", "[1]\n", "\t1", "\xef\xbb\xbf{}", "//", "{}//"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(scan(bad[i]), -1);
}

static void
test_jscan__numbers_are_plain_integers_below_2_to_53(void **state)
{
	static const char *const bad[] = {"-", "-0", "00", "01", "-01", "1.0",
	    "1.", ".5", "1e3", "1E3", "1e999999", "+1", "0x10", "1_000",
	    "9007199254740992", "-9007199254740992",
	    "99999999999999999999999999999999", "18446744073709551616", "--1",
	    "1-", "- 1"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(scan(bad[i]), -1);
}

static void
test_jscan__strings_hold_only_real_characters(void **state)
{
	static const char *const bad[] = {"\"\\u0000\"", "\"\\ud800\"",
	    "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"",
	    "\"\\ud800\\n\"", "\"\\udc00\\ud800\"", "\"\\x41\"", "\"\\u12\"",
	    "\"\\u12g4\"", "\"\\", "\"\\u", "\"\\U0041\"", "\"\x01\"", "\"\n\"",
	    "\"\t\"", "\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"",
	    "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	    "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xff\"", "\"\xc3\""};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(scan(bad[i]), -1);
	struct err e;
	assert_int_equal(jscan("\"a\0b\"", 5, &e), -1);
	assert_int_equal(jscan("{}\0", 3, &e), -1);
}

static void
test_jscan__a_string_cut_within_a_character_is_refused(void **state)
{
	const char *s = "\"\xf0\x9f\x98\x80\\ud83d\\ude00\"";
	struct err e;

	(void)state;
	assert_int_equal(jscan(s, strlen(s), &e), 0);
	for (size_t n = 0; n < strlen(s); n++)
		assert_int_equal(jscan(s, n, &e), -1);
}

static void
nested(int depth, struct buf *b)
{
	buf_reset(b);
	for (int i = 0; i < depth; i++)
		buf_addc(b, '[');
	for (int i = 0; i < depth; i++)
		buf_addc(b, ']');
}

static void
test_jscan__depth_ends_at_sixteen(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	nested(16, &b);
	assert_int_equal(scan(b.data), 0);
	nested(17, &b);
	assert_int_equal(scan(b.data), -1);
	nested(100000, &b);
	assert_int_equal(scan(b.data), -1);
	buf_clear(&b);
}

/* An array of n numbers has n marks: the bracket and n - 1 commas. */
static void
numbers(int n, struct buf *b)
{
	buf_reset(b);
	buf_adds(b, "[0");
	for (int i = 1; i < n; i++)
		buf_adds(b, ",0");
	buf_addc(b, ']');
}

static void
test_jscan__marks_end_at_65536(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	numbers(65536, &b);
	assert_int_equal(scan(b.data), 0);
	numbers(65537, &b);
	assert_int_equal(scan(b.data), -1);
	buf_clear(&b);
}

static void
test_jscan__marks_within_strings_are_free(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_addc(&b, '"');
	for (int i = 0; i < 200000; i++)
		buf_adds(&b, ",:[{");
	buf_addc(&b, '"');
	assert_int_equal(scan(b.data), 0);
	buf_clear(&b);
}

static void
test_jscan__duplicate_keys_are_refused_also_when_escaped(void **state)
{
	static const char *const bad[] = {"{\"a\":1,\"a\":1}",
	    "{\"a\":1,\"\\u0061\":2}", "{\"b\":{\"x\":1,\"x\":1}}",
	    "{\"b\":[{\"\":1,\"\":1}]}"};
	struct err e;
	json_t *j;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(scan(bad[i]), 0);
		assert_int_equal(json_read(bad[i], strlen(bad[i]), &j, &e), -1);
		assert_int_equal(e.code, ERR_UNTRUSTED);
	}
	assert_int_equal(json_read("{\"a\":{\"a\":1}}", 13, &j, &e), 0);
	json_decref(j);
}

static void
test_jscan__only_objects_are_read(void **state)
{
	static const char *const bad[] = {"[]", "1", "null", "\"{}\"", ""};
	struct err e;
	json_t *j;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(json_read(bad[i], strlen(bad[i]), &j, &e), -1);
}

static void
test_jscan__what_is_read_and_written_is_the_same_value(void **state)
{
	const char *s = "{\"z\":[1,-2,true,false,null,\"\\ud83d\\ude00\\n"
			"\\u007f\\\\ \xc3\xa9\"],\"a\":{\"@\":0},\"\":\"\"}";
	const char *want = "{\"z\":[1,-2,true,false,null,\"\xf0\x9f\x98\x80\\n"
			   "\x7f\\\\ \xc3\xa9\"],\"a\":{\"@\":0},\"\":\"\"}";
	struct buf b = BUF_INIT;
	struct err e;
	json_t *j;

	(void)state;
	assert_int_equal(json_read(s, strlen(s), &j, &e), 0);
	json_write(j, &b);
	assert_string_equal(b.data, want);
	json_decref(j);
	buf_clear(&b);
}

static void
test_jscan__no_control_byte_is_ever_written(void **state)
{
	struct buf b = BUF_INIT;
	char s[0x20];

	(void)state;
	for (int i = 0; i < 0x20; i++)
		s[i] = (char)i;
	json_write_string(s + 1, sizeof(s) - 1, &b);
	for (size_t i = 0; i < b.len; i++)
		assert_true((unsigned char)b.data[i] >= 0x20);
	assert_int_equal(jscan(b.data, b.len, &(struct err){0}), 0);
	buf_clear(&b);
}

static void
test_jscan__writes_the_very_bytes_that_jansson_writes(void **state)
{
	char ascii[0x80];
	json_t *j =
	    json_pack("{s:[[],{},[[{}]]], s:I, s:I, s:f, s:n, s:{s:[b,b]}}",
		"\xc3\xa9 \"\n", "n", INT64_MAX, "least", INT64_MIN, "real",
		0.5, "", "o", "o", 1, 0);
	struct buf b = BUF_INIT;
	char *want;

	(void)state;
	for (int i = 0; i < 0x80; i++)
		ascii[i] = (char)i;
	json_object_set_new(j, "ascii", json_stringn(ascii, sizeof(ascii)));
	json_object_set_new(
	    j, "wide", json_string("\xe0\xb9\x84\\\xf0\x9f\x98\x80"));
	assert_non_null(j);
	want = json_dumps(j, JSON_COMPACT);
	json_write(j, &b);
	assert_string_equal(b.data, want);
	free(want);
	json_decref(j);
	buf_clear(&b);
}

static void
test_jscan__getters_do_not_convert(void **state)
{
	json_t *o = json_pack("{s:s,s:i,s:b}", "s", "x", "i", 7, "b", 1);
	int64_t n = 5;

	(void)state;
	assert_string_equal(json_get_str(o, "s"), "x");
	assert_null(json_get_str(o, "i"));
	assert_null(json_get_str(o, "none"));
	assert_null(json_get_str(NULL, "s"));
	assert_int_equal(json_get_int(o, "b", &n), -1);
	assert_int_equal(n, 5);
	assert_int_equal(json_get_int(o, "i", &n), 0);
	assert_int_equal(n, 7);
	json_decref(o);
}

/* What the scan lets pass, a parser that was written by others reads too, and
 * to the same value. */
static void
test_jscan__what_passes_is_what_jansson_reads(void **state)
{
	static const char seed[] = "{\"a\":[1,-2,{\"b\":\"\\u00e9\\ud83d\\ude00"
				   "\xc3\xa9\\n\"}],\"c\":null,\"d\":true}";
	static const char bytes[] = "{}[]:,\"\\u0019-aetrfn \x7f\xc3\xa9\xf0";
	uint32_t x = 12345;
	size_t passed = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		char s[sizeof(seed)];
		struct err e;
		json_t *plain, *j = NULL;

		memcpy(s, seed, sizeof(s));
		for (int k = 0; k < 2; k++) {
			x = x * 1664525 + 1013904223;
			s[(x >> 8) % (sizeof(s) - 1)] =
			    bytes[(x >> 20) % (sizeof(bytes) - 1)];
		}
		if (json_read(s, sizeof(s) - 1, &j, &e) == -1)
			continue;
		plain =
		    json_loadb(s, sizeof(s) - 1, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(plain);
		assert_true(json_equal(j, plain));
		json_decref(plain);
		json_decref(j);
		passed++;
	}
	assert_true(passed > 1000);
}

/* json_build() trusts the scan for what text means, not for where it ends. */
static void
test_jscan__building_never_reads_beyond(void **state)
{
	static const char text[] =
	    "{\"a\\ud83d\\ude00\":[1,true,false,null,\"\\u00e9\"],\"b\":{}}";
	json_t *j;
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		char *s = malloc(n > 0 ? n : 1);

		memcpy(s, text, n);
		assert_int_equal(json_build(s, n, &j, &e), -1);
		free(s);
	}
	assert_int_equal(json_build(text, sizeof(text) - 1, &j, &e), 0);
	json_decref(j);
}

static void
test_jscan__values_of_any_kind_are_read(void **state)
{
	static const char *const good[] = {
	    "\"a\\nb\"", "17", "-1", "true", "null", "[1,[2]]", "{\"a\":1}"};
	static const char *const bad[] = {"", " ", "1 2", "\"a", "01", "[1,]",
	    "{\"a\":1,\"a\":2}", "\"\xff\"", "tru"};
	struct err e;
	json_t *j;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf b = BUF_INIT;

		assert_int_equal(
		    json_read_value(good[i], strlen(good[i]), &j, &e), 0);
		json_write(j, &b);
		assert_string_equal(buf_str(&b), good[i]);
		buf_clear(&b);
		json_decref(j);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    json_read_value(bad[i], strlen(bad[i]), &j, &e), -1);
}

static void
test_jscan__sizes_are_near_what_is_written(void **state)
{
	json_t *j = json_pack("{s:[s,i,b,n], s:{s:s}}", "list", "text", 12345,
	    1, "inner", "key", "a longer text without escapes");
	struct buf b = BUF_INIT;
	size_t size;

	(void)state;
	json_write(j, &b);
	size = json_size(j);
	assert_in_range(size, b.len * 9 / 10, b.len * 11 / 10);
	buf_clear(&b);
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_jscan__plain_values_pass),
	    cmocka_unit_test(test_jscan__everything_else_is_refused),
	    cmocka_unit_test(
		test_jscan__numbers_are_plain_integers_below_2_to_53),
	    cmocka_unit_test(test_jscan__strings_hold_only_real_characters),
	    cmocka_unit_test(
		test_jscan__a_string_cut_within_a_character_is_refused),
	    cmocka_unit_test(test_jscan__depth_ends_at_sixteen),
	    cmocka_unit_test(test_jscan__marks_end_at_65536),
	    cmocka_unit_test(test_jscan__marks_within_strings_are_free),
	    cmocka_unit_test(
		test_jscan__duplicate_keys_are_refused_also_when_escaped),
	    cmocka_unit_test(test_jscan__only_objects_are_read),
	    cmocka_unit_test(
		test_jscan__what_is_read_and_written_is_the_same_value),
	    cmocka_unit_test(test_jscan__no_control_byte_is_ever_written),
	    cmocka_unit_test(
		test_jscan__writes_the_very_bytes_that_jansson_writes),
	    cmocka_unit_test(test_jscan__getters_do_not_convert),
	    cmocka_unit_test(test_jscan__what_passes_is_what_jansson_reads),
	    cmocka_unit_test(test_jscan__building_never_reads_beyond),
	    cmocka_unit_test(test_jscan__values_of_any_kind_are_read),
	    cmocka_unit_test(test_jscan__sizes_are_near_what_is_written),
	};

	return cmocka_run_group_tests_name("jscan", tests, NULL, NULL);
}
