/* Which operations are well shaped (FORMAT.md, Head; acts: TRUST.md). */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "op_internal.h"

/* FORMAT.md section 3; acts: TRUST.md section 1 */
#define FIELDS_MAX    256
#define HOSTS_MAX     256
#define OF_MAX        4096 /* fields that a version renders */
#define VOUCH_MAX     1024
#define CONVENORS_MAX 256
#define KEYS_MAX      64  /* of one organisation */
#define FOUNDERS_MAX  256 /* keys of all convenors: each costs 60 us */
#define MANDATES_MAX  2
#define HEADS_MAX     64

bool
op_is_prefix(const json_t *j)
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

/* An array of at most "max" members that all have this shape. */
static bool
is_array_of(const json_t *j, size_t max, bool (*shape)(const json_t *))
{
	size_t i;
	json_t *v;

	if (!json_is_array(j) || json_array_size(j) > max)
		return false;
	json_array_foreach (j, i, v)
		if (!shape(v))
			return false;
	return true;
}

bool
op_is_prefixes(const json_t *j)
{
	return is_array_of(j, OP_OVER_MAX, op_is_prefix);
}

json_int_t
op_reference(const json_t *j)
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
	json_int_t n = op_reference(j);

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

	if (n < min || !is_array_of(j, FIELDS_MAX, is_name))
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
	    (hosts != NULL && !is_array_of(hosts, HOSTS_MAX, is_id)) ||
	    (in != NULL && !is_id(in)))
		return false;
	op->type = json_string_value(type);
	op->nfields = json_array_size(fields);
	ident_make(id, index, op->record);
	return true;
}

/* What stands in the arrays may be anything: op_over(). */
static bool
is_over(const json_t *j)
{
	const char *field;
	json_t *v;

	if (!json_is_object(j) || json_object_size(j) > FIELDS_MAX)
		return false;
	json_object_foreach ((json_t *)(uintptr_t)j, field, v) {
		if (json_array_size(v) > OP_OVER_MAX)
			return false;
	}
	return true;
}

static bool
shape_set(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *fields = json_object_get(op->j, "fields");
	const json_t *over = json_object_get(op->j, "over");

	(void)index;
	if (!resolve(json_object_get(op->j, "record"), id, op->record) ||
	    !is_fields(fields, 1) || (over != NULL && !is_over(over)))
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
	       op_is_prefixes(json_array_get(j, 2));
}

static bool
shape_version(struct op *op, const uint8_t *id, size_t index)
{
	const json_t *rule = json_object_get(op->j, "rule");

	(void)index;
	return resolve(json_object_get(op->j, "record"), id, op->record) &&
	       json_is_integer(rule) && json_integer_value(rule) > 0 &&
	       is_array_of(json_object_get(op->j, "of"), OF_MAX, is_rendered);
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
	return is_array_of(
	    json_object_get(op->j, "changes"), VOUCH_MAX, is_full_id);
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

/* 1 to KEYS_MAX distinct keys. */
static bool
is_keys(const json_t *j)
{
	const size_t n = json_array_size(j);

	if (n == 0 || !is_array_of(j, KEYS_MAX, is_key))
		return false;
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (json_equal(
				json_array_get(j, i), json_array_get(j, k)))
				return false;
	return true;
}

static bool
is_convenor(const json_t *j)
{
	return is_label(json_object_get(j, "name")) &&
	       is_keys(json_object_get(j, "keys")) &&
	       is_full_id(json_object_get(j, "recovery"));
}

/* Counted before they are looked at. */
static bool
are_convenors(const json_t *orgs)
{
	size_t keys = 0, i;
	json_t *org;

	if (json_array_size(orgs) > CONVENORS_MAX)
		return false;
	json_array_foreach (orgs, i, org)
		keys += json_array_size(json_object_get(org, "keys"));
	return keys <= FOUNDERS_MAX &&
	       is_array_of(orgs, CONVENORS_MAX, is_convenor);
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
	       are_convenors(orgs) && json_is_integer(k) &&
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
are_mandates(const json_t *j)
{
	return is_array_of(j, MANDATES_MAX, is_mandate) &&
	       json_array_size(j) > 0 &&
	       (json_array_size(j) == 1 ||
		   !json_equal(json_array_get(j, 0), json_array_get(j, 1)));
}

static bool
shape_add(struct op *op, const uint8_t *id, size_t index)
{
	(void)id;
	(void)index;
	return is_key(json_object_get(op->j, "key")) &&
	       are_mandates(json_object_get(op->j, "mandates")) &&
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
	       is_array_of(
		   json_object_get(op->j, "heads"), HEADS_MAX, is_full_id);
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

enum op_kind
op_shape(struct op *op, bool is_act, const uint8_t *id, size_t index)
{
	const char *word = json_get_str(op->j, "op");

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const struct shape *s = &shapes[i];

		if (word != NULL && strcmp(s->word, word) == 0)
			return s->is_act == is_act && s->ok(op, id, index)
				   ? s->kind
				   : OP_NONE;
	}
	return OP_NONE;
}
