#include "view.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/text.h"
#include "query.h"
#include "store_flags.h"
#include "store_view.h"

#define PREFIX_MIN  4
#define CANDIDATES  5 /* listed when a prefix is ambiguous */
#define TITLE_WIDTH 24

/* --- finding -------------------------------------------------------------- */

static void
copy_text(char *ret, size_t size, const char *s)
{
	snprintf(ret, size, "%s", s != NULL ? s : "");
}

static void
copy_hash(uint8_t ret[static HASH_LEN], struct query *q, int col)
{
	size_t n = 0;
	const void *p = query_blob(q, col, &n);

	memset(ret, 0, HASH_LEN);
	if (n == HASH_LEN)
		memcpy(ret, p, HASH_LEN);
}

/* By its exact id.  Returns 1, 0 if nothing has it, -1. */
static int
load(struct store *s, const char *id, struct view_record *ret, struct err *e)
{
	struct view_record v = {0};
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT r.n, r.id, t.text, o.text, c.id, r.parent, r.flags"
		" FROM " VIEW_RECORD
		" JOIN change c ON c.n = r.change WHERE r.id = ?1"
		" UNION ALL SELECT 0, v.id, 'version', '', c.id, '', 0"
		" FROM version v JOIN change c ON c.n = v.change"
		" WHERE v.id = ?1"
		" UNION ALL SELECT 0, g.id, 'signature', '', c.id, '', 0"
		" FROM signature g JOIN change c ON c.n = g.change"
		" WHERE g.id = ?1",
		e) == -1 ||
	    query_bind_text(q, 1, id, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != 1)
		goto out;
	v.n = query_int(q, 0);
	copy_text(v.id, sizeof(v.id), query_text(q, 1));
	copy_text(v.type, sizeof(v.type), query_text(q, 2));
	copy_text(v.org, sizeof(v.org), query_text(q, 3));
	copy_hash(v.change, q, 4);
	copy_text(v.in, sizeof(v.in), query_text(q, 5));
	v.deleted = (query_int(q, 6) & RECORD_DELETED) != 0;
	v.conflicted = (query_int(q, 6) & RECORD_CONFLICT) != 0;
	*ret = v;
out:
	query_close(q);
	return r;
}

/* Ids that start with the prefix, in order, at most one more than is listed;
 * "{" is the byte after "z".  Returns how many, or -1. */
static int
candidates(struct store *s, const char *prefix,
    char ret[static CANDIDATES + 1][ID_SIZE], struct err *e)
{
	struct query *q = NULL;
	char end[ID_SIZE + 1];
	int r = -1, n = 0;

	snprintf(end, sizeof(end), "%s{", prefix);
	if (query_open(s, &q,
		"SELECT id FROM record WHERE id >= ?1 AND id < ?2"
		" UNION ALL SELECT id FROM version WHERE id >= ?1 AND id < ?2"
		" UNION ALL SELECT id FROM signature"
		" WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
		e) == -1 ||
	    query_bind_text(q, 1, prefix, e) == -1 ||
	    query_bind_text(q, 2, end, e) == -1)
		goto out;
	while (n <= CANDIDATES && (r = query_step(q, e)) == 1)
		copy_text(ret[n++], ID_SIZE, query_text(q, 0));
out:
	query_close(q);
	return r == -1 ? -1 : n;
}

/* The fewest characters that tell sorted ids apart. */
static size_t
telling(char ids[static CANDIDATES + 1][ID_SIZE], int n)
{
	size_t need = PREFIX_MIN;

	for (int i = 1; i < n; i++) {
		size_t same = 0;

		while (same < ID_CHARS - 1 && ids[i - 1][same] == ids[i][same])
			same++;
		if (same + 1 > need)
			need = same + 1;
	}
	return need;
}

/* "abcde (recommendation 'Rest day')" */
static int
describe(
    struct store *s, const char *id, size_t chars, struct buf *b, struct err *e)
{
	struct view_record v = {0};
	struct buf title = BUF_INIT;
	json_t *row = NULL;
	int rv = -1;

	if (load(s, id, &v, e) == -1 ||
	    (v.n != 0 && view_row(s, v.n, &row, e) == -1))
		goto out;
	view_title(json_object_get(row, "values"), &title);
	buf_printf(b, "%.*s (%s", (int)chars, id, v.type);
	if (title.len > 0) {
		size_t n = text_fit(title.data, title.len, TITLE_WIDTH);

		buf_printf(b, " '%.*s%s'", (int)n, title.data,
		    n < title.len ? "..." : "");
	}
	buf_addc(b, ')');
	rv = 0;
out:
	json_decref(row);
	buf_clear(&title);
	return rv;
}

