#include "sync.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/crypto.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/log.h"
#include "common/mem.h"
#include "gate.h"
#include "remote.h"
#include "retry.h"
#include "store.h"
#include "sync_look.h"
#include "sync_round.h"

#define ALARMS_MAX 32

/* A remote as rounds see it. */
struct entry {
	int64_t n;
	char *name;
	char *url;
	struct push_memory memory;
	int64_t failures; /* in a row */
	int64_t due;      /* monotonic ms */
	bool is_dirty;    /* we changed something during its round */
	bool is_seen;     /* while reloading */
};

/* Somebody who waits for a round. */
struct waiter {
	int64_t remote;
	bool is_running; /* its round is the one at hand */
	void (*done)(void *arg, const struct sync_result *r);
	void (*progress)(void *arg, const char *remote, const char *phase,
	    int64_t received, int64_t objects);
	void *arg;
};

/* Somebody who wants to look at a URL. */
struct look_job {
	char *url;
	void (*done)(void *arg, const uint8_t *coalitions, size_t n,
	    const struct err *e);
	void *arg;
};

struct sync {
	uv_loop_t *loop;
	struct gate *gate;
	struct sync_config cfg;
	struct entry **entries;
	size_t nentries;
	struct waiter *waiters;
	size_t nwaiters;
	struct look_job *looks;
	size_t nlooks;
	uv_timer_t *timer; /* owned by the loop once closing */
	struct round *round;
	struct entry *current; /* of the round */
	int64_t began;
	struct look *look;
	struct look_job looking;
	json_t *alarms;
	bool is_ending;
};

static void arm(struct sync *s);

static int64_t
mono(const struct sync *s)
{
	return clock_mono(gate_clock(s->gate));
}

static uint32_t
chance(void)
{
	uint32_t n;

	crypto_random(&n, sizeof(n));
	return n;
}

static struct retry
policy(const struct sync *s)
{
	return (struct retry){
	    (int64_t)s->cfg.interval_s * 1000, s->cfg.jitter_percent};
}

static struct entry *
find(const struct sync *s, int64_t remote)
{
	for (size_t i = 0; i < s->nentries; i++)
		if (s->entries[i]->n == remote)
			return s->entries[i];
	return NULL;
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
	int64_t at = mono(s);
	struct retry r;

	s->cfg = *c;
	s->cfg.home = mem_strdup(c->home);
	s->cfg.transfer = mem_strdup(c->transfer);
	s->cfg.ssh = mem_strdup(c->ssh);
	clear_config(&old);
	r = policy(s);
	for (size_t i = 0; i < s->nentries; i++) {
		struct entry *x = s->entries[i];
		int64_t due = at + retry_delay(&r, x->failures, chance());

		if (due < x->due)
			x->due = due;
	}
	arm(s);
}

/* --- alarms ---------------------------------------------------------------- */

/* Once: what is there already is not said again. */
static void
alarm_note(struct sync *s, const char *kind, const char *text, const char *next)
{
	const json_t *v;
	size_t i;

	json_array_foreach (s->alarms, i, v)
		if (strcmp(json_get_str(v, "text"), text) == 0)
			return;
	log_warn("alarm", "kind=%s text=\"%s\" next=\"%s\"", kind, text, next);
	if (json_array_size(s->alarms) >= ALARMS_MAX)
		json_array_remove(s->alarms, 0);
	/* a text cut inside a character is no JSON string */
	if (json_array_append_new(
		s->alarms, json_pack("{s:s,s:s,s:s}", "kind", kind, "text",
			       text, "next", next)) == -1)
		json_array_append_new(
		    s->alarms, json_pack("{s:s,s:s,s:s}", "kind", kind, "text",
				   _("see the log"), "next", next));
}

json_t *
sync_alarms(const struct sync *s)
{
	return json_deep_copy(s->alarms);
}

/* --- who waits ------------------------------------------------------------- */

