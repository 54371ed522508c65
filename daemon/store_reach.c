#include "store_reach.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/mem.h"
#include "log_read.h"
#include "pairs.h"
#include "store_log.h"

/* A cut that was asked about, in one log: heads in others reach nothing. */
struct cut {
	int64_t log;
	uint8_t (*heads)[HASH_LEN];
	size_t nheads;
	bool is_known;       /* "within" is up to date */
	struct pairs within; /* (number, 0) */
};

struct reach {
	struct store *s;
	struct cut *cuts;
	size_t n;
};

struct reach *
reach_new(struct store *s)
{
	struct reach *r = mem_zalloc(sizeof(*r));

	r->s = s;
	return r;
}

void
reach_forget(struct reach *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->cuts[i].heads);
		pairs_clear(&r->cuts[i].within);
	}
	free(r->cuts);
	r->cuts = NULL;
	r->n = 0;
}

void
reach_free(struct reach *r)
{
	if (r == NULL)
		return;
	reach_forget(r);
	free(r);
}

/* Heads that are authentic. */
static void
start(struct reach *r, struct cut *c, struct buf *todo)
{
	struct log_row row;
	struct err ignored;

	for (size_t i = 0; i < c->nheads; i++) {
		if (log_lookup(r->s, c->heads[i], &row, &ignored) != 1 ||
		    !(row.flags & LOG_AUTHENTIC) || row.log != c->log)
			continue;
		if (pairs_add(&c->within, row.n, 0))
			buf_add(todo, &row.n, sizeof(row.n));
	}
}

static void
walk(struct reach *r, struct cut *c)
{
	struct buf todo = BUF_INIT, parents = BUF_INIT;
	struct log_row row;
	struct err ignored;
	int64_t n;

	pairs_reset(&c->within);
	start(r, c, &todo);
	while (todo.len > 0) {
		todo.len -= sizeof(n);
		memcpy(&n, todo.data + todo.len, sizeof(n));
		buf_reset(&parents);
		if (log_row(r->s, n, &row, &ignored) == -1 ||
		    log_parents(r->s, &row, &parents, &ignored) == -1)
			continue;
		for (size_t i = 0; i < parents.len; i += sizeof(n)) {
			memcpy(&n, parents.data + i, sizeof(n));
			if (pairs_add(&c->within, n, 0))
				buf_add(&todo, &n, sizeof(n));
		}
	}
	c->is_known = true;
	buf_clear(&todo);
	buf_clear(&parents);
}

static struct cut *
find_cut(struct reach *r, int64_t log, const uint8_t (*heads)[HASH_LEN],
    size_t nheads)
{
	struct cut *c;

	for (size_t i = 0; i < r->n; i++) {
		c = &r->cuts[i];
		if (c->log == log && c->nheads == nheads &&
		    memcmp(c->heads, heads, nheads * HASH_LEN) == 0)
			return c;
	}
	r->cuts = mem_array(r->cuts, r->n + 1, sizeof(r->cuts[0]));
	c = &r->cuts[r->n++];
	*c = (struct cut){.log = log, .nheads = nheads};
	c->heads = mem_array(NULL, nheads, HASH_LEN);
	memcpy(c->heads, heads, nheads * HASH_LEN);
	return c;
}

bool
reach_within(struct reach *r, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	struct log_row row;
	struct err ignored;
	struct cut *c;

	if (nheads == 0 || log_lookup(r->s, change, &row, &ignored) != 1)
		return false;
	c = find_cut(r, row.log, heads, nheads);
	if (!c->is_known)
		walk(r, c);
	return pairs_has(&c->within, row.n, 0);
}

static bool
is_head(const struct cut *c, const uint8_t *change)
{
	for (size_t i = 0; i < c->nheads; i++)
		if (memcmp(c->heads[i], change, HASH_LEN) == 0)
			return true;
	return false;
}

bool
reach_grew(struct reach *r, const uint8_t change[static HASH_LEN], int64_t log,
    bool closes_gap)
{
	bool grew = false;

	for (size_t i = 0; i < r->n; i++) {
		struct cut *c = &r->cuts[i];

		if (!is_head(c, change) && !(closes_gap && c->log == log))
			continue;
		c->is_known = false;
		grew = true;
	}
	return grew;
}
