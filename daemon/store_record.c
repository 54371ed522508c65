/* Records: made by "new", found by id, and who may write them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "common/types.h"
#include "store_apply_internal.h"
#include "store_db.h"
#include "store_flags.h"
#include "store_search.h"

#define CACHED 256 /* records; a power of two */

/* --- finding --------------------------------------------------------------- */

static struct apply_record *
cached(struct apply *a, const char *id)
{
	uint32_t h = 2166136261u;

	if (a->cache == NULL)
		a->cache = mem_zalloc(CACHED * sizeof(a->cache[0]));
	for (int i = 0; i < 8 && id[i] != '\0'; i++)
		h = (h ^ (unsigned char)id[i]) * 16777619u;
	return &a->cache[h % CACHED];
}

static void
read_record(struct query *q, const char *id, struct apply_record *r)
{
	*r = (struct apply_record){.n = query_int(q, 0),
	    .change = query_int(q, 4),
	    .has_hosts = !query_is_null(q, 5)};
	snprintf(r->id, sizeof(r->id), "%s", id);
	snprintf(r->type, sizeof(r->type), "%s", query_text(q, 1));
	snprintf(r->org, sizeof(r->org), "%s", query_text(q, 2));
	if (!query_is_null(q, 3))
		snprintf(r->parent, sizeof(r->parent), "%s", query_text(q, 3));
}

int
record_find(
    struct apply *a, const char *id, struct apply_record *ret, struct err *e)
{
	struct apply_record *at = cached(a, id);
	struct query *q = NULL;
	int r = -1;

