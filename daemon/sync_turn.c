/* One round at a time: how long one goes on while others wait.  A host may be
 * as slow as it likes, but not keep an office from its other remotes; and a
 * link may be so slow that a round needs many hours, so that each turn that was
 * cut short is followed by one of twice the length. */
#include "sync_private.h"

#define TURN_MOST (12 * 60 * 60 * 1000LL)

static int64_t
turn_of(const struct sync *s)
{
	return s->current->turn_ms > 0 ? s->current->turn_ms
				       : (int64_t)s->cfg.turn_s * 1000;
}

/* Since when, or from when on, another remote waits; INT64_MAX: none does. */
static int64_t
others_wait(const struct sync *s)
{
	int64_t at = INT64_MAX;

	if (s->nlooks > 0)
		return s->began;
	for (size_t i = 0; i < s->nwaiters; i++)
		if (s->waiters[i].remote != s->current->n)
			return s->began;
	for (size_t i = 0; i < s->nentries; i++)
		if (s->entries[i] != s->current && s->entries[i]->due < at)
			at = s->entries[i]->due;
	return at;
}

int64_t
sync_turn_ends(const struct sync *s)
{
	int64_t end = s->began + turn_of(s), others = others_wait(s);

	return others > end ? others : end;
}

void
sync_turn_end(struct sync *s)
{
	int64_t next = turn_of(s) * 2;

	s->current->turn_ms = next < TURN_MOST ? next : TURN_MOST;
	round_give_way(s->round);
}

void
sync_turn_done(struct entry *x)
{
	x->turn_ms = 0;
}
