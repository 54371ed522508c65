#include "tests/unit/unit.h"

#include "common/ident.h"
#include "common/types.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "cccccccccccccccccccccccccc"

/* a is an addressee, b a recommendation, c an organisation of the coalition */
static int
record_type(void *arg, const char *id, char ret[static 65])
{
	(void)arg;
	if (strcmp(id, ID_A) == 0)
		strcpy(ret, "addressee");
	else if (strcmp(id, ID_B) == 0)
		strcpy(ret, "recommendation");
	else
		return -1;
	return 0;
}

static bool
is_organisation(void *arg, const char *id)
{
	(void)arg;
	return strcmp(id, ID_C) == 0;
}

static const struct types_lookup look = {record_type, is_organisation, NULL};

/* Parses, and returns the JSON text of the value, or the error's message. */
static const char *
parsed(const char *type, const char *field, const char *text)
{
	static char result[512];
	const struct type *t = type_find(type);
	const struct field *f = type_field(t, field);
	json_t *v = NULL;
	struct err e = {0};
	char *s;

	assert_non_null(f);
	if (types_parse(t, f, text, &v, &e) == -1) {
		assert_int_equal(e.code, ERR_INPUT);
		assert_null(v);
		return strcpy(result, e.msg);
	}
	s = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	strncpy(result, s, sizeof(result) - 1);
	free(s);
	json_decref(v);
	return result;
}

/* Checks a value (taken) with lookups; the message, or "". */
static const char *
checked(const char *type, const char *field, json_t *v)
{
	static struct err e;
	const struct type *t = type_find(type);

	e = (struct err){0};
	assert_non_null(v);
	if (types_check(t, type_field(t, field), v, &look, &e) == -1)
		assert_int_equal(e.code, ERR_INPUT);
	json_decref(v);
	return e.msg;
}

static void
test_types__the_table_is_sound(void **state)
{
	(void)state;
	for (const struct type *t = types_table; t->name != NULL; t++) {
		bool text = false;

		assert_ptr_equal(type_find(t->name), t);
		assert_non_null(t->label);
		for (const struct field *f = t->fields; f->name != NULL; f++) {
			assert_true(ident_name_ok(f->name, strlen(f->name)));
			assert_ptr_equal(type_field(t, f->name), f);
			assert_non_null(f->label);
			assert_true(
			    (f->kind == FIELD_WORD) == (f->words != NULL));
			for (const char *const *r = f->refers;
			     r != NULL && *r != NULL; r++)
				assert_non_null(type_find(*r));
			/* rendering rule 1 wants the text last, and one */
			if ((f->flags & FIELD_SIGNED) != 0)
				assert_false(text);
			text = text || ((f->flags & FIELD_SIGNED) != 0 &&
					   f->kind == FIELD_TEXT);
			assert_false((f->flags & FIELD_SIGNED) != 0 &&
				     (f->flags & FIELD_PERSONAL) != 0);
		}
		for (const char *const *c = t->columns; *c != NULL; c++)
			assert_non_null(type_field(t, *c));
	}
	assert_null(type_find("pledge"));
	assert_null(type_find(NULL));
}

static void
test_types__every_state_can_be_reached(void **state)
{
	struct err e;

	(void)state;
	for (const struct type *t = types_table; t->name != NULL; t++) {
		const struct field *f = type_field(t, "state");

		if (f == NULL)
			continue;
		assert_non_null(t->transitions);
		/* the default comes first, and is the first word */
		assert_null(t->transitions[0].from);
		assert_string_equal(t->transitions[0].to, f->words[0]);
		for (const char *const *w = f->words; *w != NULL; w++) {
			bool reached = false;

			for (const char *const *x = f->words; *x != NULL; x++)
				if (x != w &&
				    types_check_transition(t, *x, *w, &e) == 0)
					reached = true;
			assert_true(reached || types_check_transition(
						   t, NULL, *w, &e) == 0);
		}
		for (const struct transition *s = t->transitions; s->to != NULL;
		     s++) {
			struct err none = {0};
			json_t *to = json_string(s->to);

			assert_int_equal(types_check(t, f, to, NULL, &none), 0);
			json_decref(to);
		}
	}
}

