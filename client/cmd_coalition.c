/* init, invite, join, requests, admit, members */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd.h"
#include "client/print.h"
#include "client/recovery.h"
#include "common/i18n.h"
#include "common/ident.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"

static void
say_who_reads(void)
{
	puts(_("whoever can read the shared repository reads every name and "
	       "text in it"));
}

/* W and the key, as hex and as words. */
static void
print_identity(const json_t *r)
{
	printf(_("coalition  %s\n           %s\n"),
	    json_get_str(r, "coalition"), json_get_str(r, "coalition_words"));
	printf(_("key        %s\n           %s\n"), json_get_str(r, "key"),
	    json_get_str(r, "key_words"));
}

/* The words of the coalition that this office is in; NULL: in none (heap). */
static int
find_coalition(struct cli *c, char **ret, struct err *e)
{
	const char *words;
	json_t *r;

	if (cli_try(c, "status", NULL, &r, e) == -1)
		return -1;
	words = json_get_str(r, "coalition_words");
	*ret = words != NULL ? mem_strdup(words) : NULL;
	json_decref(r);
	return 0;
}

/* Before a recovery key is made, which otherwise would open nothing. */
static int
check_unbound(struct cli *c)
{
	struct err e = {0};
	char *words;

	if (find_coalition(c, &words, &e) == -1) {
		cli_fail(c, &e);
		return c->is_down ? EXIT_DAEMON : EXIT_FAILED;
	}
	if (words == NULL)
		return EXIT_DONE;
	err_set(&e, ERR_CONFLICT,
	    _("this office is in a coalition already (%s): use another home "
	      "('--home DIR') for another one"),
	    words);
	free(words);
	return cli_fail(c, &e);
}

/* Removes the key of what was not founded; if the daemon does not say so, it
 * stays. */
static void
drop_recovery(struct cli *c, const char *file)
{
	struct err ignored = {0};
	char *words;

	if (file == NULL || find_coalition(c, &words, &ignored) == -1)
		return;
	if (words == NULL)
		unlink(file);
	free(words);
}

int
cmd_init(struct cli *c)
{
	const char *org = cli_option(c, "org");
	const char *file = cli_option(c, "recovery-file");
	uint8_t recovery[HASH_LEN];
	char hex[HEX_SIZE];
	struct err e = {0};
	json_t *r;
	int rv;

	if (org == NULL)
		return cli_usage(c, _("option '--org' is missing"));
	rv = check_unbound(c);
	if (rv != EXIT_DONE)
		return rv;
	if (recovery_make(file, recovery, &e) == -1)
		return cli_fail(c, &e);
	text_hex(recovery, HASH_LEN, hex);
	rv = cli_ask(c, "init",
	    json_pack("{s:s,s:s,s:s}", "name", c->words[0], "org", org,
		"recovery", hex),
	    &r);
	if (rv != EXIT_DONE)
		drop_recovery(c, file);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_identity(r);
	puts(_("1 of 1 convenors decides: one stolen laptop or recovery sheet "
	       "decides everything"));
	say_who_reads();
	puts(_("next: mufakat remote add hub URL --create; mufakat invite"));
	json_decref(r);
	return EXIT_DONE;
}

/* Where the repository is, is another matter on another machine. */
static void
say_address(const char *url)
{
	if (url == NULL)
		puts(_("it names no address: 'mufakat remote add' first, or "
		       "tell it: mufakat join INVITATION --url URL"));
	else if (url[0] == '/')
		puts(_("its address is a folder of this machine; elsewhere: "
		       "mufakat join INVITATION --url URL"));
}

