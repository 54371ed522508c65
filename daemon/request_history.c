/* show, history, diff: one record, now and before. */
#include "request.h"

#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/op.h"
#include "gate.h"
#include "log_read.h"
#include "office.h"
#include "signatures.h"
#include "signed_text.h"
#include "values.h"
#include "writes.h"

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

static int
record_json(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	json_t *j;

	if (view_values(office_store(o), r->n, &j, e) == -1)
		return -1;
	json_object_set_new(j, "id", json_string(r->id));
	json_object_set_new(j, "type", json_string(r->type));
	json_object_set_new(j, "deleted", json_boolean(r->deleted));
	json_object_set_new(
	    j, "in", r->in[0] != '\0' ? json_string(r->in) : json_null());
	office_set_org(j, trust_org(gate_trust(o->gate), r->org));
	json_object_set_new(j, "organisation", json_string(r->org));
	if (set_created(o, r, j, e) == -1 || set_hosts(o, r, j, e) == -1) {
		json_decref(j);
		return -1;
	}
	*ret = j;
	return 0;
}

static int
comments_json(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	json_t *where = json_pack("{s:s}", "record", r->id);
	json_t *row;
	size_t i;
	int rv = view_list(
	    office_store(o), "comment", where, "", PAGE_MAX, false, ret, e);

	json_decref(where);
	if (rv == -1)
		return -1;
	json_array_foreach (*ret, i, row) {
		const char *id = json_get_str(row, "organisation");
		const struct trust_org *org =
		    trust_org(gate_trust(o->gate), id != NULL ? id : "");

		json_object_set_new(row, "name",
		    org != NULL ? json_string(org->name) : json_null());
	}
	return 0;
}

int
request_show(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	json_t *record = NULL, *comments = NULL, *verified = NULL;
	int rv = -1;

	if (office_record(o, req, "record", &r, e) == -1)
		return -1;
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
	struct writes w;
	struct signed_versions versions;
	json_t *list;
	struct err *e;
};

static const struct write *
find_write(const struct history *h, const uint8_t *change, const char *field)
{
	for (size_t i = 0; i < h->w.n; i++)
		if (memcmp(h->w.w[i].change, change, HASH_LEN) == 0 &&
		    strcmp(h->w.w[i].field, field) == 0)
			return &h->w.w[i];
	return NULL;
}

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

static void
add_fields(const struct history *h, const uint8_t *change, const struct op *op,
    json_t *fields)
{
	for (size_t i = 0; i < op->nfields; i++) {
		const char *field = op_field(op, i);
		const struct write *w =
		    field != NULL ? find_write(h, change, field) : NULL;
		json_t *j;

		if (field == NULL)
			continue;
		j = json_pack("{s:s, s:O?, s:b, s:b, s:b}", "field", field,
		    "value", w != NULL ? w->value : NULL, "live",
		    w != NULL && w->is_live, "counts", w != NULL && w->counts,
		    "erased", w != NULL && w->is_erased);
		json_object_set_new(j, "over", over_json(op, field));
		json_array_append_new(fields, j);
	}
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

static json_t *
event_json(
    const struct history *h, const struct log_entry *l, const struct head *head)
{
	json_t *fields = json_array(), *j;
	const char *kind = NULL;

	for (size_t i = 0; i < head->nops; i++) {
		const struct op *op = &head->ops[i];
		const char *word = op_word(h, op);

		if (word == NULL)
			continue;
		/* a "set" beside its "new" holds the personal fields */
		if (kind == NULL)
			kind = word;
		if (op->op == OP_NEW || op->op == OP_SET)
			add_fields(h, l->id, op, fields);
	}
	if (kind != NULL && strcmp(kind, "edit") == 0 &&
	    json_array_size(fields) == 1 &&
	    strcmp(json_get_str(json_array_get(fields, 0), "field"),
		"deleted") == 0)
		kind = "delete";
	j = json_pack("{s:o, s:I, s:o, s:s, s:o, s:b}", "change",
	    office_hex(l->id), "t", (json_int_t)l->t, "key",
	    office_key(l->place.key), "kind", kind != NULL ? kind : "other",
	    "fields", fields, "void",
	    !office_counts(h->o, l->place.key, l->id));
	office_set_org(j, office_org_of(h->o, l->place.key));
	return j;
}

static int
add_event(void *arg, int64_t change)
{
	struct history *h = arg;
	struct log_entry l;
	struct head head;

	if (log_get(office_store(h->o), change, &l, h->e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &head, h->e) == -1) {
		log_entry_clear(&l);
		return -1;
	}
	json_array_append_new(h->list, event_json(h, &l, &head));
	head_clear(&head);
	log_entry_clear(&l);
	return 0;
}

static int
history(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	struct history h = {.o = o, .r = r, .e = e};
	int rv = -1;

	h.list = json_array();
	if (writes_load(office_store(o), r->n, NULL, &h.w, e) == -1 ||
	    signed_versions_load(o, r, &h.versions, e) == -1 ||
	    view_history(office_store(o), r->n, add_event, &h, e) == -1)
		goto out;
	*ret = json_incref(h.list);
	rv = 0;
out:
	json_decref(h.list);
	writes_clear(&h.w);
	signed_versions_clear(&h.versions);
	return rv;
}

int
request_history(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	json_t *list;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    history(o, &r, &list, e) == -1)
		return -1;
	*ret = json_pack("{s:o}", "history", list);
	return 0;
}

