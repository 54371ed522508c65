/*
 * op_internal: the shapes of operations, for op.c.
 */
#ifndef MUFAKAT_OP_INTERNAL_H
#define MUFAKAT_OP_INTERNAL_H

#include "op.h"

/* What op->j is if it is well shaped and of this kind of change, else
 * OP_NONE.  Fills type, record and nfields of those that have them; "id" is
 * that of the change, "index" that of the operation. */
enum op_kind
op_shape(struct op *op, bool is_act, const uint8_t *id, size_t index);

bool op_is_prefix(const json_t *j);
bool op_is_prefixes(const json_t *j); /* an array of them */

/* The number n of {"@":n}, or -1. */
json_int_t op_reference(const json_t *j);

#endif
