/* Changes made to do harm, through the gate of an office that takes them in:
 * what counts afterwards, what is asked for again, what goes on. */
#include "tests/unit/forger.h"

#include "common/sshsig.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define SIG_CHARS TEXT_B64_LEN(SIG_LEN)

/* --- flipped bits (28) ------------------------------------------------------- */

/* An act with a signature, in a blob: no bit of it can be changed. */
static void
test_hostile_changes__every_flipped_bit_of_an_act_is_refused(void **state)
{
	struct stage s;
	struct buf b = BUF_INIT;
	struct gate_taken t;
	uint8_t id[HASH_LEN];

	(void)state;
	stage_make(&s);
	forger_open(&s.f, &b);
	forger_write(&s.f,
	    "{\"t\":2,\"kind\":\"act\",\"ops\":[{\"op\":\"request\","
	    "\"name\":\"X\"}]}",
	    "{\"v\":[[]]}", &b, id);
	for (size_t i = 0; i < b.len * 8; i++) {
		char mask = (char)(1 << (i % 8));

		b.data[i / 8] = (char)(b.data[i / 8] ^ mask);
		t = branch_take(&s.o, &b);
		assert_false(t.verified);
		assert_int_equal(t.added, t.waiting);
		assert_unchanged(&s);
		b.data[i / 8] = (char)(b.data[i / 8] ^ mask);
	}
	t = branch_take(&s.o, &b);
	assert_true(t.verified);
	assert_int_equal(t.waiting, 0);
	assert_log_goes_on(&s);
	buf_clear(&b);
	stage_remove(&s);
}

static int64_t
unchecked(struct branch *o)
{
	int64_t index, sweep;
	struct err e = {0};

	OK(gate_backlog(o->g, &index, &sweep, &e));
	return sweep;
}

/* A signature inside a segment, of a change that a later one vouches for: no
 * flipped bit of it matters.  It is thrown away, asked for, and healed. */
static void
test_hostile_changes__no_flipped_bit_of_an_inner_signature_matters(void **state)
{
	static const char erase[] =
	    "{\"t\":2,\"kind\":\"edit\",\"ops\":[{\"op\":\"erase\",\"change\":"
	    "\"00000000000000000000000000000000"
	    "00000000000000000000000000000000\",\"portion\":0}]}";
	struct stage s;
	struct buf b = BUF_INIT;
	struct gate_taken t;
	uint8_t id[HASH_LEN];
	size_t sig;
	char good;

	(void)state;
	stage_make(&s);
	forger_open(&s.f, &b);
	sig = b.len;
	forger_write(&s.f, erase, "{\"v\":[[]]}", &b, id);
	forger_write(&s.f,
	    "{\"t\":3,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	    "\"type\":\"group\"}]}",
	    "{\"v\":[[]]}", &b, id);
	good = b.data[sig];
	b.data[sig] = (char)(good == 'A' ? 'B' : 'A');
	t = branch_take(&s.o, &b);
	assert_int_equal(t.added, 2);
	assert_int_equal(t.waiting, 0);
	assert_int_equal(unchecked(&s.o), 1);
	note_state(&s);
	branch_idle(&s.o);
	assert_int_equal(unchecked(&s.o), 0);
	for (size_t i = 0; i < SIG_CHARS * 8; i++) {
		char *at = &b.data[sig + i / 8], was = *at;

		*at = (char)(was ^ 1 << (i % 8));
		if (i / 8 > 0 || *at != good) { /* the good one would heal it */
			branch_take(&s.o, &b);
			branch_idle(&s.o);
			assert_unchanged(&s);
		}
		*at = was;
	}
	assert_int_equal(
	    branch_count(&s.o, "SELECT count(*) FROM patch WHERE part = -1"),
	    1);
	stage_remove(&s);
	buf_clear(&b);
}

/* --- where a change stands (31) ---------------------------------------------- */

struct opening {
	const char *what;
	char w[HEX_SIZE], key[KEY_SIZE], previous[2 * HEX_SIZE];
};

static void
take_below(struct stage *s, const struct opening *o, const struct buf *line)
{
	struct buf b = BUF_INIT;
	struct gate_taken t;

	buf_printf(&b, "mufakat 1\t%s\t%s\t%s\n", o->w, o->key, o->previous);
	buf_add(&b, line->data, line->len);
	t = branch_take(&s->o, &b);
	if (t.verified || t.added != t.waiting)
		fail_msg("taken: %s", o->what);
	assert_unchanged(s);
	buf_clear(&b);
}

