/* Requests: writing records, and conflicts. */
#include "tests/unit/offices.h"

#include "daemon/request.h"

/* --- records ------------------------------------------------------------- */

static void
test_request_record__new_is_shown_with_its_first_state(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	id = with_one(&a);
	assert_int_equal(strlen(id), ID_CHARS);
	assert_string_equal(shown(&a, id, "title"), "\"Rest day\"");
	assert_string_equal(shown(&a, id, "state"), "\"draft\"");
	desk_close(&a);
}

static void
test_request_record__new_refuses_what_the_catalogue_does(void **state)
{
	struct desk a;
	char long_text[70000];

	(void)state;
	desk_open(&a);
	found(&a);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
#define NEW(...)                                                               \
	json_pack("{s:s,s:{s:s,s:s,s:s}}", "type", "recommendation", "fields", \
	    __VA_ARGS__)
	refuse(&a, request_new,
	    NEW("title", "t", "text", "x", "section", "regionl"), ERR_INPUT,
	    "section: 'regionl' is not one of regional, national");
	refuse(&a, request_new,
	    NEW("titel", "t", "text", "x", "section", "regional"), ERR_INPUT,
	    "'titel' is no field of a recommendation; it has title");
	refuse(&a, request_new,
	    NEW("title", "t", "state", "draft", "section", "regional"),
	    ERR_INPUT, "text: missing");
	refuse(&a, request_new,
	    NEW("title", "a\033[2J", "text", "x", "section", "regional"),
	    ERR_INPUT, "title: holds a control character");
	refuse(&a, request_new,
	    NEW("title", "t", "text", long_text, "section", "regional"),
	    ERR_INPUT, "text: ");
#undef NEW
	refuse(&a, request_new,
	    json_pack("{s:s,s:{}}", "type", "recomendation", "fields"),
	    ERR_INPUT, "there are organisation, consultation");
	refuse(&a, request_new,
	    json_pack("{s:s,s:{}}", "type", "signature", "fields"), ERR_INPUT,
	    "mufakat sign");
	refuse(&a, request_new,
	    json_pack("{s:s,s:{s:s,s:s}}", "type", "comment", "fields",
		"record", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "text", "x"),
	    ERR_NOTFOUND, "record: ");
	refuse(&a, request_new,
	    json_pack("{s:s,s:{s:s,s:s,s:s,s:s}}", "type", "recommendation",
		"fields", "title", "t", "text", "x", "section", "regional",
		"state", "adopted"),
	    ERR_INPUT, "cannot be 'adopted'");
	desk_close(&a);
}

static void
test_request_record__references_may_be_prefixes_of_the_right_type(void **state)
{
	struct desk a;
	const char *to, *id;
	char prefix[9], list[32], want[64];

	(void)state;
	desk_open(&a);
	found(&a);
	to = pick(ask(&a, request_new,
		      json_pack("{s:s,s:{s:s,s:s}}", "type", "addressee",
			  "fields", "name", "ASEAN", "level", "regional")),
	    "id");
	id = recommend(&a, "Rest day", "One day in seven.");
	snprintf(prefix, sizeof(prefix), "%s", to);
	snprintf(list, sizeof(list), " %s, ", prefix);
	assert_non_null(edit(&a, id, "addressees", list));
	snprintf(want, sizeof(want), "[\"%s\"]", to);
	assert_string_equal(shown(&a, id, "addressees"), want);
	refuse(&a, request_edit,
	    json_pack(
		"{s:s,s:{s:s}}", "record", id, "fields", "addressees", id),
	    ERR_INPUT, "recommendation, not addressee");
	desk_close(&a);
}

static void
test_request_record__an_edit_without_a_difference_makes_no_change(void **state)
{
	struct desk a;
	const char *id, *before, *after;

	(void)state;
	id = with_one(&a);
	before = pick(ask(&a, request_state, json_object()), "hash");
	assert_null(edit(&a, id, "title", "Rest day "));
	after = pick(ask(&a, request_state, json_object()), "hash");
	assert_string_equal(before, after);
	assert_non_null(edit(&a, id, "title", "Weekly rest day"));
	assert_string_equal(shown(&a, id, "title"), "\"Weekly rest day\"");
	desk_close(&a);
}

