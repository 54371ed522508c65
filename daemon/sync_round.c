#include "sync_round.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/segment.h"
#include "gate.h"
#include "plan.h"
#include "remote.h"
#include "store.h"
#include "sync_export.h"
#include "transfer_peer.h"

#define MS_PER_KIB 2000
#define ROUND_MAX  (12 * 60 * 60 * 1000LL)
#define END_MS     60000 /* from "done" to the end: it tidies up */
#define LISTS_MAX  1000
#define LULL_MS    200 /* without a blob: nothing is being applied */
#define DAY_MS     (24 * 60 * 60 * 1000LL)

enum state { LISTING, TAKING, BUILDING, PUSHING, ENDING, STATES };
enum event {
	ON_REFS,
	ON_BLOB,
	ON_END,
	ON_WRITTEN,
	ON_PROGRESS,
	ON_FAILED,
	EVENTS
};

/* A log that is read again as a whole, because something of it may be lost
 * at the remote. */
struct recheck {
	char id[ID_SIZE];
	int64_t waiting; /* what the remote lacked before */
};

struct round {
	struct round_start s;
	enum state state;
	struct peer *peer;
	uv_idle_t *step; /* while building; owned by the loop once closing */
	json_t *listed;
	json_t *known;
	struct push push;
	bool has_push;
	/* of the wants at hand */
	json_t *open; /* ref -> true, until its END */
	char ref[PLAN_REF_SIZE];
	struct gate_taken taken; /* by "ref" */
	size_t blobs;
	bool is_whole; /* the second pass over logs to be rechecked */
	struct recheck *recheck;
	size_t nrecheck;
	/* so far */
	struct sync_result result;
	int64_t received; /* by its word */
	int64_t moved;    /* by our count */
	int64_t started;
	int64_t last_blob; /* when it came */
	int lists;
	bool is_capped;
	bool is_told; /* the result */
};

static struct store *
store(const struct round *r)
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

static int64_t
now(const struct round *r)
{
	return clock_mono(gate_clock(r->s.gate));
}

/* A deadline that grows with what has come: one byte a minute does not keep
 * a round alive. */
static void
set_deadline(struct round *r)
{
	int64_t bytes = r->received > r->moved ? r->received : r->moved;
	int64_t end = r->started + round_patience(r->s.config, bytes);

	peer_deadline(r->peer, end - now(r));
}

/* --- saying ---------------------------------------------------------------- */

static void
progress(struct round *r, const char *phase, int64_t objects)
{
	if (r->s.progress != NULL)
		r->s.progress(r->s.arg, phase,
		    r->received > r->moved ? r->received : r->moved, objects);
}

__attribute__((format(printf, 4, 5))) static void
alarm_of(
    struct round *r, const char *kind, const char *next, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->s.alarm(r->s.arg, kind, text, next);
}

/* What fails for one log and not for the round. */
static void
blame(struct round *r, enum err_code code, const char *text)
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

