/* show, history: one record, now and before. */
#include "history.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/types.h"
#include "gate.h"
#include "log_read.h"
#include "named_text.h"
#include "office.h"
#include "signatures.h"
#include "signed_text.h"
#include "values.h"

/* --- show ---------------------------------------------------------------- */

static int
set_created(
    struct office *o, const struct view_record *r, json_t *j, struct err *e)
{
	struct log_entry l;

	if (log_by_id(office_store(o), r->change, &l, e) == -1)
		return -1;
	json_object_set_new(j, "created", json_integer(l.t));
	json_object_set_new(j, "change", office_hex(r->change));
	log_entry_clear(&l);
	return 0;
}

/* Hosts stand in the head of the change that made the record: no write can
 * show others. */
static int
set_hosts(
    struct office *o, const struct view_record *r, json_t *j, struct err *e)
{
	const struct type *t = type_find(r->type);
	json_t *hosts;

	if (t == NULL || type_field(t, "hosts") == NULL)
		return 0;
	if (values_hosts(o, r, &hosts, e) == -1)
		return -1;
	json_object_set_new(json_object_get(j, "values"), "hosts", hosts);
	return 0;
}

/* Fields whose displayed write has a signature that nobody has looked at. */
static int
set_unchecked(struct office *o, json_t *j, struct err *e)
{
	json_t *list = json_array(), *change;
	uint8_t id[HASH_LEN];
	const char *field;
	bool is_unchecked;

	json_object_foreach (json_object_get(j, "writes"), field, change) {
		if (text_unhex(json_string_value(change),
			json_string_length(change), id, HASH_LEN) == -1)
			continue;
		if (view_is_unchecked(office_store(o), id, &is_unchecked, e) ==
		    -1) {
			json_decref(list);
			return -1;
		}
		if (is_unchecked)
			json_array_append_new(list, json_string(field));
	}
	json_object_set_new(j, "unchecked", list);
	return 0;
}

/* The database has the fields in the order in which it first met them. */
static void
set_in_order(const char *type, json_t *j)
{
	static const char *const lists[] = {"conflicts", "missing", "erased"};
	static const char *const objects[] = {"values", "writes"};

	for (size_t i = 0; i < 3; i++)
		json_object_set_new(j, lists[i],
		    types_names_in_order(type, json_object_get(j, lists[i])));
	for (size_t i = 0; i < 2; i++)
		json_object_set_new(j, objects[i],
		    types_in_order(type, json_object_get(j, objects[i])));
}

static int
record_json(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	json_t *j;
	int rv = -1;

	if (view_values(office_store(o), r->n, &j, e) == -1)
		return -1;
	json_object_set_new(j, "id", json_string(r->id));
	json_object_set_new(j, "type", json_string(r->type));
	json_object_set_new(j, "deleted", json_boolean(r->deleted));
	json_object_set_new(
	    j, "in", r->in[0] != '\0' ? json_string(r->in) : json_null());
	office_set_org(j, trust_org(gate_trust(o->gate), r->org));
	json_object_set_new(j, "organisation", json_string(r->org));
	if (set_hosts(o, r, j, e) == -1)
		goto out;
	set_in_order(r->type, j);
	if (set_created(o, r, j, e) == -1 || set_unchecked(o, j, e) == -1)
		goto out;
	*ret = json_incref(j);
	rv = 0;
out:
	json_decref(j);
	return rv;
}

static int
set_comment(struct office *o, json_t *row, struct err *e)
{
	const char *id = json_get_str(row, "organisation");
	const struct trust_org *org =
	    trust_org(gate_trust(o->gate), id != NULL ? id : "");
	struct view_record r;
	struct log_entry l;

	json_object_set_new(
	    row, "name", org != NULL ? json_string(org->name) : json_null());
	if (view_find(office_store(o), json_get_str(row, "id"), &r, e) == -1 ||
	    log_by_id(office_store(o), r.change, &l, e) == -1)
		return -1;
	json_object_set_new(row, "created", json_integer(l.t));
	log_entry_clear(&l);
	return 0;
}

static int
by_creation(const void *a, const void *b)
{
	int64_t x = 0, y = 0;

	json_get_int(*(json_t *const *)a, "created", &x);
	json_get_int(*(json_t *const *)b, "created", &y);
	if (x != y)
		return x < y ? -1 : 1;
	return strcmp(json_get_str(*(json_t *const *)a, "id"),
	    json_get_str(*(json_t *const *)b, "id"));
}

/* One answers another. */
static json_t *
in_turn(const json_t *comments)
{
	size_t n = json_array_size(comments);
	json_t **all = mem_zalloc((n + 1) * sizeof(all[0])), *sorted;

	for (size_t i = 0; i < n; i++)
		all[i] = json_array_get(comments, i);
	qsort(all, n, sizeof(all[0]), by_creation);
	sorted = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append(sorted, all[i]);
	free(all);
	return sorted;
}

