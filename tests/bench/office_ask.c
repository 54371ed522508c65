/*
 * Measures a daemon through its socket.
 *
 *	office_ask HOME make CHANGES		single changes, requests sent ahead
 *	office_ask HOME edit CHANGES FROM	texts of records from FROM on
 *	office_ask HOME catchup RECORDS LAST PID
 *
 * catchup starts a round and waits until the daemon (process PID) shows the
 * newest change (of record LAST), lists every record, has finished the round
 * and its search index.
 */
#include <sqlite3.h>
#include <string.h>

#include "bench.h"
#include "common/fs.h"
#include "common/ident.h"
#include "office.h"
#include "process.h"
#include "workload.h"

#define AHEAD      64 /* requests without a reply */
#define PAGE       1000
#define LOOK_MS    2
#define GIVE_UP    600.0 /* seconds */
#define INDEX_LOOK 20

/* --- single changes ----------------------------------------------------------- */

static json_t *
new_request(size_t i)
{
	struct workload_record r;

	workload_record(i, &r);
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}", "do", "new",
	    "type", "recommendation", "fields", "title", r.title, "text",
	    r.text, "section", r.section, "state", r.state, "order", r.number);
}

static void
make(struct office_line *o, size_t n)
{
	double begin = bench_now();

	for (size_t sent = 0, got = 0; got < n; got++) {
		json_t *j;

		while (sent < n && sent - got < AHEAD)
			office_send(o, new_request(sent++));
		j = office_reply(o, -1);
		if (!office_ok(j))
			DIE("refused: %s", json_dumps(j, 0));
		json_decref(j);
	}
	printf("made %.6f\n", bench_now() - begin);
}

static void
edit(struct office_line *o, size_t n, size_t from)
{
	json_t *page =
	    office_ask(o, json_pack("{s:s, s:s, s:I}", "do", "list", "type",
			      "recommendation", "limit", (json_int_t)n));
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(page, "list"), i, row) {
		const char *id = json_string_value(json_object_get(row, "id"));
		struct workload_record r;

		workload_record(from + i, &r);
		json_decref(office_ask(
		    o, json_pack("{s:s, s:s, s:{s:s}}", "do", "edit", "record",
			   id, "fields", "text", r.text_later)));
	}
	if (i != n)
		DIE("there are %zu records only", i);
	json_decref(page);
}

/* --- catching up -------------------------------------------------------------- */

struct catchup {
	struct office_line round, look;
	const char *home, *last;
	const char *state; /* of "last", in the end */
	struct process daemon;
	double begin;
	json_t *proven; /* the reply to the round */
};

/* What happens meanwhile: the round may end, a transfer may grow. */
static void
watch(struct catchup *c)
{
	process_watch(&c->daemon);
	if (c->proven == NULL) {
		c->proven = office_reply(&c->round, 0);
		if (c->proven == NULL)
			return;
		printf("proven %.6f\n", bench_now() - c->begin);
		if (!office_ok(c->proven))
			DIE("the round failed: %s", json_dumps(c->proven, 0));
	}
}

static void
pause_for(struct catchup *c, int ms)
{
	struct timespec ts = {0, ms * 1000000L};

	nanosleep(&ts, NULL);
	watch(c);
	if (bench_now() - c->begin > GIVE_UP)
		DIE("gave up after %.0f s", GIVE_UP);
}

/* Does it show the newest change? */
static bool
shows_last(struct catchup *c)
{
	const char *state;
	bool is_there;
	json_t *j;

	office_send(
	    &c->look, json_pack("{s:s, s:s}", "do", "show", "record", c->last));
	while ((j = office_reply(&c->look, LOOK_MS)) == NULL)
		watch(c);
	state = json_string_value(json_object_get(
	    json_object_get(json_object_get(j, "record"), "values"), "state"));
	is_there = state != NULL && strcmp(state, c->state) == 0;
	json_decref(j);
	return is_there;
}

static void
ask_page(struct catchup *c, const char *after)
{
	office_send(
	    &c->look, json_pack("{s:s, s:s, s:s, s:i}", "do", "list", "type",
			  "recommendation", "after", after, "limit", PAGE));
}

