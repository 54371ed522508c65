#include "tests/unit/unit.h"

#include "common/merge.h"

/* A deterministic random number below n. */
static size_t
below(uint64_t *seed, size_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % n;
}

/* The id of write number i: its order among ids is not that of numbers. */
static void
id_of(size_t i, uint8_t ret[static HASH_LEN])
{
	crypto_digest(&i, sizeof(i), ret);
}

#define MAX 12

/* A world: write i names the writes in over[i]. */
struct world {
	size_t n;
	bool counts[MAX];
	bool over[MAX][MAX];
	int64_t t[MAX];
	char value[MAX];
	uint8_t prefixes[MAX][(MAX + 1) * PREFIX_LEN];
};

/* As FORMAT.md section 7 says it, word by word: superseded by x is what x
 * names, and what a held write that does not count names, if x supersedes
 * that. */
static bool
supersedes(const struct world *w, size_t by, size_t what, size_t depth)
{
	if (w->over[by][what] && by != what)
		return true;
	if (depth == 0)
		return false;
	for (size_t via = 0; via < w->n; via++)
		if (!w->counts[via] && w->over[via][what] && via != what &&
		    supersedes(w, by, via, depth - 1))
			return true;
	return false;
}

static bool
is_live(const struct world *w, size_t i)
{
	if (!w->counts[i])
		return false;
	for (size_t by = 0; by < w->n; by++)
		if (w->counts[by] && supersedes(w, by, i, w->n))
			return false;
	return true;
}

static void
make(struct world *w, uint64_t *seed)
{
	w->n = 1 + below(seed, MAX);
	for (size_t i = 0; i < w->n; i++) {
		w->counts[i] = below(seed, 3) > 0;
		w->t[i] = (int64_t)below(seed, 4);
		w->value[i] = (char)('0' + below(seed, 3));
		for (size_t k = 0; k < w->n; k++)
			w->over[i][k] = k < i && below(seed, 4) == 0;
	}
}

/* The writes in some order; "over" names unknown ones too. */
static void
lay_out(struct world *w, struct merge_write *m, uint64_t *seed)
{
	for (size_t i = 0; i < w->n; i++) {
		uint8_t id[HASH_LEN];
		size_t n = 0;

		for (size_t k = 0; k < w->n; k++)
			if (w->over[i][k]) {
				id_of(k, id);
				memcpy(w->prefixes[i] + n++ * PREFIX_LEN, id,
				    PREFIX_LEN);
			}
		id_of(1000 + i, id);
		memcpy(w->prefixes[i] + n++ * PREFIX_LEN, id, PREFIX_LEN);
		m[i] = (struct merge_write){.t = w->t[i],
		    .counts = w->counts[i],
		    .over = w->prefixes[i],
		    .nover = n,
		    .value = &w->value[i],
		    .value_len = 1,
		    .tag = &w->counts[i]};
		id_of(i, m[i].change);
	}
	for (size_t i = w->n; i > 1; i--) {
		size_t k = below(seed, i);
		struct merge_write x = m[i - 1];

		m[i - 1] = m[k];
		m[k] = x;
	}
}

static void
test_merge__equals_the_naive_rule_in_any_order(void **state)
{
	uint64_t seed = 42;
	size_t live_seen = 0, dead_seen = 0, conflicts = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct world w;
		struct merge_write m[MAX];
		const struct merge_write *winner, *want = NULL;
		bool conflict = false;
		char first = 0;

		make(&w, &seed);
		lay_out(&w, m, &seed);
		merge_field(m, w.n);
		for (size_t i = 0; i < w.n; i++) {
			size_t at = (size_t)((bool *)m[i].tag - w.counts);

			assert_int_equal(m[i].live, is_live(&w, at));
			live_seen += m[i].live;
			dead_seen += !m[i].live;
			if (!m[i].live)
				continue;
			if (want == NULL || m[i].t > want->t ||
			    (m[i].t == want->t &&
				memcmp(m[i].change, want->change, HASH_LEN) >
				    0))
				want = &m[i];
			conflict =
			    conflict || (first != 0 && first != w.value[at]);
			first = w.value[at];
		}
		winner = merge_winner(m, w.n);
		assert_ptr_equal(winner, want);
		assert_int_equal(merge_conflict(m, w.n), conflict);
		conflicts += conflict;
	}
	/* the worlds were not all trivial */
	assert_true(live_seen > 10000 && dead_seen > 10000 && conflicts > 1000);
}

static struct merge_write
write_of(size_t i, const char *value)
{
	struct merge_write m = {.t = (int64_t)i,
	    .counts = true,
	    .value = value,
	    .value_len = value != NULL ? strlen(value) : 0};

	id_of(i, m.change);
	return m;
}

