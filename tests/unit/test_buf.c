#include "scratch.h"

#include "common/buf.h"
#include "common/mem.h"

static void
test_buf__is_a_string_even_when_nothing_was_added(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_reserve(&b, 10);
	assert_string_equal(buf_str(&b), "");
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	buf_clear(&b);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	free(s);
}

static void
test_buf__appends_all_kinds(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "one");
	buf_addc(&b, ' ');
	buf_printf(&b, "%d-%s", 23, "x");
	buf_add(&b, "\0y", 2);
	buf_u32be(&b, 0x01020304);
	assert_int_equal(b.len, 14);
	assert_memory_equal(b.data, "one 23-x\0y\1\2\3\4", 15);
	buf_clear(&b);
	assert_null(b.data);
	assert_int_equal(b.len + b.cap, 0);
}

static void
test_buf__grows_byte_by_byte_to_a_megabyte(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 1 << 20; i++)
		buf_addc(&b, (char)(i * 7));
	assert_int_equal(b.len, 1 << 20);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], (char)(i * 7));
	assert_int_equal(b.data[b.len], 0);
	buf_clear(&b);
}

static void
test_buf__printf_is_not_limited_in_length(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_printf(&b, "%10000d", 1);
	assert_int_equal(b.len, 10000);
	assert_int_equal(strlen(b.data), 10000);
	assert_int_equal(b.data[9999], '1');
	buf_clear(&b);
}

static void
test_buf__consumes_from_the_front(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_adds(&b, "abcdef");
	buf_consume(&b, 0);
	assert_string_equal(buf_str(&b), "abcdef");
	buf_consume(&b, 2);
	assert_string_equal(buf_str(&b), "cdef");
	buf_adds(&b, "g");
	assert_string_equal(buf_str(&b), "cdefg");
	buf_consume(&b, 100);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

static void
test_buf__steal_hands_the_memory_over(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	buf_adds(&b, "mine");
	s = buf_steal(&b);
	assert_null(b.data);
	buf_adds(&b, "other");
	assert_string_equal(s, "mine");
	free(s);
	buf_clear(&b);
}

static void
test_mem__formats_copies_and_zeroes(void **state)
{
	char *s = mem_printf("%s %d", "a", 5);
	char *z = mem_zalloc(64);

	(void)state;
	assert_string_equal(s, "a 5");
	free(s);
	for (int i = 0; i < 64; i++)
		assert_int_equal(z[i], 0);
	free(z);
	s = mem_strndup("abcdef", 3);
	assert_string_equal(s, "abc");
	s = mem_array(s, 5, 100);
	assert_memory_equal(s, "abc", 4);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_buf__is_a_string_even_when_nothing_was_added),
	    cmocka_unit_test(test_buf__appends_all_kinds),
	    cmocka_unit_test(test_buf__grows_byte_by_byte_to_a_megabyte),
	    cmocka_unit_test(test_buf__printf_is_not_limited_in_length),
	    cmocka_unit_test(test_buf__consumes_from_the_front),
	    cmocka_unit_test(test_buf__steal_hands_the_memory_over),
	    cmocka_unit_test(test_mem__formats_copies_and_zeroes),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
