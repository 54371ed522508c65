/*
 * office: what the handlers of requests (request.h) share: reading the
 * fields of a request, finding what it names, saying who is who.
 */
#ifndef MUFAKAT_OFFICE_H
#define MUFAKAT_OFFICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/trust.h"
#include "common/types.h"
#include "request.h"
#include "view.h"

#define PAGE_DEFAULT 200
#define PAGE_MAX     1000
#define PAGE_BYTES   (8 * 1024 * 1024) /* about so many make a page full */

struct store *office_store(const struct office *o);

/* ERR_INPUT, with the next step, unless this office is in a coalition. */
int office_need_coalition(const struct office *o, struct err *e);
/* The organisation that we write for; ERR_CONFLICT while not admitted: what
 * would be written now could not be applied, so it is not taken. */
int office_need_member(
    const struct office *o, const struct trust_org **ret, struct err *e);

/* A setting: the key was here when there was no database. */
#define OFFICE_LOST_DATABASE "lost_database"
/* Is this so, and in no coalition since? */
int office_is_orphan(const struct office *o, bool *ret, struct err *e);

/* --- what a request says --- */

/* The text under a key; null and absent are the same: NULL.  ERR_INPUT if it
 * is something else, or missing with "required". */
int request_text(const json_t *req, const char *key, bool required,
    const char **ret, struct err *e);
/* "limit", PAGE_DEFAULT if absent, at most PAGE_MAX. */
int request_limit(const json_t *req, int *ret, struct err *e);
/* A number of at least 0 under a key, 0 if absent or null. */
int
request_number(const json_t *req, const char *key, int64_t *ret, struct err *e);
/* A name that people give (a coalition, an organisation): one line of 1 to
 * 200 bytes, NFC, without control characters, that can stand in a record
 * signature.  The caller frees *ret. */
int request_name(const json_t *req, const char *key, char **ret, struct err *e);
/* The record under a key, by a unique prefix; versions and signatures are
 * refused. */
int office_record(const struct office *o, const json_t *req, const char *key,
    struct view_record *ret, struct err *e);

/* --- who is who --- */

/* The organisation of a key, NULL if it was never admitted. */
const struct trust_org *
office_org_of(const struct office *o, const uint8_t key[static KEY_LEN]);
/* Sets "organisation" (id) and "name" of an object; null if unknown. */
void office_set_org(json_t *j, const struct trust_org *org);
/* Does this change of this key count (TRUST.md)? */
bool office_counts(const struct office *o, const uint8_t key[static KEY_LEN],
    const uint8_t change[static HASH_LEN]);
/* Has the user confirmed W, by words or through an invitation whose act is
 * held? */
int office_confirmed(const struct office *o, bool *ret, struct err *e);
/* The governance act that stands last. */
const uint8_t *office_last_act(const struct office *o);

/* References for types_check(). */
struct types_lookup office_lookup(struct office *o);

/* --- JSON --- */

json_t *office_hex(const uint8_t hash[static HASH_LEN]);
json_t *office_key(const uint8_t key[static KEY_LEN]);
json_t *office_key_words(const uint8_t key[static KEY_LEN]);

#endif
