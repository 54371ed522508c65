/*
 * store_apply_internal: what store_apply.c, store_record.c, store_merge.c,
 * store_sign.c and store_erase.c share.
 */
#ifndef MUFAKAT_STORE_APPLY_INTERNAL_H
#define MUFAKAT_STORE_APPLY_INTERNAL_H

#include "common/buf.h"
#include "pairs.h"
#include "query.h"
#include "store.h"
#include "store_apply.h"
#include "store_names.h"

/* A record that exists. */
struct apply_record {
	int64_t n;
	char id[ID_SIZE];
	char org[ID_SIZE];
	char parent[ID_SIZE]; /* its "in", or "" */
	char type[65];
	int64_t change;
	bool has_hosts;
};

struct apply {
	struct store *s;
	const struct trust *trust;
	const struct trust_ancestry *ancestry;
	struct names *names;
	struct pairs dirty;   /* (record, field) to be merged */
	struct pairs recount; /* (record, 0): whose writes count is new */
	struct pairs touched; /* (record, 0): the search knows already */
	struct pairs fresh;   /* (record, 0): made since apply_finish() */
	struct buf again;     /* int64_t: changes to be applied once more */
	struct buf versions;  /* ids, ID_SIZE each: look at their signatures */
	struct buf slots;     /* names of slots, NUL-terminated each */
	int64_t orphans;      /* rows in the table; -1: not counted */
	int64_t erased;       /* the same */
	struct apply_record *cache; /* of records by id, direct-mapped */
	struct buf over;            /* scratch */
};

/* The change at hand, and what its key may do. */
struct applying {
	const struct apply_change *c;
	const struct trust_key *key;
	bool counts; /* its change does */
	bool edits;  /* it counts and has the mandate */
	bool signs;
	const struct apply_texts *texts;
	bool *erased; /* by portion; NULL: none is */
};

/* The values of a version or sign: an array that the caller owns, or NULL if
 * they read missing. */
json_t *apply_values(const struct applying *x, const struct op *op);
bool apply_is_erased(const struct applying *x, const struct op *op);

/* Says who a stored change was by: fills all but "c" and the values. */
int apply_author(struct apply *a, int64_t n, struct applying *ret,
    uint8_t ret_id[static HASH_LEN], struct err *e);

/* store_record.c: 1 found, 0 not, -1. */
int record_find(
    struct apply *a, const char *id, struct apply_record *ret, struct err *e);
int record_make(
    struct apply *a, struct applying *x, const struct op *op, struct err *e);
/* May this organisation write this field? */
int record_allows(struct apply *a, const struct apply_record *r,
    const char *field, const char *org, bool *ret, struct err *e);
int record_touch(struct apply *a, const struct apply_record *r, struct err *e);
int record_recount(struct apply *a, struct err *e);
/* The change waits for a record. */
int
record_wait(struct apply *a, const char *record, int64_t change, struct err *e);

/* store_merge.c */
int merge_dirty(struct apply *a, struct err *e);

/* store_sign.c */
int sign_version(struct apply *a, struct applying *x, const struct op *op,
    size_t index, struct err *e);
int sign_signature(struct apply *a, struct applying *x, const struct op *op,
    size_t index, struct err *e);
int sign_finish(struct apply *a, struct err *e);

/* store_erase.c */
int erase_op(
    struct apply *a, struct applying *x, const struct op *op, struct err *e);
/* Which portions of this change are erased: fills x->erased, and takes their
 * bytes out of the log. */
int erase_load(struct apply *a, struct applying *x, struct err *e);

#endif