static void
drop_waiter(struct sync *s, size_t i)
{
	memmove(&s->waiters[i], &s->waiters[i + 1],
	    (s->nwaiters - i - 1) * sizeof(*s->waiters));
	s->nwaiters--;
}

/* Tells those who wait for a remote (or for its round at hand).  They may
 * ask for more meanwhile. */
static void
tell(struct sync *s, int64_t remote, bool running, const struct sync_result *r)
{
	for (size_t i = 0; i < s->nwaiters;) {
		struct waiter w = s->waiters[i];

		if (w.remote != remote || w.is_running != running) {
			i++;
			continue;
		}
		drop_waiter(s, i);
		w.done(w.arg, r);
		i = 0;
	}
}

static void
tell_failed(struct sync *s, int64_t remote, bool running, const char *name,
    const struct err *e)
{
	struct sync_result r = {.remote = name, .err = *e};

	tell(s, remote, running, &r);
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
on_alarm(void *arg, const char *kind, const char *text, const char *next)
{
	alarm_note(arg, kind, text, next);
}

static void
log_round(const struct sync *s, const struct sync_result *r)
{
	long long ms = (long long)(mono(s) - s->began);

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
	struct retry p = policy(s);
	int64_t at = mono(s);
	struct err e = {0};

	/* a round that proved our head is not held against the remote for a
	 * single log that was of no use */
	x->failures =
	    r->err.code == ERR_NONE || r->proven ? 0 : x->failures + 1;
	x->due = at + retry_delay(&p, x->failures, chance());
	if (x->is_dirty && r->waiting > 0)
		x->due =
		    retry_hasten(x->due, at, s->cfg.debounce_ms, x->failures);
	x->is_dirty = false;
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
	tell(s, x->n, true, &r);
}

static void
on_done(void *arg)
{
	struct sync *s = arg;
	struct round *round = s->round;

	s->round = NULL;
	s->current = NULL;
	round_free(round);
	arm(s);
}

/* "remote add --create" is kept in the database until it was done. */
static bool
is_to_create(struct sync *s, int64_t remote)
{
	char *name = mem_printf("create.%lld", (long long)remote);
	char *value = NULL;
	struct err e;
	bool yes = store_setting(gate_store(s->gate), name, &value, &e) == 0 &&
		   value != NULL && strcmp(value, "1") == 0;

	free(name);
	free(value);
	return yes;
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
	    .create = is_to_create(s, x->n),
	    .memory = &x->memory,
	    .progress = on_progress,
	    .alarm = on_alarm,
	    .result = on_result,
	    .done = on_done,
	    .arg = s};
	struct sync_result r = {.remote = x->name};

	for (size_t i = 0; i < s->nwaiters; i++)
		if (s->waiters[i].remote == x->n)
			s->waiters[i].is_running = true;
	s->current = x;
	s->began = mono(s);
	x->is_dirty = false;
	log_debug("round", "remote=%s", x->name);
	if (round_begin(&start, &s->round, &r.err) == -1) {
		on_result(s, &r);
		on_done(s);
	}
}

/* --- looking --------------------------------------------------------------- */

static void
on_looked(void *arg, const uint8_t *coalitions, size_t n, const struct err *e)
{
	struct sync *s = arg;
	struct look_job j = s->looking;
	struct look *look = s->look;

	s->look = NULL;
	s->looking = (struct look_job){0};
	if (j.done != NULL)
		j.done(j.arg, coalitions, n, e);
	free(j.url);
	look_free(look);
	arm(s);
}

static void
start_look(struct sync *s)
{
	struct err e = {0};

	s->looking = s->looks[0];
	s->nlooks--;
	memmove(&s->looks[0], &s->looks[1], s->nlooks * sizeof(*s->looks));
	if (look_begin(s->loop, &s->cfg, s->looking.url, on_looked, s, &s->look,
		&e) == -1)
		on_looked(s, NULL, 0, &e);
}

