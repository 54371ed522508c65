/*
 * viewed: a small office, written row by row, and what a view says of it.
 */
#ifndef TESTS_VIEWED_H
#define TESTS_VIEWED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "rows.h"

#include "common/buf.h"
#include "daemon/store_flags.h"
#include "daemon/store_search.h"
#include "daemon/view.h"

/* A small office: changes 1 to 9 of logs 1 and 2, t = 100 n. */
static inline void
office(struct rows *r)
{
	rows_open(r);
	rows_log(r, 1);
	rows_log(r, 2);
	for (int64_t n = 1; n <= 9; n++)
		rows_change(r, n, 1 + n % 2, 100 * n, LOG_AUTHENTIC);
}

static inline void
write_row(struct rows *r, int64_t record, const char *field, int64_t change,
    int64_t flags, const char *value)
{
	struct query *q = NULL;
	struct err e = {0};

	OK(query_open(r->s, &q,
	    "INSERT INTO write(record, field, change, flags, value)"
	    " VALUES(?1, ?2, ?3, ?4, ?5)",
	    &e));
	OK(query_bind_int(q, 1, record, &e));
	OK(query_bind_int(q, 2, rows_name(r, field), &e));
	OK(query_bind_int(q, 3, change, &e));
	OK(query_bind_int(q, 4, flags, &e));
	OK(value != NULL ? query_bind_text(q, 5, value, &e)
			 : query_bind_null(q, 5, &e));
	OK(query_run(q, &e));
	query_close(q);
}

static inline char *
dump(const json_t *j)
{
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
}

/* Compares JSON with its text, keys sorted; takes the reference. */
static inline void
json_is(json_t *j, const char *want)
{
	char *have = dump(j);

	assert_string_equal(have, want);
	free(have);
	json_decref(j);
}

/* aa to ee: recommendations, cc deleted; ff: a comment. */
static inline void
some_records(struct rows *r)
{
	static const char *const ids[] = {"aa", "bb", "cc", "dd", "ee", "ff"};

	office(r);
	for (int64_t n = 1; n <= 6; n++)
		rows_record(
		    r, n, ids[n - 1], n == 6 ? "comment" : "recommendation");
	rows_run(
	    r, "UPDATE record SET flags = 1 WHERE n = ?1", 3, 0, NULL, NULL);
	rows_show(r, 1, "section", "\"regional\"");
	rows_show(r, 2, "section", "\"national\"");
	rows_show(r, 3, "section", "\"national\"");
	rows_show(r, 4, "section", "\"national\"");
	rows_show(r, 1, "addressees", "[\"x1\",\"x2\"]");
	rows_show(r, 4, "addressees", "[\"x2\"]");
	rows_show(r, 5, "order", "12");
	rows_show(r, 5, "text", "null");
	rows_show(r, 4, "tags/wages", "true");
	rows_show(r, 6, "text", "\"it's 100% \\\"quoted\\\"\"");
}

#endif
