/*
 * store_apply: operations of authentic changes into the derived tables
 * (FORMAT.md section 7).
 *
 * What stands there after apply_finish() is a pure function of the changes
 * applied since the tables were empty, of their bytes and of the trust, in
 * whatever order and however often they came.  All in the caller's
 * transaction.
 */
#ifndef MUFAKAT_STORE_APPLY_H
#define MUFAKAT_STORE_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/change.h"
#include "common/err.h"
#include "common/op.h"
#include "common/trust.h"

struct apply;
struct store;

struct apply *apply_new(struct store *s);
void apply_free(struct apply *a);
/* After a rollback, or when the tables were emptied: forgets everything. */
void apply_drop(struct apply *a);

/* Who counts from now on; borrowed. */
void apply_trust(struct apply *a, const struct trust *t,
    const struct trust_ancestry *ancestry);

/* What the new and set operations of a change write, as JSON text, worked out
 * beforehand.  Pure, so that another thread can do it. */
struct apply_texts {
	struct buf bytes;
	size_t *at; /* for each field of each operation: where its text is,
		     * ended by NUL; SIZE_MAX if it reads missing */
	size_t *op; /* for each operation: its first field in "at" */
};

void apply_prepare(const struct change *c, const struct head *h,
    const uint8_t id[static HASH_LEN], struct apply_texts *ret);
void apply_texts_clear(struct apply_texts *t);

/* An authentic change, as held. */
struct apply_change {
	int64_t n;
	const uint8_t *id;
	const struct change_place *place;
	const struct change *change;
	const struct head *head;
	const struct apply_texts *texts; /* NULL: not worked out */
	bool is_new; /* it was not held before: nobody wrote to what it makes */
};

/* Nothing happens if its key was never admitted. */
int apply_change(struct apply *a, const struct apply_change *c, struct err *e);
/* The same for one that is read back from the log. */
int apply_stored(struct apply *a, int64_t n, struct err *e);

/* Merges the fields and signatures that were touched.  Call it from time to
 * time, and before the commit. */
int apply_finish(struct apply *a, struct err *e);
/* How much waits for that: fields touched. */
size_t apply_pending(const struct apply *a);

/* Empties every derived table. */
int apply_clear(struct apply *a, struct err *e);

/* Is this portion of a held change erased, by an operation that counts? */
int apply_erased(
    struct store *s, int64_t change, int64_t portion, bool *ret, struct err *e);

#endif
