/*
 * crypto: the only file that includes <sodium.h>.
 *
 * Hashes are BLAKE2b-256 (RFC 7693; "b2sum -l 256").  Signatures are Ed25519
 * (RFC 8032) in the SSHSIG construction (PROTOCOL.sshsig) with hash sha512.
 * Secret keys live in guarded memory, are never printed, and are wiped when
 * freed.
 */
#ifndef MUFAKAT_CRYPTO_H
#define MUFAKAT_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define HASH_LEN 32
#define KEY_LEN  32 /* an Ed25519 public key */
#define SIG_LEN  64
#define SEED_LEN 32

struct secret; /* a secret key in guarded memory */

/* Once, before anything else; ends the process if the library is unusable. */
void crypto_setup(void);

void crypto_digest(const void *p, size_t n, uint8_t ret[static HASH_LEN]);

/* Streaming hash.  Plain data, no release needed. */
struct hasher {
	_Alignas(64) unsigned char opaque[384];
};
void hasher_init(struct hasher *h);
void hasher_add(struct hasher *h, const void *p, size_t n);
void hasher_end(struct hasher *h, uint8_t ret[static HASH_LEN]);

void crypto_random(void *p, size_t n);
void crypto_wipe(void *p, size_t n);

/* A key that nobody should have: of small or mixed order, not canonical,
 * off the curve (hostile input 30). */
bool crypto_key_ok(const uint8_t key[static KEY_LEN]);

struct secret *secret_new(void);
struct secret *secret_from_seed(const uint8_t seed[static SEED_LEN]);
void secret_seed(const struct secret *s, uint8_t ret[static SEED_LEN]);
void secret_public(const struct secret *s, uint8_t ret[static KEY_LEN]);
void secret_free(struct secret *s); /* NULL is fine */

/* Key file: "mufakat-key 1 LF <seed, base64> LF", mode 0600, made with
 * O_EXCL and O_NOFOLLOW, refused when a link, a FIFO, another's, or readable
 * by group or others. */
int secret_save(const struct secret *s, const char *path, struct err *e);
int secret_load(const char *path, struct secret **ret_s, struct err *e);

/* Signs "SSHSIG" || namespace || "" || "sha512" || SHA-512(message). */
void secret_sign(const struct secret *s, const char *ns, const void *msg,
    size_t n, uint8_t ret[static SIG_LEN]);

/* Good: libsodium accepts it, S < L, R not of small order, key ok. */
bool crypto_verify(const uint8_t key[static KEY_LEN], const char *ns,
    const void *msg, size_t n, const uint8_t sig[static SIG_LEN]);

#endif
