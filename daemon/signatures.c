#include "signatures.h"

#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "common/slot.h"
#include "common/verdict.h"
#include "gate.h"
#include "log_read.h"
#include "signed_text.h"

/* --- loading ------------------------------------------------------------- */

static int
keep(void *arg, const struct view_signature *v)
{
	struct signatures *all = arg;
	struct signature *s;
	struct err ignored;

	if (all->n % 16 == 0)
		all->s = mem_array(all->s, all->n + 16, sizeof(all->s[0]));
	s = &all->s[all->n++];
	*s = (struct signature){.good = v->good,
	    .counts = v->counts,
	    .in_state = v->in_state,
	    .contested = v->contested,
	    .is_missing = v->message == NULL};
	memcpy(s->id, v->id, ID_SIZE);
	memcpy(s->version, v->version, ID_SIZE);
	memcpy(s->change, v->change, HASH_LEN);
	memcpy(s->key, v->key, KEY_LEN);
	if (v->message == NULL)
		return 0;
	s->message = mem_strndup(v->message, v->message_len);
	s->has_message =
	    recsig_decode(v->message, v->message_len, &s->r, &ignored) == 0;
	if (v->sig != NULL && strlen(v->sig) < sizeof(s->sig))
		memcpy(s->sig, v->sig, strlen(v->sig));
	return 0;
}

int
signatures_load(const struct office *o, const char *record,
    struct signatures *ret, struct err *e)
{
	struct signatures s = {0};

	if (view_signatures(office_store(o), record, keep, &s, e) == -1) {
		signatures_clear(&s);
		return -1;
	}
	*ret = s;
	return 0;
}

void
signatures_clear(struct signatures *s)
{
	for (size_t i = 0; i < s->n; i++) {
		recsig_clear(&s->s[i].r);
		free(s->s[i].message);
	}
	free(s->s);
	*s = (struct signatures){0};
}

const char *
signature_for_name(const struct recsig *r, const struct trust *t)
{
	const struct trust_org *org =
	    r->for_id[0] != '\0' ? trust_org(t, r->for_id) : NULL;

	return org != NULL ? org->name : r->for_name;
}

