#include "op.h"

#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"

#define SEEN_MAX   1024
#define FIELDS_MAX 256

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, "bad head: %s", why);
}

/* --- shapes ---------------------------------------------------------------- */

static bool
is_prefix(const json_t *j)
{
	uint8_t b[PREFIX_LEN];

	return json_is_string(j) &&
	       text_unhex(json_string_value(j), json_string_length(j), b,
		   PREFIX_LEN) == 0;
}

static bool
is_full_id(const json_t *j)
{
	uint8_t b[HASH_LEN];

	return json_is_string(j) &&
	       text_unhex(json_string_value(j), json_string_length(j), b,
		   HASH_LEN) == 0;
}

static bool
is_id(const json_t *j)
{
	return json_is_string(j) &&
	       ident_ok(json_string_value(j), json_string_length(j));
}

static bool
is_name(const json_t *j)
{
	return json_is_string(j) &&
	       ident_name_ok(json_string_value(j), json_string_length(j));
}

static bool
is_key(const json_t *j)
{
	uint8_t key[KEY_LEN];

	return json_is_string(j) && ident_parse_key(json_string_value(j),
					json_string_length(j), key) == 0;
}

static bool
is_label(const json_t *j)
{
	return json_is_string(j) && json_string_length(j) <= 512;
}

/* An array whose members all have this shape. */
static bool
is_array_of(const json_t *j, bool (*shape)(const json_t *))
{
	size_t i;
	json_t *v;

	if (!json_is_array(j))
		return false;
	json_array_foreach (j, i, v)
		if (!shape(v))
			return false;
	return true;
}

/* The number n of {"@":n}, or -1. */
static json_int_t
reference(const json_t *j)
{
	const json_t *n = json_object_get(j, "@");

	if (json_object_size(j) != 1 || !json_is_integer(n) ||
	    json_integer_value(n) < 0 || json_integer_value(n) >= OPS_MAX)
		return -1;
	return json_integer_value(n);
}

