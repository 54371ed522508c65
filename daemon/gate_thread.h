/*
 * gate_thread: a thread that works for the one that runs the loop.
 */
#ifndef MUFAKAT_GATE_THREAD_H
#define MUFAKAT_GATE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* False if none can be had: then the caller does the work.  Signals are left
 * to the thread that runs the loop. */
bool gate_thread(pthread_t *ret, void *(*run)(void *), void *arg);

#endif
