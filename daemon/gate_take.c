/* Taking what others hand over. */
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "gate_chunk.h"
#include "gate_feed.h"
#include "gate_heal.h"
#include "gate_internal.h"
#include "gate_mark.h"
#include "log_read.h"
#include "query.h"
#include "store.h"
#include "store_apply.h"
#include "store_db.h"
#include "store_log.h"
#include "store_unseen.h"

#define SLICE_CHANGES 8000              /* of one transaction */
#define SLICE_BYTES   (4 * 1024 * 1024) /* of lines */
#define FIELDS        8192              /* that wait before they are merged */
#define HURRY         (64 * 1024)       /* blobs from here on are worth it */
#define WAITING_MOST                                                           \
	(8 * 1024 * 1024) /* of lines that nothing signed follows */

struct taker {
	struct gate *g;
	struct marker there;
	struct gate_taken *ret;
	const struct chunk_item *first; /* of the chunk at hand */
	bool next_is_new;               /* what follows the last change taken
					 * cannot be held */
	size_t changes, bytes;          /* in this transaction */
	bool news;              /* something was added or healed in it */
	struct gate_taken was;  /* before it */
	int64_t from;           /* changes with larger numbers are of it */
	int64_t unsigned_bytes; /* of those, that nothing signed follows yet */
};

/* --- authenticity of what was held before ----------------------------------- */

/* What its head says beside operations. */
static int
heed(struct taker *t, int64_t log, int64_t n, const uint8_t *id,
    const uint8_t *key, const struct head *h, struct err *e)
{
	if (h->is_act)
		gate_act_added(t->g, id, key, h);
	return unseen_note(t->g->s, log, n, h, clock_wall(t->g->clock), e);
}

static int
heed_stored(struct taker *t, int64_t n, struct err *e)
{
	struct log_entry l;
	struct head h;
	int rv = -1;

	if (log_get(t->g->s, n, &l, e) == -1)
		return -1;
	if (head_parse(l.change.head, l.change.head_len, l.id,
		l.change.nportions, &h, e) == 0) {
		rv = heed(t, l.log, n, l.id, l.place.key, &h, e);
		head_clear(&h);
	}
	log_entry_clear(&l);
	return rv;
}

static bool
is_own(const struct gate *g, const uint8_t *key)
{
	return g->secret != NULL && memcmp(key, g->key, KEY_LEN) == 0;
}

/* A held change turned out authentic: it counts from now on. */
static int
wake(struct taker *t, int64_t n, bool followed, struct err *e)
{
	struct gate *g = t->g;
	uint8_t id[HASH_LEN], key[KEY_LEN];
	struct log_row r;

	if (log_authenticated(g->s, n, followed, e) == -1 ||
	    log_row(g->s, n, &r, e) == -1 || log_id(g->s, n, id, e) == -1 ||
	    log_key(g->s, r.log, key, e) == -1)
		return -1;
	t->ret->own += is_own(g, key);
	if (n > t->from)
		t->unsigned_bytes -= r.len;
	t->news = true;
	gate_authentic(g, id, r.log, followed);
	if (heed_stored(t, n, e) == -1)
		return -1;
	return apply_stored(g->a, n, e);
}

