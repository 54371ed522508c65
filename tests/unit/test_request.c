#include "tests/unit/offices.h"

#include "daemon/request.h"

/* --- membership ---------------------------------------------------------- */

static void
test_request__says_what_to_do_without_a_coalition(void **state)
{
	struct desk a;
	json_t *r;

	(void)state;
	desk_open(&a);
	refuse(&a, request_new,
	    json_pack("{s:s,s:{}}", "type", "comment", "fields"), ERR_INPUT,
	    "mufakat init");
	refuse(&a, request_list, json_object(), ERR_INPUT, "mufakat join");
	r = ask(&a, request_status, json_object());
	assert_true(json_is_null(json_object_get(r, "coalition")));
	assert_true(json_is_null(json_object_get(r, "organisation")));
	assert_true(json_is_null(json_object_get(r, "state_hash")));
	json_decref(r);
	desk_close(&a);
}

static void
test_request__init_founds_and_tells_who_we_are(void **state)
{
	struct desk a;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	r = ask(&a, request_status, json_object());
	assert_int_equal(strlen(json_get_str(r, "coalition")), 64);
	assert_string_equal(json_get_str(r, "coalition_name"), "Jakarta 2007");
	assert_string_equal(
	    json_get_str(json_object_get(r, "organisation"), "name"),
	    "Task Force");
	assert_true(json_is_true(json_object_get(r, "convenor")));
	assert_true(json_is_true(json_object_get(r, "membership_confirmed")));
	json_decref(r);
	refuse(&a, request_init,
	    json_pack("{s:s,s:s,s:s}", "name", "x", "org", "y", "recovery",
		"00112233445566778899aabbccddeeff"
		"00112233445566778899aabbccddeeff"),
	    ERR_CONFLICT, "");
	desk_close(&a);
}

static void
test_request__refuses_names_that_no_signature_can_hold(void **state)
{
	static const char *const bad[] = {
	    "", "  ", "-", "two\nlines", "bell\007", "c1 \xc2\x85"};
	struct desk a;

	(void)state;
	desk_open(&a);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse(&a, request_init,
		    json_pack("{s:s,s:s,s:s}", "name", "ok", "org", bad[i],
			"recovery", "00"),
		    ERR_INPUT, "org: ");
	refuse(&a, request_init,
	    json_pack(
		"{s:s,s:s,s:s}", "name", "ok", "org", "ok", "recovery", "0011"),
	    ERR_INPUT, "recovery: ");
	assert_null(gate_coalition(a.o.gate));
	desk_close(&a);
}

static void
test_request__invite_names_coalition_act_and_heads(void **state)
{
	struct desk a;
	char want[160], hex[HEX_SIZE];
	const char *line;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	json_decref(ask(&a, request_remote_add,
	    json_pack("{s:s,s:s}", "name", "hub", "url", "/srv/a b%.git")));
	r = ask(&a, request_invite, json_object());
	line = json_get_str(r, "line");
	text_hex(gate_coalition(a.o.gate), HASH_LEN, hex);
	/* the founding is the newest act and the only change */
	snprintf(want, sizeof(want), "mufakat:%s/%s/", hex, hex);
	assert_int_equal(strncmp(line, want, strlen(want)), 0);
	assert_int_equal(strncmp(line + strlen(want), hex, 64), 0);
	assert_string_equal(line + strlen(want) + 64, "?url=/srv/a%20b%25.git");
	json_decref(r);
	desk_close(&a);
}