static void
test_hostile_changes__no_change_counts_in_another_place(void **state)
{
	struct stage s;
	struct opening here = {.what = "here"}, o;
	struct buf b = BUF_INIT, line = BUF_INIT;
	char other[HEX_SIZE];
	uint8_t id[HASH_LEN], back[HASH_LEN];

	(void)state;
	stage_make(&s);
	memcpy(back, s.f.a.previous[0], HASH_LEN);
	text_hex(s.f.a.at.coalition, HASH_LEN, here.w);
	ident_key(s.f.a.at.key, here.key);
	text_hex(back, HASH_LEN, here.previous);
	forger_sign(&s.f,
	    "{\"t\":9,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	    "\"type\":\"group\"}]}",
	    "{\"v\":[[]]}", &line, id);
	text_hex(s.change, HASH_LEN, other);

	o = here;
	o.what = "another coalition";
	o.w[0] = (char)(o.w[0] == '0' ? '1' : '0');
	take_below(&s, &o, &line);
	o = here;
	o.what = "another log";
	ident_key(gate_key(s.o.g), o.key);
	take_below(&s, &o, &line);
	o = here;
	o.what = "another position";
	strcpy(o.previous, other);
	take_below(&s, &o, &line);
	o.what = "the first of a log";
	o.previous[0] = '\0';
	take_below(&s, &o, &line);
	o.what = "one more position";
	{
		bool first = strcmp(other, here.previous) < 0;

		snprintf(o.previous, sizeof(o.previous), "%.64s %.64s",
		    first ? other : here.previous,
		    first ? here.previous : other);
	}
	take_below(&s, &o, &line);

	/* behind another change of the same log */
	forger_open(&s.f, &b);
	forger_sign(&s.f,
	    "{\"t\":8,\"kind\":\"edit\",\"ops\":[{\"op\":\"set\","
	    "\"record\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
	    "\"fields\":[\"title\"]}]}",
	    "{\"v\":[[1]]}", &b, id);
	buf_add(&b, line.data, line.len);
	branch_take(&s.o, &b);
	assert_unchanged(&s);

	buf_reset(&b);
	forger_open(&s.f, &b);
	buf_add(&b, line.data, line.len);
	assert_true(branch_take(&s.o, &b).verified);
	assert_log_goes_on(&s);
	buf_clear(&b);
	buf_clear(&line);
	stage_remove(&s);
}

static void
test_hostile_changes__no_signature_of_another_kind_is_taken(void **state)
{
	static const char *const names[] = {
	    SSHSIG_NS_RECORD, "mufakat-chang", "", "file"};
	static const char head[] =
	    "{\"t\":9,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	    "\"type\":\"group\"}]}";
	struct stage s;
	struct buf b = BUF_INIT, line = BUF_INIT, msg = BUF_INIT;
	struct change c = {0};
	struct gate_taken t;
	uint8_t id[HASH_LEN];
	struct err e;

	(void)state;
	stage_make(&s);
	forger_sign(&s.f, head, "{\"v\":[[]]}", &line, id);
	assert_int_equal(change_split(line.data, line.len - 1, &c, &e), 0);
	change_message(&s.f.a.at, &c, &msg);
	for (size_t i = 0; i < COUNT(names); i++) {
		secret_sign(s.f.a.secret, names[i], msg.data, msg.len, c.sig);
		buf_reset(&b);
		forger_open(&s.f, &b);
		change_join(&c, true, &b);
		t = branch_take(&s.o, &b);
		assert_false(t.verified);
		assert_unchanged(&s);
	}
	change_clear(&c);
	buf_clear(&msg);
	buf_clear(&line);
	buf_clear(&b);
	assert_log_goes_on(&s);
	stage_remove(&s);
}

/* --- what is missing (32) ---------------------------------------------------- */

/* Whatever stands in place of a portion, the structure counts; only bytes
 * that are absent are asked for. */
