/* Commits and trees of git: what reads names objects that can be; what we
 * write reads back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/transfer/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A commit, with the input as its text. */
static void
check_commit(const char *s, size_t n, const git_oid *tree)
{
	char text[1024] = "";
	struct buf b = BUF_INIT;
	struct commit c;
	struct err e;

	memcpy(text, s, n < sizeof(text) ? n : sizeof(text) - 1);
	for (int i = 0; i < 2; i++) {
		buf_reset(&b);
		object_write_commit(
		    tree, i == 0 ? NULL : tree, (int64_t)n - 8, text, &b);
		if (object_read_commit(b.data, b.len, &c, &e) == -1 ||
		    !git_oid_equal(&c.tree, tree) || c.has_parent != (i == 1))
			abort();
	}
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const git_oid tree = {{7}};
	const char *s = (const char *)data;
	struct buf b = BUF_INIT;
	struct commit c;
	git_oid blob;
	struct err e;

	if (object_read_commit(s, size, &c, &e) == 0) {
		if (git_oid_is_zero(&c.tree) ||
		    (c.has_parent && git_oid_is_zero(&c.parent)) ||
		    memchr(s, '\0', size) != NULL)
			abort();
	} else if (e.code != ERR_UNTRUSTED) {
		abort();
	}
	if (object_read_tree(s, size, &blob, &e) == 0) {
		object_write_tree(&blob, &b);
		if (b.len != size || memcmp(b.data, s, size) != 0)
			abort();
		buf_clear(&b);
	}
	check_commit(s, size, &tree);
	return 0;
}
