/*
 * recsig: the message that a record signature signs (FORMAT.md, Record
 * signatures): readable lines in a fixed order.
 */
#ifndef MUFAKAT_RECSIG_H
#define MUFAKAT_RECSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "crypto.h"
#include "err.h"
#include "change.h"
#include "ident.h"

#define RECSIG_MAX     (64 * 1024) /* a message */
#define RECSIG_TEXT    512         /* a name, in bytes */
#define RECSIG_ITEMS   (32 * 1024) /* the list of items, in bytes */
#define RECSIG_REPLACE 64          /* signatures replaced at once */

enum recsig_capacity {
	CAPACITY_POSITION,
	CAPACITY_ENDORSEMENT,
	CAPACITY_WITNESS,
	CAPACITY_RECEIPT,
	CAPACITY_TRANSLATION,
};

enum recsig_stance {
	STANCE_SUPPORT,
	STANCE_RESERVATION, /* "support-with-reservation" */
	STANCE_ASIDE,       /* "stand-aside" */
	STANCE_OBJECT,
	STANCE_NONE,
	STANCE_WITHDRAWN,
	STANCE_CONFIRMED,
	STANCE_DISPUTED,
};

/* Plain data; strings are owned, NULL means "-". */
struct recsig {
	uint8_t coalition[HASH_LEN];
	uint8_t key[KEY_LEN];
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
	size_t nprevious;
	uint8_t act[HASH_LEN]; /* governance act known to the signer */
	char record[ID_SIZE];
	char version[ID_SIZE];
	uint8_t text[HASH_LEN];
	enum recsig_capacity capacity;
	enum recsig_stance stance;
	char *items; /* "3=object,7=stand-aside" or "#<hash>" */
	char organisation[ID_SIZE];
	char *organisation_name;
	char *person;
	char for_id[ID_SIZE]; /* "" unless recorded for another */
	char *for_name;
	char date[11]; /* YYYY-MM-DD */
	char (*replaces)[ID_SIZE];
	size_t nreplaces;
};

/* Appends the message.  ERR_INPUT if a value cannot stand in it; b is then
 * as it was. */
int recsig_encode(const struct recsig *r, struct buf *b, struct err *e);

/* Strict; ERR_UNTRUSTED.  The caller clears *ret. */
int recsig_decode(const char *s, size_t n, struct recsig *ret, struct err *e);
void recsig_clear(struct recsig *r);

const char *recsig_capacity_word(enum recsig_capacity c);
const char *recsig_stance_word(enum recsig_stance s);
int recsig_parse_capacity(const char *s, enum recsig_capacity *ret);
int recsig_parse_stance(const char *s, enum recsig_stance *ret);

/* May this stand as a name in a message?  UTF-8 of 1 to RECSIG_TEXT bytes
 * without control characters, not "-", no space at either end. */
bool recsig_is_value(const char *s, size_t n);

#endif
