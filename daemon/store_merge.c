/* Fields that were touched: which writes are live, which one is shown. */
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/mem.h"
#include "common/merge.h"
#include "store_apply_internal.h"
#include "store_db.h"
#include "store_flags.h"

#define SHORT 1024 /* bytes of a value that are kept while merging */

/* A row of "write", as read. */
struct row {
	int64_t change, flags;
	size_t over, over_len;   /* in field.bytes */
	size_t value, value_len; /* value_len SIZE_MAX: NULL */
};

/* All writes to one field of one record. */
struct field {
	int64_t record, field;
	struct row *rows;
	struct merge_write *writes; /* tag: its row */
	size_t n, cap;
	struct buf bytes; /* what the rows point into */
};

static void
field_clear(struct field *f)
{
	free(f->rows);
	free(f->writes);
	buf_clear(&f->bytes);
}

/* A long value stands as its hash, which tells as well what is equal: a member
 * may hold any number of long ones against each other. */
static void
add_value(struct field *f, struct row *r, struct query *q)
{
	size_t n;
	const void *p = query_blob(q, 5, &n);
	uint8_t hash[HASH_LEN];

	r->value = f->bytes.len;
	if (n <= SHORT) {
		buf_add(&f->bytes, p, n);
	} else {
		crypto_digest(p, n, hash);
		buf_addc(&f->bytes, '#'); /* which begins no JSON */
		buf_add(&f->bytes, hash, HASH_LEN);
	}
	r->value_len = f->bytes.len - r->value;
}

static void
add_row(struct field *f, struct query *q)
{
	struct row *r;
	struct merge_write *w;
	size_t n;
	const void *p;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		f->rows = mem_array(f->rows, f->cap, sizeof(f->rows[0]));
		f->writes = mem_array(f->writes, f->cap, sizeof(f->writes[0]));
	}
	r = &f->rows[f->n];
	w = &f->writes[f->n++];
	*w = (struct merge_write){.t = query_int(q, 2)};
	*r = (struct row){.change = query_int(q, 0), .flags = query_int(q, 3)};
	w->counts = (r->flags & WRITE_COUNTS) != 0;
	p = query_blob(q, 1, &n);
	if (n == HASH_LEN)
		memcpy(w->change, p, HASH_LEN);
	p = query_blob(q, 4, &r->over_len);
	r->over = f->bytes.len;
	buf_add(&f->bytes, p, r->over_len);
	r->value_len = SIZE_MAX;
	if (!query_is_null(q, 5))
		add_value(f, r, q);
}

/* Once the bytes do not move any more. */
static void
point(struct field *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct row *r = &f->rows[i];
		struct merge_write *w = &f->writes[i];

		w->tag = r;
		w->over = (const uint8_t *)f->bytes.data + r->over;
		w->nover = r->over_len / PREFIX_LEN;
		if (r->value_len == SIZE_MAX)
			continue;
		w->value = f->bytes.data + r->value;
		w->value_len = r->value_len;
	}
}

static int
load(struct apply *a, struct field *f, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT w.change, c.id, c.t, w.flags, w.over, w.value"
		" FROM write w CROSS JOIN change c ON c.n = w.change"
		" WHERE w.record = ?1 AND w.field = ?2",
		e) == -1 ||
	    query_bind_int(q, 1, f->record, e) == -1 ||
	    query_bind_int(q, 2, f->field, e) == -1)
		goto out;
	f->n = 0;
	buf_reset(&f->bytes);
	while ((r = query_step(q, e)) == 1)
		add_row(f, q);
	point(f);
out:
	query_close(q);
	return r;
}

/* --- storing --------------------------------------------------------------- */

static int
update(struct apply *a, const struct field *f, const struct row *r,
    int64_t flags, bool drop_value, struct err *e)
{
	return query_do(a->s,
	    drop_value ? "UPDATE write SET flags = ?4, value = NULL"
			 " WHERE record = ?1 AND field = ?2"
			 " AND change = ?3"
		       : "UPDATE write SET flags = ?4 WHERE record = ?1"
			 " AND field = ?2 AND change = ?3",
	    (const int64_t[]){f->record, f->field, r->change, flags}, 4, e);
}

