#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

/* "1" to max, no leading zero; 0 if it is none. */
static long
number(const char *s, long min, long max)
{
	size_t n = strspn(s, "0123456789");
	long v;

	if (n == 0 || n > 6 || s[n] != '\0' || s[0] == '0')
		return 0;
	v = strtol(s, NULL, 10);
	return v < min || v > max ? 0 : v;
}

bool
plan_ref_parse(const char *name, struct plan_ref *ret)
{
	struct plan_ref r = {.kind = PLAN_TAIL, .n = 1};
	size_t n = strlen(name);

	if (n < ID_CHARS || !ident_ok(name, ID_CHARS))
		return false;
	memcpy(r.id, name, ID_CHARS);
	if (name[ID_CHARS] == '-') {
		r.kind = PLAN_PIECE;
		r.n = number(name + ID_CHARS + 1, 1, PLAN_PIECE_MAX);
	} else if (name[ID_CHARS] == '.') {
		r.n = number(name + ID_CHARS + 1, 2, PLAN_TAILS_MAX);
	} else if (name[ID_CHARS] != '\0') {
		return false;
	}
	if (r.n == 0)
		return false;
	*ret = r;
	return true;
}

void
plan_ref_name(const struct plan_ref *r, char ret[static PLAN_REF_SIZE])
{
	if (r->kind == PLAN_PIECE)
		snprintf(ret, PLAN_REF_SIZE, "%s-%ld", r->id, r->n);
	else if (r->n > 1)
		snprintf(ret, PLAN_REF_SIZE, "%s.%ld", r->id, r->n);
	else
		snprintf(ret, PLAN_REF_SIZE, "%s", r->id);
}

static const char *
get(const json_t *refs, const char *name)
{
	return json_string_value(json_object_get(refs, name));
}

static bool
is_same(const json_t *refs, const char *name, const char *oid)
{
	const char *s = get(refs, name);

	return s != NULL && strcmp(s, oid) == 0;
}

/* Pieces first; then by log; then by number, which is longer or later in the
 * alphabet.  So a log comes from its beginning: what arrives before its
 * predecessors has to be read back once they are there. */
static int
by_kind_log_number(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	bool px = strchr(x, '-') != NULL, py = strchr(y, '-') != NULL;
	size_t nx = strlen(x), ny = strlen(y);
	int d;

	if (px != py)
		return px ? -1 : 1;
	d = strncmp(x, y, ID_CHARS);
	if (d == 0 && nx != ny)
		return nx < ny ? -1 : 1;
	return d != 0 ? d : strcmp(x, y);
}

/* Names to an array, in a fixed order; takes the list. */
static json_t *
sorted(const char **names, size_t n)
{
	json_t *a = json_array();

	if (n > 0)
		qsort(names, n, sizeof(*names), by_kind_log_number);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(names[i]));
	free(names);
	return a;
}

static const char **
room(const json_t *refs)
{
	return mem_alloc((json_object_size(refs) + 1) * sizeof(const char *));
}

json_t *
plan_wants(const json_t *listed, const json_t *known, const json_t *rejected)
{
	const char **names = room(listed), *name;
	struct plan_ref r;
	size_t n = 0;
	json_t *v;

	json_object_foreach ((json_t *)listed, name, v) {
		const char *oid = json_string_value(v);

		if (oid != NULL && plan_ref_parse(name, &r) &&
		    !is_same(known, name, oid) && !is_same(rejected, name, oid))
			names[n++] = name;
	}
	return sorted(names, n);
}

json_t *
plan_vanished(const json_t *listed, const json_t *known, const json_t *rejected)
{
	const char **names = room(known), *name;
	size_t n = 0;
	json_t *v;

	json_object_foreach ((json_t *)known, name, v) {
		const char *oid = get(listed, name);

		if (json_is_string(v) &&
		    (oid == NULL || is_same(rejected, name, oid)))
			names[n++] = name;
	}
	return sorted(names, n);
}

