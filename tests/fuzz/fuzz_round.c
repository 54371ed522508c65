/*
 * What a transfer says in a round, taken to be in the hands of whoever wrote
 * what it reads: a stream of frames into a real round with a real office.
 * Whatever comes, the round ends once and in words, and nothing is called
 * proven that no listing showed.
 *
 * The functions of transfer_peer.c are defined here: no process runs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/mem.h"
#include "daemon/gate.h"
#include "daemon/remote.h"
#include "daemon/sync_round.h"
#include "daemon/transfer_peer.h"
#include "tests/fuzz/scratch.h"

#define TURNS 8 /* of the loop, after each frame */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- the transfer ----------------------------------------------------------- */

struct peer {
	struct peer_events ev;
	struct err why;
	bool is_killed;
};

static struct peer peer;

int
peer_spawn(struct uv_loop_s *loop, const struct spawner *s, const char *program,
    const struct peer_events *ev, struct peer **ret, struct err *e)
{
	(void)loop;
	(void)s;
	(void)program;
	(void)e;
	peer = (struct peer){.ev = *ev};
	*ret = &peer;
	return 0;
}

void
peer_send(struct peer *p, enum frame_type type, json_t *json, const void *bytes,
    size_t n)
{
	struct buf b = BUF_INIT;
	struct frame f;
	struct err e;
	size_t used;

	/* what we say is well formed, whatever was said to us */
	frame_write(&b, type, json, bytes, n);
	if (p != &peer || frame_parse(b.data, b.len, &f, &used, &e) != 1)
		abort();
	frame_clear(&f);
	json_decref(json);
	buf_clear(&b);
}

void
peer_deadline(struct peer *p, int64_t ms)
{
	(void)p;
	(void)ms;
}

void
peer_kill(struct peer *p, const struct err *why)
{
	if (!p->is_killed)
		p->why = *why;
	p->is_killed = true;
}

void
peer_free(struct peer *p)
{
	(void)p;
}

/* --- the office ------------------------------------------------------------- */

static uv_loop_t loop;
static struct gate *gate;
static struct push_memory memory;
static int results, ends;
static bool listed;

static void
on_alarm(void *arg, const struct alarm *a)
{
	(void)arg;
	if (*a->kind == '\0' || *a->text == '\0' || *a->next == '\0')
		abort();
}

static void
on_calm(void *arg,
    bool (*stands)(void *round, const char *kind, const char *about),
    void *round)
{
	(void)arg;
	stands(round, "host", "x");
	stands(round, "ref", "x");
	stands(round, "listing", "");
}

static void
on_result(void *arg, const struct sync_result *r)
{
	(void)arg;
	results++;
	if ((r->proven && !listed) ||
	    (r->err.code != ERR_NONE && r->err.msg[0] == '\0'))
		abort();
}

static void
on_done(void *arg)
{
	(void)arg;
	ends++;
}

static void
close_office(void)
{
	json_decref(memory.rejected);
	json_decref(memory.denied);
	json_decref(memory.put_off);
	gate_close(gate);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

static int64_t
now(void *arg)
{
	(void)arg;
	return 1178928000000;
}

/* Always the same key, so that inputs can name our own log. */
static void
make_key(void)
{
	static const uint8_t seed[SEED_LEN] = {7};
	struct secret *s = secret_from_seed(seed);
	char *path = fs_join(scratch(), "key");
	struct err e;

	if (secret_save(s, path, &e) == -1)
		abort();
	free(path);
	secret_free(s);
}

static void
open_office(void)
{
	static const uint8_t recovery[HASH_LEN] = {1};
	static const struct clock clock = {now, now, NULL};
	struct err e;

	if (gate != NULL)
		return;
	crypto_setup();
	make_key();
	memory = (struct push_memory){
	    .rejected = json_object(), .denied = json_object()};
	if (uv_loop_init(&loop) != 0 ||
	    gate_open(scratch(), &clock, &gate, &e) == -1 ||
	    gate_found(gate, "Coalition", "Office", recovery, &e) == -1)
		abort();
	atexit(close_office);
}

/* A remote that has nothing yet, and nothing is remembered of it. */
static int64_t
new_remote(void)
{
	struct store *s = gate_store(gate);
	struct remote r;
	struct err e;
	int64_t n;

	if (remote_find(s, "hub", &r, &e) == 0) {
		remote_clear(&r);
		if (remote_remove(s, "hub", &e) == -1)
			abort();
	}
	json_object_clear(memory.rejected);
	json_object_clear(memory.denied);
	json_decref(memory.put_off);
	memory.put_off = NULL;
	if (remote_add(s, "hub", "/nowhere", &e) == -1 ||
	    remote_find(s, "hub", &r, &e) == -1)
		abort();
	n = r.n;
	remote_clear(&r);
	return n;
}

/* --- a round ---------------------------------------------------------------- */

static void
turn(void)
{
	for (int i = 0; i < TURNS; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static void
feed(const char *s, size_t size)
{
	static const struct err fine;

	while (size > 0 && !peer.is_killed) {
		struct frame f;
		struct err e;
		size_t used;
		int got = frame_parse(s, size, &f, &used, &e);

		if (got != 1) {
			if (got == -1)
				peer_kill(&peer, &e);
			break;
		}
		listed |= f.type == FRAME_REFS;
		peer.ev.frame(peer.ev.arg, &f);
		frame_clear(&f);
		turn();
		s += used;
		size -= used;
	}
	peer.ev.gone(peer.ev.arg, peer.is_killed ? &peer.why : &fine);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sync_config config = {.home = "/nowhere",
	    .transfer = "/nowhere/transfer",
	    .ssh = "ssh",
	    .interval_s = 900,
	    .debounce_ms = 2000,
	    .deadline_s = 60};
	struct round_start start = {.loop = &loop,
	    .config = &config,
	    .name = "hub",
	    .url = "/nowhere",
	    .memory = &memory,
	    .alarm = on_alarm,
	    .calm = on_calm,
	    .result = on_result,
	    .done = on_done};
	struct round *r;
	struct err e;

	open_office();
	start.gate = gate;
	start.remote = new_remote();
	results = ends = 0;
	listed = false;
	if (round_begin(&start, &r, &e) == -1)
		abort();
	feed((const char *)data, size);
	if (results != 1 || ends != 1)
		abort();
	round_free(r);
	turn();
	return 0;
}
