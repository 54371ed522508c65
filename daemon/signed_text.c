#include "signed_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/render.h"
#include "writes.h"

/* [[record, field, [prefix, ...]], ...] of every signed field, those without
 * a write too: a first write to them changes the text. */
static json_t *
make_of(
    const struct view_record *r, const struct type *t, const struct writes *w)
{
	json_t *of = json_array();

	for (const struct field *f = t->fields; f->name != NULL; f++)
		if ((f->flags & FIELD_SIGNED) != 0)
			json_array_append_new(
			    of, json_pack("[s, s, o]", r->id, f->name,
				    writes_live(w, f->name)));
	return of;
}

/* A version names every write that its text is made of. */
static int
check_count(const struct view_record *r, const struct writes *w,
    const char *field, struct err *e)
{
	if (!writes_are_many(w, field))
		return 0;
	return err_set(e, ERR_CONFLICT,
	    _("%s of '%.12s' was written more often side by side than a "
	      "version "
	      "can name: mufakat resolve %.12s %s --value TEXT, as often as it "
	      "takes"),
	    field, r->id, r->id, field);
}

static int
check_shown(const struct view_record *r, const struct write *w,
    const char *field, struct err *e)
{
	if (w == NULL || w->value != NULL)
		return 0;
	return err_set(e, ERR_INPUT,
	    w->is_erased ? _("%s of '%.12s' was erased: there is no text to "
			     "sign")
			 : _("%s of '%.12s' has not arrived yet: sync, then "
			     "try again"),
	    field, r->id);
}

/* The displayed values of the signed fields. */
static int
signed_values(const struct view_record *r, const struct type *t,
    const struct writes *w, json_t **ret, struct err *e)
{
	json_t *values = json_object();

	for (const struct field *f = t->fields; f->name != NULL; f++) {
		const struct write *shown = writes_shown(w, f->name);

		if ((f->flags & FIELD_SIGNED) == 0)
			continue;
		if (writes_conflict(w, f->name)) {
			json_decref(values);
			return err_set(e, ERR_CONFLICT,
			    _("%s is in conflict: mufakat resolve %.12s %s"),
			    f->name, r->id, f->name);
		}
		if (check_count(r, w, f->name, e) == -1 ||
		    check_shown(r, shown, f->name, e) == -1) {
			json_decref(values);
			return -1;
		}
		if (shown != NULL)
			json_object_set(values, f->name, shown->value);
	}
	*ret = values;
	return 0;
}

static int
render(const struct view_record *r, const struct type *t,
    const struct writes *w, struct signed_text *ret, struct err *e)
{
	struct signed_text x = {.text = BUF_INIT};
	json_t *values = NULL;
	int rv = -1;

	if (signed_values(r, t, w, &values, e) == -1 ||
	    render_text(RENDER_RULE, t, values, &x.text, e) == -1)
		goto out;
	crypto_digest(buf_str(&x.text), x.text.len, x.hash);
	x.of = make_of(r, t, w);
	*ret = x;
	rv = 0;
out:
	json_decref(values);
	if (rv == -1)
		signed_text_clear(&x);
	return rv;
}

static int
find_type(const struct view_record *r, const struct type **ret, struct err *e)
{
	*ret = type_find(r->type);
	if (*ret != NULL)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("'%s' is a type that this version does not know"), r->type);
}

int
signed_text_make(const struct office *o, const struct view_record *r,
    struct signed_text *ret, struct err *e)
{
	const struct type *t;
	struct writes w;
	int rv;

	if (find_type(r, &t, e) == -1 ||
	    writes_load_live(office_store(o), r->n, &w, e) == -1)
		return -1;
	rv = render(r, t, &w, ret, e);
	writes_clear(&w);
	return rv;
}

void
signed_text_clear(struct signed_text *t)
{
	buf_clear(&t->text);
	json_decref(t->of);
	*t = (struct signed_text){.text = BUF_INIT};
}

/* --- versions ------------------------------------------------------------ */

/* A version may name the writes that are shown now and say something else:
 * only what we would make of them ourselves is current (FORMAT.md 8). */
static int
keep(void *arg, const struct view_version *v)
{
	struct signed_versions *all = arg;
	struct signed_version *to;

	if (all->n % 8 == 0)
		all->v = mem_array(all->v, all->n + 8, sizeof(all->v[0]));
	to = &all->v[all->n++];
	*to = (struct signed_version){.counts = v->counts};
	memcpy(to->id, v->id, ID_SIZE);
	memcpy(to->hash, v->hash, HASH_LEN);
	to->is_current = v->rule == RENDER_RULE && all->has_text &&
			 memcmp(v->hash, all->hash, HASH_LEN) == 0;
	return 0;
}

int
signed_versions_load(const struct office *o, const struct view_record *r,
    struct signed_versions *ret, struct err *e)
{
	const struct type *t;
	struct signed_versions v = {0};
	struct signed_text text;
	struct writes w;

	if (writes_load_live(office_store(o), r->n, &w, e) == -1)
		return -1;
	/* what cannot be rendered now has no current text: no failure */
	if (find_type(r, &t, &v.why) == 0 &&
	    render(r, t, &w, &text, &v.why) == 0) {
		v.has_text = true;
		memcpy(v.hash, text.hash, HASH_LEN);
		signed_text_clear(&text);
	}
	writes_clear(&w);
	if (view_versions(office_store(o), r->id, keep, &v, e) == -1) {
		signed_versions_clear(&v);
		return -1;
	}
	*ret = v;
	return 0;
}

void
signed_versions_clear(struct signed_versions *v)
{
	free(v->v);
	*v = (struct signed_versions){0};
}

const struct signed_version *
signed_versions_current(const struct signed_versions *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].counts && v->v[i].is_current)
			return &v->v[i];
	return NULL;
}

const struct signed_version *
signed_versions_find(const struct signed_versions *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].id, id) == 0)
			return &v->v[i];
	return NULL;
}
