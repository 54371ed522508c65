/*
 * gate_pair: two gates of one coalition, and the lines that go from one to the
 * other.
 */
#ifndef TESTS_GATE_PAIR_H
#define TESTS_GATE_PAIR_H

#include "gates.h"

/* The whole of one office's log number 1 as lines: header and changes. */
struct lines {
	struct buf blob;
	size_t at[64]; /* where each line starts */
	size_t n;
};

static inline void
lines_read(struct lines *l, struct branch *from, int64_t log, int64_t after)
{
	memset(l, 0, sizeof(*l));
	branch_export_log(from, log, after, &l->blob);
	for (size_t i = 0; i < l->blob.len; i++)
		if (i == 0 || l->blob.data[i - 1] == '\n')
			l->at[l->n++] = i;
	l->at[l->n] = l->blob.len;
}

static inline void
lines_clear(struct lines *l)
{
	buf_clear(&l->blob);
}

static inline struct gate_taken
take(struct branch *b, const void *p, size_t n)
{
	struct gate_taken t;
	struct err e = {0};

	OK(gate_take(b->g, NULL, p, n, &t, &e));
	return t;
}

static inline void
idle(struct branch *b)
{
	struct err e = {0};
	int r;

	do
		OK(r = gate_idle(b->g, &e));
	while (r == 1);
}

static inline struct log_info
own_info(struct branch *b)
{
	struct log_info l;
	struct err e = {0};

	OK(log_of_key(gate_store(b->g), gate_key(b->g), &l, &e));
	return l;
}

static inline json_t *
head_of(struct branch *b, const uint8_t *id)
{
	struct log_entry l;
	struct err e = {0};
	json_t *j;

	OK(log_by_id(gate_store(b->g), id, &l, &e));
	j = json_loadb(l.change.head, l.change.head_len, 0, NULL);
	log_entry_clear(&l);
	assert_non_null(j);
	return j;
}

static inline struct draft *
group_draft(const char *theme)
{
	struct draft *d = draft_new(false);

	draft_add(d,
	    json_pack("{s:s, s:s, s:[s]}", "op", "new", "type", "group",
		"fields", "theme"),
	    json_pack("[s]", theme));
	return d;
}

#endif
