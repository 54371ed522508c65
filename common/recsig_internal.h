/*
 * recsig_internal: what may stand as a value, for recsig.c.
 */
#ifndef MUFAKAT_RECSIG_INTERNAL_H
#define MUFAKAT_RECSIG_INTERNAL_H

#include <stdbool.h>

#include "recsig.h"

/* "3=object,7=stand-aside", numbers rising; or "#" and a hash. */
bool recsig_is_items(const char *s, size_t n);

/* YYYY-MM-DD, digits only; whether there is such a day is not asked. */
bool recsig_is_date(const char *s, size_t n);

#endif