static void
test_hostile_changes__a_broken_portion_reads_missing(void **state)
{
	static const struct {
		const char *portion;
		int64_t absent;
	} rows[] = {{"~AAAA", 0}, {"~not base64", 0}, {"#12", 0}, {"x", 0},
	    {"{}", 0}, {"{\"v\":{}}", 0}, {"{\"v\":[]}", 0},
	    {"{\"v\":[[]]}", 0}, {"{\"v\":[[1,2]]}", 0},
	    {"{\"v\":[[1],[2]]}", 0}, {"{\"v\":[[1]]}x", 0},
	    {"{\"v\":[[1]],\"v\":[[1]]}", 0}, {"{\"v\":[[1.5]]}", 0},
	    {"{\"v\":[[\"\\u0000\"]]}", 0}, {"{\"v\":[[\"\\ud800\"]]}", 0},
	    {"{\"v\":[[\"\xc0\xaf\"]]}", 0}, {"{\"v\":[[\"\xff\"]]}", 0},
	    {"{\"v\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", 0},
	    {"#0000000000000000000000000000000000000000"
	     "000000000000000000000000",
		1}};
	struct stage s;
	struct err e = {0};

	(void)state;
	stage_make(&s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = BUF_INIT;
		uint8_t id[HASH_LEN];
		char record[ID_SIZE];
		json_t *v;

		forger_edit(&s.f,
		    "{\"op\":\"new\",\"type\":\"group\","
		    "\"fields\":[\"theme\"]}",
		    rows[i].portion, &b, id);
		assert_int_equal(branch_take(&s.o, &b).waiting, 0);
		ident_make(id, 0, record);
		v = branch_values(&s.o, record);
		if (json_array_size(json_object_get(v, "missing")) != 1)
			fail_msg("not missing: %s", rows[i].portion);
		json_decref(v);
		assert_int_equal(
		    branch_gaps(&s.o, s.f.a.at.key).absent, rows[i].absent);
		buf_clear(&b);
	}
	OK(gate_state_hash(s.o.g, s.hash, &e));
	OK(gate_rebuild(s.o.g, &e));
	assert_unchanged(&s);
	assert_log_goes_on(&s);
	stage_remove(&s);
}

/* A previous change that never comes holds nothing up. */
static void
test_hostile_changes__nothing_waits_for_what_never_comes(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	s.f.a.at.nprevious = CHANGE_PREVIOUS_MAX;
	for (size_t i = 0; i < CHANGE_PREVIOUS_MAX; i++) {
		memset(s.f.a.previous[i], 0, HASH_LEN);
		s.f.a.previous[i][0] = (uint8_t)i;
	}
	assert_log_goes_on(&s);
	assert_int_equal(
	    branch_gaps(&s.o, s.f.a.at.key).missing, CHANGE_PREVIOUS_MAX);
	assert_log_goes_on(&s);
	stage_remove(&s);
}

/* --- heads that must be refused (36, 37, 38) --------------------------------- */

static struct gate_taken
take_head(struct stage *s, const char *head)
{
	struct buf b = BUF_INIT;
	struct gate_taken t;
	uint8_t id[HASH_LEN];

	forger_open(&s->f, &b);
	forger_write(&s->f, head, "{\"v\":[[]]}", &b, id);
	t = branch_take(&s->o, &b);
	buf_clear(&b);
	return t;
}

/* The line is refused, with what follows in its segment, and no more. */
static void
assert_head_refused(struct stage *s, const char *head)
{
	struct gate_taken t = take_head(s, head);

	if (t.bad != 1 || t.added != 0)
		fail_msg("not refused: %.200s", head);
	assert_unchanged(s);
}

static void
assert_head_taken(struct stage *s, const char *head)
{
	struct gate_taken t = take_head(s, head);

	if (t.bad != 0 || t.added != 1 || t.waiting != 0)
		fail_msg("not taken: %.200s", head);
	note_state(s);
}

static char *
head_that_saw(size_t n, size_t step)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"t\":5,\"kind\":\"edit\",\"seen\":[");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\"%032zx\"", i > 0 ? "," : "", i * step);
	buf_adds(&b, "],\"ops\":[]}");
	return buf_steal(&b);
}

static void
test_hostile_changes__seen_is_capped_and_the_unknown_ignored(void **state)
{
	static const char *const bad[] = {"{}", "null", "\"x\"", "[1]",
	    "[\"\"]",
	    "[\"00000000000000000000000000000000\","
	    "\"00000000000000000000000000000000\"]",
	    "[\"0000000000000000000000000000000g\"]",
	    "[\"0000000000000000000000000000000000\"]",
	    "[\"10000000000000000000000000000000\","
	    "\"00000000000000000000000000000000\"]"};
	static const size_t too_many[] = {1025, 30000, 70000, 1000000};
	struct stage s;
	char head[256], *text;

	(void)state;
	stage_make(&s);
	text = head_that_saw(1024, 1);
	assert_head_taken(&s, text);
	free(text);
	for (size_t i = 0; i < COUNT(too_many); i++) {
		text = head_that_saw(too_many[i], 1);
		assert_head_refused(&s, text);
		free(text);
	}
	text = head_that_saw(2, 0); /* the same twice */
	assert_head_refused(&s, text);
	free(text);
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(head, sizeof(head),
		    "{\"t\":5,\"kind\":\"edit\",\"seen\":%s,\"ops\":[]}",
		    bad[i]);
		assert_head_refused(&s, head);
	}
	assert_log_goes_on(&s);
	stage_remove(&s);
}

