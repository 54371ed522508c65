/* types, list, search, conflicts: pages of many. */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "gate.h"
#include "office.h"
#include "signatures.h"
#include "values.h"
#include "writes.h"

#define SLICE 50 /* records read at once */

/* --- types --------------------------------------------------------------- */

static const char *const kinds[] = {
    [FIELD_LINE] = "line",
    [FIELD_TEXT] = "text",
    [FIELD_WORD] = "word",
    [FIELD_REF] = "record",
    [FIELD_REFS] = "records",
    [FIELD_DATE] = "date",
    [FIELD_LANGUAGE] = "language",
    [FIELD_COUNTRY] = "country",
    [FIELD_NUMBER] = "number",
    [FIELD_ORG] = "organisation",
    [FIELD_ORGS] = "organisations",
    [FIELD_BOOL] = "yes-no",
};

static const char *const whose[] = {
    [WHOSE_ANY] = "any",
    [WHOSE_OWN] = "own",
    [WHOSE_HOSTS] = "hosts",
};

static json_t *
words_json(const char *const *words)
{
	json_t *list = json_array();

	for (; words != NULL && *words != NULL; words++)
		json_array_append_new(list, json_string(*words));
	return list;
}

static json_t *
field_json(const struct field *f)
{
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:s, s:o, s:o, s:s}",
	    "name", f->name, "kind", kinds[f->kind], "required",
	    (f->flags & FIELD_REQUIRED) != 0, "personal",
	    (f->flags & FIELD_PERSONAL) != 0, "signed",
	    (f->flags & FIELD_SIGNED) != 0, "fixed",
	    (f->flags & FIELD_FIXED) != 0, "whose", whose[f->whose], "words",
	    words_json(f->words), "refers", words_json(f->refers), "label",
	    f->label);
}

static json_t *
type_json(const struct type *t)
{
	json_t *fields = json_array(), *moves = json_array();

	for (const struct field *f = t->fields; f->name != NULL; f++)
		json_array_append_new(fields, field_json(f));
	for (const struct transition *s = t->transitions;
	     s != NULL && s->to != NULL; s++)
		json_array_append_new(
		    moves, json_pack("[s?, s]", s->from, s->to));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", t->name,
	    "label", t->label, "whose", whose[t->whose], "columns",
	    words_json(t->columns), "fields", fields, "transitions", moves);
}

int
request_types(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	json_t *list = json_array();

	(void)o;
	(void)req;
	(void)e;
	for (const struct type *t = types_table; t->name != NULL; t++)
		json_array_append_new(list, type_json(t));
	*ret = json_pack("{s:o}", "types", list);
	return 0;
}

/* --- list ---------------------------------------------------------------- */

/* The values to look for.  A list field is matched by one of its members. */
static int
parse_where(struct office *o, const struct type *t, const json_t *where,
    json_t **ret, struct err *e)
{
	json_t *values, *v;
	const char *field;

	if (where == NULL || json_is_null(where)) {
		*ret = json_object();
		return 0;
	}
	if (!json_is_object(where))
		return err_set(e, ERR_INPUT, _("where: must be an object"));
	if (t == NULL) { /* all types: as it stands */
		*ret = json_deep_copy(where);
		return 0;
	}
	values = json_object();
	json_object_foreach ((json_t *)(uintptr_t)where, field, v) {
		const struct field *f = type_field(t, field);
		json_t *parsed = NULL;

		if (json_is_null(v)) {
			parsed = json_null();
		} else if (values_parse_one(o, t, field, v, &parsed, e) == -1) {
			json_decref(values);
			return -1;
		}
		if (f != NULL && json_array_size(parsed) == 1) {
			json_object_set(
			    values, field, json_array_get(parsed, 0));
			json_decref(parsed);
		} else {
			json_object_set_new(values, field, parsed);
		}
	}
	*ret = values;
	return 0;
}

/* The id to go on from: the last row's, if the page is full. */
static json_t *
next_id(const json_t *rows, int limit)
{
	const size_t n = json_array_size(rows);

	if (n < (size_t)limit)
		return json_null();
	return json_incref(json_object_get(json_array_get(rows, n - 1), "id"));
}

/* What is asked for; a page of it is read in slices. */
struct listing {
	const char *type, *after;
	const json_t *where;
	int limit;
	bool deleted;
};

/* Texts may be long: a page ends early rather than become a reply that nobody
 * can hold.  *ret_next is where to go on, or null. */
static int
read_page(struct office *o, const struct listing *l, json_t *rows,
    json_t **ret_next, struct err *e)
{
	json_t *next = json_string(l->after);
	size_t bytes = 0, n = 0;

	while (
	    !json_is_null(next) && n < (size_t)l->limit && bytes < PAGE_BYTES) {
		int slice =
		    l->limit - (int)n < SLICE ? l->limit - (int)n : SLICE;
		json_t *some;

		if (view_list(office_store(o), l->type, l->where,
			json_string_value(next), slice, l->deleted, &some,
			e) == -1) {
			json_decref(next);
			return -1;
		}
		json_decref(next);
		next = next_id(some, slice);
		bytes += json_size(some);
		json_array_extend(rows, some);
		json_decref(some);
		n = json_array_size(rows);
	}
	*ret_next = next;
	return 0;
}

