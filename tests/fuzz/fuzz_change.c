/* A change line: what reads is joined to the same bytes, has the id that is
 * the hash of its message, and its head and portions can be taken apart. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/change.h"
#include "common/op.h"
#include "common/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t previous[2][HASH_LEN] = {{1}, {2}};

static void
check_bytes(const struct change *c, const char *line, size_t n)
{
	struct buf b = BUF_INIT;

	change_join(c, true, &b);
	if (b.len != n + 1 || memcmp(b.data, line, n) != 0)
		abort();
	buf_clear(&b);
}

static void
check_id(const struct change *c, uint8_t ret[static HASH_LEN])
{
	struct change_place at = {
	    .previous = (uint8_t(*)[HASH_LEN])previous, .nprevious = 2};
	struct buf b = BUF_INIT;
	uint8_t hash[HASH_LEN];

	change_message(&at, c, &b);
	crypto_digest(b.data, b.len, hash);
	change_id(&at, c, ret);
	if (memcmp(hash, ret, HASH_LEN) != 0 || change_verify(&at, c))
		abort();
	buf_clear(&b);
}

static void
take_values(const struct head *h, const struct change *c, size_t portion,
    const uint8_t id[static HASH_LEN])
{
	struct err e;
	json_t *v;

	if (portion_values(&c->portions[portion],
		head_portion_count(h, portion), &v, &e) == 0)
		json_decref(value_resolve(v, id));
}

static void
take_op(const struct op *op)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; op->op != OP_NONE && i < op->nfields; i++) {
		if (op_field(op, i) == NULL)
			abort();
		op_over(op, op_field(op, i), &b);
	}
	if (b.len % PREFIX_LEN != 0)
		abort();
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct change c = {0};
	struct head h;
	uint8_t id[HASH_LEN];
	struct err e;

	if (change_split((const char *)data, size, &c, &e) == -1)
		return 0;
	check_bytes(&c, (const char *)data, size);
	check_id(&c, id);
	if (head_parse(c.head, c.head_len, id, c.nportions, &h, &e) == 0) {
		for (size_t i = 0; i < h.nops; i++)
			take_op(&h.ops[i]);
		for (size_t i = 0; i < c.nportions && i < 8; i++)
			take_values(&h, &c, i, id);
		(void)head_is_weighty(&h);
		head_clear(&h);
	}
	change_clear(&c);
	return 0;
}
