#include "tests/unit/unit.h"

#include "common/frame.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_frame__what_is_written_reads_back(void **state)
{
	static const enum frame_type types[] = {FRAME_ROUND, FRAME_WANT,
	    FRAME_KEEP, FRAME_PUT, FRAME_LIST, FRAME_DONE, FRAME_REFS,
	    FRAME_BLOB, FRAME_END, FRAME_WRITTEN, FRAME_PROGRESS, FRAME_FAILED};
	json_t *j = json_pack("{s:s}", "ref", "a\nb");
	struct buf b = BUF_INIT;
	struct err e;
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++)
		frame_write(&b, types[i], j, "by\0\ntes", 7);
	for (size_t i = 0; i < COUNT(types); i++) {
		bool carries = types[i] == FRAME_BLOB || types[i] == FRAME_PUT;
		struct frame f;
		size_t used;

		assert_int_equal(
		    frame_parse(b.data + at, b.len - at, &f, &used, &e), 1);
		assert_int_equal(f.type, types[i]);
		assert_true(json_equal(f.json, j));
		assert_int_equal(f.nbytes, carries ? 7 : 0);
		if (carries)
			assert_memory_equal(f.bytes, "by\0\ntes", 7);
		frame_clear(&f);
		at += used;
	}
	assert_int_equal(at, b.len);
	json_decref(j);
	buf_clear(&b);
}

static void
test_frame__a_part_of_a_frame_waits_for_the_rest(void **state)
{
	json_t *j = json_pack("{s:i}", "n", 1);
	struct buf b = BUF_INIT;
	struct frame f;
	struct err e;
	size_t used;

	(void)state;
	frame_write(&b, FRAME_BLOB, j, "bytes", 5);
	for (size_t n = 0; n < b.len; n++) {
		char *s = malloc(n > 0 ? n : 1);

		memcpy(s, b.data, n);
		assert_int_equal(frame_parse(s, n, &f, &used, &e), 0);
		free(s);
	}
	assert_int_equal(frame_parse(b.data, b.len, &f, &used, &e), 1);
	assert_int_equal(used, b.len);
	frame_clear(&f);
	json_decref(j);
	buf_clear(&b);
}

/* A frame as raw bytes: the length of what follows, a type, the rest. */
static int
parse_raw(uint32_t len, int type, const char *rest, size_t n)
{
	struct buf b = BUF_INIT;
	struct frame f;
	struct err e = {ERR_NONE, ""};
	size_t used;
	int rv;

	buf_u32be(&b, len);
	buf_addc(&b, (char)type);
	buf_add(&b, rest, n);
	rv = frame_parse(b.data, b.len, &f, &used, &e);
	if (rv == 1)
		frame_clear(&f);
	if (rv == -1)
		assert_int_equal(e.code, ERR_UNTRUSTED);
	buf_clear(&b);
	return rv;
}

/* Hostile input 38: refused at once, whatever follows. */
static void
test_frame__absurd_lengths_are_refused_at_once(void **state)
{
	static const uint32_t bad[] = {
	    0, 1, 2, FRAME_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(parse_raw(bad[i], FRAME_REFS, "", 0), -1);
	assert_int_equal(parse_raw(FRAME_MAX, FRAME_REFS, "{}", 2), 0);
}

static void
test_frame__unknown_types_are_refused(void **state)
{
	size_t known = 0;

	(void)state;
	for (int type = 0; type < 256; type++)
		known += parse_raw(4, type, "{}\n", 3) == 1 ||
			 parse_raw(3, type, "{}", 2) == 1;
	assert_int_equal(known, 12);
	assert_string_equal(frame_word(FRAME_WANT), "want");
	assert_string_equal(frame_word((enum frame_type)200), "unknown");
}

static void
test_frame__the_json_is_one_object_that_passes_the_scan(void **state)
{
	static const char *const bad[] = {"[]", "{}{}", "{", "1.5",
	    "{\"a\":1,\"a\":2}", "{\"a\":1.0}", "{\"a\":\"\\u0000\"}",
	    "{\"a\":\"\xff\"}", "{}\n", "\n{}"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t n = strlen(bad[i]);

		assert_int_equal(
		    parse_raw((uint32_t)n + 1, FRAME_REFS, bad[i], n), -1);
	}
}

static void
test_frame__bytes_need_the_line_before_them(void **state)
{
	(void)state;
	assert_int_equal(parse_raw(3, FRAME_BLOB, "{}", 2), -1);
	assert_int_equal(parse_raw(4, FRAME_BLOB, "{}\n", 3), 1);
	assert_int_equal(parse_raw(4, FRAME_BLOB, "\n{}", 3), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frame__what_is_written_reads_back),
	    cmocka_unit_test(test_frame__a_part_of_a_frame_waits_for_the_rest),
	    cmocka_unit_test(test_frame__absurd_lengths_are_refused_at_once),
	    cmocka_unit_test(test_frame__unknown_types_are_refused),
	    cmocka_unit_test(
		test_frame__the_json_is_one_object_that_passes_the_scan),
	    cmocka_unit_test(test_frame__bytes_need_the_line_before_them),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
