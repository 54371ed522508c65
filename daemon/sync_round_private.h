/*
 * sync_round_private: what sync_round.c (the table, its life, pushing),
 * sync_take.c (comparing and taking in) and sync_prove.c (what came of it)
 * share.
 */
#ifndef MUFAKAT_SYNC_ROUND_PRIVATE_H
#define MUFAKAT_SYNC_ROUND_PRIVATE_H

#include <uv.h>

#include "common/frame.h"
#include "gate.h"
#include "plan.h"
#include "sync_round.h"

enum round_state { LISTING, TAKING, BUILDING, PUSHING, ENDING, STATES };
enum round_event {
	ON_REFS,
	ON_BLOB,
	ON_END,
	ON_WRITTEN,
	ON_PROGRESS,
	ON_FAILED,
	EVENTS
};

/* A log that is read again as a whole, because something of it may be lost
 * at the remote. */
struct recheck {
	char id[ID_SIZE];
	int64_t waiting; /* what the remote lacked before */
	int64_t last;    /* of the changes that there were then */
	int64_t sent;    /* and of those that were there */
};

struct round {
	struct round_start s;
	enum round_state state;
	struct peer *peer;
	uv_idle_t *step; /* while building; owned by the loop once closing */
	json_t *listed;
	json_t *known;
	struct push push;
	bool has_push;
	/* of the wants at hand */
	json_t *open; /* ref -> true, until its END */
	char ref[PLAN_REF_SIZE];
	struct gate_remote from;
	struct gate_taken taken; /* by "ref" */
	size_t blobs;
	size_t of_ref;       /* bytes, if it is a stranger's */
	bool is_cut;         /* some of it was left out */
	bool is_skimmed;     /* lines of strangers were, of a member's */
	size_t of_strangers; /* bytes, in this round */
	size_t of_strays;    /* in refs of members */
	bool has_more;       /* refs of strangers are still to be wanted */
	bool is_whole;       /* the second pass over logs to be rechecked */
	struct recheck *recheck;
	size_t nrecheck;
	/* so far */
	struct sync_result result;
	int64_t own;      /* changes by our own key that were not here */
	int64_t received; /* by its word */
	int64_t moved;    /* by our count */
	int64_t started;
	int64_t last_blob; /* when it came */
	int lists;
	bool is_capped;
	bool is_told; /* the result */
};

struct store *round_store(const struct round *r);
int64_t round_now(const struct round *r);
/* A deadline that grows with what has come. */
void round_extend(struct round *r);

void round_progress(struct round *r, const char *phase, int64_t objects);
void round_alarm(struct round *r, const char *kind, const char *about,
    const char *next, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Whose log it is, as people call it; the caller frees. */
char *round_whose(const struct round *r, const char *id);

/* Is all that we hold there, and does the last listing say so? */
int round_prove(struct round *r, struct err *e);
/* Says why it is not, where nothing failed. */
void round_explain(struct round *r);
/* Is the cause of an alarm of an earlier round still there? */
bool round_stands(void *round, const char *kind, const char *about);
/* What fails for one log and not for the round: the first is kept. */
void round_blame(struct round *r, enum err_code code, const char *text);

/* Goes on to what the remote lacks. */
int round_build(struct round *r, struct err *e);
/* What the listing at hand asks of us: takes, or goes on to build. */
int round_compare(struct round *r, struct err *e);

/* The events of taking. */
int round_blob(struct round *r, const struct frame *f, struct err *e);
int round_end(struct round *r, const struct frame *f, struct err *e);

#endif
