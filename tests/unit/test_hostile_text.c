/* Text that is none, or too much of it (hostile input 39, 42): refused where
 * people write and approve, bounded where it is displayed, and never given to
 * a parser that it could exhaust. */
#include <malloc.h>

#include "tests/unit/forger.h"

#include "common/frame.h"
#include "common/jscan.h"
#include "common/message.h"
#include "daemon/office.h"
#include "daemon/request.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BOM      "\xef\xbb\xbf"
#define ACUTE    "\xcc\x81"
#define ZWJ      "\xe2\x80\x8d"
#define TEN(s)   s s s s s s s s s s

typedef int (*handler)(
    struct office *, const json_t *, json_t **, struct err *);

/* --- what we write (39) ------------------------------------------------------ */

static const struct {
	const char *text, *why;
} unwritable[] = {
    {BOM "Rest day", "byte order mark"},
    {"Rest" BOM " day", "byte order mark"},
    {"e" ACUTE TEN(ACUTE) TEN(ACUTE) TEN(ACUTE) ACUTE, "more than 30 marks"},
    {TEN(ACUTE) TEN(ACUTE) TEN(ACUTE) ACUTE, "more than 30 marks"},
    {"e" TEN(ACUTE ZWJ ACUTE ZWJ), "more than 30 marks"},
    {"e" TEN("\xef\xb8\x8f\xcd\x8f") TEN("\xef\xb8\x8f\xcd\x8f"),
	"more than 30 marks"},
    {"esc \x1b[31m", "control character"},
    {"C1 \xc2\x9b", "control character"},
    {"over-long \xc0\xaf", "not UTF-8"},
    {"over-long NUL \xc0\x80", "not UTF-8"},
    {"over-long \xe0\x80\xaf", "not UTF-8"},
    {"surrogate \xed\xa0\x80", "not UTF-8"},
    {"pair \xed\xa0\xbd\xed\xb8\x80", "not UTF-8"},
    {"too high \xf4\x90\x80\x80", "not UTF-8"},
    {"cut \xe2\x80", "not UTF-8"},
    {"\xff", "not UTF-8"},
};

static const char *const writable[] = {"Hari libur mingguan",
    "\xe1\x9e\x80\xe1\x9e\x98\xe1\x9f\x92\xe1\x9e\x98\xe1\x9e\x80\xe1\x9e\x9a",
    "\xe1\x80\x99\xe1\x80\xbc\xe1\x80\x94\xe1\x80\xba\xe1\x80\x99\xe1\x80\xac",
    "\xe0\xb8\xaa\xe0\xb8\xb4\xe0\xb8\x97\xe0\xb8\x98\xe0\xb8\xb4\xe0\xb9\x8c",
    "Ti\xcc\x82\xcc\x81ng Vie\xcc\xa3\xcc\x82t",
    "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x91\xa9" ZWJ "\xf0\x9f\x91\xa7",
    "e" TEN(ACUTE) TEN(ACUTE) TEN(ACUTE),
    "a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nb"};

/* Text as it is, which json_pack() would check. */
static json_t *
raw(const char *text)
{
	return json_stringn_nocheck(text, strlen(text));
}

static void
assert_refuses(struct office *o, handler fn, json_t *req, const char *why)
{
	json_t *ret = NULL;
	struct err e = {0};

	assert_non_null(req);
	if (fn(o, req, &ret, &e) == 0)
		fail_msg("not refused: %s", why);
	assert_int_equal(e.code, ERR_INPUT);
	if (strstr(e.msg, why) == NULL)
		fail_msg("'%s' does not say '%s'", e.msg, why);
	json_decref(req);
}

static void
test_hostile_text__nobody_writes_it(void **state)
{
	struct stage s;
	struct office o;

	(void)state;
	stage_make(&s);
	o = (struct office){.home = s.o.dir, .gate = s.o.g};
	for (size_t i = 0; i < COUNT(unwritable); i++) {
		const char *text = unwritable[i].text;
		const char *why = unwritable[i].why;

		assert_refuses(&o, request_new,
		    json_pack("{s:s, s:{s:o, s:s, s:s}}", "type",
			"recommendation", "fields", "title", raw(text),
			"section", "national", "text", "x"),
		    why);
		assert_refuses(&o, request_new,
		    json_pack("{s:s, s:{s:s, s:s, s:o}}", "type",
			"recommendation", "fields", "title", "x", "section",
			"national", "text", raw(text)),
		    why);
		assert_refuses(&o, request_edit,
		    json_pack("{s:s, s:{s:o}}", "record", s.record, "fields",
			"title", raw(text)),
		    why);
		assert_refuses(&o, request_new,
		    json_pack("{s:s, s:{s:s, s:o}}", "type", "comment",
			"fields", "record", s.record, "text", raw(text)),
		    why);
	}
	assert_unchanged(&s);
	stage_remove(&s);
}

