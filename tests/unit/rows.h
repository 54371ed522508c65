/*
 * rows: a database made by hand, for tests of what reads it: a folder of its
 * own, and derived rows put there without any change behind them.
 */
#ifndef MUFAKAT_TEST_ROWS_H
#define MUFAKAT_TEST_ROWS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fs.h"
#include "common/ident.h"
#include "common/mem.h"
#include "daemon/query.h"
#include "daemon/store.h"

#define ROWS_UNUSED __attribute__((unused))

struct rows {
	char dir[64];
	struct store *s;
};

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) == -1)                                              \
			fail_msg("%s: %s", #call, e.msg);                      \
	} while (0)

static ROWS_UNUSED void
rows_open(struct rows *r)
{
	struct err e = {0};

	snprintf(r->dir, sizeof(r->dir), "/tmp/mufakat-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	OK(store_open(r->dir, &r->s, &e));
}

static ROWS_UNUSED void
rows_close(struct rows *r)
{
	struct err e = {0};

	store_close(r->s);
	OK(fs_remove_tree(r->dir, &e));
}

/* Runs a statement with up to two numbers and two texts, in that order. */
static ROWS_UNUSED void
rows_run(struct rows *r, const char *sql, int64_t a, int64_t b, const char *x,
    const char *y)
{
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(r->s, &q, sql, &e));
	OK(query_bind_int(q, 1, a, &e));
	if (strstr(sql, "?2") != NULL)
		OK(query_bind_int(q, 2, b, &e));
	if (strstr(sql, "?3") != NULL)
		OK(x != NULL ? query_bind_text(q, 3, x, &e)
			     : query_bind_null(q, 3, &e));
	if (strstr(sql, "?4") != NULL)
		OK(y != NULL ? query_bind_text(q, 4, y, &e)
			     : query_bind_null(q, 4, &e));
	OK(query_run(q, &e));
	query_close(q);
}

static ROWS_UNUSED int64_t
rows_int(struct rows *r, const char *sql)
{
	struct query *q = NULL;
	struct err e = {0};
	int64_t n;

	OK(query_open(r->s, &q, sql, &e));
	assert_int_equal(query_step(q, &e), 1);
	n = query_int(q, 0);
	query_close(q);
	return n;
}

static ROWS_UNUSED int64_t
rows_name(struct rows *r, const char *text)
{
	struct query *q = NULL;
	struct err e = {0};
	int64_t n;

	rows_run(r,
	    "INSERT OR IGNORE INTO name(text)"
	    " SELECT ?3 WHERE ?1 = ?2",
	    1, 1, text, NULL);
	OK(query_open(r->s, &q, "SELECT n FROM name WHERE text = ?1", &e));
	OK(query_bind_text(q, 1, text, &e));
	assert_int_equal(query_step(q, &e), 1);
	n = query_int(q, 0);
	query_close(q);
	return n;
}

#define ROWS_ORG "bbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A record with this number and id ("id" is filled up with 'a'). */
static ROWS_UNUSED void
rows_record(struct rows *r, int64_t n, const char *id, const char *type)
{
	char full[ID_SIZE];

	memset(full, 'a', ID_CHARS);
	full[ID_CHARS] = '\0';
	memcpy(full, id, strlen(id));
	rows_name(r, ROWS_ORG);
	rows_run(r,
	    "INSERT INTO record(n, id, type, org, change, flags)"
	    " SELECT ?1, ?3, ?2, n, ?1, 0 FROM name WHERE text = '" ROWS_ORG
	    "'",
	    n, rows_name(r, type), full, NULL);
}

/* A write with flags 7 (counts, live, shown) in place of any other. */
static ROWS_UNUSED void
rows_show(struct rows *r, int64_t record, const char *field, const char *value)
{
	int64_t f = rows_name(r, field);

	rows_run(r, "DELETE FROM write WHERE record = ?1 AND field = ?2",
	    record, f, NULL, NULL);
	rows_run(r,
	    "INSERT INTO write(record, field, change, flags, value)"
	    " VALUES(?1, ?2, ?1, 7, ?3)",
	    record, f, value, NULL);
}

/* A log with this number; its key is the number, over and over. */
static ROWS_UNUSED void
rows_log(struct rows *r, int64_t n)
{
	uint8_t key[KEY_LEN];
	struct query *q = NULL;
	struct err e = {0};

	memset(key, (int)n, sizeof(key));
	OK(query_open(r->s, &q, "INSERT INTO log(n, key) VALUES(?1, ?2)", &e));
	OK(query_bind_int(q, 1, n, &e));
	OK(query_bind_blob(q, 2, key, sizeof(key), &e));
	OK(query_run(q, &e));
	query_close(q);
}

/* A change without a line; its id is its number, over and over. */
static ROWS_UNUSED void
rows_change(struct rows *r, int64_t n, int64_t log, int64_t t, int64_t flags)
{
	uint8_t id[HASH_LEN];
	struct query *q = NULL;
	struct err e = {0};

	memset(id, (int)n, sizeof(id));
	OK(query_open(r->s, &q,
	    "INSERT INTO change(n, id, log, batch, start, len, prev, flags, t)"
	    " VALUES(?1, ?2, ?3, 0, 0, 0, 0, ?4, ?5)",
	    &e));
	OK(query_bind_int(q, 1, n, &e));
	OK(query_bind_blob(q, 2, id, sizeof(id), &e));
	OK(query_bind_int(q, 3, log, &e));
	OK(query_bind_int(q, 4, flags, &e));
	OK(query_bind_int(q, 5, t, &e));
	OK(query_run(q, &e));
	query_close(q);
	rows_run(r,
	    "UPDATE log SET last = ?1, changes = changes + 1 WHERE n = ?2", n,
	    log, NULL, NULL);
}

#endif
