/*
 * sync_private: what sync.c (when rounds begin), sync_remotes.c (with whom),
 * sync_asked.c (who waits for them) and sync_alarms.c share.
 */
#ifndef MUFAKAT_SYNC_PRIVATE_H
#define MUFAKAT_SYNC_PRIVATE_H

#include <uv.h>

#include "gate.h"
#include "retry.h"
#include "sync.h"
#include "sync_look.h"
#include "sync_round.h"

/* A remote as rounds see it. */
struct entry {
	int64_t n;
	char *name;
	char *url;
	struct push_memory memory;
	int64_t failures; /* in a row */
	int64_t due;      /* monotonic ms */
	int64_t turn_ms;  /* of its next round; 0: as configured */
	bool was_cut;     /* its last round made way: no failure of its own */
	bool is_dirty;    /* we changed something during its round */
	bool is_seen;     /* while reloading */
};

/* Somebody who waits for a round. */
struct waiter {
	int64_t remote;
	bool is_running; /* its round is the one at hand */
	void (*done)(void *arg, const struct sync_result *r);
	void (*progress)(void *arg, const char *remote, const char *phase,
	    int64_t received, int64_t objects);
	void *arg;
};

/* Somebody who wants to look at a URL. */
struct look_job {
	char *url;
	void (*done)(void *arg, const uint8_t *coalitions, size_t n,
	    const struct err *e);
	void *arg;
};

struct sync {
	uv_loop_t *loop;
	struct gate *gate;
	struct sync_config cfg;
	struct entry **entries;
	size_t nentries;
	struct waiter *waiters;
	size_t nwaiters;
	struct look_job *looks;
	size_t nlooks;
	uv_timer_t *timer; /* owned by the loop once closing */
	struct round *round;
	struct entry *current; /* of the round */
	int64_t began;
	struct look *look;
	struct look_job looking;
	json_t *alarms;
	bool is_ending;
};

/* --- sync_turn.c --- */

/* When the round at hand has to make way, by the monotonic clock; INT64_MAX:
 * nobody waits. */
int64_t sync_turn_ends(const struct sync *s);
/* It makes way now; its next turn is longer. */
void sync_turn_end(struct sync *s);
/* A round of this remote came to its own end. */
void sync_turn_done(struct entry *x);

/* --- sync.c --- */

int64_t sync_mono(const struct sync *s);
uint32_t sync_chance(void);
struct retry sync_policy(const struct sync *s);
/* Wakes up when something is due.  Everything starts from there, so that no
 * caller finds itself inside a round. */
void sync_arm(struct sync *s);

/* --- sync_remotes.c --- */

struct entry *sync_find(const struct sync *s, int64_t remote);
void sync_free_entry(struct entry *x);
/* "remote add --create" is kept in the database until it was done. */
bool sync_is_to_create(struct sync *s, int64_t remote);

/* --- sync_asked.c --- */

/* Tells those who wait for a remote (or for its round at hand).  They may
 * ask for more meanwhile. */
void sync_tell(
    struct sync *s, int64_t remote, bool running, const struct sync_result *r);
void sync_tell_failed(struct sync *s, int64_t remote, bool running,
    const char *name, const struct err *e);
/* Looks at the first URL that was asked for. */
void sync_start_look(struct sync *s);
/* Tells everybody that the daemon stops. */
void sync_dismiss(struct sync *s);

/* --- sync_alarms.c --- */

/* They are kept in the setting "alarms", so that they outlive the daemon. */
void sync_load_alarms(struct sync *s);
/* In place of an older one of the same remote, kind and subject. */
void sync_alarm(struct sync *s, int64_t remote, const struct alarm *a);
/* A round ended that looked at everything: drops the alarms of earlier ones
 * whose cause does not stand any more.  "fork" is no state but an event, which
 * is said for a month. */
void sync_calm(struct sync *s, int64_t remote,
    bool (*stands)(void *arg, const char *kind, const char *about), void *arg);
void sync_forget_alarms(struct sync *s, int64_t remote);

#endif