/* Walks back from an authentic change over what it follows. */
static int
wake_ancestors(struct taker *t, const struct log_row *from, struct err *e)
{
	struct buf todo = BUF_INIT;
	struct log_row r;
	int64_t n;
	int rv = -1;

	if (log_parents(t->g->s, from, &todo, e) == -1)
		goto out;
	while (todo.len > 0) {
		todo.len -= sizeof(n);
		memcpy(&n, todo.data + todo.len, sizeof(n));
		if (log_row(t->g->s, n, &r, e) == -1)
			goto out;
		if (r.flags & LOG_AUTHENTIC)
			continue;
		if (wake(t, n, true, e) == -1 ||
		    log_parents(t->g->s, &r, &todo, e) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&todo);
	return rv;
}

/* Was an authentic change held that follows this one?  Was any? */
static int
is_followed(struct taker *t, const struct chunk_item *it, int64_t log,
    bool *ret, bool *ret_any, struct err *e)
{
	struct buf children = BUF_INIT;
	struct log_row r;
	int64_t n;
	int rv = -1;

	*ret = false;
	if (log_waiting_children(t->g->s, it->id, log, &children, e) == -1)
		goto out;
	*ret_any = children.len > 0;
	for (size_t i = 0; i < children.len && !*ret; i += sizeof(n)) {
		memcpy(&n, children.data + i, sizeof(n));
		if (log_row(t->g->s, n, &r, e) == -1)
			goto out;
		*ret = (r.flags & LOG_AUTHENTIC) != 0;
	}
	rv = 0;
out:
	buf_clear(&children);
	return rv;
}

/* --- what the remote has ------------------------------------------------------- */

/* Has this copy only the hash of a portion that we hold? */
static int
compare(struct taker *t, const struct chunk_item *it, int64_t n, bool *ret_thin,
    struct err *e)
{
	struct log_entry l;
	bool any = false;

	for (size_t i = 0; i < it->change.nportions; i++)
		any |= it->change.portions[i].form == PORTION_HASH;
	if (!any || t->there.from == NULL)
		return 0;
	if (log_get(t->g->s, n, &l, e) == -1)
		return -1;
	for (size_t i = 0; i < l.change.nportions; i++)
		if (it->change.portions[i].form == PORTION_HASH &&
		    l.change.portions[i].form != PORTION_HASH) {
			marker_thin(&t->there, n, i);
			*ret_thin = true;
		}
	log_entry_clear(&l);
	return 0;
}

/* Refs go by the key of their log. */
static bool
is_astray(const struct taker *t, const uint8_t *key)
{
	char name[KEY_SIZE];

	if (t->there.from == NULL)
		return false;
	ident_key(key, name);
	return strncmp(name, t->there.from->id, ID_CHARS) != 0;
}

static int
note_copy(struct taker *t, const struct chunk_item *it, const struct log_row *r,
    bool is_new, struct err *e)
{
	struct mark c = {.log = r->log,
	    .n = r->n,
	    .is_new = is_new,
	    .starts = it->starts,
	    .is_authentic = it->is_authentic,
	    .is_astray = is_astray(t, it->place.key)};

	if (!is_new && !c.is_astray &&
	    compare(t, it, r->n, &c.is_thin, e) == -1)
		return -1;
	return marker_note(&t->there, &c, e);
}

/* --- a change that is new ---------------------------------------------------- */

static bool
is_admitted(const struct gate *g, const uint8_t *key)
{
	return g->trust != NULL && trust_key(g->trust, key) != NULL;
}

/* Notes whatever is to be done about its signature. */
static int
note_signature(
    struct taker *t, const struct chunk_item *it, int64_t n, struct err *e)
{
	if (it->is_spoilt)
		return log_absent(t->g->s, n, -1, e);
	if (it->change.is_signed && !it->is_checked)
		return gate_note_unchecked(t->g, n, e);
	return 0;
}

static int
apply_new_one(
    struct taker *t, const struct chunk_item *it, int64_t n, struct err *e)
{
	struct apply_change c = {.n = n,
	    .id = it->id,
	    .place = &it->place,
	    .change = &it->change,
	    .head = &it->head,
	    .texts = it->texts.op != NULL ? &it->texts : NULL,
	    .is_new = true};

	if (apply_change(t->g->a, &c, e) == -1)
		return -1;
	if (apply_pending(t->g->a) > FIELDS)
		return apply_finish(t->g->a, e);
	return 0;
}

static void
count_new(struct taker *t, const struct chunk_item *it, bool authentic)
{
	struct gate *g = t->g;

	t->ret->added++;
	t->ret->waiting += !authentic;
	t->ret->unadmitted += !is_admitted(g, it->place.key);
	/* anybody can write down what our key has not signed */
	t->ret->own += authentic && is_own(g, it->place.key);
	t->news = true;
	gate_note_t(g, it->head.t);
}

static int
add_new(struct taker *t, const struct chunk_item *it, struct err *e)
{
	struct log_new c = {.place = &it->place,
	    .id = it->id,
	    .change = &it->change,
	    .line = it->line,
	    .len = it->len,
	    .t = it->head.t,
	    .flags = gate_head_flags(&it->head)};
	struct log_row r;
	bool authentic, followed, waited_for;
	int64_t n;

	/* whom an act admits counts at the end of the slice: before that
	 * only the founder is let in, whose log often fills a blob */
	if (t->g->is_founded && gate_resolve(t->g, e) == -1)
		return -1;
	if (log_number(t->g->s, it->place.key, &c.log, e) == -1 ||
	    is_followed(t, it, c.log, &followed, &waited_for, e) == -1)
		return -1;
	/* had we held one, it would have waited for this one (table link) */
	t->next_is_new = !waited_for;
	authentic = it->is_authentic || followed;
	c.flags |= (authentic ? LOG_AUTHENTIC : 0) |
		   (it->is_checked ? LOG_CHECKED : 0) |
		   (it->change.is_signed ? LOG_SIGNED : 0) |
		   (it->place.is_genesis ? LOG_GENESIS : 0);
	if (marker_enter(&t->there, c.log, e) == -1 ||
	    log_add(t->g->s, &c, &n, e) == -1 ||
	    note_signature(t, it, n, e) == -1 ||
	    note_copy(
		t, it, &(struct log_row){.n = n, .log = c.log}, true, e) == -1)
		return -1;
	count_new(t, it, authentic);
	if (!authentic) {
		t->unsigned_bytes += (int64_t)it->len;
		return 0;
	}
	gate_authentic(t->g, it->id, c.log, followed);
	/* inside a run the one before is authentic already */
	if ((it->starts || !it->is_authentic || it == t->first) &&
	    (log_row(t->g->s, n, &r, e) == -1 ||
		wake_ancestors(t, &r, e) == -1))
		return -1;
	if (heed(t, c.log, n, it->id, it->place.key, &it->head, e) == -1)
		return -1;
	return apply_new_one(t, it, n, e);
}

/* --- a change that is held --------------------------------------------------- */

static int
add_known(struct taker *t, const struct log_row *r, const struct chunk_item *it,
    struct err *e)
{
	const struct gate_remote *from = t->there.from;
	bool authentic = (r->flags & LOG_AUTHENTIC) != 0;
	struct healed healed;

	t->ret->known++;
	if (note_copy(t, it, r, false, e) == -1 ||
	    gate_heal(t->g, r, it,
		from == NULL || is_astray(t, it->place.key) ? 0 : from->n,
		&healed, e) == -1)
		return -1;
	t->ret->healed += healed.any;
	t->news |= healed.any;
	if (it->is_authentic && !authentic)
		return wake(t, r->n, false, e) == -1 ||
			       wake_ancestors(t, r, e) == -1
			   ? -1
			   : 0;
	return healed.portions && authentic ? apply_stored(t->g->a, r->n, e)
					    : 0;
}

/* --- slices ------------------------------------------------------------------ */

static int
begin_slice(struct taker *t, struct err *e)
{
	t->changes = t->bytes = 0;
	t->unsigned_bytes = 0;
	t->news = false;
	t->was = *t->ret;
	if (gate_begin(t->g, e) == -1)
		return -1;
	if (log_last(t->g->s, &t->from, e) == -1) {
		gate_rollback(t->g);
		return -1;
	}
	return 0;
}

static int
end_slice(struct taker *t, struct err *e)
{
	bool news = t->news;

	if (marker_write(&t->there, e) == -1) {
		gate_rollback(t->g);
		return -1;
	}
	if (gate_end(t->g, e) == -1)
		return -1;
	if (t->there.from != NULL)
		marker_commit(&t->there);
	t->g->has_place = false; /* our own log may have grown */
	if (news)
		gate_tell(t->g, false);
	return 0;
}

static int
take_item(struct taker *t, const struct chunk_item *it, struct err *e)
{
	struct log_row r;
	int held = 0;

	if (it->starts || !t->next_is_new)
		held = log_lookup(t->g->s, it->id, &r, e);
	if (held == -1)
		return -1;
	t->next_is_new = false;
	t->changes++;
	t->bytes += it->len;
	t->ret->verified |= it->is_checked;
	return held ? add_known(t, &r, it, e) : add_new(t, it, e);
}

static int
take_chunk(struct taker *t, const struct chunk *c, struct err *e)
{
	t->ret->foreign += c->foreign;
	t->ret->bad += c->bad;
	t->first = c->items;
	for (size_t i = 0; i < c->n; i++)
		if (take_item(t, &c->items[i], e) == -1) {
			gate_rollback(t->g);
			return -1;
		}
	/* it may have to be refused, while nothing signed follows some of it */
	if ((t->changes < SLICE_CHANGES && t->bytes < SLICE_BYTES) ||
	    t->unsigned_bytes > 0)
		return 0;
	if (end_slice(t, e) == -1)
		return -1;
	return begin_slice(t, e);
}

/* Lines that nothing signed follows cost nothing to make, and nobody throws
 * them away again: what would leave too many is refused, from the last slice
 * on that left none. */
static int
refuse_unsigned(struct taker *t, bool *ret, struct err *e)
{
	int64_t bytes = 0;

	*ret = false;
	if (t->unsigned_bytes == 0)
		return 0;
	if (store_number(t->g->s,
		"SELECT coalesce(sum(len), 0) FROM change WHERE NOT flags & 1",
		&bytes, e) == -1) {
		gate_rollback(t->g);
		return -1;
	}
	*ret = bytes > WAITING_MOST;
	if (!*ret)
		return 0;
	gate_rollback(t->g);
	t->was.bad += t->ret->added - t->was.added;
	*t->ret = t->was;
	return 0;
}

static int
take_blob(struct taker *t, const void *blob, size_t n, struct err *e)
{
	const struct chunk *c;
	struct feed *f;
	bool refused;
	int rv = 0;

	if (begin_slice(t, e) == -1)
		return -1;
	f = feed_new(blob, n, t->g->w);
	while (rv == 0 && (c = feed_next(f)) != NULL)
		rv = take_chunk(t, c, e);
	feed_free(f);
	marker_end(&t->there);
	if (rv == -1 || refuse_unsigned(t, &refused, e) == -1)
		return -1;
	return refused ? 0 : end_slice(t, e);
}

/* Without a coalition nothing is ours. */
static void
count_foreign(const void *blob, size_t n, struct gate_taken *ret)
{
	struct segment_reader r;

	segment_reader_init(&r, blob, n);
	while (segment_next(&r))
		ret->foreign++;
	ret->bad = r.bad;
	segment_reader_clear(&r);
}

int
gate_take(struct gate *g, struct gate_remote *from, const void *blob, size_t n,
    struct gate_taken *ret, struct err *e)
{
	struct taker t = {
	    .g = g, .there = {.s = g->s, .from = from}, .ret = ret};
	int rv;

	*ret = (struct gate_taken){0};
	if (!g->has_w) {
		count_foreign(blob, n, ret);
		return 0;
	}
	/* more blobs may follow: gate_idle() slows down again */
	if (n >= HURRY)
		store_hurry(g->s, true);
	rv = take_blob(&t, blob, n, e);
	marker_clear(&t.there);
	return rv;
}
