#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/recsig.h"
#include "common/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define REC "abcdefghijklmnopqrstuvwxyz"
#define VER "bcdefghijklmnopqrstuvwxyza"
#define ORG "cdefghijklmnopqrstuvwxyzab"
#define FOR "defghijklmnopqrstuvwxyzabc"

#define HASH                                                                   \
	"00112233445566778899aabbccddeeff"                                     \
	"00112233445566778899aabbccddeeff"
#define HASH_WRONG                                                             \
	"00112233445566778899aabbccddeeff"                                     \
	"00112233445566778899aabbccddeefF"

struct fixture {
	struct recsig r;
	char replaces[2][ID_SIZE];
	struct buf text;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t seed[SEED_LEN] = {9};
	struct secret *s;
	struct err e;

	crypto_setup();
	s = secret_from_seed(seed);
	secret_public(s, f->r.key);
	secret_free(s);
	memset(f->r.coalition, 0xaa, HASH_LEN);
	memset(f->r.previous[0], 0x11, HASH_LEN);
	memset(f->r.previous[1], 0x22, HASH_LEN);
	f->r.nprevious = 2;
	memset(f->r.act, 0xbb, HASH_LEN);
	memset(f->r.text, 0xcc, HASH_LEN);
	strcpy(f->r.record, REC);
	strcpy(f->r.version, VER);
	strcpy(f->r.organisation, ORG);
	strcpy(f->r.for_id, FOR);
	strcpy(f->r.date, "2007-05-12");
	f->r.capacity = CAPACITY_ENDORSEMENT;
	f->r.stance = STANCE_RESERVATION;
	f->r.items = (char *)"3=object,17=stand-aside";
	f->r.organisation_name = (char *)"Serikat Buruh \xc3\xa9";
	f->r.person = (char *)"Ibu Sari - ketua";
	f->r.for_name = (char *)"Union B";
	strcpy(f->replaces[0], REC);
	strcpy(f->replaces[1], VER);
	f->r.replaces = f->replaces;
	f->r.nreplaces = 2;
	assert_int_equal(recsig_encode(&f->r, &f->text, &e), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_clear(&f->text);
	free(f);
	return 0;
}

static int
decode(const char *s, size_t n)
{
	struct recsig r;
	struct err e;

	if (recsig_decode(s, n, &r, &e) == -1) {
		assert_int_equal(e.code, ERR_UNTRUSTED);
		return -1;
	}
	recsig_clear(&r);
	return 0;
}

static void
test_recsig__the_message_is_as_documented(void **state)
{
	struct fixture *f = *state;
	struct buf want = BUF_INIT;
	char key[KEY_SIZE], hex[HEX_SIZE];

	ident_key(f->r.key, key);
	text_hex(f->r.coalition, HASH_LEN, hex);
	buf_printf(&want, "mufakat record 1\ncoalition %s\nkey %s\n", hex, key);
	text_hex(f->r.previous[0], HASH_LEN, hex);
	buf_printf(&want, "previous %s ", hex);
	text_hex(f->r.previous[1], HASH_LEN, hex);
	buf_printf(&want, "%s\n", hex);
	text_hex(f->r.act, HASH_LEN, hex);
	buf_printf(&want, "act %s\nrecord " REC "\nversion " VER "\n", hex);
	text_hex(f->r.text, HASH_LEN, hex);
	buf_printf(&want,
	    "text %s\ncapacity endorsement\nstance support-with-reservation\n"
	    "items 3=object,17=stand-aside\n"
	    "organisation " ORG " Serikat Buruh \xc3\xa9\n"
	    "person Ibu Sari - ketua\nfor " FOR " Union B\n"
	    "date 2007-05-12\nreplaces " REC " " VER "\n",
	    hex);
	assert_string_equal(f->text.data, want.data);
	buf_clear(&want);
}

static void
test_recsig__what_is_encoded_decodes(void **state)
{
	struct fixture *f = *state;
	struct recsig r;
	struct err e;

	assert_int_equal(recsig_decode(f->text.data, f->text.len, &r, &e), 0);
	assert_memory_equal(r.coalition, f->r.coalition, HASH_LEN);
	assert_memory_equal(r.key, f->r.key, KEY_LEN);
	assert_int_equal(r.nprevious, 2);
	assert_memory_equal(r.previous, f->r.previous, 2 * HASH_LEN);
	assert_memory_equal(r.act, f->r.act, HASH_LEN);
	assert_memory_equal(r.text, f->r.text, HASH_LEN);
	assert_string_equal(r.record, REC);
	assert_string_equal(r.version, VER);
	assert_int_equal(r.capacity, CAPACITY_ENDORSEMENT);
	assert_int_equal(r.stance, STANCE_RESERVATION);
	assert_string_equal(r.items, f->r.items);
	assert_string_equal(r.organisation, ORG);
	assert_string_equal(r.organisation_name, f->r.organisation_name);
	assert_string_equal(r.person, f->r.person);
	assert_string_equal(r.for_id, FOR);
	assert_string_equal(r.for_name, f->r.for_name);
	assert_string_equal(r.date, f->r.date);
	assert_int_equal(r.nreplaces, 2);
	assert_string_equal(r.replaces[1], VER);
	recsig_clear(&r);
}

static void
test_recsig__what_is_empty_is_a_dash(void **state)
{
	struct fixture *f = *state;
	struct recsig r, short_one = f->r;
	struct buf b = BUF_INIT;
	struct err e;

	short_one.nprevious = 0;
	short_one.items = NULL;
	short_one.person = NULL;
	short_one.for_id[0] = '\0';
	short_one.for_name = NULL;
	short_one.nreplaces = 0;
	assert_int_equal(recsig_encode(&short_one, &b, &e), 0);
	assert_non_null(strstr(b.data, "\nprevious -\n"));
	assert_non_null(strstr(b.data, "\nitems -\n"));
	assert_non_null(strstr(b.data, "\nperson -\nfor -\n"));
	assert_non_null(strstr(b.data, "\nreplaces -\n"));
	assert_int_equal(recsig_decode(b.data, b.len, &r, &e), 0);
	assert_int_equal(r.nprevious, 0);
	assert_null(r.items);
	assert_null(r.person);
	assert_string_equal(r.for_id, "");
	assert_null(r.for_name);
	assert_int_equal(r.nreplaces, 0);
	recsig_clear(&r);
	buf_clear(&b);
}

static void
test_recsig__lines_have_one_order_and_none_is_left_out(void **state)
{
	struct fixture *f = *state;
	const char *line[17], *p = f->text.data;
	struct buf b = BUF_INIT;

	for (int i = 0; i < 16; i++) {
		line[i] = p;
		p = strchr(p, '\n') + 1;
	}
	line[16] = p;
	assert_int_equal(*p, '\0');
	for (int i = 0; i < 16; i++) {
		/* left out */
		buf_reset(&b);
		buf_add(&b, line[0], (size_t)(line[i] - line[0]));
		buf_add(&b, line[i + 1], (size_t)(line[16] - line[i + 1]));
		assert_int_equal(decode(b.data, b.len), -1);
		/* twice */
		buf_reset(&b);
		buf_add(&b, line[0], (size_t)(line[i + 1] - line[0]));
		buf_add(&b, line[i], (size_t)(line[16] - line[i]));
		assert_int_equal(decode(b.data, b.len), -1);
		/* swapped with the next one */
		if (i == 15)
			break;
		buf_reset(&b);
		buf_add(&b, line[0], (size_t)(line[i] - line[0]));
		buf_add(&b, line[i + 1], (size_t)(line[i + 2] - line[i + 1]));
		buf_add(&b, line[i], (size_t)(line[i + 1] - line[i]));
		buf_add(&b, line[i + 2], (size_t)(line[16] - line[i + 2]));
		assert_int_equal(decode(b.data, b.len), -1);
	}
	buf_clear(&b);
}

static void
test_recsig__every_truncation_and_addition_is_refused(void **state)
{
	struct fixture *f = *state;

	for (size_t n = 0; n < f->text.len; n++) {
		char *s = malloc(n > 0 ? n : 1);

		memcpy(s, f->text.data, n);
		assert_int_equal(decode(s, n), -1);
		free(s);
	}
	assert_int_equal(decode(f->text.data, f->text.len + 1), -1); /* NUL */
	buf_addc(&f->text, '\n');
	assert_int_equal(decode(f->text.data, f->text.len), -1);
}

/* There is one message for a meaning: whatever reads is written the same. */
static void
test_recsig__what_reads_is_written_the_same(void **state)
{
	struct fixture *f = *state;
	size_t reads = 0;

	for (size_t i = 0; i < f->text.len; i++) {
		for (int v = 0; v < 256; v++) {
			char was = f->text.data[i];
			struct buf b = BUF_INIT;
			struct recsig r;
			struct err e;

			f->text.data[i] = (char)v;
			if (recsig_decode(f->text.data, f->text.len, &r, &e) ==
			    0) {
				assert_int_equal(recsig_encode(&r, &b, &e), 0);
				assert_int_equal(b.len, f->text.len);
				assert_memory_equal(
				    b.data, f->text.data, b.len);
				recsig_clear(&r);
				reads++;
			}
			f->text.data[i] = was;
			buf_clear(&b);
		}
	}
	assert_true(reads > f->text.len);
}

/* Puts a value in place of what the line "name" holds, and decodes. */
static int
with_value(struct fixture *f, const char *name, const char *value, size_t n)
{
	struct buf b = BUF_INIT;
	char start[32];
	const char *at, *end;
	int rv;

	snprintf(start, sizeof(start), "\n%s ", name);
	at = strstr(f->text.data, start) + strlen(start);
	end = strchr(at, '\n');
	buf_add(&b, f->text.data, (size_t)(at - f->text.data));
	buf_add(&b, value, n);
	buf_adds(&b, end);
	rv = decode(b.data, b.len);
	buf_clear(&b);
	return rv;
}

static void
test_recsig__values_hold_no_control_characters(void **state)
{
	static const char *const bad[] = {"", " ", "a ", " a", "a\tb", "a\rb",
	    "a\x1b[31m", "a\x7f", "a\xc2\x80", "a\xc2\x9f", "a\xff", "\xc3",
	    "a\xc0\x80"};
	static const char *const good[] = {
	    "a", "a b", "--", "\xc2\xa0", "O'Brien \"x\", *", "\xe0\xb9\x84"};
	struct fixture *f = *state;
	char name[RECSIG_TEXT + 1];

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    with_value(f, "person", bad[i], strlen(bad[i])), -1);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(
		    with_value(f, "person", good[i], strlen(good[i])), 0);
	assert_int_equal(with_value(f, "person", "a\0b", 3), -1);
	assert_int_equal(with_value(f, "person", "-", 1), 0);
	assert_int_equal(with_value(f, "organisation", "-", 1), -1);
	assert_int_equal(with_value(f, "organisation", ORG, 26), -1);
	assert_int_equal(with_value(f, "organisation", ORG " -", 28), -1);
	memset(name, 'x', sizeof(name));
	assert_int_equal(with_value(f, "person", name, RECSIG_TEXT), 0);
	assert_int_equal(with_value(f, "person", name, RECSIG_TEXT + 1), -1);
}

