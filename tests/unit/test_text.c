#include "scratch.h"

#include "common/text.h"

static void
assert_escapes(const char *in, size_t n, bool lines, const char *want)
{
	struct buf b = BUF_INIT;

	text_escape(in, n, lines, &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
assert_escape(const char *in, const char *want)
{
	assert_escapes(in, strlen(in), false, want);
}

static void
assert_kept(const char *in)
{
	assert_escape(in, in);
}

static void
assert_normal(const char *in, const char *want)
{
	struct buf b = BUF_INIT;

	text_normalise(in, strlen(in), &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static bool
are_alike(const char *a, const char *b)
{
	struct text_look x, y;
	bool same;

	text_look(a, strlen(a), &x);
	text_look(b, strlen(b), &y);
	same = text_looks_like(&x, &y);
	text_look_clear(&x);
	text_look_clear(&y);
	return same;
}

/* --- encodings --- */

static void
test_text__hex_goes_both_ways_and_is_strict(void **state)
{
	uint8_t out[3] = {9, 9, 9};
	char s[7];

	(void)state;
	text_hex("\x00\xab\xff", 3, s);
	assert_string_equal(s, "00abff");
	assert_int_equal(text_unhex("00abff", 6, out, 3), 0);
	assert_memory_equal(out, "\x00\xab\xff", 3);
	assert_int_equal(text_unhex("00ABff", 6, out, 3), -1);
	assert_int_equal(text_unhex("00abf", 5, out, 3), -1);
	assert_int_equal(text_unhex("00abff0", 7, out, 3), -1);
	assert_int_equal(text_unhex("00ab g", 6, out, 3), -1);
}

static void
test_text__base32_matches_rfc_4648(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "my"},
	    {"fo", "mzxq"}, {"foo", "mzxw6"}, {"foob", "mzxw6yq"},
	    {"fooba", "mzxw6ytb"}, {"foobar", "mzxw6ytboi"}};
	char s[64];
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t n = strlen(pairs[i][0]);

		text_b32(pairs[i][0], n, s);
		assert_string_equal(s, pairs[i][1]);
		assert_int_equal(strlen(s), TEXT_B32_LEN(n));
		assert_int_equal(text_unb32(s, strlen(s), out, n), 0);
		assert_memory_equal(out, pairs[i][0], n);
	}
}

static void
test_text__base32_has_one_spelling(void **state)
{
	uint8_t out[32];
	char s[53];

	(void)state;
	memset(out, 0xff, sizeof(out));
	text_b32(out, 32, s);
	assert_int_equal(strlen(s), 52);
	assert_int_equal(text_unb32(s, 52, out, 32), 0);
	s[51]++; /* an unused bit set */
	assert_int_equal(text_unb32(s, 52, out, 32), -1);
	assert_int_equal(text_unb32("mz", 2, out, 1), -1); /* unused bits */
	assert_int_equal(text_unb32("MY", 2, out, 1), -1);
	assert_int_equal(text_unb32("m1", 2, out, 1), -1);
	assert_int_equal(text_unb32("my\0", 3, out, 1), -1);
	assert_int_equal(text_unb32("m\0", 2, out, 1), -1);
	assert_int_equal(text_unb32("my======", 8, out, 1), -1);
}

static void
test_text__base64_matches_rfc_4648(void **state)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	    {"\xff\xfe\xfb", "//77"}};
	char s[64], out[64];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		text_b64(pairs[i][0], strlen(pairs[i][0]), s);
		assert_string_equal(s, pairs[i][1]);
		assert_int_equal(
		    text_unb64(s, strlen(s), out, sizeof(out), &n), 0);
		assert_int_equal(n, strlen(pairs[i][0]));
		assert_memory_equal(out, pairs[i][0], n);
	}
}

static void
test_text__base64_has_one_spelling(void **state)
{
	static const char *const bad[] = {"Zg", "Zg=", "Zh==", "Zm9=", "Zm8",
	    "====", "Z===", "=g==", "Zg==Zg==", "Zm 8", "Zm8=\n", "Zm-_",
	    "Zm9vZg===", "Zg=a"};
	char out[64];
	size_t n = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    text_unb64(bad[i], strlen(bad[i]), out, sizeof(out), &n),
		    -1);
	assert_int_equal(n, 77);
	assert_int_equal(text_unb64("Zm9v", 4, out, 2, &n), -1);
	assert_int_equal(text_unb64("Zm\0v", 4, out, 4, &n), -1);
}

