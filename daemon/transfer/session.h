/*
 * session: the conversation of one round, PROTOCOL.md section 2.
 */
#ifndef MUFAKAT_TRANSFER_SESSION_H
#define MUFAKAT_TRANSFER_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "channel.h"
#include "common/err.h"
#include "folder.h"
#include "quarantine.h"
#include "refs.h"
#include "round.h"
#include "smart.h"
#include "trusted.h"
#include "want.h"

struct session {
	struct channel channel;
	struct round round;
	struct trusted trusted;
	struct quarantine quarantine;
	bool is_folder;
	struct folder folder;
	struct smart smart;
	bool ready;         /* session_ready() has run */
	struct haul *hauls; /* of the wants at hand */
	size_t nhauls;
	struct put *puts; /* queued until the next listing */
	size_t nputs;
	size_t cap_puts;
};

/* Serves the daemon on a descriptor until it says "done".  What fails is
 * told to the daemon, too; the quarantine is removed in any case. */
int session_run(int fd, struct err *e);

/* Starts what needs libgit2: a plain listing of a folder does not. */
int session_ready(struct session *s, struct err *e);

/* FRAME_WANT and the FRAME_KEEPs that follow it (fetch.c). */
int session_fetch(struct session *s, const json_t *want, struct err *e);

/* FRAME_PUT, and the push at FRAME_LIST with its FRAME_WRITTENs (put.c). */
int session_put(struct session *s, const struct frame *f, struct err *e);
int session_push(struct session *s, struct err *e);
void session_clear_puts(struct session *s);

#endif
