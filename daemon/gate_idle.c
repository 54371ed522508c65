/* Background work, in slices that a waiting client does not notice. */
#include <string.h>

#include "common/buf.h"
#include "gate_internal.h"
#include "log_read.h"
#include "query.h"
#include "store.h"
#include "store_db.h"
#include "store_log.h"
#include "store_search.h"

#define SLICE_MS     30
#define INDEX_STEP   16   /* records between looks at the clock */
#define INDEX_MOST   1024 /* records of a slice */
#define PURGE_STEP   32   /* pages */
#define SWEEP_STEP   8
#define SWEEP_MOST   256
#define PACK_FROM    256 /* single lines that are worth it */
#define PACK_AT_ONCE 512

struct slice {
	struct gate *g;
	int64_t started;
};

static bool
is_over(const struct slice *sl)
{
	return clock_mono(sl->g->clock) - sl->started >= SLICE_MS;
}

/* --- search index ---------------------------------------------------------- */

static int
index_records(struct slice *sl, bool *ret_more, struct err *e)
{
	*ret_more = true;
	for (int i = 0; i < INDEX_MOST && *ret_more; i += INDEX_STEP) {
		if (store_search_index(sl->g->s, INDEX_STEP, ret_more, e) == -1)
			return -1;
		if (is_over(sl))
			break;
	}
	sl->g->idle_began = true;
	return 0;
}

static int
purge(struct slice *sl, bool *ret_more, struct err *e)
{
	do {
		if (store_search_purge(sl->g->s, PURGE_STEP, ret_more, e) == -1)
			return -1;
	} while (*ret_more && !is_over(sl));
	return 0;
}

/* --- sweep of signatures ---------------------------------------------------- */

static int
list_unchecked(struct gate *g, int64_t limit, struct buf *ret, struct err *e)
{
	return query_list(
	    g->s, "SELECT change FROM unchecked LIMIT ?1", &limit, 1, ret, e);
}

static int
checked(struct gate *g, int64_t n, struct err *e)
{
	return query_do(
	    g->s, "DELETE FROM unchecked WHERE change = ?1", &n, 1, e);
}

/* A bad signature of a change that is authentic all the same, by a later one:
 * it is thrown away and asked for again. */
static int
check_one(struct gate *g, int64_t n, struct err *e)
{
	struct log_entry l;
	int rv = -1;

	if (log_get(g->s, n, &l, e) == -1)
		return -1;
	if (!l.change.is_signed) {
		rv = 0;
	} else if (change_verify(&l.place, &l.change)) {
		rv = log_set_flags(g->s, n, LOG_CHECKED, 0, e);
	} else {
		l.change.is_signed = false;
		if (log_rewrite(g->s, n, &l.change, false, e) == 0 &&
		    log_set_flags(g->s, n, 0, LOG_SIGNED, e) == 0)
			rv = log_absent(g->s, n, -1, e);
	}
	log_entry_clear(&l);
	return rv == -1 ? -1 : checked(g, n, e);
}

static int
sweep(struct slice *sl, bool *ret_more, struct err *e)
{
	struct buf list = BUF_INIT;
	int64_t n;
	int rv = -1;

	if (list_unchecked(sl->g, SWEEP_MOST, &list, e) == -1)
		goto out;
	*ret_more = list.len == SWEEP_MOST * sizeof(n);
	for (size_t i = 0; i < list.len; i += sizeof(n)) {
		if (i > 0 && i % (SWEEP_STEP * sizeof(n)) == 0 && is_over(sl)) {
			*ret_more = true;
			break;
		}
		memcpy(&n, list.data + i, sizeof(n));
		if (check_one(sl->g, n, e) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&list);
	return rv;
}

/* --- which is due ---------------------------------------------------------- */

static int
pack(struct slice *sl, bool *ret_more, struct err *e)
{
	*ret_more = false;
	return log_pack(sl->g->s, PACK_AT_ONCE, e);
}

typedef int (*job_fn)(struct slice *sl, bool *ret_more, struct err *e);

static int
choose(struct gate *g, job_fn *ret, struct err *e)
{
	int64_t index, unchecked, single;
	bool pure;

	if (store_number(g->s, "SELECT EXISTS(SELECT 1 FROM unindexed)", &index,
		e) == -1 ||
	    store_number(g->s, "SELECT EXISTS(SELECT 1 FROM unchecked)",
		&unchecked, e) == -1 ||
	    log_unpacked(g->s, &single, e) == -1 ||
	    store_search_is_pure(g->s, &pure, e) == -1)
		return -1;
	*ret = index > 0 || !g->idle_began ? index_records
	       : !pure                     ? purge
	       : unchecked > 0             ? sweep
	       : single > PACK_FROM        ? pack
					   : NULL;
	return 0;
}

int
gate_idle(struct gate *g, struct err *e)
{
	struct slice sl = {g, clock_mono(g->clock)};
	job_fn job, next;
	bool more;

	if (choose(g, &job, e) == -1)
		return -1;
	if (job == NULL) {
		store_hurry(g->s, false);
		return 0;
	}
	if (gate_begin(g, e) == -1)
		return -1;
	if (job(&sl, &more, e) == -1) {
		gate_rollback(g);
		return -1;
	}
	if (gate_end(g, e) == -1 ||
	    (job == purge && !more && store_scrub(g->s, e) == -1))
		return -1;
	if (more)
		return 1;
	if (choose(g, &next, e) == -1)
		return -1;
	if (next == NULL)
		store_hurry(g->s, false);
	return next != NULL;
}

bool
gate_is_behind(const struct gate *g)
{
	return store_hurries(g->s);
}

int
gate_backlog(
    struct gate *g, int64_t *ret_index, int64_t *ret_sweep, struct err *e)
{
	if (store_number(
		g->s, "SELECT count(*) FROM unindexed", ret_index, e) == -1)
		return -1;
	return store_number(
	    g->s, "SELECT count(*) FROM unchecked", ret_sweep, e);
}
