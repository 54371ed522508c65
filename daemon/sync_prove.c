/* What a round proves, and what of it a person should see. */
#include "sync_round_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "remote.h"
#include "sync_export.h"

int
round_prove(struct round *r, struct err *e)
{
	const struct push_log *own =
	    r->push.nlogs > 0 && r->push.logs[0].is_own ? r->push.logs : NULL;
	int64_t waiting = 0, since;

	if (own != NULL && export_waiting(round_store(r), r->s.remote, own->log,
			       &waiting, e) == -1)
		return -1;
	if (remote_waiting(round_store(r), r->s.remote, &r->result.waiting,
		&since, e) == -1)
		return -1;
	r->result.own_proven =
	    waiting == 0 &&
	    (own == NULL || plan_agrees(own->id, r->listed, r->known));
	/* what could not be read there is not here */
	r->result.proven = r->result.own_proven && r->result.waiting == 0 &&
			   r->result.err.code == ERR_NONE;
	r->result.sent = r->push.sent;
	return 0;
}

void
round_explain(struct round *r)
{
	struct sync_result *x = &r->result;
	const int64_t held = r->push.held;

	if (x->proven || x->err.code != ERR_NONE)
		return;
	if (held > 0)
		snprintf(x->why, sizeof(x->why),
		    P_("it lost %lld change twice within a day, which is kept "
		       "back for a day or until there is a newer one: ask who "
		       "runs it, or use another repository",
			"it lost %lld changes twice within a day, which are "
			"kept back for a day or until there is a newer one: "
			"ask who runs it, or use another repository",
			held),
		    (long long)held);
	else
		snprintf(x->why, sizeof(x->why), "%s",
		    _("something was written here or there meanwhile: sync "
		      "again"));
}

/* Does this ref name the commit that is remembered? */
static bool
is_listed_as(const struct round *r, const json_t *memory, const char *ref)
{
	const json_t *oid = json_object_get(r->listed, ref);

	return oid != NULL && json_equal(oid, json_object_get(memory, ref));
}

bool
round_stands(void *arg, const char *kind, const char *about)
{
	struct round *r = arg;
	const struct push_log *l = push_find(&r->push, about);
	int64_t waiting = 0;
	struct err e;

	if (strcmp(kind, "host") == 0)
		return l != NULL && (export_waiting(round_store(r), r->s.remote,
					 l->log, &waiting, &e) == -1 ||
					waiting > 0);
	if (strcmp(kind, "ref") == 0)
		return is_listed_as(r, r->s.memory->rejected, about);
	if (strcmp(kind, "stranger") == 0)
		return json_object_get(r->s.memory->put_off, about) != NULL ||
		       is_listed_as(r, r->s.memory->skimmed, about);
	return strcmp(kind, "listing") != 0 || r->is_capped;
}

/* --- alarms ------------------------------------------------------------------ */

void
round_alarm(struct round *r, const char *kind, const char *about,
    const char *next, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->s.alarm(r->s.arg, &(struct alarm){kind, about, text, next});
}

char *
round_whose(const struct round *r, const char *id)
{
	const struct trust *t = gate_trust(r->s.gate);
	size_t n = 0;
	const struct trust_key *keys = t != NULL ? trust_keys(t, &n) : NULL;
	char key[KEY_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct trust_org *o = trust_org(t, keys[i].org);

		ident_key(keys[i].key, key);
		if (o != NULL && strncmp(key, id, ID_CHARS) == 0)
			return mem_printf("'%s'", o->name);
	}
	return mem_printf(_("key %.8s, which is not admitted"), id);
}
