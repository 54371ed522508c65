/*
 * sync: rounds with the remotes.  A state x event table drives one round at
 * a time; retry.c says when the next one is due; mufakat-transfer does the
 * talking.
 */
#ifndef MUFAKAT_SYNC_H
#define MUFAKAT_SYNC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct gate;
struct spawner;
struct sync;
struct uv_loop_s;

struct sync_config {
	const struct spawner *spawner;
	const char *home;
	const char *transfer; /* path of mufakat-transfer */
	const char *ssh;      /* "ssh" */
	bool ssh_agent;
	long interval_s;     /* 900 */
	long debounce_ms;    /* after a local change: 2000 */
	long deadline_s;     /* of a round, grows with bytes: 60 */
	long jitter_percent; /* 10 */
	long turn_s;         /* of a round while another waits: 300 */
};

struct sync *
sync_new(struct uv_loop_s *loop, struct gate *g, const struct sync_config *c);
/* New times and programs, from the next round on.  Strings are copied. */
void sync_configure(struct sync *s, const struct sync_config *c);
/* Stops the round at hand; its transfer is killed and reaped.  Whoever waits
 * is told that the daemon stops. */
void sync_free(struct sync *s);

/* What came of a round. */
struct sync_result {
	const char *remote;
	bool proven;     /* all that we hold is listed there */
	bool own_proven; /* all of our own log is */
	int64_t taken;   /* changes new to us */
	int64_t sent;    /* changes pushed and listed */
	int64_t waiting; /* changes that the remote still lacks */
	struct err err;  /* code ERR_NONE if nothing failed */
	/* nothing failed, and yet it is not proven: the cause and the next
	 * step; else "" */
	char why[256];
};

/* A round now with a remote (by row), or as the next in line when one is
 * under way.  "done" is called once; "progress" (may be NULL) before. */
void sync_now(struct sync *s, int64_t remote,
    void (*done)(void *arg, const struct sync_result *r),
    void (*progress)(void *arg, const char *remote, const char *phase,
	int64_t received, int64_t objects),
    void *arg);
/* Nobody waits any more for what was asked with this arg. */
void sync_abandon(struct sync *s, void *arg);

/* For join: lists a URL that is no remote yet and fetches its acts, to find
 * the coalitions there.  "coalitions" are HASH_LEN bytes each. */
void sync_look(struct sync *s, const char *url,
    void (*done)(
	void *arg, const uint8_t *coalitions, size_t n, const struct err *e),
    void *arg);

/* For status: is a round of this remote under way, and when is the next one
 * due (wall clock ms)? */
void sync_state(
    const struct sync *s, int64_t remote, bool *ret_running, int64_t *ret_next);

/* The set of remotes changed. */
void sync_reload(struct sync *s);

/* create a bare repository there at the next round (remote add --create) */
void sync_create(struct sync *s, int64_t remote);

/* Is a round under way that brings changes?  Background work can wait. */
bool sync_is_busy(const struct sync *s);

/* What a person should see of remotes, for status: an array of
 * {"kind","text","next"}, newest last; the caller owns it. */
json_t *sync_alarms(const struct sync *s);

#endif