static void
test_hostile_text__names_are_as_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unwritable); i++) {
		json_t *req =
		    json_pack("{s:o}", "name", raw(unwritable[i].text));
		struct err e = {0};
		char *name;

		if (request_name(req, "name", &name, &e) == 0)
			fail_msg("not refused: %zu", i);
		if (strstr(e.msg, unwritable[i].why) == NULL)
			fail_msg("%s", e.msg);
		json_decref(req);
	}
}

static void
test_hostile_text__everybody_writes_their_language(void **state)
{
	struct stage s;
	struct office o;

	(void)state;
	stage_make(&s);
	o = (struct office){.home = s.o.dir, .gate = s.o.g};
	for (size_t i = 0; i < COUNT(writable); i++) {
		json_t *req = json_pack("{s:s, s:{s:s, s:s, s:s}}", "type",
		    "recommendation", "fields", "title", "x", "section",
		    "national", "text", writable[i]);
		json_t *ret = NULL;
		struct err e = {0};

		OK(request_new(&o, req, &ret, &e));
		json_decref(ret);
		json_decref(req);
	}
	stage_remove(&s);
}

/* --- what others wrote (39) --------------------------------------------------- */

/* A line of almost a MiB, all of it one letter with its marks. */
static char *
pile(size_t bytes)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, "{\"v\":[[\"" BOM "e");
	while (b.len < bytes)
		buf_adds(&b, b.len % 4 < 2 ? ACUTE : "\xcd\x9b");
	buf_adds(&b, "\"]]}");
	return buf_steal(&b);
}

static void
assert_answers(struct office *o, handler fn, json_t *req)
{
	json_t *ret = NULL;
	struct err e = {0};

	assert_non_null(req);
	OK(fn(o, req, &ret, &e));
	json_decref(ret);
	json_decref(req);
}

/* Taken, since no rule reads values; then shown, searched and indexed in
 * linear time (a quadratic step would take hours). */
static void
test_hostile_text__what_others_wrote_is_taken_and_shown(void **state)
{
	struct stage s;
	struct office o;
	struct buf b = BUF_INIT;
	char *portion = pile(1000 * 1000), record[ID_SIZE];
	uint8_t id[HASH_LEN];

	(void)state;
	stage_make(&s);
	o = (struct office){.home = s.o.dir, .gate = s.o.g};
	forger_edit(&s.f,
	    "{\"op\":\"new\",\"type\":\"recommendation\","
	    "\"fields\":[\"title\"]}",
	    portion, &b, id);
	assert_int_equal(branch_take(&s.o, &b).added, 1);
	ident_make(id, 0, record);
	branch_idle(&s.o);
	assert_answers(&o, request_show, json_pack("{s:s}", "record", record));
	assert_answers(
	    &o, request_history, json_pack("{s:s}", "record", record));
	assert_answers(
	    &o, request_list, json_pack("{s:s}", "type", "recommendation"));
	assert_answers(&o, request_search, json_pack("{s:s}", "words", "rest"));
	assert_log_goes_on(&s);
	free(portion);
	buf_clear(&b);
	stage_remove(&s);
}

/* Whatever is piled up, what a terminal is given in a column is short. */
static void
test_hostile_text__a_column_is_a_column(void **state)
{
	static const char *const pieces[] = {ACUTE, ZWJ, "\xe2\x80\x8b",
	    "\xef\xb8\x8f", "\x01", "\n", BOM, "\xe2\x80\xae", "\xcd\x8f",
	    ACUTE ZWJ, "\xff", "\xe0\xa4\xbf", "\xf3\xa0\x84\x80",
	    "\xf3\xa0\x80\x81", "\xef\xbf\xbf", "\xe1\x85\x9f"};

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct buf b = BUF_INIT, safe = BUF_INIT;

		buf_addc(&b, 'e');
		while (b.len < 100 * 1000)
			buf_adds(&b, pieces[i]);
		if (text_fit(b.data, b.len, 40) > 4096)
			fail_msg("%zu: raw", i);
		text_escape(b.data, b.len, false, &safe);
		if (text_fit(safe.data, safe.len, 40) > 4096)
			fail_msg("%zu: escaped", i);
		assert_true(safe.len < 10 * b.len);
		buf_clear(&b);
		buf_clear(&safe);
	}
}

