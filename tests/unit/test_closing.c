/* What a key wrote after its cut, and what that leaves. */
#include "tests/unit/gate_pair.h"

/* The founder removes the other office, up to the change given, which is said
 * to be the head of its log; so is "stray", of another log, if there is one. */
static void
remove_at(struct branch *a, struct branch *b, const uint8_t *head,
    const uint8_t *stray)
{
	struct draft *d = draft_new(true);
	json_t *heads = json_array();
	char after[HEX_SIZE], key[KEY_SIZE], hex[HEX_SIZE];
	const uint8_t *both[] = {head, stray};
	size_t n;
	const uint8_t(*chain)[HASH_LEN] = trust_chain(gate_trust(a->g), &n);

	text_hex(chain[n - 1], HASH_LEN, after);
	ident_key(gate_key(b->g), key);
	for (int i = 0; i < 2; i++) {
		if (both[i] == NULL)
			continue;
		text_hex(both[i], HASH_LEN, hex);
		json_array_append_new(heads, json_string(hex));
	}
	draft_add(d,
	    json_pack("{s:s,s:s,s:{s:s,s:s,s:{s:o}}}", "op", "propose", "after",
		after, "act", "kind", "remove", "organisation",
		gate_organisation(b->g)->id, "cuts", key, heads),
	    NULL);
	branch_commit(a, d, NULL);
}

static void
test_closing__an_erasure_after_the_cut_is_taken_back(void **state)
{
	struct branch a, b;
	struct buf whole = BUF_INIT;
	uint8_t change[HASH_LEN];
	char rec[ID_SIZE];
	struct err e = {0};
	json_t *v;

	(void)state;
	pair_make(&a, &b);
	branch_new(&b, "group", "theme", "Precious", rec, change);
	branch_export_log(&b, own_info(&b).log, 0, &whole);
	branch_send(&b, &a);
	branch_erase(&b, change, 0);
	branch_send(&b, &a);
	v = branch_values(&a, rec);
	assert_int_equal(json_array_size(json_object_get(v, "erased")), 1);
	json_decref(v);
	OK(remote_add(gate_store(a.g), "hub", "/tmp/hub", &e));
	OK(remote_set_ref(gate_store(a.g), 1,
	    branch_log_name(&b, (char[KEY_SIZE]){0}), "0", &e));
	remove_at(&a, &b, change, NULL);
	v = branch_values(&a, rec);
	assert_int_equal(json_array_size(json_object_get(v, "missing")), 1);
	json_decref(v);
	/* the log is read again, and the bytes with it */
	assert_int_equal(
	    branch_count(&a, "SELECT count(*) FROM remote_ref"), 0);
	branch_take(&a, &whole);
	assert_shows(&a, rec, "theme", "Precious");
	buf_clear(&whole);
	pair_remove(&a, &b);
}

static void
test_closing__what_stays_erased_is_not_asked_for(void **state)
{
	struct branch a;
	uint8_t change[HASH_LEN];
	char rec[ID_SIZE];
	struct err e = {0};

	(void)state;
	branch_make(&a);
	branch_found(&a);
	branch_new(&a, "group", "theme", "Precious", rec, change);
	branch_erase(&a, change, 0);
	OK(remote_add(gate_store(a.g), "hub", "/tmp/hub", &e));
	OK(remote_set_ref(gate_store(a.g), 1,
	    branch_log_name(&a, (char[KEY_SIZE]){0}), "0", &e));
	OK(gate_rebuild(a.g, &e));
	assert_int_equal(
	    branch_count(&a, "SELECT count(*) FROM remote_ref"), 1);
	assert_int_equal(branch_count(&a, "SELECT count(*) FROM patch"), 0);
	branch_remove(&a);
}

static void
test_closing__a_head_in_another_log_hides_no_other(void **state)
{
	struct branch a, b;
	uint8_t change[HASH_LEN], strays[4][HASH_LEN];
	char rec[ID_SIZE], other[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	branch_new(&b, "group", "theme", "Counts", rec, change);
	branch_send(&b, &a);
	/* heads are sorted: one of these comes before the change */
	for (int i = 0; i < 4; i++)
		branch_new(&a, "group", "theme", "x", other, strays[i]);
	for (int i = 0; i < 4; i++)
		if (memcmp(strays[i], change, HASH_LEN) < 0 || i == 3) {
			remove_at(&a, &b, change, strays[i]);
			break;
		}
	assert_shows(&a, rec, "theme", "Counts");
	pair_remove(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_closing__an_erasure_after_the_cut_is_taken_back),
	    cmocka_unit_test(test_closing__what_stays_erased_is_not_asked_for),
	    cmocka_unit_test(
		test_closing__a_head_in_another_log_hides_no_other),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("closing", tests, NULL, NULL);
}
