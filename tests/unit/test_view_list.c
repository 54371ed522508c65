/* Pages of records. */
#include "viewed.h"

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

static void
test_view_list__lists_pages_by_id(void **state)
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
	    "\"missing\":[],\"organisation\":\"bbbbbbbbbbbbbbbbbbbbbbbbbb\","
	    "\"type\":\"recommendation\","
	    "\"values\":{\"addressees\":[\"x1\",\"x2\"],"
	    "\"section\":\"regional\"}}]");
	rows_close(&r);
}

static void
test_view_list__filters_by_what_is_shown(void **state)
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
test_view_list__a_superseded_value_is_not_found(void **state)
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
test_view_list__searches_best_first_without_deleted_ones(void **state)
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
test_view_list__conflicts_come_record_by_record(void **state)
{
	struct rows r;
	struct err e = {0};
	json_t *j = NULL;

	(void)state;
	some_records(&r);
	for (int64_t n = 1; n <= 2; n++) {
		write_row(&r, n, "text", 7, 3, "\"x\"");
		write_row(&r, n, "text", 8, 7, "\"y\"");
		write_row(&r, n, "title", 7, n == 1 ? 3 : 1, "\"Ja\"");
		write_row(&r, n, "title", 8, 7, "\"Nein\"");
		rows_run(&r, "UPDATE record SET flags = 2 WHERE n = ?1", n, 0,
		    NULL, NULL);
	}
	OK(view_conflicts(r.s, "", 1, &j, &e));
	json_is(j,
	    "[{\"field\":\"title\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
	    "\"title\":\"Nein\",\"title_in_conflict\":true,"
	    "\"type\":\"recommendation\"},"
	    "{\"field\":\"text\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
	    "\"title\":\"Nein\",\"title_in_conflict\":true,"
	    "\"type\":\"recommendation\"}]");
	OK(view_conflicts(r.s, "aaaaaaaaaaaaaaaaaaaaaaaaaa", 9, &j, &e));
	json_is(j, "[{\"field\":\"text\",\"id\":\"bbaaaaaaaaaaaaaaaaaaaaaaaa\","
		   "\"title\":\"Nein\",\"title_in_conflict\":false,"
		   "\"type\":\"recommendation\"}]");
	OK(view_conflicts(r.s, "", 0, &j, &e));
	ids_are(j, "");
	rows_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_view_list__lists_pages_by_id),
	    cmocka_unit_test(test_view_list__filters_by_what_is_shown),
	    cmocka_unit_test(test_view_list__a_superseded_value_is_not_found),
	    cmocka_unit_test(
		test_view_list__searches_best_first_without_deleted_ones),
	    cmocka_unit_test(test_view_list__conflicts_come_record_by_record),
	};

	return cmocka_run_group_tests_name("view_list", tests, NULL, NULL);
}
