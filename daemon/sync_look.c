#include "sync_look.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/segment.h"
#include "plan.h"
#include "sync_round.h"
#include "transfer_peer.h"

#define LOOK_REFS       500 /* logs read at most */
#define LOOK_COALITIONS 16
#define LOOK_TRIES      64 /* signatures of one log */
#define LOOK_NAME       "look"

/* A ref that is wanted. */
struct wanted {
	char ref[PLAN_REF_SIZE];
	bool has_ended, is_ok;
	uint8_t w[HASH_LEN]; /* of its segments */
	bool has_w, is_mixed;
	bool is_good; /* something in it is well signed */
	int tries;    /* signatures looked at */
};

struct look {
	const struct sync_config *config;
	uv_loop_t *loop;
	struct peer *peer;
	int64_t started;
	int64_t moved;
	struct wanted *wants;
	size_t nwants;
	size_t open; /* of them without their END */
	bool has_listed, is_done;
	uint8_t found[LOOK_COALITIONS][HASH_LEN];
	size_t nfound;
	struct err err;
	void (*done)(void *arg, const uint8_t *coalitions, size_t n,
	    const struct err *e);
	void *arg;
};

static void
set_deadline(struct look *l)
{
	int64_t end = l->started + round_patience(l->config, l->moved);

	peer_deadline(l->peer, end - (int64_t)uv_now(l->loop));
}

static void
note(struct look *l, const uint8_t w[static HASH_LEN])
{
	for (size_t i = 0; i < l->nfound; i++)
		if (memcmp(l->found[i], w, HASH_LEN) == 0)
			return;
	if (l->nfound < LOOK_COALITIONS)
		memcpy(l->found[l->nfound++], w, HASH_LEN);
}

static struct wanted *
find(struct look *l, const struct frame *f)
{
	const char *ref = json_get_str(f->json, "ref");

	for (size_t i = 0; ref != NULL && i < l->nwants; i++)
		if (strcmp(l->wants[i].ref, ref) == 0)
			return &l->wants[i];
	return NULL;
}

static void
note_change(struct look *l, struct wanted *x, const struct segment_reader *r)
{
	if (!x->has_w)
		memcpy(x->w, r->place.coalition, HASH_LEN);
	else if (memcmp(x->w, r->place.coalition, HASH_LEN) != 0)
		x->is_mixed = true;
	x->has_w = true;
	if ((x->is_good && !r->place.is_genesis) || !r->change.is_signed ||
	    x->tries >= LOOK_TRIES)
		return;
	x->tries++;
	if (!change_verify(&r->place, &r->change))
		return;
	x->is_good = true;
	if (r->place.is_genesis)
		note(l, r->id);
}

/* A coalition is there if its first change is, well signed: anybody can write
 * a W into the line of a segment. */
static int
on_blob(struct look *l, const struct frame *f, struct err *e)
{
	struct wanted *x = find(l, f);
	struct segment_reader r;

	if (x == NULL || x->has_ended)
		return err_set(
		    e, ERR_UNTRUSTED, _("the transfer spoke out of turn"));
	l->moved += (int64_t)f->nbytes;
	set_deadline(l);
	if (f->nbytes > BLOB_MAX)
		return 0;
	segment_reader_init(&r, f->bytes, f->nbytes);
	while (segment_next(&r))
		note_change(l, x, &r);
	segment_reader_clear(&r);
	return 0;
}

static void
finish(struct look *l)
{
	l->is_done = true;
	peer_send(l->peer, FRAME_DONE, json_object(), NULL, 0);
}

/* Takes the names. */
static void
want(struct look *l, json_t *names)
{
	const json_t *v;
	size_t i;

	l->open = l->nwants = json_array_size(names);
	l->wants = mem_zalloc(l->nwants * sizeof(*l->wants));
	json_array_foreach (names, i, v)
		strcpy(l->wants[i].ref, json_string_value(v));
	peer_send(l->peer, FRAME_WANT,
	    json_pack("{s:o,s:b}", "refs", names, "whole", 1), NULL, 0);
}

