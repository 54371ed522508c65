/* Names that look alike, after Unicode's UTS 39 in spirit. */
#include "text.h"

#include <stdlib.h>
#include <utf8proc.h>

static utf8proc_ssize_t
next(const char *s, size_t n, utf8proc_int32_t *ret)
{
	return utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, ret);
}

/* Letters that look like Latin ones, casefolded, and what they look like.
 * The commonest confusables of Latin, Greek and Cyrillic. */
static const struct {
	utf8proc_int32_t c;
	const char *as;
} lookalikes[] = {
    {'0', "o"},
    {'1', "l"},
    {'5', "s"},
    {'i', "l"},
    {'|', "l"},
    {'m', "rn"},
    {'w', "vv"},
    {0x0131, "l"},
    {0x0251, "a"},
    {0x0261, "g"},
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
    /* Cyrillic */
    {0x0430, "a"},
    {0x0432, "b"},
    {0x0433, "r"},
    {0x0435, "e"},
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
    {0x0455, "s"},
    {0x0456, "l"},
    {0x0458, "j"},
    {0x04bb, "h"},
    {0x04cf, "l"},
    {0x0501, "d"},
    {0x051b, "q"},
    {0x051d, "vv"},
    /* Armenian */
    {0x0585, "o"},
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
lookalike(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (lookalikes[i].c == c)
			return lookalikes[i].as;
	return NULL;
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

static void
add_char(utf8proc_int32_t c, struct buf *b)
{
	const char *as = lookalike(to_ascii_digit(c));
	utf8proc_uint8_t enc[4];

	if (as != NULL)
		buf_adds(b, as);
	else
		buf_add(b, enc,
		    (size_t)utf8proc_encode_char(to_ascii_digit(c), enc));
}

void
text_skeleton(const char *s, size_t n, struct buf *b)
{
	utf8proc_int32_t c, parts[32];
	size_t start = b->len;
	int boundary = 0;

	/* by character: the order of marks does not matter to a warning */
	for (size_t i = 0; i < n;) {
		utf8proc_ssize_t len = next(s + i, n - i, &c), k;

		i += len > 0 ? (size_t)len : 1;
		if (len <= 0)
			continue;
		k = utf8proc_decompose_char(c, parts, 32,
		    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
			UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
		    &boundary);
		for (utf8proc_ssize_t j = 0; j < k && j < 32; j++)
			if (is_kept(parts[j]))
				add_char(parts[j], b);
	}
	if (b->len == start) /* nothing but signs: only equal ones are alike */
		text_escape(s, n, false, b);
}
