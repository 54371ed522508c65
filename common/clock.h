/*
 * clock: where time comes from.  No rule and no pure module reads a clock;
 * whoever needs time is given one of these, so that tests and the simulator
 * can drive it.
 */
#ifndef MUFAKAT_CLOCK_H
#define MUFAKAT_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t (*wall_ms)(void *arg); /* ms since 1970, may jump */
	int64_t (*mono_ms)(void *arg); /* ms since some start, never back */
	void *arg;
};

extern const struct clock clock_system;

int64_t clock_wall(const struct clock *c);
int64_t clock_mono(const struct clock *c);

/* "2007-05-12T09:30:00Z" of ms since 1970; any value, never fails. */
#define CLOCK_ISO_SIZE 32
char *clock_iso(int64_t ms, char ret[static CLOCK_ISO_SIZE]);

#endif
