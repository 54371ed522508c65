/*
 * workload: what is measured: N records, every fifth edited twice later, as
 * 1.4 N steps: all records are made, then texts are edited, then states.
 *
 * The same number gives the same record everywhere.
 */
#ifndef TESTS_BENCH_WORKLOAD_H
#define TESTS_BENCH_WORKLOAD_H

#include <stddef.h>

#include "common/buf.h"

#define WORKLOAD_BATCH 1000 /* steps of a transaction, and of a git commit */

struct workload_record {
	char id[27]; /* for the floors: ours make their own */
	char title[96];
	char text[448];
	char text_later[448];
	const char *section;
	const char *state;
	const char *state_later;
	char number[16];
};

enum workload_kind { WORKLOAD_NEW, WORKLOAD_TEXT, WORKLOAD_STATE };

struct workload_step {
	enum workload_kind kind;
	size_t record;
};

void workload_record(size_t i, struct workload_record *ret);
/* The first n records; the caller frees. */
struct workload_record *workload_records(size_t n);

size_t workload_steps(size_t n);
struct workload_step workload_step(size_t n, size_t k);

/* Step k as one line of JSON, LF included; appended. */
void workload_json(
    const struct workload_record *records, size_t n, size_t k, struct buf *b);

#endif