int
cmd_invite(struct cli *c)
{
	json_t *r;
	int rv = cli_ask(c, "invite", NULL, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	puts(json_get_str(r, "line"));
	puts(json_get_str(r, "words"));
	say_address(json_get_str(r, "url"));
	json_decref(r);
	return EXIT_DONE;
}

/* The words of an invitation, or of a coalition: they lead to no repository. */
static bool
is_words(const char *s)
{
	uint8_t named[64];
	size_t n;

	return text_unwords(s, named, sizeof named, &n) == 0 &&
	       n >= HASH_LEN / 2;
}

/* Nothing but what was typed says that there is such a coalition. */
static void
say_unknown(const json_t *r, const char *remote)
{
	const char *why = json_get_str(r, "waiting");

	if (json_is_true(json_object_get(r, "known")))
		return;
	print_styled(STYLE_WARN, _("nothing has come of this coalition yet"));
	if (why != NULL) {
		fputs(": ", stdout);
		print_text(why);
		fputs(_("\nif its repository has another address here: "
			"mufakat remote set-url "),
		    stdout);
		print_text(remote);
		fputs(" URL", stdout);
	}
	puts(
	    _("\nit is not confirmed that there is one: compare its words with "
	      "a member; if they differ, stop mufakatd, throw its home away "
	      "and join anew"));
}

/* As "invite" showed them where the line was made. */
static void
print_invited(const json_t *r)
{
	if (json_get_str(r, "words") != NULL)
		printf(_("invited    %s\n"), json_get_str(r, "words"));
}

int
cmd_join(struct cli *c)
{
	const char *org = cli_option(c, "org");
	const char *w = cli_option(c, "coalition");
	const char *remote = cli_option(c, "name");
	const char *to = c->words[0] + strspn(c->words[0], " \t\r\n");
	bool invited = strncmp(to, "mufakat:", 8) == 0;
	const char *at = invited ? cli_option(c, "url") : c->words[0];
	char *url;
	json_t *r;
	int rv;

	if (org == NULL)
		return cli_usage(c, _("option '--org' is missing"));
	if (!invited && cli_option(c, "url") != NULL)
		return cli_usage(c, _("'--url' goes with an invitation"));
	if (is_words(c->words[0]))
		return cli_usage(c,
		    _("those are the words of an invitation, which are for "
		      "comparing: join with its line ('mufakat:...') or with "
		      "the address of the repository"));
	if (remote == NULL)
		remote = "hub";
	url = at != NULL ? cli_url(at) : NULL;
	rv = cli_ask(c, "join",
	    json_pack("{s:s?,s:s,s:s,s:s?,s:s?}", "url", url, "remote", remote,
		"org", org, "coalition", w, "invitation", invited ? to : NULL),
	    &r);
	free(url);
	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	print_identity(r);
	print_invited(r);
	puts(
	    json_get_str(r, "request") == NULL
		? _("this office is in that coalition, and it is confirmed")
		: _("asked to be admitted; a convenor compares the key's words "
		    "with you by phone, then: mufakat admit"));
	say_unknown(r, remote);
	say_who_reads();
	json_decref(r);
	return EXIT_DONE;
}

/* Whose name it is that 'admit' takes this one's for. */
static void
warn_lookalike(const json_t *request)
{
	const json_t *like = json_object_get(request, "lookalike");
	struct buf b = BUF_INIT;

	if (!json_is_object(like))
		return;
	buf_printf(&b, _("%.16s looks like '%s', and is not to be admitted"),
	    json_get_str(request, "id"), json_get_str(like, "name"));
	print_styled(STYLE_BAD, buf_str(&b));
	putchar('\n');
	buf_clear(&b);
}

static void
add_request(struct table *t, const json_t *v)
{
	struct buf b = BUF_INIT;
	int64_t have = 0, needed = 0;

	json_get_int(v, "approvals", &have);
	json_get_int(v, "needed", &needed);
	table_cell_prefix(t, json_get_str(v, "id"));
	table_cell(t, json_get_str(v, "name"));
	table_cell(t, json_get_str(v, "words"));
	buf_printf(&b, _("%lld of %lld"), (long long)have, (long long)needed);
	table_cell(t, buf_str(&b));
	buf_clear(&b);
}

/* Only the names are cut: the rest is compared or typed again. */
int
cmd_requests(struct cli *c)
{
	static const char *const heads[] = {
	    N_("request"), N_("name"), N_("words of the key"), N_("approvals")};
	const json_t *requests;
	struct table *t;
	json_t *r, *v;
	size_t i;
	int rv = cli_ask(c, "requests", NULL, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	requests = json_object_get(r, "requests");
	t = table_new(heads, 4);
	table_keep(t, 0);
	table_keep(t, 2);
	table_keep(t, 3);
	json_array_foreach (requests, i, v)
		add_request(t, v);
	if (i == 0)
		puts(_("nobody asks to be admitted"));
	table_print(t);
	json_array_foreach (requests, i, v)
		warn_lookalike(v);
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_admit(struct cli *c)
{
	int64_t have = 0, needed = 0;
	json_t *r;
	int rv =
	    cli_ask(c, "admit", json_pack("{s:s}", "request", c->words[0]), &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	json_get_int(r, "approvals", &have);
	json_get_int(r, "needed", &needed);
	print_styled(STYLE_BOLD, json_get_str(r, "name"));
	printf(_(": %lld of %lld\n"), (long long)have, (long long)needed);
	json_decref(r);
	return EXIT_DONE;
}

int
cmd_members(struct cli *c)
{
	static const char *const heads[] = {
	    N_("organisation"), N_("role"), N_("key"), N_("last word")};
	struct table *t;
	json_t *r, *v, *k;
	size_t i, n;
	int rv = cli_ask(c, "members", NULL, &r);

	if (rv != EXIT_DONE || cli_json(c, r))
		return rv;
	t = table_new(heads, 4);
	table_keep(t, 2);
	json_array_foreach (json_object_get(r, "organisations"), i, v)
		json_array_foreach (json_object_get(v, "keys"), n, k) {
			struct buf b = BUF_INIT;
			int64_t heard = 0;

			json_get_int(v, "last_heard", &heard);
			print_ago(heard, &b);
			table_cell(t, json_get_str(v, "name"));
			table_cell(
			    t, json_is_true(json_object_get(v, "convenor"))
				   ? _("convenor")
				   : _("member"));
			table_cell(t, json_get_str(k, "words"));
			table_cell(t, buf_str(&b));
			buf_clear(&b);
		}
	table_print(t);
	json_decref(r);
	return EXIT_DONE;
}
