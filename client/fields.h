/*
 * fields: FIELD=VALUE arguments and the form that an editor shows.
 */
#ifndef MUFAKAT_FIELDS_H
#define MUFAKAT_FIELDS_H

#include <jansson.h>

#include "client/cmd.h"

/* "FIELD=VALUE" words from "first" on, as an object of texts; NULL if one
 * is not written so. */
json_t *fields_of(const struct cli *c, size_t first);

#endif
