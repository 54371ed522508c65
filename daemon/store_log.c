/* The log: its logs, its lines. */
#include "common/i18n.h"
#include "store_log_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "query.h"
#include "store.h"
#include "store_db.h"

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

/* --- the tally ------------------------------------------------------------- */

int
store_log_write_tally(struct store *s, struct err *e)
{
	struct store_log *l = store_log(s);
	struct tally *t = &l->tally;
	struct query *q = NULL;
	int rv = -1;

	if (t->log == 0)
		return 0;
	if (store_log_write_heads(s, t, e) == -1)
		goto out;
	if ((t->added > 0 || t->spoke) &&
	    (query_open(s, &q,
		 "UPDATE log SET last = max(last, ?2),"
		 " changes = changes + ?3, heard = max(heard, ?4)"
		 " WHERE n = ?1",
		 e) == -1 ||
		query_bind_int(q, 1, t->log, e) == -1 ||
		query_bind_int(q, 2, t->last, e) == -1 ||
		query_bind_int(q, 3, t->added, e) == -1 ||
		query_bind_int(q, 4, t->spoke ? l->heard : 0, e) == -1 ||
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
	if (store_log_write_tally(s, e) == -1)
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
		err_set(
		    e, ERR_NOTFOUND, _("no change %lld here"), (long long)n);
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
		rv = err_set(e, ERR_NOTFOUND, _("no log %lld"), (long long)log);
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
			err_set(
			    e, ERR_CORRUPT, _("the coalition does not read"));
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

/* --- adding: where it hangs ------------------------------------------------ */

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
log_set_flags(
    struct store *s, int64_t n, int64_t set, int64_t clear, struct err *e)
{
	return query_do(s,
	    "UPDATE change SET flags = (flags & ~?3) | ?2 WHERE n = ?1",
	    (const int64_t[]){n, set, clear}, 3, e);
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
count_in(struct store *s, int64_t log, int64_t n, struct err *e)
{
	struct tally *t = &store_log(s)->tally;

	if (t->log != log) {
		if (store_log_write_tally(s, e) == -1)
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

	if (store_log_count_links(s, e) == -1 ||
	    place_of(s, c, &r.prev, e) == -1 ||
	    batches_add(
		s, l->batches, c->line, c->len, &r.batch, &r.start, e) == -1)
		return -1;
	r.len = (int64_t)c->len;
	if (insert_row(s, &r, c->id, &r.n, e) == -1 ||
	    (r.prev == -1 && store_log_add_links(s, c, r.n, e) == -1) ||
	    count_in(s, c->log, r.n, e) == -1 ||
	    ((c->flags & LOG_AUTHENTIC) &&
		store_log_new_head(s, &r, c->id, e) == -1))
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
