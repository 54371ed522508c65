/*
 * store_search: the full text index, a contentless FTS5 table whose
 * tokenizer "mufakat" is ours (store_words.h).
 *
 * The text of a record is its displayed values of lines and texts.  The
 * index does not keep it, and FTS5 must be told the exact old text to forget
 * an entry; hence this rule:
 *
 *	Whoever is about to change what a record shows calls
 *	store_search_touch() (store_search_new() for a record that was just
 *	made) BEFORE the first modification of its writes, in the same
 *	transaction.
 *
 * That notes in "unindexed" what the index holds now; store_search_index()
 * brings the index up to date later, in slices.  So at any commit: a record
 * that is not in "unindexed" is in the index with the text that it shows.
 */
#ifndef MUFAKAT_STORE_SEARCH_H
#define MUFAKAT_STORE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct store;

#define SEARCH_TEXT_MAX  (256 * 1024) /* bytes of a record that are indexed */
#define SEARCH_WORDS_MAX 32           /* words of a query */

/* Registers the tokenizer on this connection.  Before the schema is made or
 * any statement names the table "search". */
int store_search_setup(struct store *s, struct err *e);

/* Before a record's writes change; cheap if it was touched already.
 * "record" is record.n. */
int store_search_touch(struct store *s, int64_t record, struct err *e);
/* The same for a record that has no writes yet: one insert, no reading. */
int store_search_new(struct store *s, int64_t record, struct err *e);

/* Takes at most "limit" records that are out of date and brings the index up
 * to date, inside the caller's transaction.  *ret_more: some are left.  When
 * the rule of what is indexed changed with the program, it starts anew. */
int store_search_index(
    struct store *s, int64_t limit, bool *ret_more, struct err *e);

/* Bytes were erased: what was taken out of the index stands in its pages until
 * they are merged.  store_search_purge() does that in slices of "pages", once
 * nothing is out of date; then store_scrub(). */
int store_search_erased(struct store *s, struct err *e);
int store_search_is_pure(struct store *s, bool *ret, struct err *e);
int store_search_purge(
    struct store *s, int64_t pages, bool *ret_more, struct err *e);

/* Empties index and "unindexed", for a rebuild of the derived tables; the
 * records made afterwards come back through store_search_new(). */
int store_search_clear(struct store *s, struct err *e);

/* The text of a record as it shows now, at most SEARCH_TEXT_MAX; appended. */
int store_search_text(
    struct store *s, int64_t record, struct buf *b, struct err *e);

/* Turns what a person typed into an FTS5 expression that is nothing but
 * quoted strings; appended.  All words must occur, the last as a prefix.
 * ERR_INPUT: no word in it, more than SEARCH_WORDS_MAX, or not UTF-8. */
int store_search_match(const char *words, struct buf *b, struct err *e);

#endif
