#include "values.h"

#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/ident.h"
#include "common/jscan.h"
#include "common/text.h"
#include "gate.h"
#include "log_read.h"

int
values_type(const char *name, const struct type **ret, struct err *e)
{
	const struct type *found = type_find(name);
	struct buf all = BUF_INIT;

	if (found != NULL) {
		*ret = found;
		return 0;
	}
	for (const struct type *t = types_table; t->name != NULL; t++)
		buf_printf(&all, "%s%s", all.len > 0 ? ", " : "", t->name);
	err_set(e, ERR_INPUT, _("'%.60s' is no type; there are %s"), name,
	    buf_str(&all));
	buf_clear(&all);
	return -1;
}

/* --- references ---------------------------------------------------------- */

/* The full id of a record that a prefix names. */
static int
complete_record(struct office *o, const char *text, json_t **ret, struct err *e)
{
	struct view_record r;

	if (view_find(office_store(o), text, &r, e) == -1)
		return -1;
	*ret = json_string(r.id);
	return 0;
}

/* An organisation by its id, a prefix of that, or its exact name. */
static int
complete_org(struct office *o, const char *text, json_t **ret, struct err *e)
{
	size_t n = 0, len = strlen(text);
	const struct trust_org *orgs = trust_orgs(gate_trust(o->gate), &n);
	const struct trust_org *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_prefix =
		    len >= 4 && strncmp(orgs[i].id, text, len) == 0;

		if (!orgs[i].is_active ||
		    (!is_prefix && strcmp(orgs[i].name, text) != 0))
			continue;
		found = &orgs[i];
		count++;
	}
	if (count > 1)
		return err_set(e, ERR_INPUT,
		    _("'%.60s' names %zu organisations: give more of the id "
		      "that 'mufakat members' shows"),
		    text, count);
	if (found == NULL)
		return err_set(e, ERR_INPUT,
		    _("'%.60s' is no organisation of the coalition: 'mufakat "
		      "members' lists them"),
		    text);
	*ret = json_string(found->id);
	return 0;
}

static int
complete(struct office *o, const struct field *f, const json_t *one,
    json_t **ret, struct err *e)
{
	const char *text = json_string_value(one);
	int rv;

	if (text == NULL)
		return err_set(e, ERR_INPUT, _("%s: not an id"), f->name);
	rv = f->kind == FIELD_ORG || f->kind == FIELD_ORGS
		 ? complete_org(o, text, ret, e)
		 : complete_record(o, text, ret, e);
	return rv == -1 ? err_wrap(e, "%s", f->name) : 0;
}

/* "a, b" as typed, or an array. */
static json_t *
split_ids(const json_t *typed)
{
	const char *s = json_string_value(typed);
	json_t *list = json_array();

	if (s == NULL) {
		json_decref(list);
		return json_incref((json_t *)(uintptr_t)typed);
	}
	while (*s != '\0') {
		size_t n, len;

		s += strspn(s, ", \t\n");
		len = n = strcspn(s, ",\n");
		while (len > 0 && strchr(" \t", s[len - 1]) != NULL)
			len--;
		if (len > 0)
			json_array_append_new(list, json_stringn(s, len));
		s += n;
	}
	return list;
}

