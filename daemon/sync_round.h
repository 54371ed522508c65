/*
 * sync_round: one round with one remote, a table of state x event.
 *
 *	listing   -> taking     what is listed differs from what we know
 *	listing   -> building   nothing new
 *	taking    -> taking     a log lost something: all of it is read again
 *	taking    -> building   all that was wanted is taken in
 *	building  -> pushing    something was queued: push, list
 *	building  -> ending     nothing is missing there
 *	pushing   -> taking, building   by the new listing
 */
#ifndef MUFAKAT_SYNC_ROUND_H
#define MUFAKAT_SYNC_ROUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "sync.h"
#include "sync_push.h"

struct round;

/* Something that a person should see.  All borrowed for the call. */
struct alarm {
	const char *kind;
	const char *about; /* which log or ref, or "": one alarm for each */
	const char *text;
	const char *next; /* the next step */
};

struct round_start {
	struct uv_loop_s *loop;
	struct gate *gate;
	const struct sync_config *config;
	int64_t remote;
	const char *name;
	const char *url;
	bool create;
	struct push_memory *memory;
	void (*progress)(
	    void *arg, const char *phase, int64_t received, int64_t objects);
	void (*alarm)(void *arg, const struct alarm *a);
	/* Once, when the last listing was dealt with: does the cause of an
	 * alarm of an earlier round still stand?  May be NULL. */
	void (*calm)(void *arg,
	    bool (*stands)(void *round, const char *kind, const char *about),
	    void *round);
	/* Once: what came of it. */
	void (*result)(void *arg, const struct sync_result *r);
	/* Once, after that: the transfer has ended, another round can begin.
	 * The owner frees the round then or later. */
	void (*done)(void *arg);
	void *arg;
};

/* Strings and memory are borrowed until the round is freed. */
int round_begin(const struct round_start *s, struct round **ret, struct err *e);
/* Stops it; nothing is called any more. */
void round_free(struct round *r);

/* Ends it so that another can begin; the result says so. */
void round_give_way(struct round *r);
/* Was its result told? */
bool round_is_ending(const struct round *r);
/* Is it applying or building something right now? */
bool round_is_busy(const struct round *r);

/* The first frame: what the transfer has to know. */
json_t *round_order(const struct sync_config *c, const char *name,
    const char *url, bool create, const struct gate *g, const char *mark);

/* The time that a round has for so many bytes. */
int64_t round_patience(const struct sync_config *c, int64_t bytes);

#endif
