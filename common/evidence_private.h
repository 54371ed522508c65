/*
 * evidence_private: what the checker of a folder knows of it, and how that is
 * told.
 */
#ifndef MUFAKAT_EVIDENCE_PRIVATE_H
#define MUFAKAT_EVIDENCE_PRIVATE_H

#include <stdbool.h>

#include "evidence.h"
#include "proof.h"
#include "recsig.h"

/* One signature of the folder. */
struct evidence_item {
	const struct evidence_file *file; /* its message */
	struct recsig r;
	const char *why;   /* NULL: good */
	bool is_signed;    /* by the key that its message names */
	bool counts;       /* by the acts in the folder */
	bool is_withdrawn; /* replaced by another one here */
	bool is_contested; /* others here differ in the same slot */
};

struct evidence {
	const struct evidence_file *files;
	size_t nfiles;
	const uint8_t *w;
	struct proof proof;
	const struct buf *text;
	uint8_t text_hash[HASH_LEN];
	struct evidence_item *items;
	size_t nitems;
	json_t *problems; /* any of them makes every verdict "bad" */
};

/* All of it as evidence.h says. */
json_t *evidence_result(const struct evidence *c);

#endif
