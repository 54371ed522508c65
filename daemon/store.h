/*
 * store: the SQLite database of one office (WAL, synchronous=FULL).
 *
 * It holds the log (every change of every key, as segments, compressed) and
 * what is derived from it: records, writes, versions, signatures, search
 * index.  Derived tables are a pure function of the log and can be rebuilt.
 * schema.sql is commented.
 */
#ifndef MUFAKAT_STORE_H
#define MUFAKAT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct store;

/* Opens or makes <home>/mufakat.db; quick check, schema version, hostile
 * schema objects refused (hostile input 53).  ERR_CORRUPT says how to
 * rescue. */
int store_open(const char *home, struct store **ret, struct err *e);
void store_close(struct store *s);

/* Transactions do not nest.  Commit returns only after the data is on disk.
 * After a failed commit the transaction is rolled back. */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);
int64_t store_last_id(struct store *s);

/* Small settings by name, as text.  Missing: *ret NULL.  Caller frees. */
int store_setting(struct store *s, const char *name, char **ret, struct err *e);
int store_set_setting(
    struct store *s, const char *name, const char *value, struct err *e);

/* A consistent copy of the whole database into a new file. */
int store_backup(struct store *s, const char *path, struct err *e);

#endif
