/*
 * Any order, duplication and route of one set of changes gives one state.
 *
 *	sim_property [--seeds N] [--from SEED] [N]
 *
 * For each seed: a random world, carried in pieces of all kinds to three
 * fresh offices in different orders, one of which stops and starts again in
 * between.  They must agree on every line of the state and on every row that
 * is derived, also after all of it was rebuilt; and with naive.h.  What must
 * have occurred over many seeds is counted.
 */
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "common/fs.h"
#include "daemon/gate.h"
#include "daemon/query.h"
#include "daemon/store.h"
#include "naive.h"
#include "world.h"

#define OFFICES 3
#define BLOBS   256

static int64_t
fixed(void *arg)
{
	return *(int64_t *)arg;
}

struct sim {
	struct world w;
	struct buf blobs[BLOBS];
	size_t nblobs;
	char home[OFFICES][96];
	struct gate *g[OFFICES];
	struct clock clock;
	int64_t now;
	char why[512];
};

/* What the seeds had in them.  Over some tens of them each of these occurs,
 * or the test says nothing. */
enum seen {
	CONFLICTS,
	DELETIONS,
	FORKS,
	ERASED,
	MISSING,
	UNORDERED,
	DUPLICATES,
	HEALED,
	TORN,
	SIGNATURES,
	UNADMITTED,
	SEEN
};
#define SEEDS_MANY 50

static const char *const seen_words[SEEN] = {"conflicts", "deletions", "forks",
    "erased portions", "missing portions", "changes before their place",
    "duplicates", "healed portions", "torn or bad lines", "signatures",
    "changes of keys not admitted"};
static unsigned long long seen[SEEN];

static int
failed(struct sim *s, const char *what, const struct err *e)
{
	snprintf(s->why, sizeof(s->why), "%s: %s", what, e->msg);
	return -1;
}

/* --- what travels ----------------------------------------------------------------- */

static void
add_blob(struct sim *s, unsigned key, unsigned from, unsigned count, bool maim)
{
	if (s->nblobs == BLOBS)
		return;
	world_blob(&s->w, key, from, count, maim, &s->blobs[s->nblobs++]);
}

/* Every change travels whole at least once, well signed; besides, pieces of
 * all kinds. */
static void
make_blobs(struct sim *s)
{
	struct world *w = &s->w;
	unsigned pieces = chance_below(&w->chance, 30);

	for (unsigned k = 0; k < w->nkeys; k++)
		for (unsigned i = 0; i < w->n;) {
			unsigned n = 1 + chance_below(&w->chance, 40);

			add_blob(s, k, i, n, false);
			for (; i < w->n && n > 0; i++)
				n -= w->changes[i].key == k;
		}
	for (unsigned i = 0; i < pieces; i++)
		add_blob(s, chance_below(&w->chance, w->nkeys),
		    chance_below(&w->chance, w->n),
		    1 + chance_below(&w->chance, 20), true);
	for (unsigned i = 0; i < pieces / 4 && s->nblobs < BLOBS; i++) {
		const struct buf *from =
		    &s->blobs[chance_below(&w->chance, (unsigned)s->nblobs)];
		struct buf *b = &s->blobs[s->nblobs++];

		/* torn, or with a bad byte */
		buf_add(b, from->data, from->len);
		if (b->len == 0)
			continue;
		if (chance_in(&w->chance, 2))
			b->len = chance_below(&w->chance, (unsigned)b->len);
		else
			b->data[chance_below(&w->chance, (unsigned)b->len)] ^=
			    1;
	}
}

static void
shuffle(struct sim *s, size_t *order)
{
	for (size_t i = 0; i < s->nblobs; i++)
		order[i] = i;
	for (size_t i = s->nblobs; i > 1; i--) {
		size_t k = chance_below(&s->w.chance, (unsigned)i);
		size_t swap = order[i - 1];

		order[i - 1] = order[k];
		order[k] = swap;
	}
}

/* --- offices ---------------------------------------------------------------------- */

static int
start(struct sim *s, int i)
{
	struct err e = {0};

	if (gate_open(s->home[i], &s->clock, &s->g[i], &e) == -1)
		return failed(s, "open", &e);
	return 0;
}