void
sync_look(struct sync *s, const char *url,
    void (*done)(
	void *arg, const uint8_t *coalitions, size_t n, const struct err *e),
    void *arg)
{
	s->looks = mem_array(s->looks, s->nlooks + 1, sizeof(*s->looks));
	s->looks[s->nlooks++] = (struct look_job){mem_strdup(url), done, arg};
	arm(s);
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
		struct entry *x = find(s, s->waiters[0].remote);
		struct err e;

		if (x != NULL && gate_coalition(s->gate) != NULL)
			return x;
		if (x == NULL)
			err_set(&e, ERR_NOTFOUND, _("no such remote"));
		else
			err_set(&e, ERR_INPUT,
			    _("no coalition yet: 'mufakat init' founds one, "
			      "'mufakat join' asks to be admitted"));
		tell_failed(s, s->waiters[0].remote, false, "", &e);
	}
	return NULL;
}

static void
on_timer(uv_timer_t *t)
{
	struct sync *s = t->data;
	struct entry *x;

	if (s->round != NULL || s->look != NULL)
		return;
	if (s->nlooks > 0) {
		start_look(s);
		return;
	}
	x = next_asked(s);
	if (x == NULL && gate_coalition(s->gate) != NULL) {
		x = next_due(s);
		if (x != NULL && x->due > mono(s))
			x = NULL;
	}
	if (x != NULL)
		start_round(s, x);
	else
		arm(s);
}

/* Wakes up when something is due.  Everything starts from here, so that no
 * caller finds itself inside a round. */
static void
arm(struct sync *s)
{
	const struct entry *x = next_due(s);
	int64_t wait = -1;

	if (s->is_ending)
		return;
	uv_timer_stop(s->timer);
	if (s->round != NULL || s->look != NULL)
		return;
	if (s->nlooks > 0 || s->nwaiters > 0)
		wait = 0;
	else if (x != NULL && gate_coalition(s->gate) != NULL)
		wait = x->due - mono(s);
	else
		return;
	uv_timer_start(s->timer, on_timer, (uint64_t)(wait > 0 ? wait : 0), 0);
}

void
sync_now(struct sync *s, int64_t remote,
    void (*done)(void *arg, const struct sync_result *r),
    void (*progress)(void *arg, const char *remote, const char *phase,
	int64_t received, int64_t objects),
    void *arg)
{
	s->waiters =
	    mem_array(s->waiters, s->nwaiters + 1, sizeof(*s->waiters));
	s->waiters[s->nwaiters++] =
	    (struct waiter){remote, false, done, progress, arg};
	arm(s);
}

void
sync_abandon(struct sync *s, void *arg)
{
	for (size_t i = s->nwaiters; i-- > 0;)
		if (s->waiters[i].arg == arg)
			drop_waiter(s, i);
	for (size_t i = 0; i < s->nlooks; i++)
		if (s->looks[i].arg == arg) {
			free(s->looks[i].url);
			s->nlooks--;
			memmove(&s->looks[i], &s->looks[i + 1],
			    (s->nlooks - i) * sizeof(*s->looks));
			i--;
		}
	if (s->look != NULL && s->looking.arg == arg)
		s->looking.done = NULL;
}

static void
on_changed(void *arg, bool local)
{
	struct sync *s = arg;
	int64_t at = mono(s);

	for (size_t i = 0; i < s->nentries; i++) {
		struct entry *x = s->entries[i];

		if (x != s->current)
			x->due = retry_hasten(
			    x->due, at, s->cfg.debounce_ms, x->failures);
		else if (local)
			x->is_dirty = true;
	}
	arm(s);
}

/* --- the set of remotes ----------------------------------------------------- */

static void
free_entry(struct entry *x)
{
	json_decref(x->memory.rejected);
	json_decref(x->memory.denied);
	free(x->name);
	free(x->url);
	free(x);
}

