/* Which changes stand without a look at their own signature. */
#include "query.h"
#include "view.h"

#define UNCHECKED                                                              \
	" (EXISTS(SELECT 1 FROM unchecked u WHERE u.change = c.n)"             \
	" OR EXISTS(SELECT 1 FROM patch p WHERE p.change = c.n"                \
	"  AND p.part = -1))"

int
view_is_unchecked(struct store *s, const uint8_t change[static HASH_LEN],
    bool *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT" UNCHECKED " FROM change c"
		" WHERE substr(c.id, 1, 8) = substr(?1, 1, 8) AND c.id = ?1",
		e) == -1 ||
	    query_bind_blob(q, 1, change, HASH_LEN, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 && query_int(q, 0) != 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

int
view_unchecked(struct store *s, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT (SELECT count(*) FROM unchecked)"
		" + (SELECT count(*) FROM patch WHERE part = -1)",
		e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		*ret = query_int(q, 0);
out:
	query_close(q);
	return r == 1 ? 0 : -1;
}
