/* The gate: what it takes in of others, and of what it keeps only the hash. */
#include "gate_pair.h"

/* --- authenticity ------------------------------------------------------------------- */

static void
test_gate_take__no_flipped_bit_gets_in(void **state)
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
test_gate_take__unsigned_lines_wait_for_a_signed_one(void **state)
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
test_gate_take__a_piece_from_the_middle_counts_at_once(void **state)
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
test_gate_take__a_bad_signature_inside_is_dropped_and_asked_for(void **state)
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
test_gate_take__rubbish_is_counted_and_harms_nothing(void **state)
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
test_gate_take__a_portion_that_was_absent_heals(void **state)
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
test_gate_take__erased_bytes_go_and_stay_away(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gate_take__no_flipped_bit_gets_in),
	    cmocka_unit_test(
		test_gate_take__unsigned_lines_wait_for_a_signed_one),
	    cmocka_unit_test(
		test_gate_take__a_piece_from_the_middle_counts_at_once),
	    cmocka_unit_test(
		test_gate_take__a_bad_signature_inside_is_dropped_and_asked_for),
	    cmocka_unit_test(
		test_gate_take__rubbish_is_counted_and_harms_nothing),
	    cmocka_unit_test(test_gate_take__a_portion_that_was_absent_heals),
	    cmocka_unit_test(test_gate_take__erased_bytes_go_and_stay_away),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("gate_take", tests, NULL, NULL);
}
