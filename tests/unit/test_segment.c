#include "tests/unit/unit.h"

#include "common/segment.h"
#include "tests/author.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint8_t w[HASH_LEN] = {0xab, 0xcd};

/* Writes the author's next change into a segment writer; "keep" false drops
 * its signature first. */
static void
add(struct segment_writer *sw, struct author *a, bool keep, bool weighty,
    uint8_t ret_id[static HASH_LEN])
{
	struct author before = *a;
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e;

	before.at.previous = before.previous;
	author_write(a, author_comment("teks"), &line, ret_id);
	assert_int_equal(change_split(line.data, line.len, &c, &e), 0);
	c.is_signed = keep;
	segment_writer_add(sw, &before.at, ret_id, &c, weighty);
	change_clear(&c);
	buf_clear(&line);
}

/* Reads a blob: a string with, for each change, "s" or "u" (signed or not),
 * a space before the first one of each segment, "G" before a genesis. */
static void
read_all(const struct buf *blob, char *ret, size_t *ret_bad)
{
	struct segment_reader r;

	segment_reader_init(&r, blob->data, blob->len);
	while (segment_next(&r)) {
		if (r.is_first)
			*ret++ = ' ';
		if (r.place.is_genesis)
			*ret++ = 'G';
		*ret++ = r.change.is_signed ? 's' : 'u';
		if (r.change.is_signed)
			assert_true(change_verify(&r.place, &r.change));
	}
	*ret = '\0';
	*ret_bad = r.bad;
	segment_reader_clear(&r);
}

static void
assert_reads(const struct buf *blob, const char *want, size_t bad)
{
	char got[512];
	size_t n;

	read_all(blob, got, &n);
	assert_string_equal(got, want);
	assert_int_equal(n, bad);
}

static void
test_segment__interior_signatures_are_left_out(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_writer sw;
	struct author a;
	uint8_t id[HASH_LEN];

	(void)state;
	author_init(&a, 7, w);
	segment_writer_init(&sw, &blob, w);
	for (int i = 0; i < 70; i++)
		add(&sw, &a, true, false, id);
	segment_writer_end(&sw);
	assert_reads(&blob,
	    " uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuus"
	    "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuus"
	    "uuuuus",
	    0);
	segment_writer_clear(&sw);
	buf_clear(&blob);
	author_clear(&a);
}

static void
test_segment__weighty_changes_keep_their_signature(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_writer sw;
	struct author a;
	uint8_t id[HASH_LEN];

	(void)state;
	author_init(&a, 7, w);
	segment_writer_init(&sw, &blob, w);
	add(&sw, &a, true, true, id);
	add(&sw, &a, true, false, id);
	add(&sw, &a, true, true, id);
	for (int i = 0; i < 32; i++)
		add(&sw, &a, true, false, id);
	add(&sw, &a, true, false, id);
	segment_writer_end(&sw);
	assert_reads(&blob, " susuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuss", 0);
	segment_writer_clear(&sw);
	buf_clear(&blob);
	author_clear(&a);
}

/* A relay may hold interior changes without signature: the next one that has
 * one carries it, as 31 or more came before. */
static void
test_segment__a_missing_signature_is_made_up_for_by_the_next(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_writer sw;
	struct author a;
	uint8_t id[HASH_LEN];

	(void)state;
	author_init(&a, 7, w);
	segment_writer_init(&sw, &blob, w);
	for (int i = 0; i < 33; i++)
		add(&sw, &a, false, false, id);
	for (int i = 0; i < 3; i++)
		add(&sw, &a, true, false, id);
	segment_writer_end(&sw);
	assert_reads(&blob, " uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuusus", 0);
	segment_writer_clear(&sw);
	buf_clear(&blob);
	author_clear(&a);
}

