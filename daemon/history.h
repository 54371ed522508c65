/*
 * history: the changes that touched a record, as requests name them.
 */
#ifndef MUFAKAT_HISTORY_H
#define MUFAKAT_HISTORY_H

#include <stddef.h>

#include "common/err.h"
#include "view.h"

/* The place of a change among those of view_history(), by a unique prefix of
 * at least 4 characters.  ERR_NOTFOUND, or ERR_INPUT if ambiguous. */
int history_find(const struct view_event *all, size_t n, const char *hex,
    size_t *ret, struct err *e);

#endif
