#include "tests/unit/exported.h"

#include "common/evidence.h"
#include "common/op.h"
#include "common/sshsig.h"

static bool
all_good(struct exported *x, const uint8_t *w)
{
	json_t *j, *v;
	size_t i;
	bool good = true;
	struct err e;

	if (evidence_check(x->s.dir, w, &j, &e) == -1)
		fail_msg("%s", e.msg);
	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		good &= strcmp(json_get_str(v, "verdict"), "good") == 0;
	}
	good &= i > 0;
	json_decref(j);
	return good;
}

/* Number of signatures in the folder with this verdict. */
static size_t
folder_verdicts(struct exported *x, const uint8_t *w, const char *word)
{
	json_t *j, *v;
	size_t i, n = 0;
	struct err e;

	if (evidence_check(x->s.dir, w, &j, &e) == -1)
		fail_msg("%s", e.msg);
	json_array_foreach (json_object_get(j, "signatures"), i, v) {
		n += strcmp(json_get_str(v, "verdict"), word) == 0;
	}
	json_decref(j);
	return n;
}

static void
test_request_evidence__has_the_verdicts_of_the_record(void **state)
{
	struct desk a, b;
	struct exported x;
	const uint8_t *w;
	const char *id;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	sign_by_hand(&b, id, (struct twist){.stance = STANCE_OBJECT});
	sign_by_hand(&b, id, (struct twist){.items = "3=object,7=stand-aside"});
	exchange(&a, &b);
	w = gate_coalition(a.o.gate);
	assert_int_equal(verdicts(&a, id, "contested"), 3);
	assert_int_equal(verdicts(&a, id, "good"), 1);
	export(&a, id, &x);
	assert_int_equal(folder_verdicts(&x, w, "contested"), 3);
	assert_int_equal(folder_verdicts(&x, w, "good"), 1);
	assert_int_equal(count(readme(&x), "Contested: "), 3);
	export_close(&x);
	desk_close(&a);
	desk_close(&b);
}

/* The text in the folder that is made of a record or a version. */
static char *
text_of(struct desk *d, const char *id)
{
	struct exported x;
	char *text;
	int status;

	export(d, id, &x);
	text = shell(&x, "cat text.txt", &status);
	export_close(&x);
	return text;
}

static size_t
elsewhere(const json_t *result)
{
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (json_object_get(result, "signatures"), i, v) {
		n += json_is_false(json_object_get(v, "act_here"));
	}
	return n;
}

/* A host may keep back the act that removed somebody, but not what those who
 * know of it sign. */
static void
test_request_evidence__tells_of_acts_that_are_not_here(void **state)
{
	struct desk a, b;
	struct exported x;
	const char *id;
	json_t *r;
	struct err e;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	assert_int_equal(elsewhere(r), 0);
	json_decref(r);
	sign_by_hand(&b, id,
	    (struct twist){.act_unknown = true, .stance = STANCE_OBJECT});
	exchange(&a, &b);
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	assert_int_equal(elsewhere(r), 1);
	json_decref(r);
	export(&a, id, &x);
	if (evidence_check(x.s.dir, gate_coalition(a.o.gate), &r, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(elsewhere(r), 1);
	json_decref(r);
	export_close(&x);
	desk_close(&a);
	desk_close(&b);
}

/* To take away a message is to take away what it says: a withdrawal, perhaps. */
static void
test_request_evidence__is_refused_without_a_message(void **state)
{
	struct desk a, b;
	struct exported x;
	const char *id;
	const uint8_t *w;
	char *out;
	int status;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	w = gate_coalition(a.o.gate);
	export(&a, id, &x);
	assert_int_equal(folder_verdicts(&x, w, "good"), 2);
	out =
	    shell(&x, "for s in *.sig; do rm ${s%.sig}; break; done", &status);
	assert_int_equal(status, 0);
	free(out);
	assert_int_equal(folder_verdicts(&x, w, "good"), 0);
	export_close(&x);
	desk_close(&a);
	desk_close(&b);
}

/* A version of exactly the writes that are shown may still say something
 * that nobody wrote. */
static void
test_request_evidence__a_text_made_up_is_never_the_current_one(void **state)
{
	static const char false_text[] =
	    "recommendation\ntitle: Rest day\nsection: national\n"
	    "language: en\naddressees: -\n\nNo day in seven.\n";
	struct desk a, b;
	char version[ID_SIZE] = "";
	const char *id;
	json_t *r, *v;
	size_t i;
	char *text;
	struct err e;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	sign_by_hand(&b, id, (struct twist){.text = false_text});
	exchange(&a, &b);
	assert_int_equal(verdicts(&a, id, "text changed since"), 1);
	text = text_of(&a, id);
	assert_non_null(strstr(text, "One day in seven"));
	free(text);
	/* of two texts that are not current the false one may be the newer */
	r = ask(&a, request_verify, json_pack("{s:s}", "record", id));
	json_array_foreach (json_object_get(r, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), "good") == 0)
			memcpy(version, json_get_str(v, "version"), ID_SIZE);
	}
	json_decref(r);
	edit(&a, id, "text", "Two days in seven.");
	v = json_pack("{s:s}", "record", id);
	assert_int_equal(request_evidence(&a.o, v, &r, &e), -1);
	assert_non_null(strstr(e.msg, "several texts"));
	json_decref(v);
	text = text_of(&a, version);
	assert_non_null(strstr(text, "One day in seven"));
	free(text);
	desk_close(&a);
	desk_close(&b);
}

