#include "log_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/text.h"
#include "query.h"
#include "store_db.h"
#include "store_log.h"

/* --- one change ------------------------------------------------------------ */

void
log_entry_clear(struct log_entry *l)
{
	change_clear(&l->change);
	free(l->place.previous);
	buf_clear(&l->line);
	memset(l, 0, sizeof(*l));
}

static void
add_previous(struct log_entry *l, const void *id)
{
	size_t n = l->place.nprevious;

	l->place.previous =
	    mem_array(l->place.previous, n + 1, sizeof(l->place.previous[0]));
	memcpy(l->place.previous[n], id, HASH_LEN);
	l->place.nprevious++;
}

/* Ids come sorted, as the message has them. */
static int
read_previous(struct store *s, const struct log_row *r, struct log_entry *l,
    struct err *e)
{
	struct query *q = NULL;
	int step = -1;

	if (r->prev == 0)
		return 0;
	if (query_open(s, &q,
		r->prev > 0 ? "SELECT id FROM change WHERE n = ?1"
			    : "SELECT parent FROM link WHERE child = ?1"
			      " ORDER BY parent",
		e) == -1 ||
	    query_bind_int(q, 1, r->prev > 0 ? r->prev : r->n, e) == -1)
		goto out;
	while ((step = query_step(q, e)) == 1) {
		size_t n;
		const void *id = query_blob(q, 0, &n);

		if (n != HASH_LEN || l->place.nprevious == CHANGE_PREVIOUS_MAX)
			break;
		add_previous(l, id);
	}
	if (step == 0 && l->place.nprevious == 0)
		step = 1;
	if (step == 1)
		err_set(e, ERR_CORRUPT,
		    _("change %lld has lost its place: stop and run "
		      "'mufakatd --rebuild'"),
		    (long long)r->n);
out:
	query_close(q);
	return step == 0 ? 0 : -1;
}

int
log_id(struct store *s, int64_t n, uint8_t ret[static HASH_LEN], struct err *e)
{
	struct query *q = NULL;
	const void *p = NULL;
	size_t len = 0;
	int rv = -1;

	if (query_open(s, &q, "SELECT id FROM change WHERE n = ?1", e) == -1 ||
	    query_bind_int(q, 1, n, e) == -1)
		goto out;
	rv = query_step(q, e);
	if (rv == 1)
		p = query_blob(q, 0, &len);
	if (rv == 1 && len == HASH_LEN)
		memcpy(ret, p, HASH_LEN);
	else if (rv != -1)
		err_set(
		    e, ERR_NOTFOUND, _("no change %lld here"), (long long)n);
	rv = rv == 1 && len == HASH_LEN ? 0 : -1;
out:
	query_close(q);
	return rv;
}

static int
read_place(struct store *s, const struct log_row *r, struct log_entry *l,
    struct err *e)
{
	const uint8_t *w;

	if (log_coalition(s, &w, e) == -1 ||
	    log_key(s, r->log, l->place.key, e) == -1 ||
	    read_previous(s, r, l, e) == -1)
		return -1;
	if (w != NULL)
		memcpy(l->place.coalition, w, HASH_LEN);
	l->place.is_genesis = (r->flags & LOG_GENESIS) != 0;
	return 0;
}

static int
read_line(struct store *s, const struct log_row *r, struct log_entry *l,
    struct err *e)
{
	const char *line;

	if (log_line(s, r, &line, e) == -1)
		return -1;
	buf_add(&l->line, line, (size_t)r->len);
	if (change_split(l->line.data, l->line.len, &l->change, e) == -1)
		return err_set(e, ERR_CORRUPT,
		    _("change %lld does not read: stop and run 'mufakatd "
		      "--rebuild'"),
		    (long long)r->n);
	return 0;
}

static int
read_entry(struct store *s, const struct log_row *r, struct log_entry *ret,
    struct err *e)
{
	struct log_entry l;

	memset(&l, 0, sizeof(l));
	l.n = r->n;
	l.log = r->log;
	l.t = r->t;
	l.authentic = (r->flags & LOG_AUTHENTIC) != 0;
	l.sig_checked = (r->flags & LOG_CHECKED) != 0;
	l.weighty = (r->flags & LOG_WEIGHTY) != 0;
	if (log_id(s, r->n, l.id, e) == -1 || read_place(s, r, &l, e) == -1 ||
	    read_line(s, r, &l, e) == -1) {
		log_entry_clear(&l);
		return -1;
	}
	*ret = l;
	return 0;
}

