/* The writing side of op.h: a change in the making. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
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

bool
draft_is_witness(const struct draft *d)
{
	size_t i;
	json_t *op;

	json_array_foreach (d->ops, i, op) {
		const char *word = json_get_str(op, "op");

		if (word != NULL && strcmp(word, "sign") == 0)
			return true;
	}
	return d->is_act;
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

static int
check_counts(const struct draft *d, struct err *e)
{
	if (draft_count(d) == 0)
		return err_set(e, ERR_INPUT, _("nothing to change"));
	if (draft_count(d) > OPS_MAX || d->nportions > CHANGE_PORTIONS_MAX)
		return err_set(e, ERR_INPUT,
		    _("too much for one change: %zu operations; split it"),
		    draft_count(d));
	return 0;
}

/* What we write must be readable: no NUL, no fraction, not too deep. */
static int
check_portions(const struct change *c, struct err *e)
{
	for (size_t i = 0; i < c->nportions; i++)
		if (jscan(c->portions[i].p, c->portions[i].len, e) == -1)
			return -1;
	return 0;
}

int
draft_finish(struct draft *d, int64_t t, const uint8_t (*seen)[PREFIX_LEN],
    size_t nseen, struct buf *line, struct change *ret, struct err *e)
{
	const size_t start = line->len;
	struct change c = {0};

	if (check_counts(d, e) == -1)
		return -1;
	buf_addc(line, '\t'); /* unsigned as yet */
	write_head(d, t, seen, nseen, line);
	for (size_t i = 0; i < d->nportions; i++) {
		buf_addc(line, '\t');
		write_portion(d->portions[i], i > 0, line);
	}
	if (line->len - start + TEXT_B64_LEN(SIG_LEN) + 1 > CHANGE_WRITE_MAX) {
		err_set(e, ERR_INPUT,
		    _("too long: a change holds at most %d KiB; shorten the "
		      "text or split it"),
		    CHANGE_WRITE_MAX / 1024);
		goto fail;
	}
	if (change_split(line->data + start, line->len - start, &c, e) == -1 ||
	    check_portions(&c, e) == -1) {
		e->code = ERR_INPUT;
		goto fail;
	}
	*ret = c;
	return 0;
fail:
	change_clear(&c);
	line->len = start;
	line->data[start] = '\0';
	return -1;
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
