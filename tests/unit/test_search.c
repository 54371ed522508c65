#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rows.h"

#include "common/buf.h"
#include "daemon/store_search.h"
#include "daemon/store_words.h"

/* --- words ---------------------------------------------------------------- */

static int
add_token(void *arg, const struct words_token *t)
{
	struct buf *b = arg;

	if (b->len > 0)
		buf_addc(b, t->in_place ? '+' : ' ');
	buf_add(b, t->s, t->n);
	return 0;
}

static void
tokens_are(const char *text, bool is_query, const char *want)
{
	struct buf b = BUF_INIT;

	words_each(text, strlen(text), is_query, add_token, &b);
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
test_search__folds_case_and_diacritics(void **state)
{
	(void)state;
	tokens_are("Ratify THE Convention, No. 189!", false,
	    "ratify the convention no 189");
	tokens_are("\u00c9l\u00e8ve e\u0301le\u0300ve", false, "eleve eleve");
	tokens_are("\u0110\u1ed3ng \u0141\u00f3d\u017a Stra\u00dfe", false,
	    "dong lodz strasse");
	tokens_are("\u039f\u03b4\u03cc\u03c2 \u0419", false,
	    "\u03bf\u03b4\u03bf\u03c3 \u0438");
	tokens_are("\uff21\uff22\uff11", false, "ab1");
	tokens_are("Jum'at Jum\u2019at 'kata' workers'", false,
	    "jumat jumat kata workers");
}

static void
test_search__keeps_the_vowel_signs_of_indic_scripts(void **state)
{
	(void)state;
	tokens_are("\u0915\u093f\u0924\u093e\u092c", false,
	    "\u0915\u093f\u0924\u093e\u092c");
	/* marks typed in another order are the same word */
	tokens_are("\u0915\u094d\u093c x\u0915\u093c\u094d", false,
	    "\u0915\u093c\u094d x\u0915\u093c\u094d");
}

static void
test_search__pairs_clusters_of_scripts_without_spaces(void **state)
{
	(void)state;
	/* Thai: three clusters, the middle one with a vowel above */
	tokens_are("\u0e01\u0e02\u0e34\u0e04", false,
	    "\u0e01\u0e02\u0e34 \u0e02\u0e34\u0e04+\u0e04");
	tokens_are("\u0e01\u0e02\u0e34\u0e04", true,
	    "\u0e01\u0e02\u0e34 \u0e02\u0e34\u0e04");
	tokens_are("\u0e01", false, "\u0e01");
	tokens_are("\u4e2d\u6587abc", false, "\u4e2d\u6587+\u6587 abc");
	/* a zero-width space makes no difference in Khmer */
	tokens_are("\u1780\u200b\u1781", true, "\u1780\u1781");
	/* digits of the script are digits */
	tokens_are("\u1780\u17e1\u17e2", true, "\u1780 12");
	tokens_are("\u1041\u1042\u104b\u0e55", true, "12 5");
}

static void
test_search__cuts_words_and_clusters_that_never_end(void **state)
{
	char *big = mem_alloc(300001);
	struct buf b = BUF_INIT;

	(void)state;
	memset(big, 'x', 300000);
	words_each(big, 300000, false, add_token, &b);
	assert_int_equal(b.len, WORDS_TOKEN_MAX);
	buf_clear(&b);
	/* 100,000 marks on one letter, out of canonical order: linear */
	for (size_t i = 0; i < 300000; i += 6)
		memcpy(big + i, "\u0e38\u0e49", 6);
	words_each(big, 300000, false, add_token, &b);
	assert_true(b.len > 0 && b.len <= WORDS_TOKEN_MAX);
	buf_clear(&b);
	for (size_t i = 0; i < 300000; i += 3)
		memcpy(big + i,
		    i == 0  ? "\u0915"
		    : i % 2 ? "\u094d"
			    : "\u093c",
		    3);
	words_each(big, 300000, false, add_token, &b);
	assert_true(b.len > 0 && b.len <= WORDS_TOKEN_MAX);
	buf_clear(&b);
	free(big);
}

static void
test_search__bytes_that_are_no_text_end_a_word(void **state)
{
	(void)state;
	tokens_are("ab\xff"
		   "cd \xc3 \xed\xa0\x80 ef\xe0\xb8",
	    false, "ab cd ef");
	tokens_are("", false, "");
}

/* --- queries -------------------------------------------------------------- */

static void
match_is(const char *words, const char *want)
{
	struct buf b = BUF_INIT;
	struct err e = {0};

	OK(store_search_match(words, &b, &e));
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
test_search__a_query_is_nothing_but_quoted_strings(void **state)
{
	(void)state;
	match_is("rest day", "\"rest\" AND \"day\"*");
	match_is(" a\u00a0b\u3000c ", "\"a\" AND \"b\" AND \"c\"*");
	match_is("a OR b", "\"a\" AND \"OR\" AND \"b\"*");
	match_is(
	    "\"x\" NEAR(y z) *", "\"\"\"x\"\"\" AND \"NEAR(y\" AND \"z)\"*");
	match_is("text:^a -b", "\"text:^a\" AND \"-b\"*");
	match_is("\u0e01 \u0e01", "\"\u0e01\"* AND \"\u0e01\"*");
}

static void
test_search__refuses_empty_and_endless_queries(void **state)
{
	static const char *const bad[] = {
	    "", "   ", "\" * - ( ) %", "\xff", "'", NULL};
	struct buf b = BUF_INIT, many = BUF_INIT;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; bad[i] != NULL; i++) {
		e.code = ERR_NONE;
		assert_int_equal(store_search_match(bad[i], &b, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_true(strlen(e.msg) > 10);
	}
	for (int i = 0; i < SEARCH_WORDS_MAX; i++)
		buf_adds(&many, "w ");
	OK(store_search_match(many.data, &b, &e));
	buf_adds(&many, "w");
	assert_int_equal(store_search_match(many.data, &b, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	buf_reset(&many);
	for (int i = 0; i < 100000; i++)
		buf_adds(&many, "w-");
	buf_reset(&b);
	assert_int_equal(store_search_match(many.data, &b, &e), -1);
	assert_true(b.len < 1000);
	buf_clear(&b);
	buf_clear(&many);
}

/* --- the index ------------------------------------------------------------ */

static void
bring_up_to_date(struct rows *r)
{
	struct err e = {0};
	bool more = true;

	while (more) {
		OK(store_begin(r->s, &e));
		OK(store_search_index(r->s, 2, &more, &e));
		OK(store_commit(r->s, &e));
	}
}

/* How many records a query finds. */
static int
found(struct rows *r, const char *words)
{
	struct query *q = NULL;
	struct buf b = BUF_INIT;
	struct err e = {0};
	int n;

	OK(store_search_match(words, &b, &e));
	OK(query_open(
	    r->s, &q, "SELECT count(*) FROM search WHERE search MATCH ?1", &e));
	OK(query_bind_text(q, 1, buf_str(&b), &e));
	assert_int_equal(query_step(q, &e), 1);
	n = (int)query_int(q, 0);
	query_close(q);
	buf_clear(&b);
	return n;
}

static void
make(struct rows *r, int64_t n, const char *title, const char *text)
{
	struct err e = {0};
	char id[ID_SIZE] = {0};

	snprintf(
	    id, sizeof(id), "r%c%c", (int)('a' + n / 26), (int)('a' + n % 26));
	rows_record(r, n, id, "recommendation");
	OK(store_search_new(r->s, n, &e));
	rows_show(r, n, "title", title);
	rows_show(r, n, "text", text);
	rows_show(r, n, "section", "\"regional\"");
}

static void
change(struct rows *r, int64_t n, const char *field, const char *value)
{
	struct err e = {0};

	OK(store_search_touch(r->s, n, &e));
	rows_show(r, n, field, value);
}

static void
statement(struct rows *r, const char *sql)
{
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(r->s, &q, sql, &e));
	OK(query_run(q, &e));
	query_close(q);
}

static void
integrity(struct rows *r)
{
	statement(r, "INSERT INTO search(search) VALUES('integrity-check')");
}

static void
test_search__finds_what_is_shown_and_forgets_what_was(void **state)
{
	struct rows r;

	(void)state;
	rows_open(&r);
	make(&r, 1, "\"Rest day\"", "\"One day a week,\\nin writing\"");
	make(&r, 2, "\"Passport\"", "\"Stays with the worker\"");
	bring_up_to_date(&r);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM unindexed"), 0);
	assert_int_equal(found(&r, "rest"), 1);
	assert_int_equal(found(&r, "writ"), 1);
	assert_int_equal(found(&r, "writ day"), 0); /* only the last: prefix */
	assert_int_equal(found(&r, "WEEK day"), 1);
	assert_int_equal(found(&r, "regional"), 0); /* a word, not text */
	change(&r, 1, "title", "\"Weekly leave\"");
	change(&r, 1, "text", "\"Paid\"");
	assert_int_equal(found(&r, "rest"), 1); /* not yet */
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "rest"), 0);
	assert_int_equal(found(&r, "leave paid"), 1);
	change(&r, 2, "text", NULL); /* erased */
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "worker"), 0);
	assert_int_equal(found(&r, "passport"), 1);
	integrity(&r);
	rows_close(&r);
}

