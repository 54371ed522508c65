/* Pages of records: lists, search, conflicts; and the counts of status. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "common/types.h"
#include "log_read.h"
#include "query.h"
#include "store_flags.h"
#include "store_search.h"
#include "store_view.h"

/* Steps through a query of VIEW_ROW and appends each row. */
static int
add_rows(struct store *s, struct query *q, json_t *list, struct err *e)
{
	int r;

	while ((r = query_step(q, e)) == 1) {
		json_t *row = NULL;

		if (view_row_of(s, q, &row, e) == -1)
			return -1;
		json_array_append_new(list, row);
	}
	return r;
}

/* ?3 is the array that wanted() makes, taken apart once.  Each must be met by
 * what the record shows: the same JSON text, or one of the elements of an
 * array.  A null is met by a field that was never written, too. */
#define WANTED                                                                 \
	"WITH f(field, text, type, atom) AS MATERIALIZED (SELECT"              \
	" (SELECT n FROM name WHERE text = j.value->>'$.field'),"              \
	" j.value->>'$.text', json_type(j.value, '$.value'),"                  \
	" j.value->>'$.value' FROM json_each(?3) j) "

#define NOTHING_UNMET                                                          \
	"NOT EXISTS (SELECT 1 FROM f WHERE NOT EXISTS"                         \
	" (SELECT 1 FROM write w WHERE w.record = r.n AND w.field = f.field"   \
	"  AND w.flags & 4 AND (w.value = f.text OR"                           \
	"  substr(w.value, 1, 1) = '[' AND EXISTS"                             \
	"  (SELECT 1 FROM json_each(w.value) v"                                \
	"   WHERE v.type = f.type AND v.atom = f.atom)))"                      \
	" AND NOT (f.type = 'null' AND NOT EXISTS (SELECT 1 FROM write w"      \
	"  WHERE w.record = r.n AND w.field = f.field AND w.flags & 4)))"

#define PAGE                                                                   \
	"r.id > ?1 AND (?2 OR NOT r.flags & 1) AND " NOTHING_UNMET             \
	" ORDER BY r.id LIMIT ?4"

static const char list_all[] =
    WANTED "SELECT " VIEW_ROW " FROM " VIEW_RECORD " WHERE " PAGE;
static const char list_type[] =
    WANTED "SELECT " VIEW_ROW " FROM " VIEW_RECORD
	   " WHERE r.type = (SELECT n FROM name WHERE text = ?5) AND " PAGE;

/* [{"field":...,"value":...,"text":the value's JSON text},...] */
static void
wanted(const json_t *where, struct buf *b)
{
	json_t *all = json_array();
	const char *field;
	json_t *value;
	struct buf text = BUF_INIT;

	json_object_foreach ((json_t *)where, field, value) {
		buf_reset(&text);
		json_write(value, &text);
		json_array_append_new(
		    all, json_pack("{s:s, s:O, s:s}", "field", field, "value",
			     value, "text", buf_str(&text)));
	}
	json_write(all, b);
	json_decref(all);
	buf_clear(&text);
}

int
view_list(struct store *s, const char *type, const json_t *where,
    const char *after, int limit, bool deleted, json_t **ret, struct err *e)
{
	struct query *q = NULL;
	struct buf filter = BUF_INIT;
	json_t *list = json_array();
	int rv = -1;

	wanted(where, &filter);
	if (query_open(s, &q, type != NULL ? list_type : list_all, e) == -1 ||
	    query_bind_text(q, 1, after, e) == -1 ||
	    query_bind_int(q, 2, deleted, e) == -1 ||
	    query_bind_text(q, 3, filter.data, e) == -1 ||
	    query_bind_int(q, 4, limit, e) == -1 ||
	    (type != NULL && query_bind_text(q, 5, type, e) == -1) ||
	    add_rows(s, q, list, e) == -1)
		goto out;
	*ret = list;
	list = NULL;
	rv = 0;
out:
	query_close(q);
	json_decref(list);
	buf_clear(&filter);
	return rv;
}

