/*
 * quarantine: a repository of this round alone, that borrows objects from
 * the trusted one.  What is fetched and what is to be pushed comes to lie
 * here first; it is removed at the start and at the end.
 */
#ifndef MUFAKAT_TRANSFER_QUARANTINE_H
#define MUFAKAT_TRANSFER_QUARANTINE_H

#include <jansson.h>

#include "common/err.h"
#include "git.h"
#include "known.h"

struct quarantine {
	char *path;
	char *packs;
	git_repository *repo; /* NULL until quarantine_open() */
	git_odb *odb;
	struct known *known; /* owned by odb */
};

/* Removes what an interrupted round has left. */
int quarantine_init(struct quarantine *q, const char *path, struct err *e);
int quarantine_open(struct quarantine *q, const char *trusted, struct err *e);
void quarantine_close(struct quarantine *q);

/* Makes "oids" the only refs: refs/<space>/<index>. */
int quarantine_refs(struct quarantine *q, const char *space,
    const struct oids *o, struct err *e);

#endif
