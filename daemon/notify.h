/*
 * notify: what a service manager and the daemon say to each other: sockets
 * handed over (sd_listen_fds(3)), states (sd_notify(3)), the watchdog.  Does
 * nothing where there is no manager.
 */
#ifndef MUFAKAT_NOTIFY_H
#define MUFAKAT_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Were we started by one? */
bool notify_is_managed(void);

/* The listening socket that was handed over, or -1. */
int notify_listen_fd(void);

/* "READY=1", "STOPPING=1", "WATCHDOG=1", ... */
void notify_send(const char *state);

/* How often the watchdog wants to be fed, with time to spare; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
