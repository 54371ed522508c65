/*
 * store_unseen: changes that others say they hold ("seen", FORMAT.md section
 * 3) and that have not come here.  A host that withholds or rewinds a log is
 * found so, once any other log shows what that one had.
 */
#ifndef MUFAKAT_STORE_UNSEEN_H
#define MUFAKAT_STORE_UNSEEN_H

#include <stdint.h>

#include "common/err.h"
#include "common/ident.h"
#include "common/op.h"

struct store;

/* What is kept of one log, at most; what exceeds it is ignored. */
#define UNSEEN_MAX 2048

/* A round proven this long after the word came, in ms, ought to have brought
 * what it speaks of. */
#define UNSEEN_PATIENCE 60000

/* Notes what the change n of a log names; "now" is the wall clock in ms. */
int unseen_note(struct store *s, int64_t log, int64_t n, const struct head *h,
    int64_t now, struct err *e);

/* Calls fn for each log whose authentic changes name what is not held, though
 * a remote was proven UNSEEN_PATIENCE later.  Stops when fn returns non-zero,
 * which is returned. */
int unseen_each(struct store *s,
    int (*fn)(void *arg, const uint8_t key[static KEY_LEN], int64_t count),
    void *arg, struct err *e);

#endif
