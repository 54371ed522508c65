/* The gate: founding, joining, writing. */
#include "gate_pair.h"

#include <signal.h>
#include <sys/resource.h>

#include "common/recsig.h"

/* --- founding and joining ----------------------------------------------------- */

static void
test_gate__founds_and_writes(void **state)
{
	struct branch o;
	char id[ID_SIZE];

	(void)state;
	branch_make(&o);
	branch_found(&o);
	assert_non_null(gate_organisation(o.g));
	assert_string_equal(gate_organisation(o.g)->name, "Secretariat");
	branch_new(&o, "recommendation", "title", "Rest day", id, NULL);
	assert_shows(&o, id, "title", "Rest day");
	branch_stop(&o);
	branch_start(&o);
	assert_shows(&o, id, "title", "Rest day");
	branch_remove(&o);
}

static void
test_gate__an_office_is_in_one_coalition(void **state)
{
	struct branch o;
	struct err e = {0};
	uint8_t w[HASH_LEN] = {1};

	(void)state;
	branch_make(&o);
	branch_found(&o);
	assert_int_equal(gate_found(o.g, "C", "O", w, &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(gate_join(o.g, w, "O", &e), -1);
	assert_int_equal(e.code, ERR_CONFLICT);
	branch_remove(&o);
}

static void
test_gate__without_a_coalition_nothing_is_written_or_taken(void **state)
{
	struct branch o, founder;
	struct draft *d = draft_new(false);
	struct err e = {0};
	uint8_t id[HASH_LEN];
	struct gate_taken t;

	(void)state;
	branch_make(&o);
	branch_make(&founder);
	branch_found(&founder);
	draft_add(d, json_pack("{s:s, s:s}", "op", "new", "type", "x"), NULL);
	assert_int_equal(gate_commit(o.g, &d, id, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_null(d);
	assert_null(gate_coalition(o.g));
	assert_int_equal(gate_found(o.g, "", "O", id, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	t = branch_send(&founder, &o);
	assert_int_equal(t.foreign, 1);
	assert_int_equal(t.added, 0);
	branch_remove(&o);
	branch_remove(&founder);
}

/* No signature of such an organisation could be written, for ever. */
static void
test_gate__a_name_that_cannot_sign_founds_and_joins_nothing(void **state)
{
	char longer[RECSIG_TEXT + 2] = "";
	const char *const bad[] = {"", " ", "-", " HRWG", "HRWG ", "HR\tWG",
	    "HRWG\n", "HR\x7fWG", "HR\xc2\x85WG", "HR\xffWG", longer};
	uint8_t w[HASH_LEN] = {1};
	struct branch o;
	struct err e = {0};

	(void)state;
	memset(longer, 'x', RECSIG_TEXT + 1);
	branch_make(&o);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(gate_found(o.g, "C", bad[i], w, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(strstr(e.msg, "organisation: "));
		assert_non_null(strstr(e.msg, "give another one"));
		assert_int_equal(gate_found(o.g, bad[i], "O", w, &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_int_equal(gate_join(o.g, w, bad[i], &e), -1);
		assert_int_equal(e.code, ERR_INPUT);
		assert_null(gate_coalition(o.g));
		assert_null(gate_key(o.g));
	}
	longer[RECSIG_TEXT] = '\0';
	OK(gate_found(o.g, "C", longer, w, &e));
	branch_remove(&o);
}

static void
test_gate__changes_of_another_coalition_are_foreign(void **state)
{
	struct branch a, b;
	struct gate_taken t;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_found(&b);
	t = branch_send(&a, &b);
	assert_int_equal(t.foreign, 1);
	assert_int_equal(t.added, 0);
	branch_remove(&a);
	branch_remove(&b);
}

static void
test_gate__who_is_not_admitted_counts_once_he_is(void **state)
{
	struct branch a, b;
	struct gate_taken t;
	struct err e = {0};
	char id[ID_SIZE];
	const struct trust_request *r;
	struct draft *d = draft_new(true);
	json_t *op;
	size_t n;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	OK(gate_join(b.g, gate_coalition(a.g), "Union", &e));
	branch_new(&b, "recommendation", "title", "Early", id, NULL);
	t = branch_send(&b, &a);
	assert_int_equal(t.added, 2);
	assert_int_equal(t.unadmitted, 2);
	assert_int_equal(branch_count(&a, "SELECT count(*) FROM record"), 0);
	r = trust_requests(gate_trust(a.g), &n);
	assert_int_equal(n, 1);
	OK(trust_admission(gate_trust(a.g), gate_key(a.g), r->id, &op, &e));
	draft_add(d, op, NULL);
	branch_commit(&a, d, NULL);
	assert_shows(&a, id, "title", "Early");
	branch_send(&a, &b);
	assert_shows(&b, id, "title", "Early");
	assert_same_state(&a, &b);
	pair_remove(&a, &b);
}

/* To look at who counts before each change would take longer and longer while
 * acts come in. */
static void
test_gate__who_counts_is_looked_at_once_a_blob(void **state)
{
	struct branch a, b, c;
	struct gate_taken t;
	struct err e = {0};
	char one[ID_SIZE], two[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	branch_make(&c);
	branch_new(&a, "recommendation", "title", "Rest day", one, NULL);
	branch_new(&b, "recommendation", "title", "Contracts", two, NULL);
	branch_send(&b, &a);
	OK(gate_join(c.g, gate_coalition(a.g), "Union", &e));
	t = branch_send(&a, &c);
	assert_int_equal(t.unadmitted, 2 + 1); /* the founding, and all of b */
	assert_shows(&c, one, "title", "Rest day");
	assert_shows(&c, two, "title", "Contracts");
	branch_remove(&c);
	pair_remove(&a, &b);
}

static void
test_gate__two_offices_agree(void **state)
{
	struct branch a, b;
	struct gate_taken t;
	char id[ID_SIZE], other[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "Rest day", id, NULL);
	branch_new(&b, "recommendation", "title", "Contracts", other, NULL);
	t = branch_send(&a, &b);
	assert_int_equal(t.added, 1);
	assert_int_equal(t.waiting, 0);
	assert_true(t.verified);
	t = branch_send(&b, &a);
	assert_int_equal(t.added, 1);
	t = branch_send(&b, &a);
	assert_int_equal(t.added, 0);
	assert_shows(&b, id, "title", "Rest day");
	assert_shows(&a, other, "title", "Contracts");
	assert_same_state(&a, &b);
	pair_remove(&a, &b);
}

/* --- writing --------------------------------------------------------------------- */

static void
test_gate__all_or_none_of_several_drafts(void **state)
{
	struct branch o;
	struct draft *d[2] = {draft_new(false), draft_new(false)};
	struct err e = {0};
	char *long_text = mem_zalloc(CHANGE_WRITE_MAX + 1);
	int64_t before;
	char id[ID_SIZE];

	(void)state;
	branch_make(&o);
	branch_found(&o);
	memset(long_text, 'x', CHANGE_WRITE_MAX);
	for (int i = 0; i < 2; i++)
		draft_add(d[i],
		    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", "group",
			"fields", "theme"),
		    json_pack("[s]", i == 0 ? "short" : long_text));
	before = branch_count(&o, "SELECT count(*) FROM change");
	assert_int_equal(gate_commit_many(o.g, d, 2, NULL, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_null(d[0]);
	assert_null(d[1]);
	assert_int_equal(
	    branch_count(&o, "SELECT count(*) FROM change"), before);
	assert_int_equal(branch_count(&o, "SELECT count(*) FROM record"), 0);
	branch_new(&o, "group", "theme", "after", id, NULL);
	assert_shows(&o, id, "theme", "after");
	free(long_text);
	branch_remove(&o);
}

/* More than are signed while others are stored. */
#define MANY 150

static void
test_gate__many_drafts_make_one_chain_of_signed_changes(void **state)
{
	struct branch o;
	struct draft *d[MANY];
	uint8_t ids[MANY][HASH_LEN];
	struct log_entry l;
	struct err e = {0};

	(void)state;
	branch_make(&o);
	branch_found(&o);
	for (int i = 0; i < MANY; i++)
		d[i] = group_draft("many");
	OK(gate_commit_many(o.g, d, MANY, ids, &e));
	for (int i = 0; i < MANY; i++) {
		OK(log_by_id(gate_store(o.g), ids[i], &l, &e));
		assert_true(l.authentic);
		assert_true(change_verify(&l.place, &l.change));
		assert_int_equal(l.place.nprevious, 1);
		assert_memory_equal(l.place.previous[0],
		    i > 0 ? ids[i - 1] : gate_coalition(o.g), HASH_LEN);
		log_entry_clear(&l);
	}
	assert_int_equal(own_info(&o).heads, 1);
	assert_int_equal(branch_count(&o, "SELECT count(*) FROM record"), MANY);
	branch_remove(&o);
}

static void
test_gate__nothing_stays_of_many_when_a_late_one_fails(void **state)
{
	struct branch o;
	struct draft *d[MANY];
	struct err e = {0};
	char id[ID_SIZE];
	int64_t before;

	(void)state;
	branch_make(&o);
	branch_found(&o);
	for (int i = 0; i < MANY; i++)
		d[i] = i == MANY - 10 ? draft_new(false) : group_draft("many");
	before = branch_count(&o, "SELECT count(*) FROM change");
	assert_int_equal(gate_commit_many(o.g, d, MANY, NULL, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(
	    branch_count(&o, "SELECT count(*) FROM change"), before);
	branch_new(&o, "group", "theme", "after", id, NULL);
	assert_int_equal(own_info(&o).heads, 1);
	branch_remove(&o);
}

static void
test_gate__refuses_an_operation_that_nobody_could_read(void **state)
{
	struct branch o;
	struct draft *d = draft_new(false);
	struct err e = {0};
	uint8_t id[HASH_LEN];

	(void)state;
	branch_make(&o);
	branch_found(&o);
	draft_add(
	    d, json_pack("{s:s, s:s}", "op", "new", "type", "UPPER"), NULL);
	assert_int_equal(gate_commit(o.g, &d, id, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	branch_remove(&o);
}

/* A disk without room, played by a limit on the size of files. */
static void
test_gate__a_full_disk_loses_nothing(void **state)
{
	struct branch o;
	struct rlimit old, small;
	struct err e = {0};
	char id[ID_SIZE], *before, *after;
	char text[4000];
	int failed = 0;

	(void)state;
	branch_make(&o);
	branch_found(&o);
	branch_new(&o, "recommendation", "title", "Kept", id, NULL);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 400 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 200 && !failed; i++) {
		struct draft *d = draft_new(false);
		uint8_t change[HASH_LEN];

		draft_add(d,
		    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", "group",
			"fields", "theme"),
		    json_pack("[s]", text));
		before = branch_lines(&o);
		failed = gate_commit(o.g, &d, change, &e) == -1;
		after = branch_lines(&o);
		if (failed)
			assert_string_equal(before, after);
		else
			assert_string_not_equal(before, after);
		free(before);
		free(after);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(failed);
	assert_int_equal(e.code, ERR_SYSTEM);
	assert_shows(&o, id, "title", "Kept");
	branch_new(&o, "recommendation", "title", "Again", id, NULL);
	branch_stop(&o);
	branch_start(&o);
	assert_shows(&o, id, "title", "Again");
	assert_int_equal(own_info(&o).heads, 1);
	branch_remove(&o);
}

/* --- clocks and what was seen ------------------------------------------------------ */

static void
test_gate__a_clock_far_ahead_does_not_move_ours(void **state)
{
	struct branch a, b;
	uint8_t id[HASH_LEN];
	char rec[ID_SIZE];
	json_t *head;
	int64_t t;

	(void)state;
	pair_make(&a, &b);
	b.now += (int64_t)8000 * 365 * 86400 * 1000;
	branch_new(&b, "group", "theme", "from the future", rec, NULL);
	branch_send(&b, &a);
	assert_shows(&a, rec, "theme", "from the future");
	branch_new(&a, "group", "theme", "now", rec, id);
	head = head_of(&a, id);
	t = json_integer_value(json_object_get(head, "t"));
	assert_int_equal(t, a.now);
	json_decref(head);
	/* within a day it is followed */
	b.now = a.now + 3600 * 1000;
	branch_stop(&b);
	branch_start(&b);
	branch_new(&b, "group", "theme", "soon", rec, NULL);
	branch_send(&b, &a);
	branch_new(&a, "group", "theme", "behind it", rec, id);
	head = head_of(&a, id);
	t = json_integer_value(json_object_get(head, "t"));
	assert_true(t > a.now + 3500 * 1000);
	json_decref(head);
	pair_remove(&a, &b);
}

static void
test_gate__names_what_it_saw_every_few_hours(void **state)
{
	struct branch a, b;
	uint8_t id[HASH_LEN], of_b[HASH_LEN];
	char rec[ID_SIZE], hex[HEX_SIZE];
	json_t *head;

	(void)state;
	pair_make(&a, &b);
	a.now += 5 * 3600 * 1000;
	branch_new(&b, "group", "theme", "one", rec, of_b);
	branch_send(&b, &a);
	branch_new(&a, "group", "theme", "x", rec, id);
	head = head_of(&a, id);
	text_hex(of_b, HASH_LEN, hex);
	hex[PREFIX_CHARS] = '\0';
	assert_int_equal(json_array_size(json_object_get(head, "seen")), 1);
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(head, "seen"), 0)),
	    hex);
	json_decref(head);
	/* not again so soon, and nothing twice */
	branch_new(&b, "group", "theme", "two", rec, of_b);
	branch_send(&b, &a);
	branch_new(&a, "group", "theme", "y", rec, id);
	head = head_of(&a, id);
	assert_null(json_object_get(head, "seen"));
	json_decref(head);
	a.now += 5 * 3600 * 1000;
	branch_new(&a, "group", "theme", "z", rec, id);
	head = head_of(&a, id);
	assert_int_equal(json_array_size(json_object_get(head, "seen")), 1);
	json_decref(head);
	a.now += 5 * 3600 * 1000;
	branch_new(&a, "group", "theme", "z", rec, id);
	head = head_of(&a, id);
	assert_null(json_object_get(head, "seen"));
	json_decref(head);
	pair_remove(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gate__founds_and_writes),
	    cmocka_unit_test(test_gate__an_office_is_in_one_coalition),
	    cmocka_unit_test(
		test_gate__without_a_coalition_nothing_is_written_or_taken),
	    cmocka_unit_test(
		test_gate__a_name_that_cannot_sign_founds_and_joins_nothing),
	    cmocka_unit_test(
		test_gate__changes_of_another_coalition_are_foreign),
	    cmocka_unit_test(test_gate__who_is_not_admitted_counts_once_he_is),
	    cmocka_unit_test(test_gate__who_counts_is_looked_at_once_a_blob),
	    cmocka_unit_test(test_gate__two_offices_agree),
	    cmocka_unit_test(test_gate__all_or_none_of_several_drafts),
	    cmocka_unit_test(
		test_gate__many_drafts_make_one_chain_of_signed_changes),
	    cmocka_unit_test(
		test_gate__nothing_stays_of_many_when_a_late_one_fails),
	    cmocka_unit_test(
		test_gate__refuses_an_operation_that_nobody_could_read),
	    cmocka_unit_test(test_gate__a_full_disk_loses_nothing),
	    cmocka_unit_test(test_gate__a_clock_far_ahead_does_not_move_ours),
	    cmocka_unit_test(test_gate__names_what_it_saw_every_few_hours),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
