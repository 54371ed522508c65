/* Which changes a remote holds. */
#include "remote.h"

#include "query.h"
#include "store.h"
#include "store_flags.h"
#include "store_remote.h"

/* A number by a statement with two numbers; "missing" if there is no row. */
static int
get(struct store *s, const char *sql, int64_t a, int64_t b, int64_t missing,
    int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, sql, e) == -1 ||
	    query_bind_int(q, 1, a, e) == -1 ||
	    query_bind_int(q, 2, b, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 ? query_int(q, 0) : missing;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
remote_upto(struct store *s, int64_t remote, int64_t log, int64_t *ret_upto,
    struct err *e)
{
	return get(s,
	    "SELECT upto FROM remote_log WHERE remote = ?1 AND log = ?2",
	    remote, log, 0, ret_upto, e);
}

static int
store_upto(
    struct store *s, int64_t remote, int64_t log, int64_t upto, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT OR REPLACE INTO remote_log(remote, log, upto)"
		" VALUES(?1, ?2, ?3)",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, log, e) == -1 ||
	    query_bind_int(q, 3, upto, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
drop_marks(
    struct store *s, int64_t remote, int64_t log, int64_t upto, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"DELETE FROM remote_has WHERE remote = ?1 AND change <= ?3"
		" AND (SELECT log FROM change WHERE n = remote_has.change) = "
		"?2",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, log, e) == -1 ||
	    query_bind_int(q, 3, upto, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
remote_set_upto(
    struct store *s, int64_t remote, int64_t log, int64_t upto, struct err *e)
{
	bool own = false;
	int rv = remote_begin(s, &own, e);

	if (rv == -1)
		return -1;
	rv = store_upto(s, remote, log, upto, e);
	if (rv == 0)
		rv = drop_marks(s, remote, log, upto, e);
	return remote_end(s, own, rv, e);
}

int
remote_mark(struct store *s, int64_t remote, int64_t change, struct err *e)
{
	return remote_run(s,
	    "INSERT OR IGNORE INTO remote_has(remote, change) VALUES(?1, ?2)",
	    remote, change, e);
}

int
remote_is_marked(
    struct store *s, int64_t remote, int64_t change, bool *ret, struct err *e)
{
	int64_t n = 0;

	if (get(s, "SELECT 1 FROM remote_has WHERE remote = ?1 AND change = ?2",
		remote, change, 0, &n, e) == -1)
		return -1;
	*ret = n == 1;
	return 0;
}

int
remote_forget_log(struct store *s, int64_t remote, int64_t log, struct err *e)
{
	bool own = false;
	int rv = remote_begin(s, &own, e);

	if (rv == -1)
		return -1;
	rv = remote_run(s,
	    "DELETE FROM remote_log WHERE remote = ?1 AND log = ?2", remote,
	    log, e);
	if (rv == 0)
		rv = drop_marks(s, remote, log, INT64_MAX, e);
	return remote_end(s, own, rv, e);
}

/* One log: its changes behind "upto" that are not marked one by one.  With
 * the index on change(log) a log that is complete costs one look. */
static int
add_waiting(struct store *s, int64_t remote, int64_t log, int64_t upto,
    int64_t *n, int64_t *since, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT count(*), min(t) FROM change c"
		" WHERE c.log = ?2 AND c.n > ?3 AND c.flags & ?4 AND NOT EXISTS"
		" (SELECT 1 FROM remote_has h"
		"  WHERE h.remote = ?1 AND h.change = c.n)",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, log, e) == -1 ||
	    query_bind_int(q, 3, upto, e) == -1 ||
	    query_bind_int(q, 4, LOG_AUTHENTIC, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1 && query_int(q, 0) > 0) {
		if (*n == 0 || query_int(q, 1) < *since)
			*since = query_int(q, 1);
		*n += query_int(q, 0);
	}
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
remote_waiting(struct store *s, int64_t remote, int64_t *ret_n,
    int64_t *ret_since, struct err *e)
{
	struct query *q = NULL;
	int64_t n = 0, since = 0;
	int r = -1;

	if (query_open(s, &q,
		"SELECT l.n, coalesce(r.upto, 0) FROM log l LEFT JOIN"
		" remote_log r ON r.remote = ?1 AND r.log = l.n",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		if (add_waiting(s, remote, query_int(q, 0), query_int(q, 1), &n,
			&since, e) == -1) {
			r = -1;
			break;
		}
	if (r == 0) {
		*ret_n = n;
		*ret_since = since;
	}
out:
	query_close(q);
	return r;
}
