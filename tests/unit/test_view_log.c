/* What views read back from the log: real lines, and derived rows by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rows.h"

#include "common/buf.h"
#include "common/text.h"
#include "daemon/store_log.h"
#include "daemon/view.h"
#include "tests/author.h"

struct office {
	struct rows rows;
	struct author author;
	uint8_t id[HASH_LEN]; /* of the last change */
	int64_t n;
};

static void
open_office(struct office *o)
{
	static const uint8_t w[HASH_LEN] = {9};
	struct err e = {0};
	char hex[HEX_SIZE];

	rows_open(&o->rows);
	author_init(&o->author, 3, w);
	text_hex(w, sizeof(w), hex);
	OK(store_set_setting(o->rows.s, "coalition", hex, &e));
}

static void
close_office(struct office *o)
{
	author_clear(&o->author);
	rows_close(&o->rows);
}

/* Puts the next change into the log, and nothing anywhere else. */
static void
put(struct office *o, struct draft *d)
{
	struct change_place at = o->author.at;
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
	struct log_new new = {.place = &at, .id = o->id, .t = o->author.t};
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct err e = {0};

	memcpy(previous, o->author.previous, sizeof(previous));
	at.previous = previous;
	author_write(&o->author, d, &line, o->id);
	OK(change_split(line.data, line.len, &c, &e));
	new.change = &c;
	new.line = line.data;
	new.len = line.len;
	new.flags = LOG_AUTHENTIC | LOG_SIGNED;
	OK(store_begin(o->rows.s, &e));
	OK(log_number(o->rows.s, at.key, &new.log, &e));
	OK(log_add(o->rows.s, &new, &o->n, &e));
	OK(store_commit(o->rows.s, &e));
	change_clear(&c);
	buf_clear(&line);
}

static json_t *
parse(const char *s)
{
	json_t *j = json_loads(s, 0, NULL);

	if (j == NULL)
		fail_msg("not JSON: %s", s);
	return j;
}

static void
add(struct draft *d, const char *op, const char *values)
{
	draft_add(d, parse(op), parse(values));
}

/* The record that operation "op" of the last change made. */
static void
record(struct office *o, int64_t n, size_t op, const char *type)
{
	char id[ID_SIZE];

	ident_make(o->id, op, id);
	rows_record(&o->rows, n, id, type);
}

static void
write_row(struct office *o, int64_t record, const char *field, int64_t flags)
{
	static const char sql[] =
	    "INSERT INTO write(record, field, change, flags)"
	    " SELECT ?1, ?2, ?3, ?4";
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(o->rows.s, &q, sql, &e));
	OK(query_bind_int(q, 1, record, &e));
	OK(query_bind_int(q, 2, rows_name(&o->rows, field), &e));
	OK(query_bind_int(q, 3, o->n, &e));
	OK(query_bind_int(q, 4, flags, &e));
	OK(query_run(q, &e));
	query_close(q);
}

static int
add_write(void *arg, const struct view_write *w)
{
	buf_printf(arg, "%s=%s ", w->field, w->value != NULL ? w->value : "-");
	return 0;
}

static void
writes_are(struct office *o, int64_t record, const char *want)
{
	struct buf b = BUF_INIT;
	struct err e = {0};

	OK(view_writes(o->rows.s, record, NULL, add_write, &b, &e));
	assert_string_equal(buf_str(&b), want);
	buf_clear(&b);
}

static void
test_view_log__a_superseded_value_is_read_from_the_log(void **state)
{
	struct office o;
	struct draft *d = draft_new(false);
	char want[256], first[ID_SIZE];

	(void)state;
	open_office(&o);
	add(d, "{\"op\":\"new\",\"type\":\"comment\",\"fields\":[\"text\"]}",
	    "[\"satu\"]");
	add(d,
	    "{\"op\":\"new\",\"type\":\"comment\","
	    "\"fields\":[\"record\",\"text\"]}",
	    "[{\"@\":0},\"dua \\\"kata\\\"\\n\"]");
	add(d,
	    "{\"op\":\"set\",\"record\":{\"@\":0},\"fields\":[\"text\"],"
	    "\"over\":{}}",
	    "[\"tiga\"]");
	put(&o, d);
	record(&o, 1, 0, "comment");
	record(&o, 2, 1, "comment");
	write_row(&o, 1, "text", WRITE_COUNTS);
	write_row(&o, 2, "record", WRITE_COUNTS);
	write_row(&o, 2, "text", WRITE_COUNTS);
	writes_are(&o, 1, "text=\"tiga\" "); /* of two writes, the last */
	ident_make(o.id, 0, first);
	snprintf(want, sizeof(want),
	    "record=\"%s\" text=\"dua \\\"kata\\\"\\n\" ", first);
	writes_are(&o, 2, want);
	close_office(&o);
}

