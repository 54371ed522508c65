/*
 * view: reading what is derived from the log: records, their writes,
 * versions, signatures, search.  Implemented in store_view.c.  Reads only.
 */
#ifndef MUFAKAT_VIEW_H
#define MUFAKAT_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/ident.h"

struct store;

struct view_record {
	int64_t n;
	char id[ID_SIZE];
	char type[65];
	char org[ID_SIZE];        /* that created it */
	uint8_t change[HASH_LEN]; /* that created it */
	char in[ID_SIZE];         /* consultation named in the head, or "" */
	bool deleted;
	bool conflicted;
};

/* A record by its id or a unique prefix of at least 4 characters, as in git.
 * ERR_NOTFOUND; ERR_INPUT "ambiguous id 'abcd': abcd... (recommendation), ..".
 * Signatures are found too: type "signature", n 0. */
int view_find(struct store *s, const char *prefix, struct view_record *ret,
    struct err *e);
/* Which type an id has ("organisation of the coalition" is not asked here). */
int
view_type(struct store *s, const char *id, char ret[static 65], struct err *e);

/* Displayed values: field -> value (JSON), for fields with a live write.  A
 * missing or erased value is null and its field is in "missing"/"erased".
 *   {"values":{...},"conflicts":["text"],"missing":[],"erased":[],
 *    "writes":{"text":"<change id of the displayed write>"}} */
int view_values(struct store *s, int64_t record, json_t **ret, struct err *e);

/* What such JSON text says; the caller owns it.  NULL if it does not read,
 * and for NULL. */
json_t *view_json(const char *text);

/* One write to a field. */
struct view_write {
	const char *field;
	uint8_t change[HASH_LEN];
	uint8_t key[KEY_LEN];
	int64_t t;
	const char *value; /* JSON text; NULL if missing or erased */
	bool counts;
	bool live;
	bool is_shown; /* the displayed one */
	bool is_erased;
};
/* All held writes of a record (of one field, if "field"), by field, then in
 * the order of t and id.  fn as in log_each(). */
int view_writes(struct store *s, int64_t record, const char *field,
    int (*fn)(void *arg, const struct view_write *w), void *arg, struct err *e);
/* The live ones only: what an edit or a signature starts from, however many
 * edits there were. */
int view_live_writes(struct store *s, int64_t record,
    int (*fn)(void *arg, const struct view_write *w), void *arg, struct err *e);
/* The one that a change (its number) made to a field, if it did. */
int view_write_at(struct store *s, int64_t record, const char *field,
    int64_t change, int (*fn)(void *arg, const struct view_write *w), void *arg,
    struct err *e);

/* A page of records of a type (NULL: all) after "after" (an id, or ""), at
 * most "limit": an array of {"id","type","organisation","deleted",
 * "conflicts":[...],"values":{...}}, ordered by id.  "where" is field ->
 * value as JSON, all must match (equal, or contained in an array); deleted
 * ones only with "deleted". */
int view_list(struct store *s, const char *type, const json_t *where,
    const char *after, int limit, bool deleted, json_t **ret, struct err *e);

/* Full text search; "words" is data, never syntax; all words must occur,
 * the last one as a prefix.  Best first; rows as in view_list(). */
int view_search(struct store *s, const char *words, int offset, int limit,
    json_t **ret, struct err *e);

/* A change that touched a record. */
struct view_event {
	int64_t n; /* see log_get() */
	uint8_t id[HASH_LEN];
};
/* All of them, oldest first; the caller frees. */
int view_history(struct store *s, int64_t record, struct view_event **ret,
    size_t *ret_n, struct err *e);
/* The values, field -> value, after those up to a change (its number): of each
 * field the last counting write. */
int view_values_after(struct store *s, int64_t record, int64_t change,
    json_t **ret, struct err *e);
/* The last change that wrote a field; 0 if none did. */
int
view_last_write(struct store *s, int64_t record, int64_t *ret, struct err *e);

/* Fields in conflict, all records: array of {"id","type","title",
 * "title_in_conflict","field"}, by record id, of records after "after" (an id, or "").  A page ends with the
 * record that fills "limit", whose fields are all there. */
int view_conflicts(
    struct store *s, const char *after, int limit, json_t **ret, struct err *e);

struct view_version {
	char id[ID_SIZE];
	char record[ID_SIZE];
	uint8_t change[HASH_LEN];
	uint8_t key[KEY_LEN];
	int64_t t;
	int rule;
	const char *of;   /* JSON text of "of", references resolved */
	const char *text; /* NULL while missing */
	size_t text_len;
	uint8_t hash[HASH_LEN];
	bool counts;
};
int view_versions(struct store *s, const char *record,
    int (*fn)(void *arg, const struct view_version *v), void *arg,
    struct err *e);
int view_version(struct store *s, const char *id, /* exact */
    int (*fn)(void *arg, const struct view_version *v), void *arg,
    struct err *e); /* ERR_NOTFOUND */

/* A signature that is held, counting or not. */
struct view_signature {
	char id[ID_SIZE];
	char record[ID_SIZE];  /* by its message; "" if unreadable */
	char version[ID_SIZE]; /* by the head */
	uint8_t change[HASH_LEN];
	uint8_t key[KEY_LEN];
	int64_t t;
	const char *message; /* NULL while missing */
	size_t message_len;
	const char *sig; /* 88 characters */
	bool good;       /* message reads, fits its change, signature good */
	bool counts;     /* FORMAT.md section 6 */
	bool in_state;   /* counts, not replaced, not displaced */
	bool contested;
};
/* Of a record (exact id), or all with NULL. */
int view_signatures(struct store *s, const char *record,
    int (*fn)(void *arg, const struct view_signature *v), void *arg,
    struct err *e);

struct view_counts {
	int64_t changes, records, conflicts, versions, signatures, waiting,
	    missing, absent;
};
int view_counts(struct store *s, struct view_counts *ret, struct err *e);

/* Has the change a signature of its own that nobody has looked at yet, or one
 * that was bad and is asked for again?  It counts all the same while a later
 * one of its log vouches for it.  False for a change that is not held. */
int view_is_unchecked(struct store *s, const uint8_t change[static HASH_LEN],
    bool *ret, struct err *e);
/* How many there are. */
int view_unchecked(struct store *s, int64_t *ret, struct err *e);

#endif
