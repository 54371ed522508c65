#include "tests/unit/unit.h"

#include "common/change.h"
#include "common/sshsig.h"
#include "tests/author.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint8_t w[HASH_LEN] = {0xab, 0xcd};

struct fixture {
	struct author author;
	struct change_place at; /* where the line below stands */
	uint8_t id[HASH_LEN];
	struct buf line;
	struct change c;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e;

	author_init(&f->author, 7, w);
	f->at = f->author.at;
	author_write(&f->author, author_comment("teks"), &f->line, f->id);
	f->at.nprevious = 0;
	if (change_split(f->line.data, f->line.len, &f->c, &e) == -1)
		return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	author_clear(&f->author);
	change_clear(&f->c);
	buf_clear(&f->line);
	free(f);
	return 0;
}

static void
test_change__a_signed_line_verifies(void **state)
{
	struct fixture *f = *state;
	uint8_t id[HASH_LEN];

	assert_true(f->c.is_signed);
	assert_int_equal(f->c.nportions, 1);
	change_id(&f->at, &f->c, id);
	assert_memory_equal(id, f->id, HASH_LEN);
	assert_true(change_verify(&f->at, &f->c));
}

static void
test_change__the_message_is_as_documented(void **state)
{
	struct fixture *f = *state;
	struct buf want = BUF_INIT, got = BUF_INIT;
	char hex[HEX_SIZE], key[KEY_SIZE];
	uint8_t hash[HASH_LEN], id[HASH_LEN];
	uint8_t previous[2][HASH_LEN] = {{1}, {2}};
	struct change_place at = f->at;

	at.previous = previous;
	at.nprevious = 2;
	text_hex(w, HASH_LEN, hex);
	ident_key(at.key, key);
	buf_printf(&want, "mufakat 1\n%s\n%s\n", hex, key);
	text_hex(previous[0], HASH_LEN, hex);
	buf_printf(&want, "%s ", hex);
	text_hex(previous[1], HASH_LEN, hex);
	buf_printf(&want, "%s\n", hex);
	buf_add(&want, f->c.head, f->c.head_len);
	crypto_digest(f->c.portions[0].p, f->c.portions[0].len, hash);
	text_hex(hash, HASH_LEN, hex);
	buf_printf(&want, "\n%s\n", hex);
	change_message(&at, &f->c, &got);
	assert_string_equal(got.data, want.data);
	crypto_digest(want.data, want.len, hash);
	change_id(&at, &f->c, id);
	assert_memory_equal(id, hash, HASH_LEN);
	buf_clear(&want);
	buf_clear(&got);
}

/* Hostile input 28: what still reads is another change or has a bad
 * signature; never the same change with a good one. */
static void
test_change__every_flipped_bit_shows(void **state)
{
	struct fixture *f = *state;
	char *s = f->line.data;
	struct err e;
	size_t refused = 0;

	for (size_t bit = 0; bit < f->line.len * 8; bit++) {
		struct change c = {0};
		uint8_t id[HASH_LEN];
		char mask = (char)(1 << (bit % 8));

		s[bit / 8] = (char)(s[bit / 8] ^ mask);
		if (change_split(s, f->line.len, &c, &e) == 0) {
			change_id(&f->at, &c, id);
			if (bit / 8 >= 88)
				assert_memory_not_equal(id, f->id, HASH_LEN);
			assert_false(change_verify(&f->at, &c));
		} else {
			assert_int_equal(e.code, ERR_UNTRUSTED);
			refused++;
		}
		change_clear(&c);
		s[bit / 8] = (char)(s[bit / 8] ^ mask);
	}
	assert_true(refused > f->line.len);
}

static void
test_change__every_truncation_shows(void **state)
{
	struct fixture *f = *state;
	struct err e;

	for (size_t n = 0; n < f->line.len; n++) {
		/* at its exact end, so that a sanitizer sees a read beyond */
		char *s = malloc(n > 0 ? n : 1);
		struct change c = {0};
		uint8_t id[HASH_LEN];

		memcpy(s, f->line.data, n);
		if (change_split(s, n, &c, &e) == 0) {
			change_id(&f->at, &c, id);
			assert_memory_not_equal(id, f->id, HASH_LEN);
			assert_false(change_verify(&f->at, &c));
		}
		change_clear(&c);
		free(s);
	}
}

