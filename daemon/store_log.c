#include "store_log.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "query.h"
#include "store.h"
#include "store_batch.h"
#include "store_db.h"

/* What changed of the log that is being added to, written when another one
 * follows or at the end: a run of changes costs one update, not one each. */
struct tally {
	int64_t log; /* 0: none */
	int64_t added;
	int64_t last;     /* newest change */
	int64_t head;     /* the head that table "head" holds; 0: none */
	int64_t new_head; /* the one that it must hold; 0: as it is */
};

struct store_log {
	struct batches *batches;
	struct tally tally;
	int64_t heard;
	/* the change added last: mostly what the next one follows */
	uint8_t last_id[HASH_LEN];
	int64_t last_n, last_log; /* 0: none */
	/* the key asked for last */
	uint8_t key[KEY_LEN];
	int64_t key_log; /* 0: none */
	int64_t links;   /* rows of "link"; -1: not counted yet */
	bool has_coalition;
	uint8_t coalition[HASH_LEN];
};

struct store_log *
store_log_new(void)
{
	struct store_log *l = mem_zalloc(sizeof(*l));

	l->batches = batches_new();
	l->links = -1;
	return l;
}

void
store_log_free(struct store_log *l)
{
	if (l == NULL)
		return;
	batches_free(l->batches);
	free(l);
}

void
store_log_drop(struct store_log *l)
{
	struct batches *b = l->batches;

	batches_drop(b);
	*l = (struct store_log){.batches = b, .links = -1, .heard = l->heard};
}

void
store_log_trim(struct store_log *l)
{
	batches_trim(l->batches);
}

void
store_log_heard(struct store *s, int64_t now_ms)
{
	store_log(s)->heard = now_ms;
}

/* --- small statements ------------------------------------------------------ */

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

/* --- the tally ------------------------------------------------------------- */

static int
write_heads(struct store *s, struct tally *t, struct err *e)
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

