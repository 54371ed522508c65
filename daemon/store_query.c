#include "query.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "store_db.h"

/* A statement.  While it is not in use it hangs in its bucket. */
struct query {
	struct query *next;
	struct store *store;
	sqlite3_stmt *stmt;
	const char *sql; /* the literal: the key of the cache */
};

#define BUCKETS 256 /* a power of two */

struct query_cache {
	struct query *buckets[BUCKETS];
};

struct query_cache *
query_cache_new(void)
{
	return mem_zalloc(sizeof(struct query_cache));
}

static void
query_free(struct query *q)
{
	sqlite3_finalize(q->stmt);
	free(q);
}

void
query_cache_free(struct query_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (c->buckets[i] != NULL) {
			struct query *q = c->buckets[i];

			c->buckets[i] = q->next;
			query_free(q);
		}
	free(c);
}

static struct query **
bucket(struct store *s, const char *sql)
{
	uint64_t h = (uint64_t)(uintptr_t)sql * 0x9e3779b97f4a7c15u;

	return &store_queries(s)->buckets[h >> 56];
}

/* Takes a statement that nobody uses out of the cache.  The text is compared
 * too: a caller's buffer may have held another query at that address. */
static struct query *
reuse(struct store *s, const char *sql)
{
	struct query **at = bucket(s, sql);

	while (*at != NULL) {
		struct query *q = *at;

		if (q->sql != sql) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		if (strcmp(sqlite3_sql(q->stmt), sql) == 0)
			return q;
		query_free(q);
	}
	return NULL;
}

int
query_open(struct store *s, struct query **ret, const char *sql, struct err *e)
{
	struct query *q = reuse(s, sql);

	if (q == NULL) {
		q = mem_zalloc(sizeof(*q));
		q->store = s;
		q->sql = sql;
		if (sqlite3_prepare_v3(store_db(s), sql, -1,
			SQLITE_PREPARE_PERSISTENT, &q->stmt,
			NULL) != SQLITE_OK) {
			free(q);
			return store_fail(s, e);
		}
	}
	*ret = q;
	return 0;
}

/* Bindings are borrowed, so none may be left behind. */
void
query_close(struct query *q)
{
	struct query **at;

	if (q == NULL)
		return;
	sqlite3_reset(q->stmt);
	sqlite3_clear_bindings(q->stmt);
	at = bucket(q->store, q->sql);
	q->next = *at;
	*at = q;
}

static int
check(struct query *q, int rc, struct err *e)
{
	return rc == SQLITE_OK ? 0 : store_fail(q->store, e);
}

int
query_bind_int(struct query *q, int i, int64_t n, struct err *e)
{
	return check(q, sqlite3_bind_int64(q->stmt, i, n), e);
}

int
query_bind_blob(struct query *q, int i, const void *p, size_t n, struct err *e)
{
	if (n == 0)
		return check(q, sqlite3_bind_zeroblob(q->stmt, i, 0), e);
	return check(
	    q, sqlite3_bind_blob64(q->stmt, i, p, n, SQLITE_STATIC), e);
}

int
query_bind_text(struct query *q, int i, const char *s, struct err *e)
{
	return check(q, sqlite3_bind_text(q->stmt, i, s, -1, SQLITE_STATIC), e);
}

int
query_bind_null(struct query *q, int i, struct err *e)
{
	return check(q, sqlite3_bind_null(q->stmt, i), e);
}

int
query_step(struct query *q, struct err *e)
{
	int rc = sqlite3_step(q->stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : store_fail(q->store, e);
}

int
query_run(struct query *q, struct err *e)
{
	int r;

	while ((r = query_step(q, e)) == 1)
		continue;
	sqlite3_reset(q->stmt);
	return r;
}

int64_t
query_int(struct query *q, int col)
{
	return sqlite3_column_int64(q->stmt, col);
}

const void *
query_blob(struct query *q, int col, size_t *ret_n)
{
	const void *p = sqlite3_column_blob(q->stmt, col);

	*ret_n = (size_t)sqlite3_column_bytes(q->stmt, col);
	return p;
}

const char *
query_text(struct query *q, int col)
{
	return (const char *)sqlite3_column_text(q->stmt, col);
}

int
query_is_null(struct query *q, int col)
{
	return sqlite3_column_type(q->stmt, col) == SQLITE_NULL;
}

static int
open_with(struct store *s, struct query **ret, const char *sql,
    const int64_t *numbers, int n, struct err *e)
{
	int rv = query_open(s, ret, sql, e);

	for (int i = 0; i < n && rv == 0; i++)
		rv = query_bind_int(*ret, i + 1, numbers[i], e);
	return rv;
}

int
query_do(struct store *s, const char *sql, const int64_t *numbers, int n,
    struct err *e)
{
	struct query *q = NULL;
	int rv = open_with(s, &q, sql, numbers, n, e);

	if (rv == 0)
		rv = query_run(q, e);
	query_close(q);
	return rv;
}

int
query_has(struct store *s, const char *sql, const int64_t *numbers, int n,
    bool *ret, struct err *e)
{
	struct query *q = NULL;
	int r = open_with(s, &q, sql, numbers, n, e);

	if (r == 0)
		r = query_step(q, e);
	*ret = r == 1;
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
query_list(struct store *s, const char *sql, const int64_t *numbers, int n,
    struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = open_with(s, &q, sql, numbers, n, e);

	if (r == 0)
		while ((r = query_step(q, e)) == 1) {
			int64_t number = query_int(q, 0);

			buf_add(ret, &number, sizeof(number));
		}
	query_close(q);
	return r;
}
