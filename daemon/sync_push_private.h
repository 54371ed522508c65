/*
 * sync_push_private: what sync_push.c (any log), sync_own.c (our own, with its
 * pieces) and sync_push_logs.c (which there are) share.
 */
#ifndef MUFAKAT_SYNC_PUSH_PRIVATE_H
#define MUFAKAT_SYNC_PUSH_PRIVATE_H

#include "sync_export.h"
#include "sync_push.h"

enum put_kind {
	PUT_SLICE, /* changes on top of a tail, or the first of it */
	PUT_PIECE, /* of our own log */
	PUT_RESET, /* the tail anew, behind a piece */
	PUT_COPY,  /* a commit of another remote: all of a log */
	PUT_ADD,   /* a piece of another remote, beside what is there */
};

struct push_put {
	enum put_kind kind;
	char ref[PLAN_REF_SIZE];
	int64_t log;
	struct export_query q;
	struct export_slice slice; /* without its blob */
	int64_t from;              /* PUT_COPY: the other remote */
	bool replaces;             /* an unusable tail */
	bool is_answered, is_ok;
	char *oid; /* NULL: the ref is deleted */
};

struct push_log *push_find_log(struct push *p, int64_t log);

/* Sends a PUT and remembers it; takes the slice. */
void push_queue(struct push *p, struct peer *peer, const struct push_put *what,
    const char *old, const char *commit, const char *mode);
/* Fills a slice of a log behind "after"; "all": also what is there. */
int push_export(struct push *p, int64_t log, int64_t after, bool all,
    struct push_put *x, struct err *e);
/* The next slice of a log to its tail. */
int push_slice(
    struct push *p, struct peer *peer, struct push_log *l, struct err *e);

/* Our own log: pieces, the tail anew, or a slice. */
int
push_own(struct push *p, struct peer *peer, struct push_log *l, struct err *e);
/* A piece, or the tail behind it, is there. */
int push_note_own(struct push *p, const struct push_put *x,
    const json_t *listed, struct err *e);

#endif
