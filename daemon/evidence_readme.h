/*
 * evidence_readme: the page in an evidence folder that tells how to check it
 * with stock tools.  The page itself is evidence_readme.txt.
 */
#ifndef MUFAKAT_EVIDENCE_README_H
#define MUFAKAT_EVIDENCE_README_H

#include "common/buf.h"
#include "common/ident.h"
#include "signatures.h"

struct trust;

struct evidence_readme {
	const uint8_t *coalition; /* HASH_LEN */
	const uint8_t *text;      /* HASH_LEN */
	const char *record;
	const char *version;
	const char *names;     /* see evidence_names() */
	struct buf signatures; /* what follows appends to it */
};

/* One signature, in a line. */
void evidence_readme_signature(
    struct buf *b, const struct trust *t, const struct signature *s);

/* Appends the page. */
void evidence_readme(const struct evidence_readme *r, struct buf *b);

#endif
