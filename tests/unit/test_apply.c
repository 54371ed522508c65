#include "gates.h"

/* How many entries "conflicts" (or "missing", "erased") of a record has. */
static size_t
listed(struct branch *b, const char *rec, const char *key)
{
	json_t *v = branch_values(b, rec);
	size_t n = json_array_size(json_object_get(v, key));

	json_decref(v);
	return n;
}

static struct view_record
record(struct branch *b, const char *id)
{
	struct view_record r;
	struct err e = {0};

	OK(view_find(gate_store(b->g), id, &r, &e));
	return r;
}

/* --- merging ---------------------------------------------------------------- */

static void
test_apply__two_edits_of_one_text_are_a_conflict_until_resolved(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t base[HASH_LEN], one[HASH_LEN], two[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "base", rec, base);
	branch_send(&a, &b);
	branch_set(&a, rec, "title", json_string("one"), base, NULL, one);
	b.now += 10;
	branch_set(&b, rec, "title", json_string("two"), base, NULL, two);
	swap(&a, &b);
	assert_int_equal(listed(&a, rec, "conflicts"), 1);
	assert_true(record(&b, rec).conflicted);
	assert_shows(&a, rec, "title", "two");
	assert_shows(&b, rec, "title", "two");
	branch_set(&a, rec, "title", json_string("both"), one, two, NULL);
	swap(&a, &b);
	assert_int_equal(listed(&b, rec, "conflicts"), 0);
	assert_false(record(&b, rec).conflicted);
	assert_shows(&b, rec, "title", "both");
	pair_remove(&a, &b);
}

static void
test_apply__equal_edits_are_no_conflict(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t base[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "base", rec, base);
	branch_send(&a, &b);
	branch_set(&a, rec, "title", json_string("same"), base, NULL, NULL);
	branch_set(&b, rec, "title", json_string("same"), base, NULL, NULL);
	swap(&a, &b);
	assert_int_equal(listed(&a, rec, "conflicts"), 0);
	pair_remove(&a, &b);
}

static void
test_apply__one_field_in_conflict_keeps_the_mark_of_another(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t base[HASH_LEN], one[HASH_LEN], two[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "base", rec, base);
	branch_send(&a, &b);
	branch_set(&a, rec, "title", json_string("1"), base, NULL, one);
	branch_set(&a, rec, "order", json_string("1"), NULL, NULL, NULL);
	branch_set(&b, rec, "title", json_string("2"), base, NULL, two);
	branch_set(&b, rec, "order", json_string("2"), NULL, NULL, NULL);
	swap(&a, &b);
	assert_int_equal(listed(&a, rec, "conflicts"), 2);
	branch_set(&a, rec, "title", json_string("3"), one, two, NULL);
	assert_int_equal(listed(&a, rec, "conflicts"), 1);
	assert_true(record(&a, rec).conflicted);
	pair_remove(&a, &b);
}

static void
test_apply__a_deletion_is_a_field_like_others(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t gone[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, NULL);
	branch_send(&a, &b);
	branch_set(&b, rec, "deleted", json_true(), NULL, NULL, gone);
	swap(&a, &b);
	assert_true(record(&a, rec).deleted);
	branch_set(&a, rec, "deleted", json_false(), gone, NULL, NULL);
	swap(&a, &b);
	assert_false(record(&b, rec).deleted);
	pair_remove(&a, &b);
}

/* --- whose writes count -------------------------------------------------------- */

static void
test_apply__a_comment_is_written_by_its_own_organisation(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t base[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "comment", "text", "mine", rec, base);
	branch_send(&a, &b);
	branch_set(&b, rec, "text", json_string("yours"), base, NULL, NULL);
	branch_set(&b, rec, "deleted", json_true(), NULL, NULL, NULL);
	swap(&a, &b);
	assert_shows(&a, rec, "text", "mine");
	assert_shows(&b, rec, "text", "mine");
	assert_false(record(&a, rec).deleted);
	assert_int_equal(branch_count(&a, "SELECT count(*) FROM write"), 3);
	pair_remove(&a, &b);
}

static void
test_apply__unknown_types_belong_to_who_made_them(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "later-invention", "colour", "red", rec, NULL);
	branch_send(&a, &b);
	branch_set(&b, rec, "colour", json_string("blue"), NULL, NULL, NULL);
	branch_set(&a, rec, "size", json_string("xl"), NULL, NULL, NULL);
	swap(&a, &b);
	assert_int_equal(listed(&a, rec, "conflicts"), 0);
	assert_shows(&b, rec, "colour", "red");
	assert_shows(&b, rec, "size", "xl");
	pair_remove(&a, &b);
}

