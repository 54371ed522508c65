#include "evidence_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "jscan.h"
#include "mem.h"
#include "slot.h"
#include "sshsig.h"

static const struct evidence_file *
find(const struct evidence *c, const char *name)
{
	for (size_t i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i].name, name) == 0)
			return &c->files[i];
	return NULL;
}

static void
problem(struct evidence *c, const char *text)
{
	json_array_append_new(c->problems, json_string(text));
}

/* --- one signature ------------------------------------------------------- */

static bool
is_exactly(const json_t *value, const char *s, size_t n)
{
	return json_is_string(value) && json_string_length(value) == n &&
	       memcmp(json_string_value(value), s, n) == 0;
}

/* The armour beside the message; its 88 characters into b64. */
static const char *
check_armour(
    const struct evidence *c, const struct evidence_item *it, char *b64)
{
	char name[ID_SIZE + sizeof(".sig")];
	uint8_t key[KEY_LEN], sig[SIG_LEN];
	const struct evidence_file *f;
	struct err e;

	snprintf(name, sizeof(name), "%s.sig", it->file->name);
	f = find(c, name);
	if (f == NULL)
		return "its .sig file is missing";
	if (sshsig_parse(buf_str(&f->data), f->data.len, SSHSIG_NS_RECORD, key,
		sig, &e) == -1)
		return "its .sig file does not read";
	if (memcmp(key, it->r.key, KEY_LEN) != 0 ||
	    !crypto_verify(key, SSHSIG_NS_RECORD, buf_str(&it->file->data),
		it->file->data.len, sig))
		return "the signature is not valid";
	text_b64(sig, SIG_LEN, b64);
	return NULL;
}

static bool
is_at_its_place(const struct recsig *r, const struct change_place *at)
{
	return memcmp(r->key, at->key, KEY_LEN) == 0 &&
	       r->nprevious == at->nprevious &&
	       memcmp(r->previous, at->previous, at->nprevious * HASH_LEN) == 0;
}

/* The change that carries the signature, and nothing else may. */
static const char *
check_change(
    const struct evidence *c, const struct evidence_item *it, const char *b64)
{
	const struct proof *p = &c->proof;
	const struct proof_made *m = proof_made(p, it->file->name, OP_SIGN);
	const char *why = NULL, *version;
	struct head h;
	json_t *v;
	struct err e;

	if (m == NULL)
		return "chain.changes does not hold it";
	if (!is_at_its_place(&it->r, &p->changes[m->change].place))
		return "its message belongs to another place";
	if (proof_values(p, m, 2, &h, &v, &e) == -1)
		return "chain.changes lacks its message";
	version = json_get_str(h.ops[m->op].j, "version");
	if (version == NULL || strcmp(version, it->r.version) != 0 ||
	    !is_exactly(json_array_get(v, 0), buf_str(&it->file->data),
		it->file->data.len) ||
	    !is_exactly(json_array_get(v, 1), b64, strlen(b64)))
		why = "chain.changes holds another message";
	json_decref(v);
	head_clear(&h);
	return why;
}

static const char *
check_version(const struct evidence *c, const struct recsig *r)
{
	const struct proof *p = &c->proof;
	const struct proof_made *m = proof_made(p, r->version, OP_VERSION);
	const char *why = NULL;
	struct head h;
	json_t *v;
	struct err e;

	if (m == NULL)
		return "chain.changes does not hold its version";
	if (proof_values(p, m, 1, &h, &v, &e) == -1)
		return "chain.changes lacks the text of its version";
	if (strcmp(h.ops[m->op].record, r->record) != 0)
		why = "its version is of another record";
	else if (!is_exactly(
		     json_array_get(v, 0), buf_str(c->text), c->text->len))
		why = "text.txt is not the text of its version";
	json_decref(v);
	head_clear(&h);
	return why;
}

static const char *
check_item(const struct evidence *c, struct evidence_item *it)
{
	char b64[TEXT_B64_LEN(SIG_LEN) + 1];
	const struct recsig *r = &it->r;
	const char *why = NULL;
	struct err e;

	if (recsig_decode(
		buf_str(&it->file->data), it->file->data.len, &it->r, &e) == -1)
		return "its message does not read";
	if ((why = check_armour(c, it, b64)) != NULL)
		return why;
	it->is_signed = true;
	if (memcmp(r->text, c->text_hash, HASH_LEN) != 0)
		return "text.txt is not the text that was signed";
	if (memcmp(r->coalition, c->proof.coalition, HASH_LEN) != 0)
		return "it is of another coalition";
	if ((why = check_change(c, it, b64)) != NULL)
		return why;
	return check_version(c, r);
}

