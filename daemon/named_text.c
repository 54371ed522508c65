#include "named_text.h"

#include <string.h>

#include "common/i18n.h"

/* --- which one ----------------------------------------------------------- */

struct wanted {
	const char *signature;
	char *version;
};

static int
find_signature(void *arg, const struct view_signature *s)
{
	struct wanted *w = arg;

	if (strcmp(s->id, w->signature) != 0)
		return 0;
	memcpy(w->version, s->version, ID_SIZE);
	return 1;
}

static int
note_record(void *arg, const struct view_version *v)
{
	memcpy(arg, v->record, ID_SIZE);
	return 0;
}

/* The record of a version. */
static int
find_record(const struct office *o, const char *version,
    struct view_record *ret, struct err *e)
{
	char id[ID_SIZE];

	if (view_version(office_store(o), version, note_record, id, e) == -1)
		return -1;
	return view_find(office_store(o), id, ret, e);
}

int
named_text_find(const struct office *o, const json_t *req, const char *key,
    struct view_record *ret, char version[static ID_SIZE], struct err *e)
{
	struct view_record r;
	struct wanted w = {r.id, version};
	const char *id;

	version[0] = '\0';
	if (office_need_coalition(o, e) == -1 ||
	    request_text(req, key, true, &id, e) == -1 ||
	    view_find(office_store(o), id, &r, e) == -1)
		return -1;
	if (strcmp(r.type, "version") == 0)
		memcpy(version, r.id, ID_SIZE);
	else if (r.n == 0 && view_signatures(office_store(o), NULL,
				 find_signature, &w, e) == -1)
		return -1;
	if (version[0] != '\0')
		return find_record(o, version, ret, e);
	if (r.n == 0)
		return err_set(e, ERR_NOTFOUND,
		    _("what signature '%.26s' is on is not here"), r.id);
	*ret = r;
	return 0;
}

/* --- as a record --------------------------------------------------------- */

struct page {
	const struct office *o;
	json_t *j;
};

static int
fill(void *arg, const struct view_version *v)
{
	struct page *p = arg;
	const struct trust_org *org = office_org_of(p->o, v->key);

	p->j = json_pack("{s:s, s:s, s:I, s:o, s:n, s:b, s:{}, s:[], s:[], "
			 "s:[], s:[]}",
	    "id", v->id, "type", "version", "created", (json_int_t)v->t,
	    "change", office_hex(v->change), "in", "deleted", 0, "writes",
	    "conflicts", "missing", "erased", "unchecked");
	office_set_org(p->j, org);
	json_object_set_new(p->j, "values",
	    json_pack("{s:s, s:o, s:o}", "record", v->record, "text_hash",
		office_hex(v->hash), "text",
		v->text != NULL ? json_stringn(v->text, v->text_len)
				: json_null()));
	if (v->text == NULL)
		json_array_append_new(
		    json_object_get(p->j, "missing"), json_string("text"));
	return 0;
}

int
named_text_show(
    const struct office *o, const char *version, json_t **ret, struct err *e)
{
	struct page p = {.o = o};

	if (view_version(office_store(o), version, fill, &p, e) == -1)
		return -1;
	*ret = p.j;
	return 0;
}