/* Where the page at hand goes on, read off the end of its line; "" if it is
 * the last. */
static void
next_of(const char *line, size_t n, char ret[static ID_SIZE])
{
	static const char key[] = "\"next\":\"";
	const size_t tail = sizeof(key) - 1 + ID_CHARS + 2;

	ret[0] = '\0';
	if (n < tail || memcmp(line + n - tail, key, sizeof(key) - 1) != 0)
		return;
	memcpy(ret, line + n - 2 - ID_CHARS, ID_CHARS);
	ret[ID_CHARS] = '\0';
}

/* Every record with its values.  As anybody in a hurry would, it asks for a
 * page before it reads the one before. */
static void
list_all(struct catchup *c, size_t n)
{
	char next[ID_SIZE];
	size_t found = 0;

	ask_page(c, "");
	do {
		size_t length = office_wait(&c->look);
		json_t *j;

		next_of(c->look.in.data, length, next);
		if (next[0] != '\0')
			ask_page(c, next);
		j = office_reply(&c->look, -1);
		if (!office_ok(j))
			DIE("refused: %s", json_dumps(j, 0));
		found += json_array_size(json_object_get(j, "list"));
		json_decref(j);
		watch(c);
	} while (next[0] != '\0');
	if (found != n)
		DIE("%zu records are listed, not %zu", found, n);
}

/* From outside, as a question would make the background work wait. */
static int
unindexed(sqlite3_stmt *q)
{
	int n = -1;

	if (sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int(q, 0);
	sqlite3_reset(q);
	return n;
}

static void
wait_index(struct catchup *c)
{
	char *path = fs_join(c->home, "mufakat.db");
	sqlite3_stmt *q;
	sqlite3 *db;
	json_t *j;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
		SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT EXISTS(SELECT 1 FROM unindexed)", -1,
		&q, NULL) != SQLITE_OK)
		DIE("cannot look into '%s'", path);
	while (unindexed(q) != 0)
		pause_for(c, INDEX_LOOK);
	printf("indexed %.6f\n", bench_now() - c->begin);
	sqlite3_finalize(q);
	sqlite3_close(db);
	free(path);
	j = office_ask(&c->look,
	    json_pack("{s:s, s:s}", "do", "search", "words", "workers"));
	if (json_array_size(json_object_get(j, "list")) == 0 ||
	    json_integer_value(json_object_get(j, "index_behind")) != 0)
		DIE("the search index is not complete after all");
	json_decref(j);
}

static void
catch_up(struct catchup *c, size_t n)
{
	struct workload_record r;

	workload_record(workload_step(n, workload_steps(n) - 1).record, &r);
	c->state = r.state_later;
	office_connect(&c->look, c->home);
	office_connect(&c->round, c->home);
	c->begin = bench_now();
	office_send(&c->round, json_pack("{s:s}", "do", "sync"));
	while (!shows_last(c))
		pause_for(c, LOOK_MS);
	printf("taken %.6f\n", bench_now() - c->begin);
	list_all(c, n);
	printf("catchup %.6f\n", bench_now() - c->begin);
	while (c->proven == NULL)
		pause_for(c, LOOK_MS);
	wait_index(c);
	process_watch(&c->daemon);
	printf("daemon_peak %ld\n", c->daemon.peak_kb);
	printf("transfer_peak %ld\n", c->daemon.transfer_peak_kb);
	json_decref(c->proven);
	office_close(&c->look);
	office_close(&c->round);
}

int
main(int argc, char **argv)
{
	struct office_line o;
	struct catchup c = {0};

	if (argc == 6 && strcmp(argv[2], "catchup") == 0) {
		c.home = argv[1];
		c.last = argv[4];
		c.daemon.pid = (int)bench_number(argv[5]);
		catch_up(&c, bench_number(argv[3]));
		return 0;
	}
	if (argc < 4)
		DIE("usage: office_ask HOME make|edit|catchup ...");
	office_connect(&o, argv[1]);
	if (strcmp(argv[2], "make") == 0)
		make(&o, bench_number(argv[3]));
	else if (argc == 5)
		edit(&o, bench_number(argv[3]), bench_number(argv[4]));
	office_close(&o);
	return 0;
}
