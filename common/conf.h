/*
 * conf: "key value" lines, '#' comments, empty lines.  Unknown or repeated
 * keys are errors "path:line: ...".
 */
#ifndef MUFAKAT_CONF_H
#define MUFAKAT_CONF_H

#include "err.h"

struct conf_key {
	const char *name;
	/* Stores the value; on failure fills e (path:line is added). */
	int (*set)(void *target, const char *value, struct err *e);
};

/* Reads "path" (a missing file is an empty one).  The table ends with a
 * NULL name. */
int conf_read(
    const char *path, const struct conf_key *keys, void *target, struct err *e);

/* Value parsers: "15m", "90s", "2h", "1d" to seconds; "64k", "10M" to bytes;
 * "yes"/"no". */
int
conf_duration(const char *value, long min, long max, long *ret, struct err *e);
int conf_size(const char *value, long min, long max, long *ret, struct err *e);
int conf_bool(const char *value, int *ret, struct err *e);

#endif
