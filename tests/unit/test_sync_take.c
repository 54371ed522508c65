#include "unit.h"

#include <signal.h>
#include <uv.h>

#include "tests/author.h"
#include "tests/unit/offices.h"

#include "common/crypto.h"
#include "common/mem.h"
#include "daemon/remote.h"
#include "daemon/spawner.h"
#include "daemon/store.h"
#include "daemon/sync_round_private.h"
#include "daemon/transfer_peer.h"

#define ONE "1111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222"

/* A round of an office with a transfer that says nothing: what it would say
 * is handed to the round by the test. */
struct fix {
	struct desk d;
	uv_loop_t loop;
	struct spawner spawner;
	struct sync_config config;
	struct push_memory memory;
	struct round r;
	struct buf log; /* ours, as a blob */
	char ref[ID_SIZE];
	int alarms;
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
on_alarm(void *arg, const struct alarm *a)
{
	struct fix *f = arg;

	assert_string_equal(a->about, f->ref);
	f->alarms++;
}

static int
add_change(void *arg, const struct log_entry *l)
{
	segment_writer_add(arg, &l->place, l->id, &l->change, l->weighty);
	return 0;
}

static void
read_log(struct fix *f)
{
	struct store *s = gate_store(f->d.o.gate);
	struct segment_writer w;
	struct log_info l;
	int64_t last;
	struct err e;

	segment_writer_init(&w, &f->log, gate_coalition(f->d.o.gate));
	if (log_of_key(s, gate_key(f->d.o.gate), &l, &e) == -1 ||
	    log_last(s, &last, &e) == -1 ||
	    log_export(s, l.log, 0, last, add_change, &w, &e) == -1)
		fail_msg("%s", e.msg);
	segment_writer_end(&w);
	segment_writer_clear(&w);
}

/* The remote had ref ONE, with all of our log in it. */
static void
make(struct fix *f)
{
	static const struct peer_events deaf = {on_frame, on_gone, NULL};
	struct store *s;
	char key[KEY_SIZE];
	struct err e;

	memset(f, 0, sizeof(*f));
	desk_open(&f->d);
	found(&f->d);
	recommend(&f->d, "Ratify", "Ratify the convention.");
	read_log(f);
	s = gate_store(f->d.o.gate);
	ident_key(gate_key(f->d.o.gate), key);
	memcpy(f->ref, key, ID_CHARS);
	if (remote_add(s, "hub", "/nowhere", &e) == -1 ||
	    remote_set_upto(s, 1, 1, 2, &e) == -1)
		fail_msg("%s", e.msg);
	uv_loop_init(&f->loop);
	f->config = (struct sync_config){.deadline_s = 60};
	f->memory = (struct push_memory){
	    .rejected = json_object(), .denied = json_object()};
	f->r = (struct round){.s = {.loop = &f->loop,
				  .gate = f->d.o.gate,
				  .config = &f->config,
				  .remote = 1,
				  .name = "hub",
				  .memory = &f->memory,
				  .alarm = on_alarm,
				  .arg = f},
	    .from = {.n = 1},
	    .step = mem_zalloc(sizeof(uv_idle_t)),
	    .open = json_object(),
	    .known = json_pack("{s:s}", f->ref, ONE)};
	uv_idle_init(&f->loop, f->r.step);
	if (spawner_open(&f->spawner, &e) == -1 ||
	    peer_spawn(
		&f->loop, &f->spawner, "/bin/cat", &deaf, &f->r.peer, &e) == -1)
		fail_msg("%s", e.msg);
}

static void
unmake(struct fix *f)
{
	peer_free(f->r.peer);
	uv_close((uv_handle_t *)f->r.step, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	spawner_close(&f->spawner);
	free(f->r.step);
	push_clear(&f->r.push);
	json_decref(f->r.listed);
	json_decref(f->r.known);
	json_decref(f->r.open);
	json_decref(f->memory.rejected);
	json_decref(f->memory.denied);
	json_decref(f->memory.put_off);
	json_decref(f->memory.skimmed);
	free(f->r.recheck);
	pairs_clear(&f->r.from.thin);
	buf_clear(&f->log);
	desk_close(&f->d);
}

static void
say_of(struct fix *f, const char *ref, enum frame_type type, const char *oid,
    struct buf *blob)
{
	struct frame x = {.type = type};
	struct err e = {0};

	x.json = type == FRAME_BLOB
		     ? json_pack("{s:s,s:s}", "ref", ref, "commit", oid)
		     : json_pack("{s:s,s:s,s:n,s:b}", "ref", ref, "oid", oid,
			   "base", "ok", 1);
	if (blob != NULL) {
		x.bytes = blob->data;
		x.nbytes = blob->len;
	}
	if ((type == FRAME_BLOB ? round_blob : round_end)(&f->r, &x, &e) == -1)
		fail_msg("%s", e.msg);
	json_decref(x.json);
}

static void
say(struct fix *f, enum frame_type type, const char *oid, struct buf *blob)
{
	say_of(f, f->ref, type, oid, blob);
}

/* The ref is another one now, that says nothing of the one before. */
static void
replace(struct fix *f)
{
	struct err e = {0};

	f->r.listed = json_pack("{s:s}", f->ref, TWO);
	if (round_compare(&f->r, &e) == -1)
		fail_msg("%s", e.msg);
	say(f, FRAME_END, TWO, NULL);
	assert_true(f->r.is_whole);
}

static void
test_sync_take__does_not_miss_there_what_is_written_meanwhile(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	replace(&f);
	recommend(&f.d, "Amend", "Amend the law.");
	say(&f, FRAME_BLOB, TWO, &f.log);
	say(&f, FRAME_END, TWO, NULL);
	assert_int_equal(f.r.state, BUILDING);
	assert_int_equal(f.alarms, 0);
	unmake(&f);
}

static void
test_sync_take__misses_there_what_was_there(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	replace(&f);
	say(&f, FRAME_END, TWO, NULL);
	assert_int_equal(f.r.state, BUILDING);
	assert_int_equal(f.alarms, 1);
	unmake(&f);
}

/* The tail became a piece: its log is read once, all of it. */
static void
close_tail(struct fix *f, char piece[static PLAN_REF_SIZE], struct buf *held)
{
	struct err e = {0};

	snprintf(piece, PLAN_REF_SIZE, "%s-1", f->ref);
	f->r.listed = json_pack("{s:s, s:s}", f->ref, TWO, piece, ONE);
	if (round_compare(&f->r, &e) == -1)
		fail_msg("%s", e.msg);
	assert_true(f->r.is_whole);
	assert_int_equal(json_object_size(f->r.open), 2);
	if (held != NULL)
		say_of(f, piece, FRAME_BLOB, ONE, held);
	say_of(f, piece, FRAME_END, ONE, NULL);
	say(f, FRAME_END, TWO, NULL);
	assert_int_equal(f->r.state, BUILDING);
}

static void
test_sync_take__reads_a_log_whose_tail_was_closed_once(void **state)
{
	char piece[PLAN_REF_SIZE];
	struct fix f;

	(void)state;
	make(&f);
	close_tail(&f, piece, &f.log);
	assert_int_equal(f.alarms, 0);
	assert_string_equal(
	    json_string_value(json_object_get(f.r.known, piece)), ONE);
	assert_string_equal(
	    json_string_value(json_object_get(f.r.known, f.ref)), TWO);
	unmake(&f);
}

static void
test_sync_take__misses_what_a_closed_tail_held(void **state)
{
	char piece[PLAN_REF_SIZE];
	struct fix f;

	(void)state;
	make(&f);
	close_tail(&f, piece, NULL);
	assert_int_equal(f.alarms, 1);
	unmake(&f);
}

/* Rubbish that stays there must not make each round read everything. */
static void
test_sync_take__reads_no_log_whole_for_a_piece_of_no_use(void **state)
{
	char piece[PLAN_REF_SIZE];
	struct err e = {0};
	struct fix f;

	(void)state;
	make(&f);
	snprintf(piece, sizeof(piece), "%s-1", f.ref);
	json_object_set_new(f.memory.rejected, piece, json_string(ONE));
	f.r.listed = json_pack("{s:s, s:s}", f.ref, TWO, piece, ONE);
	if (round_compare(&f.r, &e) == -1)
		fail_msg("%s", e.msg);
	assert_false(f.r.is_whole);
	assert_int_equal(json_object_size(f.r.open), 1);
	unmake(&f);
}

/* A segment of so many changes of 4 KB of a key that nobody admitted. */
static void
write_stray(struct fix *f, int n, struct buf *blob)
{
	char w[HEX_SIZE], key[KEY_SIZE];
	struct buf text = BUF_INIT;
	uint8_t id[HASH_LEN];
	struct author a;

	author_init(&a, 9, gate_coalition(f->d.o.gate));
	text_hex(a.at.coalition, HASH_LEN, w);
	ident_key(a.at.key, key);
	buf_printf(blob, "mufakat 1\t%s\t%s\t\n", w, key);
	buf_printf(&text, "%04000d", 7);
	for (int i = 0; i < n; i++) {
		author_write(&a, author_comment(text.data), blob, id);
		buf_addc(blob, '\n');
	}
	buf_clear(&text);
	author_clear(&a);
}

/* Who may write to the hub, and is nobody here, puts them into a member's
 * ref. */
static void
test_sync_take__takes_little_of_strangers_in_the_ref_of_a_member(void **state)
{
	struct buf blob = BUF_INIT;
	struct fix f;

	(void)state;
	make(&f);
	write_stray(&f, 40, &blob);
	buf_add(&blob, f.log.data, f.log.len);
	f.r.listed = json_pack("{s:s}", f.ref, TWO);
	json_object_set_new(f.r.open, f.ref, json_true());
	say(&f, FRAME_BLOB, TWO, &blob);
	assert_in_range(f.r.taken.unadmitted, 1, 16);
	assert_int_equal(f.r.taken.known, 2); /* what stands behind them */
	say(&f, FRAME_END, TWO, NULL);
	assert_string_equal(
	    json_string_value(json_object_get(f.r.known, f.ref)), TWO);
	assert_int_equal(f.alarms, 1);
	buf_clear(&blob);
	unmake(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_sync_take__does_not_miss_there_what_is_written_meanwhile),
	    cmocka_unit_test(test_sync_take__misses_there_what_was_there),
	    cmocka_unit_test(
		test_sync_take__reads_a_log_whose_tail_was_closed_once),
	    cmocka_unit_test(test_sync_take__misses_what_a_closed_tail_held),
	    cmocka_unit_test(
		test_sync_take__reads_no_log_whole_for_a_piece_of_no_use),
	    cmocka_unit_test(
		test_sync_take__takes_little_of_strangers_in_the_ref_of_a_member),
	};

	crypto_setup();
	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests_name("sync_take", tests, NULL, NULL);
}