/* As many candidates as the message has room for. */
static int
ambiguous(struct store *s, const char *prefix,
    char ids[static CANDIDATES + 1][ID_SIZE], int n, struct err *e)
{
	struct buf list = BUF_INIT, one = BUF_INIT;
	size_t room = sizeof(e->msg) - 40 - strlen(prefix);
	size_t chars = telling(ids, n);
	int i, rv = -1;

	for (i = 0; i < n && i < CANDIDATES; i++) {
		buf_reset(&one);
		buf_adds(&one, i > 0 ? ", " : "");
		if (describe(s, ids[i], chars, &one, e) == -1)
			goto out;
		if (list.len + one.len > room)
			break;
		buf_add(&list, one.data, one.len);
	}
	rv = err_set(e, ERR_INPUT, _("ambiguous id '%s': %s%s"), prefix,
	    buf_str(&list), i < n ? ", ..." : "");
out:
	buf_clear(&list);
	buf_clear(&one);
	return rv;
}

static int
check_prefix(const char *prefix, struct err *e)
{
	size_t n = strlen(prefix);

	if (n > ID_CHARS ||
	    strspn(prefix, "abcdefghijklmnopqrstuvwxyz234567") != n)
		return err_set(e, ERR_INPUT,
		    _("'%.40s' is not an id: ids are up to %d characters of "
		      "a-z and 2-7, as 'mufakat list TYPE' shows them"),
		    prefix, ID_CHARS);
	if (n < PREFIX_MIN)
		return err_set(e, ERR_INPUT,
		    _("id '%s' is too short: give at least %d characters"),
		    prefix, PREFIX_MIN);
	return 0;
}

int
view_find(
    struct store *s, const char *prefix, struct view_record *ret, struct err *e)
{
	char ids[CANDIDATES + 1][ID_SIZE];
	int n;

	if (check_prefix(prefix, e) == -1)
		return -1;
	n = candidates(s, prefix, ids, e);
	if (n > 1)
		return ambiguous(s, prefix, ids, n, e);
	if (n == 1)
		n = load(s, ids[0], ret, e);
	if (n == -1)
		return -1;
	if (n == 1)
		return 0;
	return err_set(e, ERR_NOTFOUND,
	    _("no record, version or signature '%s' here: 'mufakat list TYPE' "
	      "shows what there is"),
	    prefix);
}

int
view_type(struct store *s, const char *id, char ret[static 65], struct err *e)
{
	struct view_record v;
	int r = load(s, id, &v, e);

	if (r == 0)
		return err_set(
		    e, ERR_NOTFOUND, _("no record '%.40s' here"), id);
	if (r == -1)
		return -1;
	memcpy(ret, v.type, sizeof(v.type));
	return 0;
}

/* --- values --------------------------------------------------------------- */

json_t *
view_json(const char *text)
{
	json_t *j = NULL;
	struct err ignored;

	if (text != NULL)
		json_read_value(text, strlen(text), &j, &ignored);
	return j;
}

/* Gathers the live writes of one record, field by field. */
struct gather {
	json_t *values, *conflicts;
	json_t *missing;
	json_t *erased, *writes; /* NULL for a row */
	int64_t field;           /* the one at hand */
	bool is_contested;
	struct buf first; /* value of its first live write */
	bool first_missing;
};

static void
gather_init(struct gather *g, bool whole)
{
	memset(g, 0, sizeof(*g));
	g->values = json_object();
	g->conflicts = json_array();
	g->missing = json_array();
	if (!whole)
		return;
	g->erased = json_array();
	g->writes = json_object();
}

static void
gather_clear(struct gather *g)
{
	json_decref(g->values);
	json_decref(g->conflicts);
	json_decref(g->missing);
	json_decref(g->erased);
	json_decref(g->writes);
	buf_clear(&g->first);
}

/* As merge_conflict() has it: a missing value equals only itself. */
static void
compare(struct gather *g, int64_t field, const char *name, const char *value)
{
	bool is_first = field != g->field;

	if (is_first) {
		g->field = field;
		g->is_contested = false;
		g->first_missing = value == NULL;
		buf_reset(&g->first);
		buf_adds(&g->first, value != NULL ? value : "");
		return;
	}
	if (g->is_contested || (value != NULL && !g->first_missing &&
				   strcmp(value, buf_str(&g->first)) == 0))
		return;
	g->is_contested = true;
	json_array_append_new(g->conflicts, json_string(name));
}

