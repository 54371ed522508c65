/* When rounds begin, and what comes of them. */
#include "sync_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "remote.h"
#include "store.h"

int64_t
sync_mono(const struct sync *s)
{
	return clock_mono(gate_clock(s->gate));
}

uint32_t
sync_chance(void)
{
	uint32_t n;

	crypto_random(&n, sizeof(n));
	return n;
}

struct retry
sync_policy(const struct sync *s)
{
	return (struct retry){
	    (int64_t)s->cfg.interval_s * 1000, s->cfg.jitter_percent};
}

/* --- configuration --------------------------------------------------------- */

static void
clear_config(struct sync_config *c)
{
	free((char *)c->home);
	free((char *)c->transfer);
	free((char *)c->ssh);
}

void
sync_configure(struct sync *s, const struct sync_config *c)
{
	struct sync_config old = s->cfg;
	int64_t at = sync_mono(s);
	struct retry r;

	s->cfg = *c;
	s->cfg.home = mem_strdup(c->home);
	s->cfg.transfer = mem_strdup(c->transfer);
	s->cfg.ssh = mem_strdup(c->ssh);
	clear_config(&old);
	r = sync_policy(s);
	for (size_t i = 0; i < s->nentries; i++) {
		struct entry *x = s->entries[i];
		int64_t due = at + retry_delay(&r, x->failures, sync_chance());

		if (due < x->due)
			x->due = due;
	}
	sync_arm(s);
}

/* --- a round --------------------------------------------------------------- */

static void
on_progress(void *arg, const char *phase, int64_t received, int64_t objects)
{
	struct sync *s = arg;

	for (size_t i = 0; i < s->nwaiters; i++) {
		const struct waiter *w = &s->waiters[i];

		if (w->is_running && w->progress != NULL)
			w->progress(
			    w->arg, s->current->name, phase, received, objects);
	}
}

static void
on_alarm(void *arg, const struct alarm *a)
{
	struct sync *s = arg;

	sync_alarm(s, s->current->n, a);
}

static void
on_calm(void *arg,
    bool (*stands)(void *round, const char *kind, const char *about),
    void *round)
{
	struct sync *s = arg;

	sync_calm(s, s->current->n, stands, round);
}

static void
log_round(const struct sync *s, const struct sync_result *r)
{
	long long ms = (long long)(sync_mono(s) - s->began);

	if (r->err.code != ERR_NONE)
		log_warn("sync",
		    "remote=%s taken=%lld sent=%lld proven=%s waiting=%lld "
		    "ms=%lld error=\"%s\"",
		    r->remote, (long long)r->taken, (long long)r->sent,
		    r->proven ? "yes" : "no", (long long)r->waiting, ms,
		    r->err.msg);
	else if (r->taken == 0 && r->sent == 0 && r->proven)
		log_debug("sync", "remote=%s taken=0 sent=0 proven=yes ms=%lld",
		    r->remote, ms);
	else
		log_info("sync",
		    "remote=%s taken=%lld sent=%lld proven=%s waiting=%lld "
		    "ms=%lld",
		    r->remote, (long long)r->taken, (long long)r->sent,
		    r->proven ? "yes" : "no", (long long)r->waiting, ms);
}

static void
note_result(struct sync *s, struct entry *x, const struct sync_result *r)
{
	struct retry p = sync_policy(s);
	int64_t at = sync_mono(s);
	struct err e = {0};

	/* a round that proved our own log is not held against the remote for a
	 * single one that was of no use */
	if (r->err.code == ERR_NONE || r->own_proven)
		x->failures = 0;
	else if (!x->was_cut)
		x->failures++;
	x->was_cut = false;
	x->due = at + retry_delay(&p, x->failures, sync_chance());
	if (x->is_dirty && r->waiting > 0)
		x->due =
		    retry_hasten(x->due, at, s->cfg.debounce_ms, x->failures);
	x->is_dirty = false;
	if (r->err.code == ERR_NONE)
		sync_turn_done(x);
	if (remote_note(gate_store(s->gate), x->n,
		clock_wall(gate_clock(s->gate)), r->proven,
		r->err.code != ERR_NONE ? r->err.msg : NULL, &e) == -1)
		log_error("sync", "remote=%s error=\"%s\"", x->name, e.msg);
}

static void
on_result(void *arg, const struct sync_result *result)
{
	struct sync *s = arg;
	struct entry *x = s->current;
	struct sync_result r = *result;
	int64_t since;
	struct err e;

	r.remote = x->name;
	if (r.err.code != ERR_NONE && remote_waiting(gate_store(s->gate), x->n,
					  &r.waiting, &since, &e) == -1)
		log_error("sync", "remote=%s error=\"%s\"", x->name, e.msg);
	log_round(s, &r);
	note_result(s, x, &r);
	sync_tell(s, x->n, true, &r);
}

static void
on_done(void *arg)
{
	struct sync *s = arg;
	struct round *round = s->round;

	s->round = NULL;
	s->current = NULL;
	round_free(round);
	sync_arm(s);
}

