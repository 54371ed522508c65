#include "tests/unit/unit.h"

#include "common/render.h"
#include "common/text.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Renders a recommendation of these values (taken); "" if it is refused. */
static const char *
rendered(struct buf *b, json_t *values)
{
	struct err e = {0};

	assert_non_null(values);
	buf_reset(b);
	if (render_text(RENDER_RULE, type_find("recommendation"), values, b,
		&e) == -1) {
		assert_int_equal(e.code, ERR_INPUT);
		assert_int_equal(b->len, 0);
	}
	json_decref(values);
	return buf_str(b);
}

static json_t *
values(const char *title, const char *text)
{
	return json_pack("{s:s,s:s,s:s}", "title", title, "section", "national",
	    "text", text);
}

static void
test_render__rule_1_is_what_format_md_says(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(
	    rendered(&b,
		json_pack("{s:s,s:s,s:s,s:[s,s],s:s,s:s,s:s}", "text",
		    "Every placement fee has a cap.\n\nIt is public.", "title",
		    "A cap on fees", "section", "national", "addressees", ID_B,
		    ID_A, "language", "en", "state", "draft", "order", "1.a")),
	    "recommendation\n"
	    "title: A cap on fees\n"
	    "section: national\n"
	    "language: en\n"
	    "addressees: " ID_A " " ID_B "\n"
	    "\n"
	    "Every placement fee has a cap.\n"
	    "\n"
	    "It is public.\n");
	buf_clear(&b);
}

static void
test_render__what_is_empty_reads_as_a_dash(void **state)
{
	static const char text[] = "recommendation\ntitle: -\nsection: -\n"
				   "language: -\naddressees: -\n\n\n";
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(rendered(&b, json_object()), text);
	assert_string_equal(rendered(&b, json_pack("{s:n,s:s,s:[]}", "title",
					     "language", "", "addressees")),
	    text);
	buf_clear(&b);
}

static void
test_render__is_normal(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	(void)state;
	rendered(&a, values("\xc3\xa9t\xc3\xa9", "x\ny\n"));
	rendered(&b, values("e\xcc\x81te\xcc\x81", "x\r\ny\n\n\n"));
	assert_string_equal(buf_str(&a), buf_str(&b));
	rendered(&b, values("\xc3\xa9t\xc3\xa9", "x\ny"));
	assert_string_equal(buf_str(&a), buf_str(&b));
	/* what stands before and inside stays */
	rendered(&b, values("\xc3\xa9t\xc3\xa9", "\nx\ny"));
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	rendered(&b, values("\xc3\xa9t\xc3\xa9", "x\n\ny"));
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	buf_clear(&a);
	buf_clear(&b);
}

static void
test_render__a_value_without_a_text_is_refused(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(
	    rendered(&b, values("a\nsection: regional", "x")), "");
	assert_string_equal(rendered(&b, values("a\rb", "x")), "");
	assert_string_equal(rendered(&b, values("a\x1b[1m", "x")), "");
	assert_string_equal(rendered(&b, values("a\xc2\x85", "x")), "");
	assert_string_equal(rendered(&b, values("a", "x\x07")), "");
	assert_string_equal(rendered(&b, json_pack("{s:i}", "title", 5)), "");
	assert_string_equal(rendered(&b, json_pack("{s:b}", "text", 1)), "");
	assert_string_equal(
	    rendered(&b, json_pack("{s:s}", "addressees", ID_A)), "");
	assert_string_equal(
	    rendered(&b, json_pack("{s:[s]}", "addressees", "a b")), "");
	assert_string_equal(
	    rendered(&b, json_pack("{s:[i]}", "addressees", 1)), "");
	buf_clear(&b);
}

static void
test_render__appends_and_leaves_nothing_half_done(void **state)
{
	struct buf b = BUF_INIT;
	struct err e;
	json_t *v = values("a\nb", "x");

	(void)state;
	buf_adds(&b, "before");
	assert_int_equal(
	    render_text(1, type_find("recommendation"), v, &b, &e), -1);
	assert_string_equal(buf_str(&b), "before");
	assert_int_equal(
	    render_text(2, type_find("recommendation"), v, &b, &e), -1);
	assert_int_equal(render_text(1, type_find("comment"), v, &b, &e), -1);
	assert_string_equal(buf_str(&b), "before");
	json_decref(v);
	v = values("a", "x");
	assert_int_equal(
	    render_text(1, type_find("recommendation"), v, &b, &e), 0);
	assert_memory_equal(b.data, "beforerecommendation\n", 21);
	json_decref(v);
	buf_clear(&b);
}

/* All pairs of a set of nasty values: different values, different texts. */
static void
test_render__two_different_records_never_read_the_same(void **state)
{
	static const char *const nasty[] = {"", "-", "\\", "\\-", "\\\\",
	    "\\\\-", "--", " ", " -", "a", "a ", " a", "section: regional",
	    "\\a"};
	enum { N = sizeof(nasty) / sizeof(nasty[0]) };
	char *text[N * N * 3];
	struct buf b = BUF_INIT;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < N; k++) {
			text[n++] =
			    strdup(rendered(&b, values(nasty[i], nasty[k])));
			text[n++] = strdup(rendered(
			    &b, json_pack("{s:s,s:s,s:[s]}", "title", nasty[i],
				    "text", nasty[k], "addressees", ID_A)));
			text[n++] = strdup(
			    rendered(&b, json_pack("{s:s,s:s,s:s}", "title",
					     nasty[i], "language", nasty[k],
					     "text", "\nlanguage: -")));
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(text[i], text[k]) == 0)
				fail_msg("%zu and %zu: %s", i, k, text[i]);
	for (size_t i = 0; i < n; i++)
		free(text[i]);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_render__rule_1_is_what_format_md_says),
	    cmocka_unit_test(test_render__what_is_empty_reads_as_a_dash),
	    cmocka_unit_test(test_render__is_normal),
	    cmocka_unit_test(test_render__a_value_without_a_text_is_refused),
	    cmocka_unit_test(test_render__appends_and_leaves_nothing_half_done),
	    cmocka_unit_test(
		test_render__two_different_records_never_read_the_same),
	};

	return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
