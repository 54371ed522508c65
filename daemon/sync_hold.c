#include "sync_hold.h"

#include <stdlib.h>

#include "common/mem.h"
#include "store.h"
#include "sync_export.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

/* A setting of a log at a remote, two numbers; 0 where there is none. */
static int
get(const struct hold *h, const char *what, int64_t ret[static 2],
    struct err *e)
{
	char *name =
		 mem_printf("%s.%lld.%s", what, (long long)h->remote, h->id),
	     *value = NULL, *rest;
	int rv = store_setting(h->store, name, &value, e);

	ret[0] = ret[1] = 0;
	if (rv == 0 && value != NULL) {
		ret[0] = strtoll(value, &rest, 10);
		ret[1] = strtoll(rest, NULL, 10);
	}
	free(name);
	free(value);
	return rv;
}

static int
set(const struct hold *h, const char *what, int64_t a, int64_t b, struct err *e)
{
	char *name =
	    mem_printf("%s.%lld.%s", what, (long long)h->remote, h->id);
	char *value = mem_printf("%lld %lld", (long long)a, (long long)b);
	int rv = store_set_setting(h->store, name, value, e);

	free(name);
	free(value);
	return rv;
}

int
hold_may_give_back(const struct hold *h, int64_t sent, bool *ret, struct err *e)
{
	int64_t then[2], hold[2];

	if (get(h, "back", then, e) == -1 || get(h, "hold", hold, e) == -1)
		return -1;
	/* a clock that was set back does not hold it up */
	*ret = then[0] == 0 || h->wall < then[0] || h->wall - then[0] >= DAY_MS;
	if (*ret)
		return set(h, "back", h->wall, 0, e) == -1
			   ? -1
			   : set(h, "hold", 0, 0, e);
	/* less of it may be left, where it is lost bit by bit */
	return set(
	    h, "hold", then[0] + DAY_MS, hold[1] > sent ? hold[1] : sent, e);
}

int
hold_look(const struct hold *h, struct held *ret, struct err *e)
{
	int64_t hold[2], all, old;

	*ret = (struct held){0};
	if (get(h, "hold", hold, e) == -1)
		return -1;
	if (hold[0] == 0)
		return 0;
	if (export_waiting(h->store, h->remote, h->log, &all, e) == -1 ||
	    export_waiting_of(h->store, h->remote, h->log, hold[1], &old, e) ==
		-1)
		return -1;
	if (all == 0)
		return set(h, "hold", 0, 0, e);
	if (all == old && h->wall < hold[0])
		*ret = (struct held){all, hold[0]};
	return 0;
}
