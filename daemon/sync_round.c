#include "sync_round.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/segment.h"
#include "remote.h"
#include "store.h"
#include "sync_round_private.h"
#include "transfer_peer.h"

#define MS_PER_KIB 2000
#define ROUND_MAX  (12 * 60 * 60 * 1000LL)
#define END_MS     60000 /* from "done" to the end: it tidies up */
#define LISTS_MAX  1000
#define LULL_MS    200 /* without a blob: nothing is being applied */

struct store *
round_store(const struct round *r)
{
	return gate_store(r->s.gate);
}

/* --- time ------------------------------------------------------------------ */

int64_t
round_patience(const struct sync_config *c, int64_t bytes)
{
	int64_t ms = (int64_t)c->deadline_s * 1000;

	if (bytes > ROUND_MAX)
		return ROUND_MAX;
	ms += bytes * MS_PER_KIB / 1024;
	return ms < ROUND_MAX ? ms : ROUND_MAX;
}

int64_t
round_now(const struct round *r)
{
	return clock_mono(gate_clock(r->s.gate));
}

/* A deadline that grows with what has come: one byte a minute does not keep
 * a round alive. */
void
round_extend(struct round *r)
{
	int64_t bytes = r->received > r->moved ? r->received : r->moved;
	int64_t end = r->started + round_patience(r->s.config, bytes);

	peer_deadline(r->peer, end - round_now(r));
}

/* --- saying ---------------------------------------------------------------- */

void
round_progress(struct round *r, const char *phase, int64_t objects)
{
	if (r->s.progress != NULL)
		r->s.progress(r->s.arg, phase,
		    r->received > r->moved ? r->received : r->moved, objects);
}

/* What fails for one log and not for the round. */
void
round_blame(struct round *r, enum err_code code, const char *text)
{
	if (r->result.err.code == ERR_NONE)
		err_set(&r->result.err, code, "%s", text);
}

/* --- building -------------------------------------------------------------- */

static int build(struct round *r, struct err *e);

static void
stop_step(struct round *r)
{
	if (r->step != NULL)
		uv_idle_stop(r->step);
}

static void
fail(struct round *r, const struct err *e)
{
	stop_step(r);
	r->state = ENDING;
	r->result.err = *e;
	peer_kill(r->peer, e);
}

static void
on_step(uv_idle_t *h)
{
	struct round *r = h->data;
	struct err e = {0};

	if (build(r, &e) == -1)
		fail(r, &e);
}

/* Is all that is there of no use to us, and nothing of ours among it?  It is
 * another coalition's, then, who would read all that we send. */
static bool
is_of_others(const struct round *r)
{
	const struct push_memory *m = r->s.memory;
	const char *ref;
	json_t *oid;

	if (r->s.create || json_object_size(r->known) > 0)
		return false;
	json_object_foreach (r->listed, ref, oid) {
		struct plan_ref p;

		if (!json_equal(json_object_get(m->rejected, ref), oid) &&
		    (!plan_ref_parse(ref, &p) ||
			json_object_get(m->put_off, p.id) == NULL))
			return false;
	}
	return json_object_size(r->listed) > 0;
}

int
round_build(struct round *r, struct err *e)
{
	int rv;

	if (is_of_others(r))
		return err_set(e, ERR_CONFLICT,
		    _("what is there is not of this coalition, so nothing was "
		      "sent: is the address right? To share it all the same: "
		      "mufakat remote remove %s, mufakat remote add %s URL "
		      "--create"),
		    r->s.name, r->s.name);
	r->state = BUILDING;
	rv = r->has_push ? push_reload(&r->push, e)
			 : push_init(&r->push, r->s.gate, r->s.remote,
			       r->s.memory, r->listed, r->known, e);
	r->has_push = r->has_push || rv == 0;
	if (rv == -1)
		return -1;
	push_rewind(&r->push);
	uv_idle_start(r->step, on_step);
	return 0;
}

static void
tell(struct round *r)
{
	if (r->is_told)
		return;
	r->is_told = true;
	r->s.result(r->s.arg, &r->result);
}

static int
finish(struct round *r, struct err *e)
{
	if (round_prove(r, e) == -1)
		return -1;
	if (r->push.err.code != ERR_NONE)
		round_blame(r, r->push.err.code, r->push.err.msg);
	round_explain(r);
	if (r->is_capped)
		round_alarm(r, "listing", "",
		    _("clean up the repository, or move to another one"),
		    _("remote '%s' lists more refs than we take"), r->s.name);
	if (r->s.calm != NULL)
		r->s.calm(r->s.arg, round_stands, r);
	stop_step(r);
	r->state = ENDING;
	peer_send(r->peer, FRAME_DONE, json_object(), NULL, 0);
	peer_deadline(r->peer, END_MS);
	tell(r);
	return 0;
}

