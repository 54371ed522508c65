/* Local changes: made, signed, stored and applied in one transaction. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/recsig.h"
#include "common/sshsig.h"
#include "common/text.h"
#include "gate_internal.h"
#include "log_read.h"
#include "query.h"
#include "store.h"
#include "store_apply.h"
#include "store_log.h"

#define SEEN_EVERY ((int64_t)4 * 60 * 60 * 1000)

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

/* --- seen ------------------------------------------------------------------ */

/* Heads of other logs that count and that we have not named yet. */
static int
list_heads(struct gate *g, struct buf *ids, struct buf *numbers, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(g->s, &q,
		"SELECT c.id, c.n, l.key FROM head h"
		" JOIN change c ON c.n = h.change JOIN log l ON l.n = h.log"
		" WHERE l.key <> ?1"
		" AND h.change NOT IN (SELECT change FROM named)"
		" ORDER BY c.id",
		e) == -1 ||
	    query_bind_blob(q, 1, g->key, KEY_LEN, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1 &&
	       ids->len < (size_t)SEEN_MAX * PREFIX_LEN) {
		size_t n, k;
		const void *id = query_blob(q, 0, &n);
		const void *key = query_blob(q, 2, &k);
		int64_t number = query_int(q, 1);

		if (n != HASH_LEN || k != KEY_LEN ||
		    trust_key(g->trust, key) == NULL)
			continue;
		buf_add(ids, id, PREFIX_LEN);
		buf_add(numbers, &number, sizeof(number));
	}
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

static int
note_named(struct gate *g, const struct buf *numbers, struct err *e)
{
	struct query *q = NULL;
	int64_t n;
	int rv = -1;

	for (size_t i = 0; i < numbers->len; i += sizeof(n)) {
		memcpy(&n, numbers->data + i, sizeof(n));
		if (query_open(g->s, &q,
			"INSERT OR IGNORE INTO named(change) VALUES(?1)",
			e) == -1 ||
		    query_bind_int(q, 1, n, e) == -1 || query_run(q, e) == -1)
			goto out;
		query_close(q);
		q = NULL;
	}
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* When something was named last; 0 if the clock went back behind it. */
static int
last_named(struct gate *g, int64_t now, int64_t *ret, struct err *e)
{
	char *text = NULL;

	if (store_setting(g->s, "seen_ms", &text, e) == -1)
		return -1;
	*ret = text != NULL ? strtoll(text, NULL, 10) : 0;
	if (*ret > now)
		*ret = 0;
	free(text);
	return 0;
}

/* Prefixes to name in a change: always in acts and signatures, otherwise
 * every few hours. */
static int
gather_seen(struct gate *g, bool always, struct buf *ids, struct err *e)
{
	int64_t now = clock_wall(g->clock);
	struct buf numbers = BUF_INIT;
	char text[32];
	int64_t last;
	int rv = -1;

	if (g->trust == NULL)
		return 0;
	if (!always) {
		if (last_named(g, now, &last, e) == -1)
			return -1;
		if (last != 0 && now - last < SEEN_EVERY)
			return 0;
	}
	snprintf(text, sizeof(text), "%lld", (long long)now);
	if (list_heads(g, ids, &numbers, e) == -1 ||
	    note_named(g, &numbers, e) == -1 ||
	    (ids->len > 0 && store_set_setting(g->s, "seen_ms", text, e) == -1))
		goto out;
	rv = 0;
out:
	buf_clear(&numbers);
	return rv;
}

/* --- making a change ------------------------------------------------------- */

static int64_t
next_t(const struct gate *g)
{
	int64_t now = clock_wall(g->clock);
	int64_t next = g->largest_t + 1;

	if (now < 0)
		now = 0;
	return next > now && next <= now + GATE_T_AHEAD ? next : now;
}

/* What we write must be read by everybody as what it is meant to be. */
static int
check_ops(const struct head *h, struct err *e)
{
	for (size_t i = 0; i < h->nops; i++)
		if (h->ops[i].op == OP_NONE)
			return err_set(e, ERR_INPUT,
			    _("cannot write: operation %zu is not well "
			      "formed"),
			    i);
	return 0;
}

/* The bytes are signed before they are parsed back: what is applied is what
 * is stored. */
struct made {
	struct buf unsigned_line, line;
	struct change change;
	struct head head;
	bool has_head;
	uint8_t id[HASH_LEN];
};

static void
made_clear(struct made *m)
{
	change_clear(&m->change);
	if (m->has_head)
		head_clear(&m->head);
	buf_clear(&m->unsigned_line);
	buf_clear(&m->line);
}

static int
make(struct gate *g, struct draft *d, bool always_seen, struct made *m,
    struct err *e)
{
	struct buf seen = BUF_INIT;
	int rv = -1;

	if ((!g->place.is_genesis &&
		gather_seen(g, always_seen, &seen, e) == -1) ||
	    draft_finish(d, next_t(g), (const uint8_t(*)[PREFIX_LEN])seen.data,
		seen.len / PREFIX_LEN, &m->unsigned_line, &m->change, e) == -1)
		goto out;
	change_sign(&g->place, &m->change, g->secret);
	change_id(&g->place, &m->change, m->id);
	change_join(&m->change, true, &m->line);
	if (head_parse(m->change.head, m->change.head_len, m->id,
		m->change.nportions, &m->head, e) == -1)
		goto out;
	m->has_head = true;
	rv = check_ops(&m->head, e);
out:
	buf_clear(&seen);
	return rv;
}

static int
store_made(struct gate *g, const struct made *m, struct err *e)
{
	struct log_new c = {.place = &g->place,
	    .id = m->id,
	    .change = &m->change,
	    .line = m->line.data,
	    .len = m->line.len - 1,
	    .t = m->head.t,
	    .flags = LOG_AUTHENTIC | LOG_CHECKED | LOG_SIGNED |
		     gate_head_flags(&m->head) |
		     (g->place.is_genesis ? LOG_GENESIS : 0)};
	struct apply_change a = {.id = m->id,
	    .place = &g->place,
	    .change = &m->change,
	    .head = &m->head,
	    .is_new = true};

	if (log_number(g->s, g->key, &c.log, e) == -1 ||
	    log_add(g->s, &c, &a.n, e) == -1)
		return -1;
	if (m->head.is_act)
		gate_act_added(g, m->id, g->key, &m->head);
	gate_authentic(g, m->id, c.log, false);
	return apply_change(g->a, &a, e);
}

/* The next change follows this one, and whatever did not fit before. */
static void
move_place(struct gate *g, const struct made *m)
{
	bool more = g->place.nprevious == CHANGE_PREVIOUS_MAX;

	memcpy(g->previous[0], m->id, HASH_LEN);
	g->place.nprevious = 1;
	g->place.is_genesis = false;
	g->has_place = !more;
	gate_note_t(g, m->head.t);
}

static int
commit_one(struct gate *g, struct draft *d, uint8_t *ret_id, struct err *e)
{
	const struct change_place *place;
	struct made m = {0};
	int rv = -1;

	if (!g->place.is_genesis && gate_place(g, &place, e) == -1)
		return -1;
	if (make(g, d, draft_is_witness(d), &m, e) == -1 ||
	    store_made(g, &m, e) == -1)
		goto out;
	move_place(g, &m);
	if (ret_id != NULL)
		memcpy(ret_id, m.id, HASH_LEN);
	rv = 0;
out:
	made_clear(&m);
	return rv;
}

static int
commit_all(struct gate *g, struct draft **d, size_t n,
    uint8_t (*ret_ids)[HASH_LEN], struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_INPUT, _("nothing to change"));
	for (size_t i = 0; i < n; i++)
		if (commit_one(
			g, d[i], ret_ids != NULL ? ret_ids[i] : NULL, e) == -1)
			return -1;
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
