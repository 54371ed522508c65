/* mufakat: the client.  The command table and dispatch, nothing else. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/help.h"
#include "common/crypto.h"
#include "common/fs.h"
#include "common/i18n.h"

const struct command commands[] = {
    {"init", "NAME --org ORG [--recovery-file FILE]", "org= recovery-file=", 1,
	1, cmd_init, N_("found a coalition"), true},
    {"invite", "", "", 0, 0, cmd_invite,
	N_("an invitation, as one line and as words"), true},
    {"join",
	"URL|INVITATION --org ORG [--coalition W] [--url URL] [--name REMOTE]",
	"org= coalition= url= name=", 1, 1, cmd_join,
	N_("ask to be admitted to a coalition"), true},
    {"requests", "", "", 0, 0, cmd_requests,
	N_("organisations that ask to be admitted"), true},
    {"admit", "REQUEST", "", 1, 1, cmd_admit,
	N_("admit an organisation (convenors)"), true},
    {"members", "", "", 0, 0, cmd_members,
	N_("organisations, keys, roles, last word heard"), true},
    {"remote",
	"add NAME URL [--create] | list | set-url NAME URL | "
	"remove NAME",
	"create", 1, 3, cmd_remote,
	N_("the shared repositories of this office"), true},
    {"sync", "[REMOTE]", "", 0, 1, cmd_sync, N_("exchange changes now"), true},
    {"status", "", "", 0, 0, cmd_status,
	N_("who am I, what waits, what was proven"), true},
    {"types", "[TYPE]", "", 0, 1, cmd_types,
	N_("record types and their fields"), true},
    {"new", "TYPE FIELD=VALUE... [--from FILE]", "from=", 1, 1000, cmd_new,
	N_("make a record; prints its id"), true},
    {"edit", "ID [FIELD=VALUE...]", "", 1, 1000, cmd_edit,
	N_("change fields, in an editor if none are given"), true},
    {"show", "ID", "", 1, 1, cmd_show, N_("a record, whole"), true},
    {"list", "TYPE [FIELD=VALUE...] [--deleted]", "deleted", 1, 100, cmd_list,
	N_("records of a type"), true},
    {"search", "WORDS...", "", 1, 100, cmd_search,
	N_("records that hold all of these words"), true},
    {"history", "ID [--after CHANGE] [--limit N]", "after= limit=", 1, 1,
	cmd_history, N_("who changed a record, when and how"), true},
    {"diff", "ID [CHANGE [CHANGE]]", "", 1, 3, cmd_diff,
	N_("what a change altered, or differs between two"), true},
    {"conflicts", "", "", 0, 0, cmd_conflicts,
	N_("fields that were edited in two ways"), true},
    {"resolve", "ID FIELD [--take CHANGE | --value TEXT]", "take= value=", 2, 2,
	cmd_resolve, N_("settle a conflict"), true},
    {"delete", "ID", "", 1, 1, cmd_delete, N_("mark a record as deleted"),
	true},
    {"undelete", "ID", "", 1, 1, cmd_undelete, N_("take that back"), true},
    {"comment", "ID TEXT", "", 2, 2, cmd_comment, N_("comment on a record"),
	true},
    {"sign", "ID [--as CAPACITY] [--stance S] [--person NAME] [--date D]",
	"as= stance= person= date=", 1, 1, cmd_sign,
	N_("sign the exact text of a record"), true},
    {"unsign", "ID", "", 1, 1, cmd_unsign,
	N_("withdraw signatures; they stay visible"), true},
    {"verify", "ID | DIR --coalition W", "coalition=", 1, 8, cmd_verify,
	N_("who signed which text"), false},
    {"evidence", "ID DIR", "", 2, 2, cmd_evidence,
	N_("a folder that proves the signatures by itself"), true},
    {"allowed-signers", "FILE", "", 1, 1, cmd_allowed_signers,
	N_("the keys of all members, for ssh-keygen"), true},
    {"log", "[--after CHANGE] [--limit N]", "after= limit=", 0, 0, cmd_log,
	N_("changes, newest last"), true},
    {"backup", "FILE", "", 1, 1, cmd_backup,
	N_("a consistent copy of the database"), true},
    {"help", "[COMMAND]", "", 0, 1, cmd_help, N_("this help"), false}, {0}};

static const struct command *
find(const char *name)
{
	for (const struct command *c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* The first argument that is not a global option, or NULL. */
static const char *
first_word(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--home") == 0)
			i++;
		else if (argv[i][0] != '-' || argv[i][1] == '\0')
			return argv[i];
	}
	return NULL;
}

static bool
has(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

/* An option that there is not without a command, or NULL. */
static const char *
stray_option(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--home") == 0)
			i++;
		else if (strcmp(argv[i], "--json") != 0 &&
			 strcmp(argv[i], "-q") != 0 &&
			 strncmp(argv[i], "--home=", 7) != 0)
			return argv[i];
	}
	return NULL;
}

static void
help(struct cli *c)
{
	if (c->json)
		help_json(c, c->command != NULL ? c->command->name : NULL);
	else if (c->command != NULL)
		help_command(stdout, c->command);
	else
		help_all(stdout);
}

/* What options alone ask for.  False: nothing, a command is to be run. */
static bool
answer_option(struct cli *c, int argc, char **argv)
{
	if (has(argc, argv, "--version")) {
		if (c->json)
			cli_json(
			    c, json_pack("{s:s}", "version", MUFAKAT_VERSION));
		else
			puts("mufakat " MUFAKAT_VERSION);
	} else if (has(argc, argv, "--completion")) {
		help_completion();
	} else if (has(argc, argv, "--help")) {
		help(c);
	} else {
		return false;
	}
	return true;
}

static int
no_command(struct cli *c, int argc, char **argv)
{
	const char *stray = stray_option(argc, argv);
	struct err e = {0};

	if (stray != NULL)
		err_set(&e, ERR_INPUT, _("unknown option '%.60s'"), stray);
	else
		err_set(
		    &e, ERR_INPUT, _("no command; 'mufakat help' lists them"));
	cli_fail(c, &e);
	help_all(stderr);
	return EXIT_USAGE;
}

/* Whoever reads us may go away in silence. */
static int
flush_output(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	if (errno != EPIPE)
		fprintf(stderr,
		    _("mufakat: cannot write the output: %s; what was asked "
		      "for is done\n"),
		    strerror(errno));
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct cli c = {0};
	struct err e = {0};
	const char *name = first_word(argc, argv);
	int rv;

	fs_hold_standard();
	i18n_setup();
	crypto_setup();
	c.json = has(argc, argv, "--json");
	c.command = name != NULL ? find(name) : NULL;
	if (name != NULL && c.command == NULL)
		return help_unknown(&c, name);
	if (answer_option(&c, argc, argv))
		rv = EXIT_DONE;
	else if (name == NULL)
		rv = no_command(&c, argc, argv);
	else if (cli_parse(&c, argc, argv, &e) == -1)
		rv = cli_usage(&c, "%s", e.msg);
	else
		rv = c.command->run(&c);
	free(c.words);
	return rv == EXIT_DONE ? flush_output() : rv;
}
