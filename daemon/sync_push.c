#include "sync_push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "gate.h"
#include "log_read.h"
#include "remote.h"
#include "store.h"
#include "sync_copy.h"
#include "sync_hold.h"
#include "sync_push_private.h"
#include "transfer_peer.h"

#define QUEUE_MAX    ((size_t)4 * 1024 * 1024) /* before a listing */
#define FAILURES_MAX 3 /* of a log in a round: somebody else pushes, too */

int
push_init(struct push *p, struct gate *g, int64_t remote, struct push_memory *m,
    const json_t *listed, json_t *known, struct err *e)
{
	*p = (struct push){.gate = g,
	    .remote = remote,
	    .memory = m,
	    .listed = listed,
	    .known = known};
	return push_reload(p, e);
}

static void
clear_puts(struct push *p)
{
	for (size_t i = 0; i < p->nputs; i++) {
		export_clear(&p->puts[i].slice);
		free(p->puts[i].oid);
	}
	free(p->puts);
	p->puts = NULL;
	p->nputs = 0;
	p->queued = 0;
}

void
push_clear(struct push *p)
{
	clear_puts(p);
	free(p->logs);
	*p = (struct push){0};
}

void
push_rewind(struct push *p)
{
	p->next = 0;
	p->piece = 0;
	p->held = 0;
}

/* --- queueing -------------------------------------------------------------- */

static int64_t
seconds(int64_t ms)
{
	int64_t s = ms / 1000;

	return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : s;
}

/* Sends a PUT and remembers it; takes the slice. */
void
push_queue(struct push *p, struct peer *peer, const struct push_put *what,
    const char *old, const char *commit, const char *mode)
{
	struct push_put *x;

	p->puts = mem_array(p->puts, p->nputs + 1, sizeof(*p->puts));
	x = &p->puts[p->nputs++];
	*x = *what;
	peer_send(peer, FRAME_PUT,
	    json_pack("{s:s,s:s?,s:s?,s:s,s:I,s:s}", "ref", x->ref, "old", old,
		"commit", commit, "mode", mode, "t",
		(json_int_t)seconds(x->slice.t), "message",
		x->slice.message != NULL ? x->slice.message : ""),
	    buf_str(&x->slice.blob), x->slice.blob.len);
	p->queued += x->slice.blob.len;
	buf_clear(&x->slice.blob);
}

int
push_export(struct push *p, int64_t log, int64_t after, bool all,
    struct push_put *x, struct err *e)
{
	x->log = log;
	x->q = (struct export_query){.coalition = gate_coalition(p->gate),
	    .remote = all ? 0 : p->remote,
	    .log = log,
	    .after = after};
	if (log_last(gate_store(p->gate), &x->q.upto, e) == -1 ||
	    export_slice(gate_store(p->gate), &x->q, &x->slice, e) == -1)
		return -1;
	x->q.remote = p->remote; /* whom it is noted for */
	return 0;
}

static void
queue_refs(struct push *p, struct peer *peer, const struct push_put *what,
    const json_t *refs)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)refs, name, v) {
		struct push_put x = *what;

		strcpy(x.ref, name); /* plan_refs_of() gives names that fit */
		push_queue(p, peer, &x, NULL, json_string_value(v), "copy");
	}
}

static bool
is_there(const struct push *p, const struct push_log *l)
{
	json_t *refs = plan_refs_of(l->id, p->listed, NULL);
	bool yes = json_array_size(refs) > 0;

	json_decref(refs);
	return yes;
}

/* A log goes as another remote has it: all of it if nothing is there, else the
 * pieces that are not (of our own log we close them ourselves).  What those hold is found out by reading them again
 * once they are listed: they are in our own repository.  1 if it went. */
static int
push_copy(struct push *p, struct peer *peer, struct push_log *l, struct err *e)
{
	struct store *s = gate_store(p->gate);
	struct push_put x = {.kind = PUT_COPY, .log = l->log};
	json_t *refs;
	int64_t waiting;
	int r;

	if (l->failures > 0 || (l->is_own && is_there(p, l)))
		return 0;
	if (export_waiting(s, p->remote, l->log, &waiting, e) == -1)
		return -1;
	if (waiting == 0)
		return 0;
	if (!is_there(p, l)) {
		r = copy_find(s, p->remote, l->id, &x.from, &refs, e);
	} else {
		x.kind = PUT_ADD;
		r = copy_pieces(s, p->remote, l->id, p->listed, &refs, e);
	}
	if (r != 1)
		return r;
	if (x.kind == PUT_ADD)
		l->unread = waiting;
	queue_refs(p, peer, &x, refs);
	json_decref(refs);
	return 1;
}

