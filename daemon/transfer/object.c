#include "object.h"

#include <string.h>

#include "common/i18n.h"

#define ENTRY     "100644 changes"
#define SEALED    "100644 sealed"
#define KEYS      "100644 keys"
#define ENTRY_LEN (sizeof(ENTRY) + GIT_OID_RAWSZ)

struct cursor {
	const char *p;
	const char *end;
};

/* One header line "name value LF"; its value is not copied. */
static bool
header(struct cursor *c, const char *name, const char **ret, size_t *ret_len)
{
	size_t n = strlen(name);
	const char *lf;

	if ((size_t)(c->end - c->p) <= n || memcmp(c->p, name, n) != 0 ||
	    c->p[n] != ' ')
		return false;
	lf = memchr(c->p, '\n', (size_t)(c->end - c->p));
	if (lf == NULL)
		return false;
	*ret = c->p + n + 1;
	*ret_len = (size_t)(lf - *ret);
	c->p = lf + 1;
	return true;
}

static bool
header_oid(struct cursor *c, const char *name, git_oid *ret)
{
	char hex[OID_HEX + 1];
	const char *v;
	size_t n;

	if (!header(c, name, &v, &n) || n != OID_HEX)
		return false;
	memcpy(hex, v, OID_HEX);
	hex[OID_HEX] = '\0';
	return git_is_oid(hex) && git_oid_fromstr(ret, hex) == 0;
}

int
object_read_commit(const char *p, size_t n, struct commit *ret, struct err *e)
{
	struct cursor c = {p, p + n};
	struct commit found = {0};
	const char *v;
	size_t len;

	if (memchr(p, '\0', n) != NULL)
		return err_set(e, ERR_UNTRUSTED, _("a commit holds NUL"));
	if (!header_oid(&c, "tree", &found.tree))
		return err_set(e, ERR_UNTRUSTED, _("a commit names no tree"));
	found.has_parent = header_oid(&c, "parent", &found.parent);
	if (!header(&c, "author", &v, &len) ||
	    !header(&c, "committer", &v, &len) || c.p == c.end || *c.p != '\n')
		return err_set(e, ERR_UNTRUSTED,
		    _("a commit has headers that are not ours"));
	*ret = found;
	return 0;
}

static bool
starts(const char *p, size_t n, const char *name)
{
	size_t len = strlen(name) + 1;

	return n >= len && memcmp(p, name, len) == 0;
}

int
object_read_tree(const char *p, size_t n, git_oid *ret_blob, struct err *e)
{
	if (starts(p, n, SEALED) || starts(p, n, KEYS))
		return err_set(e, ERR_INPUT,
		    _("the log is sealed for a private coalition, which this "
		      "version cannot read"));
	if (n != ENTRY_LEN || !starts(p, n, ENTRY))
		return err_set(e, ERR_UNTRUSTED,
		    _("a tree holds something else than 'changes'"));
	git_oid_fromraw(ret_blob, (const unsigned char *)p + sizeof(ENTRY));
	return 0;
}

void
object_write_tree(const git_oid *blob, struct buf *b)
{
	buf_add(b, ENTRY, sizeof(ENTRY));
	buf_add(b, blob->id, GIT_OID_RAWSZ);
}

void
object_write_commit(const git_oid *tree, const git_oid *parent, int64_t t,
    const char *message, struct buf *b)
{
	char hex[OID_HEX + 1];
	size_t n = strlen(message);

	if (t < 0)
		t = 0;
	if (t > UINT32_MAX)
		t = UINT32_MAX;
	buf_printf(b, "tree %s\n", git_oid_tostr(hex, sizeof(hex), tree));
	if (parent != NULL)
		buf_printf(
		    b, "parent %s\n", git_oid_tostr(hex, sizeof(hex), parent));
	buf_printf(b,
	    "author mufakat <mufakat@localhost> %lld +0000\n"
	    "committer mufakat <mufakat@localhost> %lld +0000\n\n",
	    (long long)t, (long long)t);
	buf_adds(b, message);
	if (n == 0 || message[n - 1] != '\n')
		buf_addc(b, '\n');
}
