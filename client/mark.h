/*
 * mark: what is in conflict is shown with a mark: only one of its values is to
 * be seen there, and nobody has agreed to it.
 */
#ifndef MUFAKAT_MARK_H
#define MUFAKAT_MARK_H

#include <jansson.h>
#include <stdbool.h>

#include "client/print.h"

/* Does an array of names hold this one? */
bool mark_lists(const json_t *names, const char *name);
/* Is a field of this row or record in conflict? */
bool mark_is_due(const json_t *row, const char *field);

/* A cell with the value of a field, or that it has not arrived, and the mark before it, where a narrow
 * terminal does not cut it.  Returns whether there is one. */
bool mark_cell(struct table *t, const json_t *row, const char *field);

/* Below the rows: what the mark means. */
void mark_explain(void);

#endif
