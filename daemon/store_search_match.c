/* What a person typed, as an FTS5 expression. */
#include "store_search.h"

#include <string.h>

#include "common/i18n.h"
#include "common/text.h"
#include "store_words.h"

#define TOKENS_MAX 512 /* of a query, all words together */

struct counted {
	size_t words;
	size_t tokens;
	bool is_pair;   /* the last token is of a script without spaces */
	bool is_prefix; /* the last word was written as one */
};

static int
count_token(void *arg, const struct words_token *t)
{
	struct counted *c = arg;

	c->tokens++;
	c->is_pair = t->is_pair;
	return 0;
}

/* Bytes of white space at s, or 0. */
static size_t
space_at(const char *s)
{
	static const char *const wide[] = {
	    "\xc2\xa0", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe3\x80\x80", NULL};

	if (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		return 1;
	/* U+2000 to U+200A */
	if (strncmp(s, "\xe2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
	    (unsigned char)s[2] <= 0x8a)
		return 3;
	for (size_t i = 0; wide[i] != NULL; i++)
		if (strncmp(s, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

static size_t
word_length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0' && space_at(s + n) == 0)
		n++;
	return n;
}

/* In an FTS5 string only the quote itself is special, and is doubled. */
static void
add_quoted(struct buf *b, const char *s, size_t n)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"')
			buf_addc(b, '"');
		buf_addc(b, s[i]);
	}
	buf_addc(b, '"');
}

/* Adds one word, if there is anything in it that the index could hold. */
static void
add_word(struct buf *b, const char *s, size_t n, struct counted *all)
{
	struct counted c = {0};

	words_each(s, n, true, count_token, &c);
	if (c.tokens == 0)
		return;
	all->words++;
	all->tokens += c.tokens;
	all->is_prefix = c.tokens == 1 && c.is_pair;
	if (all->words > SEARCH_WORDS_MAX || all->tokens > TOKENS_MAX)
		return;
	buf_adds(b, all->words > 1 ? " AND " : "");
	add_quoted(b, s, n);
	if (all->is_prefix)
		buf_addc(b, '*');
}

int
store_search_match(const char *words, struct buf *b, struct err *e)
{
	struct counted all = {0};
	size_t n;

	if (!text_is_utf8(words, strlen(words)))
		return err_set(
		    e, ERR_INPUT, _("cannot search: the words are not UTF-8"));
	for (const char *s = words; *s != '\0'; s += n) {
		n = space_at(s);
		if (n > 0)
			continue;
		n = word_length(s);
		add_word(b, s, n, &all);
	}
	if (all.words == 0)
		return err_set(e, ERR_INPUT,
		    _("nothing to search for: give a word with a letter or a "
		      "digit"));
	if (all.words > SEARCH_WORDS_MAX || all.tokens > TOKENS_MAX)
		return err_set(e, ERR_INPUT,
		    _("cannot search for so much: give at most %d words"),
		    SEARCH_WORDS_MAX);
	if (!all.is_prefix)
		buf_addc(b, '*');
	return 0;
}