static void
test_text__words_match_the_proquint_paper(void **state)
{
	static const struct {
		uint8_t in[4];
		const char *out;
	} pairs[] = {{{127, 0, 0, 1}, "lusab-babad"},
	    {{63, 84, 220, 193}, "gutih-tugad"},
	    {{255, 255, 255, 255}, "zuzuz-zuzuz"}};
	uint8_t back[4];
	char s[12];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		text_words(pairs[i].in, 4, s);
		assert_string_equal(s, pairs[i].out);
		assert_int_equal(text_unwords(s, back, 4, &n), 0);
		assert_int_equal(n, 4);
		assert_memory_equal(back, pairs[i].in, 4);
	}
}

static void
test_text__words_are_read_as_people_write_them(void **state)
{
	uint8_t out[4];
	size_t n;

	(void)state;
	assert_int_equal(text_unwords(" LuSab  BABAD ", out, 4, &n), 0);
	assert_memory_equal(out, "\x7f\0\0\1", 4);
	assert_int_equal(text_unwords("", out, 4, &n), -1);
	assert_int_equal(text_unwords("lusa", out, 4, &n), -1);
	assert_int_equal(text_unwords("lusabb", out, 4, &n), -1);
	assert_int_equal(text_unwords("lusab_babad", out, 4, &n), -1);
	assert_int_equal(text_unwords("lusab-bebad", out, 4, &n), -1);
	assert_int_equal(text_unwords("lusab-babad-babad", out, 4, &n), -1);
}

/* --- UTF-8 (hostile input 39) --- */

static void
test_text__accepts_every_scalar_value_and_no_other(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 0x200000; c++) {
		char s[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

		if (n == 1)
			s[0] = (char)c;
		for (size_t i = n - 1; n > 1 && i > 0; i--)
			s[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 63));
		if (n > 1)
			s[0] = (char)(0xf00 >> n | c >> 6 * (n - 1));
		if (text_is_utf8(s, n) != good)
			fail_msg("U+%04X", c);
	}
}

static void
test_text__refuses_what_is_not_utf8(void **state)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80",
	    "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
	    "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
	    "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe",
	    "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3(", "\xe2(\x80",
	    "\xe2\x82(", "\xf0\x9f\x98(", "ok\xff", "\xc3\xa9\xc3"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_is_utf8(bad[i], strlen(bad[i])))
			fail_msg("number %zu", i);
	assert_false(text_is_utf8("a\0b", 3));
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("caf\xc3\xa9\n\xe1\x80\x80", 9));
	assert_false(text_is_utf8("\xe1\x80\x80", 2)); /* cut by its length */
}

/* --- normal form --- */

static void
test_text__normalises_to_nfc_and_lf(void **state)
{
	(void)state;
	assert_normal("", "");
	assert_normal("a\r\nb\rc\n\r", "a\nb\nc\n\n");
	assert_normal("e\xcc\x81", "\xc3\xa9");
	assert_normal("\xc3\xa9\r\n", "\xc3\xa9\n");
	assert_normal("\xe2\x84\xab", "\xc3\x85"); /* angstrom */
	assert_normal("\xe1\x84\x80\xe1\x85\xa1", "\xea\xb0\x80"); /* hangul */
	assert_normal("a\xcc\x81\xcc\xa3", "\xe1\xba\xa1\xcc\x81");
	assert_normal("\xcd\x84", "\xcc\x88\xcc\x81"); /* grows */
	assert_normal("\xef\xac\x81", "\xef\xac\x81"); /* fi: not NFKC */
	assert_normal("\xe1\xbe\xa7", "\xe1\xbe\xa7"); /* 4 parts and back */
	/* Burmese: asat 9 after dot below 7, whichever came first */
	assert_normal("\xe1\x80\x80\xe1\x80\xba\xe1\x80\xb7",
	    "\xe1\x80\x80\xe1\x80\xb7\xe1\x80\xba");
}

static void
test_text__normalising_twice_changes_nothing(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct buf in = BUF_INIT, once = BUF_INIT, twice = BUF_INIT;

		for (int i = 0; i < 12; i++) {
			unsigned c;

			seed = seed * 1103515245 + 12345;
			c = (seed >> 16) & 3 ? 0x300 + (seed >> 18) % 0x70
					     : 0x61 + (seed >> 18) % 26;
			if (c >= 0x80)
				buf_addc(&in, (char)(0xc0 | c >> 6));
			buf_addc(&in, (char)(c >= 0x80 ? 0x80 | (c & 63) : c));
		}
		text_normalise(in.data, in.len, &once);
		text_normalise(once.data, once.len, &twice);
		assert_true(text_is_utf8(once.data, once.len));
		assert_string_equal(buf_str(&once), buf_str(&twice));
		buf_clear(&in);
		buf_clear(&once);
		buf_clear(&twice);
	}
}

