#include "tests/unit/unit.h"

#include "common/text.h"

static void
test_text__base32_has_one_form(void **state)
{
	uint8_t key[32], back[32];
	char s[TEXT_B32_LEN(32) + 1];

	(void)state;
	for (int i = 0; i < 32; i++)
		key[i] = (uint8_t)(i * 37 + 200);
	text_b32(key, 32, s);
	assert_int_equal(strlen(s), 52);
	assert_int_equal(text_unb32(s, 52, back, 32), 0);
	assert_memory_equal(key, back, 32);
	s[51] = s[51] == 'b' ? 'c' : 'b'; /* an unused bit set */
	assert_int_equal(text_unb32(s, 52, back, 32), -1);
	assert_int_equal(text_unb32("A", 1, back, 32), -1);
}

static void
test_text__base64_is_canonical(void **state)
{
	char s[16];
	uint8_t b[8];
	size_t n;

	(void)state;
	text_b64("f", 1, s);
	assert_string_equal(s, "Zg==");
	text_b64("foobar", 6, s);
	assert_string_equal(s, "Zm9vYmFy");
	assert_int_equal(text_unb64("Zm9v", 4, b, sizeof(b), &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(text_unb64("Zh==", 4, b, sizeof(b), &n), -1);
	assert_int_equal(text_unb64("Zg=", 3, b, sizeof(b), &n), -1);
	assert_int_equal(text_unb64("Z===", 4, b, sizeof(b), &n), -1);
	assert_int_equal(text_unb64("Zg=a", 4, b, sizeof(b), &n), -1);
	assert_int_equal(text_unb64("Zm9vYmFyZm9vYmFy", 16, b, 8, &n), -1);
}

static void
test_text__words_are_proquints(void **state)
{
	/* 127.0.0.1 is lusab-babad in arXiv:0901.4016 */
	static const uint8_t ip[] = {127, 0, 0, 1};
	char s[16];
	uint8_t back[4];
	size_t n;

	(void)state;
	text_words(ip, 4, s);
	assert_string_equal(s, "lusab-babad");
	assert_int_equal(text_unwords(" LUSAB babad", back, 4, &n), 0);
	assert_int_equal(n, 4);
	assert_memory_equal(ip, back, 4);
	assert_int_equal(text_unwords("lusab-baba", back, 4, &n), -1);
	assert_int_equal(text_unwords("lusabx", back, 4, &n), -1);
	assert_int_equal(text_unwords("", back, 4, &n), -1);
}

static void
test_text__utf8_is_strict(void **state)
{
	static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xff",
	    "\xf4\x90\x80\x80", "\xe2\x82", "\x80"};

	(void)state;
	assert_true(text_is_utf8("Jakarta \xe1\x9e\x81", 11));
	assert_false(text_is_utf8("a\0b", 3));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
}

static void
escaped(const char *in, const char *want)
{
	struct buf b = BUF_INIT;

	text_escape(in, strlen(in), false, &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
test_text__nothing_reaches_the_terminal_raw(void **state)
{
	(void)state;
	escaped("\x1b[2J", "\\x1b[2J");
	escaped("a\rb\n", "a\\rb\\n");
	escaped("\xc2\x9b"
		"1m",
	    "\\u{9b}1m");
	escaped("\xe2\x80\xae"
		"evil",
	    "\\u{202e}evil");
	escaped("a\xe2\x80\x8b"
		"b",
	    "a\\u{200b}b");
	escaped("\xff", "\\xff");
	escaped("S\xc3\xa9rikat", "S\xc3\xa9rikat");
}

static void
test_text__names_that_look_alike_have_one_skeleton(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	text_skeleton("ASPEK", 5, &a);
	text_skeleton("\xd0\x90SPE\xd0\x9a ", 8, &b); /* Cyrillic A and K */
	assert_string_equal(buf_str(&a), buf_str(&b));
	buf_reset(&b);
	text_skeleton("HRWG", 4, &b);
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	buf_clear(&a);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text__base32_has_one_form),
	    cmocka_unit_test(test_text__base64_is_canonical),
	    cmocka_unit_test(test_text__words_are_proquints),
	    cmocka_unit_test(test_text__utf8_is_strict),
	    cmocka_unit_test(test_text__nothing_reaches_the_terminal_raw),
	    cmocka_unit_test(
		test_text__names_that_look_alike_have_one_skeleton),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
