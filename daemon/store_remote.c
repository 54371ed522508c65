#include "remote.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "query.h"
#include "store.h"
#include "store_remote.h"

#define NAME_MAX_CHARS  64
#define ERROR_MAX_BYTES 256

#define COLUMNS                                                                \
	"SELECT n, name, url, proven, tried, failures, error FROM remote "

/* --- transactions --------------------------------------------------------- */

int
remote_begin(struct store *s, bool *ret_own, struct err *e)
{
	if (store_in_transaction(s)) {
		*ret_own = false;
		return 0;
	}
	if (store_begin(s, e) == -1)
		return -1;
	*ret_own = true;
	return 0;
}

int
remote_end(struct store *s, bool own, int rv, struct err *e)
{
	if (!own)
		return rv;
	if (rv == 0)
		return store_commit(s, e);
	store_rollback(s);
	return rv;
}

/* --- remotes -------------------------------------------------------------- */

/* A name goes into ref names and messages. */
static int
check_name(const char *name, struct err *e)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_CHARS || strspn(name, ok) != n ||
	    strchr("._-", name[0]) != NULL || name[n - 1] == '.' ||
	    strstr(name, "..") != NULL ||
	    (n > 5 && strcmp(name + n - 5, ".lock") == 0))
		return err_set(e, ERR_INPUT,
		    _("'%.64s' cannot be the name of a remote: use 1 to %d "
		      "letters, digits and - _ . as in 'hub'"),
		    name, NAME_MAX_CHARS);
	return 0;
}

static char *
copy(const char *s)
{
	return s != NULL ? mem_strdup(s) : NULL;
}

static void
read_row(struct query *q, struct remote *r)
{
	r->n = query_int(q, 0);
	r->name = mem_strdup(query_text(q, 1));
	r->url = mem_strdup(query_text(q, 2));
	r->proven_ms = query_int(q, 3);
	r->tried_ms = query_int(q, 4);
	r->failures = query_int(q, 5);
	r->error = copy(query_text(q, 6));
}

void
remote_clear(struct remote *r)
{
	free(r->name);
	free(r->url);
	free(r->error);
	memset(r, 0, sizeof(*r));
}

/* By name, letter case aside.  Returns 1, 0 if there is none, -1. */
static int
look_up(struct store *s, const char *name, struct remote *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, COLUMNS "WHERE name = ?1 COLLATE NOCASE", e) ==
		-1 ||
	    query_bind_text(q, 1, name, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == 1)
		read_row(q, ret);
out:
	query_close(q);
	return r;
}

