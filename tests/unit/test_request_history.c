/* What a record was, however often it changed; what nobody has checked yet. */
#include "tests/unit/forger.h"
#include "tests/unit/offices.h"

#include "daemon/request.h"

/* --- many edits ------------------------------------------------------------ */

#define MANY   20000
#define A_BLOB 10000
#define A_PAGE 1000

/* Edits of one field, each over the one before; the last of them is signed,
 * the others are what a tail carries. */
static void
write_edits(struct stage *s, int first, int n, uint8_t over[static HASH_LEN],
    struct buf *b)
{
	char hex[HEX_SIZE], head[256], values[64];

	forger_open(&s->f, b);
	for (int i = first; i < first + n; i++) {
		struct portion p = {.p = values};
		struct change c = {
		    .head = head, .portions = &p, .nportions = 1};

		text_hex(over, HASH_LEN, hex);
		c.head_len = (size_t)snprintf(head, sizeof(head),
		    "{\"t\":%lld,\"kind\":\"edit\",\"ops\":[{\"op\":\"set\","
		    "\"record\":\"%s\",\"fields\":[\"title\"],"
		    "\"over\":{\"title\":[\"%.32s\"]}}]}",
		    (long long)s->o.now + i, s->record, hex);
		p.len = (size_t)snprintf(
		    values, sizeof(values), "{\"v\":[[\"edit %d\"]]}", i);
		if (i + 1 == first + n)
			change_sign(&s->f.a.at, &c, s->f.a.secret);
		change_id(&s->f.a.at, &c, over);
		change_join(&c, c.is_signed, b);
		author_follow(&s->f.a, over);
	}
}

static void
edit_often(struct stage *s)
{
	uint8_t over[HASH_LEN];
	struct buf b = BUF_INIT;

	memcpy(over, s->change, HASH_LEN);
	for (int i = 0; i < MANY; i += A_BLOB) {
		buf_reset(&b);
		write_edits(s, i, A_BLOB, over, &b);
		assert_int_equal(branch_take(&s->o, &b).added, A_BLOB);
	}
	buf_clear(&b);
}

static struct desk
desk_of(const struct stage *s)
{
	return (struct desk){.o = {.gate = s->o.g, .home = s->o.dir}};
}

static const char *
title_of(const json_t *event)
{
	return json_get_str(
	    json_array_get(json_object_get(event, "fields"), 0), "value");
}

/* Pages of the history; checks that they follow each other. */
static size_t
read_history(struct desk *d, const char *record)
{
	json_t *r, *list, *next = json_null();
	size_t n = 0;
	char want[32];

	do {
		r = ask(d, request_history,
		    json_pack("{s:s,s:o,s:i}", "record", record, "after", next,
			"limit", A_PAGE));
		list = json_object_get(r, "history");
		assert_true(json_array_size(list) > 0);
		if (n > 0) {
			snprintf(want, sizeof(want), "edit %zu", n - 1);
			assert_string_equal(
			    title_of(json_array_get(list, 0)), want);
		}
		n += json_array_size(list);
		next = json_incref(json_object_get(r, "next"));
		json_decref(r);
	} while (!json_is_null(next));
	return n;
}

static void
test_request_history__a_record_with_20000_edits_answers(void **state)
{
	struct stage s;
	struct desk d;
	json_t *r, *field;

	(void)state;
	stage_make(&s);
	edit_often(&s);
	d = desk_of(&s);
	assert_int_equal(read_history(&d, s.record), MANY + 1);
	assert_string_equal(shown(&d, s.record, "title"), "\"edit 19999\"");
	r = ask(&d, request_diff, json_pack("{s:s}", "record", s.record));
	assert_int_equal(json_array_size(json_object_get(r, "diff")), 1);
	field = json_array_get(json_object_get(r, "diff"), 0);
	assert_string_equal(json_get_str(field, "from"), "edit 19998");
	assert_string_equal(json_get_str(field, "to"), "edit 19999");
	json_decref(r);
	json_decref(
	    ask(&d, request_verify, json_pack("{s:s}", "record", s.record)));
	assert_non_null(edit(&d, s.record, "title", "one more"));
	stage_remove(&s);
}