static void
test_segment__forks_merges_and_other_keys_start_a_segment(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_writer sw;
	struct author a, b;
	uint8_t root[HASH_LEN], left[HASH_LEN], right[HASH_LEN];
	bool order;

	(void)state;
	author_init(&a, 7, w);
	author_init(&b, 8, w);
	segment_writer_init(&sw, &blob, w);
	add(&sw, &a, true, false, root);
	add(&sw, &a, true, false, left);
	author_follow(&a, root); /* a restored backup goes on from here */
	add(&sw, &a, true, false, right);
	order = memcmp(left, right, HASH_LEN) < 0;
	memcpy(a.previous[0], order ? left : right, HASH_LEN);
	memcpy(a.previous[1], order ? right : left, HASH_LEN);
	a.at.nprevious = 2;
	add(&sw, &a, true, false, left);
	add(&sw, &b, true, false, root);
	add(&sw, &b, true, false, root);
	segment_writer_end(&sw);
	add(&sw, &b, true, false, root);
	assert_int_equal(segment_writer_size(&sw), blob.len + sw.pending.len);
	segment_writer_end(&sw);
	assert_int_equal(segment_writer_size(&sw), blob.len);
	assert_reads(&blob, " us s s us s", 0);
	segment_writer_clear(&sw);
	buf_clear(&blob);
	author_clear(&a);
	author_clear(&b);
}

/* Two segments of three changes each, of two keys. */
static void
two_segments(struct buf *blob)
{
	struct segment_writer sw;
	struct author a, b;
	uint8_t id[HASH_LEN];

	author_init(&a, 7, w);
	author_init(&b, 8, w);
	segment_writer_init(&sw, blob, w);
	for (int i = 0; i < 3; i++)
		add(&sw, &a, true, true, id);
	for (int i = 0; i < 3; i++)
		add(&sw, &b, true, true, id);
	segment_writer_end(&sw);
	segment_writer_clear(&sw);
	author_clear(&a);
	author_clear(&b);
}

static void
test_segment__reading_gives_places_and_ids(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_reader r;
	uint8_t last[HASH_LEN], id[HASH_LEN];
	size_t n = 0;

	(void)state;
	two_segments(&blob);
	segment_reader_init(&r, blob.data, blob.len);
	for (; segment_next(&r); n++) {
		assert_memory_equal(r.place.coalition, w, HASH_LEN);
		assert_int_equal(r.is_first, n % 3 == 0);
		assert_int_equal(r.place.nprevious, n % 3 == 0 ? 0 : 1);
		if (n % 3 != 0)
			assert_memory_equal(
			    r.place.previous[0], last, HASH_LEN);
		change_id(&r.place, &r.change, id);
		assert_memory_equal(id, r.id, HASH_LEN);
		assert_int_equal(r.line[r.line_len], '\n');
		memcpy(last, r.id, HASH_LEN);
	}
	assert_int_equal(n, 6);
	segment_reader_clear(&r);
	buf_clear(&blob);
}

/* The start of line n (from 0) of a blob. */
static char *
line_at(struct buf *blob, int n)
{
	char *p = blob->data;

	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	return p;
}

static void
test_segment__a_bad_line_spoils_its_segment_only(void **state)
{
	struct buf blob = BUF_INIT;

	(void)state;
	two_segments(&blob);
	assert_reads(&blob, " sss sss", 0);
	*line_at(&blob, 2) = '!'; /* in the base64 of the second signature */
	assert_reads(&blob, " s sss", 1);
	*line_at(&blob, 0) = 'M'; /* now no segment, but a line before any */
	assert_reads(&blob, " sss", 1);
	*line_at(&blob, 4) = 'M'; /* unusable as a change line too */
	assert_reads(&blob, "", 1);
	buf_clear(&blob);
}

static void
test_segment__the_caller_can_spoil_a_segment(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_reader r;
	struct err e;
	size_t n = 0;

	(void)state;
	two_segments(&blob);
	segment_reader_init(&r, blob.data, blob.len);
	err_set(&e, ERR_UNTRUSTED, "bad head");
	for (; segment_next(&r); n++)
		if (n == 1)
			segment_reader_spoil(&r, &e);
	assert_int_equal(n, 5);
	assert_int_equal(r.bad, 1);
	assert_string_equal(r.why.msg, "bad head");
	segment_reader_clear(&r);
	buf_clear(&blob);
}

/* A blob cut anywhere gives the whole changes before the cut. */
static void
test_segment__an_unterminated_line_is_ignored(void **state)
{
	struct buf blob = BUF_INIT;
	size_t lines = 0;

	(void)state;
	two_segments(&blob);
	for (size_t n = 0; n < blob.len; n++) {
		char *s = malloc(n > 0 ? n : 1);
		struct segment_reader r;
		size_t count = 0;

		memcpy(s, blob.data, n);
		segment_reader_init(&r, s, n);
		while (segment_next(&r))
			count++;
		assert_int_equal(r.bad, 0);
		/* of the lines so far, one or two are openings */
		assert_int_equal(
		    count, lines - (lines > 0 ? 1 : 0) - (lines > 4 ? 1 : 0));
		segment_reader_clear(&r);
		free(s);
		lines += blob.data[n] == '\n';
	}
	buf_clear(&blob);
}

