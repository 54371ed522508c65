/*
 * remotes: remotes as clients see them.
 */
#ifndef MUFAKAT_REMOTES_H
#define MUFAKAT_REMOTES_H

#include <jansson.h>

#include "common/err.h"
#include "request.h"

/* An array of {"name","url","last_proven","waiting","waiting_since","error",
 * "running","next"}. */
int remotes_json(const struct office *o, json_t **ret, struct err *e);

#endif
