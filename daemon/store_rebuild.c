#include "store_rebuild.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/op.h"
#include "log_read.h"
#include "pairs.h"
#include "query.h"
#include "remote.h"
#include "store_apply.h"
#include "store_db.h"
#include "store_flags.h"
#include "store_log.h"

#define SLICE 4096 /* fields that wait before they are merged */

static int
add_act(struct store *s, struct trust *t, int64_t n, struct err *e)
{
	struct log_entry l;
	struct head head;
	int rv = -1;

	if (log_get(s, n, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &head, e) == 0) {
		trust_add(t, l.id, l.place.key, &head);
		head_clear(&head);
		rv = 0;
	}
	log_entry_clear(&l);
	return rv;
}

int
rebuild_trust(struct store *s, struct trust *t, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT n FROM change WHERE flags & 8 AND flags & 1"
		" ORDER BY n",
		e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		if (add_act(s, t, query_int(q, 0), e) == -1) {
			r = -1;
			break;
		}
out:
	query_close(q);
	return r;
}

static int
apply_rows(struct apply *a, struct query *q, struct err *e)
{
	int r;

	while ((r = query_step(q, e)) == 1) {
		if (apply_stored(a, query_int(q, 0), e) == -1)
			return -1;
		if (apply_pending(a) > SLICE && apply_finish(a, e) == -1)
			return -1;
	}
	return r;
}

/* The changes of a log that count, newest first.  They are looked for backwards
 * from the last one until all are found: a log that has just been admitted is
 * short, and nobody wants to walk all others for it. */
static int
list_log(struct store *s, int64_t log, struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT n, flags FROM change WHERE log = ?1"
		" AND n <= (SELECT last FROM log WHERE n = ?1) ORDER BY n DESC"
		" LIMIT (SELECT changes FROM log WHERE n = ?1)",
		e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		int64_t n = query_int(q, 0);

		if ((query_int(q, 1) & (LOG_AUTHENTIC | LOG_ACT)) ==
		    LOG_AUTHENTIC)
			buf_add(ret, &n, sizeof(n));
	}
out:
	query_close(q);
	return r;
}

int
rebuild_log(struct store *s, struct apply *a, int64_t log, struct err *e)
{
	struct buf list = BUF_INIT;
	int64_t n;
	int rv = list_log(s, log, &list, e);

	while (rv == 0 && list.len > 0) {
		list.len -= sizeof(n);
		memcpy(&n, list.data + list.len, sizeof(n));
		rv = apply_stored(a, n, e);
		if (rv == 0 && apply_pending(a) > SLICE)
			rv = apply_finish(a, e);
	}
	buf_clear(&list);
	return rv;
}

/* --- erasures that do not count any more ------------------------------------ */

/* Portions that are erased now: (change, portion + 1). */
static int
list_erased(struct store *s, struct pairs *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT c.n, x.portion FROM erased x"
		" CROSS JOIN change c ON substr(c.id, 1, 8) ="
		" substr(x.change, 1, 8) AND c.id = x.change WHERE x.counts",
		e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		pairs_add(ret, query_int(q, 0), query_int(q, 1) + 1);
out:
	query_close(q);
	return r;
}

/* Its bytes went and are missed now: the log is read once more for them. */
static int
miss(struct store *s, int64_t change, int64_t portion, struct err *e)
{
	uint8_t key[KEY_LEN];
	struct log_row r;

	if (log_absent(s, change, (int)portion, e) == -1 ||
	    log_row(s, change, &r, e) == -1 || log_key(s, r.log, key, e) == -1)
		return -1;
	return remote_read_again(s, key, e);
}

static int
miss_all(struct store *s, struct pairs *were, struct err *e)
{
	struct pairs are = {0};
	size_t n;
	struct pair *p = pairs_take(were, &n);
	int rv = n > 0 ? list_erased(s, &are, e) : 0;

	for (size_t i = 0; i < n && rv == 0; i++)
		if (!pairs_has(&are, p[i].a, p[i].b))
			rv = miss(s, p[i].a, p[i].b - 1, e);
	pairs_clear(&are);
	free(p);
	return rv;
}

/* --- everything --------------------------------------------------------------- */

int
rebuild_tables(struct store *s, struct apply *a, struct err *e)
{
	struct pairs erased = {0};
	struct query *q = NULL;
	int rv = -1;

	if (list_erased(s, &erased, e) == -1 || apply_clear(a, e) == -1 ||
	    query_open(s, &q,
		"SELECT n FROM change WHERE flags & 1 AND NOT flags & 8"
		" ORDER BY n",
		e) == -1)
		goto out;
	rv = apply_rows(a, q, e);
	if (rv == 0)
		rv = apply_finish(a, e);
	if (rv == 0)
		rv = miss_all(s, &erased, e);
out:
	query_close(q);
	pairs_clear(&erased);
	return rv;
}

int
rebuild_heads(struct store *s, struct err *e)
{
	return store_exec(s,
	    "DELETE FROM head;"
	    "INSERT INTO head(log, change) SELECT log, n FROM change c"
	    " WHERE flags & 1 AND NOT EXISTS (SELECT 1 FROM link l"
	    "  JOIN change k ON k.n = l.child"
	    "  WHERE l.parent = c.id AND k.flags & 1 AND k.log = c.log)"
	    " AND n NOT IN"
	    "  (SELECT prev FROM change WHERE flags & 1 AND prev > 0);"
	    "UPDATE log SET last = 0, changes = 0;"
	    "UPDATE log SET last = x.last, changes = x.changes FROM"
	    " (SELECT log, max(n) AS last, count(*) AS changes FROM change"
	    "  GROUP BY log) AS x WHERE x.log = log.n",
	    e);
}
