#include "gitdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/mem.h"
#include "git.h"

#define CONFIG                                                                 \
	"[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n"           \
	"\tbare = true\n"
/* libgit2 1.5 takes the size above which it seeks no delta from this key;
 * deltas between large blobs of text cost seconds and save little */
#define PACKING "[pack]\n\tdeltaCacheSize = 65536\n"
#define HEAD    "ref: refs/heads/main\n"

static int
make_dir(const char *path, const char *name, mode_t mode, struct err *e)
{
	char *dir = fs_join(path, name);
	int rv = 0;

	if (mkdir(dir, mode) == -1 && errno != EEXIST)
		rv = err_sys(e, "cannot make folder '%s'", dir);
	free(dir);
	return rv;
}

/* The quarantine is thrown away anyway: its files need not last. */
static int
write_fast(const char *file, const char *text, struct err *e)
{
	FILE *f = fopen(file, "we");
	bool ok = f != NULL && fputs(text, f) != EOF;

	if ((f != NULL && fclose(f) != 0) || !ok)
		return err_sys(e, "cannot write '%s'", file);
	return 0;
}

static int
make_file(const char *path, const char *name, const char *text, mode_t mode,
    bool lasts, struct err *e)
{
	char *file = fs_join(path, name);
	int rv = 0;

	if (access(file, F_OK) == -1)
		rv = lasts ? fs_write(file, text, strlen(text), mode & 0666,
				 false, e)
			   : write_fast(file, text, e);
	free(file);
	return rv;
}

int
gitdir_make(const char *path, mode_t mode, const char *alternate, struct err *e)
{
	static const char *const dirs[] = {"", "objects", "objects/info",
	    "objects/pack", "refs", "refs/heads"};
	bool lasts = alternate == NULL;
	char *line = NULL;
	int rv = -1;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (make_dir(path, dirs[i], mode, e) == -1)
			return -1;
	if (alternate != NULL) {
		line = mem_printf("%s\n", alternate);
		if (make_file(path, "objects/info/alternates", line, mode,
			lasts, e) == -1)
			goto out;
	}
	/* HEAD last: only with it is this a repository */
	if (make_file(path, "config", lasts ? CONFIG : CONFIG PACKING, mode,
		lasts, e) == -1 ||
	    make_file(path, "HEAD", HEAD, mode, lasts, e) == -1)
		goto out;
	rv = 0;
out:
	free(line);
	return rv;
}

static bool
is_kind(const char *path, const char *name, mode_t kind)
{
	char *full = fs_join(path, name);
	struct stat st;
	bool is = lstat(full, &st) == 0 && (st.st_mode & S_IFMT) == kind;

	free(full);
	return is;
}

bool
gitdir_is(const char *path)
{
	return is_kind(path, "HEAD", S_IFREG) &&
	       is_kind(path, "objects", S_IFDIR) &&
	       is_kind(path, "refs", S_IFDIR);
}

int
gitdir_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rv = 0;

	if (fd == -1)
		return err_sys(e, "cannot open folder '%s'", path);
	if (fsync(fd) == -1 && errno != EINVAL)
		rv = err_sys(e, "cannot sync folder '%s'", path);
	close(fd);
	return rv;
}

/* Reads the id in a loose ref's file.  1 found, 0 there is none, -1 if it is
 * anything but a plain file with an id (e says what). */
static int
read_loose(const char *file, char *ret, struct err *e)
{
	struct buf b = BUF_INIT;
	int rv = -1;

	if (fs_read(file, 256, &b, e) == -1) {
		rv = e->code == ERR_NOTFOUND ? 0 : -1;
		goto out;
	}
	while (b.len > 0 && (b.data[b.len - 1] == '\n'))
		b.data[--b.len] = '\0';
	if (!git_is_oid(buf_str(&b))) {
		err_set(e, ERR_UNTRUSTED, "'%s' holds no commit id", file);
		goto out;
	}
	memcpy(ret, b.data, OID_HEX + 1);
	rv = 1;
out:
	buf_clear(&b);
	return rv;
}

struct line {
	char oid[OID_HEX + 1];
	const char *name;
	size_t len;
};

/* The next line of packed-refs that names a ref; *p moves on. */
static bool
packed_next(const char **p, const char *end, struct line *ret)
{
	while (*p < end) {
		const char *s = *p;
		const char *lf = memchr(s, '\n', (size_t)(end - s));
		size_t n = lf == NULL ? (size_t)(end - s) : (size_t)(lf - s);

		*p = s + n + (lf != NULL);
		if (n < OID_HEX + 2 || s[OID_HEX] != ' ')
			continue;
		memcpy(ret->oid, s, OID_HEX);
		ret->oid[OID_HEX] = '\0';
		ret->name = s + OID_HEX + 1;
		ret->len = n - OID_HEX - 1;
		return true;
	}
	return false;
}

