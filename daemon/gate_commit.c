/* Local changes: made, signed, stored and applied in one transaction. */
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/recsig.h"
#include "common/sshsig.h"
#include "common/text.h"
#include "gate_internal.h"
#include "gate_make.h"
#include "log_read.h"
#include "store.h"
#include "store_apply.h"
#include "store_log.h"

/* What is signed while others are stored. */
#define GROUP       32          /* changes */
#define GROUP_BYTES (64 * 1024) /* of lines */

/* --- the place ------------------------------------------------------------- */

static int
load_place(struct gate *g, struct err *e)
{
	struct buf heads = BUF_INIT;
	int64_t log;
	size_t n;
	int rv = -1;

	if (log_number(g->s, g->key, &log, e) == -1 ||
	    log_heads(g->s, log, &heads, e) == -1)
		goto out;
	n = heads.len / HASH_LEN;
	if (n > CHANGE_PREVIOUS_MAX)
		n = CHANGE_PREVIOUS_MAX; /* the rest has its turn next time */
	if (n > 0)
		memcpy(g->previous, heads.data, n * HASH_LEN);
	g->place =
	    (struct change_place){.previous = g->previous, .nprevious = n};
	memcpy(g->place.coalition, g->w, HASH_LEN);
	memcpy(g->place.key, g->key, KEY_LEN);
	g->has_place = true;
	rv = 0;
out:
	buf_clear(&heads);
	return rv;
}

static int
check_office(struct gate *g, struct err *e)
{
	if (!g->has_w)
		return err_set(e, ERR_INPUT,
		    _("this office is in no coalition: run 'mufakat init' or "
		      "'mufakat join'"));
	if (g->secret == NULL)
		return err_set(e, ERR_INPUT,
		    _("this office has no key: run 'mufakat join' to get a "
		      "new one admitted"));
	return 0;
}

int
gate_place(struct gate *g, const struct change_place **ret, struct err *e)
{
	if (check_office(g, e) == -1)
		return -1;
	if (!g->has_place && load_place(g, e) == -1)
		return -1;
	*ret = &g->place;
	return 0;
}

int
gate_sign_record(struct gate *g, const char *msg, size_t n,
    uint8_t ret[static SIG_LEN], struct err *e)
{
	if (check_office(g, e) == -1)
		return -1;
	secret_sign(g->secret, SSHSIG_NS_RECORD, msg, n, ret);
	return 0;
}

/* --- storing --------------------------------------------------------------- */

static int
store_made(struct gate *g, const struct made *m, struct err *e)
{
	struct buf line = BUF_INIT;
	struct log_new c = {.place = &m->place,
	    .id = m->id,
	    .change = &m->change,
	    .t = m->head.t,
	    .flags = LOG_AUTHENTIC | LOG_CHECKED | LOG_SIGNED |
		     gate_head_flags(&m->head) |
		     (m->place.is_genesis ? LOG_GENESIS : 0)};
	struct apply_change a = {.id = m->id,
	    .place = &m->place,
	    .change = &m->change,
	    .head = &m->head,
	    .is_new = true};
	int rv = -1;

	change_join(&m->change, true, &line);
	c.line = line.data;
	c.len = line.len - 1;
	if (log_number(g->s, g->key, &c.log, e) == -1 ||
	    log_add(g->s, &c, &a.n, e) == -1)
		goto out;
	if (m->head.is_act)
		gate_act_added(g, m->id, g->key, &m->head);
	gate_authentic(g, m->id, c.log, false);
	rv = apply_change(g->a, &a, e);
out:
	buf_clear(&line);
	return rv;
}

/* --- groups ---------------------------------------------------------------- */

/* Drafts that become changes. */
struct work {
	struct gate *g;
	struct draft **drafts;
	size_t n, made, stored;
	uint8_t (*ret_ids)[HASH_LEN];
};

/* Makes the next changes.  A place that has to be read from the store is
 * known only when all before it is there. */
