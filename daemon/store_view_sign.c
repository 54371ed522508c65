/* Writes, versions and signatures, one by one. */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "query.h"
#include "store_flags.h"
#include "store_view.h"

static void
copy_text(char *ret, size_t size, struct query *q, int col)
{
	const char *s = query_text(q, col);

	snprintf(ret, size, "%s", s != NULL ? s : "");
}

static void
copy_blob(void *ret, size_t size, struct query *q, int col)
{
	size_t n = 0;
	const void *p = query_blob(q, col, &n);

	memset(ret, 0, size);
	if (n == size)
		memcpy(ret, p, size);
}

/* --- writes --------------------------------------------------------------- */

/* Sorted without the values, which are read one by one: the sorter keeps all
 * its rows in memory. */
#define WRITE_ROWS(which)                                                      \
	"SELECT x.name, x.id, l.key, x.t,"                                     \
	" (SELECT v.value FROM write v WHERE v.record = ?1"                    \
	"  AND v.field = x.field AND v.change = x.change),"                    \
	" x.flags, x.change, r.id FROM"                                        \
	" (SELECT f.text AS name, c.id, c.log, c.t, w.field, w.flags,"         \
	"   w.change FROM write w JOIN name f ON f.n = w.field"                \
	"   JOIN change c ON c.n = w.change WHERE w.record = ?1 " which        \
	"   ORDER BY f.text, c.t, c.id LIMIT -1) x"                            \
	" CROSS JOIN log l ON l.n = x.log CROSS JOIN record r ON r.n = ?1"

#define OF_FIELD "AND w.field = (SELECT n FROM name WHERE text = ?2)"

static const char writes_all[] = WRITE_ROWS("");
static const char writes_field[] = WRITE_ROWS(OF_FIELD);
static const char writes_live[] = WRITE_ROWS("AND w.flags & 2");
static const char writes_one[] = WRITE_ROWS(OF_FIELD " AND w.change = ?3");

/* A superseded write has lost its value here; the log has it. */
static int
read_write(struct store *s, struct query *q, struct view_write *w,
    struct buf *value, struct err *e)
{
	int64_t flags = query_int(q, 5);
	int r = 0;

	memset(w, 0, sizeof(*w));
	w->field = query_text(q, 0);
	copy_blob(w->change, HASH_LEN, q, 1);
	copy_blob(w->key, KEY_LEN, q, 2);
	w->t = query_int(q, 3);
	w->counts = (flags & WRITE_COUNTS) != 0;
	w->live = (flags & WRITE_LIVE) != 0;
	w->is_shown = (flags & WRITE_SHOWN) != 0;
	w->is_erased = (flags & WRITE_ERASED) != 0;
	if (!query_is_null(q, 4)) {
		w->value = query_text(q, 4);
	} else if (!(flags & (WRITE_MISSING | WRITE_ERASED))) {
		buf_reset(value);
		r = view_logged(
		    s, query_int(q, 6), query_text(q, 7), w->field, value, e);
		w->value = r == 1 ? buf_str(value) : NULL;
	}
	return r == -1 ? -1 : 0;
}

typedef int (*write_fn)(void *arg, const struct view_write *w);

/* Runs one of the statements above; field NULL and change 0 where it has no
 * such parameter. */
