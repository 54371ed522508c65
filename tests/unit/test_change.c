#include "tests/unit/unit.h"

#include "common/change.h"
#include "common/op.h"
#include "common/segment.h"

struct world {
	struct secret *secret;
	uint8_t w[HASH_LEN];
	struct change_place at;
	uint8_t previous[1][HASH_LEN];
};

static int
setup(void **state)
{
	static struct world world;
	uint8_t seed[SEED_LEN];

	crypto_setup();
	memset(seed, 7, sizeof(seed));
	world.secret = secret_from_seed(seed);
	memset(world.w, 0xab, HASH_LEN);
	memcpy(world.at.coalition, world.w, HASH_LEN);
	secret_public(world.secret, world.at.key);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	secret_free(((struct world *)*state)->secret);
	return 0;
}

/* A signed line (without LF) that makes a record of type "comment". */
static void
make_line(struct world *w, int64_t t, struct buf *line)
{
	struct draft *d = draft_new(false);
	struct buf raw = BUF_INIT;
	struct change c = {0};
	struct err e;

	draft_add(d,
	    json_pack("{s:s,s:s,s:[s]}", "op", "new", "type", "comment",
		"fields", "text"),
	    json_pack("[s]", "teks"));
	assert_int_equal(draft_finish(d, t, NULL, 0, &raw, &c, &e), 0);
	change_sign(&w->at, &c, w->secret);
	change_join(&c, true, line);
	line->data[--line->len] = '\0'; /* without LF */
	change_clear(&c);
	buf_clear(&raw);
	draft_free(d);
}

static void
test_change__a_signed_line_verifies(void **state)
{
	struct world *w = *state;
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;

	make_line(w, 1000, &line);
	assert_int_equal(change_split(line.data, line.len, &c, &e), 0);
	assert_true(change_verify(&w->at, &c));
	change_clear(&c);
	buf_clear(&line);
}

static void
test_change__every_flipped_bit_is_refused(void **state)
{
	struct world *w = *state;
	struct buf line = BUF_INIT;
	struct err e;

	make_line(w, 1000, &line);
	for (size_t bit = 0; bit < line.len * 8; bit++) {
		struct change c = {0};
		char mask = (char)(1 << (bit % 8));

		line.data[bit / 8] = (char)(line.data[bit / 8] ^ mask);
		if (change_split(line.data, line.len, &c, &e) == 0)
			assert_false(change_verify(&w->at, &c));
		change_clear(&c);
		line.data[bit / 8] = (char)(line.data[bit / 8] ^ mask);
	}
	buf_clear(&line);
}

static void
test_change__place_is_part_of_what_is_signed(void **state)
{
	struct world *w = *state;
	struct change_place other = w->at;
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;

	make_line(w, 1000, &line);
	assert_int_equal(change_split(line.data, line.len, &c, &e), 0);
	other.coalition[0] ^= 1;
	assert_false(change_verify(&other, &c));
	other = w->at;
	other.previous = w->previous;
	other.nprevious = 1;
	assert_false(change_verify(&other, &c));
	other = w->at;
	other.is_genesis = true;
	assert_false(change_verify(&other, &c));
	change_clear(&c);
	buf_clear(&line);
}

/* Adds the group order to S: OpenSSH 9.2 accepts it, we must not. */
static void
test_change__a_malleated_signature_is_refused(void **state)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
	    0x14, [31] = 0x10};
	struct world *w = *state;
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;
	unsigned carry = 0;

	make_line(w, 1000, &line);
	assert_int_equal(change_split(line.data, line.len, &c, &e), 0);
	for (int i = 0; i < 32; i++) {
		carry += (unsigned)c.sig[32 + i] + order[i];
		c.sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(change_verify(&w->at, &c));
	change_clear(&c);
	buf_clear(&line);
}

static void
test_change__bad_lines_are_refused(void **state)
{
	static const char *const bad[] = {"", "\t", "x\t{}\t{}", "\t{}",
	    "\t{}\t", "\t[\t{}", "\t{\"a\":1.5}\t{}", "\t{\"a\":01}\t{}",
	    "\t{\"a\":-0}\t{}", "\t{\"a\":9007199254740992}\t{}",
	    "\t{\"a\":\"\\u0000\"}\t{}", "\t{\"a\":\"\\ud800\"}\t{}",
	    "\t{\"a\":\"\xc0\x80\"}\t{}", "\t{\"a\":\"\x01\"}\t{}",
	    "\t{} x\t{}", "\t[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\t{}"};
	struct change c = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    change_split(bad[i], strlen(bad[i]), &c, &e), -1);
	change_clear(&c);
}

