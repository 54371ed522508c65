#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static int
by_change(const void *a, const void *b)
{
	const struct merge_write *x = a, *y = b;

	return memcmp(x->change, y->change, HASH_LEN);
}

/* The first write whose id has this prefix, or n. */
static size_t
find(const struct merge_write *w, size_t n, const uint8_t *prefix)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(w[mid].change, prefix, PREFIX_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Marks what a write names, and what those that do not count name in turn.
 * "todo" is a stack of writes whose "over" is still to be followed; each
 * write is put there once, so hostile cycles end. */
static void
supersede(
    struct merge_write *w, size_t n, bool *queued, size_t *todo, size_t top)
{
	while (top > 0) {
		const struct merge_write *by = &w[todo[--top]];

		for (size_t i = 0; i < by->nover; i++) {
			const uint8_t *prefix = by->over + i * PREFIX_LEN;

			for (size_t k = find(w, n, prefix);
			     k < n &&
			     memcmp(w[k].change, prefix, PREFIX_LEN) == 0;
			     k++) {
				if (&w[k] == by)
					continue;
				w[k].live = false;
				if (!queued[k]) {
					queued[k] = true;
					todo[top++] = k;
				}
			}
		}
	}
}

void
merge_field(struct merge_write *w, size_t n)
{
	bool *queued;
	size_t *todo;
	size_t top = 0;

	for (size_t i = 0; i < n; i++)
		w[i].live = w[i].counts;
	if (n < 2)
		return;
	qsort(w, n, sizeof(w[0]), by_change);
	queued = mem_zalloc(n * sizeof(queued[0]));
	todo = mem_array(NULL, n, sizeof(todo[0]));
	for (size_t i = 0; i < n; i++)
		if (w[i].counts) {
			queued[i] = true;
			todo[top++] = i;
		}
	supersede(w, n, queued, todo, top);
	free(queued);
	free(todo);
}

const struct merge_write *
merge_winner(const struct merge_write *w, size_t n)
{
	const struct merge_write *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!w[i].live)
			continue;
		if (best == NULL || w[i].t > best->t ||
		    (w[i].t == best->t && by_change(&w[i], best) > 0))
			best = &w[i];
	}
	return best;
}

static bool
same_value(const struct merge_write *a, const struct merge_write *b)
{
	if (a->value == NULL || b->value == NULL)
		return a == b;
	return a->value_len == b->value_len &&
	       memcmp(a->value, b->value, a->value_len) == 0;
}

bool
merge_conflict(const struct merge_write *w, size_t n)
{
	const struct merge_write *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!w[i].live)
			continue;
		if (first != NULL && !same_value(first, &w[i]))
			return true;
		first = &w[i];
	}
	return false;
}