/* A page of long texts ends early, and the next one goes on behind it. */
static void
test_request_history__a_page_of_long_texts_ends_early(void **state)
{
	struct desk a;
	static char text[60001];
	char id[ID_SIZE];
	json_t *r, *next = json_null();
	size_t n = 0, pages = 0;

	(void)state;
	desk_open(&a);
	found(&a);
	snprintf(id, sizeof(id), "%s", recommend(&a, "long", "x"));
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 160; i++) {
		text[0] = (char)('a' + i % 26);
		edit(&a, id, "text", text);
	}
	do {
		r = ask(&a, request_history,
		    json_pack("{s:s,s:o,s:i}", "record", id, "after", next,
			"limit", A_PAGE));
		n += json_array_size(json_object_get(r, "history"));
		pages++;
		next = json_incref(json_object_get(r, "next"));
		json_decref(r);
	} while (!json_is_null(next));
	assert_int_equal(n, 161);
	assert_int_equal(pages, 2);
	desk_close(&a);
}

static void
test_request_history__goes_on_behind_a_change_of_the_record(void **state)
{
	struct desk a;
	const char *id, *other, *change;
	json_t *r, *list;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "one", "x");
	other = recommend(&a, "other", "x");
	change = edit(&a, id, "title", "two");
	edit(&a, id, "title", "three");
	r = ask(&a, request_history,
	    json_pack("{s:s,s:s}", "record", id, "after", change));
	list = json_object_get(r, "history");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(title_of(json_array_get(list, 0)), "three");
	assert_true(json_is_null(json_object_get(r, "next")));
	json_decref(r);
	refuse(&a, request_history,
	    json_pack("{s:s,s:s}", "record", other, "after", change),
	    ERR_NOTFOUND, "of this record");
	desk_close(&a);
}

/* --- diff ------------------------------------------------------------------ */

/* "from>to" of the only field that differs. */
static const char *
diff(struct desk *d, const char *id, const char *from, const char *to)
{
	static char kept[64];
	json_t *r = ask(d, request_diff,
	    json_pack("{s:s,s:s?,s:s?}", "record", id, "from", from, "to", to));
	const json_t *list = json_object_get(r, "diff");
	const json_t *f = json_array_get(list, 0);
	const char *a = json_get_str(f, "from"), *b = json_get_str(f, "to");

	assert_true(json_array_size(list) < 2);
	snprintf(kept, sizeof(kept), "%s>%s", a != NULL ? a : "",
	    b != NULL ? b : "");
	json_decref(r);
	return kept;
}

static void
test_request_history__a_diff_runs_between_any_two_changes(void **state)
{
	struct desk a;
	const char *id, *two, *three;

	(void)state;
	desk_open(&a);
	found(&a);
	id = recommend(&a, "one", "x");
	two = edit(&a, id, "title", "two");
	three = edit(&a, id, "title", "three");
	assert_string_equal(diff(&a, id, NULL, NULL), "two>three");
	assert_string_equal(diff(&a, id, two, NULL), "two>three");
	assert_string_equal(diff(&a, id, NULL, two), "one>two");
	assert_string_equal(diff(&a, id, NULL, three), "two>three");
	assert_string_equal(diff(&a, id, three, two), "three>two");
	/* a signature writes no field: what differs is what was edited last */
	json_decref(ask(&a, request_sign, json_pack("{s:s}", "record", id)));
	assert_string_equal(diff(&a, id, NULL, NULL), "two>three");
	refuse(&a, request_diff,
	    json_pack("{s:s,s:s}", "record", id, "from", "x"), ERR_NOTFOUND,
	    "no change 'x'");
	desk_close(&a);
}

/* --- not yet checked ------------------------------------------------------- */

static bool
is_signature_unchecked(struct desk *d, const char *id)
{
	json_t *r = ask(d, request_verify, json_pack("{s:s}", "record", id));
	json_t *list = json_object_get(r, "signatures");
	bool ret;

	assert_int_equal(json_array_size(list), 1);
	ret =
	    json_is_true(json_object_get(json_array_get(list, 0), "unchecked"));
	json_decref(r);
	return ret;
}