static bool
is_of(const char *name, const char *id)
{
	struct plan_ref r;

	return plan_ref_parse(name, &r) && strcmp(r.id, id) == 0;
}

bool
plan_was_closed(const char *tail, const json_t *listed, const json_t *known,
    const json_t *rejected)
{
	struct plan_ref t, p;
	const char *name;
	json_t *v;

	if (get(known, tail) == NULL || !plan_ref_parse(tail, &t) ||
	    t.kind != PLAN_TAIL)
		return false;
	json_object_foreach ((json_t *)listed, name, v)
		if (plan_ref_parse(name, &p) && p.kind == PLAN_PIECE &&
		    strcmp(p.id, t.id) == 0 && get(known, name) == NULL &&
		    !is_same(rejected, name, json_string_value(v)))
			return true;
	return false;
}

json_t *
plan_refs_of(const char *id, const json_t *listed, const json_t *rejected)
{
	const char **names = room(listed), *name;
	size_t n = 0;
	json_t *v;

	json_object_foreach ((json_t *)listed, name, v) {
		const char *oid = json_string_value(v);

		if (oid != NULL && is_of(name, id) &&
		    !is_same(rejected, name, oid))
			names[n++] = name;
	}
	return sorted(names, n);
}

bool
plan_extends(const char *was, const char *now, const char *base)
{
	if (was == NULL)
		return base == NULL;
	if (strcmp(was, now) == 0)
		return true;
	return base != NULL && strcmp(was, base) == 0;
}

/* The number of the highest tail that is listed, 0 if there is none. */
static long
highest_tail(const char *id, const json_t *listed)
{
	struct plan_ref r;
	const char *name;
	long most = 0;
	json_t *v;

	json_object_foreach ((json_t *)listed, name, v) {
		if (json_is_string(v) && plan_ref_parse(name, &r) &&
		    r.kind == PLAN_TAIL && strcmp(r.id, id) == 0 && r.n > most)
			most = r.n;
	}
	return most;
}

static void
set_target(struct plan_target *t, enum plan_put put, const char *id, long n,
    const json_t *listed)
{
	struct plan_ref r = {.kind = PLAN_TAIL, .n = n};

	memcpy(r.id, id, ID_CHARS);
	plan_ref_name(&r, t->ref);
	t->put = put;
	t->old = get(listed, t->ref);
}

void
plan_tail(const char *id, const json_t *listed, const json_t *known,
    const json_t *rejected, const json_t *denied, struct plan_target *ret)
{
	long n = highest_tail(id, listed);

	if (n == 0) {
		set_target(ret, PLAN_ROOT, id, 1, listed);
		return;
	}
	set_target(ret, PLAN_NOT_NOW, id, n, listed);
	if (is_same(known, ret->ref, ret->old))
		ret->put = PLAN_APPEND;
	else if (!is_same(rejected, ret->ref, ret->old))
		return;
	else if (json_object_get(denied, ret->ref) == NULL)
		ret->put = PLAN_ROOT;
	else if (n < PLAN_TAILS_MAX)
		set_target(ret, PLAN_ROOT, id, n + 1, listed);
}

long
plan_next_piece(const char *id, const json_t *listed, long from)
{
	struct plan_ref r = {.kind = PLAN_PIECE};
	char name[PLAN_REF_SIZE];

	memcpy(r.id, id, sizeof(r.id));
	for (r.n = from; r.n <= PLAN_PIECE_MAX; r.n++) {
		plan_ref_name(&r, name);
		if (json_object_get(listed, name) == NULL)
			return r.n;
	}
	return 0;
}

bool
plan_agrees(const char *id, const json_t *listed, const json_t *known)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)known, name, v) {
		if (json_is_string(v) && is_of(name, id) &&
		    !is_same(listed, name, json_string_value(v)))
			return false;
	}
	return true;
}