static int
start_building(struct round *r, struct err *e)
{
	int rv;

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

/* Everything of ours is there, and the last listing says so. */
static int
prove(struct round *r, struct err *e)
{
	const struct push_log *own =
	    r->push.nlogs > 0 && r->push.logs[0].is_own ? r->push.logs : NULL;
	int64_t waiting = 0, since;

	if (own != NULL &&
	    export_waiting(store(r), r->s.remote, own->log, &waiting, e) == -1)
		return -1;
	r->result.proven =
	    waiting == 0 &&
	    (own == NULL || plan_agrees(own->id, r->listed, r->known));
	r->result.sent = r->push.sent;
	return remote_waiting(
	    store(r), r->s.remote, &r->result.waiting, &since, e);
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
	if (prove(r, e) == -1)
		return -1;
	if (r->push.err.code != ERR_NONE)
		blame(r, r->push.err.code, r->push.err.msg);
	if (r->is_capped)
		alarm_of(r, "listing",
		    _("clean up the repository, or move to another one"),
		    _("remote '%s' lists more refs than we take"), r->s.name);
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
	set_deadline(r);
	r->state = PUSHING;
	peer_send(r->peer, FRAME_LIST, json_object(), NULL, 0);
	progress(r, "push", 0);
	return 0;
}

/* --- taking ---------------------------------------------------------------- */

static struct recheck *
find_recheck(struct round *r, const char *id)
{
	for (size_t i = 0; i < r->nrecheck; i++)
		if (strcmp(r->recheck[i].id, id) == 0)
			return &r->recheck[i];
	return NULL;
}

static void
note_recheck(struct round *r, const char *ref)
{
	struct recheck x = {0};
	struct plan_ref p;

	if (!plan_ref_parse(ref, &p) || find_recheck(r, p.id) != NULL)
		return;
	memcpy(x.id, p.id, sizeof(x.id));
	r->recheck =
	    mem_array(r->recheck, r->nrecheck + 1, sizeof(*r->recheck));
	r->recheck[r->nrecheck++] = x;
}

/* Asks for refs; takes the names. */
static void
want(struct round *r, json_t *names, bool whole)
{
	const json_t *v;
	size_t i;

	json_object_clear(r->open);
	json_array_foreach (names, i, v)
		json_object_set_new(r->open, json_string_value(v), json_true());
	r->ref[0] = '\0';
	r->is_whole = whole;
	r->state = TAKING;
	peer_send(r->peer, FRAME_WANT,
	    json_pack("{s:o,s:b}", "refs", names, "whole", (int)whole), NULL,
	    0);
	progress(r, "fetch", 0);
}

static bool
may_give_back(struct round *r, const char *id, struct err *e)
{
	char *name = mem_printf("back.%lld.%s", (long long)r->s.remote, id);
	int64_t wall = clock_wall(gate_clock(r->s.gate)), then = 0;
	char *value = NULL, text[32];
	bool may = false;

	if (store_setting(store(r), name, &value, e) == -1)
		goto out;
	if (value != NULL)
		then = strtoll(value, NULL, 10);
	/* a clock that was set back does not hold it up */
	may = then == 0 || wall - then >= DAY_MS || wall < then;
	snprintf(text, sizeof(text), "%lld", (long long)wall);
	if (may && store_set_setting(store(r), name, text, e) == -1)
		may = false;
out:
	free(name);
	free(value);
	return may;
}

/* What was lost there is given back once, then at most daily: a host that
 * keeps losing it must not keep us busy. */
static int
give_back(struct round *r, struct push_log *l, int64_t lost, struct err *e)
{
	e->code = ERR_NONE;
	l->is_skipped = !may_give_back(r, l->id, e);
	if (e->code != ERR_NONE)
		return -1;
	if (l->is_own)
		alarm_of(r, "host",
		    _("if this goes on, ask who runs it, or move the "
		      "coalition to another repository"),
		    _("remote '%s' lost %lld changes of ours; %s"), r->s.name,
		    (long long)lost,
		    l->is_skipped ? _("given back once a day only")
				  : _("given back"));
	else
		alarm_of(r, "host", _("nothing to do: nothing is lost here"),
		    _("remote '%s' is behind on the log of key %.8s by %lld "
		      "changes"),
		    r->s.name, l->id, (long long)lost);
	return 0;
}

static int
evaluate(struct round *r, struct err *e)
{
	for (size_t i = 0; i < r->nrecheck; i++) {
		struct push_log *l = push_find(&r->push, r->recheck[i].id);
		int64_t waiting;

		if (l == NULL)
			continue;
		if (export_waiting(
			store(r), r->s.remote, l->log, &waiting, e) == -1)
			return -1;
		if (waiting > r->recheck[i].waiting &&
		    give_back(r, l, waiting - r->recheck[i].waiting, e) == -1)
			return -1;
	}
	r->nrecheck = 0;
	r->is_whole = false;
	return start_building(r, e);
}

/* Refs of a log that are known and not listed any more. */
static int
drop_vanished(struct round *r, const char *id, struct err *e)
{
	json_t *names = plan_vanished(r->listed, r->known), *v;
	int rv = 0;
	size_t i;

	json_array_foreach (names, i, v) {
		const char *name = json_string_value(v);

		if (strncmp(name, id, ID_CHARS) != 0)
			continue;
		json_object_del(r->known, name);
		if (remote_set_ref(store(r), r->s.remote, name, NULL, e) ==
		    -1) {
			rv = -1;
			break;
		}
	}
	json_decref(names);
	return rv;
}

static int
forget(struct round *r, struct recheck *x, struct err *e)
{
	struct push_log *l = push_find(&r->push, x->id);

	if (l == NULL)
		return 0;
	if (export_waiting(store(r), r->s.remote, l->log, &x->waiting, e) == -1)
		return -1;
	return remote_forget_log(store(r), r->s.remote, l->log, e);
}

/* A ref vanished, or no longer holds what it held: what the remote has of
 * that log is found out by reading all of it again.  Mostly that is what is
 * here already, so that nothing is fetched. */
static int
recheck(struct round *r, struct err *e)
{
	json_t *names = json_array();
	int rv = -1;

	if ((r->has_push ? push_reload(&r->push, e)
			 : push_init(&r->push, r->s.gate, r->s.remote,
			       r->s.memory, r->listed, r->known, e)) == -1)
		goto out;
	r->has_push = true;
	for (size_t i = 0; i < r->nrecheck; i++) {
		json_t *refs = plan_refs_of(
		    r->recheck[i].id, r->listed, r->s.memory->rejected);

		json_array_extend(names, refs);
		json_decref(refs);
		if (drop_vanished(r, r->recheck[i].id, e) == -1 ||
		    forget(r, &r->recheck[i], e) == -1)
			goto out;
	}
	if (json_array_size(names) == 0) {
		rv = evaluate(r, e);
		goto out;
	}
	want(r, names, true);
	names = NULL;
	rv = 0;
out:
	json_decref(names);
	return rv;
}

static int
taken_all(struct round *r, struct err *e)
{
	if (r->is_whole)
		return evaluate(r, e);
	if (r->nrecheck > 0)
		return recheck(r, e);
	return start_building(r, e);
}

/* What the listing asks of us. */
static int
compare(struct round *r, struct err *e)
{
	json_t *gone = plan_vanished(r->listed, r->known), *v;
	json_t *names = plan_wants(r->listed, r->known, r->s.memory->rejected);
	size_t i;

	json_array_foreach (gone, i, v)
		note_recheck(r, json_string_value(v));
	json_decref(gone);
	if (json_array_size(names) > 0) {
		want(r, names, false);
		return 0;
	}
	json_decref(names);
	return taken_all(r, e);
}

/* --- events ---------------------------------------------------------------- */

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
		rv = store_set_setting(store(r), name, "", e);
		free(name);
		if (rv == -1)
			return -1;
	}
	return compare(r, e);
}