/* --- diff ---------------------------------------------------------------- */

/* The place of a change in the history, by a unique prefix of its id. */
static int
find_event(const json_t *list, const char *hex, size_t *ret, struct err *e)
{
	size_t i, found = 0, count = 0;
	json_t *v;

	json_array_foreach (list, i, v) {
		if (strlen(hex) < 4 ||
		    strncmp(json_get_str(v, "change"), hex, strlen(hex)) != 0)
			continue;
		found = i;
		count++;
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

/* What stood after the first n changes of the history: the last counting
 * write to each field. */
static json_t *
values_after(const json_t *list, size_t n)
{
	json_t *values = json_object(), *field;
	size_t k;

	for (size_t i = 0; i < n; i++) {
		const json_t *fields =
		    json_object_get(json_array_get(list, i), "fields");

		json_array_foreach (fields, k, field) {
			if (json_is_true(json_object_get(field, "counts")))
				json_object_set(values,
				    json_get_str(field, "field"),
				    json_object_get(field, "value"));
		}
	}
	return values;
}

/* How many changes had been made before the last one that wrote a field. */
static size_t
before_last(const json_t *list)
{
	for (size_t i = json_array_size(list); i-- > 0;)
		if (json_array_size(
			json_object_get(json_array_get(list, i), "fields")) > 0)
			return i;
	return 0;
}

static void
compare(const json_t *from, const json_t *to, const json_t *names,
    bool only_new, json_t *diff)
{
	const char *field;
	json_t *ignored;

	json_object_foreach ((json_t *)(uintptr_t)names, field, ignored) {
		json_t *a = json_object_get(from, field);
		json_t *b = json_object_get(to, field);

		if (only_new && a != NULL)
			continue; /* compared already */
		if (!json_equal(a != NULL ? a : json_null(),
			b != NULL ? b : json_null()))
			json_array_append_new(
			    diff, json_pack("{s:s, s:O?, s:O?}", "field", field,
				      "from", a, "to", b));
	}
}

static int
diff_ends(struct office *o, const struct view_record *r, const json_t *req,
    const json_t *list, json_t **ret_from, json_t **ret_to, struct err *e)
{
	const char *from, *to;
	size_t a = 0, b = 0;
	json_t *now;

	if (request_text(req, "from", false, &from, e) == -1 ||
	    request_text(req, "to", false, &to, e) == -1 ||
	    (from != NULL && find_event(list, from, &a, e) == -1) ||
	    (to != NULL && find_event(list, to, &b, e) == -1) ||
	    view_values(office_store(o), r->n, &now, e) == -1)
		return -1;
	*ret_from =
	    values_after(list, from != NULL ? a + 1 : before_last(list));
	*ret_to = to != NULL ? values_after(list, b + 1)
			     : json_incref(json_object_get(now, "values"));
	json_decref(now);
	return 0;
}

int
request_diff(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	json_t *list, *from, *to, *diff;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    history(o, &r, &list, e) == -1)
		return -1;
	if (diff_ends(o, &r, req, list, &from, &to, e) == -1) {
		json_decref(list);
		return -1;
	}
	diff = json_array();
	compare(from, to, from, false, diff);
	compare(from, to, to, true, diff);
	*ret = json_pack("{s:o}", "diff", diff);
	json_decref(list);
	json_decref(from);
	json_decref(to);
	return 0;
}
