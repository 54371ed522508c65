/*
 * transfer_peer: a running mufakat-transfer, seen from the daemon: frames in
 * and out over a socketpair, a deadline, and its end.
 *
 * It is taken to be in the hands of whoever wrote what it reads.  It is
 * started by the spawner, and killed with all of its process group.
 */
#ifndef MUFAKAT_TRANSFER_PEER_H
#define MUFAKAT_TRANSFER_PEER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/frame.h"

struct peer;
struct spawner;
struct uv_loop_s;

struct peer_events {
	/* A frame; at most one in a turn of the loop, so that clients are
	 * served in between however much comes. */
	void (*frame)(void *arg, const struct frame *f);
	/* The last call: it has ended and is reaped.  e->code is ERR_NONE if
	 * it ended by itself with status 0, else says why. */
	void (*gone)(void *arg, const struct err *e);
	void *arg;
};

/* Has "program" started, without waiting: that it cannot be is told by
 * gone().  On failure nothing is called. */
int
peer_spawn(struct uv_loop_s *loop, const struct spawner *s, const char *program,
    const struct peer_events *ev, struct peer **ret, struct err *e);

/* Sends a frame; takes json. */
void peer_send(struct peer *p, enum frame_type type, json_t *json,
    const void *bytes, size_t n);

/* It must be gone by then, or it is killed; counted from now. */
void peer_deadline(struct peer *p, int64_t ms);

/* Kills it; gone() still comes, with this as its reason. */
void peer_kill(struct peer *p, const struct err *why);

/* Kills it if it runs, and calls nothing any more; it is reaped all the
 * same.  NULL is fine.  The owner calls this after gone(), too. */
void peer_free(struct peer *p);

#endif
