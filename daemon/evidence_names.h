/*
 * evidence_names: what the ids in a signed text stand for.  The text has
 * addressees by their ids; whoever reads it elsewhere knows none.
 */
#ifndef MUFAKAT_EVIDENCE_NAMES_H
#define MUFAKAT_EVIDENCE_NAMES_H

#include "common/buf.h"
#include "common/err.h"
#include "office.h"

/* A line for each record that the text names, as it is called here now;
 * appended, nothing if there is none. */
int evidence_names(const struct office *o, const char *text, size_t n,
    struct buf *b, struct err *e);

#endif
