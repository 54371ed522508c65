/*
 * linediff: what differs between two texts, line by line.
 *
 * The shortest script by E. W. Myers, "An O(ND) Difference Algorithm and Its
 * Variations", Algorithmica 1 (1986).  Texts that differ in more than
 * LINEDIFF_MOST lines are given as all of one and all of the other, but for
 * what they begin and end with alike: that bounds time and memory.
 */
#ifndef MUFAKAT_LINEDIFF_H
#define MUFAKAT_LINEDIFF_H

#include <stddef.h>

#define LINEDIFF_MOST 512

/* "mark" is ' ' for what both have, '-' for what only a has, '+' for b. */
typedef void (*linediff_fn)(void *arg, char mark, const char *line, size_t n);

/* Calls fn for each line, without its LF, in order. */
void linediff(const char *a, size_t na, const char *b, size_t nb,
    linediff_fn fn, void *arg);

#endif
