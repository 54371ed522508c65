/*
 * git: libgit2 set up for hostile input, and its errors as ours.
 *
 * Nothing of the user's git configuration applies, memory is bounded, what
 * is read is checked against its name.  libgit2 is started by the first call
 * of git_setup(), so that a listing of a folder never pays for it.
 */
#ifndef MUFAKAT_TRANSFER_GIT_H
#define MUFAKAT_TRANSFER_GIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "libgit2.h"

#define OID_HEX GIT_OID_HEXSZ

/* "max_object": no object larger than this is taken out of a pack. */
int git_setup(size_t max_object, struct err *e);
void git_teardown(void);

/* Fills e from libgit2's last error, escaped and bounded: "fmt: text".
 * Call git_error_clear() before what may fail, since libgit2 leaves old
 * texts standing.  Returns -1. */
int git_err(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Exactly 40 lower-case hex digits, not all zero. */
bool git_is_oid(const char *hex);
int git_oid_of(const char *hex, git_oid *ret, struct err *e);

/* A growing list of object ids. */
struct oids {
	git_oid *list;
	size_t n;
	size_t cap;
};

void oids_add(struct oids *o, const git_oid *id);
/* Sorts and drops what stands twice. */
void oids_unique(struct oids *o);
void oids_clear(struct oids *o);

#endif
