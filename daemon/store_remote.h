/*
 * store_remote: what the files behind remote.h share.
 */
#ifndef MUFAKAT_STORE_REMOTE_H
#define MUFAKAT_STORE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

/* Several statements that stand or fall together: in the caller's
 * transaction if there is one, else in their own.  remote_end() is given what
 * came of them, and returns what came of all. */
int remote_begin(struct store *s, bool *ret_own, struct err *e);
int remote_end(struct store *s, bool own, int rv, struct err *e);

#endif
