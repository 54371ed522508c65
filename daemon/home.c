#include "home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "common/clock.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "store.h"

#define DATABASE "mufakat.db"

/* --- the folder ---------------------------------------------------------------- */

static bool
is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	size_t n = 0;

	if (d == NULL)
		return false;
	while ((de = readdir(d)) != NULL)
		n += strcmp(de->d_name, ".") != 0 &&
		     strcmp(de->d_name, "..") != 0;
	closedir(d);
	return n == 0;
}

static int
check_mode(const char *home, const struct stat *st, struct err *e)
{
	if ((st->st_mode & 077) == 0)
		return 0;
	/* a folder that was just made by hand */
	if (is_empty(home))
		return chmod(home, 0700) == 0
			   ? 0
			   : err_sys(e, _("cannot close '%s' to others"), home);
	return err_set(e, ERR_INPUT,
	    _("home '%s' is open to other users (mode %03o): chmod 700 it"),
	    home, (unsigned)(st->st_mode & 0777));
}

int
home_prepare(const char *home, struct err *e)
{
	struct stat st;

	if (fs_mkdirs(home, e) == -1)
		return -1;
	if (stat(home, &st) == -1)
		return err_sys(e, _("cannot look at home '%s'"), home);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_INPUT,
		    _("home '%s' belongs to another user (uid %lu): start "
		      "mufakatd as that user, or choose another --home"),
		    home, (unsigned long)st.st_uid);
	if (check_mode(home, &st, e) == -1)
		return -1;
	if (access(home, W_OK | X_OK) == -1)
		return err_sys(e, _("cannot write to home '%s'"), home);
	return 0;
}

int
home_lock(const char *home, int *ret_fd, struct err *e)
{
	char *path = fs_join(home, "lock");
	int rv = fs_lock(path, ret_fd, e);

	free(path);
	if (rv == -1 && e->code == ERR_CONFLICT)
		err_set(e, ERR_CONFLICT,
		    _("another mufakatd serves '%s': stop it first"), home);
	return rv;
}

/* --- restoring ------------------------------------------------------------------ */

/* Backups may be large: copied in pieces. */
static int
copy(int from, int to, const char *file, struct err *e)
{
	const size_t size = 1024 * 1024;
	char *block = mem_alloc(size);
	ssize_t n, done, k;

	for (;;) {
		n = read(from, block, size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (done = 0; done < n; done += k) {
			k = write(to, block + done, (size_t)(n - done));
			if (k == -1 && errno == EINTR)
				k = 0;
			if (k == -1) {
				free(block);
				return err_sys(e,
				    _("cannot write the copy of the backup"));
			}
		}
	}
	free(block);
	if (n == -1)
		return err_sys(e, _("cannot read '%s'"), file);
	if (fsync(to) == -1)
		return err_sys(e, _("cannot write the copy of the backup"));
	return 0;
}

static int
copy_file(const char *file, const char *path, struct err *e)
{
	struct stat st;
	int from = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC), to = -1;
	int rv = -1;

	if (from == -1)
		return err_sys(e, _("cannot open '%s'"), file);
	if (fstat(from, &st) == -1 || !S_ISREG(st.st_mode)) {
		err_set(e, ERR_INPUT, _("'%s' is no plain file"), file);
		goto out;
	}
	to = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to == -1)
		err_sys(e, _("cannot write '%s'"), path);
	else
		rv = copy(from, to, file, e);
out:
	close(from);
	if (to != -1 && close(to) == -1 && rv == 0)
		rv = err_sys(e, _("cannot write '%s'"), path);
	return rv;
}

/* Folds what a daemon that was killed left in the journal into the database,
 * so that it is kept whole; a database too damaged for that is kept with its
 * journal beside it. */
static int
keep_old(const char *home, const char *db, const char *before, struct err *e)
{
	char *wal = mem_printf("%s-wal", db);
	char *wal_before = mem_printf("%s-wal", before);
	struct store *s;
	struct err ignored;
	int rv = 0;

	if (store_open(home, &s, &ignored) == 0)
		store_close(s);
	/* the name of the database is never without one */
	if (link(db, before) == -1)
		rv = err_sys(
		    e, _("cannot keep the old database as '%s'"), before);
	else if (rename(wal, wal_before) == -1 && errno != ENOENT)
		rv = err_sys(e, _("cannot keep '%s'"), wal);
	free(wal);
	free(wal_before);
	return rv;
}

static int
sync_folder(const char *home, struct err *e)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rv = 0;

	if (fd == -1 || (fsync(fd) == -1 && errno != EINVAL))
		rv = err_sys(e, _("cannot sync folder '%s'"), home);
	if (fd != -1)
		close(fd);
	return rv;
}

/* A name that is not there yet, for the old database; heap. */
static char *
name_before(const char *db, int64_t now_ms)
{
	char stamp[CLOCK_ISO_SIZE];
	char *name = mem_printf("%s.before-%s", db, clock_iso(now_ms, stamp));

	/* several within one second */
	for (int n = 2; n < 100 && access(name, F_OK) == 0; n++) {
		free(name);
		name = mem_printf("%s.before-%s-%d", db, stamp, n);
	}
	return name;
}

int
home_put_database(const char *home, const char *dir, int64_t now_ms,
    char **ret_before, struct err *e)
{
	char *copy_path = fs_join(dir, DATABASE);
	char *db = fs_join(home, DATABASE);
	char *shm = mem_printf("%s-shm", db);
	char *before = name_before(db, now_ms);
	bool is_there = access(db, F_OK) == 0;
	int rv = -1;

	if (is_there && keep_old(home, db, before, e) == -1)
		goto out;
	unlink(shm);
	if (rename(copy_path, db) == -1) {
		err_sys(
		    e, _("cannot put '%s' in place as '%s'"), copy_path, db);
		goto out;
	}
	if (sync_folder(home, e) == -1)
		goto out;
	*ret_before = NULL;
	if (is_there) {
		*ret_before = before;
		before = NULL;
	}
	rv = 0;
out:
	free(copy_path);
	free(db);
	free(shm);
	free(before);
	return rv;
}

bool
home_has_lost_database(const char *home)
{
	char *db = fs_join(home, DATABASE), *key = fs_join(home, "key");
	bool ret =
	    access(key, F_OK) == 0 && access(db, F_OK) == -1 && errno == ENOENT;

	free(db);
	free(key);
	return ret;
}

int
home_check(const char *home, struct err *e)
{
	char *path = fs_join(home, DATABASE);
	int rv = 0;

	if (access(path, F_OK) == -1)
		rv = err_set(e, ERR_NOTFOUND,
		    _("there is no database '%s': is --home right? A backup "
		      "comes back with --restore FILE"),
		    path);
	free(path);
	return rv;
}

int
home_restore(const char *home, const char *file, int64_t now_ms,
    struct backup *ret, char **ret_before, struct err *e)
{
	char *dir = fs_join(home, "restore.new");
	char *path = fs_join(dir, DATABASE);
	struct err ignored;
	int rv = -1;

	if (fs_remove_tree(dir, e) == -1)
		goto out;
	if (mkdir(dir, 0700) == -1) {
		err_sys(e, _("cannot make folder '%s'"), dir);
		goto out;
	}
	if (copy_file(file, path, e) == -1)
		goto out;
	if (backup_check(home, dir, ret, e) == -1) {
		err_wrap(e, _("'%s' is no usable backup"), file);
		goto out;
	}
	if (home_put_database(home, dir, now_ms, ret_before, e) == -1)
		goto out;
	rv = 0;
out:
	fs_remove_tree(dir, &ignored);
	free(dir);
	free(path);
	return rv;
}
