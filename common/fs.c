#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "i18n.h"
#include "mem.h"

static int
read_all(int fd, const char *path, size_t max, struct buf *b, struct err *e)
{
	size_t start = b->len;

	for (;;) {
		ssize_t n;

		buf_reserve(b, 16384);
		n = read(fd, b->data + b->len, 16384);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, _("cannot read '%s'"), path);
		if (n == 0)
			break;
		b->len += (size_t)n;
		if (b->len - start > max)
			return err_set(e, ERR_INPUT,
			    _("'%s' is longer than %zu bytes"), path, max);
	}
	b->data[b->len] = '\0';
	return 0;
}

int
fs_read(const char *path, size_t max, struct buf *b, struct err *e)
{
	size_t start = b->len;
	struct stat st;
	int rv = -1;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_NOTFOUND, _("no file '%s'"), path);
	if (fd == -1 && errno == ELOOP)
		return err_set(e, ERR_INPUT, _("'%s' is a link"), path);
	if (fd == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	if (fstat(fd, &st) == -1)
		err_sys(e, _("cannot read '%s'"), path);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_INPUT, _("'%s' is not a plain file"), path);
	else
		rv = read_all(fd, path, max, b, e);
	close(fd);
	if (rv == -1 && b->data != NULL) {
		b->len = start;
		b->data[start] = '\0';
	}
	return rv;
}

static int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return -1;
		s += k;
		n -= (size_t)k;
	}
	return 0;
}

/* The folder of a path, on the heap. */
static char *
folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

