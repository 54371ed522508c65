#include "store_unseen.h"

#include <string.h>

#include "query.h"
#include "store_flags.h"

/* See the index change_id. */
#define HELD(prefix)                                                           \
	"EXISTS(SELECT 1 FROM change WHERE substr(id, 1, 8) = substr(" prefix  \
	", 1, 8) AND substr(id, 1, 16) = " prefix " AND flags & 1)"

static int
count_of_log(struct store *s, int64_t log, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(
		s, &q, "SELECT count(*) FROM unseen WHERE log = ?1", e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1 || query_step(q, e) != 1)
		goto out;
	*ret = query_int(q, 0);
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
add(struct store *s, int64_t log, int64_t n, const uint8_t *prefix, int64_t now,
    struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT OR IGNORE INTO unseen(log, change, prefix, since)"
		" SELECT ?1, ?2, ?3, ?4 WHERE NOT " HELD("?3"),
		e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1 ||
	    query_bind_int(q, 2, n, e) == -1 ||
	    query_bind_blob(q, 3, prefix, PREFIX_LEN, e) == -1 ||
	    query_bind_int(q, 4, now, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
unseen_note(struct store *s, int64_t log, int64_t n, const struct head *h,
    int64_t now, struct err *e)
{
	int64_t held;

	if (h->nseen == 0)
		return 0;
	if (count_of_log(s, log, &held, e) == -1)
		return -1;
	for (size_t i = 0; i < h->nseen && held + (int64_t)i < UNSEEN_MAX; i++)
		if (add(s, log, n, h->seen[i], now, e) == -1)
			return -1;
	return 0;
}

int
unseen_each(struct store *s,
    int (*fn)(void *arg, const uint8_t key[static KEY_LEN], int64_t count),
    void *arg, struct err *e)
{
	struct query *q = NULL;
	int r = -1, stop = 0;

	/* what came meanwhile */
	if (query_do(s, "DELETE FROM unseen WHERE " HELD("prefix"), NULL, 0,
		e) == -1 ||
	    query_open(s, &q,
		"SELECT l.key, count(DISTINCT u.prefix) FROM unseen u"
		" JOIN log l ON l.n = u.log JOIN change c ON c.n = u.change"
		" WHERE c.flags & ?1 AND u.since + ?2 <="
		" (SELECT max(proven) FROM remote) GROUP BY u.log",
		e) == -1 ||
	    query_bind_int(q, 1, LOG_AUTHENTIC, e) == -1 ||
	    query_bind_int(q, 2, UNSEEN_PATIENCE, e) == -1)
		goto out;
	while (stop == 0 && (r = query_step(q, e)) == 1) {
		size_t n;
		const void *key = query_blob(q, 0, &n);
		int64_t count = query_int(q, 1);

		if (n == KEY_LEN)
			stop = fn(arg, key, count);
	}
out:
	query_close(q);
	return stop != 0 ? stop : r == -1 ? -1 : 0;
}
