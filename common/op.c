#include "op.h"

#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "jscan.h"
#include "mem.h"
#include "op_internal.h"

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, _("bad head: %s"), why);
}

static int
parse_seen(const json_t *seen, struct head *h, struct err *e)
{
	const size_t n = json_array_size(seen);

	if (seen == NULL)
		return 0;
	if (!op_is_prefixes(seen) || n > SEEN_MAX)
		return refuse(e, "seen is not an array of prefixes");
	h->seen = mem_array(NULL, n, PREFIX_LEN);
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(seen, i));

		text_unhex(s, PREFIX_CHARS, h->seen[i], PREFIX_LEN);
		if (i > 0 &&
		    memcmp(h->seen[i - 1], h->seen[i], PREFIX_LEN) >= 0)
			return refuse(e, "seen is not sorted");
	}
	h->nseen = n;
	return 0;
}

/* Which portion an operation names, or OP_NO_PORTION. */
static size_t
parse_portion(const json_t *j, size_t nportions)
{
	const json_t *p = json_object_get(j, "p");

	if (p == NULL)
		return nportions > 0 ? 0 : OP_NO_PORTION;
	if (!json_is_integer(p) || json_integer_value(p) < 0 ||
	    (size_t)json_integer_value(p) >= nportions)
		return OP_NO_PORTION;
	return (size_t)json_integer_value(p);
}

static void
parse_op(struct head *h, size_t i, const json_t *j, bool known_kind,
    const uint8_t *id, size_t nportions, unsigned *counts)
{
	struct op *op = &h->ops[i];

	op->j = j;
	op->portion = parse_portion(j, nportions);
	if (op->portion == OP_NO_PORTION)
		return;
	op->value = counts[op->portion]++;
	if (known_kind && (!h->is_act || h->nops == 1))
		op->op = op_shape(op, h->is_act, id, i);
}

static void
parse_ops(struct head *h, bool known_kind, const uint8_t *id, size_t nportions)
{
	unsigned few[16] = {0};
	unsigned *counts = few;
	const json_t *ops = json_object_get(h->json, "ops");

	if (nportions > sizeof(few) / sizeof(few[0]))
		counts = mem_zalloc(nportions * sizeof(*counts));
	for (size_t i = 0; i < h->nops; i++)
		parse_op(h, i, json_array_get(ops, i), known_kind, id,
		    nportions, counts);
	if (counts != few)
		free(counts);
}

int
head_parse(const char *s, size_t n, const uint8_t id[static HASH_LEN],
    size_t nportions, struct head *ret, struct err *e)
{
	struct head h = {0};
	const char *kind;
	const json_t *ops;

	if (json_build(s, n, &h.json, e) == -1)
		return -1;
	kind = json_get_str(h.json, "kind");
	ops = json_object_get(h.json, "ops");
	if (json_get_int(h.json, "t", &h.t) == -1 || kind == NULL ||
	    !json_is_array(ops) || json_array_size(ops) > OPS_MAX) {
		refuse(e, "t, kind or ops missing or wrong");
		goto fail;
	}
	if (parse_seen(json_object_get(h.json, "seen"), &h, e) == -1)
		goto fail;
	h.is_act = strcmp(kind, "act") == 0;
	h.nops = json_array_size(ops);
	h.ops = mem_zalloc(h.nops * sizeof(h.ops[0]));
	parse_ops(&h, h.is_act || strcmp(kind, "edit") == 0, id, nportions);
	*ret = h;
	return 0;
fail:
	head_clear(&h);
	return -1;
}

void
head_clear(struct head *h)
{
	free(h->seen);
	free(h->ops);
	json_decref(h->json);
	*h = (struct head){0};
}

const char *
op_field(const struct op *op, size_t i)
{
	return json_string_value(
	    json_array_get(json_object_get(op->j, "fields"), i));
}

static int
by_prefix(const void *a, const void *b)
{
	return memcmp(a, b, PREFIX_LEN);
}

/* Sorts n prefixes and drops repeated ones; returns how many stay. */
static size_t
distinct(char *p, size_t n)
{
	size_t kept = 1;

	qsort(p, n, PREFIX_LEN, by_prefix);
	for (size_t i = 1; i < n; i++) {
		const char *last = p + (kept - 1) * PREFIX_LEN;
		const char *next = p + i * PREFIX_LEN;

		if (memcmp(last, next, PREFIX_LEN) != 0)
			memmove(p + kept++ * PREFIX_LEN, next, PREFIX_LEN);
	}
	return kept;
}

void
op_over(const struct op *op, const char *field, struct buf *b)
{
	const json_t *over =
	    json_object_get(json_object_get(op->j, "over"), field);
	uint8_t prefix[PREFIX_LEN];
	size_t start = b->len, n = 0, i;
	json_t *v;

	if (!json_is_array(over))
		return;
	json_array_foreach (over, i, v) {
		if (!op_is_prefix(v))
			continue;
		text_unhex(
		    json_string_value(v), PREFIX_CHARS, prefix, PREFIX_LEN);
		buf_add(b, prefix, PREFIX_LEN);
		n++;
	}
	if (n > 1)
		b->len = start + distinct(b->data + start, n) * PREFIX_LEN;
}

int
portion_values(
    const struct portion *p, size_t count, json_t **ret, struct err *e)
{
	json_t *j, *v;

	if (p->form != PORTION_PLAIN)
		return err_set(e, ERR_UNTRUSTED, _("portion is not there"));
	if (json_read(p->p, p->len, &j, e) == -1)
		return -1;
	v = json_incref(json_object_get(j, "v"));
	json_decref(j);
	if (json_array_size(v) != count || !json_is_array(v)) {
		json_decref(v);
		return err_set(e, ERR_UNTRUSTED,
		    _("portion holds another number of values"));
	}
	*ret = v;
	return 0;
}

size_t
head_portion_count(const struct head *h, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < h->nops; i++)
		if (h->ops[i].portion == n)
			count = h->ops[i].value + 1 > count
				    ? h->ops[i].value + 1
				    : count;
	return count;
}

json_t *
value_resolve(json_t *value, const uint8_t id[static HASH_LEN])
{
	char made[ID_SIZE];
	json_int_t n;
	const char *key;
	json_t *v;
	size_t i;
	void *tmp;

	if (json_is_array(value)) {
		json_array_foreach (value, i, v)
			if (json_is_array(v) || json_is_object(v))
				json_array_set_new(value, i,
				    value_resolve(json_incref(v), id));
	} else if ((n = op_reference(value)) >= 0) {
		ident_make(id, (size_t)n, made);
		json_decref(value);
		return json_string(made);
	} else if (json_is_object(value)) {
		json_object_foreach_safe (value, tmp, key, v)
			if (json_is_array(v) || json_is_object(v))
				json_object_set_new(value, key,
				    value_resolve(json_incref(v), id));
	}
	return value;
}