/* Does it count, by the acts that the folder brings? */
static bool
counts(const struct evidence *c, const struct evidence_item *it)
{
	const struct proof *p = &c->proof;
	const struct trust_key *key = trust_key(p->trust, it->r.key);
	const struct proof_made *sign = proof_made(p, it->file->name, OP_SIGN);
	const struct proof_made *version =
	    proof_made(p, it->r.version, OP_VERSION);
	const struct proof_change *made = &p->changes[version->change];

	return key != NULL && (key->mandates & MANDATE_SIGN) != 0 &&
	       strcmp(key->org, it->r.organisation) == 0 &&
	       trust_counts(p->trust, &p->ancestry, it->r.key,
		   p->changes[sign->change].id) &&
	       trust_counts(p->trust, &p->ancestry, made->place.key, made->id);
}

/* A later one of the same organisation may name it as replaced. */
static bool
is_replaced(const struct evidence *c, const struct evidence_item *it)
{
	for (size_t i = 0; i < c->nitems; i++) {
		const struct evidence_item *by = &c->items[i];

		if (by == it || by->why != NULL || !by->counts ||
		    strcmp(by->r.organisation, it->r.organisation) != 0)
			continue;
		for (size_t k = 0; k < by->r.nreplaces; k++)
			if (strcmp(by->r.replaces[k], it->file->name) == 0)
				return true;
	}
	return false;
}

/* One that is withdrawn by naming it does not stand; a withdrawal does. */
static void
settle(struct evidence *c)
{
	struct slot_rival *v = mem_zalloc(c->nitems * sizeof(v[0]));
	size_t n = 0;

	for (size_t i = 0; i < c->nitems; i++) {
		struct evidence_item *it = &c->items[i];

		if (it->why != NULL || !it->counts || is_replaced(c, it))
			continue;
		v[n] = (struct slot_rival){.from = i, .stands = true};
		memcpy(v[n].id, it->file->name, ID_SIZE);
		slot_rival_set(&v[n++], &it->r);
	}
	slot_settle(v, n);
	for (size_t i = 0; i < n; i++) {
		c->items[v[i].from].is_contested = v[i].is_contested;
		slot_rival_clear(&v[i]);
	}
	free(v);
}

static void
check_items(struct evidence *c)
{
	for (size_t i = 0; i < c->nitems; i++) {
		struct evidence_item *it = &c->items[i];
		char *text;

		it->why = check_item(c, it);
		if (it->why == NULL) {
			it->counts = counts(c, it);
			continue;
		}
		text = mem_printf("%s: %s", it->file->name, it->why);
		problem(c, text);
		free(text);
	}
	for (size_t i = 0; i < c->nitems; i++)
		if (c->items[i].why == NULL)
			c->items[i].is_withdrawn =
			    c->items[i].r.stance == STANCE_WITHDRAWN ||
			    is_replaced(c, &c->items[i]);
	settle(c);
}

/* --- the rest of the folder ---------------------------------------------- */

static bool
holds_line(const struct buf *text, const char *line, size_t n)
{
	for (size_t at = 0; at < text->len;) {
		const char *s = text->data + at;
		const char *lf = memchr(s, '\n', text->len - at);
		size_t len = lf != NULL ? (size_t)(lf - s) + 1 : text->len - at;

		if (len == n && memcmp(s, line, n) == 0)
			return true;
		at += len;
	}
	return false;
}

/* A signature whose message somebody took away says nothing any more, and was
 * there for something. */
static void
check_orphans(struct evidence *c)
{
	for (size_t i = 0; i < c->nfiles; i++) {
		const char *name = c->files[i].name;
		size_t n = strlen(name);
		char message[ID_SIZE] = "";
		char *text;

		if (n != ID_CHARS + 4 || strcmp(name + ID_CHARS, ".sig") != 0)
			continue;
		memcpy(message, name, ID_CHARS);
		if (!ident_ok(message, ID_CHARS) || find(c, message) != NULL)
			continue;
		text = mem_printf("%s: its message is missing", name);
		problem(c, text);
		free(text);
	}
}

/* Every line is of a key that the acts in the folder know, and every signer
 * has one: a name put beside a foreign key would fool whoever checks by
 * hand. */
