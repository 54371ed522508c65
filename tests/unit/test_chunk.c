/* A blob read in chunks (daemon/gate_chunk.c). */
#include "tests/unit/forger.h"

#include "daemon/gate_chunk.h"

#define LINES 12

/* A blob of lines whose heads hold so many empty objects. */
static void
write_lines(size_t objects, struct buf *blob)
{
	static const uint8_t w[HASH_LEN] = {7};
	struct forger f;
	struct buf head = BUF_INIT;
	uint8_t id[HASH_LEN];

	author_init(&f.a, 9, w);
	buf_adds(&head, "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":[{}");
	for (size_t i = 1; i < objects; i++)
		buf_adds(&head, ",{}");
	buf_adds(&head, "]}");
	forger_open(&f, blob);
	for (size_t i = 0; i < LINES; i++)
		forger_write(&f, head.data, "{\"v\":[]}", blob, id);
	buf_clear(&head);
	forger_clear(&f);
}

/* How many lines the largest chunk holds. */
static size_t
largest(const struct buf *blob)
{
	static const uint8_t w[HASH_LEN] = {7};
	struct chunk_reader r;
	struct chunk c = {0};
	size_t all = 0, most = 0;

	chunk_reader_init(&r, blob->data, blob->len, w);
	while (chunk_next(&r, &c)) {
		all += c.n;
		if (c.n > most)
			most = c.n;
	}
	assert_int_equal(all, LINES);
	chunk_reader_clear(&r);
	chunk_clear(&c);
	return most;
}

/* 90 KB of a head become 7 MB when it is parsed. */
static void
test_chunk__heads_that_grow_when_parsed_are_few(void **state)
{
	struct buf blob = BUF_INIT;

	(void)state;
	write_lines(30000, &blob);
	assert_int_equal(largest(&blob), 1);
	buf_reset(&blob);
	write_lines(10, &blob);
	assert_int_equal(largest(&blob), LINES);
	buf_clear(&blob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chunk__heads_that_grow_when_parsed_are_few),
	};

	return cmocka_run_group_tests_name("chunk", tests, NULL, NULL);
}