/* A write that is superseded gives up its value, which the log has.  One
 * that is live again gets it back by being applied once more. */
static int
store_write(struct apply *a, struct field *f, const struct merge_write *w,
    bool is_shown, struct err *e)
{
	const struct row *r = w->tag;
	const int64_t all = WRITE_LIVE | WRITE_SHOWN;
	int64_t flags = r->flags & ~all;
	bool has_value = r->value_len != SIZE_MAX;

	flags |= w->live ? WRITE_LIVE : 0;
	flags |= is_shown ? WRITE_SHOWN : 0;
	if (w->live && !has_value && !(flags & (WRITE_MISSING | WRITE_ERASED)))
		buf_add(&a->again, &r->change, sizeof(r->change));
	if (flags == r->flags && !(has_value && !w->live))
		return 0;
	return update(a, f, r, flags, has_value && !w->live, e);
}

/* --- what a record's flags tell -------------------------------------------- */

static int
set_record_flags(
    struct apply *a, int64_t record, int64_t set, int64_t clear, struct err *e)
{
	return query_do(a->s,
	    "UPDATE record SET flags = (flags & ~?3) | ?2 WHERE n = ?1"
	    " AND flags <> (flags & ~?3) | ?2",
	    (const int64_t[]){record, set, clear}, 3, e);
}

/* Is another field of the record in conflict?  Only asked when one was. */
static int
other_conflict(
    struct apply *a, int64_t record, int64_t field, bool *ret, struct err *e)
{
	return query_has(a->s,
	    "SELECT 1 FROM write WHERE record = ?1 AND field <> ?2"
	    " AND flags & 2 GROUP BY field HAVING count(*) > 1 AND"
	    " (min(value) <> max(value) OR count(value) < count(*)) LIMIT 1",
	    (const int64_t[]){record, field}, 2, ret, e);
}

static int
record_flags(struct apply *a, int64_t record, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q, "SELECT flags FROM record WHERE n = ?1", e) ==
		-1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	r = query_step(q, e);
	*ret = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

static int
mark_conflict(
    struct apply *a, const struct field *f, bool is_conflict, struct err *e)
{
	int64_t flags;
	bool other = false;

	if (is_conflict)
		return set_record_flags(a, f->record, RECORD_CONFLICT, 0, e);
	if (record_flags(a, f->record, &flags, e) == -1)
		return -1;
	if (!(flags & RECORD_CONFLICT))
		return 0;
	if (other_conflict(a, f->record, f->field, &other, e) == -1)
		return -1;
	return other ? 0
		     : set_record_flags(a, f->record, 0, RECORD_CONFLICT, e);
}

static int
mark_deleted(struct apply *a, const struct field *f,
    const struct merge_write *shown, struct err *e)
{
	const struct name *name;
	bool deleted = shown != NULL && shown->value_len == 4 &&
		       shown->value != NULL &&
		       memcmp(shown->value, "true", 4) == 0;

	if (names_find(a->names, "deleted", &name, e) == -1)
		return -1;
	if (name->n != f->field)
		return 0;
	return set_record_flags(a, f->record, deleted ? RECORD_DELETED : 0,
	    deleted ? 0 : RECORD_DELETED, e);
}

static int
merge_one(struct apply *a, struct field *f, struct err *e)
{
	const struct merge_write *shown;

	if (load(a, f, e) == -1)
		return -1;
	merge_field(f->writes, f->n);
	shown = merge_winner(f->writes, f->n);
	for (size_t i = 0; i < f->n; i++)
		if (store_write(
			a, f, &f->writes[i], &f->writes[i] == shown, e) == -1)
			return -1;
	if (mark_conflict(a, f, merge_conflict(f->writes, f->n), e) == -1)
		return -1;
	return mark_deleted(a, f, shown, e);
}

int
merge_dirty(struct apply *a, struct err *e)
{
	struct field f = {0};
	size_t n;
	struct pair *all = pairs_take(&a->dirty, &n);
	int rv = 0;

	for (size_t i = 0; i < n && rv == 0; i++) {
		f.record = all[i].a;
		f.field = all[i].b;
		rv = merge_one(a, &f, e);
	}
	field_clear(&f);
	free(all);
	return rv;
}
