/* Refs whose commit is gone: a stick that was pulled out, a file system that
 * was repaired, packs that somebody deleted. */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/crypto.h"
#include "common/mem.h"
#include "common/text.h"
#include "refdir.h"

/* In any order: the sum of what each file gives. */
static void
add_file(const char *name, const struct stat *st, uint8_t sum[static HASH_LEN])
{
	char *line = mem_printf("%s %lld", name, (long long)st->st_size);
	uint8_t hash[HASH_LEN];

	crypto_digest(line, strlen(line), hash);
	for (size_t i = 0; i < HASH_LEN; i++)
		sum[i] = (uint8_t)(sum[i] + hash[i]);
	free(line);
}

void
folder_mark(const struct folder *f, char ret[static HEX_SIZE])
{
	uint8_t sum[HASH_LEN] = {0};
	DIR *d = opendir(f->packs);
	struct dirent *de;
	struct stat st;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.' && fstatat(dirfd(d), de->d_name, &st,
						AT_SYMLINK_NOFOLLOW) == 0)
			add_file(de->d_name, &st, sum);
	if (d != NULL)
		closedir(d);
	text_hex(sum, HASH_LEN, ret);
}

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

static bool
is_there(const struct folder *f, const char *hex)
{
	git_oid oid;

	return git_oid_fromstr(&oid, hex) == 0 &&
	       git_odb_exists_ext(f->odb, &oid, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

int
folder_drop_hollow(struct folder *f, struct refs *r, struct err *e)
{
	if (r->n == 0)
		return 0;
	if (open_objects(f, e) == -1)
		return -1;
	for (size_t i = r->n; i-- > 0;)
		if (!is_there(f, r->list[i].oid))
			refs_set(r, r->list[i].name, NULL);
	return 0;
}

int
folder_find_hollow(struct folder *f, const char *ref, char *ret, struct err *e)
{
	int got = refdir_find(f->path, ref, ret, e);

	if (got == 1 && open_objects(f, e) == -1)
		return -1;
	return got == 1 && !is_there(f, ret) ? 1 : got == -1 ? -1 : 0;
}
