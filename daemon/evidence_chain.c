#include "evidence_chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/change.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/segment.h"
#include "common/sshsig.h"
#include "gate.h"
#include "log_read.h"

#define FOLLOW_MAX 20000 /* changes up to the next signed one or the cut */

static struct evidence_piece *
piece(struct evidence_chain *c, const struct log_entry *l)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->pieces[i].n == l->n)
			return &c->pieces[i];
	if (c->n % 32 == 0)
		c->pieces =
		    mem_array(c->pieces, c->n + 32, sizeof(c->pieces[0]));
	c->pieces[c->n] = (struct evidence_piece){
	    .n = l->n, .log = l->log, .portions = BUF_INIT};
	return &c->pieces[c->n++];
}

void
evidence_chain_clear(struct evidence_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_clear(&c->pieces[i].portions);
	free(c->pieces);
	*c = (struct evidence_chain){0};
}

/* Is the change one at which the key was cut, or is there no such thing? */
static bool
is_at_cut(const struct office *o, const struct log_entry *l)
{
	const struct trust_key *k =
	    trust_key(gate_trust(o->gate), l->place.key);

	if (k == NULL || !k->is_cut || k->ncut == 0)
		return true;
	for (size_t i = 0; i < k->ncut; i++)
		if (memcmp(k->cut[i], l->id, HASH_LEN) == 0)
			return true;
	return false;
}

/* The change and what follows it, until it is proven. */
static int
add_proven(struct evidence_chain *c, int64_t n, struct err *e)
{
	struct store *s = office_store(c->o);
	bool is_signed = false, is_cut = false;

	for (int i = 0; i < FOLLOW_MAX && n != 0; i++) {
		struct log_entry l;

		if (log_get(s, n, &l, e) == -1)
			return -1;
		piece(c, &l);
		is_signed |= change_verify(&l.place, &l.change);
		is_cut |= is_at_cut(c->o, &l);
		log_entry_clear(&l);
		if (is_signed && is_cut)
			return 0;
		if (log_next(s, n, &n, e) == -1)
			return -1;
	}
	return 0;
}

static int
add_id(
    struct evidence_chain *c, const uint8_t id[static HASH_LEN], struct err *e)
{
	struct log_entry l;
	int64_t n;

	if (log_by_id(office_store(c->o), id, &l, e) == -1)
		return -1;
	n = l.n;
	if (l.place.is_genesis) {
		c->genesis = l.n;
		c->genesis_log = l.log;
	}
	log_entry_clear(&l);
	return add_proven(c, n, e);
}

/* --- acts ---------------------------------------------------------------- */

/* The request that an act on the chain admits, if it admits. */
static int
add_request(
    struct evidence_chain *c, const uint8_t act[static HASH_LEN], struct err *e)
{
	struct log_entry l;
	struct head h;
	uint8_t request[HASH_LEN];
	const char *hex;
	bool found = false;

	if (log_by_id(office_store(c->o), act, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &h, e) == -1) {
		log_entry_clear(&l);
		return -1;
	}
	hex = h.nops > 0
		  ? json_get_str(json_object_get(h.ops[0].j, "act"), "request")
		  : NULL;
	found =
	    hex != NULL && text_unhex(hex, strlen(hex), request, HASH_LEN) == 0;
	head_clear(&h);
	log_entry_clear(&l);
	return found ? add_id(c, request, e) : 0;
}

struct approvals {
	const struct trust *t;
	struct buf found; /* int64_t each */
};

/* Keeps the number of a change that approves an act of the chain. */
static int
note_approval(void *arg, const struct log_entry *l)
{
	struct approvals *a = arg;
	uint8_t act[HASH_LEN];
	struct head h;
	struct err ignored;
	const char *hex;

	if (!l->authentic || l->change.head_len > 4096 ||
	    head_parse(l->change.head, l->change.head_len, l->id,
		l->change.nportions, &h, &ignored) == -1)
		return 0;
	hex = h.nops == 1 && h.ops[0].op == OP_APPROVE
		  ? json_get_str(h.ops[0].j, "act")
		  : NULL;
	if (hex != NULL && text_unhex(hex, strlen(hex), act, HASH_LEN) == 0 &&
	    trust_in_force(a->t, act))
		buf_add(&a->found, &l->n, sizeof(l->n));
	head_clear(&h);
	return 0;
}

