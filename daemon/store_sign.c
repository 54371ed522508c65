/* Versions and record signatures, and which of them stand (FORMAT.md
 * section 6). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jscan.h"
#include "common/mem.h"
#include "common/recsig.h"
#include "common/slot.h"
#include "common/sshsig.h"
#include "common/text.h"
#include "store_apply_internal.h"
#include "store_db.h"
#include "store_flags.h"

/* --- versions -------------------------------------------------------------- */

struct version {
	char id[ID_SIZE];
	const char *record;
	int64_t change, op, rule;
	const uint8_t *hash; /* NULL while the text is missing */
	bool counts;
};

static int
insert_version(struct apply *a, const struct version *v, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"INSERT OR REPLACE INTO"
		" version(id, record, change, op, rule, hash, counts)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		e) == -1 ||
	    query_bind_text(q, 1, v->id, e) == -1 ||
	    query_bind_text(q, 2, v->record, e) == -1 ||
	    query_bind_int(q, 3, v->change, e) == -1 ||
	    query_bind_int(q, 4, v->op, e) == -1 ||
	    query_bind_int(q, 5, v->rule, e) == -1 ||
	    (v->hash != NULL ? query_bind_blob(q, 6, v->hash, HASH_LEN, e)
			     : query_bind_null(q, 6, e)) == -1 ||
	    query_bind_int(q, 7, v->counts, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
sign_version(struct apply *a, struct applying *x, const struct op *op,
    size_t index, struct err *e)
{
	json_t *values = apply_values(x, op);
	const json_t *text = json_array_get(values, 0);
	struct version v = {.record = op->record,
	    .change = x->c->n,
	    .op = (int64_t)index,
	    .counts = x->counts};
	uint8_t hash[HASH_LEN];

	ident_make(x->c->id, index, v.id);
	json_get_int(op->j, "rule", &v.rule);
	if (json_is_string(text) && json_array_size(values) == 1) {
		crypto_digest(
		    json_string_value(text), json_string_length(text), hash);
		v.hash = hash;
	}
	json_decref(values);
	buf_add(&a->versions, v.id, ID_SIZE);
	return insert_version(a, &v, e);
}

/* --- signatures ------------------------------------------------------------ */

struct signature {
	char id[ID_SIZE];
	const char *record, *version, *org;
	int64_t change, op, flags;
	char *slot; /* owned */
	const char *message, *sig;
};

static int
insert_signature(struct apply *a, const struct signature *g, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"INSERT OR REPLACE INTO signature(id, record, version, change,"
		" op, flags, org, slot, message, sig)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
		e) == -1 ||
	    query_bind_text(q, 1, g->id, e) == -1 ||
	    query_bind_text(q, 2, g->record, e) == -1 ||
	    query_bind_text(q, 3, g->version, e) == -1 ||
	    query_bind_int(q, 4, g->change, e) == -1 ||
	    query_bind_int(q, 5, g->op, e) == -1 ||
	    query_bind_int(q, 6, g->flags, e) == -1 ||
	    query_bind_text(q, 7, g->org, e) == -1 ||
	    query_bind_text(q, 8, g->slot, e) == -1 ||
	    (g->message != NULL ? query_bind_text(q, 9, g->message, e)
				: query_bind_null(q, 9, e)) == -1 ||
	    (g->sig != NULL ? query_bind_text(q, 10, g->sig, e)
			    : query_bind_null(q, 10, e)) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
insert_replaces(struct apply *a, const char *id, const char *by, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"INSERT OR IGNORE INTO replaces(signature, by) VALUES(?1, ?2)",
		e) == -1 ||
	    query_bind_text(q, 1, id, e) == -1 ||
	    query_bind_text(q, 2, by, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* Is it about the very place where it stands? */
static bool
fits(const struct applying *x, const struct recsig *r)
{
	const struct change_place *at = x->c->place;

	return memcmp(r->coalition, at->coalition, HASH_LEN) == 0 &&
	       memcmp(r->key, at->key, KEY_LEN) == 0 &&
	       r->nprevious == at->nprevious &&
	       (r->nprevious == 0 || memcmp(r->previous, at->previous,
					 r->nprevious * HASH_LEN) == 0) &&
	       strcmp(r->organisation, x->key->org) == 0;
}

static bool
is_signed(const struct recsig *r, const json_t *message, const json_t *sig)
{
	uint8_t raw[SIG_LEN];
	size_t n;

	return json_is_string(sig) &&
	       text_unb64(json_string_value(sig), json_string_length(sig), raw,
		   SIG_LEN, &n) == 0 &&
	       n == SIG_LEN &&
	       crypto_verify(r->key, SSHSIG_NS_RECORD,
		   json_string_value(message), json_string_length(message),
		   raw);
}

static int
add_good(
    struct apply *a, struct signature *g, const struct recsig *r, struct err *e)
{
	g->flags |= SIGN_GOOD;
	free(g->slot);
	g->slot = slot_name(r);
	for (size_t i = 0; i < r->nreplaces; i++)
		if (insert_replaces(a, r->replaces[i], g->id, e) == -1)
			return -1;
	return 0;
}

int
sign_signature(struct apply *a, struct applying *x, const struct op *op,
    size_t index, struct err *e)
{
	json_t *values = apply_values(x, op);
	const json_t *message = json_array_get(values, 0);
	const json_t *sig = json_array_get(values, 1);
	struct signature g = {.record = "",
	    .version = json_get_str(op->j, "version"),
	    .org = x->key->org,
	    .change = x->c->n,
	    .op = (int64_t)index,
	    .flags = x->signs ? SIGN_ENTITLED : 0,
	    .slot = mem_strdup("")};
	struct recsig r = {0};
	struct err ignored;
	int rv = -1;

	ident_make(x->c->id, index, g.id);
	if (json_array_size(values) == 2) {
		g.message = json_string_value(message);
		g.sig = json_string_value(sig);
	}
	if (g.message != NULL &&
	    recsig_decode(
		g.message, json_string_length(message), &r, &ignored) == 0) {
		g.record = r.record;
		if (fits(x, &r) && strcmp(r.version, g.version) == 0 &&
		    is_signed(&r, message, sig) && add_good(a, &g, &r, e) == -1)
			goto out;
	}
	buf_add(&a->versions, g.version, ID_SIZE);
	rv = insert_signature(a, &g, e);
out:
	json_decref(values);
	recsig_clear(&r);
	free(g.slot);
	return rv;
}

/* --- which count ----------------------------------------------------------- */

static void
add_slot(struct apply *a, const char *slot)
{
	buf_add(&a->slots, slot, strlen(slot) + 1);
}

static int
set_flags(struct apply *a, const char *id, int64_t flags, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(a->s, &q,
		"UPDATE signature SET flags = ?2 WHERE id = ?1 AND flags <> ?2",
		e) == -1 ||
	    query_bind_text(q, 1, id, e) == -1 ||
	    query_bind_int(q, 2, flags, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* The slots of those that a signature replaces are to be looked at too. */
static int
add_replaced_slots(struct apply *a, const char *by, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT g.slot FROM signature g"
		" WHERE g.id IN (SELECT signature FROM replaces WHERE by = ?1)",
		e) == -1 ||
	    query_bind_text(q, 1, by, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		add_slot(a, query_text(q, 0));
out:
	query_close(q);
	return r;
}

struct judged {
	char id[ID_SIZE];
	int64_t flags;
	bool text_ok; /* a version counts that is the one it names */
};

/* The hash of the signed text is in the message only: read it there. */
static bool
names_text(const char *message, const char *record, const void *hash, size_t n)
{
	struct recsig r = {0};
	struct err ignored;
	bool ok;

	if (message == NULL || n != HASH_LEN ||
	    recsig_decode(message, strlen(message), &r, &ignored) == -1)
		return false;
	ok = memcmp(r.text, hash, HASH_LEN) == 0 &&
	     strcmp(r.record, record) == 0;
	recsig_clear(&r);
	return ok;
}

static int
list_of_version(
    struct apply *a, const char *version, struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT g.id, g.flags, g.slot, g.message, v.record, v.hash"
		" FROM signature g LEFT JOIN version v"
		"  ON v.id = g.version AND v.counts WHERE g.version = ?1",
		e) == -1 ||
	    query_bind_text(q, 1, version, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		struct judged j = {.flags = query_int(q, 1)};
		size_t n;
		const void *hash = query_blob(q, 5, &n);

		snprintf(j.id, sizeof(j.id), "%s", query_text(q, 0));
		j.text_ok =
		    !query_is_null(q, 4) &&
		    names_text(query_text(q, 3), query_text(q, 4), hash, n);
		buf_add(ret, &j, sizeof(j));
		add_slot(a, query_text(q, 2));
	}
out:
	query_close(q);
	return r;
}

static int
judge_version(struct apply *a, const char *version, struct err *e)
{
	const int64_t needed = SIGN_GOOD | SIGN_ENTITLED;
	struct buf all = BUF_INIT;
	struct judged j;
	int rv = -1;

	if (list_of_version(a, version, &all, e) == -1)
		goto out;
	for (size_t i = 0; i < all.len; i += sizeof(j)) {
		int64_t flags;

		memcpy(&j, all.data + i, sizeof(j));
		flags = j.flags & ~(int64_t)SIGN_COUNTS;
		if ((flags & needed) == needed && j.text_ok)
			flags |= SIGN_COUNTS;
		if (set_flags(a, j.id, flags, e) == -1 ||
		    add_replaced_slots(a, j.id, e) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&all);
	return rv;
}

/* --- which stand in a slot -------------------------------------------------- */

struct rivals {
	struct slot_rival *v;
	int64_t *flags; /* as they were, by "from" */
	size_t n;
};

static void
clear_rivals(struct rivals *all)
{
	for (size_t i = 0; i < all->n; i++)
		slot_rival_clear(&all->v[i]);
	free(all->v);
	free(all->flags);
}

static void
add_rival(struct rivals *all, const char *id, int64_t flags,
    const char *message, bool is_replaced)
{
	struct recsig m = {0};
	struct err ignored;
	struct slot_rival *v;

	all->v = mem_array(all->v, all->n + 1, sizeof(all->v[0]));
	all->flags = mem_array(all->flags, all->n + 1, sizeof(all->flags[0]));
	v = &all->v[all->n];
	*v = (struct slot_rival){.from = all->n};
	snprintf(v->id, sizeof(v->id), "%s", id);
	all->flags[all->n++] = flags;
	if (message == NULL ||
	    recsig_decode(message, strlen(message), &m, &ignored) == -1) {
		v->slot = mem_strdup("");
		return;
	}
	v->stands = (flags & SIGN_COUNTS) != 0 && !is_replaced;
	slot_rival_set(v, &m);
	recsig_clear(&m);
}

/* Every signature of a slot; one is replaced if a counting one of the same
 * organisation names it. */
static int
list_rivals(
    struct apply *a, const char *slot, struct rivals *all, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(a->s, &q,
		"SELECT g.id, g.flags, g.message, EXISTS (SELECT 1"
		" FROM replaces p JOIN signature b ON b.id = p.by"
		" WHERE p.signature = g.id AND b.flags & 2 AND b.org = g.org)"
		" FROM signature g WHERE g.slot = ?1",
		e) == -1 ||
	    query_bind_text(q, 1, slot, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		add_rival(all, query_text(q, 0), query_int(q, 1),
		    query_is_null(q, 2) ? NULL : query_text(q, 2),
		    query_int(q, 3) != 0);
out:
	query_close(q);
	return r;
}

static int
judge_slot(struct apply *a, const char *slot, struct err *e)
{
	struct rivals all = {0};
	int rv;

	if (slot[0] == '\0')
		return 0; /* of those that are not good */
	rv = list_rivals(a, slot, &all, e);
	if (rv == 0)
		slot_settle(all.v, all.n);
	for (size_t i = 0; i < all.n && rv == 0; i++) {
		const struct slot_rival *v = &all.v[i];
		int64_t flags = all.flags[v->from] &
				~(int64_t)(SIGN_IN_STATE | SIGN_CONTESTED);

		flags |= v->stands ? SIGN_IN_STATE : 0;
		flags |= v->is_contested ? SIGN_CONTESTED : 0;
		rv = set_flags(a, v->id, flags, e);
	}
	clear_rivals(&all);
	return rv;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_SIZE);
}

static int
judge_versions(struct apply *a, struct err *e)
{
	struct buf list = a->versions;
	size_t n = list.len / ID_SIZE;
	int rv = 0;

	a->versions = (struct buf)BUF_INIT;
	if (n > 1)
		qsort(list.data, n, ID_SIZE, by_id);
	for (size_t i = 0; i < n && rv == 0; i++) {
		const char *id = list.data + i * ID_SIZE;

		if (i == 0 || by_id(id - ID_SIZE, id) != 0)
			rv = judge_version(a, id, e);
	}
	buf_clear(&list);
	return rv;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
judge_slots(struct apply *a, struct err *e)
{
	struct buf list = a->slots;
	const char **names = NULL;
	size_t n = 0;
	int rv = 0;

	a->slots = (struct buf)BUF_INIT;
	for (size_t i = 0; i < list.len; i += strlen(list.data + i) + 1) {
		if (n % 64 == 0)
			names = mem_array(names, n + 64, sizeof(names[0]));
		names[n++] = list.data + i;
	}
	if (n > 1)
		qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n && rv == 0; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			rv = judge_slot(a, names[i], e);
	free(names);
	buf_clear(&list);
	return rv;
}

int
sign_finish(struct apply *a, struct err *e)
{
	if (judge_versions(a, e) == -1)
		return -1;
	return judge_slots(a, e);
}
