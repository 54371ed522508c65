/*
 * linediff_internal: comparing texts in other pieces than lines.
 */
#ifndef MUFAKAT_LINEDIFF_INTERNAL_H
#define MUFAKAT_LINEDIFF_INTERNAL_H

#include "linediff.h"

/* Where the first piece of s ends: *ret_len is what of it is compared, the
 * result (at least 1) what it takes up.  n is not 0. */
typedef size_t (*linediff_cut)(const char *s, size_t n, size_t *ret_len);

void linediff_pieces(const char *a, size_t na, const char *b, size_t nb,
    linediff_cut cut, linediff_fn fn, void *arg);

#endif
