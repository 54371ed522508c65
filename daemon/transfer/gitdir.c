#include "gitdir.h"

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
		rv = err_sys(e, _("cannot make folder '%s'"), dir);
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
		return err_sys(e, _("cannot write '%s'"), file);
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
		return err_sys(e, _("cannot open folder '%s'"), path);
	if (fsync(fd) == -1 && errno != EINVAL)
		rv = err_sys(e, _("cannot sync folder '%s'"), path);
	close(fd);
	return rv;
}
