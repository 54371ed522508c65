/* diff: what a record said before, and what it says now. */
#include "history.h"
#include "request.h"

#include <stdlib.h>

#include "common/types.h"
#include "office.h"

/* What stood after the change at "i" of the history. */
static int
values_after(struct office *o, const struct view_record *r,
    const struct view_event *all, size_t i, json_t **ret, struct err *e)
{
	return view_values_after(office_store(o), r->n, all[i].n, ret, e);
}

/* What stood before it. */
static int
values_before(struct office *o, const struct view_record *r,
    const struct view_event *all, size_t i, json_t **ret, struct err *e)
{
	if (i > 0)
		return values_after(o, r, all, i - 1, ret, e);
	*ret = json_object();
	return 0;
}

/* What stood before the last change that wrote a field. */
static int
values_before_last(struct office *o, const struct view_record *r,
    const struct view_event *all, size_t n, json_t **ret, struct err *e)
{
	int64_t last;

	if (view_last_write(office_store(o), r->n, &last, e) == -1)
		return -1;
	while (n > 0 && all[n - 1].n != last)
		n--;
	return values_before(o, r, all, n > 0 ? n - 1 : 0, ret, e);
}

static int
values_now(
    struct office *o, const struct view_record *r, json_t **ret, struct err *e)
{
	json_t *now;

	if (view_values(office_store(o), r->n, &now, e) == -1)
		return -1;
	*ret = json_incref(json_object_get(now, "values"));
	json_decref(now);
	return 0;
}

/* Where the comparison begins: after a change that is named, or before the one
 * at which it ends, or before the last one. */
static int
from_values(struct office *o, const struct view_record *r, const json_t *req,
    const struct view_event *all, size_t n, json_t **ret, struct err *e)
{
	const char *from, *to;
	size_t i;

	if (request_text(req, "from", false, &from, e) == -1 ||
	    request_text(req, "to", false, &to, e) == -1)
		return -1;
	if (from == NULL && to == NULL)
		return values_before_last(o, r, all, n, ret, e);
	if (history_find(all, n, from != NULL ? from : to, &i, e) == -1)
		return -1;
	return from != NULL ? values_after(o, r, all, i, ret, e)
			    : values_before(o, r, all, i, ret, e);
}

static int
to_values(struct office *o, const struct view_record *r, const json_t *req,
    const struct view_event *all, size_t n, json_t **ret, struct err *e)
{
	const char *to;
	size_t i;

	if (request_text(req, "to", false, &to, e) == -1)
		return -1;
	if (to == NULL)
		return values_now(o, r, ret, e);
	if (history_find(all, n, to, &i, e) == -1)
		return -1;
	return values_after(o, r, all, i, ret, e);
}

static json_t *
compare(const char *type, const json_t *from, const json_t *to)
{
	json_t *all = json_copy((json_t *)(uintptr_t)from), *names, *ignored;
	json_t *diff = json_array();
	const char *field;

	json_object_update(all, (json_t *)(uintptr_t)to);
	names = types_in_order(type, all);
	json_object_foreach (names, field, ignored) {
		json_t *a = json_object_get(from, field);
		json_t *b = json_object_get(to, field);

		if (!json_equal(a != NULL ? a : json_null(),
			b != NULL ? b : json_null()))
			json_array_append_new(
			    diff, json_pack("{s:s, s:O?, s:O?}", "field", field,
				      "from", a, "to", b));
	}
	json_decref(all);
	json_decref(names);
	return diff;
}

int
request_diff(struct office *o, const json_t *req, json_t **ret, struct err *e)
{
	struct view_record r;
	struct view_event *all = NULL;
	json_t *from = NULL, *to = NULL;
	size_t n;
	int rv = -1;

	if (office_record(o, req, "record", &r, e) == -1 ||
	    view_history(office_store(o), r.n, &all, &n, e) == -1)
		return -1;
	if (from_values(o, &r, req, all, n, &from, e) == -1 ||
	    to_values(o, &r, req, all, n, &to, e) == -1)
		goto out;
	*ret = json_pack("{s:o}", "diff", compare(r.type, from, to));
	rv = 0;
out:
	json_decref(from);
	json_decref(to);
	free(all);
	return rv;
}
