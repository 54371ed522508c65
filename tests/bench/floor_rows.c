/*
 * The floors of keeping records: SQLite alone, unsigned, with the durability
 * of the programs: rows; rows and a log of changes; those and a search index.
 *
 *	floor_rows rows|log|fts DATABASE RECORDS [LINES]
 *
 * Without LINES it writes the workload from memory ("write"); with it, it is
 * a fresh office: reads the changes from that file, writes them, and answers
 * a query for every record ("catchup").
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "bench.h"
#include "common/fs.h"
#include "workload.h"

#define FILE_MAX ((size_t)1024 * 1024 * 1024)

enum { INSERT, UPDATE_TEXT, UPDATE_STATE, LOG, SELECT, NSTATEMENTS };

struct floor {
	sqlite3 *db;
	sqlite3_stmt *q[NSTATEMENTS];
	bool has_log, has_search;
};

/* A change as it came: fields of its line. */
struct piece {
	const char *p;
	size_t len;
};

static const char schema[] =
    "PRAGMA journal_mode=wal;"
    "PRAGMA synchronous=full;"
    "CREATE TABLE record(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " title TEXT, text TEXT, section TEXT, state TEXT, number TEXT);"
    "CREATE TABLE change(n INTEGER PRIMARY KEY, line TEXT NOT NULL);";

static const char search[] =
    "CREATE VIRTUAL TABLE search USING fts5(title, text, content='record',"
    " content_rowid='n');";

static const char *const sql[NSTATEMENTS] = {
    "INSERT INTO record VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6)",
    "UPDATE record SET text = ?2 WHERE id = ?1",
    "UPDATE record SET state = ?2 WHERE id = ?1",
    "INSERT INTO change(line) VALUES(?1)",
    "SELECT title, text, section, state, number FROM record WHERE id = ?1"};

static void
run(struct floor *f, const char *text)
{
	char *message;

	if (sqlite3_exec(f->db, text, NULL, NULL, &message) != SQLITE_OK)
		DIE("%s: %s", text, message);
}

static void
open_floor(struct floor *f, const char *kind, const char *path)
{
	f->has_search = strcmp(kind, "fts") == 0;
	f->has_log = f->has_search || strcmp(kind, "log") == 0;
	if (sqlite3_open(path, &f->db) != SQLITE_OK)
		DIE("cannot open '%s'", path);
	run(f, schema);
	if (f->has_search)
		run(f, search);
	for (int i = 0; i < NSTATEMENTS; i++)
		if (sqlite3_prepare_v3(f->db, sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &f->q[i], NULL) != SQLITE_OK)
			DIE("%s: %s", sql[i], sqlite3_errmsg(f->db));
}

static void
close_floor(struct floor *f, const char *path)
{
	struct stat st;

	for (int i = 0; i < NSTATEMENTS; i++)
		sqlite3_finalize(f->q[i]);
	run(f, "PRAGMA wal_checkpoint(TRUNCATE)");
	if (sqlite3_close(f->db) != SQLITE_OK || stat(path, &st) == -1)
		DIE("cannot close '%s'", path);
	printf("bytes %lld\n", (long long)st.st_size);
}

/* --- writing --------------------------------------------------------------- */

static void
bind(sqlite3_stmt *q, int i, struct piece v)
{
	sqlite3_bind_text(q, i, v.p, (int)v.len, SQLITE_STATIC);
}

static void
step(struct floor *f, sqlite3_stmt *q)
{
	if (sqlite3_step(q) != SQLITE_DONE)
		DIE("%s", sqlite3_errmsg(f->db));
	sqlite3_reset(q);
}

/* What stands between "before" and the next quotation mark; the workload
 * has nothing that would be escaped. */
static struct piece
find(const char **at, const char *before)
{
	const char *p = strstr(*at, before), *end;

	if (p == NULL || (end = strchr(p += strlen(before), '"')) == NULL)
		DIE("a line lacks %s", before);
	*at = end;
	return (struct piece){p, (size_t)(end - p)};
}

static void
write_new(struct floor *f, const char *at)
{
	static const char *const names[] = {"\"record\":\"", "\"title\":\"",
	    "\"text\":\"", "\"section\":\"", "\"state\":\"", "\"number\":\""};

	for (int i = 0; i < 6; i++)
		bind(f->q[INSERT], i + 1, find(&at, names[i]));
	step(f, f->q[INSERT]);
}

static void
write_set(struct floor *f, const char *at, int which, const char *name)
{
	bind(f->q[which], 1, find(&at, "\"record\":\""));
	bind(f->q[which], 2, find(&at, name));
	step(f, f->q[which]);
}

/* "len" with the LF. */
static void
write_line(
    struct floor *f, enum workload_kind kind, const char *line, size_t len)
{
	if (kind == WORKLOAD_NEW)
		write_new(f, line);
	else if (kind == WORKLOAD_TEXT)
		write_set(f, line, UPDATE_TEXT, "\"text\":\"");
	else
		write_set(f, line, UPDATE_STATE, "\"state\":\"");
	if (!f->has_log)
		return;
	bind(f->q[LOG], 1, (struct piece){line, len - 1});
	step(f, f->q[LOG]);
}

static void
write_all(struct floor *f, size_t n, const char *lines)
{
	const char *at = lines;

	for (size_t k = 0; k < workload_steps(n); k++) {
		const char *end = strchr(at, '\n');

		if (end == NULL)
			DIE("the file has too few lines");
		if (k % WORKLOAD_BATCH == 0)
			run(f, "BEGIN IMMEDIATE");
		write_line(
		    f, workload_step(n, k).kind, at, (size_t)(end + 1 - at));
		if ((k + 1) % WORKLOAD_BATCH == 0 || k + 1 == workload_steps(n))
			run(f, "COMMIT");
		at = end + 1;
	}
	if (f->has_search)
		run(f, "INSERT INTO search(search) VALUES('rebuild')");
}

/* --- answering --------------------------------------------------------------- */

static void
query_all(struct floor *f, size_t n, const struct workload_record *r)
{
	for (size_t i = 0; i < n; i++) {
		sqlite3_stmt *q = f->q[SELECT];

		bind(q, 1, (struct piece){r[i].id, strlen(r[i].id)});
		if (sqlite3_step(q) != SQLITE_ROW)
			DIE("record %zu is not there", i);
		for (int c = 0; c < 5; c++)
			if (sqlite3_column_text(q, c) == NULL)
				DIE("record %zu lacks a field", i);
		sqlite3_reset(q);
	}
}

int
main(int argc, char **argv)
{
	struct floor f = {0};
	struct workload_record *r;
	struct buf lines = BUF_INIT;
	struct err e;
	double begin;
	size_t n;

	if (argc != 4 && argc != 5)
		DIE("usage: floor_rows rows|log|fts DATABASE RECORDS [LINES]");
	n = bench_number(argv[3]);
	r = workload_records(n);
	for (size_t k = 0; argc == 4 && k < workload_steps(n); k++)
		workload_json(r, n, k, &lines);
	begin = bench_now();
	open_floor(&f, argv[1], argv[2]);
	if (argc == 5 && fs_read(argv[4], FILE_MAX, &lines, &e) == -1)
		DIE("%s", e.msg);
	write_all(&f, n, buf_str(&lines));
	if (argc == 5)
		query_all(&f, n, r);
	printf(
	    "%s %.6f\n", argc == 5 ? "catchup" : "write", bench_now() - begin);
	close_floor(&f, argv[2]);
	buf_clear(&lines);
	free(r);
	return 0;
}
