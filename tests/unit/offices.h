/*
 * offices: handlers of requests run against real gates, each in a folder of
 * its own; what one office holds is handed to another as a blob, as a round
 * of sync would.
 */
#ifndef TESTS_OFFICES_H
#define TESTS_OFFICES_H

#include "tests/unit/scratch.h"

#include "common/clock.h"
#include "common/jscan.h"
#include "common/segment.h"
#include "daemon/gate.h"
#include "daemon/log_read.h"
#include "daemon/request.h"

#define OFFICES_UNUSED __attribute__((unused))

struct desk {
	struct scratch s;
	struct office o;
};

typedef int (*handler)(
    struct office *, const json_t *, json_t **, struct err *);

static int64_t offices_now = 1178928000000; /* 12 May 2007 */

static int64_t
offices_time(void *arg)
{
	(void)arg;
	return offices_now += 1000;
}

static const struct clock offices_clock = {offices_time, offices_time, NULL};

static OFFICES_UNUSED void
desk_open(struct desk *d)
{
	struct err e;

	memset(d, 0, sizeof(*d));
	scratch_make(&d->s);
	d->o.home = d->s.dir;
	if (gate_open(d->s.dir, &offices_clock, &d->o.gate, &e) == -1)
		fail_msg("%s", e.msg);
}

static OFFICES_UNUSED void
desk_close(struct desk *d)
{
	gate_close(d->o.gate);
	scratch_remove(&d->s);
}

/* Runs a handler that must succeed; takes req. */
static OFFICES_UNUSED json_t *
ask(struct desk *d, handler fn, json_t *req)
{
	json_t *ret = NULL;
	struct err e = {0};

	assert_non_null(req);
	if (fn(&d->o, req, &ret, &e) == -1)
		fail_msg("refused: %s", e.msg);
	json_decref(req);
	return ret;
}

/* Runs a handler that must fail with this code and words in the message. */
static OFFICES_UNUSED void
refuse(struct desk *d, handler fn, json_t *req, enum err_code code,
    const char *words)
{
	json_t *ret = NULL;
	struct err e = {0};

	assert_non_null(req);
	if (fn(&d->o, req, &ret, &e) == 0)
		fail_msg("not refused: %s", json_dumps(ret, 0));
	if (strstr(e.msg, words) == NULL)
		fail_msg("'%s' does not say '%s'", e.msg, words);
	assert_int_equal(e.code, code);
	assert_null(ret);
	json_decref(req);
}

/* The text under a key of a reply, copied; the reply is let go. */
static OFFICES_UNUSED const char *
pick(json_t *reply, const char *key)
{
	static char kept[16][256];
	static unsigned turn;
	char *to = kept[turn++ % 16];
	const char *s = json_get_str(reply, key);

	snprintf(to, sizeof(kept[0]), "%s", s != NULL ? s : "");
	json_decref(reply);
	return s != NULL ? to : NULL;
}

static OFFICES_UNUSED void
found(struct desk *d)
{
	static const char recovery[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

	json_decref(ask(d, request_init,
	    json_pack("{s:s,s:s,s:s}", "name", "Jakarta 2007", "org",
		"Task Force", "recovery", recovery)));
}

/* --- handing over -------------------------------------------------------- */

struct handover {
	struct desk *from, *to;
	struct buf blob;
	struct segment_writer w;
	struct err e;
};

static OFFICES_UNUSED int
hand_change(void *arg, const struct log_entry *l)
{
	struct handover *h = arg;

	segment_writer_add(&h->w, &l->place, l->id, &l->change, l->weighty);
	return 0;
}

static OFFICES_UNUSED int
hand_log(void *arg, const struct log_info *l)
{
	struct handover *h = arg;
	int64_t last = 0;

	if (log_last(gate_store(h->from->o.gate), &last, &h->e) == -1)
		return -1;
	return log_export(gate_store(h->from->o.gate), l->log, 0, last,
	    hand_change, h, &h->e);
}

/* All that one office holds, to another. */
static OFFICES_UNUSED void
give(struct desk *from, struct desk *to)
{
	struct handover h = {.from = from, .to = to, .blob = BUF_INIT};
	struct gate_taken taken;

	segment_writer_init(&h.w, &h.blob, gate_coalition(from->o.gate));
	if (log_each(gate_store(from->o.gate), hand_log, &h, &h.e) == -1)
		fail_msg("%s", h.e.msg);
	segment_writer_end(&h.w);
	segment_writer_clear(&h.w);
	if (gate_take(
		to->o.gate, NULL, h.blob.data, h.blob.len, &taken, &h.e) == -1)
		fail_msg("%s", h.e.msg);
	assert_int_equal(taken.bad, 0);
	buf_clear(&h.blob);
}

static OFFICES_UNUSED void
exchange(struct desk *a, struct desk *b)
{
	give(a, b);
	give(b, a);
}

/* b asks to be let in; not admitted yet. */
static OFFICES_UNUSED void
join(struct desk *a, struct desk *b, const char *name)
{
	struct err e;

	if (gate_join(b->o.gate, gate_coalition(a->o.gate), name, &e) == -1)
		fail_msg("%s", e.msg);
	exchange(a, b);
}

static OFFICES_UNUSED void
admit(struct desk *a, struct desk *b)
{
	json_t *list = ask(a, request_requests, json_object());
	json_t *first = json_array_get(json_object_get(list, "requests"), 0);
	json_t *reply;

	assert_non_null(first);
	reply = ask(a, request_admit,
	    json_pack("{s:O}", "request", json_object_get(first, "id")));
	assert_true(json_is_true(json_object_get(reply, "in_force")));
	json_decref(reply);
	json_decref(list);
	exchange(a, b);
}

/* Two offices in one coalition. */
static OFFICES_UNUSED void
pair(struct desk *a, struct desk *b)
{
	desk_open(a);
	desk_open(b);
	found(a);
	join(a, b, "HRWG");
	admit(a, b);
}

static OFFICES_UNUSED const char *
recommend(struct desk *d, const char *title, const char *text)
{
	return pick(ask(d, request_new,
			json_pack("{s:s,s:{s:s,s:s,s:s}}", "type",
			    "recommendation", "fields", "title", title,
			    "section", "national", "text", text)),
	    "id");
}

static OFFICES_UNUSED const char *
edit(struct desk *d, const char *id, const char *field, const char *value)
{
	return pick(ask(d, request_edit,
			json_pack("{s:s,s:{s:s}}", "record", id, "fields",
			    field, value)),
	    "change");
}

/* What is displayed in a field, as JSON text; "" if nothing. */
static OFFICES_UNUSED const char *
shown(struct desk *d, const char *id, const char *field)
{
	static char kept[512];
	json_t *r = ask(d, request_show, json_pack("{s:s}", "record", id));
	struct buf b = BUF_INIT;
	const json_t *v = json_object_get(
	    json_object_get(json_object_get(r, "record"), "values"), field);

	if (v != NULL)
		json_write(v, &b);
	snprintf(kept, sizeof(kept), "%s", buf_str(&b));
	buf_clear(&b);
	json_decref(r);
	return kept;
}

static OFFICES_UNUSED void
assert_desks_agree(struct desk *a, struct desk *b)
{
	const char *x = pick(ask(a, request_state, json_object()), "hash");
	const char *y = pick(ask(b, request_state, json_object()), "hash");

	assert_string_equal(x, y);
}

/* Opens an office that founds, and holds one recommendation; its id. */
static OFFICES_UNUSED const char *
with_one(struct desk *d)
{
	desk_open(d);
	found(d);
	return recommend(d, "Rest day", "One day in seven.");
}

#endif
