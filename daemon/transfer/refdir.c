#include "refdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "git.h"

/* Reads the id in a loose ref's file.  1 found, 0 there is none, -1 if it is
 * anything but a plain file with an id (e says what). */
static int
read_loose(const char *file, char *ret, struct err *e)
{
	struct buf b = BUF_INIT;
	int rv = -1;

	if (fs_read(file, 256, &b, e) == -1) {
		rv = e->code == ERR_NOTFOUND ? 0 : -1;
		goto out;
	}
	while (b.len > 0 && (b.data[b.len - 1] == '\n'))
		b.data[--b.len] = '\0';
	if (!git_is_oid(buf_str(&b))) {
		err_set(e, ERR_UNTRUSTED, _("'%s' holds no commit id"), file);
		goto out;
	}
	memcpy(ret, b.data, OID_HEX + 1);
	rv = 1;
out:
	buf_clear(&b);
	return rv;
}

struct line {
	char oid[OID_HEX + 1];
	const char *name;
	size_t len;
};

/* The next line of packed-refs that names a ref; *p moves on. */
static bool
packed_next(const char **p, const char *end, struct line *ret)
{
	while (*p < end) {
		const char *s = *p;
		const char *lf = memchr(s, '\n', (size_t)(end - s));
		size_t n = lf == NULL ? (size_t)(end - s) : (size_t)(lf - s);

		*p = s + n + (lf != NULL);
		if (n < OID_HEX + 2 || s[OID_HEX] != ' ')
			continue;
		memcpy(ret->oid, s, OID_HEX);
		ret->oid[OID_HEX] = '\0';
		ret->name = s + OID_HEX + 1;
		ret->len = n - OID_HEX - 1;
		return true;
	}
	return false;
}

static int
read_packed(const char *path, struct buf *b, struct err *e)
{
	char *file = fs_join(path, "packed-refs");
	int rv = fs_read(file, REFDIR_PACKED_MAX, b, e);

	if (rv == -1 && e->code == ERR_NOTFOUND)
		rv = 0;
	free(file);
	return rv;
}

static int
list_packed(const char *path, const char *prefix, struct refs *r, struct err *e)
{
	struct buf b = BUF_INIT;
	size_t n = strlen(prefix);
	struct line l;
	const char *p, *end;

	if (read_packed(path, &b, e) == -1) {
		buf_clear(&b);
		return -1;
	}
	p = buf_str(&b);
	end = p + b.len;
	while (packed_next(&p, end, &l)) {
		char name[REFS_NAME_MAX + 2] = "";

		if (l.len <= n || memcmp(l.name, prefix, n) != 0)
			continue;
		/* one that is too long stays too long, one with NUL is none */
		l.len -= n;
		if (memchr(l.name + n, '\0', l.len) == NULL)
			memcpy(name, l.name + n,
			    l.len < sizeof(name) - 1 ? l.len
						     : sizeof(name) - 1);
		refs_add(r, name, l.oid);
	}
	buf_clear(&b);
	return 0;
}

static bool
is_lock(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".lock") == 0;
}

static void
list_entry(const char *dir, const char *name, struct refs *r)
{
	char oid[OID_HEX + 1] = "";
	struct err e;
	char *file;

	if (name[0] == '.' || is_lock(name))
		return;
	if (refs_is_name(name)) {
		file = fs_join(dir, name);
		/* gone since: it moved to packed-refs, read next */
		if (read_loose(file, oid, &e) == 0) {
			free(file);
			return;
		}
		free(file);
	}
	refs_add(r, name, oid);
}

int
refdir_check_way(const char *path, const char *prefix, struct err *e)
{
	char *way = fs_join(path, prefix);
	struct stat st;
	int rv = 0;

	for (char *p = way + strlen(path) + 1; rv == 0; p++) {
		char c = *p;

		if (c == '\0')
			break;
		if (c != '/')
			continue;
		*p = '\0';
		if (lstat(way, &st) == 0 && !S_ISDIR(st.st_mode))
			rv = err_set(e, ERR_UNTRUSTED,
			    _("'%s' is not a plain folder"), way);
		*p = c;
	}
	free(way);
	return rv;
}

int
refdir_list(const char *path, const char *prefix, struct refs *r, struct err *e)
{
	char *dir = fs_join(path, prefix);
	DIR *d = NULL;
	struct dirent *de;
	int rv = -1;

	if (refdir_check_way(path, prefix, e) == -1)
		goto out;
	d = opendir(dir);
	if (d == NULL && errno != ENOENT) {
		err_sys(e, _("cannot read folder '%s'"), dir);
		goto out;
	}
	while (d != NULL && (de = readdir(d)) != NULL)
		list_entry(dir, de->d_name, r);
	/* after the loose ones: git packs a ref first, then removes the file,
	 * so that one of the two is always seen */
	if (list_packed(path, prefix, r, e) == -1)
		goto out;
	refs_sort(r);
	rv = 0;
out:
	if (d != NULL)
		closedir(d);
	free(dir);
	return rv;
}

/* --- one ref ------------------------------------------------------------- */

static bool
is_ref(const struct line *l, const char *ref)
{
	return l->len == strlen(ref) && memcmp(l->name, ref, l->len) == 0;
}

static int
find_packed(const char *path, const char *ref, char *ret, struct err *e)
{
	struct buf b = BUF_INIT;
	struct line l;
	const char *p, *end;
	int rv = read_packed(path, &b, e);

	p = buf_str(&b);
	end = p + b.len;
	while (rv == 0 && packed_next(&p, end, &l)) {
		if (!is_ref(&l, ref))
			continue;
		memcpy(ret, l.oid, sizeof(l.oid));
		rv = 1;
	}
	buf_clear(&b);
	return rv;
}

int
refdir_find(const char *path, const char *ref, char *ret, struct err *e)
{
	char *file = fs_join(path, ref);
	int got = read_loose(file, ret, e);

	if (got == 0)
		got = find_packed(path, ref, ret, e);
	free(file);
	return got;
}

static void
copy_without(const char *p, const char *end, const char *ref, struct buf *out,
    bool *ret_there)
{
	bool skip = false;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *next = lf == NULL ? end : lf + 1;
		const char *from = p, *at = p;
		struct line l;

		/* what a tag was peeled to follows the tag */
		if (*from != '^')
			skip = packed_next(&at, next, &l) && is_ref(&l, ref);
		if (skip)
			*ret_there = true;
		else
			buf_add(out, from, (size_t)(next - from));
		p = next;
	}
}

int
refdir_packed_without(const char *path, const char *ref, struct buf *ret,
    bool *ret_there, struct err *e)
{
	struct buf b = BUF_INIT;
	bool there = false;
	int rv = read_packed(path, &b, e);

	if (rv == 0) {
		copy_without(
		    buf_str(&b), buf_str(&b) + b.len, ref, ret, &there);
		*ret_there = there;
	}
	buf_clear(&b);
	return rv;
}
