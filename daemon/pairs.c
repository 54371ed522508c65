#include "pairs.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define FIRST 64
#define KEPT  4096 /* slots that pairs_reset() keeps */

static size_t
hash(int64_t a, int64_t b)
{
	uint64_t h = (uint64_t)a * 0x9e3779b97f4a7c15u;

	h ^= (uint64_t)b + 0x7f4a7c15u + (h << 6) + (h >> 2);
	return (size_t)((h * 0xff51afd7ed558ccdu) >> 20);
}

/* Where the pair is, or the free slot for it. */
static struct pair *
find(const struct pairs *p, int64_t a, int64_t b)
{
	size_t i = hash(a, b) & (p->nslots - 1);

	while (p->slots[i].a != 0 && (p->slots[i].a != a || p->slots[i].b != b))
		i = (i + 1) & (p->nslots - 1);
	return &p->slots[i];
}

static void
grow(struct pairs *p)
{
	struct pairs larger = {.nslots = p->nslots ? p->nslots * 2 : FIRST};

	larger.slots = mem_zalloc(larger.nslots * sizeof(larger.slots[0]));
	larger.n = p->n;
	for (size_t i = 0; i < p->nslots; i++)
		if (p->slots[i].a != 0)
			*find(&larger, p->slots[i].a, p->slots[i].b) =
			    p->slots[i];
	free(p->slots);
	*p = larger;
}

bool
pairs_add(struct pairs *p, int64_t a, int64_t b)
{
	struct pair *at;

	if ((p->n + 1) * 2 > p->nslots)
		grow(p);
	at = find(p, a, b);
	if (at->a != 0)
		return false;
	*at = (struct pair){a, b};
	p->n++;
	return true;
}

bool
pairs_has(const struct pairs *p, int64_t a, int64_t b)
{
	return p->n > 0 && find(p, a, b)->a != 0;
}

static int
compare(const void *x, const void *y)
{
	const struct pair *p = x, *q = y;

	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return p->b < q->b ? -1 : p->b > q->b;
}

struct pair *
pairs_take(struct pairs *p, size_t *ret_n)
{
	struct pair *all = mem_zalloc((p->n + 1) * sizeof(all[0]));
	size_t n = 0;

	for (size_t i = 0; i < p->nslots; i++)
		if (p->slots[i].a != 0)
			all[n++] = p->slots[i];
	qsort(all, n, sizeof(all[0]), compare);
	pairs_reset(p);
	*ret_n = n;
	return all;
}

void
pairs_reset(struct pairs *p)
{
	if (p->nslots > KEPT)
		pairs_clear(p);
	else if (p->n > 0)
		memset(p->slots, 0, p->nslots * sizeof(p->slots[0]));
	p->n = 0;
}

void
pairs_clear(struct pairs *p)
{
	free(p->slots);
	*p = (struct pairs){0};
}
