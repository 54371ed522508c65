/*
 * editor: a text in the user's $VISUAL or $EDITOR.
 */
#ifndef MUFAKAT_EDITOR_H
#define MUFAKAT_EDITOR_H

#include "common/buf.h"
#include "common/err.h"

/* Lets the user edit "text"; *ret gets what was saved.  The file that was
 * edited is kept, and its path given (heap), until editor_done(). */
int
editor_run(const char *text, struct buf *ret, char **ret_path, struct err *e);

/* Removes the file.  When what it holds could not be saved, do not call
 * this but tell the user where it is: nothing typed is lost. */
void editor_done(char *path);

#endif
