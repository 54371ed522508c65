/*
 * worddiff: what differs inside a line, word by word.
 *
 * A word is letters, digits and their marks; in scripts that put no spaces
 * between words (Thai, Lao, Khmer, Burmese, Chinese, Japanese) each grapheme
 * cluster is one, and so is each sign.  Nothing is ever cut inside a cluster.
 */
#ifndef MUFAKAT_WORDDIFF_H
#define MUFAKAT_WORDDIFF_H

#include "linediff.h"

/* Calls fn for each stretch, in order, as linediff() does for lines; put
 * together, those of ' ' and '-' are a, those of ' ' and '+' are b.  Between
 * two changes spaces alone count as changed.  Returns how many bytes are the
 * same, spaces left out. */
size_t worddiff(const char *a, size_t na, const char *b, size_t nb,
    linediff_fn fn, void *arg);

#endif
