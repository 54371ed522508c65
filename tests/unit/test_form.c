#include "unit.h"

#include "client/form.h"
#include "common/err.h"
#include "common/mem.h"

static json_t *
recommendation(const char *field, const char *value)
{
	json_t *r = json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s,s:[s,s]}}", "type",
	    "recommendation", "id", "aaaa", "values", "title", "A cap",
	    "section", "national", "text", "The fee.\n\nIt has a cap.", "state",
	    "draft", "addressees", "bbbb", "cccc");

	if (field != NULL)
		json_object_set_new(
		    json_object_get(r, "values"), field, json_string(value));
	return r;
}

static char *
form_of(const json_t *r)
{
	struct buf b = BUF_INIT;

	form_write(r, &b);
	return buf_steal(&b);
}

/* What is read after "old" became "new" in the form; JSON text. */
static char *
read_after(const json_t *r, const char *old, const char *new)
{
	char *form = form_of(r), *at = strstr(form, old), *edited, *text;
	json_t *fields = NULL;
	struct err e = {0};

	assert_non_null(at);
	edited = mem_printf(
	    "%.*s%s%s", (int)(at - form), form, new, at + strlen(old));
	if (form_read(r, edited, strlen(edited), &fields, &e) == -1) {
		assert_int_equal(e.code, ERR_INPUT);
		text = mem_strdup(e.msg);
	} else {
		text = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);
	}
	json_decref(fields);
	free(edited);
	free(form);
	return text;
}

static void
assert_read(json_t *r, const char *old, const char *new, const char *expected)
{
	char *got = read_after(r, old, new);

	assert_string_equal(got, expected);
	free(got);
	json_decref(r);
}

static void
assert_refused(const char *old, const char *new, const char *cause)
{
	json_t *r = recommendation(NULL, NULL);
	char *got = read_after(r, old, new);

	if (strstr(got, cause) == NULL)
		fail_msg("'%s' does not say '%s'", got, cause);
	free(got);
	json_decref(r);
}

static void
assert_unchanged(json_t *r)
{
	assert_read(r, "", "", "{}");
}

static void
test_form__shows_each_field_in_its_place(void **state)
{
	json_t *r = recommendation("rationale", "Because.");
	char *form = form_of(r);

	(void)state;
	assert_non_null(strstr(form, "\ntitle: A cap\nsection: national\n"
				     "language:\naddressees: bbbb, cccc\n"));
	assert_non_null(strstr(form, "\n\n===== text =====\nThe fee.\n\nIt has "
				     "a cap.\n\n===== rationale =====\n"
				     "Because.\n"));
	free(form);
	json_decref(r);
}

static void
test_form__what_is_not_touched_is_no_change(void **state)
{
	(void)state;
	assert_unchanged(recommendation(NULL, NULL));
	assert_unchanged(recommendation("title", "  a: b # c  "));
	assert_unchanged(recommendation("text", "\n\n# a\n\tb: c\n \n\n"));
	assert_unchanged(recommendation("text", "a\r\nb\rc"));
	assert_unchanged(recommendation("text", ""));
	assert_unchanged(recommendation("title", "\xef\xbb\xbf"
						 "e\xcc\x81"));
	assert_unchanged(recommendation("state", "of-a-newer-program"));
	assert_unchanged(recommendation("of-a-newer-program", "a\nb"));
}

static void
test_form__each_kind_of_field_can_be_edited(void **state)
{
	(void)state;
	assert_read(recommendation(NULL, NULL), "title: A cap",
	    "title :\tB: c ", "{\"title\":\"B: c\"}");
	assert_read(recommendation(NULL, NULL), "bbbb, cccc", "bbbb",
	    "{\"addressees\":\"bbbb\"}");
	assert_read(recommendation(NULL, NULL), "It has", "# It\nhad: been",
	    "{\"text\":\"The fee.\\n\\n# It\\nhad: been a cap.\"}");
	assert_read(recommendation(NULL, NULL), "===== rationale =====\n",
	    "===== rationale\nBecause\nof it.",
	    "{\"rationale\":\"Because\\nof it.\"}");
	assert_read(recommendation("tags/urgent", "x"), "tags/urgent: x",
	    "tags/urgent: true", "{\"tags/urgent\":\"true\"}");
}

static void
test_form__an_empty_value_empties_and_a_missing_one_does_not(void **state)
{
	(void)state;
	assert_read(recommendation(NULL, NULL), "state: draft",
	    "state:", "{\"state\":null}");
	assert_read(recommendation("rationale", "x"), "\nx\n", "\n",
	    "{\"rationale\":null}");
	assert_read(recommendation(NULL, NULL), "state: draft\n", "", "{}");
	assert_read(recommendation("rationale", "x"),
	    "===== rationale =====\nx\n", "", "{}");
}

/* A line value that ends its line is no other field's, whatever it says. */
static void
test_form__no_value_writes_another_field(void **state)
{
	static const char *const evil[] = {"1\ntitle:EVIL\nsection:regional",
	    "Foo\n\nBAR", "a\n===== text =====\nb", "a\rtitle: b", "a\x1b[2Kb",
	    "a\xc2\x85title: b", "\ntitle: b"};
	static const char *const names[] = {"title", "order", "section"};

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++)
		for (size_t k = 0; k < 3; k++)
			assert_read(recommendation(names[k], evil[i]), "It has",
			    "It had",
			    "{\"text\":\"The fee.\\n\\nIt had a cap.\"}");
}

