#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <uv.h>

#include "gates.h"

#include "daemon/remote.h"
#include "daemon/spawner.h"
#include "daemon/sync_hold.h"
#include "daemon/sync_push_private.h"
#include "daemon/transfer_peer.h"

/* What is queued for a remote, and what its answers do.  The transfer is deaf:
 * its answers are handed over by the test. */

#define ONE "1111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222"

struct fix {
	struct branch a, b; /* a: our office, which holds b's log, too */
	uv_loop_t loop;
	struct spawner spawner;
	struct peer *peer;
	struct push_memory memory;
	json_t *listed, *known;
	struct push p;
	char own[ID_SIZE], other[ID_SIZE];
	int64_t other_log;
};

static void
on_frame(void *arg, const struct frame *f)
{
	(void)arg;
	(void)f;
}

static void
on_gone(void *arg, const struct err *why)
{
	(void)arg;
	(void)why;
}

static void
name_of(struct branch *o, char ret[static ID_SIZE])
{
	char key[KEY_SIZE];

	ident_key(gate_key(o->g), key);
	memcpy(ret, key, ID_CHARS);
	ret[ID_CHARS] = '\0';
}

static void
make(struct fix *f)
{
	static const struct peer_events deaf = {on_frame, on_gone, NULL};
	struct log_info l;
	struct err e;

	memset(f, 0, sizeof(*f));
	OK(spawner_open(&f->spawner, &e));
	branch_make(&f->a);
	branch_make(&f->b);
	branch_found(&f->a);
	branch_join(&f->b, &f->a, "HRWG");
	name_of(&f->a, f->own);
	name_of(&f->b, f->other);
	OK(log_of_key(gate_store(f->a.g), gate_key(f->b.g), &l, &e));
	f->other_log = l.log;
	OK(remote_add(gate_store(f->a.g), "hub", "/one", &e));
	OK(remote_add(gate_store(f->a.g), "stick", "/two", &e));
	f->memory = (struct push_memory){
	    .rejected = json_object(), .denied = json_object()};
	f->listed = json_object();
	f->known = json_object();
	uv_loop_init(&f->loop);
	OK(peer_spawn(&f->loop, &f->spawner, "/bin/cat", &deaf, &f->peer, &e));
	OK(push_init(&f->p, f->a.g, 1, &f->memory, f->listed, f->known, &e));
}

static void
unmake(struct fix *f)
{
	peer_free(f->peer);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	spawner_close(&f->spawner);
	push_clear(&f->p);
	json_decref(f->listed);
	json_decref(f->known);
	json_decref(f->memory.rejected);
	json_decref(f->memory.denied);
	json_decref(f->memory.put_off);
	branch_remove(&f->a);
	branch_remove(&f->b);
}

/* The remote shows a ref; we have taken it in, or have not. */
static void
show(struct fix *f, const char *ref, const char *oid, bool is_known)
{
	struct err e;

	json_object_set_new(f->listed, ref, json_string(oid));
	if (!is_known)
		return;
	json_object_set_new(f->known, ref, json_string(oid));
	OK(remote_set_ref(gate_store(f->a.g), 1, ref, oid, &e));
}

/* The stick has these refs of the other log. */
static void
stick_has(struct fix *f, const char *ref, const char *oid)
{
	struct err e;

	OK(remote_set_ref(gate_store(f->a.g), 2, ref, oid, &e));
}

static void
queue(struct fix *f)
{
	struct err e;
	int r;

	push_rewind(&f->p);
	while ((r = push_step(&f->p, f->peer, &e)) == 1)
		;
	OK(r);
}

static const struct push_put *
put_of(const struct fix *f, const char *ref)
{
	for (size_t i = 0; i < f->p.nputs; i++)
		if (strcmp(f->p.puts[i].ref, ref) == 0)
			return &f->p.puts[i];
	return NULL;
}

/* The answer to a put: "oid" if it was well, else this code. */
static void
answer(struct fix *f, const char *ref, const char *oid, const char *code)
{
	json_t *j = json_pack("{s:s,s:b,s:s?,s:s,s:s}", "ref", ref, "ok",
	    oid != NULL, "oid", oid, "code", code, "error", "no");
	struct err e;

	OK(push_written(&f->p, j, &e));
	json_decref(j);
}

