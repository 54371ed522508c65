/*
 * starter: the process that starts ssh for a round.
 *
 * What reads the bytes of the other side is confined (confine.h) and may no
 * longer start anything, while ssh needs all that the user's configuration
 * names.  So this process is forked before: it knows the address, takes
 * orders of one byte, and hands back the ends of ssh's pipes.  Whoever takes
 * over the round can have it connect to that address for those services, and
 * nothing else.
 */
#ifndef MUFAKAT_TRANSFER_STARTER_H
#define MUFAKAT_TRANSFER_STARTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct ssh_url;

/* Begins what the starter writes on ssh's standard error when there is no
 * such program. */
#define STARTER_CANNOT_RUN "cannot run "

enum service { SERVICE_UPLOAD, SERVICE_RECEIVE, SERVICE_CREATE };

struct starter {
	pid_t pid; /* 0: none */
	int fd;
};

/* Forks it.  "command" is split at spaces; with "agent" unset SSH_AUTH_SOCK
 * is not passed on; SERVICE_CREATE is served where "create" is set. */
int starter_open(struct starter *s, const char *command, bool agent,
    bool create, const struct ssh_url *u, struct err *e);

/* Starts ssh, one at a time; fds are ours of its standard input, output and
 * error. */
int starter_start(
    const struct starter *s, enum service what, int fds[3], struct err *e);

/* Has the running ssh ended, by force if it does not go by itself.  The
 * answer, which is read by starter_status(), comes later: meanwhile somebody
 * must read what ssh says. */
void starter_stop(const struct starter *s);
/* How it ended, as waitpid() tells it; -1 where the starter has gone. */
int starter_status(const struct starter *s);

/* Ends it, and the ssh that runs. */
void starter_close(struct starter *s);

#endif