/* Who edits and signs anew takes no proof of what others signed before. */
static void
test_request_evidence__an_earlier_text_is_named_shown_and_proven(void **state)
{
	struct desk a;
	const char *id, *first, *version;
	json_t *r, *record;
	char *text;

	(void)state;
	id = with_one(&a);
	r = sign(&a, id, NULL);
	version = pick(json_incref(r), "version");
	first = pick(r, "id");
	edit(&a, id, "text", "Two days in seven.");
	json_decref(ask(&a, request_sign,
	    json_pack("{s:s,s:s}", "record", id, "capacity", "position")));
	assert_non_null(strstr(text = text_of(&a, id), "Two days"));
	free(text);
	assert_non_null(strstr(text = text_of(&a, version), "One day"));
	free(text);
	assert_non_null(strstr(text = text_of(&a, first), "One day"));
	free(text);
	assert_int_equal(signatures(&a, version), 2);
	assert_int_equal(signatures(&a, first), 2);
	r = ask(&a, request_show, json_pack("{s:s}", "record", first));
	record = json_object_get(r, "record");
	assert_string_equal(json_get_str(record, "id"), version);
	assert_string_equal(json_get_str(record, "type"), "version");
	record = json_object_get(record, "values");
	assert_string_equal(json_get_str(record, "record"), id);
	assert_non_null(strstr(json_get_str(record, "text"), "One day"));
	assert_int_equal(json_array_size(json_object_get(r, "signatures")), 1);
	json_decref(r);
	desk_close(&a);
}

/* The one signature with this verdict, as verify gives it. */
static json_t *
with_verdict(struct desk *d, const char *id, const char *word)
{
	json_t *r = ask(d, request_verify, json_pack("{s:s}", "record", id));
	json_t *v, *ret = NULL;
	size_t i;

	json_array_foreach (json_object_get(r, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), word) == 0)
			ret = json_incref(v);
	}
	json_decref(r);
	assert_non_null(ret);
	return ret;
}

