/* Changes in the making. */
#include "gate_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/sshsig.h"
#include "gate_internal.h"
#include "gate_thread.h"
#include "query.h"
#include "store.h"

#define SEEN_EVERY ((int64_t)4 * 60 * 60 * 1000)
#define FEW        4 /* are signed sooner than a thread starts */

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

void
made_clear(struct made *m)
{
	change_clear(&m->change);
	if (m->has_head)
		head_clear(&m->head);
	buf_clear(&m->unsigned_line);
	buf_clear(&m->message);
	*m = (struct made){0};
}

static void
copy_place(struct made *m, const struct change_place *from)
{
	m->place = *from;
	m->place.previous = m->previous;
	memcpy(m->previous, from->previous, from->nprevious * HASH_LEN);
}

/* The bytes are hashed before they are parsed back: what is applied is what
 * is stored. */
static int
fill(struct gate *g, struct draft *d, struct made *m, struct err *e)
{
	struct buf seen = BUF_INIT;
	int rv = -1;

	copy_place(m, &g->place);
	if ((!g->place.is_genesis &&
		gather_seen(g, draft_is_witness(d), &seen, e) == -1) ||
	    draft_finish(d, next_t(g), (const uint8_t(*)[PREFIX_LEN])seen.data,
		seen.len / PREFIX_LEN, &m->unsigned_line, &m->change, e) == -1)
		goto out;
	change_message(&m->place, &m->change, &m->message);
	crypto_digest(m->message.data, m->message.len, m->id);
	if (head_parse(m->change.head, m->change.head_len, m->id,
		m->change.nportions, &m->head, e) == -1)
		goto out;
	m->has_head = true;
	rv = check_ops(&m->head, e);
out:
	buf_clear(&seen);
	return rv;
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

int
made_make(struct gate *g, struct draft *d, struct made *m, struct err *e)
{
	if (fill(g, d, m, e) == -1)
		return -1;
	move_place(g, m);
	return 0;
}

/* --- signing --------------------------------------------------------------- */

static void *
sign_all(void *arg)
{
	struct signing *s = arg;

	for (size_t i = 0; i < s->n; i++) {
		struct made *m = &s->made[i];

		secret_sign(s->secret, SSHSIG_NS_CHANGE, m->message.data,
		    m->message.len, m->change.sig);
		m->change.is_signed = true;
	}
	return NULL;
}

void
signing_start(struct signing *s)
{
	s->has_thread = s->n > FEW && gate_thread(&s->thread, sign_all, s);
	if (!s->has_thread)
		sign_all(s);
}

void
signing_wait(struct signing *s)
{
	if (s->has_thread)
		pthread_join(s->thread, NULL);
	s->has_thread = false;
}
