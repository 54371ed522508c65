/* The daemon's end of a transfer: what the other end may do to it.  In place
 * of mufakat-transfer runs a script, with frames made here. */
#include "scratch.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <uv.h>

#include "common/buf.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "daemon/spawner.h"
#include "daemon/transfer_peer.h"

struct fix {
	struct scratch s;
	struct spawner spawner;
	uv_loop_t loop;
	uv_prepare_t turn; /* counts the turns of the loop */
	uv_timer_t alarm;  /* against waiting for ever */
	struct peer *peer;
	struct buf frames; /* for the script to send: $frames */
	unsigned turns;
	unsigned last_turn; /* in which a frame came */
	bool crowded;       /* two came in one turn */
	unsigned came;      /* frames */
	int64_t last;       /* "n" of the last one */
	bool in_order;
	size_t bytes;
	unsigned stop_at; /* kills it at so many frames */
	bool free_at_stop;
	unsigned gone;
	struct err why;
};

static void
on_turn(uv_prepare_t *h)
{
	struct fix *f = h->data;

	f->turns++;
}

static void
on_alarm(uv_timer_t *h)
{
	(void)h;
	fail_msg("nothing happened for a minute");
}

static void
on_frame(void *arg, const struct frame *fr)
{
	static const struct err enough = {ERR_INPUT, "enough"};
	struct fix *f = arg;
	int64_t n = -1;

	assert_int_equal(f->gone, 0);
	f->crowded |= f->came > 0 && f->turns == f->last_turn;
	f->last_turn = f->turns;
	json_get_int(fr->json, "n", &n);
	f->in_order &= n == f->last + 1;
	f->last = n;
	f->bytes += fr->nbytes;
	if (++f->came != f->stop_at)
		return;
	if (f->free_at_stop) {
		peer_free(f->peer);
		f->peer = NULL;
	} else {
		peer_kill(f->peer, &enough);
	}
}

static void
on_gone(void *arg, const struct err *e)
{
	struct fix *f = arg;

	f->gone++;
	f->why = *e;
	uv_timer_stop(&f->alarm);
}

static void
make(struct fix *f)
{
	struct err e;

	memset(f, 0, sizeof(*f));
	scratch_make(&f->s);
	if (spawner_open(&f->spawner, &e) == -1)
		fail_msg("%s", e.msg);
	uv_loop_init(&f->loop);
	uv_prepare_init(&f->loop, &f->turn);
	uv_timer_init(&f->loop, &f->alarm);
	f->turn.data = f->alarm.data = f;
	uv_prepare_start(&f->turn, on_turn);
	uv_unref((uv_handle_t *)&f->turn);
	uv_timer_start(&f->alarm, on_alarm, 60000, 0);
	f->in_order = true;
}

static void
add_frame(struct fix *f, int n, size_t bytes)
{
	char *raw = mem_zalloc(bytes + 1);
	json_t *j = json_pack("{s:i}", "n", n);

	frame_write(&f->frames, FRAME_BLOB, j, raw, bytes);
	json_decref(j);
	free(raw);
}

static void
start_program(struct fix *f, const char *path)
{
	struct peer_events ev = {on_frame, on_gone, f};
	struct err e;

	if (peer_spawn(&f->loop, &f->spawner, path, &ev, &f->peer, &e) == -1)
		fail_msg("%s", e.msg);
}

/* Starts a script that runs in the folder of the test. */
static void
start(struct fix *f, const char *body)
{
	char *script = mem_printf(
	    "#!/bin/bash\ncd '%s'\nframes=frames\n%s\n", f->s.dir, body);
	const char *path = scratch_path(&f->s, "script");
	struct err e;

	if (fs_write(scratch_path(&f->s, "frames"), buf_str(&f->frames),
		f->frames.len, 0600, false, &e) == -1 ||
	    fs_write(path, script, strlen(script), 0700, false, &e) == -1)
		fail_msg("%s", e.msg);
	start_program(f, path);
	free(script);
}

