/*
 * print: what people see: tables that fit the terminal, colour only on a
 * terminal, every text escaped.
 */
#ifndef MUFAKAT_PRINT_H
#define MUFAKAT_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_BAD,
	STYLE_WARN
};

/* Text from elsewhere, made safe for a terminal; on one line. */
void print_text(const char *s);
/* The same in a style. */
void print_styled(enum style style, const char *s);
/* Text of several lines, each indented. */
void print_indented(const char *s, int columns);
/* A value of a record as one line of text; appended. */
void print_value(const json_t *value, struct buf *b);

/* A line: the name, padded to "width", and the value; no space behind either
 * if it is the last thing there. */
void print_named(const char *name, int width, const char *value);

/* A table: columns as wide as they need to be; the widest are cut when the
 * line would not fit the terminal.  "cells" has rows * columns texts. */
struct table;
struct table *table_new(const char *const *heads, size_t columns);
void table_cell(struct table *t, const char *s);
void table_cell_value(struct table *t, const json_t *value);
/* As much of a hash as names a change; nothing for NULL. */
void table_cell_prefix(struct table *t, const char *hash);
/* Never cuts this column: it is compared, or typed again. */
void table_keep(struct table *t, size_t column);
/* Leaves this column out where no row has anything in it. */
void table_optional(struct table *t, size_t column);
/* And, in the order in which they are named, where the line would not fit. */
void table_spare(struct table *t, size_t column);
void table_print(struct table *t); /* nothing without rows; frees it */

/* "3 minutes ago", "never" for 0. */
void print_ago(int64_t ms, struct buf *b);
/* "2026-11-24 16:30", local time; " ?" behind it if no clock that is right
 * can have said so. */
void print_time(int64_t ms, struct buf *b);

/* Progress lines on a terminal's standard error. */
void print_progress(const json_t *p);

#endif
