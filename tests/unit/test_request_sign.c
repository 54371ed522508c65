#include "tests/unit/signing.h"

#include "daemon/membership.h"

static void
test_request_sign__is_good_wherever_it_arrives(void **state)
{
	struct desk a, b;
	json_t *r, *v;
	const char *id;

	(void)state;
	pair(&a, &b);
	confirm(&b);
	id = recommend(&a, "Rest day", "One day in seven.");
	exchange(&a, &b);
	r = sign(&b, id, NULL);
	assert_int_equal(strlen(json_get_str(r, "text_hash")), 64);
	json_decref(r);
	json_decref(sign(&a, id, "support-with-reservation"));
	exchange(&a, &b);
	assert_int_equal(signatures(&a, id), 2);
	assert_int_equal(verdicts(&a, id, "good"), 2);
	assert_int_equal(verdicts(&b, id, "good"), 2);
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	v = json_array_get(json_object_get(r, "signatures"), 0);
	assert_string_equal(json_get_str(v, "membership"), "admitted");
	assert_string_equal(json_get_str(v, "capacity"), "endorsement");
	assert_string_equal(json_get_str(v, "date"), "2007-05-12");
	/* both on one version: the second found the first's */
	assert_string_equal(
	    json_get_str(v, "version"), json_get_str(r, "current_version"));
	assert_string_equal(
	    json_get_str(v, "text_hash"), json_get_str(r, "text_hash"));
	json_decref(r);
	assert_desks_agree(&a, &b);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_sign__membership_waits_for_the_users_word(void **state)
{
	struct desk a, b;
	const char *id;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	json_decref(sign(&a, id, NULL));
	exchange(&a, &b);
	assert_int_equal(verdicts(&b, id, "membership not confirmed"), 1);
	confirm(&b);
	assert_int_equal(verdicts(&b, id, "good"), 1);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_sign__an_act_held_confirms_an_invitation(void **state)
{
	struct desk a, b;
	char hex[HEX_SIZE];
	const char *id;
	struct err e;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	json_decref(sign(&a, id, NULL));
	exchange(&a, &b);
	memset(hex, 'a', sizeof(hex) - 1);
	hex[HEX_SIZE - 1] = '\0';
	assert_int_equal(
	    store_set_setting(gate_store(b.o.gate), "confirmed", hex, &e), 0);
	assert_int_equal(verdicts(&b, id, "membership not confirmed"), 1);
	text_hex(gate_coalition(a.o.gate), HASH_LEN, hex);
	assert_int_equal(
	    store_set_setting(gate_store(b.o.gate), "confirmed", hex, &e), 0);
	assert_int_equal(verdicts(&b, id, "good"), 1);
	desk_close(&a);
	desk_close(&b);
}

static const char *
alarm_of(struct desk *d)
{
	json_t *j = NULL;
	struct err e;

	assert_int_equal(membership_alarm(&d->o, &j, &e), 0);
	return pick(j, "kind");
}

/* An act held confirms the coalition, but not that all of it is there. */
static void
test_request_sign__what_an_invitation_names_is_missed(void **state)
{
	struct desk a, b;
	struct invitation i;
	const char *line;
	struct err e;

	(void)state;
	pair(&a, &b);
	assert_string_equal(alarm_of(&b), "membership");
	confirm(&b);
	assert_null(alarm_of(&b));
	recommend(&a, "Rest day", "One day in seven.");
	line = pick(ask(&a, request_invite, json_object()), "line");
	assert_int_equal(invitation_parse(line, &i, &e), 0);
	assert_int_equal(membership_keep(&b.o, &i, &e), 0);
	invitation_clear(&i);
	assert_string_equal(alarm_of(&b), "withheld");
	exchange(&a, &b);
	assert_null(alarm_of(&b));
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_sign__an_edit_shows_as_text_changed_since(void **state)
{
	struct desk a;
	const char *id;

	(void)state;
	id = with_one(&a);
	json_decref(sign(&a, id, NULL));
	/* order and state are no part of the text */
	edit(&a, id, "order", "1.2");
	edit(&a, id, "state", "proposed");
	assert_int_equal(verdicts(&a, id, "good"), 1);
	edit(&a, id, "text", "Two days in seven.");
	assert_int_equal(verdicts(&a, id, "text changed since"), 1);
	/* the text as it was is the text that was signed */
	edit(&a, id, "text", "One day in seven.");
	assert_int_equal(verdicts(&a, id, "good"), 1);
	/* a field that was empty belongs to the text, too */
	edit(&a, id, "language", "en");
	assert_int_equal(verdicts(&a, id, "text changed since"), 1);
	desk_close(&a);
}

static void
test_request_sign__a_conflict_counts_as_changed_and_is_not_signed(void **state)
{
	struct desk a, b;
	const char *id;
	json_t *r;

	(void)state;
	pair(&a, &b);
	confirm(&b);
	id = recommend(&a, "Rest day", "One day in seven.");
	json_decref(sign(&a, id, NULL));
	exchange(&a, &b);
	edit(&a, id, "text", "Two days.");
	edit(&b, id, "text", "Three days.");
	exchange(&a, &b);
	assert_int_equal(verdicts(&a, id, "text changed since"), 1);
	refuse(&b, request_sign, json_pack("{s:s}", "record", id), ERR_CONFLICT,
	    "text is in conflict: mufakat resolve");
	refuse(&b, request_preview, json_pack("{s:s}", "record", id),
	    ERR_CONFLICT, "text is in conflict");
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	assert_true(json_is_null(json_object_get(r, "text_hash")));
	assert_non_null(
	    strstr(json_get_str(r, "no_text"), "text is in conflict"));
	json_decref(r);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_sign__signing_again_replaces_and_unsign_withdraws(void **state)
{
	struct desk a;
	const char *id, *first, *second;
	json_t *r;

	(void)state;
	id = with_one(&a);
	first = pick(sign(&a, id, NULL), "id");
	r = sign(&a, id, "object");
	assert_string_equal(json_get_str(r, "stance"), "object");
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(r, "replaces"), 0)),
	    first);
	second = pick(r, "id");
	assert_string_not_equal(first, second);
	assert_int_equal(signatures(&a, id), 1);
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	assert_string_equal(
	    json_get_str(
		json_array_get(json_object_get(r, "signatures"), 0), "stance"),
	    "object");
	json_decref(r);
	r = ask(&a, request_unsign, json_pack("{s:s}", "id", second));
	assert_string_equal(
	    json_get_str(
		json_array_get(json_object_get(r, "withdrawn"), 0), "id"),
	    second);
	json_decref(r);
	assert_int_equal(signatures(&a, id), 1);
	assert_int_equal(verdicts(&a, id, "withdrawn"), 1);
	refuse(&a, request_unsign, json_pack("{s:s}", "id", id), ERR_INPUT,
	    "has no signature");
	/* and one may sign again after that */
	json_decref(sign(&a, id, NULL));
	assert_int_equal(verdicts(&a, id, "good"), 1);
	assert_int_equal(signatures(&a, id), 1);
	desk_close(&a);
}

static void
test_request_sign__unsign_of_a_record_withdraws_every_capacity(void **state)
{
	struct desk a;
	const char *id;
	json_t *r;

	(void)state;
	id = with_one(&a);
	json_decref(sign(&a, id, NULL));
	json_decref(ask(&a, request_sign,
	    json_pack("{s:s,s:s,s:s}", "record", id, "capacity", "witness",
		"person", "Ibu S")));
	assert_int_equal(verdicts(&a, id, "good"), 2);
	r = ask(&a, request_unsign, json_pack("{s:s}", "id", id));
	assert_int_equal(json_array_size(json_object_get(r, "ids")), 2);
	json_decref(r);
	assert_int_equal(verdicts(&a, id, "withdrawn"), 2);
	desk_close(&a);
}

static void
test_request_sign__refuses_what_cannot_be_signed(void **state)
{
	struct desk a, b;
	const char *id, *c;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
#define SIGN(key, value) json_pack("{s:s,s:s}", "record", id, key, value)
	refuse(&a, request_sign, SIGN("capacity", "boss"), ERR_INPUT,
	    "capacity: 'boss' is not one of position");
	refuse(&a, request_sign, SIGN("stance", "maybe"), ERR_INPUT,
	    "stance: 'maybe' is not one of support");
	refuse(&a, request_sign, SIGN("stance", "withdrawn"), ERR_INPUT,
	    "stance: ");
	refuse(
	    &a, request_sign, SIGN("date", "2007-02-30"), ERR_INPUT, "date: ");
	refuse(&a, request_sign, SIGN("person", "a\nstance object"), ERR_INPUT,
	    "person: ");
#undef SIGN
	assert_int_equal(signatures(&a, id), 0);
	c = pick(ask(&a, request_comment,
		     json_pack("{s:s,s:s}", "record", id, "text", "x")),
	    "id");
	refuse(&a, request_sign, json_pack("{s:s}", "record", c), ERR_INPUT,
	    "is signed");
	refuse(&a, request_evidence, json_pack("{s:s}", "record", id),
	    ERR_INPUT, "nobody has signed");
	/* others cannot withdraw it */
	json_decref(sign(&a, id, NULL));
	exchange(&a, &b);
	refuse(&b, request_unsign, json_pack("{s:s}", "id", id), ERR_INPUT,
	    "HRWG has no signature");
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_sign__signatures_are_listed_like_records(void **state)
{
	struct desk a;
	const char *id;
	json_t *r, *row;

	(void)state;
	id = with_one(&a);
	json_decref(sign(&a, id, NULL));
	r = ask(&a, request_list, json_pack("{s:s}", "type", "signature"));
	row = json_array_get(json_object_get(r, "list"), 0);
	assert_string_equal(
	    json_get_str(json_object_get(row, "values"), "record"), id);
	json_decref(r);
	r = ask(&a, request_list,
	    json_pack("{s:s,s:{s:s}}", "type", "signature", "where", "stance",
		"object"));
	assert_int_equal(json_array_size(json_object_get(r, "list")), 0);
	json_decref(r);
	desk_close(&a);
}

#define T(name) cmocka_unit_test(test_request_sign__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(is_good_wherever_it_arrives),
	    T(membership_waits_for_the_users_word),
	    T(an_act_held_confirms_an_invitation),
	    T(what_an_invitation_names_is_missed),
	    T(an_edit_shows_as_text_changed_since),
	    T(a_conflict_counts_as_changed_and_is_not_signed),
	    T(signing_again_replaces_and_unsign_withdraws),
	    T(unsign_of_a_record_withdraws_every_capacity),
	    T(refuses_what_cannot_be_signed),
	    T(signatures_are_listed_like_records),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("request_sign", tests, NULL, NULL);
}