static int
on_pushed(struct round *r, const struct frame *f, struct err *e)
{
	size_t landed;

	if (read_refs(r, f, e) == -1 ||
	    push_settle(&r->push, r->listed, &landed, e) == -1)
		return -1;
	return compare(r, e);
}

static int
on_written(struct round *r, const struct frame *f, struct err *e)
{
	return push_written(&r->push, f->json, e);
}

/* Blobs of one ref come together; another name begins the next one. */
static int
enter_ref(struct round *r, const char *ref, struct err *e)
{
	if (ref == NULL || json_object_get(r->open, ref) == NULL)
		return err_set(e, ERR_UNTRUSTED,
		    _("the transfer brought what it was not asked for"));
	if (strcmp(r->ref, ref) == 0)
		return 0;
	strcpy(r->ref, ref); /* a name that we asked for fits */
	r->taken = (struct gate_taken){0};
	r->blobs = 0;
	return 0;
}

static void
sum(struct gate_taken *all, const struct gate_taken *t)
{
	all->added += t->added;
	all->known += t->known;
	all->healed += t->healed;
	all->waiting += t->waiting;
	all->foreign += t->foreign;
	all->bad += t->bad;
	all->own += t->own;
	all->unadmitted += t->unadmitted;
	all->verified = all->verified || t->verified;
}

static int
on_blob(struct round *r, const struct frame *f, struct err *e)
{
	struct gate_taken t = {0};

	if (enter_ref(r, json_get_str(f->json, "ref"), e) == -1)
		return -1;
	r->blobs++;
	r->last_blob = now(r);
	r->moved += (int64_t)f->nbytes;
	set_deadline(r);
	if (f->nbytes > BLOB_MAX)
		t.bad = 1;
	else if (gate_take(
		     r->s.gate, r->s.remote, f->bytes, f->nbytes, &t, e) == -1)
		return -1;
	sum(&r->taken, &t);
	r->result.taken += (int64_t)t.added;
	if (t.own > 0) {
		log_warn("fork", "remote=%s own=%zu", r->s.name, t.own);
		alarm_of(r, "fork",
		    _("if no backup was restored here and no copy of this "
		      "office runs elsewhere, somebody has its key"),
		    _("remote '%s' held %zu changes by our own key that were "
		      "not here"),
		    r->s.name, t.own);
	}
	progress(r, "apply", r->result.taken);
	return 0;
}

/* A log of ours, or one that says something verified, or nothing new. */
static bool
is_useful(const struct round *r)
{
	const struct gate_taken *t = &r->taken;

	return r->blobs == 0 || t->verified || (t->added == 0 && t->known > 0);
}