static void
test_text__normalises_a_megabyte_of_marks_at_once(void **state)
{
	struct buf in = BUF_INIT, out = BUF_INIT;

	/* to sort them by their square would take minutes, and be cut off */
	(void)state;
	buf_addc(&in, 'q');
	for (int i = 0; i < 1 << 18; i++)
		buf_adds(&in, "\xcc\x81\xcc\xa3"); /* 230, then 220 */
	text_normalise(in.data, in.len, &out);
	assert_int_equal(out.len, in.len);
	/* U+0323 has the lower class: all of them come first */
	assert_memory_equal(out.data, "q\xcc\xa3\xcc\xa3", 5);
	assert_memory_equal(out.data + out.len - 4, "\xcc\x81\xcc\x81", 4);
	buf_clear(&in);
	buf_clear(&out);
}

/* --- escaping (hostile input 49) --- */

static void
test_text__escapes_what_moves_a_terminal(void **state)
{
	(void)state;
	assert_escape("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m");
	assert_escape("a\rb\bc\x7f", "a\\rb\\x08c\\x7f");
	assert_escape("\xc2\x9b"
		      "2J",
	    "\\u{9b}2J"); /* C1 CSI */
	assert_escape("\x9b"
		      "2J",
	    "\\x9b2J"); /* the same, raw */
	assert_escapes("a\0b", 3, false, "a\\x00b");
	assert_escape("\xff\xc3(", "\\xff\\xc3(");
	assert_escape("one\ntwo\tthree", "one\\ntwo\\tthree");
	assert_escapes("one\ntwo\tthree\r", 14, true, "one\ntwo\tthree\\r");
}

static void
test_text__escapes_what_cannot_be_seen(void **state)
{
	(void)state;
	assert_escape("a\xe2\x80\xae"
		      "b",
	    "a\\u{202e}b"); /* RLO */
	assert_escape("a\xe2\x81\xa6"
		      "b",
	    "a\\u{2066}b"); /* LRI */
	assert_escape("a\xe2\x80\x8f"
		      "b",
	    "a\\u{200f}b"); /* RLM */
	assert_escape("\xd8\xa8\xd8\x9c\xd8\xa8", "\xd8\xa8\\u{61c}\xd8\xa8");
	assert_escape("a\xe2\x80\x8b"
		      "b",
	    "a\\u{200b}b"); /* ZWSP */
	assert_escape("a\xe2\x80\x8d"
		      "b",
	    "a\\u{200d}b"); /* ZWJ */
	assert_escape("a\xef\xbb\xbf"
		      "b",
	    "a\\u{feff}b"); /* BOM */
	assert_escape("a\xe2\x81\xa0"
		      "b",
	    "a\\u{2060}b"); /* WJ */
	assert_escape("a\xc2\xad"
		      "b",
	    "a\\u{ad}b"); /* soft hyphen */
	assert_escape("a\xcd\x8f"
		      "b",
	    "a\\u{34f}b"); /* CGJ */
	assert_escape("a\xe3\x85\xa4"
		      "b",
	    "a\\u{3164}b");                                /* Hangul filler */
	assert_escape("a\xf3\xa0\x81\xa1", "a\\u{e0061}"); /* tag */
	assert_escape("a\xef\xb8\x8f", "a\\u{fe0f}");
	assert_escape("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
	assert_escape("\xee\x80\x80", "\\u{e000}"); /* private use */
}

static void
test_text__keeps_joiners_where_they_are_spelling(void **state)
{
	(void)state;
	/* Persian mi-khaham, Devanagari k+virama+ZWJ+sh, Sinhala sri */
	assert_kept("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae");
	assert_kept("\xe0\xa4\x95\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7");
	assert_kept("\xe0\xb7\x81\xe0\xb7\x8a\xe2\x80\x8d\xe0\xb6\xbb");
	/* Khmer and Burmese with U+200B between words */
	assert_kept("\xe1\x9e\x80\xe2\x80\x8b\xe1\x9e\x80");
	assert_kept("\xe1\x80\x80\xe2\x80\x8b\xe1\x80\x80");
	/* but not at an end, twice, or beside another script */
	assert_escape("\xd9\x85\xe2\x80\x8c", "\xd9\x85\\u{200c}");
	assert_escape("\xe2\x80\x8c\xd9\x85", "\\u{200c}\xd9\x85");
	assert_escape("\xd9\x85\xe2\x80\x8c"
		      "a",
	    "\xd9\x85\\u{200c}a");
	assert_escape("\xd9\x85\xe2\x80\x8c\xe2\x80\x8c\xd9\x85",
	    "\xd9\x85\\u{200c}\\u{200c}\xd9\x85");
	assert_escape(
	    "\xd9\x85\xe2\x80\x8b\xd9\x85", "\xd9\x85\\u{200b}\xd9\x85");
	/* Arabic comma is no letter */
	assert_escape(
	    "\xd8\x8c\xe2\x80\x8c\xd9\x85", "\xd8\x8c\\u{200c}\xd9\x85");
}

static void
test_text__leaves_ordinary_text_alone(void **state)
{
	(void)state;
	assert_kept("Serikat Buruh \xe2\x80\x94 \"caf\xc3\xa9\" (50%)");
	assert_kept("e\xcc\x81 \xe0\xb9\x81\xe0\xb8\xa3\xe0\xb8\x87");
	assert_kept("\xf0\x9f\x8c\xbe \xe5\x8a\xb4\xe5\x83\x8d");
	assert_kept("back\\slash");
}

static void
test_text__output_of_escape_is_safe_whatever_the_input(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct buf b = BUF_INIT;
		char in[40];

		for (size_t i = 0; i < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = (char)(seed >> 16);
		}
		text_escape(in, sizeof(in), false, &b);
		assert_true(text_is_utf8(b.data, b.len));
		for (size_t i = 0; i < b.len; i++)
			assert_true((unsigned char)b.data[i] >= 0x20 &&
				    b.data[i] != 0x7f);
		buf_clear(&b);
	}
}

