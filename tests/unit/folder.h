/*
 * folder: an evidence folder made by hand, in memory: two offices, a
 * request, an admission, a record of the second one, signed by both.  No
 * daemon code is in it, so that the checker is not judged by its own maker.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include "tests/unit/unit.h"

#include <stdio.h>

#include "common/change.h"
#include "common/evidence.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/recsig.h"
#include "common/segment.h"
#include "common/sshsig.h"

#define FOLDER_TEXT "recommendation\ntitle: Rest day\n\nOne day in seven.\n"

struct device {
	struct secret *secret;
	uint8_t key[KEY_LEN];
	uint8_t last[HASH_LEN];
	bool has_last;
	char org[ID_SIZE];
	const char *name;
};

struct folder {
	struct device a, b; /* founder, newcomer */
	uint8_t w[HASH_LEN];
	bool has_w;
	int64_t t;
	struct buf chain;
	struct segment_writer writer;
	char record[ID_SIZE], version[ID_SIZE];
	uint8_t act[HASH_LEN];
	struct evidence_file files[16];
	size_t n;
	/* what a test may ask for */
	enum recsig_stance stance;
	bool skip_admission;
	bool contradicts; /* the second objects, too, and replaces nothing */
	const char *claims_org; /* in place of the second's own id */
};

static inline void
device_init(struct device *d, uint8_t number, const char *name)
{
	uint8_t seed[SEED_LEN] = {number};

	d->secret = secret_from_seed(seed);
	secret_public(d->secret, d->key);
	d->name = name;
}

static inline json_t *
folder_hex(const uint8_t *hash)
{
	char hex[HEX_SIZE];

	text_hex(hash, HASH_LEN, hex);
	return json_string(hex);
}

static inline json_t *
folder_key(const uint8_t *key)
{
	char text[KEY_SIZE];

	ident_key(key, text);
	return json_string(text);
}

/* A change of one operation; takes op and values. */
static inline void
folder_commit(struct folder *f, struct device *d, bool is_act, json_t *op,
    json_t *values, uint8_t ret[static HASH_LEN])
{
	struct draft *draft = draft_new(is_act);
	struct buf line = BUF_INIT;
	struct change c = {0};
	struct change_place at = {.is_genesis = !f->has_w,
	    .previous = &d->last,
	    .nprevious = d->has_last};
	struct err e;

	memcpy(at.coalition, f->w, HASH_LEN);
	memcpy(at.key, d->key, KEY_LEN);
	draft_add(draft, op, values);
	assert_int_equal(
	    draft_finish(draft, ++f->t, NULL, 0, &line, &c, &e), 0);
	change_sign(&at, &c, d->secret);
	change_id(&at, &c, ret);
	if (!f->has_w) {
		memcpy(f->w, ret, HASH_LEN);
		f->has_w = true;
		segment_writer_init(&f->writer, &f->chain, f->w);
	}
	segment_writer_add(&f->writer, &at, ret, &c, true);
	memcpy(d->last, ret, HASH_LEN);
	d->has_last = true;
	change_clear(&c);
	buf_clear(&line);
	draft_free(draft);
}

static inline struct evidence_file *
folder_add(struct folder *f, const char *name, const void *p, size_t n)
{
	struct evidence_file *file = &f->files[f->n++];

	assert_true(f->n <= sizeof(f->files) / sizeof(f->files[0]));
	file->name = mem_strdup(name);
	file->data = (struct buf)BUF_INIT;
	buf_add(&file->data, p, n);
	return file;
}

static inline struct evidence_file *
folder_find(struct folder *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->files[i].name, name) == 0)
			return &f->files[i];
	fail_msg("no file %s", name);
	return NULL;
}