/* Until nothing is left to wait for. */
static void
run(struct fix *f)
{
	while (f->gone == 0 && f->peer != NULL)
		uv_run(&f->loop, UV_RUN_ONCE);
	peer_free(f->peer);
	uv_close((uv_handle_t *)&f->turn, NULL);
	uv_close((uv_handle_t *)&f->alarm, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	/* its child is reaped, and all of its own closed */
	assert_int_equal(uv_loop_close(&f->loop), 0);
	spawner_close(&f->spawner);
	assert_int_equal(f->gone, f->free_at_stop ? 0 : 1);
	assert_false(f->crowded);
	buf_clear(&f->frames);
}

static void
finish(struct fix *f, const char *body)
{
	start(f, body);
	run(f);
	scratch_remove(&f->s);
}

static void
test_peer__puts_frames_together_from_single_bytes(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	for (int i = 1; i <= 3; i++)
		add_frame(&f, i, 100);
	finish(&f, "dd if=$frames bs=1 2>/dev/null >&3");
	assert_int_equal(f.came, 3);
	assert_true(f.in_order);
	assert_int_equal(f.bytes, 300);
	assert_int_equal(f.why.code, ERR_NONE);
}

static void
test_peer__takes_one_frame_a_turn_however_many_come(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	for (int i = 1; i <= 5000; i++)
		add_frame(&f, i, 10);
	finish(&f, "cat $frames >&3");
	assert_int_equal(f.came, 5000);
	assert_true(f.in_order);
	assert_true(f.turns >= 5000);
}

static void
test_peer__holds_back_who_talks_without_end(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	add_frame(&f, 1, 1 << 20);
	f.stop_at = 20;
	finish(&f, "while cat $frames >&3; do echo >>sent; done");
	assert_int_equal(f.came, 20);
	assert_string_equal(f.why.msg, "enough");
}

static void
test_peer__kills_who_sends_rubbish(void **state)
{
	static const char *const rubbish[] = {
	    "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'",
	    "printf '\\377\\377\\377\\377A{}'", /* 4 GB */
	    "printf '\\177\\377\\377\\377'",
	    "printf '\\0\\0\\0\\0'",
	    "printf '\\0\\0\\0\\3\\010{}'",      /* no such type */
	    "printf '\\0\\0\\0\\3A[]'",          /* no object */
	    "printf '\\0\\0\\0\\11A{\"a\":1e9'", /* cut JSON */
	    "head -c 100000 /dev/urandom | tr '\\0' x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		struct fix f;
		char *body;

		make(&f);
		add_frame(&f, 1, 10);
		body = mem_printf(
		    "{ cat $frames; %s; } >&3; exec sleep 1000", rubbish[i]);
		finish(&f, body);
		assert_int_equal(f.came, 1);
		if (f.why.code != ERR_UNTRUSTED)
			fail_msg("%s: %s", rubbish[i], f.why.msg);
		free(body);
	}
}

static void
test_peer__tells_how_it_ended(void **state)
{
	static const struct {
		const char *body;
		enum err_code code;
	} ends[] = {
	    {"exit 0", ERR_NONE},
	    {"exit 1", ERR_SYSTEM},
	    {"kill -9 $$", ERR_SYSTEM},
	    {"kill -11 $$", ERR_SYSTEM},
	    /* in the middle of a frame */
	    {"head -c 50 $frames >&3; kill -9 $$", ERR_SYSTEM},
	    {"exec /no/such/program 2>/dev/null", ERR_SYSTEM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct fix f;

		make(&f);
		add_frame(&f, 1, 1000);
		finish(&f, ends[i].body);
		assert_int_equal(f.came, 0);
		if (f.why.code != ends[i].code)
			fail_msg("%s: %s", ends[i].body, f.why.msg);
	}
}

static void
test_peer__reads_to_the_end_what_one_that_died_has_said(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	for (int i = 1; i <= 500; i++)
		add_frame(&f, i, 100);
	finish(&f, "cat $frames >&3; kill -9 $$");
	assert_int_equal(f.came, 500);
	assert_int_equal(f.why.code, ERR_SYSTEM);
}

static bool
is_alive(struct scratch *s, const char *pid_file)
{
	struct buf b = BUF_INIT;
	struct err e;
	char stat[64], state = 'Z';
	FILE *p;
	bool alive = false;

	assert_int_equal(fs_read(scratch_path(s, pid_file), 32, &b, &e), 0);
	snprintf(stat, sizeof(stat), "/proc/%d/stat", atoi(buf_str(&b)));
	buf_clear(&b);
	p = fopen(stat, "r");
	/* a zombie waits for init only */
	if (p != NULL) {
		if (fscanf(p, "%*d %*s %c", &state) != 1)
			state = 'Z';
		alive = state != 'Z' && state != 'X';
		fclose(p);
	}
	return alive;
}

static void
test_peer__at_the_deadline_all_of_its_group_goes(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	add_frame(&f, 1, 10);
	start(&f, "sleep 1000 3>&3 & echo $! >child; cat $frames >&3; wait");
	while (f.came == 0)
		uv_run(&f.loop, UV_RUN_ONCE);
	assert_true(is_alive(&f.s, "child"));
	peer_deadline(f.peer, 1);
	run(&f);
	assert_int_equal(f.why.code, ERR_OFFLINE);
	for (int i = 0; i < 1000 && is_alive(&f.s, "child"); i++)
		uv_sleep(10);
	assert_false(is_alive(&f.s, "child"));
	scratch_remove(&f.s);
}

static void
test_peer__sends_what_it_is_given(void **state)
{
	struct fix f;
	char big[70000];

	(void)state;
	make(&f);
	memset(big, 'x', sizeof(big));
	start(&f, "exec cat <&3 >&3");
	for (int i = 1; i <= 4; i++)
		peer_send(f.peer, FRAME_BLOB, json_pack("{s:i}", "n", i), big,
		    sizeof(big));
	f.stop_at = 4;
	run(&f);
	assert_true(f.in_order);
	assert_int_equal(f.bytes, 4 * sizeof(big));
	scratch_remove(&f.s);
}

static void
test_peer__sends_to_one_that_has_gone_without_harm(void **state)
{
	struct fix f;
	char big[70000];

	(void)state;
	make(&f);
	memset(big, 'x', sizeof(big));
	start(&f, "exec 3>&-; sleep 0.1; exit 0");
	for (int i = 1; i <= 100; i++)
		peer_send(f.peer, FRAME_BLOB, json_pack("{s:i}", "n", i), big,
		    sizeof(big));
	run(&f);
	assert_int_equal(f.came, 0);
	scratch_remove(&f.s);
}

static void
test_peer__calls_nobody_once_it_is_let_go(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	for (int i = 1; i <= 50; i++)
		add_frame(&f, i, 10);
	f.stop_at = 7;
	f.free_at_stop = true;
	finish(&f, "cat $frames >&3; sleep 1000");
	assert_int_equal(f.came, 7);
	assert_int_equal(f.gone, 0);
}

static void
test_peer__says_that_there_is_no_such_program(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	start_program(&f, "/no/such/transfer");
	for (int i = 1; i <= 3; i++)
		peer_send(
		    f.peer, FRAME_BLOB, json_pack("{s:i}", "n", i), "x", 1);
	run(&f);
	assert_int_equal(f.why.code, ERR_SYSTEM);
	assert_string_equal(f.why.msg,
	    "cannot start '/no/such/transfer': No such file or directory");
	scratch_remove(&f.s);
}

/* The transfer sees that its socket is closed. */
static void
test_peer__says_that_the_spawner_has_ended(void **state)
{
	struct fix f;

	(void)state;
	make(&f);
	add_frame(&f, 1, 10);
	start(&f, "echo $$ >child; cat $frames >&3; exec cat <&3 >/dev/null");
	while (f.came == 0)
		uv_run(&f.loop, UV_RUN_ONCE);
	kill(f.spawner.pid, SIGKILL);
	run(&f);
	assert_int_equal(f.why.code, ERR_SYSTEM);
	assert_non_null(strstr(f.why.msg, "start mufakatd again"));
	for (int i = 0; i < 1000 && is_alive(&f.s, "child"); i++)
		uv_sleep(10);
	assert_false(is_alive(&f.s, "child"));
	scratch_remove(&f.s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_peer__puts_frames_together_from_single_bytes),
	    cmocka_unit_test(
		test_peer__takes_one_frame_a_turn_however_many_come),
	    cmocka_unit_test(test_peer__holds_back_who_talks_without_end),
	    cmocka_unit_test(test_peer__kills_who_sends_rubbish),
	    cmocka_unit_test(test_peer__tells_how_it_ended),
	    cmocka_unit_test(
		test_peer__reads_to_the_end_what_one_that_died_has_said),
	    cmocka_unit_test(test_peer__at_the_deadline_all_of_its_group_goes),
	    cmocka_unit_test(test_peer__sends_what_it_is_given),
	    cmocka_unit_test(
		test_peer__sends_to_one_that_has_gone_without_harm),
	    cmocka_unit_test(test_peer__calls_nobody_once_it_is_let_go),
	    cmocka_unit_test(test_peer__says_that_there_is_no_such_program),
	    cmocka_unit_test(test_peer__says_that_the_spawner_has_ended),
	};

	signal(SIGPIPE, SIG_IGN); /* as mufakatd does */
	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
