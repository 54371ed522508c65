#include "store_search.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/jscan.h"
#include "common/mem.h"
#include "common/types.h"
#include "query.h"
#include "store.h"
#include "store_db.h"
#include "store_words.h"

/* Grows when what is indexed changes in a way that search_rule() does not
 * see by itself. */
#define SEARCH_RULE 1

/* --- the tokenizer -------------------------------------------------------- */

struct relay {
	void *arg;
	int (*token)(void *, int, const char *, int, int, int);
};

static int
pass_token(void *arg, const struct words_token *t)
{
	const struct relay *r = arg;

	return r->token(r->arg, t->in_place ? FTS5_TOKEN_COLOCATED : 0, t->s,
	    (int)t->n, (int)t->start, (int)t->end);
}

static int
tokenize(Fts5Tokenizer *tokenizer, void *arg, int flags, const char *text,
    int n, int (*token)(void *, int, const char *, int, int, int))
{
	struct relay r = {arg, token};

	(void)tokenizer;
	if (text == NULL || n <= 0)
		return SQLITE_OK;
	return words_each(text, (size_t)n, (flags & FTS5_TOKENIZE_QUERY) != 0,
	    pass_token, &r);
}

static int
create(void *context, const char **args, int nargs, Fts5Tokenizer **ret)
{
	static char nothing; /* it has no state, but NULL would mean failure */

	(void)context;
	(void)args;
	if (nargs != 0)
		return SQLITE_ERROR;
	*ret = (Fts5Tokenizer *)&nothing;
	return SQLITE_OK;
}

static void
destroy(Fts5Tokenizer *tokenizer)
{
	(void)tokenizer;
}

/* As the documentation of FTS5 has it: the API comes through a pointer. */
static fts5_api *
find_api(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &q, NULL) ==
	    SQLITE_OK) {
		sqlite3_bind_pointer(q, 1, &api, "fts5_api_ptr", NULL);
		sqlite3_step(q);
	}
	sqlite3_finalize(q);
	return api;
}

int
store_search_setup(struct store *s, struct err *e)
{
	fts5_tokenizer methods = {create, destroy, tokenize};
	fts5_api *api = find_api(store_db(s));

	if (api == NULL || api->iVersion < 2)
		return err_set(
		    e, ERR_SYSTEM, _("SQLite has no full text search (FTS5)"));
	if (api->xCreateTokenizer(api, "mufakat", NULL, &methods, NULL) !=
	    SQLITE_OK)
		return err_set(e, ERR_SYSTEM, _("cannot set up search: %s"),
		    sqlite3_errmsg(store_db(s)));
	return 0;
}

/* --- the text of a record ------------------------------------------------- */

/* Text for people, not words, dates and ids.  A field that we do not know
 * counts as text, so that it is found before the program learns of it. */
static bool
is_searched(const char *type, const char *field)
{
	const struct type *t = type_find(type);
	const struct field *f = t != NULL ? type_field(t, field) : NULL;

	return f == NULL || f->kind == FIELD_LINE || f->kind == FIELD_TEXT;
}

/* Appends the string that a value's JSON text holds; others have no text. */
static void
add_value(struct buf *b, const char *value)
{
	size_t n = strlen(value);
	struct err ignored;
	json_t *j;

	if (n < 2 || value[0] != '"')
		return;
	if (memchr(value, '\\', n) == NULL) {
		buf_add(b, value + 1, n - 2);
	} else {
		if (json_read_value(value, n, &j, &ignored) == -1)
			return;
		buf_add(b, json_string_value(j), json_string_length(j));
		json_decref(j);
	}
	buf_addc(b, '\n');
}

