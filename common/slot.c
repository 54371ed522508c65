#include "slot.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

char *
slot_name(const struct recsig *r)
{
	bool personal = r->capacity == CAPACITY_WITNESS ||
			r->capacity == CAPACITY_RECEIPT ||
			r->capacity == CAPACITY_TRANSLATION;
	const char *org = r->for_id[0] != '\0' ? r->for_id : r->organisation;

	return mem_printf("%s %s %s%s%s", r->version,
	    recsig_capacity_word(r->capacity), org, personal ? " " : "",
	    personal && r->person != NULL ? r->person : "");
}

void
slot_rival_set(struct slot_rival *v, const struct recsig *r)
{
	v->is_own =
	    r->for_id[0] == '\0' || strcmp(r->for_id, r->organisation) == 0;
	v->slot = slot_name(r);
	v->words = mem_printf("%s %s", recsig_stance_word(r->stance),
	    r->items != NULL ? r->items : "-");
}

void
slot_rival_clear(struct slot_rival *v)
{
	free(v->slot);
	free(v->words);
	*v = (struct slot_rival){0};
}

/* Of one slot, in the order of their ids: of equal ones the first stays. */
static void
settle(struct slot_rival *v, size_t n)
{
	bool has_own = false, differ = false;

	for (size_t i = 0; i < n; i++)
		has_own |= v[i].stands && v[i].is_own;
	for (size_t i = 0; i < n; i++) {
		v[i].stands &= v[i].is_own || !has_own;
		for (size_t k = 0; k < i && v[i].stands; k++) {
			if (!v[k].stands)
				continue;
			if (strcmp(v[i].words, v[k].words) == 0)
				v[i].stands = false;
			else
				differ = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		v[i].is_contested = v[i].stands && differ;
}

static int
by_slot(const void *a, const void *b)
{
	const struct slot_rival *x = a, *y = b;
	int r = strcmp(x->slot, y->slot);

	return r != 0 ? r : strcmp(x->id, y->id);
}

void
slot_settle(struct slot_rival *v, size_t n)
{
	size_t end;

	if (n > 1)
		qsort(v, n, sizeof(v[0]), by_slot);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (strcmp(v[end].slot, v[i].slot) != 0)
				break;
		settle(v + i, end - i);
	}
}
