/*
 * jscan: a scan of JSON text before any parser sees it.
 *
 * Refuses, without allocating and in one pass: a byte below 0x20, invalid
 * UTF-8, depth over 16, more than 65,536 of , : [ { outside strings, numbers
 * that are not -?(0|[1-9][0-9]*) below 2^53 in magnitude or are -0, the
 * escape for NUL, lone surrogates, unbalanced brackets, anything after the
 * value.  Duplicate keys (compared unescaped) are refused by json_build(),
 * which makes jansson's values of what passed.
 */
#ifndef MUFAKAT_JSCAN_H
#define MUFAKAT_JSCAN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

#define JSCAN_DEPTH 16
#define JSCAN_MARKS 65536

/* ERR_UNTRUSTED says what and where. */
int jscan(const char *s, size_t n, struct err *e);

/* The object that the text is; the caller owns *ret.  The text must have
 * passed jscan().  ERR_UNTRUSTED if it is no object or has a duplicate key. */
int json_build(const char *s, size_t n, json_t **ret, struct err *e);

/* jscan(), then json_build(). */
int json_read(const char *s, size_t n, json_t **ret, struct err *e);

/* As json_read(), for a value of any kind. */
int json_read_value(const char *s, size_t n, json_t **ret, struct err *e);

/* Compact text, keys in insertion order, non-ASCII as UTF-8; appended.
 * Never writes a byte below 0x20. */
void json_write(const json_t *j, struct buf *b);

/* The JSON text of a string, quotes included, as json_write() writes it. */
void json_write_string(const char *s, size_t n, struct buf *b);

/* About as many bytes as json_write() makes of it: an escape counts as the
 * character that it stands for. */
size_t json_size(const json_t *j);

/* Convenience: the string, integer or array under a key, or NULL / -1. */
const char *json_get_str(const json_t *o, const char *key);
int json_get_int(const json_t *o, const char *key, int64_t *ret);

#endif