static void
check_signers(struct evidence *c)
{
	const struct evidence_file *f = find(c, "allowed_signers");
	struct buf want = BUF_INIT;
	size_t n;
	const struct trust_key *keys = trust_keys(c->proof.trust, &n);

	for (size_t i = 0; i < n; i++)
		evidence_signer(keys[i].org, keys[i].key, &want);
	for (size_t at = 0; f != NULL && at < f->data.len;) {
		const char *s = f->data.data + at;
		const char *lf = memchr(s, '\n', f->data.len - at);
		size_t len =
		    lf != NULL ? (size_t)(lf - s) + 1 : f->data.len - at;

		if (!holds_line(&want, s, len)) {
			problem(c, "allowed_signers: a line is of a key that "
				   "nobody here admitted");
			break;
		}
		at += len;
	}
	for (size_t i = 0; i < c->nitems; i++) {
		const struct recsig *r = &c->items[i].r;

		if (c->items[i].why != NULL)
			continue;
		buf_reset(&want);
		evidence_signer(r->organisation, r->key, &want);
		if (f == NULL || !holds_line(&f->data, want.data, want.len)) {
			problem(c, "allowed_signers: a signer is not in it");
			break;
		}
	}
	buf_clear(&want);
}

/* chain/NNN.message and chain/NNN.sig say the same as chain.changes. */
static bool
chain_file_ok(const struct evidence *c, const struct evidence_file *f)
{
	const char *name = f->name + strlen("chain/");
	const struct proof_change *p;
	struct buf want = BUF_INIT;
	char rest[16] = "", again[32];
	unsigned n = 0;
	bool ok;

	if (sscanf(name, "%u%15s", &n, rest) != 2 || n == 0 || n > c->proof.n)
		return false;
	snprintf(again, sizeof(again), "%03u%s", n, rest);
	if (strcmp(again, name) != 0)
		return false;
	p = &c->proof.changes[n - 1];
	if (strcmp(rest, ".message") == 0)
		change_message(&p->place, &p->change, &want);
	else if (strcmp(rest, ".sig") == 0 && p->change.is_signed)
		sshsig_armour(
		    p->place.key, SSHSIG_NS_CHANGE, p->change.sig, &want);
	ok = want.len > 0 && want.len == f->data.len &&
	     memcmp(want.data, f->data.data, want.len) == 0;
	buf_clear(&want);
	return ok;
}

static void
check_chain_files(struct evidence *c)
{
	for (size_t i = 0; i < c->nfiles; i++)
		if (strncmp(c->files[i].name, "chain/", 6) == 0 &&
		    !chain_file_ok(c, &c->files[i])) {
			problem(c, "chain: a file differs from chain.changes");
			return;
		}
}

static int
collect(struct evidence *c, struct err *e)
{
	c->items = mem_zalloc((c->nfiles + 1) * sizeof(c->items[0]));
	for (size_t i = 0; i < c->nfiles; i++)
		if (ident_ok(c->files[i].name, strlen(c->files[i].name)))
			c->items[c->nitems++].file = &c->files[i];
	return c->nitems > 0
		   ? 0
		   : err_set(e, ERR_INPUT, _("there is no signature in it"));
}

/* The changes that prove the rest; without them nothing is good. */
static void
check_proof(struct evidence *c)
{
	const struct evidence_file *f = find(c, "chain.changes");
	struct err e;

	if (f == NULL)
		problem(c, "chain.changes is missing");
	else if (proof_read(&c->proof, buf_str(&f->data), f->data.len, &e) ==
		 -1)
		problem(c, e.msg);
	else if (c->w != NULL &&
		 memcmp(c->w, c->proof.coalition, HASH_LEN) != 0)
		problem(c, "this is of another coalition");
}

int
evidence_check_files(const struct evidence_file *files, size_t n,
    const uint8_t *w, json_t **ret, struct err *e)
{
	static const struct buf empty = BUF_INIT;
	struct evidence c = {.files = files, .nfiles = n, .w = w};
	const struct evidence_file *text = find(&c, "text.txt");
	int rv = -1;

	c.problems = json_array();
	c.text = text != NULL ? &text->data : &empty;
	crypto_digest(buf_str(c.text), c.text->len, c.text_hash);
	if (collect(&c, e) == -1)
		goto out;
	if (text == NULL)
		problem(&c, "text.txt is missing");
	check_proof(&c);
	check_items(&c);
	check_orphans(&c);
	if (c.proof.trust != NULL) {
		check_signers(&c);
		check_chain_files(&c);
	}
	*ret = evidence_result(&c);
	rv = 0;
out:
	for (size_t i = 0; i < c.nitems; i++)
		recsig_clear(&c.items[i].r);
	free(c.items);
	json_decref(c.problems);
	proof_clear(&c.proof);
	return rv;
}
