/* Names that look alike, after Unicode's UTS 39 in spirit. */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define PARTS_MAX 32 /* of one character */

static utf8proc_ssize_t
next(const char *s, size_t n, utf8proc_int32_t *ret)
{
	return utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, ret);
}

struct look {
	utf8proc_int32_t c;
	const char *as;
};

/* Letters that look like Latin ones, casefolded, and what they look like.
 * The commonest confusables of Latin, Greek and Cyrillic, and scripts whose
 * letters are those of Latin capitals. */
static const struct look letters[] = {
    {'0', "o"},
    {'1', "l"},
    {'5', "s"},
    {'i', "l"},
    {'|', "l"},
    {'m', "rn"},
    {'w', "vv"},
    {0x00f8, "o"},
    {0x0111, "d"},
    {0x0127, "h"},
    {0x0131, "l"},
    {0x0142, "l"},
    {0x0167, "t"},
    {0x0251, "a"},
    {0x0261, "g"},
    /* small capitals */
    {0x1d00, "a"},
    {0x0299, "b"},
    {0x1d04, "c"},
    {0x1d05, "d"},
    {0x1d07, "e"},
    {0xa730, "f"},
    {0x0262, "g"},
    {0x029c, "h"},
    {0x026a, "l"},
    {0x1d0a, "j"},
    {0x1d0b, "k"},
    {0x029f, "l"},
    {0x1d0d, "rn"},
    {0x0274, "n"},
    {0x1d0f, "o"},
    {0x1d18, "p"},
    {0x0280, "r"},
    {0xa731, "s"},
    {0x1d1b, "t"},
    {0x1d1c, "u"},
    {0x1d20, "v"},
    {0x1d21, "vv"},
    {0x028f, "y"},
    {0x1d22, "z"},
    /* Greek */
    {0x03b1, "a"},
    {0x03b2, "b"},
    {0x03b3, "y"},
    {0x03b5, "e"},
    {0x03b7, "n"},
    {0x03b9, "l"},
    {0x03ba, "k"},
    {0x03bd, "v"},
    {0x03bf, "o"},
    {0x03c1, "p"},
    {0x03c3, "o"},
    {0x03c4, "t"},
    {0x03c5, "u"},
    {0x03c7, "x"},
    {0x03c9, "vv"},
    {0x03f2, "c"},
    {0x03f3, "j"},
    /* Cyrillic */
    {0x0430, "a"},
    {0x0431, "6"},
    {0x0432, "b"},
    {0x0433, "r"},
    {0x0435, "e"},
    {0x0437, "3"},
    {0x043a, "k"},
    {0x043c, "rn"},
    {0x043d, "h"},
    {0x043e, "o"},
    {0x043f, "n"},
    {0x0440, "p"},
    {0x0441, "c"},
    {0x0442, "t"},
    {0x0443, "y"},
    {0x0445, "x"},
    {0x044c, "b"},
    {0x0455, "s"},
    {0x0456, "l"},
    {0x0458, "j"},
    {0x0475, "v"},
    {0x049b, "k"},
    {0x04a3, "h"},
    {0x04ab, "c"},
    {0x04ad, "t"},
    {0x04af, "y"},
    {0x04b3, "x"},
    {0x04bb, "h"},
    {0x04cf, "l"},
    {0x0501, "d"},
    {0x051b, "q"},
    {0x051d, "vv"},
    /* Armenian */
    {0x0570, "h"},
    {0x0578, "n"},
    {0x057d, "u"},
    {0x0581, "g"},
    {0x0585, "o"},
    /* Cherokee */
    {0x13a0, "d"},
    {0x13a1, "r"},
    {0x13a2, "t"},
    {0x13a5, "l"},
    {0x13a9, "y"},
    {0x13aa, "a"},
    {0x13ab, "j"},
    {0x13ac, "e"},
    {0x13b3, "vv"},
    {0x13b7, "rn"},
    {0x13bb, "h"},
    {0x13bd, "y"},
    {0x13c0, "g"},
    {0x13c2, "h"},
    {0x13c3, "z"},
    {0x13cf, "b"},
    {0x13d2, "r"},
    {0x13d4, "vv"},
    {0x13d5, "s"},
    {0x13d9, "v"},
    {0x13da, "s"},
    {0x13de, "l"},
    {0x13df, "c"},
    {0x13e2, "p"},
    {0x13e6, "k"},
    {0x13e7, "d"},
    {0x13f3, "g"},
    {0x13f4, "b"},
    /* Lisu */
    {0xa4d0, "b"},
    {0xa4d1, "p"},
    {0xa4d3, "d"},
    {0xa4d4, "t"},
    {0xa4d6, "g"},
    {0xa4d7, "k"},
    {0xa4d9, "j"},
    {0xa4da, "c"},
    {0xa4dc, "z"},
    {0xa4dd, "f"},
    {0xa4df, "rn"},
    {0xa4e0, "n"},
    {0xa4e1, "l"},
    {0xa4e2, "s"},
    {0xa4e3, "r"},
    {0xa4e6, "v"},
    {0xa4e7, "h"},
    {0xa4ea, "vv"},
    {0xa4eb, "x"},
    {0xa4ec, "y"},
    {0xa4ee, "a"},
    {0xa4f0, "e"},
    {0xa4f2, "l"},
    {0xa4f3, "o"},
    {0xa4f4, "u"},
};