static void
settle(struct fix *f)
{
	struct err e;
	size_t landed;

	OK(push_settle(&f->p, f->listed, &landed, &e));
}

static void
test_sync_push__sends_each_log_to_its_tail(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	queue(&f);
	assert_int_equal(f.p.nputs, 2);
	assert_int_equal(put_of(&f, f.own)->kind, PUT_SLICE);
	assert_int_equal(put_of(&f, f.other)->kind, PUT_SLICE);
	answer(&f, f.own, ONE, "");
	answer(&f, f.other, TWO, "");
	show(&f, f.own, ONE, false);
	settle(&f); /* the other one is not to be seen */
	assert_int_equal(f.p.sent, 2);
	assert_string_equal(
	    json_string_value(json_object_get(f.known, f.own)), ONE);
	assert_null(json_object_get(f.known, f.other));
	queue(&f);
	assert_int_equal(f.p.nputs, 1);
	assert_non_null(put_of(&f, f.other));
	unmake(&f);
}

/* What it was to build on is not in our repository: the ref is forgotten, so
 * that the next listing wants it. */
static void
test_sync_push__wants_again_what_its_repository_lost(void **state)
{
	struct fix f;
	json_t *refs, *wants;
	struct err e;

	(void)state;
	make(&f);
	show(&f, f.other, ONE, true);
	queue(&f);
	assert_non_null(put_of(&f, f.other));
	answer(&f, f.other, NULL, "notfound");
	assert_null(json_object_get(f.known, f.other));
	OK(remote_refs(gate_store(f.a.g), 1, &refs, &e));
	assert_null(json_object_get(refs, f.other));
	wants = plan_wants(f.listed, f.known, f.memory.rejected);
	assert_int_equal(json_array_size(wants), 1);
	assert_string_equal(
	    json_string_value(json_array_get(wants, 0)), f.other);
	settle(&f);
	assert_int_equal(f.p.err.code, ERR_NONE);
	json_decref(wants);
	json_decref(refs);
	unmake(&f);
}

/* A ref that moved meanwhile is not forgotten: the listing shows where. */
static void
test_sync_push__a_lost_race_forgets_nothing(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	show(&f, f.other, ONE, true);
	queue(&f);
	answer(&f, f.other, NULL, "conflict");
	assert_non_null(json_object_get(f.known, f.other));
	assert_int_equal(json_object_size(f.memory.denied), 0);
	unmake(&f);
}

static void
test_sync_push__goes_beside_what_may_not_be_replaced(void **state)
{
	char second[PLAN_REF_SIZE];
	struct fix f;

	(void)state;
	make(&f);
	show(&f, f.other, ONE, false);
	json_object_set_new(f.memory.rejected, f.other, json_string(ONE));
	queue(&f);
	assert_true(put_of(&f, f.other)->replaces);
	answer(&f, f.other, NULL, "conflict");
	settle(&f);
	queue(&f);
	snprintf(second, sizeof(second), "%s.2", f.other);
	assert_null(put_of(&f, f.other));
	assert_non_null(put_of(&f, second));
	unmake(&f);
}

static void
test_sync_push__gives_up_a_log_after_three_refusals(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(f.p.err.code, ERR_NONE);
		queue(&f);
		assert_non_null(put_of(&f, f.other));
		answer(&f, f.own, NULL, "offline");
		answer(&f, f.other, NULL, "offline");
		settle(&f);
	}
	assert_int_equal(f.p.err.code, ERR_OFFLINE);
	queue(&f);
	assert_int_equal(f.p.nputs, 0);
	unmake(&f);
}

