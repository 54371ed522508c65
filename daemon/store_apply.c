#include "store_apply.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "log_read.h"
#include "store_apply_internal.h"
#include "store_db.h"
#include "store_flags.h"
#include "store_log.h"
#include "store_search.h"

struct apply *
apply_new(struct store *s)
{
	struct apply *a = mem_zalloc(sizeof(*a));

	a->s = s;
	a->names = names_new(s);
	a->orphans = -1;
	a->erased = -1;
	return a;
}

/* Keeps what is small. */
static void
forget(struct apply *a)
{
	pairs_reset(&a->dirty);
	pairs_reset(&a->recount);
	pairs_reset(&a->touched);
	pairs_reset(&a->fresh);
	buf_clear(&a->again);
	buf_clear(&a->versions);
	buf_clear(&a->slots);
	buf_clear(&a->over);
	free(a->cache);
	a->cache = NULL;
}

void
apply_free(struct apply *a)
{
	if (a == NULL)
		return;
	forget(a);
	pairs_clear(&a->dirty);
	pairs_clear(&a->recount);
	pairs_clear(&a->touched);
	pairs_clear(&a->fresh);
	names_free(a->names);
	free(a);
}

void
apply_drop(struct apply *a)
{
	forget(a);
	names_drop(a->names);
	a->orphans = -1;
	a->erased = -1;
}

void
apply_trust(struct apply *a, const struct trust *t,
    const struct trust_ancestry *ancestry)
{
	a->trust = t;
	a->ancestry = ancestry;
}

int
apply_clear(struct apply *a, struct err *e)
{
	apply_drop(a);
	if (store_search_clear(a->s, e) == -1)
		return -1;
	return store_exec(a->s,
	    "DELETE FROM write; DELETE FROM record; DELETE FROM name;"
	    "DELETE FROM orphan; DELETE FROM version; DELETE FROM signature;"
	    "DELETE FROM replaces; DELETE FROM erased",
	    e);
}

/* --- the change at hand ---------------------------------------------------- */

/* Who made it, and what he may. */
static void
judge(
    struct apply *a, struct applying *x, const uint8_t *key, const uint8_t *id)
{
	x->key = a->trust != NULL ? trust_key(a->trust, key) : NULL;
	x->counts =
	    x->key != NULL && trust_counts(a->trust, a->ancestry, key, id);
	x->edits = x->counts && (x->key->mandates & MANDATE_EDIT);
	x->signs = x->counts && (x->key->mandates & MANDATE_SIGN);
}

int
apply_author(struct apply *a, int64_t n, struct applying *ret,
    uint8_t ret_id[static HASH_LEN], struct err *e)
{
	struct query *q = NULL;
	const void *id, *key;
	size_t id_len = 0, key_len = 0;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT c.id, l.key FROM change c JOIN log l ON l.n = c.log"
		" WHERE c.n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, n, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != 1)
		goto out;
	id = query_blob(q, 0, &id_len);
	key = query_blob(q, 1, &key_len);
	if (id_len != HASH_LEN || key_len != KEY_LEN) {
		r = 0;
		goto out;
	}
	*ret = (struct applying){0};
	judge(a, ret, key, id);
	memcpy(ret_id, id, HASH_LEN);
out:
	query_close(q);
	if (r == 0)
		err_set(e, ERR_CORRUPT, _("change %lld is gone"), (long long)n);
	return r == 1 ? 0 : -1;
}

bool
apply_is_erased(const struct applying *x, const struct op *op)
{
	return x->erased != NULL && op->portion < x->c->change->nportions &&
	       x->erased[op->portion];
}

json_t *
apply_values(const struct applying *x, const struct op *op)
{
	const struct change *c = x->c->change;
	json_t *all, *values;
	struct err ignored;

	if (op->portion >= c->nportions || apply_is_erased(x, op) ||
	    portion_values(&c->portions[op->portion],
		head_portion_count(x->c->head, op->portion), &all,
		&ignored) == -1)
		return NULL;
	values = json_incref(json_array_get(all, op->value));
	json_decref(all);
	return values;
}

