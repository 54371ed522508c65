/*
 * acts: a small world for tests of trust.  Keys go by number; acts are made
 * in memory and their ids are made up from their heads, so that no signature
 * is needed (trust gets authentic acts only).
 */
#ifndef TESTS_ACTS_H
#define TESTS_ACTS_H

#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/trust.h"

struct act {
	uint8_t id[HASH_LEN];
	uint8_t key[KEY_LEN];
	struct head head;
};

struct world {
	struct act *acts;
	size_t n, cap;
	int64_t t;
};

/* Made once each: guarded memory for the secret is slow. */
static inline void
key_of(int number, uint8_t ret[static KEY_LEN])
{
	static struct {
		bool is_made;
		uint8_t key[KEY_LEN];
	} made[2048];
	uint8_t seed[SEED_LEN] = {0};
	struct secret *s;

	assert_true(number >= 0 && number < 2048);
	if (!made[number].is_made) {
		seed[0] = (uint8_t)number;
		seed[1] = (uint8_t)(number >> 8);
		s = secret_from_seed(seed);
		secret_public(s, made[number].key);
		secret_free(s);
		made[number].is_made = true;
	}
	memcpy(ret, made[number].key, KEY_LEN);
}

static inline json_t *
key_json(int number)
{
	uint8_t key[KEY_LEN];
	char text[KEY_SIZE];

	key_of(number, key);
	ident_key(key, text);
	return json_string(text);
}

static inline json_t *
hex_json(const uint8_t *id)
{
	char hex[HEX_SIZE];

	text_hex(id, HASH_LEN, hex);
	return json_string(hex);
}

/* Keys by number, up to 0. */
static inline json_t *
keys_json(const int *numbers)
{
	json_t *a = json_array();

	for (; *numbers != 0; numbers++)
		json_array_append_new(a, key_json(*numbers));
	return a;
}

/* The hash of the recovery key of this number. */
static inline json_t *
recovery_json(int number)
{
	uint8_t key[KEY_LEN], hash[HASH_LEN];

	key_of(number, key);
	crypto_digest(key, KEY_LEN, hash);
	return hex_json(hash);
}

/* An id is copied out: "acts" moves when it grows. */
struct id {
	uint8_t b[HASH_LEN];
};

/* Adds an act of a key; takes op. */
static inline struct id
act(struct world *w, int key, json_t *op)
{
	char *text = json_dumps(op, JSON_COMPACT);
	struct buf b = BUF_INIT;
	struct act *a;
	struct id id;
	struct err e;

	if (w->n == w->cap) {
		w->cap = w->cap * 2 + 32;
		w->acts = mem_array(w->acts, w->cap, sizeof(w->acts[0]));
	}
	a = &w->acts[w->n++];
	assert_non_null(text);
	json_decref(op);
	buf_printf(
	    &b, "{\"t\":%d,\"kind\":\"act\",\"ops\":[%s]}", (int)++w->t, text);
	free(text);
	crypto_digest(b.data, b.len, a->id);
	key_of(key, a->key);
	assert_int_equal(head_parse(b.data, b.len, a->id, 1, &a->head, &e), 0);
	buf_clear(&b);
	memcpy(id.b, a->id, HASH_LEN);
	return id;
}

#define RECOVERY(n) (1000 + (n)) /* the recovery key of convenor n */

/* Founds with convenors 1..n, one key each, numbered so too. */
static inline struct id
found(struct world *w, int n, int k)
{
	json_t *orgs = json_array();
	char name[32];

	for (int i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "Convenor %d", i);
		json_array_append_new(
		    orgs, json_pack("{s:s,s:o,s:o}", "name", name, "keys",
			      keys_json((int[]){i, 0}), "recovery",
			      recovery_json(RECOVERY(i))));
	}
	return act(w, 1,
	    json_pack("{s:s,s:s,s:o,s:i}", "op", "found", "name", "Task Force",
		"convenors", orgs, "k", k));
}

/* The id of convenor n of the genesis. */
static inline json_t *
convenor_json(struct id g, int n)
{
	char org[ID_SIZE];

	ident_make(g.b, (size_t)n - 1, org);
	return json_string(org);
}

static inline json_t *
member_json(struct id request)
{
	char org[ID_SIZE];

	ident_make(request.b, 0, org);
	return json_string(org);
}

static inline struct id
ask(struct world *w, int key, const char *name)
{
	return act(
	    w, key, json_pack("{s:s,s:s}", "op", "request", "name", name));
}