static void
test_sync_push__copies_a_log_that_is_not_there_as_another_remote_has_it(
    void **state)
{
	char piece[PLAN_REF_SIZE];
	struct fix f;
	struct err e;

	(void)state;
	make(&f);
	snprintf(piece, sizeof(piece), "%s-1", f.other);
	stick_has(&f, f.other, ONE);
	stick_has(&f, piece, TWO);
	OK(remote_set_upto(gate_store(f.a.g), 2, f.other_log, INT32_MAX, &e));
	queue(&f);
	assert_int_equal(put_of(&f, f.other)->kind, PUT_COPY);
	assert_int_equal(put_of(&f, piece)->kind, PUT_COPY);
	answer(&f, f.other, ONE, "");
	answer(&f, piece, TWO, "");
	show(&f, piece, TWO, false);
	settle(&f); /* one of two is there: that is not all of it */
	assert_int_equal(f.p.sent, 0);
	unmake(&f);
}

/* Its tail is there and says something else: what the pieces of another remote
 * hold is not sent a second time as lines. */
static void
test_sync_push__copies_pieces_beside_a_tail(void **state)
{
	char piece[PLAN_REF_SIZE];
	struct push_log *l;
	struct fix f;
	struct err e;

	(void)state;
	make(&f);
	snprintf(piece, sizeof(piece), "%s-1", f.other);
	stick_has(&f, f.other, ONE);
	stick_has(&f, piece, TWO);
	show(&f, f.other, ONE, true);
	queue(&f);
	assert_int_equal(put_of(&f, piece)->kind, PUT_ADD);
	assert_null(put_of(&f, f.other));
	answer(&f, piece, TWO, "");
	show(&f, piece, TWO, false);
	settle(&f);
	/* to be read again before anything is said of it */
	assert_null(json_object_get(f.known, piece));
	assert_int_equal(f.p.sent, 0);
	l = push_find(&f.p, f.other);
	assert_int_equal(l->unread, 1);
	OK(remote_set_upto(gate_store(f.a.g), 1, f.other_log, INT32_MAX, &e));
	show(&f, piece, TWO, true);
	queue(&f);
	assert_null(put_of(&f, piece));
	assert_null(put_of(&f, f.other));
	assert_int_equal(f.p.sent, 1);
	unmake(&f);
}

/* Another commit stands there under the name of the piece. */
static void
test_sync_push__sends_lines_where_a_piece_has_no_room(void **state)
{
	char piece[PLAN_REF_SIZE];
	struct fix f;

	(void)state;
	make(&f);
	snprintf(piece, sizeof(piece), "%s-1", f.other);
	stick_has(&f, piece, TWO);
	show(&f, piece, ONE, true);
	queue(&f);
	assert_null(put_of(&f, piece));
	assert_int_equal(put_of(&f, f.other)->kind, PUT_SLICE);
	unmake(&f);
}

/* The remote lost the other log: may it be given back? */
static bool
loses(struct fix *f)
{
	struct hold h = {
	    gate_store(f->a.g), 1, f->other_log, f->other, f->a.now};
	int64_t sent;
	struct err e;
	bool may;

	OK(remote_last(gate_store(f->a.g), 1, f->other_log, &sent, &e));
	OK(remote_forget_log(gate_store(f->a.g), 1, f->other_log, &e));
	json_object_del(f->listed, f->other);
	json_object_del(f->known, f->other);
	OK(hold_may_give_back(&h, sent, &may, &e));
	return may;
}

static void
write_other(struct fix *f)
{
	char id[ID_SIZE];

	branch_new(&f->b, "recommendation", "title", "New", id, NULL);
	branch_send(&f->b, &f->a);
}

/* Is the other log queued?  The remote takes it then, and nothing else. */
static bool
sends_other(struct fix *f)
{
	bool yes;

	queue(f);
	answer(f, f->own, NULL, "offline");
	yes = put_of(f, f->other) != NULL;
	if (yes) {
		answer(f, f->other, ONE, "");
		show(f, f->other, ONE, false);
	}
	settle(f);
	push_find(&f->p, f->own)->failures = 0;
	return yes;
}

static void
test_sync_push__keeps_back_what_was_lost_twice_until_something_is_new(
    void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	write_other(&f);
	assert_true(sends_other(&f));
	assert_true(loses(&f));
	assert_true(sends_other(&f));
	assert_false(loses(&f));
	assert_false(sends_other(&f));
	assert_int_equal(f.p.held, 2);
	write_other(&f);
	assert_true(sends_other(&f));
	/* fewer than were kept back, and none of them */
	write_other(&f);
	assert_true(sends_other(&f));
	unmake(&f);
}

