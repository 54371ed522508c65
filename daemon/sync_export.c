#include "sync_export.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/segment.h"
#include "log_read.h"
#include "query.h"
#include "remote.h"
#include "store.h"
#include "store_flags.h"

#define IDS_MAX 16 /* in a commit's message */

struct walk {
	struct store *store;
	const struct export_query *q;
	struct export_slice *x;
	struct segment_writer w;
	int64_t nseen; /* changes given by the log, left out or not */
	size_t cap;
	uint8_t ids[IDS_MAX][HASH_LEN];
	size_t nids;
	struct err *e;
};

/* Does it stand at the remote by a mark of its own? */
static int
is_left_out(struct store *s, const struct export_query *q,
    const struct log_entry *l, bool *ret, struct err *e)
{
	*ret = !l->authentic;
	if (*ret || q->remote == 0)
		return 0;
	return remote_is_marked(s, q->remote, l->n, ret, e);
}

static void
note_id(struct walk *k)
{
	if (k->nids < IDS_MAX)
		memcpy(k->ids[k->nids++], k->w.last, HASH_LEN);
}

static bool
starts_segment(const struct walk *k, const struct log_entry *l)
{
	return k->w.open &&
	       (l->place.nprevious != 1 ||
		   memcmp(k->w.last, l->place.previous[0], HASH_LEN) != 0);
}

static void
add(struct walk *k, const struct log_entry *l)
{
	struct export_slice *x = k->x;

	if (starts_segment(k, l))
		note_id(k);
	segment_writer_add(&k->w, &l->place, l->id, &l->change, l->weighty);
	if (x->nchanges == k->cap) {
		k->cap = k->cap == 0 ? 64 : 2 * k->cap;
		x->changes = mem_array(x->changes, k->cap, sizeof(int64_t));
	}
	if (l->n > x->last)
		x->last = l->n;
	x->changes[x->nchanges++] = l->n;
	x->bytes += (int64_t)l->line.len;
	x->t = l->t;
}

/* A slice that ended behind a change without a good signature would say
 * nothing until the next one comes. */
static bool
may_end(const struct log_entry *l)
{
	return l->change.is_signed &&
	       (l->sig_checked || change_verify(&l->place, &l->change));
}

static int
take(void *arg, const struct log_entry *l)
{
	struct walk *k = arg;
	struct export_slice *x = k->x;
	bool skip = false;
	size_t size;

	k->nseen++;
	if (is_left_out(k->store, k->q, l, &skip, k->e) == -1)
		return -1;
	if (!l->authentic && l->n < x->barrier)
		x->barrier = l->n;
	if (skip)
		return 0;
	size = segment_writer_size(&k->w);
	if (x->nchanges > 0 && size + l->line.len > EXPORT_MAX) {
		k->nseen--;
		x->is_whole = false;
		return 1;
	}
	add(k, l);
	if (segment_writer_size(&k->w) < EXPORT_SLICE || !may_end(l))
		return 0;
	x->is_whole = false;
	return 1;
}

/* A change that arrived before one that it builds on is given later: only if
 * none was can the next slice start behind the largest number. */
static int
check_order(struct walk *k)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(k->store, &q,
		"SELECT count(*) FROM change WHERE log = ?1 AND n > ?2"
		" AND n <= ?3",
		k->e) == -1 ||
	    query_bind_int(q, 1, k->q->log, k->e) == -1 ||
	    query_bind_int(q, 2, k->q->after, k->e) == -1 ||
	    query_bind_int(q, 3, k->x->last, k->e) == -1)
		goto out;
	r = query_step(q, k->e);
	if (r == 1)
		k->x->is_ordered = query_int(q, 0) == k->nseen;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

static char *
message(const struct walk *k)
{
	struct buf b = BUF_INIT;
	char hex[HEX_SIZE];

	buf_printf(&b, "%zu changes\n\n", k->x->nchanges);
	for (size_t i = 0; i < k->nids; i++) {
		text_hex(k->ids[i], HASH_LEN, hex);
		buf_printf(&b, "%s\n", hex);
	}
	return buf_steal(&b);
}

int
export_slice(struct store *s, const struct export_query *q,
    struct export_slice *ret, struct err *e)
{
	struct export_slice x = {
	    .is_whole = true, .is_ordered = true, .barrier = INT64_MAX};
	struct walk k = {.store = s, .q = q, .x = &x, .e = e};
	int r;

	segment_writer_init(&k.w, &x.blob, q->coalition);
	r = log_export(s, q->log, q->after, q->upto, take, &k, e);
	if (r != -1 && x.nchanges > 0) {
		note_id(&k);
		segment_writer_end(&k.w);
		x.message = message(&k);
	}
	segment_writer_clear(&k.w);
	if (r != -1 && !x.is_whole)
		r = check_order(&k);
	if (r == -1) {
		export_clear(&x);
		return -1;
	}
	*ret = x;
	return 0;
}

void
export_clear(struct export_slice *x)
{
	buf_clear(&x->blob);
	free(x->message);
	free(x->changes);
	*x = (struct export_slice){0};
}

/* The largest number up to which nothing is left out. */
static int64_t
covered(const struct export_query *q, const struct export_slice *x)
{
	int64_t n = q->after;

	if (x->is_whole)
		n = q->upto;
	else if (x->is_ordered && x->last > n)
		n = x->last;
	return x->barrier <= n ? x->barrier - 1 : n;
}

int
export_note(struct store *s, const struct export_query *q,
    const struct export_slice *x, struct err *e)
{
	int64_t n = covered(q, x), now;

	if (remote_upto(s, q->remote, q->log, &now, e) == -1)
		return -1;
	/* only what lies behind "after" was looked at */
	if (q->after > now || n < now)
		n = now;
	for (size_t i = 0; i < x->nchanges; i++)
		if (x->changes[i] > n &&
		    remote_mark(s, q->remote, x->changes[i], e) == -1)
			return -1;
	return n > now ? remote_set_upto(s, q->remote, q->log, n, e) : 0;
}

int
export_waiting(
    struct store *s, int64_t remote, int64_t log, int64_t *ret, struct err *e)
{
	return export_waiting_of(s, remote, log, INT64_MAX, ret, e);
}

int
export_waiting_of(struct store *s, int64_t remote, int64_t log, int64_t last,
    int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int64_t upto;
	int r = -1;

	if (remote_upto(s, remote, log, &upto, e) == -1 ||
	    query_open(s, &q,
		"SELECT count(*) FROM change c"
		" WHERE c.log = ?2 AND c.n > ?3 AND c.n <= min(?5,"
		"  (SELECT last FROM log WHERE n = ?2))"
		" AND c.flags & ?4 AND NOT EXISTS"
		" (SELECT 1 FROM remote_has h"
		"  WHERE h.remote = ?1 AND h.change = c.n)",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, log, e) == -1 ||
	    query_bind_int(q, 3, upto, e) == -1 ||
	    query_bind_int(q, 4, LOG_AUTHENTIC, e) == -1 ||
	    query_bind_int(q, 5, last, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = query_int(q, 0);
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}
