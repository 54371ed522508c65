/* Requests: lists, search, what happened. */
#include "tests/unit/offices.h"

#include "daemon/request.h"

/* --- reading ------------------------------------------------------------- */

static void
test_request_read__lists_come_in_pages(void **state)
{
	struct desk a;
	json_t *r, *next = json_null();
	size_t n = 0, pages = 0;

	(void)state;
	desk_open(&a);
	found(&a);
	for (int i = 0; i < 7; i++)
		recommend(&a, i % 2 ? "odd" : "even", "x");
	do {
		r = ask(&a, request_list,
		    json_pack("{s:s,s:o,s:i}", "type", "recommendation",
			"after", next, "limit", 3));
		n += json_array_size(json_object_get(r, "list"));
		pages++;
		next = json_incref(json_object_get(r, "next"));
		json_decref(r);
	} while (!json_is_null(next));
	assert_int_equal(n, 7);
	assert_int_equal(pages, 3);
	r = ask(&a, request_list,
	    json_pack("{s:s,s:{s:s}}", "type", "recommendation", "where",
		"title", "odd"));
	assert_int_equal(json_array_size(json_object_get(r, "list")), 3);
	json_decref(r);
	refuse(&a, request_list,
	    json_pack("{s:s,s:{s:s}}", "type", "recommendation", "where",
		"section", "x"),
	    ERR_INPUT, "is not one of");
	refuse(&a, request_list, json_pack("{s:s}", "type", "nothing"),
	    ERR_INPUT, "there are organisation");
	desk_close(&a);
}

/* Whichever field this office met first. */
static void
test_request_read__fields_are_in_the_order_of_the_catalogue(void **state)
{
	struct desk a;
	const char *id, *name;
	json_t *r, *values, *v;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	desk_open(&a);
	found(&a);
	id = pick(ask(&a, request_new,
		      json_pack("{s:s,s:{s:s,s:s,s:s,s:s}}", "type",
			  "recommendation", "fields", "text", "t", "order", "1",
			  "section", "national", "title", "x")),
	    "id");
	r = ask(&a, request_show, json_pack("{s:s}", "record", id));
	values = json_object_get(json_object_get(r, "record"), "values");
	json_object_foreach (values, name, v)
		buf_printf(&b, "%s ", name);
	assert_string_equal(buf_str(&b), "title section text order state ");
	json_decref(r);
	buf_reset(&b);
	r = ask(&a, request_history, json_pack("{s:s}", "record", id));
	values = json_object_get(
	    json_array_get(json_object_get(r, "history"), 0), "fields");
	json_array_foreach (values, i, v)
		buf_printf(&b, "%s ", json_get_str(v, "field"));
	assert_string_equal(buf_str(&b), "title section text order state ");
	buf_clear(&b);
	json_decref(r);
	desk_close(&a);
}

/* Long texts end a page before its limit; nothing is left out. */
static void
test_request_read__a_page_of_long_texts_ends_early(void **state)
{
	struct desk a;
	char text[60001];
	json_t *r, *next = json_null();
	size_t n = 0, pages = 0;

	(void)state;
	desk_open(&a);
	found(&a);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 160; i++)
		recommend(&a, "long", text);
	do {
		r = ask(&a, request_list,
		    json_pack("{s:s,s:o,s:i}", "type", "recommendation",
			"after", next, "limit", 1000));
		n += json_array_size(json_object_get(r, "list"));
		pages++;
		next = json_incref(json_object_get(r, "next"));
		json_decref(r);
	} while (!json_is_null(next));
	assert_int_equal(n, 160);
	assert_int_equal(pages, 2);
	desk_close(&a);
}

