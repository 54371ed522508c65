/*
 * trusted: the office's own repository, <home>/repo.git.  Only packs of
 * checked and accepted objects enter it; its refs stand in packed-refs alone,
 * written anew as one file, as refs/mufakat/<remote>/<ref>.
 */
#ifndef MUFAKAT_TRANSFER_TRUSTED_H
#define MUFAKAT_TRANSFER_TRUSTED_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "git.h"
#include "packfile.h"

struct trusted {
	char *path;
	char *packs; /* its objects/pack */
	char *remote;
	git_odb *odb; /* NULL until trusted_odb() */
	json_t *refs; /* "<remote>/<ref>" to id; NULL until read */
};

/* Makes it if it is missing, sweeps up what a crash has left. */
int trusted_open(
    struct trusted *t, const char *path, const char *remote, struct err *e);
void trusted_close(struct trusted *t);

int trusted_odb(struct trusted *t, struct err *e);
bool trusted_has(const struct trusted *t, const git_oid *id);

/* The commit known for a ref: that of this remote, else of another one;
 * NULL if none is. */
const char *trusted_known(const struct trusted *t, const char *ref);

/* Notes a ref of this remote (oid NULL: it is gone); trusted_save() makes
 * the notes durable. */
void trusted_note(struct trusted *t, const char *ref, const char *oid);
int trusted_save(const struct trusted *t, struct err *e);

/* Takes a pack over from a folder, durable. */
int trusted_take(struct trusted *t, const struct packfile *p, const char *from,
    struct err *e);

#endif