static int
each_write(struct store *s, const char *sql, int64_t record, const char *field,
    int64_t change, write_fn fn, void *arg, struct err *e)
{
	struct query *q = NULL;
	struct buf value = BUF_INIT;
	struct view_write w;
	int r = -1;

	if (query_open(s, &q, sql, e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1 ||
	    (field != NULL && query_bind_text(q, 2, field, e) == -1) ||
	    (change != 0 && query_bind_int(q, 3, change, e) == -1))
		goto out;
	while ((r = query_step(q, e)) == 1) {
		r = read_write(s, q, &w, &value, e);
		if (r == 0)
			r = fn(arg, &w);
		if (r != 0)
			break;
	}
out:
	query_close(q);
	buf_clear(&value);
	return r;
}

int
view_writes(struct store *s, int64_t record, const char *field, write_fn fn,
    void *arg, struct err *e)
{
	return each_write(s, field != NULL ? writes_field : writes_all, record,
	    field, 0, fn, arg, e);
}

int
view_live_writes(
    struct store *s, int64_t record, write_fn fn, void *arg, struct err *e)
{
	return each_write(s, writes_live, record, NULL, 0, fn, arg, e);
}

int
view_write_at(struct store *s, int64_t record, const char *field,
    int64_t change, write_fn fn, void *arg, struct err *e)
{
	return each_write(s, writes_one, record, field, change, fn, arg, e);
}

/* --- versions ------------------------------------------------------------- */

#define VERSION_COLUMNS                                                        \
	"SELECT v.id, v.record, v.change, v.op, v.rule, v.hash, v.counts"      \
	" FROM version v JOIN change c ON c.n = v.change WHERE "

static const char version_one[] = VERSION_COLUMNS "v.id = ?1";
static const char version_all[] =
    VERSION_COLUMNS "v.record = ?1 ORDER BY c.t, c.id, v.op";

/* Text and "of" stand in the log only. */
static void
read_logged(const struct view_change *c, size_t op, struct view_version *v,
    json_t **text, struct buf *of)
{
	json_t *j;

	memcpy(v->change, c->entry.id, HASH_LEN);
	memcpy(v->key, c->entry.place.key, KEY_LEN);
	v->t = c->entry.t;
	v->of = "[]";
	if (op >= c->head.nops || c->head.ops[op].op != OP_VERSION)
		return;
	j = json_deep_copy(json_object_get(c->head.ops[op].j, "of"));
	if (j != NULL) {
		j = value_resolve(j, c->entry.id);
		json_write(j, of);
		json_decref(j);
		v->of = buf_str(of);
	}
	*text = view_change_value(c, &c->head.ops[op], 0);
	if (json_is_string(*text)) {
		v->text = json_string_value(*text);
		v->text_len = json_string_length(*text);
	}
}

static int
each_version(struct store *s, struct query *q,
    int (*fn)(void *arg, const struct view_version *v), void *arg,
    struct err *e)
{
	struct view_version v = {0};
	struct view_change c;
	struct buf of = BUF_INIT;
	json_t *text = NULL;
	int rv;

	copy_text(v.id, sizeof(v.id), q, 0);
	copy_text(v.record, sizeof(v.record), q, 1);
	v.rule = (int)query_int(q, 4);
	copy_blob(v.hash, HASH_LEN, q, 5);
	v.counts = query_int(q, 6) != 0;
	if (view_change_open(s, query_int(q, 2), &c, e) == -1)
		return -1;
	read_logged(&c, (size_t)query_int(q, 3), &v, &text, &of);
	rv = fn(arg, &v);
	json_decref(text);
	buf_clear(&of);
	view_change_close(&c);
	return rv;
}

/* Calls fn for the versions that a statement with an id gives. */
static int
versions(struct store *s, const char *sql, const char *id,
    int (*fn)(void *arg, const struct view_version *v), void *arg, size_t *n,
    struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, sql, e) == -1 ||
	    query_bind_text(q, 1, id, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		(*n)++;
		r = each_version(s, q, fn, arg, e);
		if (r != 0)
			break;
	}
out:
	query_close(q);
	return r;
}

int
view_versions(struct store *s, const char *record,
    int (*fn)(void *arg, const struct view_version *v), void *arg,
    struct err *e)
{
	size_t n = 0;

	return versions(s, version_all, record, fn, arg, &n, e);
}

int
view_version(struct store *s, const char *id,
    int (*fn)(void *arg, const struct view_version *v), void *arg,
    struct err *e)
{
	size_t n = 0;
	int r = versions(s, version_one, id, fn, arg, &n, e);

	if (r == 0 && n == 0)
		return err_set(
		    e, ERR_NOTFOUND, _("no version '%.40s' here"), id);
	return r;
}

/* --- signatures ----------------------------------------------------------- */

#define SIGNATURE_COLUMNS                                                      \
	"SELECT g.id, g.record, g.version, c.id, l.key, c.t, g.message,"       \
	" g.sig, g.flags FROM signature g JOIN change c ON c.n = g.change"     \
	" JOIN log l ON l.n = c.log "

static const char signatures_all[] = SIGNATURE_COLUMNS "ORDER BY c.t, g.id";
static const char signatures_record[] =
    SIGNATURE_COLUMNS "WHERE g.record = ?1 ORDER BY c.t, g.id";

static void
read_signature(struct query *q, struct view_signature *g)
{
	int64_t flags = query_int(q, 8);

	memset(g, 0, sizeof(*g));
	copy_text(g->id, sizeof(g->id), q, 0);
	copy_text(g->record, sizeof(g->record), q, 1);
	copy_text(g->version, sizeof(g->version), q, 2);
	copy_blob(g->change, HASH_LEN, q, 3);
	copy_blob(g->key, KEY_LEN, q, 4);
	g->t = query_int(q, 5);
	if (!query_is_null(q, 6)) {
		g->message = query_text(q, 6);
		g->message_len = strlen(g->message);
	}
	if (!query_is_null(q, 7))
		g->sig = query_text(q, 7);
	g->good = (flags & SIGN_GOOD) != 0;
	g->counts = (flags & SIGN_COUNTS) != 0;
	g->in_state = (flags & SIGN_IN_STATE) != 0;
	g->contested = (flags & SIGN_CONTESTED) != 0;
}

int
view_signatures(struct store *s, const char *record,
    int (*fn)(void *arg, const struct view_signature *v), void *arg,
    struct err *e)
{
	struct query *q = NULL;
	struct view_signature g;
	int r = -1;

	if (query_open(s, &q,
		record != NULL ? signatures_record : signatures_all, e) == -1 ||
	    (record != NULL && query_bind_text(q, 1, record, e) == -1))
		goto out;
	while ((r = query_step(q, e)) == 1) {
		read_signature(q, &g);
		r = fn(arg, &g);
		if (r != 0)
			break;
	}
out:
	query_close(q);
	return r;
}