static int
on_refs(struct look *l, const struct frame *f, struct err *e)
{
	const json_t *listed = json_object_get(f->json, "refs");
	json_t *names;

	if (l->has_listed || !json_is_object(listed))
		return err_set(
		    e, ERR_UNTRUSTED, _("the transfer spoke out of turn"));
	l->has_listed = true;
	names = plan_wants(listed, NULL, NULL);
	while (json_array_size(names) > LOOK_REFS)
		json_array_remove(names, json_array_size(names) - 1);
	if (json_array_size(names) > 0) {
		want(l, names);
		return 0;
	}
	json_decref(names);
	finish(l);
	return 0;
}

/* What belongs to the only coalition there stays here, so that joining it does
 * not fetch it again: its first round reads it from our own repository. */
static bool
is_worth_keeping(const struct look *l, const struct wanted *x)
{
	return x->is_ok && x->is_good && !x->is_mixed && l->nfound == 1 &&
	       memcmp(x->w, l->found[0], HASH_LEN) == 0;
}

static void
answer(struct look *l)
{
	for (size_t i = 0; i < l->nwants; i++) {
		const struct wanted *x = &l->wants[i];

		peer_send(l->peer, FRAME_KEEP,
		    json_pack("{s:s,s:b}", "ref", x->ref, "keep",
			(int)is_worth_keeping(l, x)),
		    NULL, 0);
	}
	finish(l);
}

static int
on_end(struct look *l, const struct frame *f, struct err *e)
{
	struct wanted *x = find(l, f);

	if (x == NULL || x->has_ended)
		return err_set(
		    e, ERR_UNTRUSTED, _("the transfer spoke out of turn"));
	x->has_ended = true;
	x->is_ok = json_is_true(json_object_get(f->json, "ok"));
	if (--l->open == 0)
		answer(l);
	return 0;
}

static int
handle(struct look *l, const struct frame *f, struct err *e)
{
	const char *text = json_get_str(f->json, "error");
	int64_t n = 0;

	switch (f->type) {
	case FRAME_REFS:
		return on_refs(l, f, e);
	case FRAME_BLOB:
		return on_blob(l, f, e);
	case FRAME_END:
		return on_end(l, f, e);
	case FRAME_PROGRESS:
		json_get_int(f->json, "received", &n);
		l->moved = n > l->moved ? n : l->moved;
		set_deadline(l);
		return 0;
	case FRAME_FAILED:
		return err_set(e, err_from_word(json_get_str(f->json, "code")),
		    "%s", text != NULL ? text : _("the transfer failed"));
	default:
		return err_set(
		    e, ERR_UNTRUSTED, _("the transfer spoke out of turn"));
	}
}

static void
on_frame(void *arg, const struct frame *f)
{
	struct look *l = arg;
	struct err e = {0};

	if (handle(l, f, &e) == -1 && !l->is_done)
		peer_kill(l->peer, &e);
}

static void
on_gone(void *arg, const struct err *why)
{
	struct look *l = arg;
	struct err e = {0};

	if (!l->is_done && why->code == ERR_NONE)
		err_set(&e, ERR_SYSTEM,
		    _("the transfer ended before its round did"));
	else if (!l->is_done)
		e = *why;
	l->done(l->arg, l->found[0], e.code == ERR_NONE ? l->nfound : 0, &e);
}

int
look_begin(struct uv_loop_s *loop, const struct sync_config *c, const char *url,
    void (*done)(
	void *arg, const uint8_t *coalitions, size_t n, const struct err *e),
    void *arg, struct look **ret, struct err *e)
{
	struct look *l = mem_zalloc(sizeof(*l));
	struct peer_events ev = {on_frame, on_gone, l};

	*l = (struct look){.config = c,
	    .loop = loop,
	    .started = (int64_t)uv_now(loop),
	    .done = done,
	    .arg = arg};
	if (peer_spawn(loop, c->spawner, c->transfer, &ev, &l->peer, e) == -1) {
		free(l);
		return -1;
	}
	peer_send(l->peer, FRAME_ROUND,
	    round_order(c, LOOK_NAME, url, false, NULL, NULL), NULL, 0);
	set_deadline(l);
	*ret = l;
	return 0;
}

void
look_free(struct look *l)
{
	if (l == NULL)
		return;
	peer_free(l->peer);
	free(l->wants);
	free(l);
}