static void
test_request_record__states_move_as_the_catalogue_allows(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	id = with_one(&a);
	refuse(&a, request_edit,
	    json_pack(
		"{s:s,s:{s:s}}", "record", id, "fields", "state", "adopted"),
	    ERR_INPUT, "'draft' cannot become 'adopted', only proposed");
	assert_non_null(edit(&a, id, "state", "proposed"));
	assert_non_null(edit(&a, id, "state", "adopted"));
	desk_close(&a);
}

static void
test_request_record__a_required_field_is_never_emptied(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	id = with_one(&a);
	refuse(&a, request_edit,
	    json_pack("{s:s,s:{s:n}}", "record", id, "fields", "title"),
	    ERR_INPUT, "title: ");
	assert_non_null(edit(&a, id, "rationale", "Because."));
	json_decref(ask(&a, request_edit,
	    json_pack("{s:s,s:{s:n}}", "record", id, "fields", "rationale")));
	assert_string_equal(shown(&a, id, "rationale"), "null");
	desk_close(&a);
}

static void
test_request_record__deletion_hides_and_can_be_taken_back(void **state)
{
	struct desk a;
	const char *id;
	json_t *r;

	(void)state;
	id = with_one(&a);
	json_decref(ask(&a, request_delete, json_pack("{s:s}", "record", id)));
	r = ask(&a, request_list, json_pack("{s:s}", "type", "recommendation"));
	assert_int_equal(json_array_size(json_object_get(r, "list")), 0);
	json_decref(r);
	refuse(&a, request_edit,
	    json_pack("{s:s,s:{s:s}}", "record", id, "fields", "title", "x"),
	    ERR_CONFLICT, "mufakat undelete");
	assert_null(
	    pick(ask(&a, request_delete, json_pack("{s:s}", "record", id)),
		"change"));
	json_decref(
	    ask(&a, request_undelete, json_pack("{s:s}", "record", id)));
	assert_non_null(edit(&a, id, "title", "x"));
	desk_close(&a);
}

static void
test_request_record__comments_are_shown_with_their_record(void **state)
{
	struct desk a, b;
	const char *id;
	json_t *r, *c;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	give(&a, &b);
	json_decref(ask(&b, request_comment,
	    json_pack("{s:s,s:s}", "record", id, "text", "Paid?")));
	give(&b, &a);
	json_decref(ask(&a, request_comment,
	    json_pack("{s:s,s:s}", "record", id, "text", "By the employer.")));
	r = ask(&a, request_show, json_pack("{s:s}", "record", id));
	c = json_array_get(json_object_get(r, "comments"), 0);
	assert_string_equal(
	    json_get_str(json_object_get(c, "values"), "text"), "Paid?");
	assert_string_equal(json_get_str(c, "name"), "HRWG");
	assert_true(json_is_integer(json_object_get(c, "created")));
	c = json_array_get(json_object_get(r, "comments"), 1); /* in turn */
	assert_string_equal(json_get_str(c, "name"), "Task Force");
	json_decref(r);
	desk_close(&a);
	desk_close(&b);
}

/* Names of people go into a portion of their own, which can be erased. */
static void
test_request_record__personal_fields_have_a_portion_of_their_own(void **state)
{
	struct desk a;
	struct log_entry l;
	const char *c, *id;
	json_t *r;
	struct err e;

	(void)state;
	desk_open(&a);
	found(&a);
	c = pick(ask(&a, request_new,
		     json_pack("{s:s,s:{s:s}}", "type", "consultation",
			 "fields", "title", "Jakarta")),
	    "id");
	r = ask(&a, request_new,
	    json_pack("{s:s,s:{s:s,s:s,s:s}}", "type", "group", "fields",
		"consultation", c, "theme", "wages", "facilitator", "Ibu S"));
	assert_int_equal(
	    log_find(gate_store(a.o.gate), json_get_str(r, "change"), &l, &e),
	    0);
	assert_int_equal(l.change.nportions, 2);
	assert_null(memmem(
	    l.change.portions[0].p, l.change.portions[0].len, "Ibu S", 5));
	assert_non_null(memmem(
	    l.change.portions[1].p, l.change.portions[1].len, "\"salt\":", 7));
	log_entry_clear(&l);
	id = pick(r, "id");
	assert_string_equal(shown(&a, id, "facilitator"), "\"Ibu S\"");
	assert_string_equal(shown(&a, id, "theme"), "\"wages\"");
	desk_close(&a);
}

