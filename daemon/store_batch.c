#include "store_batch.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "query.h"
#include "store.h"
#include "store_db.h"
#include "store_log.h"

#define LEVEL      1           /* of zstd: the log is written far more often */
#define SINGLE_MAX (16 * 1024) /* a line that is kept as it is for a while */
#define RAW_MAX    (2 * 1024 * 1024) /* no batch is larger once unpacked */

struct batches {
	/* the batch that is being filled */
	struct buf lines;
	int64_t number; /* 0: not begun */
	size_t count;
	int64_t owner;
	/* the batch that was read last */
	struct buf read;
	int64_t read_number; /* 0: none */
	struct buf packed;   /* scratch */
	ZSTD_CCtx *packer;
	ZSTD_DCtx *unpacker;
};

struct batches *
batches_new(void)
{
	return mem_zalloc(sizeof(struct batches));
}

static void
clear(struct batches *b)
{
	ZSTD_freeCCtx(b->packer);
	ZSTD_freeDCtx(b->unpacker);
	buf_clear(&b->lines);
	buf_clear(&b->read);
	buf_clear(&b->packed);
}

void
batches_free(struct batches *b)
{
	if (b == NULL)
		return;
	clear(b);
	free(b);
}

void
batches_drop(struct batches *b)
{
	buf_reset(&b->lines);
	b->number = 0;
	b->count = 0;
	b->read_number = 0;
}

void
batches_trim(struct batches *b)
{
	if (b->count > 0)
		return;
	clear(b);
	*b = (struct batches){0};
}

/* --- packing --------------------------------------------------------------- */

/* Leaves in b->packed what is smaller than the lines; false if nothing is. */
static bool
pack(struct batches *b, const char *p, size_t n)
{
	size_t room = ZSTD_compressBound(n);
	size_t len;

	if (b->packer == NULL)
		b->packer = ZSTD_createCCtx();
	if (b->packer == NULL)
		mem_exhausted();
	buf_reset(&b->packed);
	buf_reserve(&b->packed, room);
	len = ZSTD_compressCCtx(b->packer, b->packed.data, room, p, n, LEVEL);
	if (ZSTD_isError(len) || len >= n)
		return false;
	b->packed.len = len;
	return true;
}

static int
damaged(int64_t batch, struct err *e)
{
	return err_set(e, ERR_CORRUPT,
	    _("batch %lld of the log is damaged: stop and run 'mufakatd "
	      "--rebuild', which saves what can be read"),
	    (long long)batch);
}

static int
unpack(struct batches *b, int64_t batch, const void *p, size_t n, size_t raw,
    struct err *e)
{
	size_t len;

	if (b->unpacker == NULL)
		b->unpacker = ZSTD_createDCtx();
	if (b->unpacker == NULL)
		mem_exhausted();
	len = ZSTD_decompressDCtx(b->unpacker, b->read.data, raw, p, n);
	if (ZSTD_isError(len) || len != raw)
		return damaged(batch, e);
	b->read.len = raw;
	return 0;
}

/* --- writing --------------------------------------------------------------- */

static int
insert(struct store *s, struct batches *b, struct err *e)
{
	bool is_single = b->count == 1 && b->lines.len <= SINGLE_MAX;
	bool packed = !is_single && pack(b, b->lines.data, b->lines.len);
	const struct buf *data = packed ? &b->packed : &b->lines;
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"INSERT INTO batch(n, single, raw, packed, data)"
		" VALUES(?1, ?2, ?3, ?4, ?5)",
		e) == -1 ||
	    query_bind_int(q, 1, b->number, e) == -1 ||
	    (is_single ? query_bind_int(q, 2, b->owner, e)
		       : query_bind_null(q, 2, e)) == -1 ||
	    query_bind_int(q, 3, (int64_t)b->lines.len, e) == -1 ||
	    query_bind_int(q, 4, packed, e) == -1 ||
	    query_bind_blob(q, 5, data->data, data->len, e) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
batches_flush(struct store *s, struct batches *b, struct err *e)
{
	if (b->count == 0)
		return 0;
	if (insert(s, b, e) == -1)
		return -1;
	buf_reset(&b->lines);
	b->number = 0;
	b->count = 0;
	return 0;
}

int
batches_add(struct store *s, struct batches *b, const char *line, size_t n,
    int64_t *ret_batch, int64_t *ret_start, struct err *e)
{
	if (b->count > 0 && b->lines.len + n > BATCH_MAX &&
	    batches_flush(s, b, e) == -1)
		return -1;
	if (b->number == 0 &&
	    store_number(s, "SELECT coalesce(max(n), 0) + 1 FROM batch",
		&b->number, e) == -1)
		return -1;
	if (b->read_number == b->number)
		b->read_number = 0; /* the number of one that was deleted */
	*ret_batch = b->number;
	*ret_start = (int64_t)b->lines.len;
	buf_add(&b->lines, line, n);
	b->count++;
	return 0;
}

void
batches_owner(struct batches *b, int64_t change)
{
	b->owner = change;
}

/* --- reading --------------------------------------------------------------- */

