/*
 * store_names: names of types and fields, and ids of organisations, as numbers
 * (table "name"), with a cache of those in use.
 */
#ifndef MUFAKAT_STORE_NAMES_H
#define MUFAKAT_STORE_NAMES_H

#include <stdint.h>

#include "common/err.h"

struct names;
struct store;

struct name {
	int64_t n;
	char text[65];
};

struct names *names_new(struct store *s);
void names_free(struct names *n);
void names_drop(struct names *n); /* after a rollback */

/* The name with this text, made if there is none.  Borrowed until the next
 * call. */
int names_find(struct names *names, const char *text, const struct name **ret,
    struct err *e);

#endif
