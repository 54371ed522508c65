/*
 * help: usage, help and completion, all printed from the command table.
 */
#ifndef MUFAKAT_HELP_H
#define MUFAKAT_HELP_H

#include <stdio.h>

#include "client/cmd.h"

void help_all(FILE *f);
void help_command(FILE *f, const struct command *c);
/* Says that there is no such command, naming the nearest; exit code 2. */
int help_unknown(const struct cli *c, const char *name);
/* The command table, or one row of it, as JSON. */
void help_json(struct cli *c, const char *name);
/* A completion script for bash. */
void help_completion(void);

#endif
