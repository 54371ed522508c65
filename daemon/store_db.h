/*
 * store_db: what the files behind the store share: the connection, and how
 * its errors become ours.  Private to daemon/store*.c and gate*.c.
 */
#ifndef MUFAKAT_STORE_DB_H
#define MUFAKAT_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct query_cache;
struct sqlite3;
struct store;
struct store_log;

#define STORE_APPLICATION 0x4d756661 /* "Mufa" */
#define STORE_SCHEMA      2          /* user_version */

struct sqlite3 *store_db(struct store *s);

/* Fills e from the connection's last error; returns -1. */
int store_fail(struct store *s, struct err *e);

/* Runs SQL that gives no rows, not cached. */
int store_exec(struct store *s, const char *sql, struct err *e);
/* The one number that a query gives; 0 if it gives no row. */
int store_number(struct store *s, const char *sql, int64_t *ret, struct err *e);

/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t store_changed(struct store *s);

/* More page cache while much is taken in, little at rest.  "false", once there
 * is nothing left to do, gives the memory back to the system. */
void store_hurry(struct store *s, bool on);
bool store_hurries(const struct store *s);
/* Bytes were erased: empties the write-ahead log, which holds what pages were
 * before.  Outside of a transaction. */
int store_scrub(struct store *s, struct err *e);

/* The statements kept for query_open(), and what store_log.c keeps. */
struct query_cache *store_queries(struct store *s);
struct store_log *store_log(struct store *s);

struct query_cache *query_cache_new(void);
/* Finalises every statement; none may be in use. */
void query_cache_free(struct query_cache *c);

/* Compares the schema of an open database with ours (store_check.c):
 * nothing may be missing and nothing else be there. */
int store_check_schema(struct store *s, struct err *e);
int store_check_pages(struct store *s, struct err *e);

/* The schema, as SQL. */
const char *store_schema(void);
/* A database in memory with nothing but the schema. */
int store_open_pattern(struct store **ret, struct err *e);
/* Opens the file "path", made if missing, without any check. */
int store_open_file(const char *path, struct store **ret, struct err *e);

#endif
