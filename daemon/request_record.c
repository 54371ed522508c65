/* new, comment, delete, undelete: what makes a record and takes it away. */
#include "request.h"

#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "gate.h"
#include "office.h"
#include "values.h"
#include "writes.h"

/* The state that a new record has if none is given: the first one that its
 * type may begin with. */
static const char *
first_state(const struct type *t)
{
	for (const struct transition *s = t->transitions;
	     s != NULL && s->to != NULL; s++)
		if (s->from == NULL)
			return s->to;
	return NULL;
}

static void
add_defaults(const struct type *t, json_t *values)
{
	const char *state = first_state(t), *field;
	json_t *v;
	void *tmp;

	/* a new record has nothing that could be emptied */
	json_object_foreach_safe (values, tmp, field, v) {
		if (json_is_null(v))
			json_object_del(values, field);
	}
	if (state != NULL && type_field(t, "state") != NULL &&
	    json_object_get(values, "state") == NULL)
		json_object_set_new(values, "state", json_string(state));
}

/* Tags are in no type's table; everything else is for types_check_new(). */
static int
check_new(
    struct office *o, const struct type *t, const json_t *values, struct err *e)
{
	const struct types_lookup look = office_lookup(o);
	json_t *known = json_object(), *v;
	const char *field;
	int rv;

	json_object_foreach ((json_t *)(uintptr_t)values, field, v) {
		if (strncmp(field, "tags/", 5) != 0)
			json_object_set(known, field, v);
	}
	rv = types_check_new(t, known, &look, e);
	json_decref(known);
	return rv;
}

/* A consultation's hosts stand in the head, because rules read them: those
 * given, or our own organisation. */
static int
set_hosts(struct office *o, const struct type *t, const json_t *req,
    json_t *values, json_t *op, struct err *e)
{
	json_t *given = json_object_get(req, "hosts");
	json_t *hosts = json_incref(json_object_get(values, "hosts"));
	const struct trust_org *us;

	if (type_field(t, "hosts") == NULL) {
		if (json_array_size(given) == 0)
			return 0;
		return err_set(
		    e, ERR_INPUT, _("hosts: a %s has none"), t->name);
	}
	if (hosts == NULL && given != NULL && !json_is_null(given) &&
	    values_parse_one(o, t, "hosts", given, &hosts, e) == -1)
		return -1;
	if (json_array_size(hosts) == 0) {
		json_decref(hosts);
		if (office_need_member(o, &us, e) == -1)
			return -1;
		hosts = json_pack("[s]", us->id);
	}
	json_object_del(values, "hosts");
	json_object_set_new(op, "hosts", hosts);
	return 0;
}

/* The consultation that a record belongs to stands in the head, too. */
static int
set_in(struct office *o, const struct type *t, const json_t *req,
    json_t *values, json_t *op, struct err *e)
{
	const json_t *given = json_object_get(req, "in");
	json_t *in = NULL;

	if (type_field(t, "consultation") == NULL) {
		if (given == NULL || json_is_null(given))
			return 0;
		return err_set(
		    e, ERR_INPUT, _("in: a %s has no consultation"), t->name);
	}
	if (json_object_get(values, "consultation") == NULL && given != NULL &&
	    !json_is_null(given)) {
		if (values_parse_one(o, t, "consultation", given, &in, e) == -1)
			return err_wrap(e, "in");
		json_object_set_new(values, "consultation", in);
	}
	in = json_object_get(values, "consultation");
	if (in != NULL)
		json_object_set(op, "in", in);
	return 0;
}