/* The next slice of a log to its tail. */
int
push_slice(struct push *p, struct peer *peer, struct push_log *l, struct err *e)
{
	struct push_put x = {.kind = PUT_SLICE};
	struct plan_target t;
	int64_t upto;

	plan_tail(l->id, p->listed, p->known, p->memory->rejected,
	    p->memory->denied, &t);
	if (t.put == PLAN_NOT_NOW)
		return 0;
	if (remote_upto(gate_store(p->gate), p->remote, l->log, &upto, e) ==
		-1 ||
	    push_export(p, l->log, upto, false, &x, e) == -1)
		return -1;
	if (x.slice.nchanges == 0) {
		export_clear(&x.slice);
		return 0;
	}
	strcpy(x.ref, t.ref);
	x.replaces = t.put == PLAN_ROOT && t.old != NULL;
	push_queue(
	    p, peer, &x, t.old, NULL, t.put == PLAN_APPEND ? "append" : "root");
	return 0;
}

static int
is_held(struct push *p, const struct push_log *l, bool *ret, struct err *e)
{
	struct hold h = {gate_store(p->gate), p->remote, l->log, l->id,
	    clock_wall(gate_clock(p->gate))};
	struct held held;

	if (hold_look(&h, &held, e) == -1)
		return -1;
	*ret = held.changes > 0;
	p->held += held.changes;
	return 0;
}

/* Pieces that were copied have been read again: what they brought. */
static int
count_read(struct push *p, struct push_log *l, struct err *e)
{
	int64_t waiting;

	if (l->unread == -1)
		return 0;
	if (export_waiting(
		gate_store(p->gate), p->remote, l->log, &waiting, e) == -1)
		return -1;
	if (waiting < l->unread)
		p->sent += l->unread - waiting;
	l->unread = -1;
	return 0;
}

int
push_step(struct push *p, struct peer *peer, struct err *e)
{
	struct push_log *l;
	bool held = false;
	int rv;

	if (p->next >= p->nlogs || p->queued >= QUEUE_MAX)
		return 0;
	l = &p->logs[p->next++];
	if (!l->is_skipped && is_held(p, l, &held, e) == -1)
		return -1;
	if (l->is_skipped || held)
		return 1;
	if (count_read(p, l, e) == -1)
		return -1;
	rv = push_copy(p, peer, l, e);
	if (rv == 0)
		rv = l->is_own ? push_own(p, peer, l, e)
			       : push_slice(p, peer, l, e);
	return rv == -1 ? -1 : 1;
}

/* --- what came of it ------------------------------------------------------- */

static struct push_put *
find_put(struct push *p, const char *ref)
{
	for (size_t i = 0; i < p->nputs; i++)
		if (strcmp(p->puts[i].ref, ref) == 0 && !p->puts[i].is_answered)
			return &p->puts[i];
	return NULL;
}

/* A tail that we believed to have is not in our repository (a crash, a
 * restored database): it is fetched again. */
static int
forget_ref(struct push *p, const char *ref, struct err *e)
{
	json_object_del(p->known, ref);
	return remote_set_ref(gate_store(p->gate), p->remote, ref, NULL, e);
}

static int
failed(struct push *p, struct push_put *x, const json_t *answer, struct err *e)
{
	struct push_log *l = push_find_log(p, x->log);
	const char *text = json_get_str(answer, "error");
	enum err_code code = err_from_word(json_get_str(answer, "code"));

	if ((x->kind == PUT_COPY || x->kind == PUT_ADD) && code == ERR_NOTFOUND)
		code = ERR_CONFLICT; /* not here any more: slices will do */
	if (x->replaces && code == ERR_CONFLICT)
		json_object_set_new(p->memory->denied, x->ref, json_true());
	if (code == ERR_NOTFOUND && forget_ref(p, x->ref, e) == -1)
		return -1;
	if (l != NULL && ++l->failures >= FAILURES_MAX)
		l->is_skipped = true;
	if (l == NULL || l->is_skipped)
		err_set(&p->err, code,
		    _("the remote did not take what we pushed: %.160s"),
		    text != NULL && *text != '\0' ? text
						  : _("no reason given"));
	return 0;
}

