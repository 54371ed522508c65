/* Anybody can write any number of acts: what that costs. */
#include "tests/unit/acts.h"

#include <malloc.h>

/* An array of n empty objects: many times as large in memory as in bytes. */
static json_t *
junk(size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_object());
	return a;
}

static void
test_trust_many__what_no_rule_asks_for_takes_no_memory(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct trust *t = trust_new(g.b);
	size_t before;
	json_t *deed;

	(void)state;
	deed = convening(g, (int[]){1, 0}, NULL, 1);
	json_object_set_new(deed, "x", junk(1000));
	propose(&w, 9, g, deed);
	act(&w, 9,
	    json_pack("{s:s,s:o,s:[],s:o}", "op", "close", "key", key_json(9),
		"heads", "x", junk(1000)));
	before = mallinfo2().uordblks;
	for (size_t i = 0; i < 200; i++) {
		uint8_t id[HASH_LEN] = {(uint8_t)i};

		trust_add(t, id, w.acts[1].key, &w.acts[1].head);
		trust_add(t, id, w.acts[2].key, &w.acts[2].head);
	}
	/* as parsed JSON, one of them takes as much */
	assert_true(mallinfo2().uordblks < before + 200 * 1000);
	trust_free(t);
	clear(&w);
}

/* Anybody can ask, and propose. */
static void
test_trust_many__many_requests_and_proposals_stand_side_by_side(void **state)
{
	struct world w = {0};
	struct id g = found(&w, 1, 1);
	struct trust *t = trust_new(g.b);
	size_t n;

	(void)state;
	ask(&w, 9, "HRWG");
	propose(&w, 9, g, json_pack("{s:s}", "kind", "other"));
	trust_add(t, w.acts[0].id, w.acts[0].key, &w.acts[0].head);
	for (size_t i = 0; i < 20000; i++) {
		uint8_t id[HASH_LEN] = {1, (uint8_t)i, (uint8_t)(i >> 8)};

		trust_add(t, id, w.acts[1].key, &w.acts[1].head);
		id[0] = 2;
		trust_add(t, id, w.acts[2].key, &w.acts[2].head);
	}
	trust_resolve(t, NULL);
	trust_requests(t, &n);
	assert_int_equal(n, 20000);
	trust_free(t);
	clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_trust_many__what_no_rule_asks_for_takes_no_memory),
	    cmocka_unit_test(
		test_trust_many__many_requests_and_proposals_stand_side_by_side),
	};

	return cmocka_run_group_tests_name("trust_many", tests, setup, NULL);
}
