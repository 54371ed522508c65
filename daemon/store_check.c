/* Is an open database ours, and whole? */
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "query.h"
#include "store.h"
#include "store_db.h"

/* What is stored in sqlite_schema, in an order of its own. */
static const char objects[] =
    "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema"
    " WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name, type";

static int
refuse(struct query *q, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    _("the database holds %s %s '%.60s': stop and run 'mufakatd "
	      "--rebuild', which keeps the changes and makes the rest anew"),
	    what, query_text(q, 0), query_text(q, 1));
}

static int
compare(struct query *have, struct query *want, struct err *e)
{
	int a, b;

	for (;;) {
		int d;

		a = query_step(have, e);
		b = a == -1 ? -1 : query_step(want, e);
		if (a == -1 || b == -1)
			return -1;
		if (a == 0 && b == 0)
			return 0;
		d = a == 0   ? 1
		    : b == 0 ? -1
			     : strcmp(query_text(have, 1), query_text(want, 1));
		if (d > 0)
			return refuse(want, _("no"), e);
		if (d < 0)
			return refuse(have, _("an unknown"), e);
		for (int i = 0; i < 4; i++)
			if (strcmp(query_text(have, i), query_text(want, i)) !=
			    0)
				return refuse(have, _("a changed"), e);
	}
}

int
store_check_schema(struct store *s, struct err *e)
{
	struct store *pattern = NULL;
	struct query *have = NULL, *want = NULL;
	int rv = -1;

	if (store_open_pattern(&pattern, e) == -1 ||
	    query_open(s, &have, objects, e) == -1 ||
	    query_open(pattern, &want, objects, e) == -1)
		goto out;
	rv = compare(have, want, e);
out:
	query_close(have);
	query_close(want);
	store_close(pattern);
	return rv;
}

int
store_check_pages(struct store *s, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q, "PRAGMA quick_check(1)", e) == -1)
		goto out;
	if (query_step(q, e) != 1)
		goto out;
	if (strcmp(query_text(q, 0), "ok") != 0) {
		err_set(e, ERR_CORRUPT,
		    _("the database is damaged (%.100s): stop and run "
		      "'mufakatd --rebuild', which saves what can be read"),
		    query_text(q, 0));
		goto out;
	}
	rv = 0;
out:
	query_close(q);
	return rv;
}
