/* new, edit, show, delete, undelete, comment */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/editor.h"
#include "client/fields.h"
#include "client/print.h"
#include "client/signatures.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/text.h"
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
	rv = strcmp(from, "-") == 0 ? read_stdin(&b, e)
				    : fs_read(from, LONG_MAX_BYTES, &b, e);
	if (rv == 0 && (!text_is_utf8(buf_str(&b), b.len)))
		rv = err_set(e, ERR_INPUT,
		    _("'%s' is not UTF-8 text: convert it, for example with "
		      "iconv"),
		    from);
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

static void
keep_or_drop(int rv, char *path)
{
	if (path != NULL && rv != EXIT_DONE)
		fprintf(
		    stderr, _("mufakat: what you typed is in '%s'\n"), path);
	else
		editor_done(path);
}

int
cmd_new(struct cli *c)
{
	json_t *fields = fields_of(c, 1), *r;
	char *path = NULL;
	struct err e = {0};
	int rv;

	if (fields == NULL)
		return cli_usage(c, _("a field is written FIELD=VALUE"));
	if (add_from(c, fields, &e) == -1 ||
	    ask_text(c, fields, &path, &e) == -1) {
		json_decref(fields);
		return cli_fail(c, &e);
	}
	rv = cli_ask(c, "new",
	    json_pack("{s:s,s:o}", "type", c->words[0], "fields", fields), &r);
	keep_or_drop(rv, path);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	puts(json_get_str(r, "id"));
	json_decref(r);
	return EXIT_DONE;
}

/* The form: one "field: value" line for each short field, then the text. */
static void
write_form(const json_t *record, struct buf *b)
{
	const struct type *t = type_find(json_get_str(record, "type"));
	const json_t *values = json_object_get(record, "values");
	const char *text = NULL;

	for (const struct field *f = t->fields; f->name != NULL; f++) {
		const json_t *v = json_object_get(values, f->name);

		if ((f->flags & FIELD_FIXED) != 0)
			continue;
		if (f->kind == FIELD_TEXT && (f->flags & FIELD_REQUIRED)) {
			text = json_string_value(v);
			continue;
		}
		if (f->kind == FIELD_TEXT)
			continue;
		buf_printf(b, "%s: ", f->name);
		print_value(v, b);
		buf_addc(b, '\n');
	}
	buf_printf(b, "\n%s", text != NULL ? text : "");
}

/* Reads the form back; only what differs from "before" is a change. */
static json_t *
read_form(const json_t *record, const char *before, char *form)
{
	const struct field *f = long_field(json_get_str(record, "type"));
	const json_t *values = json_object_get(record, "values");
	json_t *fields = json_object();
	char *text = strstr(form, "\n\n");
	char *save = NULL;

	if (text != NULL) {
		*text = '\0';
		text += 2;
	}
	if (f != NULL && text != NULL) {
		const char *old =
		    json_string_value(json_object_get(values, f->name));

		if (old == NULL || strcmp(old, text) != 0)
			json_object_set_new(fields, f->name, json_string(text));
	}
	for (char *s = strtok_r(form, "\n", &save); s != NULL;
	     s = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(s, ':');
		struct buf same = BUF_INIT;

		if (colon == NULL)
			continue;
		*colon++ = '\0';
		colon += strspn(colon, " ");
		buf_printf(&same, "%s: %s\n", s, colon);
		if (strstr(before, buf_str(&same)) == NULL)
			json_object_set_new(fields, s,
			    *colon != '\0' ? json_string(colon) : json_null());
		buf_clear(&same);
	}
	return fields;
}

/* What was shown, so that an edit made meanwhile becomes a conflict. */
static json_t *
base_of(const json_t *record)
{
	const json_t *writes = json_object_get(record, "writes");
	json_t *base = json_object(), *v;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)writes, name, v)
		json_object_set_new(base, name, json_pack("[O]", v));
	return base;
}

static int
edit_in_editor(struct cli *c)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	json_t *shown, *record, *fields, *r;
	char *path = NULL;
	struct err e = {0};
	int rv = cli_ask(
	    c, "show", json_pack("{s:s}", "record", c->words[0]), &shown);

	if (rv != EXIT_DONE)
		return rv;
	record = json_object_get(shown, "record");
	if (type_find(json_get_str(record, "type")) == NULL ||
	    json_array_size(json_object_get(record, "conflicts")) > 0) {
		err_set(&e, ERR_CONFLICT,
		    _("'%s' is in conflict: mufakat conflicts, then mufakat "
		      "resolve"),
		    c->words[0]);
		rv = cli_fail(c, &e);
		goto out;
	}
	write_form(record, &before);
	if (editor_run(buf_str(&before), &after, &path, &e) == -1) {
		rv = cli_fail(c, &e);
		goto out;
	}
	fields = read_form(record, buf_str(&before), after.data);
	rv = cli_ask(c, "edit",
	    json_pack("{s:s,s:o,s:o}", "record", json_get_str(record, "id"),
		"fields", fields, "base", base_of(record)),
	    &r);
	keep_or_drop(rv, path);
	if (rv == EXIT_DONE && !cli_json(c, r))
		json_decref(r);
out:
	buf_clear(&before);
	buf_clear(&after);
	json_decref(shown);
	return rv;
}

int
cmd_edit(struct cli *c)
{
	json_t *fields, *r, *v;
	const char *name;
	int rv;

	if (c->nwords == 1)
		return edit_in_editor(c);
	fields = fields_of(c, 1);
	if (fields == NULL)
		return cli_usage(c, _("a field is written FIELD=VALUE"));
	json_object_foreach (fields, name, v)
		if (json_string_length(v) == 0)
			json_object_set_new(fields, name, json_null());
	rv = cli_ask(c, "edit",
	    json_pack("{s:s,s:o}", "record", c->words[0], "fields", fields),
	    &r);
	if (rv == EXIT_DONE && !cli_json(c, r))
		json_decref(r);
	return rv;
}

static void
print_record(const json_t *record)
{
	const json_t *values = json_object_get(record, "values"), *unchecked;
	struct buf b = BUF_INIT;
	const char *name;
	json_t *v;
	size_t i;

	print_styled(STYLE_BOLD, json_get_str(record, "type"));
	printf(" %s%s\n", json_get_str(record, "id"),
	    json_is_true(json_object_get(record, "deleted")) ? _(" (deleted)")
							     : "");
	json_object_foreach ((json_t *)(uintptr_t)values, name, v) {
		buf_reset(&b);
		print_value(v, &b);
		fputs("  ", stdout);
		if (strchr(buf_str(&b), '\n') == NULL) {
			print_named(name, 14, buf_str(&b));
		} else {
			puts(name);
			print_indented(buf_str(&b), 6);
		}
	}
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
	print_record(json_object_get(r, "record"));
	json_array_foreach (json_object_get(r, "comments"), i, v) {
		const char *text =
		    json_get_str(json_object_get(v, "values"), "text");

		print_indented(text != NULL ? text : "", 2);
	}
	signatures_print(json_object_get(r, "signatures"));
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_delete(struct cli *c)
{
	return cli_do(c, "delete", json_pack("{s:s}", "record", c->words[0]));
}

int
cmd_undelete(struct cli *c)
{
	return cli_do(c, "undelete", json_pack("{s:s}", "record", c->words[0]));
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