/* --- what a parser is spared (42) ---------------------------------------------- */

static size_t allocated, most;

static void *
count_malloc(size_t n)
{
	void *p = malloc(n);

	allocated += malloc_usable_size(p);
	if (allocated > most)
		most = allocated;
	return p;
}

static void
count_free(void *p)
{
	allocated -= malloc_usable_size(p);
	free(p);
}

static void
count_start(void)
{
	json_set_alloc_funcs(count_malloc, count_free);
	allocated = most = 0;
}

static void
count_end(void)
{
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(allocated, 0);
}

/* "before", then the piece over and over until n bytes, then "after". */
static char *
fill(const char *before, const char *piece, const char *after, size_t n)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, before);
	while (b.len + strlen(piece) + strlen(after) <= n)
		buf_adds(&b, piece);
	buf_adds(&b, after);
	return buf_steal(&b);
}

static const struct {
	const char *before, *piece, *after;
} bombs[] = {
    {"", "{},", ""},
    {"{\"v\":[", "{},", "{}]}"},
    {"{\"v\":[", "[],", "[]]}"},
    {"{\"v\":[", "0,", "0]}"},
    {"{\"v\":{", "\"\":0,", "\"\":0}}"},
    {"{\"v\":", "[", "]}"},
    {"{\"v\":", "{\"a\":", "0}"},
};

static void
test_hostile_text__a_bomb_is_refused_before_it_is_parsed(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT(bombs); i++) {
		char *text = fill(bombs[i].before, bombs[i].piece,
		    bombs[i].after, CHANGE_ACCEPT_MAX - 100);
		size_t n = strlen(text);
		struct buf b = BUF_INIT;
		struct frame f;
		json_t *j;
		size_t used;

		count_start();
		assert_int_equal(json_read(text, n, &j, &e), -1);
		assert_int_equal(message_parse_request(text, n, &j, &e), -1);
		buf_u32be(&b, (uint32_t)n + 1);
		buf_addc(&b, FRAME_REFS);
		buf_add(&b, text, n);
		assert_int_equal(frame_parse(b.data, b.len, &f, &used, &e), -1);
		assert_int_equal(most, 0);
		count_end();
		buf_clear(&b);
		free(text);
	}
}

/* The same as a head, and as a portion, through the gate. */
static void
test_hostile_text__a_bomb_in_a_line_costs_nothing(void **state)
{
	struct stage s;

	(void)state;
	stage_make(&s);
	for (size_t i = 0; i < COUNT(bombs); i++) {
		char *text = fill(bombs[i].before, bombs[i].piece,
		    bombs[i].after, CHANGE_ACCEPT_MAX - 1000);
		struct buf b = BUF_INIT;
		struct gate_taken t;
		uint8_t id[HASH_LEN];

		forger_open(&s.f, &b);
		forger_sign(&s.f, text, "{\"v\":[[]]}", &b, id);
		count_start();
		t = branch_take(&s.o, &b);
		assert_int_equal(t.bad, 1);
		assert_int_equal(t.added, 0);
		assert_unchanged(&s);
		assert_int_equal(most, 0);
		count_end();

		buf_reset(&b);
		forger_edit(&s.f,
		    "{\"op\":\"new\",\"type\":\"group\","
		    "\"fields\":[\"theme\"]}",
		    text, &b, id);
		count_start();
		t = branch_take(&s.o, &b);
		assert_int_equal(t.added, 1);
		assert_true(most < 64 * 1024);
		count_end();
		note_state(&s);
		buf_clear(&b);
		free(text);
	}
	assert_log_goes_on(&s);
	stage_remove(&s);
}

#define T(name) cmocka_unit_test(test_hostile_text__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nobody_writes_it),
	    T(names_are_as_strict),
	    T(everybody_writes_their_language),
	    T(what_others_wrote_is_taken_and_shown),
	    T(a_column_is_a_column),
	    T(a_bomb_is_refused_before_it_is_parsed),
	    T(a_bomb_in_a_line_costs_nothing),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("hostile_text", tests, NULL, NULL);
}
