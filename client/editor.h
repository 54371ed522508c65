/*
 * editor: a text in the user's $VISUAL or $EDITOR.
 */
#ifndef MUFAKAT_EDITOR_H
#define MUFAKAT_EDITOR_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

/* Lets the user edit "text"; *ret gets what was saved, UTF-8 text.  *ret_path
 * gets the file that was edited (heap), on failure too, or NULL if there is
 * none; editor_end() takes it. */
int
editor_run(const char *text, struct buf *ret, char **ret_path, struct err *e);

/* Is what was typed, or is in the file "name", text?  ERR_INPUT says why not
 * and what to do. */
int editor_check(const char *name, const struct buf *b, struct err *e);

/* Removes the file if what it holds "is_saved", or is the text that the
 * editor was started on.  Else says where it is: nothing typed is lost.
 * "path" may be NULL. */
void editor_end(char *path, const char *text, bool is_saved);

#endif
