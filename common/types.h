/*
 * types: the catalogue of record types, a table (types.c).  It says which
 * fields a type has, what may stand in them, which belong to the signed text
 * and whose writes count.  New types come as rows.
 *
 * The finer checks here bind what we write; what is received is judged by
 * FORMAT.md alone, of which only "whose writes count" is taken from here.
 */
#ifndef MUFAKAT_TYPES_H
#define MUFAKAT_TYPES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

enum field_kind {
	FIELD_LINE,     /* one line of text, up to 1,000 bytes */
	FIELD_TEXT,     /* text of several lines, up to 64 KiB */
	FIELD_WORD,     /* one of field->words */
	FIELD_REF,      /* id of a record of a type in field->refers */
	FIELD_REFS,     /* array of such ids, distinct */
	FIELD_DATE,     /* YYYY-MM-DD, a real day */
	FIELD_LANGUAGE, /* BCP 47, structure only: "id", "en", "zh-Hant" */
	FIELD_COUNTRY,  /* ISO 3166-1 alpha-2 */
	FIELD_NUMBER,   /* integer of at least 0, or nested "1.2" if a line */
	FIELD_ORG,      /* id of an organisation of the coalition */
	FIELD_ORGS,
	FIELD_BOOL,
};

enum field_whose { WHOSE_ANY, WHOSE_OWN, WHOSE_HOSTS };

enum {
	FIELD_REQUIRED = 1, /* must be given when a record is made */
	FIELD_PERSONAL = 2, /* a portion of its own, salted, erasable */
	FIELD_SIGNED = 4,   /* part of the signed text */
	FIELD_FIXED = 8,    /* set when made, never edited */
};

struct field {
	const char *name;
	enum field_kind kind;
	unsigned flags;
	enum field_whose whose;
	const char *const *words;  /* FIELD_WORD: NULL-terminated */
	const char *const *refers; /* FIELD_REF(S): NULL-terminated types */
	const char *label;         /* N_() */
};

struct transition {
	const char *from; /* NULL: when made */
	const char *to;
};

struct type {
	const char *name;
	const char *label;                    /* N_(): what it is, one line */
	const struct field *fields;           /* ends with a NULL name */
	const struct transition *transitions; /* of "state"; NULL: none */
	enum field_whose whose;               /* of "deleted" and of tags */
	const char *const *columns; /* what "list" shows, NULL-terminated */
	bool is_virtual;            /* signature: made by sign, not by new */
};

/* The table, ends with a NULL name. */
extern const struct type types_table[];

const struct type *type_find(const char *name);
/* NULL if the type has no such field.  Any "tags/x" is one, of FIELD_BOOL. */
const struct field *type_field(const struct type *t, const char *name);

/* Whose writes of this field count; type may be unknown (own), field may be
 * "deleted" or "tags/x". */
enum field_whose types_whose(const char *type, const char *field);

/* Looks up what a FIELD_REF names: its type into ret (33 bytes), or fails
 * with ERR_NOTFOUND.  Given by the caller, so that this stays pure. */
struct types_lookup {
	int (*record_type)(void *arg, const char *id, char ret[static 65]);
	bool (*is_organisation)(void *arg, const char *id);
	void *arg;
};

/* Turns what a user typed ("regional", "a,b", "12") into a value for this
 * field; NFC, trailing white space removed.  The caller owns *ret.
 * "section: 'regionl' is not one of regional, national". */
int types_parse(const struct type *t, const struct field *f, const char *text,
    json_t **ret, struct err *e);

/* Checks a value (null empties a field that is not required). */
int types_check(const struct type *t, const struct field *f,
    const json_t *value, const struct types_lookup *look, struct err *e);

/* Checks that all required fields are there; "values" is field -> value. */
int types_check_new(const struct type *t, const json_t *values,
    const struct types_lookup *look, struct err *e);

/* Is "from" -> "to" allowed?  The error lists what is. */
int types_check_transition(
    const struct type *t, const char *from, const char *to, struct err *e);

/* The order in which fields are shown, the same in every office: that of the
 * catalogue, and behind it, by name, what it does not know.  The members of an
 * object, or names in an array, each once; the caller owns what is returned. */
json_t *types_in_order(const char *type, const json_t *values);
json_t *types_names_in_order(const char *type, const json_t *names);

/* A value as text for a person; appended. */
void types_print(const json_t *value, struct buf *b);

#endif
