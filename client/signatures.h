/*
 * signatures: a table of who signed which text.
 */
#ifndef MUFAKAT_SIGNATURES_H
#define MUFAKAT_SIGNATURES_H

#include <jansson.h>

/* Prints the table, nothing for an empty one; returns the exit code of
 * "verify": 1 if a verdict is bad, void or not admitted. */
int signatures_print(const json_t *signatures);
int signatures_exit(const json_t *signatures);

#endif
