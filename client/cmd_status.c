/* status, log, backup */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/print.h"
#include "client/refer.h"
#include "common/i18n.h"
#include "common/jscan.h"

static void
line(const char *name, const char *value)
{
	print_named(name, 14, value != NULL ? value : "-");
}

/* "synced" alone where all is there now; else when it last was. */
static void
print_proven(int64_t proven, bool is_past, struct buf *b)
{
	if (proven <= 0) {
		buf_adds(b, _("never synced"));
		return;
	}
	buf_adds(b, is_past ? _("last synced ") : _("synced "));
	print_ago(proven, b);
}

static void
print_remotes(const json_t *r)
{
	size_t i;
	json_t *v;

	json_array_foreach (json_object_get(r, "remotes"), i, v) {
		struct buf b = BUF_INIT;
		int64_t proven = 0, waiting = 0;
		const char *error = json_get_str(v, "error");

		json_get_int(v, "last_proven", &proven);
		json_get_int(v, "waiting", &waiting);
		buf_printf(&b, "%s: ", json_get_str(v, "name"));
		print_proven(proven, waiting > 0 || error != NULL, &b);
		if (waiting > 0)
			buf_printf(&b,
			    P_(", %lld change waits", ", %lld changes wait",
				waiting),
			    (long long)waiting);
		if (error != NULL)
			buf_printf(&b, ", %s", error);
		line(_("remote"), buf_str(&b));
		buf_clear(&b);
	}
}

static void
print_fork(struct cli *c, const char *key)
{
	struct buf b = BUF_INIT;

	refer_key(c, key, &b);
	if (b.len == 0)
		buf_adds(&b, _("somebody who is not admitted"));
	buf_printf(
	    &b, _(": the log of its key %.8s goes on in two directions"), key);
	line(_("fork"), buf_str(&b));
	line("", _("a copied home, or a restored backup: both sides are kept, "
		   "and its next change joins them"));
	buf_clear(&b);
}

static void
print_alarms(struct cli *c, const json_t *r)
{
	size_t i;
	json_t *v;

	json_array_foreach (json_object_get(r, "forks"), i, v)
		print_fork(c, json_string_value(v));
	json_array_foreach (json_object_get(r, "alarms"), i, v) {
		line(_("alarm"), json_get_str(v, "text"));
		if (json_get_str(v, "next") != NULL)
			line("", json_get_str(v, "next"));
	}
}

static void
print_coalition(const json_t *r)
{
	const json_t *org = json_object_get(r, "organisation");

	if (json_get_str(r, "coalition") == NULL) {
		line(_("coalition"), _("none yet: 'mufakat init' founds one, "
				       "'mufakat join' enters one"));
		return;
	}
	line(_("coalition"), json_get_str(r, "coalition_name"));
	line("", json_get_str(r, "coalition_words"));
	line("", json_get_str(r, "coalition"));
	line(_("organisation"), json_get_str(org, "name") != NULL
				    ? json_get_str(org, "name")
				    : _("not admitted yet"));
}

int
cmd_status(struct cli *c)
{
	int64_t conflicts = 0, unchecked = 0, absent = 0;
	json_t *r;
	int rv = cli_ask(c, "status", NULL, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_coalition(r);
	line(_("key"), json_get_str(r, "key_words"));
	line(_("state"), json_get_str(r, "state_hash"));
	print_remotes(r);
	json_get_int(r, "conflicts", &conflicts);
	if (conflicts > 0)
		printf(P_("%lld record in conflict: mufakat conflicts\n",
			   "%lld records in conflict: mufakat conflicts\n",
			   conflicts),
		    (long long)conflicts);
	json_get_int(r, "absent", &absent);
	if (absent > 0)
		printf(P_("%lld part of what others wrote has not arrived yet: "
			  "who has it gives it with a round\n",
			   "%lld parts of what others wrote have not arrived "
			   "yet: who has them gives them with a round\n",
			   absent),
		    (long long)absent);
	json_get_int(r, "unchecked", &unchecked);
	if (unchecked > 0)
		printf(P_("%lld change, its signature not yet checked\n",
			   "%lld changes, their signatures not yet checked\n",
			   unchecked),
		    (long long)unchecked);
	print_alarms(c, r);
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_log(struct cli *c)
{
	static const char *const heads[] = {
	    N_("change"), N_("claimed time"), N_("organisation"), N_("what")};
	struct table *t;
	json_t *r, *v;
	size_t i;
	int rv = cli_ask_all(c, "log", "log",
	    json_pack("{s:s?}", "after", cli_option(c, "after")), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	t = table_new(heads, 4);
	table_keep(t, 0);
	json_array_foreach (json_object_get(r, "log"), i, v) {
		struct buf b = BUF_INIT;
		int64_t when = 0;

		json_get_int(v, "t", &when);
		print_time(when, &b);
		table_cell_prefix(t, json_get_str(v, "change"));
		table_cell(t, buf_str(&b));
		table_cell(t, json_is_false(json_object_get(v, "authentic"))
				  ? _("(not signed)")
			      : json_get_str(v, "name") != NULL
				  ? json_get_str(v, "name")
				  : _("(not admitted)"));
		table_cell_value(t, json_object_get(v, "summary"));
		buf_clear(&b);
	}
	table_print(t);
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_backup(struct cli *c)
{
	char *path = cli_path(c->words[0]);
	json_t *r;
	int rv = cli_ask(c, "backup", json_pack("{s:s}", "path", path), &r);

	free(path);
	if (rv == EXIT_DONE && !cli_json(c, r))
		json_decref(r);
	return rv;
}
