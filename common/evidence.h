/*
 * evidence: the checker of a folder that stands alone (FORMAT.md section
 * 10): who signed which text, without a daemon and without a database.
 *
 * Everything in the folder is hostile until proven: sizes are bounded, links
 * are refused, and whatever does not fit makes a verdict "bad" instead of an
 * error.
 */
#ifndef MUFAKAT_EVIDENCE_H
#define MUFAKAT_EVIDENCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "crypto.h"
#include "err.h"
#include "ident.h"

#define EVIDENCE_TEXT_MAX  (1024 * 1024)      /* text.txt, allowed_signers */
#define EVIDENCE_CHAIN_MAX (32 * 1024 * 1024) /* chain.changes */
#define EVIDENCE_FILES_MAX 20000

/* Checks the folder.  With W (HASH_LEN bytes) also whether each key was
 * admitted to that coalition; with NULL only that the signatures are valid:
 * who holds the keys was not checked.  *ret, owned by the caller:
 *
 *	{"coalition": W of the folder, "coalition_words", "record", "version",
 *	 "text_hash", "act": the governance act that stands last in it,
 *	 "checked_membership": bool, "problems": [text, ...],
 *	 "signatures": [{"id", "organisation", "name", "claims",
 *	     "claims_name", "key", "person", "capacity", "stance", "items", "for", "for_name", "date", "record",
 *	     "version", "text_hash", "act", "verdict", "membership", "why" (if
 *	     bad)}, ...]}
 *
 * "organisation" is that of the key; "claims" is the one that the message
 * names, if it is another.  "membership" is admitted, closed, not admitted or not checked.  ERR_INPUT
 * or ERR_NOTFOUND if there is no evidence in the folder at all. */
int
evidence_check(const char *dir, const uint8_t *w, json_t **ret, struct err *e);

/* The same for files in memory, which is what a fuzzer feeds. */
struct evidence_file {
	char *name; /* relative, with at most one '/' */
	struct buf data;
};
int evidence_check_files(const struct evidence_file *files, size_t n,
    const uint8_t *w, json_t **ret, struct err *e);

/* Shared with those who write evidence: the principal of a key and its line
 * of allowed_signers (with LF), appended. */
void evidence_principal(
    const char *org, const uint8_t key[static KEY_LEN], struct buf *b);
void evidence_signer(
    const char *org, const uint8_t key[static KEY_LEN], struct buf *b);

#endif