/* Hostile input 31. */
static void
test_change__place_is_part_of_what_is_signed(void **state)
{
	struct fixture *f = *state;
	struct change_place other = f->at;
	uint8_t previous[1][HASH_LEN] = {{1}};
	struct author stranger;

	other.coalition[0] ^= 1;
	assert_false(change_verify(&other, &f->c));
	other = f->at;
	other.previous = previous;
	other.nprevious = 1;
	assert_false(change_verify(&other, &f->c));
	other = f->at;
	other.is_genesis = true;
	assert_false(change_verify(&other, &f->c));
	author_init(&stranger, 8, w);
	assert_false(change_verify(&stranger.at, &f->c));
	author_clear(&stranger);
}

static void
test_change__a_signature_of_another_namespace_is_refused(void **state)
{
	struct fixture *f = *state;
	struct change c = f->c;
	struct buf b = BUF_INIT;

	change_message(&f->at, &c, &b);
	secret_sign(f->author.secret, SSHSIG_NS_RECORD, b.data, b.len, c.sig);
	assert_false(change_verify(&f->at, &c));
	secret_sign(f->author.secret, SSHSIG_NS_CHANGE, b.data, b.len, c.sig);
	assert_true(change_verify(&f->at, &c));
	buf_clear(&b);
}

/* Hostile input 29: adds the group order to S, which OpenSSH 9.2 accepts. */
static void
test_change__a_malleated_signature_is_refused(void **state)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
	    0x14, [31] = 0x10};
	struct fixture *f = *state;
	struct change c = f->c;
	unsigned carry = 0;

	for (int i = 0; i < 32; i++) {
		carry += (unsigned)c.sig[32 + i] + order[i];
		c.sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(change_verify(&f->at, &c));
}

static void
test_change__signatures_of_small_order_are_refused(void **state)
{
	static const uint8_t small[][32] = {
	    {0}, {1}, {0xec, [1 ... 30] = 0xff, [31] = 0x7f}};
	struct fixture *f = *state;
	struct change c = f->c;

	for (size_t i = 0; i < COUNT(small); i++) {
		memcpy(c.sig, small[i], 32);
		assert_false(change_verify(&f->at, &c));
	}
	memset(c.sig, 0, sizeof(c.sig));
	assert_false(change_verify(&f->at, &c));
	memset(c.sig, 0xff, sizeof(c.sig));
	assert_false(change_verify(&f->at, &c));
}

static void
test_change__a_signature_has_64_bytes_in_canonical_base64(void **state)
{
	static const size_t lengths[] = {1, 62, 63, 65, 66, 67};
	struct err e;
	struct change c = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char line[128], bytes[80] = {0};

		text_b64(bytes, lengths[i], line);
		strcat(line, "\t{}\t{}");
		assert_int_equal(change_split(line, strlen(line), &c, &e), -1);
	}
	char line[128], bytes[64] = {0};

	text_b64(bytes, 64, line);
	strcat(line, "\t{}\t{}");
	assert_int_equal(change_split(line, strlen(line), &c, &e), 0);
	change_clear(&c);
	assert_int_equal(line[85], 'A');
	line[85] = 'B'; /* unused bits */
	assert_int_equal(change_split(line, strlen(line), &c, &e), -1);
	line[85] = 'A';
	line[87] = 'A'; /* no padding: 66 bytes */
	assert_int_equal(change_split(line, strlen(line), &c, &e), -1);
}

static void
test_change__an_unsigned_line_is_no_defect_but_not_verified(void **state)
{
	struct fixture *f = *state;
	struct change c = {0};
	struct err e;
	uint8_t id[HASH_LEN];

	assert_int_equal(
	    change_split(f->line.data + 88, f->line.len - 88, &c, &e), 0);
	assert_false(c.is_signed);
	change_id(&f->at, &c, id);
	assert_memory_equal(id, f->id, HASH_LEN);
	assert_false(change_verify(&f->at, &c));
	change_clear(&c);
}

