/*
 * loop: the daemon at work: opens the office, serves until it is told to
 * stop, closes everything.
 */
#ifndef MUFAKAT_LOOP_H
#define MUFAKAT_LOOP_H

#include "common/err.h"

struct spawner;

struct loop_start {
	const char *home;
	int listen_fd; /* handed over by a service manager, or -1 */
	/* The socket accepts now. */
	void (*ready)(void *arg);
	void *arg;
	const struct spawner *spawner;
};

/* Returns after a clean stop, or -1 if it could not begin, or stopped because
 * the spawner has ended.  SIGTERM and SIGINT stop it, SIGHUP reads the
 * configuration again. */
int loop_run(const struct loop_start *start, struct err *e);

#endif
