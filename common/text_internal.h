/*
 * text_internal: what text*.c share.
 */
#ifndef MUFAKAT_TEXT_INTERNAL_H
#define MUFAKAT_TEXT_INTERNAL_H

#include <stddef.h>
#include <utf8proc.h>

/* Marks, joiners and other characters that take no room of their own may
 * stand on one letter: as many as the stream-safe format of UAX #15 lets
 * follow each other; the longest real syllables have less than ten. */
#define TEXT_MARKS_MAX 30

/* How many stand there once c follows a letter that has "marks" of them. */
size_t text_pile(size_t marks, utf8proc_int32_t c);

#endif
