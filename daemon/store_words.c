#include "store_words.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#define CLUSTER_MAX  (WORDS_TOKEN_MAX / 2 - 1) /* bytes: two fit a token */
#define DECOMPOSED   32                        /* the longest gives 18 */
#define WORD_LETTERS WORDS_TOKEN_MAX           /* each takes a byte or more */

enum letter {
	CLASS_BREAK,  /* ends whatever is at hand */
	CLASS_IGNORE, /* as if it were not there */
	CLASS_WORD,
	CLASS_PAIR, /* of a script without spaces */
};

/* A grapheme cluster, folded. */
struct cluster {
	char s[CLUSTER_MAX];
	size_t n;
	size_t start, end;
};

struct splitter {
	int (*fn)(void *arg, const struct words_token *t);
	void *arg;
	bool is_query;
	int rv; /* what fn said; no more calls once non-zero */

	/* The word at hand. */
	utf8proc_int32_t word[WORD_LETTERS];
	size_t nword; /* letters; 0: none at hand */
	size_t bytes; /* once encoded */
	bool is_full;
	size_t start, end;

	/* The run of clusters at hand. */
	struct cluster last, now;
	size_t nclusters;      /* "now" included; 0: none at hand */
	utf8proc_int32_t seen; /* the letter before, for the break rules */
	utf8proc_int32_t state;
};

struct range {
	utf8proc_int32_t low, high;
};

static bool
in_ranges(const struct range *r, size_t n, utf8proc_int32_t c)
{
	for (size_t i = 0; i < n && c >= r[i].low; i++)
		if (c <= r[i].high)
			return true;
	return false;
}

/* Scripts that put no spaces between words. */
static bool
is_unspaced(utf8proc_int32_t c)
{
	static const struct range blocks[] = {
	    {0x0e00, 0x0eff},   /* Thai, Lao */
	    {0x1000, 0x109f},   /* Burmese */
	    {0x1780, 0x17ff},   /* Khmer */
	    {0x1950, 0x19ff},   /* Tai Le, New Tai Lue, Khmer symbols */
	    {0x1a20, 0x1aaf},   /* Tai Tham */
	    {0x1b00, 0x1b7f},   /* Balinese */
	    {0x3005, 0x3007},   /* iteration mark, zero */
	    {0x3040, 0x30ff},   /* kana */
	    {0x31f0, 0x31ff},   /* kana */
	    {0x3400, 0x4dbf},   /* Chinese */
	    {0x4e00, 0x9fff},   /* Chinese */
	    {0xa980, 0xa9ff},   /* Javanese, Burmese */
	    {0xaa60, 0xaadf},   /* Burmese, Tai Viet */
	    {0xf900, 0xfaff},   /* Chinese */
	    {0x20000, 0x3ffff}, /* Chinese */
	};

	return c >= blocks[0].low &&
	       in_ranges(blocks, sizeof(blocks) / sizeof(blocks[0]), c);
}

/* Marks that a search does not ask for. */
static bool
is_diacritic(utf8proc_int32_t c)
{
	static const struct range marks[] = {
	    {0x0300, 0x036f},   /* Latin, Greek, Cyrillic */
	    {0x0483, 0x0489},   /* Cyrillic */
	    {0x0591, 0x05c7},   /* Hebrew points */
	    {0x0610, 0x061a},   /* Arabic */
	    {0x064b, 0x065f},   /* Arabic */
	    {0x0670, 0x0670},   /* Arabic */
	    {0x06d6, 0x06ed},   /* Arabic */
	    {0x180b, 0x180f},   /* variation selectors */
	    {0x1ab0, 0x1aff},   /* Latin */
	    {0x1dc0, 0x1dff},   /* Latin */
	    {0x20d0, 0x20ff},   /* for symbols */
	    {0xfe00, 0xfe0f},   /* variation selectors */
	    {0xfe20, 0xfe2f},   /* half marks */
	    {0xe0100, 0xe01ef}, /* variation selectors */
	};

	return in_ranges(marks, sizeof(marks) / sizeof(marks[0]), c);
}