static int
insert(struct store *s, const char *name, const char *url, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q, "INSERT INTO remote(name, url) VALUES(?1, ?2)",
		e) == -1 ||
	    query_bind_text(q, 1, name, e) == -1 ||
	    query_bind_text(q, 2, url, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
remote_add(struct store *s, const char *name, const char *url, struct err *e)
{
	struct remote r = {0};
	int found;

	if (check_name(name, e) == -1 || remote_check_url(url, e) == -1)
		return -1;
	found = look_up(s, name, &r, e);
	if (found == 1)
		err_set(e, ERR_CONFLICT,
		    _("there is a remote '%s' already: change it with 'mufakat "
		      "remote set-url %s URL', or take another name"),
		    r.name, r.name);
	remote_clear(&r);
	return found == 0 ? insert(s, name, url, e) : -1;
}

/* "hub, stick" */
static int
list_names(struct store *s, struct buf *b, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, "SELECT name FROM remote ORDER BY name", e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		buf_printf(b, "%s%s", b->len > 0 ? ", " : "", query_text(q, 0));
out:
	query_close(q);
	return r;
}

int
remote_find(
    struct store *s, const char *name, struct remote *ret, struct err *e)
{
	struct remote r = {0};
	struct buf names = BUF_INIT;
	int found = look_up(s, name, &r, e);

	if (found == 1)
		*ret = r;
	else if (found == 0 && list_names(s, &names, e) == 0) {
		if (names.len > 0)
			err_set(e, ERR_NOTFOUND,
			    _("no remote '%.64s': there are %s"), name,
			    names.data);
		else
			err_set(e, ERR_NOTFOUND,
			    _("no remote '%.64s': add one with 'mufakat remote "
			      "add %.64s URL'"),
			    name, name);
	}
	buf_clear(&names);
	return found == 1 ? 0 : -1;
}

/* Its tail, and what is kept back: see sync_push.h and sync_hold.h. */
static int
forget_settings(struct store *s, int64_t remote, struct err *e)
{
	return query_do(s,
	    "DELETE FROM setting WHERE name = 'tail.' || ?1"
	    " OR name GLOB 'hold.' || ?1 || '.*'"
	    " OR name GLOB 'back.' || ?1 || '.*'",
	    &remote, 1, e);
}

/* What was learnt of a repository says nothing about another one. */
static int
forget_all(struct store *s, int64_t remote, struct err *e)
{
	if (forget_settings(s, remote, e) == -1 ||
	    query_do(s, "DELETE FROM remote_ref WHERE remote = ?1", &remote, 1,
		e) == -1 ||
	    query_do(s, "DELETE FROM remote_log WHERE remote = ?1", &remote, 1,
		e) == -1 ||
	    query_do(s, "DELETE FROM remote_has WHERE remote = ?1", &remote, 1,
		e) == -1)
		return -1;
	return 0;
}

static int
update_url(struct store *s, int64_t remote, const char *url, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (forget_all(s, remote, e) == -1 ||
	    query_open(s, &q,
		"UPDATE remote SET url = ?2, proven = 0, tried = 0,"
		" failures = 0, error = NULL WHERE n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_text(q, 2, url, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
remote_set_url(
    struct store *s, const char *name, const char *url, struct err *e)
{
	struct remote r = {0};
	bool own = false;
	int rv = -1;

	if (remote_check_url(url, e) == -1 || remote_find(s, name, &r, e) == -1)
		return -1;
	if (strcmp(r.url, url) == 0)
		rv = 0;
	else if (remote_begin(s, &own, e) == 0)
		rv = remote_end(s, own, update_url(s, r.n, url, e), e);
	remote_clear(&r);
	return rv;
}

int
remote_remove(struct store *s, const char *name, struct err *e)
{
	struct remote r = {0};
	bool own = false;
	int rv;

	if (remote_find(s, name, &r, e) == -1)
		return -1;
	rv = remote_begin(s, &own, e);
	if (rv == 0) {
		rv = forget_all(s, r.n, e);
		if (rv == 0)
			rv = query_do(s,
			    "DELETE FROM setting WHERE name = 'create.' || ?1",
			    &r.n, 1, e);
		if (rv == 0)
			rv = query_do(
			    s, "DELETE FROM remote WHERE n = ?1", &r.n, 1, e);
		rv = remote_end(s, own, rv, e);
	}
	remote_clear(&r);
	return rv;
}

/* All rows are read before the first call, so that fn may change them. */
int
remote_each(struct store *s, int (*fn)(void *arg, const struct remote *r),
    void *arg, struct err *e)
{
	struct query *q = NULL;
	struct remote *all = NULL;
	size_t n = 0;
	int r = -1;

	if (query_open(s, &q, COLUMNS "ORDER BY n", e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		all = mem_array(all, n + 1, sizeof(all[0]));
		read_row(q, &all[n++]);
	}
	query_close(q);
	q = NULL;
	for (size_t i = 0; i < n && r == 0; i++)
		r = fn(arg, &all[i]);
out:
	query_close(q);
	for (size_t i = 0; i < n; i++)
		remote_clear(&all[i]);
	free(all);
	return r;
}

/* At most what a struct err holds, no character split. */
static char *
cut_error(const char *error)
{
	size_t n;

	if (error == NULL)
		return NULL;
	n = strnlen(error, ERROR_MAX_BYTES + 1);
	if (n > ERROR_MAX_BYTES) {
		n = ERROR_MAX_BYTES;
		while (n > 0 && ((unsigned char)error[n] & 0xc0) == 0x80)
			n--;
	}
	return mem_strndup(error, n);
}

int
remote_note(struct store *s, int64_t remote, int64_t now_ms, bool proven,
    const char *error, struct err *e)
{
	struct query *q = NULL;
	char *cut = cut_error(error);
	int rv = -1;

	if (query_open(s, &q,
		"UPDATE remote SET tried = ?2,"
		" proven = CASE WHEN ?3 THEN ?2 ELSE proven END,"
		" failures = CASE WHEN ?4 IS NULL THEN 0 ELSE failures + 1 END,"
		" error = ?4 WHERE n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_int(q, 2, now_ms, e) == -1 ||
	    query_bind_int(q, 3, proven, e) == -1 ||
	    (cut != NULL && query_bind_text(q, 4, cut, e) == -1) ||
	    (cut == NULL && query_bind_null(q, 4, e) == -1) ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	free(cut);
	return rv;
}

/* --- refs ----------------------------------------------------------------- */

int
remote_refs(struct store *s, int64_t remote, json_t **ret, struct err *e)
{
	struct query *q = NULL;
	json_t *refs = json_object();
	int r = -1;

	if (query_open(s, &q,
		"SELECT ref, oid FROM remote_ref WHERE remote = ?1", e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1)
		json_object_set_new(
		    refs, query_text(q, 0), json_string(query_text(q, 1)));
	if (r == 0) {
		*ret = refs;
		refs = NULL;
	}
out:
	query_close(q);
	json_decref(refs);
	return r;
}

int
remote_set_ref(struct store *s, int64_t remote, const char *ref,
    const char *oid, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		oid != NULL
		    ? "INSERT OR REPLACE INTO remote_ref(remote, ref, oid)"
		      " VALUES(?1, ?2, ?3)"
		    : "DELETE FROM remote_ref WHERE remote = ?1 AND ref = ?2",
		e) == -1 ||
	    query_bind_int(q, 1, remote, e) == -1 ||
	    query_bind_text(q, 2, ref, e) == -1 ||
	    (oid != NULL && query_bind_text(q, 3, oid, e) == -1) ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
remote_read_again(
    struct store *s, const uint8_t key[static KEY_LEN], struct err *e)
{
	struct query *q = NULL;
	char name[KEY_SIZE];
	int rv = -1;

	ident_key(key, name);
	name[ID_CHARS] = '\0'; /* as refs begin */
	if (query_open(s, &q,
		"DELETE FROM remote_ref WHERE substr(ref, 1, 26) = ?1",
		e) == -1 ||
	    query_bind_text(q, 1, name, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}