static void
start_round(struct sync *s, struct entry *x)
{
	struct round_start start = {.loop = s->loop,
	    .gate = s->gate,
	    .config = &s->cfg,
	    .remote = x->n,
	    .name = x->name,
	    .url = x->url,
	    .create = sync_is_to_create(s, x->n),
	    .memory = &x->memory,
	    .progress = on_progress,
	    .alarm = on_alarm,
	    .calm = on_calm,
	    .result = on_result,
	    .done = on_done,
	    .arg = s};
	struct sync_result r = {.remote = x->name};

	for (size_t i = 0; i < s->nwaiters; i++)
		if (s->waiters[i].remote == x->n)
			s->waiters[i].is_running = true;
	s->current = x;
	s->began = sync_mono(s);
	x->is_dirty = false;
	log_debug("round", "remote=%s", x->name);
	if (round_begin(&start, &s->round, &r.err) == -1) {
		on_result(s, &r);
		on_done(s);
		return;
	}
	sync_arm(s);
}

/* --- what is next ----------------------------------------------------------- */

static struct entry *
next_due(const struct sync *s)
{
	struct entry *best = NULL;

	for (size_t i = 0; i < s->nentries; i++)
		if (best == NULL || s->entries[i]->due < best->due)
			best = s->entries[i];
	return best;
}

/* Those who wait come first, in the order of asking. */
static struct entry *
next_asked(struct sync *s)
{
	while (s->nwaiters > 0) {
		struct entry *x = sync_find(s, s->waiters[0].remote);
		struct err e;

		if (x != NULL && gate_coalition(s->gate) != NULL)
			return x;
		if (x == NULL)
			err_set(&e, ERR_NOTFOUND, _("no such remote"));
		else
			err_set(&e, ERR_INPUT,
			    _("no coalition yet: 'mufakat init' founds one, "
			      "'mufakat join' asks to be admitted"));
		sync_tell_failed(s, s->waiters[0].remote, false, "", &e);
	}
	return NULL;
}

static void
on_timer(uv_timer_t *t)
{
	struct sync *s = t->data;
	struct entry *x;

	if (s->round != NULL && sync_turn_ends(s) <= sync_mono(s))
		sync_turn_end(s);
	if (s->round != NULL || s->look != NULL) {
		sync_arm(s);
		return;
	}
	if (s->nlooks > 0) {
		sync_start_look(s);
		return;
	}
	x = next_asked(s);
	if (x == NULL && gate_coalition(s->gate) != NULL) {
		x = next_due(s);
		if (x != NULL && x->due > sync_mono(s))
			x = NULL;
	}
	if (x != NULL)
		start_round(s, x);
	else
		sync_arm(s);
}

void
sync_arm(struct sync *s)
{
	const struct entry *x = next_due(s);
	int64_t wait = -1;

	if (s->is_ending)
		return;
	uv_timer_stop(s->timer);
	if (s->look != NULL || (s->round != NULL && round_is_ending(s->round)))
		return;
	if (s->round != NULL && sync_turn_ends(s) == INT64_MAX)
		return;
	if (s->round != NULL)
		wait = sync_turn_ends(s) - sync_mono(s);
	else if (s->nlooks > 0 || s->nwaiters > 0)
		wait = 0;
	else if (x != NULL && gate_coalition(s->gate) != NULL)
		wait = x->due - sync_mono(s);
	else
		return;
	uv_timer_start(s->timer, on_timer, (uint64_t)(wait > 0 ? wait : 0), 0);
}

static void
on_changed(void *arg, bool local)
{
	struct sync *s = arg;
	int64_t at = sync_mono(s);

	for (size_t i = 0; i < s->nentries; i++) {
		struct entry *x = s->entries[i];

		if (x != s->current)
			x->due = retry_hasten(
			    x->due, at, s->cfg.debounce_ms, x->failures);
		else if (local)
			x->is_dirty = true;
	}
	sync_arm(s);
}

bool
sync_is_busy(const struct sync *s)
{
	return s->look != NULL || (s->round != NULL && round_is_busy(s->round));
}

/* --- beginning and end ------------------------------------------------------ */

struct sync *
sync_new(struct uv_loop_s *loop, struct gate *g, const struct sync_config *c)
{
	struct sync *s = mem_zalloc(sizeof(*s));

	s->loop = loop;
	s->gate = g;
	sync_load_alarms(s);
	s->timer = mem_zalloc(sizeof(*s->timer));
	uv_timer_init(loop, s->timer);
	s->timer->data = s;
	sync_configure(s, c);
	gate_watch(g, on_changed, s);
	sync_reload(s);
	return s;
}

static void
on_timer_closed(uv_handle_t *h)
{
	free(h);
}

void
sync_free(struct sync *s)
{
	if (s == NULL)
		return;
	s->is_ending = true;
	gate_watch(s->gate, NULL, NULL);
	round_free(s->round);
	look_free(s->look);
	sync_dismiss(s);
	for (size_t i = 0; i < s->nentries; i++)
		sync_free_entry(s->entries[i]);
	free(s->entries);
	free(s->waiters);
	free(s->looks);
	json_decref(s->alarms);
	uv_close((uv_handle_t *)s->timer, on_timer_closed);
	clear_config(&s->cfg);
	free(s);
}
