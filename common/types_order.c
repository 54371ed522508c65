/* The order in which fields are shown. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "types.h"

struct named {
	size_t rank; /* in the catalogue; past its end, what it does not know */
	const char *name;
	json_t *v;
};

static size_t
rank_of(const struct type *t, const char *name)
{
	size_t n = 0;

	if (t == NULL)
		return 0;
	while (
	    t->fields[n].name != NULL && strcmp(t->fields[n].name, name) != 0)
		n++;
	return n;
}

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

json_t *
types_in_order(const char *type, const json_t *values)
{
	const struct type *t = type_find(type);
	size_t n = json_object_size(values), i = 0;
	struct named *all = mem_zalloc((n + 1) * sizeof(all[0]));
	json_t *ret = json_object(), *v;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)values, name, v)
		all[i++] = (struct named){rank_of(t, name), name, v};
	qsort(all, n, sizeof(all[0]), compare);
	for (i = 0; i < n; i++)
		json_object_set(ret, all[i].name, all[i].v);
	free(all);
	return ret;
}

json_t *
types_names_in_order(const char *type, const json_t *names)
{
	json_t *set = json_object(), *sorted, *ret = json_array(), *v;
	const char *name;
	size_t i;

	json_array_foreach (names, i, v)
		json_object_set(set, json_string_value(v), v);
	sorted = types_in_order(type, set);
	json_object_foreach (sorted, name, v)
		json_array_append(ret, v);
	json_decref(sorted);
	json_decref(set);
	return ret;
}
