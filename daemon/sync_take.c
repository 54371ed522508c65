/* The first half of a round: what the remote has. */
#include "sync_round_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/segment.h"
#include "log_read.h"
#include "remote.h"
#include "store.h"
#include "sync_export.h"
#include "sync_hold.h"
#include "sync_stranger.h"
#include "transfer_peer.h"

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
	round_progress(r, "fetch", 0);
}

static void
alarm_own(struct round *r, const struct push_log *l, int64_t lost, bool may)
{
	round_alarm(r, "host", l->id,
	    _("if this goes on, ask who runs it, or move the coalition to "
	      "another repository"),
	    P_("remote '%s' lost %lld change of ours; %s",
		"remote '%s' lost %lld changes of ours; %s", lost),
	    r->s.name, (long long)lost,
	    may ? _("given back") : _("given back once a day only"));
}

static void
alarm_other(struct round *r, const struct push_log *l, int64_t lost)
{
	char *whose = round_whose(r, l->id);

	round_alarm(r, "host", l->id, _("nothing to do: nothing is lost here"),
	    P_("remote '%s' is behind by %lld change on the log of %s",
		"remote '%s' is behind by %lld changes on the log of %s", lost),
	    r->s.name, (long long)lost, whose);
	free(whose);
}

/* What was lost there is given back once, then at most daily: a host that
 * keeps losing it must not keep us busy. */
static int
give_back(struct round *r, struct push_log *l, const struct recheck *x,
    int64_t lost, struct err *e)
{
	struct hold h = {round_store(r), r->s.remote, l->log, l->id,
	    clock_wall(gate_clock(r->s.gate))};
	bool may;

	if (hold_may_give_back(&h, x->sent, &may, e) == -1)
		return -1;
	if (l->is_own)
		alarm_own(r, l, lost, may);
	else
		alarm_other(r, l, lost);
	return 0;
}

/* What was written here while the log was read again is not lost there. */
static int
evaluate(struct round *r, struct err *e)
{
	for (size_t i = 0; i < r->nrecheck; i++) {
		const struct recheck *x = &r->recheck[i];
		struct push_log *l = push_find(&r->push, x->id);
		int64_t waiting;

		if (l == NULL)
			continue;
		if (export_waiting_of(round_store(r), r->s.remote, l->log,
			x->last, &waiting, e) == -1)
			return -1;
		if (waiting > x->waiting &&
		    give_back(r, l, x, waiting - x->waiting, e) == -1)
			return -1;
	}
	r->nrecheck = 0;
	r->is_whole = false;
	return round_build(r, e);
}