static int
load(struct store *s, struct batches *b, int64_t batch, struct err *e)
{
	struct query *q = NULL;
	const void *p;
	int64_t raw;
	size_t n;
	int rv = -1;
	int r;

	if (b->read_number == batch)
		return 0;
	b->read_number = 0;
	if (query_open(s, &q,
		"SELECT raw, packed, data FROM batch WHERE n = ?1", e) == -1 ||
	    query_bind_int(q, 1, batch, e) == -1)
		goto out;
	r = query_step(q, e);
	if (r == -1)
		goto out;
	raw = r == 1 ? query_int(q, 0) : -1;
	p = r == 1 ? query_blob(q, 2, &n) : NULL;
	if (p == NULL || raw <= 0 || raw > RAW_MAX ||
	    (!query_int(q, 1) && (size_t)raw != n)) {
		damaged(batch, e);
		goto out;
	}
	buf_reset(&b->read);
	buf_reserve(&b->read, (size_t)raw);
	if (!query_int(q, 1))
		buf_add(&b->read, p, n);
	else if (unpack(b, batch, p, n, (size_t)raw, e) == -1)
		goto out;
	b->read_number = batch;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
batches_get(struct store *s, struct batches *b, int64_t batch, int64_t start,
    int64_t len, const char **ret, struct err *e)
{
	const struct buf *from = &b->lines;

	if (b->count == 0 || batch != b->number) {
		if (load(s, b, batch, e) == -1)
			return -1;
		from = &b->read;
	}
	if (start < 0 || len <= 0 || (size_t)start > from->len ||
	    (size_t)len > from->len - (size_t)start)
		return damaged(batch, e);
	*ret = from->data + start;
	return 0;
}

/* --- wiping ---------------------------------------------------------------- */

static int
update(struct store *s, struct batches *b, int64_t batch, struct err *e)
{
	bool packed = pack(b, b->read.data, b->read.len);
	const struct buf *data = packed ? &b->packed : &b->read;
	struct query *q = NULL;
	int rv = -1;

	if (query_open(s, &q,
		"UPDATE batch SET packed = ?2, data = ?3 WHERE n = ?1",
		e) == -1 ||
	    query_bind_int(q, 1, batch, e) == -1 ||
	    query_bind_int(q, 2, packed, e) == -1 ||
	    query_bind_blob(q, 3, data->data, data->len, e) == -1 ||
	    query_run(q, e) == -1)
		goto out;
	rv = 0;
out:
	query_close(q);
	return rv;
}

int
batches_wipe(struct store *s, struct batches *b, int64_t batch, int64_t start,
    int64_t len, struct err *e)
{
	const char *line;

	if (batches_get(s, b, batch, start, len, &line, e) == -1)
		return -1;
	if (b->count > 0 && batch == b->number) {
		memset(b->lines.data + start, ' ', (size_t)len);
		return 0;
	}
	memset(b->read.data + start, ' ', (size_t)len);
	return update(s, b, batch, e);
}

/* --- merging single lines -------------------------------------------------- */

int
batches_unpacked(
    struct store *s, struct batches *b, int64_t *ret, struct err *e)
{
	(void)b;
	return store_number(
	    s, "SELECT count(*) FROM batch WHERE single IS NOT NULL", ret, e);
}

struct single {
	int64_t batch, change;
};

static int
singles(struct store *s, int64_t limit, struct buf *ret, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q,
		"SELECT n, single FROM batch WHERE single IS NOT NULL"
		" ORDER BY single LIMIT ?1",
		e) == -1 ||
	    query_bind_int(q, 1, limit, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		struct single one = {query_int(q, 0), query_int(q, 1)};

		buf_add(ret, &one, sizeof(one));
	}
out:
	query_close(q);
	return r;
}

static int
move_to(struct store *s, int64_t change, int64_t batch, int64_t start,
    struct err *e)
{
	return query_do(s,
	    "UPDATE change SET batch = ?2, start = ?3 WHERE n = ?1",
	    (const int64_t[]){change, batch, start}, 3, e);
}

static int
delete_batch(struct store *s, int64_t batch, struct err *e)
{
	return query_do(s, "DELETE FROM batch WHERE n = ?1",
	    (const int64_t[]){batch}, 1, e);
}

/* The change may have got another line since: then only rubbish is here. */
static int
pack_one(
    struct store *s, struct batches *b, const struct single *one, struct err *e)
{
	struct log_row r;
	const char *line;
	int64_t batch, start;

	if (log_row(s, one->change, &r, e) == -1)
		return -1;
	if (r.batch == one->batch &&
	    (batches_get(s, b, r.batch, r.start, r.len, &line, e) == -1 ||
		batches_add(s, b, line, (size_t)r.len, &batch, &start, e) ==
		    -1 ||
		move_to(s, one->change, batch, start, e) == -1))
		return -1;
	b->read_number = 0;
	b->owner = one->change;
	return delete_batch(s, one->batch, e);
}

int
batches_pack(struct store *s, struct batches *b, int64_t limit, struct err *e)
{
	struct buf list = BUF_INIT;
	struct single one;
	int rv = -1;

	if (singles(s, limit, &list, e) == -1)
		goto out;
	for (size_t i = 0; i < list.len; i += sizeof(one)) {
		memcpy(&one, list.data + i, sizeof(one));
		if (pack_one(s, b, &one, e) == -1)
			goto out;
	}
	rv = 0;
out:
	buf_clear(&list);
	return rv;
}
