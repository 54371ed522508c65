/* The gate: what becomes of a log: copied, restored, packed, sent, rebuilt. */
#include "gate_pair.h"

#include "daemon/remote.h"

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
test_gate_log__a_copied_home_forks_and_is_merged(void **state)
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
test_gate_log__drafts_at_once_merge_more_heads_than_one_can_name(void **state)
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
test_gate_log__a_backup_without_its_key_gets_a_new_one(void **state)
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

/* --- background work and remotes ------------------------------------------------------------ */

static void
test_gate_log__packs_single_lines_and_still_reads_them(void **state)
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
test_gate_log__what_came_from_a_remote_is_not_sent_back(void **state)
{
	struct branch a, b;
	struct buf blob = BUF_INIT;
	struct gate_taken t;
	struct gate_remote from = {0};
	struct remote r;
	struct err e = {0};
	char rec[ID_SIZE], name[KEY_SIZE];
	struct log_info info;
	int64_t n, since;

	(void)state;
	pair_make(&a, &b);
	OK(remote_add(gate_store(b.g), "hub", "/tmp/hub", &e));
	OK(remote_find(gate_store(b.g), "hub", &r, &e));
	from.n = r.n;
	branch_log_name(&a, name);
	memcpy(from.id, name, ID_SIZE);
	for (int i = 0; i < 5; i++)
		branch_new(&a, "group", "theme", "x", rec, NULL);
	branch_export_log(&a, 1, 0, &blob);
	OK(gate_take(b.g, &from, blob.data, blob.len, &t, &e));
	assert_int_equal(t.added, 5);
	OK(remote_waiting(gate_store(b.g), r.n, &n, &since, &e));
	assert_int_equal(n, own_info(&b).changes);
	/* of another ref it is not said to be there */
	from.id[0] = from.id[0] == 'a' ? 'b' : 'a';
	OK(log_of_key(gate_store(b.g), gate_key(a.g), &info, &e));
	OK(remote_forget_log(gate_store(b.g), r.n, info.log, &e));
	OK(gate_take(b.g, &from, blob.data, blob.len, &t, &e));
	OK(remote_waiting(gate_store(b.g), r.n, &n, &since, &e));
	assert_int_equal(n, own_info(&b).changes + info.changes);
	memcpy(from.id, name, ID_SIZE);
	/* held already, and there too */
	OK(gate_take(b.g, &from, blob.data, blob.len, &t, &e));
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
test_gate_log__tells_of_news_only(void **state)
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
test_gate_log__a_rebuild_changes_nothing(void **state)
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
	    cmocka_unit_test(test_gate_log__a_copied_home_forks_and_is_merged),
	    cmocka_unit_test(
		test_gate_log__drafts_at_once_merge_more_heads_than_one_can_name),
	    cmocka_unit_test(
		test_gate_log__a_backup_without_its_key_gets_a_new_one),
	    cmocka_unit_test(
		test_gate_log__packs_single_lines_and_still_reads_them),
	    cmocka_unit_test(
		test_gate_log__what_came_from_a_remote_is_not_sent_back),
	    cmocka_unit_test(test_gate_log__tells_of_news_only),
	    cmocka_unit_test(test_gate_log__a_rebuild_changes_nothing),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("gate_log", tests, NULL, NULL);
}
