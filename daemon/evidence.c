#include "evidence.h"

#include <stdlib.h>
#include <string.h>

#include "common/evidence.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/sshsig.h"
#include "evidence_chain.h"
#include "evidence_names.h"
#include "evidence_readme.h"
#include "gate.h"
#include "signatures.h"
#include "signed_text.h"

struct made {
	const struct office *o;
	const struct view_record *r;
	char version[ID_SIZE];
	uint8_t hash[HASH_LEN];
	struct signed_versions versions;
	struct signatures all;
	struct buf names; /* of what the text names */
	struct err *err;  /* for callbacks */
	json_t *files;
	bool is_current; /* that text is what the record has now */
};

/* Offices that sign one text before they hold each other's version of it
 * make a version each: what counts here is the text. */
static bool
is_same_text(const struct made *m, const char *version)
{
	const struct signed_version *v =
	    signed_versions_find(&m->versions, version);

	return v != NULL && v->counts &&
	       memcmp(v->hash, m->hash, HASH_LEN) == 0;
}

static bool
is_used(const struct made *m, const struct signature *s)
{
	return s->good && s->in_state && s->has_message &&
	       is_same_text(m, s->version);
}

/* --- which version ------------------------------------------------------- */

static bool
is_signed(const struct signatures *all, const char *version)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->s[i].in_state &&
		    strcmp(all->s[i].version, version) == 0)
			return true;
	return false;
}

/* By somebody who has not taken that back. */
static bool
is_supported(const struct signatures *all, const char *version)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct signature *s = &all->s[i];

		if (s->in_state && strcmp(s->version, version) == 0 &&
		    (!s->has_message || s->r.stance != STANCE_WITHDRAWN))
			return true;
	}
	return false;
}

static const struct signed_version *
named_version(struct made *m, const char *prefix, struct err *e)
{
	const struct signed_version *v;
	struct view_record found;

	if (view_find(office_store(m->o), prefix, &found, e) == -1)
		return NULL;
	v = signed_versions_find(&m->versions, found.id);
	if (v == NULL)
		err_set(e, ERR_INPUT, _("'%.26s' is no version of '%.12s'"),
		    prefix, m->r->id);
	return v;
}

/* The current text's if somebody signed that, else that of the one text that
 * was signed; of several, a member may have made one up (ERR_INPUT). */
static int
default_version(
    const struct made *m, const struct signed_version **ret, struct err *e)
{
	const struct signed_version *best = NULL;
	bool several = false;

	for (size_t i = 0; i < m->versions.n; i++) {
		const struct signed_version *v = &m->versions.v[i];

		if (!is_supported(&m->all, v->id) ||
		    (best != NULL && best->is_current && !v->is_current))
			continue;
		several =
		    best != NULL && !v->is_current &&
		    (several || memcmp(best->hash, v->hash, HASH_LEN) != 0);
		best = v;
	}
	*ret = best;
	if (!several)
		return 0;
	return err_set(e, ERR_INPUT,
	    _("several texts of '%.12s' were signed, none of which is the one "
	      "it has now: 'mufakat verify %.12s' names their versions; "
	      "mufakat "
	      "evidence VERSION DIR"),
	    m->r->id, m->r->id);
}

static int
not_signed(const struct made *m, struct err *e)
{
	for (size_t i = 0; i < m->all.n; i++)
		if (m->all.s[i].in_state)
			return err_set(e, ERR_INPUT,
			    _("who signed '%.12s' took it back: mufakat verify "
			      "%.12s"),
			    m->r->id, m->r->id);
	return err_set(e, ERR_INPUT,
	    _("nobody has signed '%.12s': mufakat sign %.12s"), m->r->id,
	    m->r->id);
}

static int
choose_version(struct made *m, const char *version, struct err *e)
{
	const struct signed_version *v = NULL;

	if (signed_versions_load(m->o, m->r, &m->versions, e) == -1 ||
	    (version == NULL && default_version(m, &v, e) == -1))
		return -1;
	if (version != NULL)
		v = named_version(m, version, e);
	if (v == NULL && version != NULL)
		return -1;
	if (v == NULL || !is_signed(&m->all, v->id))
		return not_signed(m, e);
	memcpy(m->version, v->id, ID_SIZE);
	memcpy(m->hash, v->hash, HASH_LEN);
	m->is_current = v->is_current;
	return 0;
}

/* --- the files ----------------------------------------------------------- */

static int
add_text(void *arg, const struct view_version *v)
{
	struct made *m = arg;
	struct buf text = BUF_INIT;

	if (v->text == NULL)
		return 1; /* it has not arrived */
	buf_add(&text, v->text, v->text_len);
	evidence_file(m->files, "text.txt", &text);
	buf_clear(&text);
	return evidence_names(m->o, v->text, v->text_len, &m->names, m->err);
}