/* Ends the round at hand, if it is with this remote. */
static void
stop_round(struct sync *s, const struct entry *x, const char *why)
{
	struct round *round = s->round;
	struct err e;

	if (s->current != x)
		return;
	s->round = NULL;
	s->current = NULL;
	round_free(round);
	err_set(&e, ERR_CONFLICT, "%s", why);
	tell_failed(s, x->n, true, x->name, &e);
}

static int
merge(void *arg, const struct remote *r)
{
	struct sync *s = arg;
	struct entry *x = find(s, r->n);
	struct retry p = policy(s);

	if (x != NULL && strcmp(x->url, r->url) == 0) {
		x->is_seen = true;
		return 0;
	}
	if (x != NULL)
		return 0; /* another place: known anew */
	x = mem_zalloc(sizeof(*x));
	x->n = r->n;
	x->name = mem_strdup(r->name);
	x->url = mem_strdup(r->url);
	x->memory.rejected = json_object();
	x->memory.denied = json_object();
	x->failures = r->failures;
	x->due = mono(s) + retry_remaining(&p, r->failures, r->tried_ms,
			       clock_wall(gate_clock(s->gate)), chance());
	x->is_seen = true;
	s->entries =
	    mem_array(s->entries, s->nentries + 1, sizeof(*s->entries));
	s->entries[s->nentries++] = x;
	return 0;
}

static void
drop_unseen(struct sync *s)
{
	size_t k = 0;

	for (size_t i = 0; i < s->nentries; i++) {
		struct entry *x = s->entries[i];

		if (x->is_seen) {
			s->entries[k++] = x;
			continue;
		}
		stop_round(s, x, _("the remote was removed or moved"));
		free_entry(x);
	}
	s->nentries = k;
}

void
sync_reload(struct sync *s)
{
	struct err e = {0};

	for (size_t i = 0; i < s->nentries; i++)
		s->entries[i]->is_seen = false;
	if (remote_each(gate_store(s->gate), merge, s, &e) != -1) {
		drop_unseen(s);
		/* those that moved were dropped, and come back as new */
		remote_each(gate_store(s->gate), merge, s, &e);
	}
	if (e.code != ERR_NONE)
		log_error("sync", "error=\"%s\"", e.msg);
	arm(s);
}

void
sync_create(struct sync *s, int64_t remote)
{
	char *name = mem_printf("create.%lld", (long long)remote);
	struct err e;

	if (store_set_setting(gate_store(s->gate), name, "1", &e) == -1)
		log_error("sync", "error=\"%s\"", e.msg);
	free(name);
}

void
sync_state(
    const struct sync *s, int64_t remote, bool *ret_running, int64_t *ret_next)
{
	const struct entry *x = find(s, remote);

	*ret_running = x != NULL && x == s->current;
	*ret_next = x == NULL
			? 0
			: clock_wall(gate_clock(s->gate)) + (x->due - mono(s));
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
	s->alarms = json_array();
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

static void
dismiss(struct sync *s)
{
	struct err e;

	err_set(&e, ERR_OFFLINE, _("the daemon stops"));
	while (s->nwaiters > 0) {
		struct waiter w = s->waiters[0];
		struct sync_result r = {.remote = "", .err = e};

		drop_waiter(s, 0);
		w.done(w.arg, &r);
	}
	if (s->looking.done != NULL)
		s->looking.done(s->looking.arg, NULL, 0, &e);
	free(s->looking.url);
	while (s->nlooks > 0) {
		struct look_job j = s->looks[--s->nlooks];

		j.done(j.arg, NULL, 0, &e);
		free(j.url);
	}
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
	dismiss(s);
	for (size_t i = 0; i < s->nentries; i++)
		free_entry(s->entries[i]);
	free(s->entries);
	free(s->waiters);
	free(s->looks);
	json_decref(s->alarms);
	uv_close((uv_handle_t *)s->timer, on_timer_closed);
	clear_config(&s->cfg);
	free(s);
}
