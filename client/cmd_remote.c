/* remote, sync */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/print.h"
#include "common/i18n.h"
#include "common/jscan.h"

/* Only now it can be told from a stick that was pulled out. */
static void
say_if_missing(const struct cli *c, const char *url)
{
	if (cli_option(c, "create") == NULL && url[0] == '/' &&
	    access(url, F_OK) == -1)
		printf(
		    _("there is no such folder now: if it is not on a stick, "
		      "make it with: mufakat remote add %s %s --create\n"),
		    c->words[1], c->words[2]);
}

static int
remote_add(struct cli *c)
{
	char *url = cli_url(c->words[2]);
	json_t *r;
	int rv = cli_ask(c, "remote-add",
	    json_pack("{s:s,s:s,s:b}", "name", c->words[1], "url", url,
		"create", cli_option(c, "create") != NULL),
	    &r);

	if (rv != EXIT_DONE || cli_json(c, r)) {
		free(url);
		return rv;
	}
	puts(_("whoever can read that repository reads every name and text "
	       "in it"));
	say_if_missing(c, url);
	free(url);
	json_decref(r);
	return EXIT_DONE;
}

/* What keeps a remote from being proven. */
static void
print_errors(const json_t *remotes)
{
	size_t i;
	json_t *v;

	json_array_foreach (remotes, i, v) {
		const char *error = json_get_str(v, "error");

		if (error == NULL)
			continue;
		print_styled(STYLE_BAD, json_get_str(v, "name"));
		fputs(": ", stdout);
		print_text(error);
		putchar('\n');
	}
}

static int
remote_list(struct cli *c)
{
	static const char *const heads[] = {
	    N_("name"), N_("address"), N_("proven"), N_("waiting")};
	struct table *t;
	json_t *r, *v;
	size_t i;
	int rv = cli_ask(c, "remote-list", NULL, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	t = table_new(heads, 4);
	json_array_foreach (json_object_get(r, "remotes"), i, v) {
		struct buf b = BUF_INIT;
		int64_t proven = 0;

		json_get_int(v, "last_proven", &proven);
		print_ago(proven, &b);
		table_cell(t, json_get_str(v, "name"));
		table_cell(t, json_get_str(v, "url"));
		table_cell(t, buf_str(&b));
		table_cell_value(t, json_object_get(v, "waiting"));
		buf_clear(&b);
	}
	table_print(t);
	print_errors(json_object_get(r, "remotes"));
	json_decref(r);
	return EXIT_DONE;
}

static int
remote_set_url(struct cli *c)
{
	char *url = cli_url(c->words[2]);
	int rv = cli_do(c, "remote-set-url",
	    json_pack("{s:s,s:s}", "name", c->words[1], "url", url));

	free(url);
	return rv;
}

int
cmd_remote(struct cli *c)
{
	const char *verb = c->words[0];

	if (strcmp(verb, "add") == 0 && c->nwords == 3)
		return remote_add(c);
	if (strcmp(verb, "list") == 0 && c->nwords == 1)
		return remote_list(c);
	if (strcmp(verb, "set-url") == 0 && c->nwords == 3)
		return remote_set_url(c);
	if (strcmp(verb, "remove") == 0 && c->nwords == 2)
		return cli_do(c, "remote-remove",
		    json_pack("{s:s}", "name", c->words[1]));
	return cli_usage(c, _("no such use of 'remote'"));
}

/* What one round did; false if it was not proven. */
static bool
print_round(const json_t *v)
{
	bool proven = json_is_true(json_object_get(v, "proven"));
	const char *error = json_get_str(v, "error");
	int64_t taken = 0, sent = 0;

	json_get_int(v, "taken", &taken);
	json_get_int(v, "sent", &sent);
	print_styled(STYLE_BOLD, json_get_str(v, "remote"));
	printf(
	    _(": %lld came, %lld went, "), (long long)taken, (long long)sent);
	if (proven)
		print_styled(STYLE_GOOD, _("synced"));
	else
		print_styled(STYLE_BAD, _("not proven"));
	if (error != NULL) {
		fputs(": ", stdout);
		print_text(error);
	}
	putchar('\n');
	return proven;
}

int
cmd_sync(struct cli *c)
{
	json_t *r, *v;
	size_t i;
	bool all = true;
	int rv = cli_ask(c, "sync",
	    json_pack("{s:s?}", "remote", c->nwords > 0 ? c->words[0] : NULL),
	    &r);

	if (rv != EXIT_DONE)
		return rv;
	json_array_foreach (json_object_get(r, "rounds"), i, v)
		if (c->json)
			all = all && json_is_true(json_object_get(v, "proven"));
		else
			all = print_round(v) && all;
	if (i == 0)
		all = false;
	if (i == 0 && !c->json)
		puts(_("no remote to sync with: mufakat remote add NAME URL"));
	if (!cli_json(c, r))
		json_decref(r);
	return all ? EXIT_DONE : EXIT_FAILED;
}
