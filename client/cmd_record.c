/* new, show, delete, undelete, comment */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/editor.h"
#include "client/fields.h"
#include "client/mark.h"
#include "client/print.h"
#include "client/refer.h"
#include "client/signatures.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/types.h"

#define LONG_MAX_BYTES (1024 * 1024)

/* The long field of a type, or NULL. */
static const struct field *
long_field(const char *type)
{
	const struct type *t = type_find(type);

	if (t == NULL)
		return NULL;
	for (const struct field *f = t->fields; f->name != NULL; f++)
		if (f->kind == FIELD_TEXT && (f->flags & FIELD_REQUIRED))
			return f;
	return NULL;
}

static int
read_stdin(struct buf *b, struct err *e)
{
	char chunk[4096];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0) {
		buf_add(b, chunk, n);
		if (b->len > LONG_MAX_BYTES)
			return err_set(e, ERR_INPUT,
			    _("'-' is longer than %d bytes"), LONG_MAX_BYTES);
	}
	return 0;
}

/* --from FILE: the long text. */
static int
add_from(struct cli *c, json_t *fields, struct err *e)
{
	const char *from = cli_option(c, "from");
	const struct field *f = long_field(c->words[0]);
	struct buf b = BUF_INIT;
	int rv;

	if (from == NULL)
		return 0;
	if (f == NULL)
		return err_set(e, ERR_INPUT,
		    _("type '%s' has no long text: leave out --from"),
		    c->words[0]);
	if (json_object_get(fields, f->name) != NULL)
		return err_set(e, ERR_INPUT,
		    _("field '%s' is repeated: give it, or --from"), f->name);
	rv = strcmp(from, "-") == 0 ? read_stdin(&b, e)
				    : fs_read(from, LONG_MAX_BYTES, &b, e);
	if (rv == 0)
		rv = editor_check(from, &b, e);
	if (rv == 0)
		json_object_set_new(
		    fields, f->name, json_stringn(buf_str(&b), b.len));
	buf_clear(&b);
	return rv;
}

/* A required long text that is not given is asked for in an editor. */
static int
ask_text(struct cli *c, json_t *fields, char **ret_path, struct err *e)
{
	const struct field *f = long_field(c->words[0]);
	struct buf b = BUF_INIT;
	int rv = 0;

	if (f == NULL || json_object_get(fields, f->name) != NULL ||
	    !isatty(STDIN_FILENO))
		return 0;
	rv = editor_run("", &b, ret_path, e);
	if (rv == 0)
		json_object_set_new(
		    fields, f->name, json_stringn(buf_str(&b), b.len));
	buf_clear(&b);
	return rv;
}

int
cmd_new(struct cli *c)
{
	struct err e = {0};
	json_t *fields = fields_of(c, 1, &e), *r;
	char *path = NULL;
	int rv;

	if (fields == NULL)
		return cli_usage(c, "%s", e.msg);
	if (add_from(c, fields, &e) == -1 ||
	    ask_text(c, fields, &path, &e) == -1) {
		json_decref(fields);
		rv = cli_fail(c, &e);
		editor_end(path, "", false);
		return rv;
	}
	rv = cli_ask(c, "new",
	    json_pack("{s:s,s:o}", "type", c->words[0], "fields", fields), &r);
	editor_end(path, "", rv == EXIT_DONE);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	puts(json_get_str(r, "id"));
	json_decref(r);
	return EXIT_DONE;
}

/* "made by HRWG, 2026-11-24 16:30 (claimed)" */
static void
print_maker(const char *what, const json_t *v)
{
	const json_t *name = json_object_get(v, "name");
	struct buf b = BUF_INIT;
	int64_t t = 0;

	json_get_int(v, "created", &t);
	print_value(
	    json_is_string(name) ? name : json_object_get(v, "organisation"),
	    &b);
	buf_adds(&b, ", ");
	print_time(t, &b);
	printf("  %s ", what);
	print_text(buf_str(&b));
	printf(" (%s)\n", _("claimed"));
	buf_clear(&b);
}

/* Why a field shows nothing, or NULL: it is empty. */
static const char *
why_nothing(const json_t *record, const char *name)
{
	if (mark_lists(json_object_get(record, "missing"), name))
		return _("(has not arrived yet)");
	if (mark_lists(json_object_get(record, "erased"), name))
		return _("(erased)");
	return NULL;
}

static void
print_values(struct cli *c, const json_t *record)
{
	const json_t *values = json_object_get(record, "values");
	const char *type = json_get_str(record, "type"), *name;
	struct buf b = BUF_INIT;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)values, name, v) {
		if (strcmp(name, "deleted") == 0)
			continue; /* stands in the first line */
		buf_reset(&b);
		if (why_nothing(record, name) != NULL)
			buf_adds(&b, why_nothing(record, name));
		else
			refer_value(c, type, name, v, &b);
		fputs(mark_is_due(record, name) ? "! " : "  ", stdout);
		if (strchr(buf_str(&b), '\n') == NULL) {
			print_named(name, 14, buf_str(&b));
		} else {
			puts(name);
			print_indented(buf_str(&b), 6);
		}
	}
	buf_clear(&b);
}

static void
print_record(struct cli *c, const json_t *record)
{
	const json_t *unchecked;
	struct buf b = BUF_INIT;
	json_t *v;
	size_t i;

	print_styled(STYLE_BOLD, json_get_str(record, "type"));
	printf(" %s%s\n", json_get_str(record, "id"),
	    json_is_true(json_object_get(record, "deleted")) ? _(" (deleted)")
							     : "");
	print_maker(_("made by"), record);
	print_values(c, record);
	json_array_foreach (json_object_get(record, "conflicts"), i, v) {
		print_styled(STYLE_WARN, json_string_value(v));
		puts(_(" is in conflict: mufakat conflicts"));
	}
	unchecked = json_object_get(record, "unchecked");
	if (json_array_size(unchecked) > 0) {
		buf_reset(&b);
		print_value(unchecked, &b);
		print_styled(STYLE_WARN, buf_str(&b));
		puts(_(": not yet checked, signatures of what is written "
		       "there"));
	}
	buf_clear(&b);
}

int
cmd_show(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	int rv =
	    cli_ask(c, "show", json_pack("{s:s}", "record", c->words[0]), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_record(c, json_object_get(r, "record"));
	json_array_foreach (json_object_get(r, "comments"), i, v) {
		const char *text =
		    json_get_str(json_object_get(v, "values"), "text");

		print_maker(_("comment of"), v);
		print_indented(text != NULL ? text : "", 6);
	}
	signatures_print(json_object_get(r, "signatures"));
	json_decref(r);
	return EXIT_DONE;
}

static int
set_deleted(struct cli *c, const char *verb)
{
	json_t *r;
	int rv =
	    cli_ask(c, verb, json_pack("{s:s}", "record", c->words[0]), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	if (json_get_str(r, "change") == NULL)
		puts(_("nothing changed"));
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_delete(struct cli *c)
{
	return set_deleted(c, "delete");
}

int
cmd_undelete(struct cli *c)
{
	return set_deleted(c, "undelete");
}

int
cmd_comment(struct cli *c)
{
	json_t *r;
	int rv = cli_ask(c, "comment",
	    json_pack("{s:s,s:s}", "record", c->words[0], "text", c->words[1]),
	    &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	puts(json_get_str(r, "id"));
	json_decref(r);
	return EXIT_DONE;
}
