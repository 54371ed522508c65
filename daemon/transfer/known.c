#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define PRIORITY 100 /* before loose objects and packs */

/* On the empty tree, which every database is taken to hold. */
static const char shown[] = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
			    "author mufakat <mufakat@localhost> 0 +0000\n"
			    "committer mufakat <mufakat@localhost> 0 +0000\n\n";

struct known {
	git_odb_backend parent; /* first: libgit2 hands out its address */
	const struct oids *tips;
};

static bool
shows(const struct known *k, const git_oid *id)
{
	if (k->tips == NULL)
		return false;
	for (size_t i = 0; i < k->tips->n; i++)
		if (git_oid_equal(&k->tips->list[i], id))
			return true;
	return false;
}

static int
read_header(size_t *ret_n, git_object_t *ret_type, git_odb_backend *b,
    const git_oid *id)
{
	if (!shows((const struct known *)(const void *)b, id))
		return GIT_ENOTFOUND;
	*ret_n = sizeof(shown) - 1;
	*ret_type = GIT_OBJECT_COMMIT;
	return 0;
}

static int
read_whole(void **ret, size_t *ret_n, git_object_t *ret_type,
    git_odb_backend *b, const git_oid *id)
{
	int rc = read_header(ret_n, ret_type, b, id);

	if (rc != 0)
		return rc;
	*ret = git_odb_backend_data_alloc(b, *ret_n);
	if (*ret == NULL)
		return -1;
	memcpy(*ret, shown, *ret_n);
	return 0;
}

static void
release(git_odb_backend *b)
{
	free(b);
}

int
known_attach(git_odb *odb, struct known **ret, struct err *e)
{
	struct known *k = mem_zalloc(sizeof(*k));

	git_odb_init_backend(&k->parent, GIT_ODB_BACKEND_VERSION);
	k->parent.read = read_whole;
	k->parent.read_header = read_header;
	k->parent.free = release;
	if (git_odb_add_backend(odb, &k->parent, PRIORITY) < 0) {
		free(k);
		return git_err(e, ERR_SYSTEM, "cannot set up the quarantine");
	}
	*ret = k;
	return 0;
}

void
known_start(struct known *k, const struct oids *tips)
{
	k->tips = tips;
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
}

void
known_stop(struct known *k)
{
	k->tips = NULL;
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
}
