/* What a remote has less of than we do, once all of it was read. */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "gate_internal.h"
#include "query.h"
#include "remote.h"
#include "store.h"
#include "store_apply.h"
#include "store_db.h"
#include "store_log.h"

struct settling {
	struct gate *g;
	int64_t remote;
	struct pairs logs;   /* (log, 0): marks were set there */
	struct pairs unsaid; /* (log, change): nothing signed spoke for it */
	struct pairs spoken; /* (change, 0): something there follows it */
};

static int
mark(struct settling *t, const struct log_row *r, struct err *e)
{
	pairs_add(&t->logs, r->log, 0);
	return remote_mark(t->g->s, t->remote, r->n, e);
}

/* One change, by its pairs: what is missed of it there? */
static int
look(struct settling *t, const struct pair *p, size_t n, struct err *e)
{
	struct log_row r;
	bool erased = true; /* what is, is not missed */

	for (size_t i = 0; i < n && erased; i++)
		if (p[i].b > 0 &&
		    apply_erased(t->g->s, p[i].a, p[i].b - 1, &erased, e) == -1)
			return -1;
	if (!erased)
		return 0;
	if (log_row(t->g->s, p[0].a, &r, e) == -1)
		return -1;
	if (p[0].b > 0)
		return mark(t, &r, e);
	pairs_add(&t->unsaid, r.log, r.n);
	return 0;
}

static int
look_all(struct settling *t, const struct pair *p, size_t n, struct err *e)
{
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && p[k].a == p[i].a; k++)
			continue;
		if (look(t, p + i, k - i, e) == -1)
			return -1;
	}
	return 0;
}

/* --- spoken for by what follows ------------------------------------------------ */

static int
is_there(struct settling *t, const struct log_row *r, bool *ret, struct err *e)
{
	int64_t upto;

	if (remote_upto(t->g->s, t->remote, r->log, &upto, e) == -1)
		return -1;
	*ret = r->n <= upto;
	return *ret ? 0 : remote_is_marked(t->g->s, t->remote, r->n, ret, e);
}

/* A change that is there speaks for those before it. */
static int
speak(struct settling *t, int64_t n, struct err *e)
{
	struct buf parents = BUF_INIT;
	struct log_row r;
	int64_t parent;
	bool there;
	int rv = -1;

	if (log_row(t->g->s, n, &r, e) == -1)
		return -1;
	there = pairs_has(&t->unsaid, r.log, n) && pairs_has(&t->spoken, n, 0);
	if (there ? mark(t, &r, e) == -1 : is_there(t, &r, &there, e) == -1)
		return -1;
	if (!there)
		return 0;
	if (log_parents(t->g->s, &r, &parents, e) == -1)
		goto out;
	for (size_t i = 0; i < parents.len; i += sizeof(parent)) {
		memcpy(&parent, parents.data + i, sizeof(parent));
		pairs_add(&t->spoken, parent, 0);
	}
	rv = 0;
out:
	buf_clear(&parents);
	return rv;
}

/* Newest first: mostly a change has a larger number than those before it.
 * Where it has not, the one before it is sent once more. */
static int
list_changes(struct settling *t, int64_t log, int64_t from, struct buf *ret,
    struct err *e)
{
	return query_list(t->g->s,
	    "SELECT n FROM change WHERE n >= ?2 AND log = ?1 ORDER BY n DESC",
	    (const int64_t[]){log, from}, 2, ret, e);
}

static int
speak_in(struct settling *t, int64_t log, int64_t from, struct err *e)
{
	struct buf list = BUF_INIT;
	int64_t last = 0, n;
	int rv = remote_last(t->g->s, t->remote, log, &last, e);

	if (rv == 0 && last > from)
		rv = list_changes(t, log, from, &list, e);
	for (size_t i = 0; i < list.len && rv == 0; i += sizeof(n)) {
		memcpy(&n, list.data + i, sizeof(n));
		rv = speak(t, n, e);
	}
	buf_clear(&list);
	return rv;
}

/* Sorted by log, the least change first. */
static int
speak_all(struct settling *t, struct err *e)
{
	struct pairs logs = {0};
	struct pair *p;
	size_t n;
	int rv = 0;

	p = pairs_take(&t->unsaid, &n);
	for (size_t i = 0; i < n; i++)
		pairs_add(&t->unsaid, p[i].a, p[i].b);
	for (size_t i = 0; i < n && rv == 0; i++)
		if (pairs_add(&logs, p[i].a, 0))
			rv = speak_in(t, p[i].a, p[i].b, e);
	pairs_clear(&logs);
	free(p);
	return rv;
}

/* --- all of it ----------------------------------------------------------------- */

static int
close_gaps(struct settling *t, struct err *e)
{
	size_t n;
	struct pair *p = pairs_take(&t->logs, &n);
	int rv = 0;

	for (size_t i = 0; i < n && rv == 0; i++)
		rv = remote_settle(t->g->s, t->remote, p[i].a, e);
	free(p);
	return rv;
}

static int
settle(struct settling *t, const struct pair *p, size_t n, struct err *e)
{
	if (gate_begin(t->g, e) == -1)
		return -1;
	if (look_all(t, p, n, e) == -1 || speak_all(t, e) == -1 ||
	    close_gaps(t, e) == -1) {
		gate_rollback(t->g);
		return -1;
	}
	return gate_end(t->g, e);
}

int
gate_settle(struct gate *g, struct gate_remote *from, struct err *e)
{
	struct settling t = {.g = g, .remote = from->n};
	size_t n;
	struct pair *p = pairs_take(&from->thin, &n);
	int rv = n > 0 ? settle(&t, p, n, e) : 0;

	pairs_clear(&t.logs);
	pairs_clear(&t.unsaid);
	pairs_clear(&t.spoken);
	free(p);
	return rv;
}
