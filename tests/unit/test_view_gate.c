/* Views, search and remotes of an office whose changes pass the gate. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/text.h"
#include "daemon/gate.h"
#include "daemon/query.h"
#include "daemon/remote.h"
#include "daemon/view.h"

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) == -1)                                              \
			fail_msg("%s: %s", #call, e.msg);                      \
	} while (0)

struct office {
	char dir[64];
	struct gate *g;
	struct store *s;
	uint8_t change[HASH_LEN]; /* the last one */
};

static void
open_office(struct office *o)
{
	static const uint8_t recovery[HASH_LEN] = {1};
	struct err e = {0};

	snprintf(o->dir, sizeof(o->dir), "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	OK(gate_open(o->dir, &clock_system, &o->g, &e));
	OK(gate_found(o->g, "Task Force", "HRWG", recovery, &e));
	o->s = gate_store(o->g);
}

static void
close_office(struct office *o)
{
	struct err e = {0};

	gate_close(o->g);
	OK(fs_remove_tree(o->dir, &e));
}

static json_t *
parse(const char *s)
{
	json_t *j = json_loads(s, 0, NULL);

	if (j == NULL)
		fail_msg("not JSON: %s", s);
	return j;
}

/* Commits a change of one operation. */
static void
commit(struct office *o, const char *op, const char *values)
{
	struct draft *d = draft_new(false);
	struct err e = {0};

	draft_add(d, parse(op), parse(values));
	OK(gate_commit(o->g, &d, o->change, &e));
}

/* A recommendation with title "A"; its id into ret. */
static void
make(struct office *o, char ret[static ID_SIZE])
{
	commit(o,
	    "{\"op\":\"new\",\"type\":\"recommendation\","
	    "\"fields\":[\"title\",\"text\"]}",
	    "[\"A\",\"some \\\"text\\\"\\n\"]");
	ident_make(o->change, 0, ret);
}

/* Writes the title over what the last change wrote. */
static void
retitle(struct office *o, const char *id, const char *values)
{
	char prefix[HEX_SIZE], op[512];

	text_hex(o->change, PREFIX_LEN, prefix);
	snprintf(op, sizeof(op),
	    "{\"op\":\"set\",\"record\":\"%s\",\"fields\":[\"title\"],"
	    "\"over\":{\"title\":[\"%s\"]}}",
	    id, prefix);
	commit(o, op, values);
}

static int
add_write(void *arg, const struct view_write *w)
{
	buf_printf(arg, "%s %s%s%s\n", w->value != NULL ? w->value : "-",
	    w->counts ? "c" : "", w->live ? "l" : "", w->is_shown ? "s" : "");
	return 0;
}

static void
test_view_gate__a_superseded_value_is_read_from_the_log(void **state)
{
	struct office o;
	struct err e = {0};
	struct buf b = BUF_INIT;
	struct view_record v;
	char id[ID_SIZE];
	struct view_event *events;
	size_t changes;

	(void)state;
	open_office(&o);
	make(&o, id);
	retitle(&o, id, "[[\"B\",{\"@\":0}]]");
	retitle(&o, id, "[\"C\"]");
	OK(view_find(o.s, id, &v, &e));
	OK(view_writes(o.s, v.n, "title", add_write, &b, &e));
	assert_non_null(strstr(b.data, "\"A\" c\n"));
	/* the reference of that change, resolved */
	assert_non_null(strstr(b.data, "[\"B\",\""));
	assert_null(strchr(b.data, '@'));
	assert_non_null(strstr(b.data, "\"C\" cls\n"));
	buf_reset(&b);
	OK(view_writes(o.s, v.n, "text", add_write, &b, &e));
	assert_string_equal(b.data, "\"some \\\"text\\\"\\n\" cls\n");
	OK(view_history(o.s, v.n, &events, &changes, &e));
	assert_int_equal(changes, 3);
	free(events);
	buf_clear(&b);
	close_office(&o);
}

static int
check_version(void *arg, const struct view_version *v)
{
	const struct office *o = arg;
	uint8_t hash[HASH_LEN];
	struct hasher h;

	assert_string_equal(v->text, "Title: A\n\nsome text\n");
	assert_int_equal(v->text_len, strlen(v->text));
	hasher_init(&h);
	hasher_add(&h, v->text, v->text_len);
	hasher_end(&h, hash);
	assert_memory_equal(hash, v->hash, HASH_LEN);
	assert_memory_equal(v->change, o->change, HASH_LEN);
	assert_memory_equal(v->key, gate_key(o->g), KEY_LEN);
	assert_int_equal(v->rule, 1);
	assert_true(v->counts && v->t > 0);
	assert_non_null(strstr(v->of, "\"title\",[\""));
	return 3;
}

static void
test_view_gate__a_version_brings_its_text_and_sources(void **state)
{
	struct office o;
	struct err e = {0};
	char id[ID_SIZE], version[ID_SIZE], prefix[HEX_SIZE], op[512];

	(void)state;
	open_office(&o);
	make(&o, id);
	text_hex(o.change, PREFIX_LEN, prefix);
	snprintf(op, sizeof(op),
	    "{\"op\":\"version\",\"record\":\"%s\",\"rule\":1,"
	    "\"of\":[[\"%s\",\"title\",[\"%s\"]]]}",
	    id, id, prefix);
	commit(&o, op, "[\"Title: A\\n\\nsome text\\n\"]");
	ident_make(o.change, 0, version);
	assert_int_equal(view_version(o.s, version, check_version, &o, &e), 3);
	assert_int_equal(view_versions(o.s, id, check_version, &o, &e), 3);
	assert_int_equal(view_versions(o.s, version, check_version, &o, &e), 0);
	assert_int_equal(view_version(o.s, id, check_version, &o, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	close_office(&o);
}

static int
found(struct office *o, const char *words)
{
	json_t *list = NULL;
	struct err e = {0};
	int n;

	OK(view_search(o->s, words, 0, 100, &list, &e));
	n = (int)json_array_size(list);
	json_decref(list);
	return n;
}

static void
settle(struct office *o)
{
	struct err e = {0};
	int r = 1;

	while (r == 1)
		r = gate_idle(o->g, &e);
	OK(r);
}

static void
test_view_gate__search_follows_edits_and_a_rebuild(void **state)
{
	struct office o;
	struct err e = {0};
	char id[ID_SIZE];

	(void)state;
	open_office(&o);
	make(&o, id);
	retitle(&o, id, "[\"lama\"]");
	settle(&o);
	assert_int_equal(found(&o, "lama"), 1);
	assert_int_equal(found(&o, "some text"), 1);
	retitle(&o, id, "[\"baru\"]");
	settle(&o);
	assert_int_equal(found(&o, "lama"), 0);
	assert_int_equal(found(&o, "baru"), 1);
	OK(gate_rebuild(o.g, &e));
	settle(&o);
	assert_int_equal(found(&o, "lama"), 0);
	assert_int_equal(found(&o, "baru"), 1);
	retitle(&o, id, "[\"akhir\"]");
	settle(&o);
	assert_int_equal(found(&o, "baru"), 0);
	assert_int_equal(found(&o, "akhir"), 1);
	close_office(&o);
}

/* What the index holds: each term, in how many records, how often. */
static char *
terms(struct office *o)
{
	struct query *q = NULL;
	struct buf b = BUF_INIT;
	struct err e = {0};

	OK(query_open(o->s, &q,
	    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.term"
	    " USING fts5vocab(main, search, row)",
	    &e));
	OK(query_run(q, &e));
	query_close(q);
	OK(query_open(
	    o->s, &q, "SELECT term, doc, cnt FROM term ORDER BY term", &e));
	while (query_step(q, &e) == 1)
		buf_printf(&b, "%s %d %d\n", query_text(q, 0),
		    (int)query_int(q, 1), (int)query_int(q, 2));
	query_close(q);
	return buf_steal(&b);
}

/* An edit over the change before, over an old one, or over nothing: what is
 * shown goes back and forth and comes into conflict. */
static void
edit_at_random(struct office *o, const char *id, uint32_t *seed)
{
	static const char *const words[] = {
	    "upah", "cuti", "paspor", "hak", "null"};
	static const char *const fields[] = {"title", "text", "order"};
	char op[512], value[64], prefix[HEX_SIZE];
	const char *field;

	*seed = *seed * 1664525u + 1013904223u;
	field = fields[(*seed >> 8) % 3];
	text_hex(o->change, PREFIX_LEN, prefix);
	snprintf(op, sizeof(op),
	    "{\"op\":\"set\",\"record\":\"%s\",\"fields\":[\"%s\"],"
	    "\"over\":{\"%s\":[\"%s\"]}}",
	    id, field, (*seed >> 12) % 3 == 0 ? "other" : field, prefix);
	snprintf(value, sizeof(value),
	    (*seed >> 16) % 5 == 4 ? "[%s]" : "[\"%s\"]",
	    words[(*seed >> 16) % 5]);
	commit(o, op, value);
}

static void
test_view_gate__the_index_is_what_a_rebuild_makes_of_it(void **state)
{
	struct office o;
	struct err e = {0};
	char ids[5][ID_SIZE];
	uint32_t seed = 11;
	char *before, *after;

	(void)state;
	open_office(&o);
	for (size_t i = 0; i < 5; i++)
		make(&o, ids[i]);
	for (int i = 0; i < 150; i++) {
		edit_at_random(&o, ids[(seed >> 20) % 5], &seed);
		if (i % 13 == 0)
			settle(&o);
	}
	settle(&o);
	before = terms(&o);
	assert_true(strlen(before) > 20);
	OK(gate_rebuild(o.g, &e));
	settle(&o);
	after = terms(&o);
	assert_string_equal(before, after);
	free(before);
	free(after);
	close_office(&o);
}

static void
test_view_gate__own_changes_wait_for_a_remote(void **state)
{
	struct office o;
	struct err e = {0};
	struct view_counts c;
	char id[ID_SIZE];
	int64_t n = 0, since = 0, before;

	(void)state;
	open_office(&o);
	OK(remote_waiting(o.s, 1, &before, &since, &e));
	assert_true(before > 0 && since > 0);
	make(&o, id);
	OK(remote_waiting(o.s, 1, &n, &since, &e));
	assert_int_equal(n, before + 1);
	OK(view_counts(o.s, &c, &e));
	assert_int_equal(c.changes, n);
	assert_int_equal(c.records, 1);
	assert_int_equal(c.waiting, 0);
	assert_int_equal(c.missing, 0);
	assert_int_equal(c.absent, 0);
	close_office(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_view_gate__a_superseded_value_is_read_from_the_log),
	    cmocka_unit_test(
		test_view_gate__a_version_brings_its_text_and_sources),
	    cmocka_unit_test(
		test_view_gate__search_follows_edits_and_a_rebuild),
	    cmocka_unit_test(
		test_view_gate__the_index_is_what_a_rebuild_makes_of_it),
	    cmocka_unit_test(test_view_gate__own_changes_wait_for_a_remote),
	};

	crypto_setup();
	return cmocka_run_group_tests_name("view_gate", tests, NULL, NULL);
}
