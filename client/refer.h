/*
 * refer: what the ids in a record stand for.
 */
#ifndef MUFAKAT_REFER_H
#define MUFAKAT_REFER_H

#include <jansson.h>

#include "client/cmd.h"
#include "common/buf.h"

/* The value of a field for a person; appended.  Behind the id of a record or
 * an organisation its name, as far as the daemon knows it, and each of
 * several on a line. */
void refer_value(struct cli *c, const char *type, const char *field,
    const json_t *value, struct buf *b);

/* The name of the organisation whose key it is, as far as the daemon knows it;
 * appended. */
void refer_key(struct cli *c, const char *key, struct buf *b);

#endif
