/* list, search, history, types */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/fields.h"
#include "client/mark.h"
#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"
#include "common/types.h"

/* The field that a record is known by. */
static const char *
naming_field(const json_t *row)
{
	static const char *const names[] = {"title", "name", "theme", "text"};
	const json_t *values = json_object_get(row, "values");

	for (size_t i = 0; i < 4; i++)
		if (json_get_str(values, names[i]) != NULL)
			return names[i];
	return "title";
}

/* Its id, and that it is deleted, where a narrow terminal cuts neither. */
static void
id_cell(struct table *t, const json_t *row)
{
	struct buf b = BUF_INIT;

	print_value(json_object_get(row, "id"), &b);
	if (json_is_true(json_object_get(row, "deleted")))
		buf_adds(&b, _(" (deleted)"));
	table_cell(t, buf_str(&b));
	buf_clear(&b);
}

/* As numbers of sections are read: 1.9 comes before 1.10. */
static int
compare_rows(const void *a, const void *b, void *type)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const struct type *t = type;
	int rv = 0;

	for (size_t k = 1; rv == 0 && t->columns[k - 1] != NULL; k++) {
		const char *name = t->columns[k - 1];
		const char *s =
		    json_get_str(json_object_get(x, "values"), name);
		const char *u =
		    json_get_str(json_object_get(y, "values"), name);

		rv = strverscmp(s != NULL ? s : "", u != NULL ? u : "");
	}
	return rv != 0 ? rv
		       : strcmp(json_get_str(x, "id"), json_get_str(y, "id"));
}

/* By what stands in their columns; the caller owns it. */
static json_t *
sorted(json_t *rows, const struct type *type)
{
	const size_t n = json_array_size(rows);
	json_t **list = mem_array(NULL, n + 1, sizeof(list[0]));
	json_t *ret = json_array();

	for (size_t i = 0; i < n; i++)
		list[i] = json_array_get(rows, i);
	qsort_r(
	    list, n, sizeof(list[0]), compare_rows, (void *)(uintptr_t)type);
	for (size_t i = 0; i < n; i++)
		json_array_append(ret, list[i]);
	free(list);
	return ret;
}

/* Rows of one type, in the columns that its catalogue entry names. */
static void
print_rows(const json_t *rows, const struct type *type)
{
	const char *heads[16] = {N_("id")};
	bool is_marked = false;
	size_t n = 1, i;
	struct table *t;
	json_t *v;

	for (; type->columns[n - 1] != NULL && n < 15; n++)
		heads[n] = type->columns[n - 1];
	t = table_new(heads, n);
	table_keep(t, 0);
	json_array_foreach (rows, i, v) {
		id_cell(t, v);
		for (size_t k = 1; k < n; k++)
			is_marked |= mark_cell(t, v, heads[k]);
	}
	table_print(t);
	if (is_marked)
		mark_explain();
}

static void
print_mixed(const json_t *rows)
{
	static const char *const heads[] = {N_("id"), N_("type"), N_("title")};
	struct table *t = table_new(heads, 3);
	bool is_marked = false;
	size_t i;
	json_t *v;

	table_keep(t, 0);
	json_array_foreach (rows, i, v) {
		id_cell(t, v);
		table_cell(t, json_get_str(v, "type"));
		is_marked |= mark_cell(t, v, naming_field(v));
	}
	table_print(t);
	if (is_marked)
		mark_explain();
}

