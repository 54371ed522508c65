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

/* Of each text that was signed and is not the current one (NULL: none is), how
 * to see and to prove it. */
void signatures_print_earlier(const json_t *signatures, const char *current);

#endif
