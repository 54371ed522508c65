#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/text.h"
#include "gitdir.h"
#include "refdir.h"
#include "tidy.h"

#define CONFIG_MAX (64 * 1024)

bool
folder_is_url(const char *url)
{
	return url[0] == '/' || strncmp(url, "file://", 7) == 0;
}

/* The path of file:///a%20b, on the heap; NULL if it is none. */
static char *
decode(const char *url)
{
	struct buf b = BUF_INIT;

	if (url[0] == '/')
		return mem_strdup(url);
	url += 7;
	if (strncmp(url, "localhost/", 10) == 0)
		url += 9;
	if (url[0] != '/')
		return NULL;
	for (; *url != '\0'; url++) {
		unsigned char c = (unsigned char)*url;

		if (c == '%' && strlen(url) > 2 &&
		    text_unhex(url + 1, 2, &c, 1) == 0 && c != '\0')
			url += 2;
		buf_addc(&b, (char)c);
	}
	return buf_steal(&b);
}

/* --- is it safe to look into? -------------------------------------------- */

enum expect { MUST_FILE, MAY_FILE, MUST_DIR, MAY_DIR, NOTHING };

static int
check_entry(const char *path, const char *name, enum expect x, struct err *e)
{
	char *full = fs_join(path, name);
	struct stat st;
	bool there = lstat(full, &st) == 0;
	int rv = 0;

	if (x == NOTHING && there)
		rv = err_set(e, ERR_UNTRUSTED,
		    _("'%s' would lead outside of the folder"), full);
	else if (!there && (x == MUST_FILE || x == MUST_DIR))
		rv = err_set(e, ERR_INPUT, _("'%s' is missing"), full);
	else if (there && x != NOTHING &&
		 !(x == MUST_FILE || x == MAY_FILE ? S_ISREG(st.st_mode)
						   : S_ISDIR(st.st_mode)))
		rv = err_set(e, ERR_UNTRUSTED,
		    _("'%s' is not a plain file or folder"), full);
	free(full);
	return rv;
}

/* Settings of the folder mean nothing to us but two: another hash, and
 * (were git to read it) files from elsewhere. */
static int
check_config(const char *path, struct err *e)
{
	char *file = fs_join(path, "config");
	struct buf b = BUF_INIT;
	int rv = fs_read(file, CONFIG_MAX, &b, e);

	if (rv == -1 && e->code == ERR_NOTFOUND)
		rv = 0;
	else if (rv == 0 && strcasestr(buf_str(&b), "sha256") != NULL)
		rv = err_set(e, ERR_INPUT,
		    _("'%s' is a repository of SHA-256, which is not "
		      "supported; "
		      "make one with: git init --bare"),
		    path);
	buf_clear(&b);
	free(file);
	return rv;
}

static int
check_owner(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	/* as git and libgit2 do: who owns a repository could make it
	 * anything at any time */
	if (st.st_uid != geteuid())
		return err_set(e, ERR_INPUT,
		    _("'%s' belongs to another user (%lu); use a folder of "
		      "your own, mount the stick with uid=%lu, or go through "
		      "ssh"),
		    path, (unsigned long)st.st_uid, (unsigned long)geteuid());
	return 0;
}

static int
check_dir(const char *path, struct err *e)
{
	static const struct {
		const char *name;
		enum expect x;
	} entries[] = {
	    {"HEAD", MUST_FILE},
	    {"objects", MUST_DIR},
	    {"refs", MUST_DIR},
	    {"config", MAY_FILE},
	    {"packed-refs", MAY_FILE},
	    {"objects/pack", MAY_DIR},
	    {"objects/info", MAY_DIR},
	    {"objects/info/alternates", NOTHING},
	    {"objects/info/http-alternates", NOTHING},
	    {"commondir", NOTHING},
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (check_entry(path, entries[i].name, entries[i].x, e) == -1)
			return -1;
	if (check_owner(path, e) == -1)
		return -1;
	return check_config(path, e);
}

static int
check_files(const char *objects, const char *name, struct err *e)
{
	char *dir = fs_join(objects, name);
	DIR *d = opendir(dir);
	struct dirent *de;
	struct stat st;
	int rv = 0;

	while (d != NULL && rv == 0 && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    !S_ISREG(st.st_mode) &&
		    /* git's split commit graphs, which are not read */
		    !S_ISDIR(st.st_mode))
			rv = err_set(e, ERR_UNTRUSTED,
			    _("'%s/%s' is not a plain file"), dir, de->d_name);
	}
	if (d != NULL)
		closedir(d);
	free(dir);
	return rv;
}

