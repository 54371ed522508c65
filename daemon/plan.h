/*
 * plan: the decisions of a round, from what is listed and what is known.
 * Pure: no I/O, no clock.
 *
 * Listings and what we know are JSON objects, ref name -> commit id, names
 * without the prefix (FORMAT.md section 5):
 *
 *	<id>		the tail of a log
 *	<id>-<n>	a closed piece
 *	<id>.<n>	a tail beside one that may not be replaced
 */
#ifndef MUFAKAT_PLAN_H
#define MUFAKAT_PLAN_H

#include <jansson.h>
#include <stdbool.h>

#include "common/ident.h"

#define PLAN_REF_SIZE  48
#define PLAN_TAILS_MAX 99
#define PLAN_PIECE_MAX 999999

enum plan_kind { PLAN_TAIL, PLAN_PIECE };

struct plan_ref {
	char id[ID_SIZE];
	enum plan_kind kind;
	long n; /* of a piece from 1; of a tail 1 for <id>, else 2 to 99 */
};

/* Exactly the grammar above. */
bool plan_ref_parse(const char *name, struct plan_ref *ret);
void plan_ref_name(const struct plan_ref *r, char ret[static PLAN_REF_SIZE]);

/* What to fetch: listed refs that are not known as they are listed, nor
 * rejected in that state; pieces first, each kind by log and number.  The
 * caller owns the array of names. */
json_t *
plan_wants(const json_t *listed, const json_t *known, const json_t *rejected);

/* Known refs that are gone: not listed any more, or replaced by something that
 * was rejected. */
json_t *plan_vanished(
    const json_t *listed, const json_t *known, const json_t *rejected);

/* All listed refs of a log, but those rejected in that state. */
json_t *
plan_refs_of(const char *id, const json_t *listed, const json_t *rejected);

/* Of a tail that moved: are pieces of its log new?  Then it was closed, and
 * what it held is elsewhere.  Rubbish that somebody left, and that was rejected,
 * is no such piece. */
bool plan_was_closed(const char *tail, const json_t *listed,
    const json_t *known, const json_t *rejected);

/* Does a ref that moved still hold all that it held?  "base" is the held
 * commit that what was handed over builds on (NULL: none). */
bool plan_extends(const char *was, const char *now, const char *base);

/* Where changes of a log go: on top of its highest tail if we have taken that
 * in, in its place if it is unusable, or beside it where it may not be
 * replaced ("denied" is a set of ref names). */
enum plan_put {
	PLAN_APPEND,
	PLAN_ROOT,
	PLAN_NOT_NOW /* the tail was not looked at yet, or no name is left */
};
struct plan_target {
	enum plan_put put;
	char ref[PLAN_REF_SIZE];
	const char *old; /* the lease, into "listed"; NULL: must not exist */
};
void plan_tail(const char *id, const json_t *listed, const json_t *known,
    const json_t *rejected, const json_t *denied, struct plan_target *ret);

/* The smallest free number of a piece that is not below "from", or 0 if there
 * is none.  Not the one behind the largest: anybody can take that. */
long plan_next_piece(const char *id, const json_t *listed, long from);

/* Are all known refs of a log listed as they are known? */
bool plan_agrees(const char *id, const json_t *listed, const json_t *known);

#endif
