/* Which changes a remote holds. */
#include "remote.h"

#include <string.h>

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
	return query_do(s,
	    "INSERT OR REPLACE INTO remote_log(remote, log, upto)"
	    " VALUES(?1, ?2, ?3)",
	    (const int64_t[]){remote, log, upto}, 3, e);
}

static int
drop_marks(
    struct store *s, int64_t remote, int64_t log, int64_t upto, struct err *e)
{
	return query_do(s,
	    "DELETE FROM remote_has WHERE remote = ?1 AND change <= ?3"
	    " AND (SELECT log FROM change WHERE n = remote_has.change) = "
	    "?2",
	    (const int64_t[]){remote, log, upto}, 3, e);
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
	return query_do(s,
	    "INSERT OR IGNORE INTO remote_has(remote, change) VALUES(?1, ?2)",
	    (const int64_t[]){remote, change}, 2, e);
}

int
remote_is_marked(
    struct store *s, int64_t remote, int64_t change, bool *ret, struct err *e)
{
	return query_has(s,
	    "SELECT 1 FROM remote_has WHERE remote = ?1 AND change = ?2",
	    (const int64_t[]){remote, change}, 2, ret, e);
}

/* The first change of a log behind "upto" that is not marked; the number after
 * the last of all changes if there is none. */
static int
find_gap(
    struct store *s, const int64_t at[static 3], int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT coalesce((SELECT c.n FROM change c"
		"  WHERE c.log = ?2 AND c.n > ?3 AND NOT EXISTS"
		"   (SELECT 1 FROM remote_has h"
		"    WHERE h.remote = ?1 AND h.change = c.n)"
		"  ORDER BY c.n LIMIT 1),"
		" (SELECT max(n) + 1 FROM change), 1)",
		e) == -1)
		goto out;
	for (int i = 0; i < 3; i++)
		if (query_bind_int(q, i + 1, at[i], e) == -1)
			goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = query_int(q, 0);
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

int
remote_settle(struct store *s, int64_t remote, int64_t log, struct err *e)
{
	int64_t upto, gap = 0;

	if (remote_upto(s, remote, log, &upto, e) == -1 ||
	    find_gap(s, (const int64_t[]){remote, log, upto}, &gap, e) == -1)
		return -1;
	return gap > upto + 1 ? remote_set_upto(s, remote, log, gap - 1, e) : 0;
}

int
remote_last(
    struct store *s, int64_t remote, int64_t log, int64_t *ret, struct err *e)
{
	int64_t upto, marked;

	if (remote_upto(s, remote, log, &upto, e) == -1 ||
	    get(s,
		"SELECT coalesce(max(h.change), 0) FROM remote_has h"
		" JOIN change c ON c.n = h.change"
		" WHERE h.remote = ?1 AND c.log = ?2",
		remote, log, 0, &marked, e) == -1)
		return -1;
	*ret = marked > upto ? marked : upto;
	return 0;
}

int
remote_forget_log(struct store *s, int64_t remote, int64_t log, struct err *e)
{
	bool own = false;
	int rv = remote_begin(s, &own, e);

	if (rv == -1)
		return -1;
	rv =
	    query_do(s, "DELETE FROM remote_log WHERE remote = ?1 AND log = ?2",
		(const int64_t[]){remote, log}, 2, e);
	if (rv == 0)
		rv = drop_marks(s, remote, log, INT64_MAX, e);
	return remote_end(s, own, rv, e);
}

/* The number up to which all is there falls below the change; those behind it
 * are marked one by one. */
static int
lower(struct store *s, const int64_t at[static 3], struct err *e)
{
	int64_t upto;

	if (remote_upto(s, at[0], at[1], &upto, e) == -1)
		return -1;
	if (upto >= at[2] &&
	    (query_do(s,
		 "INSERT OR IGNORE INTO remote_has(remote, change)"
		 " SELECT ?1, n FROM change"
		 " WHERE n > ?3 AND n <= ?4 AND +log = ?2",
		 (const int64_t[]){at[0], at[1], at[2], upto}, 4, e) == -1 ||
		store_upto(s, at[0], at[1], at[2] - 1, e) == -1))
		return -1;
	return query_do(s,
	    "DELETE FROM remote_has WHERE remote = ?1 AND change = ?2",
	    (const int64_t[]){at[0], at[2]}, 2, e);
}

static int
lower_others(
    struct store *s, int64_t remote, int64_t log, int64_t change, struct err *e)
{
	struct buf others = BUF_INIT;
	int64_t n;
	int rv = query_list(
	    s, "SELECT n FROM remote WHERE n <> ?1", &remote, 1, &others, e);

	for (size_t i = 0; i < others.len && rv == 0; i += sizeof(n)) {
		memcpy(&n, others.data + i, sizeof(n));
		rv = lower(s, (const int64_t[]){n, log, change}, e);
	}
	buf_clear(&others);
	return rv;
}

int
remote_unmark_others(
    struct store *s, int64_t remote, int64_t log, int64_t change, struct err *e)
{
	bool own = false;
	int rv = remote_begin(s, &own, e);

	if (rv == -1)
		return -1;
	rv = lower_others(s, remote, log, change, e);
	return remote_end(s, own, rv, e);
}

/* The number behind which all that a remote may lack lies: logs of which it
 * has everything, dormant ones too, are left aside.  *ret_any is false if
 * it has everything of all. */
static int
find_floor(
    struct store *s, int64_t remote, bool *ret_any, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT min(coalesce(h.upto, 0)) FROM log l LEFT JOIN"
		" remote_log h ON h.remote = ?1 AND h.log = l.n"
		" WHERE l.last > coalesce(h.upto, 0)",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1) {
		*ret_any = !query_is_null(q, 0);
		*ret = query_int(q, 0);
	}
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

/* Only what is authentic can be sent. */
static int
count_above(struct store *s, int64_t remote, int64_t floor, int64_t *ret_n,
    int64_t *ret_since, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT count(*), min(c.t) FROM change c LEFT JOIN"
		" remote_log h ON h.remote = ?1 AND h.log = c.log"
		" WHERE c.n > ?2 AND c.n > coalesce(h.upto, 0)"
		" AND c.flags & ?3 AND NOT EXISTS"
		" (SELECT 1 FROM remote_has m"
		"  WHERE m.remote = ?1 AND m.change = c.n)",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, floor, e) == -1 ||
	    query_bind_int(q, 3, LOG_AUTHENTIC, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1) {
		*ret_n = query_int(q, 0);
		*ret_since = query_int(q, 1);
	}
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

int
remote_waiting(struct store *s, int64_t remote, int64_t *ret_n,
    int64_t *ret_since, struct err *e)
{
	int64_t floor = 0;
	bool any = false;

	if (find_floor(s, remote, &any, &floor, e) == -1)
		return -1;
	if (any)
		return count_above(s, remote, floor, ret_n, ret_since, e);
	*ret_n = 0;
	*ret_since = 0;
	return 0;
}
