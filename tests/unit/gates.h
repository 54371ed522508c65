/*
 * gates: offices for tests: a gate in a folder of its own, a clock that is
 * set by hand, and what one hands to another.
 */
#ifndef TESTS_GATES_H
#define TESTS_GATES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/ident.h"
#include "common/mem.h"
#include "common/segment.h"
#include "daemon/gate.h"
#include "daemon/log_read.h"
#include "daemon/query.h"
#include "daemon/remote.h"
#include "daemon/store.h"
#include "daemon/view.h"

#define GATES_UNUSED __attribute__((unused))

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) == -1)                                              \
			fail_msg("%s: %s", #call, e.msg);                      \
	} while (0)

struct branch {
	char dir[64];
	int64_t now;
	struct clock clock;
	struct gate *g;
};

static GATES_UNUSED int64_t
branch_now(void *arg)
{
	return ((struct branch *)arg)->now;
}

static GATES_UNUSED void
branch_start(struct branch *o)
{
	struct err e = {0};

	o->clock = (struct clock){branch_now, branch_now, o};
	OK(gate_open(o->dir, &o->clock, &o->g, &e));
}

static GATES_UNUSED void
branch_stop(struct branch *o)
{
	gate_close(o->g);
	o->g = NULL;
}

static GATES_UNUSED void
branch_make(struct branch *o)
{
	memset(o, 0, sizeof(*o));
	o->now = 1795000000000;
	snprintf(o->dir, sizeof(o->dir), "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	branch_start(o);
}

/* Not reached by a test that failed: its folder stays. */
static GATES_UNUSED void
branch_remove(struct branch *o)
{
	struct err e = {0};

	branch_stop(o);
	OK(fs_remove_tree(o->dir, &e));
}

static GATES_UNUSED void
branch_found(struct branch *o)
{
	uint8_t recovery[HASH_LEN];
	struct err e = {0};

	crypto_digest("recovery", 8, recovery);
	OK(gate_found(o->g, "Coalition", "Secretariat", recovery, &e));
}

/* --- making changes --------------------------------------------------------- */

static GATES_UNUSED void
branch_commit(struct branch *o, struct draft *d, uint8_t *ret_id)
{
	uint8_t id[HASH_LEN];
	struct err e = {0};

	o->now++;
	OK(gate_commit(o->g, &d, id, &e));
	if (ret_id != NULL)
		memcpy(ret_id, id, HASH_LEN);
}

/* A record with one field; its id. */
static GATES_UNUSED void
branch_new(struct branch *o, const char *type, const char *field,
    const char *value, char ret[static ID_SIZE], uint8_t *ret_change)
{
	struct draft *d = draft_new(false);
	uint8_t id[HASH_LEN];

	draft_add(d,
	    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", type, "fields",
		field),
	    json_pack("[s]", value));
	branch_commit(o, d, id);
	ident_make(id, 0, ret);
	if (ret_change != NULL)
		memcpy(ret_change, id, HASH_LEN);
}

/* Sets one field, over up to two changes (NULL: none). */
static GATES_UNUSED void
branch_set(struct branch *o, const char *record, const char *field,
    json_t *value, const uint8_t *over1, const uint8_t *over2,
    uint8_t *ret_change)
{
	struct draft *d = draft_new(false);
	char hex[PREFIX_CHARS + 1];
	json_t *over = json_array(), *op;

	for (int i = 0; i < 2; i++) {
		const uint8_t *p = i == 0 ? over1 : over2;

		if (p == NULL)
			continue;
		text_hex(p, PREFIX_LEN, hex);
		json_array_append_new(over, json_string(hex));
	}
	op = json_pack("{s:s, s:s, s:[s]}", "op", "set", "record", record,
	    "fields", field);
	if (json_array_size(over) > 0)
		json_object_set_new(
		    op, "over", json_pack("{s:O}", field, over));
	json_decref(over);
	draft_add(d, op, json_pack("[o]", value));
	branch_commit(o, d, ret_change);
}

/* --- handing over ------------------------------------------------------------ */

struct branch_export {
	struct segment_writer w;
};

static GATES_UNUSED int
branch_export_one(void *arg, const struct log_entry *l)
{
	struct branch_export *x = arg;

	segment_writer_add(&x->w, &l->place, l->id, &l->change, l->weighty);
	return 0;
}

/* Everything of one log (number "log") from behind number "after". */
static GATES_UNUSED void
branch_export_log(struct branch *o, int64_t log, int64_t after, struct buf *b)
{
	struct branch_export x;
	struct err e = {0};

	segment_writer_init(&x.w, b, gate_coalition(o->g));
	OK(log_export(gate_store(o->g), log, after, INT64_MAX,
	    branch_export_one, &x, &e));
	segment_writer_end(&x.w);
	segment_writer_clear(&x.w);
}

struct branch_logs {
	int64_t logs[64];
	size_t n;
};

static GATES_UNUSED int
branch_note_log(void *arg, const struct log_info *l)
{
	struct branch_logs *x = arg;

	x->logs[x->n++] = l->log;
	return 0;
}

static GATES_UNUSED void
branch_export(struct branch *o, struct buf *b)
{
	struct branch_logs x = {.n = 0};
	struct err e = {0};

	OK(log_each(gate_store(o->g), branch_note_log, &x, &e));
	for (size_t i = 0; i < x.n; i++)
		branch_export_log(o, x.logs[i], 0, b);
}

