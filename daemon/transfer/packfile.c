#include "packfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "gitdir.h"

#define NAME_LEN (5 + OID_HEX) /* "pack-" and the name */

int
packfile_build(git_repository *repo, const struct oids *o, const char *dir,
    struct packfile *ret, struct err *e)
{
	git_packbuilder *pb = NULL;
	int rv = -1;

	ret->name[0] = '\0';
	if (o->n == 0)
		return 0;
	git_error_clear();
	if (git_packbuilder_new(&pb, repo) < 0)
		return git_err(e, ERR_SYSTEM, "cannot start a pack");
	git_packbuilder_set_threads(pb, 1);
	for (size_t i = 0; i < o->n; i++)
		if (git_packbuilder_insert(pb, &o->list[i], NULL) < 0) {
			git_err(e, ERR_SYSTEM, "cannot pack an object");
			goto out;
		}
	if (git_packbuilder_write(pb, dir, 0444, NULL, NULL) < 0) {
		git_err(e, ERR_SYSTEM, "cannot write a pack");
		goto out;
	}
	snprintf(ret->name, sizeof(ret->name), "%s", git_packbuilder_name(pb));
	rv = 0;
out:
	git_packbuilder_free(pb);
	return rv;
}

static int
copy_bytes(int in, int out, const char *path, struct err *e)
{
	char chunk[65536];

	for (;;) {
		ssize_t n = read(in, chunk, sizeof(chunk));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, _("cannot copy a pack"));
		if (n == 0)
			break;
		for (ssize_t done = 0; done < n;) {
			ssize_t k =
			    write(out, chunk + done, (size_t)(n - done));

			if (k == -1 && errno == EINTR)
				continue;
			if (k == -1)
				return err_sys(e, _("cannot write '%s'"), path);
			done += k;
		}
	}
	if (fsync(out) == -1)
		return err_sys(e, _("cannot write '%s'"), path);
	return 0;
}

/* Copies a file to a temporary name that the cleaning knows. */
static int
copy_file(const char *src, const char *dst, const char *tmp, struct err *e)
{
	int in = open(src, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int out = -1, rv = -1;

	if (in == -1) {
		err_sys(e, _("cannot open '%s'"), src);
		goto out;
	}
	out = open(
	    tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (out == -1) {
		err_sys(e, _("cannot make '%s'"), tmp);
		goto out;
	}
	if (copy_bytes(in, out, tmp, e) == -1)
		goto out;
	if (rename(tmp, dst) == -1) {
		err_sys(e, _("cannot make '%s'"), dst);
		goto out;
	}
	rv = 0;
out:
	if (out != -1) {
		close(out);
		if (rv == -1)
			unlink(tmp);
	}
	if (in != -1)
		close(in);
	return rv;
}

static int
sync_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rv = 0;

	if (fd == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	if (fsync(fd) == -1)
		rv = err_sys(e, _("cannot sync '%s'"), path);
	close(fd);
	return rv;
}

static int
bring_file(const struct packfile *p, const char *suffix, const char *from,
    const char *to, bool may_link, struct err *e)
{
	char *src = mem_printf("%s/pack-%s%s", from, p->name, suffix);
	char *dst = mem_printf("%s/pack-%s%s", to, p->name, suffix);
	char *tmp =
	    mem_printf("%s/tmp_%ld_%s%s", to, (long)getpid(), p->name, suffix);
	int rv = 0;

	/* named by its checksum: what is there already is the same */
	if (access(dst, F_OK) == -1) {
		if (may_link)
			rv = sync_file(src, e);
		if (rv == 0 && (!may_link || link(src, dst) == -1))
			rv = copy_file(src, dst, tmp, e);
	}
	free(src);
	free(dst);
	free(tmp);
	return rv;
}

static int
bring(const struct packfile *p, const char *from, const char *to, bool may_link,
    struct err *e)
{
	if (p->name[0] == '\0')
		return 0;
	if (bring_file(p, ".pack", from, to, may_link, e) == -1 ||
	    bring_file(p, ".idx", from, to, may_link, e) == -1)
		return -1;
	return gitdir_sync(to, e); /* half of it would be cleaned away */
}

int
packfile_take(
    const struct packfile *p, const char *from, const char *to, struct err *e)
{
	return bring(p, from, to, true, e);
}

int
packfile_copy(
    const struct packfile *p, const char *from, const char *to, struct err *e)
{
	return bring(p, from, to, false, e);
}

static bool
is_pack_name(const char *name, const char *suffix)
{
	return strlen(name) == NAME_LEN + strlen(suffix) &&
	       strncmp(name, "pack-", 5) == 0 &&
	       strcmp(name + NAME_LEN, suffix) == 0;
}

int
packfile_each(const char *dir,
    int (*fn)(void *arg, const struct packfile *p, struct err *e), void *arg,
    struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int rv = 0;

	if (d == NULL)
		return err_sys(e, _("cannot read folder '%s'"), dir);
	while (rv == 0 && (de = readdir(d)) != NULL) {
		struct packfile p = {0};

		if (!is_pack_name(de->d_name, ".idx"))
			continue;
		memcpy(p.name, de->d_name + 5, OID_HEX);
		rv = fn(arg, &p, e);
	}
	closedir(d);
	return rv;
}

/* Does the other half of a pack exist? */
static bool
has_half(const char *dir, const char *name, const char *suffix)
{
	char *half = mem_printf("%s/%.*s%s", dir, (int)NAME_LEN, name, suffix);
	bool has = access(half, F_OK) == 0;

	free(half);
	return has;
}

static bool
is_left_over(const char *dir, const char *name)
{
	if (name[0] == '.')
		return false;
	if (is_pack_name(name, ".pack"))
		return !has_half(dir, name, ".idx");
	if (is_pack_name(name, ".idx"))
		return !has_half(dir, name, ".pack");
	return strncmp(name, "tmp_", 4) == 0 ||
	       strncmp(name, "pack_", 5) == 0; /* libgit2's indexer */
}

int
packfile_clean(const char *dir, time_t before, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	struct stat st;
	int rv = 0;

	if (d == NULL)
		return err_sys(e, _("cannot read folder '%s'"), dir);
	while (rv == 0 && (de = readdir(d)) != NULL) {
		char *file;

		if (!is_left_over(dir, de->d_name) ||
		    (before != 0 && (fstatat(dirfd(d), de->d_name, &st,
					 AT_SYMLINK_NOFOLLOW) == -1 ||
					st.st_mtime >= before)))
			continue;
		file = fs_join(dir, de->d_name);
		if (unlink(file) == -1 && errno != ENOENT)
			rv = err_sys(e, _("cannot remove '%s'"), file);
		free(file);
	}
	closedir(d);
	return rv;
}
