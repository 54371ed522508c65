#include "refs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "git.h"

#define ID_LEN       26
#define BASE32       "abcdefghijklmnopqrstuvwxyz234567"
#define PIECE_DIGITS 6
#define TAIL_DIGITS  2

/* A decimal number without a leading zero. */
static bool
is_number(const char *s, size_t max_digits)
{
	size_t n = strlen(s);

	return n >= 1 && n <= max_digits && s[0] != '0' &&
	       strspn(s, "0123456789") == n;
}

bool
refs_is_name(const char *name)
{
	if (strspn(name, BASE32) < ID_LEN)
		return false;
	name += ID_LEN;
	switch (*name) {
	case '\0':
		return true;
	case '-':
		return is_number(name + 1, PIECE_DIGITS);
	case '.':
		return is_number(name + 1, TAIL_DIGITS) &&
		       strcmp(name + 1, "1") != 0;
	default:
		return false;
	}
}

void
refs_init(struct refs *r, size_t max)
{
	*r = (struct refs){.max = max};
}

void
refs_clear(struct refs *r)
{
	free(r->list);
	refs_init(r, r->max);
}

static void
append(struct refs *r, const char *name, const char *oid)
{
	struct ref *ref;

	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 64 : r->cap * 2;
		r->list = mem_array(r->list, r->cap, sizeof(*r->list));
	}
	ref = &r->list[r->n++];
	memset(ref, 0, sizeof(*ref));
	memcpy(ref->name, name, strlen(name));
	memcpy(ref->oid, oid, OID_HEX);
}

static bool
has_room(const struct refs *r, const char *name)
{
	char id[ID_LEN + 1] = "";

	if (r->n < r->max)
		return true;
	memcpy(id, name, ID_LEN);
	return r->n - r->max < r->max &&
	       json_object_get(r->members, id) != NULL;
}

void
refs_add(struct refs *r, const char *name, const char *oid)
{
	if (!refs_is_name(name) || !git_is_oid(oid))
		r->ignored++;
	else if (!has_room(r, name))
		r->capped = true;
	else
		append(r, name, oid);
}

static int
compare(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The place of a name: the first ref that is not before it. */
static size_t
place(const struct refs *r, const char *name)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(r->list[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_sorted(const struct refs *r)
{
	for (size_t i = 1; i < r->n; i++)
		if (strcmp(r->list[i - 1].name, r->list[i].name) >= 0)
			return false;
	return true;
}

void
refs_sort(struct refs *r)
{
	size_t k = 0;

	if (is_sorted(r))
		return;
	/* glibc's qsort() merges, so equal names keep their order */
	qsort(r->list, r->n, sizeof(*r->list), compare);
	for (size_t i = 1; i < r->n; i++)
		if (strcmp(r->list[k].name, r->list[i].name) != 0)
			r->list[++k] = r->list[i];
	r->n = k + 1;
}

const char *
refs_find(const struct refs *r, const char *name)
{
	size_t i = place(r, name);

	if (i == r->n || strcmp(r->list[i].name, name) != 0)
		return NULL;
	return r->list[i].oid;
}

void
refs_set(struct refs *r, const char *name, const char *oid)
{
	size_t i = place(r, name);
	bool there = i < r->n && strcmp(r->list[i].name, name) == 0;

	if (oid == NULL) {
		if (there)
			memmove(&r->list[i], &r->list[i + 1],
			    (--r->n - i) * sizeof(*r->list));
		return;
	}
	if (!there) {
		append(r, name, oid);
		memmove(&r->list[i + 1], &r->list[i],
		    (r->n - 1 - i) * sizeof(*r->list));
		memset(&r->list[i], 0, sizeof(*r->list));
		memcpy(r->list[i].name, name, strlen(name));
	}
	memcpy(r->list[i].oid, oid, OID_HEX);
}

json_t *
refs_json(const struct refs *r)
{
	json_t *names = json_object();

	for (size_t i = 0; i < r->n; i++)
		json_object_set_new(
		    names, r->list[i].name, json_string(r->list[i].oid));
	return json_pack("{s:o,s:I,s:b}", "refs", names, "ignored",
	    (json_int_t)r->ignored, "capped", (int)r->capped);
}