/* A consultation of a with b as its host, and its state. */
static void
make_hosted(struct branch *a, struct branch *b, char ret[static ID_SIZE],
    uint8_t *change)
{
	struct draft *d = draft_new(false);
	uint8_t id[HASH_LEN];

	draft_add(d,
	    json_pack("{s:s, s:s, s:[s], s:[s]}", "op", "new", "type",
		"consultation", "fields", "state", "hosts", org_of(b)),
	    json_pack("[s]", "planned"));
	branch_commit(a, d, id);
	ident_make(id, 0, ret);
	memcpy(change, id, HASH_LEN);
}

static void
test_apply__hosts_write_what_is_theirs(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t made[HASH_LEN];
	json_t *v;

	(void)state;
	pair_make(&a, &b);
	make_hosted(&a, &b, rec, made);
	v = branch_values(&a, rec);
	assert_int_equal(json_object_size(json_object_get(v, "values")), 0);
	json_decref(v);
	branch_send(&a, &b);
	branch_set(&b, rec, "state", json_string("open"), NULL, NULL, NULL);
	swap(&a, &b);
	assert_shows(&a, rec, "state", "open");
	pair_remove(&a, &b);
}

/* What a record is "in" may come later than what is written to it. */
static void
test_apply__hosts_that_come_late_change_who_counts(void **state)
{
	struct branch a, b, c;
	struct buf first = BUF_INIT, rest = BUF_INIT;
	struct draft *d = draft_new(false);
	char consultation[ID_SIZE], rec[ID_SIZE];
	uint8_t made[HASH_LEN], id[HASH_LEN];
	int64_t last;
	struct err e = {0};

	(void)state;
	pair_make(&a, &b);
	branch_make(&c);
	branch_join(&c, &a, "Watcher");
	branch_send(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	make_hosted(&a, &b, consultation, made);
	branch_export_log(&a, 1, last, &first);
	OK(log_last(gate_store(a.g), &last, &e));
	/* a type whose state its hosts write, inside that consultation */
	draft_add(d,
	    json_pack("{s:s, s:s, s:[s], s:s}", "op", "new", "type",
		"consultation", "fields", "state", "in", consultation),
	    json_pack("[s]", "planned"));
	branch_commit(&a, d, id);
	ident_make(id, 0, rec);
	branch_export_log(&a, 1, last, &rest);
	branch_take(&c, &rest);
	assert_shows(&c, rec, "state", "planned"); /* hosts are not known */
	branch_take(&c, &first);
	assert_int_equal(
	    branch_count(&c, "SELECT count(*) FROM write WHERE flags & 2"), 0);
	assert_same_state(&a, &c);
	buf_clear(&first);
	buf_clear(&rest);
	pair_remove(&a, &b);
	branch_remove(&c);
}

/* --- waiting --------------------------------------------------------------------- */

static void
test_apply__a_write_waits_for_its_record(void **state)
{
	struct branch a, b, c;
	char rec[ID_SIZE];
	uint8_t base[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_make(&c);
	branch_join(&c, &a, "Third");
	branch_send(&a, &b);
	branch_new(&a, "recommendation", "title", "x", rec, base);
	branch_send(&a, &b);
	branch_set(&b, rec, "title", json_string("y"), base, NULL, NULL);
	{
		struct buf only = BUF_INIT;
		struct log_info l;
		struct err e = {0};

		OK(log_of_key(gate_store(b.g), gate_key(b.g), &l, &e));
		branch_export_log(&b, l.log, 0, &only);
		branch_take(&c, &only);
		buf_clear(&only);
	}
	assert_int_equal(branch_count(&c, "SELECT count(*) FROM orphan"), 1);
	assert_int_equal(branch_count(&c, "SELECT count(*) FROM write"), 0);
	branch_send(&a, &c);
	assert_int_equal(branch_count(&c, "SELECT count(*) FROM orphan"), 0);
	assert_shows(&c, rec, "title", "y");
	assert_same_state(&b, &c);
	pair_remove(&a, &b);
	branch_remove(&c);
}

static void
test_apply__a_change_refers_to_what_it_makes_itself(void **state)
{
	struct branch a;
	struct draft *d = draft_new(false);
	char group[ID_SIZE];
	uint8_t id[HASH_LEN];
	json_t *v;

	(void)state;
	branch_make(&a);
	branch_found(&a);
	/* a set before the new that it is about, and a value that refers */
	draft_add_personal(d,
	    json_pack("{s:s, s:{s:i}, s:[s]}", "op", "set", "record", "@", 1,
		"fields", "facilitator"),
	    json_pack("[s]", "Somebody"));
	draft_add(d,
	    json_pack("{s:s, s:s, s:[s, s]}", "op", "new", "type", "group",
		"fields", "theme", "consultation"),
	    json_pack("[s, {s:i}]", "Rights", "@", 1));
	branch_commit(&a, d, id);
	ident_make(id, 1, group);
	assert_shows(&a, group, "facilitator", "Somebody");
	assert_shows(&a, group, "theme", "Rights");
	v = branch_values(&a, group);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(v, "values"), "consultation")),
	    group);
	json_decref(v);
	branch_remove(&a);
}

