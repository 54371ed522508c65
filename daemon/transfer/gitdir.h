/*
 * gitdir: a bare repository as folders and files, made and recognised
 * without libgit2; its refs are refdir.h's.
 */
#ifndef MUFAKAT_TRANSFER_GITDIR_H
#define MUFAKAT_TRANSFER_GITDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

/* Makes a bare repository without hooks; what is there already stays.
 * "mode" is that of its folders.  "alternate" is an objects folder to borrow
 * from, for a repository that does not outlive the round, or NULL. */
int gitdir_make(
    const char *path, mode_t mode, const char *alternate, struct err *e);

/* Is there a repository (HEAD, objects, refs)? */
bool gitdir_is(const char *path);

/* Fsyncs a folder. */
int gitdir_sync(const char *path, struct err *e);

#endif
