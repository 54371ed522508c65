/*
 * recovery: the printed key that can replace a lost one (TRUST.md rule 4).
 */
#ifndef MUFAKAT_RECOVERY_H
#define MUFAKAT_RECOVERY_H

#include <stdint.h>

#include "common/crypto.h"
#include "common/err.h"

/* Makes a recovery key.  Without "file" it is shown on the terminal and must
 * be typed again; with it, it is written there (mode 0600, must not exist).
 * Gives the hash of its public key, which is all that leaves this process. */
int
recovery_make(const char *file, uint8_t ret[static HASH_LEN], struct err *e);

#endif
