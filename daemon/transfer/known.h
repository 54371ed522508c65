/*
 * known: an object database that shows known commits as if they had no
 * parents, while a fetch is being negotiated.
 *
 * libgit2 1.5 walks back from all refs and stops at the first ACK after some
 * twenty commits.  With whole histories ten moved logs of fifty brought 930
 * objects in place of 30; with histories of one commit each it tells exactly
 * the tips that we hold.  The shortened commits do not match their names, so
 * the strict check of names is off in the meantime; known_stop() ends both
 * before the first object is unpacked.
 */
#ifndef MUFAKAT_TRANSFER_KNOWN_H
#define MUFAKAT_TRANSFER_KNOWN_H

#include "common/err.h"
#include "git.h"

struct known;

/* Adds it to a database, which owns it. */
int known_attach(git_odb *odb, struct known **ret, struct err *e);

/* Borrows the list until known_stop(). */
void known_start(struct known *k, const struct oids *tips);
void known_stop(struct known *k);

#endif