static inline void
folder_sign(struct folder *f, struct device *d)
{
	struct recsig r = {.capacity = CAPACITY_ENDORSEMENT,
	    .stance = f->stance,
	    .nprevious = 1,
	    .date = "2007-05-12"};
	struct buf msg = BUF_INIT, armour = BUF_INIT;
	uint8_t sig[SIG_LEN], id[HASH_LEN];
	char b64[TEXT_B64_LEN(SIG_LEN) + 1], name[ID_SIZE + 4];
	struct err e;

	memcpy(r.coalition, f->w, HASH_LEN);
	memcpy(r.key, d->key, KEY_LEN);
	memcpy(r.previous[0], d->last, HASH_LEN);
	memcpy(r.act, f->act, HASH_LEN);
	memcpy(r.record, f->record, ID_SIZE);
	memcpy(r.version, f->version, ID_SIZE);
	crypto_digest(FOLDER_TEXT, strlen(FOLDER_TEXT), r.text);
	memcpy(r.organisation, d->org, ID_SIZE);
	if (d == &f->b && f->claims_org != NULL)
		memcpy(r.organisation, f->claims_org, ID_SIZE);
	r.organisation_name = mem_strdup(d->name);
	assert_int_equal(recsig_encode(&r, &msg, &e), 0);
	secret_sign(d->secret, SSHSIG_NS_RECORD, msg.data, msg.len, sig);
	text_b64(sig, SIG_LEN, b64);
	folder_commit(f, d, false,
	    json_pack("{s:s,s:s}", "op", "sign", "version", f->version),
	    json_pack("[s,s]", msg.data, b64), id);
	ident_make(id, 0, name);
	folder_add(f, name, msg.data, msg.len);
	sshsig_armour(d->key, SSHSIG_NS_RECORD, sig, &armour);
	memcpy(name + ID_CHARS, ".sig", 5);
	folder_add(f, name, armour.data, armour.len);
	recsig_clear(&r);
	buf_clear(&msg);
	buf_clear(&armour);
}

static inline void
folder_admit(struct folder *f)
{
	uint8_t request[HASH_LEN];

	folder_commit(f, &f->b, true,
	    json_pack("{s:s,s:s}", "op", "request", "name", f->b.name), NULL,
	    request);
	ident_make(request, 0, f->b.org);
	if (f->skip_admission)
		return;
	folder_commit(f, &f->a, true,
	    json_pack("{s:s,s:o,s:{s:s,s:o,s:s,s:s,s:[o]}}", "op", "propose",
		"after", folder_hex(f->w), "act", "kind", "admit", "request",
		folder_hex(request), "organisation", f->b.org, "name",
		f->b.name, "keys", folder_key(f->b.key)),
	    NULL, f->act);
}

static inline void
folder_found(struct folder *f)
{
	uint8_t recovery[HASH_LEN] = {7}, id[HASH_LEN];

	folder_commit(f, &f->a, true,
	    json_pack("{s:s,s:s,s:[{s:s,s:[o],s:o}],s:i}", "op", "found",
		"name", "Jakarta 2007", "convenors", "name", f->a.name, "keys",
		folder_key(f->a.key), "recovery", folder_hex(recovery), "k", 1),
	    NULL, id);
	ident_make(f->w, 0, f->a.org);
	memcpy(f->act, f->w, HASH_LEN);
}

/* Fills the folder; what a test asks for is set before. */
static inline void
folder_make(struct folder *f)
{
	uint8_t id[HASH_LEN];
	struct buf signers = BUF_INIT;

	device_init(&f->a, 1, "Task Force");
	device_init(&f->b, 2, "HRWG");
	folder_found(f);
	folder_admit(f);
	folder_commit(f, &f->b, false,
	    json_pack("{s:s,s:s,s:[s]}", "op", "new", "type", "recommendation",
		"fields", "title"),
	    json_pack("[s]", "Rest day"), id);
	ident_make(id, 0, f->record);
	folder_commit(f, &f->b, false,
	    json_pack("{s:s,s:s,s:i,s:[]}", "op", "version", "record",
		f->record, "rule", 1, "of"),
	    json_pack("[s]", FOLDER_TEXT), id);
	ident_make(id, 0, f->version);
	folder_sign(f, &f->b);
	folder_sign(f, &f->a);
	if (f->contradicts) {
		f->stance = STANCE_OBJECT;
		folder_sign(f, &f->b);
	}
	segment_writer_end(&f->writer);
	segment_writer_clear(&f->writer);
	evidence_signer(f->a.org, f->a.key, &signers);
	if (!f->skip_admission)
		evidence_signer(f->b.org, f->b.key, &signers);
	folder_add(f, "text.txt", FOLDER_TEXT, strlen(FOLDER_TEXT));
	folder_add(f, "chain.changes", f->chain.data, f->chain.len);
	folder_add(f, "allowed_signers", signers.data, signers.len);
	buf_clear(&signers);
}

static inline void
folder_clear(struct folder *f)
{
	secret_free(f->a.secret);
	secret_free(f->b.secret);
	buf_clear(&f->chain);
	for (size_t i = 0; i < f->n; i++) {
		free(f->files[i].name);
		buf_clear(&f->files[i].data);
	}
	memset(f, 0, sizeof(*f));
}

#endif