static void
test_recsig__items_are_numbers_and_stances(void **state)
{
	static const char *const bad[] = {"", "3", "3=", "=object", "3=yes",
	    "03=object", "0=object", "x=object", "3=object,", ",3=object",
	    "3=object,3=none", "7=object,3=none", "3=object, 7=none",
	    "3=object;7=none", "3 =object", "3=object=none",
	    "1234567890=object", "#", "#00", "#" HASH "0", "#" HASH_WRONG};
	static const char *const good[] = {"-", "3=object", "1=none,2=support",
	    "999999999=stand-aside", "#" HASH};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    with_value(f, "items", bad[i], strlen(bad[i])), -1);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(
		    with_value(f, "items", good[i], strlen(good[i])), 0);
}

/* A statement of 600 items is longer than any name may be. */
static void
test_recsig__many_items_fit(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;

	for (int i = 1; i <= 600; i++)
		buf_printf(
		    &b, "%s%d=support-with-reservation", i > 1 ? "," : "", i);
	assert_int_equal(with_value(f, "items", b.data, b.len), 0);
	while (b.len <= RECSIG_ITEMS)
		buf_printf(&b, ",%zu=none", 1000 + b.len);
	assert_int_equal(with_value(f, "items", b.data, b.len), -1);
	buf_clear(&b);
}