static void
test_view_log__what_the_log_lacks_reads_missing(void **state)
{
	struct office o;
	struct draft *d = draft_new(false);

	(void)state;
	open_office(&o);
	/* fewer values than fields */
	add(d,
	    "{\"op\":\"new\",\"type\":\"comment\","
	    "\"fields\":[\"text\",\"record\"]}",
	    "[\"satu\"]");
	put(&o, d);
	record(&o, 1, 0, "comment");
	write_row(&o, 1, "text", WRITE_COUNTS);
	/* a row that no operation of the change explains */
	write_row(&o, 1, "title", WRITE_COUNTS);
	writes_are(&o, 1, "text=- title=- ");
	close_office(&o);
}

struct expected {
	const char *text;
	const struct office *o;
	int calls;
};

static int
check_version(void *arg, const struct view_version *v)
{
	struct expected *x = arg;
	char id[ID_SIZE], of[64];

	x->calls++;
	if (x->text != NULL) {
		assert_string_equal(v->text, x->text);
		assert_int_equal(v->text_len, strlen(x->text));
	} else {
		assert_null(v->text);
	}
	assert_memory_equal(v->change, x->o->id, HASH_LEN);
	assert_memory_equal(v->key, x->o->author.at.key, KEY_LEN);
	assert_int_equal(v->rule, 1);
	assert_true(v->counts && v->t > 0);
	ident_make(x->o->id, 0, id);
	snprintf(of, sizeof(of), "[[\"%s\",\"text\",[]]]", id);
	assert_string_equal(v->of, of);
	return 4;
}

static void
version_row(struct office *o, size_t op, char id[static ID_SIZE])
{
	char of[ID_SIZE];

	ident_make(o->id, op, id);
	ident_make(o->id, 0, of);
	rows_run(&o->rows,
	    "INSERT INTO version(id, record, change, op, rule, counts)"
	    " VALUES(?3, ?4, ?1, ?2, 1, 1)",
	    o->n, (int64_t)op, id, of);
}

static void
test_view_log__a_version_brings_its_text_and_sources(void **state)
{
	static const char op[] = "{\"op\":\"version\",\"record\":{\"@\":0},"
				 "\"rule\":1,\"of\":[[{\"@\":0},\"text\",[]]]}";
	struct office o;
	struct draft *d = draft_new(false);
	struct err e = {0};
	struct expected x = {"Comment\n\ndua\n", &o, 0};
	char id[ID_SIZE], empty[ID_SIZE], of[ID_SIZE];

	(void)state;
	open_office(&o);
	add(d, "{\"op\":\"new\",\"type\":\"comment\",\"fields\":[\"text\"]}",
	    "[\"dua\"]");
	add(d, op, "[\"Comment\\n\\ndua\\n\"]");
	add(d, op, "[7]");
	put(&o, d);
	version_row(&o, 1, id);
	version_row(&o, 2, empty);
	ident_make(o.id, 0, of);
	assert_int_equal(view_version(o.rows.s, id, check_version, &x, &e), 4);
	x.calls = 0;
	assert_int_equal(view_versions(o.rows.s, of, check_version, &x, &e), 4);
	assert_int_equal(x.calls, 1); /* it stopped there */
	x.text = NULL;
	assert_int_equal(
	    view_version(o.rows.s, empty, check_version, &x, &e), 4);
	assert_int_equal(view_versions(o.rows.s, id, check_version, &x, &e), 0);
	assert_int_equal(view_version(o.rows.s, of, check_version, &x, &e), -1);
	assert_int_equal(e.code, ERR_NOTFOUND);
	close_office(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_view_log__a_superseded_value_is_read_from_the_log),
	    cmocka_unit_test(test_view_log__what_the_log_lacks_reads_missing),
	    cmocka_unit_test(
		test_view_log__a_version_brings_its_text_and_sources),
	};

	return cmocka_run_group_tests_name("view_log", tests, NULL, NULL);
}