static void
test_search__survives_a_thousand_random_edits(void **state)
{
	static const char *const words[] = {"upah", "cuti", "paspor", "kontrak",
	    "\u0e41\u0e23\u0e07\u0e07\u0e32\u0e19",
	    "\u179f\u17b7\u1791\u17d2\u1792\u17b7",
	    "\u1021\u101c\u102f\u1015\u103a", "hak", "a\\nb"};
	struct rows r;
	uint32_t seed = 7;
	char value[256];

	(void)state;
	rows_open(&r);
	for (int64_t n = 1; n <= 20; n++)
		make(&r, n, "\"mula\"", "\"awal\"");
	for (int i = 0; i < 1000; i++) {
		seed = seed * 1664525u + 1013904223u;
		snprintf(value, sizeof(value), "\"%s %s\"",
		    words[(seed >> 8) % 9], words[(seed >> 16) % 9]);
		change(&r, 1 + (int64_t)(seed >> 20) % 20,
		    (seed >> 12) % 2 != 0 ? "title" : "text", value);
		if (i % 37 == 0)
			bring_up_to_date(&r);
	}
	for (int64_t n = 1; n <= 20; n++) {
		change(&r, n, "title", "\"tamat\"");
		change(&r, n, "text", "null");
	}
	bring_up_to_date(&r);
	for (int i = 0; i < 8; i++)
		assert_int_equal(found(&r, words[i]), 0);
	assert_int_equal(found(&r, "mula"), 0);
	assert_int_equal(found(&r, "tamat"), 20);
	/* nothing is left of the old words */
	statement(&r, "CREATE VIRTUAL TABLE temp.term"
		      " USING fts5vocab(main, search, row)");
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM term"), 1);
	integrity(&r);
	rows_close(&r);
}

