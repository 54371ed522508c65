/*
 * home: the folder of an office: made, checked, locked, restored.
 */
#ifndef MUFAKAT_HOME_H
#define MUFAKAT_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "backup.h"
#include "common/err.h"

/* Makes the folder (0700) or checks it: ours, closed to others, writable.
 * ERR_INPUT says how to mend it. */
int home_prepare(const char *home, struct err *e);

/* One daemon for a home: ERR_CONFLICT if there is one.  The lock lasts until
 * the descriptor is closed in all processes that have it. */
int home_lock(const char *home, int *ret_fd, struct err *e);

/* Is there a database in it?  ERR_NOTFOUND with what to do. */
int home_check(const char *home, struct err *e);

/* Has it a key, which is made in a database, and no database? */
bool home_has_lost_database(const char *home);

/* Puts a backup in place as the database, under the lock: copies it, checks
 * the copy (backup.h), keeps what was there as mufakat.db.before-<time> (*ret_before, or
 * NULL; the caller frees), and only then gives the copy its name. */
int home_restore(const char *home, const char *file, int64_t now_ms,
    struct backup *ret, char **ret_before, struct err *e);

/* Makes the database in folder "dir" of the home, closed and checked, that of
 * the home; what was there is kept as above. */
int home_put_database(const char *home, const char *dir, int64_t now_ms,
    char **ret_before, struct err *e);

#endif
