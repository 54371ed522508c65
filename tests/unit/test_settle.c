/* What is said to be at a remote, by the copies that it gave. */
#include "tests/unit/gate_pair.h"

/* a holds all that b wrote; remotes 1 and 2 of a are to be read. */
struct fix {
	struct branch a, b;
	struct gate_remote from;
	char rec[ID_SIZE];
	uint8_t change[HASH_LEN];
	int64_t log; /* of b, at b */
};

static void
make(struct fix *f)
{
	char name[KEY_SIZE];
	struct err e = {0};

	memset(f, 0, sizeof(*f));
	pair_make(&f->a, &f->b);
	branch_new(&f->b, "group", "theme", "Precious", f->rec, f->change);
	f->log = own_info(&f->b).log;
	OK(remote_add(gate_store(f->a.g), "hub", "/tmp/hub", &e));
	OK(remote_add(gate_store(f->a.g), "stick", "/tmp/stick", &e));
	branch_log_name(&f->b, name);
	memcpy(f->from.id, name, ID_SIZE);
	f->from.n = 1;
}

static void
unmake(struct fix *f)
{
	pairs_clear(&f->from.thin);
	pair_remove(&f->a, &f->b);
}

/* How many changes of b the remote is not said to have. */
static int64_t
lacks(struct fix *f, int64_t remote)
{
	int64_t n, since;
	struct err e = {0};

	OK(remote_waiting(gate_store(f->a.g), remote, &n, &since, &e));
	return n - own_info(&f->a).changes;
}

static void
read_copy(struct fix *f, const struct buf *b)
{
	struct gate_taken t;
	struct err e = {0};

	OK(gate_take(f->a.g, &f->from, b->data, b->len, &t, &e));
}

static void
settle(struct fix *f)
{
	struct err e = {0};

	OK(gate_settle(f->a.g, &f->from, &e));
	assert_int_equal(f->from.thin.n, 0);
}

/* All of the log of b as a blob, without signatures. */
static void
unsigned_lines(struct fix *f, struct buf *ret)
{
	struct lines l;

	lines_read(&l, &f->b, f->log, 0);
	buf_add(ret, l.blob.data, l.at[1]);
	for (size_t i = 1; i < l.n; i++) {
		const char *line = l.blob.data + l.at[i];
		size_t sig = strcspn(line, "\t");

		buf_add(ret, line + sig, l.at[i + 1] - l.at[i] - sig);
	}
	lines_clear(&l);
}

static void
test_settle__a_hash_is_no_copy_of_a_text(void **state)
{
	struct buf whole = BUF_INIT, thin = BUF_INIT;
	struct fix f;

	(void)state;
	make(&f);
	branch_export_log(&f.b, f.log, 0, &whole);
	branch_send(&f.b, &f.a);
	/* as a host could: erased there, and nobody said so */
	branch_erase(&f.b, f.change, 0);
	branch_export_log(&f.b, f.log, 0, &thin);
	thin.len = (size_t)((char *)memrchr(thin.data, '\n', thin.len - 1) -
			    thin.data) +
		   1;
	read_copy(&f, &thin);
	assert_int_equal(f.from.thin.n, 1);
	settle(&f);
	assert_int_equal(lacks(&f, 1), 1);
	read_copy(&f, &whole);
	settle(&f);
	assert_int_equal(lacks(&f, 1), 0);
	buf_clear(&whole);
	buf_clear(&thin);
	unmake(&f);
}

static void
test_settle__what_was_erased_is_not_missed(void **state)
{
	struct buf thin = BUF_INIT;
	struct fix f;

	(void)state;
	make(&f);
	branch_send(&f.b, &f.a);
	branch_erase(&f.b, f.change, 0);
	branch_export_log(&f.b, f.log, 0, &thin);
	read_copy(&f, &thin); /* the erasure comes behind */
	assert_int_equal(f.from.thin.n, 1);
	settle(&f);
	assert_int_equal(lacks(&f, 1), 0);
	buf_clear(&thin);
	unmake(&f);
}

static void
test_settle__something_signed_speaks_for_what_is_before_it(void **state)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct fix f;
	char rec[ID_SIZE];
	int64_t held, last;
	struct err e = {0};

	(void)state;
	make(&f);
	held = own_info(&f.b).changes;
	OK(log_last(gate_store(f.b.g), &last, &e));
	unsigned_lines(&f, &first);
	branch_new(&f.b, "group", "theme", "Another", rec, NULL);
	branch_export_log(&f.b, f.log, last, &second);
	branch_send(&f.b, &f.a);
	read_copy(&f, &first);
	assert_int_equal(f.from.thin.n, held);
	settle(&f);
	assert_int_equal(lacks(&f, 1), held + 1);
	read_copy(&f, &second);
	read_copy(&f, &first);
	settle(&f);
	assert_int_equal(lacks(&f, 1), 0);
	buf_clear(&first);
	buf_clear(&second);
	unmake(&f);
}

static void
test_settle__what_one_remote_heals_others_are_not_known_to_have(void **state)
{
	struct buf whole = BUF_INIT, thin = BUF_INIT;
	struct fix f;

	(void)state;
	make(&f);
	branch_export_log(&f.b, f.log, 0, &whole);
	branch_erase(&f.b, f.change, 0);
	branch_export_log(&f.b, f.log, 0, &thin);
	thin.len = (size_t)((char *)memrchr(thin.data, '\n', thin.len - 1) -
			    thin.data) +
		   1;
	read_copy(&f, &thin); /* as much as is here */
	settle(&f);
	assert_int_equal(lacks(&f, 1), 0);
	f.from.n = 2;
	read_copy(&f, &whole);
	settle(&f);
	assert_shows(&f.a, f.rec, "theme", "Precious");
	assert_int_equal(lacks(&f, 2), 0);
	assert_int_equal(lacks(&f, 1), 1);
	buf_clear(&whole);
	buf_clear(&thin);
	unmake(&f);
}

#define T(name) cmocka_unit_test(test_settle__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_hash_is_no_copy_of_a_text),
	    T(what_was_erased_is_not_missed),
	    T(something_signed_speaks_for_what_is_before_it),
	    T(what_one_remote_heals_others_are_not_known_to_have),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
