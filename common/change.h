/*
 * change: one signed act of one device, as a line (FORMAT.md, Changes).
 *
 *	<signature, base64, or empty> TAB <head> TAB <portion> {TAB <portion>}
 *
 * Everything here is pure and works on exact bytes; nothing re-serialises.
 */
#ifndef MUFAKAT_CHANGE_H
#define MUFAKAT_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "crypto.h"
#include "err.h"
#include "ident.h"

#define CHANGE_ACCEPT_MAX   (1024 * 1024) /* a line, its LF included */
#define CHANGE_WRITE_MAX    (128 * 1024)  /* what we write ourselves */
#define CHANGE_PREVIOUS_MAX 16
#define CHANGE_PORTIONS_MAX 1024

enum portion_form {
	PORTION_PLAIN, /* {"v":...}, or bytes that prove to be no such thing */
	PORTION_HASH,  /* #<64 hex>: bytes absent here */
	PORTION_SEALED /* ~<base64>: reserved */
};

struct portion {
	const char *p; /* the stored bytes */
	size_t len;
	enum portion_form form;
};

/* A line taken apart; points into the line's bytes, which must outlive it. */
struct change {
	bool is_signed;
	uint8_t sig[SIG_LEN];
	const char *head;
	size_t head_len;
	struct portion *portions; /* owned */
	size_t nportions;
};

/* What a change's id depends on besides its own line. */
struct change_place {
	uint8_t coalition[HASH_LEN]; /* ignored for a genesis */
	bool is_genesis;
	uint8_t key[KEY_LEN];
	uint8_t (*previous)[HASH_LEN]; /* sorted, distinct; borrowed */
	size_t nprevious;
};

/* Takes a line apart (without its LF; LF, NUL and other control bytes but
 * TAB are refused).  Checks the lengths, the base64 of the signature, and
 * scans the head with jscan(); does not look into portions.  On success the
 * caller clears *ret. */
int change_split(const char *line, size_t n, struct change *ret, struct err *e);
void change_clear(struct change *c);

/* Writes the line (with LF) that change_split() reads; "with_sig" false
 * leaves the signature out. */
void change_join(const struct change *c, bool with_sig, struct buf *b);

/* Appends the signed message.  ("#<hash>" portions contribute their hash.) */
void change_message(
    const struct change_place *at, const struct change *c, struct buf *b);

/* The id: BLAKE2b-256 of the message. */
void change_id(const struct change_place *at, const struct change *c,
    uint8_t ret[static HASH_LEN]);

/* With no previous ids, computes the id as a genesis; if that is
 * at->coalition, sets at->is_genesis and returns that id, otherwise the id
 * as an ordinary first change. */
void change_identify(struct change_place *at, const struct change *c,
    uint8_t ret[static HASH_LEN]);

/* The hash that a portion contributes. */
void portion_hash(const struct portion *p, uint8_t ret[static HASH_LEN]);

/* Is the signature present and good for this key and place? */
bool change_verify(const struct change_place *at, const struct change *c);
void change_sign(
    const struct change_place *at, struct change *c, const struct secret *s);

#endif
