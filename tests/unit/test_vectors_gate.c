/* tests/data taken in by an office as it would come from a remote: the state
 * that follows is the one that FORMAT.md section 9 lets everybody compute. */
#include "tests/unit/gates.h"
#include "tests/unit/vectors.h"

/* An office that joined the coalition of the vectors. */
static void
join(struct branch *o)
{
	uint8_t w[HASH_LEN];
	struct err e = {0};

	load_hash("coalition", w);
	branch_make(o);
	OK(gate_join(o->g, w, "Reader", &e));
}

static void
assert_state(struct branch *o)
{
	uint8_t want[HASH_LEN], got[HASH_LEN];
	struct buf lines = BUF_INIT;
	struct err e = {0};
	char *ours = branch_lines(o);

	load("state/lines", &lines);
	load_hash("state/hash", want);
	assert_string_equal(ours, buf_str(&lines));
	OK(gate_state_hash(o->g, got, &e));
	assert_memory_equal(got, want, HASH_LEN);
	buf_clear(&lines);
	free(ours);
}

static void
test_vectors_gate__the_blob_gives_the_state(void **state)
{
	struct branch o;
	struct buf blob = BUF_INIT, ids = BUF_INIT;
	struct gate_taken t;
	struct err e = {0};
	size_t n = 0;

	(void)state;
	join(&o);
	load("blob", &blob);
	load("ids", &ids);
	for (size_t i = 0; i < ids.len; i++)
		n += ids.data[i] == '\n';
	t = branch_take(&o, &blob);
	assert_int_equal(t.added, n);
	assert_int_equal(t.bad, 0);
	assert_int_equal(t.waiting, 0);
	assert_state(&o);
	OK(gate_rebuild(o.g, &e));
	assert_state(&o);
	branch_stop(&o);
	branch_start(&o);
	assert_state(&o);
	buf_clear(&blob);
	buf_clear(&ids);
	branch_remove(&o);
}

/* Where the segment that starts at "from" ends. */
static size_t
segment_end(const struct buf *b, size_t from)
{
	const char *next = strstr(b->data + from, "\nmufakat 1\t");

	return next != NULL ? (size_t)(next + 1 - b->data) : b->len;
}

static void
test_vectors_gate__segments_in_any_order_give_the_state(void **state)
{
	struct branch o;
	struct buf blob = BUF_INIT;
	size_t at[64], n = 0;
	struct gate_taken t;
	struct err e = {0};

	(void)state;
	join(&o);
	load("blob", &blob);
	for (size_t i = 0; i < blob.len; i = segment_end(&blob, i)) {
		assert_true(n < 64);
		at[n++] = i;
	}
	assert_true(n >= 4);
	while (n-- > 0)
		OK(gate_take(o.g, NULL, blob.data + at[n],
		    segment_end(&blob, at[n]) - at[n], &t, &e));
	assert_state(&o);
	buf_clear(&blob);
	branch_remove(&o);
}

/* What an office hands on is what was handed to it. */
static void
test_vectors_gate__what_is_handed_on_gives_the_state(void **state)
{
	struct branch a, b;
	struct buf blob = BUF_INIT;

	(void)state;
	join(&a);
	join(&b);
	load("blob", &blob);
	branch_take(&a, &blob);
	branch_send(&a, &b);
	assert_state(&b);
	buf_clear(&blob);
	branch_remove(&a);
	branch_remove(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors_gate__the_blob_gives_the_state),
	    cmocka_unit_test(
		test_vectors_gate__segments_in_any_order_give_the_state),
	    cmocka_unit_test(
		test_vectors_gate__what_is_handed_on_gives_the_state),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("vectors_gate", tests, NULL, NULL);
}
