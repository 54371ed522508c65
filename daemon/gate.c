#include "gate_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/segment.h"
#include "common/text.h"
#include "log_read.h"
#include "query.h"
#include "store.h"
#include "store_apply.h"
#include "store_db.h"
#include "store_log.h"
#include "store_reach.h"
#include "store_rebuild.h"
#include "store_state.h"

#define KEY_FILE "key"

/* --- what is asked of it --------------------------------------------------- */

struct store *
gate_store(struct gate *g)
{
	return g->s;
}

const struct clock *
gate_clock(const struct gate *g)
{
	return g->clock;
}

const uint8_t *
gate_coalition(const struct gate *g)
{
	return g->has_w ? g->w : NULL;
}

const uint8_t *
gate_key(const struct gate *g)
{
	return g->secret != NULL ? g->key : NULL;
}

const struct trust *
gate_trust(const struct gate *g)
{
	return g->trust;
}

const struct trust_org *
gate_organisation(const struct gate *g)
{
	const struct trust_key *k = NULL;

	if (g->trust != NULL && g->secret != NULL)
		k = trust_key(g->trust, g->key);
	if (k == NULL || (k->is_cut && k->ncut == 0))
		return NULL;
	return trust_org(g->trust, k->org);
}

uint64_t
gate_generation(const struct gate *g)
{
	return g->generation;
}

void
gate_watch(struct gate *g, void (*changed)(void *arg, bool local), void *arg)
{
	g->changed = changed;
	g->changed_arg = arg;
}

void
gate_tell(struct gate *g, bool local)
{
	g->generation++;
	g->has_hash = false;
	if (g->changed != NULL)
		g->changed(g->changed_arg, local);
}

/* --- trust ----------------------------------------------------------------- */

static bool
within(void *arg, const uint8_t change[static HASH_LEN],
    const uint8_t (*heads)[HASH_LEN], size_t nheads)
{
	struct gate *g = arg;

	return reach_within(g->reach, change, heads, nheads);
}

static int
load_trust(struct gate *g, struct trust **ret, struct err *e)
{
	struct trust *t = trust_new(g->w);

	if (rebuild_trust(g->s, t, e) == -1) {
		trust_free(t);
		return -1;
	}
	*ret = t;
	return 0;
}

void
gate_act_added(struct gate *g, const uint8_t id[static HASH_LEN],
    const uint8_t key[static KEY_LEN], const struct head *h)
{
	if (g->trust != NULL) /* else it is read when there is a W */
		trust_add(g->trust, id, key, h);
	g->trust_is_old = true;
	if (g->has_w && memcmp(id, g->w, HASH_LEN) == 0)
		g->is_founded = true;
}

void
gate_authentic(struct gate *g, const uint8_t id[static HASH_LEN], int64_t log,
    bool closes_gap)
{
	if (!reach_grew(g->reach, id, log, closes_gap))
		return;
	g->trust_is_old = true;
	g->cuts_grew = true;
}

/* Logs of keys that were not admitted are held unapplied until now. */
static int
apply_admitted(struct gate *g, const struct buf *keys, struct err *e)
{
	struct log_info info;

	for (size_t i = 0; i < keys->len; i += KEY_LEN) {
		const uint8_t *key = (const uint8_t *)keys->data + i;

		if (store_log_flush(g->s, e) == -1)
			return -1;
		if (log_of_key(g->s, key, &info, e) == -1) {
			if (e->code != ERR_NOTFOUND)
				return -1;
			continue;
		}
		if (rebuild_log(g->s, g->a, info.log, e) == -1)
			return -1;
	}
	return 0;
}

int
gate_resolve(struct gate *g, struct err *e)
{
	struct buf added = BUF_INIT;
	bool all = g->cuts_grew || g->trust == NULL;
	int rv = -1;

	if (!g->trust_is_old || !g->has_w)
		return 0;
	if (g->trust == NULL && load_trust(g, &g->trust, e) == -1)
		return -1;
	if (trust_resolve_again(g->trust, &g->ancestry, &added))
		all = true;
	apply_trust(g->a, g->trust, &g->ancestry);
	g->trust_is_old = false;
	g->is_founded = false;
	g->cuts_grew = false;
	if (all)
		rv = rebuild_tables(g->s, g->a, e);
	else
		rv = apply_admitted(g, &added, e);
	buf_clear(&added);
	return rv;
}

/* --- transactions ---------------------------------------------------------- */