static void
test_change__bad_lines_are_refused(void **state)
{
	static const char *const bad[] = {"", "\t", "\t\t", "\t\t{}",
	    "x\t{}\t{}", " \t{}\t{}", "\t{}", "\t{}\t", "\t{}\t\t{}",
	    "\t{}\t{}\t", "\t[]\t{}", "\t1\t{}", "\t \t{}", "\t[\t{}",
	    "\t{\"a\":1.5}\t{}", "\t{\"a\":01}\t{}", "\t{\"a\":-0}\t{}",
	    "\t{\"a\":9007199254740992}\t{}", "\t{\"a\":\"\\u0000\"}\t{}",
	    "\t{\"a\":\"\\ud800\"}\t{}", "\t{\"a\":\"\xc0\x80\"}\t{}",
	    "\t{\"a\":\"\x01\"}\t{}", "\t{} x\t{}", "\t{}\t{}\n", "\t{}\t{}\r",
	    "\t{}\t\x1f", "\t{}\t{\"v\":[]}.............\x01",
	    "\t{}\t{\"v\":[]}\x01.............", "\n\t{}\t{}",
	    "\t{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}\t{}"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct change c = {0};

		assert_int_equal(
		    change_split(bad[i], strlen(bad[i]), &c, &e), -1);
		assert_null(c.portions);
	}
	struct change c = {0};
	assert_int_equal(change_split("\t{}\t{\0}", 7, &c, &e), -1);
	assert_int_equal(change_split("\0\t{}\t{}", 7, &c, &e), -1);
}

/* What is not JSON reads "missing" later; the change is held all the same. */
static void
test_change__portions_are_not_looked_into(void **state)
{
	static const char *const good[] = {"\t{}\tx", "\t{}\t[", "\t{}\t\xff",
	    "\t{}\t#", "\t{}\t~", "\t{}\t \t \t ", "\t {}\t{}"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct change c = {0};

		assert_int_equal(
		    change_split(good[i], strlen(good[i]), &c, &e), 0);
		change_clear(&c);
	}
}

static void
test_change__portions_have_three_forms(void **state)
{
	char line[512], hex[HEX_SIZE];
	uint8_t hash[HASH_LEN], got[HASH_LEN];
	struct change c = {0};
	struct err e;

	(void)state;
	crypto_digest("{\"v\":[]}", 8, hash);
	text_hex(hash, HASH_LEN, hex);
	snprintf(line, sizeof(line),
	    "\t{}\t{\"v\":[]}\t#%s\t~YQ==\t#%s0\t#%.63sA", hex, hex, hex);
	assert_int_equal(change_split(line, strlen(line), &c, &e), 0);
	assert_int_equal(c.nportions, 5);
	assert_int_equal(c.portions[0].form, PORTION_PLAIN);
	assert_int_equal(c.portions[1].form, PORTION_HASH);
	assert_int_equal(c.portions[2].form, PORTION_SEALED);
	assert_int_equal(c.portions[3].form, PORTION_PLAIN);
	assert_int_equal(c.portions[4].form, PORTION_PLAIN);
	for (size_t i = 0; i < 2; i++) {
		portion_hash(&c.portions[i], got);
		assert_memory_equal(got, hash, HASH_LEN);
	}
	crypto_digest("~YQ==", 5, hash);
	portion_hash(&c.portions[2], got);
	assert_memory_equal(got, hash, HASH_LEN);
	change_clear(&c);
}

static void
test_change__an_absent_portion_leaves_id_and_signature_alone(void **state)
{
	struct fixture *f = *state;
	char hash_form[1 + HEX_SIZE] = "#";
	struct portion absent = {hash_form, 65, PORTION_HASH};
	struct change c = f->c;
	uint8_t hash[HASH_LEN], id[HASH_LEN];

	portion_hash(&f->c.portions[0], hash);
	text_hex(hash, HASH_LEN, hash_form + 1);
	c.portions = &absent;
	change_id(&f->at, &c, id);
	assert_memory_equal(id, f->id, HASH_LEN);
	assert_true(change_verify(&f->at, &c));
}

static void
test_change__joining_gives_the_bytes_that_were_split(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;

	change_join(&f->c, true, &b);
	buf_addc(&f->line, '\n');
	assert_string_equal(b.data, f->line.data);
	buf_reset(&b);
	change_join(&f->c, false, &b);
	assert_string_equal(b.data, f->line.data + 88);
	buf_clear(&b);
}

