/*
 * refdir: the refs of a repository in a folder, loose and packed, read and
 * moved as files under the locks of git ("<ref>.lock", "packed-refs.lock"),
 * so that git itself may write at the same time.
 *
 * libgit2 could do this, and git_reference_create_matching() loses nothing:
 * of 10,000 updates and 9,000 creations by up to four processes beside a
 * running "git pack-refs" each was kept or refused.  But
 * git_reference_delete() reads packed-refs before it takes the lock: beside
 * "git gc" it wrote away 20 to 31 of 300 new refs of other offices, and
 * brought back 87 of 1,500 deleted ones (test_transfer_refdir.c shows it
 * deterministically, and fails once libgit2 is mended).  Moreover it waits
 * for ever on a FIFO in place of a ref, of packed-refs or of an included
 * configuration, and never breaks the lock of a program that was killed.
 * Since removing, breaking and careful reading have to be ours, moving is
 * thirty lines more.
 */
#ifndef MUFAKAT_TRANSFER_REFDIR_H
#define MUFAKAT_TRANSFER_REFDIR_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"
#include "refs.h"

#define REFDIR_PACKED_MAX (32 * 1024 * 1024)

/* Adds the refs below the prefix, loose ones first.  Links, FIFOs and other
 * strange files in place of a ref are counted as ignored. */
int refdir_list(
    const char *path, const char *prefix, struct refs *r, struct err *e);

/* The id of a ref, 41 bytes: 1 found, 0 there is none, -1. */
int refdir_find(const char *path, const char *ref, char *ret, struct err *e);

/* Is every folder on the way to a ref, or to a prefix of refs, a real one?
 * ERR_UNTRUSTED if not; one that is missing is no error. */
int refdir_check_way(const char *path, const char *prefix, struct err *e);

/* Appends packed-refs without one ref and what was peeled from it. */
int refdir_packed_without(const char *path, const char *ref, struct buf *ret,
    bool *ret_there, struct err *e);

/* Moves a ref from "old" (NULL: it must not exist) to "new" (NULL: it goes).
 * ERR_CONFLICT if it stands elsewhere, ERR_OFFLINE if another program holds
 * its lock.  A lock left by a program that died is broken after
 * REFDIR_STALE_S by the clock of the file system; a program that comes back
 * to a lock so broken notices, and gets ERR_CONFLICT. */
#define REFDIR_STALE_S 5
int refdir_swap(const char *path, const char *ref, const char *old,
    const char *new, struct err *e);

#endif
