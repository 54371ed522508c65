#include "tidy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "packfile.h"

struct tidy {
	const char *packs;
	size_t found; /* small packs there are */
	struct packfile *small;
	size_t n; /* of them to be merged */
	off_t bytes;
	off_t index_bytes;
	struct oids objects;
};

static bool
look(const struct tidy *d, const struct packfile *p, const char *suffix,
    struct stat *ret)
{
	char *file = mem_printf("%s/pack-%s%s", d->packs, p->name, suffix);
	bool there = lstat(file, ret) == 0;

	free(file);
	return there;
}

/* Has git a plan of its own for it? */
static bool
is_marked(const struct tidy *d, const struct packfile *p)
{
	static const char *const marks[] = {
	    ".keep", ".bitmap", ".promisor", ".mtimes"};
	struct stat st;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (look(d, p, marks[i], &st))
			return true;
	return false;
}

static int
find_small(void *arg, const struct packfile *p, struct err *e)
{
	struct tidy *d = arg;
	struct stat pack, index;

	(void)e;
	if (!look(d, p, ".pack", &pack) || pack.st_size >= TIDY_PACK ||
	    !look(d, p, ".idx", &index) || index.st_size >= TIDY_INDEX ||
	    is_marked(d, p))
		return 0;
	d->found++;
	if (d->bytes + pack.st_size > TIDY_MOST * TIDY_PACK ||
	    d->index_bytes + index.st_size > TIDY_MOST * TIDY_INDEX)
		return 0;
	d->bytes += pack.st_size;
	d->index_bytes += index.st_size;
	d->small = mem_array(d->small, d->n + 1, sizeof(*d->small));
	d->small[d->n++] = *p;
	return 0;
}

static int
note_object(const git_oid *id, void *arg)
{
	oids_add(arg, id);
	return 0;
}

static int
read_objects(struct tidy *d, const struct packfile *p, struct err *e)
{
	char *file = mem_printf("%s/pack-%s.idx", d->packs, p->name);
	git_odb_backend *b = NULL;
	int rv = 0;

	git_error_clear();
	if (git_odb_backend_one_pack(&b, file) < 0)
		rv = git_err(e, ERR_CORRUPT, "cannot open '%s'", file);
	else if (b->foreach(b, note_object, &d->objects) < 0)
		rv = git_err(e, ERR_CORRUPT, "cannot read '%s'", file);
	if (b != NULL)
		b->free(b);
	free(file);
	return rv;
}

static void
remove_pack(const char *packs, const struct packfile *p)
{
	/* without its index a pack is nothing to git */
	static const char *const parts[] = {".idx", ".rev", ".pack"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char *file =
		    mem_printf("%s/pack-%s%s", packs, p->name, parts[i]);

		unlink(file);
		free(file);
	}
}

static int
merge(struct tidy *d, git_repository *repo, const char *spare, struct err *e)
{
	struct packfile all;
	struct stat st;

	for (size_t i = 0; i < d->n; i++)
		if (read_objects(d, &d->small[i], e) == -1)
			return -1;
	oids_unique(&d->objects);
	if (packfile_build(repo, &d->objects, spare, &all, e) == -1 ||
	    packfile_copy(&all, spare, d->packs, e) == -1)
		return -1;
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->small[i].name, all.name) != 0)
			remove_pack(d->packs, &d->small[i]);
	/* what it was written at is now, by the clock of that file system */
	if (!look(d, &all, ".idx", &st))
		return 0;
	return packfile_clean(d->packs, st.st_mtime - TIDY_STALE_S, e);
}

int
tidy_packs(
    const char *packs, git_repository *repo, const char *spare, struct err *e)
{
	struct tidy d = {.packs = packs};
	char *joint = mem_printf("%s/multi-pack-index", packs);
	int rv = 0;

	if (access(joint, F_OK) == -1)
		rv = packfile_each(packs, find_small, &d, e);
	if (rv == 0 && d.found >= TIDY_PACKS && d.n > 1)
		rv = merge(&d, repo, spare, e);
	free(d.small);
	free(joint);
	oids_clear(&d.objects);
	return rv;
}