int
cmd_list(struct cli *c)
{
	const struct type *type = type_find(c->words[0]);
	struct err e = {0};
	json_t *where = fields_of(c, 1, &e), *r, *rows;
	int rv;

	if (where == NULL)
		return cli_usage(c, "%s", e.msg);
	rv = cli_ask_all(c, "list", "list",
	    json_pack("{s:s,s:o,s:b}", "type", c->words[0], "where", where,
		"deleted", cli_option(c, "deleted") != NULL),
	    &r);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	if (type != NULL) {
		rows = sorted(json_object_get(r, "list"), type);
		print_rows(rows, type);
		json_decref(rows);
	} else {
		print_mixed(json_object_get(r, "list"));
	}
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_search(struct cli *c)
{
	struct buf words = BUF_INIT;
	json_t *r;
	int rv;

	for (size_t i = 0; i < c->nwords; i++)
		buf_printf(&words, "%s%s", i > 0 ? " " : "", c->words[i]);
	rv = cli_ask_all(c, "search", "list",
	    json_pack("{s:s}", "words", buf_str(&words)), &r);
	buf_clear(&words);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_mixed(json_object_get(r, "list"));
	json_decref(r);
	return EXIT_DONE;
}

/* What was done that wrote no field. */
static const char *
event_words(const json_t *v)
{
	const char *kind = json_get_str(v, "kind");

	if (kind == NULL || json_array_size(json_object_get(v, "fields")) > 0)
		return "";
	if (strcmp(kind, "version") == 0)
		return _(" fixed the text, to be signed");
	if (strcmp(kind, "sign") == 0)
		return _(" signed it, or withdrew that: mufakat verify");
	return "";
}

static void
print_event(const json_t *v)
{
	struct buf b = BUF_INIT;
	const json_t *fields = json_object_get(v, "fields"), *f;
	int64_t t = 0;
	size_t i;

	json_get_int(v, "t", &t);
	print_time(t, &b);
	print_styled(STYLE_DIM, json_get_str(v, "change"));
	printf("\n  %s (%s) ", buf_str(&b), _("claimed"));
	buf_reset(&b);
	print_value(json_object_get(v, "name"), &b);
	print_styled(STYLE_BOLD, buf_str(&b));
	fputs(event_words(v), stdout);
	if (json_is_true(json_object_get(v, "void")))
		print_styled(STYLE_BAD, _(" void"));
	if (json_is_true(json_object_get(v, "unchecked")))
		print_styled(STYLE_WARN, _(" not yet checked"));
	putchar('\n');
	json_array_foreach (fields, i, f) {
		buf_reset(&b);
		print_value(json_object_get(f, "value"), &b);
		fputs("    ", stdout);
		print_text(json_get_str(f, "field"));
		putchar(':');
		print_named("", 0, buf_str(&b));
	}
	buf_clear(&b);
}

int
cmd_history(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	int rv = cli_ask_all(c, "history", "history",
	    json_pack("{s:s,s:s?}", "record", c->words[0], "after",
		cli_option(c, "after")),
	    &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	json_array_foreach (json_object_get(r, "history"), i, v)
		print_event(v);
	json_decref(r);
	return EXIT_DONE;
}

static const char *
whose_words(const json_t *v)
{
	const char *whose = json_get_str(v, "whose");

	if (whose != NULL && strcmp(whose, "own") == 0)
		return _("written by the organisation that made it");
	if (whose != NULL && strcmp(whose, "hosts") == 0)
		return _("written by the hosts");
	return _("written by any member");
}

/* "line      required signed draft, agreed", "record    of group"; whose
 * writes count, where that is not as for the whole type. */
static void
describe_field(const json_t *type, const json_t *f, struct buf *b)
{
	static const char *const flags[] = {"required", "signed", "personal"};
	const json_t *words = json_object_get(f, "words");
	const json_t *refers = json_object_get(f, "refers");

	buf_printf(b, "%-9s", json_get_str(f, "kind"));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (json_is_true(json_object_get(f, flags[i])))
			buf_printf(b, " %s", flags[i]);
	if (json_array_size(words) > 0) {
		buf_addc(b, ' ');
		print_value(words, b);
	}
	if (json_array_size(refers) > 0) {
		buf_printf(b, " %s ", _("of"));
		print_value(refers, b);
	}
	if (!json_equal(
		json_object_get(f, "whose"), json_object_get(type, "whose")))
		buf_printf(b, " %s", whose_words(f));
	while (b->len > 0 && b->data[b->len - 1] == ' ')
		b->data[--b->len] = '\0';
}

/* "  draft         proposed, withdrawn": from each state, those it may have
 * next; in brackets those of a new record. */
static void
print_moves(const json_t *type)
{
	const json_t *moves = json_object_get(type, "transitions"), *move;
	const json_t *from = NULL;
	struct buf b = BUF_INIT;
	size_t i;

	json_array_foreach (moves, i, move) {
		const json_t *now = json_array_get(move, 0);

		if (from == NULL || !json_equal(now, from)) {
			if (from != NULL)
				puts(buf_str(&b));
			buf_reset(&b);
			buf_printf(&b, "  %-14s ",
			    json_is_string(now) ? json_string_value(now)
						: _("(new)"));
		} else {
			buf_adds(&b, ", ");
		}
		from = now;
		print_value(json_array_get(move, 1), &b);
	}
	if (from != NULL)
		puts(buf_str(&b));
	buf_clear(&b);
}

static void
print_type(const json_t *v)
{
	const json_t *fields = json_object_get(v, "fields"), *f;
	struct buf b = BUF_INIT;
	size_t i;

	print_styled(STYLE_BOLD, json_get_str(v, "name"));
	printf("  %s\n", _(json_get_str(v, "label")));
	json_array_foreach (fields, i, f) {
		buf_reset(&b);
		describe_field(v, f, &b);
		fputs("  ", stdout);
		print_named(json_get_str(f, "name"), 14, buf_str(&b));
	}
	buf_clear(&b);
}

/* What the fields alone do not tell. */
static void
print_rules(const json_t *type)
{
	puts(whose_words(type));
	if (json_array_size(json_object_get(type, "transitions")) == 0)
		return;
	puts(_("states, and those that may follow"));
	print_moves(type);
}

/* Leaves the type of that name alone in the reply; false if there is none. */
static bool
keep_type(json_t *r, const char *name)
{
	json_t *all = json_object_get(r, "types"), *one = json_array(), *v;
	size_t i;

	json_array_foreach (all, i, v)
		if (strcmp(name, json_get_str(v, "name")) == 0)
			json_array_append(one, v);
	json_object_set_new(r, "types", one);
	return json_array_size(one) > 0;
}

int
cmd_types(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	struct err e;
	int rv = cli_ask(c, "types", NULL, &r);

	if (rv != EXIT_DONE)
		return rv;
	if (c->nwords > 0 && !keep_type(r, c->words[0])) {
		json_decref(r);
		err_set(&e, ERR_NOTFOUND,
		    _("no type '%s'; 'mufakat types' lists them"), c->words[0]);
		return cli_fail(c, &e);
	}
	if (cli_json(c, r))
		return EXIT_DONE;
	json_array_foreach (json_object_get(r, "types"), i, v) {
		print_type(v);
		if (c->nwords > 0)
			print_rules(v);
	}
	json_decref(r);
	return EXIT_DONE;
}
