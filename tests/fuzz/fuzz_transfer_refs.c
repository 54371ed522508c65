/* A folder's packed-refs, and one loose ref: what is listed has the form of
 * our refs, and removing one leaves the others as they are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/transfer/git.h"
#include "daemon/transfer/refdir.h"
#include "tests/fuzz/scratch.h"

#define PREFIX "refs/heads/mufakat/"
#define LOOSE  PREFIX "abcdefghijklmnopqrstuvwxyz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
list(struct refs *r)
{
	struct err e;

	refs_init(r, 1000);
	if (refdir_list(scratch(), PREFIX, r, &e) == -1)
		abort();
	for (size_t i = 0; i < r->n; i++)
		if (!refs_is_name(r->list[i].name) ||
		    !git_is_oid(r->list[i].oid) ||
		    (i > 0 &&
			strcmp(r->list[i - 1].name, r->list[i].name) >= 0))
			abort();
}

/* Without the ref, packed-refs holds all the others and not that one. */
static void
check_without(const struct refs *before, const char *name)
{
	char *ref = mem_printf("%s%s", PREFIX, name), oid[OID_HEX + 1];
	struct buf b = BUF_INIT;
	struct refs after;
	struct err e;
	bool there;

	if (refdir_find(scratch(), ref, oid, &e) != 1 ||
	    refdir_packed_without(scratch(), ref, &b, &there, &e) == -1 ||
	    !there)
		abort();
	free(scratch_write("packed-refs", buf_str(&b), b.len));
	list(&after);
	if (refs_find(&after, name) != NULL || after.n + 1 != before->n)
		abort();
	for (size_t i = 0; i < after.n; i++)
		if (strcmp(refs_find(before, after.list[i].name),
			after.list[i].oid) != 0)
			abort();
	refs_clear(&after);
	buf_clear(&b);
	free(ref);
}

static void
check_loose(const uint8_t *data, size_t size)
{
	char oid[OID_HEX + 1], *path = scratch_write(LOOSE, data, size);
	struct err e;
	int got = refdir_find(scratch(), LOOSE, oid, &e);

	if (got == 1 ? !git_is_oid(oid) : got == 0)
		abort();
	remove(path);
	free(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct refs r;
	char *dir;
	struct err e;

	if (scratch_dir[0] == '\0') {
		dir = fs_join(scratch(), PREFIX);
		if (fs_mkdirs(dir, &e) == -1)
			abort();
		free(dir);
	}
	free(scratch_write("packed-refs", data, size));
	list(&r);
	/* one that is capped would show up once another goes */
	if (r.n > 0 && !r.capped)
		check_without(&r, r.list[size % r.n].name);
	refs_clear(&r);
	check_loose(data, size);
	return 0;
}
