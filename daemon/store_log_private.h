/*
 * store_log_private: what store_log.c (adding and reading) and
 * store_log_links.c (what follows what, heads) share.
 */
#ifndef MUFAKAT_STORE_LOG_PRIVATE_H
#define MUFAKAT_STORE_LOG_PRIVATE_H

#include "store_batch.h"
#include "store_log.h"

/* What changed of the log that is being added to, written when another one
 * follows or at the end: a run of changes costs one update, not one each. */
struct tally {
	int64_t log; /* 0: none */
	int64_t added;
	int64_t last;     /* newest change */
	int64_t head;     /* the head that table "head" holds; 0: none */
	int64_t new_head; /* the one that it must hold; 0: as it is */
	bool spoke;       /* something of it became authentic */
};

struct store_log {
	struct batches *batches;
	struct tally tally;
	int64_t heard;
	/* the change added last: mostly what the next one follows */
	uint8_t last_id[HASH_LEN];
	int64_t last_n, last_log; /* 0: none */
	/* the key asked for last */
	uint8_t key[KEY_LEN];
	int64_t key_log; /* 0: none */
	int64_t links;   /* rows of "link"; -1: not counted yet */
	bool has_coalition;
	uint8_t coalition[HASH_LEN];
};

int store_log_write_tally(struct store *s, struct err *e);

/* --- store_log_links.c --- */

/* Counts the rows of "link" once, so that nobody looks for what cannot be. */
int store_log_count_links(struct store *s, struct err *e);
int store_log_add_links(
    struct store *s, const struct log_new *c, int64_t n, struct err *e);
int store_log_write_heads(struct store *s, struct tally *t, struct err *e);
/* A change that was just added, authentic. */
int store_log_new_head(
    struct store *s, const struct log_row *r, const uint8_t *id, struct err *e);

#endif