static void
test_types__says_what_would_do(void **state)
{
	(void)state;
	assert_string_equal(parsed("recommendation", "section", "regionl"),
	    "section: 'regionl' is not one of regional, national");
	assert_string_equal(
	    parsed("recommendation", "section", "regional"), "\"regional\"");
	assert_string_equal(parsed("consultation", "start", "2007-02-29"),
	    "start: '2007-02-29' is not a day such as 2007-05-12");
	assert_string_equal(parsed("addressee", "country", "XX"),
	    "country: 'XX' is not a country such as ID or MY");
	assert_string_equal(
	    parsed("recommendation", "title", " \n"), "title: cannot be empty");
}

static void
test_types__parses_each_kind(void **state)
{
	(void)state;
	assert_string_equal(
	    parsed("consultation", "start", "2008-02-29"), "\"2008-02-29\"");
	assert_string_equal(parsed("addressee", "country", "id"), "\"ID\"");
	assert_string_equal(
	    parsed("recommendation", "language", "zh-Hant"), "\"zh-Hant\"");
	assert_string_equal(
	    parsed("recommendation", "addressees", ID_A ", " ID_B),
	    "[\"" ID_A "\",\"" ID_B "\"]");
	assert_string_equal(
	    parsed("recommendation", "order", "1.2.a"), "\"1.2.a\"");
	assert_string_equal(parsed("recommendation", "order", ""), "null");
	assert_string_equal(
	    parsed("recommendation", "tags/wages", "yes"), "true");
	assert_string_equal(parsed("recommendation", "tags/wages", "maybe"),
	    "tags/: 'maybe' is not true or false");
	/* NFC, and no white space at the end */
	assert_string_equal(
	    parsed("recommendation", "title", "e\xcc\x81t\xc3\xa9 \t\n"),
	    "\"\xc3\xa9t\xc3\xa9\"");
	assert_string_equal(
	    parsed("recommendation", "text", "a\r\n\r\nb\r\n"), "\"a\\n\\nb\"");
}

