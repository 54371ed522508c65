#include "rescue.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "gate.h"
#include "home.h"
#include "store.h"
#include "store_salvage.h"

/* A database that knows its coalition, for a gate to open. */
static int
prepare(struct salvage *x, const char *dir, struct err *e)
{
	struct store *s;
	int rv;

	if (store_open(dir, &s, e) == -1)
		return -1;
	rv = salvage_settings(x, s, e);
	store_close(s);
	return rv;
}

static int
take(struct salvage *x, struct gate *g, struct rescued *ret, struct err *e)
{
	struct gate_taken taken = {0};
	struct buf blob = BUF_INIT;
	int r;

	while ((r = salvage_next(x, &blob, e)) == 1) {
		if (gate_take(g, NULL, blob.data, blob.len, &taken, e) == -1) {
			r = -1;
			break;
		}
		buf_reset(&blob);
	}
	buf_clear(&blob);
	/* what reads, but as something else than its id says, was no use */
	ret->changes = (int64_t)taken.added;
	ret->lost = salvage_lost(x) + (int64_t)taken.bad;
	return r;
}

static int
refill(struct salvage *x, const char *dir, const struct clock *clock,
    struct rescued *ret, struct err *e)
{
	struct gate *g;
	int rv = -1;

	if (prepare(x, dir, e) == -1 || gate_open(dir, clock, &g, e) == -1)
		return -1;
	if (take(x, g, ret, e) == 0)
		rv = salvage_heard(x, gate_store(g), e);
	gate_close(g);
	return rv;
}

int
rescue_run(const char *home, const struct clock *clock, struct rescued *ret,
    struct err *e)
{
	char *dir = fs_join(home, "rebuild.new");
	struct salvage *x = NULL;
	struct rescued r = {0};
	struct err ignored;
	int rv = -1;

	if (fs_remove_tree(dir, e) == -1)
		goto out;
	if (mkdir(dir, 0700) == -1) {
		err_sys(e, _("cannot make folder '%s'"), dir);
		goto out;
	}
	if (salvage_open(home, &x, e) == -1 ||
	    refill(x, dir, clock, &r, e) == -1)
		goto out;
	salvage_close(x);
	x = NULL;
	if (home_put_database(home, dir, clock_wall(clock), &r.before, e) == -1)
		goto out;
	*ret = r;
	rv = 0;
out:
	salvage_close(x);
	fs_remove_tree(dir, &ignored);
	free(dir);
	return rv;
}