/* An id or a reference, resolved. */
static bool
resolve(const json_t *j, const uint8_t *change, char ret[static ID_SIZE])
{
	json_int_t n = reference(j);

	if (is_id(j))
		memcpy(ret, json_string_value(j), ID_SIZE);
	else if (n >= 0)
		ident_make(change, (size_t)n, ret);
	else
		return false;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Distinct names, at least "min". */
static bool
is_fields(const json_t *j, size_t min)
{
	const size_t n = json_array_size(j);
	const char *names[FIELDS_MAX];

	if (n < min || n > FIELDS_MAX || !is_array_of(j, is_name))
		return false;
	for (size_t i = 0; i < n; i++)
		names[i] = json_string_value(json_array_get(j, i));
	if (n > 1)
		qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return false;
	return true;
}

/* --- one function for each operation: is it well shaped? -------------------- */

static bool
shape_new(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *type = json_object_get(op->j, "type");
	const json_t *fields = json_object_get(op->j, "fields");
	const json_t *hosts = json_object_get(op->j, "hosts");
	const json_t *in = json_object_get(op->j, "in");

	if (!is_name(type) || (fields != NULL && !is_fields(fields, 0)) ||
	    (hosts != NULL && !is_array_of(hosts, is_id)) ||
	    (in != NULL && !is_id(in)))
		return false;
	op->type = json_string_value(type);
	op->nfields = json_array_size(fields);
	ident_make(id, index, op->record);
	return true;
}

static bool
shape_set(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *fields = json_object_get(op->j, "fields");
	const json_t *over = json_object_get(op->j, "over");

	(void)index;
	if (!resolve(json_object_get(op->j, "record"), id, op->record) ||
	    !is_fields(fields, 1) || (over != NULL && !json_is_object(over)))
		return false;
	op->nfields = json_array_size(fields);
	return true;
}

static bool
is_rendered(const json_t *j)
{
	char id[ID_SIZE];
	static const uint8_t none[HASH_LEN];

	return json_array_size(j) == 3 &&
	       resolve(json_array_get(j, 0), none, id) &&
	       is_name(json_array_get(j, 1)) &&
	       is_array_of(json_array_get(j, 2), is_prefix);
}

static bool
shape_version(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *rule = json_object_get(op->j, "rule");

	(void)index;
	return resolve(json_object_get(op->j, "record"), id, op->record) &&
	       json_is_integer(rule) && json_integer_value(rule) > 0 &&
	       is_array_of(json_object_get(op->j, "of"), is_rendered);
}

static bool
shape_sign(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_id(json_object_get(op->j, "version"));
}

static bool
shape_vouch(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_array_of(json_object_get(op->j, "changes"), is_full_id);
}

static bool
shape_erase(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *n = json_object_get(op->j, "portion");

	(void)id;
	(void)index;
	return is_full_id(json_object_get(op->j, "change")) &&
	       json_is_integer(n) && json_integer_value(n) >= 0 &&
	       json_integer_value(n) < CHANGE_PORTIONS_MAX;
}

static bool
is_convenor(const json_t *j)
{
	const json_t *keys = json_object_get(j, "keys");

	return is_label(json_object_get(j, "name")) &&
	       is_array_of(keys, is_key) && json_array_size(keys) > 0 &&
	       is_full_id(json_object_get(j, "recovery"));
}

static bool
shape_found(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *orgs = json_object_get(op->j, "convenors");
	const json_t *k = json_object_get(op->j, "k");
	json_int_t n = (json_int_t)json_array_size(orgs);

	(void)id;
	(void)index;
	return is_label(json_object_get(op->j, "name")) &&
	       is_array_of(orgs, is_convenor) && json_is_integer(k) &&
	       json_integer_value(k) <= n && 2 * json_integer_value(k) > n;
}

static bool
shape_request(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *recovery = json_object_get(op->j, "recovery");

	(void)id;
	(void)index;
	return is_label(json_object_get(op->j, "name")) &&
	       (recovery == NULL || is_full_id(recovery));
}

static bool
shape_propose(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *act = json_object_get(op->j, "act");

	(void)id;
	(void)index;
	return is_full_id(json_object_get(op->j, "after")) &&
	       json_is_string(json_object_get(act, "kind"));
}

static bool
shape_approve(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_full_id(json_object_get(op->j, "act"));
}

static bool
is_mandate(const json_t *j)
{
	const char *s = json_string_value(j);

	return s != NULL && (strcmp(s, "edit") == 0 || strcmp(s, "sign") == 0);
}

static bool
shape_add(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_key(json_object_get(op->j, "key")) &&
	       is_array_of(json_object_get(op->j, "mandates"), is_mandate) &&
	       is_label(json_object_get(op->j, "label"));
}

static bool
shape_accept(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_full_id(json_object_get(op->j, "add"));
}

static bool
shape_close(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_key(json_object_get(op->j, "key")) &&
	       is_array_of(json_object_get(op->j, "heads"), is_full_id);
}

static const struct shape {
	const char *word;
	enum op_kind kind;
	bool is_act;
	bool (*ok)(struct op *op, const uint8_t *id, size_t index);
} shapes[] = {
    {"set", OP_SET, false, shape_set},
    {"new", OP_NEW, false, shape_new},
    {"version", OP_VERSION, false, shape_version},
    {"sign", OP_SIGN, false, shape_sign},
    {"vouch", OP_VOUCH, false, shape_vouch},
    {"erase", OP_ERASE, false, shape_erase},
    {"found", OP_FOUND, true, shape_found},
    {"request", OP_REQUEST, true, shape_request},
    {"propose", OP_PROPOSE, true, shape_propose},
    {"approve", OP_APPROVE, true, shape_approve},
    {"add", OP_ADD, true, shape_add},
    {"accept", OP_ACCEPT, true, shape_accept},
    {"close", OP_CLOSE, true, shape_close},
};

static const struct shape *
shape_find(const char *word)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (word != NULL && strcmp(shapes[i].word, word) == 0)
			return &shapes[i];
	return NULL;
}

/* --- the head --------------------------------------------------------------- */

static int
parse_seen(const json_t *seen, struct head *h, struct err *e)
{
	const size_t n = json_array_size(seen);

	if (seen == NULL)
		return 0;
	if (!is_array_of(seen, is_prefix) || n > SEEN_MAX)
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
	const struct shape *shape = shape_find(json_get_str(j, "op"));

	op->j = j;
	op->portion = parse_portion(j, nportions);
	if (op->portion == OP_NO_PORTION)
		return;
	op->value = counts[op->portion]++;
	if (shape == NULL || !known_kind || shape->is_act != h->is_act ||
	    (h->is_act && h->nops != 1) || !shape->ok(op, id, i))
		return;
	op->op = shape->kind;
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
	if (json_get_int(h.json, "t", &h.t) == -1 || h.t < 0 || kind == NULL ||
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
		if (!is_prefix(v))
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
		return err_set(e, ERR_UNTRUSTED, "portion is not there");
	if (json_read(p->p, p->len, &j, e) == -1)
		return -1;
	v = json_incref(json_object_get(j, "v"));
	json_decref(j);
	if (json_array_size(v) != count || !json_is_array(v)) {
		json_decref(v);
		return err_set(
		    e, ERR_UNTRUSTED, "portion holds another number of values");
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
	} else if ((n = reference(value)) >= 0) {
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
