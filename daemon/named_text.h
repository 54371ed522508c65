/*
 * named_text: which text a request names: that of a record as it stands, or
 * one that was signed, by the id of its version or of a signature on it.
 */
#ifndef MUFAKAT_NAMED_TEXT_H
#define MUFAKAT_NAMED_TEXT_H

#include <jansson.h>

#include "common/err.h"
#include "office.h"

/* The record under a key of the request, and the version of it that is named;
 * "" if the record itself is. */
int named_text_find(const struct office *o, const json_t *req, const char *key,
    struct view_record *ret, char version[static ID_SIZE], struct err *e);

/* A version as show gives a record, with what was signed as "text". */
int named_text_show(
    const struct office *o, const char *version, json_t **ret, struct err *e);

#endif