	if (at->n != 0 && strcmp(at->id, id) == 0) {
		*ret = *at;
		return 1;
	}
	if (query_open(a->s, &q,
		"SELECT r.n, t.text, o.text, r.parent, r.change, r.hosts"
		" FROM record r JOIN name t ON t.n = r.type"
		" JOIN name o ON o.n = r.org WHERE r.id = ?1",
		e) == -1 ||
	    query_bind_text(q, 1, id, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1) {
		read_record(q, id, at);
		*ret = *at;
	}
out:
	query_close(q);
	return r;
}

/* --- waiting --------------------------------------------------------------- */

static int
count_orphans(struct apply *a, struct err *e)
{
	if (a->orphans != -1)
		return 0;
	return store_number(
	    a->s, "SELECT count(*) FROM orphan", &a->orphans, e);
}

int
record_wait(struct apply *a, const char *record, int64_t change, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (count_orphans(a, e) == -1 ||
	    query_open(a->s, &q,
		"INSERT OR IGNORE INTO orphan(record, change) VALUES(?1, ?2)",
		e) == -1 ||
	    query_bind_text(q, 1, record, e) == -1 ||
	    query_bind_int(q, 2, change, e) == -1 || query_run(q, e) == -1)
		goto out;
	a->orphans++;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* A record came to exist: what waited for it is to be applied once more. */
static int
wake(struct apply *a, const char *record, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (count_orphans(a, e) == -1)
		return -1;
	if (a->orphans == 0)
		return 0;
	if (query_open(a->s, &q,
		"DELETE FROM orphan WHERE record = ?1 RETURNING change",
		e) == -1 ||
	    query_bind_text(q, 1, record, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		int64_t n = query_int(q, 0);

		buf_add(&a->again, &n, sizeof(n));
		a->orphans--;
	}
out:
	query_close(q);
	return r;
}

/* --- making ---------------------------------------------------------------- */

static int
number_of(struct apply *a, const char *name, int64_t *ret, struct err *e)
{
	const struct name *n;

	if (names_find(a->names, name, &n, e) == -1)
		return -1;
	*ret = n->n;
	return 0;
}

static int
insert(
    struct apply *a, struct apply_record *r, const char *hosts, struct err *e)
{
	struct query *q = NULL;
	int64_t type, org;
	int rv = -1;

	if (number_of(a, r->type, &type, e) == -1 ||
	    number_of(a, r->org, &org, e) == -1 ||
	    query_open(a->s, &q,
		"INSERT INTO record(id, type, org, change, parent, hosts, "
		"flags)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)",
		e) == -1 ||
	    query_bind_text(q, 1, r->id, e) == -1 ||
	    query_bind_int(q, 2, type, e) == -1 ||
	    query_bind_int(q, 3, org, e) == -1 ||
	    query_bind_int(q, 4, r->change, e) == -1 ||
	    (r->parent[0] != '\0' ? query_bind_text(q, 5, r->parent, e)
				  : query_bind_null(q, 5, e)) == -1 ||
	    (hosts != NULL ? query_bind_text(q, 6, hosts, e)
			   : query_bind_null(q, 6, e)) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	r->n = store_last_id(a->s);
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
wait_for_parent(struct apply *a, const struct apply_record *r, struct err *e)
{
	struct apply_record parent;
	int found;

	if (r->parent[0] == '\0')
		return 0;
	found = record_find(a, r->parent, &parent, e);
	return found == 0   ? record_wait(a, r->parent, r->change, e)
	       : found == 1 ? 0
			    : -1;
}

/* It exists already: this is a change that is applied once more, perhaps
 * because the record came that its "in" names. */
static int
made_before(struct apply *a, const struct apply_record *r, struct err *e)
{
	if (r->parent[0] != '\0')
		pairs_add(&a->recount, r->n, 0);
	return wait_for_parent(a, r, e);
}

int
record_make(
    struct apply *a, struct applying *x, const struct op *op, struct err *e)
{
	const json_t *hosts = json_object_get(op->j, "hosts");
	const char *in = json_get_str(op->j, "in");
	struct apply_record r;
	struct buf text = BUF_INIT;
	int rv = -1;
	int found = x->c->is_new ? 0 : record_find(a, op->record, &r, e);

	if (found != 0)
		return found == 1 ? made_before(a, &r, e) : -1;
	r = (struct apply_record){
	    .change = x->c->n, .has_hosts = json_array_size(hosts) > 0};
	memcpy(r.id, op->record, ID_SIZE);
	memcpy(r.org, x->key->org, ID_SIZE);
	if (in != NULL)
		snprintf(r.parent, sizeof(r.parent), "%s", in);
	if (r.has_hosts)
		json_write(hosts, &text);
	snprintf(r.type, sizeof(r.type), "%s", op->type);
	if (insert(a, &r, text.data, e) == -1)
		goto out;
	*cached(a, r.id) = r;
	pairs_add(&a->fresh, r.n, 0);
	pairs_add(&a->touched, r.n, 0);
	if (store_search_new(a->s, r.n, e) == -1 ||
	    wait_for_parent(a, &r, e) == -1 || wake(a, r.id, e) == -1)
		goto out;
	rv = 0;
out:
	buf_clear(&text);
	return rv;
}

int
record_touch(struct apply *a, const struct apply_record *r, struct err *e)
{
	if (!pairs_add(&a->touched, r->n, 0))
		return 0;
	return store_search_touch(a->s, r->n, e);
}

/* --- whose writes count ---------------------------------------------------- */

/* The hosts of a record as JSON text, appended; nothing if it has none. */
static int
read_hosts(struct apply *a, const char *id, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q, "SELECT hosts FROM record WHERE id = ?1", e) ==
		-1 ||
	    query_bind_text(q, 1, id, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1 && !query_is_null(q, 0))
		buf_adds(b, query_text(q, 0));
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

/* Hosts are those of the record, or of the one that its "in" names, or else
 * the organisation that made it. */
static int
is_host(struct apply *a, const struct apply_record *r, const char *org,
    bool *ret, struct err *e)
{
	const char *from = r->has_hosts ? r->id : r->parent;
	struct buf hosts = BUF_INIT;
	char quoted[ID_SIZE + 2];
	int rv = -1;

	if (from[0] != '\0' && read_hosts(a, from, &hosts, e) == -1)
		goto out;
	snprintf(quoted, sizeof(quoted), "\"%s\"", org);
	*ret = hosts.len > 0 ? strstr(hosts.data, quoted) != NULL
			     : strcmp(r->org, org) == 0;
	rv = 0;
out:
	buf_clear(&hosts);
	return rv;
}

int
record_allows(struct apply *a, const struct apply_record *r, const char *field,
    const char *org, bool *ret, struct err *e)
{
	switch (types_whose(r->type, field)) {
	case WHOSE_ANY:
		*ret = true;
		return 0;
	case WHOSE_HOSTS:
		return is_host(a, r, org, ret, e);
	case WHOSE_OWN:
		break;
	}
	*ret = strcmp(r->org, org) == 0;
	return 0;
}

/* --- counting anew --------------------------------------------------------- */

struct counted {
	int64_t field, change, flags;
	char name[65];
};

static int
list_writes(struct apply *a, int64_t record, struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT w.field, w.change, w.flags, f.text FROM write w"
		" JOIN name f ON f.n = w.field WHERE w.record = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		struct counted c = {
		    query_int(q, 0), query_int(q, 1), query_int(q, 2), ""};

		snprintf(c.name, sizeof(c.name), "%s", query_text(q, 3));
		buf_add(ret, &c, sizeof(c));
	}
out:
	query_close(q);
	return r;
}

static int
set_flags(struct apply *a, int64_t record, const struct counted *c,
    int64_t flags, struct err *e)
{
	return query_do(a->s,
	    "UPDATE write SET flags = ?4"
	    " WHERE record = ?1 AND field = ?2 AND change = ?3",
	    (const int64_t[]){record, c->field, c->change, flags}, 4, e);
}

static int
count_write(struct apply *a, const struct apply_record *r,
    const struct counted *c, struct err *e)
{
	uint8_t id[HASH_LEN];
	struct applying by;
	bool counts = false;
	int64_t flags = c->flags & ~(int64_t)WRITE_COUNTS;

	if (apply_author(a, c->change, &by, id, e) == -1 ||
	    (by.edits &&
		record_allows(a, r, c->name, by.key->org, &counts, e) == -1))
		return -1;
	flags |= counts ? WRITE_COUNTS : 0;
	if (flags == c->flags)
		return 0;
	pairs_add(&a->dirty, r->n, c->field);
	if (record_touch(a, r, e) == -1)
		return -1;
	return set_flags(a, r->n, c, flags, e);
}

static int
record_id(
    struct apply *a, int64_t record, char ret[static ID_SIZE], struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q, "SELECT id FROM record WHERE n = ?1", e) ==
		-1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		snprintf(ret, ID_SIZE, "%s", query_text(q, 0));
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}

static int
recount_one(struct apply *a, int64_t record, struct err *e)
{
	struct buf writes = BUF_INIT;
	struct apply_record r;
	struct counted c;
	char id[ID_SIZE];
	int rv = -1;

	if (record_id(a, record, id, e) == -1 ||
	    record_find(a, id, &r, e) != 1 ||
	    list_writes(a, record, &writes, e) == -1)
		goto out;
	for (size_t i = 0; i < writes.len; i += sizeof(c)) {
		memcpy(&c, writes.data + i, sizeof(c));
		if (count_write(a, &r, &c, e) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&writes);
	return rv;
}

int
record_recount(struct apply *a, struct err *e)
{
	size_t n;
	struct pair *all = pairs_take(&a->recount, &n);
	int rv = 0;

	for (size_t i = 0; i < n && rv == 0; i++)
		rv = recount_one(a, all[i].a, e);
	free(all);
	return rv;
}
