#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rows.h"

#include "common/buf.h"
#include "daemon/store_flags.h"
#include "daemon/store_search.h"
#include "daemon/view.h"

/* A small office: changes 1 to 9 of logs 1 and 2, t = 100 n. */
static void
office(struct rows *r)
{
	rows_open(r);
	rows_log(r, 1);
	rows_log(r, 2);
	for (int64_t n = 1; n <= 9; n++)
		rows_change(r, n, 1 + n % 2, 100 * n, LOG_AUTHENTIC);
}

static void
write_row(struct rows *r, int64_t record, const char *field, int64_t change,
    int64_t flags, const char *value)
{
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(r->s, &q,
	    "INSERT INTO write(record, field, change, flags, value)"
	    " VALUES(?1, ?2, ?3, ?4, ?5)",
	    &e));
	OK(query_bind_int(q, 1, record, &e));
	OK(query_bind_int(q, 2, rows_name(r, field), &e));
	OK(query_bind_int(q, 3, change, &e));
	OK(query_bind_int(q, 4, flags, &e));
	OK(value != NULL ? query_bind_text(q, 5, value, &e)
			 : query_bind_null(q, 5, &e));
	OK(query_run(q, &e));
	query_close(q);
}

static char *
dump(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
}

/* Compares JSON with its text, keys sorted; takes the reference. */
static void
json_is(json_t *j, const char *want)
{
	char *have = dump(j);

	assert_string_equal(have, want);
	free(have);
	json_decref(j);
}

/* The ids of a list's rows, their first two characters, joined. */
static void
ids_are(json_t *list, const char *want)
{
	struct buf b = BUF_INIT;
	json_t *row;
	size_t i;

	json_array_foreach (list, i, row) {
		buf_add(&b, json_string_value(json_object_get(row, "id")), 2);
	}
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
	json_decref(list);
}

/* --- finding -------------------------------------------------------------- */

