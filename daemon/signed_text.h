/*
 * signed_text: the text of a record that signatures are made on, rendered
 * from what is displayed now (FORMAT.md section 8).
 */
#ifndef MUFAKAT_SIGNED_TEXT_H
#define MUFAKAT_SIGNED_TEXT_H

#include <jansson.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/ident.h"
#include "office.h"

/* The signed text of a record as it stands now. */
struct signed_text {
	struct buf text;
	uint8_t hash[HASH_LEN];
	json_t *of; /* what a version's "of" says */
};

/* Renders the displayed values of the signed fields.  Refused: ERR_CONFLICT
 * if one is in conflict, ERR_INPUT if the type has no text to sign or a value
 * is missing or erased.  The caller clears. */
int signed_text_make(const struct office *o, const struct view_record *r,
    struct signed_text *ret, struct err *e);
void signed_text_clear(struct signed_text *t);

/* What a version of the record has in common with it now. */
struct signed_version {
	char id[ID_SIZE];
	uint8_t hash[HASH_LEN];
	bool counts;
	bool is_current; /* its text is our rendering */
};
struct signed_versions {
	struct signed_version *v; /* oldest first */
	size_t n;
	bool has_text;          /* the record can be rendered now */
	uint8_t hash[HASH_LEN]; /* of that text */
	struct err why;         /* if it cannot */
};
int signed_versions_load(const struct office *o, const struct view_record *r,
    struct signed_versions *ret, struct err *e);
void signed_versions_clear(struct signed_versions *v);
/* The counting version that "sign" would use again: exactly our rendering;
 * NULL if none. */
const struct signed_version *
signed_versions_current(const struct signed_versions *v);
const struct signed_version *
signed_versions_find(const struct signed_versions *v, const char *id);

#endif
