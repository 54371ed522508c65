#include "gates.h"

static void
test_state__has_exactly_these_lines(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], key[KEY_SIZE], w[HEX_SIZE], change[HEX_SIZE];
	const struct trust_key *k;
	struct buf want = BUF_INIT;
	uint8_t id[HASH_LEN];
	char *have;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_new(&a, "group", "theme", "Rights", rec, id);
	text_hex(gate_coalition(a.g), HASH_LEN, w);
	text_hex(id, HASH_LEN, change);
	ident_key(gate_key(a.g), key);
	k = trust_key(gate_trust(a.g), gate_key(a.g));
	buf_printf(&want, "act %s\n", w);
	buf_printf(&want, "key %s %s edit,sign *\n", key, k->org);
	buf_printf(&want, "record %s group\n", rec);
	buf_printf(&want, "write %s theme %s\n", rec, change);
	have = branch_lines(&a);
	assert_string_equal(have, want.data);
	free(have);
	buf_clear(&want);
	branch_remove(&a);
	branch_remove(&b);
}

static void
test_state__is_the_hash_of_sorted_lines(void **state)
{
	struct branch a, b;
	char rec[ID_SIZE], path[100], cmd[400], w[HEX_SIZE], hex[HEX_SIZE];
	uint8_t hash[HASH_LEN];
	struct err e = {0};
	char *lines;
	FILE *f;

	(void)state;
	branch_make(&a);
	branch_make(&b);
	branch_found(&a);
	branch_join(&b, &a, "Union");
	for (int i = 0; i < 20; i++) {
		branch_new(i % 2 ? &a : &b, "recommendation",
		    i % 3 ? "title" : "tags/x", "v", rec, NULL);
		branch_set(i % 2 ? &a : &b, rec, i % 4 ? "tags/x-y" : "order",
		    json_string("1"), NULL, NULL, NULL);
	}
	branch_send(&a, &b);
	branch_send(&b, &a);
	assert_same_state(&a, &b);
	lines = branch_lines(&a);
	text_hex(gate_coalition(a.g), HASH_LEN, w);
	OK(gate_state_hash(a.g, hash, &e));
	text_hex(hash, HASH_LEN, hex);
	/* with stock tools alone */
	snprintf(path, sizeof(path), "%s/lines", a.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(lines, f);
	fclose(f);
	snprintf(cmd, sizeof(cmd),
	    "test $( (printf 'mufakat state 1\\n%s\\n'; LC_ALL=C sort %s)"
	    " | b2sum -l 256 | cut -c 1-64) = %s",
	    w, path, hex);
	assert_int_equal(system(cmd), 0);
	free(lines);
	branch_remove(&a);
	branch_remove(&b);
}

static void
test_state__changes_with_each_live_write_only(void **state)
{
	struct branch a;
	char rec[ID_SIZE];
	uint8_t one[HASH_LEN], two[HASH_LEN], three[HASH_LEN];
	struct draft *d = draft_new(false);
	struct err e = {0};

	(void)state;
	branch_make(&a);
	branch_found(&a);
	branch_new(&a, "group", "theme", "x", rec, NULL);
	OK(gate_state_hash(a.g, one, &e));
	/* a vouch and an erasure of nothing are held without effect */
	draft_add(d, json_pack("{s:s, s:[]}", "op", "vouch", "changes"), NULL);
	branch_commit(&a, d, NULL);
	OK(gate_state_hash(a.g, two, &e));
	assert_memory_equal(one, two, HASH_LEN);
	branch_set(&a, rec, "theme", json_string("y"), NULL, NULL, NULL);
	OK(gate_state_hash(a.g, three, &e));
	assert_memory_not_equal(one, three, HASH_LEN);
	branch_stop(&a);
	branch_start(&a);
	OK(gate_state_hash(a.g, one, &e));
	assert_memory_equal(one, three, HASH_LEN);
	branch_remove(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_state__has_exactly_these_lines),
	    cmocka_unit_test(test_state__is_the_hash_of_sorted_lines),
	    cmocka_unit_test(test_state__changes_with_each_live_write_only),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
