/* The folder side of evidence.h: reads what may be in it, nothing else. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "evidence.h"
#include "fs.h"
#include "i18n.h"
#include "mem.h"
#include "recsig.h"
#include "sshsig.h"

#define TOTAL_MAX (128 * 1024 * 1024)

struct folder {
	struct evidence_file *files;
	size_t n, cap, total;
};

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* How long a file of this name may be; 0: none of ours. */
static size_t
limit(const char *name)
{
	if (strcmp(name, "text.txt") == 0 ||
	    strcmp(name, "allowed_signers") == 0)
		return EVIDENCE_TEXT_MAX;
	if (strcmp(name, "chain.changes") == 0)
		return EVIDENCE_CHAIN_MAX;
	if (ends_with(name, ".sig"))
		return SSHSIG_MAX;
	if (ends_with(name, ".message"))
		return CHANGE_ACCEPT_MAX;
	return ident_ok(name, strlen(name)) ? RECSIG_MAX : 0;
}

/* Takes the name. */
static int
add(struct folder *f, const char *dir, char *name, struct err *e)
{
	struct evidence_file *file;
	char *path;
	int rv;

	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 64 : f->cap * 2;
		f->files = mem_array(f->files, f->cap, sizeof(f->files[0]));
	}
	file = &f->files[f->n++];
	*file = (struct evidence_file){.name = name};
	path = fs_join(dir, name);
	rv = fs_read(path, limit(name), &file->data, e);
	free(path);
	f->total += file->data.len;
	if (rv == 0 && (f->total > TOTAL_MAX || f->n > EVIDENCE_FILES_MAX))
		rv = err_set(e, ERR_INPUT, _("'%s' holds too much"), dir);
	return rv;
}

/* Reads the files of dir/sub ("" for dir itself). */
static int
read_folder(struct folder *f, const char *dir, const char *sub, struct err *e)
{
	char *path = *sub != '\0' ? fs_join(dir, sub) : mem_strdup(dir);
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = open(path, *sub != '\0' ? flags | O_NOFOLLOW : flags);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int rv = 0;

	if (d == NULL && *sub == '\0')
		rv = errno == ENOENT
			 ? err_set(e, ERR_NOTFOUND, _("no folder '%s'"), dir)
			 : err_sys(e, _("cannot open folder '%s'"), dir);
	else if (d == NULL && errno != ENOENT)
		rv = err_sys(e, _("cannot open folder '%s'"), path);
	while (rv == 0 && d != NULL && (entry = readdir(d)) != NULL)
		if (limit(entry->d_name) > 0)
			rv = add(f, dir,
			    *sub != '\0' ? fs_join(sub, entry->d_name)
					 : mem_strdup(entry->d_name),
			    e);
	if (d != NULL)
		closedir(d);
	free(path);
	return rv;
}

/* Folders list their files in any order; the result must not. */
static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct evidence_file *)a)->name,
	    ((const struct evidence_file *)b)->name);
}

int
evidence_check(const char *dir, const uint8_t *w, json_t **ret, struct err *e)
{
	struct folder f = {0};
	int rv = -1;

	if (read_folder(&f, dir, "", e) == -1 ||
	    read_folder(&f, dir, "chain", e) == -1)
		goto out;
	if (f.n > 0)
		qsort(f.files, f.n, sizeof(f.files[0]), by_name);
	rv = evidence_check_files(f.files, f.n, w, ret, e);
	if (rv == -1)
		err_wrap(e, _("'%s' is no evidence"), dir);
out:
	for (size_t i = 0; i < f.n; i++) {
		free(f.files[i].name);
		buf_clear(&f.files[i].data);
	}
	free(f.files);
	return rv;
}