static void
test_view__finds_records_by_id_and_prefix(void **state)
{
	struct rows r;
	struct err e = {0};
	struct view_record v;
	char type[65];

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd2", "recommendation");
	rows_record(&r, 2, "abce3", "comment");
	rows_run(&r, "UPDATE record SET flags = 3, parent = ?3 WHERE n = ?1", 2,
	    0, "abcd2aaaaaaaaaaaaaaaaaaaaa", NULL);
	OK(view_find(r.s, "abcd", &v, &e));
	assert_int_equal(v.n, 1);
	assert_string_equal(v.id, "abcd2aaaaaaaaaaaaaaaaaaaaa");
	assert_string_equal(v.type, "recommendation");
	assert_string_equal(v.org, "bbbbbbbbbbbbbbbbbbbbbbbbbb");
	assert_string_equal(v.in, "");
	assert_int_equal(v.change[0], 1);
	assert_false(v.deleted || v.conflicted);
	OK(view_find(r.s, "abce3aaaaaaaaaaaaaaaaaaaaa", &v, &e));
	assert_int_equal(v.n, 2);
	assert_string_equal(v.in, "abcd2aaaaaaaaaaaaaaaaaaaaa");
	assert_true(v.deleted && v.conflicted);
	OK(view_type(r.s, v.id, type, &e));
	assert_string_equal(type, "comment");
	assert_int_equal(view_type(r.s, "abce", type, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	rows_close(&r);
}

static void
test_view__finds_versions_and_signatures(void **state)
{
	struct rows r;
	struct err e = {0};
	struct view_record v;

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd", "recommendation");
	rows_run(&r,
	    "INSERT INTO version(id, record, change, op, rule, counts)"
	    " VALUES(?3, ?4, ?1, 0, 1, ?2)",
	    2, 1, "vvvvaaaaaaaaaaaaaaaaaaaaaa", "abcdaaaaaaaaaaaaaaaaaaaaaa");
	rows_run(&r,
	    "INSERT INTO signature(id, record, version, change, op, flags,"
	    " slot, org) VALUES(?3, ?4, 'v', ?1, 0, ?2, '', '')",
	    3, 7, "ssssaaaaaaaaaaaaaaaaaaaaaa", "abcdaaaaaaaaaaaaaaaaaaaaaa");
	OK(view_find(r.s, "vvvv", &v, &e));
	assert_string_equal(v.type, "version");
	assert_int_equal(v.n, 0);
	assert_int_equal(v.change[0], 2);
	OK(view_find(r.s, "ssssa", &v, &e));
	assert_string_equal(v.type, "signature");
	assert_int_equal(v.n, 0);
	rows_close(&r);
}

static void
test_view__lists_candidates_of_an_ambiguous_prefix(void **state)
{
	struct rows r;
	struct err e = {0};
	struct view_record v = {.n = 77};
	char id[16];

	(void)state;
	office(&r);
	for (int i = 0; i < 3; i++) {
		snprintf(id, sizeof(id), "abcdef%c", 'x' + i);
		rows_record(&r, 1 + i, id, i == 1 ? "comment" : "addressee");
	}
	rows_show(
	    &r, 1, "name", "\"Ministry \\u001b[31m of Manpower and more\"");
	rows_show(&r, 2, "text", "\"First line\\nsecond\"");
	assert_int_equal(view_find(r.s, "abcd", &v, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_non_null(strstr(e.msg, "ambiguous id 'abcd': abcdefx (addressee"
				      " 'Ministry "));
	assert_non_null(strstr(e.msg, "abcdefy (comment 'First line')"));
	assert_non_null(strstr(e.msg, "abcdefz (addressee)"));
	assert_null(strchr(e.msg, 0x1b));
	assert_int_equal(v.n, 77);
	for (int i = 3; i < 9; i++) {
		snprintf(id, sizeof(id), "abcd%c", 'a' + i);
		rows_record(&r, 1 + i, id, "recommendation");
		rows_show(&r, 1 + i, "title",
		    "\"\u0e2a\u0e34\u0e17\u0e18\u0e34\u0e02\u0e2d\u0e07\u0e41"
		    "\u0e23\u0e07\u0e07\u0e32\u0e19\u0e02\u0e49\u0e32\u0e21"
		    "\u0e0a\u0e32\u0e15\u0e34 \u0e2a\u0e34\u0e17\u0e18\"");
	}
	assert_int_equal(view_find(r.s, "abcd", &v, &e), -1);
	assert_string_equal(e.msg + strlen(e.msg) - 5, ", ...");
	rows_close(&r);
}

static void
test_view__refuses_what_is_no_prefix(void **state)
{
	static const char *const bad[] = {"", "abc", "abc1", "ABCD", "abc%",
	    "abc_", "abc'", "abcd\n", "abc{", "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "\xff\xff\xff\xff", NULL};
	struct rows r;
	struct err e = {0};
	struct view_record v;

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd", "recommendation");
	for (size_t i = 0; bad[i] != NULL; i++) {
		e = (struct err){0};
		assert_int_equal(view_find(r.s, bad[i], &v, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
	}
	assert_int_equal(view_find(r.s, "zzzz", &v, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "mufakat list"));
	rows_close(&r);
}

/* --- values --------------------------------------------------------------- */

static void
test_view__shows_values_conflicts_missing_and_erased(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *j = NULL;

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd", "recommendation");
	write_row(&r, 1, "title", 1, 1, NULL); /* superseded */
	write_row(&r, 1, "title", 2, 7, "\"B\"");
	write_row(&r, 1, "text", 3, 3, "\"x\"");
	write_row(&r, 1, "text", 4, 7, "\"y\"");
	write_row(&r, 1, "section", 3, 3, "\"regional\"");
	write_row(&r, 1, "section", 4, 7, "\"regional\"");
	write_row(&r, 1, "order", 1, 15, NULL);
	write_row(&r, 1, "rationale", 1, 23, NULL);
	write_row(&r, 1, "addressees", 1, 7, "[\"a\",\"b\"]");
	write_row(&r, 1, "language", 5, 0, "\"id\""); /* does not count */
	write_row(&r, 1, "parent", 1, 3 + 8, NULL);
	write_row(&r, 1, "parent", 2, 7, "null");
	OK(view_values(r.s, 1, &j, &e));
	json_is(json_incref(json_object_get(j, "values")),
	    "{\"addressees\":[\"a\",\"b\"],\"order\":null,\"parent\":null,"
	    "\"rationale\":null,\"section\":\"regional\",\"text\":\"y\","
	    "\"title\":\"B\"}");
	json_is(json_incref(json_object_get(j, "conflicts")),
	    "[\"text\",\"parent\"]");
	json_is(json_incref(json_object_get(j, "missing")), "[\"order\"]");
	json_is(json_incref(json_object_get(j, "erased")), "[\"rationale\"]");
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(j, "writes"), "text")),
	    "0404040404040404040404040404040404040404040404040404040404040404");
	assert_int_equal(json_object_size(json_object_get(j, "writes")), 7);
	json_decref(j);
	rows_close(&r);
}

static void
test_view__a_damaged_value_names_the_rescue(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *j = NULL;

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd", "recommendation");
	write_row(&r, 1, "title", 1, 7, "\"cut");
	assert_int_equal(view_values(r.s, 1, &j, &e), -1);
	assert_int_equal(e.code, ERR_CORRUPT);
	assert_non_null(strstr(e.msg, "--rebuild"));
	assert_null(j);
	rows_close(&r);
}

static int
add_write(void *arg, const struct view_write *w)
{
	buf_printf(arg, "%s %d key%d t%d %s%s%s%s%s\n", w->field, w->change[0],
	    w->key[0], (int)w->t, w->counts ? "c" : "", w->live ? "l" : "",
	    w->is_shown ? "s" : "", w->is_erased ? "e" : "",
	    w->value != NULL ? w->value : "-");
	return 0;
}

static int
stop_at_second(void *arg, const struct view_write *w)
{
	(void)w;
	return ++*(int *)arg == 2 ? 5 : 0;
}

static void
test_view__lists_writes_by_field_and_time(void **state)
{
	struct rows r;
	struct err e = {0};
	struct buf b = BUF_INIT;
	int calls = 0;

	(void)state;
	office(&r);
	rows_record(&r, 1, "abcd", "recommendation");
	rows_record(&r, 2, "bcde", "recommendation");
	write_row(&r, 1, "title", 5, 7, "\"B\"");
	write_row(&r, 1, "title", 2, 3, "\"A\"");
	write_row(&r, 1, "section", 3, 4 + 8, NULL);
	write_row(&r, 1, "section", 4, 23, NULL);
	write_row(&r, 2, "title", 6, 7, "\"other\"");
	OK(view_writes(r.s, 1, NULL, add_write, &b, &e));
	assert_string_equal(b.data,
	    "section 3 key2 t300 s-\nsection 4 key1 t400 clse-\n"
	    "title 2 key1 t200 cl\"A\"\ntitle 5 key2 t500 cls\"B\"\n");
	buf_reset(&b);
	OK(view_writes(r.s, 1, "title", add_write, &b, &e));
	assert_string_equal(
	    b.data, "title 2 key1 t200 cl\"A\"\ntitle 5 key2 t500 cls\"B\"\n");
	assert_int_equal(
	    view_writes(r.s, 1, NULL, stop_at_second, &calls, &e), 5);
	assert_int_equal(calls, 2);
	buf_clear(&b);
	rows_close(&r);
}

static void
test_view__history_goes_by_claimed_time(void **state)
{
	struct rows r;
	struct err e = {0};
	struct buf b = BUF_INIT;
	struct view_event *events;
	size_t n;

	(void)state;
	office(&r);
	rows_record(&r, 4, "abcd", "recommendation");
	write_row(&r, 4, "title", 4, 1, NULL);
	write_row(&r, 4, "text", 4, 7, "\"x\"");
	write_row(&r, 4, "title", 6, 7, "\"B\"");
	rows_run(
	    &r, "UPDATE change SET t = ?2 WHERE n = ?1", 6, 50, NULL, NULL);
	rows_run(&r,
	    "INSERT INTO version(id, record, change, op, rule, counts)"
	    " VALUES(?3, ?4, ?1, 0, 1, ?2)",
	    8, 1, "vvvvaaaaaaaaaaaaaaaaaaaaaa", "abcdaaaaaaaaaaaaaaaaaaaaaa");
	rows_run(&r,
	    "INSERT INTO signature(id, record, version, change, op, flags,"
	    " slot, org) VALUES(?3, ?4, 'v', ?1, 0, ?2, '', '')",
	    7, 7, "ssssaaaaaaaaaaaaaaaaaaaaaa", "abcdaaaaaaaaaaaaaaaaaaaaaa");
	OK(view_history(r.s, 4, &events, &n, &e));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%lld ", (long long)events[i].n);
	assert_string_equal(b.data, "6 4 7 8 ");
	free(events);
	buf_clear(&b);
	rows_close(&r);
}

/* --- lists ---------------------------------------------------------------- */

static json_t *
list(struct rows *r, const char *type, const char *where, const char *after,
    int limit, bool deleted)
{
	json_t *w = where != NULL ? json_loads(where, 0, NULL) : NULL;
	json_t *ret = NULL;
	struct err e = {0};

	assert_true(where == NULL || w != NULL);
	OK(view_list(r->s, type, w, after, limit, deleted, &ret, &e));
	json_decref(w);
	return ret;
}

/* aa to ee: recommendations, cc deleted; ff: a comment. */
static void
some_records(struct rows *r)
{
	static const char *const ids[] = {"aa", "bb", "cc", "dd", "ee", "ff"};

	office(r);
	for (int64_t n = 1; n <= 6; n++)
		rows_record(
		    r, n, ids[n - 1], n == 6 ? "comment" : "recommendation");
	rows_run(
	    r, "UPDATE record SET flags = 1 WHERE n = ?1", 3, 0, NULL, NULL);
	rows_show(r, 1, "section", "\"regional\"");
	rows_show(r, 2, "section", "\"national\"");
	rows_show(r, 3, "section", "\"national\"");
	rows_show(r, 4, "section", "\"national\"");
	rows_show(r, 1, "addressees", "[\"x1\",\"x2\"]");
	rows_show(r, 4, "addressees", "[\"x2\"]");
	rows_show(r, 5, "order", "12");
	rows_show(r, 5, "text", "null");
	rows_show(r, 4, "tags/wages", "true");
	rows_show(r, 6, "text", "\"it's 100% \\\"quoted\\\"\"");
}

static void
test_view__lists_pages_by_id(void **state)
{
	struct rows r;

	(void)state;
	some_records(&r);
	ids_are(list(&r, NULL, NULL, "", 100, false), "aabbddeeff");
	ids_are(list(&r, NULL, NULL, "", 100, true), "aabbccddeeff");
	ids_are(list(&r, "recommendation", NULL, "", 2, false), "aabb");
	ids_are(list(&r, "recommendation", NULL, "bbaaaaaaaaaaaaaaaaaaaaaaaa",
		    2, false),
	    "ddee");
	ids_are(list(&r, "comment", NULL, "", 2, false), "ff");
	ids_are(list(&r, "no' such", NULL, "", 2, false), "");
	ids_are(list(&r, NULL, NULL, "", 0, false), "");
	json_is(list(&r, "recommendation", NULL, "", 1, false),
	    "[{\"conflicts\":[],\"deleted\":false,"
	    "\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
	    "\"organisation\":\"bbbbbbbbbbbbbbbbbbbbbbbbbb\","
	    "\"type\":\"recommendation\","
	    "\"values\":{\"addressees\":[\"x1\",\"x2\"],"
	    "\"section\":\"regional\"}}]");
	rows_close(&r);
}

static void
test_view__filters_by_what_is_shown(void **state)
{
	struct rows r;

	(void)state;
	some_records(&r);
	ids_are(
	    list(&r, NULL, "{\"section\":\"national\"}", "", 9, false), "bbdd");
	ids_are(list(&r, NULL, "{\"section\":\"national\"}", "", 9, true),
	    "bbccdd");
	ids_are(
	    list(&r, NULL, "{\"section\":\"national\"}", "", 1, false), "bb");
	ids_are(
	    list(&r, NULL, "{\"addressees\":\"x2\"}", "", 9, false), "aadd");
	ids_are(
	    list(&r, NULL, "{\"addressees\":\"x2\",\"section\":\"national\"}",
		"", 9, false),
	    "dd");
	ids_are(
	    list(&r, NULL, "{\"addressees\":[\"x1\",\"x2\"]}", "", 9, false),
	    "aa");
	ids_are(list(&r, NULL, "{\"order\":12}", "", 9, false), "ee");
	ids_are(list(&r, NULL, "{\"order\":\"12\"}", "", 9, false), "");
	ids_are(list(&r, NULL, "{\"tags/wages\":true}", "", 9, false), "dd");
	ids_are(list(&r, NULL, "{\"tags/wages\":1}", "", 9, false), "");
	ids_are(list(&r, "recommendation", "{\"section\":null}", "", 9, false),
	    "ee");
	ids_are(list(&r, "recommendation", "{\"text\":null}", "", 9, false),
	    "aabbddee");
	ids_are(list(&r, NULL, "{\"text\":\"it's 100% \\\"quoted\\\"\"}", "", 9,
		    false),
	    "ff");
	ids_are(list(&r, NULL, "{\"section\":\"nation%\"}", "", 9, false), "");
	ids_are(list(&r, NULL, "{\"no' field\":\"' OR 1=1 --\"}", "", 9, false),
	    "");
	rows_close(&r);
}

static void
test_view__a_superseded_value_is_not_found(void **state)
{
	struct rows r;

	(void)state;
	office(&r);
	rows_record(&r, 1, "aa", "recommendation");
	write_row(&r, 1, "state", 1, 1, "\"draft\"");
	write_row(&r, 1, "state", 2, 3, "\"proposed\"");
	write_row(&r, 1, "state", 3, 7, "\"adopted\"");
	ids_are(list(&r, NULL, "{\"state\":\"draft\"}", "", 9, false), "");
	ids_are(list(&r, NULL, "{\"state\":\"proposed\"}", "", 9, false), "");
	ids_are(list(&r, NULL, "{\"state\":\"adopted\"}", "", 9, false), "aa");
	rows_close(&r);
}

static void
test_view__searches_best_first_without_deleted_ones(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *j = NULL;
	bool more = true;

	(void)state;
	some_records(&r);
	rows_show(&r, 1, "title", "\"rest day\"");
	rows_show(&r, 1, "text",
	    "\"a long text about many other things, a rest day among them,"
	    " and wages, hours, papers, housing and health\"");
	rows_show(&r, 2, "title", "\"Rest day, rest day\"");
	rows_show(&r, 3, "title", "\"rest day\"");
	rows_show(&r, 5, "title", "\"rest\"");
	while (more)
		OK(store_search_index(r.s, 100, &more, &e));
	OK(view_search(r.s, "rest da", 0, 9, &j, &e));
	ids_are(j, "bbaa");
	OK(view_search(r.s, "rest da", 1, 9, &j, &e));
	ids_are(j, "aa");
	OK(view_search(r.s, "REST", 0, 2, &j, &e));
	assert_int_equal(json_array_size(j), 2);
	json_decref(j);
	j = NULL;
	assert_int_equal(view_search(r.s, "*", 0, 9, &j, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_null(j);
	rows_close(&r);
}

static void
test_view__conflicts_come_record_by_record(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *j = NULL;

	(void)state;
	some_records(&r);
	for (int64_t n = 1; n <= 2; n++) {
		write_row(&r, n, "text", 7, 3, "\"x\"");
		write_row(&r, n, "text", 8, 7, "\"y\"");
		write_row(&r, n, "title", 7, 3, "\"Ja\"");
		write_row(&r, n, "title", 8, 7, "\"Nein\"");
		rows_run(&r, "UPDATE record SET flags = 2 WHERE n = ?1", n, 0,
		    NULL, NULL);
	}
	OK(view_conflicts(r.s, "", 1, &j, &e));
	json_is(j, "[{\"field\":\"text\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		   "\"title\":\"Nein\",\"type\":\"recommendation\"},"
		   "{\"field\":\"title\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
		   "\"title\":\"Nein\",\"type\":\"recommendation\"}]");
	OK(view_conflicts(r.s, "aaaaaaaaaaaaaaaaaaaaaaaaaa", 9, &j, &e));
	ids_are(j, "bbbb");
	OK(view_conflicts(r.s, "", 0, &j, &e));
	ids_are(j, "");
	rows_close(&r);
}

/* --- signatures and counts ------------------------------------------------ */

static int
add_signature(void *arg, const struct view_signature *g)
{
	buf_printf(arg, "%.4s %.4s %s key%d t%d %s%s%s%s %s %s\n", g->id,
	    g->record, g->version, g->key[0], (int)g->t, g->good ? "g" : "",
	    g->counts ? "c" : "", g->in_state ? "s" : "",
	    g->contested ? "x" : "", g->message != NULL ? g->message : "-",
	    g->sig != NULL ? g->sig : "-");
	return 0;
}

static void
test_view__lists_signatures_of_a_record_or_all(void **state)
{
	struct rows r;
	struct err e = {0};
	struct buf b = BUF_INIT;

	(void)state;
	office(&r);
	rows_run(&r,
	    "INSERT INTO signature(id, record, version, change, op, flags,"
	    " slot, org, message, sig)"
	    " VALUES(?3, ?4, 'v', ?1, 0, ?2, '', '', 'm', 'x')",
	    5, 15, "ssssaaaaaaaaaaaaaaaaaaaaaa", "abcdaaaaaaaaaaaaaaaaaaaaaa");
	rows_run(&r,
	    "INSERT INTO signature(id, record, version, change, op, flags,"
	    " slot, org) VALUES(?3, ?4, 'v', ?1, 0, ?2, '', '')",
	    4, 0, "ttttaaaaaaaaaaaaaaaaaaaaaa", "");
	OK(view_signatures(r.s, NULL, add_signature, &b, &e));
	assert_string_equal(
	    b.data, "tttt  v key1 t400  - -\nssss abcd v key2 t500 gcsx m x\n");
	buf_reset(&b);
	OK(view_signatures(
	    r.s, "abcdaaaaaaaaaaaaaaaaaaaaaa", add_signature, &b, &e));
	assert_string_equal(b.data, "ssss abcd v key2 t500 gcsx m x\n");
	buf_clear(&b);
	rows_close(&r);
}

static void
test_view__counts_for_status(void **state)
{
	struct rows r;
	struct err e = {0};
	struct view_counts c;

	(void)state;
	some_records(&r);
	rows_run(
	    &r, "UPDATE record SET flags = 2 WHERE n = ?1", 1, 0, NULL, NULL);
	rows_change(&r, 10, 1, 1, 0);
	rows_change(&r, 11, 1, 1, 0);
	rows_run(&r,
	    "INSERT INTO patch(change, part, data) VALUES(?1, ?2, NULL)", 3, 0,
	    NULL, NULL);
	rows_run(&r,
	    "INSERT INTO patch(change, part, data) VALUES(?1, ?2, NULL)", 3, -1,
	    NULL, NULL);
	rows_run(&r,
	    "INSERT INTO link(child, parent) SELECT ?1, id FROM change"
	    " WHERE n = ?2",
	    4, 2, NULL, NULL);
	rows_run(&r,
	    "INSERT INTO link(child, parent)"
	    " SELECT ?1, zeroblob(32) WHERE ?2",
	    4, 1, NULL, NULL);
	rows_run(&r,
	    "INSERT INTO link(child, parent)"
	    " SELECT ?1, zeroblob(32) WHERE ?2",
	    5, 1, NULL, NULL);
	OK(view_counts(r.s, &c, &e));
	assert_int_equal(c.changes, 11);
	assert_int_equal(c.records, 6);
	assert_int_equal(c.conflicts, 1);
	assert_int_equal(c.versions, 0);
	assert_int_equal(c.signatures, 0);
	assert_int_equal(c.waiting, 2);
	assert_int_equal(c.missing, 1);
	assert_int_equal(c.absent, 1);
	rows_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_view__finds_records_by_id_and_prefix),
	    cmocka_unit_test(test_view__finds_versions_and_signatures),
	    cmocka_unit_test(
		test_view__lists_candidates_of_an_ambiguous_prefix),
	    cmocka_unit_test(test_view__refuses_what_is_no_prefix),
	    cmocka_unit_test(
		test_view__shows_values_conflicts_missing_and_erased),
	    cmocka_unit_test(test_view__a_damaged_value_names_the_rescue),
	    cmocka_unit_test(test_view__lists_writes_by_field_and_time),
	    cmocka_unit_test(test_view__history_goes_by_claimed_time),
	    cmocka_unit_test(test_view__lists_pages_by_id),
	    cmocka_unit_test(test_view__filters_by_what_is_shown),
	    cmocka_unit_test(test_view__a_superseded_value_is_not_found),
	    cmocka_unit_test(
		test_view__searches_best_first_without_deleted_ones),
	    cmocka_unit_test(test_view__conflicts_come_record_by_record),
	    cmocka_unit_test(test_view__lists_signatures_of_a_record_or_all),
	    cmocka_unit_test(test_view__counts_for_status),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