/* Capitals that look otherwise than their small letters. */
static const struct look capitals[] = {
    /* Greek */
    {0x037f, "j"},
    {0x0392, "b"},
    {0x0393, "\u0393"},
    {0x0396, "z"},
    {0x0397, "h"},
    {0x039c, "rn"},
    {0x039d, "n"},
    {0x03a0, "\u03a0"},
    {0x03a3, "\u03a3"},
    {0x03a5, "y"},
    {0x03a6, "\u03a6"},
    {0x03a9, "\u03a9"},
    {0x03dc, "f"},
    {0x03f9, "c"},
    {0x03fa, "rn"},
    /* Cyrillic, as the Greek ones */
    {0x0411, "\u0411"},
    {0x0413, "\u0393"},
    {0x041f, "\u03a0"},
    {0x0424, "\u03a6"},
    /* Armenian */
    {0x054d, "u"},
    {0x054f, "s"},
    {0x0540, "\u0540"},
    {0x0548, "\u0548"},
    {0x0551, "\u0551"},
};

/* Where the digit 0 of a script stands; 1 to 9 follow. */
static const utf8proc_int32_t zeros[] = {0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6,
    0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
    0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810};

static utf8proc_int32_t
to_ascii_digit(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (c >= zeros[i] && c <= zeros[i] + 9)
			return '0' + (c - zeros[i]);
	return c;
}

static const char *
look_of(const struct look *all, size_t n, utf8proc_int32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].c == c)
			return all[i].as;
	return NULL;
}

static const char *
letter_look(utf8proc_int32_t c)
{
	return look_of(letters, sizeof(letters) / sizeof(letters[0]), c);
}

static const char *
capital_look(utf8proc_int32_t c)
{
	return look_of(capitals, sizeof(capitals) / sizeof(capitals[0]), c);
}

/* Accents and optional vowel points.  The marks of other scripts are their
 * vowels: without them different names of Thailand or Burma are equal. */
static bool
is_accent(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	if (k != UTF8PROC_CATEGORY_MN && k != UTF8PROC_CATEGORY_ME)
		return false;
	return c < 0x0700 || (c >= 0x1ab0 && c <= 0x1aff) ||
	       (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) ||
	       (c >= 0xfe00 && c <= 0xfe2f);
}

static bool
is_kept(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO &&
		   !is_accent(c)) ||
	       c == '|';
}

/* What a character consists of, at most n; compatibility would make a sigma of
 * the lunate one, which looks like a c. */
static size_t
decompose(utf8proc_int32_t c, int options, utf8proc_int32_t *ret, size_t n)
{
	int boundary = 0;
	utf8proc_ssize_t len;

	if (letter_look(c) != NULL || capital_look(c) != NULL) {
		*ret = c;
		return 1;
	}
	len = utf8proc_decompose_char(c, ret, (utf8proc_ssize_t)n,
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
		UTF8PROC_IGNORE | options,
	    &boundary);
	return len < 0 ? 0 : (size_t)len < n ? (size_t)len : n;
}

static void
add_small(utf8proc_int32_t c, struct buf *b)
{
	utf8proc_int32_t digit = to_ascii_digit(c);
	const char *as = letter_look(digit);
	utf8proc_uint8_t enc[4];

	if (as != NULL)
		buf_adds(b, as);
	else
		buf_add(b, enc, (size_t)utf8proc_encode_char(digit, enc));
}

static void
add_char(utf8proc_int32_t c, struct buf *b)
{
	const char *as = capital_look(c);
	utf8proc_int32_t small[PARTS_MAX];
	size_t n;

	if (as != NULL) {
		buf_adds(b, as);
		return;
	}
	n = decompose(c, UTF8PROC_CASEFOLD, small, PARTS_MAX);
	for (size_t i = 0; i < n; i++)
		if (is_kept(small[i]))
			add_small(small[i], b);
}

void
text_look(const char *s, size_t n, struct text_look *ret)
{
	utf8proc_int32_t c, parts[PARTS_MAX];
	struct text_look l = {BUF_INIT, BUF_INIT};

	/* by character: the order of marks does not matter to a warning */
	for (size_t i = 0; i < n;) {
		utf8proc_ssize_t len = next(s + i, n - i, &c);
		size_t k;

		i += len > 0 ? (size_t)len : 1;
		if (len <= 0)
			continue;
		k = decompose(c, 0, parts, PARTS_MAX);
		for (size_t j = 0; j < k; j++) {
			add_char(parts[j], &l.written);
			add_char(utf8proc_toupper(parts[j]), &l.capitals);
		}
	}
	if (l.written.len == 0) { /* only signs: only equal ones are alike */
		text_escape(s, n, false, &l.written);
		text_escape(s, n, false, &l.capitals);
	}
	*ret = l;
}

bool
text_looks_like(const struct text_look *a, const struct text_look *b)
{
	return strcmp(buf_str(&a->written), buf_str(&b->written)) == 0 ||
	       strcmp(buf_str(&a->capitals), buf_str(&b->capitals)) == 0;
}

void
text_look_clear(struct text_look *l)
{
	buf_clear(&l->written);
	buf_clear(&l->capitals);
}