static void
test_change__one_line_of_brackets_is_refused_before_parsing(void **state)
{
	struct buf b = BUF_INIT;
	struct change c = {0};
	struct err e;

	(void)state;
	buf_adds(&b, "\t[");
	for (int i = 0; i < 300000; i++)
		buf_adds(&b, "{},");
	buf_adds(&b, "{}]\t{}");
	assert_int_equal(change_split(b.data, b.len, &c, &e), -1);
	assert_non_null(strstr(e.msg, "too many parts"));
	buf_clear(&b);
}

/* Writes n changes of one log as a blob, and counts those that carry their
 * signature when read back. */
static void
test_segment__interior_signatures_are_left_out(void **state)
{
	struct world *w = *state;
	struct change_place at = w->at;
	struct buf blob = BUF_INIT;
	struct segment_writer sw;
	struct segment_reader r;
	size_t total = 0, with_sig = 0;

	segment_writer_init(&sw, &blob, w->w);
	for (int i = 0; i < 70; i++) {
		struct buf line = BUF_INIT;
		struct change c = {0};
		uint8_t id[HASH_LEN];
		struct err e;

		w->at = at;
		make_line(w, 1000 + i, &line);
		assert_int_equal(change_split(line.data, line.len, &c, &e), 0);
		change_id(&at, &c, id);
		segment_writer_add(&sw, &at, id, &c, false);
		memcpy(w->previous[0], id, HASH_LEN);
		at.previous = w->previous;
		at.nprevious = 1;
		change_clear(&c);
		buf_clear(&line);
	}
	segment_writer_end(&sw);
	segment_writer_clear(&sw);
	segment_reader_init(&r, blob.data, blob.len);
	while (segment_next(&r)) {
		assert_int_equal(r.is_first, total == 0);
		total++;
		if (!r.change.is_signed)
			continue;
		with_sig++;
		assert_true(change_verify(&r.place, &r.change));
	}
	assert_int_equal(r.bad, 0);
	assert_int_equal(total, 70);
	assert_int_equal(with_sig, 3); /* the 32nd, the 64th, the last */
	segment_reader_clear(&r);
	buf_clear(&blob);
	w->at.previous = NULL;
	w->at.nprevious = 0;
}

static void
test_segment__a_bad_line_spoils_its_segment_only(void **state)
{
	struct world *w = *state;
	struct buf blob = BUF_INIT, line = BUF_INIT;
	char hex[HEX_SIZE], key[KEY_SIZE];
	struct segment_reader r;
	size_t n = 0;

	make_line(w, 1000, &line);
	text_hex(w->w, HASH_LEN, hex);
	ident_key(w->at.key, key);
	buf_printf(&blob, "mufakat 1\t%s\t%s\t\n%s\nbroken\n%s\n", hex, key,
	    line.data, line.data);
	buf_printf(&blob, "mufakat 1\t%s\t%s\t\n%s\n", hex, key, line.data);
	buf_printf(&blob, "mufakat 1\t%s\t%s\t\n%s", hex, key, line.data);
	segment_reader_init(&r, blob.data, blob.len);
	while (segment_next(&r))
		n++;
	assert_int_equal(n, 2);
	assert_int_equal(r.bad, 1);
	segment_reader_clear(&r);
	buf_clear(&blob);
	buf_clear(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_change__a_signed_line_verifies),
	    cmocka_unit_test(test_change__every_flipped_bit_is_refused),
	    cmocka_unit_test(test_change__place_is_part_of_what_is_signed),
	    cmocka_unit_test(test_change__a_malleated_signature_is_refused),
	    cmocka_unit_test(test_change__bad_lines_are_refused),
	    cmocka_unit_test(
		test_change__one_line_of_brackets_is_refused_before_parsing),
	    cmocka_unit_test(test_segment__interior_signatures_are_left_out),
	    cmocka_unit_test(test_segment__a_bad_line_spoils_its_segment_only),
	};

	return cmocka_run_group_tests_name("change", tests, setup, teardown);
}
