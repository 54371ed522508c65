/* Text made safe for terminals and logs. */
#include "text.h"

#include "text_internal.h"

static utf8proc_ssize_t
next(const char *s, size_t n, utf8proc_int32_t *ret)
{
	return utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, ret);
}

/* A letter of a script, or a mark on one. */
static bool
is_written(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ME;
}

static bool
within(utf8proc_int32_t c, utf8proc_int32_t first, utf8proc_int32_t last)
{
	return c >= first && c <= last;
}

/* Letters and marks by their category, but nothing is seen of them. */
static bool
is_blank(utf8proc_int32_t c)
{
	return c == 0x034f || within(c, 0x115f, 0x1160) ||
	       within(c, 0x17b4, 0x17b5) || within(c, 0x180b, 0x180f) ||
	       c == 0x2800 || c == 0x3164 || within(c, 0xfe00, 0xfe0f) ||
	       c == 0xffa0 || within(c, 0xe0100, 0xe01ef);
}

/* Scripts in which joiners belong to the spelling, by block. */
static bool
joins(utf8proc_int32_t c)
{
	return is_written(c) && !is_blank(c) &&
	       (within(c, 0x0600, 0x08ff) ||    /* Arabic, Syriac, N'Ko, ... */
		   within(c, 0x0900, 0x0dff) || /* Indic, Sinhala */
		   within(c, 0x1000, 0x109f) || /* Myanmar */
		   within(c, 0x1780, 0x17ff) || /* Khmer */
		   within(c, 0x1800, 0x18af) || /* Mongolian */
		   within(c, 0x1b00, 0x1b7f) || /* Balinese */
		   within(c, 0xa980, 0xa9ff) || /* Javanese, Myanmar */
		   within(c, 0xaa60, 0xaa7f));  /* Myanmar */
}

/* Scripts without spaces, where U+200B marks the ends of words. */
static bool
has_no_spaces(utf8proc_int32_t c)
{
	return is_written(c) && !is_blank(c) &&
	       (within(c, 0x0e00, 0x0eff) ||    /* Thai, Lao */
		   within(c, 0x1000, 0x109f) || /* Myanmar */
		   within(c, 0x1780, 0x17ff));  /* Khmer */
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
		return is_blank(c);
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

	if (n == 0 || next(s, n, &after) <= 0)
		return false;
	if (c == 0x200c || c == 0x200d)
		return joins(before) && joins(after);
	if (c == 0x200b)
		return has_no_spaces(before) && has_no_spaces(after);
	return false;
}

void
text_escape(const char *s, size_t n, bool lines, struct buf *b)
{
	utf8proc_int32_t before = 0, c;
	size_t marks = 0;

	while (n > 0) {
		utf8proc_ssize_t len = next(s, n, &c);

		marks = len > 0 ? text_pile(marks, c) : 0;
		if (len <= 0) {
			buf_printf(b, "\\x%02x", (unsigned char)*s);
			len = 1;
			c = 0;
		} else if (lines && (c == '\n' || c == '\t')) {
			buf_addc(b, (char)c);
		} else if (marks > TEXT_MARKS_MAX ||
			   (is_hidden(c) && (marks == TEXT_MARKS_MAX ||
						!is_spelled(before, c, s + len,
						    n - (size_t)len)))) {
			escape_char(c, b);
			c = 0; /* it joins nothing any more */
		} else {
			buf_add(b, s, (size_t)len);
		}
		before = c;
		s += len;
		n -= (size_t)len;
	}
}
