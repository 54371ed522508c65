/* A record as it was: the changes that touched it, its values after each. */
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "query.h"
#include "view.h"

/* --- what touched it ------------------------------------------------------- */

static const char history_sql[] =
    "SELECT c.n, c.id FROM change c JOIN"
    " (SELECT change AS n FROM record WHERE n = ?1"
    "  UNION SELECT change FROM write WHERE record = ?1"
    "  UNION SELECT v.change FROM record r JOIN version v"
    "   ON v.record = r.id WHERE r.n = ?1"
    "  UNION SELECT g.change FROM record r JOIN signature g"
    "   ON g.record = r.id WHERE r.n = ?1) h ON h.n = c.n"
    " ORDER BY c.t, c.id";

int
view_history(struct store *s, int64_t record, struct view_event **ret,
    size_t *ret_n, struct err *e)
{
	struct view_event *all = NULL;
	struct query *q = NULL;
	size_t n = 0, cap = 0, len;
	const void *id;
	int r = -1;

	if (query_open(s, &q, history_sql, e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		if (n == cap) {
			cap = cap * 2 + 16;
			all = mem_array(all, cap, sizeof(all[0]));
		}
		all[n] = (struct view_event){.n = query_int(q, 0)};
		id = query_blob(q, 1, &len);
		if (len == HASH_LEN)
			memcpy(all[n].id, id, HASH_LEN);
		n++;
	}
out:
	query_close(q);
	if (r == -1) {
		free(all);
		return -1;
	}
	*ret = all;
	*ret_n = n;
	return 0;
}

int
view_last_write(struct store *s, int64_t record, int64_t *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT c.n FROM write w JOIN change c ON c.n = w.change"
		" WHERE w.record = ?1 ORDER BY c.t DESC, c.id DESC LIMIT 1",
		e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r != -1)
		*ret = r == 1 ? query_int(q, 0) : 0;
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

/* --- what it said ---------------------------------------------------------- */

static int
set_value(void *arg, const struct view_write *w)
{
	json_t *values = arg;
	json_t *j = view_json(w->value);

	json_object_set_new(values, w->field, j != NULL ? j : json_null());
	return 0;
}

/* The rows of a field come newest first. */
static const char after_sql[] =
    "SELECT f.text, c.n FROM write w JOIN name f ON f.n = w.field"
    " JOIN change c ON c.n = w.change JOIN change u ON u.n = ?2"
    " WHERE w.record = ?1 AND w.flags & 1 AND (c.t, c.id) <= (u.t, u.id)"
    " ORDER BY f.text, c.t DESC, c.id DESC";

int
view_values_after(struct store *s, int64_t record, int64_t change, json_t **ret,
    struct err *e)
{
	json_t *values = json_object();
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, after_sql, e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1 ||
	    query_bind_int(q, 2, change, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		const char *field = query_text(q, 0);

		if (json_object_get(values, field) != NULL)
			continue;
		if (view_write_at(s, record, field, query_int(q, 1), set_value,
			values, e) == -1) {
			r = -1;
			break;
		}
	}
out:
	query_close(q);
	if (r == -1) {
		json_decref(values);
		return -1;
	}
	*ret = values;
	return 0;
}
