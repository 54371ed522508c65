/* Who asked for a round, or for a look at a URL, and waits for it. */
#include "sync_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

/* --- for a round ----------------------------------------------------------- */

static void
drop_waiter(struct sync *s, size_t i)
{
	memmove(&s->waiters[i], &s->waiters[i + 1],
	    (s->nwaiters - i - 1) * sizeof(*s->waiters));
	s->nwaiters--;
}

void
sync_tell(
    struct sync *s, int64_t remote, bool running, const struct sync_result *r)
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

void
sync_tell_failed(struct sync *s, int64_t remote, bool running, const char *name,
    const struct err *e)
{
	struct sync_result r = {.remote = name, .err = *e};

	sync_tell(s, remote, running, &r);
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
	sync_arm(s);
}

/* --- for a look at a URL ---------------------------------------------------- */

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
	sync_arm(s);
}

void
sync_start_look(struct sync *s)
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
	sync_arm(s);
}

/* --- for nothing any more --------------------------------------------------- */

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

void
sync_dismiss(struct sync *s)
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
