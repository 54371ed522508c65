/* The result of a check, in JSON (evidence.h). */
#include <string.h>

#include "evidence_private.h"
#include "verdict.h"

static const char *
verdict(const struct evidence *c, const struct evidence_item *it)
{
	const struct trust_key *key =
	    it->why == NULL ? trust_key(c->proof.trust, it->r.key) : NULL;
	const struct verdict_facts f = {
	    .is_good = it->why == NULL && json_array_size(c->problems) == 0,
	    .is_admitted = key != NULL,
	    .counts = it->counts,
	    .is_withdrawn = it->is_withdrawn,
	    .is_confirmed_coalition = c->w != NULL,
	    .is_contested = it->is_contested,
	    .is_for_other =
		it->r.for_id[0] != '\0' && it->r.stance != STANCE_CONFIRMED,
	    .is_closed = key != NULL && key->is_cut};

	return verdict_word(&f);
}

static const char *
membership(const struct evidence *c, const struct evidence_item *it)
{
	const struct trust_key *key;

	if (c->w == NULL || it->why != NULL ||
	    memcmp(c->w, c->proof.coalition, HASH_LEN) != 0)
		return "not checked";
	key = trust_key(c->proof.trust, it->r.key);
	return verdict_membership(key != NULL, key != NULL && key->is_cut);
}

static json_t *
hex(const uint8_t hash[static HASH_LEN])
{
	char text[HEX_SIZE];

	text_hex(hash, HASH_LEN, text);
	return json_string(text);
}

static json_t *
maybe(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

/* Of whose key signed it: a forger's word for who he is must not pass for that
 * of his victim. */
static void
set_organisation(
    const struct evidence *c, const struct evidence_item *it, json_t *j)
{
	const struct trust *t = c->proof.trust;
	const struct recsig *r = &it->r;
	const struct trust_key *key =
	    t != NULL && it->is_signed ? trust_key(t, r->key) : NULL;
	const struct trust_org *org =
	    key != NULL ? trust_org(t, key->org) : NULL;
	bool claims = org != NULL && strcmp(org->id, r->organisation) != 0;
	const struct trust_org *said =
	    claims ? trust_org(t, r->organisation) : NULL;
	const char *name = said != NULL ? said->name : r->organisation_name;

	json_object_set_new(
	    j, "organisation", json_string(claims ? org->id : r->organisation));
	json_object_set_new(j, "name", maybe(claims ? org->name : name));
	json_object_set_new(
	    j, "claims", maybe(claims ? r->organisation : NULL));
	json_object_set_new(j, "claims_name", maybe(claims ? name : NULL));
}

static const char *
for_name(const struct evidence *c, const struct recsig *r)
{
	const struct trust_org *org =
	    c->proof.trust != NULL && r->for_id[0] != '\0'
		? trust_org(c->proof.trust, r->for_id)
		: NULL;

	return org != NULL ? org->name : r->for_name;
}

/* Is this one of the governance acts that the folder brings? */
static bool
is_here(const struct evidence *c, const uint8_t act[static HASH_LEN])
{
	size_t n = 0;
	const uint8_t(*chain)[HASH_LEN] =
	    c->proof.trust != NULL ? trust_chain(c->proof.trust, &n) : NULL;

	while (n > 0)
		if (memcmp(chain[--n], act, HASH_LEN) == 0)
			return true;
	return false;
}

static json_t *
item_json(const struct evidence *c, const struct evidence_item *it)
{
	const struct recsig *r = &it->r;
	char key[KEY_SIZE] = "";
	json_t *j = json_object();

	json_object_set_new(j, "id", json_string(it->file->name));
	if (r->organisation[0] != '\0') { /* its message reads */
		ident_key(r->key, key);
		set_organisation(c, it, j);
		json_object_set_new(j, "key", json_string(key));
		json_object_set_new(j, "person", maybe(r->person));
		json_object_set_new(j, "capacity",
		    json_string(recsig_capacity_word(r->capacity)));
		json_object_set_new(
		    j, "stance", json_string(recsig_stance_word(r->stance)));
		json_object_set_new(j, "items", maybe(r->items));
		json_object_set_new(j, "for", maybe(r->for_id));
		json_object_set_new(j, "for_name", maybe(for_name(c, r)));
		json_object_set_new(j, "date", json_string(r->date));
		json_object_set_new(j, "record", json_string(r->record));
		json_object_set_new(j, "version", json_string(r->version));
		json_object_set_new(j, "text_hash", hex(r->text));
		json_object_set_new(j, "act", hex(r->act));
		json_object_set_new(
		    j, "act_here", json_boolean(is_here(c, r->act)));
	}
	json_object_set_new(j, "verdict", json_string(verdict(c, it)));
	json_object_set_new(j, "membership", json_string(membership(c, it)));
	if (it->why != NULL)
		json_object_set_new(j, "why", json_string(it->why));
	return j;
}

/* As of which governance act all of this is said. */
static json_t *
last_act(const struct evidence *c)
{
	size_t n = 0;
	const uint8_t(*chain)[HASH_LEN] =
	    c->proof.trust != NULL ? trust_chain(c->proof.trust, &n) : NULL;

	return n > 0 ? hex(chain[n - 1]) : json_null();
}

json_t *
evidence_result(const struct evidence *c)
{
	char words[IDENT_WORDS_SIZE];
	const struct evidence_item *first = NULL;
	json_t *j = json_object(), *list = json_array();

	for (size_t i = 0; i < c->nitems; i++) {
		if (first == NULL && c->items[i].r.record[0] != '\0')
			first = &c->items[i];
		json_array_append_new(list, item_json(c, &c->items[i]));
	}
	ident_coalition_words(c->proof.coalition, words);
	json_object_set_new(j, "coalition", hex(c->proof.coalition));
	json_object_set_new(j, "coalition_words", json_string(words));
	json_object_set_new(
	    j, "record", maybe(first != NULL ? first->r.record : NULL));
	json_object_set_new(
	    j, "version", maybe(first != NULL ? first->r.version : NULL));
	json_object_set_new(j, "text_hash", hex(c->text_hash));
	json_object_set_new(j, "act", last_act(c));
	json_object_set_new(j, "checked_membership", json_boolean(c->w));
	json_object_set(j, "problems", c->problems);
	json_object_set_new(j, "signatures", list);
	return j;
}