static void
test_change__only_the_first_change_of_a_coalition_is_its_genesis(void **state)
{
	struct fixture *f = *state;
	struct change_place at = f->at;
	uint8_t id[HASH_LEN], again[HASH_LEN];

	change_identify(&at, &f->c, id);
	assert_false(at.is_genesis);
	assert_memory_equal(id, f->id, HASH_LEN);

	at.is_genesis = true;
	change_id(&at, &f->c, id);
	memcpy(at.coalition, id, HASH_LEN);
	at.is_genesis = false;
	change_identify(&at, &f->c, again);
	assert_true(at.is_genesis);
	assert_memory_equal(id, again, HASH_LEN);
	assert_memory_not_equal(id, f->id, HASH_LEN);

	at.previous = &again;
	at.nprevious = 1;
	change_identify(&at, &f->c, id);
	assert_false(at.is_genesis);
}

static void
test_change__a_line_ends_at_one_mebibyte(void **state)
{
	struct buf b = BUF_INIT;
	struct change c = {0};
	struct err e;

	(void)state;
	buf_adds(&b, "\t{}\t");
	while (b.len < CHANGE_ACCEPT_MAX - 1)
		buf_addc(&b, 'x');
	assert_int_equal(change_split(b.data, b.len, &c, &e), 0);
	change_clear(&c);
	buf_addc(&b, 'x');
	assert_int_equal(change_split(b.data, b.len, &c, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	buf_clear(&b);
}

static void
test_change__portions_end_at_1024(void **state)
{
	struct buf b = BUF_INIT;
	struct change c = {0};
	struct err e;

	(void)state;
	buf_adds(&b, "\t{}");
	for (int i = 0; i < CHANGE_PORTIONS_MAX; i++)
		buf_adds(&b, "\t1");
	assert_int_equal(change_split(b.data, b.len, &c, &e), 0);
	assert_int_equal(c.nportions, CHANGE_PORTIONS_MAX);
	change_clear(&c);
	buf_adds(&b, "\t1");
	assert_int_equal(change_split(b.data, b.len, &c, &e), -1);
	buf_clear(&b);
}

/* Hostile input 42. */
static void
test_change__a_head_of_brackets_is_refused_before_parsing(void **state)
{
	struct buf b = BUF_INIT;
	struct change c = {0};
	struct err e;

	(void)state;
	buf_adds(&b, "\t{\"a\":[");
	for (int i = 0; i < 300000; i++)
		buf_adds(&b, "{},");
	buf_adds(&b, "{}]}\t{}");
	assert_int_equal(change_split(b.data, b.len, &c, &e), -1);
	assert_non_null(strstr(e.msg, "too many parts"));
	buf_clear(&b);
}

static void
test_change__a_used_change_can_be_split_into_again(void **state)
{
	struct change c = {0};
	struct err e;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    change_split("\t{}\ta\tb\tc\td\te", 13, &c, &e), 0);
		assert_int_equal(c.nportions, 5);
		assert_int_equal(change_split("\t{}\ta", 5, &c, &e), 0);
		assert_int_equal(c.nportions, 1);
	}
	change_clear(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_change__a_signed_line_verifies),
	    TEST(test_change__the_message_is_as_documented),
	    TEST(test_change__every_flipped_bit_shows),
	    TEST(test_change__every_truncation_shows),
	    TEST(test_change__place_is_part_of_what_is_signed),
	    TEST(test_change__a_signature_of_another_namespace_is_refused),
	    TEST(test_change__a_malleated_signature_is_refused),
	    TEST(test_change__signatures_of_small_order_are_refused),
	    TEST(test_change__a_signature_has_64_bytes_in_canonical_base64),
	    TEST(test_change__an_unsigned_line_is_no_defect_but_not_verified),
	    TEST(test_change__bad_lines_are_refused),
	    TEST(test_change__portions_are_not_looked_into),
	    TEST(test_change__portions_have_three_forms),
	    TEST(test_change__an_absent_portion_leaves_id_and_signature_alone),
	    TEST(test_change__joining_gives_the_bytes_that_were_split),
	    TEST(
		test_change__only_the_first_change_of_a_coalition_is_its_genesis),
	    TEST(test_change__a_line_ends_at_one_mebibyte),
	    TEST(test_change__portions_end_at_1024),
	    TEST(test_change__a_head_of_brackets_is_refused_before_parsing),
	    TEST(test_change__a_used_change_can_be_split_into_again),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