bool
signature_same_slot(const struct recsig *a, const struct recsig *b)
{
	char *x = slot_name(a), *y = slot_name(b);
	bool same = strcmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

/* --- verdicts ------------------------------------------------------------ */

struct facts {
	const struct office *o;
	struct signed_versions versions;
	bool is_confirmed;
};

static const char *
verdict(const struct facts *f, const struct signature *s)
{
	const struct trust_key *key = trust_key(gate_trust(f->o->gate), s->key);
	const struct signed_version *v =
	    signed_versions_find(&f->versions, s->version);
	const struct verdict_facts x = {.is_good = s->good,
	    .is_admitted = key != NULL,
	    .counts = s->counts,
	    .is_withdrawn = s->has_message && s->r.stance == STANCE_WITHDRAWN,
	    .is_confirmed_coalition = f->is_confirmed,
	    .is_contested = s->contested,
	    .is_for_other = s->has_message && s->r.for_id[0] != '\0' &&
			    s->r.stance != STANCE_CONFIRMED,
	    .is_changed = v == NULL || !v->is_current,
	    .is_closed = key != NULL && key->is_cut};

	return verdict_word(&x);
}

static json_t *
maybe(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

/* Is the governance act that a signer knew of held here? */
static bool
is_here(const struct office *o, const uint8_t act[static HASH_LEN])
{
	struct log_entry l;
	struct err ignored;

	if (trust_in_force(gate_trust(o->gate), act))
		return true;
	if (log_by_id(office_store(o), act, &l, &ignored) == -1)
		return false;
	log_entry_clear(&l);
	return true;
}

/* What the message says, but of whose key signed it: a forger's word for who
 * he is must not pass for that of his victim. */
static void
set_message(const struct facts *f, const struct signature *s, json_t *j)
{
	const struct trust *t = gate_trust(f->o->gate);
	const struct recsig *r = &s->r;
	const struct trust_org *said = trust_org(t, r->organisation);
	const struct trust_org *made = office_org_of(f->o, s->key);
	const char *name = said != NULL ? said->name : r->organisation_name;
	bool claims = made != NULL && strcmp(made->id, r->organisation) != 0;

	json_object_set_new(j, "organisation",
	    json_string(claims ? made->id : r->organisation));
	json_object_set_new(j, "name", json_string(claims ? made->name : name));
	json_object_set_new(
	    j, "claims", maybe(claims ? r->organisation : NULL));
	json_object_set_new(j, "claims_name", maybe(claims ? name : NULL));
	json_object_set_new(j, "person", maybe(r->person));
	json_object_set_new(
	    j, "capacity", json_string(recsig_capacity_word(r->capacity)));
	json_object_set_new(
	    j, "stance", json_string(recsig_stance_word(r->stance)));
	json_object_set_new(j, "for", maybe(r->for_id));
	json_object_set_new(j, "for_name", maybe(signature_for_name(r, t)));
	json_object_set_new(j, "items", maybe(r->items));
	json_object_set_new(j, "date", json_string(r->date));
	json_object_set_new(j, "text_hash", office_hex(r->text));
	json_object_set_new(j, "act", office_hex(r->act));
	json_object_set_new(j, "act_here", json_boolean(is_here(f->o, r->act)));
}

/* The sweep may not have come to it yet; whoever asks for a verdict need not
 * wait. */
static int
is_unchecked(const struct office *o, const uint8_t change[static HASH_LEN],
    bool *ret, struct err *e)
{
	struct log_entry l;

	if (view_is_unchecked(office_store(o), change, ret, e) == -1)
		return -1;
	if (!*ret)
		return 0;
	if (log_by_id(office_store(o), change, &l, e) == -1)
		return -1;
	*ret = !change_verify(&l.place, &l.change);
	log_entry_clear(&l);
	return 0;
}

static int
signature_json(const struct facts *f, const struct signature *s, json_t *list,
    struct err *e)
{
	const struct trust_key *key = trust_key(gate_trust(f->o->gate), s->key);
	bool unchecked;
	json_t *j;

	if (is_unchecked(f->o, s->change, &unchecked, e) == -1)
		return -1;
	j = json_pack("{s:s, s:o, s:o, s:s, s:b, s:b}", "id", s->id, "change",
	    office_hex(s->change), "key", office_key(s->key), "version",
	    s->version, "good", s->good, "unchecked", unchecked);
	if (s->has_message)
		set_message(f, s, j);
	else /* it does not read: who made the log */
		office_set_org(j, office_org_of(f->o, s->key));
	json_object_set_new(j, "verdict", json_string(verdict(f, s)));
	json_object_set_new(j, "membership",
	    json_string(
		verdict_membership(key != NULL, key != NULL && key->is_cut)));
	json_array_append_new(list, j);
	return 0;
}

/* What a withdrawal took back: its stance and date. */
static json_t *
withdrawn_by(const struct signature *s, const struct signatures *all)
{
	json_t *list = json_array();

	if (!s->has_message || s->r.stance != STANCE_WITHDRAWN)
		return list;
	for (size_t i = 0; i < all->n; i++) {
		const struct signature *old = &all->s[i];

		if (!old->has_message || !signature_same_slot(&old->r, &s->r))
			continue;
		for (size_t k = 0; k < s->r.nreplaces; k++)
			if (strcmp(s->r.replaces[k], old->id) == 0)
				json_array_append_new(
				    list, json_pack("{s:s, s:s}", "stance",
					      recsig_stance_word(old->r.stance),
					      "date", old->r.date));
	}
	return list;
}

/* Those that stand, and those that never could; not those that gave way to
 * another one. */
static bool
is_listed(const struct signature *s)
{
	return !s->is_missing && (s->in_state || !s->good || !s->counts);
}

int
signatures_verify(const struct office *o, const struct view_record *r,
    json_t **ret, struct err *e)
{
	struct facts f = {.o = o};
	struct signatures all = {0};
	const struct signed_version *current;
	json_t *list = json_array(), *j;
	json_int_t missing = 0;
	int rv = -1;

	if (office_confirmed(o, &f.is_confirmed, e) == -1 ||
	    signed_versions_load(o, r, &f.versions, e) == -1 ||
	    signatures_load(o, r->id, &all, e) == -1)
		goto out;
	for (size_t i = 0; i < all.n; i++) {
		missing += all.s[i].is_missing;
		if (!is_listed(&all.s[i]))
			continue;
		if (signature_json(&f, &all.s[i], list, e) == -1)
			goto out;
		json_object_set_new(
		    json_array_get(list, json_array_size(list) - 1),
		    "withdrawn", withdrawn_by(&all.s[i], &all));
	}
	current = signed_versions_current(&f.versions);
	j = json_pack("{s:s, s:b, s:s?, s:O, s:I}", "record", r->id, "deleted",
	    r->deleted, "current_version", current != NULL ? current->id : NULL,
	    "signatures", list, "missing", missing);
	json_object_set_new(j, "text_hash",
	    f.versions.has_text ? office_hex(f.versions.hash) : json_null());
	json_object_set_new(j, "no_text",
	    maybe(f.versions.has_text ? NULL : f.versions.why.msg));
	json_object_set_new(j, "act",
	    office_last_act(o) != NULL ? office_hex(office_last_act(o))
				       : json_null());
	*ret = j;
	rv = 0;
out:
	signatures_clear(&all);
	signed_versions_clear(&f.versions);
	json_decref(list);
	return rv;
}

/* --- as a list ----------------------------------------------------------- */

/* By the name under which the key's organisation was admitted, whatever the
 * message calls it. */
static json_t *
row_json(const struct office *o, const struct signature *s)
{
	const struct trust_org *made = office_org_of(o, s->key);
	const struct recsig *r = &s->r;
	json_t *j = json_pack("{s:s, s:s, s:b, s:[], s:[]}", "id", s->id,
	    "type", "signature", "deleted", 0, "conflicts", "missing");

	office_set_org(j, made);
	json_object_set_new(j, "values",
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s}", "record",
		r->record, "version", r->version, "capacity",
		recsig_capacity_word(r->capacity), "stance",
		recsig_stance_word(r->stance), "organisation",
		made != NULL ? made->name : r->organisation_name, "person",
		r->person, "date", r->date));
	return j;
}

static bool
matches(const json_t *row, const json_t *where)
{
	const json_t *values = json_object_get(row, "values");
	const char *field;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)where, field, v) {
		const json_t *has = json_object_get(values, field);

		if (!json_equal(has != NULL ? has : json_null(), v))
			return false;
	}
	return true;
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct signature *)a)->id,
	    ((const struct signature *)b)->id);
}

int
signatures_list(const struct office *o, const json_t *where, const char *after,
    int limit, json_t **ret, struct err *e)
{
	struct signatures all;
	json_t *rows;

	if (signatures_load(o, json_get_str(where, "record"), &all, e) == -1)
		return -1;
	rows = json_array();
	if (all.n > 0)
		qsort(all.s, all.n, sizeof(all.s[0]), by_id);
	for (size_t i = 0; i < all.n && json_array_size(rows) < (size_t)limit;
	     i++) {
		const struct signature *s = &all.s[i];
		json_t *row;

		if (!s->in_state || !s->has_message ||
		    strcmp(s->id, after) <= 0)
			continue;
		row = row_json(o, s);
		if (matches(row, where))
			json_array_append(rows, row);
		json_decref(row);
	}
	signatures_clear(&all);
	*ret = rows;
	return 0;
}
