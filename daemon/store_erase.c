/* Erasing: which portions read "erased", and that their bytes go. */
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "common/text.h"
#include "store_apply_internal.h"
#include "store_db.h"
#include "store_flags.h"
#include "store_log.h"
#include "store_search.h"

static int
count_erased(struct apply *a, struct err *e)
{
	if (a->erased != -1)
		return 0;
	return store_number(a->s, "SELECT count(*) FROM erased", &a->erased, e);
}

static int
insert(struct apply *a, const uint8_t *id, int64_t portion, int64_t by,
    struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"INSERT OR IGNORE INTO erased(change, portion, counts, by)"
		" VALUES(?1, ?2, 0, ?3)",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1 ||
	    query_bind_int(q, 2, portion, e) == -1 ||
	    query_bind_int(q, 3, by, e) == -1 || query_run(q, e) == -1)
		goto out;
	a->erased++;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* Whether it counts is seen when the change that it names is applied, for
 * which that has to be here. */
int
erase_op(
    struct apply *a, struct applying *x, const struct op *op, struct err *e)
{
	const char *hex = json_get_str(op->j, "change");
	uint8_t id[HASH_LEN];
	struct log_row r;
	int64_t portion;
	int held;

	if (text_unhex(hex, strlen(hex), id, HASH_LEN) == -1 ||
	    json_get_int(op->j, "portion", &portion) == -1)
		return 0;
	if (count_erased(a, e) == -1 ||
	    insert(a, id, portion, x->c->n, e) == -1)
		return -1;
	held = log_lookup(a->s, id, &r, e);
	if (held == 1)
		buf_add(&a->again, &r.n, sizeof(r.n));
	return held == -1 ? -1 : 0;
}

/* --- does it count? -------------------------------------------------------- */

/* Values of versions and signatures stay. */
static bool
can_be_erased(const struct applying *x, int64_t portion)
{
	const struct head *h = x->c->head;

	if (portion < 0 || (size_t)portion >= x->c->change->nportions)
		return false;
	for (size_t i = 0; i < h->nops; i++)
		if (h->ops[i].portion == (size_t)portion &&
		    (h->ops[i].op == OP_VERSION || h->ops[i].op == OP_SIGN))
			return false;
	return true;
}

struct eraser {
	int64_t portion, by, counts;
};

static int
list(struct apply *a, const uint8_t *id, struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT portion, by, counts FROM erased WHERE change = ?1",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		struct eraser one = {
		    query_int(q, 0), query_int(q, 1), query_int(q, 2)};

		buf_add(ret, &one, sizeof(one));
	}
out:
	query_close(q);
	return r;
}

static int
set_counts(struct apply *a, const uint8_t *id, const struct eraser *by,
    bool counts, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"UPDATE erased SET counts = ?4 WHERE change = ?1"
		" AND portion = ?2 AND by = ?3",
		e) == -1 ||
	    query_bind_blob(q, 1, id, HASH_LEN, e) == -1 ||
	    query_bind_int(q, 2, by->portion, e) == -1 ||
	    query_bind_int(q, 3, by->by, e) == -1 ||
	    query_bind_int(q, 4, counts, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
consider(struct apply *a, struct applying *x, const struct eraser *one,
    struct err *e)
{
	struct applying by;
	uint8_t id[HASH_LEN];
	bool counts;

	if (apply_author(a, one->by, &by, id, e) == -1)
		return -1;
	counts = by.edits && strcmp(by.key->org, x->key->org) == 0 &&
		 can_be_erased(x, one->portion);
	if (counts != (one->counts != 0) &&
	    set_counts(a, x->c->id, one, counts, e) == -1)
		return -1;
	if (!counts)
		return 0;
	if (x->erased == NULL)
		x->erased =
		    mem_zalloc(x->c->change->nportions * sizeof(x->erased[0]));
	x->erased[one->portion] = true;
	return 0;
}

/* --- the bytes ------------------------------------------------------------- */

/* What remains is the hash that the id is made of. */
static int
drop_bytes(struct apply *a, struct applying *x, struct err *e)
{
	struct change c = *x->c->change;
	const size_t size = 1 + 2 * HASH_LEN + 1;
	char *text = mem_zalloc(c.nportions * size);
	uint8_t hash[HASH_LEN];
	bool any = false;
	int rv = 0;

	c.portions = mem_array(NULL, c.nportions, sizeof(c.portions[0]));
	for (size_t i = 0; i < c.nportions; i++) {
		char *p = text + i * size;

		c.portions[i] = x->c->change->portions[i];
		if (!x->erased[i] || c.portions[i].form == PORTION_HASH)
			continue;
		portion_hash(&c.portions[i], hash);
		p[0] = '#';
		text_hex(hash, HASH_LEN, p + 1);
		c.portions[i] =
		    (struct portion){p, 1 + 2 * HASH_LEN, PORTION_HASH};
		any = true;
	}
	if (any && (log_rewrite(a->s, x->c->n, &c, true, e) == -1 ||
		       store_search_erased(a->s, e) == -1))
		rv = -1;
	for (size_t i = 0; i < c.nportions && rv == 0; i++)
		if (x->erased[i])
			rv = log_present(a->s, x->c->n, (int)i, e);
	free(c.portions);
	free(text);
	return rv;
}

int
erase_load(struct apply *a, struct applying *x, struct err *e)
{
	struct buf all = BUF_INIT;
	struct eraser one;
	int rv = -1;

	if (count_erased(a, e) == -1)
		goto out;
	if (a->erased > 0 && list(a, x->c->id, &all, e) == -1)
		goto out;
	for (size_t i = 0; i < all.len; i += sizeof(one)) {
		memcpy(&one, all.data + i, sizeof(one));
		if (consider(a, x, &one, e) == -1)
			goto out;
	}
	rv = x->erased != NULL ? drop_bytes(a, x, e) : 0;
out:
	buf_clear(&all);
	return rv;
}

int
apply_erased(
    struct store *s, int64_t change, int64_t portion, bool *ret, struct err *e)
{
	return query_has(s,
	    "SELECT 1 FROM change c JOIN erased x ON x.change = c.id"
	    " WHERE c.n = ?1 AND x.portion = ?2 AND x.counts",
	    (const int64_t[]){change, portion}, 2, ret, e);
}
