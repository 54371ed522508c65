#include "trusted.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "gitdir.h"
#include "refdir.h"

#define SPACE "refs/mufakat/"

/* A killed fs_write() leaves "<file>.new-<pid>". */
static int
sweep_files(const char *path, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *de;

	if (d == NULL)
		return err_sys(e, _("cannot read folder '%s'"), path);
	while ((de = readdir(d)) != NULL)
		if (strstr(de->d_name, ".new-") != NULL)
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	return 0;
}

static int
read_refs(struct trusted *t, struct err *e)
{
	struct buf b = BUF_INIT;
	char *file = fs_join(t->path, "packed-refs");
	char *save = NULL;
	int rv = fs_read(file, REFDIR_PACKED_MAX, &b, e);

	if (rv == -1 && e->code == ERR_NOTFOUND)
		rv = 0;
	t->refs = json_object();
	if (rv == -1 || b.len == 0)
		goto out;
	for (char *l = strtok_r(b.data, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save)) {
		char *name = l + OID_HEX + 1;

		if (strlen(l) < OID_HEX + 2 || l[OID_HEX] != ' ')
			continue;
		l[OID_HEX] = '\0';
		if (git_is_oid(l) && strncmp(name, SPACE, strlen(SPACE)) == 0)
			json_object_set_new(
			    t->refs, name + strlen(SPACE), json_string(l));
	}
out:
	free(file);
	buf_clear(&b);
	return rv;
}

int
trusted_open(
    struct trusted *t, const char *path, const char *remote, struct err *e)
{
	*t = (struct trusted){.path = mem_strdup(path),
	    .packs = fs_join(path, "objects/pack"),
	    .remote = mem_strdup(remote)};

	if (!gitdir_is(path) && (fs_mkdirs(path, e) == -1 ||
				    gitdir_make(path, 0700, NULL, e) == -1))
		return -1;
	if (packfile_clean(t->packs, 0, e) == -1 ||
	    sweep_files(path, e) == -1 || read_refs(t, e) == -1)
		return -1;
	return 0;
}

void
trusted_close(struct trusted *t)
{
	if (t->odb != NULL)
		git_odb_free(t->odb);
	json_decref(t->refs);
	free(t->path);
	free(t->packs);
	free(t->remote);
	*t = (struct trusted){0};
}

int
trusted_odb(struct trusted *t, struct err *e)
{
	char *objects;
	int rv = 0;

	if (t->odb != NULL)
		return 0;
	objects = fs_join(t->path, "objects");
	git_error_clear();
	if (git_odb_open(&t->odb, objects) < 0)
		rv = git_err(e, ERR_CORRUPT, "cannot open '%s'", t->path);
	free(objects);
	return rv;
}

bool
trusted_has(const struct trusted *t, const git_oid *id)
{
	return git_odb_exists_ext(t->odb, id, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

const char *
trusted_known(const struct trusted *t, const char *ref)
{
	char *key = mem_printf("%s/%s", t->remote, ref);
	const char *oid = json_get_str(t->refs, key);
	const char *name;
	json_t *v;

	free(key);
	if (oid != NULL)
		return oid;
	json_object_foreach (t->refs, name, v) {
		const char *slash = strchr(name, '/');

		if (slash != NULL && strcmp(slash + 1, ref) == 0)
			return json_string_value(v);
	}
	return NULL;
}

void
trusted_note(struct trusted *t, const char *ref, const char *oid)
{
	char *key = mem_printf("%s/%s", t->remote, ref);

	if (oid == NULL)
		json_object_del(t->refs, key);
	else
		json_object_set_new(t->refs, key, json_string(oid));
	free(key);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
trusted_save(const struct trusted *t, struct err *e)
{
	size_t n = json_object_size(t->refs), i = 0;
	const char **names = mem_array(NULL, n + 1, sizeof(*names));
	char *file = fs_join(t->path, "packed-refs");
	struct buf b = BUF_INIT;
	const char *name;
	json_t *v;
	int rv;

	json_object_foreach (t->refs, name, v)
		names[i++] = name;
	qsort(names, n, sizeof(*names), compare);
	buf_adds(&b, "# pack-refs with: peeled fully-peeled sorted \n");
	for (i = 0; i < n; i++)
		buf_printf(&b, "%s " SPACE "%s\n",
		    json_get_str(t->refs, names[i]), names[i]);
	rv = fs_write(file, buf_str(&b), b.len, 0600, false, e);
	buf_clear(&b);
	free(file);
	free(names);
	return rv;
}

int
trusted_take(struct trusted *t, const struct packfile *p, const char *from,
    struct err *e)
{
	if (packfile_take(p, from, t->packs, e) == -1)
		return err_wrap(e, _("cannot keep what was received"));
	if (t->odb != NULL && git_odb_refresh(t->odb) < 0)
		return git_err(e, ERR_SYSTEM, "cannot open '%s'", t->path);
	return 0;
}
