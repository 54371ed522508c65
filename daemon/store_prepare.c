/* The values that a change writes, as text. */
#include <stdlib.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "store_apply.h"

void
apply_texts_clear(struct apply_texts *t)
{
	buf_clear(&t->bytes);
	free(t->at);
	free(t->op);
	*t = (struct apply_texts){0};
}

static bool
writes(const struct op *op)
{
	return op->op == OP_NEW || op->op == OP_SET;
}

static size_t
add_text(struct apply_texts *t, json_t *v, const uint8_t *id)
{
	size_t at = t->bytes.len;

	v = json_incref(v);
	if (json_is_array(v) || json_is_object(v))
		v = value_resolve(v, id);
	json_write(v, &t->bytes);
	buf_addc(&t->bytes, '\0');
	json_decref(v);
	return at;
}

/* A value can be there only if all of its operation are. */
static void
add_op(struct apply_texts *t, const struct op *op, size_t *at, json_t *values,
    const uint8_t *id)
{
	bool is_whole = json_array_size(values) == op->nfields;

	for (size_t i = 0; i < op->nfields; i++)
		at[i] = is_whole ? add_text(t, json_array_get(values, i), id)
				 : SIZE_MAX;
}

static void
add_portion(struct apply_texts *t, const struct change *c, const struct head *h,
    size_t portion, const uint8_t *id)
{
	json_t *all = NULL;
	struct err ignored;

	if (portion_values(&c->portions[portion],
		head_portion_count(h, portion), &all, &ignored) == -1)
		all = NULL;
	for (size_t i = 0; i < h->nops; i++)
		if (writes(&h->ops[i]) && h->ops[i].portion == portion)
			add_op(t, &h->ops[i], t->at + t->op[i],
			    json_array_get(all, h->ops[i].value), id);
	json_decref(all);
}

/* Portions that some operation writes from. */
static bool *
needed(const struct change *c, const struct head *h)
{
	bool *p = mem_zalloc(c->nportions * sizeof(p[0]));

	for (size_t i = 0; i < h->nops; i++)
		if (writes(&h->ops[i]) && h->ops[i].portion < c->nportions)
			p[h->ops[i].portion] = true;
	return p;
}

void
apply_prepare(const struct change *c, const struct head *h,
    const uint8_t id[static HASH_LEN], struct apply_texts *ret)
{
	struct apply_texts t = {0};
	bool *portions = needed(c, h);
	size_t n = 0;

	t.op = mem_zalloc((h->nops + 1) * sizeof(t.op[0]));
	for (size_t i = 0; i < h->nops; i++) {
		t.op[i] = n;
		n += writes(&h->ops[i]) ? h->ops[i].nfields : 0;
	}
	t.at = mem_zalloc((n + 1) * sizeof(t.at[0]));
	for (size_t i = 0; i < n; i++)
		t.at[i] = SIZE_MAX;
	for (size_t i = 0; i < c->nportions; i++)
		if (portions[i])
			add_portion(&t, c, h, i, id);
	free(portions);
	*ret = t;
}
