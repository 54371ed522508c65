#include "client/refer.h"

#include <string.h>

#include "client/mark.h"
#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/text.h"
#include "common/types.h"

/* The name of a record, of whatever type. */
static void
add_record(struct cli *c, const char *id, struct buf *b)
{
	static const char *const names[] = {"title", "name", "theme"};
	struct err ignored;
	const json_t *record, *values;
	json_t *r;

	if (cli_try(c, "show", json_pack("{s:s}", "record", id), &r,
		&ignored) == -1)
		return;
	record = json_object_get(r, "record");
	values = json_object_get(record, "values");
	for (size_t i = 0; i < 3; i++) {
		const char *name = json_get_str(values, names[i]);

		if (name == NULL)
			continue;
		buf_adds(b, name);
		if (mark_is_due(record, names[i]))
			buf_adds(b, _(" (in conflict)"));
		break;
	}
	json_decref(r);
}

static void
add_organisation(struct cli *c, const char *id, struct buf *b)
{
	struct err ignored;
	const char *name;
	json_t *r, *v;
	size_t i;

	if (cli_try(c, "members", NULL, &r, &ignored) == -1)
		return;
	json_array_foreach (json_object_get(r, "organisations"), i, v) {
		name = json_get_str(v, "name");
		if (name != NULL && json_get_str(v, "id") != NULL &&
		    strcmp(json_get_str(v, "id"), id) == 0)
			buf_adds(b, name);
	}
	json_decref(r);
}

/* The id, and the name on the same line. */
static void
add_one(struct cli *c, bool is_organisation, const json_t *value, struct buf *b)
{
	const char *id = json_string_value(value);
	struct buf name = BUF_INIT;

	print_value(value, b);
	if (id == NULL)
		return;
	if (is_organisation)
		add_organisation(c, id, &name);
	else
		add_record(c, id, &name);
	if (name.len > 0) {
		buf_adds(b, "  ");
		text_escape(buf_str(&name), name.len, false, b);
	}
	buf_clear(&name);
}

void
refer_value(struct cli *c, const char *type, const char *field,
    const json_t *value, struct buf *b)
{
	const struct type *t = type_find(type);
	const struct field *f = t != NULL ? type_field(t, field) : NULL;
	enum field_kind kind = f != NULL ? f->kind : FIELD_LINE;
	bool is_organisation = kind == FIELD_ORG || kind == FIELD_ORGS;
	size_t i;
	json_t *v;

	if (!is_organisation && kind != FIELD_REF && kind != FIELD_REFS) {
		print_value(value, b);
		return;
	}
	if (!json_is_array(value)) {
		add_one(c, is_organisation, value, b);
		return;
	}
	json_array_foreach (value, i, v) {
		if (i > 0)
			buf_addc(b, '\n');
		add_one(c, is_organisation, v, b);
	}
}

static bool
has_key(const json_t *organisation, const char *key)
{
	const char *has;
	size_t i;
	json_t *v;

	json_array_foreach (json_object_get(organisation, "keys"), i, v) {
		has = json_get_str(v, "key");
		if (has != NULL && strcmp(has, key) == 0)
			return true;
	}
	return false;
}

void
refer_key(struct cli *c, const char *key, struct buf *b)
{
	struct err ignored;
	json_t *r, *v;
	size_t i;

	if (cli_try(c, "members", NULL, &r, &ignored) == -1)
		return;
	json_array_foreach (json_object_get(r, "organisations"), i, v)
		if (has_key(v, key))
			print_value(json_object_get(v, "name"), b);
	json_decref(r);
}