/* Letters with a stroke have no decomposition, but people type them plain.
 * Digits of other scripts are typed as 0-9. */
static utf8proc_int32_t
plain(utf8proc_int32_t c, utf8proc_category_t category)
{
	static const utf8proc_int32_t zeros[] = {0x0660, 0x06f0, 0x07c0, 0x0966,
	    0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
	    0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x19d0,
	    0x1a80, 0x1a90, 0x1b50, 0xa9d0, 0xa9f0};

	switch (c) {
	case 0x0111:
		return 'd';
	case 0x0127:
		return 'h';
	case 0x0131:
		return 'i';
	case 0x0142:
		return 'l';
	case 0x00f8:
		return 'o';
	}
	if (category != UTF8PROC_CATEGORY_ND)
		return c;
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (c >= zeros[i] && c < zeros[i] + 10)
			return '0' + (c - zeros[i]);
	return c;
}

static enum letter
mark_class(const struct splitter *w, utf8proc_int32_t c)
{
	if (is_diacritic(c))
		return CLASS_IGNORE;
	if (is_unspaced(c))
		return CLASS_PAIR;
	return w->nword > 0 ? CLASS_WORD : CLASS_IGNORE;
}

/* Format characters and apostrophes: whether they end a word depends on what
 * they stand in.  U+200B parts words in Khmer and Burmese, where one office
 * writes it and the next does not. */
static enum letter
joiner_class(const struct splitter *w, utf8proc_int32_t c)
{
	if (c == 0x200b)
		return w->nclusters > 0 ? CLASS_IGNORE : CLASS_BREAK;
	if (c == '\'' || c == 0x2019 || c == 0x02bc)
		return w->nword > 0 ? CLASS_IGNORE : CLASS_BREAK;
	return CLASS_IGNORE;
}

static enum letter
class_of(
    const struct splitter *w, utf8proc_int32_t c, utf8proc_category_t category)
{
	switch (category) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return mark_class(w, c);
	case UTF8PROC_CATEGORY_CF:
		return joiner_class(w, c);
	case UTF8PROC_CATEGORY_ND:
		return CLASS_WORD;
	case UTF8PROC_CATEGORY_LM:
		if (c == 0x02bc)
			return joiner_class(w, c);
		return is_unspaced(c) ? CLASS_PAIR : CLASS_WORD;
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return is_unspaced(c) ? CLASS_PAIR : CLASS_WORD;
	default:
		if (c == '\'' || c == 0x2019)
			return joiner_class(w, c);
		return CLASS_BREAK;
	}
}

static void
emit(struct splitter *w, struct words_token t)
{
	if (w->rv == 0 && t.n > 0)
		w->rv = w->fn(w->arg, &t);
}

static void
flush_word(struct splitter *w)
{
	char s[WORDS_TOKEN_MAX + 4];
	size_t n = 0;

	if (w->nword == 0)
		return;
	for (size_t i = 0; i < w->nword; i++)
		if (w->word[i] < 0x80)
			s[n++] = (char)w->word[i];
		else
			n += (size_t)utf8proc_encode_char(
			    w->word[i], (utf8proc_uint8_t *)s + n);
	emit(w, (struct words_token){
		    .s = s, .n = n, .start = w->start, .end = w->end});
	w->nword = 0;
	w->bytes = 0;
	w->is_full = false;
}