static int
read_packed(const char *path, struct buf *b, struct err *e)
{
	char *file = fs_join(path, "packed-refs");
	int rv = fs_read(file, GITDIR_PACKED_MAX, b, e);

	if (rv == -1 && e->code == ERR_NOTFOUND)
		rv = 0;
	free(file);
	return rv;
}

int
gitdir_packed(
    const char *path, const char *prefix, struct refs *r, struct err *e)
{
	struct buf b = BUF_INIT;
	size_t n = strlen(prefix);
	struct line l;
	const char *p, *end;

	if (read_packed(path, &b, e) == -1) {
		buf_clear(&b);
		return -1;
	}
	p = buf_str(&b);
	end = p + b.len;
	while (packed_next(&p, end, &l)) {
		char name[REFS_NAME_MAX + 2] = "";

		if (l.len <= n || memcmp(l.name, prefix, n) != 0)
			continue;
		/* one that is too long stays too long */
		l.len -= n;
		memcpy(name, l.name + n,
		    l.len < sizeof(name) - 1 ? l.len : sizeof(name) - 1);
		refs_add(r, name, l.oid);
	}
	buf_clear(&b);
	return 0;
}

static bool
is_lock(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".lock") == 0;
}

static void
list_entry(const char *dir, const char *name, struct refs *r)
{
	char oid[OID_HEX + 1] = "";
	struct err e;
	char *file;

	if (name[0] == '.' || is_lock(name))
		return;
	if (refs_is_name(name)) {
		file = fs_join(dir, name);
		/* gone since: it moved to packed-refs, read next */
		if (read_loose(file, oid, &e) == 0) {
			free(file);
			return;
		}
		free(file);
	}
	refs_add(r, name, oid);
}

/* Is every folder on the way to a ref, or to a prefix of refs, a real one? */
static int
check_way(const char *path, const char *prefix, struct err *e)
{
	char *way = fs_join(path, prefix);
	struct stat st;
	int rv = 0;

	for (char *p = way + strlen(path) + 1; rv == 0; p++) {
		char c = *p;

		if (c == '\0')
			break;
		if (c != '/')
			continue;
		*p = '\0';
		if (lstat(way, &st) == 0 && !S_ISDIR(st.st_mode))
			rv = err_set(e, ERR_UNTRUSTED,
			    "'%s' is not a plain folder", way);
		*p = c;
	}
	free(way);
	return rv;
}

int
gitdir_list(const char *path, const char *prefix, struct refs *r, struct err *e)
{
	char *dir = fs_join(path, prefix);
	DIR *d = NULL;
	struct dirent *de;
	int rv = -1;

	if (check_way(path, prefix, e) == -1)
		goto out;
	d = opendir(dir);
	if (d == NULL && errno != ENOENT) {
		err_sys(e, "cannot read folder '%s'", dir);
		goto out;
	}
	while (d != NULL && (de = readdir(d)) != NULL)
		list_entry(dir, de->d_name, r);
	/* after the loose ones: git packs a ref first, then removes the file,
	 * so that one of the two is always seen */
	if (gitdir_packed(path, prefix, r, e) == -1)
		goto out;
	refs_sort(r);
	rv = 0;
out:
	if (d != NULL)
		closedir(d);
	free(dir);
	return rv;
}

/* --- changing a ref ------------------------------------------------------ */

/* Makes the folders of a ref inside the repository: git removes them with
 * their last ref. */
static int
make_way(const char *path, char *file, struct err *e)
{
	for (char *p = file + strlen(path) + 1; (p = strchr(p, '/')) != NULL;
	     p++) {
		*p = '\0';
		if (mkdir(file, 0777) == -1 && errno != EEXIST) {
			err_sys(e, "cannot make folder '%s'", file);
			*p = '/';
			return -1;
		}
		*p = '/';
	}
	return 0;
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
		    now.st_mtime - then.st_mtime > GITDIR_STALE_S)
			unlink(lock);
		close(fd);
		unlink(probe);
	}
	free(probe);
}