/* Refs of a log that are known and not listed any more. */
static int
drop_vanished(struct round *r, const char *id, struct err *e)
{
	json_t *names =
		   plan_vanished(r->listed, r->known, r->s.memory->rejected),
	       *v;
	int rv = 0;
	size_t i;

	json_array_foreach (names, i, v) {
		const char *name = json_string_value(v);

		if (strncmp(name, id, ID_CHARS) != 0)
			continue;
		json_object_del(r->known, name);
		if (remote_set_ref(
			round_store(r), r->s.remote, name, NULL, e) == -1) {
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
	if (log_last(round_store(r), &x->last, e) == -1 ||
	    export_waiting_of(round_store(r), r->s.remote, l->log, x->last,
		&x->waiting, e) == -1 ||
	    remote_last(round_store(r), r->s.remote, l->log, &x->sent, e) == -1)
		return -1;
	return remote_forget_log(round_store(r), r->s.remote, l->log, e);
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

/* Refs of strangers come after all others, once. */
static bool
want_more(struct round *r)
{
	json_t *names;

	if (!r->has_more)
		return false;
	r->has_more = false;
	names = plan_wants(r->listed, r->known, r->s.memory->rejected);
	strangers_last(r, names, NULL);
	if (json_array_size(names) > 0) {
		want(r, names, false);
		return true;
	}
	json_decref(names);
	return false;
}

static int
taken_all(struct round *r, struct err *e)
{
	if (gate_settle(r->s.gate, &r->from, e) == -1)
		return -1;
	if (want_more(r))
		return 0;
	if (r->is_whole)
		return evaluate(r, e);
	if (r->nrecheck > 0)
		return recheck(r, e);
	return round_build(r, e);
}

/* Logs of which all has to be read are not read in part before. */
static void
foresee(struct round *r, json_t *names)
{
	struct plan_ref p;
	json_t *v;
	size_t i;

	json_array_foreach (names, i, v)
		if (plan_was_closed(json_string_value(v), r->listed, r->known,
			r->s.memory->rejected))
			note_recheck(r, json_string_value(v));
	for (i = json_array_size(names); i-- > 0;)
		if (plan_ref_parse(
			json_string_value(json_array_get(names, i)), &p) &&
		    find_recheck(r, p.id) != NULL)
			json_array_remove(names, i);
}

/* What the listing asks of us. */
int
round_compare(struct round *r, struct err *e)
{
	json_t *gone =
		   plan_vanished(r->listed, r->known, r->s.memory->rejected),
	       *v;
	json_t *names = plan_wants(r->listed, r->known, r->s.memory->rejected);
	size_t i;

	json_array_foreach (gone, i, v)
		note_recheck(r, json_string_value(v));
	json_decref(gone);
	strangers_last(r, names, &r->has_more);
	foresee(r, names);
	if (json_array_size(names) > 0) {
		want(r, names, false);
		return 0;
	}
	json_decref(names);
	return taken_all(r, e);
}

/* --- blobs ----------------------------------------------------------------- */

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
	r->of_ref = 0;
	r->is_cut = false;
	r->is_skimmed = false;
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

/* What is to be taken of a blob of the ref at hand. */
static int
take_share(struct round *r, const void *blob, size_t n, struct gate_taken *ret,
    struct err *e)
{
	struct buf copy = BUF_INIT;
	struct plan_ref p;
	int rv = -1;

	if (!plan_ref_parse(r->ref, &p) ||
	    stranger_share(r, p.id, &blob, &n, &copy, e) == -1)
		goto out;
	memcpy(r->from.id, p.id, sizeof(r->from.id));
	rv = n > 0 ? gate_take(r->s.gate, &r->from, blob, n, ret, e) : 0;
out:
	buf_clear(&copy);
	return rv;
}

int
round_blob(struct round *r, const struct frame *f, struct err *e)
{
	struct gate_taken t = {0};

	if (enter_ref(r, json_get_str(f->json, "ref"), e) == -1)
		return -1;
	r->blobs++;
	r->last_blob = round_now(r);
	r->moved += (int64_t)f->nbytes;
	round_extend(r);
	if (f->nbytes > BLOB_MAX)
		t.bad = 1;
	else if (take_share(r, f->bytes, f->nbytes, &t, e) == -1)
		return -1;
	sum(&r->taken, &t);
	r->result.taken += (int64_t)t.added;
	if (t.own > 0) {
		r->own += (int64_t)t.own;
		log_warn("fork", "remote=%s own=%zu", r->s.name, t.own);
		round_alarm(r, "fork", "",
		    _("if no backup was restored here and no copy of this "
		      "office runs elsewhere, somebody has its key"),
		    P_("remote '%s' held %lld change by our own key that was "
		       "not here",
			"remote '%s' held %lld changes by our own key that "
			"were not here",
			r->own),
		    r->s.name, (long long)r->own);
	}
	round_progress(r, "apply", r->result.taken);
	return 0;
}

/* A log of ours, or one that says something verified, or nothing new. */
static bool
is_useful(const struct round *r)
{
	const struct gate_taken *t = &r->taken;

	return r->blobs == 0 || t->verified ||
	       (t->added == 0 && (t->known > 0 || r->is_skimmed));
}

static int
keep(struct round *r, const char *ref, const char *oid, const char *base,
    struct err *e)
{
	const char *was = json_get_str(r->known, ref);

	if (!r->is_whole && !plan_extends(was, oid, base))
		note_recheck(r, ref);
	if (remote_set_ref(round_store(r), r->s.remote, ref, oid, e) == -1)
		return -1;
	json_object_set_new(r->known, ref, json_string(oid));
	return 0;
}

static void
reject(struct round *r, const char *ref, const char *oid, const char *why)
{
	char *whose = NULL;
	struct plan_ref p;

	json_object_set_new(r->s.memory->rejected, ref, json_string(oid));
	if (json_object_get(r->known, ref) != NULL)
		note_recheck(r, ref); /* what stood there before is lost */
	if (plan_ref_parse(ref, &p))
		whose = round_whose(r, p.id);
	round_alarm(r, "ref", ref, _("nothing to do: the other logs go on"),
	    _("remote '%s': '%s', of the log of %s, is of no use: %.160s"),
	    r->s.name, ref, whose != NULL ? whose : "-", why);
	free(whose);
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
	/* some of it is not there: a matter of that ref alone, too */
	if (code == ERR_UNTRUSTED || code == ERR_INPUT || code == ERR_NOTFOUND)
		reject(r, ref, oid, text);
	else
		round_blame(r, code, text); /* asked for again next time */
}

int
round_end(struct round *r, const struct frame *f, struct err *e)
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
	else if (r->is_cut && r->taken.foreign == 0)
		kept = false; /* all of it, once it is admitted */
	else if (is_useful(r))
		kept = true;
	else
		reject(r, ref, oid,
		    r->taken.foreign > 0 ? _("it is of another coalition")
					 : _("nothing in it is well signed"));
	if (kept && keep(r, ref, oid, base, e) == -1)
		return -1;
	if (kept && r->is_skimmed)
		stranger_skimmed(r, ref, oid);
	peer_send(r->peer, FRAME_KEEP,
	    json_pack("{s:s,s:b}", "ref", ref, "keep", (int)kept), NULL, 0);
	json_object_del(r->open, ref);
	r->ref[0] = '\0';
	return json_object_size(r->open) == 0 ? taken_all(r, e) : 0;
}
