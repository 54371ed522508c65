#include "gate_chunk.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"

void
chunk_reader_init(struct chunk_reader *r, const void *blob, size_t n,
    const uint8_t w[static HASH_LEN])
{
	*r = (struct chunk_reader){.starts = true};
	segment_reader_init(&r->r, blob, n);
	memcpy(r->w, w, HASH_LEN);
}

void
chunk_reader_clear(struct chunk_reader *r)
{
	segment_reader_clear(&r->r);
}

static void
item_clear(struct chunk_item *it)
{
	if (it->place.nprevious > 1)
		free(it->place.previous);
	change_clear(&it->change);
	head_clear(&it->head);
	apply_texts_clear(&it->texts);
}

static void
empty(struct chunk *c)
{
	for (size_t i = 0; i < c->n; i++)
		item_clear(&c->items[i]);
	c->n = 0;
	c->foreign = 0;
	c->bad = 0;
}

void
chunk_clear(struct chunk *c)
{
	empty(c);
	free(c->items);
	*c = (struct chunk){0};
}

/* --- reading --------------------------------------------------------------- */

static struct chunk_item *
room(struct chunk *c)
{
	if (c->n == c->cap) {
		/* the items point into themselves: they must not move */
		if (c->items != NULL)
			abort();
		c->cap = CHUNK_MOST;
		c->items = mem_array(NULL, c->cap, sizeof(c->items[0]));
	}
	return &c->items[c->n];
}

static void
copy_place(struct chunk_item *it, const struct change_place *from)
{
	it->place = *from;
	if (from->nprevious > 1)
		it->place.previous = mem_array(NULL, from->nprevious, HASH_LEN);
	else
		it->place.previous = &it->previous;
	if (from->nprevious > 0)
		memcpy(it->place.previous, from->previous,
		    from->nprevious * HASH_LEN);
}

/* Takes the change that the reader is at. */
static bool
take_item(struct chunk_reader *r, struct chunk *c)
{
	struct chunk_item *it = room(c);
	struct head head;
	struct err e;

	if (memcmp(r->r.place.coalition, r->w, HASH_LEN) != 0) {
		c->foreign++;
		r->starts = true;
		return false;
	}
	if (head_parse(r->r.change.head, r->r.change.head_len, r->r.id,
		r->r.change.nportions, &head, &e) == -1) {
		segment_reader_spoil(&r->r, &e);
		r->starts = true;
		return false;
	}
	memset(it, 0, sizeof(*it));
	copy_place(it, &r->r.place);
	memcpy(it->id, r->r.id, HASH_LEN);
	it->change = r->r.change;
	r->r.change = (struct change){0}; /* its portions are ours now */
	it->head = head;
	it->line = r->r.line;
	it->len = r->r.line_len;
	it->starts = r->r.is_first || r->starts;
	r->starts = false;
	c->n++;
	return true;
}

/* --- signatures ------------------------------------------------------------ */

static void
spoil(struct chunk_item *it)
{
	const size_t sig = TEXT_B64_LEN(SIG_LEN);

	it->is_spoilt = true;
	it->change.is_signed = false;
	it->line += sig;
	it->len -= sig;
}

/* Items [from, to) follow each other: the last good signature among them
 * speaks for all before it. */
static void
verify_run(struct chunk *c, size_t from, size_t to)
{
	size_t i = to;

	while (i-- > from) {
		struct chunk_item *it = &c->items[i];

		if (!it->change.is_signed)
			continue;
		if (change_verify(&it->place, &it->change)) {
			it->is_checked = true;
			break;
		}
		spoil(it);
	}
	for (size_t k = from; k <= i && i < to; k++)
		c->items[k].is_authentic = true;
}

static void
verify(struct chunk *c)
{
	size_t from = 0;

	for (size_t i = 1; i <= c->n; i++)
		if (i == c->n || c->items[i].starts) {
			verify_run(c, from, i);
			from = i;
		}
}

/* What does not count yet is read back when it does. */
static void
prepare(struct chunk *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct chunk_item *it = &c->items[i];

		if (it->is_authentic && !it->head.is_act)
			apply_prepare(
			    &it->change, &it->head, it->id, &it->texts);
	}
}

/* Each makes a value at most: what a head takes once it is parsed goes by
 * them, not by its bytes. */
static size_t
marks(const struct change *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->head_len; i++)
		n +=
		    c->head[i] == '{' || c->head[i] == '[' || c->head[i] == ',';
	return n;
}

bool
chunk_next(struct chunk_reader *r, struct chunk *c)
{
	size_t bytes = 0, values = 0;
	bool more = true;

	empty(c);
	while (
	    c->n < CHUNK_MOST && bytes < CHUNK_BYTES && values < CHUNK_VALUES) {
		more = segment_next(&r->r);
		if (!more)
			break;
		if (!take_item(r, c))
			continue;
		bytes += c->items[c->n - 1].len;
		values += marks(&c->items[c->n - 1].change);
		if (c->n >= CHUNK_CHANGES &&
		    c->items[c->n - 1].change.is_signed)
			break;
	}
	c->bad = r->r.bad - r->bad;
	r->bad = r->r.bad;
	verify(c);
	prepare(c);
	return c->n > 0 || more;
}
