/*
 * tidy: merges small packs.  libgit2 has no gc and looks into every pack, and
 * every push of a few changes leaves a pack.
 *
 * A folder may be shared by offices and by git itself that read and write it
 * at the same moment, so only what is safe then is done: a pack is added,
 * durable, and packs all of whose objects it holds go.  A reader that finds
 * one gone looks into the others, and lists the folder anew (so do git and
 * libgit2).  No object is ever dropped, reachable or not: it may be what
 * another office is about to build on.  Loose objects are left to git, as
 * are packs it has marked (.keep, .bitmap...) or indexed together
 * (multi-pack-index).  Two offices that merge at once waste work only: each
 * removes what lies in a pack of its own that was there before.
 */
#ifndef MUFAKAT_TRANSFER_TIDY_H
#define MUFAKAT_TRANSFER_TIDY_H

#include "common/err.h"
#include "git.h"

#define TIDY_PACKS 40 /* as many small packs are merged */
/* What is small, of a pack and its index; and how much one merge takes,
 * which bounds its memory. */
#define TIDY_PACK  ((off_t)4 << 20)
#define TIDY_INDEX ((off_t)1 << 20)
#define TIDY_MOST  8 /* times as much */

/* Left by a program that was killed, if it is older. */
#define TIDY_STALE_S 86400

/* "packs" is a folder objects/pack, "repo" a repository that sees all its
 * objects, "spare" a folder for building.  Nothing is done while there are
 * few. */
int tidy_packs(
    const char *packs, git_repository *repo, const char *spare, struct err *e);

#endif
