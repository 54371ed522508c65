/*
 * naive: the state worked out a second time, slowly and from the changes of
 * the world themselves: which writes are live, and the hash of the lines.
 *
 * Whether a write counts is taken from the office (trust has a model of its
 * own in test_trust_model.c); what it names, from the head as it was written.
 */
#ifndef SIM_NAIVE_H
#define SIM_NAIVE_H

#include <stdio.h>

#include "daemon/gate.h"
#include "daemon/query.h"
#include "daemon/store.h"
#include "daemon/store_flags.h"
#include "world.h"

struct naive_write {
	char record[ID_SIZE];
	char field[64];
	char change[HEX_SIZE];
	json_t *over; /* prefixes, borrowed from a head; NULL: none */
	bool counts, named;
};

struct naive {
	struct world *w;
	json_t *heads[WORLD_CHANGES];
	struct naive_write *writes;
	size_t n;
};

static void
naive_init(struct naive *v, struct world *w)
{
	memset(v, 0, sizeof(*v));
	v->w = w;
	for (unsigned i = 0; i < w->n; i++)
		v->heads[i] = json_loadb(w->changes[i].change.head,
		    w->changes[i].change.head_len, 0, NULL);
}

static void
naive_clear(struct naive *v)
{
	for (unsigned i = 0; i < v->w->n; i++)
		json_decref(v->heads[i]);
	free(v->writes);
}

/* The record of an operation: an id, or what another one of the change made */
static void
naive_record(
    const struct world_change *c, const json_t *record, char ret[ID_SIZE])
{
	if (json_is_string(record))
		snprintf(ret, ID_SIZE, "%s", json_string_value(record));
	else
		ident_make(c->id,
		    (unsigned)json_integer_value(json_object_get(record, "@")),
		    ret);
}

/* What the last "set" of a change to this record and field names. */
static json_t *
naive_over(struct naive *v, const struct naive_write *x)
{
	json_t *over = NULL, *op, *field;
	char hex[HEX_SIZE], record[ID_SIZE];
	size_t k, m;

	for (unsigned i = 0; i < v->w->n; i++) {
		const struct world_change *c = &v->w->changes[i];

		text_hex(c->id, HASH_LEN, hex);
		if (strcmp(hex, x->change) != 0)
			continue;
		json_array_foreach (
		    json_object_get(v->heads[i], "ops"), k, op) {
			json_t *to = json_object_get(op, "record");

			if (to == NULL)
				continue;
			naive_record(c, to, record);
			if (strcmp(record, x->record) != 0)
				continue;
			json_array_foreach (
			    json_object_get(op, "fields"), m, field)
				if (strcmp(json_string_value(field),
					x->field) == 0)
					over = json_object_get(
					    json_object_get(op, "over"),
					    x->field);
		}
	}
	return over;
}

static int
naive_read(struct naive *v, struct gate *g, struct err *e)
{
	struct query *q = NULL;
	int r = query_open(gate_store(g), &q,
	    "SELECT r.id, f.text, lower(hex(c.id)), w.flags"
	    " FROM write w JOIN record r ON r.n = w.record"
	    " JOIN name f ON f.n = w.field JOIN change c ON c.n = w.change",
	    e);

	while (r != -1 && (r = query_step(q, e)) == 1) {
		struct naive_write x = {0};

		snprintf(x.record, sizeof(x.record), "%s", query_text(q, 0));
		snprintf(x.field, sizeof(x.field), "%s", query_text(q, 1));
		snprintf(x.change, sizeof(x.change), "%s", query_text(q, 2));
		x.counts = query_int(q, 3) & WRITE_COUNTS;
		x.over = naive_over(v, &x);
		v->writes =
		    mem_array(v->writes, v->n + 1, sizeof(v->writes[0]));
		v->writes[v->n++] = x;
	}
	query_close(q);
	return r;
}

/* One write names another of the same record and field. */
static bool
naive_names(const struct naive_write *a, const struct naive_write *b)
{
	const json_t *prefix;
	size_t i;

	if (a == b || strcmp(a->record, b->record) != 0 ||
	    strcmp(a->field, b->field) != 0)
		return false;
	json_array_foreach (a->over, i, prefix)
		if (strncmp(json_string_value(prefix), b->change,
			PREFIX_CHARS) == 0)
			return true;
	return false;
}

static void
naive_merge(struct naive *v)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < v->n; i++)
			for (size_t k = 0; k < v->n; k++) {
				const struct naive_write *a = &v->writes[i];
				struct naive_write *b = &v->writes[k];

				if ((a->counts || a->named) && !b->named &&
				    naive_names(a, b))
					b->named = more = true;
			}
	}
}

static int
naive_by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines "write ..." of the state, as they have to be. */
static void
naive_lines(struct naive *v, struct buf *b)
{
	char **lines = mem_zalloc((v->n + 1) * sizeof(lines[0]));
	size_t n = 0;

	naive_merge(v);
	for (size_t i = 0; i < v->n; i++) {
		const struct naive_write *x = &v->writes[i];

		if (x->counts && !x->named)
			lines[n++] = mem_printf(
			    "write %s %s %s\n", x->record, x->field, x->change);
	}
	qsort(lines, n, sizeof(lines[0]), naive_by_text);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, lines[i]);
		free(lines[i]);
	}
	free(lines);
}

/* Is "lines" sorted, are its writes just those, and is the hash of it that of
 * the office? */
static int
naive_check(struct world *w, struct gate *g, struct buf *lines, struct err *e)
{
	struct naive v;
	struct buf want = BUF_INIT, all = BUF_INIT;
	uint8_t hash[HASH_LEN], said[HASH_LEN];
	char hex[HEX_SIZE];
	const char *have = strstr(buf_str(lines), "\nwrite ");
	int rv;

	naive_init(&v, w);
	rv = naive_read(&v, g, e);
	if (rv == 0)
		naive_lines(&v, &want);
	/* "write" sorts behind all others */
	if (rv == 0 &&
	    strcmp(have != NULL ? have + 1 : "", buf_str(&want)) != 0)
		rv = err_set(e, ERR_CORRUPT, "not the writes that are live");
	text_hex(w->w, HASH_LEN, hex);
	buf_printf(&all, "mufakat state 1\n%s\n%s", hex, buf_str(lines));
	crypto_digest(all.data, all.len, hash);
	if (rv == 0)
		rv = gate_state_hash(g, said, e);
	if (rv == 0 && memcmp(hash, said, HASH_LEN) != 0)
		rv = err_set(e, ERR_CORRUPT, "not the hash of the state");
	buf_clear(&want);
	buf_clear(&all);
	naive_clear(&v);
	return rv;
}

#endif
