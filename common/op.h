/*
 * op: the head of a change taken apart into operations (FORMAT.md, Head).
 *
 * An operation that is unknown, misshapen or of the wrong kind has op
 * OP_NONE and keeps its index; the head as a whole is refused only if its
 * frame is (t, kind, seen, ops).
 */
#ifndef MUFAKAT_OP_H
#define MUFAKAT_OP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change.h"
#include "err.h"
#include "ident.h"

/* Caps of FORMAT.md section 3: what holds more is misshapen. */
#define OPS_MAX       4096 /* of one change */
#define OP_OVER_MAX   1024 /* writes that a field supersedes at once */
#define OP_NO_PORTION SIZE_MAX

enum op_kind {
	OP_NONE,
	/* kind "edit" */
	OP_NEW,
	OP_SET,
	OP_VERSION,
	OP_SIGN,
	OP_VOUCH,
	OP_ERASE,
	/* kind "act": exactly one per change */
	OP_FOUND,
	OP_REQUEST,
	OP_PROPOSE,
	OP_APPROVE,
	OP_ADD,
	OP_ACCEPT,
	OP_CLOSE,
};

/* One operation.  Strings and arrays belong to the head's json. */
struct op {
	enum op_kind op;
	size_t portion;  /* of its values; OP_NO_PORTION if it names none */
	size_t value;    /* its place among the operations of that portion */
	const json_t *j; /* the operation itself, for what is not below */
	/* new: type; set and version: record (resolved, see head_resolve) */
	const char *type;
	char record[ID_SIZE];
	size_t nfields; /* of "fields"; op_field() gives the names */
};

#define SEEN_MAX 1024 /* prefixes in "seen" */

struct head {
	int64_t t;
	bool is_act;
	uint8_t (*seen)[PREFIX_LEN]; /* owned */
	size_t nseen;
	struct op *ops; /* owned */
	size_t nops;
	json_t *json; /* owned */
};

/* Parses the bytes of a head that change_split() let pass, made by change
 * "id": {"@":n} of records is resolved with it, "new" gets its own id in
 * "record".  ERR_UNTRUSTED if the frame is wrong.  The caller clears. */
int head_parse(const char *s, size_t n, const uint8_t id[static HASH_LEN],
    size_t nportions, struct head *ret, struct err *e);
void head_clear(struct head *h);

/* The name of field i of a new or set, or NULL if it is misshapen. */
const char *op_field(const struct op *op, size_t i);

/* The prefixes that a set's "over" names for a field; appended to b, 16
 * bytes each, sorted, distinct.  Misshapen ones are left out. */
void op_over(const struct op *op, const char *field, struct buf *b);

/* Values: parses a portion's bytes.  *ret (caller frees with json_decref) is
 * the array "v", of "count" inner arrays.  ERR_UNTRUSTED: reads "missing". */
int portion_values(
    const struct portion *p, size_t count, json_t **ret, struct err *e);

/* How many operations of the head name portion n. */
size_t head_portion_count(const struct head *h, size_t n);

/* Replaces {"@":n} at any depth of a value by the id that operation n of
 * change "id" made.  Changes the value in place; returns the value, or a new
 * string that replaces it (the reference to the old one is consumed). */
json_t *value_resolve(json_t *value, const uint8_t id[static HASH_LEN]);

/* Writing.  A draft collects operations with their values and gives the head
 * and the portions.  "personal" puts the values into a salted portion of
 * their own. */
struct draft;
struct draft *draft_new(bool is_act);
/* Takes the references to op (an object with "op" first, without "p") and
 * values (an array, or NULL for none).  Returns the operation's index. */
size_t draft_add(struct draft *d, json_t *op, json_t *values);
size_t draft_add_personal(struct draft *d, json_t *op, json_t *values);
size_t draft_count(const struct draft *d);
/* Is it an act, or does it hold a sign?  Such changes name what was seen. */
bool draft_is_witness(const struct draft *d);
/* Renders head and portions into *ret (as change_split() would give them for
 * the bytes in "line", which the caller keeps as long as *ret and does not
 * add to meanwhile).  Unsigned.  ERR_INPUT if it is too long or could not be
 * read back; "line" is then as it was. */
int draft_finish(struct draft *d, int64_t t, const uint8_t (*seen)[PREFIX_LEN],
    size_t nseen, struct buf *line, struct change *ret, struct err *e);
void draft_free(struct draft *d);

#endif