int
view_search(struct store *s, const char *words, int offset, int limit,
    json_t **ret, struct err *e)
{
	struct query *q = NULL;
	struct buf match = BUF_INIT;
	json_t *list = json_array();
	int rv = -1;

	if (store_search_match(words, &match, e) == -1 ||
	    query_open(s, &q,
		"SELECT " VIEW_ROW " FROM search CROSS JOIN " VIEW_RECORD
		" WHERE r.n = search.rowid AND search MATCH ?1 AND NOT r.flags "
		"& 1"
		" ORDER BY search.rank, r.id LIMIT ?2 OFFSET ?3",
		e) == -1 ||
	    query_bind_text(q, 1, match.data, e) == -1 ||
	    query_bind_int(q, 2, limit, e) == -1 ||
	    query_bind_int(q, 3, offset, e) == -1 ||
	    add_rows(s, q, list, e) == -1)
		goto out;
	*ret = list;
	list = NULL;
	rv = 0;
out:
	query_close(q);
	json_decref(list);
	buf_clear(&match);
	return rv;
}

static bool
is_among(const json_t *names, const char *name)
{
	size_t i;
	json_t *v;

	json_array_foreach (names, i, v)
		if (name != NULL && strcmp(json_string_value(v), name) == 0)
			return true;
	return false;
}

/* An entry for each contested field of a record. */
static void
add_conflicts(json_t *list, const json_t *row)
{
	json_t *fields = types_names_in_order(
	    json_get_str(row, "type"), json_object_get(row, "conflicts"));
	struct buf title = BUF_INIT;
	const char *from = view_title(json_object_get(row, "values"), &title);
	json_t *field;
	size_t i;

	json_array_foreach (fields, i, field) {
		json_array_append_new(
		    list, json_pack("{s:O, s:O, s:s, s:b, s:O}", "id",
			      json_object_get(row, "id"), "type",
			      json_object_get(row, "type"), "title",
			      buf_str(&title), "title_in_conflict",
			      is_among(fields, from), "field", field));
	}
	json_decref(fields);
	buf_clear(&title);
}

int
view_conflicts(
    struct store *s, const char *after, int limit, json_t **ret, struct err *e)
{
	struct query *q = NULL;
	json_t *list = json_array();
	json_t *row = NULL;
	int r, rv = -1;

	if (query_open(s, &q,
		"SELECT " VIEW_ROW " FROM " VIEW_RECORD
		" WHERE r.flags & 2 AND r.id > ?1 ORDER BY r.id",
		e) == -1 ||
	    query_bind_text(q, 1, after, e) == -1)
		goto out;
	while (json_array_size(list) < (size_t)limit) {
		r = query_step(q, e);
		if (r == 0)
			break;
		if (r == -1 || view_row_of(s, q, &row, e) == -1)
			goto out;
		add_conflicts(list, row);
		json_decref(row);
	}
	*ret = list;
	list = NULL;
	rv = 0;
out:
	query_close(q);
	json_decref(list);
	return rv;
}

int
view_counts(struct store *s, struct view_counts *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT (SELECT coalesce(sum(changes), 0) FROM log),"
		" (SELECT count(*) FROM record),"
		" (SELECT count(*) FROM record WHERE flags & 2),"
		" (SELECT count(*) FROM version WHERE counts),"
		" (SELECT count(*) FROM signature WHERE flags & 4),"
		" (SELECT count(*) FROM change WHERE NOT flags & 1),"
		" (SELECT count(DISTINCT k.parent) FROM link k"
		"  WHERE NOT EXISTS (SELECT 1 FROM change p"
		"   WHERE substr(p.id, 1, 8) = substr(k.parent, 1, 8)"
		"   AND p.id = k.parent)),"
		" (SELECT count(*) FROM patch"
		"  WHERE part >= 0 AND data IS NULL)",
		e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = (struct view_counts){.changes = query_int(q, 0),
		    .records = query_int(q, 1),
		    .conflicts = query_int(q, 2),
		    .versions = query_int(q, 3),
		    .signatures = query_int(q, 4),
		    .waiting = query_int(q, 5),
		    .missing = query_int(q, 6),
		    .absent = query_int(q, 7)};
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}
