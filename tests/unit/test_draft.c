#include "tests/unit/unit.h"

#include "common/op.h"

static const uint8_t made_by[HASH_LEN] = {5, 6, 7};

static json_t *
set_op(const char *field)
{
	return json_pack("{s:s,s:s,s:[s]}", "op", "set", "record",
	    "abcdefghijklmnopqrstuvwxyz", "fields", field);
}

static void
test_draft__what_is_written_reads_back(void **state)
{
	struct draft *d = draft_new(false);
	const uint8_t seen[2][PREFIX_LEN] = {{1}, {2}};
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct head h;
	struct err e;
	json_t *v;

	(void)state;
	assert_int_equal(draft_add(d,
			     json_pack("{s:s,s:s,s:[s]}", "op", "new", "type",
				 "comment", "fields", "text"),
			     json_pack("[s]", "te\tks\n\xc3\xa9")),
	    0);
	assert_int_equal(draft_add(d,
			     json_pack("{s:s,s:s}", "op", "sign", "version",
				 "abcdefghijklmnopqrstuvwxyz"),
			     NULL),
	    1);
	assert_int_equal(draft_count(d), 2);
	assert_int_equal(draft_finish(d, 77, seen, 2, &line, &c, &e), 0);
	assert_false(c.is_signed);
	assert_int_equal(
	    head_parse(c.head, c.head_len, made_by, c.nportions, &h, &e), 0);
	assert_int_equal(h.t, 77);
	assert_false(h.is_act);
	assert_int_equal(h.nseen, 2);
	assert_memory_equal(h.seen, seen, sizeof(seen));
	assert_int_equal(h.ops[0].op, OP_NEW);
	assert_int_equal(h.ops[1].op, OP_SIGN);
	assert_int_equal(
	    portion_values(&c.portions[0], head_portion_count(&h, 0), &v, &e),
	    0);
	assert_string_equal(
	    json_string_value(json_array_get(json_array_get(v, 0), 0)),
	    "te\tks\n\xc3\xa9");
	assert_int_equal(json_array_size(json_array_get(v, 1)), 0);
	json_decref(v);
	head_clear(&h);
	change_clear(&c);
	buf_clear(&line);
	draft_free(d);
}

static void
test_draft__empty_seen_is_left_out(void **state)
{
	struct draft *d = draft_new(true);
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;

	(void)state;
	draft_add(
	    d, json_pack("{s:s,s:s}", "op", "request", "name", "B"), NULL);
	assert_int_equal(draft_finish(d, 1, NULL, 0, &line, &c, &e), 0);
	assert_string_equal(line.data,
	    "\t{\"t\":1,\"kind\":\"act\",\"ops\":[{\"op\":\"request\","
	    "\"name\":\"B\"}]}\t{\"v\":[[]]}");
	change_clear(&c);
	buf_clear(&line);
	draft_free(d);
}

static void
test_draft__personal_values_stand_alone_behind_a_fresh_salt(void **state)
{
	char salts[2][64];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct draft *d = draft_new(false);
		struct buf line = BUF_INIT;
		struct change c = {0};
		struct head h;
		struct err e;
		json_t *v;

		draft_add(d, set_op("title"), json_pack("[s]", "open"));
		draft_add_personal(d, set_op("person"), json_pack("[s]", "me"));
		draft_add_personal(d, set_op("phone"), json_pack("[s]", "7"));
		assert_int_equal(draft_finish(d, 1, NULL, 0, &line, &c, &e), 0);
		assert_int_equal(c.nportions, 3);
		assert_int_equal(head_parse(c.head, c.head_len, made_by,
				     c.nportions, &h, &e),
		    0);
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(h.ops[k].portion, k);
			assert_int_equal(h.ops[k].value, 0);
			assert_int_equal(
			    portion_values(&c.portions[k], 1, &v, &e), 0);
			json_decref(v);
		}
		assert_null(
		    memmem(c.portions[0].p, c.portions[0].len, "salt", 4));
		assert_memory_equal(c.portions[1].p, "{\"salt\":\"", 9);
		assert_memory_equal(c.portions[1].p + 9 + 24, "\",", 2);
		memcpy(salts[i], c.portions[1].p, 40);
		assert_memory_not_equal(
		    c.portions[1].p + 9, c.portions[2].p + 9, 24);
		head_clear(&h);
		change_clear(&c);
		buf_clear(&line);
		draft_free(d);
	}
	assert_memory_not_equal(salts[0], salts[1], 40);
}

