/*
 * pairs: a set of pairs of positive numbers: fields of records to be merged,
 * records already looked after.
 */
#ifndef MUFAKAT_PAIRS_H
#define MUFAKAT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair {
	int64_t a, b; /* a > 0 */
};

/* Zeroed, it is empty. */
struct pairs {
	struct pair *slots; /* a hash table; a == 0: free */
	size_t nslots;      /* a power of two, or 0 */
	size_t n;
};

/* True if it was not there before. */
bool pairs_add(struct pairs *p, int64_t a, int64_t b);
bool pairs_has(const struct pairs *p, int64_t a, int64_t b);
/* All of them, sorted; the caller frees.  The set is empty afterwards. */
struct pair *pairs_take(struct pairs *p, size_t *ret_n);
void pairs_reset(struct pairs *p); /* empty; keeps memory if it is small */
void pairs_clear(struct pairs *p); /* empty; gives memory back */

#endif
