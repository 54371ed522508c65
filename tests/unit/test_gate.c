#include "gates.h"

#include <signal.h>
#include <sys/resource.h>

#include "common/recsig.h"
#include "daemon/remote.h"

/* --- helpers ---------------------------------------------------------------- */

/* The whole of one office's log number 1 as lines: header and changes. */
struct lines {
	struct buf blob;
	size_t at[64]; /* where each line starts */
	size_t n;
};

static void
lines_read(struct lines *l, struct branch *from, int64_t log, int64_t after)
{
	memset(l, 0, sizeof(*l));
	branch_export_log(from, log, after, &l->blob);
	for (size_t i = 0; i < l->blob.len; i++)
		if (i == 0 || l->blob.data[i - 1] == '\n')
			l->at[l->n++] = i;
	l->at[l->n] = l->blob.len;
}

static void
lines_clear(struct lines *l)
{
	buf_clear(&l->blob);
}

static struct gate_taken
take(struct branch *b, const void *p, size_t n)
{
	struct gate_taken t;
	struct err e = {0};

	OK(gate_take(b->g, 0, p, n, &t, &e));
	return t;
}

static void
idle(struct branch *b)
{
	struct err e = {0};
	int r;

	do
		OK(r = gate_idle(b->g, &e));
	while (r == 1);
}

static struct log_info
own_info(struct branch *b)
{
	struct log_info l;
	struct err e = {0};

	OK(log_of_key(gate_store(b->g), gate_key(b->g), &l, &e));
	return l;
}

static json_t *
head_of(struct branch *b, const uint8_t *id)
{
	struct log_entry l;
	struct err e = {0};
	json_t *j;

	OK(log_by_id(gate_store(b->g), id, &l, &e));
	j = json_loadb(l.change.head, l.change.head_len, 0, NULL);
	log_entry_clear(&l);
	assert_non_null(j);
	return j;
}

/* Two offices of one coalition that hold the same. */
static void
pair_make(struct branch *a, struct branch *b)
{
	branch_make(a);
	branch_make(b);
	branch_found(a);
	branch_join(b, a, "Union");
}

static void
pair_remove(struct branch *a, struct branch *b)
{
	branch_remove(a);
	branch_remove(b);
}

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

static struct draft *
group_draft(const char *theme)
{
	struct draft *d = draft_new(false);

	draft_add(d,
	    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", "group",
		"fields", "theme"),
	    json_pack("[s]", theme));
	return d;
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

/* --- authenticity ------------------------------------------------------------------- */

