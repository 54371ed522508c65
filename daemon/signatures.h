/*
 * signatures: record signatures as clients see them, with their verdicts.
 */
#ifndef MUFAKAT_SIGNATURES_H
#define MUFAKAT_SIGNATURES_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/recsig.h"
#include "office.h"

/* One held signature, its message taken apart. */
struct signature {
	char id[ID_SIZE];
	char version[ID_SIZE];
	uint8_t change[HASH_LEN];
	uint8_t key[KEY_LEN];
	bool good, counts, in_state, contested;
	bool is_missing; /* its message has not arrived */
	bool has_message;
	struct recsig r; /* if has_message */
	char *message;   /* exact bytes, NUL-terminated; NULL if missing */
	char sig[89];    /* base64 */
};
struct signatures {
	struct signature *s;
	size_t n;
};
/* All of a record (exact id), or all there are with NULL. */
int signatures_load(const struct office *o, const char *record,
    struct signatures *ret, struct err *e);
void signatures_clear(struct signatures *s);

/* The name of whom it is recorded for, as admitted if they were; else as the
 * message says; NULL if it is for no other. */
const char *signature_for_name(const struct recsig *r, const struct trust *t);
/* Do two fill the same slot (FORMAT.md section 6)? */
bool signature_same_slot(const struct recsig *a, const struct recsig *b);

/* The reply of verify: {"record","current_version","text_hash","signatures",
 * "act","missing"}; what a later signature replaced is left out. */
int signatures_verify(const struct office *o, const struct view_record *r,
    json_t **ret, struct err *e);

/* Rows of the virtual type "signature", as view_list() gives rows. */
int signatures_list(const struct office *o, const json_t *where,
    const char *after, int limit, json_t **ret, struct err *e);

#endif