static int
join(struct sim *s, int i)
{
	struct err e = {0};

	snprintf(s->home[i], sizeof(s->home[i]), "%s/mufakat-sim-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(s->home[i]) == NULL || start(s, i) == -1)
		return -1;
	if (gate_join(s->g[i], s->w.w, "Bystander", &e) == -1)
		return failed(s, "join", &e);
	return 0;
}

static int
idle(struct sim *s, int i)
{
	struct err e = {0};
	int r;

	do
		r = gate_idle(s->g[i], &e);
	while (r == 1);
	return r == -1 ? failed(s, "idle", &e) : 0;
}

static int
feed(struct sim *s, int i)
{
	size_t order[BLOBS];
	struct gate_taken t;
	struct err e = {0};

	shuffle(s, order);
	for (size_t k = 0; k < s->nblobs; k++) {
		const struct buf *b = &s->blobs[order[k]];

		if (gate_take(s->g[i], NULL, b->data, b->len, &t, &e) == -1)
			return failed(s, "take", &e);
		seen[UNORDERED] += t.waiting;
		seen[DUPLICATES] += t.known;
		seen[HEALED] += t.healed;
		seen[TORN] += t.bad;
		seen[UNADMITTED] += t.unadmitted;
		if (i == 1 && chance_in(&s->w.chance, 10)) {
			gate_close(s->g[i]);
			s->g[i] = NULL;
			if (start(s, i) == -1)
				return -1;
		}
		if (i == 2 && chance_in(&s->w.chance, 8) && idle(s, i) == -1)
			return -1;
	}
	return idle(s, i);
}

/* --- comparing -------------------------------------------------------------------- */

static const char *const tables[] = {
    /* what each field shows and holds */
    "SELECT r.id || ' ' || f.text || ' ' || hex(c.id) || ' ' || w.flags ||"
    " ' ' || coalesce(w.value, 'NULL') || ' ' || hex(w.over)"
    " FROM write w JOIN record r ON r.n = w.record"
    " JOIN name f ON f.n = w.field JOIN change c ON c.n = w.change"
    " ORDER BY 1",
    "SELECT r.id || ' ' || t.text || ' ' || o.text || ' ' || r.flags || ' ' ||"
    " coalesce(r.parent, '-') || ' ' || coalesce(r.hosts, '-')"
    " FROM record r JOIN name t ON t.n = r.type"
    " JOIN name o ON o.n = r.org ORDER BY 1",
    "SELECT id || ' ' || record || ' ' || coalesce(hex(hash), '-') || ' ' ||"
    " counts FROM version ORDER BY 1",
    "SELECT id || ' ' || record || ' ' || version || ' ' || flags || ' ' ||"
    " slot || ' ' || (message IS NULL) FROM signature ORDER BY 1",
    "SELECT hex(change) || ' ' || portion || ' ' || counts FROM erased"
    " ORDER BY 1",
    "SELECT o.record || ' ' || hex(c.id) FROM orphan o"
    " JOIN change c ON c.n = o.change ORDER BY 1",
    "SELECT hex(c.id) || ' ' || (c.flags & 1) FROM change c"
    " JOIN log l ON l.n = c.log WHERE l.key IN"
    " (SELECT key FROM log WHERE changes > 1) ORDER BY 1",
    "SELECT hex(c.id) FROM head h JOIN change c ON c.n = h.change"
    " JOIN log l ON l.n = h.log WHERE l.changes > 1 ORDER BY 1",
    NULL};

static int
dump(struct sim *s, int i, struct buf *b)
{
	struct err e = {0};
	struct query *q = NULL;
	int r = 0;

	if (gate_state_lines(s->g[i], b, &e) == -1)
		return failed(s, "state", &e);
	for (int k = 0; tables[k] != NULL && r == 0; k++) {
		buf_printf(b, "-- %d\n", k);
		r = query_open(gate_store(s->g[i]), &q, tables[k], &e);
		while (r != -1 && (r = query_step(q, &e)) == 1) {
			buf_adds(b, query_text(q, 0));
			buf_addc(b, '\n');
		}
		query_close(q);
		q = NULL;
	}
	return r == 0 ? 0 : failed(s, "dump", &e);
}

static int
count(struct sim *s, enum seen what, const char *sql)
{
	struct err e = {0};
	struct query *q = NULL;
	int r = query_open(gate_store(s->g[0]), &q, sql, &e);

	if (r == 0)
		r = query_step(q, &e);
	if (r == 1)
		seen[what] += (unsigned long long)query_int(q, 0);
	query_close(q);
	return r == -1 ? failed(s, "count", &e) : 0;
}

static int
count_all(struct sim *s)
{
	if (count(s, CONFLICTS,
		"SELECT count(*) FROM record WHERE flags & 2") == -1 ||
	    count(s, DELETIONS,
		"SELECT count(*) FROM record WHERE flags & 1") == -1 ||
	    count(s, FORKS,
		"SELECT count(*) FROM (SELECT 1 FROM head GROUP BY log"
		" HAVING count(*) > 1)") == -1 ||
	    count(s, ERASED, "SELECT count(*) FROM erased WHERE counts") ==
		-1 ||
	    count(s, MISSING, "SELECT count(*) FROM write WHERE flags & 8") ==
		-1 ||
	    count(s, SIGNATURES,
		"SELECT count(*) FROM signature WHERE flags & 4") == -1)
		return -1;
	return 0;
}

/* The lines of the state against those worked out the other way. */
static int
check_naive(struct sim *s, int i)
{
	struct buf lines = BUF_INIT;
	struct err e = {0};
	int rv = gate_state_lines(s->g[i], &lines, &e);

	if (rv == 0)
		rv = naive_check(&s->w, s->g[i], &lines, &e);
	buf_clear(&lines);
	return rv == -1 ? failed(s, "naive", &e) : 0;
}

/* The first line that differs. */
static int
compare(
    struct sim *s, const char *what, const struct buf *a, const struct buf *b)
{
	const char *p = buf_str(a), *q = buf_str(b);

	if (strcmp(p, q) == 0)
		return 0;
	for (;;) {
		size_t n = strcspn(p, "\n"), m = strcspn(q, "\n");

		if (n != m || memcmp(p, q, n) != 0) {
			snprintf(s->why, sizeof(s->why), "%s: '%.*s', '%.*s'",
			    what, n < 200 ? (int)n : 200, p,
			    m < 200 ? (int)m : 200, q);
			return -1;
		}
		p += n + 1;
		q += m + 1;
	}
}

static int
integrity(struct sim *s, int i)
{
	struct err e = {0};
	struct query *q = NULL;
	int rv = -1;

	if (query_open(gate_store(s->g[i]), &q, "PRAGMA integrity_check", &e) ==
		0 &&
	    query_step(q, &e) == 1) {
		snprintf(e.msg, sizeof(e.msg), "%.200s", query_text(q, 0));
		rv = strcmp(e.msg, "ok") == 0 ? 0 : -1;
	}
	query_close(q);
	return rv == -1 ? failed(s, "integrity", &e) : 0;
}

static int
check(struct sim *s)
{
	struct buf first = BUF_INIT, other = BUF_INIT;
	struct err e = {0};
	int rv = -1;

	if (dump(s, 0, &first) == -1 || check_naive(s, 0) == -1 ||
	    count_all(s) == -1)
		goto out;
	for (int i = 1; i < OFFICES; i++) {
		buf_reset(&other);
		if (dump(s, i, &other) == -1 ||
		    compare(s, "order", &first, &other) == -1)
			goto out;
	}
	for (int i = 0; i < OFFICES; i++) {
		buf_reset(&other);
		if (gate_rebuild(s->g[i], &e) == -1) {
			failed(s, "rebuild", &e);
			goto out;
		}
		if (dump(s, i, &other) == -1 ||
		    compare(s, "rebuild", &first, &other) == -1 ||
		    check_naive(s, i) == -1 || integrity(s, i) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&first);
	buf_clear(&other);
	return rv;
}

/* --- seeds ------------------------------------------------------------------------ */

static int
run_seed(uint64_t seed)
{
	struct sim *s = mem_zalloc(sizeof(*s));
	struct err e;
	int rv = 0;

	s->now = 1795000000000;
	s->clock = (struct clock){fixed, fixed, &s->now};
	world_init(&s->w, seed);
	make_blobs(s);
	for (int i = 0; i < OFFICES && rv == 0; i++)
		if (join(s, i) == -1 || feed(s, i) == -1)
			rv = -1;
	if (rv == 0)
		rv = check(s);
	if (rv == -1)
		printf("# seed %llu: %s\n", (unsigned long long)seed, s->why);
	for (int i = 0; i < OFFICES; i++) {
		gate_close(s->g[i]);
		if (s->home[i][0] != '\0' && getenv("SIM_KEEP") == NULL)
			fs_remove_tree(s->home[i], &e);
		else if (s->home[i][0] != '\0')
			printf("# kept %s\n", s->home[i]);
	}
	for (size_t i = 0; i < s->nblobs; i++)
		buf_clear(&s->blobs[i]);
	world_clear(&s->w);
	free(s);
	return rv;
}

/* Did all that the test is about occur? */
static unsigned long long
tell_seen(unsigned long long seeds)
{
	unsigned long long never = 0;

	for (int i = 0; i < SEEN; i++) {
		printf("# %llu %s\n", seen[i], seen_words[i]);
		never += seen[i] == 0;
	}
	return seeds >= SEEDS_MANY ? never : 0;
}

int
main(int argc, char **argv)
{
	unsigned long long seeds = 200, from = 1, bad = 0;
	const char *sanitized = getenv("MUFAKAT_SANITIZED");

	if (sanitized != NULL && strcmp(sanitized, "1") == 0)
		seeds = 60;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--from") == 0 && i + 1 < argc)
			from = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			seeds = strtoull(argv[++i], NULL, 10);
		else
			seeds = strtoull(argv[i], NULL, 10);
	crypto_setup();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned long long i = 0; i < seeds && bad < 10; i++)
		bad += run_seed(from + i) == -1;
	bad += tell_seen(seeds);
	printf("1..1\n%sok 1 - any order and route of one set of changes gives "
	       "one state (seeds %llu to %llu)\n",
	    bad > 0 ? "not " : "", from, from + seeds - 1);
	return bad > 0;
}