static void
test_request_record__only_hosts_write_a_consultation(void **state)
{
	struct desk a, b;
	char want[64];
	const char *c;

	(void)state;
	pair(&a, &b);
	c = pick(ask(&a, request_new,
		     json_pack("{s:s,s:{s:s}}", "type", "consultation",
			 "fields", "title", "Jakarta")),
	    "id");
	exchange(&a, &b);
	snprintf(
	    want, sizeof(want), "[\"%s\"]", gate_organisation(a.o.gate)->id);
	assert_string_equal(shown(&b, c, "hosts"), want);
	refuse(&b, request_edit,
	    json_pack("{s:s,s:{s:s}}", "record", c, "fields", "venue", "x"),
	    ERR_INPUT, "only the hosts");
	refuse(&b, request_delete, json_pack("{s:s}", "record", c), ERR_INPUT,
	    "only the hosts");
	refuse(&a, request_edit,
	    json_pack("{s:s,s:{s:s}}", "record", c, "fields", "hosts", "HRWG"),
	    ERR_INPUT, "is fixed");
	/* both host the next one, the second named by its name */
	c = pick(
	    ask(&a, request_new,
		json_pack("{s:s,s:{s:s,s:s}}", "type", "consultation", "fields",
		    "title", "Cebu", "hosts", "Task Force, HRWG")),
	    "id");
	exchange(&a, &b);
	assert_non_null(edit(&b, c, "venue", "Hotel"));
	exchange(&a, &b);
	assert_string_equal(shown(&a, c, "venue"), "\"Hotel\"");
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_record__only_its_author_edits_a_comment(void **state)
{
	struct desk a, b;
	const char *id, *c;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	c = pick(ask(&a, request_comment,
		     json_pack("{s:s,s:s}", "record", id, "text", "Paid?")),
	    "id");
	exchange(&a, &b);
	refuse(&b, request_edit,
	    json_pack("{s:s,s:{s:s}}", "record", c, "fields", "text", "No"),
	    ERR_INPUT, "only Task Force");
	assert_non_null(edit(&a, c, "text", "Paid, and when?"));
	desk_close(&a);
	desk_close(&b);
}

/* --- conflicts ----------------------------------------------------------- */

/* Both offices edit the title of one record; returns its id. */
static const char *
quarrel(struct desk *a, struct desk *b)
{
	const char *id = recommend(a, "Rest day", "One day in seven.");

	exchange(a, b);
	assert_non_null(edit(a, id, "title", "A day of rest"));
	assert_non_null(edit(b, id, "title", "Weekly rest"));
	exchange(a, b);
	return id;
}

static void
test_request_record__a_conflict_shows_both_sides_by_name(void **state)
{
	struct desk a, b;
	json_t *r, *c, *sides;
	const char *id;

	(void)state;
	pair(&a, &b);
	id = quarrel(&a, &b);
	r = ask(&a, request_conflicts, json_object());
	assert_int_equal(json_array_size(json_object_get(r, "conflicts")), 1);
	c = json_array_get(json_object_get(r, "conflicts"), 0);
	assert_string_equal(json_get_str(c, "id"), id);
	assert_string_equal(json_get_str(c, "field"), "title");
	sides = json_object_get(c, "versions");
	assert_int_equal(json_array_size(sides), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *s = json_array_get(sides, i);
		bool ours = strcmp(json_get_str(s, "name"), "Task Force") == 0;

		assert_string_equal(json_get_str(s, "value"),
		    ours ? "A day of rest" : "Weekly rest");
	}
	json_decref(r);
	assert_desks_agree(&a, &b);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_record__an_edit_in_conflict_points_to_resolve(void **state)
{
	struct desk a, b;
	const char *id;
	char want[80];

	(void)state;
	pair(&a, &b);
	id = quarrel(&a, &b);
	snprintf(want, sizeof(want),
	    "title is in conflict: mufakat resolve %.12s title", id);
	refuse(&a, request_edit,
	    json_pack("{s:s,s:{s:s}}", "record", id, "fields", "title", "x"),
	    ERR_CONFLICT, want);
	/* other fields go on */
	assert_non_null(edit(&a, id, "order", "1.2"));
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_record__a_resolution_ends_the_conflict_everywhere(void **state)
{
	struct desk a, b;
	const char *id;
	char change[65] = "";
	json_t *r, *sides;

	(void)state;
	pair(&a, &b);
	id = quarrel(&a, &b);
	r = ask(&a, request_conflicts, json_object());
	sides = json_object_get(
	    json_array_get(json_object_get(r, "conflicts"), 0), "versions");
	for (size_t i = 0; i < 2; i++)
		if (strcmp(json_get_str(json_array_get(sides, i), "value"),
			"Weekly rest") == 0)
			snprintf(change, sizeof(change), "%.16s",
			    json_get_str(json_array_get(sides, i), "change"));
	json_decref(r);
	refuse(&a, request_resolve,
	    json_pack("{s:s,s:s}", "record", id, "field", "title"), ERR_INPUT,
	    "--take");
	refuse(&a, request_resolve,
	    json_pack("{s:s,s:s,s:s}", "record", id, "field", "title", "take",
		"0000000000"),
	    ERR_NOTFOUND, "mufakat history");
	json_decref(ask(&a, request_resolve,
	    json_pack("{s:s,s:s,s:s}", "record", id, "field", "title", "take",
		change)));
	give(&a, &b);
	assert_string_equal(shown(&b, id, "title"), "\"Weekly rest\"");
	r = ask(&b, request_conflicts, json_object());
	assert_int_equal(json_array_size(json_object_get(r, "conflicts")), 0);
	json_decref(r);
	refuse(&b, request_resolve,
	    json_pack(
		"{s:s,s:s,s:s}", "record", id, "field", "title", "value", "x"),
	    ERR_INPUT, "is not in conflict");
	assert_desks_agree(&a, &b);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_record__an_edit_on_an_old_base_loses_nothing(void **state)
{
	struct desk a;
	const char *id, *base;
	json_t *r, *said;

	(void)state;
	id = with_one(&a);
	r = ask(&a, request_show, json_pack("{s:s}", "record", id));
	base = json_get_str(
	    json_object_get(json_object_get(r, "record"), "writes"), "title");
	assert_non_null(base);
	assert_non_null(edit(&a, id, "title", "meanwhile"));
	/* what was shown, sent back unchanged, is no edit */
	assert_null(
	    pick(ask(&a, request_edit,
		     json_pack("{s:s,s:{s:s},s:{s:[s]}}", "record", id,
			 "fields", "title", "Rest day", "base", "title", base)),
		"change"));
	said = ask(&a, request_edit,
	    json_pack("{s:s,s:{s:s},s:{s:[s]}}", "record", id, "fields",
		"title", "from the editor", "base", "title", base));
	assert_non_null(json_get_str(said, "change"));
	assert_int_equal(
	    json_array_size(json_object_get(said, "conflicts")), 1);
	json_decref(said);
	json_decref(r);
	r = ask(&a, request_conflicts, json_object());
	assert_int_equal(json_array_size(json_object_get(r, "conflicts")), 1);
	json_decref(r);
	refuse(&a, request_edit,
	    json_pack("{s:s,s:{s:s},s:{s:[s]}}", "record", id, "fields",
		"title", "x", "base", "title", "0000000000000000"),
	    ERR_NOTFOUND, "base: ");
	desk_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_request_record__new_is_shown_with_its_first_state),
	    cmocka_unit_test(
		test_request_record__new_refuses_what_the_catalogue_does),
	    cmocka_unit_test(
		test_request_record__references_may_be_prefixes_of_the_right_type),
	    cmocka_unit_test(
		test_request_record__an_edit_without_a_difference_makes_no_change),
	    cmocka_unit_test(
		test_request_record__states_move_as_the_catalogue_allows),
	    cmocka_unit_test(
		test_request_record__a_required_field_is_never_emptied),
	    cmocka_unit_test(
		test_request_record__deletion_hides_and_can_be_taken_back),
	    cmocka_unit_test(
		test_request_record__comments_are_shown_with_their_record),
	    cmocka_unit_test(
		test_request_record__personal_fields_have_a_portion_of_their_own),
	    cmocka_unit_test(
		test_request_record__only_hosts_write_a_consultation),
	    cmocka_unit_test(
		test_request_record__only_its_author_edits_a_comment),
	    cmocka_unit_test(
		test_request_record__a_conflict_shows_both_sides_by_name),
	    cmocka_unit_test(
		test_request_record__an_edit_in_conflict_points_to_resolve),
	    cmocka_unit_test(
		test_request_record__a_resolution_ends_the_conflict_everywhere),
	    cmocka_unit_test(
		test_request_record__an_edit_on_an_old_base_loses_nothing),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("request_record", tests, NULL, NULL);
}
