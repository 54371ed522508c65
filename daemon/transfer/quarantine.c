#include "quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "gitdir.h"

int
quarantine_init(struct quarantine *q, const char *path, struct err *e)
{
	*q = (struct quarantine){
	    .path = mem_strdup(path), .packs = fs_join(path, "objects/pack")};

	return fs_remove_tree(path, e);
}

int
quarantine_open(struct quarantine *q, const char *trusted, struct err *e)
{
	char *objects;
	int rv = -1;

	if (q->repo != NULL)
		return 0;
	objects = fs_join(trusted, "objects");
	if (fs_mkdirs(q->path, e) == -1 ||
	    gitdir_make(q->path, 0700, objects, e) == -1)
		goto out;
	git_error_clear();
	if (git_repository_open_bare(&q->repo, q->path) < 0 ||
	    git_repository_odb(&q->odb, q->repo) < 0) {
		git_err(e, ERR_SYSTEM, "cannot open '%s'", q->path);
		goto out;
	}
	rv = known_attach(q->odb, &q->known, e);
out:
	free(objects);
	return rv;
}

void
quarantine_close(struct quarantine *q)
{
	struct err e;

	if (q->repo != NULL) { /* else libgit2 need not be here */
		git_odb_free(q->odb);
		git_repository_free(q->repo);
	}
	if (q->path != NULL)
		fs_remove_tree(q->path, &e);
	free(q->path);
	free(q->packs);
	*q = (struct quarantine){0};
}

/* One file in place of a lock, a write and a rename for each: nothing here
 * has to last. */
int
quarantine_refs(struct quarantine *q, const char *space, const struct oids *o,
    struct err *e)
{
	char *file = fs_join(q->path, "packed-refs");
	char *new = fs_join(q->path, "packed-refs.new");
	char hex[OID_HEX + 1];
	struct buf b = BUF_INIT;
	FILE *f = fopen(new, "we");
	int rv = -1;

	buf_adds(&b, "# pack-refs with: peeled fully-peeled sorted \n");
	for (size_t i = 0; i < o->n; i++)
		buf_printf(&b, "%s refs/%s/%08zu\n",
		    git_oid_tostr(hex, sizeof(hex), &o->list[i]), space, i);
	if (f == NULL || fwrite(buf_str(&b), 1, b.len, f) != b.len ||
	    fflush(f) != 0 || rename(new, file) == -1)
		err_sys(e, _("cannot write '%s'"), file);
	else
		rv = 0;
	if (f != NULL)
		fclose(f);
	buf_clear(&b);
	free(file);
	free(new);
	return rv;
}
