/*
 * sync_push: the second half of a round: what the remote lacks.
 *
 *	push_init(&p, ...);
 *	do
 *		while ((r = push_step(&p, peer, &e)) == 1)
 *			;		one log in a turn of the loop
 *		... LIST, push_written() for each answer, a new listing ...
 *		push_settle(&p, listed, &e);
 *	while (something was pushed);
 *	push_clear(&p);
 *
 * Our own log: its tail gathers small commits; at EXPORT_SLICE bytes its
 * lines are closed as a piece, and once a listing shows that, the tail starts
 * anew.  Where the tail starts is the setting "tail.<remote>": the number of
 * the last change in a closed piece, and 1 if the tail there still holds
 * what a piece holds.  Logs of others go on top of their tails, behind pieces
 * that another remote has and that are copied unchanged.
 */
#ifndef MUFAKAT_SYNC_PUSH_H
#define MUFAKAT_SYNC_PUSH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "plan.h"

struct gate;
struct peer;
struct push_put;

/* What is remembered of a remote as long as the daemon runs. */
struct push_memory {
	json_t *rejected; /* ref -> commit that was of no use */
	json_t *denied;   /* refs that may not be replaced there */
	json_t *put_off;  /* logs of strangers; NULL: none yet */
	json_t *skimmed;  /* ref -> commit read but for lines of strangers;
			   * NULL: none yet */
	size_t keys;      /* admitted, when they were put off */
	char *mark;       /* of a folder that was found whole; NULL: not */
};

/* A log that we hold. */
struct push_log {
	int64_t log;
	char id[ID_SIZE];
	bool is_own;
	bool is_skipped; /* not in this round */
	int failures;
	int64_t unread; /* what it lacked before pieces were copied there that
			 * are still to be read; -1: none were */
};

struct push {
	struct gate *gate;
	int64_t remote;
	struct push_memory *memory; /* borrowed */
	const json_t *listed;       /* borrowed: the last listing */
	json_t *known;              /* borrowed: changed with the database */
	struct push_log *logs;      /* our own first */
	size_t nlogs;
	size_t next;   /* log to look at */
	long piece;    /* of our own log, the next one; 0: not looked up */
	int64_t begin; /* and behind which change it starts */
	struct push_put *puts;
	size_t nputs;
	size_t queued;  /* bytes */
	int64_t sent;   /* changes that a listing has shown */
	int64_t held;   /* changes that the remote lost and are kept back */
	struct err err; /* the last push that failed for good */
};

int push_init(struct push *p, struct gate *g, int64_t remote,
    struct push_memory *m, const json_t *listed, json_t *known, struct err *e);
void push_clear(struct push *p);

/* Reads anew which logs there are; keeps what was noted of each. */
int push_reload(struct push *p, struct err *e);
struct push_log *push_find(struct push *p, const char *id);

/* Starts over with the first log. */
void push_rewind(struct push *p);
/* Looks at one log and queues what of it the remote lacks.  1: there are
 * more to look at, 0: all were, or enough is queued, -1. */
int push_step(struct push *p, struct peer *peer, struct err *e);

/* The answer to a PUT. */
int push_written(struct push *p, const json_t *answer, struct err *e);
/* A listing came after the pushes: notes what it proves.  *ret_landed: how
 * many it shows. */
int push_settle(
    struct push *p, const json_t *listed, size_t *ret_landed, struct err *e);

#endif
