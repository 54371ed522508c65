/*
 * object: the raw bytes of the git objects that FORMAT.md section 5 allows,
 * read strictly and written exactly.  Pure.
 */
#ifndef MUFAKAT_TRANSFER_OBJECT_H
#define MUFAKAT_TRANSFER_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "git.h"

#define OBJECT_META_MAX    (64 * 1024) /* of a commit or a tree */
#define OBJECT_MESSAGE_MAX (16 * 1024)

/* A commit: exactly the headers tree, at most one parent, author, committer,
 * in this order, and a text without NUL.  ERR_UNTRUSTED says what is wrong;
 * who and when are not judged, since they prove nothing. */
struct commit {
	git_oid tree;
	git_oid parent;
	bool has_parent;
};
int
object_read_commit(const char *p, size_t n, struct commit *ret, struct err *e);

/* A tree with the one entry "changes", mode 100644.  ERR_INPUT for a log of
 * a private coalition (entry "sealed"), ERR_UNTRUSTED for all else. */
int object_read_tree(const char *p, size_t n, git_oid *ret_blob, struct err *e);

void object_write_tree(const git_oid *blob, struct buf *b);

/* "parent" may be NULL; t is clamped to 0..2^32-1; the message gets a final
 * LF if it has none. */
void object_write_commit(const git_oid *tree, const git_oid *parent, int64_t t,
    const char *message, struct buf *b);

#endif
