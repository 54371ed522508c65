/*
 * writes: all held writes to the fields of a record, kept in memory while a
 * request is answered: which are live, what they say, what supersedes them.
 */
#ifndef MUFAKAT_WRITES_H
#define MUFAKAT_WRITES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/ident.h"

struct store;

struct write {
	char *field;
	uint8_t change[HASH_LEN];
	uint8_t key[KEY_LEN];
	int64_t t;
	json_t *value;          /* NULL: missing, erased or left out */
	uint8_t hash[HASH_LEN]; /* of its text, if has_value */
	bool has_value;
	bool counts, is_live, is_shown, is_erased;
};

struct writes {
	struct write *w; /* by field, then t and id */
	size_t n;
	size_t bytes; /* of the values kept */
};

/* So many bytes of values are kept.  Those that are shown always are; others
 * are left out beyond that, and are brought by writes_fetch(): a member may
 * hold any number of long texts against each other. */
#define WRITES_MOST ((size_t)4 * 1024 * 1024)

/* Loads the writes of a record, of one field if "field".  The caller
 * clears. */
int writes_load(struct store *s, int64_t record, const char *field,
    struct writes *ret, struct err *e);
/* Loads the live ones only: quick, however many edits there were. */
int writes_load_live(
    struct store *s, int64_t record, struct writes *ret, struct err *e);
void writes_clear(struct writes *w);

/* The displayed write of a field, or NULL. */
const struct write *writes_shown(const struct writes *w, const char *field);
/* Do both say the same?  (A missing value equals none.) */
bool writes_same(const struct write *a, const struct write *b);
/* The value of a write, also if it was left out; the caller owns it.  NULL if
 * it is missing or erased. */
int writes_fetch(struct store *s, int64_t record, const struct write *w,
    json_t **ret, struct err *e);
/* Do live writes to the field differ? */
bool writes_conflict(const struct writes *w, const char *field);
/* The write to a field by a change, named by hex of at least 4 characters.
 * ERR_NOTFOUND, or ERR_INPUT if ambiguous. */
int writes_find(const struct writes *w, const char *field, const char *hex,
    const struct write **ret, struct err *e);
/* Prefixes of the live writes to a field, sorted, as many as an operation may
 * name: what an "over" says, and the "of" of a version. */
json_t *writes_live(const struct writes *w, const char *field);
/* Are there more than that? */
bool writes_are_many(const struct writes *w, const char *field);

/* The prefix of a change as text. */
json_t *writes_prefix(const uint8_t change[static HASH_LEN]);
/* Sorts an array of prefixes and drops repeated ones; takes it. */
json_t *writes_sort(json_t *prefixes);

#endif
