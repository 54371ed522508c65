/*
 * values: from what a user typed to the operations of a change: parsed and
 * checked by the catalogue (types.h), references completed, personal fields
 * apart, and nothing written that would have no effect.
 */
#ifndef MUFAKAT_VALUES_H
#define MUFAKAT_VALUES_H

#include <jansson.h>

#include "common/err.h"
#include "common/op.h"
#include "office.h"

/* A type by its name; ERR_INPUT lists what there is. */
int values_type(const char *name, const struct type **ret, struct err *e);

/* "fields" is field -> text as typed, or a JSON value, or null (empties).
 * *ret, owned by the caller, is field -> checked value.  Ids of records may
 * be prefixes, organisations may be named. */
int values_parse(struct office *o, const struct type *t, const json_t *fields,
    json_t **ret, struct err *e);
/* One value. */
int values_parse_one(struct office *o, const struct type *t, const char *field,
    const json_t *typed, json_t **ret, struct err *e);

/* The hosts that rules know for a record (FORMAT.md section 7): an array of
 * organisation ids, owned by the caller; empty if there are none. */
int values_hosts(const struct office *o, const struct view_record *r,
    json_t **ret, struct err *e);

/* ERR_INPUT if our write to the field of this record would not count. */
int values_may_write(struct office *o, const struct view_record *r,
    const char *field, struct err *e);

/* Adds set operations on "record" (an id, or {"@":n}; borrowed) for values
 * (field -> value); "over" is field -> sorted prefixes, or NULL.  Personal
 * fields get an operation and a portion of their own.  "t" may be NULL: a type
 * that this program does not know. */
void values_set(struct draft *d, const struct type *t, json_t *record,
    const json_t *values, const json_t *over);

/* The values of a type that are personal, or those that are not. */
json_t *values_part(const struct type *t, const json_t *values, bool personal);

#endif