static int
take_lock(const char *path, char *lock, int *ret_fd, struct err *e)
{
	int wait_ms = 5;
	bool made = false;

	for (int waited = 0; waited < (GITDIR_STALE_S + 3) * 1000;
	     waited += wait_ms) {
		int fd = open(lock,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

		if (fd != -1) {
			*ret_fd = fd;
			return 0;
		}
		if (errno == ENOENT && !made) {
			if (make_way(path, lock, e) == -1)
				return -1;
			made = true;
			continue;
		}
		if (errno != EEXIST && errno != ENOENT)
			return err_sys(e, "cannot make '%s'", lock);
		usleep((useconds_t)wait_ms * 1000);
		if (wait_ms < 100)
			wait_ms *= 2;
		else
			break_stale(lock);
	}
	return err_set(e, ERR_OFFLINE, "'%s' is held by another program", lock);
}

static int
write_whole(int fd, const void *p, size_t n, const char *path, struct err *e)
{
	const char *s = p;

	while (n > 0) {
		ssize_t k = write(fd, s, n);

		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return err_sys(e, "cannot write '%s'", path);
		s += k;
		n -= (size_t)k;
	}
	if (fsync(fd) == -1)
		return err_sys(e, "cannot write '%s'", path);
	return 0;
}

/* The value of a ref in packed-refs: 1 found, 0 none, -1. */
static int
find_packed(const char *path, const char *ref, char *ret, struct err *e)
{
	struct buf b = BUF_INIT;
	struct line l;
	const char *p, *end;
	int rv = read_packed(path, &b, e);

	p = buf_str(&b);
	end = p + b.len;
	while (rv == 0 && packed_next(&p, end, &l)) {
		if (l.len != strlen(ref) || memcmp(l.name, ref, l.len) != 0)
			continue;
		memcpy(ret, l.oid, sizeof(l.oid));
		rv = 1;
	}
	buf_clear(&b);
	return rv;
}

/* Copies packed-refs without one ref and what was peeled from it. */
static void
copy_without(const char *p, const char *end, const char *ref, struct buf *out)
{
	bool skip = false;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *next = lf == NULL ? end : lf + 1;
		const char *from = p;
		struct line l;

		if (*from != '^')
			skip = packed_next(&p, next, &l) &&
			       l.len == strlen(ref) &&
			       memcmp(l.name, ref, l.len) == 0;
		if (!skip)
			buf_add(out, from, (size_t)(next - from));
		p = next;
	}
}

static int
drop_packed(const char *path, const char *ref, struct err *e)
{
	char *file = fs_join(path, "packed-refs");
	char *lock = fs_join(path, "packed-refs.lock");
	struct buf old = BUF_INIT, new = BUF_INIT;
	int fd = -1, rv = -1;

	if (take_lock(path, lock, &fd, e) == -1)
		goto out;
	if (read_packed(path, &old, e) == -1)
		goto undo;
	copy_without(buf_str(&old), buf_str(&old) + old.len, ref, &new);
	if (write_whole(fd, buf_str(&new), new.len, lock, e) == -1)
		goto undo;
	if (rename(lock, file) == -1) {
		err_sys(e, "cannot replace '%s'", file);
		goto undo;
	}
	rv = gitdir_sync(path, e);
	goto out;
undo:
	unlink(lock);
out:
	if (fd != -1)
		close(fd);
	buf_clear(&old);
	buf_clear(&new);
	free(file);
	free(lock);
	return rv;
}

static int
remove_ref(const char *path, const char *ref, const char *file, struct err *e)
{
	char packed[OID_HEX + 1];
	int in_packed = find_packed(path, ref, packed, e);

	/* packed first: or the old value would come back for a moment */
	if (in_packed == -1 ||
	    (in_packed == 1 && drop_packed(path, ref, e) == -1))
		return -1;
	if (unlink(file) == -1 && errno != ENOENT)
		return err_sys(e, "cannot remove '%s'", file);
	return 0;
}

static int
check_old(const char *path, const char *ref, const char *file, const char *old,
    struct err *e)
{
	char now[OID_HEX + 1] = "";
	int got = read_loose(file, now, e);

	if (got == 0)
		got = find_packed(path, ref, now, e);
	if (got == -1)
		return -1;
	if (got == 0 && old == NULL)
		return 0;
	if (got == 1 && old != NULL && strcmp(now, old) == 0)
		return 0;
	return err_set(e, ERR_CONFLICT, "another office moved it meanwhile");
}

static int
put_ref(
    int fd, const char *lock, const char *file, const char *new, struct err *e)
{
	char text[OID_HEX + 2];

	memcpy(text, new, OID_HEX);
	text[OID_HEX] = '\n';
	if (write_whole(fd, text, OID_HEX + 1, lock, e) == -1)
		return -1;
	if (rename(lock, file) == -1)
		return err_sys(e, "cannot replace '%s'", file);
	return 0;
}

int
gitdir_swap(const char *path, const char *ref, const char *old, const char *new,
    struct err *e)
{
	char *file = fs_join(path, ref);
	char *lock = mem_printf("%s.lock", file);
	char *dir = mem_strndup(file, (size_t)(strrchr(file, '/') - file));
	bool locked = false;
	int fd = -1, rv = -1;

	if (check_way(path, ref, e) == -1 ||
	    take_lock(path, lock, &fd, e) == -1)
		goto out;
	locked = true;
	if (check_old(path, ref, file, old, e) == -1)
		goto out;
	if (new != NULL) {
		if (put_ref(fd, lock, file, new, e) == -1)
			goto out;
		locked = false;
	} else if (remove_ref(path, ref, file, e) == -1) {
		goto out;
	}
	rv = gitdir_sync(dir, e);
out:
	if (locked)
		unlink(lock);
	if (fd != -1)
		close(fd);
	free(file);
	free(lock);
	free(dir);
	return rv;
}