static void
test_request_evidence__a_forgery_is_of_whose_key_signed_it(void **state)
{
	struct desk a, b;
	const struct trust_org *us, *victim;
	const char *id;
	json_t *v;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	victim = gate_organisation(a.o.gate);
	us = gate_organisation(b.o.gate);
	sign_by_hand(&b, id,
	    (struct twist){.organisation = victim->id,
		.organisation_name = victim->name,
		.stance = STANCE_OBJECT});
	exchange(&a, &b);
	v = with_verdict(&a, id, "bad");
	assert_string_equal(json_get_str(v, "organisation"), us->id);
	assert_string_equal(json_get_str(v, "name"), "HRWG");
	assert_string_equal(json_get_str(v, "claims"), victim->id);
	assert_string_equal(json_get_str(v, "claims_name"), "Task Force");
	json_decref(v);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_evidence__says_for_whom_and_which_items(void **state)
{
	struct desk a, b;
	const struct trust_org *whom;
	struct exported x;
	const char *id, *page;
	json_t *v;

	(void)state;
	pair(&a, &b);
	confirm(&b);
	id = recommend(&a, "Rest day", "One day in seven.");
	exchange(&a, &b);
	json_decref(sign(&b, id, NULL));
	whom = gate_organisation(a.o.gate);
	sign_by_hand(&b, id,
	    (struct twist){.for_id = whom->id,
		.for_name = "Forced Task",
		.items = "3=object,7=stand-aside"});
	v = with_verdict(&b, id, "recorded for them, not confirmed");
	assert_string_equal(json_get_str(v, "for_name"), "Task Force");
	json_decref(v);
	export(&b, id, &x);
	page = readme(&x);
	assert_int_equal(count(page, "HRWG, for Task Force, endorsement"), 1);
	assert_int_equal(
	    count(page, "support, but 3=object,7=stand-aside, 20"), 1);
	export_close(&x);
	desk_close(&a);
	desk_close(&b);
}

/* Changes one byte of a file in the folder; twice is as before. */
static void
flip(struct exported *x, const char *name, size_t at)
{
	FILE *f = fopen(scratch_path(&x->s, name), "r+");
	int c;

	assert_non_null(f);
	fseek(f, (long)at, SEEK_SET);
	c = fgetc(f);
	fseek(f, (long)at, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
}

static void
test_request_evidence__is_refused_once_a_byte_differs(void **state)
{
	struct desk a, b;
	struct exported x;
	const uint8_t *w;
	const char *id;
	size_t i;
	json_t *v;

	(void)state;
	pair(&a, &b);
	id = signed_by_both(&a, &b);
	export(&a, id, &x);
	w = gate_coalition(a.o.gate);
	assert_true(all_good(&x, w));
	json_array_foreach (x.files, i, v) {
		const char *name = json_get_str(v, "name");
		size_t n = json_string_length(json_object_get(v, "content"));
		bool every =
		    strcmp(name, "text.txt") == 0 || strlen(name) == ID_CHARS;

		if (strcmp(name, "README") == 0)
			continue; /* words for people */
		for (size_t at = 0; at < n; at += every ? 1 : 97) {
			flip(&x, name, at);
			if (all_good(&x, w))
				fail_msg("%s byte %zu", name, at);
			flip(&x, name, at);
		}
	}
	assert_true(all_good(&x, w));
	export_close(&x);
	desk_close(&a);
	desk_close(&b);
}

static void
test_request_evidence__ssh_keygen_refuses_a_forged_message(void **state)
{
	static const size_t places[] = {0, 9, 100, 300, 500};
	struct desk a;
	struct exported x;
	char command[400];
	struct buf who = BUF_INIT;
	const char *id, *sig;
	char *out;
	int status;

	(void)state;
	id = with_one(&a);
	sig = pick(sign(&a, id, NULL), "id");
	export(&a, id, &x);
	evidence_principal(
	    gate_organisation(a.o.gate)->id, gate_key(a.o.gate), &who);
	snprintf(command, sizeof(command),
	    "ssh-keygen -Y verify -f allowed_signers -I %s -n mufakat-record "
	    "-s %s.sig < %s",
	    buf_str(&who), sig, sig);
	out = shell(&x, command, &status);
	assert_int_equal(status, 0);
	free(out);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		flip(&x, sig, places[i]);
		out = shell(&x, command, &status);
		assert_int_not_equal(status, 0);
		free(out);
		flip(&x, sig, places[i]);
	}
	buf_clear(&who);
	export_close(&x);
	desk_close(&a);
}

/* Evidence of a text that changed since is still evidence of that text; and
 * nothing that is not needed is in it. */
static void
test_request_evidence__holds_no_more_than_needed(void **state)
{
	struct desk a;
	struct exported x;
	const char *id, *other;
	size_t i;
	json_t *v;

	(void)state;
	desk_open(&a);
	found(&a);
	other = recommend(&a, "Secret draft", "Not for others.");
	id = recommend(&a, "Rest day", "One day in seven.");
	json_decref(sign(&a, id, NULL));
	edit(&a, id, "text", "Unsigned words.");
	export(&a, id, &x);
	assert_true(all_good(&x, gate_coalition(a.o.gate)));
	json_array_foreach (x.files, i, v) {
		const char *s = json_get_str(v, "content");

		if (strstr(s, "Secret draft") != NULL ||
		    strstr(s, "Unsigned words") != NULL ||
		    strstr(s, other) != NULL)
			fail_msg("%s", json_get_str(v, "name"));
	}
	export_close(&x);
	desk_close(&a);
}

static void
test_request_evidence__allowed_signers_has_machine_made_principals(void **state)
{
	struct desk a, b;
	char want[64];
	const char *s;
	json_t *r;

	(void)state;
	desk_open(&a);
	desk_open(&b);
	found(&a);
	/* a name that would be syntax there */
	join(&a, &b, "* namespaces=\"file\" \xe2\x80\xae evil");
	admit(&a, &b);
	r = ask(&a, request_allowed_signers, json_object());
	s = json_get_str(r, "content");
	assert_int_equal(count(s, "\n"), 2);
	assert_int_equal(
	    count(s, " namespaces=\"mufakat-record,mufakat-change\" "), 2);
	assert_int_equal(count(s, "evil"), 0);
	snprintf(want, sizeof(want), "%s.", gate_organisation(b.o.gate)->id);
	assert_int_equal(count(s, want), 1);
	json_decref(r);
	desk_close(&a);
	desk_close(&b);
}

/* --- after a closing ----------------------------------------------------------- */

/* The founder removes the other office; what that wrote up to "head" (full
 * id) counts on. */
static void
remove_member(struct desk *a, struct desk *b, const char *head)
{
	struct draft *d = draft_new(true);
	uint8_t change[HASH_LEN];
	char after[HEX_SIZE], key[KEY_SIZE];
	size_t n;
	const uint8_t(*chain)[HASH_LEN] =
	    trust_chain(gate_trust(a->o.gate), &n);
	struct err e;

	text_hex(chain[n - 1], HASH_LEN, after);
	ident_key(gate_key(b->o.gate), key);
	draft_add(d,
	    json_pack("{s:s,s:s,s:{s:s,s:s,s:{s:[s]}}}", "op", "propose",
		"after", after, "act", "kind", "remove", "organisation",
		gate_organisation(b->o.gate)->id, "cuts", key, head),
	    NULL);
	if (gate_commit(a->o.gate, &d, change, &e) == -1)
		fail_msg("%s", e.msg);
	assert_true(trust_in_force(gate_trust(a->o.gate), change));
}

/* Of the only signature in the folder. */
static const char *
evidence_verdict(struct exported *x, const uint8_t *w)
{
	json_t *j, *first;
	struct err e;

	if (evidence_check(x->s.dir, w, &j, &e) == -1)
		fail_msg("%s", e.msg);
	first =
	    json_incref(json_array_get(json_object_get(j, "signatures"), 0));
	json_decref(j);
	return pick(first, "verdict");
}

static void
test_request_evidence__a_closed_key_counts_up_to_its_cut(void **state)
{
	struct desk a, b;
	struct exported x;
	const char *before, *after, *cut;

	(void)state;
	pair(&a, &b);
	before = recommend(&b, "Rest day", "One day in seven.");
	json_decref(sign(&b, before, NULL));
	/* the cut is a later change than the signature */
	cut = pick(ask(&b, request_comment,
		       json_pack("{s:s,s:s}", "record", before, "text", "x")),
	    "change");
	after = recommend(&b, "Passport", "It stays with the worker.");
	json_decref(sign(&b, after, NULL));
	exchange(&a, &b);
	remove_member(&a, &b, cut);
	assert_int_equal(verdicts(&a, before, "key later closed"), 1);
	assert_int_equal(verdicts(&a, after, "void"), 1);
	refuse(&a, request_evidence, json_pack("{s:s}", "record", after),
	    ERR_INPUT, "nobody has signed");
	/* evidence reaches from the signature to the cut */
	export(&a, before, &x);
	assert_string_equal(
	    evidence_verdict(&x, gate_coalition(a.o.gate)), "key later closed");
	export_close(&x);
	exchange(&a, &b);
	assert_desks_agree(&a, &b);
	desk_close(&a);
	desk_close(&b);
}

#define T(name) cmocka_unit_test(test_request_evidence__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(has_the_verdicts_of_the_record),
	    T(a_text_made_up_is_never_the_current_one),
	    T(tells_of_acts_that_are_not_here),
	    T(is_refused_without_a_message),
	    T(an_earlier_text_is_named_shown_and_proven),
	    T(a_forgery_is_of_whose_key_signed_it),
	    T(says_for_whom_and_which_items),
	    T(is_refused_once_a_byte_differs),
	    T(ssh_keygen_refuses_a_forged_message),
	    T(holds_no_more_than_needed),
	    T(allowed_signers_has_machine_made_principals),
	    T(a_closed_key_counts_up_to_its_cut),
	};

	crypto_setup();
	return cmocka_run_group_tests_name(
	    "request_evidence", tests, NULL, NULL);
}