/* One "new" with what is not personal, one "set" with what is. */
static struct draft *
make_draft(const struct type *t, json_t *op, const json_t *values)
{
	struct draft *d = draft_new(false);
	json_t *plain = values_part(t, values, false);
	json_t *personal = values_part(t, values, true);
	json_t *fields = json_array(), *list = json_array(), *at, *v;
	const char *field;

	json_object_foreach (plain, field, v) {
		json_array_append_new(fields, json_string(field));
		json_array_append(list, v);
	}
	json_object_set_new(op, "fields", fields);
	draft_add(d, json_incref(op), list);
	at = json_pack("{s:i}", "@", 0);
	values_set(d, t, at, personal, NULL);
	json_decref(at);
	json_decref(plain);
	json_decref(personal);
	return d;
}

static int
commit_new(struct office *o, const struct type *t, json_t *op,
    const json_t *values, json_t **ret, struct err *e)
{
	struct draft *d = make_draft(t, op, values);
	uint8_t change[HASH_LEN];
	char id[ID_SIZE];

	if (gate_commit(o->gate, &d, change, e) == -1)
		return -1;
	ident_make(change, 0, id);
	*ret = json_pack("{s:s, s:o}", "id", id, "change", office_hex(change));
	return 0;
}

static int
make(struct office *o, const char *type, const json_t *fields,
    const json_t *req, json_t **ret, struct err *e)
{
	const struct trust_org *us;
	const struct type *t;
	json_t *values = NULL, *op = NULL;
	int rv = -1;

	if (office_need_member(o, &us, e) == -1 ||
	    values_type(type, &t, e) == -1)
		return -1;
	if (t->is_virtual)
		return err_set(e, ERR_INPUT,
		    _("a %s is made by 'mufakat sign', not by 'new'"), t->name);
	op = json_pack("{s:s, s:s}", "op", "new", "type", t->name);
	if (values_parse(o, t, fields, &values, e) == -1)
		goto out;
	add_defaults(t, values);
	if (set_in(o, t, req, values, op, e) == -1 ||
	    check_new(o, t, values, e) == -1 ||
	    set_hosts(o, t, req, values, op, e) == -1)
		goto out;
	rv = commit_new(o, t, op, values, ret, e);
out:
	json_decref(values);
	json_decref(op);
	return rv;
}

int
request_new(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const char *type;

	if (request_text(req, "type", true, &type, e) == -1)
		return -1;
	return make(o, type, json_object_get(req, "fields"), req, ret, e);
}

int
request_comment(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	const char *text;
	json_t *fields;
	int rv;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    request_text(req, "text", true, &text, e) == -1)
		return -1;
	fields = json_pack("{s:s, s:s}", "record", r.id, "text", text);
	rv = make(o, "comment", fields, NULL, ret, e);
	json_decref(fields);
	return rv;
}

/* Deleting is a write like any other, and so is taking it back. */
static int
set_deleted(struct office *o, const json_t *req, bool deleted, json_t **ret,
    struct err *e)
{
	struct view_record r;
	struct writes w = {0};
	uint8_t change[HASH_LEN];
	struct draft *d;
	json_t *id, *values, *over;
	int rv;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    values_may_write(o, &r, "deleted", e) == -1 ||
	    writes_load(office_store(o), r.n, "deleted", &w, e) == -1)
		return -1;
	if (r.deleted == deleted && !writes_conflict(&w, "deleted")) {
		writes_clear(&w);
		*ret = json_pack("{s:n}", "change"); /* nothing to do */
		return 0;
	}
	d = draft_new(false);
	id = json_string(r.id);
	values = json_pack("{s:b}", "deleted", deleted);
	over = json_pack("{s:o}", "deleted", writes_live(&w, "deleted"));
	values_set(d, type_find(r.type), id, values, over);
	json_decref(id);
	json_decref(values);
	json_decref(over);
	writes_clear(&w);
	rv = gate_commit(o->gate, &d, change, e);
	if (rv == 0)
		*ret = json_pack("{s:o}", "change", office_hex(change));
	return rv;
}

int
request_delete(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	return set_deleted(o, req, true, ret, e);
}

int
request_undelete(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	return set_deleted(o, req, false, ret, e);
}
