/*
 * render: the exact text of a record that is signed (FORMAT.md section 8).
 * Pure: the same fields and rule give the same bytes for ever.
 */
#ifndef MUFAKAT_RENDER_H
#define MUFAKAT_RENDER_H

#include <jansson.h>

#include "buf.h"
#include "err.h"
#include "types.h"

#define RENDER_RULE 1 /* what programs write today */

/* Appends the text of a record of this type; "values" is field -> value of
 * its signed fields (missing or null ones are left out of the text as the
 * rule says).  ERR_INPUT, with b as it was, for a type that has no signed
 * fields, an unknown rule, or a value that the rule has no text for (no
 * string, or with control characters: received values may be anything). */
int render_text(int rule, const struct type *t, const json_t *values,
    struct buf *b, struct err *e);

#endif