/* The t of a change that we write now. */
static int64_t
our_t(struct branch *o)
{
	struct log_entry l;
	struct err e = {0};
	uint8_t id[HASH_LEN];
	char record[ID_SIZE];
	int64_t t;

	branch_new(o, "group", "theme", "now", record, id);
	OK(log_by_id(gate_store(o->g), id, &l, &e));
	t = l.t;
	log_entry_clear(&l);
	return t;
}

static void
test_hostile_changes__no_t_moves_our_clock_beyond_a_day(void **state)
{
	static const char *const taken[] = {"0", "1", "253402300799000",
	    "9007199254740991", "-1", "-2208988800000", "-9007199254740991"};
	static const char *const refused[] = {"9007199254740992",
	    "-9007199254740992", "99999999999999999999", "-0", "1.0", "1e3",
	    "00", "\"1\"", "null", "true"};
	const int64_t day = (int64_t)24 * 60 * 60 * 1000;
	struct stage s;
	char head[256];
	int64_t t;

	(void)state;
	stage_make(&s);
	for (size_t i = 0; i < COUNT(refused); i++) {
		snprintf(head, sizeof(head),
		    "{\"t\":%s,\"kind\":\"edit\",\"ops\":[]}", refused[i]);
		assert_head_refused(&s, head);
	}
	for (size_t i = 0; i < COUNT(taken); i++) {
		snprintf(head, sizeof(head),
		    "{\"t\":%s,\"kind\":\"edit\",\"ops\":[]}", taken[i]);
		assert_head_taken(&s, head);
		t = our_t(&s.o);
		assert_int_equal(t, s.o.now);
	}
	/* just within the bound: ours follows, and never goes further */
	snprintf(head, sizeof(head),
	    "{\"t\":%lld,\"kind\":\"edit\",\"ops\":[]}",
	    (long long)(s.o.now + day - 2));
	assert_head_taken(&s, head);
	for (int i = 0; i < 5; i++) {
		t = our_t(&s.o);
		assert_true(t <= s.o.now + day);
	}
	note_state(&s);
	assert_log_goes_on(&s);
	stage_remove(&s);
}

static void
test_hostile_changes__a_head_of_another_frame_is_refused(void **state)
{
	static const char *const bad[] = {"{}", "[]", "1", "null", "\"x\"", "{",
	    "{\"t\":1,\"kind\":\"edit\"}", "{\"t\":1,\"ops\":[]}",
	    "{\"kind\":\"edit\",\"ops\":[]}", "{\"t\":1,\"kind\":1,\"ops\":[]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":{}}",
	    "{\"t\":1,\"t\":2,\"kind\":\"edit\",\"ops\":[]}",
	    "{\"t\":1,\"\\u0074\":2,\"kind\":\"edit\",\"ops\":[]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[]}x",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":\"\\ud800\"}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":\"\\u0000\"}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":\"\xc0\x80\"}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":\"\xed\xa0\x80\"}",
	    "\xef\xbb\xbf{\"t\":1,\"kind\":\"edit\",\"ops\":[]}",
	    "{\"t\":1,\"kind\":\"edit\",\"ops\":[],\"x\":"
	    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"};
	struct stage s;
	struct buf many = BUF_INIT;

	(void)state;
	stage_make(&s);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_head_refused(&s, bad[i]);
	buf_adds(&many, "{\"t\":1,\"kind\":\"edit\",\"ops\":[0");
	for (int i = 1; i < 4097; i++)
		buf_adds(&many, ",0");
	buf_adds(&many, "]}");
	assert_head_refused(&s, many.data);
	assert_log_goes_on(&s);
	buf_clear(&many);
	stage_remove(&s);
}

#define T(name) cmocka_unit_test(test_hostile_changes__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_flipped_bit_of_an_act_is_refused),
	    T(no_flipped_bit_of_an_inner_signature_matters),
	    T(no_change_counts_in_another_place),
	    T(no_signature_of_another_kind_is_taken),
	    T(a_broken_portion_reads_missing),
	    T(nothing_waits_for_what_never_comes),
	    T(seen_is_capped_and_the_unknown_ignored),
	    T(no_t_moves_our_clock_beyond_a_day),
	    T(a_head_of_another_frame_is_refused),
	};

	crypto_setup();
	return cmocka_run_group_tests_name(
	    "hostile_changes", tests, NULL, NULL);
}
