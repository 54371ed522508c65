/*
 * signing: offices that sign, verify, and sign what no office of ours would.
 */
#ifndef TESTS_SIGNING_H
#define TESTS_SIGNING_H

#include "tests/unit/offices.h"

#include "common/mem.h"
#include "daemon/signatures.h"
#include "daemon/store.h"

static OFFICES_UNUSED json_t *
sign(struct desk *d, const char *id, const char *stance)
{
	return ask(d, request_sign,
	    json_pack("{s:s,s:s?}", "record", id, "stance", stance));
}

/* Number of signatures with this verdict. */
static OFFICES_UNUSED size_t
verdicts(struct desk *d, const char *id, const char *word)
{
	json_t *r = ask(d, request_verify, json_pack("{s:s}", "record", id));
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (json_object_get(r, "signatures"), i, v) {
		if (strcmp(json_get_str(v, "verdict"), word) == 0)
			n++;
	}
	json_decref(r);
	return n;
}

static OFFICES_UNUSED size_t
signatures(struct desk *d, const char *id)
{
	json_t *r = ask(d, request_verify, json_pack("{s:s}", "record", id));
	size_t n = json_array_size(json_object_get(r, "signatures"));

	json_decref(r);
	return n;
}

/* The other office joined through the user's own word. */
static OFFICES_UNUSED void
confirm(struct desk *d)
{
	struct err e;

	assert_int_equal(
	    store_set_setting(gate_store(d->o.gate), "confirmed", "yes", &e),
	    0);
}

/* --- what no office of ours signs ----------------------------------------- */

struct twist {
	const char *organisation, *organisation_name; /* claimed */
	const char *for_id, *for_name;
	const char *items;
	enum recsig_stance stance;
	const char *text; /* of a version made up for it, of the same writes */
	bool act_unknown; /* it names a governance act that nobody holds */
};

static OFFICES_UNUSED void
twist(struct recsig *r, const struct twist *how)
{
	if (how->organisation != NULL) {
		memcpy(r->organisation, how->organisation, ID_SIZE);
		free(r->organisation_name);
		r->organisation_name = mem_strdup(how->organisation_name);
	}
	if (how->for_id != NULL) {
		memcpy(r->for_id, how->for_id, ID_SIZE);
		r->for_name = mem_strdup(how->for_name);
	}
	if (how->items != NULL)
		r->items = mem_strdup(how->items);
	r->stance = how->stance;
	if (how->act_unknown)
		memset(r->act, 0xab, HASH_LEN);
}

static OFFICES_UNUSED int
note_of(void *arg, const struct view_version *v)
{
	*(json_t **)arg = json_loads(v->of, 0, NULL);
	return 0;
}

/* A version that names the writes of the one signed, and says something
 * else. */
static OFFICES_UNUSED void
make_up(struct desk *d, struct recsig *r, const char *text)
{
	struct draft *draft = draft_new(false);
	uint8_t change[HASH_LEN];
	json_t *of = NULL;
	struct err e;

	if (view_version(office_store(&d->o), r->version, note_of, &of, &e) ==
	    -1)
		fail_msg("%s", e.msg);
	draft_add(draft,
	    json_pack("{s:s,s:s,s:i,s:o}", "op", "version", "record", r->record,
		"rule", 1, "of", of),
	    json_pack("[s]", text));
	if (gate_commit(d->o.gate, &draft, change, &e) == -1)
		fail_msg("%s", e.msg);
	ident_make(change, 0, r->version);
	crypto_digest(text, strlen(text), r->text);
}

/* What d signed first in the record, signed once more as a bent client might,
 * replacing nothing. */
static OFFICES_UNUSED void
sign_by_hand(struct desk *d, const char *id, struct twist how)
{
	struct draft *draft = draft_new(false);
	const struct change_place *place;
	struct buf msg = BUF_INIT;
	uint8_t sig[SIG_LEN], change[HASH_LEN];
	char b64[TEXT_B64_LEN(SIG_LEN) + 1];
	struct signatures all;
	struct recsig *r;
	size_t i = 0;
	struct err e;

	assert_int_equal(signatures_load(&d->o, id, &all, &e), 0);
	while (memcmp(all.s[i].key, gate_key(d->o.gate), KEY_LEN) != 0)
		assert_true(++i < all.n);
	r = &all.s[i].r;
	if (how.text != NULL)
		make_up(d, r, how.text);
	assert_int_equal(gate_place(d->o.gate, &place, &e), 0);
	r->nprevious = place->nprevious;
	memcpy(r->previous, place->previous, place->nprevious * HASH_LEN);
	twist(r, &how);
	if (recsig_encode(r, &msg, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(
	    gate_sign_record(d->o.gate, msg.data, msg.len, sig, &e), 0);
	text_b64(sig, SIG_LEN, b64);
	draft_add(draft,
	    json_pack("{s:s,s:s}", "op", "sign", "version", r->version),
	    json_pack("[s,s]", msg.data, b64));
	if (gate_commit(d->o.gate, &draft, change, &e) == -1)
		fail_msg("%s", e.msg);
	signatures_clear(&all);
	buf_clear(&msg);
}

/* One text, signed by both, changed by edits of other fields before. */
static OFFICES_UNUSED const char *
signed_by_both(struct desk *a, struct desk *b)
{
	const char *id =
	    recommend(a, "Rest day", "One day in seven,\nm\xc3\xa9me ici.");

	exchange(a, b);
	edit(b, id, "order", "1.2");
	json_decref(sign(b, id, NULL));
	exchange(a, b);
	json_decref(sign(a, id, NULL));
	exchange(a, b);
	return id;
}

#endif
