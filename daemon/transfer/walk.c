#include "walk.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "object.h"

#define COMMITS_MAX 65536

/* A FIFO or a link in place of an object would hang us or lead outside. */
static int
check_loose(const char *objects, const git_oid *id, struct err *e)
{
	char hex[OID_HEX + 1];
	struct stat st;
	char *dir, *file;
	int rv = 0;

	git_oid_tostr(hex, sizeof(hex), id);
	dir = mem_printf("%s/%.2s", objects, hex);
	file = mem_printf("%s/%s", dir, hex + 2);
	if ((lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) ||
	    (lstat(file, &st) == 0 && !S_ISREG(st.st_mode)))
		rv = err_set(
		    e, ERR_UNTRUSTED, _("'%s' is not a plain file"), file);
	free(dir);
	free(file);
	return rv;
}

static const char *
kind(git_object_t type)
{
	return git_object_type2string(type);
}

static int
check_header(const struct walk_from *f, const git_oid *id, git_object_t type,
    size_t max, struct err *e)
{
	git_object_t is;
	size_t n;
	int rc;

	if (f->loose != NULL && check_loose(f->loose, id, e) == -1)
		return -1;
	git_error_clear();
	rc = git_odb_read_header(&n, &is, f->odb, id);
	if (rc == GIT_ENOTFOUND)
		return err_set(
		    e, ERR_NOTFOUND, _("a %s is missing"), kind(type));
	if (rc < 0)
		return git_err(
		    e, ERR_UNTRUSTED, "cannot read a %s", kind(type));
	if (is != type)
		return err_set(e, ERR_UNTRUSTED, _("a %s stands for a %s"),
		    kind(is), kind(type));
	if (n > max)
		return err_set(e, ERR_UNTRUSTED,
		    _("a %s has %zu bytes, more than %zu"), kind(type), n, max);
	return 0;
}

static int
read_object(const struct walk_from *f, const git_oid *id, git_object_t type,
    size_t max, git_odb_object **ret, struct err *e)
{
	if (check_header(f, id, type, max, e) == -1)
		return -1;
	if (git_odb_read(ret, f->odb, id) < 0)
		return git_err(
		    e, ERR_UNTRUSTED, "cannot read a %s", kind(type));
	return 0;
}

static int
read_commit(const struct walk_from *f, const git_oid *id, struct commit *ret,
    struct err *e)
{
	git_odb_object *o = NULL;
	int rv = -1;

	if (read_object(f, id, GIT_OBJECT_COMMIT, OBJECT_META_MAX, &o, e) == -1)
		return -1;
	rv = object_read_commit(
	    git_odb_object_data(o), git_odb_object_size(o), ret, e);
	git_odb_object_free(o);
	return rv;
}

static int
read_tree(
    const struct walk_from *f, const git_oid *id, git_oid *ret, struct err *e)
{
	git_odb_object *o = NULL;
	int rv;

	if (read_object(f, id, GIT_OBJECT_TREE, OBJECT_META_MAX, &o, e) == -1)
		return -1;
	rv = object_read_tree(
	    git_odb_object_data(o), git_odb_object_size(o), ret, e);
	git_odb_object_free(o);
	return rv;
}

static void
append(struct walk *w, const struct step *s)
{
	if (w->n == w->cap) {
		w->cap = w->cap == 0 ? 16 : w->cap * 2;
		w->steps = mem_array(w->steps, w->cap, sizeof(*w->steps));
	}
	w->steps[w->n++] = *s;
}

static bool
is_held(const struct walk_from *f, const git_oid *id)
{
	return f->held != NULL &&
	       git_odb_exists_ext(f->held, id, GIT_ODB_LOOKUP_NO_REFRESH);
}

int
walk_log(const struct walk_from *f, const git_oid *tip, struct walk *ret,
    struct err *e)
{
	struct walk w = {0};
	git_oid at = *tip;

	for (;;) {
		struct step s = {.commit = at};
		struct commit c;

		if (is_held(f, &at)) {
			w.has_base = true;
			w.base = at;
			break;
		}
		if (w.n == COMMITS_MAX) {
			err_set(e, ERR_UNTRUSTED, _("more than %d commits"),
			    COMMITS_MAX);
			goto fail;
		}
		if (read_commit(f, &at, &c, e) == -1 ||
		    read_tree(f, &c.tree, &s.blob, e) == -1 ||
		    check_header(f, &s.blob, GIT_OBJECT_BLOB, f->blob_max, e) ==
			-1)
			goto fail;
		s.tree = c.tree;
		append(&w, &s);
		if (!c.has_parent)
			break;
		at = c.parent;
	}
	*ret = w;
	return 0;
fail:
	walk_clear(&w);
	return -1;
}

void
walk_clear(struct walk *w)
{
	free(w->steps);
	*w = (struct walk){0};
}

int
walk_blob(const struct walk_from *f, const struct step *s, git_odb_object **ret,
    struct err *e)
{
	return read_object(f, &s->blob, GIT_OBJECT_BLOB, f->blob_max, ret, e);
}

void
walk_objects(const struct walk *w, struct oids *o)
{
	for (size_t i = 0; i < w->n; i++) {
		oids_add(o, &w->steps[i].commit);
		oids_add(o, &w->steps[i].tree);
		oids_add(o, &w->steps[i].blob);
	}
	oids_unique(o);
}