static size_t
encoded(utf8proc_int32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* Marks are kept in canonical order, whichever order they were typed in. */
static void
add_letter(struct splitter *w, utf8proc_int32_t c, size_t start, size_t end)
{
	size_t at = w->nword;
	int order = c < 0x300 ? 0 : utf8proc_get_property(c)->combining_class;

	if (at == 0)
		w->start = start;
	w->end = end;
	if (w->is_full || w->bytes + encoded(c) > WORDS_TOKEN_MAX) {
		w->is_full = true;
		return;
	}
	if (order > 0)
		while (at > 0 &&
		       utf8proc_get_property(w->word[at - 1])->combining_class >
			   order) {
			w->word[at] = w->word[at - 1];
			at--;
		}
	w->word[at] = c;
	w->nword++;
	w->bytes += encoded(c);
}

/* The cluster at hand is whole: with the one before it, it makes a pair. */
static void
close_cluster(struct splitter *w)
{
	char s[2 * CLUSTER_MAX];

	if (w->nclusters > 1) {
		memcpy(s, w->last.s, w->last.n);
		memcpy(s + w->last.n, w->now.s, w->now.n);
		emit(w, (struct words_token){.s = s,
			    .n = w->last.n + w->now.n,
			    .start = w->last.start,
			    .end = w->now.end,
			    .is_pair = true});
	}
	w->last = w->now;
}

static void
flush_run(struct splitter *w)
{
	if (w->nclusters == 0)
		return;
	close_cluster(w);
	if (w->nclusters == 1 || !w->is_query)
		emit(w, (struct words_token){.s = w->last.s,
			    .n = w->last.n,
			    .start = w->last.start,
			    .end = w->last.end,
			    .is_pair = true,
			    .in_place = w->nclusters > 1});
	w->nclusters = 0;
	w->state = 0;
}

static void
add_to_run(struct splitter *w, utf8proc_int32_t c, size_t start, size_t end)
{
	size_t n = encoded(c);

	if (w->nclusters == 0 ||
	    utf8proc_grapheme_break_stateful(w->seen, c, &w->state)) {
		if (w->nclusters > 0)
			close_cluster(w);
		w->nclusters++;
		w->now.n = 0;
		w->now.start = start;
	}
	w->seen = c;
	w->now.end = end;
	if (w->now.n + n <= CLUSTER_MAX) {
		utf8proc_encode_char(
		    c, (utf8proc_uint8_t *)w->now.s + w->now.n);
		w->now.n += n;
	}
}

static void
feed(struct splitter *w, utf8proc_int32_t c, size_t start, size_t end)
{
	utf8proc_category_t category = utf8proc_category(c);

	switch (class_of(w, c, category)) {
	case CLASS_BREAK:
		flush_word(w);
		flush_run(w);
		break;
	case CLASS_IGNORE:
		break;
	case CLASS_WORD:
		flush_run(w);
		add_letter(w, plain(c, category), start, end);
		break;
	case CLASS_PAIR:
		flush_word(w);
		add_to_run(w, c, start, end);
		break;
	}
}

static void
feed_ascii(struct splitter *w, char c, size_t at)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
		feed(w, c, at, at + 1);
		return;
	}
	flush_run(w);
	add_letter(w, c, at, at + 1);
}

/* Compatibility decomposition and full case folding, then letter by letter.
 * Canonical order within a cluster is left alone: marks of class 0 are the
 * rule in these scripts. */
static void
feed_folded(struct splitter *w, utf8proc_int32_t c, size_t start, size_t end)
{
	utf8proc_int32_t d[DECOMPOSED];
	utf8proc_ssize_t n;
	int bound = 0;

	n = utf8proc_decompose_char(c, d, DECOMPOSED,
	    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, &bound);
	if (n < 0 || n > DECOMPOSED) {
		feed(w, c, start, end);
		return;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		feed(w, d[i], start, end);
}

int
words_each(const char *s, size_t n, bool is_query,
    int (*fn)(void *arg, const struct words_token *t), void *arg)
{
	struct splitter w = {.fn = fn, .arg = arg, .is_query = is_query};
	size_t i = 0;

	while (i < n && w.rv == 0) {
		utf8proc_int32_t c;
		utf8proc_ssize_t len;

		if ((unsigned char)s[i] < 0x80) {
			feed_ascii(&w, s[i], i);
			i++;
			continue;
		}
		len = utf8proc_iterate((const utf8proc_uint8_t *)s + i,
		    (utf8proc_ssize_t)(n - i), &c);
		if (len <= 0) {
			feed(&w, ' ', i, i + 1);
			i++;
			continue;
		}
		feed_folded(&w, c, i, i + (size_t)len);
		i += (size_t)len;
	}
	flush_word(&w);
	flush_run(&w);
	return w.rv;
}

const char *
words_version(void)
{
	return utf8proc_version();
}
