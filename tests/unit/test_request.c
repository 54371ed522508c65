/* Requests: membership and the office. */
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

		assert_int_equal(founder, i == 1); /* by name */
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
	json_decref(ask(&a, request_remote_add, /* --create, forgotten */
	    json_pack("{s:s,s:s,s:b}", "name", "hub", "url", "/srv/x.git",
		"create", 1)));
	refuse(&a, request_remote_add,
	    json_pack("{s:s,s:s,s:b}", "name", "hub", "url", "/srv/y.git",
		"create", 1),
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
	    cmocka_unit_test(test_request__says_what_to_do_without_a_coalition),
	    cmocka_unit_test(test_request__init_founds_and_tells_who_we_are),
	    cmocka_unit_test(
		test_request__refuses_names_that_no_signature_can_hold),
	    cmocka_unit_test(
		test_request__invite_names_coalition_act_and_heads),
	    cmocka_unit_test(test_request__is_not_taken_before_admission),
	    cmocka_unit_test(test_request__refuses_a_name_that_looks_alike),
	    cmocka_unit_test(test_request__members_and_unknown_requests),
	    cmocka_unit_test(
		test_request__remotes_are_added_changed_and_removed),
	    cmocka_unit_test(
		test_request__a_backup_is_whole_and_replaces_nothing),
	    cmocka_unit_test(
		test_request__fields_of_the_wrong_kind_are_refused),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
