/*
 * store_words: text taken apart into what the search index holds.  Pure.
 *
 * Scripts with spaces: runs of letters and digits, case folded, without
 * diacritics (Latin, Greek, Cyrillic, and the points of Hebrew and Arabic;
 * the vowel signs of Indic scripts stay), digits of every script as 0-9,
 * apostrophes inside a word dropped ("Jum'at" is "jumat").
 *
 * Scripts without spaces (Thai, Lao, Khmer, Burmese, Javanese, Chinese,
 * kana, ...): no dictionary, but overlapping pairs of grapheme clusters, so
 * that a word is found wherever it stands: "abc" gives "ab" and "bc".  A
 * document also gets its last cluster alone, in the place of the last pair,
 * so that a query of one cluster, always a prefix, finds it there too.
 */
#ifndef MUFAKAT_STORE_WORDS_H
#define MUFAKAT_STORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_TOKEN_MAX 64 /* bytes; longer words are cut */

struct words_token {
	const char *s; /* not terminated; valid during the call */
	size_t n;
	size_t start, end; /* bytes of the text that it stands for */
	bool is_pair;      /* of a script without spaces, a lone one too */
	bool in_place;     /* has the position of the token before it */
};

/* Calls fn for each token in the order of the text; stops when it returns
 * non-zero and returns that.  "s" may hold anything: bytes that are no UTF-8
 * end a word.  Time is linear in n. */
int words_each(const char *s, size_t n, bool is_query,
    int (*fn)(void *arg, const struct words_token *t), void *arg);

/* Names the tables behind this; with another name tokens may differ. */
const char *words_version(void);

#endif
