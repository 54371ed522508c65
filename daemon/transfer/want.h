/*
 * want: what a round fetches and pushes, as the kinds of remotes see it.
 */
#ifndef MUFAKAT_TRANSFER_WANT_H
#define MUFAKAT_TRANSFER_WANT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "git.h"
#include "packfile.h"
#include "refs.h"
#include "walk.h"

/* One wanted ref. */
struct want {
	char name[REFS_NAME_MAX + 1];
	git_oid oid; /* where it stands at the remote */
	struct walk walk;
	struct err err; /* ERR_NONE if its objects are at hand */
	size_t haul;    /* what brought them */
	bool kept;      /* the daemon has accepted what it carried */
};

/* What one connection brought. */
struct haul {
	struct packfile pack; /* as it came, in the quarantine; or none */
	size_t objects;       /* that came over */
};

enum put_mode { PUT_APPEND, PUT_ROOT, PUT_COPY, PUT_DELETE };

/* One ref to be pushed. */
struct put {
	char name[REFS_NAME_MAX + 1];
	char old[OID_HEX + 1]; /* the lease; "" = must not exist */
	enum put_mode mode;
	git_oid oid;         /* the commit; not for PUT_DELETE */
	struct oids objects; /* of the new commit; not for PUT_COPY */
	struct err err;      /* ERR_NONE as long as nothing failed */
};

#endif
