/* edit and resolve: writes to a record that is there. */
#include "request.h"

#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/text.h"
#include "gate.h"
#include "office.h"
#include "values.h"
#include "writes.h"

/* What an edit is made of. */
struct edit {
	struct view_record r;
	const struct type *t;
	struct writes w;
	json_t *values; /* field -> new value */
	json_t *over;   /* field -> prefixes */
};

static int
edit_open(struct office *o, const json_t *req, struct edit *ed, struct err *e)
{
	const struct trust_org *us;
	struct edit x = {0};
	int rv;

	if (office_need_member(o, &us, e) == -1 ||
	    office_record(o, req, "record", &x.r, e) == -1)
		return -1;
	x.t = type_find(x.r.type);
	if (x.t == NULL)
		return err_set(e, ERR_INPUT,
		    _("'%s' is a type that this version does not know: a newer "
		      "one can edit it"),
		    x.r.type);
	/* a base may name writes that are live no more */
	if (json_object_size(json_object_get(req, "base")) > 0)
		rv = writes_load(office_store(o), x.r.n, NULL, &x.w, e);
	else
		rv = writes_load_live(office_store(o), x.r.n, &x.w, e);
	if (rv == -1)
		return -1;
	x.values = json_object();
	x.over = json_object();
	*ed = x;
	return 0;
}

static void
edit_close(struct edit *ed)
{
	writes_clear(&ed->w);
	json_decref(ed->values);
	json_decref(ed->over);
}

/* *ret: {"change", "id"}; change is null if nothing differs. */
static int
edit_commit(struct office *o, struct edit *ed, json_t **ret, struct err *e)
{
	uint8_t change[HASH_LEN];
	struct draft *d;
	json_t *id;

	if (json_object_size(ed->values) == 0) {
		*ret = json_pack("{s:n, s:s}", "change", "id", ed->r.id);
		return 0;
	}
	d = draft_new(false);
	id = json_string(ed->r.id);
	values_set(d, ed->t, id, ed->values, ed->over);
	json_decref(id);
	if (gate_commit(o->gate, &d, change, e) == -1)
		return -1;
	*ret = json_pack(
	    "{s:o, s:s}", "change", office_hex(change), "id", ed->r.id);
	return 0;
}

/* May this field be edited at all, by us? */
static int
check_field(
    struct office *o, const struct edit *ed, const char *field, struct err *e)
{
	const struct field *f = type_field(ed->t, field);

	if (f != NULL && (f->flags & FIELD_FIXED) != 0)
		return err_set(e, ERR_INPUT,
		    _("%s: is fixed when a %s is made"), field, ed->t->name);
	return values_may_write(o, &ed->r, field, e);
}

/* --- edit ---------------------------------------------------------------- */

static json_t *
value_of(const struct write *w)
{
	return w != NULL && w->value != NULL ? w->value : json_null();
}

/* The writes that the user was shown: those named, and with each of them
 * every live one that says the same.  *ret_same: one of them says "value". */
static int
over_base(const struct edit *ed, const char *field, const json_t *base,
    const json_t *value, json_t **ret, bool *ret_same, struct err *e)
{
	json_t *list = json_array(), *v;
	size_t i;

	*ret_same = false;
	json_array_foreach (base, i, v) {
		const char *hex = json_string_value(v);
		const struct write *w;

		if (writes_find(&ed->w, field, hex != NULL ? hex : "", &w, e) ==
		    -1) {
			json_decref(list);
			return err_wrap(e, "base");
		}
		json_array_append_new(list, writes_prefix(w->change));
		if (json_equal(value_of(w), value))
			*ret_same = true;
		for (size_t k = 0; k < ed->w.n; k++) {
			const struct write *x = &ed->w.w[k];

			if (x->is_live && strcmp(x->field, field) == 0 &&
			    writes_same(x, w))
				json_array_append_new(
				    list, writes_prefix(x->change));
		}
	}
	*ret = writes_sort(list);
	return 0;
}

static int
in_conflict(const struct edit *ed, const char *field, struct err *e)
{
	return err_set(e, ERR_CONFLICT,
	    _("%s is in conflict: mufakat resolve %.12s %s"), field, ed->r.id,
	    field);
}

/* "state" moves only as the catalogue allows, from what is displayed. */
static int
check_state(const struct edit *ed, const char *field, const json_t *value,
    struct err *e)
{
	const json_t *from = value_of(writes_shown(&ed->w, field));

	if (strcmp(field, "state") != 0 || !json_is_string(value))
		return 0;
	return types_check_transition(
	    ed->t, json_string_value(from), json_string_value(value), e);
}

static bool
is_missing(const struct edit *ed, const char *field)
{
	const struct write *w = writes_shown(&ed->w, field);

	return w != NULL && !w->has_value && !w->is_erased;
}

/* Who sees nothing would write over what others see. */
static int
check_here(const struct edit *ed, const char *field, struct err *e)
{
	if (!is_missing(ed, field))
		return 0;
	return err_set(e, ERR_CONFLICT,
	    _("%s of '%.12s' is not empty, it has not arrived yet: sync, then "
	      "try again; to write it anew all the same: mufakat resolve "
	      "%.12s %s --value TEXT"),
	    field, ed->r.id, ed->r.id, field);
}

