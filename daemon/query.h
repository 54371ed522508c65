/*
 * query: prepared statements of the store, cached by their SQL text.
 * Implemented in store_query.c; only daemon/store*.c include <sqlite3.h>.
 *
 *	struct query *q = NULL;
 *	if (query_open(s, &q, "SELECT ...", e) == -1 ||
 *	    query_bind_int(q, 1, n, e) == -1)
 *		goto out;
 *	while ((r = query_step(q, e)) == 1)
 *		use(query_int(q, 0));
 * out:
 *	query_close(q);
 *
 * Parameters are numbered from 1, columns from 0, as in SQLite.  SQL is a
 * string literal: the cache compares pointers.
 */
#ifndef MUFAKAT_QUERY_H
#define MUFAKAT_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct store;
struct query;

int
query_open(struct store *s, struct query **ret, const char *sql, struct err *e);
int query_bind_int(struct query *q, int i, int64_t n, struct err *e);
int query_bind_blob(struct query *q, int i, const void *p, size_t n,
    struct err *e); /* borrowed until query_close() */
int query_bind_text(struct query *q, int i, const char *s, struct err *e);
int query_bind_null(struct query *q, int i, struct err *e);
int query_step(struct query *q, struct err *e); /* 1 row, 0 end, -1 */
int query_run(struct query *q, struct err *e);  /* to the end; resets */
int64_t query_int(struct query *q, int col);
const void *query_blob(struct query *q, int col, size_t *ret_n);
const char *query_text(struct query *q, int col); /* NULL for NULL */
int query_is_null(struct query *q, int col);
void query_close(struct query *q); /* back to the cache; NULL is fine */

/* A statement with numbers only, n of them, from opening to closing. */
int query_do(struct store *s, const char *sql, const int64_t *numbers, int n,
    struct err *e);
/* Does such a statement give any row? */
int query_has(struct store *s, const char *sql, const int64_t *numbers, int n,
    bool *ret, struct err *e);
/* The first column of all its rows, appended as int64_t. */
int query_list(struct store *s, const char *sql, const int64_t *numbers, int n,
    struct buf *ret, struct err *e);

#endif