static void
test_apply__of_two_writes_of_one_change_the_last_counts(void **state)
{
	struct branch a;
	struct draft *d = draft_new(false);
	char rec[ID_SIZE];
	uint8_t id[HASH_LEN];

	(void)state;
	branch_make(&a);
	branch_found(&a);
	draft_add(d,
	    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", "group",
		"fields", "theme"),
	    json_pack("[s]", "first"));
	draft_add(d,
	    json_pack("{s:s, s:{s:i}, s:[s]}", "op", "set", "record", "@", 0,
		"fields", "theme"),
	    json_pack("[s]", "last"));
	branch_commit(&a, d, id);
	ident_make(id, 0, rec);
	assert_shows(&a, rec, "theme", "last");
	assert_int_equal(branch_count(&a, "SELECT count(*) FROM write"), 1);
	branch_remove(&a);
}

/* --- erasing ------------------------------------------------------------------------ */

static void
test_apply__only_the_own_organisation_erases(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE];
	uint8_t made[HASH_LEN];

	(void)state;
	pair_make(&a, &b);
	branch_new(&a, "group", "theme", "stays", rec, made);
	branch_send(&a, &b);
	branch_erase(&b, made, 0);
	branch_erase(&a, made, 1); /* there is no such portion */
	swap(&a, &b);
	assert_shows(&a, rec, "theme", "stays");
	assert_shows(&b, rec, "theme", "stays");
	branch_erase(&a, made, 0);
	swap(&a, &b);
	assert_int_equal(listed(&b, rec, "erased"), 1);
	pair_remove(&a, &b);
}

static void
test_apply__an_erasure_may_come_before_what_it_erases(void **state)
{
	struct branch a, b;
	struct buf first = BUF_INIT, rest = BUF_INIT;
	char rec[ID_SIZE];
	uint8_t made[HASH_LEN];
	int64_t last, middle;
	struct err e = {0};

	(void)state;
	pair_make(&a, &b);
	OK(log_last(gate_store(a.g), &last, &e));
	branch_new(&a, "group", "theme", "gone", rec, made);
	branch_export_log(&a, 1, last, &first);
	OK(log_last(gate_store(a.g), &middle, &e));
	branch_erase(&a, made, 0);
	branch_export_log(&a, 1, middle, &rest);
	branch_take(&b, &rest);
	branch_take(&b, &first);
	assert_int_equal(listed(&b, rec, "erased"), 1);
	assert_same_state(&a, &b);
	buf_reset(&rest);
	branch_export(&b, &rest);
	assert_null(strstr(rest.data, "gone"));
	buf_clear(&first);
	buf_clear(&rest);
	pair_remove(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_apply__two_edits_of_one_text_are_a_conflict_until_resolved),
	    cmocka_unit_test(test_apply__equal_edits_are_no_conflict),
	    cmocka_unit_test(
		test_apply__one_field_in_conflict_keeps_the_mark_of_another),
	    cmocka_unit_test(test_apply__a_deletion_is_a_field_like_others),
	    cmocka_unit_test(
		test_apply__a_comment_is_written_by_its_own_organisation),
	    cmocka_unit_test(test_apply__unknown_types_belong_to_who_made_them),
	    cmocka_unit_test(test_apply__hosts_write_what_is_theirs),
	    cmocka_unit_test(
		test_apply__hosts_that_come_late_change_who_counts),
	    cmocka_unit_test(test_apply__a_write_waits_for_its_record),
	    cmocka_unit_test(
		test_apply__a_change_refers_to_what_it_makes_itself),
	    cmocka_unit_test(
		test_apply__of_two_writes_of_one_change_the_last_counts),
	    cmocka_unit_test(test_apply__only_the_own_organisation_erases),
	    cmocka_unit_test(
		test_apply__an_erasure_may_come_before_what_it_erases),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
