/* edit */
#include <stdio.h>

#include "client/cmd.h"
#include "client/editor.h"
#include "client/fields.h"
#include "client/form.h"
#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/types.h"

/* What was shown of these fields, so that an edit made meanwhile becomes a
 * conflict; of an empty field, that nothing was there. */
static json_t *
base_of(const json_t *record, json_t *fields)
{
	const json_t *writes = json_object_get(record, "writes");
	json_t *base = json_object(), *v;
	const char *name;

	json_object_foreach (fields, name, v) {
		json_t *shown = json_object_get(writes, name);

		json_object_set_new(base, name,
		    shown != NULL ? json_pack("[O]", shown) : json_array());
	}
	return base;
}

static int
check_record(const struct cli *c, const json_t *record, struct err *e)
{
	const char *type = json_get_str(record, "type");

	if (type_find(type) == NULL)
		return err_set(e, ERR_INPUT,
		    _("'%s' is a type that this version does not know: a newer "
		      "one can edit it"),
		    type);
	if (json_array_size(json_object_get(record, "conflicts")) > 0)
		return err_set(e, ERR_CONFLICT,
		    _("'%s' is in conflict: mufakat conflicts, then mufakat "
		      "resolve"),
		    c->words[0]);
	return 0;
}

/* Asks for it; says so if nothing differs from what is there. */
static int
ask_edit(struct cli *c, json_t *edit)
{
	json_t *r, *v;
	size_t i;
	int rv = cli_ask(c, "edit", edit, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	if (json_get_str(r, "change") == NULL)
		puts(_("nothing changed"));
	json_array_foreach (json_object_get(r, "conflicts"), i, v) {
		print_styled(STYLE_WARN, json_string_value(v));
		puts(_(" was edited meanwhile, and is in conflict: mufakat "
		       "conflicts"));
	}
	json_decref(r);
	return EXIT_DONE;
}

/* The form, what the user made of it, and what that changes. */
static int
edit_record(struct cli *c, const json_t *record)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	json_t *fields;
	char *path = NULL;
	struct err e = {0};
	int rv;

	if (check_record(c, record, &e) == -1)
		return cli_fail(c, &e);
	form_write(record, &before);
	if (editor_run(buf_str(&before), &after, &path, &e) == -1 ||
	    form_read(record, buf_str(&after), after.len, &fields, &e) == -1)
		rv = cli_fail(c, &e);
	else
		rv = ask_edit(c, json_pack("{s:s,s:o,s:o}", "record",
				     json_get_str(record, "id"), "fields",
				     fields, "base", base_of(record, fields)));
	editor_end(path, buf_str(&before), rv == EXIT_DONE);
	buf_clear(&before);
	buf_clear(&after);
	return rv;
}

static int
edit_in_editor(struct cli *c)
{
	json_t *shown;
	int rv = cli_ask(
	    c, "show", json_pack("{s:s}", "record", c->words[0]), &shown);

	if (rv != EXIT_DONE)
		return rv;
	rv = edit_record(c, json_object_get(shown, "record"));
	json_decref(shown);
	return rv;
}

int
cmd_edit(struct cli *c)
{
	json_t *fields, *v;
	const char *name;
	struct err e = {0};

	if (c->nwords == 1)
		return edit_in_editor(c);
	fields = fields_of(c, 1, &e);
	if (fields == NULL)
		return cli_usage(c, "%s", e.msg);
	json_object_foreach (fields, name, v)
		if (json_string_length(v) == 0)
			json_object_set_new(fields, name, json_null());
	return ask_edit(
	    c, json_pack("{s:s,s:o}", "record", c->words[0], "fields", fields));
}
