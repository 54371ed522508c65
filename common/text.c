/* Normal form and width of human text, on utf8proc. */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "mem.h"
#include "text_internal.h"

static utf8proc_ssize_t
next(const char *s, size_t n, utf8proc_int32_t *ret)
{
	return utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, ret);
}

static bool
is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* CR LF and CR to LF; appended. */
static void
unify_line_ends(const char *s, size_t n, struct buf *b)
{
	buf_reserve(b, n);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\r') {
			buf_addc(b, '\n');
			if (i + 1 < n && s[i + 1] == '\n')
				i++;
		} else {
			buf_addc(b, s[i]);
		}
	}
}

static unsigned
combining_class(utf8proc_int32_t c)
{
	return (unsigned)utf8proc_get_property(c)->combining_class & 0xff;
}

static bool
is_ordered(const utf8proc_int32_t *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (combining_class(p[i - 1]) > combining_class(p[i]))
			return false;
	return true;
}

/* Puts a run of marks into canonical order: a stable counting sort. */
static void
order_run(utf8proc_int32_t *p, size_t n, utf8proc_int32_t *room)
{
	size_t start[257] = {0};

	if (is_ordered(p, n))
		return;
	for (size_t i = 0; i < n; i++)
		start[combining_class(p[i]) + 1]++;
	for (size_t k = 1; k < 257; k++)
		start[k] += start[k - 1];
	for (size_t i = 0; i < n; i++)
		room[start[combining_class(p[i])]++] = p[i];
	memcpy(p, room, n * sizeof(*p));
}

/* utf8proc 2.8 orders marks by exchanging neighbours, which takes hours for
 * a megabyte of them (hostile text): do it in linear time before it does. */
static void
order_marks(utf8proc_int32_t *p, size_t n)
{
	utf8proc_int32_t *room = mem_array(NULL, n + 1, sizeof(*room));

	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && combining_class(p[j]) != 0;)
			j++;
		if (j - i > 1)
			order_run(p + i, j - i, room);
		if (j == i)
			j++;
	}
	free(room);
}

/* The canonical decomposition, not yet ordered; -1 if s is not UTF-8. */
static int
decompose(const char *s, size_t n, utf8proc_int32_t *ret, size_t *ret_n)
{
	utf8proc_int32_t c;
	size_t count = 0;
	int boundary = 0;

	while (n > 0) {
		utf8proc_ssize_t len = next(s, n, &c);

		if (len <= 0)
			return -1;
		count += (size_t)utf8proc_decompose_char(c, ret + count, 8,
		    UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &boundary);
		s += len;
		n -= (size_t)len;
	}
	*ret_n = count;
	return 0;
}

/* No canonical decomposition is longer than 4, and a byte of UTF-8 makes at
 * most 2 (two bytes, U+0344, make two; three, U+1FA7, make four). */
static int
compose(const char *s, size_t n, struct buf *b)
{
	utf8proc_int32_t *p = mem_array(NULL, 2 * n + 8, sizeof(*p));
	utf8proc_uint8_t enc[4];
	utf8proc_ssize_t k;
	size_t len = 0;
	int rv = -1;

	if (decompose(s, n, p, &len) == -1)
		goto out;
	order_marks(p, len);
	k = utf8proc_normalize_utf32(
	    p, (utf8proc_ssize_t)len, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (k < 0)
		goto out;
	buf_reserve(b, n);
	for (utf8proc_ssize_t i = 0; i < k; i++)
		buf_add(b, enc, (size_t)utf8proc_encode_char(p[i], enc));
	rv = 0;
out:
	free(p);
	return rv;
}

void
text_normalise(const char *s, size_t n, struct buf *b)
{
	struct buf lf = BUF_INIT;

	unify_line_ends(s, n, &lf);
	if (is_ascii(buf_str(&lf), lf.len) ||
	    compose(buf_str(&lf), lf.len, b) == -1)
		buf_add(b, buf_str(&lf), lf.len);
	buf_clear(&lf);
}

/* Columns of c on a letter that has "marks" already: what is piled up beyond
 * all reason takes some, or a line would be as long as somebody likes; control
 * characters are shown as something. */
static size_t
columns_of(utf8proc_int32_t c, size_t *marks)
{
	*marks = text_pile(*marks, c);
	if (*marks > TEXT_MARKS_MAX ||
	    utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
		return 1;
	return (size_t)utf8proc_charwidth(c);
}

size_t
text_width(const char *s, size_t n)
{
	utf8proc_int32_t c;
	size_t width = 0, marks = 0;

	while (n > 0) {
		utf8proc_ssize_t len = next(s, n, &c);

		if (len <= 0) {
			len = 1;
			width++;
			marks = 0;
		} else {
			width += columns_of(c, &marks);
		}
		s += len;
		n -= (size_t)len;
	}
	return width;
}

size_t
text_fit(const char *s, size_t n, size_t columns)
{
	utf8proc_int32_t c, before = 0xfffd, state = 0;
	size_t width = 0, cut = 0, i = 0, marks = 0;

	while (i < n) {
		utf8proc_ssize_t len = next(s + i, n - i, &c);
		size_t w;

		if (len <= 0) {
			len = 1;
			c = 0xfffd;
		}
		w = columns_of(c, &marks);
		if (i == 0 || marks > TEXT_MARKS_MAX ||
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