static void
test_sync_push__keeps_back_nothing_that_was_never_there(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	assert_true(sends_other(&f));
	assert_true(loses(&f));
	assert_true(sends_other(&f));
	write_other(&f);
	assert_false(loses(&f));
	assert_true(sends_other(&f));
	unmake(&f);
}

static void
test_sync_push__what_was_kept_back_goes_a_day_later(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	assert_true(sends_other(&f));
	assert_true(loses(&f));
	assert_true(sends_other(&f));
	assert_false(loses(&f));
	f.a.now += 24 * 60 * 60 * 1000LL - 1;
	assert_false(sends_other(&f));
	f.a.now++;
	assert_true(sends_other(&f));
	unmake(&f);
}

/* The remote takes all there is. */
static void
send_all(struct fix *f)
{
	int turn = 0;
	char oid[41];

	for (queue(f); f->p.nputs > 0; queue(f)) {
		for (size_t i = 0; i < f->p.nputs; i++) {
			const struct push_put *x = &f->p.puts[i];

			snprintf(oid, sizeof(oid), "%040d", ++turn);
			answer(f, x->ref, oid, "");
			show(f, x->ref, oid, false);
		}
		settle(f);
	}
}

/* More than a piece takes. */
static void
write_much(struct fix *f)
{
	char text[100001], id[ID_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 12; i++)
		branch_new(&f->a, "recommendation", "text", text, id, NULL);
}

/* The pieces of our log that were closed there are lost with it: a tail that
 * starts behind them would leave them out for good. */
static void
test_sync_push__a_log_whose_pieces_are_lost_starts_anew(void **state)
{
	struct fix f;
	struct log_info l;
	char piece[PLAN_REF_SIZE];
	const struct push_put *x;
	struct err e;

	(void)state;
	make(&f);
	OK(log_of_key(gate_store(f.a.g), gate_key(f.a.g), &l, &e));
	snprintf(piece, sizeof(piece), "%s-1", f.own);
	write_much(&f);
	send_all(&f);
	assert_non_null(json_object_get(f.listed, piece));
	OK(remote_forget_log(gate_store(f.a.g), 1, l.log, &e));
	json_object_clear(f.listed);
	json_object_clear(f.known);
	write_much(&f);
	queue(&f);
	x = put_of(&f, piece);
	assert_non_null(x);
	assert_int_equal(x->q.after, 0);
	assert_int_equal(x->slice.changes[0], 1);
	unmake(&f);
}

static void
test_sync_push__answers_that_nobody_asked_for_end_the_round(void **state)
{
	struct fix f;
	json_t *j;
	struct err e;

	(void)state;
	make(&f);
	queue(&f);
	j = json_pack("{s:s,s:b}", "ref", "x", "ok", 1);
	assert_int_equal(push_written(&f.p, j, &e), -1);
	assert_int_equal(e.code, ERR_UNTRUSTED);
	json_decref(j);
	answer(&f, f.own, ONE, "");
	j = json_pack("{s:s,s:b}", "ref", f.own, "ok", 1);
	assert_int_equal(push_written(&f.p, j, &e), -1); /* twice */
	json_decref(j);
	unmake(&f);
}

#define T(name) cmocka_unit_test(test_sync_push__##name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(sends_each_log_to_its_tail),
	    T(wants_again_what_its_repository_lost),
	    T(a_lost_race_forgets_nothing),
	    T(goes_beside_what_may_not_be_replaced),
	    T(gives_up_a_log_after_three_refusals),
	    T(copies_a_log_that_is_not_there_as_another_remote_has_it),
	    T(copies_pieces_beside_a_tail),
	    T(sends_lines_where_a_piece_has_no_room),
	    T(keeps_back_what_was_lost_twice_until_something_is_new),
	    T(keeps_back_nothing_that_was_never_there),
	    T(what_was_kept_back_goes_a_day_later),
	    T(a_log_whose_pieces_are_lost_starts_anew),
	    T(answers_that_nobody_asked_for_end_the_round),
	};

	crypto_setup();
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests_name("sync_push", tests, NULL, NULL);
}