/* Instead it is shown, escaped, and a line replaces it. */
static void
test_form__what_is_not_offered_is_shown_and_can_be_replaced(void **state)
{
	(void)state;
	assert_read(recommendation("title", "a\ntitle:b"),
	    "# title: a\\ntitle:b", "title: c", "{\"title\":\"c\"}");
	assert_read(recommendation("title", "a\nb"), "# title: a\\nb",
	    "title:", "{\"title\":null}");
	assert_read(recommendation("text", "a\x1b"), "===== rationale =====",
	    "===== text =====\nb\n===== rationale =====\n", "{\"text\":\"b\"}");
	assert_read(recommendation("text", "a\x1b"),
	    "# text: holds control characters; what you write below a line "
	    "'===== text =====' replaces it\n",
	    "", "{}");
}

static void
test_form__no_text_looks_like_a_mark(void **state)
{
	const char *text = "===== rationale =====\nEVIL\n\n====== text ======\n"
			   "======= text\n=========\ntitle: EVIL";

	(void)state;
	assert_unchanged(recommendation("text", text));
	assert_unchanged(recommendation("rationale", text));
	assert_read(recommendation("text", text), "title: A cap", "title: B",
	    "{\"title\":\"B\"}");
	assert_read(recommendation("text", text),
	    "======== rationale ========\n", "======== rationale ========\nx",
	    "{\"rationale\":\"x\"}");
}

/* The line stands elsewhere in the form, too. */
static void
test_form__a_field_is_compared_with_itself(void **state)
{
	(void)state;
	assert_read(recommendation("text", "We\nsection: regional\ntitle: Y\n"),
	    "title: A cap\nsection: national\n",
	    "title: Y\nsection: regional\n",
	    "{\"section\":\"regional\",\"title\":\"Y\"}");
}

static void
test_form__a_line_without_a_place_is_refused_by_number(void **state)
{
	(void)state;
	assert_refused(
	    "A cap", "A\ncap of fees", "line 5: 'cap of fees' is no");
	assert_refused("title:", "ttle:",
	    "line 4: 'ttle' is no field of a "
	    "recommendation; it has title, sec");
	assert_refused("section:", "title: B\nsection:", "'title' is there");
	assert_refused(
	    "section:", "deleted: true\nsection:", "'deleted' is no");
	assert_refused("===== text =====", "===== txet =====", "'txet' is no");
	assert_refused("===== text =====", "===== title =====", "one line");
	assert_refused("It has", "===== text =====\n", "'text' is there twice");
	assert_refused("===== text =====", "===== ", "'' is no field");
	assert_refused("title: A cap", "text: A cap", "below a mark");
	assert_refused("title: A cap", ": A cap", "'' is no field");
}

static void
test_form__what_is_no_text_is_refused(void **state)
{
	json_t *r = recommendation(NULL, NULL), *fields;
	struct err e = {0};

	(void)state;
	assert_int_equal(form_read(r, "title: a\0b", 10, &fields, &e), -1);
	assert_non_null(strstr(e.msg, "is not UTF-8 text: convert it"));
	assert_int_equal(form_read(r, "title: \xff", 8, &fields, &e), -1);
	json_decref(r);
}

/* Of an editor of another system. */
static void
test_form__cr_lf_and_a_byte_order_mark_are_no_change(void **state)
{
	json_t *r = recommendation(NULL, NULL), *fields;
	char *form = form_of(r);
	struct buf b = BUF_INIT;
	struct err e = {0};

	(void)state;
	buf_adds(&b, "\xef\xbb\xbf");
	for (const char *p = form; *p != '\0'; p++)
		buf_printf(&b, "%s%c", *p == '\n' ? "\r" : "", *p);
	assert_int_equal(form_read(r, b.data, b.len, &fields, &e), 0);
	assert_int_equal(json_object_size(fields), 0);
	json_decref(fields);
	buf_clear(&b);
	free(form);
	json_decref(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form__shows_each_field_in_its_place),
	    cmocka_unit_test(test_form__what_is_not_touched_is_no_change),
	    cmocka_unit_test(test_form__each_kind_of_field_can_be_edited),
	    cmocka_unit_test(
		test_form__an_empty_value_empties_and_a_missing_one_does_not),
	    cmocka_unit_test(test_form__no_value_writes_another_field),
	    cmocka_unit_test(
		test_form__what_is_not_offered_is_shown_and_can_be_replaced),
	    cmocka_unit_test(test_form__no_text_looks_like_a_mark),
	    cmocka_unit_test(test_form__a_field_is_compared_with_itself),
	    cmocka_unit_test(
		test_form__a_line_without_a_place_is_refused_by_number),
	    cmocka_unit_test(test_form__what_is_no_text_is_refused),
	    cmocka_unit_test(
		test_form__cr_lf_and_a_byte_order_mark_are_no_change),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
