#include "proof.h"

#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "mem.h"
#include "segment.h"

static int
refuse(struct err *e, const char *why)
{
	return err_set(e, ERR_UNTRUSTED, _("chain.changes: %s"), why);
}

/* --- reading ------------------------------------------------------------- */

/* Keeps the change at hand; its bytes stay where they are. */
static int
keep(
    struct proof *p, const struct segment_reader *r, size_t *cap, struct err *e)
{
	struct proof_change *c;
	const struct change_place *at = &r->place;

	if (p->n == PROOF_CHANGES_MAX)
		return refuse(e, "too many changes");
	if (p->n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		p->changes = mem_array(p->changes, *cap, sizeof(p->changes[0]));
	}
	c = &p->changes[p->n];
	*c = (struct proof_change){.place = *at};
	memcpy(c->id, r->id, HASH_LEN);
	c->place.previous = mem_alloc((at->nprevious + 1) * HASH_LEN);
	if (at->nprevious > 0)
		memcpy(
		    c->place.previous, at->previous, at->nprevious * HASH_LEN);
	p->n++;
	return change_split(r->line, r->line_len, &c->change, e);
}

static int
read_blob(struct proof *p, const char *blob, size_t n, struct err *e)
{
	struct segment_reader r;
	size_t cap = 0;
	int rv = 0;

	segment_reader_init(&r, blob, n);
	while (rv == 0 && segment_next(&r))
		rv = keep(p, &r, &cap, e);
	if (rv == 0 && (r.bad > 0 || r.p != r.end))
		rv = refuse(e, "a line does not read");
	segment_reader_clear(&r);
	return rv;
}

/* --- finding ------------------------------------------------------------- */

static int
by_id(const void *a, const void *b, void *arg)
{
	const struct proof *p = arg;

	return memcmp(p->changes[*(const size_t *)a].id,
	    p->changes[*(const size_t *)b].id, HASH_LEN);
}

static int
sort(struct proof *p, struct err *e)
{
	p->by_id = mem_alloc((p->n + 1) * sizeof(p->by_id[0]));
	for (size_t i = 0; i < p->n; i++)
		p->by_id[i] = i;
	qsort_r(p->by_id, p->n, sizeof(p->by_id[0]), by_id, p);
	for (size_t i = 1; i < p->n; i++)
		if (by_id(&p->by_id[i - 1], &p->by_id[i], p) == 0)
			return refuse(e, "a change occurs twice");
	return 0;
}

/* The index of a change, or p->n. */
static size_t
find(const struct proof *p, const uint8_t *id)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		size_t i = p->by_id[mid];
		int cmp = memcmp(id, p->changes[i].id, HASH_LEN);

		if (cmp == 0)
			return i;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return p->n;
}

const struct proof_change *
proof_find(const struct proof *p, const uint8_t id[static HASH_LEN])
{
	size_t i = find(p, id);

	return i < p->n ? &p->changes[i] : NULL;
}

/* Marks a change and all of its log that it follows, in "seen". */
static void
mark_back(const struct proof *p, size_t from, bool *seen, size_t *stack)
{
	size_t top = 0;

	if (seen[from])
		return;
	seen[from] = true;
	stack[top++] = from;
	while (top > 0) {
		const struct proof_change *c = &p->changes[stack[--top]];

		for (size_t i = 0; i < c->place.nprevious; i++) {
			size_t k = find(p, c->place.previous[i]);

			/* naming a change of another key links nothing */
			if (k == p->n || seen[k] ||
			    memcmp(p->changes[k].place.key, c->place.key,
				KEY_LEN) != 0)
				continue;
			seen[k] = true;
			stack[top++] = k;
		}
	}
}

static bool
within(void *arg, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	const struct proof *p = arg;
	bool *seen = mem_zalloc(p->n + 1);
	size_t *stack = mem_alloc((p->n + 1) * sizeof(*stack));
	size_t k = find(p, change);
	bool is_within = false;

	for (size_t i = 0; i < nheads && k < p->n; i++) {
		size_t from = find(p, heads[i]);

		if (from < p->n)
			mark_back(p, from, seen, stack);
	}
	if (k < p->n)
		is_within = seen[k];
	free(seen);
	free(stack);
	return is_within;
}

/* --- judging ------------------------------------------------------------- */

