#include "common/i18n.h"
#include "refdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/mem.h"
#include "git.h"
#include "gitdir.h"

/* --- locks --------------------------------------------------------------- */

struct lock {
	char *path; /* NULL: none */
	int fd;     /* -1: not held */
};

/* Makes the folders of a ref inside the repository: git removes them with
 * their last ref. */
static int
make_way(const char *path, char *file, struct err *e)
{
	for (char *p = file + strlen(path) + 1; (p = strchr(p, '/')) != NULL;
	     p++) {
		*p = '\0';
		if (mkdir(file, 0777) == -1 && errno != EEXIST) {
			err_sys(e, _("cannot make folder '%s'"), file);
			*p = '/';
			return -1;
		}
		*p = '/';
	}
	return 0;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Moves a lock aside, and back if it is not the one that was looked at:
 * another waiter broke that, and holds this. */
static void
take_away(const char *lock, const struct stat *old, const char *aside)
{
	struct stat moved;

	if (rename(lock, aside) == -1 || lstat(aside, &moved) == -1)
		return;
	if (!is_same(&moved, old))
		rename(aside, lock);
}

/* Removes a lock that is older than any honest holder needs, by the clock
 * that gave it its time: that of the file system. */
static void
break_stale(const char *lock)
{
	char *probe = mem_printf("%s-probe-%ld", lock, (long)getpid());
	int fd = open(
	    probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	struct stat now, then;

	if (fd != -1) {
		if (fstat(fd, &now) == 0 && lstat(lock, &then) == 0 &&
		    now.st_mtime - then.st_mtime > REFDIR_STALE_S)
			take_away(lock, &then, probe);
		close(fd);
		unlink(probe);
	}
	free(probe);
}

/* Takes "path", which belongs to the lock from now on. */
static int
lock_take(struct lock *l, const char *repo, char *path, struct err *e)
{
	int wait_ms = 5;
	bool made = false;

	*l = (struct lock){.path = path, .fd = -1};
	for (int waited = 0; waited < (REFDIR_STALE_S + 3) * 1000;
	     waited += wait_ms) {
		l->fd = open(path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (l->fd != -1)
			return 0;
		if (errno == ENOENT && !made) {
			if (make_way(repo, path, e) == -1)
				return -1;
			made = true;
			continue;
		}
		if (errno != EEXIST && errno != ENOENT)
			return err_sys(e, _("cannot make '%s'"), path);
		usleep((useconds_t)wait_ms * 1000);
		if (wait_ms < 100)
			wait_ms *= 2;
		else
			break_stale(path);
	}
	return err_set(
	    e, ERR_OFFLINE, _("'%s' is held by another program"), path);
}

/* Is it ours still?  Whoever slept through its time has lost it. */
static bool
lock_holds(const struct lock *l)
{
	struct stat mine, there;

	return fstat(l->fd, &mine) == 0 && lstat(l->path, &there) == 0 &&
	       is_same(&mine, &there);
}

static int
lost(struct err *e)
{
	return err_set(e, ERR_CONFLICT, _("another office moved it meanwhile"));
}

static void
lock_release(struct lock *l)
{
	if (l->fd != -1) {
		if (lock_holds(l))
			unlink(l->path);
		close(l->fd);
	}
	free(l->path);
}

/* --- moving -------------------------------------------------------------- */

static int
check_old(const char *path, const char *ref, const char *old, struct err *e)
{
	char now[OID_HEX + 1] = "";
	int got = refdir_find(path, ref, now, e);

	if (got == -1)
		return -1;
	if (got == 0 && old == NULL)
		return 0;
	if (got == 1 && old != NULL && strcmp(now, old) == 0)
		return 0;
	return lost(e);
}

/* The lock, with the new id in it, becomes the ref. */
static int
put_ref(struct lock *l, const char *file, const char *new, struct err *e)
{
	if (dprintf(l->fd, "%s\n", new) != OID_HEX + 1 || fsync(l->fd) == -1)
		return err_sys(e, _("cannot write '%s'"), l->path);
	if (!lock_holds(l))
		return lost(e);
	if (rename(l->path, file) == -1)
		return err_sys(e, _("cannot replace '%s'"), file);
	return 0;
}

/* From packed-refs first, or the old value would come back for a moment; and
 * under its lock to the end, or git might pack the ref in between. */
static int
remove_ref(const char *path, const char *ref, const char *file, struct err *e)
{
	char *packed = fs_join(path, "packed-refs");
	struct buf rest = BUF_INIT;
	struct lock l;
	bool there = false;
	int rv = -1;

	if (lock_take(&l, path, mem_printf("%s.lock", packed), e) == -1 ||
	    refdir_packed_without(path, ref, &rest, &there, e) == -1)
		goto out;
	if (!lock_holds(&l)) {
		lost(e);
		goto out;
	}
	if (there &&
	    fs_write(packed, buf_str(&rest), rest.len, 0644, false, e) == -1)
		goto out;
	if (unlink(file) == -1 && errno != ENOENT) {
		err_sys(e, _("cannot remove '%s'"), file);
		goto out;
	}
	rv = 0;
out:
	lock_release(&l);
	buf_clear(&rest);
	free(packed);
	return rv;
}

int
refdir_swap(const char *path, const char *ref, const char *old, const char *new,
    struct err *e)
{
	char *file = fs_join(path, ref);
	char *dir = mem_strndup(file, (size_t)(strrchr(file, '/') - file));
	struct lock l = {.fd = -1};
	int rv = -1;

	if (refdir_check_way(path, ref, e) == -1 ||
	    lock_take(&l, path, mem_printf("%s.lock", file), e) == -1 ||
	    check_old(path, ref, old, e) == -1)
		goto out;
	if ((new != NULL ? put_ref(&l, file, new, e)
			 : remove_ref(path, ref, file, e)) == -1)
		goto out;
	rv = gitdir_sync(dir, e);
out:
	lock_release(&l);
	free(file);
	free(dir);
	return rv;
}
