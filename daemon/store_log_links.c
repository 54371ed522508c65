/* What follows what, where one number does not say it, and heads. */
#include "store_log_private.h"

#include <string.h>

#include "query.h"
#include "store.h"
#include "store_db.h"

/* --- links ----------------------------------------------------------------- */

int
store_log_count_links(struct store *s, struct err *e)
{
	struct store_log *l = store_log(s);

	if (l->links != -1)
		return 0;
	return store_number(s, "SELECT count(*) FROM link", &l->links, e);
}

static int
insert_link(
    struct store *s, int64_t child, const uint8_t *parent, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT OR IGNORE INTO link(child, parent) VALUES(?1, ?2)",
		e) == -1 ||
	    query_bind_int(q, 1, child, e) == -1 ||
	    query_bind_blob(q, 2, parent, HASH_LEN, e) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
store_log_add_links(
    struct store *s, const struct log_new *c, int64_t n, struct err *e)
{
	for (size_t i = 0; i < c->place->nprevious; i++)
		if (insert_link(s, n, c->place->previous[i], e) == -1)
			return -1;
	store_log(s)->links += (int64_t)c->place->nprevious;
	return 0;
}

int
log_parents(
    struct store *s, const struct log_row *r, struct buf *b, struct err *e)
{
	if (r->prev > 0)
		buf_add(b, &r->prev, sizeof(r->prev));
	if (r->prev >= 0)
		return 0;
	return query_list(s,
	    "SELECT p.n FROM link l CROSS JOIN change p"
	    " ON substr(p.id, 1, 8) = substr(l.parent, 1, 8)"
	    " AND p.id = l.parent"
	    " WHERE l.child = ?1 AND p.log = ?2",
	    (const int64_t[]){r->n, r->log}, 2, b, e);
}

int
log_waiting_children(struct store *s, const uint8_t id[static HASH_LEN],
    int64_t log, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int step = -1;

	if (store_log_count_links(s, e) == -1)
		return -1;
	if (store_log(s)->links == 0)
		return 0;
	if (query_open(s, &q,
		"SELECT c.n FROM link l JOIN change c ON c.n = l.child"
		" WHERE l.parent = ?1 AND c.log = ?2",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1 ||
	    query_bind_int(q, 2, log, e) == -1)
		goto out;
	while ((step = query_step(q, e)) == 1) {
		int64_t n = query_int(q, 0);

		buf_add(b, &n, sizeof(n));
	}
out:
	query_close(q);
	return step;
}

/* --- heads ----------------------------------------------------------------- */

static int
remove_head(struct store *s, int64_t log, int64_t n, struct err *e)
{
	return query_do(s, "DELETE FROM head WHERE log = ?1 AND change = ?2",
	    (const int64_t[]){log, n}, 2, e);
}

static int
insert_head(struct store *s, int64_t log, int64_t n, struct err *e)
{
	return query_do(s,
	    "INSERT OR IGNORE INTO head(log, change) VALUES(?1, ?2)",
	    (const int64_t[]){log, n}, 2, e);
}

int
store_log_write_heads(struct store *s, struct tally *t, struct err *e)
{
	if (t->new_head == 0)
		return 0;
	if ((t->head != 0 && remove_head(s, t->log, t->head, e) == -1) ||
	    insert_head(s, t->log, t->new_head, e) == -1)
		return -1;
	t->head = t->new_head;
	t->new_head = 0;
	return 0;
}

/* Is one of the changes that came before this one and follow it authentic? */
static int
has_authentic_child(
    struct store *s, const uint8_t *id, int64_t log, bool *ret, struct err *e)
{
	struct buf b = BUF_INIT;
	struct log_row r;
	int64_t n;
	int rv = -1;

	*ret = false;
	if (log_waiting_children(s, id, log, &b, e) == -1)
		goto out;
	for (size_t i = 0; i < b.len && !*ret; i += sizeof(n)) {
		memcpy(&n, b.data + i, sizeof(n));
		if (log_row(s, n, &r, e) == -1)
			goto out;
		*ret = (r.flags & LOG_AUTHENTIC) != 0;
	}
	rv = 0;
out:
	buf_clear(&b);
	return rv;
}

/* The general way: takes the predecessors out of the heads, and puts the
 * change in unless an authentic one follows it. */
static int
place_head(
    struct store *s, const struct log_row *r, bool followed, struct err *e)
{
	struct buf b = BUF_INIT;
	int64_t n;
	int rv = -1;

	if (store_log_write_heads(s, &store_log(s)->tally, e) == -1 ||
	    log_parents(s, r, &b, e) == -1)
		goto out;
	for (size_t i = 0; i < b.len; i += sizeof(n)) {
		memcpy(&n, b.data + i, sizeof(n));
		if (remove_head(s, r->log, n, e) == -1)
			goto out;
	}
	if (!followed && insert_head(s, r->log, r->n, e) == -1)
		goto out;
	store_log(s)->tally.head = followed ? 0 : r->n;
	rv = 0;
out:
	buf_clear(&b);
	return rv;
}

int
store_log_new_head(
    struct store *s, const struct log_row *r, const uint8_t *id, struct err *e)
{
	struct store_log *l = store_log(s);
	struct tally *t = &l->tally;
	int64_t at = t->new_head != 0 ? t->new_head : t->head;
	bool followed;

	t->spoke = true;
	if (has_authentic_child(s, id, r->log, &followed, e) == -1)
		return -1;
	if (!followed && at != 0 && r->prev == at) {
		t->new_head = r->n;
		return 0;
	}
	return place_head(s, r, followed, e);
}

int
log_authenticated(struct store *s, int64_t n, bool followed, struct err *e)
{
	struct tally *t = &store_log(s)->tally;
	struct log_row r;

	if (log_set_flags(s, n, LOG_AUTHENTIC, 0, e) == -1 ||
	    log_row(s, n, &r, e) == -1)
		return -1;
	if (t->log != r.log) {
		if (store_log_write_tally(s, e) == -1)
			return -1;
		t->log = r.log;
	}
	t->spoke = true;
	return place_head(s, &r, followed, e);
}