int
log_get(struct store *s, int64_t n, struct log_entry *ret, struct err *e)
{
	struct log_row r;

	if (log_row(s, n, &r, e) == -1)
		return -1;
	return read_entry(s, &r, ret, e);
}

int
log_by_id(struct store *s, const uint8_t id[static HASH_LEN],
    struct log_entry *ret, struct err *e)
{
	char hex[HEX_SIZE];
	struct log_row row;
	int r = log_lookup(s, id, &row, e);

	if (r == 0) {
		text_hex(id, HASH_LEN, hex);
		return err_set(
		    e, ERR_NOTFOUND, _("no change '%.16s...' here"), hex);
	}
	return r == -1 ? -1 : read_entry(s, &row, ret, e);
}

/* The ids that start with a hex prefix lie between it filled up with 0 and
 * with f. */
static int
bounds(const char *hex, uint8_t low[static HASH_LEN],
    uint8_t high[static HASH_LEN], struct err *e)
{
	char filled[2 * HASH_LEN];
	size_t n = strlen(hex);

	if (n < 4 || n > sizeof(filled) || strspn(hex, "0123456789abcdef") != n)
		return err_set(e, ERR_INPUT,
		    _("'%.70s' is no change: give at least 4 characters of "
		      "its id, 0-9 and a-f"),
		    hex);
	memset(filled, '0', sizeof(filled));
	memcpy(filled, hex, n);
	text_unhex(filled, sizeof(filled), low, HASH_LEN);
	memset(filled + n, 'f', sizeof(filled) - n);
	text_unhex(filled, sizeof(filled), high, HASH_LEN);
	return 0;
}

