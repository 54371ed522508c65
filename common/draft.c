/* The writing side of op.h: a change in the making. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jscan.h"
#include "mem.h"
#include "op.h"

#define SALT_LEN 16

struct draft {
	bool is_act;
	json_t *ops;
	json_t **portions; /* arrays "v"; 0 is the ordinary one */
	size_t nportions;
};

struct draft *
draft_new(bool is_act)
{
	struct draft *d = mem_zalloc(sizeof(*d));

	d->is_act = is_act;
	d->ops = json_array();
	d->portions = mem_alloc(sizeof(d->portions[0]));
	d->portions[0] = json_array();
	d->nportions = 1;
	return d;
}

static size_t
add(struct draft *d, json_t *op, json_t *values, size_t portion)
{
	if (portion > 0)
		json_object_set_new(op, "p", json_integer((json_int_t)portion));
	json_array_append_new(d->ops, op);
	json_array_append_new(
	    d->portions[portion], values != NULL ? values : json_array());
	return json_array_size(d->ops) - 1;
}

size_t
draft_add(struct draft *d, json_t *op, json_t *values)
{
	return add(d, op, values, 0);
}

size_t
draft_add_personal(struct draft *d, json_t *op, json_t *values)
{
	size_t n = d->nportions++;

	d->portions =
	    mem_array(d->portions, d->nportions, sizeof(d->portions[0]));
	d->portions[n] = json_array();
	return add(d, op, values, n);
}

size_t
draft_count(const struct draft *d)
{
	return json_array_size(d->ops);
}

static void
write_head(const struct draft *d, int64_t t, const uint8_t (*seen)[PREFIX_LEN],
    size_t nseen, struct buf *b)
{
	char hex[PREFIX_CHARS + 1];

	buf_printf(b, "{\"t\":%lld,\"kind\":\"%s\"", (long long)t,
	    d->is_act ? "act" : "edit");
	for (size_t i = 0; i < nseen; i++) {
		text_hex(seen[i], PREFIX_LEN, hex);
		buf_printf(b, "%s\"%s\"", i == 0 ? ",\"seen\":[" : ",", hex);
	}
	if (nseen > 0)
		buf_addc(b, ']');
	buf_adds(b, ",\"ops\":");
	json_write(d->ops, b);
	buf_addc(b, '}');
}

static void
write_portion(const json_t *v, bool salted, struct buf *b)
{
	uint8_t salt[SALT_LEN];
	char b64[TEXT_B64_LEN(SALT_LEN) + 1];

	buf_addc(b, '{');
	if (salted) {
		crypto_random(salt, sizeof(salt));
		text_b64(salt, sizeof(salt), b64);
		buf_printf(b, "\"salt\":\"%s\",", b64);
	}
	buf_adds(b, "\"v\":");
	json_write(v, b);
	buf_addc(b, '}');
}

int
draft_finish(struct draft *d, int64_t t, const uint8_t (*seen)[PREFIX_LEN],
    size_t nseen, struct buf *line, struct change *ret, struct err *e)
{
	size_t start = line->len;

	if (draft_count(d) == 0)
		return err_set(e, ERR_INPUT, "nothing to change");
	buf_addc(line, '\t'); /* unsigned as yet */
	write_head(d, t, seen, nseen, line);
	for (size_t i = 0; i < d->nportions; i++) {
		buf_addc(line, '\t');
		write_portion(d->portions[i], i > 0, line);
	}
	if (line->len - start + TEXT_B64_LEN(SIG_LEN) + 1 > CHANGE_WRITE_MAX)
		return err_set(e, ERR_INPUT,
		    "too long: a change holds at most %d KiB; shorten the "
		    "text or split it",
		    CHANGE_WRITE_MAX / 1024);
	return change_split(line->data + start, line->len - start, ret, e);
}

void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	json_decref(d->ops);
	for (size_t i = 0; i < d->nportions; i++)
		json_decref(d->portions[i]);
	free(d->portions);
	free(d);
}
