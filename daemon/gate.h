/*
 * gate: the one way in for changes, ours and others'.
 *
 * What passes is hashed, placed in its log, checked for authenticity,
 * stored, and applied to the derived tables in one transaction.  The gate
 * owns the store, the device key and the resolved trust.
 */
#ifndef MUFAKAT_GATE_H
#define MUFAKAT_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/change.h"
#include "common/clock.h"
#include "common/crypto.h"
#include "common/err.h"
#include "common/op.h"
#include "common/trust.h"
#include "pairs.h"

struct gate;
struct store;

/* Opens the office in "home" (key, database).  An office without a
 * coalition is fine: gate_coalition() is NULL then. */
int gate_open(const char *home, const struct clock *clock, struct gate **ret,
    struct err *e);
void gate_close(struct gate *g);

struct store *gate_store(struct gate *g);
const struct clock *gate_clock(const struct gate *g);
const uint8_t *gate_coalition(const struct gate *g);  /* HASH_LEN or NULL */
const uint8_t *gate_key(const struct gate *g);        /* KEY_LEN or NULL */
const struct trust *gate_trust(const struct gate *g); /* NULL without W */
/* The organisation that our key counts for, or NULL while not admitted. */
const struct trust_org *gate_organisation(const struct gate *g);
/* Grows by one with every committed change of the state. */
uint64_t gate_generation(const struct gate *g);

/* Called after each commit that added changes; "local" if our own. */
void
gate_watch(struct gate *g, void (*changed)(void *arg, bool local), void *arg);

/* Founds a coalition with one convenor: makes the key and the genesis.
 * "recovery" is the hash of the recovery public key.  ERR_CONFLICT if this
 * office is in a coalition already. */
int gate_found(struct gate *g, const char *name, const char *org,
    const uint8_t recovery[static HASH_LEN], struct err *e);

/* Joins: makes the key, keeps W and writes the request. */
int gate_join(struct gate *g, const uint8_t w[static HASH_LEN], const char *org,
    struct err *e);

/* The place that the next local change will have (heads of our own log,
 * at most 16, authentic ones only): what a record signature names as
 * previous.  Borrowed; valid until the next change. */
int gate_place(struct gate *g, const struct change_place **ret, struct err *e);

/* Signs a record message with the device key (namespace mufakat-record). */
int gate_sign_record(struct gate *g, const char *msg, size_t n,
    uint8_t ret[static SIG_LEN], struct err *e);

/* Makes a change of the draft, signs, stores and applies it; returns only
 * when it is on disk.  Takes the draft, also on failure.  ERR_INPUT if the
 * line would be over CHANGE_WRITE_MAX or nothing is in it. */
int gate_commit(struct gate *g, struct draft **d,
    uint8_t ret_id[static HASH_LEN], struct err *e);

/* As gate_commit() for several drafts, in one transaction: all or none.
 * ret_ids may be NULL. */
int gate_commit_many(struct gate *g, struct draft **d, size_t n,
    uint8_t (*ret_ids)[HASH_LEN], struct err *e);

/* What came of a blob. */
struct gate_taken {
	size_t added;      /* changes that we did not hold */
	size_t known;      /* held already */
	size_t healed;     /* portions or signatures that were missing */
	size_t waiting;    /* held, not authentic yet */
	size_t foreign;    /* of another coalition */
	size_t bad;        /* unusable lines */
	size_t own;        /* of our own log, authentic: somebody has our key */
	size_t unadmitted; /* added to logs of keys that are not admitted */
	bool verified;     /* some segment carried a good signature */
};

/* A remote whose copies are taken in. */
struct gate_remote {
	int64_t n;        /* its row */
	char id[ID_SIZE]; /* of the log whose ref is read: what it brings of
			   * others may go with it, and is not noted */
	/* of what it has less than we do: (change, portion + 1), and
	 * (change, 0) where nothing signed beside it speaks for it */
	struct pairs thin;
};

/* Takes what somebody handed over: a blob of segments.  "from" is the remote
 * that it came from (NULL: none): what is there as good as here is not sent
 * back.  Bad bytes are counted, not an error; -1 only if our own store fails.
 * Large blobs are applied in several transactions. */
int gate_take(struct gate *g, struct gate_remote *from, const void *blob,
    size_t n, struct gate_taken *ret, struct err *e);

/* After all that was to be taken from a remote: what it seemed to have less
 * of is there after all if it was erased meanwhile, or if something signed
 * that is there follows it.  Empties from->thin. */
int gate_settle(struct gate *g, struct gate_remote *from, struct err *e);

/* A slice (about 30 ms) of background work: search index, sweep of
 * signatures not yet checked, compaction of the log.  Returns 1 if there is
 * more to do, 0 if not, -1 on error. */
int gate_idle(struct gate *g, struct err *e);
/* Much came in, and background work for it is not through: it may take
 * seconds. */
bool gate_is_behind(const struct gate *g);
/* Records not yet in the search index, signatures not yet checked. */
int gate_backlog(
    struct gate *g, int64_t *ret_index, int64_t *ret_sweep, struct err *e);

/* FORMAT.md section 9.  Cached until the next change. */
int
gate_state_hash(struct gate *g, uint8_t ret[static HASH_LEN], struct err *e);
/* The lines that are hashed; appended. */
int gate_state_lines(struct gate *g, struct buf *b, struct err *e);

/* Recreates every derived table from the log. */
int gate_rebuild(struct gate *g, struct err *e);

#endif