/* --- width --- */

static void
test_text__measures_columns(void **state)
{
	(void)state;
	assert_int_equal(text_width("abc", 3), 3);
	assert_int_equal(text_width("e\xcc\x81", 3), 1);
	assert_int_equal(text_width("\xe5\x8a\xb4\xe5\x83\x8d", 6), 4);
	assert_int_equal(text_width("\xff", 1), 1);
	assert_int_equal(text_width("", 0), 0);
}

static void
test_text__fits_without_splitting_a_character(void **state)
{
	(void)state;
	assert_int_equal(text_fit("abcdef", 6, 3), 3);
	assert_int_equal(text_fit("abc", 3, 3), 3);
	assert_int_equal(text_fit("abc", 3, 0), 0);
	assert_int_equal(text_fit("", 0, 5), 0);
	/* two columns each: three columns hold one */
	assert_int_equal(text_fit("\xe5\x8a\xb4\xe5\x83\x8d", 6, 3), 3);
	/* the accent stays with its letter */
	assert_int_equal(text_fit("ae\xcc\x81"
				  "b",
			     5, 2),
	    4);
	assert_int_equal(text_fit("ae\xcc\x81"
				  "b",
			     5, 1),
	    1);
	/* bad bytes take a column each and do not confuse it */
	assert_int_equal(text_fit("\xff\xff\xff", 3, 2), 2);
}

/* --- look-alikes (hostile input 50) --- */

static void
test_text__sees_names_that_look_alike(void **state)
{
	(void)state;
	assert_true(are_alike("ASPEK", "aspek"));
	assert_true(are_alike("ASPEK", "\xd0\x90SPEK")); /* Cyrillic A */
	assert_true(are_alike("ASPEK", "\xce\x91SPEK")); /* Greek Alpha */
	assert_true(are_alike("ASPEK", "\xd0\x90SPE\xd0\x9a "));
	assert_true(are_alike("UNI-APRO", "uni apro"));
	assert_true(are_alike("UNI", "UN1"));
	assert_true(are_alike("UNI", "UNl"));
	assert_true(are_alike("Solidar", "So\xe2\x80\x8blidar"));
	assert_true(are_alike("caf\xc3\xa9", "cafe"));
	assert_true(are_alike("office", "o\xef\xac\x83"
					"ce"));
	assert_true(are_alike("team", "tearn"));
	assert_true(are_alike("group 2", "group \xd9\xa2")); /* Arabic two */
	assert_true(are_alike("\xef\xbc\xb5\xef\xbc\xae\xef\xbc\xa9", "UNI"));
}

/* Acronyms are capitals, and those of other scripts look like others than
 * their small letters do. */
