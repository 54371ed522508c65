/*
 * backup: whether a copy of a database is one of the office in a home.
 */
#ifndef MUFAKAT_BACKUP_H
#define MUFAKAT_BACKUP_H

#include <stdint.h>

#include "common/err.h"
#include "common/ident.h"

/* What is in it. */
struct backup {
	char coalition[IDENT_WORDS_SIZE]; /* as words */
	int64_t changes;
	int64_t last_t; /* the newest time that a change claims */
};

/* Checks the database in folder "dir" against the key and the database of the
 * home, where they are.  ERR_INPUT for one that does not open, or of no
 * coalition; ERR_CONFLICT for that of another office. */
int backup_check(
    const char *home, const char *dir, struct backup *ret, struct err *e);

#endif
