/*
 * form: a record as text for the editor, and what came back of it.
 *
 *	# recommendation 4kx2...              for the reader only
 *	title: A cap on fees                  a field to a line
 *	section: national
 *	addressees:                           empty
 *
 *	===== text =====                      each long text below its mark
 *	The fee has a cap.
 *
 *	===== rationale =====
 *
 * What others wrote cannot pass for a line of the form: a value that would
 * need more than its line is not offered but told in a comment, and a mark
 * has as many '=' as no line of any text here begins with.
 */
#ifndef MUFAKAT_FORM_H
#define MUFAKAT_FORM_H

#include <jansson.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

/* The form of a record as "show" gives it, of a type in the catalogue;
 * appended. */
void form_write(const json_t *record, struct buf *b);

/* What an edited form says about the record that it was written of.  *ret
 * (the caller owns it): field -> text, or null where it was emptied, of those
 * fields alone whose text differs from what the form showed of them.  A field
 * that is no more in the form stays as it is.  ERR_INPUT names the line that
 * has no place: no colon, an unknown field, a field twice. */
int form_read(
    const json_t *record, const char *s, size_t n, json_t **ret, struct err *e);

#endif