static void
add_signature(struct made *m, const struct signature *s)
{
	struct buf b = BUF_INIT;
	uint8_t sig[SIG_LEN];
	size_t n;
	char *name;

	if (text_unb64(s->sig, strlen(s->sig), sig, SIG_LEN, &n) == -1 ||
	    n != SIG_LEN)
		return;
	buf_adds(&b, s->message);
	evidence_file(m->files, s->id, &b);
	buf_reset(&b);
	sshsig_armour(s->key, SSHSIG_NS_RECORD, sig, &b);
	name = mem_printf("%s.sig", s->id);
	evidence_file(m->files, name, &b);
	free(name);
	buf_clear(&b);
}

static void
add_signers(struct made *m, const struct buf *keys)
{
	const struct trust *t = gate_trust(m->o->gate);
	struct buf b = BUF_INIT;

	for (size_t at = 0; at < keys->len; at += KEY_LEN) {
		const struct trust_key *k = trust_key(
		    t, (const uint8_t *)(const void *)(keys->data + at));

		if (k != NULL)
			evidence_signer(k->org, k->key, &b);
	}
	evidence_file(m->files, "allowed_signers", &b);
	buf_clear(&b);
}

static void
add_readme(struct made *m)
{
	struct evidence_readme r = {.coalition = gate_coalition(m->o->gate),
	    .text = m->hash,
	    .record = m->r->id,
	    .version = m->version,
	    .names = buf_str(&m->names)};
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < m->all.n; i++)
		if (is_used(m, &m->all.s[i]))
			evidence_readme_signature(&r.signatures,
			    gate_trust(m->o->gate), &m->all.s[i]);
	evidence_readme(&r, &b);
	evidence_file(m->files, "README", &b);
	buf_clear(&r.signatures);
	buf_clear(&b);
}

/* --- all together -------------------------------------------------------- */

static int
note_change(void *arg, const struct view_version *v)
{
	memcpy(arg, v->change, HASH_LEN);
	return 0;
}

/* A signature's change, and that of the version it names. */
static int
chain_signature(struct made *m, struct evidence_chain *c,
    const struct signature *s, struct err *e)
{
	uint8_t change[HASH_LEN];

	if (view_version(
		office_store(m->o), s->version, note_change, change, e) == -1 ||
	    evidence_chain_made(c, change, s->version, e) == -1)
		return -1;
	return evidence_chain_made(c, s->change, s->id, e);
}

static int
make_chain(struct made *m, struct err *e)
{
	struct evidence_chain c = {.o = m->o};
	struct buf keys = BUF_INIT;
	int rv = -1;

	if (evidence_chain_acts(&c, e) == -1)
		goto out;
	for (size_t i = 0; i < m->all.n; i++)
		if (is_used(m, &m->all.s[i]) &&
		    chain_signature(m, &c, &m->all.s[i], e) == -1)
			goto out;
	if (evidence_chain_write(&c, m->files, e) == -1 ||
	    evidence_chain_keys(&c, &keys, e) == -1)
		goto out;
	add_signers(m, &keys);
	rv = 0;
out:
	evidence_chain_clear(&c);
	buf_clear(&keys);
	return rv;
}

static int
fill(struct made *m, struct err *e)
{
	int r = view_version(office_store(m->o), m->version, add_text, m, e);

	if (r == 1)
		return err_set(e, ERR_INPUT,
		    _("the text of version '%.12s' has not arrived yet: sync, "
		      "then try again"),
		    m->version);
	if (r == -1)
		return -1;
	for (size_t i = 0; i < m->all.n; i++)
		if (is_used(m, &m->all.s[i]))
			add_signature(m, &m->all.s[i]);
	if (make_chain(m, e) == -1)
		return -1;
	add_readme(m);
	return 0;
}

int
evidence_make(const struct office *o, const struct view_record *r,
    const char *version, json_t **ret, bool *ret_current, struct err *e)
{
	struct made m = {.o = o, .r = r, .err = e};
	int rv = -1;

	m.files = json_array();
	if (signatures_load(o, r->id, &m.all, e) == -1 ||
	    choose_version(&m, version, e) == -1 || fill(&m, e) == -1)
		goto out;
	*ret = json_incref(m.files);
	*ret_current = m.is_current;
	rv = 0;
out:
	signatures_clear(&m.all);
	signed_versions_clear(&m.versions);
	buf_clear(&m.names);
	json_decref(m.files);
	return rv;
}