static int
scan_log(const struct office *o, const struct trust_key *k, struct approvals *a,
    struct err *e)
{
	struct store *s = office_store(o);
	struct log_info info;
	struct err missing;
	int64_t last;

	if (log_of_key(s, k->key, &info, &missing) == -1)
		return 0;
	if (log_last(s, &last, e) == -1)
		return -1;
	return log_export(s, info.log, 0, last, note_approval, a, e);
}

/* With one convenor, proposing is approving, and there are none. */
static int
add_approvals(struct evidence_chain *c, struct err *e)
{
	struct approvals a = {gate_trust(c->o->gate), BUF_INIT};
	size_t n, norgs, convenors = 0;
	const struct trust_key *keys = trust_keys(a.t, &n);
	const struct trust_org *orgs = trust_orgs(a.t, &norgs);
	int rv = 0;

	for (size_t i = 0; i < norgs; i++)
		convenors += orgs[i].is_convenor;
	for (size_t i = 0; i < n && convenors > 1 && rv == 0; i++)
		if (keys[i].is_root)
			rv = scan_log(c->o, &keys[i], &a, e);
	for (size_t at = 0; at < a.found.len && rv == 0;
	     at += sizeof(int64_t)) {
		int64_t number;

		memcpy(&number, a.found.data + at, sizeof(number));
		rv = add_proven(c, number, e);
	}
	buf_clear(&a.found);
	return rv;
}

int
evidence_chain_acts(struct evidence_chain *c, struct err *e)
{
	size_t n;
	const uint8_t(*chain)[HASH_LEN] =
	    trust_chain(gate_trust(c->o->gate), &n);

	for (size_t i = 0; i < n; i++)
		if (add_id(c, chain[i], e) == -1 ||
		    add_request(c, chain[i], e) == -1)
			return -1;
	return add_approvals(c, e);
}

/* --- versions and signatures --------------------------------------------- */

/* Keeps the portion that holds what made "id". */
static int
keep_portion(struct evidence_chain *c, const struct log_entry *l,
    const char *id, struct err *e)
{
	struct head h;

	if (head_parse(l->change.head, l->change.head_len, l->id,
		l->change.nportions, &h, e) == -1)
		return -1;
	for (size_t i = 0; i < h.nops; i++) {
		char made[ID_SIZE];

		ident_make(l->id, i, made);
		if (strcmp(made, id) == 0)
			buf_add(&piece(c, l)->portions, &h.ops[i].portion,
			    sizeof(size_t));
	}
	head_clear(&h);
	return 0;
}

int
evidence_chain_made(struct evidence_chain *c,
    const uint8_t change[static HASH_LEN], const char *id, struct err *e)
{
	struct log_entry l;
	int64_t n;
	int rv;

	if (log_by_id(office_store(c->o), change, &l, e) == -1)
		return -1;
	n = l.n;
	rv = keep_portion(c, &l, id, e);
	log_entry_clear(&l);
	return rv == -1 ? -1 : add_proven(c, n, e);
}

/* --- writing ------------------------------------------------------------- */

void
evidence_file(json_t *files, const char *name, const struct buf *content)
{
	json_array_append_new(
	    files, json_pack("{s:s, s:o}", "name", name, "content",
		       json_stringn(buf_str(content), content->len)));
}

static bool
is_kept(const struct evidence_piece *p, size_t portion)
{
	for (size_t at = 0; at < p->portions.len; at += sizeof(size_t)) {
		size_t n;

		memcpy(&n, p->portions.data + at, sizeof(n));
		if (n == portion)
			return true;
	}
	return false;
}

