/* Refs of which something is gone: a stick that was pulled out, a file system
 * that was repaired, packs that somebody deleted. */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "refdir.h"
#include "walk.h"

/* --- the mark ---------------------------------------------------------------- */

static bool
is_pack(const char *name)
{
	const char *end = strrchr(name, '.');

	return end != NULL && strcmp(end, ".pack") == 0;
}

/* A line for each pack: its name and size. */
void
folder_mark(const struct folder *f, struct buf *ret)
{
	DIR *d = opendir(f->packs);
	struct dirent *de;
	struct stat st;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (is_pack(de->d_name) && fstatat(dirfd(d), de->d_name, &st,
					       AT_SYMLINK_NOFOLLOW) == 0)
			buf_printf(ret, "%s %lld\n", de->d_name,
			    (long long)st.st_size);
	if (d != NULL)
		closedir(d);
}

bool
folder_mark_within(const char *old, const char *now)
{
	while (*old != '\0') {
		size_t n = strcspn(old, "\n") + 1;
		char *line = mem_strndup(old, n);
		const char *at = strstr(now, line);
		bool found = at == now || (at != NULL && at[-1] == '\n');

		free(line);
		if (!found)
			return false;
		old += old[n - 1] == '\n' ? n : n - 1;
	}
	return true;
}

/* --- what is whole ------------------------------------------------------------ */

static int
open_objects(struct folder *f, struct err *e)
{
	if (folder_check_objects(f, e) == -1)
		return -1;
	git_error_clear();
	if (f->odb != NULL)
		git_odb_refresh(f->odb);
	else if (git_odb_open(&f->odb, f->objects) < 0)
		return git_err(e, ERR_OFFLINE, "cannot open '%s'", f->path);
	return 0;
}

/* Is all of its history there?  Objects are looked for, not unfolded.  One
 * that git has just packed anew is where another look finds it. */
static bool
is_whole(const struct folder *f, const char *hex)
{
	const struct walk_from from = {
	    .odb = f->odb, .blob_max = SIZE_MAX, .loose = f->objects};
	struct walk w = {0};
	struct err e = {0};
	git_oid oid;
	int rv;

	if (git_oid_fromstr(&oid, hex) < 0)
		return false;
	rv = walk_log(&from, &oid, &w, &e);
	if (rv == -1 && e.code == ERR_NOTFOUND) {
		git_odb_refresh(f->odb);
		rv = walk_log(&from, &oid, &w, &e);
	}
	if (rv == 0)
		walk_clear(&w);
	return rv == 0 || e.code != ERR_NOTFOUND;
}

int
folder_drop_hollow(struct folder *f, struct refs *r, struct err *e)
{
	if (r->n == 0)
		return 0;
	if (open_objects(f, e) == -1)
		return -1;
	for (size_t i = r->n; i-- > 0;)
		if (!is_whole(f, r->list[i].oid))
			refs_set(r, r->list[i].name, NULL);
	return 0;
}

int
folder_find_hollow(struct folder *f, const char *ref, char *ret, struct err *e)
{
	int got = refdir_find(f->path, ref, ret, e);

	if (got == 1 && open_objects(f, e) == -1)
		return -1;
	return got == 1 && !is_whole(f, ret) ? 1 : got == -1 ? -1 : 0;
}
