/*
 * evidence: the folder that stands alone (FORMAT.md section 10), made from
 * the log; common/evidence.h checks it.
 */
#ifndef MUFAKAT_DAEMON_EVIDENCE_H
#define MUFAKAT_DAEMON_EVIDENCE_H

#include <jansson.h>

#include "common/err.h"
#include "office.h"

/* The files for one version of a record (NULL: the one that its current text
 * is, if somebody signed it, else the newest that somebody signed): an array
 * of {"name", "content"}.  Is the text the one that the record has now?
 * ERR_INPUT if nobody signed it. */
int evidence_make(const struct office *o, const struct view_record *r,
    const char *version, json_t **ret, bool *ret_current, struct err *e);

#endif
