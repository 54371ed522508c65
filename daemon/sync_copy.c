#include "sync_copy.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "plan.h"
#include "query.h"
#include "remote.h"
#include "store.h"

struct search {
	struct store *store;
	int64_t remote;
	const char *id;
	int64_t from;
	json_t *refs;
	struct err *e;
};

static json_t *
select_refs(const json_t *all, const json_t *names)
{
	json_t *refs = json_object();
	const json_t *v;
	size_t i;

	json_array_foreach (names, i, v)
		json_object_set(refs, json_string_value(v),
		    json_object_get(all, json_string_value(v)));
	return refs;
}

static int
look(void *arg, const struct remote *r)
{
	struct search *x = arg;
	json_t *all, *names;
	int found;

	if (r->n == x->remote)
		return 0;
	if (remote_refs(x->store, r->n, &all, x->e) == -1)
		return -1;
	names = plan_refs_of(x->id, all, NULL);
	found = json_array_size(names) > 0;
	if (found) {
		x->from = r->n;
		x->refs = select_refs(all, names);
	}
	json_decref(names);
	json_decref(all);
	return found;
}

int
copy_find(struct store *s, int64_t remote, const char *id, int64_t *ret_from,
    json_t **ret_refs, struct err *e)
{
	struct search x = {.store = s, .remote = remote, .id = id, .e = e};
	int r = remote_each(s, look, &x, e);

	if (r == 1) {
		*ret_from = x.from;
		*ret_refs = x.refs;
	}
	return r;
}

int
copy_pieces(struct store *s, int64_t remote, const char *id,
    const json_t *listed, json_t **ret_refs, struct err *e)
{
	struct plan_ref r;
	const char *name;
	int64_t from;
	json_t *refs, *v, *free_ones;
	int rv = copy_find(s, remote, id, &from, &refs, e);

	if (rv != 1)
		return rv;
	free_ones = json_object();
	json_object_foreach (refs, name, v) {
		if (plan_ref_parse(name, &r) && r.kind == PLAN_PIECE &&
		    json_object_get(listed, name) == NULL)
			json_object_set(free_ones, name, v);
	}
	json_decref(refs);
	if (json_object_size(free_ones) == 0) {
		json_decref(free_ones);
		return 0;
	}
	*ret_refs = free_ones;
	return 1;
}

static int
copy_marks(
    struct store *s, int64_t from, int64_t to, int64_t log, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT OR IGNORE INTO remote_has(remote, change)"
		" SELECT ?2, h.change FROM remote_has h"
		" JOIN change c ON c.n = h.change"
		" WHERE h.remote = ?1 AND c.log = ?3",
		e) == -1 ||
	    query_bind_int(q, 1, from, e) == -1 ||
	    query_bind_int(q, 2, to, e) == -1 ||
	    query_bind_int(q, 3, log, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
copy_tail(struct store *s, int64_t from, int64_t to, struct err *e)
{
	char *name = mem_printf("tail.%lld", (long long)from);
	char *other = mem_printf("tail.%lld", (long long)to);
	char *value = NULL;
	int rv = store_setting(s, name, &value, e);

	if (rv == 0 && value != NULL)
		rv = store_set_setting(s, other, value, e);
	free(name);
	free(other);
	free(value);
	return rv;
}

int
copy_note(struct store *s, int64_t from, int64_t to, int64_t log, bool is_own,
    struct err *e)
{
	int64_t upto, now;

	if (remote_upto(s, from, log, &upto, e) == -1 ||
	    remote_upto(s, to, log, &now, e) == -1 ||
	    copy_marks(s, from, to, log, e) == -1)
		return -1;
	if (upto > now && remote_set_upto(s, to, log, upto, e) == -1)
		return -1;
	return is_own ? copy_tail(s, from, to, e) : 0;
}