static int
sync_folder(const char *path)
{
	char *dir = folder(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rv = -1;

	free(dir);
	if (fd == -1)
		return -1;
	/* some file systems (FAT through FUSE) cannot sync a folder */
	rv = fsync(fd) == -1 && errno != EINVAL ? -1 : 0;
	close(fd);
	return rv;
}

/* Makes the file "tmp", its bytes safe on the disk. */
static int
write_new(const char *tmp, const void *p, size_t n, mode_t mode)
{
	int saved;
	int fd = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd == -1)
		return -1;
	if (write_all(fd, p, n) == 0 && fsync(fd) == 0)
		return close(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Gives "tmp" its name where nothing may be replaced. */
static int
name_new(const char *tmp, const char *path)
{
	if (renameat2(AT_FDCWD, tmp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* a file system without it: link(2) refuses to replace as well */
	return link(tmp, path);
}

int
fs_write(const char *path, const void *p, size_t n, mode_t mode, bool excl,
    struct err *e)
{
	char *tmp = mem_printf("%s.new-%ld", path, (long)getpid());
	int rv = -1;

	unlink(tmp); /* of an earlier process with this number */
	if (write_new(tmp, p, n, mode) == -1) {
		err_sys(e, _("cannot write '%s'"), path);
		goto out;
	}
	if ((excl ? name_new(tmp, path) : rename(tmp, path)) == -1) {
		if (excl && errno == EEXIST)
			err_set(e, ERR_INPUT, _("'%s' exists already"), path);
		else
			err_sys(e, _("cannot make '%s'"), path);
		goto out;
	}
	if (sync_folder(path) == -1) {
		err_sys(e, _("cannot sync the folder of '%s'"), path);
		if (excl)
			unlink(path); /* ours, and not promised to anybody */
		goto out;
	}
	rv = 0;
out:
	unlink(tmp);
	free(tmp);
	return rv;
}

/* Makes one folder; one that is there is fine. */
static int
make_folder(const char *path, struct err *e)
{
	struct stat st;
	int saved;

	if (mkdir(path, 0700) == 0)
		return sync_folder(path) == 0
			   ? 0
			   : err_sys(e, _("cannot make folder '%s'"), path);
	saved = errno; /* EROFS and EACCES come before EEXIST */
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (saved == EEXIST)
		return err_set(e, ERR_INPUT, _("'%s' is not a folder"), path);
	errno = saved;
	return err_sys(e, _("cannot make folder '%s'"), path);
}

int
fs_mkdirs(const char *path, struct err *e)
{
	char *copy;
	int rv = -1;

	if (*path == '\0')
		return err_set(e, ERR_INPUT, _("a folder needs a name"));
	copy = mem_strdup(path);
	for (char *p = copy + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (make_folder(copy, e) == -1)
			goto out;
		*p = '/';
	}
	rv = make_folder(copy, e);
out:
	free(copy);
	return rv;
}

#define DEPTH_MAX 64 /* of folders in a folder: each keeps a descriptor */

static int remove_entry(int dir, const char *name, dev_t dev, int depth);

/* Removes what the open folder holds; takes the descriptor. */
static int
empty_folder(int fd, dev_t dev, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;
	int rv = 0, saved;

	if (d == NULL) {
		close(fd);
		return -1;
	}
	while (rv == 0 && (de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rv = remove_entry(dirfd(d), de->d_name, dev, depth);
	saved = errno;
	closedir(d);
	errno = saved;
	return rv;
}

static int
remove_entry(int dir, const char *name, dev_t dev, int depth)
{
	struct stat st;
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || st.st_dev != dev || depth >= DEPTH_MAX) {
		close(fd);
		errno = depth >= DEPTH_MAX ? ELOOP : EXDEV;
		return -1;
	}
	if (empty_folder(fd, dev, depth + 1) == -1)
		return -1;
	return unlinkat(dir, name, AT_REMOVEDIR);
}

int
fs_remove_tree(const char *path, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return err_sys(e, _("cannot open folder '%s'"), path);
	if (fstat(fd, &st) == -1) {
		close(fd);
		return err_sys(e, _("cannot open folder '%s'"), path);
	}
	if (empty_folder(fd, st.st_dev, 0) == -1 || rmdir(path) == -1)
		return err_sys(e, _("cannot remove folder '%s'"), path);
	return 0;
}

int
fs_lock(const char *path, int *ret_fd, struct err *e)
{
	struct stat st;
	int fd = open(
	    path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_sys(e, _("cannot open lock '%s'"), path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(
		    e, ERR_INPUT, _("lock '%s' is not a plain file"), path);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		int saved = errno;

		close(fd);
		errno = saved;
		if (saved == EWOULDBLOCK)
			return err_set(e, ERR_CONFLICT,
			    _("'%s' is locked by another process"), path);
		return err_sys(e, _("cannot lock '%s'"), path);
	}
	*ret_fd = fd;
	return 0;
}

char *
fs_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return mem_printf(
	    "%s%s%s", dir, n > 0 && dir[n - 1] == '/' ? "" : "/", name);
}

static bool
is_absolute(const char *s)
{
	return s != NULL && s[0] == '/';
}

/* Makes a path absolute, on the heap. */
static char *
absolute(const char *path, struct err *e)
{
	char *cwd, *ret;

	if (is_absolute(path))
		return mem_strdup(path);
	cwd = getcwd(NULL, 0);
	if (cwd == NULL) {
		err_sys(e, _("cannot tell the current folder"));
		return NULL;
	}
	ret = fs_join(cwd, path);
	free(cwd);
	return ret;
}

int
fs_home(const char *arg, char **ret_path, struct err *e)
{
	const char *env = getenv("MUFAKAT_HOME");
	const char *xdg = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	struct passwd *pw;
	char *path = NULL;

	if (arg == NULL && env != NULL && *env != '\0')
		arg = env;
	if (arg != NULL && *arg == '\0')
		return err_set(e, ERR_INPUT, _("the home folder has no name"));
	if (arg != NULL) {
		path = absolute(arg, e);
	} else if (is_absolute(xdg)) {
		path = fs_join(xdg, "mufakat");
	} else {
		if (!is_absolute(home) && (pw = getpwuid(getuid())) != NULL)
			home = pw->pw_dir;
		if (!is_absolute(home))
			return err_set(
			    e, ERR_INPUT, _("no home folder: give --home DIR"));
		path = fs_join(home, ".local/share/mufakat");
	}
	if (path == NULL)
		return -1;
	*ret_path = path;
	return 0;
}

void
fs_hold_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		/* the other way round, so that using it still fails */
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
			abort();
}