int
store_search_text(struct store *s, int64_t record, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	size_t start = b->len;
	int r = -1;

	if (query_open(s, &q,
		"SELECT t.text, f.text, w.value FROM write w"
		" JOIN record r ON r.n = w.record"
		" JOIN name t ON t.n = r.type JOIN name f ON f.n = w.field"
		" WHERE w.record = ?1 AND w.flags & 4 AND w.value IS NOT NULL"
		" ORDER BY w.field",
		e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1 && b->len - start < SEARCH_TEXT_MAX)
		if (is_searched(query_text(q, 0), query_text(q, 1)))
			add_value(b, query_text(q, 2));
	if (b->len - start > SEARCH_TEXT_MAX) {
		b->len = start + SEARCH_TEXT_MAX;
		b->data[b->len] = '\0';
	}
out:
	query_close(q);
	return r == -1 ? -1 : 0;
}

/* --- keeping the index up to date ----------------------------------------- */

static int
is_touched(struct store *s, int64_t record, bool *ret, struct err *e)
{
	return query_has(
	    s, "SELECT 1 FROM unindexed WHERE record = ?1", &record, 1, ret, e);
}

static int
note(struct store *s, int64_t record, const struct buf *old, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT INTO unindexed(record, old) VALUES(?1, ?2)", e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1 ||
	    (old->len > 0 && query_bind_text(q, 2, buf_str(old), e) == -1) ||
	    (old->len == 0 && query_bind_null(q, 2, e) == -1) ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
store_search_new(struct store *s, int64_t record, struct err *e)
{
	return note(s, record, &(struct buf)BUF_INIT, e);
}

int
store_search_touch(struct store *s, int64_t record, struct err *e)
{
	struct buf old = BUF_INIT;
	bool touched = false;
	int rv = -1;

	if (is_touched(s, record, &touched, e) == -1 ||
	    (!touched && (store_search_text(s, record, &old, e) == -1 ||
			     note(s, record, &old, e) == -1)))
		goto out;
	rv = 0;
out:
	buf_clear(&old);
	return rv;
}

static int
run(struct store *s, const char *sql, struct err *e)
{
	struct query *q = NULL;
	int rv = query_open(s, &q, sql, e);

	if (rv == 0)
		rv = query_run(q, e);
	query_close(q);
	return rv;
}

/* Puts a text into the index, or takes it out, by one of two statements. */
static int
change_entry(struct store *s, const char *sql, int64_t record,
    const struct buf *text, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (text->len == 0)
		return 0;
	if (query_open(s, &q, sql, e) == -1 ||
	    query_bind_int(q, 1, record, e) == -1 ||
	    query_bind_text(q, 2, buf_str(text), e) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

static int
forget_note(struct store *s, int64_t record, struct err *e)
{
	return query_do(
	    s, "DELETE FROM unindexed WHERE record = ?1", &record, 1, e);
}

static int
index_record(
    struct store *s, int64_t record, const struct buf *old, struct err *e)
{
	struct buf text = BUF_INIT;
	int rv = -1;

	if (store_search_text(s, record, &text, e) == -1)
		goto out;
	if ((text.len != old->len ||
		memcmp(buf_str(&text), buf_str(old), text.len) != 0) &&
	    (change_entry(s,
		 "INSERT INTO search(search, rowid, text)"
		 " VALUES('delete', ?1, ?2)",
		 record, old, e) == -1 ||
		change_entry(s,
		    "INSERT INTO search(rowid, text) VALUES(?1, ?2)", record,
		    &text, e) == -1))
		goto out;
	rv = forget_note(s, record, e);
out:
	buf_clear(&text);
	return rv;
}

/* The next record that is out of date.  Returns 1, 0 if there is none. */
static int
next_touched(struct store *s, int64_t *ret, struct buf *old, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT record, old FROM unindexed ORDER BY record LIMIT 1",
		e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1) {
		*ret = query_int(q, 0);
		if (!query_is_null(q, 1))
			buf_adds(old, query_text(q, 1));
	}
out:
	query_close(q);
	return r;
}

/* All that decides which tokens a record gives, as a short text. */
static char *
search_rule(void)
{
	uint64_t h = 14695981039346656037u;

	for (const struct type *t = types_table; t->name != NULL; t++)
		for (const struct field *f = t->fields; f->name != NULL; f++) {
			char *s = mem_printf("%s.%s=%d", t->name, f->name,
			    is_searched(t->name, f->name));

			for (const char *p = s; *p != '\0'; p++)
				h = (h ^ (unsigned char)*p) * 1099511628211u;
			free(s);
		}
	return mem_printf("%d %s %016" PRIx64, SEARCH_RULE, words_version(), h);
}

/* An index made by another rule cannot be mended entry by entry: the tokens
 * of its old texts are not known any more. */
static int
check_rule(struct store *s, struct err *e)
{
	char *want = search_rule();
	char *have = NULL;
	int rv = -1;

	if (store_setting(s, "search_rule", &have, e) == -1)
		goto out;
	if ((have == NULL || strcmp(have, want) != 0) &&
	    (store_search_clear(s, e) == -1 ||
		run(s, "INSERT INTO unindexed(record) SELECT n FROM record",
		    e) == -1 ||
		store_set_setting(s, "search_rule", want, e) == -1))
		goto out;
	rv = 0;
out:
	free(have);
	free(want);
	return rv;
}

int
store_search_index(
    struct store *s, int64_t limit, bool *ret_more, struct err *e)
{
	struct buf old = BUF_INIT;
	int64_t record = 0;
	int r = 1;

	if (check_rule(s, e) == -1)
		return -1;
	for (int64_t i = 0; i < limit && r == 1; i++) {
		buf_reset(&old);
		r = next_touched(s, &record, &old, e);
		if (r == 1 && index_record(s, record, &old, e) == -1)
			r = -1;
	}
	if (r == 1) {
		buf_reset(&old);
		r = next_touched(s, &record, &old, e);
	}
	if (r != -1)
		*ret_more = r == 1;
	buf_clear(&old);
	return r == -1 ? -1 : 0;
}

/* --- what was erased ------------------------------------------------------- */

#define PURGE "search_purge" /* "begin", "go on", or nothing to do */

int
store_search_erased(struct store *s, struct err *e)
{
	return store_set_setting(s, PURGE, "begin", e);
}

int
store_search_is_pure(struct store *s, bool *ret, struct err *e)
{
	char *value = NULL;

	if (store_setting(s, PURGE, &value, e) == -1)
		return -1;
	*ret = value == NULL || *value == '\0';
	free(value);
	return 0;
}

/* A negative number begins to merge all into one segment, positive ones go
 * on; a merge that changes less than two rows had nothing to do (SQLite FTS5,
 * "The merge command").  secure_delete wipes the pages that are given up. */
static int
merge(struct store *s, int64_t pages, bool *ret_more, struct err *e)
{
	const int before = sqlite3_total_changes(store_db(s));

	if (query_do(s, "INSERT INTO search(search, rank) VALUES('merge', ?1)",
		&pages, 1, e) == -1)
		return -1;
	*ret_more = sqlite3_total_changes(store_db(s)) - before >= 2;
	return 0;
}

int
store_search_purge(
    struct store *s, int64_t pages, bool *ret_more, struct err *e)
{
	char *value = NULL;
	bool begins, more;
	int rv = -1;

	if (store_setting(s, PURGE, &value, e) == -1)
		goto out;
	begins = value != NULL && strcmp(value, "begin") == 0;
	if (merge(s, begins ? -pages : pages, &more, e) == -1 ||
	    ((begins || !more) &&
		store_set_setting(s, PURGE, more ? "go on" : "", e) == -1))
		goto out;
	*ret_more = more;
	rv = 0;
out:
	free(value);
	return rv;
}

int
store_search_clear(struct store *s, struct err *e)
{
	if (run(s, "INSERT INTO search(search) VALUES('delete-all')", e) ==
		-1 ||
	    run(s, "DELETE FROM unindexed", e) == -1)
		return -1;
	return 0;
}
