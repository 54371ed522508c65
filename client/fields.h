/*
 * fields: FIELD=VALUE arguments.
 */
#ifndef MUFAKAT_FIELDS_H
#define MUFAKAT_FIELDS_H

#include <jansson.h>

#include "client/cmd.h"

/* "FIELD=VALUE" words from "first" on, as an object of texts; NULL, with
 * ERR_INPUT, if one is not written so or names a field again. */
json_t *fields_of(const struct cli *c, size_t first, struct err *e);

#endif
