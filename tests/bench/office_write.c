/*
 * Writes the workload into an office, through the gate, as the daemon does
 * for its clients.  No daemon may run there.
 *
 *	office_write single|bulk HOME RECORDS
 *
 * single: a signed change for each step, a thousand in a transaction.
 * bulk: few changes with many operations each.
 * An office without a coalition founds one.
 */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "bench.h"
#include "common/change.h"
#include "common/ident.h"
#include "common/mem.h"
#include "common/op.h"
#include "common/text.h"
#include "daemon/gate.h"
#include "workload.h"

#define BULK_BYTES (100 * 1024) /* of a change, which may have 128 KiB */
#define BULK_MOST  (100 * 1000) /* changes */

/* A record as it was made. */
struct made {
	char id[ID_SIZE];
	uint8_t change[HASH_LEN];
};

/* Drafts that wait for the commit, and what each operation makes. */
struct bulk {
	struct gate *g;
	struct made *made;
	struct draft **drafts;
	size_t ndrafts;
	struct {
		size_t draft, op, record;
	} * news;
	size_t nnews;
	size_t bytes; /* of the last draft, roughly */
	size_t changes;
};

static json_t *
new_op(const struct workload_record *r, json_t **ret_values)
{
	*ret_values = json_pack(
	    "[s,s,s,s,s]", r->title, r->text, r->section, r->state, r->number);
	return json_pack("{s:s, s:s, s:[s,s,s,s,s]}", "op", "new", "type",
	    "recommendation", "fields", "title", "text", "section", "state",
	    "order");
}

static json_t *
set_op(const struct made *m, const char *field, const char *value,
    json_t **ret_values)
{
	char over[PREFIX_CHARS + 1];

	text_hex(m->change, PREFIX_LEN, over);
	*ret_values = json_pack("[s]", value);
	return json_pack("{s:s, s:s, s:[s], s:{s:[s]}}", "op", "set", "record",
	    m->id, "fields", field, "over", field, over);
}

static json_t *
make_op(const struct workload_record *r, const struct made *m,
    enum workload_kind kind, json_t **ret_values)
{
	if (kind == WORKLOAD_NEW)
		return new_op(r, ret_values);
	if (kind == WORKLOAD_TEXT)
		return set_op(m, "text", r->text_later, ret_values);
	return set_op(m, "state", r->state_later, ret_values);
}

/* --- collecting and committing ------------------------------------------------ */

static void
commit(struct bulk *b)
{
	uint8_t(*ids)[HASH_LEN];
	struct err e;

	if (b->ndrafts == 0)
		return;
	ids = mem_array(NULL, b->ndrafts, sizeof(*ids));
	if (gate_commit_many(b->g, b->drafts, b->ndrafts, ids, &e) == -1)
		DIE("%s", e.msg);
	for (size_t i = 0; i < b->nnews; i++) {
		struct made *m = &b->made[b->news[i].record];

		memcpy(m->change, ids[b->news[i].draft], HASH_LEN);
		ident_make(m->change, b->news[i].op, m->id);
	}
	free(ids);
	b->changes += b->ndrafts;
	b->ndrafts = b->nnews = b->bytes = 0;
}

static void
add(struct bulk *b, const struct workload_record *records, size_t n, size_t k,
    size_t most)
{
	struct workload_step s = workload_step(n, k);
	const struct workload_record *r = &records[s.record];
	json_t *values, *op;
	size_t at;

	if (b->ndrafts == 0 || b->bytes > most) {
		if (b->ndrafts == BULK_MOST)
			DIE("too many changes at once");
		b->drafts[b->ndrafts++] = draft_new(false);
		b->bytes = 0;
	}
	op = make_op(r, &b->made[s.record], s.kind, &values);
	at = draft_add(b->drafts[b->ndrafts - 1], op, values);
	b->bytes += 200 + strlen(r->title) + strlen(r->text);
	if (s.kind != WORKLOAD_NEW)
		return;
	b->news[b->nnews].draft = b->ndrafts - 1;
	b->news[b->nnews].op = at;
	b->news[b->nnews++].record = s.record;
}

/* A transaction for the making and one for the edits, which name what they
 * supersede. */
static void
write_bulk(struct bulk *b, const struct workload_record *r, size_t n)
{
	for (size_t k = 0; k < workload_steps(n); k++) {
		if (k == n)
			commit(b);
		add(b, r, n, k, BULK_BYTES);
	}
	commit(b);
}

static void
write_single(struct bulk *b, const struct workload_record *r, size_t n)
{
	for (size_t k = 0; k < workload_steps(n); k++) {
		if (k == n)
			commit(b);
		add(b, r, n, k, 0);
		if (b->ndrafts == WORKLOAD_BATCH)
			commit(b);
	}
	commit(b);
}

/* --- the office --------------------------------------------------------------- */

static void
open_office(const char *home, struct gate **ret)
{
	uint8_t recovery[HASH_LEN];
	struct err e;

	if (gate_open(home, &clock_system, ret, &e) == -1)
		DIE("%s", e.msg);
	crypto_digest("recovery", 8, recovery);
	if (gate_coalition(*ret) == NULL &&
	    gate_found(*ret, "Benchmark", "Secretariat", recovery, &e) == -1)
		DIE("%s", e.msg);
}

static void
measure(struct bulk *b, const char *how, size_t n)
{
	struct workload_record *r = workload_records(n);
	double begin = bench_now();

	if (strcmp(how, "bulk") == 0)
		write_bulk(b, r, n);
	else
		write_single(b, r, n);
	printf("%s %.6f\n", how, bench_now() - begin);
	printf("changes %zu\n", b->changes);
	printf("first %s\n", b->made[0].id);
	printf("last %s\n",
	    b->made[workload_step(n, workload_steps(n) - 1).record].id);
	free(r);
}

int
main(int argc, char **argv)
{
	struct bulk b = {0};
	size_t n;

	if (argc != 4 ||
	    (strcmp(argv[1], "single") != 0 && strcmp(argv[1], "bulk") != 0))
		DIE("usage: office_write single|bulk HOME RECORDS");
	crypto_setup();
	n = bench_number(argv[3]);
	b.made = mem_array(NULL, n, sizeof(*b.made));
	b.news = mem_array(NULL, n, sizeof(*b.news));
	b.drafts = mem_array(NULL, BULK_MOST, sizeof(struct draft *));
	open_office(argv[2], &b.g);
	measure(&b, argv[1], n);
	gate_close(b.g);
	free(b.made);
	free(b.news);
	free(b.drafts);
	return 0;
}