static void
test_recsig__lists_are_sorted_and_distinct(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;
	char id[ID_SIZE];

	assert_int_equal(with_value(f, "replaces", REC, 26), 0);
	assert_int_equal(with_value(f, "replaces", VER " " REC, 53), -1);
	assert_int_equal(with_value(f, "replaces", REC " " REC, 53), -1);
	assert_int_equal(with_value(f, "replaces", REC " ", 27), -1);
	assert_int_equal(with_value(f, "replaces", REC "," VER, 53), -1);
	for (int i = 0; i <= RECSIG_REPLACE; i++) {
		memset(id, 'a', ID_CHARS);
		id[ID_CHARS] = '\0';
		id[24] = (char)('a' + i / 26);
		id[25] = (char)('a' + i % 26);
		buf_printf(&b, "%s%s", i > 0 ? " " : "", id);
		assert_int_equal(with_value(f, "replaces", b.data, b.len),
		    i < RECSIG_REPLACE ? 0 : -1);
	}
	buf_clear(&b);
}

static void
test_recsig__words_and_dates_are_exact(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(with_value(f, "capacity", "witness", 7), 0);
	assert_int_equal(with_value(f, "capacity", "Witness", 7), -1);
	assert_int_equal(with_value(f, "capacity", "-", 1), -1);
	assert_int_equal(with_value(f, "stance", "disputed", 8), 0);
	assert_int_equal(with_value(f, "stance", "dispute", 7), -1);
	assert_int_equal(with_value(f, "date", "1999-12-31", 10), 0);
	assert_int_equal(with_value(f, "date", "99-12-31", 8), -1);
	assert_int_equal(with_value(f, "date", "1999/12/31", 10), -1);
	assert_int_equal(with_value(f, "date", "-", 1), -1);
}