static int
list_page(struct office *o, const struct type *t, const struct listing *l,
    json_t **ret, struct err *e)
{
	json_t *rows, *next;

	if (t != NULL && t->is_virtual) {
		if (signatures_list(
			o, l->where, l->after, l->limit, &rows, e) == -1)
			return -1;
		next = next_id(rows, l->limit);
	} else {
		rows = json_array();
		if (read_page(o, l, rows, &next, e) == -1) {
			json_decref(rows);
			return -1;
		}
	}
	*ret = json_pack("{s:o, s:o}", "list", rows, "next", next);
	return 0;
}

int
request_list(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const struct type *t = NULL;
	struct listing l = {
	    .deleted = json_is_true(json_object_get(req, "deleted"))};
	json_t *where = NULL;
	int rv;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "type", false, &l.type, e) == -1 ||
	    request_text(req, "after", false, &l.after, e) == -1 ||
	    request_limit(req, &l.limit, e) == -1 ||
	    (l.type != NULL && values_type(l.type, &t, e) == -1) ||
	    parse_where(o, t, json_object_get(req, "where"), &where, e) == -1)
		return -1;
	l.where = where;
	if (l.after == NULL)
		l.after = "";
	rv = list_page(o, t, &l, ret, e);
	json_decref(where);
	return rv;
}

int
request_search(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *words;
	int64_t offset, behind = 0, unchecked;
	json_t *rows, *next;
	int limit;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "words", true, &words, e) == -1 ||
	    request_number(req, "offset", &offset, e) == -1 ||
	    request_limit(req, &limit, e) == -1)
		return -1;
	if (offset > INT32_MAX - PAGE_MAX)
		return err_set(e, ERR_INPUT, _("offset: too large"));
	if (gate_backlog(o->gate, &behind, &unchecked, e) == -1 ||
	    view_search(office_store(o), words, (int)offset, limit, &rows, e) ==
		-1)
		return -1;
	next = json_array_size(rows) < (size_t)limit
		   ? json_null()
		   : json_integer(offset + limit);
	*ret = json_pack("{s:o, s:o, s:I}", "list", rows, "next", next,
	    "index_behind", (json_int_t)behind);
	return 0;
}

/* --- conflicts ----------------------------------------------------------- */

/* Where a page is full, only what is shown is told. */
static json_t *
side_json(const struct office *o, const struct write *w, bool full)
{
	json_t *value = full && !w->is_shown ? NULL : w->value;
	json_t *j = json_pack("{s:o, s:I, s:O?, s:b, s:b, s:b}", "change",
	    office_hex(w->change), "t", (json_int_t)w->t, "value", value,
	    "left_out", w->has_value && value == NULL, "missing",
	    !w->has_value && !w->is_erased, "shown", w->is_shown);

	office_set_org(j, office_org_of(o, w->key));
	return j;
}

static int
add_sides(struct office *o, json_t *row, size_t *bytes, struct err *e)
{
	const char *id = json_get_str(row, "id");
	const char *field = json_get_str(row, "field");
	json_t *sides;
	struct view_record r;
	struct writes w;

	if (view_find(office_store(o), id, &r, e) == -1 ||
	    writes_load(office_store(o), r.n, field, &w, e) == -1)
		return -1;
	sides = json_array();
	for (size_t i = 0; i < w.n; i++)
		if (w.w[i].is_live)
			json_array_append_new(
			    sides, side_json(o, &w.w[i], *bytes >= PAGE_BYTES));
	json_object_set_new(row, "versions", sides);
	*bytes += w.bytes;
	writes_clear(&w);
	return 0;
}

/* A page that is full ends behind a record. */
static bool
ends(const json_t *rows, size_t i, size_t bytes)
{
	const char *id = json_get_str(json_array_get(rows, i), "id");
	const char *next = json_get_str(json_array_get(rows, i + 1), "id");

	return bytes >= PAGE_BYTES && next != NULL && strcmp(id, next) != 0;
}

int
request_conflicts(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *after;
	json_t *rows, *row, *next;
	size_t i, bytes = 0;
	int limit;

	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, "after", false, &after, e) == -1 ||
	    request_limit(req, &limit, e) == -1 ||
	    view_conflicts(office_store(o), after != NULL ? after : "", limit,
		&rows, e) == -1)
		return -1;
	next = next_id(rows, limit);
	json_array_foreach (rows, i, row) {
		if (add_sides(o, row, &bytes, e) == -1) {
			json_decref(rows);
			json_decref(next);
			return -1;
		}
		if (!ends(rows, i, bytes))
			continue;
		while (json_array_size(rows) > i + 1)
			json_array_remove(rows, i + 1);
		json_decref(next);
		next = json_incref(json_object_get(row, "id"));
	}
	*ret = json_pack("{s:o, s:o}", "conflicts", rows, "next", next);
	return 0;
}
