/*
 * ssh: the system's OpenSSH as a process of its own, as git runs it: the
 * user's configuration, keys and known hosts count, and nothing is ever
 * asked.  What it says on standard error is kept, bounded, to tell what went
 * wrong.
 */
#ifndef MUFAKAT_TRANSFER_SSH_H
#define MUFAKAT_TRANSFER_SSH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "starter.h"

/* ssh://[user@]host[:port]/path or [user@]host:path */
struct ssh_url {
	char *target; /* [user@]host */
	char *host;
	char *port; /* or NULL */
	char *path; /* on the other side */
};

bool ssh_is_url(const char *url);
/* ERR_INPUT says what is wrong. */
int ssh_url_read(const char *url, struct ssh_url *ret, struct err *e);
void ssh_url_clear(struct ssh_url *u);

struct ssh {
	const struct starter *starter; /* NULL: it does not run */
	int in;                        /* of the child */
	int out;
	int err;
	struct buf text; /* what it said */
	int status;      /* of waitpid(), once it has ended */
};

int ssh_start(
    struct ssh *s, const struct starter *by, enum service what, struct err *e);

/* 0 with *ret_n == 0 at the end of the stream. */
int ssh_read(struct ssh *s, char *p, size_t n, size_t *ret_n, struct err *e);
int ssh_write(struct ssh *s, const char *p, size_t n, struct err *e);

/* Ends the child, by force if it does not go by itself; collects what it
 * still says. */
void ssh_stop(struct ssh *s);

/* Reads what a failed ssh said: ERR_UNTRUSTED for host keys, ERR_INPUT for a
 * path that is no repository, ERR_OFFLINE for all else, with the next step.
 * "reason" is what failed on a connection that stood, or NULL: then the last
 * line said is the reason.  Returns -1. */
int ssh_explain(const struct ssh *s, const struct ssh_url *u,
    const char *reason, struct err *e);

#endif
