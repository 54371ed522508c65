/*
 * spawner: the process that starts transfers for the daemon.
 *
 * What a process gives up all that it starts gives up, too; so this one is
 * forked before the daemon gives up the network (network.h) and before it has
 * opened anything.  It takes requests to start a program, each with two
 * descriptors: the program's own, and one end of a line on which it reports
 * once how that ended.  A request of any other shape is its end.
 *
 * When the daemon ends, however, it kills what it started and ends; when the
 * daemon lets go of a line, or shuts it, it kills the program of that line.
 */
#ifndef MUFAKAT_SPAWNER_H
#define MUFAKAT_SPAWNER_H

#include <sys/types.h>

#include "common/err.h"

#define SPAWNER_RUNNING_MAX 8 /* at a time; more are refused with EAGAIN */

struct spawner {
	pid_t pid;
	int fd; /* readable only when it has ended */
};

/* Forks it, with standard error as it is now.  To be called before there are
 * threads. */
int spawner_open(struct spawner *s, struct err *e);
/* Ends it and all that it started.  After a failed open, too. */
void spawner_close(struct spawner *s);

/* Has "program" (an absolute path) started as the leader of a session and a
 * process group of its own, with "fd" as its descriptor 3 and of ours nothing
 * else but standard error.  *ret_line is the caller's, who closes it.  Does
 * not wait. */
int spawner_start(const struct spawner *s, const char *program, int fd,
    int *ret_line, struct err *e);

/* Kills its process group; the report still comes. */
void spawner_kill(int line);

enum spawner_report {
	SPAWNER_NOT_YET,
	SPAWNER_NOT_STARTED, /* *ret is errno */
	SPAWNER_ENDED,       /* *ret is as waitpid() tells it */
	SPAWNER_LOST,        /* the spawner itself has ended */
};

/* What a line has to say; does not wait. */
enum spawner_report spawner_report(int line, int *ret);

/* Sets e to say that the spawner has ended, and what to do.  Returns -1. */
int spawner_lost(struct err *e);

#endif