static int
largest_t(struct gate *g, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(g->s, &q,
		"SELECT coalesce(max(t), 0) FROM change WHERE t <= ?1",
		e) == -1 ||
	    query_bind_int(q, 1, clock_wall(g->clock) + GATE_T_AHEAD, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		g->largest_t = query_int(q, 0);
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

void
gate_note_t(struct gate *g, int64_t t)
{
	if (t > g->largest_t && t <= clock_wall(g->clock) + GATE_T_AHEAD)
		g->largest_t = t;
}

/* Everything kept in memory, from the database. */
static int
reload(struct gate *g, struct err *e)
{
	struct trust *t = NULL;
	char *w = NULL;
	int rv = -1;

	if (store_setting(g->s, "coalition", &w, e) == -1)
		goto out;
	if (w != NULL && text_unhex(w, strlen(w), g->w, HASH_LEN) == -1) {
		err_set(e, ERR_CORRUPT,
		    _("the database holds no valid coalition: restore a "
		      "backup"));
		goto out;
	}
	g->has_w = w != NULL;
	if ((g->has_w && load_trust(g, &t, e) == -1) || largest_t(g, e) == -1)
		goto out;
	if (t != NULL)
		trust_resolve(t, &g->ancestry);
	trust_free(g->trust);
	g->trust = t;
	apply_trust(g->a, g->trust, &g->ancestry);
	g->trust_is_old = false;
	g->is_founded = false;
	g->cuts_grew = false;
	g->has_place = false;
	g->is_stale = false;
	rv = 0;
out:
	free(w);
	return rv;
}

int
gate_begin(struct gate *g, struct err *e)
{
	if (g->is_stale && reload(g, e) == -1)
		return -1;
	if (store_begin(g->s, e) == -1)
		return -1;
	store_log_heard(g->s, clock_wall(g->clock));
	return 0;
}

void
gate_rollback(struct gate *g)
{
	struct err ignored;

	store_rollback(g->s);
	apply_drop(g->a);
	reach_forget(g->reach);
	g->has_place = false;
	g->has_hash = false;
	g->is_stale = true;
	reload(g, &ignored); /* or at the next gate_begin() */
}

int
gate_end(struct gate *g, struct err *e)
{
	if (gate_resolve(g, e) == -1 || apply_finish(g->a, e) == -1 ||
	    store_commit(g->s, e) == -1) {
		gate_rollback(g);
		return -1;
	}
	return 0;
}

int64_t
gate_head_flags(const struct head *h)
{
	return (h->is_act ? LOG_ACT : 0) |
	       (head_is_weighty(h) ? LOG_WEIGHTY : 0);
}

/* --- the key --------------------------------------------------------------- */

static int
load_key(struct gate *g, struct err *e)
{
	char *path = fs_join(g->home, KEY_FILE);
	int rv = 0;

	if (access(path, F_OK) == 0) {
		rv = secret_load(path, &g->secret, e);
		if (rv == 0)
			secret_public(g->secret, g->key);
	}
	free(path);
	return rv;
}

int
gate_make_key(struct gate *g, struct err *e)
{
	char *path;
	struct secret *s;
	int rv;

	if (g->secret != NULL)
		return 0;
	path = fs_join(g->home, KEY_FILE);
	s = secret_new();
	rv = secret_save(s, path, e);
	if (rv == 0) {
		g->secret = s;
		secret_public(s, g->key);
	} else {
		secret_free(s);
	}
	free(path);
	return rv;
}

/* --- opening --------------------------------------------------------------- */

int
gate_open(const char *home, const struct clock *clock, struct gate **ret,
    struct err *e)
{
	struct gate *g = mem_zalloc(sizeof(*g));

	g->home = mem_strdup(home);
	g->clock = clock;
	g->ancestry = (struct trust_ancestry){within, g};
	if (fs_mkdirs(home, e) == -1 || load_key(g, e) == -1 ||
	    store_open(home, &g->s, e) == -1)
		goto fail;
	g->a = apply_new(g->s);
	g->reach = reach_new(g->s);
	if (reload(g, e) == -1)
		goto fail;
	*ret = g;
	return 0;
fail:
	gate_close(g);
	return -1;
}

void
gate_close(struct gate *g)
{
	if (g == NULL)
		return;
	apply_free(g->a);
	reach_free(g->reach);
	trust_free(g->trust);
	store_close(g->s);
	secret_free(g->secret);
	free(g->home);
	free(g);
}

/* --- state and rebuild ------------------------------------------------------ */

int
gate_state_hash(struct gate *g, uint8_t ret[static HASH_LEN], struct err *e)
{
	if (!g->has_w)
		return err_set(e, ERR_INPUT,
		    _("this office is in no coalition: run 'mufakat init' or "
		      "'mufakat join'"));
	if (!g->has_hash && state_hash(g->s, g->trust, g->w, g->hash, e) == -1)
		return -1;
	g->has_hash = true;
	memcpy(ret, g->hash, HASH_LEN);
	return 0;
}

int
gate_state_lines(struct gate *g, struct buf *b, struct err *e)
{
	return g->has_w ? state_lines(g->s, g->trust, b, e) : 0;
}

int
gate_rebuild(struct gate *g, struct err *e)
{
	if (gate_begin(g, e) == -1)
		return -1;
	store_hurry(g->s, true);
	if (rebuild_heads(g->s, e) == -1 ||
	    rebuild_tables(g->s, g->a, e) == -1 || gate_end(g, e) == -1) {
		gate_rollback(g);
		store_hurry(g->s, false);
		return -1;
	}
	store_hurry(g->s, false);
	gate_tell(g, false);
	return 0;
}
