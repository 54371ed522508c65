/*
 * sshsig: OpenSSH's armoured signatures (PROTOCOL.sshsig) and public keys.
 *
 * Only ssh-ed25519, version 1, hash sha512.  With a namespace whose length
 * is 2 mod 3 the part before the 64 raw bytes is 120 bytes long, so that the
 * base64 text is 160 fixed characters followed by the 88 stored ones.
 */
#ifndef MUFAKAT_SSHSIG_H
#define MUFAKAT_SSHSIG_H

#include "buf.h"
#include "crypto.h"

#define SSHSIG_NS_CHANGE "mufakat-change"
#define SSHSIG_NS_RECORD "mufakat-record"
#define SSHSIG_MAX       2048 /* an armour longer than this is refused */

/* Appends the armour exactly as ssh-keygen -Y sign writes it. */
void sshsig_armour(const uint8_t key[static KEY_LEN], const char *ns,
    const uint8_t sig[static SIG_LEN], struct buf *b);

/* Strict: exactly one armour and nothing else (hostile input 40).
 * ERR_UNTRUSTED tells what is wrong.  The namespace must be "ns". */
int sshsig_parse(const char *s, size_t n, const char *ns,
    uint8_t ret_key[static KEY_LEN], uint8_t ret_sig[static SIG_LEN],
    struct err *e);

/* Appends "ssh-ed25519 AAAA..." without a line end. */
void sshsig_public(const uint8_t key[static KEY_LEN], struct buf *b);

/* Parses what sshsig_public writes. */
int sshsig_parse_public(
    const char *s, size_t n, uint8_t ret_key[static KEY_LEN], struct err *e);

#endif
