#include "client/help.h"

#include <string.h>

#include "common/i18n.h"

void
help_all(FILE *f)
{
	fputs(_("usage: mufakat [--home DIR] [--json] COMMAND ...\n\n"), f);
	for (const struct command *c = commands; c->name != NULL; c++)
		fprintf(f, "  %-16s %s\n", c->name, _(c->summary));
	fputs(_("\n'mufakat help COMMAND' shows its arguments; the manual is "
		"mufakat(1)\n"),
	    f);
}

void
help_command(FILE *f, const struct command *c)
{
	fprintf(f, _("usage: mufakat %s%s%s\n  %s\n"), c->name,
	    *c->arguments != '\0' ? " " : "", c->arguments, _(c->summary));
}

/* Do the words share their first letters? */
static size_t
alike(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n;
}

int
help_unknown(const struct cli *c, const char *name)
{
	const char *nearest = NULL;
	size_t best = 1;
	struct err e;

	for (const struct command *k = commands; k->name != NULL; k++)
		if (alike(k->name, name) > best) {
			best = alike(k->name, name);
			nearest = k->name;
		}
	if (nearest != NULL)
		err_set(&e, ERR_INPUT, _("no command '%s'; did you mean '%s'?"),
		    name, nearest);
	else
		err_set(&e, ERR_INPUT,
		    _("no command '%s'; 'mufakat help' lists them"), name);
	cli_fail(c, &e);
	return EXIT_USAGE;
}

void
help_json(struct cli *c, const char *name)
{
	json_t *list = json_array();

	for (const struct command *k = commands; k->name != NULL; k++)
		if (name == NULL || strcmp(k->name, name) == 0)
			json_array_append_new(
			    list, json_pack("{s:s,s:s,s:s}", "name", k->name,
				      "arguments", k->arguments, "summary",
				      _(k->summary)));
	cli_json(c, json_pack("{s:o}", "commands", list));
}

int
cmd_help(struct cli *c)
{
	const char *name = c->nwords > 0 ? c->words[0] : NULL;
	const struct command *k = commands;

	while (name != NULL && k->name != NULL && strcmp(k->name, name) != 0)
		k++;
	if (k->name == NULL)
		return help_unknown(c, name);
	if (c->json)
		help_json(c, name);
	else if (name == NULL)
		help_all(stdout);
	else
		help_command(stdout, k);
	return EXIT_DONE;
}

/* "org= create" as "--org --create". */
static void
print_options(const char *options)
{
	for (const char *p = options; *p != '\0';) {
		size_t n = strcspn(p, "= ");

		printf(" --%.*s", (int)n, p);
		p += n;
		p += strspn(p, "= ");
	}
}

void
help_completion(void)
{
	printf("# bash completion for mufakat\n_mufakat() {\n"
	       "\tlocal words='--home --json -q --help'\n"
	       "\tcase $COMP_CWORD-${COMP_WORDS[1]} in\n\t1-*) words='");
	for (const struct command *c = commands; c->name != NULL; c++)
		printf("%s%s", c == commands ? "" : " ", c->name);
	printf("' ;;\n\t2-remote) words='add list set-url remove' ;;\n");
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (*c->options == '\0')
			continue;
		printf("\t*-%s) words+='", c->name);
		print_options(c->options);
		printf("' ;;\n");
	}
	/* options only where one is begun; else names of files */
	printf("\tesac\n"
	       "\t[[ $2 == -* || $words != -* ]] || return\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$2\"))\n}\n"
	       "complete -o default -F _mufakat mufakat\n");
}
