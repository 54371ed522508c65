/*
 * fs: files, durable and suspicious.  Nothing here follows a link in the
 * last component unless it says so.
 */
#ifndef MUFAKAT_FS_H
#define MUFAKAT_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "err.h"

/* Reads a whole regular file of at most "max" bytes into b (appended).
 * Links, FIFOs, devices and longer files are refused: ERR_INPUT;
 * ERR_NOTFOUND if there is none. */
int fs_read(const char *path, size_t max, struct buf *b, struct err *e);

/* Writes under a temporary name, fsyncs, renames, fsyncs the folder.
 * A file that exists is replaced, or refused with ERR_INPUT if "excl". */
int fs_write(const char *path, const void *p, size_t n, mode_t mode, bool excl,
    struct err *e);

/* Makes a folder and its parents, mode 0700 for what it makes. */
int fs_mkdirs(const char *path, struct err *e);

/* Removes a folder with all it holds; never follows a link, never leaves
 * the file system it starts on.  A missing folder is no error. */
int fs_remove_tree(const char *path, struct err *e);

/* Takes an exclusive lock (flock) on "path", made if missing; the
 * descriptor is kept until close.  ERR_CONFLICT if another process has it. */
int fs_lock(const char *path, int *ret_fd, struct err *e);

/* Formats "dir/name" on the heap; the caller frees. */
char *fs_join(const char *dir, const char *name);

/* The home of the data: "arg", else MUFAKAT_HOME, else
 * $XDG_DATA_HOME/mufakat, else ~/.local/share/mufakat (HOME, and where that
 * is unset or relative, the password database).  Absolute; caller frees. */
int fs_home(const char *arg, char **ret_path, struct err *e);

/* Keeps the numbers 0, 1 and 2 from whatever is opened next, where a program
 * was started without them: they are then open and good for nothing. */
void fs_hold_standard(void);

#endif
