/*
 * author: writes the changes of one log for tests, from a fixed seed.
 *
 *	struct author a;
 *
 *	author_init(&a, 7, w);
 *	author_write(&a, author_comment("teks"), &line, id);
 *	...
 *	author_clear(&a);
 */
#ifndef TESTS_AUTHOR_H
#define TESTS_AUTHOR_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/change.h"
#include "common/op.h"

struct author {
	struct secret *secret;
	struct change_place at; /* of the next change */
	uint8_t previous[CHANGE_PREVIOUS_MAX][HASH_LEN];
	int64_t t;
};

static inline void
author_init(struct author *a, uint8_t seed, const uint8_t w[static HASH_LEN])
{
	uint8_t bytes[SEED_LEN];

	crypto_setup();
	memset(bytes, seed, sizeof(bytes));
	memset(a, 0, sizeof(*a));
	a->secret = secret_from_seed(bytes);
	secret_public(a->secret, a->at.key);
	memcpy(a->at.coalition, w, HASH_LEN);
	a->at.previous = a->previous;
	a->t = 1000;
}

static inline void
author_clear(struct author *a)
{
	secret_free(a->secret);
}

/* The next change follows this one alone. */
static inline void
author_follow(struct author *a, const uint8_t id[static HASH_LEN])
{
	memmove(a->previous[0], id, HASH_LEN);
	a->at.nprevious = 1;
}

/* A draft that makes one comment. */
static inline struct draft *
author_comment(const char *text)
{
	struct draft *d = draft_new(false);

	draft_add(d,
	    json_pack("{s:s,s:s,s:[s]}", "op", "new", "type", "comment",
		"fields", "text"),
	    json_pack("[s]", text));
	return d;
}

/* Signs the draft as the next change of the log, frees it, appends the line
 * without its LF, and moves on. */
static inline void
author_write(struct author *a, struct draft *d, struct buf *line,
    uint8_t ret_id[static HASH_LEN])
{
	struct buf raw = BUF_INIT;
	struct change c = {0};
	struct err e;

	if (draft_finish(d, a->t++, NULL, 0, &raw, &c, &e) == -1) {
		fprintf(stderr, "cannot write a change: %s\n", e.msg);
		abort();
	}
	change_sign(&a->at, &c, a->secret);
	change_id(&a->at, &c, ret_id);
	change_join(&c, true, line);
	line->data[--line->len] = '\0';
	author_follow(a, ret_id);
	change_clear(&c);
	buf_clear(&raw);
	draft_free(d);
}

#endif