static int
authenticate(struct proof *p, struct err *e)
{
	bool *seen = mem_zalloc(p->n + 1);
	size_t *stack = mem_alloc((p->n + 1) * sizeof(*stack));
	int rv = 0;

	for (size_t i = 0; i < p->n && rv == 0; i++) {
		const struct proof_change *c = &p->changes[i];

		if (!c->change.is_signed)
			continue;
		if (change_verify(&c->place, &c->change))
			mark_back(p, i, seen, stack);
		else
			rv = refuse(e, "a signature is not good");
	}
	for (size_t i = 0; i < p->n; i++)
		p->changes[i].is_authentic = seen[i];
	free(seen);
	free(stack);
	return rv;
}

static int
find_coalition(struct proof *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct change_place *at = &p->changes[i].place;

		if (i == 0)
			memcpy(p->coalition, at->coalition, HASH_LEN);
		else if (memcmp(p->coalition, at->coalition, HASH_LEN) != 0)
			return refuse(e, "it mixes two coalitions");
		p->has_genesis |= at->is_genesis;
	}
	return p->has_genesis ? 0
			      : refuse(e, "the founding of the coalition is "
					  "not in it");
}

static void
note_made(struct proof *p, size_t change, const struct head *h, size_t *cap)
{
	for (size_t i = 0; i < h->nops; i++) {
		struct proof_made *m;

		if (h->ops[i].op != OP_VERSION && h->ops[i].op != OP_SIGN)
			continue;
		if (p->nmade == *cap) {
			*cap = *cap == 0 ? 64 : *cap * 2;
			p->made = mem_array(p->made, *cap, sizeof(p->made[0]));
		}
		m = &p->made[p->nmade++];
		*m = (struct proof_made){
		    .change = change, .op = i, .kind = h->ops[i].op};
		ident_make(p->changes[change].id, i, m->id);
	}
}

static int
by_made(const void *a, const void *b)
{
	return strcmp(((const struct proof_made *)a)->id,
	    ((const struct proof_made *)b)->id);
}

/* Feeds the acts to trust and notes what versions and signatures are made. */
static void
digest(struct proof *p)
{
	size_t cap = 0;

	p->trust = trust_new(p->coalition);
	p->ancestry = (struct trust_ancestry){within, p};
	for (size_t i = 0; i < p->n; i++) {
		const struct proof_change *c = &p->changes[i];
		struct head h;
		struct err ignored;

		if (!c->is_authentic ||
		    head_parse(c->change.head, c->change.head_len, c->id,
			c->change.nportions, &h, &ignored) == -1)
			continue;
		if (h.is_act)
			trust_add(p->trust, c->id, c->place.key, &h);
		else
			note_made(p, i, &h, &cap);
		head_clear(&h);
	}
	if (p->nmade > 0)
		qsort(p->made, p->nmade, sizeof(p->made[0]), by_made);
	trust_resolve(p->trust, &p->ancestry);
}

int
proof_read(struct proof *p, const char *blob, size_t n, struct err *e)
{
	*p = (struct proof){0};
	if (read_blob(p, blob, n, e) == -1 || sort(p, e) == -1 ||
	    find_coalition(p, e) == -1 || authenticate(p, e) == -1)
		return -1;
	digest(p);
	return 0;
}

void
proof_clear(struct proof *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->changes[i].place.previous);
		change_clear(&p->changes[i].change);
	}
	free(p->changes);
	free(p->by_id);
	free(p->made);
	trust_free(p->trust);
	*p = (struct proof){0};
}

const struct proof_made *
proof_made(const struct proof *p, const char *id, enum op_kind kind)
{
	struct proof_made key = {0};
	const struct proof_made *m;

	if (!ident_ok(id, strlen(id)) || p->nmade == 0)
		return NULL;
	memcpy(key.id, id, ID_SIZE);
	m = bsearch(&key, p->made, p->nmade, sizeof(key), by_made);
	return m != NULL && m->kind == kind ? m : NULL;
}

int
proof_values(const struct proof *p, const struct proof_made *m, size_t nvalues,
    struct head *ret_head, json_t **ret_values, struct err *e)
{
	const struct proof_change *c = &p->changes[m->change];
	struct head h;
	json_t *all = NULL, *mine;
	const struct op *op;

	if (head_parse(c->change.head, c->change.head_len, c->id,
		c->change.nportions, &h, e) == -1)
		return -1;
	op = &h.ops[m->op];
	if (portion_values(&c->change.portions[op->portion],
		head_portion_count(&h, op->portion), &all, e) == -1)
		goto fail;
	mine = json_array_get(all, op->value);
	if (json_array_size(mine) != nvalues) {
		refuse(e, "values of another number");
		goto fail;
	}
	*ret_values = json_incref(mine);
	*ret_head = h;
	json_decref(all);
	return 0;
fail:
	json_decref(all);
	head_clear(&h);
	return -1;
}