static int
make_group(struct work *w, struct signing *s, struct err *e)
{
	const struct change_place *place;
	size_t bytes = 0;

	while (w->made < w->n && s->n < GROUP && bytes < GROUP_BYTES) {
		if (!w->g->place.is_genesis && !w->g->has_place &&
		    w->made > w->stored)
			return 0;
		if (!w->g->place.is_genesis &&
		    gate_place(w->g, &place, e) == -1)
			return -1;
		if (made_make(w->g, w->drafts[w->made], &s->made[s->n], e) ==
		    -1)
			return -1;
		bytes += s->made[s->n].unsigned_line.len;
		w->made++;
		s->n++;
	}
	return 0;
}

static int
store_group(struct work *w, const struct signing *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		if (store_made(w->g, &s->made[i], e) == -1)
			return -1;
		if (w->ret_ids != NULL)
			memcpy(w->ret_ids[w->stored], s->made[i].id, HASH_LEN);
		w->stored++;
	}
	return 0;
}

static void
clear_group(struct signing *s)
{
	/* the next one may be half made */
	for (size_t i = 0; i < GROUP && i <= s->n; i++)
		made_clear(&s->made[i]);
	s->n = 0;
}

/* While a group is signed, the one before it is stored. */
static int
step(struct work *w, struct signing *next, const struct signing *last,
    struct err *e)
{
	int rv;

	if (make_group(w, next, e) == -1)
		return -1;
	signing_start(next);
	rv = store_group(w, last, e);
	signing_wait(next);
	return rv;
}

static int
commit_all(struct gate *g, struct draft **d, size_t n,
    uint8_t (*ret_ids)[HASH_LEN], struct err *e)
{
	struct work w = {.g = g, .drafts = d, .n = n, .ret_ids = ret_ids};
	struct made *made = mem_zalloc(2 * GROUP * sizeof(made[0]));
	struct signing groups[2] = {{.made = made, .secret = g->secret},
	    {.made = made + GROUP, .secret = g->secret}};
	int rv = 0;

	if (n == 0)
		rv = err_set(e, ERR_INPUT, _("nothing to change"));
	for (size_t i = 0; rv == 0 && w.stored < n; i++) {
		rv = step(&w, &groups[i % 2], &groups[(i + 1) % 2], e);
		clear_group(&groups[(i + 1) % 2]);
	}
	clear_group(&groups[0]);
	clear_group(&groups[1]);
	free(made);
	return rv;
}

static int
commit_one(struct gate *g, struct draft *d, uint8_t *ret_id, struct err *e)
{
	uint8_t id[1][HASH_LEN];

	if (commit_all(g, &d, 1, id, e) == -1)
		return -1;
	if (ret_id != NULL)
		memcpy(ret_id, id[0], HASH_LEN);
	return 0;
}

static void
free_drafts(struct draft **d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		draft_free(d[i]);
		d[i] = NULL;
	}
}

int
gate_commit_many(struct gate *g, struct draft **d, size_t n,
    uint8_t (*ret_ids)[HASH_LEN], struct err *e)
{
	int rv = -1;

	if (check_office(g, e) == -1 || gate_begin(g, e) == -1)
		goto out;
	if (commit_all(g, d, n, ret_ids, e) == -1) {
		gate_rollback(g);
		goto out;
	}
	rv = gate_end(g, e);
out:
	free_drafts(d, n);
	if (rv == 0)
		gate_tell(g, true);
	return rv;
}

int
gate_commit(struct gate *g, struct draft **d, uint8_t ret_id[static HASH_LEN],
    struct err *e)
{
	uint8_t id[1][HASH_LEN];

	if (gate_commit_many(g, d, 1, id, e) == -1)
		return -1;
	memcpy(ret_id, id[0], HASH_LEN);
	return 0;
}

/* --- founding and joining --------------------------------------------------- */

static int
check_unbound(const struct gate *g, struct err *e)
{
	char words[IDENT_WORDS_SIZE];

	if (!g->has_w)
		return 0;
	ident_coalition_words(g->w, words);
	return err_set(e, ERR_CONFLICT,
	    _("this office is in a coalition already (%s): use another home "
	      "('--home DIR') for another one"),
	    words);
}