static GATES_UNUSED struct gate_taken
branch_take(struct branch *o, const struct buf *b)
{
	struct gate_taken t;
	struct err e = {0};

	OK(gate_take(o->g, NULL, b->data, b->len, &t, &e));
	return t;
}

/* Gives all that one office holds to another. */
static GATES_UNUSED struct gate_taken
branch_send(struct branch *from, struct branch *to)
{
	struct buf b = BUF_INIT;
	struct gate_taken t;

	branch_export(from, &b);
	t = branch_take(to, &b);
	buf_clear(&b);
	return t;
}

/* Joins the coalition of "founder" and is admitted there; both hold the
 * acts afterwards. */
static GATES_UNUSED void
branch_join(struct branch *o, struct branch *founder, const char *name)
{
	const struct trust_request *r;
	struct draft *d = draft_new(true);
	struct err e = {0};
	json_t *op;
	size_t n;

	OK(gate_join(o->g, gate_coalition(founder->g), name, &e));
	branch_send(o, founder);
	r = trust_requests(gate_trust(founder->g), &n);
	for (; n > 0 && memcmp(r->key, gate_key(o->g), KEY_LEN) != 0; n--)
		r++;
	assert_true(n > 0);
	OK(trust_admission(
	    gate_trust(founder->g), gate_key(founder->g), r->id, &op, &e));
	draft_add(d, op, NULL);
	branch_commit(founder, d, NULL);
	branch_send(founder, o);
	assert_non_null(gate_organisation(o->g));
}

/* --- looking ------------------------------------------------------------------ */

static GATES_UNUSED char *
branch_lines(struct branch *o)
{
	struct buf b = BUF_INIT;
	struct err e = {0};

	OK(gate_state_lines(o->g, &b, &e));
	return buf_steal(&b);
}

static GATES_UNUSED void
assert_same_state(struct branch *a, struct branch *b)
{
	uint8_t x[HASH_LEN], y[HASH_LEN];
	struct err e = {0};
	char *one = branch_lines(a), *two = branch_lines(b);

	assert_string_equal(one, two);
	OK(gate_state_hash(a->g, x, &e));
	OK(gate_state_hash(b->g, y, &e));
	assert_memory_equal(x, y, HASH_LEN);
	free(one);
	free(two);
}

/* The displayed values of a record, as view_values() gives them. */
static GATES_UNUSED json_t *
branch_values(struct branch *o, const char *id)
{
	struct view_record r;
	struct err e = {0};
	json_t *v = NULL;

	OK(view_find(gate_store(o->g), id, &r, &e));
	OK(view_values(gate_store(o->g), r.n, &v, &e));
	return v;
}

static GATES_UNUSED void
assert_shows(
    struct branch *o, const char *id, const char *field, const char *value)
{
	json_t *v = branch_values(o, id);
	const char *s = json_string_value(
	    json_object_get(json_object_get(v, "values"), field));

	if (s == NULL || strcmp(s, value) != 0)
		fail_msg("'%s' shows '%s', not '%s'", field,
		    s != NULL ? s : "(nothing)", value);
	json_decref(v);
}

/* What an office lacks of the log of a key. */
static GATES_UNUSED struct log_gaps
branch_gaps(struct branch *o, const uint8_t *key)
{
	struct log_info l;
	struct log_gaps g;
	struct err e = {0};

	OK(log_of_key(gate_store(o->g), key, &l, &e));
	OK(log_gaps(gate_store(o->g), l.log, &g, &e));
	return g;
}

static GATES_UNUSED int64_t
branch_count(struct branch *o, const char *sql)
{
	struct query *q = NULL;
	struct err e = {0};
	int64_t n;

	OK(query_open(gate_store(o->g), &q, sql, &e));
	assert_int_equal(query_step(q, &e), 1);
	n = query_int(q, 0);
	query_close(q);
	return n;
}

/* Two offices of one coalition that hold the same. */
static GATES_UNUSED void
pair_make(struct branch *a, struct branch *b)
{
	branch_make(a);
	branch_make(b);
	branch_found(a);
	branch_join(b, a, "Union");
}

static GATES_UNUSED void
pair_remove(struct branch *a, struct branch *b)
{
	branch_remove(a);
	branch_remove(b);
}

static GATES_UNUSED const char *
org_of(struct branch *b)
{
	return gate_organisation(b->g)->id;
}

static GATES_UNUSED void
swap(struct branch *a, struct branch *b)
{
	branch_send(a, b);
	branch_send(b, a);
	assert_same_state(a, b);
}

/* Erases a portion of a change. */
static GATES_UNUSED void
branch_erase(struct branch *b, const uint8_t *change, int portion)
{
	struct draft *d = draft_new(false);
	char hex[HEX_SIZE];

	text_hex(change, HASH_LEN, hex);
	draft_add(d,
	    json_pack("{s:s, s:s, s:i}", "op", "erase", "change", hex,
		"portion", portion),
	    NULL);
	branch_commit(b, d, NULL);
}

/* How the refs of its log are called. */
static GATES_UNUSED const char *
branch_log_name(struct branch *b, char ret[static KEY_SIZE])
{
	ident_key(gate_key(b->g), ret);
	ret[ID_CHARS] = '\0';
	return ret;
}

#endif