static void
test_search__finds_words_inside_thai_khmer_and_burmese(void **state)
{
	struct rows r;

	(void)state;
	rows_open(&r);
	/* "rights of migrant workers" */
	make(&r, 1,
	    "\"\u0e2a\u0e34\u0e17\u0e18\u0e34\u0e02\u0e2d\u0e07\u0e41\u0e23"
	    "\u0e07\u0e07\u0e32\u0e19\u0e02\u0e49\u0e32\u0e21\u0e0a\u0e32"
	    "\u0e15\u0e34\"",
	    "null");
	make(&r, 2,
	    "\"\u179f\u17b7\u1791\u17d2\u1792\u17b7\u1796\u179b\u1780\u179a"
	    "\u1785\u17c6\u178e\u17b6\u1780\u179f\u17d2\u179a\u17bb\u1780\"",
	    "null");
	make(&r, 3,
	    "\"\u101b\u103d\u103e\u1031\u1037\u1015\u103c\u1031\u102c\u1004"
	    "\u103a\u1038\u1021\u101c\u102f\u1015\u103a\u101e\u1019\u102c"
	    "\u1038\"",
	    "null");
	bring_up_to_date(&r);
	/* "worker", from the middle */
	assert_int_equal(found(&r, "\u0e41\u0e23\u0e07\u0e07\u0e32\u0e19"), 1);
	/* the last word */
	assert_int_equal(found(&r, "\u0e0a\u0e32\u0e15\u0e34"), 1);
	/* one cluster: at the start, in the middle, the last */
	assert_int_equal(found(&r, "\u0e2a\u0e34"), 1);
	assert_int_equal(found(&r, "\u0e07"), 1);
	assert_int_equal(found(&r, "\u0e15\u0e34"), 1);
	/* all pairs occur, but not one after the other */
	assert_int_equal(
	    found(&r, "\u0e07\u0e32\u0e19\u0e2a\u0e34\u0e17\u0e18\u0e34"), 0);
	assert_int_equal(found(&r, "\u1796\u179b\u1780\u179a"), 1);
	/* with a space, and with a zero-width space, between the words */
	assert_int_equal(found(&r, "\u179f\u17b7\u1791\u17d2\u1792\u17b7 "
				   "\u1796\u179b\u1780\u179a"),
	    1);
	assert_int_equal(found(&r, "\u179f\u17b7\u1791\u17d2\u1792\u17b7\u200b"
				   "\u1796\u179b\u1780\u179a"),
	    1);
	assert_int_equal(
	    found(&r, "\u1021\u101c\u102f\u1015\u103a\u101e\u1019\u102c"), 1);
	rows_close(&r);
}

static void
test_search__operators_and_quotes_are_text(void **state)
{
	static const char *const hostile[] = {"NEAR(a b)", "a NOT b", "a* OR b",
	    "text : a", "^a", "\"a", "a\"\"b", "'; DROP TABLE record; --",
	    "{a}", "a + b", "(a", "%a_", "a AND", "search MATCH 'a'", "-- a",
	    "rank:a", "* a *", "\\a", NULL};
	struct rows r;

	(void)state;
	rows_open(&r);
	make(&r, 1, "\"quota and near miss\"", "\"a or b, not c\"");
	bring_up_to_date(&r);
	for (size_t i = 0; hostile[i] != NULL; i++)
		assert_in_range(found(&r, hostile[i]), 0, 1);
	assert_int_equal(found(&r, "NEAR miss"), 1);
	assert_int_equal(found(&r, "NOT c"), 1);
	assert_int_equal(found(&r, "NOT zebra"), 0);
	assert_int_equal(found(&r, "quo%"), 1);
	assert_int_equal(found(&r, "%ota"), 0);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM record"), 1);
	rows_close(&r);
}

