#include "worddiff.h"
#include "linediff_internal.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "buf.h"

/* --- words ----------------------------------------------------------------- */

enum letter { CLASS_SPACE, CLASS_WORD, CLASS_CLUSTER };

/* Scripts that put no spaces between words. */
static bool
is_unspaced(utf8proc_int32_t c)
{
	static const utf8proc_int32_t ranges[][2] = {
	    {0x0e00, 0x0eff},   /* Thai, Lao */
	    {0x1000, 0x109f},   /* Burmese */
	    {0x1780, 0x17ff},   /* Khmer */
	    {0x19e0, 0x19ff},   /* Khmer symbols */
	    {0x2e80, 0xa4cf},   /* Chinese, Japanese, Yi */
	    {0xa9e0, 0xa9ff},   /* Burmese, extended */
	    {0xaa60, 0xaa7f},   /* the same */
	    {0xf900, 0xfaff},   /* Chinese, compatibility */
	    {0x20000, 0x3ffff}, /* Chinese, extended */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static enum letter
class_of(utf8proc_int32_t c)
{
	if (c == ' ' || c == '\t')
		return CLASS_SPACE;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return is_unspaced(c) ? CLASS_CLUSTER : CLASS_WORD;
	default:
		return CLASS_CLUSTER;
	}
}

/* A byte that is no UTF-8 is a sign of its own. */
static size_t
letter(const char *s, size_t n, utf8proc_int32_t *ret)
{
	utf8proc_ssize_t len =
	    utf8proc_iterate((const uint8_t *)s, (utf8proc_ssize_t)n, ret);

	if (len > 0)
		return (size_t)len;
	*ret = 0xfffd;
	return 1;
}

static size_t
word(const char *s, size_t n, size_t *ret_len)
{
	utf8proc_int32_t before, c, state = 0;
	size_t i = letter(s, n, &before);
	enum letter class = class_of(before);

	while (i < n) {
		size_t len = letter(s + i, n - i, &c);
		bool breaks =
		    utf8proc_grapheme_break_stateful(before, c, &state);

		if (breaks && (class == CLASS_CLUSTER || class_of(c) != class))
			break;
		before = c;
		i += len;
	}
	*ret_len = i;
	return i;
}

/* --- stretches ------------------------------------------------------------- */

/* What is gathered until it is known where the stretch ends. */
struct gather {
	struct buf same, gap, out, in; /* gap: spaces behind a change */
	size_t alike;
	linediff_fn fn;
	void *arg;
};

static void
give(struct gather *g, char mark, struct buf *b)
{
	if (b->len > 0)
		g->fn(g->arg, mark, b->data, b->len);
	buf_reset(b);
}

static void
give_change(struct gather *g)
{
	give(g, '-', &g->out);
	give(g, '+', &g->in);
	buf_add(&g->same, g->gap.data, g->gap.len);
	buf_reset(&g->gap);
}

static void
gather(void *arg, char mark, const char *s, size_t n)
{
	struct gather *g = arg;
	bool is_space = *s == ' ' || *s == '\t';
	bool is_change = g->out.len + g->in.len > 0;

	if (mark == ' ' && is_space && is_change) {
		buf_add(&g->gap, s, n);
		return;
	}
	if (mark == ' ') {
		g->alike += is_space ? 0 : n;
		if (is_change)
			give_change(g);
		buf_add(&g->same, s, n);
		return;
	}
	give(g, ' ', &g->same);
	if (g->gap.len > 0) {
		buf_add(&g->out, g->gap.data, g->gap.len);
		buf_add(&g->in, g->gap.data, g->gap.len);
		buf_reset(&g->gap);
	}
	buf_add(mark == '-' ? &g->out : &g->in, s, n);
}

size_t
worddiff(const char *a, size_t na, const char *b, size_t nb, linediff_fn fn,
    void *arg)
{
	struct gather g = {.fn = fn, .arg = arg};

	linediff_pieces(a, na, b, nb, word, gather, &g);
	give_change(&g);
	give(&g, ' ', &g.same);
	buf_clear(&g.same);
	buf_clear(&g.gap);
	buf_clear(&g.out);
	buf_clear(&g.in);
	return g.alike;
}