/* Proposes; takes the deed. */
static inline struct id
propose(struct world *w, int key, struct id after, json_t *deed)
{
	return act(w, key,
	    json_pack("{s:s,s:o,s:o}", "op", "propose", "after",
		hex_json(after.b), "act", deed));
}

static inline json_t *
admission(struct id request, int key, const char *name)
{
	return json_pack("{s:s,s:o,s:o,s:s,s:o}", "kind", "admit", "request",
	    hex_json(request.b), "organisation", member_json(request), "name",
	    name, "keys", keys_json((int[]){key, 0}));
}

/* A whole admission by one key: request and proposal.  ret_request may be
 * NULL. */
static inline struct id
admit(struct world *w, int by, struct id after, int key, struct id *ret_request)
{
	char name[32];
	struct id request;

	snprintf(name, sizeof(name), "Member %d", key);
	request = ask(w, key, name);
	if (ret_request != NULL)
		*ret_request = request;
	return propose(w, by, after, admission(request, key, name));
}

/* Takes org; keys up to 0. */
static inline json_t *
rekeying(json_t *org, const int *keys, int recovery, json_t *cuts)
{
	json_t *deed =
	    json_pack("{s:s,s:o,s:o,s:o}", "kind", "rekey", "organisation", org,
		"keys", keys_json(keys), "recovery", recovery_json(recovery));

	if (cuts != NULL)
		json_object_set_new(deed, "cuts", cuts);
	return deed;
}

/* The first n convenors of the genesis, and then "more" if it is not NULL
 * (taken). */
static inline json_t *
convening(struct id g, const int *convenors, json_t *more, int k)
{
	json_t *orgs = json_array();

	for (; *convenors != 0; convenors++)
		json_array_append_new(orgs, convenor_json(g, *convenors));
	if (more != NULL)
		json_array_append_new(orgs, more);
	return json_pack("{s:s,s:o,s:i}", "kind", "convenors", "organisations",
	    orgs, "k", k);
}

static inline struct id
approve(struct world *w, int key, struct id about)
{
	return act(w, key,
	    json_pack("{s:s,s:o}", "op", "approve", "act", hex_json(about.b)));
}

/* The numbers of the acts in an order that "turn" chooses.  Caller frees. */
static inline size_t *
shuffle(const struct world *w, size_t turn)
{
	size_t *order = mem_array(NULL, w->n, sizeof(order[0]));
	uint64_t seed = turn * 2654435761u + 1;

	for (size_t i = 0; i < w->n; i++)
		order[i] = i;
	for (size_t i = w->n; turn > 0 && i > 1; i--) {
		size_t k, x;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		k = (size_t)(seed >> 33) % i;
		x = order[i - 1];
		order[i - 1] = order[k];
		order[k] = x;
	}
	return order;
}

/* Resolves with the acts in an order that "turn" chooses, some of them added
 * twice: neither must matter. */
static inline struct trust *
resolve(const struct world *w, size_t turn)
{
	struct trust *t = trust_new(w->acts[0].id);
	size_t *order = shuffle(w, turn);

	for (size_t i = 0; i < w->n; i++) {
		const struct act *a = &w->acts[order[i]];

		trust_add(t, a->id, a->key, &a->head);
		if (turn > 0 && i % 3 == 0)
			trust_add(t, a->id, a->key, &a->head);
		if (turn > 0 && i == w->n / 2)
			trust_resolve(t, NULL);
	}
	trust_resolve(t, NULL);
	free(order);
	return t;
}

static inline void
clear(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		head_clear(&w->acts[i].head);
	free(w->acts);
	*w = (struct world){0};
}

/* Does key number "key" count, whatever the order of arrival? */
static inline bool
counts(const struct world *w, int key)
{
	uint8_t k[KEY_LEN], change[HASH_LEN] = {1};
	bool first = false;

	key_of(key, k);
	for (size_t turn = 0; turn < 7; turn++) {
		struct trust *t = resolve(w, turn);
		bool now = trust_counts(t, NULL, k, change);

		if (turn == 0)
			first = now;
		assert_int_equal(first, now);
		trust_free(t);
	}
	return first;
}

/* How many acts stand, the genesis included. */
static inline size_t
standing(const struct world *w)
{
	struct trust *t = resolve(w, 3);
	size_t n;

	trust_chain(t, &n);
	trust_free(t);
	return n;
}

static inline size_t
alarms(const struct world *w)
{
	struct trust *t = resolve(w, 5);
	size_t n;

	trust_alarms(t, &n);
	trust_free(t);
	return n;
}

static inline int
setup(void **state)
{
	(void)state;
	crypto_setup();
	return 0;
}

#endif
