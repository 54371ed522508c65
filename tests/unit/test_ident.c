#include "tests/unit/unit.h"

#include "common/ident.h"

static int
setup(void **state)
{
	(void)state;
	crypto_setup();
	return 0;
}

static void
key_of(uint8_t seed, uint8_t ret[static KEY_LEN])
{
	uint8_t bytes[SEED_LEN];
	struct secret *s;

	memset(bytes, seed, sizeof(bytes));
	s = secret_from_seed(bytes);
	secret_public(s, ret);
	secret_free(s);
}

/* printf '%064d 12\n' 0 | b2sum -l 256 | xxd -r -p | base32, lower case */
static void
test_ident__an_id_is_what_b2sum_and_base32_print(void **state)
{
	static const uint8_t change[HASH_LEN];
	char id[ID_SIZE], other[ID_SIZE];

	(void)state;
	ident_make(change, 12, id);
	assert_string_equal(id, "jcwmk7ysicfacbuhdfd7wiifhk");
	assert_true(ident_ok(id, strlen(id)));
	ident_make(change, 1, other);
	assert_string_not_equal(id, other);
}

static void
test_ident__ids_are_26_characters_of_base32(void **state)
{
	(void)state;
	assert_true(ident_ok("abcdefghijklmnopqrstuvwxyz", 26));
	assert_true(ident_ok("234567abcdefghijklmnopqrst", 26));
	assert_false(ident_ok("abcdefghijklmnopqrstuvwxy", 25));
	assert_false(ident_ok("abcdefghijklmnopqrstuvwxyza", 27));
	assert_false(ident_ok("Abcdefghijklmnopqrstuvwxyz", 26));
	assert_false(ident_ok("1bcdefghijklmnopqrstuvwxyz", 26));
	assert_false(ident_ok("8bcdefghijklmnopqrstuvwxyz", 26));
	assert_false(ident_ok("", 0));
}

static void
test_ident__names_are_short_and_plain(void **state)
{
	static const char *const good[] = {"a", "tags/wages-2007", "z.9"};
	static const char *const bad[] = {
	    "", "9a", "/a", "-a", "A", "a b", "a_b", "a\xc3\xa9", "a\n"};
	char name[66];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(ident_name_ok(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ident_name_ok(bad[i], strlen(bad[i])));
	memset(name, 'a', sizeof(name));
	assert_true(ident_name_ok(name, 64));
	assert_false(ident_name_ok(name, 65));
}

static void
test_ident__a_key_has_one_text_form(void **state)
{
	uint8_t key[KEY_LEN], back[KEY_LEN];
	char text[KEY_SIZE];

	(void)state;
	key_of(3, key);
	ident_key(key, text);
	assert_int_equal(strlen(text), KEY_CHARS);
	assert_int_equal(ident_parse_key(text, KEY_CHARS, back), 0);
	assert_memory_equal(key, back, KEY_LEN);
	assert_int_equal(ident_parse_key(text, KEY_CHARS - 1, back), -1);
	text[0] = (char)(text[0] - 'a' + 'A');
	assert_int_equal(ident_parse_key(text, KEY_CHARS, back), -1);
	ident_key(key, text);
	/* 32 bytes fill 51.2 characters: the last holds four unused bits */
	text[KEY_CHARS - 1]++;
	assert_int_equal(ident_parse_key(text, KEY_CHARS, back), -1);
}

static void
test_ident__weak_keys_are_refused(void **state)
{
	/* the identity, a point of order 4, one of order 8, y = p + 1 */
	static const uint8_t weak[][KEY_LEN] = {{1}, {0},
	    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3,
		0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc,
		0x05},
	    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x7f}};
	char text[KEY_SIZE];
	uint8_t back[KEY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		ident_key(weak[i], text);
		assert_int_equal(ident_parse_key(text, KEY_CHARS, back), -1);
	}
}

static void
test_ident__a_coalition_is_named_by_hex_or_words(void **state)
{
	uint8_t w[HASH_LEN], other[HASH_LEN];
	char words[IDENT_WORDS_SIZE], hex[HEX_SIZE];

	(void)state;
	crypto_digest("w", 1, w);
	crypto_digest("v", 1, other);
	ident_coalition_words(w, words);
	text_hex(w, HASH_LEN, hex);
	assert_int_equal(strlen(words), 8 * 6 - 1);
	assert_true(ident_coalition_is(w, words));
	assert_true(ident_coalition_is(w, hex));
	assert_false(ident_coalition_is(other, words));
	assert_false(ident_coalition_is(other, hex));
	words[7 * 6 - 1] = '\0'; /* seven words do not name it */
	assert_false(ident_coalition_is(w, words));
	assert_false(ident_coalition_is(w, ""));
}

static void
test_ident__key_words_are_those_of_its_hash(void **state)
{
	uint8_t key[KEY_LEN], hash[HASH_LEN];
	char words[IDENT_WORDS_SIZE], want[IDENT_WORDS_SIZE];

	(void)state;
	key_of(3, key);
	crypto_digest(key, KEY_LEN, hash);
	text_words(hash, 12, want);
	ident_key_words(key, words);
	assert_string_equal(words, want);
	assert_int_equal(strlen(words), 6 * 6 - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ident__an_id_is_what_b2sum_and_base32_print),
	    cmocka_unit_test(test_ident__ids_are_26_characters_of_base32),
	    cmocka_unit_test(test_ident__names_are_short_and_plain),
	    cmocka_unit_test(test_ident__a_key_has_one_text_form),
	    cmocka_unit_test(test_ident__weak_keys_are_refused),
	    cmocka_unit_test(test_ident__a_coalition_is_named_by_hex_or_words),
	    cmocka_unit_test(test_ident__key_words_are_those_of_its_hash),
	};

	return cmocka_run_group_tests_name("ident", tests, setup, NULL);
}