/* Puts "#<hash>" in place of what is not needed, and leaves out a signature
 * that is not good: the changes that follow prove this one. */
static void
strip(struct log_entry *l, const struct evidence_piece *p, struct buf *hashes)
{
	const size_t size = 1 + 2 * HASH_LEN;
	struct change *c = &l->change;
	uint8_t hash[HASH_LEN];

	buf_reserve(hashes, c->nportions * (size + 1));
	for (size_t i = 0; i < c->nportions; i++) {
		char *to = hashes->data + i * (size + 1);

		if (is_kept(p, i))
			continue;
		portion_hash(&c->portions[i], hash);
		to[0] = '#';
		text_hex(hash, HASH_LEN, to + 1);
		c->portions[i] = (struct portion){to, size, PORTION_HASH};
	}
	c->is_signed = change_verify(&l->place, c);
}

/* One change as the auditor reads it. */
static void
write_plain(const struct log_entry *l, size_t number, json_t *files)
{
	struct buf b = BUF_INIT;
	char *name = mem_printf("chain/%03zu.message", number);

	change_message(&l->place, &l->change, &b);
	evidence_file(files, name, &b);
	free(name);
	if (l->change.is_signed) {
		buf_reset(&b);
		name = mem_printf("chain/%03zu.sig", number);
		sshsig_armour(
		    l->place.key, SSHSIG_NS_CHANGE, l->change.sig, &b);
		evidence_file(files, name, &b);
		free(name);
	}
	buf_clear(&b);
}

/* The genesis, then the rest of its log, then the others, each log in the
 * order of arrival. */
static int
by_place(const void *a, const void *b, void *arg)
{
	const struct evidence_piece *x = a, *y = b;
	const struct evidence_chain *c = arg;
	bool first_x = x->log == c->genesis_log;
	bool first_y = y->log == c->genesis_log;

	if (x->n == c->genesis || y->n == c->genesis)
		return x->n == c->genesis ? -1 : 1;
	if (first_x != first_y)
		return first_x ? -1 : 1;
	if (x->log != y->log)
		return x->log < y->log ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static int
write_piece(struct evidence_chain *c, size_t i, struct segment_writer *w,
    json_t *files, struct err *e)
{
	struct buf hashes = BUF_INIT;
	struct log_entry l;

	if (log_get(office_store(c->o), c->pieces[i].n, &l, e) == -1)
		return -1;
	strip(&l, &c->pieces[i], &hashes);
	segment_writer_add(w, &l.place, l.id, &l.change, l.change.is_signed);
	write_plain(&l, i + 1, files);
	log_entry_clear(&l);
	buf_clear(&hashes);
	return 0;
}

int
evidence_chain_write(struct evidence_chain *c, json_t *files, struct err *e)
{
	struct buf blob = BUF_INIT;
	struct segment_writer w;
	int rv = 0;

	qsort_r(c->pieces, c->n, sizeof(c->pieces[0]), by_place, c);
	segment_writer_init(&w, &blob, gate_coalition(c->o->gate));
	for (size_t i = 0; i < c->n && rv == 0; i++)
		rv = write_piece(c, i, &w, files, e);
	segment_writer_end(&w);
	segment_writer_clear(&w);
	if (rv == 0)
		evidence_file(files, "chain.changes", &blob);
	buf_clear(&blob);
	return rv;
}

int
evidence_chain_keys(struct evidence_chain *c, struct buf *keys, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		struct log_entry l;
		bool known = false;

		if (log_get(office_store(c->o), c->pieces[i].n, &l, e) == -1)
			return -1;
		for (size_t at = 0; at < keys->len; at += KEY_LEN)
			known |=
			    memcmp(keys->data + at, l.place.key, KEY_LEN) == 0;
		if (!known)
			buf_add(keys, l.place.key, KEY_LEN);
		log_entry_clear(&l);
	}
	return 0;
}
