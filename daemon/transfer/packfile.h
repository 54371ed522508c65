/*
 * packfile: packs as files, and how they come into a repository so that a
 * power cut leaves either all of a pack or nothing that git would notice.
 */
#ifndef MUFAKAT_TRANSFER_PACKFILE_H
#define MUFAKAT_TRANSFER_PACKFILE_H

#include <time.h>

#include "common/err.h"
#include "git.h"

struct packfile {
	char name[OID_HEX + 1]; /* "pack-<name>.pack" and ".idx"; "" = none */
};

/* Builds a pack of exactly these objects, in "dir"; none for none. */
int packfile_build(git_repository *repo, const struct oids *o, const char *dir,
    struct packfile *ret, struct err *e);

/* Brings a pack from one objects/pack folder into another, durable: the
 * pack, then its index.  It stays in the old place, where libgit2 may still
 * read it.  "take" links the files where that can be; "copy" never does, for
 * a folder where others may write into them. */
int packfile_take(
    const struct packfile *p, const char *from, const char *to, struct err *e);
int packfile_copy(
    const struct packfile *p, const char *from, const char *to, struct err *e);

/* Calls back for each index in a folder, until fn returns -1. */
int packfile_each(const char *dir,
    int (*fn)(void *arg, const struct packfile *p, struct err *e), void *arg,
    struct err *e);

/* Removes what interrupted work has left in a folder of packs: temporary
 * files, packs without index and the reverse; where others may be at work,
 * only what was last written before a time (0: all). */
int packfile_clean(const char *dir, time_t before, struct err *e);

#endif