static json_t *
convenor(const struct gate *g, const char *org, const uint8_t *recovery)
{
	char key[KEY_SIZE], hex[HEX_SIZE];

	ident_key(g->key, key);
	text_hex(recovery, HASH_LEN, hex);
	return json_pack(
	    "{s:s, s:[s], s:s}", "name", org, "keys", key, "recovery", hex);
}

/* The name stands in acts and in every signature, for ever. */
static int
check_name(const char *what, const char *name, struct err *e)
{
	if (recsig_is_value(name, strlen(name)))
		return 0;
	return err_set(e, ERR_INPUT,
	    _("%s: a name has 1 to %d bytes of UTF-8, no control characters, "
	      "no space at either end, and is not '-': give another one"),
	    what, RECSIG_TEXT);
}

/* The genesis is the only change that is made before there is a W: it is W. */
static int
commit_genesis(struct gate *g, struct draft *d, struct err *e)
{
	char hex[HEX_SIZE];
	uint8_t id[HASH_LEN];

	g->place =
	    (struct change_place){.is_genesis = true, .previous = g->previous};
	memcpy(g->place.key, g->key, KEY_LEN);
	if (commit_one(g, d, id, e) == -1)
		return -1;
	memcpy(g->w, id, HASH_LEN);
	g->has_w = true;
	g->has_place = false;
	text_hex(id, HASH_LEN, hex);
	if (store_set_setting(g->s, "coalition", hex, e) == -1)
		return -1;
	return store_set_setting(g->s, "confirmed", "yes", e);
}

int
gate_found(struct gate *g, const char *name, const char *org,
    const uint8_t recovery[static HASH_LEN], struct err *e)
{
	struct draft *d = draft_new(true);
	int rv = -1;

	if (check_unbound(g, e) == -1 ||
	    check_name(_("coalition"), name, e) == -1 ||
	    check_name(_("organisation"), org, e) == -1 ||
	    gate_make_key(g, e) == -1 || gate_begin(g, e) == -1)
		goto out;
	draft_add(d,
	    json_pack("{s:s, s:s, s:[o], s:i}", "op", "found", "name", name,
		"convenors", convenor(g, org, recovery), "k", 1),
	    NULL);
	if (commit_genesis(g, d, e) == -1) {
		gate_rollback(g);
		goto out;
	}
	rv = gate_end(g, e);
out:
	draft_free(d);
	if (rv == 0)
		gate_tell(g, true);
	return rv;
}

static int
commit_request(struct gate *g, const uint8_t *w, struct draft *d, struct err *e)
{
	char hex[HEX_SIZE];

	memcpy(g->w, w, HASH_LEN);
	g->has_w = true;
	g->has_place = false;
	text_hex(w, HASH_LEN, hex);
	if (store_set_setting(g->s, "coalition", hex, e) == -1)
		return -1;
	return commit_one(g, d, NULL, e);
}

int
gate_join(struct gate *g, const uint8_t w[static HASH_LEN], const char *org,
    struct err *e)
{
	struct draft *d = draft_new(true);
	bool is_back =
	    g->has_w && g->secret == NULL && memcmp(g->w, w, HASH_LEN) == 0;
	int rv = -1;

	/* a backup restored on another machine has no key: it gets a new one */
	if ((!is_back && check_unbound(g, e) == -1) ||
	    check_name(_("organisation"), org, e) == -1 ||
	    gate_make_key(g, e) == -1 || gate_begin(g, e) == -1)
		goto out;
	draft_add(
	    d, json_pack("{s:s, s:s}", "op", "request", "name", org), NULL);
	if (commit_request(g, w, d, e) == -1) {
		gate_rollback(g);
		goto out;
	}
	rv = gate_end(g, e);
out:
	draft_free(d);
	if (rv == 0)
		gate_tell(g, true);
	return rv;
}
