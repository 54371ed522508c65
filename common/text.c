/* Handling of human text, on utf8proc. */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "mem.h"

static utf8proc_ssize_t
next(const char *s, size_t n, utf8proc_int32_t *ret)
{
	return utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, ret);
}

void
text_normalise(const char *s, size_t n, struct buf *b)
{
	struct buf lf = BUF_INIT;
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\r') {
			buf_addc(&lf, '\n');
			if (i + 1 < n && s[i + 1] == '\n')
				i++;
		} else {
			buf_addc(&lf, s[i]);
		}
	}
	len = utf8proc_map((const utf8proc_uint8_t *)buf_str(&lf),
	    (utf8proc_ssize_t)lf.len, &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (len >= 0)
		buf_add(b, out, (size_t)len);
	else
		buf_add(b, buf_str(&lf), lf.len);
	free(out);
	buf_clear(&lf);
}

/* Scripts in which joiners belong to the spelling: Arabic and its relatives,
 * Indic, Sinhala, Myanmar, Khmer, Mongolian. */
static bool
joins(utf8proc_int32_t c)
{
	return (c >= 0x0600 && c <= 0x08ff) || (c >= 0x0900 && c <= 0x0dff) ||
	       (c >= 0x1000 && c <= 0x109f) || (c >= 0x1780 && c <= 0x18af) ||
	       (c >= 0xa9e0 && c <= 0xa9ff) || (c >= 0xaa60 && c <= 0xaa7f);
}

/* Invisible or direction-changing; what a terminal must not be given. */
static bool
is_hidden(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return c == 0x034f || c == 0x115f || c == 0x1160 ||
		       c == 0x3164 || c == 0xffa0 || c == 0x2800;
	}
}

static void
escape_char(utf8proc_int32_t c, struct buf *b)
{
	if (c == '\n')
		buf_adds(b, "\\n");
	else if (c == '\t')
		buf_adds(b, "\\t");
	else if (c == '\r')
		buf_adds(b, "\\r");
	else if (c < 0x80)
		buf_printf(b, "\\x%02x", (unsigned)c);
	else
		buf_printf(b, "\\u{%x}", (unsigned)c);
}

/* A joiner between two characters of a script that spells with it. */
static bool
is_spelled(utf8proc_int32_t before, utf8proc_int32_t c, const char *s, size_t n)
{
	utf8proc_int32_t after;

	if (c == 0x200b) /* zero width space: word breaks of Khmer, Myanmar */
		return joins(before);
	if ((c != 0x200c && c != 0x200d) || !joins(before))
		return false;
	return n > 0 && next(s, n, &after) > 0 && joins(after);
}

void
text_escape(const char *s, size_t n, bool lines, struct buf *b)
{
	utf8proc_int32_t before = 0, c;

	while (n > 0) {
		utf8proc_ssize_t len = next(s, n, &c);

		if (len <= 0) {
			buf_printf(b, "\\x%02x", (unsigned char)*s);
			len = 1;
			c = 0;
		} else if (lines && (c == '\n' || c == '\t')) {
			buf_addc(b, (char)c);
		} else if (is_hidden(c) &&
			   !is_spelled(before, c, s + len, n - (size_t)len)) {
			escape_char(c, b);
		} else {
			buf_add(b, s, (size_t)len);
		}
		before = c;
		s += len;
		n -= (size_t)len;
	}
}

size_t
text_width(const char *s, size_t n)
{
	utf8proc_int32_t c;
	size_t width = 0;

	while (n > 0) {
		utf8proc_ssize_t len = next(s, n, &c);

		if (len <= 0) {
			len = 1;
			width++;
		} else {
			width += (size_t)utf8proc_charwidth(c);
		}
		s += len;
		n -= (size_t)len;
	}
	return width;
}

size_t
text_fit(const char *s, size_t n, size_t columns)
{
	utf8proc_int32_t c, before = 0, state = 0;
	size_t width = 0, cut = 0, i = 0;

	while (i < n) {
		utf8proc_ssize_t len = next(s + i, n - i, &c);
		size_t w = 1;

		if (len <= 0)
			len = 1;
		else
			w = (size_t)utf8proc_charwidth(c);
		if (i == 0 || len <= 0 ||
		    utf8proc_grapheme_break_stateful(before, c, &state))
			cut = i;
		if (width + w > columns)
			return cut;
		width += w;
		before = c;
		i += (size_t)len;
	}
	return n;
}

/* Letters that look like an ASCII one, by that letter; lower case.  The
 * commonest of Unicode's confusables (UTS 39) in Latin, Greek, Cyrillic. */
static const struct {
	utf8proc_int32_t c;
	char as;
} lookalikes[] = {
    {0x0430, 'a'},
    {0x0435, 'e'},
    {0x043e, 'o'},
    {0x0440, 'p'},
    {0x0441, 'c'},
    {0x0443, 'y'},
    {0x0445, 'x'},
    {0x0456, 'l'},
    {0x0458, 'j'},
    {0x0455, 's'},
    {0x043a, 'k'},
    {0x043c, 'm'},
    {0x043d, 'h'},
    {0x0442, 't'},
    {0x0432, 'b'},
    {0x0501, 'd'},
    {0x051b, 'q'},
    {0x051d, 'w'},
    {0x04bb, 'h'},
    {0x0433, 'r'},
    {0x03b1, 'a'},
    {0x03b5, 'e'},
    {0x03bf, 'o'},
    {0x03c1, 'p'},
    {0x03c5, 'u'},
    {0x03bd, 'v'},
    {0x03b9, 'l'},
    {0x03ba, 'k'},
    {0x03c4, 't'},
    {0x03c7, 'x'},
    {0x03b7, 'n'},
    {0x03c9, 'w'},
    {0x03b2, 'b'},
    {0x03b3, 'y'},
    {0x03c3, 'o'},
    {0x03f2, 'c'},
    {0x0131, 'l'},
    {0x0261, 'g'},
    {0x0251, 'a'},
    {0x0585, 'o'},
    {'0', 'o'},
    {'1', 'l'},
    {'i', 'l'},
    {'|', 'l'},
    {'5', 's'},
    {'u', 'u'},
    {'v', 'v'},
};

static utf8proc_int32_t
lookalike(utf8proc_int32_t c)
{
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (lookalikes[i].c == c)
			return lookalikes[i].as;
	return c;
}

static bool
is_letter(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO) ||
	       (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO) ||
	       k == UTF8PROC_CATEGORY_MC || c == '|';
}

void
text_skeleton(const char *s, size_t n, struct buf *b)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t len =
	    utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &out,
		UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
		    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK);
	utf8proc_uint8_t enc[4];
	utf8proc_int32_t c;

	for (utf8proc_ssize_t i = 0, k; i < len; i += k) {
		k = next((char *)out + i, (size_t)(len - i), &c);
		if (k <= 0)
			break;
		c = lookalike(c);
		if (is_letter(c))
			buf_add(b, enc, (size_t)utf8proc_encode_char(c, enc));
	}
	free(out);
}
