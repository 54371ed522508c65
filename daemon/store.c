#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "query.h"
#include "store_db.h"
#include "store_log.h"
#include "store_search.h"

#define FILE_NAME "mufakat.db"
/* A database up to this size is checked at every start, a larger one only
 * after it was not closed cleanly: about 60 ms. */
#define CHECK_ALWAYS ((off_t)32 * 1024 * 1024)

struct store {
	sqlite3 *db;
	struct query_cache *queries;
	struct store_log *log;
	bool hurries;
};

static const char schema[] =
#include "schema.sql.h"
    ;

const char *
store_schema(void)
{
	return schema;
}

struct sqlite3 *
store_db(struct store *s)
{
	return s->db;
}

struct query_cache *
store_queries(struct store *s)
{
	return s->queries;
}

struct store_log *
store_log(struct store *s)
{
	return s->log;
}

/* --- errors ---------------------------------------------------------------- */

static int
fail_code(int rc, const char *msg, struct err *e)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_CORRUPT,
		    _("the database is damaged (%s): stop and run 'mufakatd "
		      "--rebuild', which saves what can be read"),
		    msg);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_CONFLICT,
		    _("another program uses the database: end it and try "
		      "again"));
	case SQLITE_FULL:
		return err_set(e, ERR_SYSTEM,
		    _("the disk is full: nothing was saved; free some space "
		      "and try again"));
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return err_set(e, ERR_SYSTEM,
		    _("cannot write to the database (%s): nothing was saved; "
		      "check owner and permissions of the home"),
		    msg);
	case SQLITE_NOMEM:
		mem_exhausted();
	default:
		return err_set(e, ERR_SYSTEM,
		    _("the database failed (%s): nothing was saved"), msg);
	}
}

static bool
is_file_size_limited(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_FSIZE, &l) == 0 && l.rlim_cur != RLIM_INFINITY;
}

int
store_fail(struct store *s, struct err *e)
{
	int rc = sqlite3_extended_errcode(s->db);

	if ((rc & 0xff) == SQLITE_IOERR && is_file_size_limited())
		return err_set(e, ERR_SYSTEM,
		    _("the database failed (%s): nothing was saved; its files "
		      "may not grow beyond a limit, which 'ulimit -f "
		      "unlimited' "
		      "lifts"),
		    sqlite3_errmsg(s->db));
	return fail_code(rc, sqlite3_errmsg(s->db), e);
}

int
store_exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : store_fail(s, e);
}

