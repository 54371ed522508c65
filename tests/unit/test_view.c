#include "viewed.h"

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
	    cmocka_unit_test(test_view__lists_signatures_of_a_record_or_all),
	    cmocka_unit_test(test_view__counts_for_status),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