static void
test_types__refuses_what_does_not_fit(void **state)
{
	static const char *const bad[][2] = {
	    {"title", "two\nlines"},
	    {"title", "esc \x1b[31m"},
	    {"title", "c1 \xc2\x9b"},
	    {"title", "not utf-8 \xff"},
	    {"title", "surrogate \xed\xa0\x80"},
	    {"language", "x"},
	    {"language", "english language"},
	    {"language", "id-"},
	    {"language", "-id"},
	    {"language", "1d"},
	    {"language", "id-toolongsubtag"},
	    {"consultation", "short"},
	    {"consultation", "AAAAAAAAAAAAAAAAAAAAAAAAAA"},
	    {"addressees", ID_A "," ID_A},
	    {"addressees", ID_A ",x"},
	    {"state", "Draft"},
	    {"text", "nul is \x01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *got =
		    parsed("recommendation", bad[i][0], bad[i][1]);

		if (strncmp(got, bad[i][0], strlen(bad[i][0])) != 0)
			fail_msg("%s=%s gave %s", bad[i][0], bad[i][1], got);
	}
	static const char *const dates[] = {"2007-5-12", "2007-13-01",
	    "2007-00-10", "2007-04-31", "1900-02-29", "0000-01-01",
	    "2007/05/12", "2007-05-12T00:00", "12-05-2007"};
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		assert_memory_equal(
		    parsed("consultation", "start", dates[i]), "start:", 6);
}

static void
test_types__lengths_are_capped(void **state)
{
	const struct type *t = type_find("recommendation");
	char *long_text = malloc(64 * 1024 + 2);
	json_t *v = NULL;
	struct err e;

	(void)state;
	memset(long_text, 'x', 64 * 1024 + 1);
	long_text[64 * 1024 + 1] = '\0';
	assert_int_equal(
	    types_parse(t, type_field(t, "text"), long_text, &v, &e), -1);
	long_text[64 * 1024] = '\0';
	assert_int_equal(
	    types_parse(t, type_field(t, "text"), long_text, &v, &e), 0);
	json_decref(v);
	long_text[1001] = '\0';
	assert_int_equal(
	    types_parse(t, type_field(t, "title"), long_text, &v, &e), -1);
	long_text[1000] = '\0';
	assert_int_equal(
	    types_parse(t, type_field(t, "title"), long_text, &v, &e), 0);
	json_decref(v);
	free(long_text);
}

static void
test_types__references_are_looked_up(void **state)
{
	(void)state;
	assert_string_equal(
	    checked("recommendation", "addressees", json_pack("[s]", ID_A)),
	    "");
	assert_string_equal(
	    checked("recommendation", "addressees", json_pack("[s]", ID_B)),
	    "addressees: '" ID_B "' is of type recommendation, not addressee");
	assert_string_equal(
	    checked("recommendation", "parent", json_string(ID_C)),
	    "parent: there is no record '" ID_C "'");
	assert_string_equal(
	    checked("comment", "record", json_string(ID_A)), "");
	assert_string_equal(
	    checked("comment", "record", json_string(ID_B)), "");
	assert_string_equal(
	    checked("consultation", "hosts", json_pack("[s]", ID_C)), "");
	assert_string_equal(
	    checked("consultation", "hosts", json_pack("[s]", ID_A)),
	    "hosts: '" ID_A "' is not an organisation of the coalition");
}

static void
test_types__values_of_another_shape_are_refused(void **state)
{
	(void)state;
	assert_string_equal(checked("recommendation", "title", json_integer(5)),
	    "title: not a text");
	assert_string_equal(
	    checked("recommendation", "addressees", json_string(ID_A)),
	    "addressees: not a list");
	assert_string_equal(
	    checked("recommendation", "addressees", json_pack("[i]", 5)),
	    "addressees: not a list of ids");
	assert_string_equal(
	    checked("recommendation", "parent", json_pack("{s:i}", "@", 0)),
	    "parent: not a text");
	assert_string_equal(
	    checked("recommendation", "tags/a", json_string("true")),
	    "tags/: not true or false");
	assert_string_equal(
	    checked("recommendation", "parent", json_null()), "");
}

static void
test_types__a_new_record_needs_its_required_fields(void **state)
{
	const struct type *t = type_find("recommendation");
	json_t *v = json_pack("{s:s,s:s}", "title", "T", "section", "national");
	struct err e = {0};

	(void)state;
	assert_int_equal(types_check_new(t, v, &look, &e), -1);
	assert_string_equal(e.msg, "text: missing, give text=...");
	json_object_set_new(v, "text", json_string("x"));
	assert_int_equal(types_check_new(t, v, &look, &e), 0);
	json_object_set_new(v, "state", json_string("adopted"));
	assert_int_equal(types_check_new(t, v, &look, &e), -1);
	assert_string_equal(e.msg,
	    "state: a new recommendation cannot be 'adopted', only draft, "
	    "proposed");
	json_object_del(v, "state");
	json_object_set_new(v, "titel", json_string("x"));
	assert_int_equal(types_check_new(t, v, &look, &e), -1);
	assert_memory_equal(
	    e.msg, "'titel' is no field of type recommendation, which has", 53);
	json_decref(v);
	v = json_object();
	assert_int_equal(
	    types_check_new(type_find("signature"), v, &look, &e), -1);
	json_decref(v);
}

static void
test_types__states_change_as_the_table_says(void **state)
{
	const struct type *t = type_find("recommendation");
	struct err e = {0};

	(void)state;
	assert_int_equal(types_check_transition(t, "draft", "proposed", &e), 0);
	assert_int_equal(types_check_transition(t, "draft", "draft", &e), 0);
	assert_int_equal(types_check_transition(t, "draft", "adopted", &e), -1);
	assert_string_equal(e.msg,
	    "state: 'draft' cannot become 'adopted', only proposed, withdrawn");
	assert_int_equal(
	    types_check_transition(t, "superseded", "draft", &e), -1);
	assert_string_equal(e.msg, "state: 'superseded' is final");
	/* a state that only a newer program knows locks nobody in */
	assert_int_equal(types_check_transition(t, "parked", "draft", &e), 0);
	/* a comment has no states */
	assert_int_equal(
	    types_check_transition(type_find("comment"), "a", "b", &e), 0);
}

static void
test_types__whose_writes_count(void **state)
{
	(void)state;
	assert_int_equal(types_whose("recommendation", "text"), WHOSE_ANY);
	assert_int_equal(types_whose("recommendation", "deleted"), WHOSE_ANY);
	assert_int_equal(types_whose("recommendation", "tags/a"), WHOSE_ANY);
	assert_int_equal(types_whose("recommendation", "mood"), WHOSE_OWN);
	assert_int_equal(types_whose("comment", "text"), WHOSE_OWN);
	assert_int_equal(types_whose("comment", "deleted"), WHOSE_OWN);
	assert_int_equal(types_whose("consultation", "state"), WHOSE_HOSTS);
	assert_int_equal(types_whose("consultation", "title"), WHOSE_HOSTS);
	assert_int_equal(types_whose("consultation", "deleted"), WHOSE_HOSTS);
	assert_int_equal(types_whose("organisation", "name"), WHOSE_OWN);
	assert_int_equal(types_whose("pledge", "due"), WHOSE_OWN);
	assert_int_equal(types_whose("pledge", "tags/a"), WHOSE_OWN);
	assert_int_equal(types_whose("pledge", "deleted"), WHOSE_OWN);
}

/* The names of "values" and "names" have the order of "want". */
static void
assert_order(const char *type, json_t *values, json_t *names, json_t *want)
{
	json_t *sorted = types_in_order(type, values);
	json_t *again = types_names_in_order(type, names), *v;
	json_t *keys = json_array();
	const char *name;

	json_object_foreach (sorted, name, v)
		json_array_append_new(keys, json_string(name));
	assert_true(json_equal(keys, want));
	assert_true(json_equal(again, want));
	json_decref(sorted);
	json_decref(again);
	json_decref(keys);
	json_decref(values);
	json_decref(names);
	json_decref(want);
}

static void
test_types__fields_are_in_the_order_of_the_catalogue(void **state)
{
	(void)state;
	assert_order("recommendation",
	    json_pack("{s:i,s:i,s:i,s:i,s:i}", "zeal", 1, "order", 1, "text", 1,
		"tags/b", 1, "title", 1),
	    json_pack(
		"[s,s,s,s,s]", "order", "zeal", "tags/b", "title", "text"),
	    json_pack(
		"[s,s,s,s,s]", "title", "text", "order", "tags/b", "zeal"));
	assert_order("unheard-of",
	    json_pack("{s:i,s:i}", "title", 1, "name", 1),
	    json_pack("[s,s]", "title", "name"),
	    json_pack("[s,s]", "name", "title"));
}

static void
test_types__prints_for_people(void **state)
{
	struct buf b = BUF_INIT;
	json_t *v = json_pack("[s,i,b]", "a", 5, 1);

	(void)state;
	types_print(v, &b);
	assert_string_equal(buf_str(&b), "a, 5, yes");
	buf_reset(&b);
	types_print(NULL, &b);
	assert_string_equal(buf_str(&b), "");
	json_decref(v);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types__the_table_is_sound),
	    cmocka_unit_test(test_types__every_state_can_be_reached),
	    cmocka_unit_test(test_types__says_what_would_do),
	    cmocka_unit_test(test_types__parses_each_kind),
	    cmocka_unit_test(test_types__refuses_what_does_not_fit),
	    cmocka_unit_test(test_types__lengths_are_capped),
	    cmocka_unit_test(test_types__references_are_looked_up),
	    cmocka_unit_test(test_types__values_of_another_shape_are_refused),
	    cmocka_unit_test(
		test_types__a_new_record_needs_its_required_fields),
	    cmocka_unit_test(test_types__states_change_as_the_table_says),
	    cmocka_unit_test(test_types__whose_writes_count),
	    cmocka_unit_test(
		test_types__fields_are_in_the_order_of_the_catalogue),
	    cmocka_unit_test(test_types__prints_for_people),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
