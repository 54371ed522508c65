/*
 * network: the daemon gives it up.  What it parses was written by others,
 * and what it holds is theirs only if it decides so: nothing that takes it
 * over can call somebody from inside.
 */
#ifndef MUFAKAT_NETWORK_H
#define MUFAKAT_NETWORK_H

#include <stdbool.h>

#include "common/err.h"

/* For good, for this process and every thread to come: no socket but of
 * AF_UNIX, no io_uring (which opens sockets past every rule), no program
 * started (but under sanitizers, which start one to say what is wrong).
 * *ret_done is false on a kernel that has no seccomp. */
int network_give_up(bool *ret_done, struct err *e);

#endif