int
push_written(struct push *p, const json_t *answer, struct err *e)
{
	const char *ref = json_get_str(answer, "ref");
	const char *oid = json_get_str(answer, "oid");
	struct push_put *x = ref != NULL ? find_put(p, ref) : NULL;

	if (x == NULL)
		return err_set(e, ERR_UNTRUSTED,
		    _("the transfer answered what it was not asked"));
	x->is_answered = true;
	x->is_ok = json_is_true(json_object_get(answer, "ok"));
	if (!x->is_ok)
		return failed(p, x, answer, e);
	if (oid != NULL)
		x->oid = mem_strdup(oid);
	return 0;
}

static bool
is_listed(const struct push_put *x, const json_t *listed)
{
	const char *oid = json_get_str(listed, x->ref);

	if (x->oid == NULL)
		return x->is_ok && x->slice.nchanges == 0 && oid == NULL;
	return x->is_ok && oid != NULL && strcmp(oid, x->oid) == 0;
}

static int
note_ref(struct push *p, const struct push_put *x, struct err *e)
{
	if (remote_set_ref(gate_store(p->gate), p->remote, x->ref, x->oid, e) ==
	    -1)
		return -1;
	if (x->oid != NULL)
		json_object_set_new(p->known, x->ref, json_string(x->oid));
	else
		json_object_del(p->known, x->ref);
	return 0;
}

/* Only all of its refs together hold what the other remote has of a log; if
 * one did not arrive, the log goes in slices. */
static int
note_copies(struct push *p, const json_t *listed, struct err *e)
{
	for (size_t i = 0; i < p->nputs; i++) {
		const struct push_put *x = &p->puts[i];
		struct push_log *l = push_find_log(p, x->log);
		int64_t before, after;
		bool is_all = true, is_first = true;

		for (size_t k = 0; k < p->nputs; k++) {
			if (p->puts[k].log != x->log)
				continue;
			is_all = is_all && is_listed(&p->puts[k], listed);
			is_first = is_first && k >= i;
		}
		if (x->kind != PUT_COPY || l == NULL || !is_all || !is_first)
			continue;
		if (export_waiting(gate_store(p->gate), p->remote, x->log,
			&before, e) == -1 ||
		    copy_note(gate_store(p->gate), x->from, p->remote, x->log,
			l->is_own, e) == -1 ||
		    export_waiting(gate_store(p->gate), p->remote, x->log,
			&after, e) == -1)
			return -1;
		p->sent += before - after;
	}
	return 0;
}

static int
note(struct push *p, struct push_put *x, const json_t *listed, struct err *e)
{
	struct store *s = gate_store(p->gate);
	int64_t before, after;

	if (x->kind == PUT_ADD)
		return 0; /* not known yet, so that it is read */
	if (x->kind == PUT_COPY)
		return note_ref(p, x, e);
	if (export_waiting(s, p->remote, x->log, &before, e) == -1 ||
	    note_ref(p, x, e) == -1 ||
	    export_note(s, &x->q, &x->slice, e) == -1 ||
	    export_waiting(s, p->remote, x->log, &after, e) == -1)
		return -1;
	p->sent += before - after;
	if (x->kind != PUT_SLICE && push_note_own(p, x, listed, e) == -1)
		return -1;
	return 0;
}

/* Pushed, answered "ok", and not to be seen: somebody else moved the ref on,
 * or the remote does not tell the truth. */
static void
doubt(struct push *p, const struct push_put *x)
{
	struct push_log *l = push_find_log(p, x->log);

	if (!x->is_ok || l == NULL)
		return;
	if (++l->failures >= FAILURES_MAX) {
		l->is_skipped = true;
		err_set(&p->err, ERR_OFFLINE,
		    _("the remote took what we pushed, and does not show it"));
	}
}

int
push_settle(
    struct push *p, const json_t *listed, size_t *ret_landed, struct err *e)
{
	struct store *s = gate_store(p->gate);
	size_t landed = 0;

	if (store_begin(s, e) == -1)
		return -1;
	for (size_t i = 0; i < p->nputs; i++) {
		if (!is_listed(&p->puts[i], listed)) {
			doubt(p, &p->puts[i]);
			continue;
		}
		if (note(p, &p->puts[i], listed, e) == -1) {
			store_rollback(s);
			return -1;
		}
		landed++;
	}
	if (note_copies(p, listed, e) == -1) {
		store_rollback(s);
		return -1;
	}
	if (store_commit(s, e) == -1)
		return -1;
	clear_puts(p);
	p->listed = listed;
	*ret_landed = landed;
	return 0;
}
