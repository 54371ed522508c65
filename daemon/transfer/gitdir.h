/*
 * gitdir: the few files of a git repository that we read and write
 * ourselves: a minimal bare repository, its loose and packed refs.
 *
 * Doing this without libgit2 keeps a folder's configuration, hooks, links,
 * FIFOs and reference transactions out of the way, costs a listing of 50 refs
 * under a millisecond, and closes a gap: git_reference_create_matching() of
 * 1.5 checks that a new ref does not exist before it takes the lock, so that
 * two offices creating one ref at the same instant both succeed.  Locks are
 * those of git ("<ref>.lock", "packed-refs.lock"), so git may write at the
 * same time.
 */
#ifndef MUFAKAT_TRANSFER_GITDIR_H
#define MUFAKAT_TRANSFER_GITDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "refs.h"

#define GITDIR_PACKED_MAX (32 * 1024 * 1024)

/* Makes a bare repository without hooks; what is there already stays.
 * "mode" is that of its folders.  "alternate" is an objects folder to borrow
 * from, for a repository that does not outlive the round, or NULL. */
int gitdir_make(
    const char *path, mode_t mode, const char *alternate, struct err *e);

/* Is there a repository (HEAD, objects, refs)? */
bool gitdir_is(const char *path);

/* Adds the refs below the prefix, loose ones first.  Links, FIFOs and other
 * strange files in place of a ref are counted as ignored. */
int gitdir_list(
    const char *path, const char *prefix, struct refs *r, struct err *e);

/* Reads packed-refs alone. */
int gitdir_packed(
    const char *path, const char *prefix, struct refs *r, struct err *e);

/* Moves a ref from "old" (NULL: it must not exist) to "new" (NULL: it goes).
 * ERR_CONFLICT if it stands elsewhere, ERR_OFFLINE if another program holds
 * its lock.  A lock left by a program that died is broken after
 * GITDIR_STALE_S by the clock of the file system. */
#define GITDIR_STALE_S 5
int gitdir_swap(const char *path, const char *ref, const char *old,
    const char *new, struct err *e);

/* Fsyncs a folder. */
int gitdir_sync(const char *path, struct err *e);

#endif