static void
test_request_read__search_takes_words_as_data(void **state)
{
	struct desk a;
	struct err e;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	recommend(&a, "Rest day", "One day in seven.");
	recommend(&a, "Passport", "It stays with the worker.");
	while (gate_idle(a.o.gate, &e) == 1)
		;
	r = ask(&a, request_search, json_pack("{s:s}", "words", "passp"));
	assert_int_equal(json_array_size(json_object_get(r, "list")), 1);
	json_decref(r);
	r = ask(&a, request_search,
	    json_pack("{s:s}", "words", "\" OR 1=1; NEAR( title:*"));
	assert_int_equal(json_array_size(json_object_get(r, "list")), 0);
	json_decref(r);
	desk_close(&a);
}

static void
test_request_read__history_tells_who_wrote_what_over_what(void **state)
{
	struct desk a, b;
	const char *id;
	json_t *r, *list, *last, *field;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	exchange(&a, &b);
	edit(&b, id, "title", "Weekly rest");
	exchange(&a, &b);
	r = ask(&a, request_history, json_pack("{s:s}", "record", id));
	list = json_object_get(r, "history");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    json_get_str(json_array_get(list, 0), "kind"), "new");
	last = json_array_get(list, 1);
	assert_string_equal(json_get_str(last, "kind"), "edit");
	assert_string_equal(json_get_str(last, "name"), "HRWG");
	assert_true(json_is_false(json_object_get(last, "void")));
	field = json_array_get(json_object_get(last, "fields"), 0);
	assert_string_equal(json_get_str(field, "value"), "Weekly rest");
	assert_true(json_is_true(json_object_get(field, "live")));
	assert_int_equal(json_array_size(json_object_get(field, "over")), 1);
	json_decref(r);
	r = ask(&a, request_diff, json_pack("{s:s}", "record", id));
	list = json_object_get(r, "diff");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(
	    json_get_str(json_array_get(list, 0), "from"), "Rest day");
	assert_string_equal(
	    json_get_str(json_array_get(list, 0), "to"), "Weekly rest");
	json_decref(r);
	refuse(&a, request_diff,
	    json_pack("{s:s,s:s}", "record", id, "from", "00000000"),
	    ERR_NOTFOUND, "mufakat history");
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_read__log_lists_every_change_in_pages(void **state)
{
	struct desk a;
	json_t *r, *list, *next = json_null();
	size_t n = 0;

	(void)state;
	desk_open(&a);
	found(&a);
	for (int i = 0; i < 4; i++)
		recommend(&a, "t", "x");
	do {
		r = ask(&a, request_log,
		    json_pack("{s:o,s:i}", "after", next, "limit", 2));
		list = json_object_get(r, "log");
		if (n == 0)
			assert_string_equal(
			    json_get_str(json_array_get(list, 0), "summary"),
			    "found");
		n += json_array_size(list);
		next = json_incref(json_object_get(r, "next"));
		json_decref(r);
	} while (!json_is_null(next));
	assert_int_equal(n, 5);
	refuse(&a, request_log, json_pack("{s:s}", "after", "0000000000"),
	    ERR_NOTFOUND, "0000000000");
	desk_close(&a);
}

static void
test_request_read__types_are_the_catalogue(void **state)
{
	struct desk a;
	json_t *r, *types;
	size_t i;
	json_t *v;
	bool seen = false;

	(void)state;
	desk_open(&a);
	r = ask(&a, request_types, json_object());
	types = json_object_get(r, "types");
	json_array_foreach (types, i, v) {
		if (strcmp(json_get_str(v, "name"), "recommendation") == 0)
			seen = json_array_size(
				   json_object_get(v, "transitions")) > 5;
	}
	assert_true(seen);
	json_decref(r);
	desk_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request_read__lists_come_in_pages),
	    cmocka_unit_test(
		test_request_read__a_page_of_long_texts_ends_early),
	    cmocka_unit_test(
		test_request_read__fields_are_in_the_order_of_the_catalogue),
	    cmocka_unit_test(test_request_read__search_takes_words_as_data),
	    cmocka_unit_test(
		test_request_read__history_tells_who_wrote_what_over_what),
	    cmocka_unit_test(
		test_request_read__log_lists_every_change_in_pages),
	    cmocka_unit_test(test_request_read__types_are_the_catalogue),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("request_read", tests, NULL, NULL);
}
