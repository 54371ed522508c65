/*
 * world: a small coalition made of random changes, without any office: keys,
 * forked logs, acts, records, conflicts, erasures, versions, signatures,
 * rubbish.  Everything comes from one seed.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/change.h"
#include "common/crypto.h"
#include "common/ident.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/recsig.h"
#include "common/segment.h"
#include "common/sshsig.h"
#include "common/text.h"

#ifndef WORLD_KEYS
#define WORLD_KEYS    5
#define WORLD_CHANGES 200
#endif
#define WORLD_RECORDS 64

/* --- chance ------------------------------------------------------------------ */

struct chance {
	uint64_t state;
};

/* splitmix64 */
static uint64_t
chance_next(struct chance *c)
{
	uint64_t z = (c->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned
chance_below(struct chance *c, unsigned n)
{
	return (unsigned)(chance_next(c) % n);
}

static bool
chance_in(struct chance *c, unsigned n)
{
	return chance_below(c, n) == 0;
}

/* --- the world ---------------------------------------------------------------- */

struct world_change {
	uint8_t id[HASH_LEN];
	unsigned key;
	struct change_place place;
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
	struct buf line;
	struct change change;
	bool weighty;
	bool is_head;
	unsigned bare; /* bit per portion: no copy has its bytes */
};

struct world_key {
	struct secret *secret;
	uint8_t key[KEY_LEN];
	char org[ID_SIZE];
	uint8_t request[HASH_LEN];
	bool has_request;
};

struct world_record {
	char id[ID_SIZE];
	unsigned change; /* index + 1; 0: nobody made it */
};

struct world_version {
	char id[ID_SIZE];
	char record[ID_SIZE];
	uint8_t hash[HASH_LEN];
};

struct world {
	struct chance chance;
	struct world_key keys[WORLD_KEYS];
	unsigned nkeys;
	struct world_change *changes;
	unsigned n;
	uint8_t w[HASH_LEN];
	uint8_t last_act[HASH_LEN];
	struct world_record records[WORLD_RECORDS];
	unsigned nrecords;
	struct world_version versions[16];
	unsigned nversions;
	char signatures[16][ID_SIZE];
	unsigned nsignatures;
	int64_t t;
	/* Bytes that were erased stay away when the erasing counts no more,
	 * and then offices hold different bytes: so a world has either
	 * erasures, or acts that make keys count no more. */
	bool has_erasures;
	bool is_tame; /* no forks, no rival acts */
};

/* --- placing ------------------------------------------------------------------- */

static int
world_by_hash(const void *a, const void *b)
{
	return memcmp(a, b, HASH_LEN);
}

/* Mostly all heads of the log; sometimes an older change: a fork. */
static void
world_place(struct world *w, unsigned key, struct world_change *c)
{
	size_t n = 0;
	bool fork = !w->is_tame && chance_in(&w->chance, 12);

	for (unsigned i = 0; i < w->n && n < CHANGE_PREVIOUS_MAX; i++) {
		struct world_change *p = &w->changes[i];

		if (p->key != key || (!fork && !p->is_head))
			continue;
		if (fork && !chance_in(&w->chance, 4))
			continue;
		memcpy(c->previous[n++], p->id, HASH_LEN);
		if (fork || (!w->is_tame && chance_in(&w->chance, 10)))
			break;
	}
	qsort(c->previous, n, HASH_LEN, world_by_hash);
	c->key = key;
	c->place =
	    (struct change_place){.previous = c->previous, .nprevious = n};
	memcpy(c->place.coalition, w->w, HASH_LEN);
	memcpy(c->place.key, w->keys[key].key, KEY_LEN);
}

static void
world_follow(struct world *w, const struct world_change *c)
{
	for (unsigned i = 0; i < w->n; i++)
		for (size_t k = 0; k < c->place.nprevious; k++)
			if (memcmp(w->changes[i].id, c->previous[k],
				HASH_LEN) == 0)
				w->changes[i].is_head = false;
}

/* Draft to change; takes the draft.  The place is known already. */
static struct world_change *
world_make(struct world *w, struct world_change *c, struct draft *d)
{
	struct err e;
	struct head h;
	struct buf line = BUF_INIT;
	struct change made = {0};

	w->t += chance_below(&w->chance, 3);
	if (draft_finish(d, w->t, NULL, 0, &line, &made, &e) == -1)
		abort();
	change_sign(&c->place, &made, w->keys[c->key].secret);
	change_id(&c->place, &made, c->id);
	change_join(&made, true, &c->line);
	c->line.len--;
	if (change_split(c->line.data, c->line.len, &c->change, &e) == -1 ||
	    head_parse(c->change.head, c->change.head_len, c->id,
		c->change.nportions, &h, &e) == -1)
		abort();
	c->weighty = head_is_weighty(&h);
	c->is_head = true;
	head_clear(&h);
	change_clear(&made);
	buf_clear(&line);
	draft_free(d);
	world_follow(w, c);
	c->place.previous = c->previous;
	w->n++;
	return c;
}

static struct world_change *
world_change(struct world *w, unsigned key, struct draft *d)
{
	struct world_change *c = &w->changes[w->n];

	world_place(w, key, c);
	return world_make(w, c, d);
}

/* --- acts ---------------------------------------------------------------------- */

static void
world_genesis(struct world *w)
{
	struct world_change *c = &w->changes[w->n];
	struct draft *d = draft_new(true);
	char key[KEY_SIZE], hex[HEX_SIZE];

	ident_key(w->keys[0].key, key);
	memset(hex, '1', HEX_SIZE - 1);
	hex[HEX_SIZE - 1] = '\0';
	draft_add(d,
	    json_pack("{s:s, s:s, s:[{s:s, s:[s], s:s}], s:i}", "op", "found",
		"name", "C", "convenors", "name", "First", "keys", key,
		"recovery", hex, "k", 1),
	    NULL);
	world_place(w, 0, c);
	c->place.is_genesis = true;
	c->place.nprevious = 0;
	world_make(w, c, d);
	memcpy(w->w, c->id, HASH_LEN);
	memcpy(c->place.coalition, c->id, HASH_LEN);
	memcpy(w->last_act, c->id, HASH_LEN);
	ident_make(w->w, 0, w->keys[0].org);
}

static void
world_request(struct world *w, unsigned key)
{
	struct draft *d = draft_new(true);
	char name[16];

	snprintf(name, sizeof(name), "Org %u", key);
	draft_add(
	    d, json_pack("{s:s, s:s}", "op", "request", "name", name), NULL);
	memcpy(w->keys[key].request, world_change(w, key, d)->id, HASH_LEN);
	w->keys[key].has_request = true;
	ident_make(w->keys[key].request, 0, w->keys[key].org);
}

static void
world_propose(struct world *w, json_t *act)
{
	struct draft *d = draft_new(true);
	char after[HEX_SIZE];

	text_hex(w->last_act, HASH_LEN, after);
	draft_add(d,
	    json_pack(
		"{s:s, s:s, s:o}", "op", "propose", "after", after, "act", act),
	    NULL);
	/* seldom rivals: two acts after the same one */
	if (!w->is_tame && !w->has_erasures && chance_in(&w->chance, 6))
		world_change(w, 0, d);
	else
		memcpy(w->last_act, world_change(w, 0, d)->id, HASH_LEN);
}

static void
world_admit(struct world *w, unsigned key)
{
	char hex[HEX_SIZE], k[KEY_SIZE];

	text_hex(w->keys[key].request, HASH_LEN, hex);
	ident_key(w->keys[key].key, k);
	world_propose(w,
	    json_pack("{s:s, s:s, s:s, s:s, s:[s]}", "kind", "admit", "request",
		hex, "organisation", w->keys[key].org, "name", "O", "keys", k));
}

/* Closes the key of a member up to some change of its log. */
static void
world_remove(struct world *w, unsigned key)
{
	json_t *cut = json_array(), *cuts = json_object();
	char hex[HEX_SIZE], k[KEY_SIZE];

	ident_key(w->keys[key].key, k);
	for (unsigned i = 0; i < w->n; i++)
		if (w->changes[i].key == key && json_array_size(cut) < 2 &&
		    chance_in(&w->chance, 4)) {
			text_hex(w->changes[i].id, HASH_LEN, hex);
			json_array_append_new(cut, json_string(hex));
		}
	json_object_set_new(cuts, k, cut);
	world_propose(w, json_pack("{s:s, s:s, s:o}", "kind", "remove",
			     "organisation", w->keys[key].org, "cuts", cuts));
}

/* --- records ------------------------------------------------------------------- */

static const char *const world_types[] = {"recommendation", "consultation",
    "organisation", "comment", "unheard-of", "group"};
static const char *const world_fields[] = {
    "title", "text", "state", "deleted", "tags/a", "record", "odd", "theme"};

static const char *
world_record(struct world *w)
{
	return w->records[chance_below(&w->chance, w->nrecords)].id;
}

static json_t *
world_value(struct world *w)
{
	char text[32];

	switch (chance_below(&w->chance, 8)) {
	case 0:
		return json_true();
	case 1:
		return json_null();
	case 2:
		return json_pack("[s, {s:i}]", "x", "@", 0);
	case 3:
		return json_pack("{s:i}", "@", 0);
	case 4:
		return json_integer(7);
	default:
		snprintf(text, sizeof(text), "v%u \"\xc3\xa9\"",
		    chance_below(&w->chance, 4));
		return json_string(text);
	}
}

/* Prefixes of some changes, mostly useful ones. */
static json_t *
world_over(struct world *w)
{
	json_t *over = json_array();
	char hex[HEX_SIZE];

	while (!chance_in(&w->chance, 3)) {
		unsigned i = chance_below(&w->chance, w->n);

		text_hex(w->changes[i].id, HASH_LEN, hex);
		hex[PREFIX_CHARS] = '\0';
		json_array_append_new(over, json_string(hex));
	}
	return over;
}

static void
world_add_new(struct world *w, struct draft *d)
{
	json_t *op = json_pack("{s:s, s:s, s:[s, s]}", "op", "new", "type",
	    world_types[chance_below(&w->chance, 6)], "fields", "title",
	    world_fields[1 + chance_below(&w->chance, 7)]);
	json_t *values = json_pack("[o, o]", world_value(w), world_value(w));

	if (chance_in(&w->chance, 3))
		json_object_set_new(op, "hosts",
		    json_pack("[s]",
			w->keys[chance_below(&w->chance, w->nkeys)].org));
	if (chance_in(&w->chance, 3))
		json_object_set_new(op, "in", json_string(world_record(w)));
	if (chance_in(&w->chance, 12))
		json_array_append_new(values, json_null()); /* too many */
	draft_add(d, op, values);
}

static void
world_add_set(struct world *w, struct draft *d, bool own)
{
	const char *field = world_fields[chance_below(&w->chance, 8)];
	json_t *op = json_pack("{s:s, s:[s]}", "op", "set", "fields", field);
	json_t *values = json_pack("[o]", world_value(w));

	json_object_set_new(op, "record",
	    own ? json_pack("{s:i}", "@", 0) : json_string(world_record(w)));
	if (!chance_in(&w->chance, 3))
		json_object_set_new(
		    op, "over", json_pack("{s:o}", field, world_over(w)));
	if (chance_in(&w->chance, 3))
		draft_add_personal(d, op, values);
	else
		draft_add(d, op, values);
}

static void
world_edit(struct world *w, unsigned key)
{
	struct draft *d = draft_new(false);
	bool made = chance_in(&w->chance, 3) || w->n < 8;
	struct world_change *c;

	if (made)
		world_add_new(w, d);
	do
		world_add_set(w, d, made && chance_in(&w->chance, 2));
	while (chance_in(&w->chance, 3));
	c = world_change(w, key, d);
	if (chance_in(&w->chance, 10))
		c->bare = 1u << chance_below(
			      &w->chance, (unsigned)c->change.nportions);
	/* some others may have referred to it before it was there */
	if (made && w->nrecords < WORLD_RECORDS)
		ident_make(c->id, 0, w->records[w->nrecords++].id);
}

static void
world_erase(struct world *w, unsigned key)
{
	struct world_change *of = &w->changes[chance_below(&w->chance, w->n)];
	struct draft *d = draft_new(false);
	char hex[HEX_SIZE];

	text_hex(of->id, HASH_LEN, hex);
	draft_add(d,
	    json_pack("{s:s, s:s, s:i}", "op", "erase", "change", hex,
		"portion",
		chance_below(&w->chance, (unsigned)of->change.nportions + 1)),
	    NULL);
	world_change(w, key, d);
}

/* --- versions and signatures ---------------------------------------------------- */

static void
world_version(struct world *w, unsigned key)
{
	struct draft *d = draft_new(false);
	struct world_version *v = &w->versions[w->nversions];
	char text[32];

	if (w->nversions == 16) {
		draft_free(d);
		return;
	}
	memcpy(v->record, world_record(w), ID_SIZE);
	snprintf(text, sizeof(text), "text %u\n", chance_below(&w->chance, 3));
	crypto_digest(text, strlen(text), v->hash);
	draft_add(d,
	    json_pack("{s:s, s:s, s:i, s:[[s, s, o]]}", "op", "version",
		"record", v->record, "rule", 1, "of", v->record, "text",
		world_over(w)),
	    json_pack("[s]", text));
	ident_make(world_change(w, key, d)->id, 0, v->id);
	w->nversions++;
}

static void
world_recsig(struct world *w, const struct world_change *c,
    const struct world_version *v, struct recsig *r)
{
	*r = (struct recsig){
	    .capacity = (enum recsig_capacity)chance_below(&w->chance, 3),
	    .stance = (enum recsig_stance)chance_below(&w->chance, 3),
	    .organisation_name = mem_strdup("O")};
	memcpy(r->coalition, w->w, HASH_LEN);
	memcpy(r->key, w->keys[c->key].key, KEY_LEN);
	memcpy(r->previous, c->previous, sizeof(r->previous));
	r->nprevious = c->place.nprevious;
	memcpy(r->act, w->last_act, HASH_LEN);
	memcpy(r->record, v->record, ID_SIZE);
	memcpy(r->version, v->id, ID_SIZE);
	memcpy(r->text, v->hash, HASH_LEN);
	memcpy(r->organisation, w->keys[c->key].org, ID_SIZE);
	memcpy(r->date, "2007-05-12", 11);
	if (chance_in(&w->chance, 4)) {
		memcpy(r->for_id,
		    w->keys[chance_below(&w->chance, w->nkeys)].org, ID_SIZE);
		r->for_name = mem_strdup("F");
	}
	if (w->nsignatures > 0 && chance_in(&w->chance, 3)) {
		r->replaces = mem_alloc(ID_SIZE);
		memcpy(r->replaces[0],
		    w->signatures[chance_below(&w->chance, w->nsignatures)],
		    ID_SIZE);
		r->nreplaces = 1;
	}
}

static void
world_sign(struct world *w, unsigned key)
{
	struct world_change *c = &w->changes[w->n];
	struct world_version *v;
	struct draft *d = draft_new(false);
	struct buf msg = BUF_INIT;
	struct recsig r;
	struct err e;
	uint8_t sig[SIG_LEN];
	char b64[TEXT_B64_LEN(SIG_LEN) + 1];

	if (w->nversions == 0 || w->nsignatures == 16) {
		draft_free(d);
		return;
	}
	v = &w->versions[chance_below(&w->chance, w->nversions)];
	world_place(w, key, c);
	world_recsig(w, c, v, &r);
	if (recsig_encode(&r, &msg, &e) == -1)
		abort();
	secret_sign(
	    w->keys[key].secret, SSHSIG_NS_RECORD, msg.data, msg.len, sig);
	sig[3] ^= chance_in(&w->chance, 8); /* some are bad */
	text_b64(sig, SIG_LEN, b64);
	draft_add(d, json_pack("{s:s, s:s}", "op", "sign", "version", v->id),
	    json_pack("[s, s]", msg.data, b64));
	ident_make(world_make(w, c, d)->id, 0, w->signatures[w->nsignatures++]);
	recsig_clear(&r);
	buf_clear(&msg);
}

/* --- making one ----------------------------------------------------------------- */

static void
world_step(struct world *w)
{
	unsigned key = chance_below(&w->chance, w->nkeys);
	unsigned other = chance_below(&w->chance, w->nkeys);

	switch (chance_below(&w->chance, 24)) {
	case 0:
		if (!w->keys[key].has_request && key != 0)
			world_request(w, key);
		break;
	case 1:
	case 2:
		if (w->keys[other].has_request)
			world_admit(w, other);
		break;
	case 3:
		if (w->keys[other].has_request && !w->has_erasures &&
		    chance_in(&w->chance, 2))
			world_remove(w, other);
		break;
	case 4:
	case 5:
		if (w->has_erasures)
			world_erase(w, key);
		break;
	case 6:
	case 7:
		world_version(w, key);
		break;
	case 8:
	case 9:
	case 10:
		world_sign(w, key);
		break;
	default:
		world_edit(w, key);
	}
}

static void
world_keys(struct world *w, unsigned n)
{
	w->nkeys = n;
	w->changes = mem_zalloc(WORLD_CHANGES * sizeof(w->changes[0]));
	for (unsigned i = 0; i < w->nkeys; i++) {
		uint8_t s[SEED_LEN] = {0};

		for (unsigned k = 0; k < 8; k++)
			s[k] = (uint8_t)chance_next(&w->chance);
		w->keys[i].secret = secret_from_seed(s);
		secret_public(w->keys[i].secret, w->keys[i].key);
		memcpy(w->keys[i].org, "aaaaaaaaaaaaaaaaaaaaaaaaaa", ID_SIZE);
	}
}

static inline void
world_init(struct world *w, uint64_t seed)
{
	unsigned steps;

	memset(w, 0, sizeof(*w));
	w->chance.state = seed * 0x2545f4914f6cdd1du + 1;
	w->t = 1795000000000;
	w->has_erasures = chance_in(&w->chance, 2);
	world_keys(w, 2 + chance_below(&w->chance, WORLD_KEYS - 1));
	/* one that nobody ever makes */
	memcpy(w->records[w->nrecords++].id, "bbbbbbbbbbbbbbbbbbbbbbbbbb",
	    ID_SIZE);
	world_genesis(w);
	for (unsigned i = 1; i < w->nkeys; i++)
		if (!chance_in(&w->chance, 5))
			world_request(w, i);
	steps = 15 + chance_below(&w->chance, 80);
	for (unsigned i = 0; i < steps && w->n < WORLD_CHANGES - 1; i++)
		world_step(w);
}

static void
world_clear(struct world *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		change_clear(&w->changes[i].change);
		buf_clear(&w->changes[i].line);
	}
	for (unsigned i = 0; i < w->nkeys; i++)
		secret_free(w->keys[i].secret);
	free(w->changes);
}

/* --- carrying it ----------------------------------------------------------------- */

/* A copy of a change as it might travel: without the bytes of a portion, or
 * with a signature that is no good. */
static void
world_carry(struct world *w, struct segment_writer *out, struct world_change *c,
    bool maim)
{
	struct change copy = c->change;
	uint8_t hash[HASH_LEN];
	char text[8][2 + 2 * HASH_LEN];

	copy.portions =
	    mem_array(NULL, copy.nportions, sizeof(copy.portions[0]));
	memcpy(copy.portions, c->change.portions,
	    copy.nportions * sizeof(copy.portions[0]));
	for (unsigned i = 0; i < copy.nportions && i < 8; i++) {
		if (!(c->bare >> i & 1) && !(maim && chance_in(&w->chance, 10)))
			continue;
		portion_hash(&copy.portions[i], hash);
		text[i][0] = '#';
		text_hex(hash, HASH_LEN, text[i] + 1);
		copy.portions[i] =
		    (struct portion){text[i], 1 + 2 * HASH_LEN, PORTION_HASH};
	}
	if (maim && chance_in(&w->chance, 12))
		copy.sig[7] ^= 4;
	segment_writer_add(out, &c->place, c->id, &copy, c->weighty);
	free(copy.portions);
}

/* One blob with some changes of one log.  The last signature is sometimes
 * missing, so that nothing behind the one before is authentic by it. */
static void
world_blob(struct world *w, unsigned key, unsigned from, unsigned count,
    bool maim, struct buf *b)
{
	struct segment_writer out;

	segment_writer_init(&out, b, w->w);
	for (unsigned i = from; i < w->n && count > 0; i++) {
		if (w->changes[i].key != key)
			continue;
		world_carry(w, &out, &w->changes[i], maim);
		count--;
		if (maim && chance_in(&w->chance, 8))
			segment_writer_end(&out);
	}
	segment_writer_end(&out);
	segment_writer_clear(&out);
}

#endif
