/*
 * ident: identifiers that are derived, never chosen (FORMAT.md, Identifiers).
 */
#ifndef MUFAKAT_IDENT_H
#define MUFAKAT_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "err.h"
#include "text.h"

#define ID_CHARS     26 /* a record, an organisation, a version, a signature */
#define ID_SIZE      (ID_CHARS + 1)
#define KEY_CHARS    52
#define KEY_SIZE     (KEY_CHARS + 1)
#define HEX_SIZE     (2 * HASH_LEN + 1)
#define PREFIX_LEN   16 /* of a change id, in "over" and "seen" */
#define PREFIX_CHARS 32

/* The id of what operation "index" of a change made: the first 26 base32
 * characters of BLAKE2b-256 over "<change id, hex> <index> LF". */
void ident_make(const uint8_t change[static HASH_LEN], size_t index,
    char ret[static ID_SIZE]);

/* 26 characters of a-z2-7. */
bool ident_ok(const char *s, size_t n);

/* A type or field name: 1 to 64 of a-z 0-9 - / ., the first a letter. */
bool ident_name_ok(const char *s, size_t n);

/* Key in its text form; decoding refuses keys that crypto_key_ok() does. */
void ident_key(const uint8_t key[static KEY_LEN], char ret[static KEY_SIZE]);
int ident_parse_key(const char *s, size_t n, uint8_t ret[static KEY_LEN]);

/* What people compare: W as 8 words (its first 128 bits), a key as 6 (the
 * first 96 bits of BLAKE2b-256 of its 32 bytes). */
#define IDENT_WORDS_SIZE 64
void ident_coalition_words(
    const uint8_t w[static HASH_LEN], char ret[static IDENT_WORDS_SIZE]);
void ident_key_words(
    const uint8_t key[static KEY_LEN], char ret[static IDENT_WORDS_SIZE]);

/* Does "s", as 64 hex characters or as 8 words, name this W? */
bool ident_coalition_is(const uint8_t w[static HASH_LEN], const char *s);

#endif
