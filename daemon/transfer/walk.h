/*
 * walk: one log in a foreign object database, from its tip back to what is
 * held already, checked before anything of it is unfolded.
 */
#ifndef MUFAKAT_TRANSFER_WALK_H
#define MUFAKAT_TRANSFER_WALK_H

#include <stdbool.h>

#include "common/err.h"
#include "git.h"

struct step {
	git_oid commit;
	git_oid tree;
	git_oid blob;
};

struct walk {
	struct step *steps; /* newest first */
	size_t n;
	size_t cap;
	bool has_base; /* it ended at a commit that is held already */
	git_oid base;
};

struct walk_from {
	git_odb *odb;  /* where it is read */
	git_odb *held; /* where it stops: commits that are here; NULL: at the
			* root */
	size_t blob_max;
	const char *loose; /* the objects folder of a foreign repository,
			    * whose files are looked at before they are
			    * opened; or NULL */
};

/* Sizes come from headers, so a gigabyte in a small pack is never unfolded.
 * ERR_UNTRUSTED for objects of another form, ERR_NOTFOUND for missing ones,
 * ERR_INPUT for sealed logs. */
int walk_log(const struct walk_from *f, const git_oid *tip, struct walk *ret,
    struct err *e);
void walk_clear(struct walk *w);

/* The blob of a step; git_odb_object_free(). */
int walk_blob(const struct walk_from *f, const struct step *s,
    git_odb_object **ret, struct err *e);

/* Commits, trees and blobs of all steps, sorted, each once. */
void walk_objects(const struct walk *w, struct oids *o);

#endif
