/* Acts by themselves: what a proposal says, before anybody asks whether it is
 * in force.  TRUST.md, "Proposals". */
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "trust_internal.h"

#define NAME_MAX_BYTES 512
#define KEYS_MAX       64
#define ORGS_MAX       256
#define CUTS_MAX       64
#define HEADS_MAX      64

static bool
is_full_id(const json_t *j, uint8_t ret[static HASH_LEN])
{
	return json_is_string(j) &&
	       text_unhex(json_string_value(j), json_string_length(j), ret,
		   HASH_LEN) == 0;
}

static bool
is_id(const json_t *j)
{
	return json_is_string(j) &&
	       ident_ok(json_string_value(j), json_string_length(j));
}

/* "keys": 1 to KEYS_MAX distinct keys. */
static bool
parse_keys(struct act *a)
{
	const json_t *keys = json_object_get(a->deed, "keys");
	size_t n = json_array_size(keys);

	if (n == 0 || n > KEYS_MAX)
		return false;
	a->keys = mem_array(NULL, n, KEY_LEN);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(keys, i);

		if (!json_is_string(v) ||
		    ident_parse_key(json_string_value(v), json_string_length(v),
			a->keys[i]) == -1)
			return false;
		for (size_t k = 0; k < i; k++)
			if (memcmp(a->keys[k], a->keys[i], KEY_LEN) == 0)
				return false;
	}
	a->nkeys = n;
	return true;
}

static bool
parse_org(struct act *a)
{
	const json_t *org = json_object_get(a->deed, "organisation");

	if (!is_id(org))
		return false;
	memcpy(a->org, json_string_value(org), ID_SIZE);
	return true;
}

/* "cuts": object, key to array of full ids, both capped; may be left out. */
static bool
has_cuts(const struct act *a)
{
	const json_t *cuts = json_object_get(a->deed, "cuts");
	uint8_t key[KEY_LEN], id[HASH_LEN];
	const char *name;
	json_t *heads, *v;
	size_t i;

	if (cuts == NULL)
		return true;
	if (!json_is_object(cuts) || json_object_size(cuts) > CUTS_MAX)
		return false;
	json_object_foreach ((json_t *)(uintptr_t)cuts, name, heads) {
		if (text_unb32(name, strlen(name), key, KEY_LEN) == -1 ||
		    !json_is_array(heads) || json_array_size(heads) > HEADS_MAX)
			return false;
		json_array_foreach (heads, i, v) {
			if (!is_full_id(v, id))
				return false;
		}
	}
	return true;
}

static bool
parse_admit(struct act *a)
{
	const json_t *name = json_object_get(a->deed, "name");
	const json_t *recovery = json_object_get(a->deed, "recovery");
	uint8_t request[HASH_LEN], hash[HASH_LEN];
	char made[ID_SIZE];

	if (!is_full_id(json_object_get(a->deed, "request"), request) ||
	    !parse_org(a) || !json_is_string(name) ||
	    json_string_length(name) > NAME_MAX_BYTES ||
	    (recovery != NULL && !is_full_id(recovery, hash)))
		return false;
	ident_make(request, 0, made);
	return strcmp(made, a->org) == 0 && parse_keys(a);
}

static bool
parse_remove(struct act *a)
{
	return parse_org(a) && has_cuts(a);
}

static bool
parse_convenors(struct act *a)
{
	const json_t *orgs = json_object_get(a->deed, "organisations");
	const size_t n = json_array_size(orgs);
	int64_t k;

	if (n == 0 || n > ORGS_MAX || json_get_int(a->deed, "k", &k) == -1 ||
	    k > (int64_t)n || 2 * k <= (int64_t)n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_id(json_array_get(orgs, i)))
			return false;
		for (size_t j = 0; j < i; j++)
			if (json_equal(json_array_get(orgs, i),
				json_array_get(orgs, j)))
				return false;
	}
	return true;
}

static bool
parse_rekey(struct act *a)
{
	uint8_t hash[HASH_LEN];

	return parse_org(a) && has_cuts(a) && parse_keys(a) &&
	       is_full_id(json_object_get(a->deed, "recovery"), hash);
}

static const struct {
	const char *word;
	enum act_does does;
	bool (*parse)(struct act *a);
} kinds[] = {
    {"admit", ACT_ADMIT, parse_admit},
    {"remove", ACT_REMOVE, parse_remove},
    {"convenors", ACT_CONVENORS, parse_convenors},
    {"rekey", ACT_REKEY, parse_rekey},
};

void
trust_act_parse(struct act *a)
{
	const char *word;

	if (a->kind != OP_PROPOSE)
		return;
	a->deed = json_object_get(a->op, "act");
	word = json_get_str(a->deed, "kind");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (word != NULL && strcmp(kinds[i].word, word) == 0 &&
		    kinds[i].parse(a))
			a->does = kinds[i].does;
	if (a->does == ACT_OTHER)
		a->nkeys = 0;
}

void
trust_act_clear(struct act *a)
{
	json_decref(a->op);
	free(a->keys);
}
