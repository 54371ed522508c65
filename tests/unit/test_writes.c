/* Writes of a record in memory: what an operation may name of them. */
#include "tests/unit/unit.h"

#include "common/crypto.h"
#include "common/mem.h"
#include "common/op.h"
#include "daemon/writes.h"

/* n live writes to "text", each by a change of its own, of the same value if
 * "alike". */
static void
make(struct writes *w, size_t n, bool alike)
{
	*w = (struct writes){.n = n};
	w->w = mem_zalloc(n * sizeof(w->w[0]));
	for (size_t i = 0; i < n; i++) {
		struct write *x = &w->w[i];

		x->field = mem_strdup("text");
		x->is_live = x->has_value = true;
		crypto_digest(&i, sizeof(i), x->change);
		if (!alike)
			memcpy(x->hash, x->change, HASH_LEN);
	}
}

static void
test_writes__names_as_many_as_an_operation_may(void **state)
{
	struct writes w;
	json_t *list, *v;
	const char *last = "";
	size_t i;

	(void)state;
	make(&w, OP_OVER_MAX, true);
	assert_false(writes_are_many(&w, "text"));
	writes_clear(&w);
	make(&w, OP_OVER_MAX + 500, true);
	assert_true(writes_are_many(&w, "text"));
	assert_false(writes_are_many(&w, "title"));
	list = writes_live(&w, "text");
	assert_int_equal(json_array_size(list), OP_OVER_MAX);
	json_array_foreach (list, i, v) {
		assert_true(strcmp(last, json_string_value(v)) < 0);
		last = json_string_value(v);
	}
	json_decref(list);
	writes_clear(&w);
}

static void
test_writes__conflict_by_what_they_say(void **state)
{
	struct writes w;

	(void)state;
	make(&w, 3, true);
	assert_false(writes_conflict(&w, "text"));
	w.w[1].has_value = false; /* has not arrived: equals none */
	assert_true(writes_conflict(&w, "text"));
	writes_clear(&w);
	make(&w, 3, false);
	assert_true(writes_conflict(&w, "text"));
	writes_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_writes__names_as_many_as_an_operation_may),
	    cmocka_unit_test(test_writes__conflict_by_what_they_say),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("writes", tests, NULL, NULL);
}
