/* Pushing our own log: its tail and its pieces. */
#include "sync_push_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "gate.h"
#include "remote.h"
#include "store.h"
#include "sync_copy.h"

/* --- the tail of our own log ------------------------------------------------ */

struct own_tail {
	int64_t begin; /* the last change in a closed piece, or 0 */
	bool is_stale; /* the tail there holds what pieces hold */
};

static char *
tail_name(int64_t remote)
{
	return mem_printf("tail.%lld", (long long)remote);
}

static int
read_tail(struct push *p, struct own_tail *ret, struct err *e)
{
	char *name = tail_name(p->remote), *value = NULL;
	struct own_tail t = {0};
	char *end;
	int rv = store_setting(gate_store(p->gate), name, &value, e);

	if (rv == 0 && value != NULL) {
		t.begin = strtoll(value, &end, 10);
		t.is_stale = strcmp(end, " 1") == 0;
	}
	if (rv == 0)
		*ret = t;
	free(name);
	free(value);
	return rv;
}

static int
write_tail(struct push *p, const struct own_tail *t, struct err *e)
{
	char *name = tail_name(p->remote);
	char value[32];
	int rv;

	snprintf(
	    value, sizeof(value), "%lld %d", (long long)t->begin, t->is_stale);
	rv = store_set_setting(gate_store(p->gate), name, value, e);
	free(name);
	return rv;
}

/* Closes a piece if there is enough for one: 1 if it did. */
static int
push_piece(struct push *p, struct peer *peer, struct push_log *l, struct err *e)
{
	struct push_put x = {.kind = PUT_PIECE};
	struct plan_ref r = {.kind = PLAN_PIECE, .n = p->piece};

	if (r.n == 0)
		return 0;
	if (push_export(p, l->log, p->begin, true, &x, e) == -1)
		return -1;
	if (x.slice.is_whole || !x.slice.is_ordered ||
	    x.slice.barrier <= x.slice.last) {
		export_clear(&x.slice);
		return 0;
	}
	memcpy(r.id, l->id, sizeof(r.id));
	plan_ref_name(&r, x.ref);
	p->begin = x.slice.last;
	p->piece = plan_next_piece(l->id, p->listed, p->piece + 1);
	push_queue(p, peer, &x, NULL, NULL, "root");
	return 1;
}

/* Behind a piece that is proven the tail starts anew with what is left. */
static int
push_reset(struct push *p, struct peer *peer, struct push_log *l,
    struct own_tail *own, struct err *e)
{
	struct push_put x = {.kind = PUT_RESET};
	struct plan_target t;

	plan_tail(l->id, p->listed, p->known, p->memory->rejected,
	    p->memory->denied, &t);
	if (t.put == PLAN_NOT_NOW)
		return 0;
	if (t.old == NULL) { /* gone already */
		own->is_stale = false;
		if (write_tail(p, own, e) == -1)
			return -1;
		return push_slice(p, peer, l, e);
	}
	if (push_export(p, l->log, own->begin, true, &x, e) == -1)
		return -1;
	strcpy(x.ref, t.ref);
	push_queue(p, peer, &x, t.old, NULL,
	    x.slice.nchanges == 0 ? "delete" : "root");
	return 0;
}

/* Somebody else has brought our pieces here, the same as at another remote:
 * they are not closed a second time. */
static int
adopt_tail(
    struct push *p, struct push_log *l, struct own_tail *own, struct err *e)
{
	struct plan_ref r;
	const char *name;
	int64_t from;
	json_t *refs, *v;
	bool is_same = true;
	int rv =
	    copy_find(gate_store(p->gate), p->remote, l->id, &from, &refs, e);

	if (rv != 1)
		return rv;
	json_object_foreach (refs, name, v) {
		const char *oid = json_get_str(p->listed, name);

		if (plan_ref_parse(name, &r) && r.kind == PLAN_PIECE &&
		    (oid == NULL || strcmp(oid, json_string_value(v)) != 0))
			is_same = false;
	}
	json_decref(refs);
	if (!is_same)
		return 0;
	if (copy_tail(gate_store(p->gate), from, p->remote, e) == -1)
		return -1;
	return read_tail(p, own, e);
}

/* What closed pieces held is not all there any more: a tail that starts behind
 * them would leave it out for good. */
static int
check_pieces(
    struct push *p, struct push_log *l, struct own_tail *own, struct err *e)
{
	int64_t lost;

	if (own->begin == 0)
		return 0;
	if (export_waiting_of(gate_store(p->gate), p->remote, l->log,
		own->begin, &lost, e) == -1)
		return -1;
	if (lost == 0)
		return 0;
	*own = (struct own_tail){0};
	return write_tail(p, own, e);
}

int
push_own(struct push *p, struct peer *peer, struct push_log *l, struct err *e)
{
	struct own_tail own;
	int64_t waiting;
	int r;

	if (read_tail(p, &own, e) == -1 ||
	    export_waiting(
		gate_store(p->gate), p->remote, l->log, &waiting, e) == -1)
		return -1;
	if (waiting == 0 && !own.is_stale)
		return 0;
	if (check_pieces(p, l, &own, e) == -1)
		return -1;
	if (own.begin == 0 && adopt_tail(p, l, &own, e) == -1)
		return -1;
	if (p->piece == 0) {
		p->begin = own.begin;
		p->piece = plan_next_piece(l->id, p->listed, 1);
	}
	r = push_piece(p, peer, l, e);
	if (r == 1)
		p->next--; /* perhaps there is enough for another one */
	if (r != 0 || p->nputs > 0)
		return r;
	if (own.is_stale)
		return push_reset(p, peer, l, &own, e);
	return push_slice(p, peer, l, e);
}

/* --- what came of it ------------------------------------------------------- */

int
push_note_own(struct push *p, const struct push_put *x, const json_t *listed,
    struct err *e)
{
	struct push_log *l = push_find_log(p, x->log);
	struct plan_target t;
	struct own_tail own;

	if (read_tail(p, &own, e) == -1)
		return -1;
	if (x->kind == PUT_RESET) {
		own.is_stale = false;
		return write_tail(p, &own, e);
	}
	/* a piece whose forerunner did not arrive leaves a gap: not noted, it
	 * is closed again */
	if (own.begin != x->q.after || l == NULL)
		return 0;
	plan_tail(l->id, listed, p->known, NULL, NULL, &t);
	own.begin = x->slice.last;
	own.is_stale = t.old != NULL;
	return write_tail(p, &own, e);
}
