#include "store_state.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/mem.h"
#include "common/text.h"
#include "query.h"

#define PIECE 65536 /* bytes hashed at once */

/* Where lines go: a buffer, or through it into a hash. */
struct sink {
	struct buf *b;
	struct hasher *h; /* NULL: stay in the buffer */
};

static void
drain(struct sink *k, size_t above)
{
	if (k->h == NULL || k->b->len <= above)
		return;
	hasher_add(k->h, k->b->data, k->b->len);
	buf_reset(k->b);
}

/* --- lines that are sorted in memory: there are few ------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes the lines. */
static void
add_sorted(struct sink *k, char **lines, size_t n)
{
	if (n > 1)
		qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		buf_adds(k->b, lines[i]);
		buf_addc(k->b, '\n');
		free(lines[i]);
	}
	free(lines);
}

static void
add_acts(struct sink *k, const struct trust *t)
{
	size_t n;
	const uint8_t(*chain)[HASH_LEN] = trust_chain(t, &n);
	char **lines = mem_zalloc((n + 1) * sizeof(lines[0]));
	char hex[HEX_SIZE];

	for (size_t i = 0; i < n; i++) {
		text_hex(chain[i], HASH_LEN, hex);
		lines[i] = mem_printf("act %s", hex);
	}
	add_sorted(k, lines, n);
}

static const char *
mandates_word(unsigned mandates)
{
	switch (mandates) {
	case MANDATE_EDIT:
		return "edit";
	case MANDATE_SIGN:
		return "sign";
	default:
		return "edit,sign";
	}
}

static char *
key_line(const struct trust_key *k)
{
	struct buf b = BUF_INIT;
	char key[KEY_SIZE], hex[HEX_SIZE];
	char **heads = mem_zalloc((k->ncut + 1) * sizeof(heads[0]));

	ident_key(k->key, key);
	buf_printf(
	    &b, "key %s %s %s ", key, k->org, mandates_word(k->mandates));
	for (size_t i = 0; i < k->ncut; i++) {
		text_hex(k->cut[i], HASH_LEN, hex);
		heads[i] = mem_strdup(hex);
	}
	if (k->ncut > 1)
		qsort(heads, k->ncut, sizeof(heads[0]), by_text);
	for (size_t i = 0; i < k->ncut; i++) {
		buf_printf(&b, "%s%s", i > 0 ? "," : "", heads[i]);
		free(heads[i]);
	}
	if (!k->is_cut)
		buf_addc(&b, '*');
	free(heads);
	return buf_steal(&b);
}

/* Those that count; one that is cut to nothing does not. */
static void
add_keys(struct sink *k, const struct trust *t)
{
	size_t n, count = 0;
	const struct trust_key *keys = trust_keys(t, &n);
	char **lines = mem_zalloc((n + 1) * sizeof(lines[0]));

	for (size_t i = 0; i < n; i++)
		if (keys[i].mandates != 0 &&
		    (!keys[i].is_cut || keys[i].ncut > 0))
			lines[count++] = key_line(&keys[i]);
	add_sorted(k, lines, count);
}

/* --- lines that SQLite sorts ----------------------------------------------- */

/* One column a line, behind a word. */
static int
add_column(struct sink *k, struct store *s, const char *sql, struct err *e)
{
	struct query *q = NULL;
	int r = -1;

	if (query_open(s, &q, sql, e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		buf_adds(k->b, query_text(q, 0));
		buf_addc(k->b, '\n');
		drain(k, PIECE);
	}
out:
	query_close(q);
	return r;
}

/* The order of lines is that of records by id, of their fields by name, of
 * changes by id: a space is less than any character of a name. */
static int
add_writes(struct sink *k, struct store *s, struct err *e)
{
	struct query *q = NULL;
	char hex[HEX_SIZE];
	int r = -1;

	if (query_open(s, &q,
		"SELECT r.id, f.text, c.id FROM record r"
		" CROSS JOIN write w ON w.record = r.n"
		" CROSS JOIN name f ON f.n = w.field"
		" CROSS JOIN change c ON c.n = w.change"
		" WHERE w.flags & 2 ORDER BY r.id, f.text, c.id",
		e) == -1)
		goto out;
	while ((r = query_step(q, e)) == 1) {
		size_t n;
		const void *id = query_blob(q, 2, &n);

		text_hex(id, n == HASH_LEN ? n : 0, hex);
		buf_adds(k->b, "write ");
		buf_adds(k->b, query_text(q, 0));
		buf_addc(k->b, ' ');
		buf_adds(k->b, query_text(q, 1));
		buf_addc(k->b, ' ');
		buf_adds(k->b, hex);
		buf_addc(k->b, '\n');
		drain(k, PIECE);
	}
out:
	query_close(q);
	return r;
}

/* The groups come in the order of their words. */
static int
add_all(struct sink *k, struct store *s, const struct trust *t, struct err *e)
{
	add_acts(k, t);
	if (add_column(k, s,
		"SELECT DISTINCT 'erased ' || lower(hex(change)) || ' ' ||"
		" portion FROM erased WHERE counts ORDER BY 1",
		e) == -1)
		return -1;
	add_keys(k, t);
	if (add_column(k, s,
		"SELECT 'record ' || r.id || ' ' || t.text FROM record r"
		" JOIN name t ON t.n = r.type ORDER BY r.id",
		e) == -1 ||
	    add_column(k, s,
		"SELECT 'signature ' || id FROM signature WHERE flags & 4"
		" ORDER BY id",
		e) == -1 ||
	    add_column(k, s,
		"SELECT 'version ' || id FROM version WHERE counts ORDER BY id",
		e) == -1)
		return -1;
	return add_writes(k, s, e);
}

int
state_lines(
    struct store *s, const struct trust *t, struct buf *b, struct err *e)
{
	struct sink k = {.b = b};

	return add_all(&k, s, t, e);
}

int
state_hash(struct store *s, const struct trust *t,
    const uint8_t w[static HASH_LEN], uint8_t ret[static HASH_LEN],
    struct err *e)
{
	struct buf b = BUF_INIT;
	struct hasher h;
	struct sink k = {.b = &b, .h = &h};
	char hex[HEX_SIZE];
	int rv;

	hasher_init(&h);
	text_hex(w, HASH_LEN, hex);
	buf_printf(&b, "mufakat state 1\n%s\n", hex);
	rv = add_all(&k, s, t, e);
	drain(&k, 0);
	if (rv == 0)
		hasher_end(&h, ret);
	buf_clear(&b);
	return rv;
}