static int
write_tally(struct store *s, struct err *e)
{
	struct store_log *l = store_log(s);
	struct tally *t = &l->tally;
	struct query *q = NULL;
	int rv = -1;

	if (t->log == 0)
		return 0;
	if (write_heads(s, t, e) == -1)
		goto out;
	if (t->added > 0 &&
	    (query_open(s, &q,
		 "UPDATE log SET last = max(last, ?2),"
		 " changes = changes + ?3, heard = max(heard, ?4)"
		 " WHERE n = ?1",
		 e) == -1 ||
		query_bind_int(q, 1, t->log, e) == -1 ||
		query_bind_int(q, 2, t->last, e) == -1 ||
		query_bind_int(q, 3, t->added, e) == -1 ||
		query_bind_int(q, 4, l->heard, e) == -1 ||
		query_run(q, e) == -1))
		goto out;
	*t = (struct tally){0};
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
store_log_flush(struct store *s, struct err *e)
{
	if (write_tally(s, e) == -1)
		return -1;
	return batches_flush(s, store_log(s)->batches, e);
}

/* --- looking up ------------------------------------------------------------ */

#define COLUMNS "n, log, batch, start, len, prev, flags, t"

static void
read_row(struct query *q, struct log_row *r)
{
	r->n = query_int(q, 0);
	r->log = query_int(q, 1);
	r->batch = query_int(q, 2);
	r->start = query_int(q, 3);
	r->len = query_int(q, 4);
	r->prev = query_int(q, 5);
	r->flags = query_int(q, 6);
	r->t = query_int(q, 7);
}

int
log_lookup(struct store *s, const uint8_t id[static HASH_LEN],
    struct log_row *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT " COLUMNS " FROM change"
		" WHERE substr(id, 1, 8) = substr(?1, 1, 8) AND id = ?1",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		read_row(q, ret);
out:
	query_close(q);
	return r;
}

int
log_row(struct store *s, int64_t n, struct log_row *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, "SELECT " COLUMNS " FROM change WHERE n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, n, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		read_row(q, ret);
	else if (r == 0)
		err_set(e, ERR_NOTFOUND, "no change %lld here", (long long)n);
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

static int
find_log(struct store *s, const uint8_t *key, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, "SELECT n FROM log WHERE key = ?1", e) == -1 ||
	    query_bind_blob(q, 1, key, KEY_LEN, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = query_int(q, 0);
out:
	query_close(q);
	return r;
}

int
log_number(struct store *s, const uint8_t key[static KEY_LEN], int64_t *ret,
    struct err *e)
{
	struct store_log *l = store_log(s);
	struct query *q = NULL;
	int64_t log = 0;
	int rv = -1;
	int r;

	if (l->key_log != 0 && memcmp(l->key, key, KEY_LEN) == 0) {
		*ret = l->key_log;
		return 0;
	}
	r = find_log(s, key, &log, e);
	if (r == -1)
		goto out;
	if (r == 0) {
		if (query_open(s, &q, "INSERT INTO log(key) VALUES(?1)", e) ==
			-1 ||
		    query_bind_blob(q, 1, key, KEY_LEN, e) == -1 ||
		    query_run(q, e) == -1)
			goto out;
		log = store_last_id(s);
	}
	memcpy(l->key, key, KEY_LEN);
	l->key_log = log;
	*ret = log;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
log_key(
    struct store *s, int64_t log, uint8_t ret[static KEY_LEN], struct err *e)
{
	struct query *q = NULL;
	const void *p;
	size_t n;
	int rv = -1;

	if (query_open(s, &q, "SELECT key FROM log WHERE n = ?1", e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	rv = query_step(q, e);
	if (rv == -1)
		goto out;
	p = rv == 1 ? query_blob(q, 0, &n) : NULL;
	if (p == NULL || n != KEY_LEN) {
		rv = err_set(e, ERR_NOTFOUND, "no log %lld", (long long)log);
		goto out;
	}
	memcpy(ret, p, KEY_LEN);
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
log_coalition(struct store *s, const uint8_t **ret, struct err *e)
{
	struct store_log *l = store_log(s);
	char *hex = NULL;
	int rv = -1;

	if (!l->has_coalition) {
		if (store_setting(s, "coalition", &hex, e) == -1)
			goto out;
		if (hex != NULL && text_unhex(hex, strlen(hex), l->coalition,
				       HASH_LEN) == -1) {
			err_set(e, ERR_CORRUPT, "the coalition does not read");
			goto out;
		}
		l->has_coalition = hex != NULL;
	}
	*ret = l->has_coalition ? l->coalition : NULL;
	rv = 0;
out:
	free(hex);
	return rv;
}

/* --- links ----------------------------------------------------------------- */

static int
count_links(struct store *s, struct err *e)
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

/* Where a change hangs: the number of its only predecessor if that is held
 * in the same log, 0 for the first of a log, else -1. */
static int
place_of(struct store *s, const struct log_new *c, int64_t *ret, struct err *e)
{
	const struct store_log *l = store_log(s);
	struct log_row row;
	int r;

	*ret = c->place->nprevious == 0 ? 0 : -1;
	if (c->place->nprevious != 1)
		return 0;
	if (l->last_log == c->log &&
	    memcmp(l->last_id, c->place->previous[0], HASH_LEN) == 0) {
		*ret = l->last_n;
		return 0;
	}
	r = log_lookup(s, c->place->previous[0], &row, e);
	if (r == 1 && row.log == c->log)
		*ret = row.n;
	return r == -1 ? -1 : 0;
}

int
log_parents(
    struct store *s, const struct log_row *r, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int step = -1;

	if (r->prev > 0)
		buf_add(b, &r->prev, sizeof(r->prev));
	if (r->prev >= 0)
		return 0;
	if (query_open(s, &q,
		"SELECT p.n FROM link l CROSS JOIN change p"
		" ON substr(p.id, 1, 8) = substr(l.parent, 1, 8)"
		" AND p.id = l.parent"
		" WHERE l.child = ?1 AND p.log = ?2",
		e) == -1 ||
	    query_bind_int(q, 1, r->n, e) == -1 ||
	    query_bind_int(q, 2, r->log, e) == -1)
		goto out;
	while ((step = query_step(q, e)) == 1) {
		int64_t n = query_int(q, 0);

		buf_add(b, &n, sizeof(n));
	}
out:
	query_close(q);
	return step;
}

int
log_waiting_children(struct store *s, const uint8_t id[static HASH_LEN],
    int64_t log, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int step = -1;

	if (count_links(s, e) == -1)
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

	if (write_heads(s, &store_log(s)->tally, e) == -1 ||
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

/* A change that was just added, authentic. */
static int
new_head(
    struct store *s, const struct log_row *r, const uint8_t *id, struct err *e)
{
	struct store_log *l = store_log(s);
	struct tally *t = &l->tally;
	int64_t at = t->new_head != 0 ? t->new_head : t->head;
	bool followed;

	if (has_authentic_child(s, id, r->log, &followed, e) == -1)
		return -1;
	if (!followed && at != 0 && r->prev == at) {
		t->new_head = r->n;
		return 0;
	}
	return place_head(s, r, followed, e);
}

int
log_set_flags(
    struct store *s, int64_t n, int64_t set, int64_t clear, struct err *e)
{
	return query_do(s,
	    "UPDATE change SET flags = (flags & ~?3) | ?2 WHERE n = ?1",
	    (const int64_t[]){n, set, clear}, 3, e);
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
		if (write_tally(s, e) == -1)
			return -1;
		t->log = r.log;
	}
	return place_head(s, &r, followed, e);
}

/* --- adding ---------------------------------------------------------------- */

static int
insert_row(struct store *s, const struct log_row *r, const uint8_t *id,
    int64_t *ret_n, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT INTO change(id, log, batch, start, len, prev, flags, t)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1 ||
	    query_bind_int(q, 2, r->log, e) == -1 ||
	    query_bind_int(q, 3, r->batch, e) == -1 ||
	    query_bind_int(q, 4, r->start, e) == -1 ||
	    query_bind_int(q, 5, r->len, e) == -1 ||
	    query_bind_int(q, 6, r->prev, e) == -1 ||
	    query_bind_int(q, 7, r->flags, e) == -1 ||
	    query_bind_int(q, 8, r->t, e) == -1 || query_run(q, e) == -1)
		goto out;
	*ret_n = store_last_id(s);
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
insert_links(struct store *s, const struct log_new *c, int64_t n, struct err *e)
{
	for (size_t i = 0; i < c->place->nprevious; i++)
		if (insert_link(s, n, c->place->previous[i], e) == -1)
			return -1;
	store_log(s)->links += (int64_t)c->place->nprevious;
	return 0;
}

static int
count_in(struct store *s, int64_t log, int64_t n, struct err *e)
{
	struct tally *t = &store_log(s)->tally;

	if (t->log != log) {
		if (write_tally(s, e) == -1)
			return -1;
		t->log = log;
	}
	t->added++;
	t->last = n;
	return 0;
}

int
log_add(struct store *s, const struct log_new *c, int64_t *ret_n, struct err *e)
{
	struct store_log *l = store_log(s);
	struct log_row r = {.log = c->log, .flags = c->flags, .t = c->t};

	if (count_links(s, e) == -1 || place_of(s, c, &r.prev, e) == -1 ||
	    batches_add(
		s, l->batches, c->line, c->len, &r.batch, &r.start, e) == -1)
		return -1;
	r.len = (int64_t)c->len;
	if (insert_row(s, &r, c->id, &r.n, e) == -1 ||
	    (r.prev == -1 && insert_links(s, c, r.n, e) == -1) ||
	    count_in(s, c->log, r.n, e) == -1 ||
	    ((c->flags & LOG_AUTHENTIC) && new_head(s, &r, c->id, e) == -1))
		return -1;
	batches_owner(l->batches, r.n);
	memcpy(l->last_id, c->id, HASH_LEN);
	l->last_n = r.n;
	l->last_log = c->log;
	for (size_t i = 0; i < c->change->nportions; i++)
		if (c->change->portions[i].form == PORTION_HASH &&
		    log_absent(s, r.n, (int)i, e) == -1)
			return -1;
	*ret_n = r.n;
	return 0;
}

int
log_absent(struct store *s, int64_t n, int part, struct err *e)
{
	return query_do(s,
	    "INSERT OR IGNORE INTO patch(change, part) VALUES(?1, ?2)",
	    (const int64_t[]){n, part}, 2, e);
}

int
log_present(struct store *s, int64_t n, int part, struct err *e)
{
	return query_do(s, "DELETE FROM patch WHERE change = ?1 AND part = ?2",
	    (const int64_t[]){n, part}, 2, e);
}

/* --- reading and replacing lines ------------------------------------------- */

int
log_line(
    struct store *s, const struct log_row *r, const char **ret, struct err *e)
{
	return batches_get(
	    s, store_log(s)->batches, r->batch, r->start, r->len, ret, e);
}

int
log_rewrite(struct store *s, int64_t n, const struct change *c, bool wipe,
    struct err *e)
{
	struct batches *batches = store_log(s)->batches;
	struct log_row r, old;
	struct buf line = BUF_INIT;
	struct query *q = NULL;
	int rv = -1;

	change_join(c, true, &line);
	if (log_row(s, n, &old, e) == -1 ||
	    batches_add(s, batches, line.data, line.len - 1, &r.batch, &r.start,
		e) == -1)
		goto out;
	batches_owner(batches, n);
	if (query_open(s, &q,
		"UPDATE change SET batch = ?2, start = ?3, len = ?4"
		" WHERE n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, n, e) == -1 ||
	    query_bind_int(q, 2, r.batch, e) == -1 ||
	    query_bind_int(q, 3, r.start, e) == -1 ||
	    query_bind_int(q, 4, (int64_t)line.len - 1, e) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	if (wipe &&
	    batches_wipe(s, batches, old.batch, old.start, old.len, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	buf_clear(&line);
	return rv;
}

int
log_pack(struct store *s, int64_t limit, struct err *e)
{
	return batches_pack(s, store_log(s)->batches, limit, e);
}

int
log_unpacked(struct store *s, int64_t *ret, struct err *e)
{
	return batches_unpacked(s, store_log(s)->batches, ret, e);
}