static void
test_recsig__what_cannot_be_signed_is_refused(void **state)
{
	struct fixture *f = *state;
	struct recsig r = f->r;
	struct buf b = BUF_INIT;
	struct err e;

	buf_adds(&b, "before");
#define REFUSED()                                                              \
	do {                                                                   \
		assert_int_equal(recsig_encode(&r, &b, &e), -1);               \
		assert_int_equal(e.code, ERR_INPUT);                           \
		assert_string_equal(b.data, "before");                         \
		r = f->r;                                                      \
	} while (0)
	r.person = (char *)"two\nlines";
	REFUSED();
	r.person = (char *)"-";
	REFUSED();
	r.organisation_name = NULL;
	REFUSED();
	r.for_name = NULL;
	REFUSED();
	r.items = (char *)"three";
	REFUSED();
	strcpy(r.date, "soon");
	REFUSED();
	r.record[0] = '\0';
	REFUSED();
	memset(r.key, 0, KEY_LEN);
	REFUSED();
	memset(r.previous[1], 0x11, HASH_LEN); /* not distinct */
	REFUSED();
	assert_int_equal(recsig_encode(&r, &b, &e), 0);
	buf_clear(&b);
}

static void
test_recsig__words_read_back(void **state)
{
	enum recsig_capacity c;
	enum recsig_stance s;

	(void)state;
	for (int i = 0; i <= CAPACITY_TRANSLATION; i++) {
		assert_int_equal(
		    recsig_parse_capacity(recsig_capacity_word(i), &c), 0);
		assert_int_equal(c, i);
	}
	for (int i = 0; i <= STANCE_DISPUTED; i++) {
		assert_int_equal(
		    recsig_parse_stance(recsig_stance_word(i), &s), 0);
		assert_int_equal(s, i);
	}
	assert_int_equal(recsig_parse_capacity("", &c), -1);
	assert_int_equal(recsig_parse_capacity(NULL, &c), -1);
	assert_int_equal(recsig_parse_stance("yes", &s), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_recsig__the_message_is_as_documented),
	    TEST(test_recsig__what_is_encoded_decodes),
	    TEST(test_recsig__what_is_empty_is_a_dash),
	    TEST(test_recsig__lines_have_one_order_and_none_is_left_out),
	    TEST(test_recsig__every_truncation_and_addition_is_refused),
	    TEST(test_recsig__what_reads_is_written_the_same),
	    TEST(test_recsig__values_hold_no_control_characters),
	    TEST(test_recsig__items_are_numbers_and_stances),
	    TEST(test_recsig__many_items_fit),
	    TEST(test_recsig__lists_are_sorted_and_distinct),
	    TEST(test_recsig__words_and_dates_are_exact),
	    TEST(test_recsig__what_cannot_be_signed_is_refused),
	    TEST(test_recsig__words_read_back),
	};

	return cmocka_run_group_tests_name("recsig", tests, NULL, NULL);
}
