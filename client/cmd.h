/*
 * cmd: the commands of mufakat.  One table (main.c) names them all; usage,
 * help and completion are printed from it.
 */
#ifndef MUFAKAT_CMD_H
#define MUFAKAT_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DAEMON = 3 };

struct command;

/* What a command works with: its arguments taken apart. */
struct cli {
	const struct command *command;
	const char *home_arg; /* --home, or NULL */
	bool json;
	bool quiet;
	bool is_down;       /* the daemon could not be reached */
	const char **words; /* arguments that are not options */
	size_t nwords;
	struct {
		const char *name, *value;
	} options[16];
	size_t noptions;
};

struct command {
	const char *name;
	const char *arguments; /* as usage shows them */
	const char *options;   /* "org= create": '=' takes a value */
	size_t min, max;       /* number of words */
	int (*run)(struct cli *c);
	const char *summary; /* N_() */
	bool needs_daemon;
};

extern const struct command commands[]; /* ends with a NULL name */

/* Takes the command line apart: the words and options of c->command.
 * ERR_INPUT says what is wrong with it. */
int cli_parse(struct cli *c, int argc, char **argv, struct err *e);
/* The value of an option, "" for a flag, NULL if not given. */
const char *cli_option(const struct cli *c, const char *name);

/* Sends a request ("do" is added; fields are taken, may be NULL) and waits
 * for the reply, which the caller owns.  On failure prints why and returns
 * the exit code; 0 otherwise. */
int cli_ask(struct cli *c, const char *verb, json_t *fields, json_t **ret);
/* The same for a verb that answers nothing worth showing but as --json. */
int cli_do(struct cli *c, const char *verb, json_t *fields);
/* As cli_ask(), but what fails is left to the caller: 0, or -1 with e. */
int cli_try(struct cli *c, const char *verb, json_t *fields, json_t **ret,
    struct err *e);

/* Prints an error as --json or on standard error; returns the exit code. */
int cli_fail(const struct cli *c, const struct err *e);
/* A usage error: the message, and the usage line of the command. */
int cli_usage(const struct cli *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints JSON on standard output. */
void cli_dump(const json_t *j);
/* With --json: prints the reply as it is, frees it and returns true. */
bool cli_json(const struct cli *c, json_t *reply);

/* A path made absolute (URLs with a scheme or host are left alone); heap. */
char *cli_url(const char *url);
char *cli_path(const char *path);

/* Collects all pages of a verb whose reply has an array under "key" and
 * "next"; the request gets "after" or "offset".  *ret as one reply.  With the
 * option --limit no more than that, and "next" as the last page has it. */
int cli_ask_all(struct cli *c, const char *verb, const char *key,
    json_t *fields, json_t **ret);

int cmd_init(struct cli *c);
int cmd_invite(struct cli *c);
int cmd_join(struct cli *c);
int cmd_requests(struct cli *c);
int cmd_admit(struct cli *c);
int cmd_members(struct cli *c);
int cmd_remote(struct cli *c);
int cmd_sync(struct cli *c);
int cmd_status(struct cli *c);
int cmd_log(struct cli *c);
int cmd_backup(struct cli *c);
int cmd_types(struct cli *c);
int cmd_new(struct cli *c);
int cmd_edit(struct cli *c);
int cmd_show(struct cli *c);
int cmd_list(struct cli *c);
int cmd_search(struct cli *c);
int cmd_history(struct cli *c);
int cmd_diff(struct cli *c);
int cmd_conflicts(struct cli *c);
int cmd_resolve(struct cli *c);
int cmd_delete(struct cli *c);
int cmd_undelete(struct cli *c);
int cmd_comment(struct cli *c);
int cmd_sign(struct cli *c);
int cmd_unsign(struct cli *c);
int cmd_verify(struct cli *c);
int cmd_evidence(struct cli *c);
int cmd_allowed_signers(struct cli *c);
int cmd_help(struct cli *c);

#endif