/* --- writes ---------------------------------------------------------------- */

struct write {
	const struct apply_record *r;
	int64_t field;
	int64_t flags;
	const char *value; /* NULL: none */
	const struct buf *over;
};

static int
insert_write(struct apply *a, const struct applying *x, const struct write *w,
    struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"INSERT OR REPLACE INTO"
		" write(record, field, change, flags, over, value)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
		e) == -1 ||
	    query_bind_int(q, 1, w->r->n, e) == -1 ||
	    query_bind_int(q, 2, w->field, e) == -1 ||
	    query_bind_int(q, 3, x->c->n, e) == -1 ||
	    query_bind_int(q, 4, w->flags, e) == -1 ||
	    (w->over->len > 0
		    ? query_bind_blob(q, 5, w->over->data, w->over->len, e)
		    : query_bind_null(q, 5, e)) == -1 ||
	    (w->value != NULL ? query_bind_text(q, 6, w->value, e)
			      : query_bind_null(q, 6, e)) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* Takes the value from the write that this one stands over, as merging would
 * afterwards: its room is there for the new row then, and the page is not
 * split.  A write that is live after all gets its value back from the log. */
static int
give_way(struct apply *a, const struct write *w, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"UPDATE write SET value = NULL WHERE record = ?1"
		" AND field = ?2 AND change IN (SELECT n FROM change WHERE"
		" substr(id, 1, 8) = substr(?3, 1, 8)"
		" AND substr(id, 1, 16) = ?3)",
		e) == -1)
		goto out;
	for (size_t i = 0; i < w->over->len; i += PREFIX_LEN)
		if (query_bind_int(q, 1, w->r->n, e) == -1 ||
		    query_bind_int(q, 2, w->field, e) == -1 ||
		    query_bind_blob(q, 3, w->over->data + i, PREFIX_LEN, e) ==
			-1 ||
		    query_run(q, e) == -1)
			goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* What an operation writes to its field i, or NULL if that reads missing. */
static const char *
text_of(const struct applying *x, size_t op, size_t i)
{
	const struct apply_texts *t = x->texts;
	size_t at = t->at[t->op[op] + i];

	if (at == SIZE_MAX || apply_is_erased(x, &x->c->head->ops[op]))
		return NULL;
	return t->bytes.data + at;
}

/* A field of a record that this very change made, before anybody else wrote
 * to it: the write is live if it counts, and nothing needs merging.  Such
 * are most writes there are. */
static bool
is_alone(struct apply *a, const struct applying *x,
    const struct apply_record *r, int64_t field)
{
	return r->change == x->c->n && a->over.len == 0 &&
	       pairs_has(&a->fresh, r->n, 0) &&
	       !pairs_has(&a->dirty, r->n, field);
}

static bool
is_deletion(const char *field)
{
	return strcmp(field, "deleted") == 0;
}

static int
apply_field(struct apply *a, struct applying *x, const struct apply_record *r,
    size_t index, size_t i, struct err *e)
{
	const struct op *op = &x->c->head->ops[index];
	const char *field = op_field(op, i);
	struct write w = {
	    .r = r, .over = &a->over, .value = text_of(x, index, i)};
	const struct name *name;
	bool counts = false;

	if (x->edits &&
	    record_allows(a, r, field, x->key->org, &counts, e) == -1)
		return -1;
	if (names_find(a->names, field, &name, e) == -1)
		return -1;
	w.field = name->n;
	buf_reset(&a->over);
	if (op->op == OP_SET)
		op_over(op, field, &a->over);
	w.flags = counts ? WRITE_COUNTS : 0;
	if (w.value == NULL)
		w.flags |=
		    apply_is_erased(x, op) ? WRITE_ERASED : WRITE_MISSING;
	if (is_alone(a, x, r, w.field) && !is_deletion(field)) {
		w.flags |= counts ? WRITE_LIVE | WRITE_SHOWN : 0;
		if (!counts)
			w.value = NULL;
	} else {
		pairs_add(&a->dirty, r->n, w.field);
		if (record_touch(a, r, e) == -1 ||
		    (counts && give_way(a, &w, e) == -1))
			return -1;
	}
	return insert_write(a, x, &w, e);
}

