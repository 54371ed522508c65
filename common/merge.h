/*
 * merge: the multi-value register of one field (FORMAT.md section 7).
 * Pure: a function of the set of writes; order makes no difference.
 */
#ifndef MUFAKAT_MERGE_H
#define MUFAKAT_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ident.h"

struct merge_write {
	uint8_t change[HASH_LEN];
	int64_t t;
	bool counts;
	const uint8_t *over; /* nover prefixes of 16 bytes each; borrowed */
	size_t nover;
	const char *value; /* JSON text, NULL if missing or erased */
	size_t value_len;
	/* out */
	bool live;
	void *tag; /* the caller's */
};

/* Sorts the writes by change id and sets "live".  O(n log n) for n writes
 * and their edges; any cycle that hostile prefixes could form is cut. */
void merge_field(struct merge_write *w, size_t n);

/* The write to display: live, largest t, then largest id; NULL if none. */
const struct merge_write *merge_winner(const struct merge_write *w, size_t n);

/* Do live writes differ in value?  (A missing value equals only itself.) */
bool merge_conflict(const struct merge_write *w, size_t n);

#endif