static void
test_merge__both_sides_of_a_conflict_live_until_both_are_named(void **state)
{
	struct merge_write m[3] = {
	    write_of(1, "\"a\""), write_of(2, "\"b\""), write_of(3, "\"c\"")};
	uint8_t one[PREFIX_LEN], both[2 * PREFIX_LEN];

	(void)state;
	memcpy(one, m[0].change, PREFIX_LEN);
	memcpy(both, m[0].change, PREFIX_LEN);
	memcpy(both + PREFIX_LEN, m[1].change, PREFIX_LEN);
	merge_field(m, 2);
	assert_true(merge_conflict(m, 2));
	m[0] = write_of(1, "\"a\"");
	m[1] = write_of(2, "\"b\"");
	m[2].over = one;
	m[2].nover = 1;
	merge_field(m, 3);
	assert_true(merge_conflict(m, 3));
	m[0] = write_of(1, "\"a\"");
	m[1] = write_of(2, "\"b\"");
	m[2] = write_of(3, "\"c\"");
	m[2].over = both;
	m[2].nover = 2;
	merge_field(m, 3);
	assert_false(merge_conflict(m, 3));
	assert_int_equal(merge_winner(m, 3)->t, 3);
}

static void
test_merge__equal_values_are_no_conflict(void **state)
{
	struct merge_write m[2] = {write_of(1, "\"a\""), write_of(2, "\"a\"")};

	(void)state;
	merge_field(m, 2);
	assert_true(m[0].live && m[1].live);
	assert_false(merge_conflict(m, 2));
}

static void
test_merge__a_missing_value_equals_only_itself(void **state)
{
	struct merge_write m[2] = {write_of(1, NULL), write_of(2, NULL)};

	(void)state;
	merge_field(m, 1);
	assert_false(merge_conflict(m, 1));
	merge_field(m, 2);
	assert_true(merge_conflict(m, 2));
	m[0] = write_of(1, "\"a\"");
	m[1] = write_of(2, NULL);
	merge_field(m, 2);
	assert_true(merge_conflict(m, 2));
}

static void
test_merge__what_does_not_count_is_not_live_nor_supersedes(void **state)
{
	struct merge_write m[2] = {write_of(1, "1"), write_of(2, "2")};
	uint8_t over[PREFIX_LEN];

	(void)state;
	memcpy(over, m[0].change, PREFIX_LEN);
	m[1].counts = false;
	m[1].over = over;
	m[1].nover = 1;
	merge_field(m, 2);
	assert_int_equal(merge_winner(m, 2)->t, 1);
	assert_false(merge_conflict(m, 2));
}

static void
test_merge__nothing_is_fine(void **state)
{
	struct merge_write m[1] = {write_of(1, "1")};

	(void)state;
	merge_field(m, 0);
	assert_null(merge_winner(m, 0));
	assert_false(merge_conflict(m, 0));
	m[0].counts = false;
	merge_field(m, 1);
	assert_null(merge_winner(m, 1));
}

/* Ids whose prefixes make a circle: nobody can make them, but if they came,
 * merging ends, and in every order alike. */
static void
test_merge__hostile_circles_end(void **state)
{
	struct merge_write m[3];
	uint8_t over[3][PREFIX_LEN];

	(void)state;
	for (size_t turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < 3; i++) {
			size_t k = (i + turn) % 3;

			m[i] = write_of((k + 1) % 3, "1");
			memcpy(over[i], m[i].change, PREFIX_LEN);
			m[i] = write_of(k, "1");
			m[i].over = over[i];
			m[i].nover = 1;
			m[i].counts = k != 0;
		}
		merge_field(m, 3);
		for (size_t i = 0; i < 3; i++)
			assert_false(m[i].live);
		assert_null(merge_winner(m, 3));
	}
}

/* 100,000 writes, each over the one before: one is left, and fast. */
static void
test_merge__long_chains_take_no_time(void **state)
{
	enum { N = 100000 };
	struct merge_write *m = calloc(N, sizeof(*m));
	uint8_t(*over)[PREFIX_LEN] = calloc(N, PREFIX_LEN);

	(void)state;
	for (size_t i = 0; i < N; i++) {
		m[i] = write_of(i, "1");
		if (i > 0) {
			memcpy(over[i], m[i - 1].change, PREFIX_LEN);
			m[i].over = over[i];
			m[i].nover = 1;
			m[i].counts = i == N - 1 || i % 2 == 0;
		}
	}
	merge_field(m, N);
	assert_int_equal(merge_winner(m, N)->t, N - 1);
	for (size_t i = 0, live = 0; i < N; i++)
		assert_true((live += m[i].live) <= 1);
	free(m);
	free(over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge__equals_the_naive_rule_in_any_order),
	    cmocka_unit_test(
		test_merge__both_sides_of_a_conflict_live_until_both_are_named),
	    cmocka_unit_test(test_merge__equal_values_are_no_conflict),
	    cmocka_unit_test(test_merge__a_missing_value_equals_only_itself),
	    cmocka_unit_test(
		test_merge__what_does_not_count_is_not_live_nor_supersedes),
	    cmocka_unit_test(test_merge__nothing_is_fine),
	    cmocka_unit_test(test_merge__hostile_circles_end),
	    cmocka_unit_test(test_merge__long_chains_take_no_time),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