static size_t
unchecked_events(struct desk *d, const char *id)
{
	json_t *r = ask(d, request_history, json_pack("{s:s}", "record", id));
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (json_object_get(r, "history"), i, v)
		n += json_is_true(json_object_get(v, "unchecked"));
	json_decref(r);
	return n;
}

static size_t
unchecked_fields(struct desk *d, const char *id)
{
	json_t *r = ask(d, request_show, json_pack("{s:s}", "record", id));
	size_t n = json_array_size(
	    json_object_get(json_object_get(r, "record"), "unchecked"));

	json_decref(r);
	return n;
}

static int64_t
unchecked(struct desk *d)
{
	json_t *r = ask(d, request_status, json_object());
	int64_t n = -1;

	json_get_int(r, "unchecked", &n);
	json_decref(r);
	return n;
}

static void
sweep(struct desk *d)
{
	struct err e;

	while (gate_idle(d->o.gate, &e) == 1)
		;
}

/* A signature's change is checked by the sweep, not when it comes; until then
 * all that rests on it says so.  Only verify does not wait, and looks. */
static void
test_request_history__tells_what_nobody_has_checked(void **state)
{
	struct desk a, b;
	const char *id;

	(void)state;
	pair(&a, &b);
	id = recommend(&a, "Rest day", "One day in seven.");
	json_decref(ask(&a, request_sign, json_pack("{s:s}", "record", id)));
	recommend(&a, "the last one", "vouches for what is before it");
	assert_int_equal(unchecked(&a), 0);
	sweep(&b);
	give(&a, &b);
	assert_true(unchecked(&b) > 0);
	assert_false(is_signature_unchecked(&b, id));
	/* the version and its signature */
	assert_int_equal(unchecked_events(&b, id), 2);
	assert_int_equal(unchecked_fields(&b, id), 0);
	sweep(&b);
	assert_int_equal(unchecked(&b), 0);
	assert_false(is_signature_unchecked(&b, id));
	assert_int_equal(unchecked_events(&b, id), 0);
	desk_close(&a);
	desk_close(&b);
}

/* One that was bad is thrown away, and what it stood on is not checked until
 * a good one comes. */
static void
test_request_history__a_bad_signature_leaves_it_unchecked(void **state)
{
	struct stage s;
	struct desk d;
	struct buf b = BUF_INIT;
	uint8_t id[HASH_LEN];
	char ops[256];
	size_t sig;
	char good;

	(void)state;
	stage_make(&s);
	d = desk_of(&s);
	snprintf(ops, sizeof(ops),
	    "{\"t\":2,\"kind\":\"edit\",\"ops\":[{\"op\":\"set\","
	    "\"record\":\"%s\",\"fields\":[\"section\"]}]}",
	    s.record);
	forger_open(&s.f, &b);
	sig = b.len;
	forger_write(&s.f, ops, "{\"v\":[[\"regional\"]]}", &b, id);
	forger_write(&s.f,
	    "{\"t\":3,\"kind\":\"edit\",\"ops\":[{\"op\":\"new\","
	    "\"type\":\"group\"}]}",
	    "{\"v\":[[]]}", &b, id);
	good = b.data[sig];
	b.data[sig] = (char)(good == 'A' ? 'B' : 'A');
	assert_int_equal(branch_take(&s.o, &b).waiting, 0);
	for (int swept = 0; swept < 2; swept++) {
		assert_int_equal(unchecked_fields(&d, s.record), 1);
		assert_int_equal(unchecked_events(&d, s.record), 1);
		assert_int_equal(unchecked(&d), 1);
		branch_idle(&s.o);
	}
	stage_remove(&s);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(test_request_history__##name)
	    T(a_record_with_20000_edits_answers),
	    T(a_page_of_long_texts_ends_early),
	    T(goes_on_behind_a_change_of_the_record),
	    T(a_diff_runs_between_any_two_changes),
	    T(tells_what_nobody_has_checked),
	    T(a_bad_signature_leaves_it_unchecked),
#undef T
	};

	crypto_setup();
	return cmocka_run_group_tests_name(
	    "request_history", tests, NULL, NULL);
}