static void
test_text__sees_capitals_that_look_alike(void **state)
{
	static const char *const pairs[][2] = {
	    {"HRWG", "\u0397RWG"},                /* Greek Eta */
	    {"HRWG", "\u041dRWG"},                /* Cyrillic En */
	    {"HRWG", "\ua4e7\ua4e3\ua4ea\ua4d6"}, /* Lisu */
	    {"HRWG", "\u13bb\u13d2\u13b3\u13c0"}, /* Cherokee */
	    {"HRWG", "\u029c\u0280\u1d21\u0262"}, /* small capitals */
	    {"UNI-APRO", "U\u039dI-APRO"},        /* Nu */
	    {"UNI-APRO", "\u054d\u039d\u0406-\u0391\u03a1R\u041e"},
	    {"UNI-APRO", "UNI-A\u03a1R\u039f"}, /* Rho, Omicron */
	    {"YMCA", "\u03a5MCA"},              /* Upsilon */
	    {"YMCA", "\u04ae\u039c\u0421\u0410"},
	    {"MFA", "\u039c\u03dc\u0391"},    /* Mu, Digamma, Alpha */
	    {"ZEBRA", "\u0396EBRA"},          /* Zeta */
	    {"LAW 3", "LAW \u0417"},          /* Cyrillic Ze */
	    {"HAK", "\u04a2\u0410\u049a"},    /* with descenders */
	    {"TUC", "\u03a4U\u03f9"},         /* Tau, lunate Sigma */
	    {"\u03a0\u0391", "\u041f\u0410"}, /* Greek and Cyrillic */
	    /* small letters, and their capitals with Latin ones among them */
	    {"\u03b7\u03bb\u03b9\u03bf\u03c2", "H\u039bIO\u03a3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!are_alike(pairs[i][0], pairs[i][1]))
			fail_msg("'%s' and '%s'", pairs[i][0], pairs[i][1]);
}

static void
test_text__does_not_confuse_different_names(void **state)
{
	(void)state;
	assert_false(are_alike("ASPEK", "ASPEX"));
	assert_false(are_alike("HRWG", "UNI-APRO"));
	assert_false(are_alike("group 2", "group 3"));
	/* Eta does not look like N, nor Nu like V */
	assert_false(are_alike("NRWG", "\u0397RWG"));
	assert_false(are_alike("UVI", "U\u039dI"));
	/* Thai, Burmese: vowels are marks, and make the name */
	assert_false(
	    are_alike("\xe0\xb8\x81\xe0\xb8\xb4", "\xe0\xb8\x81\xe0\xb8\xb8"));
	assert_false(
	    are_alike("\xe1\x80\x80\xe1\x80\xad", "\xe1\x80\x80\xe1\x80\xaf"));
	/* nothing but signs */
	assert_false(are_alike("\xe2\x98\x85", "\xe2\x98\x86"));
	assert_false(are_alike("!", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text__hex_goes_both_ways_and_is_strict),
	    cmocka_unit_test(test_text__base32_matches_rfc_4648),
	    cmocka_unit_test(test_text__base32_has_one_spelling),
	    cmocka_unit_test(test_text__base64_matches_rfc_4648),
	    cmocka_unit_test(test_text__base64_has_one_spelling),
	    cmocka_unit_test(test_text__words_match_the_proquint_paper),
	    cmocka_unit_test(test_text__words_are_read_as_people_write_them),
	    cmocka_unit_test(
		test_text__accepts_every_scalar_value_and_no_other),
	    cmocka_unit_test(test_text__refuses_what_is_not_utf8),
	    cmocka_unit_test(test_text__normalises_to_nfc_and_lf),
	    cmocka_unit_test(test_text__normalising_twice_changes_nothing),
	    cmocka_unit_test(test_text__normalises_a_megabyte_of_marks_at_once),
	    cmocka_unit_test(test_text__escapes_what_moves_a_terminal),
	    cmocka_unit_test(test_text__escapes_what_cannot_be_seen),
	    cmocka_unit_test(test_text__keeps_joiners_where_they_are_spelling),
	    cmocka_unit_test(test_text__leaves_ordinary_text_alone),
	    cmocka_unit_test(
		test_text__output_of_escape_is_safe_whatever_the_input),
	    cmocka_unit_test(test_text__measures_columns),
	    cmocka_unit_test(test_text__fits_without_splitting_a_character),
	    cmocka_unit_test(test_text__sees_names_that_look_alike),
	    cmocka_unit_test(test_text__sees_capitals_that_look_alike),
	    cmocka_unit_test(test_text__does_not_confuse_different_names),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
