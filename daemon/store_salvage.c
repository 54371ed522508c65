#include "store_salvage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/change.h"
#include "common/fs.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/segment.h"
#include "common/text.h"
#include "log_read.h"
#include "query.h"
#include "remote.h"
#include "store.h"
#include "store_db.h"

#define SLICE (512 * 1024)
/* A page holds fewer changes than that; behind so many that do not read there
 * is nothing more. */
#define GAP_MAX 100000

struct salvage {
	struct store *s;
	int64_t n;    /* the last change that was looked at */
	int64_t last; /* the newest there should be; 0: not known */
	int64_t lost;
	uint8_t previous[HASH_LEN]; /* of the blob at hand */
	int64_t log;                /* that it belongs to; 0: none */
};

/* --- opening --------------------------------------------------------------- */

static int
hopeless(struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    _("nothing can be read of the database: put a backup in place "
	      "with 'mufakatd --restore FILE'"));
}

static int
check_marks(struct salvage *x, struct err *e)
{
	int64_t app = 0, version = 0;

	if (store_number(x->s, "PRAGMA application_id", &app, e) == -1 ||
	    store_number(x->s, "PRAGMA user_version", &version, e) == -1 ||
	    app != STORE_APPLICATION)
		return hopeless(e);
	if (version > STORE_SCHEMA)
		return err_set(e, ERR_INPUT,
		    _("the database was made by a newer mufakatd (%lld): use "
		      "that one"),
		    (long long)version);
	return 0;
}

/* The page that holds the newest change may be a bad one. */
static void
find_last(struct salvage *x)
{
	struct err ignored;
	int64_t n = 0;

	if (store_number(x->s, "SELECT max(n) FROM change", &n, &ignored) == 0)
		x->last = n;
	else if (store_number(
		     x->s, "SELECT max(last) FROM log", &n, &ignored) == 0)
		x->last = n;
}

int
salvage_open(const char *home, struct salvage **ret, struct err *e)
{
	struct salvage *x = mem_zalloc(sizeof(*x));
	char *path = fs_join(home, "mufakat.db");
	int rv = -1;

	if (access(path, F_OK) == -1) {
		err_sys(e, _("cannot open '%s'"), path);
		goto out;
	}
	if (store_open_file(path, &x->s, e) == -1) {
		hopeless(e);
		goto out;
	}
	if (check_marks(x, e) == -1)
		goto out;
	find_last(x);
	*ret = x;
	x = NULL;
	rv = 0;
out:
	salvage_close(x);
	free(path);
	return rv;
}

void
salvage_close(struct salvage *x)
{
	if (x == NULL)
		return;
	store_close(x->s);
	free(x);
}

int64_t
salvage_lost(const struct salvage *x)
{
	return x->lost;
}

/* --- settings -------------------------------------------------------------- */

static int
copy_setting(
    struct salvage *x, struct store *to, const char *name, struct err *e)
{
	char *value = NULL;
	int rv = store_setting(x->s, name, &value, e);

	if (rv == 0 && value != NULL)
		rv = store_set_setting(to, name, value, e);
	free(value);
	return rv;
}

struct copy {
	struct store *to;
	struct err *e;
};

static int
copy_remote(void *arg, const struct remote *r)
{
	struct copy *c = arg;

	return remote_add(c->to, r->name, r->url, c->e);
}

int
salvage_settings(struct salvage *x, struct store *to, struct err *e)
{
	struct copy c = {to, e};
	struct err ignored;

	if (copy_setting(x, to, "coalition", e) == -1)
		return hopeless(e);
	/* what is lost of the rest can be given again */
	copy_setting(x, to, "confirmed", &ignored);
	c.e = &ignored;
	remote_each(x->s, copy_remote, &c, &ignored);
	return 0;
}

/* --- changes --------------------------------------------------------------- */

static void
begin_segment(const struct change_place *at, struct buf *blob)
{
	char w[HEX_SIZE], key[KEY_SIZE], id[HEX_SIZE];

	text_hex(at->coalition, HASH_LEN, w);
	text_b32(at->key, KEY_LEN, key);
	buf_printf(blob, "mufakat 1\t%s\t%s\t", w, key);
	for (size_t i = 0; i < at->nprevious; i++) {
		text_hex(at->previous[i], HASH_LEN, id);
		buf_printf(blob, "%s%s", i > 0 ? " " : "", id);
	}
	buf_addc(blob, '\n');
}

static void
add(struct salvage *x, const struct log_entry *l, struct buf *blob)
{
	bool follows = x->log == l->log && l->place.nprevious == 1 &&
		       memcmp(l->place.previous[0], x->previous, HASH_LEN) == 0;

	if (!follows)
		begin_segment(&l->place, blob);
	buf_add(blob, l->line.data, l->line.len);
	buf_addc(blob, '\n');
	x->log = l->log;
	memcpy(x->previous, l->id, HASH_LEN);
}

/* The number of the next change; one that does not read is the next number:
 * the pages behind a bad one can be reached by their numbers. */
static int64_t
next_number(struct salvage *x)
{
	struct query *q = NULL;
	struct err ignored;
	int64_t n = x->n + 1;
	int r = -1;

	if (query_open(x->s, &q,
		"SELECT n FROM change WHERE n > ?1 ORDER BY n LIMIT 1",
		&ignored) == 0 &&
	    query_bind_int(q, 1, x->n, &ignored) == 0)
		r = query_step(q, &ignored);
	if (r == 1)
		n = query_int(q, 0);
	else if (r == 0)
		n = 0;
	query_close(q);
	return n;
}

int
salvage_next(struct salvage *x, struct buf *blob, struct err *e)
{
	size_t start = blob->len;
	int64_t gap = 0;

	x->log = 0;
	while (blob->len - start < SLICE && gap < GAP_MAX) {
		struct log_entry l;
		int64_t n = next_number(x);

		if (n == 0 || (x->last > 0 && n > x->last))
			break;
		x->n = n;
		if (log_get(x->s, n, &l, e) == -1) {
			gap++;
			/* of what is not known to be there, none was lost */
			x->lost += x->last > 0;
			x->log = 0;
			continue;
		}
		gap = 0;
		add(x, &l, blob);
		log_entry_clear(&l);
	}
	return blob->len > start ? 1 : 0;
}

/* --- when logs were heard ---------------------------------------------------- */

static int
set_heard(struct store *to, const void *key, int64_t heard, struct err *e)
{
	struct query *q = NULL;
	int rv = -1;

	if (query_open(to, &q, "UPDATE log SET heard = ?2 WHERE key = ?1", e) ==
		-1 ||
	    query_bind_blob(q, 1, key, KEY_LEN, e) == -1 ||
	    query_bind_int(q, 2, heard, e) == -1 || query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
salvage_heard(struct salvage *x, struct store *to, struct err *e)
{
	struct query *q = NULL;
	struct err ignored;
	int rv = 0;

	if (query_open(x->s, &q, "SELECT key, heard FROM log", &ignored) == -1)
		goto out;
	while (rv == 0 && query_step(q, &ignored) == 1) {
		size_t n;
		const void *key = query_blob(q, 0, &n);

		if (n == KEY_LEN)
			rv = set_heard(to, key, query_int(q, 1), e);
	}
out:
	query_close(q);
	return rv;
}