static void
test_gate__no_flipped_bit_gets_in(void **state)
{
	struct branch a, b;
	struct lines l;
	char rec[ID_SIZE], *before, *after;
	int64_t last;
	struct err e = {0};

	(void)state;
	pair_make(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	branch_new(&a, "group", "theme", "true", rec, NULL);
	lines_read(&l, &a, 1, last);
	assert_int_equal(l.n, 2);
	before = branch_lines(&b);
	for (size_t i = 0; i < l.blob.len * 8; i++) {
		l.blob.data[i / 8] ^= (char)(1 << (i % 8));
		take(&b, l.blob.data, l.blob.len);
		l.blob.data[i / 8] ^= (char)(1 << (i % 8));
	}
	after = branch_lines(&b);
	assert_string_equal(before, after);
	take(&b, l.blob.data, l.blob.len);
	assert_same_state(&a, &b);
	assert_shows(&b, rec, "theme", "true");
	free(before);
	free(after);
	lines_clear(&l);
	pair_remove(&a, &b);
}

static void
test_gate__unsigned_lines_wait_for_a_signed_one(void **state)
{
	struct branch a, b;
	struct lines l;
	struct gate_taken t;
	char rec[3][ID_SIZE];
	int64_t last;
	struct err e = {0};

	(void)state;
	pair_make(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	for (int i = 0; i < 3; i++)
		branch_new(&a, "group", "theme", "x", rec[i], NULL);
	lines_read(&l, &a, 1, last);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.blob.data[l.at[1]], '\t');
	t = take(&b, l.blob.data, l.at[3]);
	assert_int_equal(t.added, 2);
	assert_int_equal(t.waiting, 2);
	assert_false(t.verified);
	assert_int_equal(branch_count(&b, "SELECT count(*) FROM record"), 0);
	assert_int_equal(
	    branch_count(&b, "SELECT count(*) FROM change WHERE NOT flags & 1"),
	    2);
	t = take(&b, l.blob.data, l.blob.len);
	assert_int_equal(t.added, 1);
	assert_int_equal(t.known, 2);
	assert_int_equal(
	    branch_count(&b, "SELECT count(*) FROM change WHERE NOT flags & 1"),
	    0);
	for (int i = 0; i < 3; i++)
		assert_shows(&b, rec[i], "theme", "x");
	assert_same_state(&a, &b);
	lines_clear(&l);
	pair_remove(&a, &b);
}

static void
test_gate__a_piece_from_the_middle_counts_at_once(void **state)
{
	struct branch a, b;
	struct buf first = BUF_INIT, rest = BUF_INIT;
	char one[ID_SIZE], two[ID_SIZE];
	struct log_info l;
	int64_t last, middle;
	struct err e = {0};

	(void)state;
	pair_make(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	branch_new(&a, "group", "theme", "one", one, NULL);
	OK(log_last(gate_store(a.g), &middle, &e));
	branch_export_log(&a, 1, last, &first);
	branch_new(&a, "group", "theme", "two", two, NULL);
	branch_export_log(&a, 1, middle, &rest);
	branch_take(&b, &rest);
	assert_shows(&b, two, "theme", "two");
	OK(log_of_key(gate_store(b.g), gate_key(a.g), &l, &e));
	assert_int_equal(branch_gaps(&b, gate_key(a.g)).missing, 1);
	assert_int_equal(l.heads, 2);
	branch_take(&b, &first);
	OK(log_of_key(gate_store(b.g), gate_key(a.g), &l, &e));
	assert_int_equal(branch_gaps(&b, gate_key(a.g)).missing, 0);
	assert_int_equal(l.heads, 1);
	assert_same_state(&a, &b);
	/* and it is handed on in the order of the log */
	buf_reset(&rest);
	branch_export_log(&b, l.log, 0, &rest);
	assert_non_null(strstr(rest.data, "\"one\""));
	assert_true(
	    strstr(rest.data, "\"one\"") < strstr(rest.data, "\"two\""));
	buf_clear(&first);
	buf_clear(&rest);
	pair_remove(&a, &b);
}

/* An interior signature that is bad changes nothing: it is thrown away by the
 * sweep, asked for, and taken when it comes. */
static void
test_gate__a_bad_signature_inside_is_dropped_and_asked_for(void **state)
{
	struct branch a, b;
	struct lines l;
	struct gate_taken t;
	struct err e = {0};
	int64_t last;
	char rec[ID_SIZE];
	char saved;

	(void)state;
	pair_make(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	/* erasing something is "weighty": it keeps its signature inside */
	for (int i = 0; i < 2; i++) {
		struct draft *d = draft_new(false);

		draft_add(d,
		    json_pack("{s:s, s:s, s:i}", "op", "erase", "change",
			"00000000000000000000000000000000"
			"00000000000000000000000000000000",
			"portion", i),
		    NULL);
		branch_commit(&a, d, NULL);
	}
	branch_new(&a, "group", "theme", "x", rec, NULL);
	lines_read(&l, &a, 1, last);
	assert_int_not_equal(l.blob.data[l.at[1]], '\t');
	saved = l.blob.data[l.at[1] + 20];
	l.blob.data[l.at[1] + 20] = saved == 'A' ? 'B' : 'A';
	t = take(&b, l.blob.data, l.blob.len);
	assert_int_equal(t.added, 3);
	assert_int_equal(t.waiting, 0);
	assert_same_state(&a, &b);
	assert_int_equal(branch_count(&b, "SELECT count(*) FROM patch"), 0);
	idle(&b);
	assert_int_equal(
	    branch_count(&b, "SELECT count(*) FROM patch WHERE part = -1"), 1);
	assert_same_state(&a, &b);
	l.blob.data[l.at[1] + 20] = saved;
	t = take(&b, l.blob.data, l.blob.len);
	assert_int_equal(t.healed, 1);
	assert_int_equal(branch_count(&b, "SELECT count(*) FROM patch"), 0);
	idle(&b);
	assert_int_equal(branch_count(&b, "SELECT count(*) FROM patch"), 0);
	assert_same_state(&a, &b);
	lines_clear(&l);
	pair_remove(&a, &b);
}

static void
test_gate__rubbish_is_counted_and_harms_nothing(void **state)
{
	static const char *const rubbish[] = {"", "\n", "\n\n\n", "mufakat 1",
	    "mufakat 1\t\t\t\n", "mufakat 2\tx\n\t{}\t{}\n", "\t{}\t{}\n"};
	struct branch a, b;
	struct lines l;
	struct gate_taken t;
	struct buf broken = BUF_INIT;
	char rec[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		t = take(&b, rubbish[i], strlen(rubbish[i]));
		assert_int_equal(t.added, 0);
	}
	/* a line with a head that is none spoils its segment, no more */
	branch_new(&a, "group", "theme", "x", rec, NULL);
	lines_read(&l, &a, 1, 0);
	buf_add(&broken, l.blob.data, l.at[1]);
	buf_adds(&broken, "\t{\"t\":\"1\",\"kind\":\"edit\",\"ops\":[]}\t{}\n");
	buf_adds(&broken, "\t{\"t\":1,\"kind\":\"edit\",\"ops\":[]}\t{}\n");
	buf_add(&broken, l.blob.data, l.blob.len);
	t = take(&b, broken.data, broken.len);
	assert_int_equal(t.bad, 1);
	assert_int_equal(t.added, 1);
	assert_same_state(&a, &b);
	buf_clear(&broken);
	lines_clear(&l);
	pair_remove(&a, &b);
}

/* --- our own log ---------------------------------------------------------------------- */

static void
branch_copy(struct branch *from, struct branch *to)
{
	char cmd[200];

	branch_make(to);
	branch_stop(to);
	snprintf(cmd, sizeof(cmd), "cp %s/* %s", from->dir, to->dir);
	assert_int_equal(system(cmd), 0);
	branch_start(to);
}

/* A home copied to a second machine: both write, both are kept. */
static void
test_gate__a_copied_home_forks_and_is_merged(void **state)
{
	struct branch a, copy;
	struct gate_taken t;
	char one[ID_SIZE], two[ID_SIZE], three[ID_SIZE];

	(void)state;
	branch_make(&a);
	branch_found(&a);
	branch_stop(&a);
	branch_copy(&a, &copy);
	branch_start(&a);
	branch_new(&a, "group", "theme", "here", one, NULL);
	branch_new(&copy, "group", "theme", "there", two, NULL);
	t = branch_send(&copy, &a);
	assert_int_equal(t.own, 1);
	assert_int_equal(own_info(&a).heads, 2);
	assert_shows(&a, one, "theme", "here");
	assert_shows(&a, two, "theme", "there");
	branch_new(&a, "group", "theme", "both", three, NULL);
	assert_int_equal(own_info(&a).heads, 1);
	branch_send(&a, &copy);
	assert_same_state(&a, &copy);
	assert_int_equal(own_info(&copy).heads, 1);
	pair_remove(&a, &copy);
}

/* More heads than a change can name: the next one names the rest. */
static void
test_gate__drafts_at_once_merge_more_heads_than_one_can_name(void **state)
{
	struct branch a, plain, copy;
	struct draft *d[40];
	struct err e = {0};
	char id[ID_SIZE];

	(void)state;
	branch_make(&a);
	branch_found(&a);
	branch_stop(&a);
	branch_copy(&a, &plain);
	branch_stop(&plain);
	branch_start(&a);
	for (int i = 0; i < CHANGE_PREVIOUS_MAX + 1; i++) {
		branch_copy(&plain, &copy);
		copy.now += i;
		branch_new(&copy, "group", "theme", "there", id, NULL);
		branch_send(&copy, &a);
		branch_remove(&copy);
	}
	assert_int_equal(own_info(&a).heads, CHANGE_PREVIOUS_MAX + 1);
	for (size_t i = 0; i < 40; i++)
		d[i] = group_draft("here");
	OK(gate_commit_many(a.g, d, 40, NULL, &e));
	assert_int_equal(own_info(&a).heads, 1);
	branch_remove(&a);
	branch_start(&plain);
	branch_remove(&plain);
}

static void
test_gate__a_backup_without_its_key_gets_a_new_one(void **state)
{
	struct branch a, b;
	struct err e = {0};
	uint8_t old[KEY_LEN];
	char path[100], rec[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	branch_new(&b, "group", "theme", "x", rec, NULL);
	memcpy(old, gate_key(b.g), KEY_LEN);
	branch_stop(&b);
	snprintf(path, sizeof(path), "%s/key", b.dir);
	assert_int_equal(remove(path), 0);
	branch_start(&b);
	assert_null(gate_key(b.g));
	assert_null(gate_organisation(b.g));
	assert_shows(&b, rec, "theme", "x");
	OK(gate_join(b.g, gate_coalition(a.g), "Union", &e));
	assert_memory_not_equal(gate_key(b.g), old, KEY_LEN);
	pair_remove(&a, &b);
}

/* --- portions ---------------------------------------------------------------------------- */

/* The copy of a blob in which the last portion of the last line is its hash. */
static void
without_last_portion(const struct buf *from, struct buf *to)
{
	const char *tab = strrchr(from->data, '\t');
	uint8_t hash[HASH_LEN];
	char hex[HEX_SIZE];

	crypto_digest(
	    tab + 1, (size_t)(from->data + from->len - tab - 2), hash);
	text_hex(hash, HASH_LEN, hex);
	buf_add(to, from->data, (size_t)(tab + 1 - from->data));
	buf_printf(to, "#%s\n", hex);
}

static void
test_gate__a_portion_that_was_absent_heals(void **state)
{
	struct branch a, b;
	struct buf whole = BUF_INIT, part = BUF_INIT;
	struct gate_taken t;
	char rec[ID_SIZE];
	json_t *v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "group", "theme", "secret", rec, NULL);
	branch_export_log(&a, 1, 0, &whole);
	without_last_portion(&whole, &part);
	t = branch_take(&b, &part);
	assert_int_equal(t.added, 1);
	v = branch_values(&b, rec);
	assert_int_equal(json_array_size(json_object_get(v, "missing")), 1);
	json_decref(v);
	assert_same_state(&a, &b);
	assert_int_equal(branch_gaps(&b, gate_key(a.g)).absent, 1);
	t = branch_take(&b, &whole);
	assert_int_equal(t.healed, 1);
	assert_shows(&b, rec, "theme", "secret");
	assert_int_equal(branch_gaps(&b, gate_key(a.g)).absent, 0);
	buf_clear(&whole);
	buf_clear(&part);
	pair_remove(&a, &b);
}

/* Nowhere in the database, be it open or closed. */
static void
assert_gone(struct branch *b, const char *word)
{
	char cmd[200];

	for (int i = 0; i < 2; i++) {
		snprintf(cmd, sizeof(cmd), "! grep -qai '%s' %s/mufakat.db*",
		    word, b->dir);
		assert_int_equal(system(cmd), 0);
		if (i == 0)
			branch_stop(b);
	}
	branch_start(b);
}

static void
test_gate__erased_bytes_go_and_stay_away(void **state)
{
	struct branch a, b;
	struct buf whole = BUF_INIT, after = BUF_INIT;
	struct draft *d = draft_new(false);
	uint8_t change[HASH_LEN];
	char rec[ID_SIZE], hex[HEX_SIZE], other[ID_SIZE];
	json_t *v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "group", "theme", "Siti-at-the-shelter", rec, change);
	branch_export_log(&a, 1, 0, &whole);
	branch_send(&a, &b);
	assert_shows(&b, rec, "theme", "Siti-at-the-shelter");
	idle(&b); /* into the search index */
	for (int i = 0; i < 8; i++) {
		branch_new(&b, "group", "theme", "Another", other, NULL);
		idle(&b);
	}
	branch_send(&b, &a);
	text_hex(change, HASH_LEN, hex);
	draft_add(d,
	    json_pack(
		"{s:s, s:s, s:i}", "op", "erase", "change", hex, "portion", 0),
	    NULL);
	branch_commit(&a, d, NULL);
	branch_send(&a, &b);
	branch_take(&b, &whole); /* brings the bytes once more */
	v = branch_values(&b, rec);
	assert_int_equal(json_array_size(json_object_get(v, "erased")), 1);
	json_decref(v);
	assert_same_state(&a, &b);
	branch_export(&b, &after);
	assert_null(strstr(after.data, "Siti"));
	idle(&b);
	assert_gone(&b, "siti");
	assert_gone(&b, "shelter");
	buf_clear(&whole);
	buf_clear(&after);
	pair_remove(&a, &b);
}

/* --- background work and remotes ------------------------------------------------------------ */

static void
test_gate__packs_single_lines_and_still_reads_them(void **state)
{
	struct branch o;
	struct buf before = BUF_INIT, after = BUF_INIT;
	char rec[ID_SIZE];
	int64_t index, unchecked;
	struct err e = {0};

	(void)state;
	branch_make(&o);
	branch_found(&o);
	for (int i = 0; i < 300; i++)
		branch_new(&o, "group", "theme", "x", rec, NULL);
	branch_export(&o, &before);
	idle(&o);
	assert_int_equal(branch_count(&o, "SELECT count(*) FROM batch"
					  " WHERE single IS NOT NULL"),
	    0);
	assert_in_range(branch_count(&o, "SELECT count(*) FROM batch"), 1, 3);
	branch_export(&o, &after);
	assert_string_equal(before.data, after.data);
	OK(gate_backlog(o.g, &index, &unchecked, &e));
	assert_int_equal(index, 0);
	assert_int_equal(unchecked, 0);
	buf_clear(&before);
	buf_clear(&after);
	branch_remove(&o);
}

static void
test_gate__what_came_from_a_remote_is_not_sent_back(void **state)
{
	struct branch a, b;
	struct buf blob = BUF_INIT;
	struct gate_taken t;
	struct remote r;
	struct err e = {0};
	char rec[ID_SIZE];
	int64_t n, since;

	(void)state;
	pair_make(&a, &b);
	OK(remote_add(gate_store(b.g), "hub", "/tmp/hub", &e));
	OK(remote_find(gate_store(b.g), "hub", &r, &e));
	for (int i = 0; i < 5; i++)
		branch_new(&a, "group", "theme", "x", rec, NULL);
	branch_export_log(&a, 1, 0, &blob);
	OK(gate_take(b.g, r.n, blob.data, blob.len, &t, &e));
	assert_int_equal(t.added, 5);
	OK(remote_waiting(gate_store(b.g), r.n, &n, &since, &e));
	assert_int_equal(n, own_info(&b).changes);
	/* held already, and there too */
	OK(gate_take(b.g, r.n, blob.data, blob.len, &t, &e));
	OK(remote_waiting(gate_store(b.g), r.n, &n, &since, &e));
	assert_int_equal(n, own_info(&b).changes);
	remote_clear(&r);
	buf_clear(&blob);
	pair_remove(&a, &b);
}

struct watched {
	int local, others;
};

static void
watch(void *arg, bool local)
{
	struct watched *w = arg;

	if (local)
		w->local++;
	else
		w->others++;
}

static void
test_gate__tells_of_news_only(void **state)
{
	struct branch a, b;
	struct watched w = {0, 0};
	uint64_t generation;
	char rec[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	gate_watch(b.g, watch, &w);
	generation = gate_generation(b.g);
	branch_send(&a, &b);
	assert_int_equal(w.local + w.others, 0);
	assert_int_equal(gate_generation(b.g), generation);
	branch_new(&a, "group", "theme", "x", rec, NULL);
	branch_send(&a, &b);
	assert_int_equal(w.others, 1);
	branch_new(&b, "group", "theme", "y", rec, NULL);
	assert_int_equal(w.local, 1);
	assert_true(gate_generation(b.g) > generation);
	pair_remove(&a, &b);
}

static void
test_gate__a_rebuild_changes_nothing(void **state)
{
	struct branch a, b;
	struct err e = {0};
	char rec[ID_SIZE];
	uint8_t change[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "one", rec, change);
	branch_set(&a, rec, "title", json_string("two"), change, NULL, change);
	branch_send(&a, &b);
	OK(gate_rebuild(b.g, &e));
	assert_same_state(&a, &b);
	assert_shows(&b, rec, "title", "two");
	assert_int_equal(branch_count(&b, "SELECT count(*) FROM unindexed"),
	    branch_count(&b, "SELECT count(*) FROM record"));
	branch_set(&b, rec, "title", json_string("three"), change, NULL, NULL);
	assert_shows(&b, rec, "title", "three");
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
	    cmocka_unit_test(test_gate__two_offices_agree),
	    cmocka_unit_test(test_gate__all_or_none_of_several_drafts),
	    cmocka_unit_test(
		test_gate__refuses_an_operation_that_nobody_could_read),
	    cmocka_unit_test(test_gate__a_full_disk_loses_nothing),
	    cmocka_unit_test(test_gate__a_clock_far_ahead_does_not_move_ours),
	    cmocka_unit_test(test_gate__names_what_it_saw_every_few_hours),
	    cmocka_unit_test(test_gate__no_flipped_bit_gets_in),
	    cmocka_unit_test(test_gate__unsigned_lines_wait_for_a_signed_one),
	    cmocka_unit_test(test_gate__a_piece_from_the_middle_counts_at_once),
	    cmocka_unit_test(
		test_gate__a_bad_signature_inside_is_dropped_and_asked_for),
	    cmocka_unit_test(test_gate__rubbish_is_counted_and_harms_nothing),
	    cmocka_unit_test(test_gate__a_copied_home_forks_and_is_merged),
	    cmocka_unit_test(
		test_gate__drafts_at_once_merge_more_heads_than_one_can_name),
	    cmocka_unit_test(
		test_gate__many_drafts_make_one_chain_of_signed_changes),
	    cmocka_unit_test(
		test_gate__nothing_stays_of_many_when_a_late_one_fails),
	    cmocka_unit_test(
		test_gate__a_backup_without_its_key_gets_a_new_one),
	    cmocka_unit_test(test_gate__a_portion_that_was_absent_heals),
	    cmocka_unit_test(test_gate__erased_bytes_go_and_stay_away),
	    cmocka_unit_test(
		test_gate__packs_single_lines_and_still_reads_them),
	    cmocka_unit_test(
		test_gate__what_came_from_a_remote_is_not_sent_back),
	    cmocka_unit_test(test_gate__tells_of_news_only),
	    cmocka_unit_test(test_gate__a_rebuild_changes_nothing),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
