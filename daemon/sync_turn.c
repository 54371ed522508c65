/* One round at a time: how long one goes on while others wait.  A host may be
 * as slow as it likes, but not keep an office from its other remotes; and a
 * link may be so slow that a round needs many hours, so that each turn that was
 * cut short is followed by one of twice the length: for somebody who asks, up
 * to an hour. */
#include "sync_private.h"

#define TURN_MOST  (12 * 60 * 60 * 1000LL)
#define TURN_ASKED (60 * 60 * 1000LL)

static int64_t
turn_of(const struct sync *s)
{
	return s->current->turn_ms > 0 ? s->current->turn_ms
				       : (int64_t)s->cfg.turn_s * 1000;
}

/* Does somebody wait for another remote? */
static bool
is_asked(const struct sync *s)
{
	for (size_t i = 0; i < s->nwaiters; i++)
		if (s->waiters[i].remote != s->current->n)
			return true;
	return s->nlooks > 0;
}

/* From when on another remote is due that may be there; INT64_MAX: none. */
static int64_t
others_due(const struct sync *s)
{
	int64_t at = INT64_MAX;

	for (size_t i = 0; i < s->nentries; i++)
		if (s->entries[i] != s->current &&
		    s->entries[i]->failures == 0 && s->entries[i]->due < at)
			at = s->entries[i]->due;
	return at;
}

int64_t
sync_turn_ends(const struct sync *s)
{
	int64_t turn = turn_of(s), others = others_due(s);

	if (is_asked(s))
		return s->began + (turn < TURN_ASKED ? turn : TURN_ASKED);
	return others > s->began + turn ? others : s->began + turn;
}

void
sync_turn_end(struct sync *s)
{
	int64_t next = turn_of(s) * 2;

	s->current->turn_ms = next < TURN_MOST ? next : TURN_MOST;
	s->current->was_cut = true;
	round_give_way(s->round);
}

void
sync_turn_done(struct entry *x)
{
	x->turn_ms = 0;
	x->was_cut = false;
}