static int
build(struct round *r, struct err *e)
{
	int more = push_step(&r->push, r->peer, e);

	if (more != 0)
		return more == -1 ? -1 : 0;
	stop_step(r);
	if (r->push.nputs == 0 || r->lists >= LISTS_MAX)
		return finish(r, e);
	r->lists++;
	r->moved += (int64_t)r->push.queued;
	round_extend(r);
	r->state = PUSHING;
	peer_send(r->peer, FRAME_LIST, json_object(), NULL, 0);
	round_progress(r, "push", 0);
	return 0;
}

/* --- events ---------------------------------------------------------------- */

static void
note_mark(struct push_memory *m, const char *mark)
{
	free(m->mark);
	m->mark = mark != NULL ? mem_strdup(mark) : NULL;
}

static int
read_refs(struct round *r, const struct frame *f, struct err *e)
{
	json_t *refs = json_object_get(f->json, "refs");

	if (!json_is_object(refs))
		return err_set(e, ERR_UNTRUSTED, _("a listing without refs"));
	if (r->push.listed == r->listed)
		r->push.listed = NULL;
	json_decref(r->listed);
	r->listed = json_incref(refs);
	r->is_capped = json_is_true(json_object_get(f->json, "capped"));
	note_mark(r->s.memory, json_get_str(f->json, "mark"));
	return 0;
}

static int
on_listed(struct round *r, const struct frame *f, struct err *e)
{
	char *name;
	int rv;

	if (read_refs(r, f, e) == -1)
		return -1;
	if (r->s.create) {
		name = mem_printf("create.%lld", (long long)r->s.remote);
		rv = store_set_setting(round_store(r), name, "", e);
		free(name);
		if (rv == -1)
			return -1;
	}
	return round_compare(r, e);
}

static int
on_pushed(struct round *r, const struct frame *f, struct err *e)
{
	size_t landed;

	if (read_refs(r, f, e) == -1 ||
	    push_settle(&r->push, r->listed, &landed, e) == -1)
		return -1;
	return round_compare(r, e);
}

static int
on_written(struct round *r, const struct frame *f, struct err *e)
{
	return push_written(&r->push, f->json, e);
}

static int
on_progress(struct round *r, const struct frame *f, struct err *e)
{
	int64_t n = 0, objects = 0;

	(void)e;
	json_get_int(f->json, "received", &n);
	json_get_int(f->json, "objects", &objects);
	if (n > r->received)
		r->received = n;
	if (r->state != ENDING)
		round_extend(r);
	round_progress(r, r->state == PUSHING ? "push" : "fetch", objects);
	return 0;
}

static int
on_failed(struct round *r, const struct frame *f, struct err *e)
{
	const char *text = json_get_str(f->json, "error");
	enum err_code code = err_from_word(json_get_str(f->json, "code"));

	(void)r;
	return err_set(e, code == ERR_NONE ? ERR_SYSTEM : code, "%s",
	    text != NULL && *text != '\0' ? text
					  : _("the transfer failed, and did "
					      "not say why"));
}

/* Once done is said, nothing matters any more. */
static int
on_late(struct round *r, const struct frame *f, struct err *e)
{
	(void)r;
	(void)f;
	(void)e;
	return 0;
}

typedef int (*handler)(struct round *r, const struct frame *f, struct err *e);

static const handler table[STATES][EVENTS] = {
    [LISTING] = {[ON_REFS] = on_listed,
	[ON_PROGRESS] = on_progress,
	[ON_FAILED] = on_failed},
    [TAKING] = {[ON_BLOB] = round_blob,
	[ON_END] = round_end,
	[ON_PROGRESS] = on_progress,
	[ON_FAILED] = on_failed},
    [BUILDING] = {[ON_PROGRESS] = on_progress, [ON_FAILED] = on_failed},
    [PUSHING] = {[ON_WRITTEN] = on_written,
	[ON_REFS] = on_pushed,
	[ON_PROGRESS] = on_progress,
	[ON_FAILED] = on_failed},
    [ENDING] = {[ON_PROGRESS] = on_late, [ON_FAILED] = on_late},
};

static enum round_event
event_of(enum frame_type t)
{
	switch (t) {
	case FRAME_REFS:
		return ON_REFS;
	case FRAME_BLOB:
		return ON_BLOB;
	case FRAME_END:
		return ON_END;
	case FRAME_WRITTEN:
		return ON_WRITTEN;
	case FRAME_PROGRESS:
		return ON_PROGRESS;
	case FRAME_FAILED:
		return ON_FAILED;
	default:
		return EVENTS; /* ours, not its */
	}
}