int
store_number(struct store *s, const char *sql, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, sql, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int64_t
store_changed(struct store *s)
{
	return sqlite3_changes64(s->db);
}

int64_t
store_last_id(struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

/* --- opening --------------------------------------------------------------- */

/* Refuses what could lead us elsewhere: a link, a device, another's file. */
static int
check_file(const char *path, struct err *e)
{
	int fd = open(
	    path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;
	int rv = -1;

	if (fd == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	if (fstat(fd, &st) == -1)
		err_sys(e, _("cannot look at '%s'"), path);
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		 st.st_nlink != 1)
		err_set(e, ERR_INPUT,
		    _("'%s' is not a plain file of this user: move it away"),
		    path);
	else if ((st.st_mode & 077) != 0 && fchmod(fd, 0600) == -1)
		err_sys(e, _("cannot make '%s' private"), path);
	else
		rv = 0;
	close(fd);
	return rv;
}

static int
configure(struct store *s, struct err *e)
{
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_busy_timeout(s->db, 5000);
	return store_exec(s,
	    "PRAGMA cell_size_check=on;"
	    "PRAGMA foreign_keys=off;"
	    "PRAGMA mmap_size=0;"
	    "PRAGMA temp_store=memory;"
	    "PRAGMA secure_delete=on;"
	    "PRAGMA cache_size=-2000;"
	    "PRAGMA journal_size_limit=4194304;"
	    "PRAGMA synchronous=full",
	    e);
}

static struct store *
store_new(sqlite3 *db)
{
	struct store *s = mem_zalloc(sizeof(*s));

	s->db = db;
	s->queries = query_cache_new();
	s->log = store_log_new();
	return s;
}

int
store_open_file(const char *path, struct store **ret, struct err *e)
{
	struct store *s;
	sqlite3 *db = NULL;
	int rc;

	/* nobody asks, and each allocation would take a lock; refused, and
	 * no harm, once the library is in use */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	rc = sqlite3_open_v2(path, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL);

	if (rc != SQLITE_OK) {
		fail_code(rc, sqlite3_errstr(rc), e);
		sqlite3_close(db);
		return -1;
	}
	sqlite3_extended_result_codes(db, 1);
	s = store_new(db);
	if (configure(s, e) == -1 || store_search_setup(s, e) == -1) {
		store_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

int
store_open_pattern(struct store **ret, struct err *e)
{
	struct store *s;

	if (store_open_file(":memory:", &s, e) == -1)
		return -1;
	if (store_exec(s, schema, e) == -1) {
		store_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

static int
make_schema(struct store *s, struct err *e)
{
	char *marks =
	    mem_printf("PRAGMA application_id=%d; PRAGMA user_version=%d",
		STORE_APPLICATION, STORE_SCHEMA);
	int rv = -1;

	if (store_exec(s, "BEGIN IMMEDIATE", e) == -1)
		goto out;
	if (store_exec(s, schema, e) == -1 || store_exec(s, marks, e) == -1 ||
	    store_exec(s, "COMMIT", e) == -1) {
		store_rollback(s);
		goto out;
	}
	rv = 0;
out:
	free(marks);
	return rv;
}

/* A new file has no tables and no marks. */
static int
check_marks(struct store *s, bool *ret_is_new, struct err *e)
{
	int64_t app = 0, version = 0, objects = 0;

	if (store_number(s, "PRAGMA application_id", &app, e) == -1 ||
	    store_number(s, "PRAGMA user_version", &version, e) == -1 ||
	    store_number(
		s, "SELECT count(*) FROM sqlite_schema", &objects, e) == -1)
		return -1;
	*ret_is_new = app == 0 && version == 0 && objects == 0;
	if (*ret_is_new)
		return 0;
	if (app != STORE_APPLICATION)
		return err_set(e, ERR_CORRUPT,
		    _("'%s' is no database of mufakat: move it away"),
		    FILE_NAME);
	if (version > STORE_SCHEMA)
		return err_set(e, ERR_INPUT,
		    _("the database was made by a newer mufakatd (%lld): use "
		      "that one"),
		    (long long)version);
	if (version > 0 && version < STORE_SCHEMA)
		return err_set(e, ERR_CORRUPT,
		    _("the database was made by an older mufakatd (%lld): run "
		      "'mufakatd --rebuild', which takes over all it holds"),
		    (long long)version);
	if (version != STORE_SCHEMA)
		return err_set(e, ERR_CORRUPT,
		    _("the database has an unknown version (%lld): stop and "
		      "run 'mufakatd --rebuild', which saves what can be read"),
		    (long long)version);
	return 0;
}

/* The WAL goes when the last connection closes: one with something in it
 * was left by a process that was killed, or by a power cut. */
static bool
needs_check(const char *path)
{
	char *wal = mem_printf("%s-wal", path);
	struct stat st, db;
	bool was_killed = lstat(wal, &st) == 0 && st.st_size > 0;

	free(wal);
	return was_killed || lstat(path, &db) == -1 ||
	       db.st_size <= CHECK_ALWAYS;
}

static int
prepare(struct store *s, bool check, struct err *e)
{
	bool is_new;

	if (store_exec(s, "PRAGMA journal_mode=wal", e) == -1 ||
	    check_marks(s, &is_new, e) == -1)
		return -1;
	if (is_new)
		return make_schema(s, e);
	if (store_check_schema(s, e) == -1)
		return -1;
	return check ? store_check_pages(s, e) : 0;
}

int
store_open(const char *home, struct store **ret, struct err *e)
{
	char *path = fs_join(home, FILE_NAME);
	struct store *s = NULL;
	bool check = needs_check(path);
	int rv = -1;

	if (check_file(path, e) == -1 || store_open_file(path, &s, e) == -1)
		goto out;
	if (prepare(s, check, e) == -1) {
		store_close(s);
		goto out;
	}
	*ret = s;
	rv = 0;
out:
	free(path);
	return rv;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_log_free(s->log);
	query_cache_free(s->queries);
	sqlite3_close(s->db);
	free(s);
}

/* --- transactions ---------------------------------------------------------- */

int
store_begin(struct store *s, struct err *e)
{
	struct query *q = NULL;
	int rv = query_open(s, &q, "BEGIN IMMEDIATE", e);

	if (rv == 0)
		rv = query_run(q, e);
	query_close(q);
	return rv;
}

int
store_commit(struct store *s, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (store_log_flush(s, e) == 0 && query_open(s, &q, "COMMIT", e) == 0)
		rv = query_run(q, e);
	query_close(q);
	if (rv == -1)
		store_rollback(s);
	return rv;
}

void
store_rollback(struct store *s)
{
	store_log_drop(s->log);
	if (store_in_transaction(s))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

bool
store_in_transaction(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

int
store_scrub(struct store *s, struct err *e)
{
	return store_exec(s, "PRAGMA wal_checkpoint(TRUNCATE)", e);
}

void
store_hurry(struct store *s, bool on)
{
	if (s->hurries == on)
		return;
	s->hurries = on;
	sqlite3_exec(s->db,
	    on ? "PRAGMA cache_size=-20000; PRAGMA wal_autocheckpoint=8000"
	       : "PRAGMA cache_size=-2000; PRAGMA wal_autocheckpoint=1000",
	    NULL, NULL, NULL);
	/* or glibc gives memory back, and asks for it again, for each chunk */
	mallopt(M_TRIM_THRESHOLD, on ? 32 * 1024 * 1024 : 128 * 1024);
	mallopt(M_TOP_PAD, on ? 1024 * 1024 : 0);
	mallopt(M_MMAP_THRESHOLD, on ? 4 * 1024 * 1024 : 128 * 1024);
	if (on)
		return;
	store_log_trim(s->log);
	sqlite3_db_release_memory(s->db);
	malloc_trim(0);
}

bool
store_hurries(const struct store *s)
{
	return s->hurries;
}

/* --- settings -------------------------------------------------------------- */

int
store_setting(struct store *s, const char *name, char **ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, "SELECT value FROM setting WHERE name = ?1", e) ==
		-1 ||
	    query_bind_text(q, 1, name, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 ? mem_strdup(query_text(q, 0)) : NULL;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
store_set_setting(
    struct store *s, const char *name, const char *value, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT OR REPLACE INTO setting(name, value) VALUES(?1, ?2)",
		e) == -1 ||
	    query_bind_text(q, 1, name, e) == -1 ||
	    query_bind_text(q, 2, value, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

/* --- backup ---------------------------------------------------------------- */

static int
copy_pages(struct store *s, sqlite3 *to, struct err *e)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
	int rc;

	if (b == NULL)
		return fail_code(sqlite3_errcode(to), sqlite3_errmsg(to), e);
	sqlite3_backup_step(b, -1);
	rc = sqlite3_backup_finish(b);
	/* one file that can be copied by itself, not a file and a WAL */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    to, "PRAGMA journal_mode=delete", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : fail_code(rc, sqlite3_errstr(rc), e);
}

static int
sync_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rv = 0;

	if (fd == -1 || fsync(fd) == -1)
		rv = err_sys(e, _("cannot write '%s' to disk"), path);
	if (fd != -1)
		close(fd);
	return rv;
}

int
store_backup(struct store *s, const char *path, struct err *e)
{
	int fd = open(
	    path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	sqlite3 *to = NULL;
	int rc, rv = -1;

	if (fd == -1 && errno == EEXIST)
		return err_set(e, ERR_INPUT,
		    _("'%s' exists already: give another name"), path);
	if (fd == -1)
		return err_sys(e, _("cannot make '%s'"), path);
	close(fd);
	rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK)
		fail_code(rc, sqlite3_errstr(rc), e);
	else
		rv = copy_pages(s, to, e);
	sqlite3_close(to);
	if (rv == 0)
		rv = sync_file(path, e);
	if (rv == -1)
		unlink(path);
	return rv;
}