/* What cannot be written leaves the line as it was and tells the user. */
static void
refused(struct draft *d, const char *why)
{
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;

	buf_adds(&line, "before");
	assert_int_equal(draft_finish(d, 1, NULL, 0, &line, &c, &e), -1);
	assert_int_equal(e.code, ERR_INPUT);
	assert_non_null(strstr(e.msg, why));
	assert_string_equal(line.data, "before");
	assert_int_equal(line.len, 6);
	assert_null(c.portions);
	buf_clear(&line);
	draft_free(d);
}

static void
test_draft__nothing_is_refused(void **state)
{
	(void)state;
	refused(draft_new(false), "nothing to change");
}

/* A draft whose text has n bytes. */
static struct draft *
long_draft(size_t n)
{
	struct draft *d = draft_new(false);
	char *text = malloc(n);

	memset(text, 'x', n);
	draft_add(d, set_op("text"), json_pack("[o]", json_stringn(text, n)));
	free(text);
	return d;
}

/* The length of the line with its signature and LF. */
static size_t
line_length(size_t text)
{
	struct draft *d = long_draft(text);
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;
	size_t n;

	assert_int_equal(draft_finish(d, 1, NULL, 0, &line, &c, &e), 0);
	n = 88 + line.len + 1;
	change_clear(&c);
	buf_clear(&line);
	draft_free(d);
	return n;
}

static void
test_draft__the_limit_is_what_we_write(void **state)
{
	size_t most = CHANGE_WRITE_MAX - line_length(1) + 1;

	(void)state;
	assert_int_equal(line_length(most), CHANGE_WRITE_MAX);
	refused(long_draft(most + 1), "too long");
}

static void
test_draft__what_could_not_be_read_is_refused(void **state)
{
	struct draft *d = draft_new(false);
	json_t *deep = json_array();

	(void)state;
	draft_add(d, set_op("text"), json_pack("[o]", json_stringn("a\0b", 3)));
	refused(d, "escaped NUL");
	d = draft_new(false);
	draft_add(d, set_op("text"), json_pack("[f]", 1.5));
	refused(d, "not a plain integer");
	d = draft_new(false);
	draft_add(d, set_op("text"), json_pack("[I]", (json_int_t)1 << 53));
	refused(d, "too large");
	for (int i = 0; i < 16; i++)
		deep = json_pack("[o]", deep);
	d = draft_new(false);
	draft_add(d, set_op("text"), deep);
	refused(d, "too deep");
	d = draft_new(false);
	draft_add(d, json_pack("{s:s,s:f}", "op", "set", "x", 0.5), NULL);
	refused(d, "not a plain integer");
}

static void
test_draft__operations_and_portions_are_capped(void **state)
{
	struct draft *d = draft_new(false);

	(void)state;
	for (int i = 0; i <= OPS_MAX; i++)
		draft_add(d, json_pack("{s:s}", "op", "x"), NULL);
	refused(d, "split it");
	d = draft_new(false);
	for (int i = 0; i < CHANGE_PORTIONS_MAX; i++)
		draft_add_personal(d, json_pack("{s:s}", "op", "x"), NULL);
	refused(d, "split it");
}

static int
setup(void **state)
{
	(void)state;
	crypto_setup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_draft__what_is_written_reads_back),
	    cmocka_unit_test(test_draft__empty_seen_is_left_out),
	    cmocka_unit_test(
		test_draft__personal_values_stand_alone_behind_a_fresh_salt),
	    cmocka_unit_test(test_draft__nothing_is_refused),
	    cmocka_unit_test(test_draft__the_limit_is_what_we_write),
	    cmocka_unit_test(test_draft__what_could_not_be_read_is_refused),
	    cmocka_unit_test(test_draft__operations_and_portions_are_capped),
	};

	return cmocka_run_group_tests_name("draft", tests, setup, NULL);
}