static int
comments_json(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	json_t *where = json_pack("{s:s}", "record", r->id);
	json_t *list = NULL, *row;
	size_t i;
	int rv = view_list(
	    office_store(o), "comment", where, "", PAGE_MAX, false, &list, e);

	json_decref(where);
	if (rv == -1)
		return -1;
	json_array_foreach (list, i, row)
		if (set_comment(o, row, e) == -1) {
			json_decref(list);
			return -1;
		}
	*ret = in_turn(list);
	json_decref(list);
	return 0;
}

/* Those on one text. */
static json_t *
signatures_on(const json_t *signatures, const char *version)
{
	json_t *list = json_array(), *v;
	const char *hash = NULL;
	size_t i;

	json_array_foreach (signatures, i, v) {
		if (strcmp(json_get_str(v, "version"), version) == 0)
			hash = json_get_str(v, "text_hash");
	}
	json_array_foreach (signatures, i, v) {
		const char *other = json_get_str(v, "text_hash");

		if (hash != NULL && other != NULL && strcmp(hash, other) == 0)
			json_array_append(list, v);
	}
	return list;
}

static int
show_version(struct office *o, const struct view_record *r, const char *version,
    json_t **ret, struct err *e)
{
	json_t *record, *verified;

	if (named_text_show(o, version, &record, e) == -1)
		return -1;
	if (signatures_verify(o, r, &verified, e) == -1) {
		json_decref(record);
		return -1;
	}
	*ret = json_pack("{s:o, s:[], s:o}", "record", record, "comments",
	    "signatures",
	    signatures_on(json_object_get(verified, "signatures"), version));
	json_decref(verified);
	return 0;
}

int
request_show(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	char version[ID_SIZE];
	json_t *record = NULL, *comments = NULL, *verified = NULL;
	int rv = -1;

	if (named_text_find(o, req, "record", &r, version, e) == -1)
		return -1;
	if (version[0] != '\0')
		return show_version(o, &r, version, ret, e);
	if (record_json(o, &r, &record, e) == -1 ||
	    comments_json(o, &r, &comments, e) == -1 ||
	    signatures_verify(o, &r, &verified, e) == -1)
		goto out;
	*ret = json_pack("{s:O, s:O, s:O}", "record", record, "comments",
	    comments, "signatures", json_object_get(verified, "signatures"));
	rv = 0;
out:
	json_decref(record);
	json_decref(comments);
	json_decref(verified);
	return rv;
}

/* --- history ------------------------------------------------------------- */

struct history {
	struct office *o;
	const struct view_record *r;
	struct signed_versions versions;
	json_t *list;
	size_t bytes; /* of the list, written out */
};

static json_t *
over_json(const struct op *op, const char *field)
{
	struct buf b = BUF_INIT;
	json_t *list = json_array();
	char hex[PREFIX_CHARS + 1];

	op_over(op, field, &b);
	for (size_t at = 0; at < b.len; at += PREFIX_LEN) {
		text_hex(b.data + at, PREFIX_LEN, hex);
		json_array_append_new(list, json_string(hex));
	}
	buf_clear(&b);
	return list;
}

static int
set_write(void *arg, const struct view_write *w)
{
	json_t *j = arg;

	if (w->value != NULL)
		json_object_set_new(j, "value", view_json(w->value));
	json_object_set_new(j, "live", json_boolean(w->live));
	json_object_set_new(j, "counts", json_boolean(w->counts));
	json_object_set_new(j, "erased", json_boolean(w->is_erased));
	return 0;
}

static int
add_fields(const struct history *h, int64_t change, const struct op *op,
    json_t *fields, struct err *e)
{
	for (size_t i = 0; i < op->nfields; i++) {
		const char *field = op_field(op, i);
		json_t *j;

		if (field == NULL)
			continue;
		j = json_pack("{s:s, s:n, s:b, s:b, s:b, s:o}", "field", field,
		    "value", "live", 0, "counts", 0, "erased", 0, "over",
		    over_json(op, field));
		json_array_append_new(fields, j);
		if (view_write_at(office_store(h->o), h->r->n, field, change,
			set_write, j, e) == -1)
			return -1;
	}
	return 0;
}

/* Does the operation concern our record, and as what? */
static const char *
op_word(const struct history *h, const struct op *op)
{
	const char *version;

	switch (op->op) {
	case OP_NEW:
		return strcmp(op->record, h->r->id) == 0 ? "new" : NULL;
	case OP_SET:
		return strcmp(op->record, h->r->id) == 0 ? "edit" : NULL;
	case OP_VERSION:
		return strcmp(op->record, h->r->id) == 0 ? "version" : NULL;
	case OP_SIGN:
		version = json_get_str(op->j, "version");
		return version != NULL && signed_versions_find(
					      &h->versions, version) != NULL
			   ? "sign"
			   : NULL;
	default:
		return NULL;
	}
}

