#include "gate_heal.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "gate_internal.h"
#include "log_read.h"
#include "query.h"
#include "remote.h"
#include "store.h"
#include "store_apply.h"
#include "store_db.h"

/* Puts into the held line what it lacks and this copy has. */
static bool
complete(
    struct change *held, const struct change *copy, bool with_sig, bool *parts)
{
	bool any = false;

	if (with_sig && copy->is_signed && !held->is_signed) {
		held->is_signed = true;
		memcpy(held->sig, copy->sig, SIG_LEN);
		any = true;
	}
	for (size_t i = 0; i < held->nportions; i++) {
		parts[i] = held->portions[i].form == PORTION_HASH &&
			   copy->portions[i].form != PORTION_HASH;
		if (parts[i])
			held->portions[i] = copy->portions[i];
		any |= parts[i];
	}
	return any;
}

/* Erased portions stay away, whoever brings them. */
static int
without_erased(struct gate *g, int64_t n, struct change *copy,
    const struct change *held, struct err *e)
{
	bool erased;

	for (size_t i = 0; i < copy->nportions; i++) {
		if (held->portions[i].form != PORTION_HASH ||
		    copy->portions[i].form == PORTION_HASH)
			continue;
		if (apply_erased(g->s, n, (int64_t)i, &erased, e) == -1)
			return -1;
		if (erased)
			copy->portions[i] = held->portions[i];
	}
	return 0;
}

/* "from" has it now; whether others do is not known. */
static int
store_healed(struct gate *g, const struct log_entry *l,
    const struct chunk_item *it, int64_t from, bool with_sig, const bool *parts,
    struct err *e)
{
	struct store *s = g->s;
	bool any = false;

	if (log_rewrite(s, l->n, &l->change, false, e) == -1)
		return -1;
	for (size_t i = 0; i < l->change.nportions; i++) {
		if (parts[i] && log_present(s, l->n, (int)i, e) == -1)
			return -1;
		any |= parts[i];
	}
	if (any && remote_unmark_others(s, from, l->log, l->n, e) == -1)
		return -1;
	if (!with_sig)
		return 0;
	if (log_present(s, l->n, -1, e) == -1 ||
	    log_set_flags(s, l->n,
		LOG_SIGNED | (it->is_checked ? LOG_CHECKED : 0), 0, e) == -1)
		return -1;
	return it->is_checked ? 0 : gate_note_unchecked(g, l->n, e);
}

/* Has this copy a signature that the held line is to be given?  Interior ones
 * are no loss; those of weighty changes, and those that were bad, are. */
static int
wants_signature(struct gate *g, const struct log_row *r,
    const struct chunk_item *it, bool *ret, struct err *e)
{
	*ret = false;
	if (!it->change.is_signed || (r->flags & LOG_SIGNED))
		return 0;
	*ret = it->is_checked || (r->flags & LOG_WEIGHTY);
	if (*ret)
		return 0;
	return query_has(g->s,
	    "SELECT 1 FROM patch WHERE change = ?1 AND part = -1", &r->n, 1,
	    ret, e);
}

/* Does the copy bring a portion whose bytes we may lack? */
static int
lacks_portions(struct gate *g, int64_t n, bool *ret, struct err *e)
{
	return query_has(g->s,
	    "SELECT 1 FROM patch WHERE change = ?1 AND part >= 0", &n, 1, ret,
	    e);
}

static int
heal(struct gate *g, const struct log_row *r, const struct chunk_item *it,
    int64_t from, bool with_sig, struct healed *ret, struct err *e)
{
	struct change copy = it->change;
	struct log_entry l;
	bool *parts;
	int rv = -1;

	if (log_get(g->s, r->n, &l, e) == -1)
		return -1;
	parts = mem_zalloc((copy.nportions + 1) * sizeof(parts[0]));
	copy.portions =
	    mem_array(NULL, copy.nportions, sizeof(copy.portions[0]));
	memcpy(copy.portions, it->change.portions,
	    copy.nportions * sizeof(copy.portions[0]));
	if (without_erased(g, r->n, &copy, &l.change, e) == -1)
		goto out;
	ret->any = complete(&l.change, &copy, with_sig, parts);
	if (ret->any && store_healed(g, &l, it, from, with_sig, parts, e) == -1)
		goto out;
	for (size_t i = 0; i < copy.nportions; i++)
		ret->portions |= parts[i];
	rv = 0;
out:
	free(copy.portions);
	free(parts);
	log_entry_clear(&l);
	return rv;
}

int
gate_heal(struct gate *g, const struct log_row *r,
    const struct chunk_item *copy, int64_t from, struct healed *ret,
    struct err *e)
{
	bool with_sig, lacks;

	*ret = (struct healed){0};
	if (wants_signature(g, r, copy, &with_sig, e) == -1 ||
	    lacks_portions(g, r->n, &lacks, e) == -1)
		return -1;
	/* a signature that proves nothing is not worth keeping */
	with_sig =
	    with_sig && (copy->is_checked || (r->flags & LOG_AUTHENTIC) != 0);
	return with_sig || lacks ? heal(g, r, copy, from, with_sig, ret, e) : 0;
}

int
gate_note_unchecked(struct gate *g, int64_t n, struct err *e)
{
	return query_do(g->s,
	    "INSERT OR IGNORE INTO unchecked(change) VALUES(?1)", &n, 1, e);
}