static int
parse_ids(struct office *o, const struct field *f, const json_t *typed,
    json_t **ret, struct err *e)
{
	json_t *ids = split_ids(typed), *list = json_array(), *v;
	json_t *id = NULL;
	size_t i;
	int rv = 0;

	if (!json_is_array(ids))
		rv = err_set(e, ERR_INPUT, _("%s: not a list"), f->name);
	json_array_foreach (ids, i, v) {
		rv = complete(o, f, v, &id, e);
		if (rv == -1)
			break;
		json_array_append_new(list, id);
	}
	json_decref(ids);
	if (rv == -1) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

/* One id as typed; white space around it is dropped, nothing empties. */
static int
parse_id(struct office *o, const struct field *f, const json_t *typed,
    json_t **ret, struct err *e)
{
	json_t *list;
	int rv = 0;

	if (f->kind == FIELD_REFS || f->kind == FIELD_ORGS)
		return parse_ids(o, f, typed, ret, e);
	if (!json_is_string(typed))
		return err_set(e, ERR_INPUT, _("%s: not an id"), f->name);
	if (parse_ids(o, f, typed, &list, e) == -1)
		return -1;
	if (json_array_size(list) > 1)
		rv = err_set(
		    e, ERR_INPUT, _("%s: takes one id, not several"), f->name);
	else if (json_array_size(list) == 1)
		*ret = json_incref(json_array_get(list, 0));
	else
		*ret = json_null();
	json_decref(list);
	return rv;
}

static bool
is_reference(const struct field *f)
{
	return f->kind == FIELD_REF || f->kind == FIELD_REFS ||
	       f->kind == FIELD_ORG || f->kind == FIELD_ORGS;
}

/* --- parsing ------------------------------------------------------------- */

/* A member of a set: tags/x is true or false. */
static int
parse_tag(const char *field, const json_t *typed, json_t **ret, struct err *e)
{
	const char *s = json_string_value(typed);

	if (!ident_name_ok(field, strlen(field)) || field[5] == '\0')
		return err_set(e, ERR_INPUT,
		    _("'%.60s' is no tag: a tag is tags/WORD, of a-z, 0-9 and "
		      "'-'"),
		    field);
	if (json_is_boolean(typed) || json_is_null(typed))
		*ret = json_incref((json_t *)(uintptr_t)typed);
	else if (s != NULL && (strcmp(s, "true") == 0 || strcmp(s, "yes") == 0))
		*ret = json_true();
	else if (s != NULL && (strcmp(s, "false") == 0 || strcmp(s, "no") == 0))
		*ret = json_false();
	else
		return err_set(
		    e, ERR_INPUT, _("%s: must be true or false"), field);
	return 0;
}

static int
unknown_field(const struct type *t, const char *field, struct err *e)
{
	struct buf all = BUF_INIT;

	for (const struct field *f = t->fields; f->name != NULL; f++)
		buf_printf(&all, "%s%s", all.len > 0 ? ", " : "", f->name);
	err_set(e, ERR_INPUT, _("'%.60s' is no field of a %s; it has %s"),
	    field, t->name, buf_str(&all));
	buf_clear(&all);
	return -1;
}

int
values_parse_one(struct office *o, const struct type *t, const char *field,
    const json_t *typed, json_t **ret, struct err *e)
{
	const struct field *f = type_field(t, field);
	const struct types_lookup look = office_lookup(o);
	json_t *v = NULL;
	int rv = 0;

	if (strncmp(field, "tags/", 5) == 0)
		return parse_tag(field, typed, ret, e);
	if (f == NULL)
		return unknown_field(t, field, e);
	if (json_is_null(typed))
		v = json_null();
	else if (is_reference(f))
		rv = parse_id(o, f, typed, &v, e);
	else if (json_is_string(typed))
		rv = types_parse(t, f, json_string_value(typed), &v, e);
	else
		v = json_incref((json_t *)(uintptr_t)typed);
	if (rv == 0)
		rv = types_check(t, f, v, &look, e);
	if (rv == -1) {
		json_decref(v);
		return -1;
	}
	*ret = v;
	return 0;
}

int
values_parse(struct office *o, const struct type *t, const json_t *fields,
    json_t **ret, struct err *e)
{
	json_t *values = json_object(), *typed, *v;
	const char *field;

	if (!json_is_object(fields) && fields != NULL) {
		json_decref(values);
		return err_set(e, ERR_INPUT, _("fields: must be an object"));
	}
	json_object_foreach ((json_t *)(uintptr_t)fields, field, typed) {
		if (values_parse_one(o, t, field, typed, &v, e) == -1) {
			json_decref(values);
			return -1;
		}
		json_object_set_new(values, field, v);
	}
	*ret = values;
	return 0;
}

/* --- who may write ------------------------------------------------------- */

/* The hosts in the head of the change that made a record. */
static int
head_hosts(const struct office *o, const struct view_record *r, json_t **ret,
    struct err *e)
{
	struct log_entry l;
	struct head h;
	json_t *hosts = NULL;

	if (log_by_id(office_store(o), r->change, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &h, e) == -1) {
		log_entry_clear(&l);
		return -1;
	}
	for (size_t i = 0; i < h.nops; i++)
		if (h.ops[i].op == OP_NEW &&
		    strcmp(h.ops[i].record, r->id) == 0)
			hosts =
			    json_incref(json_object_get(h.ops[i].j, "hosts"));
	head_clear(&h);
	log_entry_clear(&l);
	*ret = hosts != NULL ? hosts : json_array();
	return 0;
}

int
values_hosts(const struct office *o, const struct view_record *r, json_t **ret,
    struct err *e)
{
	struct view_record in;
	struct err missing;

	if (head_hosts(o, r, ret, e) == -1)
		return -1;
	if (json_array_size(*ret) > 0 || r->in[0] == '\0' ||
	    view_find(office_store(o), r->in, &in, &missing) == -1 || in.n == 0)
		return 0;
	json_decref(*ret);
	return head_hosts(o, &in, ret, e);
}

static bool
holds(const json_t *ids, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach (ids, i, v) {
		if (strcmp(json_string_value(v), id) == 0)
			return true;
	}
	return false;
}

int
values_may_write(struct office *o, const struct view_record *r,
    const char *field, struct err *e)
{
	const struct trust *t = gate_trust(o->gate);
	const struct trust_org *us, *owner = trust_org(t, r->org);
	enum field_whose whose = types_whose(r->type, field);
	json_t *hosts;
	bool ok;

	if (office_need_member(o, &us, e) == -1)
		return -1;
	if (whose == WHOSE_ANY || strcmp(us->id, r->org) == 0) {
		if (whose != WHOSE_HOSTS)
			return 0;
	}
	if (whose == WHOSE_OWN)
		return err_set(e, ERR_INPUT,
		    _("%s: only %s, who made this %s, can write it"), field,
		    owner != NULL ? owner->name : r->org, r->type);
	if (values_hosts(o, r, &hosts, e) == -1)
		return -1;
	ok = json_array_size(hosts) > 0 ? holds(hosts, us->id)
					: strcmp(us->id, r->org) == 0;
	json_decref(hosts);
	return ok ? 0
		  : err_set(e, ERR_INPUT,
			_("%s: only the hosts of the consultation can write "
			  "it"),
			field);
}

/* --- operations ---------------------------------------------------------- */

static bool
is_personal(const struct type *t, const char *field)
{
	const struct field *f = t != NULL ? type_field(t, field) : NULL;

	return f != NULL && (f->flags & FIELD_PERSONAL) != 0;
}

json_t *
values_part(const struct type *t, const json_t *values, bool personal)
{
	json_t *part = json_object(), *v;
	const char *field;

	json_object_foreach ((json_t *)(uintptr_t)values, field, v) {
		if (is_personal(t, field) == personal)
			json_object_set(part, field, v);
	}
	return part;
}

/* More writes than an operation may name: the rest has its turn next time. */
static json_t *
capped(json_t *prefixes)
{
	json_t *some;

	if (json_array_size(prefixes) <= OP_OVER_MAX)
		return json_incref(prefixes);
	some = json_array();
	for (size_t i = 0; i < OP_OVER_MAX; i++)
		json_array_append(some, json_array_get(prefixes, i));
	return some;
}

static void
set_part(struct draft *d, json_t *record, const json_t *part,
    const json_t *over, bool personal)
{
	json_t *fields = json_array(), *values = json_array();
	json_t *named = json_object(), *op, *v;
	const char *field;

	json_object_foreach ((json_t *)(uintptr_t)part, field, v) {
		json_t *prefixes = json_object_get(over, field);

		json_array_append_new(fields, json_string(field));
		json_array_append(values, v);
		if (json_array_size(prefixes) > 0)
			json_object_set_new(named, field, capped(prefixes));
	}
	op = json_pack(
	    "{s:s, s:O, s:o}", "op", "set", "record", record, "fields", fields);
	if (json_object_size(named) > 0)
		json_object_set(op, "over", named);
	json_decref(named);
	if (personal)
		draft_add_personal(d, op, values);
	else
		draft_add(d, op, values);
}

void
values_set(struct draft *d, const struct type *t, json_t *record,
    const json_t *values, const json_t *over)
{
	for (int personal = 0; personal <= 1; personal++) {
		json_t *part = values_part(t, values, personal);

		if (json_object_size(part) > 0)
			set_part(d, record, part, over, personal);
		json_decref(part);
	}
}
