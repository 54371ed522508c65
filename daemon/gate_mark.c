#include "gate_mark.h"

#include <stdlib.h>
#include <string.h>

#include "common/ident.h"
#include "gate_internal.h"
#include "query.h"
#include "remote.h"
#include "store.h"
#include "store_db.h"
#include "store_log.h"

/* --- one log at a time ------------------------------------------------------- */

int
marker_write(struct marker *m, struct err *e)
{
	int rv = 0;

	if (m->log != 0 && m->upto > m->was)
		rv = remote_set_upto(m->s, m->from->n, m->log, m->upto, e);
	if (rv == 0 && m->marked)
		rv = remote_settle(m->s, m->from->n, m->log, e);
	m->log = m->upto = m->was = m->last = 0;
	m->marked = false;
	return rv;
}

int
marker_enter(struct marker *m, int64_t log, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (m->from == NULL || m->log == log)
		return 0;
	if (marker_write(m, e) == -1 || store_log_flush(m->s, e) == -1 ||
	    remote_upto(m->s, m->from->n, log, &m->upto, e) == -1 ||
	    query_open(m->s, &q, "SELECT last FROM log WHERE n = ?1", e) ==
		-1 ||
	    query_bind_int(q, 1, log, e) == -1)
		goto out;
	r = query_step(q, e);
	m->log = log;
	m->was = m->upto;
	m->last = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

/* A change is there.  If it is new, and the remote had everything of its log
 * before, one number says it. */
static int
mark(struct marker *m, const struct mark *c, struct err *e)
{
	if (marker_enter(m, c->log, e) == -1)
		return -1;
	if (c->n <= m->upto)
		return 0;
	if (c->is_new && m->upto >= m->last) {
		m->upto = c->n;
		m->last = c->n;
		return 0;
	}
	if (c->n > m->last)
		m->last = c->n;
	m->marked = true;
	return remote_mark(m->s, m->from->n, c->n, e);
}

/* A change is not there, or not yet said to be. */
static int
skip(struct marker *m, const struct mark *c, struct err *e)
{
	if (marker_enter(m, c->log, e) == -1)
		return -1;
	if (c->n > m->last)
		m->last = c->n;
	return 0;
}

/* --- what nothing signed speaks for ------------------------------------------- */

static void
give_up(struct marker *m)
{
	struct mark c;

	for (size_t i = 0; i < m->unsaid.len; i += sizeof(c)) {
		memcpy(&c, m->unsaid.data + i, sizeof(c));
		pairs_add(&m->thin, c.n, 0);
	}
	buf_reset(&m->unsaid);
}

static int
say(struct marker *m, struct err *e)
{
	struct mark c;

	for (size_t i = 0; i < m->unsaid.len; i += sizeof(c)) {
		memcpy(&c, m->unsaid.data + i, sizeof(c));
		if (mark(m, &c, e) == -1)
			return -1;
	}
	buf_reset(&m->unsaid);
	return 0;
}

int
marker_note(struct marker *m, const struct mark *c, struct err *e)
{
	if (m->from == NULL)
		return 0;
	if (c->is_astray)
		return skip(m, c, e);
	if (c->starts)
		give_up(m);
	if (c->is_authentic && say(m, e) == -1)
		return -1;
	if (!c->is_thin && c->is_authentic)
		return mark(m, c, e);
	if (!c->is_thin)
		buf_add(&m->unsaid, c, sizeof(*c));
	return skip(m, c, e);
}

void
marker_thin(struct marker *m, int64_t n, size_t portion)
{
	if (m->from != NULL)
		pairs_add(&m->thin, n, (int64_t)portion + 1);
}

void
marker_commit(struct marker *m)
{
	size_t n;
	struct pair *all = pairs_take(&m->thin, &n);

	for (size_t i = 0; i < n; i++)
		pairs_add(&m->from->thin, all[i].a, all[i].b);
	free(all);
}

void
marker_end(struct marker *m)
{
	if (m->from != NULL)
		give_up(m);
}

void
marker_clear(struct marker *m)
{
	buf_clear(&m->unsaid);
	pairs_clear(&m->thin);
}
