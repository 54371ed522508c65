#include "git.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

#define WINDOW      (1024 * 1024)
#define MAPPED      (32 * 1024 * 1024)
#define MAX_OBJECTS 400000
#define OPEN_PACKS  64
#define TEXT_MAX    160

static bool started;

/* Debian's 1.5.1-1+deb12u2 brought this option (the answer to packs of 16 KB
 * that unfold to a gigabyte); its number differs from upstream's, so only the
 * header's own name will do. */
static int
limit_objects(size_t max)
{
	return git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, max);
}

int
git_setup(size_t max_object, struct err *e)
{
	static const int levels[] = {GIT_CONFIG_LEVEL_PROGRAMDATA,
	    GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
	    GIT_CONFIG_LEVEL_GLOBAL};

	if (started)
		return 0;
	if (libgit2_load(e) == -1)
		return -1;
	if (git_libgit2_init() < 0)
		return git_err(e, ERR_SYSTEM, "cannot start libgit2");
	started = true;
	/* insteadOf, proxies, includes of the user: none of it is for us */
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") <
		    0)
			return git_err(e, ERR_SYSTEM, "cannot set up libgit2");
	if (git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW) < 0 ||
	    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED) <
		0 ||
	    git_libgit2_opts(
		GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)OPEN_PACKS) < 0 ||
	    git_libgit2_opts(
		GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)MAX_OBJECTS) < 0 ||
	    /* a cache would also keep the shortened commits of known.h */
	    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0) < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 1) < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1) < 0 ||
	    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1) < 0 ||
	    limit_objects(max_object) < 0)
		return git_err(e, ERR_SYSTEM, "cannot set up libgit2");
	return 0;
}

void
git_teardown(void)
{
	if (started)
		git_libgit2_shutdown();
	started = false;
}

int
git_err(struct err *e, enum err_code code, const char *fmt, ...)
{
	const git_error *last = git_error_last();
	const char *text = last == NULL ? "" : last->message;
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* err_set() makes the remote's words harmless */
	if (*text == '\0')
		err_set(e, code, "%s", what);
	else
		err_set(e, code, "%s: %.*s", what, TEXT_MAX, text);
	git_error_clear();
	return -1;
}

bool
git_is_oid(const char *hex)
{
	return strlen(hex) == OID_HEX &&
	       strspn(hex, "0123456789abcdef") == OID_HEX &&
	       strspn(hex, "0") < OID_HEX;
}

int
git_oid_of(const char *hex, git_oid *ret, struct err *e)
{
	if (hex == NULL || !git_is_oid(hex) || git_oid_fromstr(ret, hex) < 0)
		return err_set(e, ERR_UNTRUSTED, _("not a commit id"));
	return 0;
}

void
oids_add(struct oids *o, const git_oid *id)
{
	if (o->n == o->cap) {
		o->cap = o->cap == 0 ? 64 : o->cap * 2;
		o->list = mem_array(o->list, o->cap, sizeof(*o->list));
	}
	o->list[o->n++] = *id;
}

static int
compare(const void *a, const void *b)
{
	return git_oid_cmp(a, b);
}

void
oids_unique(struct oids *o)
{
	size_t k = 0;

	if (o->n == 0)
		return;
	qsort(o->list, o->n, sizeof(*o->list), compare);
	for (size_t i = 1; i < o->n; i++)
		if (!git_oid_equal(&o->list[k], &o->list[i]))
			o->list[++k] = o->list[i];
	o->n = k + 1;
}

void
oids_clear(struct oids *o)
{
	free(o->list);
	*o = (struct oids){0};
}