static int
edit_field(struct office *o, struct edit *ed, const char *field,
    const json_t *typed, const json_t *base, struct err *e)
{
	json_t *value = NULL, *over = NULL;
	bool same;
	int rv = -1;

	if (check_field(o, ed, field, e) == -1 ||
	    check_here(ed, field, e) == -1 ||
	    values_parse_one(o, ed->t, field, typed, &value, e) == -1)
		return -1;
	if (base != NULL && !json_is_null(base)) {
		if (!json_is_array(base)) {
			err_set(e, ERR_INPUT, _("base: %s: must be an array"),
			    field);
			goto out;
		}
		if (over_base(ed, field, base, value, &over, &same, e) == -1)
			goto out;
	} else if (writes_conflict(&ed->w, field)) {
		in_conflict(ed, field, e);
		goto out;
	} else {
		over = writes_live(&ed->w, field);
		same = json_equal(value_of(writes_shown(&ed->w, field)), value);
	}
	if (!same) {
		if (check_state(ed, field, value, e) == -1)
			goto out;
		json_object_set(ed->values, field, value);
		json_object_set(ed->over, field, over);
	}
	rv = 0;
out:
	json_decref(value);
	json_decref(over);
	return rv;
}

static int
check_edit(const struct edit *ed, const json_t *fields, struct err *e)
{
	if (ed->r.deleted)
		return err_set(e, ERR_CONFLICT,
		    _("'%.12s' is deleted: mufakat undelete %.12s"), ed->r.id,
		    ed->r.id);
	if (!json_is_object(fields))
		return err_set(e, ERR_INPUT, _("fields: must be an object"));
	return 0;
}

/* Of the fields that were edited those that another write came for since the
 * user was shown them: into the reply.  The edit is saved, whatever happens. */
static void
tell_conflicts(struct office *o, const struct edit *ed, const json_t *fields,
    json_t *reply)
{
	json_t *list = json_array(), *now, *v;
	struct err ignored;
	size_t i;

	json_object_set_new(reply, "conflicts", list);
	if (view_values(office_store(o), ed->r.n, &now, &ignored) == -1)
		return;
	json_array_foreach (json_object_get(now, "conflicts"), i, v)
		if (json_object_get(fields, json_string_value(v)) != NULL)
			json_array_append(list, v);
	json_decref(now);
}

int
request_edit(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	const json_t *fields = json_object_get(req, "fields");
	const json_t *base = json_object_get(req, "base");
	struct edit ed;
	const char *field;
	json_t *typed;
	int rv = -1;

	if (edit_open(o, req, &ed, e) == -1)
		return -1;
	if (check_edit(&ed, fields, e) == -1)
		goto out;
	json_object_foreach ((json_t *)(uintptr_t)fields, field, typed) {
		if (edit_field(o, &ed, field, typed,
			json_object_get(base, field), e) == -1)
			goto out;
	}
	rv = edit_commit(o, &ed, ret, e);
	if (rv == 0)
		tell_conflicts(o, &ed, fields, *ret);
out:
	edit_close(&ed);
	return rv;
}

/* --- resolve ------------------------------------------------------------- */

/* The value to keep: one of the writes, or a new one. */
static int
choose(struct office *o, const struct edit *ed, const json_t *req,
    const char *field, json_t **ret, struct err *e)
{
	const json_t *typed = json_object_get(req, "value");
	const struct write *w;
	const char *take;

	if (request_text(req, "take", false, &take, e) == -1)
		return -1;
	if (take != NULL) {
		if (writes_find(&ed->w, field, take, &w, e) == -1)
			return -1;
		if (writes_fetch(office_store(o), ed->r.n, w, ret, e) == -1)
			return -1;
		if (*ret == NULL)
			return err_set(e, ERR_INPUT,
			    w->is_erased
				? _("%s: the value of '%s' was erased")
				: _("%s: the value of '%s' has not arrived"),
			    field, take);
		return 0;
	}
	if (typed == NULL)
		return err_set(e, ERR_INPUT,
		    _("%s: say which to keep: --take CHANGE or --value TEXT"),
		    field);
	if (strcmp(field, "deleted") == 0) {
		if (!json_is_boolean(typed))
			return err_set(
			    e, ERR_INPUT, _("deleted: must be true or false"));
		*ret = json_incref((json_t *)(uintptr_t)typed);
		return 0;
	}
	return values_parse_one(o, ed->t, field, typed, ret, e);
}

/* A state that none of the sides has must follow from one of them. */
static int
check_resolved_state(const struct edit *ed, const char *field,
    const json_t *value, struct err *e)
{
	if (strcmp(field, "state") != 0 || !json_is_string(value))
		return 0;
	for (size_t i = 0; i < ed->w.n; i++) {
		const struct write *w = &ed->w.w[i];

		if (w->is_live && strcmp(w->field, field) == 0 &&
		    types_check_transition(ed->t, json_string_value(w->value),
			json_string_value(value), e) == 0)
			return 0;
	}
	return -1;
}

int
request_resolve(
    struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct edit ed;
	const char *field;
	json_t *value = NULL;
	int rv = -1;

	if (request_text(req, "field", true, &field, e) == -1 ||
	    edit_open(o, req, &ed, e) == -1)
		return -1;
	if (!writes_conflict(&ed.w, field) && !is_missing(&ed, field) &&
	    !writes_are_many(&ed.w, field)) {
		err_set(e, ERR_INPUT,
		    _("%.64s of '%.12s' is not in conflict: 'mufakat "
		      "conflicts' lists what is"),
		    field, ed.r.id);
		goto out;
	}
	if (values_may_write(o, &ed.r, field, e) == -1 ||
	    choose(o, &ed, req, field, &value, e) == -1 ||
	    check_resolved_state(&ed, field, value, e) == -1)
		goto out;
	json_object_set(ed.values, field, value);
	json_object_set_new(ed.over, field, writes_live(&ed.w, field));
	rv = edit_commit(o, &ed, ret, e);
out:
	json_decref(value);
	edit_close(&ed);
	return rv;
}