static void
test_request__is_not_taken_before_admission(void **state)
{
	struct desk a, b;
	json_t *r;

	(void)state;
	desk_open(&a);
	desk_open(&b);
	found(&a);
	join(&a, &b, "HRWG");
	refuse(&b, request_new,
	    json_pack("{s:s,s:{s:s,s:s}}", "type", "addressee", "fields",
		"name", "ASEAN", "level", "regional"),
	    ERR_CONFLICT, "not admitted yet");
	r = ask(&a, request_requests, json_object());
	assert_int_equal(json_array_size(json_object_get(r, "requests")), 1);
	json_decref(r);
	admit(&a, &b);
	json_decref(ask(&b, request_new,
	    json_pack("{s:s,s:{s:s,s:s}}", "type", "addressee", "fields",
		"name", "ASEAN", "level", "regional")));
	r = ask(&a, request_requests, json_object());
	assert_int_equal(json_array_size(json_object_get(r, "requests")), 0);
	json_decref(r);
	exchange(&a, &b);
	assert_desks_agree(&a, &b);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request__refuses_a_name_that_looks_alike(void **state)
{
	struct desk a, b;
	const json_t *first;
	json_t *r;

	(void)state;
	desk_open(&a);
	desk_open(&b);
	found(&a);
	join(&a, &b, "T\xd0\xb0sk F\xd0\xberce"); /* Cyrillic a and o */
	r = ask(&a, request_requests, json_object());
	first = json_array_get(json_object_get(r, "requests"), 0);
	assert_false(json_is_null(json_object_get(first, "lookalike")));
	refuse(&a, request_admit,
	    json_pack("{s:s}", "request", json_get_str(first, "id")),
	    ERR_CONFLICT, "looks like 'Task Force'");
	json_decref(r);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request__members_and_unknown_requests(void **state)
{
	struct desk a, b;
	json_t *r, *orgs;

	(void)state;
	pair(&a, &b);
	r = ask(&b, request_members, json_object());
	orgs = json_object_get(r, "organisations");
	assert_int_equal(json_array_size(orgs), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *org = json_array_get(orgs, i);
		bool founder =
		    strcmp(json_get_str(org, "name"), "Task Force") == 0;

		assert_int_equal(
		    json_is_true(json_object_get(org, "convenor")), founder);
		assert_int_equal(
		    json_array_size(json_object_get(org, "keys")), 1);
	}
	json_decref(r);
	refuse(&a, request_admit, json_pack("{s:s}", "request", "abcdef"),
	    ERR_NOTFOUND, "mufakat requests");
	refuse(&a, request_admit, json_pack("{s:s}", "request", "%_"),
	    ERR_INPUT, "is no request");
	desk_close(&a);
	desk_close(&b);
}

/* --- records ------------------------------------------------------------- */

static void
test_request__new_is_shown_with_its_first_state(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
	assert_int_equal(strlen(id), ID_CHARS);
	assert_string_equal(shown(&a, id, "title"), "\"Rest day\"");
	assert_string_equal(shown(&a, id, "state"), "\"draft\"");
	desk_close(&a);
}

static void
test_request__new_refuses_what_the_catalogue_does(void **state)
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
test_request__references_may_be_prefixes_of_the_right_type(void **state)
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
test_request__an_edit_without_a_difference_makes_no_change(void **state)
{
	struct desk a;
	const char *id, *before, *after;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
	before = pick(ask(&a, request_state, json_object()), "hash");
	assert_null(edit(&a, id, "title", "Rest day "));
	after = pick(ask(&a, request_state, json_object()), "hash");
	assert_string_equal(before, after);
	assert_non_null(edit(&a, id, "title", "Weekly rest day"));
	assert_string_equal(shown(&a, id, "title"), "\"Weekly rest day\"");
	desk_close(&a);
}

static void
test_request__states_move_as_the_catalogue_allows(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
	refuse(&a, request_edit,
	    json_pack(
		"{s:s,s:{s:s}}", "record", id, "fields", "state", "adopted"),
	    ERR_INPUT, "'draft' cannot become 'adopted', only proposed");
	assert_non_null(edit(&a, id, "state", "proposed"));
	assert_non_null(edit(&a, id, "state", "adopted"));
	desk_close(&a);
}

static void
test_request__a_required_field_is_never_emptied(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
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
test_request__deletion_hides_and_can_be_taken_back(void **state)
{
	struct desk a;
	const char *id;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
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
test_request__comments_are_shown_with_their_record(void **state)
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
	r = ask(&a, request_show, json_pack("{s:s}", "record", id));
	c = json_array_get(json_object_get(r, "comments"), 0);
	assert_string_equal(
	    json_get_str(json_object_get(c, "values"), "text"), "Paid?");
	assert_string_equal(json_get_str(c, "name"), "HRWG");
	json_decref(r);
	desk_close(&a);
	desk_close(&b);
}

/* Names of people go into a portion of their own, which can be erased. */
static void
test_request__personal_fields_have_a_portion_of_their_own(void **state)
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
test_request__only_hosts_write_a_consultation(void **state)
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
test_request__only_its_author_edits_a_comment(void **state)
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
test_request__a_conflict_shows_both_sides_by_name(void **state)
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
test_request__an_edit_in_conflict_points_to_resolve(void **state)
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
test_request__a_resolution_ends_the_conflict_everywhere(void **state)
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
test_request__an_edit_on_an_old_base_loses_nothing(void **state)
{
	struct desk a;
	const char *id, *base;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "Rest day", "One day in seven.");
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
	assert_non_null(pick(
	    ask(&a, request_edit,
		json_pack("{s:s,s:{s:s},s:{s:[s]}}", "record", id, "fields",
		    "title", "from the editor", "base", "title", base)),
	    "change"));
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

/* --- reading ------------------------------------------------------------- */

static void
test_request__lists_come_in_pages(void **state)
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

/* Long texts end a page before its limit; nothing is left out. */
static void
test_request__a_page_of_long_texts_ends_early(void **state)
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
test_request__search_takes_words_as_data(void **state)
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
test_request__history_tells_who_wrote_what_over_what(void **state)
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
test_request__log_lists_every_change_in_pages(void **state)
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
test_request__types_are_the_catalogue(void **state)
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

/* --- the office ---------------------------------------------------------- */

static void
test_request__remotes_are_added_changed_and_removed(void **state)
{
	struct desk a;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	refuse(&a, request_remote_add,
	    json_pack("{s:s,s:s}", "name", "../x", "url", "/srv/x.git"),
	    ERR_INPUT, "name: ");
	refuse(&a, request_remote_add,
	    json_pack("{s:s,s:s}", "name", "hub", "url", "ssh://-oProxy=x/y"),
	    ERR_INPUT, "");
	json_decref(ask(&a, request_remote_add,
	    json_pack("{s:s,s:s}", "name", "hub", "url", "/srv/x.git")));
	refuse(&a, request_remote_add,
	    json_pack("{s:s,s:s}", "name", "hub", "url", "/srv/y.git"),
	    ERR_CONFLICT, "hub");
	json_decref(ask(&a, request_remote_set_url,
	    json_pack("{s:s,s:s}", "name", "hub", "url", "/srv/y.git")));
	r = ask(&a, request_remote_list, json_object());
	assert_string_equal(
	    json_get_str(
		json_array_get(json_object_get(r, "remotes"), 0), "url"),
	    "/srv/y.git");
	json_decref(r);
	json_decref(
	    ask(&a, request_remote_remove, json_pack("{s:s}", "name", "hub")));
	refuse(&a, request_remote_remove, json_pack("{s:s}", "name", "hub"),
	    ERR_NOTFOUND, "hub");
	desk_close(&a);
}

static void
test_request__a_backup_is_whole_and_replaces_nothing(void **state)
{
	struct desk a;
	const char *path;
	json_t *r;

	(void)state;
	desk_open(&a);
	found(&a);
	path = scratch_path(&a.s, "copy.db");
	refuse(&a, request_backup, json_pack("{s:s}", "path", "copy.db"),
	    ERR_INPUT, "is not absolute");
	r = ask(&a, request_backup, json_pack("{s:s}", "path", path));
	assert_true(json_integer_value(json_object_get(r, "bytes")) > 4096);
	json_decref(r);
	refuse(&a, request_backup, json_pack("{s:s}", "path", path), ERR_INPUT,
	    "is there already");
	desk_close(&a);
}

static void
test_request__fields_of_the_wrong_kind_are_refused(void **state)
{
	struct desk a;

	(void)state;
	desk_open(&a);
	found(&a);
	refuse(
	    &a, request_show, json_object(), ERR_INPUT, "record: is missing");
	refuse(&a, request_show, json_pack("{s:i}", "record", 7), ERR_INPUT,
	    "record: must be text");
	refuse(&a, request_show, json_pack("{s:s}", "record", "ab"), ERR_INPUT,
	    "too short");
	refuse(&a, request_show, json_pack("{s:s}", "record", "aaaaaaa"),
	    ERR_NOTFOUND, "aaaaaaa");
	refuse(&a, request_list, json_pack("{s:i}", "limit", -1), ERR_INPUT,
	    "limit: ");
	refuse(&a, request_list, json_pack("{s:[]}", "where"), ERR_INPUT,
	    "where: ");
	refuse(&a, request_new,
	    json_pack("{s:s,s:[]}", "type", "comment", "fields"), ERR_INPUT,
	    "fields: ");
	refuse(&a, request_log, json_pack("{s:s}", "after", "x"), ERR_INPUT,
	    "after: ");
	desk_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(test_request__##name)
	    T(says_what_to_do_without_a_coalition),
	    T(init_founds_and_tells_who_we_are),
	    T(refuses_names_that_no_signature_can_hold),
	    T(invite_names_coalition_act_and_heads),
	    T(is_not_taken_before_admission),
	    T(refuses_a_name_that_looks_alike),
	    T(members_and_unknown_requests),
	    T(new_is_shown_with_its_first_state),
	    T(new_refuses_what_the_catalogue_does),
	    T(references_may_be_prefixes_of_the_right_type),
	    T(an_edit_without_a_difference_makes_no_change),
	    T(states_move_as_the_catalogue_allows),
	    T(a_required_field_is_never_emptied),
	    T(deletion_hides_and_can_be_taken_back),
	    T(comments_are_shown_with_their_record),
	    T(personal_fields_have_a_portion_of_their_own),
	    T(only_hosts_write_a_consultation),
	    T(only_its_author_edits_a_comment),
	    T(a_conflict_shows_both_sides_by_name),
	    T(an_edit_in_conflict_points_to_resolve),
	    T(a_resolution_ends_the_conflict_everywhere),
	    T(an_edit_on_an_old_base_loses_nothing),
	    T(lists_come_in_pages),
	    T(a_page_of_long_texts_ends_early),
	    T(search_takes_words_as_data),
	    T(history_tells_who_wrote_what_over_what),
	    T(log_lists_every_change_in_pages),
	    T(types_are_the_catalogue),
	    T(remotes_are_added_changed_and_removed),
	    T(a_backup_is_whole_and_replaces_nothing),
	    T(fields_of_the_wrong_kind_are_refused),
#undef T
	};

	crypto_setup();
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