int
folder_check_objects(const struct folder *f, struct err *e)
{
	if (check_files(f->objects, "pack", e) == -1)
		return -1;
	return check_files(f->objects, "info", e);
}

/* --- opening ------------------------------------------------------------- */

static bool
is_empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	bool empty = d != NULL;

	while (empty && (de = readdir(d)) != NULL)
		empty = strcmp(de->d_name, ".") == 0 ||
			strcmp(de->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return empty;
}

static int
make(const char *path, struct err *e)
{
	struct stat st;

	/* parents are not made: the stick may just not be there */
	if (mkdir(path, 0777) == -1 && errno != EEXIST) {
		if (errno == ENOENT)
			return err_set(e, ERR_OFFLINE,
			    _("cannot make '%s': no such folder above it; is "
			      "the stick mounted?"),
			    path);
		return err_sys(e, _("cannot make '%s'"), path);
	}
	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, _("'%s' is not a folder"), path);
	if (!is_empty(path))
		return err_set(e, ERR_INPUT,
		    _("'%s' is neither empty nor a git repository; name a new "
		      "folder"),
		    path);
	return gitdir_make(path, 0777, NULL, e);
}

static int
missing(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, ERR_OFFLINE,
		    _("cannot open '%s': no such folder; is the stick "
		      "mounted?"),
		    path);
	if (stat(path, &st) == -1)
		return err_sys(e, _("cannot open '%s'"), path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, _("'%s' is not a folder"), path);
	if (!is_empty(path))
		return err_set(e, ERR_INPUT,
		    _("'%s' is not a git repository, nor empty to become one: "
		      "check the address"),
		    path);
	return err_set(e, ERR_INPUT,
	    _("'%s' is empty, and no git repository; is the stick mounted? "
	      "Where there never was one, a member makes it with: mufakat "
	      "remote add NAME '%s' --create"),
	    path, path);
}

int
folder_open(struct folder *f, const char *url, bool create, struct err *e)
{
	char *path = decode(url);
	char *inner;

	*f = (struct folder){0};
	if (path == NULL)
		return err_set(e, ERR_INPUT,
		    _("'%s' names another machine; write file:///path"), url);
	inner = fs_join(path, ".git");
	if (!gitdir_is(path) && gitdir_is(inner)) {
		free(path);
		path = inner;
		inner = NULL;
	}
	free(inner);
	f->path = path;
	f->objects = fs_join(path, "objects");
	f->packs = fs_join(path, "objects/pack");
	if (!gitdir_is(path) &&
	    (create ? make(path, e) : missing(path, e)) == -1)
		return -1;
	return check_dir(path, e);
}

void
folder_close(struct folder *f)
{
	free(f->path);
	free(f->objects);
	free(f->packs);
	oids_clear(&f->pushed_objects);
	if (f->odb != NULL)
		git_odb_free(f->odb);
	*f = (struct folder){0};
}

int
folder_list(struct folder *f, const char *prefix, struct refs *r, struct err *e)
{
	if (!gitdir_is(f->path))
		return missing(f->path, e);
	return refdir_list(f->path, prefix, r, e);
}

/* --- fetching ------------------------------------------------------------ */

/* Lets the quarantine see its objects. */
static int
borrow(struct folder *f, struct quarantine *q, struct err *e)
{
	if (folder_check_objects(f, e) == -1)
		return -1;
	git_error_clear();
	if (f->borrowed)
		git_odb_refresh(q->odb);
	else if (git_odb_add_disk_alternate(q->odb, f->objects) < 0)
		return git_err(e, ERR_OFFLINE, "cannot open '%s'", f->path);
	f->borrowed = true;
	return 0;
}

int
folder_bring(struct folder *f, const char *prefix, struct quarantine *q,
    struct want *w, size_t n, struct err *e)
{
	struct refs now;
	int rv = -1;

	refs_init(&now, SIZE_MAX);
	if (folder_list(f, prefix, &now, e) == -1 || borrow(f, q, e) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		const char *oid = refs_find(&now, w[i].name);

		if (oid == NULL)
			err_set(&w[i].err, ERR_CONFLICT,
			    _("the remote does not list it any more"));
		else
			git_oid_of(oid, &w[i].oid, &w[i].err);
	}
	rv = 0;
out:
	refs_clear(&now);
	return rv;
}

int
folder_tidy(struct folder *f, struct quarantine *q, struct err *e)
{
	if (!f->grown)
		return 0;
	if (borrow(f, q, e) == -1)
		return -1;
	return tidy_packs(f->packs, q->repo, q->packs, e);
}