static int
keep(struct round *r, const char *ref, const char *oid, const char *base,
    struct err *e)
{
	const char *was = json_get_str(r->known, ref);

	if (!r->is_whole && !plan_extends(was, oid, base))
		note_recheck(r, ref);
	if (remote_set_ref(store(r), r->s.remote, ref, oid, e) == -1)
		return -1;
	json_object_set_new(r->known, ref, json_string(oid));
	return 0;
}

static void
reject(struct round *r, const char *ref, const char *oid, const char *why)
{
	json_object_set_new(r->s.memory->rejected, ref, json_string(oid));
	alarm_of(r, "ref", _("nothing to do: the other logs go on"),
	    _("remote '%s': log '%s' is of no use: %.120s"), r->s.name, ref,
	    why);
}

/* It failed at the transfer already. */
static void
refused(
    struct round *r, const struct frame *f, const char *ref, const char *oid)
{
	const char *text = json_get_str(f->json, "error");
	enum err_code code = err_from_word(json_get_str(f->json, "code"));

	if (text == NULL || *text == '\0')
		text = _("no reason given");
	if (code == ERR_UNTRUSTED || code == ERR_INPUT)
		reject(r, ref, oid, text);
	else
		blame(r, code, text); /* asked for again next time */
}

static int
on_end(struct round *r, const struct frame *f, struct err *e)
{
	const char *ref = json_get_str(f->json, "ref");
	const char *oid = json_get_str(f->json, "oid");
	const char *base = json_get_str(f->json, "base");
	const char *listed;
	bool ok = json_is_true(json_object_get(f->json, "ok")), kept = false;

	if (enter_ref(r, ref, e) == -1)
		return -1;
	listed = json_get_str(r->listed, ref);
	if (listed == NULL || oid == NULL || strcmp(oid, listed) != 0)
		ok = false; /* it moved; the next listing tells */
	else if (!ok)
		refused(r, f, ref, oid);
	else if (is_useful(r))
		kept = true;
	else
		reject(r, ref, oid,
		    r->taken.foreign > 0 ? _("it is of another coalition")
					 : _("nothing in it is well signed"));
	if (kept && keep(r, ref, oid, base, e) == -1)
		return -1;
	peer_send(r->peer, FRAME_KEEP,
	    json_pack("{s:s,s:b}", "ref", ref, "keep", (int)kept), NULL, 0);
	json_object_del(r->open, ref);
	r->ref[0] = '\0';
	return json_object_size(r->open) == 0 ? taken_all(r, e) : 0;
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
		set_deadline(r);
	progress(r, r->state == PUSHING ? "push" : "fetch", objects);
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
    [TAKING] = {[ON_BLOB] = on_blob,
	[ON_END] = on_end,
	[ON_PROGRESS] = on_progress,
	[ON_FAILED] = on_failed},
    [BUILDING] = {[ON_PROGRESS] = on_progress, [ON_FAILED] = on_failed},
    [PUSHING] = {[ON_WRITTEN] = on_written,
	[ON_REFS] = on_pushed,
	[ON_PROGRESS] = on_progress,
	[ON_FAILED] = on_failed},
    [ENDING] = {[ON_PROGRESS] = on_late, [ON_FAILED] = on_late},
};

static enum event
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
	enum event ev = event_of(f->type);
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
		r->result.proven = false;
	}
	r->state = ENDING;
	tell(r);
	r->s.done(r->s.arg);
}

/* --- beginning and end ------------------------------------------------------ */

json_t *
round_order(const struct sync_config *c, const char *name, const char *url,
    bool create, const uint8_t *coalition)
{
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
	r->result.remote = s->name;
	r->open = json_object();
	r->step = new_step(r);
	r->started = now(r);
	if (remote_refs(store(r), s->remote, &r->known, e) == -1 ||
	    peer_spawn(s->loop, s->config->transfer, &ev, &r->peer, e) == -1) {
		round_free(r);
		return -1;
	}
	peer_send(r->peer, FRAME_ROUND,
	    round_order(
		s->config, s->name, s->url, s->create, gate_coalition(s->gate)),
	    NULL, 0);
	set_deadline(r);
	progress(r, "list", 0);
	*ret = r;
	return 0;
}

bool
round_is_busy(const struct round *r)
{
	return r->state == BUILDING ||
	       (r->state == TAKING && r->last_blob > 0 &&
		   now(r) - r->last_blob < LULL_MS);
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
	free(r);
}
