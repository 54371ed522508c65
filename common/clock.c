#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
system_wall(void *arg)
{
	(void)arg;
	return read_clock(CLOCK_REALTIME);
}

static int64_t
system_mono(void *arg)
{
	(void)arg;
	return read_clock(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_wall, system_mono, NULL};

int64_t
clock_wall(const struct clock *c)
{
	return c->wall_ms(c->arg);
}

int64_t
clock_mono(const struct clock *c)
{
	return c->mono_ms(c->arg);
}

char *
clock_iso(int64_t ms, char ret[static CLOCK_ISO_SIZE])
{
	time_t s = (time_t)(ms / 1000 - (ms % 1000 < 0)); /* floor */
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL ||
	    strftime(ret, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(ret, CLOCK_ISO_SIZE, "@%lld", (long long)ms);
	return ret;
}
