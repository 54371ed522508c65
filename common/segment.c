#include "segment.h"

#include <string.h>

#include "i18n.h"
#include "mem.h"
#include "op.h"

#define OPENING "mufakat 1\t"

void
segment_reader_init(struct segment_reader *r, const void *blob, size_t n)
{
	*r = (struct segment_reader){.p = blob, .end = (const char *)blob + n};
}

void
segment_reader_clear(struct segment_reader *r)
{
	change_clear(&r->change);
}

void
segment_reader_spoil(struct segment_reader *r, const struct err *why)
{
	r->why = *why;
	r->bad++;
	r->usable = false;
	r->skipping = true;
}

static void
spoil(struct segment_reader *r, const char *why)
{
	struct err e;

	err_set(&e, ERR_UNTRUSTED, _("bad segment: %s"), why);
	segment_reader_spoil(r, &e);
}

/* Previous ids: hex, one space between, sorted, distinct, at most 16. */
static int
read_previous(struct segment_reader *r, const char *s, const char *end)
{
	size_t n = 0;

	while (s < end) {
		if (n == CHANGE_PREVIOUS_MAX || end - s < 2 * HASH_LEN ||
		    text_unhex(s, 2 * HASH_LEN, r->previous[n], HASH_LEN) == -1)
			return -1;
		if (n > 0 &&
		    memcmp(r->previous[n - 1], r->previous[n], HASH_LEN) >= 0)
			return -1;
		n++;
		s += 2 * HASH_LEN;
		if (s == end)
			break;
		if (*s++ != ' ' || s == end)
			return -1;
	}
	r->place.nprevious = n;
	r->place.previous = r->previous;
	return 0;
}

/* A key costs more to check than a change: the segments of a blob are often
 * of one key. */
static int
read_key(struct segment_reader *r, const char *s)
{
	if (r->key != NULL && memcmp(r->key, s, KEY_CHARS) == 0)
		return 0;
	r->key = NULL;
	if (ident_parse_key(s, KEY_CHARS, r->place.key) == -1)
		return -1;
	r->key = s;
	return 0;
}

/* At "mufakat 1 TAB"; key and previous ids follow W at fixed places. */
static int
read_opening(struct segment_reader *r, const char *s, const char *end)
{
	const size_t fixed = 2 * HASH_LEN + 1 + KEY_CHARS + 1;

	s += strlen(OPENING);
	if ((size_t)(end - s) < fixed || s[2 * HASH_LEN] != '\t' ||
	    s[fixed - 1] != '\t')
		return -1;
	if (text_unhex(s, 2 * HASH_LEN, r->place.coalition, HASH_LEN) == -1 ||
	    read_key(r, s + 2 * HASH_LEN + 1) == -1)
		return -1;
	return read_previous(r, s + fixed, end);
}

static void
open_segment(struct segment_reader *r, const char *s, const char *end)
{
	if (read_opening(r, s, end) == -1) {
		spoil(r, "its first line does not read");
		return;
	}
	r->place.is_genesis = false;
	r->is_first = true;
	r->usable = true;
	r->skipping = false;
}

/* The line before, if it was a change of this segment, is what the next one
 * follows. */
static void
follow(struct segment_reader *r)
{
	if (r->line == NULL)
		return;
	memcpy(r->previous[0], r->id, HASH_LEN);
	r->place.previous = r->previous;
	r->place.nprevious = 1;
	r->place.is_genesis = false;
	r->is_first = false;
	r->line = NULL;
}

/* Is the line s to end a change that can be used? */
static bool
take(struct segment_reader *r, const char *s, const char *end)
{
	struct err e;

	if (!r->usable) {
		if (!r->skipping)
			spoil(r, "a line before the first segment");
		return false;
	}
	if (change_split(s, (size_t)(end - s), &r->change, &e) == -1) {
		segment_reader_spoil(r, &e);
		return false;
	}
	r->line = s;
	r->line_len = (size_t)(end - s);
	change_identify(&r->place, &r->change, r->id);
	return true;
}

bool
segment_next(struct segment_reader *r)
{
	const size_t n = strlen(OPENING);

	follow(r);
	while (r->p < r->end) {
		const char *s = r->p;
		const char *lf = memchr(s, '\n', (size_t)(r->end - s));

		if (lf == NULL)
			return false; /* unterminated: ignored */
		r->p = lf + 1;
		if ((size_t)(lf - s) >= n && memcmp(s, OPENING, n) == 0)
			open_segment(r, s, lf);
		else if (take(r, s, lf))
			return true;
	}
	return false;
}

/* --- writing ---------------------------------------------------------------- */

void
segment_writer_init(struct segment_writer *w, struct buf *out,
    const uint8_t coalition[static HASH_LEN])
{
	*w = (struct segment_writer){.out = out};
	memcpy(w->coalition, coalition, HASH_LEN);
}

/* Lets go of the line held back. */
static void
flush(struct segment_writer *w, bool is_last)
{
	bool with_sig =
	    is_last || w->pending_weighty || w->nunsigned >= SEGMENT_UNSIGNED;
	size_t from = with_sig ? 0 : w->pending_bare;

	if (w->pending.len == 0)
		return;
	buf_add(w->out, w->pending.data + from, w->pending.len - from);
	w->nunsigned = with_sig && w->pending_bare > 0 ? 0 : w->nunsigned + 1;
	buf_reset(&w->pending);
}

static void
begin(struct segment_writer *w, const struct change_place *at)
{
	char hex[HEX_SIZE], key[KEY_SIZE];

	text_hex(w->coalition, HASH_LEN, hex);
	ident_key(at->key, key);
	buf_printf(w->out, OPENING "%s\t%s\t", hex, key);
	for (size_t i = 0; i < at->nprevious; i++) {
		text_hex(at->previous[i], HASH_LEN, hex);
		buf_printf(w->out, "%s%s", i > 0 ? " " : "", hex);
	}
	buf_addc(w->out, '\n');
	memcpy(w->key, at->key, KEY_LEN);
	w->nunsigned = 0;
	w->open = true;
}

void
segment_writer_add(struct segment_writer *w, const struct change_place *at,
    const uint8_t id[static HASH_LEN], const struct change *c, bool weighty)
{
	bool follows = w->open && memcmp(w->key, at->key, KEY_LEN) == 0 &&
		       at->nprevious == 1 &&
		       memcmp(w->last, at->previous[0], HASH_LEN) == 0;

	flush(w, !follows);
	if (!follows)
		begin(w, at);
	change_join(c, true, &w->pending);
	w->pending_bare = c->is_signed ? TEXT_B64_LEN(SIG_LEN) : 0;
	w->pending_weighty = weighty;
	memcpy(w->last, id, HASH_LEN);
}

void
segment_writer_end(struct segment_writer *w)
{
	flush(w, true);
	w->open = false;
}

void
segment_writer_clear(struct segment_writer *w)
{
	buf_clear(&w->pending);
}

size_t
segment_writer_size(const struct segment_writer *w)
{
	return w->out->len + w->pending.len;
}

bool
head_is_weighty(const struct head *h)
{
	if (h->is_act)
		return true;
	for (size_t i = 0; i < h->nops; i++)
		if (h->ops[i].op == OP_VERSION || h->ops[i].op == OP_SIGN ||
		    h->ops[i].op == OP_ERASE)
			return true;
	return false;
}