static int
apply_writes(struct apply *a, struct applying *x, size_t index, struct err *e)
{
	const struct op *op = &x->c->head->ops[index];
	struct apply_record r;
	int found = record_find(a, op->record, &r, e);

	if (found == -1)
		return -1;
	if (found == 0)
		return record_wait(a, op->record, x->c->n, e);
	for (size_t i = 0; i < op->nfields; i++)
		if (apply_field(a, x, &r, index, i, e) == -1)
			return -1;
	return 0;
}

/* --- changes --------------------------------------------------------------- */

static int
apply_op(struct apply *a, struct applying *x, size_t i, struct err *e)
{
	const struct op *op = &x->c->head->ops[i];

	switch (op->op) {
	case OP_NEW:
	case OP_SET:
		return apply_writes(a, x, i, e);
	case OP_VERSION:
		return sign_version(a, x, op, i, e);
	case OP_SIGN:
		return sign_signature(a, x, op, i, e);
	case OP_ERASE:
		return erase_op(a, x, op, e);
	default:
		return 0;
	}
}

/* Records first: an operation may refer to what a later one makes. */
static int
apply_ops(struct apply *a, struct applying *x, struct err *e)
{
	const struct head *h = x->c->head;

	for (size_t i = 0; i < h->nops; i++)
		if (h->ops[i].op == OP_NEW &&
		    record_make(a, x, &h->ops[i], e) == -1)
			return -1;
	for (size_t i = 0; i < h->nops; i++)
		if (apply_op(a, x, i, e) == -1)
			return -1;
	return 0;
}

int
apply_change(struct apply *a, const struct apply_change *c, struct err *e)
{
	struct applying x = {.c = c, .texts = c->texts};
	struct apply_texts own = {0};
	int rv = -1;

	if (c->head->is_act || a->trust == NULL ||
	    trust_key(a->trust, c->place->key) == NULL)
		return 0;
	if (x.texts == NULL) {
		apply_prepare(c->change, c->head, c->id, &own);
		x.texts = &own;
	}
	judge(a, &x, c->place->key, c->id);
	if (erase_load(a, &x, e) == 0)
		rv = apply_ops(a, &x, e);
	free(x.erased);
	apply_texts_clear(&own);
	return rv;
}

int
apply_stored(struct apply *a, int64_t n, struct err *e)
{
	struct log_entry l;
	struct head head;
	struct apply_change c = {.n = n};
	int rv = -1;

	if (log_get(a->s, n, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &head, e) == -1) {
		log_entry_clear(&l);
		return err_wrap(e, _("change %lld"), (long long)n);
	}
	c.id = l.id;
	c.place = &l.place;
	c.change = &l.change;
	c.head = &head;
	if (l.authentic)
		rv = apply_change(a, &c, e);
	else
		rv = 0;
	head_clear(&head);
	log_entry_clear(&l);
	return rv;
}

/* Applying may wake more changes. */
static int
apply_again(struct apply *a, struct err *e)
{
	struct buf list;
	int64_t n;
	int rv = 0;

	while (a->again.len > 0 && rv == 0) {
		list = a->again;
		a->again = (struct buf)BUF_INIT;
		for (size_t i = 0; i < list.len && rv == 0; i += sizeof(n)) {
			memcpy(&n, list.data + i, sizeof(n));
			rv = apply_stored(a, n, e);
		}
		buf_clear(&list);
	}
	return rv;
}

int
apply_finish(struct apply *a, struct err *e)
{
	do {
		if (apply_again(a, e) == -1 || record_recount(a, e) == -1)
			return -1;
		pairs_reset(&a->fresh); /* from here on they are merged */
		if (merge_dirty(a, e) == -1)
			return -1;
	} while (a->again.len > 0);
	pairs_reset(&a->touched);
	return sign_finish(a, e);
}

size_t
apply_pending(const struct apply *a)
{
	return a->dirty.n + a->fresh.n;
}
