/* Lines in the name of a key that nothing signs: anybody can write them. */
#include "tests/unit/gate_pair.h"

#include "common/text.h"

/* "n" lines in the name of "of", of "size" bytes and more each, behind a change
 * that nobody knows. */
static void
slander(struct branch *of, int number, int n, size_t size, struct buf *ret)
{
	char *text = mem_zalloc(size + 1);
	char key[KEY_SIZE], w[HEX_SIZE];

	memset(text, 'x', size);
	ident_key(gate_key(of->g), key);
	text_hex(gate_coalition(of->g), HASH_LEN, w);
	buf_reset(ret);
	buf_printf(ret, "mufakat 1\t%s\t%s\t%s%03d\n", w, key, w + 3, number);
	for (int k = 0; k < n; k++)
		buf_printf(ret,
		    "\t{\"t\":%d,\"kind\":\"edit\",\"ops\":[]}"
		    "\t{\"v\":[[\"%s\"]]}\n",
		    k, text);
	free(text);
}

static int64_t
unsigned_bytes(struct branch *o)
{
	return branch_count(
	    o, "SELECT coalesce(sum(len), 0) FROM change WHERE NOT flags & 1");
}

static struct gate_taken
take_from(struct branch *o, struct gate_remote *from, const struct buf *b)
{
	struct gate_taken t;
	struct err e = {0};

	OK(gate_take(o->g, from, b->data, b->len, &t, &e));
	return t;
}

static void
test_unsigned__are_held_up_to_a_bound(void **state)
{
	struct branch a, b;
	struct gate_remote from = {.n = 1};
	struct buf blob = BUF_INIT;
	struct err e = {0};
	int64_t held;

	(void)state;
	pair_make(&a, &b);
	OK(remote_add(gate_store(b.g), "hub", "/tmp/hub", &e));
	/* long ones and short ones, in one transaction or several */
	for (int i = 0; i < 8; i++) {
		slander(&a, i, i % 2 == 0 ? 15 : 20000,
		    i % 2 == 0 ? 200000 : 60, &blob);
		assert_int_equal(take_from(&b, &from, &blob).own, 0);
	}
	held = unsigned_bytes(&b);
	assert_in_range(held, 4 << 20, 8 << 20);
	slander(&a, 99, 20000, 60, &blob);
	assert_int_equal(take_from(&b, &from, &blob).added, 0);
	assert_true(unsigned_bytes(&b) == held);
	assert_same_state(&a, &b);
	/* what was refused left nothing behind */
	OK(gate_settle(b.g, &from, &e));
	pairs_clear(&from.thin);
	buf_clear(&blob);
	pair_remove(&a, &b);
}

static void
test_unsigned__keep_out_nothing_that_is_signed(void **state)
{
	static char text[60001];
	struct branch a, b;
	struct buf blob = BUF_INIT;
	char rec[ID_SIZE];

	(void)state;
	pair_make(&a, &b);
	for (int i = 0; i < 3; i++) {
		slander(&a, i, i < 2 ? 15 : 11, 200000, &blob);
		branch_take(&b, &blob);
	}
	assert_in_range(unsigned_bytes(&b), 8000000, 8 << 20);
	/* signed every now and then only, and longer than is read at once */
	memset(text, 'y', sizeof(text) - 1);
	for (int i = 0; i < 40; i++)
		branch_new(&a, "group", "theme", text, rec, NULL);
	branch_send(&a, &b);
	assert_same_state(&a, &b);
	buf_clear(&blob);
	pair_remove(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unsigned__are_held_up_to_a_bound),
	    cmocka_unit_test(test_unsigned__keep_out_nothing_that_is_signed),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("unsigned", tests, NULL, NULL);
}
