/* The set of remotes, as rounds see them. */
#include "sync_private.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "remote.h"
#include "store.h"

struct entry *
sync_find(const struct sync *s, int64_t remote)
{
	for (size_t i = 0; i < s->nentries; i++)
		if (s->entries[i]->n == remote)
			return s->entries[i];
	return NULL;
}

void
sync_free_entry(struct entry *x)
{
	json_decref(x->memory.rejected);
	json_decref(x->memory.denied);
	free(x->memory.mark);
	json_decref(x->memory.put_off);
	json_decref(x->memory.skimmed);
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
	sync_tell_failed(s, x->n, true, x->name, &e);
}

static int
merge(void *arg, const struct remote *r)
{
	struct sync *s = arg;
	struct entry *x = sync_find(s, r->n);
	struct retry p = sync_policy(s);

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
	x->due =
	    sync_mono(s) + retry_remaining(&p, r->failures, r->tried_ms,
			       clock_wall(gate_clock(s->gate)), sync_chance());
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
		sync_forget_alarms(s, x->n);
		stop_round(s, x, _("the remote was removed or moved"));
		sync_free_entry(x);
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
	sync_arm(s);
}

bool
sync_is_to_create(struct sync *s, int64_t remote)
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
	const struct entry *x = sync_find(s, remote);

	*ret_running = x != NULL && x == s->current;
	*ret_next = x == NULL ? 0
			      : clock_wall(gate_clock(s->gate)) +
				    (x->due - sync_mono(s));
}