static void
test_segment__another_coalition_is_given_as_is(void **state)
{
	struct buf blob = BUF_INIT;
	struct segment_reader r;
	char *s;

	(void)state;
	two_segments(&blob);
	s = blob.data + strlen("mufakat 1\t");
	*s = *s == '0' ? '1' : '0';
	segment_reader_init(&r, blob.data, blob.len);
	assert_true(segment_next(&r));
	assert_memory_not_equal(r.place.coalition, w, HASH_LEN);
	assert_false(change_verify(&r.place, &r.change));
	segment_reader_clear(&r);
	buf_clear(&blob);
}

static void
test_segment__openings_are_read_strictly(void **state)
{
	char hex[HEX_SIZE], high[HEX_SIZE], key[KEY_SIZE];
	struct author a;
	struct buf blob = BUF_INIT;
	static const char *const bad[] = {"mufakat 1\t", "mufakat 1\t%w\t",
	    "mufakat 1\t%w\t%k", "mufakat 1\t%w\t%k ", "mufakat 1\t%w %k\t",
	    "mufakat 1\t%w\t%k\t ", "mufakat 1\t%w\t%k\t%w ",
	    "mufakat 1\t%w\t%k\t %w", "mufakat 1\t%w\t%k\t%w\t",
	    "mufakat 1\t%w\t%k\t%w  %h", "mufakat 1\t%w\t%k\t%h %w",
	    "mufakat 1\t%w\t%k\t%w %w", "mufakat 1\t%w\t%k\t%w,%h",
	    "mufakat 1\t%w\t%k\t0", "mufakat 1\tgenesis\t%k\t",
	    "mufakat 1\t%k\t%w\t", "mufakat 1\t%w\t%k\t\r",
	    "mufakat "
	    "1\t%w\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "\t"};
	static const char *const good[] = {"mufakat 1\t%w\t%k\t",
	    "mufakat 1\t%w\t%k\t%w", "mufakat 1\t%w\t%k\t%w %h"};

	(void)state;
	author_init(&a, 7, w);
	text_hex(w, HASH_LEN, hex);
	memset(high, 'f', sizeof(high) - 1);
	high[HEX_SIZE - 1] = '\0';
	ident_key(a.at.key, key);
	for (size_t i = 0; i < COUNT(bad) + COUNT(good); i++) {
		bool is_bad = i < COUNT(bad);
		const char *p = is_bad ? bad[i] : good[i - COUNT(bad)];

		buf_reset(&blob);
		for (; *p != '\0'; p++) {
			if (*p != '%')
				buf_addc(&blob, *p);
			else
				buf_adds(&blob, *++p == 'w' ? hex
						: *p == 'h' ? high
							    : key);
		}
		buf_adds(&blob, "\n\t{}\t{}\n\t{}\t{}\n");
		assert_reads(&blob, is_bad ? "" : " uu", is_bad ? 1 : 0);
	}
	author_clear(&a);
	buf_clear(&blob);
}

/* A key that was good once is not asked again; another one is. */
static void
test_segment__a_weak_key_after_a_good_one_is_refused(void **state)
{
	char hex[HEX_SIZE], key[KEY_SIZE], weak[KEY_SIZE];
	struct author a;
	struct buf blob = BUF_INIT;

	(void)state;
	author_init(&a, 7, w);
	text_hex(w, HASH_LEN, hex);
	ident_key(a.at.key, key);
	memset(weak, 'a', KEY_CHARS);
	weak[KEY_CHARS] = '\0';
	for (int i = 0; i < 5; i++)
		buf_printf(&blob, "mufakat 1\t%s\t%s\t\n\t{}\t{}\n", hex,
		    i % 2 == 1 ? weak : key);
	assert_reads(&blob, " u u u", 2);
	author_clear(&a);
	buf_clear(&blob);
}

static void
test_segment__previous_ids_end_at_sixteen(void **state)
{
	char hex[HEX_SIZE], key[KEY_SIZE];
	struct author a;
	struct buf blob = BUF_INIT;

	(void)state;
	author_init(&a, 7, w);
	ident_key(a.at.key, key);
	for (int n = 16; n <= 17; n++) {
		text_hex(w, HASH_LEN, hex);
		buf_reset(&blob);
		buf_printf(&blob, "mufakat 1\t%s\t%s\t", hex, key);
		for (int i = 0; i < n; i++)
			buf_printf(&blob, "%s%064x", i > 0 ? " " : "", i);
		buf_adds(&blob, "\n\t{}\t{}\n");
		assert_reads(&blob, n == 16 ? " u" : "", n == 16 ? 0 : 1);
	}
	author_clear(&a);
	buf_clear(&blob);
}

static void
test_segment__a_genesis_is_known_by_its_id(void **state)
{
	struct author a;
	struct buf blob = BUF_INIT;
	struct change c = {0};
	struct change_place at;
	char hex[HEX_SIZE], key[KEY_SIZE];
	uint8_t id[HASH_LEN];
	struct err e;

	(void)state;
	author_init(&a, 7, w);
	at = a.at;
	at.is_genesis = true;
	assert_int_equal(change_split("\t{}\t{}", 6, &c, &e), 0);
	change_id(&at, &c, id);
	text_hex(id, HASH_LEN, hex);
	ident_key(a.at.key, key);
	buf_printf(
	    &blob, "mufakat 1\t%s\t%s\t\n\t{}\t{}\n\t{}\t{}\n", hex, key);
	assert_reads(&blob, " Guu", 0);
	change_clear(&c);
	buf_clear(&blob);
	author_clear(&a);
}

static void
test_segment__acts_versions_signs_and_erasures_are_weighty(void **state)
{
	static const struct {
		const char *head;
		bool weighty;
	} rows[] = {
	    {"{\"t\":1,\"kind\":\"act\",\"ops\":[{\"op\":\"x\"}]}", true},
	    {"{\"t\":1,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	     "\"type\":\"a\"}]}",
		false},
	    {"{\"t\":1,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	     "\"type\":\"a\"},{\"op\":\"version\",\"record\":{\"@\":0},"
	     "\"rule\":1,\"of\":[]}]}",
		true},
	    {"{\"t\":1,\"kind\":\"edit\",\"ops\":[{\"op\":\"sign\","
	     "\"version\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
		true},
	    {"{\"t\":1,\"kind\":\"edit\",\"ops\":[{\"op\":\"erase\","
	     "\"change\":\"00000000000000000000000000000000"
	     "00000000000000000000000000000000\",\"portion\":0}]}",
		true},
	};
	static const uint8_t id[HASH_LEN];
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct head h;

		assert_int_equal(head_parse(rows[i].head, strlen(rows[i].head),
				     id, 1, &h, &e),
		    0);
		assert_int_equal(head_is_weighty(&h), rows[i].weighty);
		head_clear(&h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_segment__interior_signatures_are_left_out),
	    cmocka_unit_test(
		test_segment__weighty_changes_keep_their_signature),
	    cmocka_unit_test(
		test_segment__a_missing_signature_is_made_up_for_by_the_next),
	    cmocka_unit_test(
		test_segment__forks_merges_and_other_keys_start_a_segment),
	    cmocka_unit_test(test_segment__reading_gives_places_and_ids),
	    cmocka_unit_test(test_segment__a_bad_line_spoils_its_segment_only),
	    cmocka_unit_test(test_segment__the_caller_can_spoil_a_segment),
	    cmocka_unit_test(test_segment__an_unterminated_line_is_ignored),
	    cmocka_unit_test(test_segment__another_coalition_is_given_as_is),
	    cmocka_unit_test(test_segment__openings_are_read_strictly),
	    cmocka_unit_test(
		test_segment__a_weak_key_after_a_good_one_is_refused),
	    cmocka_unit_test(test_segment__previous_ids_end_at_sixteen),
	    cmocka_unit_test(test_segment__a_genesis_is_known_by_its_id),
	    cmocka_unit_test(
		test_segment__acts_versions_signs_and_erasures_are_weighty),
	};

	return cmocka_run_group_tests_name("segment", tests, NULL, NULL);
}
