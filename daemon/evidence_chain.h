/*
 * evidence_chain: the changes that prove an evidence folder, gathered from
 * the log and written as chain.changes and chain/NNN files.
 */
#ifndef MUFAKAT_EVIDENCE_CHAIN_H
#define MUFAKAT_EVIDENCE_CHAIN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/ident.h"
#include "office.h"

/* A change that is needed, and which of its portions. */
struct evidence_piece {
	int64_t n;
	int64_t log;
	struct buf portions; /* size_t each; all others stand as #<hash> */
};

struct evidence_chain {
	const struct office *o;
	struct evidence_piece *pieces;
	size_t n;
	int64_t genesis, genesis_log; /* they come first */
};

/* The acts on the standing chain from the genesis on, the requests that they
 * admit and the approvals. */
int evidence_chain_acts(struct evidence_chain *c, struct err *e);
/* The change that made a version or signature, with the portion that holds
 * it, and what proves it: what follows in its log up to a good signature,
 * and up to the cut where its key was closed. */
int evidence_chain_made(struct evidence_chain *c,
    const uint8_t change[static HASH_LEN], const char *id, struct err *e);
/* Appends chain.changes and chain/NNN.message, chain/NNN.sig to an array of
 * {"name", "content"}. */
int
evidence_chain_write(struct evidence_chain *c, json_t *files, struct err *e);
/* The keys of all changes gathered, appended, KEY_LEN bytes each, distinct. */
int
evidence_chain_keys(struct evidence_chain *c, struct buf *keys, struct err *e);
void evidence_chain_clear(struct evidence_chain *c);

void evidence_file(json_t *files, const char *name, const struct buf *content);

#endif