int
log_find(struct store *s, const char *hex, struct log_entry *ret, struct err *e)
{
	uint8_t low[HASH_LEN], high[HASH_LEN];
	struct query *q = NULL;
	int64_t n = 0;
	int r = -1;

	if (bounds(hex, low, high, e) == -1)
		return -1;
	if (query_open(s, &q,
		"SELECT n FROM change WHERE substr(id, 1, 8)"
		" BETWEEN substr(?1, 1, 8) AND substr(?2, 1, 8)"
		" AND id BETWEEN ?1 AND ?2 LIMIT 2",
		e) == -1 ||
	    query_bind_blob(q, 1, low, HASH_LEN, e) == -1 ||
	    query_bind_blob(q, 2, high, HASH_LEN, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 0) {
		r = err_set(e, ERR_NOTFOUND,
		    _("no change '%.70s' here: see 'mufakat log'"), hex);
		goto out;
	}
	if (r == -1)
		goto out;
	n = query_int(q, 0);
	r = query_step(q, e);
	if (r == 1)
		r = err_set(e, ERR_INPUT,
		    _("several changes start with '%.70s': give more of it"),
		    hex);
out:
	query_close(q);
	return r == 0 ? log_get(s, n, ret, e) : -1;
}

/* --- logs ------------------------------------------------------------------ */

#define INFO                                                                   \
	"SELECT l.n, l.key, l.changes,"                                        \
	" coalesce((SELECT max(c.t) FROM head h JOIN change c"                 \
	"  ON c.n = h.change WHERE h.log = l.n), 0), l.heard,"                 \
	" (SELECT count(*) FROM head h WHERE h.log = l.n) FROM log l"

static int
read_info(struct query *q, struct log_info *l, struct err *e)
{
	size_t n;
	const void *key = query_blob(q, 1, &n);

	if (n != KEY_LEN)
		return err_set(e, ERR_CORRUPT,
		    _("a log has no key: stop and run 'mufakatd --rebuild'"));
	l->log = query_int(q, 0);
	memcpy(l->key, key, KEY_LEN);
	l->changes = query_int(q, 2);
	l->last_t = query_int(q, 3);
	l->heard_ms = query_int(q, 4);
	l->heads = (unsigned)query_int(q, 5);
	return 0;
}

int
log_each(struct store *s, int (*fn)(void *arg, const struct log_info *l),
    void *arg, struct err *e)
{
	struct query *q = NULL;
	struct log_info l;
	int r = -1;

	if (query_open(s, &q, INFO " ORDER BY l.n", e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		if ((r = read_info(q, &l, e)) != 0 || (r = fn(arg, &l)) != 0)
			break;
out:
	query_close(q);
	return r;
}

/* All gaps and absent portions are walked: there are few. */
int
log_gaps(struct store *s, int64_t log, struct log_gaps *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT (SELECT count(DISTINCT k.parent) FROM link k"
		"  CROSS JOIN change c ON c.n = k.child WHERE c.log = ?1"
		"  AND NOT EXISTS (SELECT 1 FROM change p"
		"   WHERE substr(p.id, 1, 8) = substr(k.parent, 1, 8)"
		"   AND p.id = k.parent)),"
		" (SELECT count(*) FROM patch a"
		"  CROSS JOIN change c ON c.n = a.change"
		"  WHERE c.log = ?1 AND a.part >= 0)",
		e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = (struct log_gaps){query_int(q, 0), query_int(q, 1)};
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

int
log_of_key(struct store *s, const uint8_t key[static KEY_LEN],
    struct log_info *ret, struct err *e)
{
	struct query *q = NULL;
	char text[KEY_SIZE];
	int r = -1;

	if (query_open(s, &q, INFO " WHERE l.key = ?1", e) == -1 ||
	    query_bind_blob(q, 1, key, KEY_LEN, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		r = read_info(q, ret, e);
	else if (r == 0) {
		ident_key(key, text);
		r = err_set(
		    e, ERR_NOTFOUND, _("no log of key '%.8s...' here"), text);
	}
out:
	query_close(q);
	return r;
}

int
log_heads(struct store *s, int64_t log, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (store_log_flush(s, e) == -1 ||
	    query_open(s, &q,
		"SELECT c.id FROM head h JOIN change c ON c.n = h.change"
		" WHERE h.log = ?1 ORDER BY c.id",
		e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		size_t n;
		const void *id = query_blob(q, 0, &n);

		if (n == HASH_LEN)
			buf_add(b, id, n);
	}
out:
	query_close(q);
	return r;
}

int
log_last(struct store *s, int64_t *ret, struct err *e)
{
	return store_number(
	    s, "SELECT coalesce(max(n), 0) FROM change", ret, e);
}

/* No index leads from a change to the next ones: mostly it is the next row of
 * the log, and heads, which have none, are known. */
int
log_next(struct store *s, int64_t n, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT n FROM (SELECT n, id FROM change WHERE prev = ?1"
		" AND n > ?1 AND flags & 1"
		" UNION SELECT c.n, c.id FROM change p"
		" JOIN link l ON l.parent = p.id JOIN change c ON c.n = l.child"
		" WHERE p.n = ?1 AND c.log = p.log AND c.flags & 1)"
		" WHERE NOT EXISTS (SELECT 1 FROM head WHERE change = ?1"
		" AND log = (SELECT log FROM change WHERE n = ?1))"
		" ORDER BY id LIMIT 1",
		e) == -1 ||
	    query_bind_int(q, 1, n, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

/* --- ancestry -------------------------------------------------------------- */

/* A set of change numbers, one bit each. */
struct bits {
	unsigned char *p;
	int64_t max;
};

static bool
bits_add(struct bits *b, int64_t n)
{
	bool had;

	if (n < 0 || n > b->max)
		return true;
	had = (b->p[n / 8] >> (n % 8)) & 1;
	b->p[n / 8] |= (unsigned char)(1 << (n % 8));
	return had;
}

static void
push_new(struct buf *todo, struct bits *seen, const struct buf *more)
{
	int64_t n;

	for (size_t i = 0; i < more->len; i += sizeof(n)) {
		memcpy(&n, more->data + i, sizeof(n));
		if (!bits_add(seen, n))
			buf_add(todo, &n, sizeof(n));
	}
}

/* Walks back from what is in "todo" until it meets "want". */
static bool
reaches(struct store *s, struct buf *todo, struct bits *seen, int64_t want)
{
	struct buf more = BUF_INIT;
	struct err ignored;
	struct log_row r;
	bool found = false;
	int64_t n;

	while (todo->len > 0 && !found) {
		todo->len -= sizeof(n);
		memcpy(&n, todo->data + todo->len, sizeof(n));
		found = n == want;
		buf_reset(&more);
		if (log_row(s, n, &r, &ignored) == -1 ||
		    log_parents(s, &r, &more, &ignored) == -1)
			break;
		push_new(todo, seen, &more);
	}
	buf_clear(&more);
	return found;
}

bool
log_within(struct store *s, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	struct buf todo = BUF_INIT;
	struct bits seen = {0};
	struct log_row want, r;
	struct err ignored;
	bool found = false;

	if (log_lookup(s, change, &want, &ignored) != 1 ||
	    log_last(s, &seen.max, &ignored) == -1)
		return false;
	seen.p = mem_zalloc((size_t)seen.max / 8 + 1);
	for (size_t i = 0; i < nheads; i++)
		if (log_lookup(s, heads[i], &r, &ignored) == 1 &&
		    r.log == want.log && (r.flags & LOG_AUTHENTIC) &&
		    !bits_add(&seen, r.n))
			buf_add(&todo, &r.n, sizeof(r.n));
	found = reaches(s, &todo, &seen, want.n);
	free(seen.p);
	buf_clear(&todo);
	return found;
}

/* --- export ---------------------------------------------------------------- */

struct export
{
	struct store *s;
	int64_t upto;
	int64_t at; /* every number up to here was looked at */
	struct bits given;
	struct buf stack;
	int (*fn)(void *arg, const struct log_entry *l);
	void *arg;
};

/* Puts the predecessors that came after this change on the stack: those that
 * came before it were given already.  Returns how many, or -1. */
static int
push_late(struct export *x, const struct log_row *r, struct err *e)
{
	struct buf parents = BUF_INIT;
	int64_t n;
	int count = 0;

	if (log_parents(x->s, r, &parents, e) == -1) {
		buf_clear(&parents);
		return -1;
	}
	for (size_t i = 0; i < parents.len; i += sizeof(n)) {
		memcpy(&n, parents.data + i, sizeof(n));
		if (n <= x->at || n > x->upto ||
		    (x->given.p[n / 8] >> (n % 8)) & 1)
			continue;
		buf_add(&x->stack, &n, sizeof(n));
		count++;
	}
	buf_clear(&parents);
	return count;
}

static int
give(struct export *x, const struct log_row *r, struct err *e)
{
	struct log_entry l;
	int rv;

	if (bits_add(&x->given, r->n))
		return 0;
	if (read_entry(x->s, r, &l, e) == -1)
		return -1;
	rv = x->fn(x->arg, &l);
	log_entry_clear(&l);
	return rv;
}

/* Gives a change, and before it what it follows. */
static int
give_in_order(struct export *x, int64_t n, struct err *e)
{
	struct log_row r;
	int rv = 0, late;

	buf_reset(&x->stack);
	buf_add(&x->stack, &n, sizeof(n));
	while (x->stack.len > 0 && rv == 0) {
		memcpy(&n, x->stack.data + x->stack.len - sizeof(n), sizeof(n));
		if (log_row(x->s, n, &r, e) == -1 ||
		    (late = push_late(x, &r, e)) == -1)
			return -1;
		if (late > 0)
			continue;
		x->stack.len -= sizeof(n);
		rv = give(x, &r, e);
	}
	return rv;
}

/* The newest change of a log: behind it there is nothing to look for. */
static int
last_of(struct store *s, int64_t log, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (store_log_flush(s, e) == -1 ||
	    query_open(s, &q, "SELECT last FROM log WHERE n = ?1", e) == -1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	r = query_step(q, e);
	*ret = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
log_export(struct store *s, int64_t log, int64_t after, int64_t upto,
    int (*fn)(void *arg, const struct log_entry *l), void *arg, struct err *e)
{
	struct export x = {.s = s, .at = after, .fn = fn, .arg = arg};
	struct query *q = NULL;
	int64_t last;
	int r = -1;

	if (last_of(s, log, &last, e) == -1)
		return -1;
	x.upto = upto < last ? upto : last;
	x.given.max = x.upto > 0 ? x.upto : 0;
	x.given.p = mem_zalloc((size_t)x.given.max / 8 + 1);
	if (query_open(s, &q,
		"SELECT n FROM change WHERE n > ?1 AND n <= ?2 AND log = ?3"
		" ORDER BY n",
		e) == -1 ||
	    query_bind_int(q, 1, after, e) == -1 ||
	    query_bind_int(q, 2, x.upto, e) == -1 ||
	    query_bind_int(q, 3, log, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		r = give_in_order(&x, query_int(q, 0), e);
		if (r != 0)
			break;
		x.at = query_int(q, 0);
	}
out:
	query_close(q);
	free(x.given.p);
	buf_clear(&x.stack);
	return r;
}