static void
test_search__a_rolled_back_touch_leaves_nothing(void **state)
{
	struct rows r;
	struct err e = {0};

	(void)state;
	rows_open(&r);
	make(&r, 1, "\"lama\"", "null");
	bring_up_to_date(&r);
	OK(store_begin(r.s, &e));
	change(&r, 1, "title", "\"baru\"");
	store_rollback(r.s);
	assert_int_equal(rows_int(&r, "SELECT count(*) FROM unindexed"), 0);
	change(&r, 1, "title", "\"ketiga\"");
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "lama"), 0);
	assert_int_equal(found(&r, "baru"), 0);
	assert_int_equal(found(&r, "ketiga"), 1);
	rows_close(&r);
}

static void
test_search__starts_anew_when_the_rule_changed(void **state)
{
	struct rows r;

	(void)state;
	rows_open(&r);
	make(&r, 1, "\"lama\"", "null");
	make(&r, 2, "\"sama\"", "null");
	bring_up_to_date(&r);
	/* a program with another rule wrote an entry that we cannot undo */
	rows_run(&r, "UPDATE setting SET value = 'other' WHERE ?1", 1, 0, NULL,
	    NULL);
	rows_run(&r,
	    "INSERT INTO search(rowid, text) SELECT ?2, 'asing' WHERE ?1", 1, 1,
	    NULL, NULL);
	change(&r, 1, "title", "\"baru\"");
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "asing"), 0);
	assert_int_equal(found(&r, "lama"), 0);
	assert_int_equal(found(&r, "baru"), 1);
	assert_int_equal(found(&r, "sama"), 1);
	rows_close(&r);
}

static void
test_search__indexes_at_most_its_share_of_a_huge_record(void **state)
{
	struct rows r;
	struct buf b = BUF_INIT, text = BUF_INIT;
	struct err e = {0};

	(void)state;
	rows_open(&r);
	buf_adds(&b, "\"awal ");
	while (b.len < 400000)
		buf_adds(&b, "isi \u0e01\u0e02 ");
	buf_adds(&b, "akhir\"");
	make(&r, 1, "\"x\"", b.data);
	OK(store_search_text(r.s, 1, &text, &e));
	assert_int_equal(text.len, SEARCH_TEXT_MAX);
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "awal"), 1);
	assert_int_equal(found(&r, "akhir"), 0);
	change(&r, 1, "text", "\"kecil\"");
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "isi"), 0);
	integrity(&r);
	buf_clear(&b);
	buf_clear(&text);
	rows_close(&r);
}

static void
test_search__clear_empties_the_index(void **state)
{
	struct rows r;
	struct err e = {0};

	(void)state;
	rows_open(&r);
	make(&r, 1, "\"lama\"", "null");
	bring_up_to_date(&r);
	OK(store_search_clear(r.s, &e));
	assert_int_equal(found(&r, "lama"), 0);
	OK(store_search_new(r.s, 1, &e));
	bring_up_to_date(&r);
	assert_int_equal(found(&r, "lama"), 1);
	rows_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_search__folds_case_and_diacritics),
	    cmocka_unit_test(
		test_search__keeps_the_vowel_signs_of_indic_scripts),
	    cmocka_unit_test(
		test_search__pairs_clusters_of_scripts_without_spaces),
	    cmocka_unit_test(
		test_search__cuts_words_and_clusters_that_never_end),
	    cmocka_unit_test(test_search__bytes_that_are_no_text_end_a_word),
	    cmocka_unit_test(
		test_search__a_query_is_nothing_but_quoted_strings),
	    cmocka_unit_test(test_search__refuses_empty_and_endless_queries),
	    cmocka_unit_test(
		test_search__finds_what_is_shown_and_forgets_what_was),
	    cmocka_unit_test(test_search__survives_a_thousand_random_edits),
	    cmocka_unit_test(
		test_search__finds_words_inside_thai_khmer_and_burmese),
	    cmocka_unit_test(test_search__operators_and_quotes_are_text),
	    cmocka_unit_test(test_search__a_rolled_back_touch_leaves_nothing),
	    cmocka_unit_test(test_search__starts_anew_when_the_rule_changed),
	    cmocka_unit_test(
		test_search__indexes_at_most_its_share_of_a_huge_record),
	    cmocka_unit_test(test_search__clear_empties_the_index),
	};

	return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
