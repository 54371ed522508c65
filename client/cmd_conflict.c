/* conflicts, resolve */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/editor.h"
#include "client/print.h"
#include "client/refer.h"
#include "common/i18n.h"
#include "common/jscan.h"

/* What a side says, or why nothing is told of it. */
static void
print_side(struct cli *c, const json_t *v, const json_t *side)
{
	struct buf b = BUF_INIT;

	if (json_is_true(json_object_get(side, "left_out")))
		buf_adds(&b, _("(too long to be shown beside the others: "
			       "mufakat history)"));
	else if (json_is_true(json_object_get(side, "missing")))
		buf_adds(&b, _("(has not arrived yet)"));
	else
		refer_value(c, json_get_str(v, "type"),
		    json_get_str(v, "field"), json_object_get(side, "value"),
		    &b);
	print_indented(b.len > 0 ? buf_str(&b) : _("(nothing)"), 6);
	buf_clear(&b);
}

static void
print_conflict(struct cli *c, const json_t *v)
{
	json_t *side;
	size_t i;

	print_styled(STYLE_BOLD, json_get_str(v, "field"));
	printf(" %s %s ", _("of"), json_get_str(v, "id"));
	print_text(
	    json_get_str(v, "title") != NULL ? json_get_str(v, "title") : "");
	puts(json_is_true(json_object_get(v, "title_in_conflict"))
		 ? _(" (in conflict)")
		 : "");
	json_array_foreach (json_object_get(v, "versions"), i, side) {
		struct buf b = BUF_INIT;
		int64_t t = 0;

		json_get_int(side, "t", &t);
		print_value(json_object_get(side, "name"), &b);
		buf_adds(&b, ", ");
		print_time(t, &b);
		fputs("  ", stdout);
		print_styled(STYLE_WARN, buf_str(&b));
		printf(" (%s)", _("claimed"));
		printf("  --take %.16s\n", json_get_str(side, "change"));
		print_side(c, v, side);
		buf_clear(&b);
	}
}

int
cmd_conflicts(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	int rv = cli_ask_all(c, "conflicts", "conflicts", json_object(), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	json_array_foreach (json_object_get(r, "conflicts"), i, v)
		print_conflict(c, v);
	if (i == 0)
		puts(_("no conflicts"));
	json_decref(r);
	return EXIT_DONE;
}

/* All sides of one conflict, one after the other, for the editor. */
static int
sides(struct cli *c, struct buf *b)
{
	json_t *r, *v, *side;
	size_t i, k;
	int rv = cli_ask_all(c, "conflicts", "conflicts", json_object(), &r);

	if (rv != EXIT_DONE)
		return rv;
	json_array_foreach (json_object_get(r, "conflicts"), i, v) {
		if (strncmp(json_get_str(v, "id"), c->words[0],
			strlen(c->words[0])) != 0 ||
		    strcmp(json_get_str(v, "field"), c->words[1]) != 0)
			continue;
		json_array_foreach (json_object_get(v, "versions"), k, side) {
			buf_adds(b, "<<<<<<< ");
			print_value(json_object_get(side, "name"), b);
			buf_addc(b, '\n');
			print_value(json_object_get(side, "value"), b);
			buf_addc(b, '\n');
		}
	}
	json_decref(r);
	return EXIT_DONE;
}

static int
resolve_in_editor(struct cli *c)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	char *path = NULL;
	struct err e = {0};
	int rv = sides(c, &before);

	if (rv != EXIT_DONE)
		goto out;
	if (before.len == 0) {
		err_set(&e, ERR_NOTFOUND, _("%s of '%s' is not in conflict"),
		    c->words[1], c->words[0]);
		rv = cli_fail(c, &e);
	} else if (editor_run(buf_str(&before), &after, &path, &e) == -1) {
		rv = cli_fail(c, &e);
	} else if (strstr(buf_str(&after), "<<<<<<< ") != NULL) {
		err_set(&e, ERR_INPUT,
		    _("the sides are still there; nothing is resolved"));
		rv = cli_fail(c, &e);
	} else {
		rv = cli_do(c, "resolve",
		    json_pack("{s:s,s:s,s:s}", "record", c->words[0], "field",
			c->words[1], "value", buf_str(&after)));
	}
	editor_end(path, buf_str(&before), rv == EXIT_DONE);
out:
	buf_clear(&before);
	buf_clear(&after);
	return rv;
}

int
cmd_resolve(struct cli *c)
{
	const char *take = cli_option(c, "take");
	const char *value = cli_option(c, "value");
	json_t *r;
	int rv;

	if (take != NULL && value != NULL)
		return cli_usage(c, _("give --take or --value, not both"));
	if (take == NULL && value == NULL)
		return resolve_in_editor(c);
	rv = cli_ask(c, "resolve",
	    json_pack("{s:s,s:s,s:s?,s:s?}", "record", c->words[0], "field",
		c->words[1], "take", take, "value", value),
	    &r);
	if (rv == EXIT_DONE && !cli_json(c, r))
		json_decref(r);
	return rv;
}