/* A change that does nothing but set "deleted". */
/* As the catalogue has them, not as they were written down; takes them. */
static json_t *
in_order(const struct history *h, json_t *fields)
{
	json_t *by_name = json_object(), *ordered, *ret = json_array(), *v;
	const char *name;
	size_t i;

	json_array_foreach (fields, i, v)
		json_object_set(by_name, json_get_str(v, "field"), v);
	ordered = types_in_order(h->r->type, by_name);
	json_object_foreach (ordered, name, v)
		json_array_append(ret, v);
	json_decref(ordered);
	json_decref(by_name);
	if (json_array_size(ret) == json_array_size(fields)) {
		json_decref(fields);
		return ret;
	}
	json_decref(ret); /* one of them was written twice */
	return fields;
}

static bool
is_deletion(const char *kind, const json_t *fields)
{
	return kind != NULL && strcmp(kind, "edit") == 0 &&
	       json_array_size(fields) == 1 &&
	       strcmp(json_get_str(json_array_get(fields, 0), "field"),
		   "deleted") == 0;
}

/* What the operations of a change did to our record. */
static int
event_fields(const struct history *h, const struct log_entry *l,
    const struct head *head, json_t *fields, const char **ret_kind,
    struct err *e)
{
	const char *kind = NULL;

	for (size_t i = 0; i < head->nops; i++) {
		const struct op *op = &head->ops[i];
		const char *word = op_word(h, op);

		if (word == NULL)
			continue;
		/* a "set" beside its "new" holds the personal fields */
		if (kind == NULL)
			kind = word;
		if ((op->op == OP_NEW || op->op == OP_SET) &&
		    add_fields(h, l->n, op, fields, e) == -1)
			return -1;
	}
	*ret_kind = is_deletion(kind, fields) ? "delete"
		    : kind != NULL            ? kind
					      : "other";
	return 0;
}

static int
event_json(const struct history *h, const struct log_entry *l,
    const struct head *head, json_t **ret, struct err *e)
{
	json_t *fields = json_array(), *j;
	const char *kind;
	bool unchecked;

	if (event_fields(h, l, head, fields, &kind, e) == -1 ||
	    view_is_unchecked(office_store(h->o), l->id, &unchecked, e) == -1) {
		json_decref(fields);
		return -1;
	}
	fields = in_order(h, fields);
	j = json_pack("{s:o, s:I, s:o, s:s, s:o, s:b, s:b}", "change",
	    office_hex(l->id), "t", (json_int_t)l->t, "key",
	    office_key(l->place.key), "kind", kind, "fields", fields, "void",
	    !office_counts(h->o, l->place.key, l->id), "unchecked", unchecked);
	office_set_org(j, office_org_of(h->o, l->place.key));
	*ret = j;
	return 0;
}

static int
add_event(struct history *h, int64_t change, struct err *e)
{
	struct log_entry l;
	struct head head;
	json_t *j;
	int rv;

	if (log_get(office_store(h->o), change, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &head, e) == -1) {
		log_entry_clear(&l);
		return -1;
	}
	rv = event_json(h, &l, &head, &j, e);
	head_clear(&head);
	log_entry_clear(&l);
	if (rv == -1)
		return -1;
	h->bytes += json_size(j);
	json_array_append_new(h->list, j);
	return 0;
}

int
history_find(const struct view_event *all, size_t n, const char *hex,
    size_t *ret, struct err *e)
{
	size_t found = 0, count = 0, len = strlen(hex);
	char text[HEX_SIZE];

	for (size_t i = 0; i < n && len >= 4; i++) {
		text_hex(all[i].id, HASH_LEN, text);
		if (strncmp(text, hex, len) == 0) {
			found = i;
			count++;
		}
	}
	if (count > 1)
		return err_set(e, ERR_INPUT,
		    _("ambiguous change '%.64s': give more of its id"), hex);
	if (count == 0)
		return err_set(e, ERR_NOTFOUND,
		    _("no change '%.64s' of this record: 'mufakat history' "
		      "lists them"),
		    hex);
	*ret = found;
	return 0;
}

/* Those of "all" from "first" on, until the page is full. */
static int
read_page(struct history *h, const struct view_event *all, size_t n,
    size_t first, size_t limit, json_t **ret, struct err *e)
{
	size_t i;

	h->list = json_array();
	for (i = first; i < n && i - first < limit && h->bytes < PAGE_BYTES;
	     i++) {
		if (add_event(h, all[i].n, e) == -1) {
			json_decref(h->list);
			return -1;
		}
	}
	*ret = json_pack("{s:o, s:o}", "history", h->list, "next",
	    i < n && i > 0 ? office_hex(all[i - 1].id) : json_null());
	return 0;
}

int
request_history(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	struct history h = {.o = o, .r = &r};
	struct view_event *all = NULL;
	const char *after;
	size_t n, first = 0;
	int limit, rv = -1;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    request_text(req, "after", false, &after, e) == -1 ||
	    request_limit(req, &limit, e) == -1 ||
	    view_history(office_store(o), r.n, &all, &n, e) == -1)
		return -1;
	if (after != NULL && history_find(all, n, after, &first, e) == -1)
		goto out;
	first += after != NULL;
	if (signed_versions_load(o, &r, &h.versions, e) == -1)
		goto out;
	rv = read_page(&h, all, n, first, (size_t)limit, ret, e);
out:
	signed_versions_clear(&h.versions);
	free(all);
	return rv;
}