static void
on_frame(void *arg, const struct frame *f)
{
	struct round *r = arg;
	enum round_event ev = event_of(f->type);
	handler h = ev < EVENTS ? table[r->state][ev] : NULL;
	struct err e = {0};
	int rv;

	if (h != NULL)
		rv = h(r, f, &e);
	else
		rv = err_set(&e, ERR_UNTRUSTED,
		    _("the transfer said '%s' out of turn"),
		    frame_word(f->type));
	if (rv == -1)
		fail(r, &e);
}

static void
on_gone(void *arg, const struct err *why)
{
	struct round *r = arg;

	stop_step(r);
	if (r->state != ENDING) {
		if (why->code != ERR_NONE)
			r->result.err = *why;
		else
			err_set(&r->result.err, ERR_SYSTEM,
			    _("the transfer ended before its round did"));
		r->result.proven = r->result.own_proven = false;
	}
	r->state = ENDING;
	tell(r);
	r->s.done(r->s.arg);
}

/* --- beginning and end ------------------------------------------------------ */

/* Whose logs are listed, however many refs of others there are. */
static json_t *
members(const struct gate *g)
{
	const struct trust *t = g != NULL ? gate_trust(g) : NULL;
	size_t n = 0;
	const struct trust_key *keys = t != NULL ? trust_keys(t, &n) : NULL;
	json_t *list = json_array();
	char key[KEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		ident_key(keys[i].key, key);
		json_array_append_new(list, json_stringn(key, ID_CHARS));
	}
	return list;
}

json_t *
round_order(const struct sync_config *c, const char *name, const char *url,
    bool create, const struct gate *g, const char *mark)
{
	const uint8_t *coalition = g != NULL ? gate_coalition(g) : NULL;
	char *repo = fs_join(c->home, "repo.git");
	char *quarantine = fs_join(c->home, "quarantine");
	char hex[HEX_SIZE];
	json_t *j;

	if (coalition != NULL)
		text_hex(coalition, HASH_LEN, hex);
	j = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:b,s:s?,s:{s:s,s:b},"
		      "s:{s:i,s:i,s:i,s:i}}",
	    "version", 1, "remote", name, "url", url, "repo", repo,
	    "quarantine", quarantine, "prefix", "refs/heads/mufakat/", "create",
	    (int)create, "coalition", coalition != NULL ? hex : NULL, "ssh",
	    "command", c->ssh, "agent", (int)c->ssh_agent, "limits", "refs",
	    20000, "blob", BLOB_MAX, "pack", 64 * 1024 * 1024, "progress",
	    64 * 1024);
	json_object_set_new(j, "members", members(g));
	if (mark != NULL)
		json_object_set_new(j, "mark", json_string(mark));
	free(repo);
	free(quarantine);
	return j;
}

static uv_idle_t *
new_step(struct round *r)
{
	uv_idle_t *h = mem_zalloc(sizeof(*h));

	uv_idle_init(r->s.loop, h);
	h->data = r;
	return h;
}

int
round_begin(const struct round_start *s, struct round **ret, struct err *e)
{
	struct round *r = mem_zalloc(sizeof(*r));
	struct peer_events ev = {on_frame, on_gone, r};

	r->s = *s;
	r->from.n = s->remote;
	r->result.remote = s->name;
	r->open = json_object();
	r->step = new_step(r);
	r->started = round_now(r);
	if (remote_refs(round_store(r), s->remote, &r->known, e) == -1 ||
	    peer_spawn(s->loop, s->config->spawner, s->config->transfer, &ev,
		&r->peer, e) == -1) {
		round_free(r);
		return -1;
	}
	peer_send(r->peer, FRAME_ROUND,
	    round_order(s->config, s->name, s->url, s->create, s->gate,
		s->memory->mark),
	    NULL, 0);
	round_extend(r);
	round_progress(r, "list", 0);
	*ret = r;
	return 0;
}

void
round_give_way(struct round *r)
{
	struct err e;

	if (r->state == ENDING)
		return;
	err_set(&e, ERR_OFFLINE,
	    _("too slow while another remote waits: it goes on in its next "
	      "turn"));
	peer_kill(r->peer, &e);
}

bool
round_is_ending(const struct round *r)
{
	return r->state == ENDING;
}

bool
round_is_busy(const struct round *r)
{
	return r->state == BUILDING ||
	       (r->state == TAKING && r->last_blob > 0 &&
		   round_now(r) - r->last_blob < LULL_MS);
}

static void
on_step_closed(uv_handle_t *h)
{
	free(h);
}

void
round_free(struct round *r)
{
	if (r == NULL)
		return;
	peer_free(r->peer);
	uv_close((uv_handle_t *)r->step, on_step_closed);
	push_clear(&r->push);
	json_decref(r->listed);
	json_decref(r->known);
	json_decref(r->open);
	free(r->recheck);
	pairs_clear(&r->from.thin);
	free(r);
}