static int
show(struct gather *g, const char *name, const char *value, struct err *e)
{
	json_t *j = view_json(value);

	if (value != NULL && j == NULL)
		return err_set(e, ERR_CORRUPT,
		    _("the database holds a damaged value: run 'mufakatd "
		      "--rebuild'"));
	json_object_set_new(g->values, name, j != NULL ? j : json_null());
	return 0;
}

/* Which change wrote what is shown, and why there is nothing. */
static void
tell(struct gather *g, struct query *q, const char *name, bool has_value)
{
	uint8_t change[HASH_LEN];
	char hex[HEX_SIZE];

	copy_hash(change, q, 4);
	text_hex(change, HASH_LEN, hex);
	json_object_set_new(g->writes, name, json_string(hex));
	if (!has_value)
		json_array_append_new(
		    query_int(q, 2) & WRITE_ERASED ? g->erased : g->missing,
		    json_string(name));
}

static const char row_sql[] =
    "SELECT w.field, f.text, w.flags, w.value FROM write w"
    " JOIN name f ON f.n = w.field"
    " WHERE w.record = ?1 AND w.flags & 2 ORDER BY w.field";
static const char whole_sql[] =
    "SELECT w.field, f.text, w.flags, w.value, c.id FROM write w"
    " JOIN name f ON f.n = w.field JOIN change c ON c.n = w.change"
    " WHERE w.record = ?1 AND w.flags & 2 ORDER BY w.field";

static int
gather(struct store *s, int64_t record, struct gather *g, struct err *e)
{
	struct query *q = NULL;
	bool whole = g->writes != NULL;
	int r = -1;

	if (query_open(s, &q, whole ? whole_sql : row_sql, e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		const char *name = query_text(q, 1);
		const char *value =
		    query_is_null(q, 3) ? NULL : query_text(q, 3);

		compare(g, query_int(q, 0), name, value);
		if (!(query_int(q, 2) & WRITE_SHOWN))
			continue;
		if (show(g, name, value, e) == -1) {
			r = -1;
			break;
		}
		if (whole)
			tell(g, q, name, value != NULL);
		else if (value == NULL && !(query_int(q, 2) & WRITE_ERASED))
			json_array_append_new(g->missing, json_string(name));
	}
out:
	query_close(q);
	return r;
}

int
view_values(struct store *s, int64_t record, json_t **ret, struct err *e)
{
	struct gather g;
	int rv;

	gather_init(&g, true);
	rv = gather(s, record, &g, e);
	if (rv == 0)
		*ret = json_pack("{s:O, s:O, s:O, s:O, s:O}", "values",
		    g.values, "conflicts", g.conflicts, "missing", g.missing,
		    "erased", g.erased, "writes", g.writes);
	gather_clear(&g);
	return rv;
}

/* --- rows ----------------------------------------------------------------- */

int
view_row_of(struct store *s, struct query *q, json_t **ret, struct err *e)
{
	struct gather g;
	int rv;

	gather_init(&g, false);
	rv = gather(s, query_int(q, 0), &g, e);
	if (rv == 0)
		*ret = json_pack("{s:s, s:s, s:s, s:b, s:O, s:O, s:O}", "id",
		    query_text(q, 1), "type", query_text(q, 2), "organisation",
		    query_text(q, 3), "deleted",
		    (query_int(q, 4) & RECORD_DELETED) != 0, "conflicts",
		    g.conflicts, "missing", g.missing, "values", g.values);
	gather_clear(&g);
	return rv;
}

int
view_row(struct store *s, int64_t record, json_t **ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT " VIEW_ROW " FROM " VIEW_RECORD " WHERE r.n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		r = view_row_of(s, q, ret, e) == 0 ? 1 : -1;
	else if (r == 0)
		err_set(e, ERR_NOTFOUND, _("no record %lld here"),
		    (long long)record);
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

const char *
view_title(const json_t *values, struct buf *b)
{
	static const char *const fields[] = {
	    "title", "name", "theme", "text", NULL};

	for (size_t i = 0; fields[i] != NULL; i++) {
		const json_t *j = json_object_get(values, fields[i]);

		if (!json_is_string(j) || json_string_length(j) == 0)
			continue;
		buf_add(b, json_string_value(j),
		    strcspn(json_string_value(j), "\r\n"));
		return fields[i];
	}
	return NULL;
}
